/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "bks-text-title.h"
#include "bks-wording.h"

#define MINUTE_MS 60000
#define HOUR_MS (60 * MINUTE_MS)

struct _BksTextTitle
{
  GtkWidget parent_instance;

  BksNodeSession *session;
  GSignalGroup   *session_signals;
  GSignalGroup   *node_signals;
  char           *title;
  guint           tick_source; /* while it says how long ago */

  GtkWidget *label;
};

enum
{
  PROP_TITLE = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (BksTextTitle, bks_text_title, GTK_TYPE_WIDGET)

static void update (BksTextTitle *self);

static void
tick_cb (gpointer data)
{
  BksTextTitle *self = data;

  self->tick_source = 0;
  update (self);
}

static char *
make_saved_text (BksTextTitle *self)
{
  gint64 now = g_get_real_time () / 1000;
  gint64 saved_at = bks_node_session_get_saved_at (self->session);
  gint64 age = now - saved_at;

  switch (bks_node_session_get_state (self->session))
    {
    case BKS_SAVE_SAVING:
      return g_strdup (_("Saving…"));
    case BKS_SAVE_DIRTY:
      return g_strdup (_("Writing…"));
    case BKS_SAVE_FAILED:
      return g_strdup (_("Not saved"));
    case BKS_SAVE_CLEAN:
    default:
      if (saved_at > 0 && age < HOUR_MS)
        self->tick_source = g_timeout_add_seconds_once (age < MINUTE_MS ? 1 : 30, tick_cb, self);
      return bks_wording_saved (saved_at, now);
    }
}

static void
set_title (BksTextTitle *self,
           const char   *title,
           const char   *subtitle)
{
  adw_window_title_set_title (ADW_WINDOW_TITLE (self->label), title);
  adw_window_title_set_subtitle (ADW_WINDOW_TITLE (self->label), subtitle);
  if (g_set_str (&self->title, self->session == NULL ? _("Text") : *title != '\0' ? title : _("Untitled")))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TITLE]);
}

static void
update (BksTextTitle *self)
{
  BksNode *node;
  g_autofree char *saved = NULL;
  g_autofree char *words = NULL;
  g_autofree char *subtitle = NULL;

  g_clear_handle_id (&self->tick_source, g_source_remove);
  if (self->session == NULL)
    {
      set_title (self, "", "");
      return;
    }
  node = bks_node_session_get_node (self->session);
  saved = make_saved_text (self);
  words = bks_wording_words (bks_node_get_words (node));
  subtitle = g_strdup_printf ("%s · %s", saved, words);
  set_title (self, bks_node_get_title (node), subtitle);
}

static void
bks_text_title_get_property (GObject    *object,
                             guint       id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  if (id == PROP_TITLE)
    g_value_set_string (value, BKS_TEXT_TITLE (object)->title);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
bks_text_title_dispose (GObject *object)
{
  BksTextTitle *self = BKS_TEXT_TITLE (object);

  g_clear_handle_id (&self->tick_source, g_source_remove);
  g_clear_object (&self->session_signals);
  g_clear_object (&self->node_signals);
  g_clear_object (&self->session);
  g_clear_pointer (&self->label, gtk_widget_unparent);

  G_OBJECT_CLASS (bks_text_title_parent_class)->dispose (object);
}

static void
bks_text_title_finalize (GObject *object)
{
  g_free (BKS_TEXT_TITLE (object)->title);

  G_OBJECT_CLASS (bks_text_title_parent_class)->finalize (object);
}

static void
bks_text_title_class_init (BksTextTitleClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = bks_text_title_get_property;
  object_class->dispose = bks_text_title_dispose;
  object_class->finalize = bks_text_title_finalize;

  /**
   * BksTextTitle:title:
   *
   * What the text is called, for places that need a name.
   */
  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL,
                                                G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
bks_text_title_init (BksTextTitle *self)
{
  self->title = g_strdup (_("Text"));
  self->label = adw_window_title_new ("", "");
  gtk_widget_set_parent (self->label, GTK_WIDGET (self));
  self->session_signals = g_signal_group_new (BKS_TYPE_NODE_SESSION);
  g_signal_group_connect_object (self->session_signals, "notify", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  self->node_signals = g_signal_group_new (BKS_TYPE_NODE);
  g_signal_group_connect_object (self->node_signals, "notify", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
}

/**
 * bks_text_title_set_session:
 * @self: a title
 * @session: (nullable): the text that is open
 */
void
bks_text_title_set_session (BksTextTitle   *self,
                            BksNodeSession *session)
{
  g_return_if_fail (BKS_IS_TEXT_TITLE (self));

  g_set_object (&self->session, session);
  g_signal_group_set_target (self->session_signals, session);
  g_signal_group_set_target (self->node_signals, session != NULL ? bks_node_session_get_node (session) : NULL);
  update (self);
}
