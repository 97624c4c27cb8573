/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>
#include <libdex.h>

G_BEGIN_DECLS

/*
 * BksVerb: what a fiber of the interface is started with. It holds its widget,
 * so a fiber never outlives what it works on; after an await the widget may
 * have left its window.
 */
typedef struct
{
  gpointer  self;
  char     *text;
  gpointer  object;
} BksVerb;

void bks_verb_start         (DexFiberFunc  func,
                             gpointer      self,
                             const char   *text,
                             gpointer      object);

typedef void (*BksWidgetFunc) (GtkWidget *widget);

void bks_ui_after_paint     (GtkWidget    *widget,
                             BksWidgetFunc func);
AdwToast *bks_ui_toast      (GtkWidget    *widget,
                             const char   *title);
AdwToast *bks_ui_toast_undo (GtkWidget    *widget,
                             const char   *title,
                             DexFiberFunc  undo,
                             gpointer      self,
                             const char   *text);
void bks_ui_present_error   (GtkWidget    *widget,
                             const char   *heading,
                             const GError *error);
void bks_ui_push_subpage    (GtkWidget         *widget,
                             AdwNavigationPage *page);
void bks_ui_popup_menu      (GtkWidget    *widget,
                             GMenuModel   *model,
                             double        x,
                             double        y);

G_END_DECLS
