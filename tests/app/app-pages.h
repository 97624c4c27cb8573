/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app-fixture.h"

G_BEGIN_DECLS

/*
 * Every page and dialog that the application draws. Tests that must hold for each of them go through this list, so a
 * new page is a new entry here.
 */
typedef struct
{
  const char *name;
  /* Shows it in the fixture's window, and returns what is to be looked at. */
  GtkWidget *(*show) (AppFixture *fixture);
} AppPage;

extern const AppPage app_pages[];
extern const guint   app_n_pages;

void app_pages_add_tests (const char *path,
                          void      (*test) (AppFixture    *fixture,
                                             gconstpointer  page));

/* What @func is called with: a widget that is in sight. */
typedef void (*AppWidgetFunc) (GtkWidget *widget,
                               gpointer   data);

void      app_walk_mapped   (GtkWidget       *root,
                             AppWidgetFunc    func,
                             gpointer         data);
char     *app_describe      (GtkWidget       *widget);
gboolean  app_is_within     (GtkWidget       *widget,
                             const char      *type_name);

G_END_DECLS
