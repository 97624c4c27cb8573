/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>
#include <libdex.h>

G_BEGIN_DECLS

/* No wait of a test is longer. */
#define BKS_TEST_DEADLINE_MS 20000

char         *bks_test_dir_new       (void);
void          bks_test_dir_remove    (char         *dir);
char         *bks_test_set_decimal_comma (void);
const GValue *bks_test_await         (DexFuture    *future,
                                      GError      **error);
gpointer      bks_test_await_object  (DexFuture    *future);
gpointer      bks_test_await_boxed   (DexFuture    *future);
char         *bks_test_await_string  (DexFuture    *future);
gint64        bks_test_await_int64   (DexFuture    *future);
void          bks_test_await_ok      (DexFuture    *future);
void          bks_test_await_error   (DexFuture    *future,
                                      int           code);
void          bks_test_spin          (guint         ms);

typedef gboolean (*BksTestCondition) (gpointer data);

void          bks_test_wait_for      (BksTestCondition condition,
                                      gpointer         data);

G_END_DECLS
