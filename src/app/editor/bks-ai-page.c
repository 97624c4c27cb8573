/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-ai-page.h"
#include "bks-error.h"
#include "bks-generation.h"
#include "bks-local-model-dialog.h"
#include "bks-ui.h"
#include "bks-wording.h"

#define ROLE "draft"
/* The estimate follows the caret, but not at every key. */
#define ESTIMATE_MS 300

struct _BksAiPage
{
  GtkWidget parent_instance;

  BksRouter      *router;
  BksBookSession *session;
  BksManuscript  *manuscript;
  GSignalGroup   *generation_signals;
  GListStore     *models;
  GHashTable     *provider_names; /* id → name */
  GPtrArray      *targets;        /* of BksTarget: the role, best first */
  gboolean        own_order;      /* the author has chosen them, and not the program */
  guint           estimate_source;
  gboolean        requested;      /* the models were asked for once */
  gboolean        loading;
  gboolean        reload;         /* something changed while loading */
  gboolean        filling;        /* the selection is not the person's */

  GtkStack      *stack;
  AdwStatusPage *none_page;
  AdwActionRow  *scope_row;
  AdwComboRow   *model_row;
  GtkLabel      *estimate_label;
  GtkLabel      *month_label;
  GtkWidget     *continue_button;
  GtkWidget     *draft_box;
  GtkLabel      *draft_title;
  GtkWidget     *draft_spinner;
  GtkTextView   *draft_view;
  GtkLabel      *trouble_label;
  GtkLabel      *fallback_label;
  GtkLabel      *facts_label;
  GtkWidget     *stop_button;
  GtkWidget     *insert_button;
  GtkWidget     *discard_button;
  GtkWidget     *again_box;
};

enum
{
  INSERTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksAiPage, bks_ai_page, GTK_TYPE_WIDGET)

static BksGeneration *
get_generation (BksAiPage *self)
{
  return self->manuscript != NULL ? bks_manuscript_get_generation (self->manuscript) : NULL;
}

static BksModel *
get_model (BksAiPage *self)
{
  return BKS_MODEL (adw_combo_row_get_selected_item (self->model_row));
}

static const char *
get_provider_name (BksAiPage  *self,
                   const char *id)
{
  const char *name = id != NULL ? g_hash_table_lookup (self->provider_names, id) : NULL;

  return name != NULL ? name : id != NULL ? id : "";
}

/* The draft */

/* A draft that waits for a decision; what failed or was decided on does not. */
static gboolean
is_pending (BksGeneration *generation)
{
  switch (bks_generation_get_state (generation))
    {
    case BKS_GENERATION_RUNNING:
    case BKS_GENERATION_COMPLETE:
    case BKS_GENERATION_STOPPED:
    case BKS_GENERATION_INTERRUPTED:
      return TRUE;
    case BKS_GENERATION_FAILED:
    case BKS_GENERATION_INSERTED:
    case BKS_GENERATION_DISCARDED:
    default:
      return FALSE;
    }
}

static const char *
get_draft_title (BksGeneration *generation)
{
  switch (bks_generation_get_state (generation))
    {
    case BKS_GENERATION_RUNNING:
      return _("Writing…");
    case BKS_GENERATION_STOPPED:
      return _("Draft, Stopped");
    case BKS_GENERATION_INTERRUPTED:
      return _("Draft, Interrupted");
    case BKS_GENERATION_FAILED:
      return _("Nothing Came Back");
    case BKS_GENERATION_COMPLETE:
    case BKS_GENERATION_INSERTED:
    case BKS_GENERATION_DISCARDED:
    default:
      return _("Draft");
    }
}

static char *
make_trouble (BksGeneration *generation)
{
  BksGenerationState state = bks_generation_get_state (generation);
  const GError *error = bks_generation_get_error (generation);
  g_autofree char *cause = error != NULL ? bks_wording_error (error) : NULL;

  /* That it broke off says it all. */
  if (state == BKS_GENERATION_INTERRUPTED && cause != NULL && !g_error_matches (error, BKS_ERROR, BKS_ERROR_TRUNCATED))
    return g_strdup_printf (_("The answer broke off; what came is kept. Your text is safe. %s"), cause);
  if (state == BKS_GENERATION_INTERRUPTED)
    return g_strdup (_("The answer broke off; what came is kept. Your text is safe."));
  if (state == BKS_GENERATION_FAILED && cause != NULL)
    return g_strdup_printf (_("%s Your text is safe."), cause);
  if (state == BKS_GENERATION_FAILED)
    return g_strdup (_("Your text is safe."));
  return NULL;
}

