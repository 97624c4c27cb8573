/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-book-tile.h"
#include "bks-error.h"
#include "bks-export-dialog.h"
#include "bks-library-page.h"
#include "bks-new-book-dialog.h"
#include "bks-restore-dialog.h"
#include "bks-ui.h"

#define PULSE_MS 120

struct _BksLibraryPage
{
  AdwNavigationPage parent_instance;

  BksStudio       *studio;
  GtkFilter       *filter;
  GtkSelectionModel *selection;
  GQueue          *imports;     /* of GFile; NULL data is the sample */
  guint            imported;    /* of those that were asked for while others ran */
  guint            pulse_source;
  DexCancellable  *cancellable; /* of the import that runs */
  char            *search;      /* folded */
  gboolean         loaded;

  AdwBanner      *label_banner;
  GtkSearchBar   *search_bar;
  GtkEditable    *search_entry;
  GtkStack       *stack;
  GtkGridView    *grid;
  GtkRevealer    *import_revealer;
  GtkLabel       *import_label;
  GtkProgressBar *import_bar;
  GMenuModel     *book_menu;
  GMenu *primary_menu;
};

enum
{
  OPEN_BOOK,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksLibraryPage, bks_library_page, ADW_TYPE_NAVIGATION_PAGE)

/* The list */

static gboolean
matches_search (gpointer item,
                gpointer data)
{
  BksLibraryPage *self = data;
  BksBook *book = item;
  g_autofree char *title = g_utf8_casefold (bks_book_get_title (book), -1);
  g_autofree char *author = g_utf8_casefold (bks_book_get_author (book), -1);

  return self->search == NULL || strstr (title, self->search) != NULL ||
         strstr (author, self->search) != NULL;
}

static void
update_stack (BksLibraryPage *self)
{
  GListModel *books = bks_studio_get_books (self->studio);
  const char *name;

  if (g_list_model_get_n_items (G_LIST_MODEL (self->selection)) > 0)
    name = "books";
  else if (g_list_model_get_n_items (books) > 0)
    name = "nothing-found";
  else
    name = self->loaded ? "empty" : "loading";
  gtk_stack_set_visible_child_name (self->stack, name);
}

static void
search_changed_cb (BksLibraryPage *self)
{
  g_autofree char *text = g_strstrip (g_strdup (gtk_editable_get_text (self->search_entry)));

  g_clear_pointer (&self->search, g_free);
  if (*text != '\0')
    self->search = g_utf8_casefold (text, -1);
  gtk_filter_changed (self->filter, GTK_FILTER_CHANGE_DIFFERENT);
}

static BksBook *
get_selected_book (BksLibraryPage *self)
{
  return gtk_single_selection_get_selected_item (GTK_SINGLE_SELECTION (self->selection));
}

static void
select_book (BksLibraryPage *self,
             BksBook        *book)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->selection));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(BksBook) item = g_list_model_get_item (G_LIST_MODEL (self->selection), i);

      if (item == book)
        gtk_selection_model_select_item (self->selection, i, TRUE);
    }
}

static void
menu_requested_cb (BksLibraryPage *self,
                   double          x,
                   double          y,
                   BksBookTile    *tile)
{
  select_book (self, bks_book_tile_get_book (tile));
  bks_ui_popup_menu (GTK_WIDGET (tile), self->book_menu, x, y);
}

static BksBookTile *
find_tile (GtkWidget *widget)
{
  if (widget == NULL || BKS_IS_BOOK_TILE (widget))
    return BKS_BOOK_TILE (widget);
  return find_tile (gtk_widget_get_first_child (widget));
}

static void
menu_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  BksLibraryPage *self = BKS_LIBRARY_PAGE (widget);
  GtkWidget *focus = gtk_root_get_focus (gtk_widget_get_root (widget));
  BksBookTile *tile = NULL;

  if (focus != NULL && gtk_widget_is_ancestor (focus, GTK_WIDGET (self->grid)))
    tile = find_tile (focus);
  if (tile != NULL)
    menu_requested_cb (self, gtk_widget_get_width (GTK_WIDGET (tile)) / 2.0,
                       gtk_widget_get_height (GTK_WIDGET (tile)) / 2.0, tile);
}

