/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-ai-page.h"
#include "bks-draft-box.h"
#include "bks-generation.h"
#include "bks-local-model-dialog.h"
#include "bks-model-choice.h"
#include "bks-ui.h"
#include "bks-wording.h"

#define ROLE "draft"
/* The estimate follows the caret, but not at every key. */
#define ESTIMATE_MS 300

struct _BksAiPage
{
  GtkWidget parent_instance;

  BksRouter      *router;
  BksModelChoice *choice;
  BksBookSession *session;
  BksManuscript  *manuscript;
  guint           estimate_source;

  GtkStack      *stack;
  AdwStatusPage *none_page;
  AdwActionRow  *scope_row;
  AdwComboRow   *model_row;
  GtkLabel      *estimate_label;
  GtkLabel      *month_label;
  GtkWidget     *continue_button;
  BksDraftBox   *draft_box;
};

enum
{
  INSERTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksAiPage, bks_ai_page, GTK_TYPE_WIDGET)

static BksModel *
get_model (BksAiPage *self)
{
  return BKS_MODEL (adw_combo_row_get_selected_item (self->model_row));
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

/* Whoever has set up something is told what is wrong with it. */
static void
show_nothing (BksAiPage *self)
{
  const GError *error = bks_model_choice_get_error (self->choice);
  g_autofree char *cause = error != NULL ? bks_wording_error (error) : NULL;
  g_autofree char *markup = g_markup_escape_text (cause != NULL ? cause
                                                                : _("The providers that are set up offer no model."),
                                                  -1);

  adw_status_page_set_description (self->none_page, markup);
}

static void
show_state (BksAiPage *self)
{
  switch (bks_model_choice_get_state (self->choice))
    {
    case BKS_MODEL_CHOICE_NOBODY:
      gtk_stack_set_visible_child_name (self->stack, "welcome");
      break;
    case BKS_MODEL_CHOICE_NOTHING:
      show_nothing (self);
      gtk_stack_set_visible_child_name (self->stack, "none");
      break;
    case BKS_MODEL_CHOICE_READY:
      gtk_stack_set_visible_child_name (self->stack, "ready");
      break;
    case BKS_MODEL_CHOICE_IDLE:
    case BKS_MODEL_CHOICE_LOADING:
    default:
      gtk_stack_set_visible_child_name (self->stack, "loading");
    }
}

static void
choice_changed_cb (BksAiPage *self)
{
  guint position = bks_model_choice_get_position (self->choice);
  BksModel *model;

  adw_combo_row_set_selected (self->model_row, position);
  model = get_model (self);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (self->model_row),
                               model != NULL ? bks_model_choice_get_provider_name (self->choice,
                                                                                   bks_model_get_provider (model))
                                             : "");
  show_state (self);
  if (self->manuscript != NULL)
    update_estimate_now (self);
}

static void
not_kept_cb (BksAiPage    *self,
             const GError *error)
{
  bks_ui_present_error (GTK_WIDGET (self), _("The Choice Cannot Be Kept"), error);
}

static void
model_selected_cb (BksAiPage *self)
{
  if (self->choice != NULL)
    bks_model_choice_choose (self->choice, adw_combo_row_get_selected (self->model_row));
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
  g_autofree char *facts = g_strjoin (" · ", bks_model_choice_get_provider_name (self->choice, bks_model_get_provider (model)),
                                      range, NULL);
  g_autofree char *description = g_strdup_printf ("%s, %s", bks_model_get_id (model), facts);

  gtk_label_set_label (GTK_LABEL (name), bks_model_get_id (model));
  gtk_label_set_label (GTK_LABEL (gtk_widget_get_next_sibling (name)), facts);
  gtk_list_item_set_accessible_label (item, description);
}

/* Actions: of the widget and not of the window, for the bus must not reach what spends or writes. */

static gboolean
is_pending (BksAiPage *self)
{
  gboolean pending;

  g_object_get (self->draft_box, "pending", &pending, NULL);
  return pending;
}

static void
update_continue (BksAiPage *self)
{
  gtk_widget_set_visible (self->continue_button, !is_pending (self));
}

static void
inserted_cb (BksAiPage *self)
{
  g_signal_emit (self, signals[INSERTED], 0);
}

