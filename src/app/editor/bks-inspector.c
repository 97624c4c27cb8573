/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <adwaita.h>

#include "bks-ai-page.h"
#include "bks-history-page.h"
#include "bks-inspector.h"
#include "bks-scene-page.h"

/* Over the switcher, in a sheet: room for the handle. */
#define SWITCHER_MARGIN 3
#define SWITCHER_MARGIN_IN_SHEET 24

struct _BksInspector
{
  GtkWidget parent_instance;

  BksBookSession *session;
  BksRouter      *router;
  BksManuscript  *manuscript;
  GSettings      *settings;
  gboolean        in_sheet;

  GtkWidget      *view;
  GtkWidget      *header;
  GtkWidget      *switcher_box;
  AdwViewStack   *stack;
  AdwBin         *scene_bin;
  BksScenePage   *scene_page;   /* all three: NULL until filled */
  AdwBin         *ai_bin;
  BksAiPage      *ai_page;
  AdwBin         *history_bin;
  BksHistoryPage *history_page;
};

enum
{
  PROP_IN_SHEET = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

enum
{
  INSERTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksInspector, bks_inspector, GTK_TYPE_WIDGET)

static void
page_changed_cb (BksInspector *self)
{
  const char *name = self->settings != NULL ? adw_view_stack_get_visible_child_name (self->stack) : NULL;

  if (name != NULL)
    g_settings_set_string (self->settings, "inspector-page", name);
}

static void
inserted_cb (BksInspector *self)
{
  g_signal_emit (self, signals[INSERTED], 0);
}

static void
set_in_sheet (BksInspector *self,
              gboolean      in_sheet)
{
  if (self->in_sheet == in_sheet)
    return;
  self->in_sheet = in_sheet;
  gtk_widget_set_visible (self->header, !in_sheet);
  gtk_widget_set_margin_top (self->switcher_box, in_sheet ? SWITCHER_MARGIN_IN_SHEET : SWITCHER_MARGIN);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IN_SHEET]);
}

/* A page of a name that is not there (any more) leaves the first. */
static void
restore_page (BksInspector *self)
{
  g_autofree char *name = g_settings_get_string (self->settings, "inspector-page");

  if (adw_view_stack_get_child_by_name (self->stack, name) != NULL)
    adw_view_stack_set_visible_child_name (self->stack, name);
}

static void
bks_inspector_get_property (GObject    *object,
                            guint       id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  if (id == PROP_IN_SHEET)
    g_value_set_boolean (value, BKS_INSPECTOR (object)->in_sheet);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
bks_inspector_set_property (GObject      *object,
                            guint         id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  if (id == PROP_IN_SHEET)
    set_in_sheet (BKS_INSPECTOR (object), g_value_get_boolean (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
bks_inspector_dispose (GObject *object)
{
  BksInspector *self = BKS_INSPECTOR (object);

  /* A stack that goes shows one page after the other: nobody looked at those. */
  g_clear_object (&self->settings);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_INSPECTOR);
  self->scene_page = NULL; /* they went with their bins */
  self->ai_page = NULL;
  self->history_page = NULL;
  g_clear_object (&self->manuscript);
  g_clear_object (&self->session);
  g_clear_object (&self->router);

  G_OBJECT_CLASS (bks_inspector_parent_class)->dispose (object);
}

static void
bks_inspector_class_init (BksInspectorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = bks_inspector_get_property;
  object_class->set_property = bks_inspector_set_property;
  object_class->dispose = bks_inspector_dispose;

  /**
   * BksInspector:in-sheet:
   *
   * Whether it stands in a bottom sheet, which has a handle and no header bar.
   */
  properties[PROP_IN_SHEET] =
    g_param_spec_boolean ("in-sheet", NULL, NULL, FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * BksInspector::inserted:
   * @self: the inspector
   *
   * A draft went into the text.
   */
  signals[INSERTED] = g_signal_new ("inserted", BKS_TYPE_INSPECTOR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-inspector.ui");
  gtk_widget_class_bind_template_child (widget_class, BksInspector, view);
  gtk_widget_class_bind_template_child (widget_class, BksInspector, header);
  gtk_widget_class_bind_template_child (widget_class, BksInspector, switcher_box);
  gtk_widget_class_bind_template_child (widget_class, BksInspector, stack);
  gtk_widget_class_bind_template_child (widget_class, BksInspector, scene_bin);
  gtk_widget_class_bind_template_child (widget_class, BksInspector, ai_bin);
  gtk_widget_class_bind_template_child (widget_class, BksInspector, history_bin);
  gtk_widget_class_bind_template_callback (widget_class, page_changed_cb);
}

static void
bks_inspector_init (BksInspector *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bks_inspector_set_book:
 * @self: an inspector without a book so far
 * @session: the book
 * @router: who knows the providers
 * @settings: where the page last looked at stands
 *
 * Goes to the page that was last looked at.
 */
void
bks_inspector_set_book (BksInspector   *self,
                        BksBookSession *session,
                        BksRouter      *router,
                        GSettings      *settings)
{
  g_return_if_fail (BKS_IS_INSPECTOR (self));
  g_return_if_fail (self->session == NULL);

  self->session = g_object_ref (session);
  self->router = g_object_ref (router);
  self->settings = g_object_ref (settings);
  restore_page (self);
}

/**
 * bks_inspector_set_manuscript:
 * @self: an inspector with a book
 * @manuscript: (nullable): the text in the editor
 */
void
bks_inspector_set_manuscript (BksInspector  *self,
                              BksManuscript *manuscript)
{
  g_return_if_fail (BKS_IS_INSPECTOR (self));
  g_return_if_fail (self->session != NULL);

  g_set_object (&self->manuscript, manuscript);
  if (self->scene_page == NULL)
    return;
  bks_scene_page_set_manuscript (self->scene_page, self->session, manuscript);
  bks_ai_page_set_manuscript (self->ai_page, self->session, manuscript);
  bks_history_page_set_manuscript (self->history_page, self->session, manuscript);
}

/**
 * bks_inspector_fill:
 * @self: an inspector with a book
 *
 * Makes the pages, once. Until then they are empty.
 */
void
bks_inspector_fill (BksInspector *self)
{
  g_return_if_fail (BKS_IS_INSPECTOR (self));

  if (self->scene_page != NULL || self->session == NULL)
    return;
  self->scene_page = g_object_new (BKS_TYPE_SCENE_PAGE, NULL);
  self->ai_page = g_object_new (BKS_TYPE_AI_PAGE, NULL);
  self->history_page = g_object_new (BKS_TYPE_HISTORY_PAGE, NULL);
  g_signal_connect_object (self->ai_page, "inserted", G_CALLBACK (inserted_cb), self, G_CONNECT_SWAPPED);
  bks_ai_page_set_router (self->ai_page, self->router);
  bks_inspector_set_manuscript (self, self->manuscript);
  adw_bin_set_child (self->scene_bin, GTK_WIDGET (self->scene_page));
  adw_bin_set_child (self->ai_bin, GTK_WIDGET (self->ai_page));
  adw_bin_set_child (self->history_bin, GTK_WIDGET (self->history_page));
}

/**
 * bks_inspector_caret_moved:
 * @self: the inspector
 *
 * The text before the caret is another one now.
 */
void
bks_inspector_caret_moved (BksInspector *self)
{
  g_return_if_fail (BKS_IS_INSPECTOR (self));

  if (self->ai_page != NULL)
    bks_ai_page_caret_moved (self->ai_page);
}
