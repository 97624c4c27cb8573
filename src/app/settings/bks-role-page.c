/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-models-page.h"
#include "bks-role-page.h"
#include "bks-role.h"
#include "bks-target-row.h"
#include "bks-ui.h"

struct _BksRolePage
{
  AdwNavigationPage parent_instance;

  BksProviderList *providers;
  char            *role;
  GListStore      *models;   /* of BksModel, in their order */
  gboolean         standard; /* the order that ships: the author has set none */
  guint            storing;  /* changes on their way to the disk: what is read meanwhile is old */
  gboolean         loading;
  gboolean         again;

  AdwPreferencesGroup *group;
  GtkListBox          *list;
  GtkWidget           *empty_row;
  GtkWidget           *standard_group;
};

G_DEFINE_FINAL_TYPE (BksRolePage, bks_role_page, ADW_TYPE_NAVIGATION_PAGE)

static guint
get_count (BksRolePage *self)
{
  return g_list_model_get_n_items (G_LIST_MODEL (self->models));
}

static void
update (BksRolePage *self)
{
  GtkWidget *row = gtk_widget_get_first_child (GTK_WIDGET (self->list));
  guint count = get_count (self);
  g_autofree char *description = NULL;

  for (guint i = 0; row != NULL; row = gtk_widget_get_next_sibling (row))
    if (BKS_IS_TARGET_ROW (row))
      bks_target_row_set_place (BKS_TARGET_ROW (row), i++, count);
  description = g_strdup_printf ("%s. %s", bks_role_get_description (self->role),
                                 self->standard
                                   ? _("This is the standard order: local first, then cheap, then the best.")
                                   : _("Tried from top to bottom: the next one answers when one cannot."));
  adw_preferences_group_set_description (self->group, description);
  gtk_widget_set_visible (GTK_WIDGET (self->list), count > 0);
  gtk_widget_set_visible (self->empty_row, count == 0);
  gtk_widget_set_visible (self->standard_group, !self->standard);
}

/* Reading the order */

static gboolean
is_same (BksRolePage *self,
         GPtrArray   *targets)
{
  if (targets->len != get_count (self))
    return FALSE;
  for (guint i = 0; i < targets->len; i++)
    {
      const BksTarget *target = g_ptr_array_index (targets, i);
      g_autoptr(BksModel) model = g_list_model_get_item (G_LIST_MODEL (self->models), i);

      if (!g_str_equal (target->provider, bks_model_get_provider (model)) ||
          !g_str_equal (target->model, bks_model_get_id (model)))
        return FALSE;
    }
  return TRUE;
}

static void
take_targets (BksRolePage *self,
              GPtrArray   *targets)
{
  BksRouter *router = bks_provider_list_get_router (self->providers);
  g_autoptr(GPtrArray) models = g_ptr_array_new_with_free_func (g_object_unref);

  if (is_same (self, targets))
    return;
  for (guint i = 0; i < targets->len; i++)
    {
      const BksTarget *target = g_ptr_array_index (targets, i);

      g_ptr_array_add (models, bks_router_describe_model (router, target->provider, target->model));
    }
  g_list_store_splice (self->models, 0, get_count (self), models->pdata, models->len);
}

static DexFuture *
load_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksRolePage *self = verb->self;
  BksRouter *router = bks_provider_list_get_router (self->providers);
  g_autoptr(GPtrArray) targets = NULL;
  g_autoptr(GError) error = NULL;

  do
    {
      self->again = FALSE;
      g_clear_error (&error);
      g_clear_pointer (&targets, g_ptr_array_unref);
      targets = dex_await_boxed (bks_router_get_role (router, self->role), &error);
      self->standard = targets != NULL && targets->len == 0;
      if (self->standard)
        {
          g_clear_pointer (&targets, g_ptr_array_unref);
          targets = dex_await_boxed (bks_router_list_targets (router, NULL, self->role, NULL), &error);
        }
    }
  while (self->again && self->list != NULL);
  self->loading = FALSE;
  if (self->list == NULL || self->storing > 0)
    return NULL;
  if (targets != NULL)
    take_targets (self, targets);
  else
    bks_ui_present_error (GTK_WIDGET (self), _("The Order Cannot Be Read"), error);
  update (self);
  return NULL;
}