/* Who stood in for the author's choice, and why: never passed over. */
static char *
make_fallback (BksAiPage     *self,
               BksGeneration *generation)
{
  const char *asked;
  const GError *error = bks_generation_get_fallback (generation, &asked);
  g_autofree char *cause = error != NULL ? bks_wording_cause (error) : NULL;

  if (cause == NULL)
    return NULL;
  /* Translators: two providers, and between them why the first one did not answer, as a sentence */
  return g_strdup_printf (_("%s did not answer: %s %s stands in."), get_provider_name (self, asked), cause,
                          get_provider_name (self, bks_generation_get_provider (generation)));
}

static char *
make_facts (BksAiPage     *self,
            BksGeneration *generation)
{
  GString *facts = g_string_new (get_provider_name (self, bks_generation_get_provider (generation)));
  gint64 elapsed = bks_generation_get_total_ms (generation);
  gint64 tokens = bks_generation_get_tokens (generation);
  g_autofree char *cost = bks_wording_cost (bks_generation_get_cost (generation));

  if (elapsed > 0)
    /* Translators: s is the unit, seconds */
    g_string_append_printf (facts, _(" · %.1f s"), elapsed / 1000.0);
  if (tokens > 0)
    g_string_append_printf (facts, ngettext (" · %'d token", " · %'d tokens", (gulong) tokens), (int) tokens);
  g_string_append_printf (facts, " · %s", cost);
  return g_string_free (facts, FALSE);
}

static void
set_or_hide (GtkLabel   *label,
             const char *text)
{
  gtk_label_set_label (label, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (label), text != NULL);
}

static void
update_draft (BksAiPage *self)
{
  BksGeneration *generation = get_generation (self);
  BksGenerationState state = generation != NULL ? bks_generation_get_state (generation) : BKS_GENERATION_DISCARDED;
  gboolean running = state == BKS_GENERATION_RUNNING;
  gboolean pending = generation != NULL && is_pending (generation);
  gboolean has_text = pending && *bks_generation_get_text (generation) != '\0';
  g_autofree char *trouble = NULL;
  g_autofree char *fallback = NULL;
  g_autofree char *facts = NULL;

  gtk_widget_set_visible (self->draft_box, pending || state == BKS_GENERATION_FAILED);
  gtk_widget_set_visible (self->continue_button, !pending);
  gtk_widget_set_visible (self->draft_spinner, running);
  gtk_widget_set_visible (self->stop_button, running);
  gtk_widget_set_visible (self->insert_button, pending && !running && has_text);
  gtk_widget_set_visible (self->discard_button, pending && !running);
  gtk_widget_set_visible (self->again_box, has_text && bks_generation_can_go_on (generation));
  gtk_widget_set_visible (GTK_WIDGET (self->draft_view), has_text);
  if (generation == NULL)
    return;
  trouble = make_trouble (generation);
  facts = running ? g_strdup (get_provider_name (self, bks_generation_get_provider (generation)))
                  : make_facts (self, generation);
  gtk_label_set_label (self->draft_title, get_draft_title (generation));
  set_or_hide (self->trouble_label, trouble);
  fallback = make_fallback (self, generation);
  set_or_hide (self->fallback_label, fallback);
  set_or_hide (self->facts_label, facts);
}

static void
show_draft_text (BksAiPage *self)
{
  BksGeneration *generation = get_generation (self);

  gtk_text_buffer_set_text (gtk_text_view_get_buffer (self->draft_view),
                            generation != NULL ? bks_generation_get_text (generation) : "", -1);
}

static void
text_cb (BksAiPage  *self,
         const char *piece)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (self->draft_view);
  GtkTextIter end;

  gtk_text_buffer_get_end_iter (buffer, &end);
  gtk_text_buffer_insert (buffer, &end, piece, -1);
  gtk_widget_set_visible (GTK_WIDGET (self->draft_view), TRUE);
}

static void
adopt_generation (BksAiPage     *self,
                  BksManuscript *manuscript,
                  BksGeneration *generation)
{
  bks_manuscript_set_generation (manuscript, generation);
  if (manuscript != self->manuscript)
    return;
  g_signal_group_set_target (self->generation_signals, generation);
  show_draft_text (self);
  update_draft (self);
}

