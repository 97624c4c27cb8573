/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app-fixture.h"

#include <glib/gstdio.h>

#include "bks-async.h"

/* Longer than anything here takes, short enough for a person to wait. */
#define DEADLINE_MS 10000

/* What a folder of books holds; nothing else is removed. */
static void
remove_tree (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        remove_tree (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

void
app_await (DexFuture *future)
{
  g_autoptr(GError) error = NULL;

  bks_wait (future, &error);
  g_assert_no_error (error);
}

gpointer
app_await_object (DexFuture *future)
{
  g_autoptr(GError) error = NULL;
  const GValue *value;
  gpointer object;

  bks_wait (dex_ref (future), &error);
  g_assert_no_error (error);
  value = dex_future_get_value (future, NULL);
  object = g_value_dup_object (value);
  dex_unref (future);
  return object;
}

BksBook *
app_await_book (DexFuture *future)
{
  return app_await_object (future);
}

/* As the application does it, which the tests do without. */
static void
load_style (const char *name)
{
  g_autoptr(GtkCssProvider) provider = gtk_css_provider_new ();
  g_autofree char *path = g_strconcat ("/com/humanizer/BookStudio/", name, NULL);

  gtk_css_provider_load_from_resource (provider, path);
  gtk_style_context_add_provider_for_display (gdk_display_get_default (), GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
}

static void
load_styles (void)
{
  static gboolean loaded;

  if (loaded)
    return;
  loaded = TRUE;
  load_style ("style.css");
  if (adw_style_manager_get_high_contrast (adw_style_manager_get_default ()))
    load_style ("style-hc.css");
}

void
app_fixture_set_up (AppFixture    *fixture,
                    gconstpointer  data)
{
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autoptr(BksSecretStore) secrets = bks_memory_secret_store_new (BKS_SECRET_READY);

  fixture->dir = g_dir_make_tmp ("bks-app-XXXXXX", NULL);
  fixture->settings = g_settings_new ("com.humanizer.BookStudio");
  /* libspelling 0.4.8 leaks what a check that still runs has found. */
  g_settings_set_boolean (fixture->settings, "spell-check", FALSE);
  load_styles ();
  fixture->page_style = bks_page_style_new (fixture->settings);
  fixture->studio = bks_studio_new (fixture->dir, secrets, limits);
  app_await (bks_studio_open (fixture->studio));
  fixture->window = GTK_WINDOW (adw_window_new ());
  gtk_window_set_default_size (fixture->window, 1200, 800);
  g_object_add_weak_pointer (G_OBJECT (fixture->window), (gpointer *) &fixture->window);
}

void
app_fixture_tear_down (AppFixture    *fixture,
                       gconstpointer  data)
{
  gtk_window_destroy (fixture->window);
  app_let_pass (20);
  g_clear_object (&fixture->providers);
  g_assert_null (fixture->window);
  app_await (bks_studio_close (fixture->studio));
  g_clear_object (&fixture->studio);
  g_clear_object (&fixture->page_style);
  g_clear_object (&fixture->settings);
  remove_tree (fixture->dir);
  g_clear_pointer (&fixture->dir, g_free);
}

void
app_fixture_show (AppFixture *fixture,
                  GtkWidget  *widget)
{
  AdwToastOverlay *overlay = ADW_TOAST_OVERLAY (adw_toast_overlay_new ());

  adw_toast_overlay_set_child (overlay, widget);
  adw_window_set_content (ADW_WINDOW (fixture->window), GTK_WIDGET (overlay));
  gtk_window_present (fixture->window);
  app_let_pass (50);
}

BksBookSession *
app_fixture_new_book (AppFixture *fixture,
                      const char *text)
{
  g_autofree char *path = g_build_filename (fixture->dir, "import.md", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(BksBook) book = NULL;

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  book = app_await_book (bks_studio_import_book (fixture->studio, file, NULL));
  return app_await_object (bks_studio_open_book (fixture->studio, bks_book_get_id (book), TRUE));
}

static gboolean
is_loaded (gpointer data)
{
  return g_list_model_get_n_items (data) > 0;
}

BksProviderList *
app_fixture_get_providers (AppFixture *fixture)
{
  if (fixture->providers == NULL)
    fixture->providers = bks_provider_list_new (fixture->studio);
  app_wait_for (is_loaded, fixture->providers, "the providers");
  return fixture->providers;
}

/* What has changed before the call is in it. */
BksProviderEntry *
app_fixture_get_entry (AppFixture *fixture,
                       const char *id)
{
  BksProviderList *providers = app_fixture_get_providers (fixture);
  BksProviderEntry *entry;

  bks_provider_list_refresh (providers);
  app_let_pass (100);
  entry = bks_provider_list_find (providers, id);
  g_assert_nonnull (entry);
  return entry;
}

static gboolean
tick_cb (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static void
set_true (gpointer data)
{
  *(gboolean *) data = TRUE;
}

void
app_wait_for (AppCondition  condition,
              gpointer      data,
              const char   *what)
{
  gboolean late = FALSE;
  guint source = g_timeout_add_once (DEADLINE_MS, set_true, &late);
  /* Conditions change by anything; looked at every so often, without spinning. */
  guint tick = g_timeout_add (10, tick_cb, NULL);

  while (!condition (data) && !late)
    g_main_context_iteration (NULL, TRUE);
  if (late)
    g_error ("Waited in vain for: %s", what);
  g_source_remove (source);
  g_source_remove (tick);
}

void
app_let_pass (guint ms)
{
  gboolean done = FALSE;

  g_timeout_add_once (ms, set_true, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
}

static const char *
get_text (GtkWidget *widget)
{
  if (GTK_IS_LABEL (widget))
    return gtk_label_get_label (GTK_LABEL (widget));
  if (GTK_IS_BUTTON (widget))
    return gtk_button_get_label (GTK_BUTTON (widget));
  if (ADW_IS_PREFERENCES_ROW (widget))
    return adw_preferences_row_get_title (ADW_PREFERENCES_ROW (widget));
  if (ADW_IS_STATUS_PAGE (widget))
    return adw_status_page_get_title (ADW_STATUS_PAGE (widget));
  if (ADW_IS_BANNER (widget))
    return adw_banner_get_revealed (ADW_BANNER (widget)) ? adw_banner_get_title (ADW_BANNER (widget)) : NULL;
  return NULL;
}

GtkWidget *
app_find_widget (GtkWidget  *root,
                 GType       type,
                 const char *text)
{
  const char *own = get_text (root);

  if (g_type_is_a (G_OBJECT_TYPE (root), type) && (text == NULL || (own != NULL && strstr (own, text) != NULL)))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = app_find_widget (child, type, text);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static gboolean
is_shown_below (GtkWidget  *root,
                const char *text)
{
  const char *own = get_text (root);

  if (own != NULL && strstr (own, text) != NULL && gtk_widget_get_mapped (root))
    return TRUE;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL; child = gtk_widget_get_next_sibling (child))
    if (is_shown_below (child, text))
      return TRUE;
  return FALSE;
}

gboolean
app_is_shown (GtkWidget  *root,
              const char *text)
{
  return is_shown_below (root, text);
}

typedef struct
{
  GtkWidget  *root;
  const char *text;
} Shown;

static gboolean
is_shown_cb (gpointer data)
{
  Shown *shown = data;

  return app_is_shown (shown->root, shown->text);
}

void
app_wait_shown (GtkWidget  *root,
                const char *text)
{
  Shown shown = { root, text };

  app_wait_for (is_shown_cb, &shown, text);
}

void
app_click (GtkWidget  *root,
           const char *label)
{
  GtkWidget *button = app_find_widget (root, GTK_TYPE_BUTTON, label);

  g_assert_nonnull (button);
  g_assert_true (gtk_widget_get_mapped (button));
  g_assert_true (gtk_widget_is_sensitive (button));
  g_signal_emit_by_name (button, "clicked");
}

/* The window as it is now, as large as its widget: a widget's bounds are places in the picture. */
guchar *
app_paint (GtkWidget *window,
           int       *width,
           int       *height)
{
  g_autoptr(GdkPaintable) paintable = gtk_widget_paintable_new (window);
  GtkSnapshot *snapshot = gtk_snapshot_new ();
  g_autoptr(GskRenderNode) node = NULL;
  g_autoptr(GdkTexture) texture = NULL;
  g_autoptr(GdkTextureDownloader) downloader = NULL;
  guchar *pixels;

  *width = gtk_widget_get_width (window);
  *height = gtk_widget_get_height (window);
  gdk_paintable_snapshot (paintable, snapshot, *width, *height);
  node = gtk_snapshot_free_to_node (snapshot);
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (window)), node,
                                         &GRAPHENE_RECT_INIT (0, 0, *width, *height));
  downloader = gdk_texture_downloader_new (texture);
  gdk_texture_downloader_set_format (downloader, GDK_MEMORY_R8G8B8A8);
  pixels = g_malloc ((gsize) *width * *height * APP_BYTES_PER_PIXEL);
  gdk_texture_downloader_download_into (downloader, pixels, (gsize) *width * APP_BYTES_PER_PIXEL);
  return pixels;
}