static void
load (BksRolePage *self)
{
  self->again = TRUE;
  if (self->loading)
    return;
  self->loading = TRUE;
  bks_verb_start (load_fiber, self, NULL, NULL);
}

/* Changing it */

static GPtrArray *
make_targets (GListModel *models)
{
  GPtrArray *targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);

  for (guint i = 0; i < g_list_model_get_n_items (models); i++)
    {
      g_autoptr(BksModel) model = g_list_model_get_item (models, i);

      g_ptr_array_add (targets, bks_target_new (bks_model_get_provider (model), bks_model_get_id (model)));
    }
  return targets;
}

static DexFuture *
store_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksRolePage *self = verb->self;
  g_autoptr(GPtrArray) targets = make_targets (verb->object);
  g_autoptr(GError) error = NULL;

  if (!dex_await (bks_router_set_role (bks_provider_list_get_router (self->providers), self->role, targets), &error) &&
      self->list != NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("The Order Cannot Be Kept"), error);
  self->storing--;
  if (self->list != NULL)
    load (self);
  return NULL;
}

static void
store (BksRolePage *self)
{
  self->standard = FALSE;
  self->storing++;
  bks_verb_start (store_fiber, self, NULL, self->models);
  update (self);
}

/* The last model gone would mean the standard order, which is another thing than none. */
static guint
find_index (BksRolePage  *self,
            BksTargetRow *row)
{
  guint index = GTK_INVALID_LIST_POSITION;

  g_list_store_find (self->models, bks_target_row_get_model (row), &index);
  return index;
}

static void
move_to (BksRolePage *self,
         guint        from,
         guint        to)
{
  g_autoptr(BksModel) model = g_list_model_get_item (G_LIST_MODEL (self->models), from);
  g_autofree char *said = NULL;
  GtkListBoxRow *row;

  if (model == NULL || from == to || to >= get_count (self))
    return;
  g_list_store_remove (self->models, from);
  g_list_store_insert (self->models, to, model);
  store (self);
  row = gtk_list_box_get_row_at_index (self->list, (int) to);
  if (row != NULL)
    gtk_widget_grab_focus (GTK_WIDGET (row));
  /* Translators: a model, its place, and of how many: "gpt-5 is now 2 of 4" */
  said = g_strdup_printf (_("%s is now %d of %d"), bks_model_get_id (model), (int) to + 1, (int) get_count (self));
  gtk_accessible_announce (GTK_ACCESSIBLE (self), said, GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
}

static void
move_cb (BksRolePage  *self,
         int           by,
         BksTargetRow *row)
{
  guint index = find_index (self, row);

  if (index != GTK_INVALID_LIST_POSITION && (by > 0 || index > 0))
    move_to (self, index, (guint) ((int) index + by));
}

static void
take_cb (BksRolePage  *self,
         BksTargetRow *dropped,
         BksTargetRow *row)
{
  guint from = find_index (self, dropped), to = find_index (self, row);

  if (from != GTK_INVALID_LIST_POSITION && to != GTK_INVALID_LIST_POSITION)
    move_to (self, from, to);
}

static DexFuture *
undo_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksRolePage *self = verb->self;
  g_autoptr(GVariant) removed = g_variant_parse (G_VARIANT_TYPE ("(uss)"), verb->text, NULL, NULL, NULL);
  g_autoptr(BksModel) model = NULL;
  const char *provider, *id;
  guint index;

  if (self->list == NULL || removed == NULL)
    return NULL;
  g_variant_get (removed, "(u&s&s)", &index, &provider, &id);
  model = bks_router_describe_model (bks_provider_list_get_router (self->providers), provider, id);
  g_list_store_insert (self->models, MIN (index, get_count (self)), model);
  store (self);
  return NULL;
}

static void
remove_cb (BksRolePage  *self,
           BksTargetRow *row)
{
  g_autoptr(BksModel) model = g_object_ref (bks_target_row_get_model (row));
  guint index = find_index (self, row);
  g_autoptr(GVariant) removed = NULL;
  g_autofree char *text = NULL;
  g_autofree char *said = NULL;

  if (index == GTK_INVALID_LIST_POSITION)
    return;
  removed = g_variant_ref_sink (g_variant_new ("(uss)", index, bks_model_get_provider (model), bks_model_get_id (model)));
  text = g_variant_print (removed, TRUE);
  g_list_store_remove (self->models, index);
  store (self);
  said = g_strdup_printf (_("%s removed"), bks_model_get_id (model));
  bks_ui_toast_undo (GTK_WIDGET (self), said, undo_fiber, self, text);
}

