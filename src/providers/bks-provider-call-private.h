/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-provider-error.h"
#include "bks-provider-private.h"
#include "bks-sse-reader.h"
#include "bks-think-filter.h"

G_BEGIN_DECLS

typedef struct _BksProviderCall BksProviderCall;

/**
 * BksWire:
 * @path: of the call, after the base address
 * @accept: the type that is asked for
 * @framing: how a stream is framed
 * @first_ms: how long the first token may take
 * @idle_ms: how long a stream may be silent
 * @take_frame: takes one frame, or the whole answer; sets what it knows on the call
 *
 * What one protocol brings to a call.
 */
typedef struct
{
  const char *path;
  const char *accept;
  BksFraming  framing;
  guint       first_ms;
  guint       idle_ms;
  gboolean  (*take_frame) (BksProviderCall  *call,
                           JsonObject       *frame,
                           GError          **error);
} BksWire;

/* One completion under way; belongs to its fiber. */
struct _BksProviderCall
{
  BksProvider          *provider;
  BksCompletionRequest *request;
  char                 *key;
  BksAnswer            *answer;

  BksHttpExchange      *exchange;          /* NULL while there is none */
  guint                 idle_ms;
  BksThinkFilter       *think;
  gunichar              pending_text;      /* halves of surrogate pairs */
  gunichar              pending_reasoning;
  GString              *refusal;
  BksProviderFailure   *failure;           /* of the last attempt, as the provider said it */
  const char           *event;             /* the name of the event that is being taken; NULL: it has none */
  gsize                 written;           /* bytes of text and thinking so far */
  guint                 frames;
  guint                 damaged;
  gboolean              finished;          /* the terminal mark was seen */
  gboolean              done;              /* nothing more will come */
};

BksProviderCall *bks_provider_call_new           (BksProvider          *provider,
                                                  BksCompletionRequest *request,
                                                  const char           *key,
                                                  BksAnswer            *answer);
void             bks_provider_call_free          (gpointer              data);
gboolean         bks_provider_call_await         (BksProviderCall      *self,
                                                  const BksWire        *wire,
                                                  const char           *body,
                                                  GError              **error);
void             bks_provider_call_add_text      (BksProviderCall      *self,
                                                  const char           *text);
void             bks_provider_call_add_reasoning (BksProviderCall      *self,
                                                  const char           *text);
void             bks_provider_call_note_thinking (BksProviderCall      *self);
void             bks_provider_call_add_refusal   (BksProviderCall      *self,
                                                  const char           *text);
void             bks_provider_call_finish        (BksProviderCall      *self,
                                                  const char           *reason);
void             bks_provider_call_take_failure  (BksProviderCall      *self,
                                                  JsonObject           *frame,
                                                  GError              **error);
gboolean         bks_provider_call_take_bytes    (BksProviderCall      *self,
                                                  const BksWire        *wire,
                                                  BksSseReader         *reader,
                                                  GBytes               *bytes,
                                                  GError              **error);
gboolean         bks_anthropic_take_frame        (BksProviderCall      *call,
                                                  JsonObject           *frame,
                                                  GError              **error);
gboolean         bks_cloudflare_take_frame       (BksProviderCall      *call,
                                                  JsonObject           *frame,
                                                  GError              **error);
gboolean         bks_openai_take_frame           (BksProviderCall      *call,
                                                  JsonObject           *frame,
                                                  GError              **error);
gboolean         bks_ollama_take_frame           (BksProviderCall      *call,
                                                  JsonObject           *frame,
                                                  GError              **error);
gboolean         bks_anthropic_read_models       (const char           *provider,
                                                  JsonObject           *page,
                                                  GPtrArray            *models);
void             bks_cloudflare_read_models      (const char           *provider,
                                                  JsonArray            *array,
                                                  GPtrArray            *models);
GPtrArray       *bks_openai_read_models          (const char           *provider,
                                                  JsonNode             *root);
GPtrArray       *bks_ollama_read_models          (BksProvider          *provider,
                                                  JsonNode             *root);
gint64           bks_json_get_count              (JsonObject           *object,
                                                  const char           *member);

G_END_DECLS
