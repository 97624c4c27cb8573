/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef enum
{
  BKS_REPLY_CHUNKED,        /* one chunk a piece: a client sees the pieces as they are here */
  BKS_REPLY_CONTENT_LENGTH,
  BKS_REPLY_UNTIL_CLOSE,
} BksReplyFraming;

typedef enum
{
  BKS_REPLY_STEP_BYTES,
  BKS_REPLY_STEP_DELAY,
  BKS_REPLY_STEP_STALL,     /* until the client closes */
  BKS_REPLY_STEP_CUT,       /* close without the end of the body */
  BKS_REPLY_STEP_RESET,     /* close with RST */
  BKS_REPLY_STEP_FLOOD,     /* the bytes again and again until the client closes */
} BksReplyStepKind;

typedef struct
{
  BksReplyStepKind  kind;
  GBytes           *bytes;
  guint             ms;
} BksReplyStep;

/* What a scripted server answers to one request. */
typedef struct
{
  char            *path;    /* NULL: any */
  guint            status;  /* 0: no head, the steps are all that is sent */
  GPtrArray       *headers; /* "Name: value" */
  BksReplyFraming  framing;
  GPtrArray       *steps;   /* of BksReplyStep */
} BksReply;

BksReply *bks_reply_new         (guint        status,
                                 const char  *content_type);
BksReply *bks_reply_new_json    (guint        status,
                                 const char  *json);
BksReply *bks_reply_new_script  (JsonObject  *object,
                                 GError     **error);
void      bks_reply_free        (BksReply    *self);
void      bks_reply_add_header  (BksReply    *self,
                                 const char  *name,
                                 const char  *value);
void      bks_reply_add_text    (BksReply    *self,
                                 const char  *text);
void      bks_reply_add_bytes   (BksReply    *self,
                                 GBytes      *bytes);
void      bks_reply_add_split   (BksReply    *self,
                                 const char  *text,
                                 gsize        size);
void      bks_reply_add_event   (BksReply    *self,
                                 const char  *data);
void      bks_reply_add_delay   (BksReply    *self,
                                 guint        ms);
void      bks_reply_add_step    (BksReply    *self,
                                 BksReplyStepKind kind);
void      bks_reply_add_flood   (BksReply    *self,
                                 const char  *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksReply, bks_reply_free)

G_END_DECLS