static void
setup_tile_cb (GtkListItemFactory *factory,
               GtkListItem        *item,
               BksLibraryPage     *self)
{
  GtkWidget *tile = bks_book_tile_new (self->studio);

  g_signal_connect_object (tile, "menu-requested", G_CALLBACK (menu_requested_cb), self, G_CONNECT_SWAPPED);
  gtk_list_item_set_child (item, tile);
}

static void
bind_tile_cb (GtkListItemFactory *factory,
              GtkListItem        *item,
              BksLibraryPage     *self)
{
  BksBook *book = gtk_list_item_get_item (item);
  g_autofree char *description = bks_book_tile_describe (book);

  bks_book_tile_set_book (BKS_BOOK_TILE (gtk_list_item_get_child (item)), book);
  gtk_list_item_set_accessible_label (item, description);
}

static void
unbind_tile_cb (GtkListItemFactory *factory,
                GtkListItem        *item,
                BksLibraryPage     *self)
{
  bks_book_tile_set_book (BKS_BOOK_TILE (gtk_list_item_get_child (item)), NULL);
}

static void
open_book (BksLibraryPage *self,
           BksBook        *book)
{
  g_signal_emit (self, signals[OPEN_BOOK], 0, bks_book_get_id (book));
}

static void
activate_cb (BksLibraryPage *self,
             guint           position)
{
  g_autoptr(BksBook) book = g_list_model_get_item (G_LIST_MODEL (self->selection), position);

  if (book != NULL)
    open_book (self, book);
}

static DexFuture *
refresh_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksLibraryPage *self = verb->self;
  g_autoptr(GError) error = NULL;
  gboolean ok = dex_await (bks_studio_refresh_books (self->studio), &error);

  if (gtk_widget_get_root (GTK_WIDGET (self)) == NULL)
    return NULL;
  self->loaded = TRUE;
  update_stack (self);
  if (!ok)
    bks_ui_present_error (GTK_WIDGET (self), _("The Books Cannot Be Listed"), error);
  return NULL;
}

/* New */

static DexFuture *
create_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksLibraryPage *self = verb->self;
  g_auto(GStrv) fields = g_strsplit (verb->text, "\n", 2);
  g_autoptr(BksBook) book = NULL;
  g_autoptr(GError) error = NULL;

  book = dex_await_object (bks_studio_create_book (self->studio, fields[0], fields[1]), &error);
  if (gtk_widget_get_root (GTK_WIDGET (self)) == NULL)
    return NULL;
  if (book != NULL)
    open_book (self, book);
  else
    bks_ui_present_error (GTK_WIDGET (self), _("The Book Cannot Be Created"), error);
  return NULL;
}

static void
create_cb (BksLibraryPage *self,
           const char     *title,
           const char     *author)
{
  /* Entry rows hold one line each. */
  g_autofree char *fields = g_strconcat (title, "\n", author, NULL);

  bks_verb_start (create_fiber, self, fields, NULL);
}

/* Import */

static void import_next (BksLibraryPage *self);

static void
pulse_cb (gpointer data)
{
  BksLibraryPage *self = data;

  gtk_progress_bar_pulse (self->import_bar);
  self->pulse_source = g_timeout_add_once (PULSE_MS, pulse_cb, self);
}

/* How far one text is nobody can tell; how many of several are done everybody can. */
static void
show_progress (BksLibraryPage *self)
{
  guint all = self->imported + 1 + g_queue_get_length (self->imports);

  g_clear_handle_id (&self->pulse_source, g_source_remove);
  if (all > 1)
    gtk_progress_bar_set_fraction (self->import_bar, (self->imported + 0.5) / all);
  else
    pulse_cb (self);
}

