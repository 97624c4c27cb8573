/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-draft-box.h"
#include "bks-error.h"
#include "bks-generation.h"
#include "bks-ui.h"
#include "bks-wording.h"

/* Pieces may come faster than they can be read, and each lays out the whole draft. */
#define TEXT_MS 50

struct _BksDraftBox
{
  GtkWidget parent_instance;

  BksRouter      *router;
  BksModelChoice *choice; /* who knows the names of the providers */
  BksBookSession *session;
  BksManuscript  *manuscript;
  GSignalGroup   *generation_signals;
  gboolean        pending;
  guint           text_source;

  GtkWidget   *box;
  GtkLabel    *title;
  GtkWidget   *spinner;
  GtkLabel    *text;
  GtkLabel    *trouble_label;
  GtkLabel    *fallback_label;
  GtkLabel    *facts_label;
  GtkWidget   *stop_button;
  GtkWidget   *insert_button;
  GtkWidget   *discard_button;
  GtkWidget   *again_box;
};

enum
{
  PROP_PENDING = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

enum
{
  INSERTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksDraftBox, bks_draft_box, GTK_TYPE_WIDGET)

static BksGeneration *
get_generation (BksDraftBox *self)
{
  return self->manuscript != NULL ? bks_manuscript_get_generation (self->manuscript) : NULL;
}

static const char *
get_provider_name (BksDraftBox *self,
                   const char  *id)
{
  return bks_model_choice_get_provider_name (self->choice, id);
}

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
make_fallback (BksDraftBox   *self,
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
make_facts (BksDraftBox   *self,
            BksGeneration *generation)
{
  GString *facts = g_string_new (get_provider_name (self, bks_generation_get_provider (generation)));
  gint64 elapsed = bks_generation_get_total_ms (generation);
  gint64 tokens = bks_generation_get_tokens (generation);
  g_autofree char *count = bks_wording_tokens (tokens);
  g_autofree char *cost = bks_wording_cost (bks_generation_get_cost (generation));

  if (elapsed > 0)
    /* Translators: s is the unit, seconds */
    g_string_append_printf (facts, _(" · %.1f s"), elapsed / 1000.0);
  if (tokens > 0)
    g_string_append_printf (facts, " · %s", count);
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
set_pending (BksDraftBox *self,
             gboolean     pending)
{
  if (self->pending == pending)
    return;
  self->pending = pending;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PENDING]);
}

static void
update_draft (BksDraftBox *self)
{
  BksGeneration *generation = get_generation (self);
  BksGenerationState state = generation != NULL ? bks_generation_get_state (generation) : BKS_GENERATION_DISCARDED;
  gboolean running = state == BKS_GENERATION_RUNNING;
  gboolean pending = generation != NULL && is_pending (generation);
  gboolean has_text = pending && *bks_generation_get_text (generation) != '\0';
  g_autofree char *trouble = NULL;
  g_autofree char *fallback = NULL;
  g_autofree char *facts = NULL;

  set_pending (self, pending);
  gtk_widget_set_visible (GTK_WIDGET (self), pending || state == BKS_GENERATION_FAILED);
  gtk_widget_set_visible (self->spinner, running);
  gtk_widget_set_visible (self->stop_button, running);
  gtk_widget_set_visible (self->insert_button, pending && !running && has_text);
  gtk_widget_set_visible (self->discard_button, pending && !running);
  gtk_widget_set_visible (self->again_box, has_text && bks_generation_can_go_on (generation));
  gtk_widget_set_visible (GTK_WIDGET (self->text), has_text);
  if (generation == NULL)
    return;
  trouble = make_trouble (generation);
  facts = running ? g_strdup (get_provider_name (self, bks_generation_get_provider (generation)))
                  : make_facts (self, generation);
  gtk_label_set_label (self->title, get_draft_title (generation));
  set_or_hide (self->trouble_label, trouble);
  fallback = make_fallback (self, generation);
  set_or_hide (self->fallback_label, fallback);
  set_or_hide (self->facts_label, facts);
}

static void
show_draft_text (BksDraftBox *self)
{
  BksGeneration *generation = get_generation (self);

  g_clear_handle_id (&self->text_source, g_source_remove);
  gtk_label_set_label (self->text, generation != NULL ? bks_generation_get_text (generation) : "");
}

static void
show_text_cb (gpointer data)
{
  BksDraftBox *self = data;

  self->text_source = 0;
  show_draft_text (self);
  gtk_widget_set_visible (GTK_WIDGET (self->text), TRUE);
}

static void
text_cb (BksDraftBox *self)
{
  if (self->text_source == 0)
    self->text_source = g_timeout_add_once (TEXT_MS, show_text_cb, self);
}

static void
adopt_generation (BksDraftBox   *self,
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
state_changed_cb (BksDraftBox *self)
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
  show_draft_text (self);
  update_draft (self);
}

/* Found again after a restart: a draft nobody has decided on. */
static DexFuture *
resume_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksDraftBox *self = verb->self;
  BksManuscript *manuscript = verb->object;
  BksNode *node = bks_node_session_get_node (bks_manuscript_get_session (manuscript));
  g_autoptr(BksGeneration) generation = NULL;
  g_autoptr(GError) error = NULL;

