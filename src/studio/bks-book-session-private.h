/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-book-lock.h"
#include "bks-book-session.h"
#include "bks-database.h"
#include "bks-limits.h"

G_BEGIN_DECLS

typedef struct _BksHandOver BksHandOver;

struct _BksBookSession
{
  GObject      parent_instance;

  BksDatabase *library;
  BksDatabase *store;
  char        *dir;
  gboolean     closed;
  BksBookLock *lock;      /* NULL when read-only, or as a guest */
  BksHandOver *hand_over; /* takes the writes of other processes, or hands ours to another one; NULL */
  BksLimits   *limits;
  gboolean     writable;  /* also as a guest */
  BksBook     *book;
  GListStore  *nodes;     /* the top level */
  GHashTable  *by_id;     /* id → BksNode */
  GHashTable  *sessions;  /* node id → BksNodeSession, not owned */
  GPtrArray   *works;     /* of Work */
  DexFuture   *changing;  /* the last change of details; NULL */
  DexFuture   *closing;   /* while it is closed; NULL */
  gboolean     changed;   /* since the last backup */
  DexFuture   *backing;   /* the backup that goes on; NULL */
  guint        backup_id; /* the hourly timer */

  BksDay      *today;     /* what was written, of the last save */

  GHashTable  *plans;         /* node id → what was typed of its synopsis and target, and is not on disk */
  guint        plan_serial;
  guint        plans_written; /* how often the disk has got some */
  gint64       plans_since;   /* monotonic ms of the first of @plans */
  guint        plans_id;      /* the timer that saves them */
  DexFuture   *planning;      /* the save that goes on; NULL */
  GError      *plan_error;    /* why the last one failed; NULL */
};

/* How a book is opened. */
typedef enum
{
  BKS_OPEN_READ,
  BKS_OPEN_WRITE,
  BKS_OPEN_GUEST, /* to write, by the hand of the process that holds it if there is one */
} BksOpenMode;

/* bks-book-session-open.c */
DexFuture   *bks_book_session_open            (BksDatabase    *library,
                                               const char     *book_dir,
                                               BksOpenMode     mode,
                                               gboolean        listens,
                                               BksLimits      *limits);

/* bks-book-session.c */
BksDatabase *bks_book_session_get_store       (BksBookSession *self);
BksLimits   *bks_book_session_get_limits      (BksBookSession *self);
gboolean     bks_book_session_is_closed       (BksBookSession *self);
void         bks_book_session_text_saved      (BksBookSession *self);
DexFuture   *bks_book_session_get_closing     (BksBookSession *self);
void         bks_book_session_add_work        (BksBookSession *self,
                                               DexCancellable *cancellable,
                                               DexFuture      *finished);
void         bks_book_session_note_change     (BksBookSession *self);
DexFuture   *bks_book_session_publish         (BksBookSession *self);
GError      *bks_book_session_check_writable  (BksBookSession *self);
GError      *bks_book_session_no_such_node    (const char     *node_id);

/* bks-book-session-tree.c */
void         bks_book_session_update_sums     (BksBookSession *self);
gboolean     bks_book_session_await_nodes     (BksBookSession *self,
                                               GError        **error);
char        *bks_book_session_clean_title     (BksBookSession *self,
                                               const char     *title,
                                               GError        **error);

/* bks-book-session-days.c */
gboolean     bks_book_session_await_today       (BksBookSession *self,
                                                 GError        **error);

/* bks-book-session-plans.c */
GHashTable  *bks_book_session_make_plans        (void);
gboolean     bks_book_session_has_unsaved_plans (BksBookSession *self);
void         bks_book_session_update_plan       (BksBookSession *self,
                                                 BksNode        *node,
                                                 BksNode        *fresh);
DexFuture   *bks_book_session_save_plans        (BksBookSession *self);

/* bks-book-session-backup.c */
void         bks_book_session_start_backups   (BksBookSession *self);
void         bks_book_session_stop_backups    (BksBookSession *self);
DexFuture   *bks_book_session_back_up_changes (BksBookSession *self);

/* bks-hand-over.c */
BksHandOver *bks_hand_over_listen             (BksBookSession *self,
                                               GError        **error);
BksHandOver *bks_hand_over_connect            (const char     *book_dir,
                                               GError        **error);
void         bks_hand_over_free               (BksHandOver    *hand_over);
gboolean     bks_book_session_is_guest        (BksBookSession *self);
GVariant    *bks_book_session_await_hand_over (BksBookSession *self,
                                               const char     *verb,
                                               GVariant       *arguments,
                                               GError        **error);

G_END_DECLS