static void
show_import (BksLibraryPage *self,
             GFile          *file)
{
  guint all = self->imported + 1 + g_queue_get_length (self->imports);
  g_autofree char *name = file != NULL ? g_file_get_basename (file) : g_strdup (_("the sample book"));
  g_autofree char *label = NULL;

  if (all > 1)
    /* Translators: the name of a file, then which of how many it is */
    label = g_strdup_printf (_("Importing %s (%u of %u)…"), name, self->imported + 1, all);
  else
    label = g_strdup_printf (_("Importing %s…"), name);
  gtk_label_set_label (self->import_label, label);
  show_progress (self);
  gtk_revealer_set_reveal_child (self->import_revealer, TRUE);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "library.cancel-import", TRUE);
}

static void
end_import (BksLibraryPage *self)
{
  dex_clear (&self->cancellable);
  self->imported++;
  if (!g_queue_is_empty (self->imports))
    {
      import_next (self);
      return;
    }
  self->imported = 0;
  g_clear_handle_id (&self->pulse_source, g_source_remove);
  gtk_revealer_set_reveal_child (self->import_revealer, FALSE);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "library.cancel-import", FALSE);
}

static DexFuture *
import_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksLibraryPage *self = verb->self;
  DexFuture *future;
  g_autoptr(BksBook) book = NULL;
  g_autoptr(GError) error = NULL;

  if (verb->object != NULL)
    future = bks_studio_import_book (self->studio, verb->object, self->cancellable);
  else
    future = bks_studio_import_sample (self->studio, self->cancellable);
  book = dex_await_object (future, &error);
  if (gtk_widget_get_root (GTK_WIDGET (self)) == NULL)
    return NULL;
  if (book != NULL && g_queue_is_empty (self->imports))
    open_book (self, book);
  else if (book == NULL && bks_error_is_cancelled (error))
    bks_ui_toast (GTK_WIDGET (self), _("Import cancelled, nothing was added"));
  else if (book == NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("This File Cannot Be Imported"), error);
  end_import (self);
  return NULL;
}

static void
import_next (BksLibraryPage *self)
{
  g_autoptr(GFile) file = NULL;

  if (self->cancellable != NULL || g_queue_is_empty (self->imports))
    return;
  file = g_queue_pop_head (self->imports);
  self->cancellable = dex_cancellable_new ();
  show_import (self, file);
  bks_verb_start (import_fiber, self, NULL, file);
}

static void
import_sample_action (GtkWidget  *widget,
                      const char *name,
                      GVariant   *parameter)
{
  BksLibraryPage *self = BKS_LIBRARY_PAGE (widget);

  g_queue_push_tail (self->imports, NULL);
  import_next (self);
}

static void
cancel_import_action (GtkWidget  *widget,
                      const char *name,
                      GVariant   *parameter)
{
  BksLibraryPage *self = BKS_LIBRARY_PAGE (widget);

  g_queue_clear_full (self->imports, g_object_unref);
  if (self->cancellable != NULL)
    dex_cancellable_cancel (self->cancellable);
}

static void
import_chosen_cb (GObject      *source,
                  GAsyncResult *result,
                  gpointer      data)
{
  g_autoptr(BksLibraryPage) self = data;
  g_autoptr(GListModel) files = gtk_file_dialog_open_multiple_finish (GTK_FILE_DIALOG (source), result, NULL);

  for (guint i = 0; files != NULL && i < g_list_model_get_n_items (files); i++)
    {
      g_autoptr(GFile) file = g_list_model_get_item (files, i);

      bks_library_page_import_file (self, file);
    }
}

static GListModel *
make_import_filters (void)
{
  GListStore *filters = g_list_store_new (GTK_TYPE_FILE_FILTER);
  g_autoptr(GtkFileFilter) texts = gtk_file_filter_new ();
  g_autoptr(GtkFileFilter) all = gtk_file_filter_new ();

  gtk_file_filter_set_name (texts, _("Plain Text and Markdown"));
  gtk_file_filter_add_mime_type (texts, "text/plain");
  gtk_file_filter_add_mime_type (texts, "text/markdown");
  gtk_file_filter_add_suffix (texts, "txt");
  gtk_file_filter_add_suffix (texts, "md");
  gtk_file_filter_add_suffix (texts, "markdown");
  gtk_file_filter_set_name (all, _("All Files"));
  gtk_file_filter_add_pattern (all, "*");
  g_list_store_append (filters, texts);
  g_list_store_append (filters, all);
  return G_LIST_MODEL (filters);
}