static void
state_changed_cb (BksAiPage *self)
{
  g_autoptr(BksGeneration) generation = get_generation (self) != NULL ? g_object_ref (get_generation (self)) : NULL;

  if (generation != NULL && bks_generation_get_state (generation) != BKS_GENERATION_RUNNING)
    gtk_accessible_announce (GTK_ACCESSIBLE (self), get_draft_title (generation),
                             GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
  /* Nothing came elsewhere: what came before is still there. */
  if (generation != NULL && bks_generation_get_state (generation) == BKS_GENERATION_FAILED &&
      bks_generation_get_earlier (generation) != NULL)
    {
      bks_ui_present_error (GTK_WIDGET (self), _("Nothing Came from Elsewhere"), bks_generation_get_error (generation));
      adopt_generation (self, self->manuscript, bks_generation_get_earlier (generation));
      return;
    }
  update_draft (self);
}

/* Found again after a restart: a draft nobody has decided on. */
static DexFuture *
resume_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksAiPage *self = verb->self;
  BksManuscript *manuscript = verb->object;
  BksNode *node = bks_node_session_get_node (bks_manuscript_get_session (manuscript));
  g_autoptr(BksGeneration) generation = NULL;
  g_autoptr(GError) error = NULL;

  generation = dex_await_object (bks_generation_resume (self->router, self->session, node), &error);
  if (error != NULL)
    g_debug ("No earlier draft: %s", error->message);
  if (generation != NULL && self->stack != NULL && bks_manuscript_get_generation (manuscript) == NULL)
    adopt_generation (self, manuscript, generation);
  return NULL;
}

/* Before sending */

static void
update_estimate_now (BksAiPage *self)
{
  BksModel *model = get_model (self);
  g_autofree char *before = NULL;
  g_autofree char *words = NULL;
  g_autofree char *scope = NULL;
  g_autofree char *estimate_text = NULL;
  gboolean empty;
  BksEstimate estimate;

  if (self->manuscript == NULL)
    return;
  before = bks_manuscript_dup_text_before (self->manuscript);
  empty = *g_strchug (before) == '\0';
  scope = empty ? g_strdup (_("Put the caret after the words to go on from"))
                : g_strdup (_("The text before the caret"));
  adw_action_row_set_subtitle (self->scope_row, scope);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "ai.continue", !empty && model != NULL);
  if (model == NULL)
    return;
  estimate = bks_generation_estimate_continue (self->router, self->session,
                                               bks_node_session_get_node (bks_manuscript_get_session (self->manuscript)),
                                               before, NULL, bks_model_get_provider (model), bks_model_get_id (model));
  estimate_text = bks_wording_estimate (&estimate);
  gtk_label_set_label (self->estimate_label, empty ? "" : estimate_text);
}

static void
estimate_cb (gpointer data)
{
  BksAiPage *self = data;

  self->estimate_source = 0;
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    update_estimate_now (self);
}

static void
queue_estimate (BksAiPage *self)
{
  if (self->estimate_source == 0)
    self->estimate_source = g_timeout_add_once (ESTIMATE_MS, estimate_cb, self);
}

static gint64
get_month_start (gint64 now_ms)
{
  g_autoptr(GDateTime) now = g_date_time_new_from_unix_local (now_ms / 1000);
  g_autoptr(GDateTime) start = g_date_time_new_local (g_date_time_get_year (now), g_date_time_get_month (now),
                                                      1, 0, 0, 0);

  return g_date_time_to_unix (start) * 1000;
}

static DexFuture *
month_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksAiPage *self = verb->self;
  gint64 now = g_get_real_time () / 1000;
  g_autoptr(GPtrArray) rows = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  BksMoney sum = 0;
  gint64 unknown = 0;

  rows = dex_await_boxed (bks_router_list_usage (self->router, get_month_start (now), "month"), &error);
  if (rows == NULL || self->month_label == NULL)
    return NULL;
  for (guint i = 0; i < rows->len; i++)
    {
      BksUsageRow *row = g_ptr_array_index (rows, i);

      if (row->cost != BKS_MONEY_UNKNOWN && !bks_money_add (sum, row->cost, &sum))
        break;
      unknown += row->unknown_costs;
    }
  text = bks_wording_month (now, sum, unknown);
  gtk_label_set_label (self->month_label, text);
  return NULL;
}

static void
update_month (BksAiPage *self)
{
  bks_verb_start (month_fiber, self, NULL, NULL);
}

/* By whom */

static gboolean
is_ready (BksProviderInfo *info)
{
  return info->key_state == BKS_KEY_NOT_NEEDED || info->key_state == BKS_KEY_STORED ||
         info->key_state == BKS_KEY_ENVIRONMENT;
}

static void
add_model (BksAiPage *self,
           BksModel  *model)
{
  g_list_store_append (self->models, model);
}

static guint
find_model (BksAiPage  *self,
            const char *provider,
            const char *id)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->models)); i++)
    {
      g_autoptr(BksModel) model = g_list_model_get_item (G_LIST_MODEL (self->models), i);

      if (g_str_equal (bks_model_get_id (model), id) && g_str_equal (bks_model_get_provider (model), provider))
        return i;
    }
  return GTK_INVALID_LIST_POSITION;
}

