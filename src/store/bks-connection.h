/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/**
 * BksConnection:
 *
 * One SQLite connection with its prepared statements. Belongs to one thread.
 */
typedef struct _BksConnection BksConnection;

typedef enum
{
  BKS_CONNECTION_READ_ONLY,
  BKS_CONNECTION_WRITE,
  BKS_CONNECTION_WRITE_NORMAL, /* what it commits outlives the process, and the machine a moment later */
  BKS_CONNECTION_DRAFTS, /* may write drafts, runs and events, nothing else */
} BksConnectionMode;

/**
 * BksSchema:
 * @application_id: what SQLite's header says the file is
 * @migrations: (array zero-terminated=1): SQL from version n to n + 1, in order
 * @what: what the file is for people, "The book"
 *
 * A family of tables. A shipped migration is never edited; new ones follow it.
 */
typedef struct
{
  guint32            application_id;
  const char *const *migrations;
  const char        *what;
} BksSchema;

/**
 * BksRowFunc:
 * @statement: a statement that stands at a row
 *
 * Returns: (transfer full): what was made of the row
 */
typedef gpointer (*BksRowFunc) (sqlite3_stmt *statement);

BksConnection *bks_connection_open        (const char         *path,
                                           const BksSchema    *schema,
                                           BksConnectionMode   mode,
                                           guint               busy_ms,
                                           GError            **error);
void           bks_connection_close       (BksConnection      *self);
gboolean       bks_connection_migrate     (BksConnection      *self,
                                           GError            **error);
gint64         bks_connection_get_version (BksConnection      *self);
gboolean       bks_connection_execute     (BksConnection      *self,
                                           const char         *sql,
                                           GError            **error);
sqlite3_stmt  *bks_connection_prepare     (BksConnection      *self,
                                           const char         *sql,
                                           GError            **error);
int            bks_connection_step        (BksConnection      *self,
                                           sqlite3_stmt       *statement,
                                           GError            **error);
gboolean       bks_connection_run         (BksConnection      *self,
                                           sqlite3_stmt       *statement,
                                           GError            **error);
gboolean       bks_connection_list        (BksConnection      *self,
                                           sqlite3_stmt       *statement,
                                           BksRowFunc          read_row,
                                           GDestroyNotify      free_row,
                                           GValue             *result,
                                           GError            **error);
int            bks_connection_get_changes (BksConnection      *self);
gint64         bks_connection_get_last_id (BksConnection      *self);
gboolean       bks_connection_begin       (BksConnection      *self,
                                           GError            **error);
gboolean       bks_connection_commit      (BksConnection      *self,
                                           GError            **error);
void           bks_connection_roll_back   (BksConnection      *self);

/* Binding and reading, with %NULL kept apart from "". */
void           bks_bind_text              (sqlite3_stmt       *statement,
                                           int                 index,
                                           const char         *text);
void           bks_bind_unknown           (sqlite3_stmt       *statement,
                                           int                 index,
                                           gint64              value,
                                           gint64              unknown);
char          *bks_column_dup             (sqlite3_stmt       *statement,
                                           int                 column);
gint64         bks_column_unknown         (sqlite3_stmt       *statement,
                                           int                 column,
                                           gint64              unknown);

G_END_DECLS