static gboolean
drop_cb (BksLibraryPage *self,
         const GValue   *value,
         double          x,
         double          y,
         GtkDropTarget  *target)
{
  GSList *files = g_value_get_boxed (value);

  for (GSList *item = files; item != NULL; item = item->next)
    bks_library_page_import_file (self, item->data);
  return files != NULL;
}

/* Export */

static void
export_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  BksLibraryPage *self = BKS_LIBRARY_PAGE (widget);
  BksBook *book = get_selected_book (self);

  if (book != NULL)
    bks_export_dialog_start (widget, self->studio, book, g_variant_get_string (parameter, NULL));
}

/* Trash */

static DexFuture *
restore_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksLibraryPage *self = verb->self;
  g_autoptr(GError) error = NULL;

  if (!dex_await (bks_studio_restore_book (self->studio, verb->text), &error))
    bks_ui_present_error (GTK_WIDGET (self), _("The Book Cannot Be Taken Out of the Trash"), error);
  return NULL;
}

static DexFuture *
trash_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksLibraryPage *self = verb->self;
  BksBook *book = verb->object;
  g_autofree char *said = g_strdup_printf (_("Moved to the trash: %s"), bks_book_get_title (book));
  g_autoptr(GError) error = NULL;

  if (dex_await (bks_studio_trash_book (self->studio, bks_book_get_id (book)), &error))
    bks_ui_toast_undo (GTK_WIDGET (self), said, restore_fiber, self, bks_book_get_id (book));
  else
    bks_ui_present_error (GTK_WIDGET (self), _("The Book Cannot Be Moved to the Trash"), error);
  return NULL;
}

static void
delete_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  BksBook *book = get_selected_book (BKS_LIBRARY_PAGE (widget));

  if (book != NULL)
    bks_verb_start (trash_fiber, widget, NULL, book);
}

static void
open_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  BksBook *book = get_selected_book (BKS_LIBRARY_PAGE (widget));

  if (book != NULL)
    open_book (BKS_LIBRARY_PAGE (widget), book);
}

static void
search_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  BksLibraryPage *self = BKS_LIBRARY_PAGE (widget);

  gtk_search_bar_set_search_mode (self->search_bar, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (self->search_entry));
}

static void
narrow_cb (BksLibraryPage *self)
{
  gtk_widget_add_css_class (GTK_WIDGET (self->grid), "narrow");
}

static void
wide_cb (BksLibraryPage *self)
{
  gtk_widget_remove_css_class (GTK_WIDGET (self->grid), "narrow");
}

/* Another process may have changed the library meanwhile. */
static void
shown_cb (BksLibraryPage *self)
{
  if (self->studio != NULL)
    bks_verb_start (refresh_fiber, self, NULL, NULL);
}