static void
select_first_target (BksAiPage *self)
{
  BksTarget *target = self->targets->len > 0 ? g_ptr_array_index (self->targets, 0) : NULL;
  guint position = GTK_INVALID_LIST_POSITION;

  if (target != NULL)
    {
      position = find_model (self, target->provider, target->model);
      if (position == GTK_INVALID_LIST_POSITION && g_hash_table_contains (self->provider_names, target->provider))
        {
          /* Chosen earlier; its provider only fails to list it now. */
          g_autoptr(BksModel) model = bks_model_new (target->provider, target->model);

          g_list_store_insert (self->models, 0, model);
          position = 0;
        }
    }
  if (position == GTK_INVALID_LIST_POSITION && g_list_model_get_n_items (G_LIST_MODEL (self->models)) > 0)
    position = 0;
  adw_combo_row_set_selected (self->model_row, position);
}

static void
show_provider_of_model (BksAiPage *self)
{
  BksModel *model = get_model (self);

  adw_action_row_set_subtitle (ADW_ACTION_ROW (self->model_row),
                               model != NULL ? get_provider_name (self, bks_model_get_provider (model)) : "");
}

/* Whoever has set up nothing is shown how to begin; whoever has, what is wrong. */
static void
show_no_models (BksAiPage    *self,
                guint         n_ready,
                const GError *error)
{
  g_autofree char *cause = error != NULL ? bks_wording_error (error) : NULL;
  g_autofree char *markup = NULL;

  if (n_ready == 0)
    {
      gtk_stack_set_visible_child_name (self->stack, "welcome");
      return;
    }
  markup = g_markup_escape_text (cause != NULL ? cause : _("The providers that are set up offer no model."), -1);
  adw_status_page_set_description (self->none_page, markup);
  gtk_stack_set_visible_child_name (self->stack, "none");
}

static void
fill_models (BksAiPage *self,
             GPtrArray *lists)
{
  self->filling = TRUE;
  g_list_store_remove_all (self->models);
  for (guint i = 0; i < lists->len; i++)
    {
      GPtrArray *list = g_ptr_array_index (lists, i);

      for (guint j = 0; j < list->len; j++)
        add_model (self, g_ptr_array_index (list, j));
    }
  select_first_target (self);
  self->filling = FALSE;
  show_provider_of_model (self);
}

static GPtrArray *
await_lists (BksAiPage  *self,
             GPtrArray  *providers,
             guint      *n_ready,
             GError    **error)
{
  g_autoptr(GPtrArray) futures = g_ptr_array_new_with_free_func (dex_unref);
  g_autoptr(GPtrArray) asked = g_ptr_array_new ();
  GPtrArray *lists = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);

  *n_ready = 0;
  g_hash_table_remove_all (self->provider_names);
  for (guint i = 0; i < providers->len; i++)
    {
      BksProviderInfo *info = g_ptr_array_index (providers, i);

      g_hash_table_insert (self->provider_names, g_strdup (info->id), g_strdup (info->name));
      if (!is_ready (info))
        continue;
      g_ptr_array_add (futures, bks_router_list_models (self->router, info->id, NULL));
      g_ptr_array_add (asked, info);
      /* Servers of this computer that ship as presets may not be there, and nobody has set them up. */
      if (!info->preset || !info->local)
        *n_ready += 1;
    }
  for (guint i = 0; i < futures->len; i++)
    {
      BksProviderInfo *info = g_ptr_array_index (asked, i);
      g_autoptr(GError) failure = NULL;
      GPtrArray *list = dex_await_boxed (dex_ref (g_ptr_array_index (futures, i)), &failure);

      if (list != NULL)
        g_ptr_array_add (lists, list);
      else if (*error == NULL && (!info->preset || !info->local))
        *error = g_steal_pointer (&failure);
    }
  return lists;
}

/* The author's order, else the one that ships. */
static GPtrArray *
await_order (BksAiPage *self,
             gboolean  *own)
{
  GPtrArray *targets = dex_await_boxed (bks_router_get_role (self->router, ROLE), NULL);

  *own = targets != NULL && targets->len > 0;
  if (targets == NULL || *own)
    return targets;
  g_ptr_array_unref (targets);
  return dex_await_boxed (bks_router_list_targets (self->router, NULL, ROLE, NULL), NULL);
}

