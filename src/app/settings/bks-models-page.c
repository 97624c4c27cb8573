/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "bks-async.h"
#include "bks-models-page.h"
#include "bks-ui.h"
#include "bks-wording.h"

#define MILLION 1000000

struct _BksModelsPage
{
  AdwNavigationPage parent_instance;

  BksProviderList    *providers;
  char               *provider; /* NULL: of all that are ready */
  gboolean            choosing;
  GListStore         *models;
  GtkFilterListModel *shown;
  GtkStringFilter    *filter;
  DexCancellable     *cancellable;

  GtkStack        *stack;
  AdwStatusPage   *failed_page;
  AdwBanner       *banner;
  AdwSpinner      *spinner;
  GtkSearchEntry  *search_entry;
  AdwActionRow    *typed_row;
  GtkWidget       *typed_list;
  GtkListView     *list;
};

enum
{
  CHOSEN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

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
         GtkListItem        *item,
         BksModelsPage      *self)
{
  BksModel *model = gtk_list_item_get_item (item);
  GtkWidget *box = gtk_list_item_get_child (item);
  g_autofree char *known = bks_models_page_describe (model);
  const char *name = self->provider == NULL ? bks_provider_list_get_name (self->providers,
                                                                          bks_model_get_provider (model)) : NULL;
  g_autofree char *facts = name == NULL ? g_strdup (known) : *known == '\0' ? g_strdup (name)
                                        : g_strdup_printf ("%s · %s", name, known);
  g_autofree char *all = *facts != '\0' ? g_strdup_printf ("%s, %s", bks_model_get_id (model), facts)
                                        : g_strdup (bks_model_get_id (model));

  gtk_label_set_label (GTK_LABEL (gtk_widget_get_first_child (box)), bks_model_get_id (model));
  gtk_label_set_label (GTK_LABEL (gtk_widget_get_last_child (box)), facts);
  gtk_widget_set_visible (gtk_widget_get_last_child (box), *facts != '\0');
  gtk_list_item_set_accessible_label (item, all);
}

/* What is shown: the list, or why there is none */

static void
show_failure (BksModelsPage *self,
              const char    *text)
{
  g_autofree char *markup = g_markup_escape_text (text, -1);

  adw_status_page_set_description (self->failed_page, markup);
}

static void
update (BksModelsPage *self)
{
  gboolean any = g_list_model_get_n_items (G_LIST_MODEL (self->models)) > 0;
  gboolean asking = self->cancellable != NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->spinner), asking && any);
  gtk_stack_set_visible_child_name (self->stack, any || self->choosing ? "models" : asking ? "loading" : "failed");
}

static gboolean
is_ready (BksProviderEntry *entry)
{
  BksKeyState state = bks_provider_entry_get_info (entry)->key_state;

  return state == BKS_KEY_STORED || state == BKS_KEY_ENVIRONMENT || state == BKS_KEY_NOT_NEEDED;
}

/* Those whose models are shown here. */
static GPtrArray *
list_asked (BksModelsPage *self)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);

  if (self->provider != NULL)
    g_ptr_array_add (ids, g_strdup (self->provider));
  for (guint i = 0; self->provider == NULL && i < g_list_model_get_n_items (G_LIST_MODEL (self->providers)); i++)
    {
      g_autoptr(BksProviderEntry) entry = g_list_model_get_item (G_LIST_MODEL (self->providers), i);

      if (is_ready (entry))
        g_ptr_array_add (ids, g_strdup (bks_provider_entry_get_info (entry)->id));
    }
  return ids;
}

static void
show_known (BksModelsPage *self)
{
  BksRouter *router = bks_provider_list_get_router (self->providers);
  g_autoptr(GPtrArray) ids = list_asked (self);
  g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < ids->len; i++)
    {
      g_autoptr(GPtrArray) models = bks_router_peek_models (router, g_ptr_array_index (ids, i));

      for (guint j = 0; j < models->len; j++)
        g_ptr_array_add (all, g_object_ref (g_ptr_array_index (models, j)));
    }
  g_list_store_splice (self->models, 0, g_list_model_get_n_items (G_LIST_MODEL (self->models)), all->pdata, all->len);
}

/* Asking */

static GError *
await_lists (BksModelsPage *self,
             GPtrArray     *ids)
{
  BksRouter *router = bks_provider_list_get_router (self->providers);
  g_autoptr(GPtrArray) futures = g_ptr_array_new_with_free_func (dex_unref);
  GError *first = NULL;

  for (guint i = 0; i < ids->len; i++)
    g_ptr_array_add (futures, bks_router_list_models (router, g_ptr_array_index (ids, i), self->cancellable));
  for (guint i = 0; i < futures->len; i++)
    {
      g_autoptr(GError) error = NULL;

      if (!dex_await (dex_ref (g_ptr_array_index (futures, i)), &error) && first == NULL)
        first = g_steal_pointer (&error);
    }
  return first;
}

