/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * BksMoney:
 *
 * An amount in pico-dollars (1e-12 US dollars). The finest price in use is
 * 1e-10 dollars a token; 64 bits hold nine million dollars.
 */
typedef gint64 BksMoney;

/* An amount that nobody knows. Never zero, never added. */
#define BKS_MONEY_UNKNOWN G_MININT64
#define BKS_MONEY_PER_DOLLAR G_GINT64_CONSTANT (1000000000000)

gboolean  bks_money_parse        (const char  *text,
                                  BksMoney    *money,
                                  GError     **error);
gboolean  bks_money_from_double  (double       dollars,
                                  BksMoney    *money);
char     *bks_money_format       (BksMoney     money);
char     *bks_money_format_short (BksMoney     money);
gboolean  bks_money_multiply     (BksMoney     money,
                                  gint64       count,
                                  BksMoney    *product);
gboolean  bks_money_add          (BksMoney     a,
                                  BksMoney     b,
                                  BksMoney    *sum);

G_END_DECLS
