/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-models-page.h"
#include "bks-provider-item.h"
#include "bks-target-row.h"

struct _BksTargetRow
{
  AdwActionRow parent_instance;

  BksModel         *model;
  BksProviderList  *providers;
  BksProviderEntry *entry; /* NULL: its provider is gone */
  double            drag_x, drag_y;

  GtkWidget *handle;
  GtkWidget *dot;
};

enum
{
  MOVE,
  TAKE,
  REMOVE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksTargetRow, bks_target_row, ADW_TYPE_ACTION_ROW)

static void
update (BksTargetRow *self)
{
  const char *name = bks_provider_list_get_name (self->providers, bks_model_get_provider (self->model));
  g_autofree char *state = self->entry != NULL ? bks_provider_entry_dup_state (self->entry)
                                               : g_strdup (_("This provider is no longer there"));
  g_autofree char *facts = bks_models_page_describe (self->model);
  g_autofree char *subtitle = NULL;
  const char *classes[] = { "dot", self->entry != NULL
                                     ? bks_provider_item_get_dot_class (bks_provider_entry_get_state (self->entry))
                                     : "idle", NULL };

  /* The order itself says which model is first; the state need not name it again. */
  if (self->entry != NULL && bks_provider_entry_get_state (self->entry) == BKS_PROVIDER_READY)
    g_set_str (&state, _("Ready"));
  subtitle = g_strjoin (" · ", name, state, *facts != '\0' ? facts : NULL, NULL);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self), bks_model_get_id (self->model));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (self), subtitle);
  gtk_widget_set_css_classes (self->dot, classes);
}

static void
follow_entry (BksTargetRow *self)
{
  BksProviderEntry *entry = bks_provider_list_find (self->providers, bks_model_get_provider (self->model));

  if (entry == self->entry)
    return;
  if (self->entry != NULL)
    g_signal_handlers_disconnect_by_data (self->entry, self);
  g_set_object (&self->entry, entry);
  if (entry != NULL)
    g_signal_connect_swapped (entry, "changed", G_CALLBACK (update), self);
  update (self);
}

static void
up_action (GtkWidget  *widget,
           const char *name,
           GVariant   *parameter)
{
  g_signal_emit (widget, signals[MOVE], 0, -1);
}

static void
down_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  g_signal_emit (widget, signals[MOVE], 0, 1);
}

static void
remove_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  g_signal_emit (widget, signals[REMOVE], 0);
}

/* Dragging */

static GdkContentProvider *
drag_prepare_cb (BksTargetRow  *self,
                 double         x,
                 double         y,
                 GtkDragSource *source)
{
  graphene_point_t point;

  if (!gtk_widget_compute_point (self->handle, GTK_WIDGET (self), &GRAPHENE_POINT_INIT ((float) x, (float) y), &point))
    return NULL;
  self->drag_x = point.x;
  self->drag_y = point.y;
  return gdk_content_provider_new_typed (BKS_TYPE_TARGET_ROW, self);
}

static void
drag_begin_cb (BksTargetRow  *self,
               GdkDrag       *drag,
               GtkDragSource *source)
{
  g_autoptr(GdkPaintable) picture = gtk_widget_paintable_new (GTK_WIDGET (self));

  gtk_drag_source_set_icon (source, picture, (int) self->drag_x, (int) self->drag_y);
}

static gboolean
drop_cb (BksTargetRow *self,
         const GValue *value,
         double        x,
         double        y)
{
  BksTargetRow *other = g_value_get_object (value);

  if (other == NULL || other == self || gtk_widget_get_parent (GTK_WIDGET (other)) != gtk_widget_get_parent (GTK_WIDGET (self)))
    return FALSE;
  g_signal_emit (self, signals[TAKE], 0, other);
  return TRUE;
}

static void
bks_target_row_dispose (GObject *object)
{
  BksTargetRow *self = BKS_TARGET_ROW (object);

  if (self->entry != NULL)
    g_signal_handlers_disconnect_by_data (self->entry, self);
  g_clear_object (&self->entry);
  g_clear_object (&self->model);
  g_clear_object (&self->providers);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_TARGET_ROW);

  G_OBJECT_CLASS (bks_target_row_parent_class)->dispose (object);
}

static void
bks_target_row_class_init (BksTargetRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bks_target_row_dispose;

  signals[MOVE] = g_signal_new ("move", BKS_TYPE_TARGET_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                G_TYPE_INT);
  signals[TAKE] = g_signal_new ("take", BKS_TYPE_TARGET_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                BKS_TYPE_TARGET_ROW);
  signals[REMOVE] = g_signal_new ("remove", BKS_TYPE_TARGET_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_install_action (widget_class, "target.up", NULL, up_action);
  gtk_widget_class_install_action (widget_class, "target.down", NULL, down_action);
  gtk_widget_class_install_action (widget_class, "target.remove", NULL, remove_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Up, GDK_ALT_MASK, "target.up", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Down, GDK_ALT_MASK, "target.down", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Delete, 0, "target.remove", NULL);

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-target-row.ui");
  gtk_widget_class_bind_template_child (widget_class, BksTargetRow, handle);
  gtk_widget_class_bind_template_child (widget_class, BksTargetRow, dot);
  gtk_widget_class_bind_template_callback (widget_class, drag_prepare_cb);
  gtk_widget_class_bind_template_callback (widget_class, drag_begin_cb);
}

static void
bks_target_row_init (BksTargetRow *self)
{
  GtkDropTarget *target;

  gtk_widget_init_template (GTK_WIDGET (self));
  target = gtk_drop_target_new (BKS_TYPE_TARGET_ROW, GDK_ACTION_MOVE);
  g_signal_connect_swapped (target, "drop", G_CALLBACK (drop_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (target));
}

/**
 * bks_target_row_new:
 * @model: a model
 * @providers: all providers
 *
 * Returns: (transfer floating): its row, which follows how its provider stands
 */
GtkWidget *
bks_target_row_new (BksModel        *model,
                    BksProviderList *providers)
{
  BksTargetRow *self = g_object_new (BKS_TYPE_TARGET_ROW, NULL);

  self->model = g_object_ref (model);
  self->providers = g_object_ref (providers);
  g_signal_connect_object (providers, "items-changed", G_CALLBACK (follow_entry), self, G_CONNECT_SWAPPED);
  follow_entry (self);
  update (self);
  return GTK_WIDGET (self);
}

/**
 * bks_target_row_get_model:
 * @self: a row
 *
 * Returns: (transfer none): its model
 */
BksModel *
bks_target_row_get_model (BksTargetRow *self)
{
  g_return_val_if_fail (BKS_IS_TARGET_ROW (self), NULL);

  return self->model;
}

/**
 * bks_target_row_set_place:
 * @self: a row
 * @index: where it stands, from 0
 * @count: of how many
 */
void
bks_target_row_set_place (BksTargetRow *self,
                          guint         index,
                          guint         count)
{
  g_return_if_fail (BKS_IS_TARGET_ROW (self));

  gtk_widget_action_set_enabled (GTK_WIDGET (self), "target.up", index > 0);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "target.down", index + 1 < count);
}
