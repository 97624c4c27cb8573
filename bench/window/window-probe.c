/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shows one window and says how long it took and what it holds, as a line of JSON:
 *
 *   bks-window-probe bare    START
 *   bks-window-probe library START DATA-DIR
 *   bks-window-probe studio  START DATA-DIR    (the book that was open when the program was left)
 *   bks-window-probe binder  START DATA-DIR    (the same, its binder scrolled from end to end)
 *
 * START is the moment of the monotonic clock, in microseconds, at which the process was asked for. Everything
 * but "bare" is the application itself, from its own main function's calls on.
 */
#include <adwaita.h>
#include <gtksourceview/gtksource.h>
#include <libdex.h>
#include <stdlib.h>
#include <time.h>

#include "bks-application.h"
#include "bks-binder.h"
#include "bks-book-tile.h"
#include "bks-page-view.h"

/* For a profiler, a fifth argument ends the probe at the first sight of the window. */
#define N_ARGUMENTS 4
/* Memory is looked at when everything that comes late has come. */
#define REST_MS 1500
#define DEADLINE_SECONDS 60
/* Twice the lines of a wheel's notch, at every frame. */
#define SCROLL_STEP 120

typedef struct
{
  const char    *mode;
  gint64         started;
  GApplication  *application;
  GtkWindow     *window;
  GdkFrameClock *clock;
  GtkAdjustment *adjustment;
  GArray        *frames; /* of gint64: the end of each, µs */
  GArray        *works;  /* of gint64: the processor time of each, µs */
  gint64         first;
  gint64         content;
  gint64         content_cpu;
  gint64         began;
  gboolean       down;
  gboolean       brief;
} Probe;