static DexFuture *
load_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksModelsPage *self = verb->self;
  g_autoptr(GPtrArray) ids = list_asked (self);
  g_autoptr(GError) error = NULL;
  g_autofree char *cause = NULL;

  dex_await (bks_router_load_prices (bks_provider_list_get_router (self->providers)), NULL);
  if (self->stack != NULL)
    show_known (self);
  error = await_lists (self, ids);
  dex_clear (&self->cancellable);
  if (self->stack == NULL)
    return NULL;
  show_known (self);
  cause = error != NULL ? bks_wording_error (error) : NULL;
  show_failure (self, cause != NULL ? cause : _("The provider answers, but it offers no model."));
  /* Of many providers one is always away; of one, it is the news. */
  if (cause != NULL && self->provider != NULL)
    adw_banner_set_title (self->banner, cause);
  adw_banner_set_revealed (self->banner, cause != NULL && self->provider != NULL &&
                                         g_list_model_get_n_items (G_LIST_MODEL (self->models)) > 0);
  update (self);
  return NULL;
}

static void
reload (BksModelsPage *self)
{
  if (self->cancellable != NULL)
    return;
  self->cancellable = dex_cancellable_new ();
  adw_banner_set_revealed (self->banner, FALSE);
  bks_verb_start (load_fiber, self, NULL, NULL);
  update (self);
}

/* Choosing */

static void
choose (BksModelsPage *self,
        BksModel      *model)
{
  GtkWidget *dialog = gtk_widget_get_ancestor (GTK_WIDGET (self), ADW_TYPE_PREFERENCES_DIALOG);

  g_signal_emit (self, signals[CHOSEN], 0, model);
  if (dialog != NULL)
    adw_preferences_dialog_pop_subpage (ADW_PREFERENCES_DIALOG (dialog));
}

static void
activated_cb (BksModelsPage *self,
              guint          position)
{
  g_autoptr(BksModel) model = g_list_model_get_item (G_LIST_MODEL (self->shown), position);

  if (model != NULL && self->choosing)
    choose (self, model);
}

/* A name that no list has: "provider:model" where it is not said whose. */
static BksModel *
make_typed (BksModelsPage *self)
{
  g_autofree char *text = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->search_entry))));
  char *colon = strchr (text, ':');

  if (*text == '\0')
    return NULL;
  if (self->provider != NULL)
    return bks_model_new (self->provider, text);
  if (colon == NULL || colon[1] == '\0')
    return NULL;
  *colon = '\0';
  return bks_provider_list_find (self->providers, text) != NULL ? bks_model_new (text, colon + 1) : NULL;
}

static void
search_cb (BksModelsPage *self)
{
  g_autoptr(BksModel) typed = NULL;
  g_autofree char *title = NULL;

  gtk_string_filter_set_search (self->filter, gtk_editable_get_text (GTK_EDITABLE (self->search_entry)));
  typed = self->choosing && g_list_model_get_n_items (G_LIST_MODEL (self->shown)) == 0 ? make_typed (self) : NULL;
  if (typed != NULL)
    {
      title = g_strdup_printf (_("Use “%s”"), bks_model_get_id (typed));
      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->typed_row), title);
      adw_action_row_set_subtitle (self->typed_row,
                                   bks_provider_list_get_name (self->providers, bks_model_get_provider (typed)));
    }
  gtk_widget_set_visible (self->typed_list, typed != NULL);
}

/* Escape clears the search first, and leaves the page then. */
static void
stop_search_cb (BksModelsPage *self)
{
  if (*gtk_editable_get_text (GTK_EDITABLE (self->search_entry)) != '\0')
    gtk_editable_set_text (GTK_EDITABLE (self->search_entry), "");
  else
    gtk_widget_activate_action (GTK_WIDGET (self), "navigation.pop", NULL);
}

static void
typed_cb (BksModelsPage *self)
{
  g_autoptr(BksModel) typed = make_typed (self);

  if (typed != NULL)
    choose (self, typed);
}

static char *
get_search_text (BksModel *model,
                 gpointer  data)
{
  return g_strdup_printf ("%s:%s", bks_model_get_provider (model), bks_model_get_id (model));
}

static void
bks_models_page_dispose (GObject *object)
{
  BksModelsPage *self = BKS_MODELS_PAGE (object);

  if (self->cancellable != NULL)
    dex_cancellable_cancel (self->cancellable);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_MODELS_PAGE);

  G_OBJECT_CLASS (bks_models_page_parent_class)->dispose (object);
}

static void
bks_models_page_finalize (GObject *object)
{
  BksModelsPage *self = BKS_MODELS_PAGE (object);

  dex_clear (&self->cancellable);
  g_clear_object (&self->models);
  g_clear_object (&self->shown);
  g_clear_object (&self->providers);
  g_free (self->provider);

  G_OBJECT_CLASS (bks_models_page_parent_class)->finalize (object);
}

