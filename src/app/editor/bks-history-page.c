/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-compare-dialog.h"
#include "bks-history-item.h"
#include "bks-history-page.h"
#include "bks-ui.h"

struct _BksHistoryPage
{
  GtkWidget parent_instance;

  BksBookSession *session;
  BksManuscript  *manuscript;
  GSignalGroup   *text_signals; /* of its node session */
  GListStore     *items;
  guint           asked;        /* which list was asked for last */

  GtkBox      *box;
  GtkStack    *stack;
  AdwEntryRow *snapshot_row;
  AdwComboRow *scope_row;
  GtkListView *list;
};

G_DEFINE_FINAL_TYPE (BksHistoryPage, bks_history_page, GTK_TYPE_WIDGET)

/* The order of the scope row. */
enum
{
  SCOPE_TEXT,
  SCOPE_BOOK,
};

static BksNodeSession *
get_text (BksHistoryPage *self)
{
  return bks_manuscript_get_session (self->manuscript);
}

static const char *
get_node_id (BksHistoryPage *self)
{
  return bks_node_get_id (bks_node_session_get_node (get_text (self)));
}

static void
show_page (BksHistoryPage *self)
{
  const char *name = "nothing";

  if (self->manuscript != NULL)
    name = g_list_model_get_n_items (G_LIST_MODEL (self->items)) > 0 ? "list" : "empty";
  gtk_stack_set_visible_child_name (self->stack, name);
  gtk_widget_set_sensitive (GTK_WIDGET (self->snapshot_row), self->manuscript != NULL);
}

static gboolean
is_same_list (BksHistoryPage *self,
              GPtrArray      *revisions)
{
  if (g_list_model_get_n_items (G_LIST_MODEL (self->items)) != revisions->len)
    return FALSE;
  for (guint i = 0; i < revisions->len; i++)
    {
      g_autoptr(BksHistoryItem) item = g_list_model_get_item (G_LIST_MODEL (self->items), i);
      const BksRevision *shown = bks_history_item_get_revision (item);
      const BksRevision *now = g_ptr_array_index (revisions, i);

      if (shown->number != now->number || g_strcmp0 (shown->name, now->name) != 0)
        return FALSE;
    }
  return TRUE;
}

static void
show_revisions (BksHistoryPage *self,
                GPtrArray      *revisions)
{
  g_autoptr(GPtrArray) items = NULL;

  /* A save that kept nothing must not move the list under somebody's keys. */
  if (is_same_list (self, revisions))
    return;
  items = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < revisions->len; i++)
    g_ptr_array_add (items, bks_history_item_new (g_ptr_array_index (revisions, i)));
  g_list_store_splice (self->items, 0, g_list_model_get_n_items (G_LIST_MODEL (self->items)), items->pdata, items->len);
}

static DexFuture *
update_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksHistoryPage *self = verb->self;
  guint asked = ++self->asked;
  g_autoptr(GPtrArray) revisions = NULL;
  g_autoptr(GError) error = NULL;

  if (self->manuscript == NULL)
    return NULL;
  revisions = dex_await_boxed (bks_book_session_list_revisions (self->session, get_node_id (self)), &error);
  /* Another text may be open by now. */
  if (asked != self->asked || gtk_widget_get_root (GTK_WIDGET (self)) == NULL)
    return NULL;
  if (revisions != NULL)
    show_revisions (self, revisions);
  else
    bks_ui_present_error (GTK_WIDGET (self), _("The Earlier Texts Cannot Be Listed"), error);
  show_page (self);
  return NULL;
}

static void
update (BksHistoryPage *self)
{
  if (self->manuscript != NULL && gtk_widget_get_mapped (GTK_WIDGET (self)))
    bks_verb_start (update_fiber, self, NULL, NULL);
}

/* Restore */

