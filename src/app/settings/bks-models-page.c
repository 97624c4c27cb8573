/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-models-page.h"
#include "bks-ui.h"
#include "bks-wording.h"

#define MILLION 1000000

struct _BksModelsPage
{
  AdwNavigationPage parent_instance;

  BksRouter  *router;
  GListStore *models;

  GtkStack      *stack;
  AdwStatusPage *failed_page;
  GtkListView   *list;
};

G_DEFINE_FINAL_TYPE (BksModelsPage, bks_models_page, ADW_TYPE_NAVIGATION_PAGE)

static void
setup_cb (GtkListItemFactory *factory,
          GtkListItem        *item)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);

  for (guint i = 0; i < 2; i++)
    {
      GtkWidget *label = gtk_label_new (NULL);

      gtk_label_set_xalign (GTK_LABEL (label), 0);
      gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
      gtk_box_append (GTK_BOX (box), label);
    }
  gtk_widget_add_css_class (gtk_widget_get_last_child (box), "caption");
  gtk_widget_add_css_class (gtk_widget_get_last_child (box), "dim-label");
  gtk_list_item_set_child (item, box);
}

static void
bind_cb (GtkListItemFactory *factory,
         GtkListItem        *item)
{
  BksModel *model = gtk_list_item_get_item (item);
  GtkWidget *box = gtk_list_item_get_child (item);
  g_autofree char *facts = bks_models_page_describe (model);
  g_autofree char *all = *facts != '\0' ? g_strdup_printf ("%s, %s", bks_model_get_id (model), facts)
                                        : g_strdup (bks_model_get_id (model));

  gtk_label_set_label (GTK_LABEL (gtk_widget_get_first_child (box)), bks_model_get_id (model));
  gtk_label_set_label (GTK_LABEL (gtk_widget_get_last_child (box)), facts);
  gtk_widget_set_visible (gtk_widget_get_last_child (box), *facts != '\0');
  gtk_list_item_set_accessible_label (item, all);
}

static void
show_failure (BksModelsPage *self,
              const char    *text)
{
  g_autofree char *markup = g_markup_escape_text (text, -1);

  adw_status_page_set_description (self->failed_page, markup);
  gtk_stack_set_visible_child_name (self->stack, "failed");
}

static DexFuture *
load_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksModelsPage *self = verb->self;
  g_autoptr(GPtrArray) models = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *cause = NULL;

  models = dex_await_boxed (bks_router_list_models (self->router, verb->text, NULL), &error);
  if (self->stack == NULL)
    return NULL;
  cause = error != NULL ? bks_wording_error (error) : NULL;
  for (guint i = 0; models != NULL && i < models->len; i++)
    g_list_store_append (self->models, g_ptr_array_index (models, i));
  if (models == NULL)
    show_failure (self, cause);
  else if (models->len == 0)
    show_failure (self, _("The provider answers, but it offers no model."));
  else
    gtk_stack_set_visible_child_name (self->stack, "models");
  return NULL;
}

static void
bks_models_page_dispose (GObject *object)
{
  BksModelsPage *self = BKS_MODELS_PAGE (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_MODELS_PAGE);

  G_OBJECT_CLASS (bks_models_page_parent_class)->dispose (object);
}

static void
bks_models_page_finalize (GObject *object)
{
  BksModelsPage *self = BKS_MODELS_PAGE (object);

  g_clear_object (&self->models);
  g_clear_object (&self->router);

  G_OBJECT_CLASS (bks_models_page_parent_class)->finalize (object);
}

static void
bks_models_page_class_init (BksModelsPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bks_models_page_dispose;
  object_class->finalize = bks_models_page_finalize;

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-models-page.ui");
  gtk_widget_class_bind_template_child (widget_class, BksModelsPage, stack);
  gtk_widget_class_bind_template_child (widget_class, BksModelsPage, failed_page);
  gtk_widget_class_bind_template_child (widget_class, BksModelsPage, list);
}

static void
bks_models_page_init (BksModelsPage *self)
{
  g_autoptr(GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  self->models = g_list_store_new (BKS_TYPE_MODEL);
  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), NULL);
  gtk_list_view_set_factory (self->list, factory);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (gtk_no_selection_new (g_object_ref (G_LIST_MODEL (self->models)))));
}

/**
 * bks_models_page_new:
 * @router: who asks the provider
 * @provider: its id
 *
 * Returns: (transfer floating): the page, which is being filled
 */
BksModelsPage *
bks_models_page_new (BksRouter  *router,
                     const char *provider)
{
  BksModelsPage *self = g_object_new (BKS_TYPE_MODELS_PAGE, NULL);

  self->router = g_object_ref (router);
  bks_verb_start (load_fiber, self, provider, NULL);
  return self;
}

static char *
format_price (BksMoney per_token)
{
  BksMoney per_million;

  if (!bks_money_multiply (per_token, MILLION, &per_million))
    return bks_wording_cost (BKS_MONEY_UNKNOWN);
  return bks_wording_cost (per_million);
}

/**
 * bks_models_page_describe:
 * @model: a model
 *
 * Returns: (transfer full): its window and its price, as far as they are
 *   known; may be empty
 */
char *
bks_models_page_describe (BksModel *model)
{
  GString *facts = g_string_new (NULL);
  BksMoney input = bks_model_get_input_price (model);
  BksMoney output = bks_model_get_output_price (model);

  if (bks_model_get_window (model) > 0)
    g_string_append_printf (facts, _("%'d tokens"), (int) MIN (bks_model_get_window (model), G_MAXINT));
  if (input != BKS_MONEY_UNKNOWN && output != BKS_MONEY_UNKNOWN)
    {
      g_autofree char *in = format_price (input);
      g_autofree char *out = format_price (output);

      if (facts->len > 0)
        g_string_append (facts, " · ");
      if (input == 0 && output == 0)
        g_string_append (facts, _("free"));
      else
        /* Translators: prices for a million tokens read and a million written */
        g_string_append_printf (facts, _("%s in, %s out per million"), in, out);
    }
  return g_string_free (facts, FALSE);
}
