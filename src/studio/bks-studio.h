/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <libdex.h>

#include "bks-book-session.h"
#include "bks-generation.h"
#include "bks-pairing.h"
#include "bks-router.h"

G_BEGIN_DECLS

typedef enum
{
  BKS_EXPORT_EPUB,
  BKS_EXPORT_MARKDOWN,
  BKS_EXPORT_TEXT,
} BksExportFormat;

#define BKS_TYPE_STUDIO (bks_studio_get_type ())
G_DECLARE_FINAL_TYPE (BksStudio, bks_studio, BKS, STUDIO, GObject)

BksStudio      *bks_studio_new                (const char      *data_dir,
                                               BksSecretStore  *secrets,
                                               BksLimits       *limits);
const char     *bks_studio_get_data_dir       (BksStudio       *self);
BksLimits      *bks_studio_get_limits         (BksStudio       *self);
BksSecretStore *bks_studio_get_secrets        (BksStudio       *self);
BksRouter      *bks_studio_get_router         (BksStudio       *self);
BksPairing     *bks_studio_get_pairing        (BksStudio       *self);
DexFuture      *bks_studio_open               (BksStudio       *self);
DexFuture      *bks_studio_save               (BksStudio       *self);
DexFuture      *bks_studio_close              (BksStudio       *self);
GListModel     *bks_studio_get_books          (BksStudio       *self);
DexFuture      *bks_studio_refresh_books      (BksStudio       *self);
DexFuture      *bks_studio_find_book          (BksStudio       *self,
                                               const char      *id_prefix);
DexFuture      *bks_studio_create_book        (BksStudio       *self,
                                               const char      *title,
                                               const char      *author);
DexFuture      *bks_studio_import_book        (BksStudio       *self,
                                               GFile           *file,
                                               DexCancellable  *cancellable);
DexFuture      *bks_studio_import_sample      (BksStudio       *self,
                                               DexCancellable  *cancellable);
DexFuture      *bks_studio_trash_book         (BksStudio       *self,
                                               const char      *book_id);
DexFuture      *bks_studio_restore_book       (BksStudio       *self,
                                               const char      *book_id);
DexFuture      *bks_studio_open_book          (BksStudio       *self,
                                               const char      *book_id,
                                               gboolean         writable);
DexFuture      *bks_studio_open_book_to_change (BksStudio      *self,
                                               const char      *book_id);
void            bks_studio_set_listens        (BksStudio       *self,
                                               gboolean         listens);
DexFuture      *bks_studio_list_backups       (BksStudio       *self,
                                               const char      *book_id);
DexFuture      *bks_studio_back_up_book       (BksStudio       *self,
                                               const char      *book_id,
                                               GFile           *destination,
                                               gboolean         accept_smaller);
DexFuture      *bks_studio_restore_backup     (BksStudio       *self,
                                               GFile           *file,
                                               gboolean         replace);
DexFuture      *bks_studio_restore_scene      (BksStudio       *self,
                                               GFile           *file,
                                               const char      *node_id);
DexFuture      *bks_studio_check_book         (BksStudio       *self,
                                               const char      *book_id,
                                               gboolean         repair);
DexFuture      *bks_studio_list_trashed_books (BksStudio       *self);
DexFuture      *bks_studio_export_book        (BksStudio       *self,
                                               const char      *book_id,
                                               BksExportFormat  format,
                                               GFile           *destination,
                                               DexCancellable  *cancellable);
gboolean        bks_export_format_from_string (const char      *text,
                                               BksExportFormat *format);
const char     *bks_export_format_get_suffix  (BksExportFormat  format);
const char     *bks_studio_get_advice         (const GError    *error);
const char     *bks_studio_get_verdict        (BksVerdictKind   kind);

G_END_DECLS