static void
continue_action (GtkWidget  *widget,
                 const char *name,
                 GVariant   *parameter)
{
  BksAiPage *self = BKS_AI_PAGE (widget);
  BksModel *model = get_model (self);
  g_autoptr(BksGeneration) generation = NULL;
  g_autofree char *before = NULL;

  if (self->manuscript == NULL || model == NULL || is_pending (self))
    return;
  before = bks_manuscript_dup_text_before (self->manuscript);
  generation = bks_generation_continue (self->router, self->session,
                                        bks_node_session_get_node (bks_manuscript_get_session (self->manuscript)),
                                        before, NULL, bks_model_get_provider (model), bks_model_get_id (model));
  bks_draft_box_show (self->draft_box, generation);
}

static void
reload_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  bks_model_choice_load (BKS_AI_PAGE (widget)->choice);
}

static void
local_action (GtkWidget  *widget,
              const char *name,
              GVariant   *parameter)
{
  BksLocalModelDialog *dialog = bks_local_model_dialog_new (BKS_AI_PAGE (widget)->router);

  g_signal_connect_object (dialog, "found", G_CALLBACK (bks_model_choice_load), BKS_AI_PAGE (widget)->choice,
                           G_CONNECT_SWAPPED);
  adw_dialog_present (ADW_DIALOG (dialog), widget);
}

static void
bks_ai_page_map (GtkWidget *widget)
{
  BksAiPage *self = BKS_AI_PAGE (widget);

  GTK_WIDGET_CLASS (bks_ai_page_parent_class)->map (widget);

  /* Nobody is asked for models before somebody looks. */
  if (self->choice != NULL && bks_model_choice_get_state (self->choice) == BKS_MODEL_CHOICE_IDLE)
    bks_model_choice_load (self->choice);
  queue_estimate (self);
}

static void
bks_ai_page_dispose (GObject *object)
{
  BksAiPage *self = BKS_AI_PAGE (object);

  g_clear_handle_id (&self->estimate_source, g_source_remove);
  /* The window holds on for a while to what had the focus. */
  if (self->draft_box != NULL && self->router != NULL)
    bks_draft_box_set_manuscript (self->draft_box, NULL, NULL);
  if (self->router != NULL)
    g_signal_handlers_disconnect_by_data (self->router, self);
  if (self->choice != NULL)
    g_signal_handlers_disconnect_by_data (self->choice, self);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_AI_PAGE);
  g_clear_object (&self->manuscript);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (bks_ai_page_parent_class)->dispose (object);
}

static void
bks_ai_page_finalize (GObject *object)
{
  BksAiPage *self = BKS_AI_PAGE (object);

  g_clear_object (&self->choice);
  g_clear_object (&self->router);

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
  gtk_widget_class_install_action (widget_class, "ai.reload", NULL, reload_action);
  gtk_widget_class_install_action (widget_class, "ai.local", NULL, local_action);

  g_type_ensure (BKS_TYPE_DRAFT_BOX);
  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-ai-page.ui");
  bind_children (widget_class);
  gtk_widget_class_bind_template_callback (widget_class, model_selected_cb);
  gtk_widget_class_bind_template_callback (widget_class, update_continue);
  gtk_widget_class_bind_template_callback (widget_class, inserted_cb);
}

static void
bks_ai_page_init (BksAiPage *self)
{
  g_autoptr(GtkExpression) label = gtk_cclosure_expression_new (G_TYPE_STRING, NULL, 0, NULL,
                                                                G_CALLBACK (get_model_label), NULL, NULL);
  g_autoptr(GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_object (factory, "setup", G_CALLBACK (setup_model_cb), self, 0);
  g_signal_connect_object (factory, "bind", G_CALLBACK (bind_model_cb), self, 0);
  adw_combo_row_set_expression (self->model_row, label);
  adw_combo_row_set_list_factory (self->model_row, factory);
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
  self->choice = bks_model_choice_new (router, ROLE);
  g_signal_connect_object (self->choice, "changed", G_CALLBACK (choice_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->choice, "not-kept", G_CALLBACK (not_kept_cb), self, G_CONNECT_SWAPPED);
  adw_combo_row_set_model (self->model_row, bks_model_choice_get_models (self->choice));
  bks_draft_box_set_router (self->draft_box, router, self->choice);
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
  bks_draft_box_set_manuscript (self->draft_box, session, manuscript);
  if (g_set_object (&self->manuscript, manuscript))
    queue_estimate (self);
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
