/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "bks-limits.h"

G_BEGIN_DECLS

#define BKS_TYPE_BOOK_REPORT (bks_book_report_get_type ())

/**
 * BksBookReport:
 * @problems: (element-type utf8): what is wrong with the file, in plain English; empty: nothing
 * @nodes: how many parts, chapters and scenes it has, those in the trash included
 * @words: how many words they have
 * @revisions: how many earlier texts it has
 * @repaired: whether it was repaired
 * @from_backups: how many texts were taken from backups
 * @lost: how many texts could not be found anywhere
 * @kept_path: (nullable): where the damaged file is kept
 *
 * The state of a book's file.
 */
typedef struct
{
  GPtrArray *problems;
  gint64     nodes;
  gint64     words;
  gint64     revisions;
  gboolean   repaired;
  gint64     from_backups;
  gint64     lost;
  char      *kept_path;
} BksBookReport;

GType          bks_book_report_get_type (void);
BksBookReport *bks_book_report_ref      (BksBookReport *self);
void           bks_book_report_unref    (BksBookReport *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksBookReport, bks_book_report_unref)

BksBookReport *bks_book_check           (const char    *book_dir,
                                         BksLimits     *limits,
                                         GError       **error);
gboolean       bks_book_quick_check     (const char    *book_dir,
                                         BksLimits     *limits,
                                         GError       **error);
gboolean       bks_book_repair          (const char    *book_dir,
                                         BksBookReport *report,
                                         gint64         now_ms,
                                         BksLimits     *limits,
                                         GError       **error);
char          *bks_book_set_aside       (const char    *book_dir,
                                         gint64         now_ms,
                                         GError       **error);
gboolean       bks_book_put_in_place    (const char    *book_dir,
                                         const char    *new_path,
                                         GError       **error);

G_END_DECLS