static DexFuture *
load_models_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksAiPage *self = verb->self;
  g_autoptr(GPtrArray) providers = NULL;
  g_autoptr(GPtrArray) targets = NULL;
  g_autoptr(GPtrArray) lists = NULL;
  g_autoptr(GError) error = NULL;
  gboolean own_order = FALSE;
  guint n_ready = 0;

  do
    {
      self->reload = FALSE;
      g_clear_error (&error);
      g_clear_pointer (&lists, g_ptr_array_unref);
      g_clear_pointer (&targets, g_ptr_array_unref);
      g_clear_pointer (&providers, g_ptr_array_unref);
      providers = dex_await_boxed (bks_router_list_providers (self->router), &error);
      if (providers != NULL)
        {
          targets = await_order (self, &own_order);
          lists = await_lists (self, providers, &n_ready, &error);
        }
    }
  while (self->reload && self->stack != NULL);

  self->loading = FALSE;
  if (self->stack == NULL)
    return NULL;
  self->own_order = own_order;
  g_ptr_array_set_size (self->targets, 0);
  for (guint i = 0; targets != NULL && i < targets->len; i++)
    g_ptr_array_add (self->targets, bks_target_copy (g_ptr_array_index (targets, i)));
  if (lists != NULL)
    fill_models (self, lists);
  if (g_list_model_get_n_items (G_LIST_MODEL (self->models)) == 0)
    show_no_models (self, n_ready, error);
  else
    gtk_stack_set_visible_child_name (self->stack, "ready");
  update_estimate_now (self);
  update_draft (self);
  return NULL;
}

static void
load_models (BksAiPage *self)
{
  self->requested = TRUE;
  self->reload = TRUE;
  if (self->loading || self->router == NULL)
    return;
  self->loading = TRUE;
  if (g_list_model_get_n_items (G_LIST_MODEL (self->models)) == 0)
    gtk_stack_set_visible_child_name (self->stack, "loading");
  bks_verb_start (load_models_fiber, self, NULL, NULL);
}

/* The order was changed elsewhere: the models are those that were listed. */
static DexFuture *
take_order_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksAiPage *self = verb->self;
  gboolean own_order = FALSE;
  g_autoptr(GPtrArray) targets = await_order (self, &own_order);

  if (self->stack == NULL || targets == NULL || self->loading)
    return NULL;
  self->own_order = own_order;
  g_ptr_array_set_size (self->targets, 0);
  for (guint i = 0; i < targets->len; i++)
    g_ptr_array_add (self->targets, bks_target_copy (g_ptr_array_index (targets, i)));
  self->filling = TRUE;
  select_first_target (self);
  self->filling = FALSE;
  show_provider_of_model (self);
  queue_estimate (self);
  return NULL;
}

static void
roles_changed_cb (BksAiPage *self)
{
  if (self->requested && !self->loading)
    bks_verb_start (take_order_fiber, self, NULL, NULL);
}

static void
providers_changed_cb (BksAiPage *self)
{
  if (self->requested)
    load_models (self);
}

static DexFuture *
set_role_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksAiPage *self = verb->self;
  g_autoptr(GError) error = NULL;

  if (!dex_await (bks_router_set_role (self->router, ROLE, self->targets), &error))
    bks_ui_present_error (GTK_WIDGET (self), _("The Choice Cannot Be Kept"), error);
  return NULL;
}

static gboolean
is_target (const BksTarget *a,
           const BksTarget *b)
{
  return g_str_equal (a->provider, b->provider) && g_str_equal (a->model, b->model);
}

static void
model_selected_cb (BksAiPage *self)
{
  BksModel *model = get_model (self);
  BksTarget *target;

  if (self->filling || model == NULL)
    return;
  show_provider_of_model (self);
  /* What stands in behind the first choice stays. */
  target = bks_target_new (bks_model_get_provider (model), bks_model_get_id (model));
  if (self->targets->len > 0 && self->own_order)
    g_ptr_array_remove_index (self->targets, 0);
  for (guint i = self->targets->len; i-- > 0;)
    if (is_target (g_ptr_array_index (self->targets, i), target))
      g_ptr_array_remove_index (self->targets, i);
  g_ptr_array_insert (self->targets, 0, target);
  self->own_order = TRUE;
  bks_verb_start (set_role_fiber, self, NULL, NULL);
  queue_estimate (self);
}

static char *
get_model_label (BksModel *model,
                 gpointer  data)
{
  return g_strdup (bks_model_get_id (model));
}

static void
setup_model_cb (GtkListItemFactory *factory,
                GtkListItem        *item,
                BksAiPage          *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *name = gtk_label_new (NULL);
  GtkWidget *provider = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (name), 0);
  gtk_label_set_xalign (GTK_LABEL (provider), 0);
  gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (name), 34);
  gtk_widget_add_css_class (provider, "caption");
  gtk_widget_add_css_class (provider, "dim-label");
  gtk_box_append (GTK_BOX (box), name);
  gtk_box_append (GTK_BOX (box), provider);
  gtk_list_item_set_child (item, box);
}

