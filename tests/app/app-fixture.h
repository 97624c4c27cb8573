/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-page-style.h"
#include "bks-provider-list.h"
#include "bks-studio.h"

G_BEGIN_DECLS

/* A studio in a folder of its own, and a window to put widgets in. */
typedef struct
{
  char            *dir;
  BksStudio       *studio;
  GSettings       *settings;
  BksPageStyle    *page_style;
  GtkWindow       *window;
  BksProviderList *providers; /* NULL until app_fixture_get_providers() */
} AppFixture;

typedef gboolean (*AppCondition) (gpointer data);

void            app_fixture_set_up     (AppFixture      *fixture,
                                        gconstpointer    data);
void            app_fixture_tear_down  (AppFixture      *fixture,
                                        gconstpointer    data);
void            app_fixture_show       (AppFixture      *fixture,
                                        GtkWidget       *widget);
BksBookSession *app_fixture_new_book   (AppFixture      *fixture,
                                        const char      *text);
BksProviderList *app_fixture_get_providers (AppFixture   *fixture);
BksProviderEntry *app_fixture_get_entry (AppFixture      *fixture,
                                        const char       *id);
BksBook        *app_await_book         (DexFuture       *future);
gpointer        app_await_object       (DexFuture       *future);
void            app_await              (DexFuture       *future);
void            app_wait_for           (AppCondition     condition,
                                        gpointer         data,
                                        const char      *what);
void            app_let_pass           (guint            ms);
GtkWidget      *app_find_widget        (GtkWidget       *root,
                                        GType            type,
                                        const char      *text);
gboolean        app_is_shown           (GtkWidget       *root,
                                        const char      *text);
void            app_wait_shown         (GtkWidget       *root,
                                        const char      *text);
void            app_click              (GtkWidget       *root,
                                        const char      *label);
guchar         *app_paint              (GtkWidget       *window,
                                        int             *width,
                                        int             *height);

/* Red, green, blue and alpha. */
#define APP_BYTES_PER_PIXEL 4

#define app_assert_shown(root, text) g_assert_true (app_is_shown ((root), (text)))

G_END_DECLS
