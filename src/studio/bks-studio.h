/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <libdex.h>

#include "bks-book-session.h"
#include "bks-book.h"
#include "bks-generation.h"
#include "bks-limits.h"
#include "bks-pairing.h"
#include "bks-router.h"
#include "bks-secret-store.h"

G_BEGIN_DECLS

/*
 * BksStudio: the product's verbs with no window. One a process and data
 * folder. All calls on the main thread; every future resolves there.
 */
#define BKS_TYPE_STUDIO (bks_studio_get_type ())
G_DECLARE_FINAL_TYPE (BksStudio, bks_studio, BKS, STUDIO, GObject)

typedef enum
{
  BKS_EXPORT_EPUB,
  BKS_EXPORT_MARKDOWN,
  BKS_EXPORT_TEXT,
} BksExportFormat;

BksStudio  *bks_studio_new                (const char      *data_dir,   /* NULL: the user's data folder */
                                           BksSecretStore  *secrets,
                                           BksLimits       *limits);
const char *bks_studio_get_data_dir       (BksStudio       *self);
BksLimits  *bks_studio_get_limits         (BksStudio       *self);
BksRouter  *bks_studio_get_router         (BksStudio       *self);
BksPairing *bks_studio_get_pairing        (BksStudio       *self);
BksSecretStore *bks_studio_get_secrets    (BksStudio       *self);

/* → TRUE: opens library.db; to be awaited before anything else */
DexFuture  *bks_studio_open               (BksStudio       *self);
/* → TRUE: saves and closes everything that is open; never cancelled */
DexFuture  *bks_studio_close              (BksStudio       *self);

/* Live list of BksBook, the last opened first; filled by refresh and by own changes. */
GListModel *bks_studio_get_books          (BksStudio       *self);
/* → TRUE: reads the library again, as another process may have changed it */
DexFuture  *bks_studio_refresh_books      (BksStudio       *self);
/* → BksBook; BKS_ERROR_NOT_FOUND, BKS_ERROR_AMBIGUOUS; an id or a unique prefix of one */
DexFuture  *bks_studio_find_book          (BksStudio       *self,
                                           const char      *id_prefix);
/* → BksBook, with one empty chapter */
DexFuture  *bks_studio_create_book        (BksStudio       *self,
                                           const char      *title,
                                           const char      *author);
/* → BksBook. Plain text or Markdown. A cancelled or failed import leaves nothing behind. */
DexFuture  *bks_studio_import_book        (BksStudio       *self,
                                           GFile           *file,
                                           DexCancellable  *cancellable);
/* → BksBook: the sample book that ships with the program */
DexFuture  *bks_studio_import_sample      (BksStudio       *self,
                                           DexCancellable  *cancellable);
/* → TRUE: into the library's trash, its file untouched */
DexFuture  *bks_studio_trash_book         (BksStudio       *self,
                                           const char      *book_id);
/* → TRUE */
DexFuture  *bks_studio_restore_book       (BksStudio       *self,
                                           const char      *book_id);
/* → BksBookSession; the one already open in this process, if there is one. With
 * @writable, BKS_ERROR_BUSY names the process that holds the book. */
DexFuture  *bks_studio_open_book          (BksStudio       *self,
                                           const char      *book_id,
                                           gboolean         writable);
/* → TRUE; the file appears whole or not at all, an old one is replaced */
DexFuture  *bks_studio_export_book        (BksStudio       *self,
                                           const char      *book_id,
                                           BksExportFormat  format,
                                           GFile           *destination,
                                           DexCancellable  *cancellable);
gboolean    bks_export_format_from_string (const char      *text,
                                           BksExportFormat *format);
const char *bks_export_format_get_suffix  (BksExportFormat  format);

/* One sentence on what to do about an error, an untranslated msgid for the
 * faces' gettext; NULL where the message says it all. */
const char *bks_studio_get_advice         (const GError    *error);

G_END_DECLS