/* What this draft would cost with that model; NULL where there is nothing to send. */
static char *
make_range (BksAiPage *self,
            BksModel  *model)
{
  g_autofree char *before = self->manuscript != NULL ? bks_manuscript_dup_text_before (self->manuscript) : NULL;
  BksEstimate estimate;

  if (before == NULL || *g_strchug (before) == '\0')
    return NULL;
  estimate = bks_generation_estimate_continue (self->router, self->session,
                                               bks_node_session_get_node (bks_manuscript_get_session (self->manuscript)),
                                               before, NULL, bks_model_get_provider (model), bks_model_get_id (model));
  return bks_wording_range (&estimate);
}

static void
bind_model_cb (GtkListItemFactory *factory,
               GtkListItem        *item,
               BksAiPage          *self)
{
  BksModel *model = gtk_list_item_get_item (item);
  GtkWidget *name = gtk_widget_get_first_child (gtk_list_item_get_child (item));
  g_autofree char *range = make_range (self, model);
  g_autofree char *facts = g_strjoin (" · ", get_provider_name (self, bks_model_get_provider (model)), range, NULL);
  g_autofree char *description = g_strdup_printf ("%s, %s", bks_model_get_id (model), facts);

  gtk_label_set_label (GTK_LABEL (name), bks_model_get_id (model));
  gtk_label_set_label (GTK_LABEL (gtk_widget_get_next_sibling (name)), facts);
  gtk_list_item_set_accessible_label (item, description);
}

/* Actions: of the widget and not of the window, for the bus must not reach what spends or writes. */

static void
continue_action (GtkWidget  *widget,
                 const char *name,
                 GVariant   *parameter)
{
  BksAiPage *self = BKS_AI_PAGE (widget);
  BksGeneration *waiting = get_generation (self);
  BksModel *model = get_model (self);
  g_autoptr(BksGeneration) generation = NULL;
  g_autofree char *before = NULL;

  if (self->manuscript == NULL || model == NULL || (waiting != NULL && is_pending (waiting)))
    return;
  before = bks_manuscript_dup_text_before (self->manuscript);
  generation = bks_generation_continue (self->router, self->session,
                                        bks_node_session_get_node (bks_manuscript_get_session (self->manuscript)),
                                        before, NULL, bks_model_get_provider (model), bks_model_get_id (model));
  adopt_generation (self, self->manuscript, generation);
  gtk_widget_grab_focus (self->stop_button);
}

/* A draft that broke off gets one that takes its place. */
static void
start_successor (BksAiPage      *self,
                 BksGeneration *(*make) (BksGeneration *earlier))
{
  BksGeneration *earlier = get_generation (self);
  g_autoptr(BksGeneration) generation = NULL;

  if (earlier == NULL || !bks_generation_can_go_on (earlier))
    return;
  generation = make (earlier);
  adopt_generation (self, self->manuscript, generation);
  gtk_widget_grab_focus (self->stop_button);
}

static void
go_on_action (GtkWidget  *widget,
              const char *name,
              GVariant   *parameter)
{
  start_successor (BKS_AI_PAGE (widget), bks_generation_go_on);
}

static void
elsewhere_action (GtkWidget  *widget,
                  const char *name,
                  GVariant   *parameter)
{
  start_successor (BKS_AI_PAGE (widget), bks_generation_start_elsewhere);
}

static void
stop_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  BksGeneration *generation = get_generation (BKS_AI_PAGE (widget));

  if (generation != NULL)
    bks_generation_stop (generation);
}

static void
forget_generation (BksAiPage     *self,
                   BksManuscript *manuscript,
                   BksGeneration *generation)
{
  if (bks_manuscript_get_generation (manuscript) == generation)
    adopt_generation (self, manuscript, NULL);
}

static DexFuture *
insert_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksAiPage *self = verb->self;
  BksManuscript *manuscript = verb->object;
  g_autoptr(BksGeneration) generation = g_object_ref (bks_manuscript_get_generation (manuscript));
  g_autoptr(GError) error = NULL;

  bks_manuscript_insert_draft (manuscript, bks_generation_get_text (generation));
  if (!dex_await (bks_generation_insert (generation, bks_manuscript_get_session (manuscript)), &error) &&
      self->stack != NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("The Text with the Draft Is Not Saved Yet"), error);
  if (self->stack == NULL)
    return NULL;
  forget_generation (self, manuscript, generation);
  g_signal_emit (self, signals[INSERTED], 0);
  return NULL;
}

