/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-error.h"
#include "bks-memory-secret-store.h"
#include "bks-studio.h"
#include "bks-test-util.h"

G_BEGIN_DECLS

/* A studio in a folder of its own, with short waits. */
typedef struct
{
  char           *dir;
  BksLimits      *limits;
  BksSecretStore *secrets;
  BksStudio      *studio;
  BksBookSession *session; /* of fixture_open_page() */
  BksNode        *node;
  BksNodeSession *text;
  char           *page;    /* what its editor shows */
  guint           asked;   /* how often the editor was asked for it */
} Fixture;

void            fixture_set_up        (Fixture       *self,
                                       gconstpointer  data);
void            fixture_set_up_in     (Fixture       *self,
                                       char          *dir);
void            fixture_tear_down     (Fixture       *self,
                                       gconstpointer  data);
void            fixture_restart       (Fixture       *self);
char           *fixture_create_book   (Fixture       *self,
                                       const char    *title);
BksBookSession *fixture_open          (Fixture       *self,
                                       const char    *book_id,
                                       gboolean       writable);
void            fixture_open_page     (Fixture       *self,
                                       const char    *page);
void            fixture_open_editor   (Fixture       *self);
void            fixture_close_editor  (Fixture       *self);
void            fixture_type          (Fixture       *self,
                                       const char    *page);
char           *fixture_read          (Fixture       *self);
void            fixture_assert_stored (Fixture       *self,
                                       const char    *expected);
char           *fixture_book_path     (Fixture       *self,
                                       const char    *book_id,
                                       const char    *name);
char           *fixture_query         (const char    *path,
                                       const char    *sql);
char           *fixture_query_book    (Fixture       *self,
                                       const char    *sql);

G_END_DECLS
