/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "bks-async.h"
#include "bks-ui.h"
#include "bks-wording.h"

/* The text may be a key. */
static void
wipe (char *text)
{
  if (text != NULL)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

static BksVerb *
bks_verb_new (gpointer    self,
              const char *text,
              gpointer    object)
{
  BksVerb *verb = g_new0 (BksVerb, 1);

  verb->self = g_object_ref (self);
  verb->text = g_strdup (text);
  verb->object = object != NULL ? g_object_ref (object) : NULL;
  return verb;
}

static void
bks_verb_free (BksVerb *verb)
{
  g_clear_object (&verb->self);
  g_clear_object (&verb->object);
  wipe (verb->text);
  g_free (verb);
}

/**
 * bks_verb_start:
 * @func: the steps; its data is a #BksVerb
 * @self: the object it works for, held until the last step
 * @text: (nullable): an argument, copied, and wiped after the last step
 * @object: (nullable): an argument, held
 *
 * Starts what a click or a key asked for. It comes to its end by itself.
 */
void
bks_verb_start (DexFiberFunc  func,
                gpointer      self,
                const char   *text,
                gpointer      object)
{
  dex_future_disown (bks_spawn_finally (func, bks_verb_new (self, text, object),
                                        (GDestroyNotify) bks_verb_free));
}

typedef struct
{
  GWeakRef      widget;
  BksWidgetFunc func;
} Later;

static gboolean
later_cb (gpointer data)
{
  Later *later = data;
  g_autoptr(GtkWidget) widget = g_weak_ref_get (&later->widget);

  if (widget != NULL)
    later->func (widget);
  g_weak_ref_clear (&later->widget);
  g_free (later);
  return G_SOURCE_REMOVE;
}

static gboolean
painting_cb (GtkWidget     *widget,
             GdkFrameClock *clock,
             gpointer       data)
{
  Later *later = g_new0 (Later, 1);

  /* The frame is laid out and painted before anything of a low priority has its turn. */
  g_weak_ref_init (&later->widget, widget);
  later->func = (BksWidgetFunc) data;
  g_idle_add_full (G_PRIORITY_LOW, later_cb, later, NULL);
  return G_SOURCE_REMOVE;
}

/**
 * bks_ui_after_paint:
 * @widget: what is about to be seen
 * @func: what can wait; not called if @widget is gone by then
 *
 * Leaves to later what would keep a person waiting for the first sight of @widget.
 */
void
bks_ui_after_paint (GtkWidget     *widget,
                    BksWidgetFunc  func)
{
  gtk_widget_add_tick_callback (widget, painting_cb, (gpointer) func, NULL);
}

/* Returns: (transfer none) (nullable): @toast, if there is a place to show it */
static AdwToast *
add_toast (GtkWidget *widget,
           AdwToast  *toast)
{
  GtkWidget *dialog = gtk_widget_get_ancestor (widget, ADW_TYPE_PREFERENCES_DIALOG);
  GtkWidget *overlay = gtk_widget_get_ancestor (widget, ADW_TYPE_TOAST_OVERLAY);

  adw_toast_set_use_markup (toast, FALSE);
  if (dialog != NULL)
    adw_preferences_dialog_add_toast (ADW_PREFERENCES_DIALOG (dialog), toast);
  else if (overlay != NULL)
    adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (overlay), toast);
  else
    {
      g_object_unref (g_object_ref_sink (toast));
      return NULL;
    }
  return toast;
}

/**
 * bks_ui_toast:
 * @widget: where it happened
 * @title: what happened
 *
 * Says something in passing, in the dialog or window of @widget.
 *
 * Returns: (transfer none) (nullable): the toast, to be dismissed when it is not true any more
 */
AdwToast *
bks_ui_toast (GtkWidget  *widget,
              const char *title)
{
  return add_toast (widget, adw_toast_new (title));
}

typedef struct
{
  DexFiberFunc  func;
  GWeakRef      self;
  char         *text;
} Undo;