static void
insert_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  BksAiPage *self = BKS_AI_PAGE (widget);
  BksGeneration *generation = get_generation (self);

  if (generation == NULL || !is_pending (generation) ||
      bks_generation_get_state (generation) == BKS_GENERATION_RUNNING)
    return;
  /* One click, one insertion: it stands in the text before the disk answers. */
  gtk_widget_set_visible (self->insert_button, FALSE);
  gtk_widget_set_visible (self->discard_button, FALSE);
  bks_verb_start (insert_fiber, self, NULL, self->manuscript);
}

static DexFuture *
discard_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksAiPage *self = verb->self;
  BksManuscript *manuscript = verb->object;
  g_autoptr(BksGeneration) generation = g_object_ref (bks_manuscript_get_generation (manuscript));
  g_autoptr(GError) error = NULL;
  gboolean ok = dex_await (bks_generation_discard (generation), &error);

  if (self->stack == NULL)
    return NULL;
  if (ok)
    forget_generation (self, manuscript, generation);
  else
    bks_ui_present_error (GTK_WIDGET (self), _("The Draft Cannot Be Discarded"), error);
  return NULL;
}

static void
discard_action (GtkWidget  *widget,
                const char *name,
                GVariant   *parameter)
{
  BksAiPage *self = BKS_AI_PAGE (widget);
  BksGeneration *generation = get_generation (self);

  if (generation != NULL && is_pending (generation))
    bks_verb_start (discard_fiber, self, NULL, self->manuscript);
}

static void
reload_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  load_models (BKS_AI_PAGE (widget));
}

static void
local_action (GtkWidget  *widget,
              const char *name,
              GVariant   *parameter)
{
  BksLocalModelDialog *dialog = bks_local_model_dialog_new (BKS_AI_PAGE (widget)->router);

  g_signal_connect_object (dialog, "found", G_CALLBACK (load_models), widget, G_CONNECT_SWAPPED);
  adw_dialog_present (ADW_DIALOG (dialog), widget);
}

static void
bks_ai_page_map (GtkWidget *widget)
{
  BksAiPage *self = BKS_AI_PAGE (widget);

  GTK_WIDGET_CLASS (bks_ai_page_parent_class)->map (widget);

  /* Nobody is asked for models before somebody looks. */
  if (!self->requested)
    load_models (self);
  queue_estimate (self);
}

static void
bks_ai_page_dispose (GObject *object)
{
  BksAiPage *self = BKS_AI_PAGE (object);

  g_clear_handle_id (&self->estimate_source, g_source_remove);
  g_clear_object (&self->generation_signals);
  if (self->router != NULL)
    g_signal_handlers_disconnect_by_data (self->router, self);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_AI_PAGE);
  g_clear_object (&self->manuscript);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (bks_ai_page_parent_class)->dispose (object);
}

static void
bks_ai_page_finalize (GObject *object)
{
  BksAiPage *self = BKS_AI_PAGE (object);

  g_clear_object (&self->router);
  g_clear_object (&self->models);
  g_clear_pointer (&self->provider_names, g_hash_table_unref);
  g_clear_pointer (&self->targets, g_ptr_array_unref);

  G_OBJECT_CLASS (bks_ai_page_parent_class)->finalize (object);
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, BksAiPage, stack);
  gtk_widget_class_bind_template_child (widget_class, BksAiPage, none_page);
  gtk_widget_class_bind_template_child (widget_class, BksAiPage, scope_row);
  gtk_widget_class_bind_template_child (widget_class, BksAiPage, model_row);
  gtk_widget_class_bind_template_child (widget_class, BksAiPage, estimate_label);
  gtk_widget_class_bind_template_child (widget_class, BksAiPage, month_label);
  gtk_widget_class_bind_template_child (widget_class, BksAiPage, continue_button);
  gtk_widget_class_bind_template_child (widget_class, BksAiPage, draft_box);
  gtk_widget_class_bind_template_child (widget_class, BksAiPage, draft_title);
  gtk_widget_class_bind_template_child (widget_class, BksAiPage, draft_spinner);
  gtk_widget_class_bind_template_child (widget_class, BksAiPage, draft_view);
  gtk_widget_class_bind_template_child (widget_class, BksAiPage, trouble_label);
  gtk_widget_class_bind_template_child (widget_class, BksAiPage, fallback_label);
  gtk_widget_class_bind_template_child (widget_class, BksAiPage, facts_label);
  gtk_widget_class_bind_template_child (widget_class, BksAiPage, stop_button);
  gtk_widget_class_bind_template_child (widget_class, BksAiPage, insert_button);
  gtk_widget_class_bind_template_child (widget_class, BksAiPage, discard_button);
  gtk_widget_class_bind_template_child (widget_class, BksAiPage, again_box);
}