/* Of the main thread, which is what others on the machine do not add to. */
static gint64
get_cpu_time (void)
{
  struct timespec time;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
  return (gint64) time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

static GtkWidget *
find_mapped (GtkWidget *root,
             GType      type)
{
  if (!gtk_widget_get_mapped (root))
    return NULL;
  if (g_type_is_a (G_OBJECT_TYPE (root), type))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_mapped (child, type);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static gboolean
shows_text (GtkWidget *view)
{
  return view != NULL && gtk_text_buffer_get_char_count (gtk_text_view_get_buffer (GTK_TEXT_VIEW (view))) > 0;
}

static gboolean
has_content (Probe *probe)
{
  GtkWidget *window = GTK_WIDGET (probe->window);

  if (g_str_equal (probe->mode, "bare"))
    return find_mapped (window, GTK_SOURCE_TYPE_VIEW) != NULL;
  if (g_str_equal (probe->mode, "library"))
    return find_mapped (window, BKS_TYPE_BOOK_TILE) != NULL;
  return shows_text (find_mapped (window, BKS_TYPE_PAGE_VIEW));
}

/* In KiB: what stands in memory, and the part of it that is no file's. */
static void
read_memory (gint64 *resident,
             gint64 *anonymous)
{
  g_autofree char *status = NULL;
  const char *line;

  *resident = *anonymous = 0;
  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    return;
  if ((line = strstr (status, "VmRSS:")) != NULL)
    *resident = g_ascii_strtoll (line + strlen ("VmRSS:"), NULL, 10);
  if ((line = strstr (status, "RssAnon:")) != NULL)
    *anonymous = g_ascii_strtoll (line + strlen ("RssAnon:"), NULL, 10);
}

static void
report (gpointer data)
{
  Probe *probe = data;
  gint64 resident, anonymous;

  read_memory (&resident, &anonymous);
  g_print ("{\"first_ms\": %.1f, \"content_ms\": %.1f, \"cpu_ms\": %.1f, \"resident_kib\": %" G_GINT64_FORMAT
           ", \"anonymous_kib\": %" G_GINT64_FORMAT "}\n",
           (double) (probe->first - probe->started) / 1000, (double) (probe->content - probe->started) / 1000,
           (double) probe->content_cpu / 1000, resident, anonymous);
  g_application_quit (probe->application);
}

static void
print_times (const char *name,
             GArray     *times)
{
  g_print ("\"%s\": [", name);
  for (guint i = 0; i < times->len; i++)
    g_print ("%s%.1f", i > 0 ? ", " : "", (double) g_array_index (times, gint64, i) / 1000);
  g_print ("]");
}

static gboolean
scroll_cb (GtkWidget     *widget,
           GdkFrameClock *clock,
           gpointer       data)
{
  Probe *probe = data;
  double lower = gtk_adjustment_get_lower (probe->adjustment);
  double upper = gtk_adjustment_get_upper (probe->adjustment) - gtk_adjustment_get_page_size (probe->adjustment);
  double value = gtk_adjustment_get_value (probe->adjustment);

  if (probe->down && value >= upper)
    probe->down = FALSE;
  if (!probe->down && value <= lower)
    {
      g_print ("{");
      print_times ("ends_ms", probe->frames);
      g_print (", ");
      print_times ("works_ms", probe->works);
      g_print ("}\n");
      g_application_quit (probe->application);
      return G_SOURCE_REMOVE;
    }
  gtk_adjustment_set_value (probe->adjustment, value + (probe->down ? SCROLL_STEP : -SCROLL_STEP));
  return G_SOURCE_CONTINUE;
}

static void
scroll (gpointer data)
{
  Probe *probe = data;
  GtkWidget *binder = find_mapped (GTK_WIDGET (probe->window), BKS_TYPE_BINDER);
  GtkWidget *list = find_mapped (binder, GTK_TYPE_LIST_VIEW);

  probe->adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (list));
  probe->frames = g_array_new (FALSE, FALSE, sizeof (gint64));
  probe->works = g_array_new (FALSE, FALSE, sizeof (gint64));
  probe->down = TRUE;
  gtk_widget_add_tick_callback (list, scroll_cb, probe, NULL);
}

static void
before_paint_cb (Probe *probe)
{
  probe->began = get_cpu_time ();
}

static void
after_paint_cb (Probe *probe)
{
  gint64 now = g_get_monotonic_time ();
  gint64 work = get_cpu_time () - probe->began;

  if (probe->frames != NULL)
    {
      g_array_append_val (probe->frames, now);
      g_array_append_val (probe->works, work);
    }
  if (probe->first == 0)
    probe->first = now;
  if (probe->content != 0 || !has_content (probe))
    return;
  probe->content = now;
  probe->content_cpu = get_cpu_time ();
  g_timeout_add_once (probe->brief ? 0 : REST_MS, g_str_equal (probe->mode, "binder") ? scroll : report, probe);
}

static void
realized_cb (Probe *probe)
{
  probe->clock = gtk_widget_get_frame_clock (GTK_WIDGET (probe->window));
  g_signal_connect_swapped (probe->clock, "before-paint", G_CALLBACK (before_paint_cb), probe);
  g_signal_connect_swapped (probe->clock, "after-paint", G_CALLBACK (after_paint_cb), probe);
}

static void
window_added_cb (Probe     *probe,
                 GtkWindow *window)
{
  if (probe->window != NULL)
    return;
  probe->window = window;
  if (gtk_widget_get_realized (GTK_WIDGET (window)))
    realized_cb (probe);
  else
    g_signal_connect_swapped (window, "realize", G_CALLBACK (realized_cb), probe);
}

static void
show_bare_cb (GApplication *application)
{
  GtkWidget *window = adw_application_window_new (GTK_APPLICATION (application));

  gtk_window_set_default_size (GTK_WINDOW (window), 1280, 800);
  adw_application_window_set_content (ADW_APPLICATION_WINDOW (window), gtk_source_view_new ());
  gtk_window_present (GTK_WINDOW (window));
}

static void
late_cb (gpointer data)
{
  g_printerr ("%s: nothing to see for %d s\n", (const char *) data, DEADLINE_SECONDS);
  exit (1);
}

int
main (int   argc,
      char *argv[])
{
  Probe probe = { 0 };
  const char *arguments[] = { "book-studio", "--data-dir", argc > 3 ? argv[3] : NULL, NULL };
  gboolean bare;

  if (argc < 3)
    return 2;
  probe.mode = argv[1];
  probe.started = g_ascii_strtoll (argv[2], NULL, 10);
  probe.brief = argc > N_ARGUMENTS;
  bare = g_str_equal (probe.mode, "bare");
  g_set_prgname ("book-studio");
  dex_init ();
  if (bare)
    {
      probe.application = G_APPLICATION (adw_application_new ("com.humanizer.Bare", G_APPLICATION_DEFAULT_FLAGS));
      g_signal_connect (probe.application, "activate", G_CALLBACK (show_bare_cb), NULL);
    }
  else
    probe.application = G_APPLICATION (bks_application_new ());
  g_signal_connect_swapped (probe.application, "window-added", G_CALLBACK (window_added_cb), &probe);
  g_timeout_add_seconds_once (DEADLINE_SECONDS, late_cb, argv[1]);
  return g_application_run (probe.application, bare ? 1 : 3, (char **) arguments);
}