static void
set_studio (BksLibraryPage *self,
            BksStudio      *studio)
{
  g_autoptr(GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();
  GListModel *books = g_object_ref (bks_studio_get_books (studio));
  GtkFilterListModel *found;

  self->studio = g_object_ref (studio);
  self->filter = GTK_FILTER (gtk_custom_filter_new (matches_search, self, NULL));
  found = gtk_filter_list_model_new (books, g_object_ref (self->filter));
  self->selection = GTK_SELECTION_MODEL (gtk_single_selection_new (NULL));
  gtk_single_selection_set_autoselect (GTK_SINGLE_SELECTION (self->selection), FALSE);
  gtk_single_selection_set_can_unselect (GTK_SINGLE_SELECTION (self->selection), TRUE);
  gtk_single_selection_set_model (GTK_SINGLE_SELECTION (self->selection), G_LIST_MODEL (found));
  g_object_unref (found);
  g_signal_connect_object (self->selection, "items-changed", G_CALLBACK (update_stack), self, G_CONNECT_SWAPPED);

  g_signal_connect_object (factory, "setup", G_CALLBACK (setup_tile_cb), self, 0);
  g_signal_connect_object (factory, "bind", G_CALLBACK (bind_tile_cb), self, 0);
  g_signal_connect_object (factory, "unbind", G_CALLBACK (unbind_tile_cb), self, 0);
  gtk_grid_view_set_factory (self->grid, factory);
  gtk_grid_view_set_model (self->grid, self->selection);
  update_stack (self);
}

static void
bks_library_page_dispose (GObject *object)
{
  BksLibraryPage *self = BKS_LIBRARY_PAGE (object);

  g_clear_handle_id (&self->pulse_source, g_source_remove);
  if (self->imports != NULL)
    g_queue_free_full (g_steal_pointer (&self->imports), g_object_unref);
  if (self->cancellable != NULL)
    dex_cancellable_cancel (self->cancellable);
  dex_clear (&self->cancellable);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_LIBRARY_PAGE);
  g_clear_object (&self->selection);
  g_clear_object (&self->filter);
  g_clear_object (&self->studio);

  G_OBJECT_CLASS (bks_library_page_parent_class)->dispose (object);
}

static void
bks_library_page_finalize (GObject *object)
{
  g_free (BKS_LIBRARY_PAGE (object)->search);

  G_OBJECT_CLASS (bks_library_page_parent_class)->finalize (object);
}

static void
restored_cb (BksLibraryPage *self,
             const char     *book_id)
{
  g_signal_emit (self, signals[OPEN_BOOK], 0, book_id);
}

static void
restore_action (GtkWidget  *widget,
                const char *name,
                GVariant   *parameter)
{
  BksRestoreDialog *dialog = bks_restore_dialog_new (BKS_LIBRARY_PAGE (widget)->studio);

  g_signal_connect_object (dialog, "restored", G_CALLBACK (restored_cb), widget, G_CONNECT_SWAPPED);
  adw_dialog_present (ADW_DIALOG (dialog), widget);
}

static void
install_actions (GtkWidgetClass *widget_class)
{
  gtk_widget_class_install_action (widget_class, "library.open", NULL, open_action);
  gtk_widget_class_install_action (widget_class, "library.delete", NULL, delete_action);
  gtk_widget_class_install_action (widget_class, "library.menu", NULL, menu_action);
  gtk_widget_class_install_action (widget_class, "library.export", "s", export_action);
  gtk_widget_class_install_action (widget_class, "library.search", NULL, search_action);
  gtk_widget_class_install_action (widget_class, "library.restore", NULL, restore_action);
  gtk_widget_class_install_action (widget_class, "library.import-sample", NULL, import_sample_action);
  gtk_widget_class_install_action (widget_class, "library.cancel-import", NULL, cancel_import_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_f, GDK_CONTROL_MASK, "library.search", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Delete, 0, "library.delete", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, "library.menu", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Menu, 0, "library.menu", NULL);
}

static void
bks_library_page_class_init (BksLibraryPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bks_library_page_dispose;
  object_class->finalize = bks_library_page_finalize;

  /**
   * BksLibraryPage::open-book:
   * @self: the page
   * @book_id: the id of the book the person wants to open
   */
  signals[OPEN_BOOK] = g_signal_new ("open-book", BKS_TYPE_LIBRARY_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                     G_TYPE_NONE, 1, G_TYPE_STRING);

  install_actions (widget_class);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/com/humanizer/BookStudio/bks-library-page.ui");
  gtk_widget_class_bind_template_child (widget_class, BksLibraryPage, label_banner);
  gtk_widget_class_bind_template_child (widget_class, BksLibraryPage, primary_menu);
  gtk_widget_class_bind_template_child (widget_class, BksLibraryPage, search_bar);
  gtk_widget_class_bind_template_child (widget_class, BksLibraryPage, search_entry);
  gtk_widget_class_bind_template_child (widget_class, BksLibraryPage, stack);
  gtk_widget_class_bind_template_child (widget_class, BksLibraryPage, grid);
  gtk_widget_class_bind_template_child (widget_class, BksLibraryPage, import_revealer);
  gtk_widget_class_bind_template_child (widget_class, BksLibraryPage, import_label);
  gtk_widget_class_bind_template_child (widget_class, BksLibraryPage, import_bar);
  gtk_widget_class_bind_template_child (widget_class, BksLibraryPage, book_menu);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, narrow_cb);
  gtk_widget_class_bind_template_callback (widget_class, wide_cb);
}