static void
bks_ai_page_class_init (BksAiPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bks_ai_page_dispose;
  object_class->finalize = bks_ai_page_finalize;
  widget_class->map = bks_ai_page_map;

  /**
   * BksAiPage::inserted:
   * @self: the page
   *
   * A draft went into the text.
   */
  signals[INSERTED] = g_signal_new ("inserted", BKS_TYPE_AI_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 0);

  gtk_widget_class_install_action (widget_class, "ai.continue", NULL, continue_action);
  gtk_widget_class_install_action (widget_class, "ai.go-on", NULL, go_on_action);
  gtk_widget_class_install_action (widget_class, "ai.elsewhere", NULL, elsewhere_action);
  gtk_widget_class_install_action (widget_class, "ai.stop", NULL, stop_action);
  gtk_widget_class_install_action (widget_class, "ai.insert", NULL, insert_action);
  gtk_widget_class_install_action (widget_class, "ai.discard", NULL, discard_action);
  gtk_widget_class_install_action (widget_class, "ai.reload", NULL, reload_action);
  gtk_widget_class_install_action (widget_class, "ai.local", NULL, local_action);

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-ai-page.ui");
  bind_children (widget_class);
  gtk_widget_class_bind_template_callback (widget_class, model_selected_cb);
}

static void
bks_ai_page_init (BksAiPage *self)
{
  g_autoptr(GtkExpression) label = gtk_cclosure_expression_new (G_TYPE_STRING, NULL, 0, NULL,
                                                                G_CALLBACK (get_model_label), NULL, NULL);
  g_autoptr(GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  self->models = g_list_store_new (BKS_TYPE_MODEL);
  self->provider_names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);
  self->generation_signals = g_signal_group_new (BKS_TYPE_GENERATION);
  g_signal_group_connect_object (self->generation_signals, "notify::state", G_CALLBACK (state_changed_cb), self,
                                 G_CONNECT_SWAPPED);
  g_signal_group_connect_object (self->generation_signals, "text", G_CALLBACK (text_cb), self, G_CONNECT_SWAPPED);
  g_signal_group_connect_object (self->generation_signals, "asked", G_CALLBACK (update_draft), self, G_CONNECT_SWAPPED);

  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_object (factory, "setup", G_CALLBACK (setup_model_cb), self, 0);
  g_signal_connect_object (factory, "bind", G_CALLBACK (bind_model_cb), self, 0);
  adw_combo_row_set_expression (self->model_row, label);
  adw_combo_row_set_list_factory (self->model_row, factory);
  adw_combo_row_set_model (self->model_row, G_LIST_MODEL (self->models));
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "ai.continue", FALSE);
}

/**
 * bks_ai_page_set_router:
 * @self: the page, without a router so far
 * @router: who knows the providers
 */
void
bks_ai_page_set_router (BksAiPage *self,
                        BksRouter *router)
{
  g_return_if_fail (BKS_IS_AI_PAGE (self));
  g_return_if_fail (self->router == NULL);

  self->router = g_object_ref (router);
  g_signal_connect_object (router, "providers-changed", G_CALLBACK (providers_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (router, "roles-changed", G_CALLBACK (roles_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (router, "usage-changed", G_CALLBACK (update_month), self, G_CONNECT_SWAPPED);
  update_month (self);
}

/**
 * bks_ai_page_set_manuscript:
 * @self: the page, with a router
 * @session: the book
 * @manuscript: (nullable): the text in the editor; its draft is shown
 */
void
bks_ai_page_set_manuscript (BksAiPage      *self,
                            BksBookSession *session,
                            BksManuscript  *manuscript)
{
  g_return_if_fail (BKS_IS_AI_PAGE (self));
  g_return_if_fail (self->router != NULL);

  g_set_object (&self->session, session);
  if (!g_set_object (&self->manuscript, manuscript))
    return;
  g_signal_group_set_target (self->generation_signals, get_generation (self));
  show_draft_text (self);
  update_draft (self);
  queue_estimate (self);
  if (manuscript != NULL && get_generation (self) == NULL)
    bks_verb_start (resume_fiber, self, NULL, manuscript);
}

/**
 * bks_ai_page_caret_moved:
 * @self: the page
 *
 * The text before the caret is another one now.
 */
void
bks_ai_page_caret_moved (BksAiPage *self)
{
  g_return_if_fail (BKS_IS_AI_PAGE (self));

  queue_estimate (self);
}