static void
chosen_cb (BksRolePage *self,
           BksModel    *chosen)
{
  g_autoptr(BksModel) model = bks_router_describe_model (bks_provider_list_get_router (self->providers),
                                                         bks_model_get_provider (chosen), bks_model_get_id (chosen));

  for (guint i = 0; i < get_count (self); i++)
    {
      g_autoptr(BksModel) other = g_list_model_get_item (G_LIST_MODEL (self->models), i);

      if (g_str_equal (bks_model_get_id (other), bks_model_get_id (model)) &&
          g_str_equal (bks_model_get_provider (other), bks_model_get_provider (model)))
        return;
    }
  g_list_store_append (self->models, model);
  store (self);
}

static void
add_cb (BksRolePage *self)
{
  BksModelsPage *page = bks_models_page_new_choose (self->providers, NULL, bks_role_get_title (self->role));

  g_signal_connect_object (page, "chosen", G_CALLBACK (chosen_cb), self, G_CONNECT_SWAPPED);
  bks_ui_push_subpage (GTK_WIDGET (self), ADW_NAVIGATION_PAGE (page));
}

static void
standard_cb (BksRolePage *self)
{
  g_list_store_remove_all (self->models);
  store (self);
}

static GtkWidget *
make_row (gpointer item,
          gpointer data)
{
  BksRolePage *self = data;
  GtkWidget *row = bks_target_row_new (item, self->providers);

  g_signal_connect_object (row, "move", G_CALLBACK (move_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (row, "take", G_CALLBACK (take_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (row, "remove", G_CALLBACK (remove_cb), self, G_CONNECT_SWAPPED);
  return row;
}

static void
bks_role_page_dispose (GObject *object)
{
  BksRolePage *self = BKS_ROLE_PAGE (object);

  if (self->list != NULL)
    gtk_list_box_bind_model (self->list, NULL, NULL, NULL, NULL);
  gtk_widget_dispose_template (GTK_WIDGET (object), BKS_TYPE_ROLE_PAGE);

  G_OBJECT_CLASS (bks_role_page_parent_class)->dispose (object);
}

static void
bks_role_page_finalize (GObject *object)
{
  BksRolePage *self = BKS_ROLE_PAGE (object);

  g_clear_object (&self->providers);
  g_clear_object (&self->models);
  g_free (self->role);

  G_OBJECT_CLASS (bks_role_page_parent_class)->finalize (object);
}

static void
bks_role_page_class_init (BksRolePageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bks_role_page_dispose;
  object_class->finalize = bks_role_page_finalize;

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-role-page.ui");
  gtk_widget_class_bind_template_child (widget_class, BksRolePage, group);
  gtk_widget_class_bind_template_child (widget_class, BksRolePage, list);
  gtk_widget_class_bind_template_child (widget_class, BksRolePage, empty_row);
  gtk_widget_class_bind_template_child (widget_class, BksRolePage, standard_group);
  gtk_widget_class_bind_template_callback (widget_class, add_cb);
  gtk_widget_class_bind_template_callback (widget_class, standard_cb);
}

static void
bks_role_page_init (BksRolePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->models = g_list_store_new (BKS_TYPE_MODEL);
  self->standard = TRUE;
}

/**
 * bks_role_page_new:
 * @providers: all providers
 * @role: one of bks_router_list_roles()
 *
 * Returns: (transfer floating): the page of that kind of work
 */
BksRolePage *
bks_role_page_new (BksProviderList *providers,
                   const char      *role)
{
  BksRolePage *self = g_object_new (BKS_TYPE_ROLE_PAGE, "title", bks_role_get_title (role), NULL);

  self->providers = g_object_ref (providers);
  self->role = g_strdup (role);
  gtk_list_box_bind_model (self->list, G_LIST_MODEL (self->models), make_row, self, NULL);
  g_signal_connect_object (bks_provider_list_get_router (providers), "roles-changed", G_CALLBACK (load), self,
                           G_CONNECT_SWAPPED);
  update (self);
  load (self);
  return self;
}
