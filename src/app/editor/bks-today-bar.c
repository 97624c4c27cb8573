/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-period.h"
#include "bks-today-bar.h"
#include "bks-wording.h"

/* A machine that slept, or whose clock was set, is not late by more. */
#define LOOK_SECONDS 1800

struct _BksTodayBar
{
  GtkWidget parent_instance;

  BksBookSession *session;
  guint           midnight_source;

  GtkWidget      *labels;
  GtkLabel       *words_label;
  GtkProgressBar *progress;
};

G_DEFINE_FINAL_TYPE (BksTodayBar, bks_today_bar, GTK_TYPE_WIDGET)

static gint64
get_goal (BksTodayBar *self)
{
  return bks_book_get_daily_goal (bks_book_session_get_book (self->session));
}

/* What "612 / 800 words" leaves out. */
static char *
make_tooltip (gint64 net)
{
  g_autofree char *words = bks_wording_words (ABS (net));

  if (net == 0)
    return g_strdup (_("Words you have written today. The book is as long as it was."));
  /* Translators: %s is like "540 words" */
  return g_strdup_printf (net > 0 ? _("Words you have written today. The book has grown by %s.")
                                  : _("Words you have written today. The book has become shorter by %s."),
                          words);
}

static char *
make_goal_text (gint64 written,
                gint64 goal)
{
  g_autofree char *so_far = bks_wording_number (written);
  g_autofree char *sum = bks_wording_words (goal);

  /* Translators: "612 / 800 words" */
  return g_strdup_printf (_("%s / %s"), so_far, sum);
}

static char *
make_spoken (gint64 written,
             gint64 goal)
{
  g_autofree char *words = bks_wording_words (written);
  g_autofree char *so_far = bks_wording_number (written);
  g_autofree char *sum = bks_wording_words (goal);

  /* Translators: "Written today: 612 words" */
  return goal == 0 ? g_strdup_printf (_("Written today: %s"), words)
                   : g_strdup_printf (_("Written today: %s of %s"), so_far, sum);
}

static void
update (BksTodayBar *self)
{
  const BksDay *today = self->session != NULL ? bks_book_session_get_today (self->session) : NULL;
  g_autofree char *text = NULL;
  g_autofree char *spoken = NULL;
  g_autofree char *tooltip = NULL;
  gint64 goal;

  if (today == NULL)
    return;
  goal = get_goal (self);
  text = goal > 0 ? make_goal_text (today->written, goal) : bks_wording_words (today->written);
  spoken = make_spoken (today->written, goal);
  tooltip = make_tooltip (today->net);
  gtk_label_set_label (self->words_label, text);
  gtk_widget_set_visible (GTK_WIDGET (self->progress), goal > 0);
  gtk_progress_bar_set_fraction (self->progress, goal > 0 ? MIN (1.0, (double) today->written / (double) goal) : 0);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), tooltip);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->progress), GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, spoken, -1);
}

static void watch_midnight (BksTodayBar *self);

static void
midnight_cb (gpointer data)
{
  BksTodayBar *self = data;

  self->midnight_source = 0;
  dex_future_disown (bks_book_session_update_today (self->session));
  watch_midnight (self);
}

/* Another day begins with nothing, also for somebody who only looks. */
static void
watch_midnight (BksTodayBar *self)
{
  gint64 now_ms = g_get_real_time () / 1000;
  gint64 starts_at, ends_at;

  bks_period_find ("day", now_ms, &starts_at, &ends_at);
  g_clear_handle_id (&self->midnight_source, g_source_remove);
  self->midnight_source = g_timeout_add_seconds_once ((guint) MIN (LOOK_SECONDS, (ends_at - now_ms) / 1000 + 1),
                                                      midnight_cb, self);
}

static void
bks_today_bar_dispose (GObject *object)
{
  BksTodayBar *self = BKS_TODAY_BAR (object);

  g_clear_handle_id (&self->midnight_source, g_source_remove);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_TODAY_BAR);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (bks_today_bar_parent_class)->dispose (object);
}

static void
bks_today_bar_class_init (BksTodayBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bks_today_bar_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-today-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, BksTodayBar, labels);
  gtk_widget_class_bind_template_child (widget_class, BksTodayBar, words_label);
  gtk_widget_class_bind_template_child (widget_class, BksTodayBar, progress);
  gtk_widget_class_set_css_name (widget_class, "todaybar");
}

static void
bks_today_bar_init (BksTodayBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bks_today_bar_set_session:
 * @self: a bar without a session so far
 * @session: the book, whose day is shown and kept up to date
 */
void
bks_today_bar_set_session (BksTodayBar    *self,
                           BksBookSession *session)
{
  g_return_if_fail (BKS_IS_TODAY_BAR (self));
  g_return_if_fail (self->session == NULL);

  self->session = g_object_ref (session);
  g_signal_connect_object (session, "today-changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (bks_book_session_get_book (session), "notify::daily-goal", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  update (self);
  watch_midnight (self);
}