  generation = dex_await_object (bks_generation_resume (self->router, self->session, node), &error);
  if (error != NULL)
    g_debug ("No earlier draft: %s", error->message);
  if (generation != NULL && self->box != NULL && bks_manuscript_get_generation (manuscript) == NULL)
    adopt_generation (self, manuscript, generation);
  return NULL;
}

/* Actions: of the widget and not of the window, for the bus must not reach what spends or writes. */

/* A draft that broke off gets one that takes its place. */
static void
start_successor (BksDraftBox    *self,
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
  start_successor (BKS_DRAFT_BOX (widget), bks_generation_go_on);
}

static void
elsewhere_action (GtkWidget  *widget,
                  const char *name,
                  GVariant   *parameter)
{
  start_successor (BKS_DRAFT_BOX (widget), bks_generation_start_elsewhere);
}

static void
stop_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  BksGeneration *generation = get_generation (BKS_DRAFT_BOX (widget));

  if (generation != NULL)
    bks_generation_stop (generation);
}

static void
forget_generation (BksDraftBox   *self,
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
  BksDraftBox *self = verb->self;
  BksManuscript *manuscript = verb->object;
  g_autoptr(BksGeneration) generation = g_object_ref (bks_manuscript_get_generation (manuscript));
  g_autoptr(GError) error = NULL;

  bks_manuscript_insert_draft (manuscript, bks_generation_get_text (generation));
  if (!dex_await (bks_generation_insert (generation, bks_manuscript_get_session (manuscript)), &error) &&
      self->box != NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("The Text with the Draft Is Not Saved Yet"), error);
  if (self->box == NULL)
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
  BksDraftBox *self = BKS_DRAFT_BOX (widget);
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
  BksDraftBox *self = verb->self;
  BksManuscript *manuscript = verb->object;
  g_autoptr(BksGeneration) generation = g_object_ref (bks_manuscript_get_generation (manuscript));
  g_autoptr(GError) error = NULL;
  gboolean ok = dex_await (bks_generation_discard (generation), &error);

  if (self->box == NULL)
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
  BksDraftBox *self = BKS_DRAFT_BOX (widget);
  BksGeneration *generation = get_generation (self);

  if (generation != NULL && is_pending (generation))
    bks_verb_start (discard_fiber, self, NULL, self->manuscript);
}

static void
bks_draft_box_get_property (GObject    *object,
                            guint       id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  if (id == PROP_PENDING)
    g_value_set_boolean (value, BKS_DRAFT_BOX (object)->pending);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
bks_draft_box_dispose (GObject *object)
{
  BksDraftBox *self = BKS_DRAFT_BOX (object);

  g_clear_handle_id (&self->text_source, g_source_remove);
  g_clear_object (&self->generation_signals);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_DRAFT_BOX);
  g_clear_object (&self->manuscript);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (bks_draft_box_parent_class)->dispose (object);
}

static void
bks_draft_box_finalize (GObject *object)
{
  BksDraftBox *self = BKS_DRAFT_BOX (object);

  g_clear_object (&self->choice);
  g_clear_object (&self->router);

  G_OBJECT_CLASS (bks_draft_box_parent_class)->finalize (object);
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, BksDraftBox, box);
  gtk_widget_class_bind_template_child (widget_class, BksDraftBox, title);
  gtk_widget_class_bind_template_child (widget_class, BksDraftBox, spinner);
  gtk_widget_class_bind_template_child (widget_class, BksDraftBox, text);
  gtk_widget_class_bind_template_child (widget_class, BksDraftBox, trouble_label);
  gtk_widget_class_bind_template_child (widget_class, BksDraftBox, fallback_label);
  gtk_widget_class_bind_template_child (widget_class, BksDraftBox, facts_label);
  gtk_widget_class_bind_template_child (widget_class, BksDraftBox, stop_button);
  gtk_widget_class_bind_template_child (widget_class, BksDraftBox, insert_button);
  gtk_widget_class_bind_template_child (widget_class, BksDraftBox, discard_button);
  gtk_widget_class_bind_template_child (widget_class, BksDraftBox, again_box);
}

