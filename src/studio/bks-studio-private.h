/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-book-lock.h"
#include "bks-library.h"
#include "bks-studio.h"

G_BEGIN_DECLS

struct _BksStudio
{
  GObject         parent_instance;

  char           *data_dir;
  char           *books_dir;
  BksLimits      *limits;
  BksSecretStore *secrets;
  BksDatabase    *library;  /* NULL until opened */
  BksRouter      *router;
  BksPairing     *pairing;
  gboolean        listens;  /* to other processes that write its books */
  GListStore     *books;
  GHashTable     *sessions; /* book id → BksBookSession, not owned */
  GHashTable     *opening;  /* book id → DexFuture of the opening that goes on */
};

char       *bks_studio_get_book_dir (BksStudio   *self,
                                     const char  *book_id);
void        bks_studio_show_book    (BksStudio   *self,
                                     BksBook     *book);
void        bks_studio_update_book  (BksStudio   *self,
                                     BksBook     *book);
void        bks_studio_await_adoptions (BksStudio *self);
gboolean    bks_studio_check_open   (BksStudio   *self,
                                     GError     **error);
void        bks_studio_clean_up     (const char  *books_dir);
void        bks_studio_remove_book_folder (const char *dir);
char       *bks_studio_get_new_dir  (BksStudio   *self,
                                     const char  *book_id);
BksBookLock *bks_studio_make_new_folder (BksStudio   *self,
                                         const char  *new_dir,
                                         GError     **error);
gboolean    bks_studio_publish_folder (BksStudio   *self,
                                       const char  *new_dir,
                                       const char  *dir,
                                       GError     **error);

G_END_DECLS