static DexFuture *
restore_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksHistoryPage *self = verb->self;
  g_auto(GStrv) parts = g_strsplit (verb->text, " ", 2);
  g_autoptr(GError) error = NULL;

  if (dex_await (bks_book_session_restore_revision (self->session, parts[1], g_ascii_strtoll (parts[0], NULL, 10)), &error))
    bks_ui_toast (GTK_WIDGET (self), _("The earlier text is back. The one before is in the history."));
  else
    bks_ui_present_error (GTK_WIDGET (self), _("The Earlier Text Cannot Be Brought Back"), error);
  update (self);
  return NULL;
}

static void
restore_cb (BksHistoryPage *self,
            const char     *what)
{
  bks_verb_start (restore_fiber, self, what, NULL);
}

/* Compare */

static DexFuture *
compare_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksHistoryPage *self = verb->self;
  BksHistoryItem *item = verb->object;
  gint64 number = bks_history_item_get_revision (item)->number;
  g_autofree char *node_id = g_strdup (get_node_id (self));
  g_autofree char *present = bks_manuscript_dup_text (self->manuscript);
  g_autofree char *what = g_strdup_printf ("%" G_GINT64_FORMAT " %s", number, node_id);
  g_autofree char *when = bks_history_item_dup_when (item);
  g_autoptr(BksRevision) revision = NULL;
  g_autoptr(GError) error = NULL;
  BksCompareDialog *dialog;

  revision = dex_await_boxed (bks_book_session_read_revision (self->session, node_id, number), &error);
  if (gtk_widget_get_root (GTK_WIDGET (self)) == NULL)
    return NULL;
  if (revision == NULL)
    {
      bks_ui_present_error (GTK_WIDGET (self), _("The Earlier Text Cannot Be Read"), error);
      return NULL;
    }
  dialog = bks_compare_dialog_new (when, revision->text, present, what);
  g_signal_connect_object (dialog, "restore", G_CALLBACK (restore_cb), self, G_CONNECT_SWAPPED);
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (self));
  return NULL;
}

static void
activate_cb (BksHistoryPage *self,
             guint           position)
{
  g_autoptr(BksHistoryItem) item = g_list_model_get_item (G_LIST_MODEL (self->items), position);

  if (item != NULL && self->manuscript != NULL)
    bks_verb_start (compare_fiber, self, NULL, item);
}

/* Snapshots */

static DexFuture *
snapshot_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksHistoryPage *self = verb->self;
  gboolean whole = adw_combo_row_get_selected (self->scope_row) == SCOPE_BOOK;
  g_autofree char *id = NULL;
  g_autoptr(GError) error = NULL;

  id = dex_await_string (bks_book_session_add_snapshot (self->session, verb->text, whole ? NULL : get_node_id (self)), &error);
  if (id == NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("The Snapshot Cannot Be Taken"), error);
  else
    {
      bks_ui_toast (GTK_WIDGET (self), whole ? _("Snapshot of the whole book taken; it is kept for ever")
                                             : _("Snapshot taken; it is kept for ever"));
      gtk_editable_set_text (GTK_EDITABLE (self->snapshot_row), "");
    }
  update (self);
  return NULL;
}

static void
snapshot_apply_cb (BksHistoryPage *self)
{
  g_autofree char *name = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->snapshot_row))));

  if (self->manuscript != NULL && *name != '\0')
    bks_verb_start (snapshot_fiber, self, name, NULL);
}

/* Rows */

static void
setup_cb (GtkListItemFactory *factory,
          GtkListItem        *item)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  GtkWidget *title = gtk_label_new (NULL);
  GtkWidget *subtitle = gtk_label_new (NULL);

  gtk_widget_add_css_class (box, "history-row");
  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_wrap (GTK_LABEL (title), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (title), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (subtitle), 0);
  gtk_label_set_wrap (GTK_LABEL (subtitle), TRUE);
  gtk_widget_add_css_class (subtitle, "caption");
  gtk_widget_add_css_class (subtitle, "dimmed");
  gtk_box_append (GTK_BOX (box), title);
  gtk_box_append (GTK_BOX (box), subtitle);
  gtk_list_item_set_child (item, box);
}

