/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libdex.h>

#include "bks-connection.h"
#include "bks-limits.h"

G_BEGIN_DECLS

#define BKS_TYPE_DATABASE (bks_database_get_type ())
G_DECLARE_FINAL_TYPE (BksDatabase, bks_database, BKS, DATABASE, GObject)

/**
 * BksDatabaseFunc:
 * @connection: a connection inside a transaction
 * @result: (out): a zeroed value to init and set; left zeroed means "true"
 * @data: what was given
 * @error: return location
 *
 * A piece of work on a database's own thread. The transaction is committed
 * when it returns %TRUE and rolled back otherwise.
 */
typedef gboolean (*BksDatabaseFunc) (BksConnection  *connection,
                                     GValue         *result,
                                     gpointer        data,
                                     GError        **error);

const char *bks_database_get_path    (BksDatabase     *self);
DexFuture *bks_database_open         (const char      *path,
                                      const BksSchema *schema,
                                      gboolean         writable,
                                      BksLimits       *limits);
DexFuture *bks_database_write        (BksDatabase     *self,
                                      BksDatabaseFunc  func,
                                      gpointer         data,
                                      GDestroyNotify   data_destroy);
DexFuture *bks_database_write_normal (BksDatabase     *self,
                                      BksDatabaseFunc  func,
                                      gpointer         data,
                                      GDestroyNotify   data_destroy);
DexFuture *bks_database_write_drafts (BksDatabase     *self,
                                      BksDatabaseFunc  func,
                                      gpointer         data,
                                      GDestroyNotify   data_destroy);
DexFuture *bks_database_read         (BksDatabase     *self,
                                      BksDatabaseFunc  func,
                                      gpointer         data,
                                      GDestroyNotify   data_destroy);
DexFuture *bks_database_close        (BksDatabase     *self);

G_END_DECLS
