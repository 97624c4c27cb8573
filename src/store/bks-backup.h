/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "bks-limits.h"

G_BEGIN_DECLS

#define BKS_TYPE_BACKUP (bks_backup_get_type ())

/**
 * BksBackup:
 * @path: the file
 * @book_id: whose copy it is
 * @title: what the book was called
 * @at: when it was made, epoch milliseconds
 * @nodes: how many parts, chapters and scenes it has, those in the trash included
 * @words: how many words they have
 * @events: the number of its last event
 * @bytes: how large the file is
 * @shrunk: whether the book had lost more than a fifth since the copy before it;
 *   such a copy takes no other one's place
 *
 * A verified copy of a book.
 */
typedef struct
{
  char     *path;
  char     *book_id;
  char     *title;
  gint64    at;
  gint64    nodes;
  gint64    words;
  gint64    events;
  gint64    bytes;
  gboolean  shrunk;
} BksBackup;

GType      bks_backup_get_type         (void);
BksBackup *bks_backup_ref              (BksBackup   *self);
void       bks_backup_unref            (BksBackup   *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksBackup, bks_backup_unref)

char      *bks_backup_get_folder       (const char  *book_dir);
gboolean   bks_backup_copy             (const char  *source,
                                        const char  *destination,
                                        BksLimits   *limits,
                                        GError     **error);
BksBackup *bks_backup_make             (const char  *book_dir,
                                        gboolean     accept_smaller,
                                        gint64       now_ms,
                                        BksLimits   *limits,
                                        GError     **error);
gboolean   bks_backup_before_migration (const char  *book_dir,
                                        BksLimits   *limits,
                                        GError     **error);
BksBackup *bks_backup_read             (const char  *path,
                                        GError     **error);
GPtrArray *bks_backup_list             (const char  *folder);

G_END_DECLS