static void
undo_free (gpointer  data,
           GClosure *closure)
{
  Undo *undo = data;

  g_weak_ref_clear (&undo->self);
  wipe (undo->text);
  g_free (undo);
}

static void
undo_clicked_cb (AdwToast *toast,
                 gpointer  data)
{
  Undo *undo = data;
  g_autoptr(GObject) self = g_weak_ref_get (&undo->self);

  if (self != NULL)
    bks_verb_start (undo->func, self, undo->text, NULL);
}

/**
 * bks_ui_toast_undo:
 * @widget: where it happened
 * @title: what happened
 * @undo: the steps that take it back; see bks_verb_start()
 * @self: the object @undo works for; nothing happens if it is gone by then
 * @text: (nullable): an argument of @undo, wiped when the toast goes
 *
 * Says something in passing, with a button to take it back.
 *
 * Returns: (transfer none) (nullable): the toast, to be dismissed when it cannot be taken back any more
 */
AdwToast *
bks_ui_toast_undo (GtkWidget    *widget,
                   const char   *title,
                   DexFiberFunc  undo,
                   gpointer      self,
                   const char   *text)
{
  AdwToast *toast = adw_toast_new (title);
  Undo *data = g_new0 (Undo, 1);

  data->func = undo;
  data->text = g_strdup (text);
  g_weak_ref_init (&data->self, self);
  adw_toast_set_button_label (toast, _("_Undo"));
  adw_toast_set_priority (toast, ADW_TOAST_PRIORITY_HIGH);
  g_signal_connect_data (toast, "button-clicked", G_CALLBACK (undo_clicked_cb), data, undo_free, 0);
  return add_toast (widget, toast);
}

/**
 * bks_ui_present_error:
 * @widget: where it happened
 * @heading: what could not be done
 * @error: why
 *
 * Says in a dialog what failed, why, and what to do about it.
 */
void
bks_ui_present_error (GtkWidget    *widget,
                      const char   *heading,
                      const GError *error)
{
  g_autofree char *body = bks_wording_error (error);
  AdwDialog *dialog = adw_alert_dialog_new (heading, body);

  adw_alert_dialog_add_response (ADW_ALERT_DIALOG (dialog), "close", _("_Close"));
  adw_alert_dialog_set_close_response (ADW_ALERT_DIALOG (dialog), "close");
  adw_dialog_present (dialog, widget);
}

/**
 * bks_ui_push_subpage:
 * @widget: a widget of the preferences
 * @page: (transfer floating): a page to go to from there
 */
void
bks_ui_push_subpage (GtkWidget         *widget,
                     AdwNavigationPage *page)
{
  GtkWidget *dialog = gtk_widget_get_ancestor (widget, ADW_TYPE_PREFERENCES_DIALOG);

  if (dialog != NULL)
    adw_preferences_dialog_push_subpage (ADW_PREFERENCES_DIALOG (dialog), page);
  else
    g_object_unref (g_object_ref_sink (page));
}

static void
menu_closed_cb (GtkPopover *popover)
{
  /* The chosen item still needs its parent to find the action. */
  g_idle_add_once ((GSourceOnceFunc) gtk_widget_unparent, popover);
}

/**
 * bks_ui_popup_menu:
 * @widget: what the menu is about; it lays out its children by a layout manager
 * @model: the menu
 * @x: where, in @widget
 * @y: where, in @widget
 *
 * Opens a context menu.
 */
void
bks_ui_popup_menu (GtkWidget  *widget,
                   GMenuModel *model,
                   double      x,
                   double      y)
{
  GtkWidget *popover = gtk_popover_menu_new_from_model (model);

  gtk_widget_set_parent (popover, widget);
  gtk_popover_set_has_arrow (GTK_POPOVER (popover), FALSE);
  gtk_popover_set_pointing_to (GTK_POPOVER (popover), &(GdkRectangle) { (int) x, (int) y, 1, 1 });
  gtk_widget_set_halign (popover, GTK_ALIGN_START);
  g_signal_connect (popover, "closed", G_CALLBACK (menu_closed_cb), NULL);
  gtk_popover_popup (GTK_POPOVER (popover));
}