static void
bks_library_page_init (BksLibraryPage *self)
{
  GtkDropTarget *target = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);

  self->imports = g_queue_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_search_bar_connect_entry (self->search_bar, self->search_entry);
  gtk_search_bar_set_key_capture_widget (self->search_bar, GTK_WIDGET (self));
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "library.cancel-import", FALSE);
  g_signal_connect_object (target, "drop", G_CALLBACK (drop_cb), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (target));
  g_signal_connect (self, "shown", G_CALLBACK (shown_cb), NULL);
}

/**
 * bks_library_page_new:
 * @studio: the studio, open
 * @label: (nullable): what stands above the books
 *
 * Returns: (transfer floating): the page
 */
BksLibraryPage *
bks_library_page_new (BksStudio  *studio,
                      const char *label)
{
  BksLibraryPage *self = g_object_new (BKS_TYPE_LIBRARY_PAGE, NULL);

  adw_banner_set_title (self->label_banner, label != NULL ? label : "");
  adw_banner_set_revealed (self->label_banner, label != NULL);
  set_studio (self, studio);
  return self;
}

/**
 * bks_library_page_show_new:
 * @self: the page
 *
 * Asks for a new book.
 */
void
bks_library_page_show_new (BksLibraryPage *self)
{
  BksNewBookDialog *dialog = bks_new_book_dialog_new ();

  g_return_if_fail (BKS_IS_LIBRARY_PAGE (self));

  g_signal_connect_object (dialog, "create", G_CALLBACK (create_cb), self, G_CONNECT_SWAPPED);
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (self));
}

/**
 * bks_library_page_show_import:
 * @self: the page
 *
 * Asks for files to import.
 */
void
bks_library_page_show_import (BksLibraryPage *self)
{
  g_autoptr(GtkFileDialog) dialog = gtk_file_dialog_new ();
  g_autoptr(GListModel) filters = make_import_filters ();

  g_return_if_fail (BKS_IS_LIBRARY_PAGE (self));

  gtk_file_dialog_set_title (dialog, _("Import Texts"));
  gtk_file_dialog_set_accept_label (dialog, _("_Import"));
  gtk_file_dialog_set_filters (dialog, filters);
  gtk_file_dialog_open_multiple (dialog, GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), NULL,
                                 import_chosen_cb, g_object_ref (self));
}

/**
 * bks_library_page_import_file:
 * @self: the page
 * @file: a text
 *
 * Makes a book of @file, after those that are being imported, and opens the
 * last one.
 */
void
bks_library_page_import_file (BksLibraryPage *self,
                              GFile          *file)
{
  g_return_if_fail (BKS_IS_LIBRARY_PAGE (self));
  g_return_if_fail (G_IS_FILE (file));

  g_queue_push_tail (self->imports, g_object_ref (file));
  if (self->cancellable != NULL)
    show_progress (self);
  import_next (self);
}

/**
 * bks_library_page_add_to_menu:
 * @self: the page
 * @section: what its main menu has besides its own
 */
void
bks_library_page_add_to_menu (BksLibraryPage *self,
                              GMenuModel     *section)
{
  g_return_if_fail (BKS_IS_LIBRARY_PAGE (self));

  g_menu_insert_section (self->primary_menu, 1, NULL, section);
}