/* A named one says its name first, and when below. */
static void
bind_cb (GtkListItemFactory *factory,
         GtkListItem        *list_item)
{
  BksHistoryItem *item = gtk_list_item_get_item (list_item);
  const BksRevision *revision = bks_history_item_get_revision (item);
  GtkWidget *title = gtk_widget_get_first_child (gtk_list_item_get_child (list_item));
  GtkWidget *subtitle = gtk_widget_get_next_sibling (title);
  g_autofree char *when = bks_history_item_dup_when (item);
  g_autofree char *what = bks_history_item_dup_what (item);
  g_autofree char *below = revision->name != NULL ? g_strdup_printf ("%s · %s", when, what) : g_strdup (what);
  g_autofree char *spoken = g_strdup_printf ("%s, %s", revision->name != NULL ? revision->name : when, below);

  gtk_label_set_label (GTK_LABEL (title), revision->name != NULL ? revision->name : when);
  if (revision->name != NULL)
    gtk_widget_add_css_class (title, "heading");
  else
    gtk_widget_remove_css_class (title, "heading");
  gtk_label_set_label (GTK_LABEL (subtitle), below);
  gtk_list_item_set_accessible_label (list_item, spoken);
  gtk_list_item_set_accessible_description (list_item, _("Compares it with the present text"));
}

static void
bks_history_page_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (bks_history_page_parent_class)->map (widget);
  update (BKS_HISTORY_PAGE (widget));
}

static void
bks_history_page_dispose (GObject *object)
{
  BksHistoryPage *self = BKS_HISTORY_PAGE (object);

  self->asked++;
  g_clear_object (&self->text_signals);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_HISTORY_PAGE);
  g_clear_object (&self->items);
  g_clear_object (&self->manuscript);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (bks_history_page_parent_class)->dispose (object);
}

static void
bks_history_page_class_init (BksHistoryPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bks_history_page_dispose;
  widget_class->map = bks_history_page_map;

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-history-page.ui");
  gtk_widget_class_bind_template_child (widget_class, BksHistoryPage, box);
  gtk_widget_class_bind_template_child (widget_class, BksHistoryPage, stack);
  gtk_widget_class_bind_template_child (widget_class, BksHistoryPage, snapshot_row);
  gtk_widget_class_bind_template_child (widget_class, BksHistoryPage, scope_row);
  gtk_widget_class_bind_template_child (widget_class, BksHistoryPage, list);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, snapshot_apply_cb);
}

static void
bks_history_page_init (BksHistoryPage *self)
{
  g_autoptr(GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();
  g_autoptr(GtkNoSelection) selection = NULL;

  gtk_widget_init_template (GTK_WIDGET (self));
  self->items = g_list_store_new (BKS_TYPE_HISTORY_ITEM);
  selection = gtk_no_selection_new (g_object_ref (G_LIST_MODEL (self->items)));
  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), NULL);
  gtk_list_view_set_factory (self->list, factory);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (selection));
  self->text_signals = g_signal_group_new (BKS_TYPE_NODE_SESSION);
  g_signal_group_connect_object (self->text_signals, "notify::saved-at", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  show_page (self);
}

/**
 * bks_history_page_set_manuscript:
 * @self: the page
 * @session: the book
 * @manuscript: (nullable): whose earlier texts to show, followed from now on
 */
void
bks_history_page_set_manuscript (BksHistoryPage *self,
                                 BksBookSession *session,
                                 BksManuscript  *manuscript)
{
  g_return_if_fail (BKS_IS_HISTORY_PAGE (self));

  g_set_object (&self->session, session);
  if (!g_set_object (&self->manuscript, manuscript))
    return;
  self->asked++;
  g_list_store_remove_all (self->items);
  g_signal_group_set_target (self->text_signals, manuscript != NULL ? get_text (self) : NULL);
  show_page (self);
  update (self);
}