static void
bks_models_page_class_init (BksModelsPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bks_models_page_dispose;
  object_class->finalize = bks_models_page_finalize;

  signals[CHOSEN] = g_signal_new ("chosen", BKS_TYPE_MODELS_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, BKS_TYPE_MODEL);

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-models-page.ui");
  gtk_widget_class_bind_template_child (widget_class, BksModelsPage, stack);
  gtk_widget_class_bind_template_child (widget_class, BksModelsPage, failed_page);
  gtk_widget_class_bind_template_child (widget_class, BksModelsPage, banner);
  gtk_widget_class_bind_template_child (widget_class, BksModelsPage, spinner);
  gtk_widget_class_bind_template_child (widget_class, BksModelsPage, search_entry);
  gtk_widget_class_bind_template_child (widget_class, BksModelsPage, typed_row);
  gtk_widget_class_bind_template_child (widget_class, BksModelsPage, typed_list);
  gtk_widget_class_bind_template_child (widget_class, BksModelsPage, list);
  gtk_widget_class_bind_template_callback (widget_class, reload);
  gtk_widget_class_bind_template_callback (widget_class, activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_cb);
  gtk_widget_class_bind_template_callback (widget_class, stop_search_cb);
  gtk_widget_class_bind_template_callback (widget_class, typed_cb);
}

static void
bks_models_page_init (BksModelsPage *self)
{
  g_autoptr(GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();
  GtkExpression *text = gtk_cclosure_expression_new (G_TYPE_STRING, NULL, 0, NULL, G_CALLBACK (get_search_text),
                                                     NULL, NULL);

  gtk_widget_init_template (GTK_WIDGET (self));
  self->models = g_list_store_new (BKS_TYPE_MODEL);
  self->filter = gtk_string_filter_new (text);
  self->shown = gtk_filter_list_model_new (g_object_ref (G_LIST_MODEL (self->models)), GTK_FILTER (self->filter));
  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), NULL);
  g_signal_connect_object (factory, "bind", G_CALLBACK (bind_cb), self, 0);
  gtk_list_view_set_factory (self->list, factory);
}

static BksModelsPage *
make_page (BksProviderList *providers,
           const char      *provider,
           gboolean         choosing)
{
  BksModelsPage *self = g_object_new (BKS_TYPE_MODELS_PAGE, NULL);
  g_autoptr(GtkNoSelection) selection = NULL;

  self->providers = g_object_ref (providers);
  self->provider = g_strdup (provider);
  self->choosing = choosing;
  selection = gtk_no_selection_new (g_object_ref (G_LIST_MODEL (self->shown)));
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (selection));
  gtk_list_view_set_single_click_activate (self->list, choosing);
  show_known (self);
  reload (self);
  return self;
}

/**
 * bks_models_page_new:
 * @providers: all providers
 * @provider: whose models are shown
 *
 * Returns: (transfer floating): the page, with what is known; it asks for the rest
 */
BksModelsPage *
bks_models_page_new (BksProviderList *providers,
                     const char      *provider)
{
  return make_page (providers, provider, FALSE);
}

/**
 * bks_models_page_new_choose:
 * @providers: all providers
 * @provider: (nullable): whose models are offered; %NULL: of all that are ready
 * @what: what one is chosen for, as a title
 *
 * Returns: (transfer floating): a page on which one model is chosen, also one
 *   that no list has; it goes by itself then
 */
BksModelsPage *
bks_models_page_new_choose (BksProviderList *providers,
                            const char      *provider,
                            const char      *what)
{
  BksModelsPage *self = make_page (providers, provider, TRUE);

  adw_navigation_page_set_title (ADW_NAVIGATION_PAGE (self), what);
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
 * Returns: (transfer full): its window, where it is known, and its price, or
 *   that nobody knows it
 */
char *
bks_models_page_describe (BksModel *model)
{
  GString *facts = g_string_new (NULL);
  BksMoney input = bks_model_get_input_price (model);
  BksMoney output = bks_model_get_output_price (model);

  if (bks_model_get_window (model) > 0)
    {
      g_autofree char *window = bks_wording_tokens (bks_model_get_window (model));

      g_string_append (facts, window);
    }
  if (facts->len > 0)
    g_string_append (facts, " · ");
  if (input == BKS_MONEY_UNKNOWN || output == BKS_MONEY_UNKNOWN)
    g_string_append (facts, _("price unknown"));
  else if (input == 0 && output == 0)
    g_string_append (facts, _("free"));
  else
    {
      g_autofree char *in = format_price (input);
      g_autofree char *out = format_price (output);

      /* Translators: prices for a million tokens read and a million written */
      g_string_append_printf (facts, _("%s in, %s out per million"), in, out);
    }
  return g_string_free (facts, FALSE);
}
