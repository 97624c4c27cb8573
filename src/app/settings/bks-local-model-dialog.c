/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-local-model-dialog.h"
#include "bks-ui.h"

/* Small enough for most computers, and free to use. */
#define PULL_COMMAND "ollama pull gemma3"

struct _BksLocalModelDialog
{
  AdwDialog parent_instance;

  BksRouter      *router;
  DexCancellable *cancellable; /* of the search that runs */

  GtkStack      *stack;
  AdwStatusPage *found_page;
  AdwStatusPage *none_page;
};

enum
{
  FOUND,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksLocalModelDialog, bks_local_model_dialog, ADW_TYPE_DIALOG)

static char *
describe (const char *name,
          GPtrArray  *models)
{
  return g_strdup_printf (ngettext ("%s runs on this computer and has %d model: %s",
                                    "%s runs on this computer and has %d models, %s among them",
                                    models->len),
                          name, (int) models->len, bks_model_get_id (g_ptr_array_index (models, 0)));
}

static void
show (BksLocalModelDialog *self,
      const char          *page,
      AdwStatusPage       *status,
      const char          *text)
{
  g_autofree char *markup = g_markup_escape_text (text, -1);

  adw_status_page_set_description (status, markup);
  gtk_stack_set_visible_child_name (self->stack, page);
  gtk_accessible_announce (GTK_ACCESSIBLE (self), text, GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
}

/* All servers of this computer are asked side by side; the first that has a model is it. */
static DexFuture *
search_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksLocalModelDialog *self = verb->self;
  g_autoptr(GPtrArray) providers = dex_await_boxed (bks_router_list_providers (self->router), NULL);
  g_autoptr(GPtrArray) local = g_ptr_array_new ();
  g_autoptr(GPtrArray) futures = g_ptr_array_new_with_free_func (dex_unref);
  g_autofree char *found = NULL;
  g_autofree char *empty = NULL;

  for (guint i = 0; providers != NULL && i < providers->len; i++)
    {
      BksProviderInfo *info = g_ptr_array_index (providers, i);

      if (!info->local)
        continue;
      g_ptr_array_add (local, info);
      g_ptr_array_add (futures, bks_router_list_models (self->router, info->id, self->cancellable));
    }
  for (guint i = 0; i < futures->len; i++)
    {
      g_autoptr(GPtrArray) models = dex_await_boxed (dex_ref (g_ptr_array_index (futures, i)), NULL);
      const BksProviderInfo *info = g_ptr_array_index (local, i);

      if (models != NULL && models->len > 0 && found == NULL)
        found = describe (info->name, models);
      else if (models != NULL && models->len == 0 && empty == NULL)
        empty = g_strdup_printf (_("%s runs, but it has no model yet. In a terminal, “%s” fetches one."), info->name,
                                 PULL_COMMAND);
    }
  dex_clear (&self->cancellable);
  if (self->stack == NULL)
    return NULL;
  if (found != NULL)
    show (self, "found", self->found_page, found);
  else if (empty != NULL)
    show (self, "none", self->none_page, empty);
  else
    {
      g_autofree char *text = g_strdup_printf (_("Ollama does not answer here. Install and start it; "
                                                 "then, in a terminal, “%s” fetches a model."), PULL_COMMAND);

      show (self, "none", self->none_page, text);
    }
  return NULL;
}

static void
search (BksLocalModelDialog *self)
{
  if (self->cancellable != NULL)
    return;
  self->cancellable = dex_cancellable_new ();
  gtk_stack_set_visible_child_name (self->stack, "searching");
  bks_verb_start (search_fiber, self, NULL, NULL);
}

static void
use_cb (BksLocalModelDialog *self)
{
  g_signal_emit (self, signals[FOUND], 0);
  adw_dialog_close (ADW_DIALOG (self));
}

static void
launched_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  g_autoptr(BksLocalModelDialog) self = data;
  g_autoptr(GError) error = NULL;

  if (!gtk_uri_launcher_launch_finish (GTK_URI_LAUNCHER (source), result, &error) &&
      !g_error_matches (error, GTK_DIALOG_ERROR, GTK_DIALOG_ERROR_DISMISSED) && self->stack != NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("The Page Cannot Be Opened"), error);
}

static void
get_cb (BksLocalModelDialog *self)
{
  g_autoptr(GtkUriLauncher) launcher = gtk_uri_launcher_new ("https://ollama.com/download");

  gtk_uri_launcher_launch (launcher, GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), NULL, launched_cb,
                           g_object_ref (self));
}

static void
bks_local_model_dialog_dispose (GObject *object)
{
  BksLocalModelDialog *self = BKS_LOCAL_MODEL_DIALOG (object);

  if (self->cancellable != NULL)
    dex_cancellable_cancel (self->cancellable);
  gtk_widget_dispose_template (GTK_WIDGET (object), BKS_TYPE_LOCAL_MODEL_DIALOG);

  G_OBJECT_CLASS (bks_local_model_dialog_parent_class)->dispose (object);
}

static void
bks_local_model_dialog_finalize (GObject *object)
{
  BksLocalModelDialog *self = BKS_LOCAL_MODEL_DIALOG (object);

  dex_clear (&self->cancellable);
  g_clear_object (&self->router);

  G_OBJECT_CLASS (bks_local_model_dialog_parent_class)->finalize (object);
}

static void
bks_local_model_dialog_class_init (BksLocalModelDialogClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bks_local_model_dialog_dispose;
  object_class->finalize = bks_local_model_dialog_finalize;

  signals[FOUND] = g_signal_new ("found", BKS_TYPE_LOCAL_MODEL_DIALOG, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/com/humanizer/BookStudio/bks-local-model-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, BksLocalModelDialog, stack);
  gtk_widget_class_bind_template_child (widget_class, BksLocalModelDialog, found_page);
  gtk_widget_class_bind_template_child (widget_class, BksLocalModelDialog, none_page);
  gtk_widget_class_bind_template_callback (widget_class, search);
  gtk_widget_class_bind_template_callback (widget_class, use_cb);
  gtk_widget_class_bind_template_callback (widget_class, get_cb);
}

static void
bks_local_model_dialog_init (BksLocalModelDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bks_local_model_dialog_new:
 * @router: who asks
 *
 * Returns: (transfer floating): the dialog, which looks already
 */
BksLocalModelDialog *
bks_local_model_dialog_new (BksRouter *router)
{
  BksLocalModelDialog *self = g_object_new (BKS_TYPE_LOCAL_MODEL_DIALOG, NULL);

  self->router = g_object_ref (router);
  search (self);
  return self;
}