static void
bks_draft_box_class_init (BksDraftBoxClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = bks_draft_box_get_property;
  object_class->dispose = bks_draft_box_dispose;
  object_class->finalize = bks_draft_box_finalize;

  /**
   * BksDraftBox:pending:
   *
   * Whether a draft is being written or waits for a decision.
   */
  properties[PROP_PENDING] = g_param_spec_boolean ("pending", NULL, NULL, FALSE,
                                                   G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY |
                                                   G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * BksDraftBox::inserted:
   * @self: the box
   *
   * A draft went into the text.
   */
  signals[INSERTED] = g_signal_new ("inserted", BKS_TYPE_DRAFT_BOX, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 0);

  gtk_widget_class_install_action (widget_class, "draft.go-on", NULL, go_on_action);
  gtk_widget_class_install_action (widget_class, "draft.elsewhere", NULL, elsewhere_action);
  gtk_widget_class_install_action (widget_class, "draft.stop", NULL, stop_action);
  gtk_widget_class_install_action (widget_class, "draft.insert", NULL, insert_action);
  gtk_widget_class_install_action (widget_class, "draft.discard", NULL, discard_action);

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-draft-box.ui");
  bind_children (widget_class);
}

static void
bks_draft_box_init (BksDraftBox *self)
{
  self->generation_signals = g_signal_group_new (BKS_TYPE_GENERATION);
  g_signal_group_connect_object (self->generation_signals, "notify::state", G_CALLBACK (state_changed_cb), self,
                                 G_CONNECT_SWAPPED);
  g_signal_group_connect_object (self->generation_signals, "text", G_CALLBACK (text_cb), self, G_CONNECT_SWAPPED);
  g_signal_group_connect_object (self->generation_signals, "asked", G_CALLBACK (update_draft), self, G_CONNECT_SWAPPED);
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bks_draft_box_set_router:
 * @self: a box without a router so far
 * @router: who writes
 * @choice: who knows the names of the providers
 */
void
bks_draft_box_set_router (BksDraftBox    *self,
                          BksRouter      *router,
                          BksModelChoice *choice)
{
  g_return_if_fail (BKS_IS_DRAFT_BOX (self));
  g_return_if_fail (self->router == NULL);

  self->router = g_object_ref (router);
  self->choice = g_object_ref (choice);
  g_signal_connect_object (choice, "changed", G_CALLBACK (update_draft), self, G_CONNECT_SWAPPED);
}

/**
 * bks_draft_box_set_manuscript:
 * @self: a box with a router
 * @session: the book
 * @manuscript: (nullable): the text in the editor
 *
 * Shows the draft of @manuscript; one that nobody has decided on is found again after a restart.
 */
void
bks_draft_box_set_manuscript (BksDraftBox    *self,
                              BksBookSession *session,
                              BksManuscript  *manuscript)
{
  g_return_if_fail (BKS_IS_DRAFT_BOX (self));
  g_return_if_fail (self->router != NULL);

  g_set_object (&self->session, session);
  if (!g_set_object (&self->manuscript, manuscript))
    return;
  g_signal_group_set_target (self->generation_signals, get_generation (self));
  show_draft_text (self);
  update_draft (self);
  if (manuscript != NULL && get_generation (self) == NULL)
    bks_verb_start (resume_fiber, self, NULL, manuscript);
}

/**
 * bks_draft_box_show:
 * @self: a box with a manuscript
 * @generation: a draft that has just been begun for it
 *
 * Shows it as it comes; the keys go to Stop.
 */
void
bks_draft_box_show (BksDraftBox   *self,
                    BksGeneration *generation)
{
  g_return_if_fail (BKS_IS_DRAFT_BOX (self));
  g_return_if_fail (self->manuscript != NULL);

  adopt_generation (self, self->manuscript, generation);
  gtk_widget_grab_focus (self->stop_button);
}
