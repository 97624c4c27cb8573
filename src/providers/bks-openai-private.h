/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-provider-call-private.h"

G_BEGIN_DECLS

/**
 * BksOpenaiVendor:
 * @id: the provider's id, where it is that of a preset
 * @host: where it lives
 * @cap: the member of chat completions for the most tokens of an answer
 * @check_path: free, and refused without a valid key
 * @tells_credit: whether @check_path shows what is left
 * @has_responses: whether it has models that only the Responses API reaches
 *
 * In what one vendor of the protocol differs from the others.
 */
typedef struct
{
  const char *id;
  const char *host;
  const char *cap;
  const char *check_path;
  gboolean    tells_credit;
  gboolean    has_responses;
} BksOpenaiVendor;

/* What some servers refuse; each is left out, renamed or changed once. */
typedef enum
{
  BKS_OPENAI_QUIRK_NO_TEMPERATURE = 1 << 0,
  BKS_OPENAI_QUIRK_OTHER_CAP = 1 << 1,
  BKS_OPENAI_QUIRK_NO_STREAM_OPTIONS = 1 << 2,
  BKS_OPENAI_QUIRK_OTHER_API = 1 << 3,
  BKS_OPENAI_QUIRK_NO_STREAM = 1 << 4, /* OpenAI streams some models to verified organizations alone */
} BksOpenaiQuirks;

const BksOpenaiVendor *bks_openai_find_vendor          (BksProvider           *provider);

JsonArray             *bks_openai_find_models          (JsonNode              *root);
char                  *bks_openai_chat_build           (BksCompletionRequest  *request,
                                                        const BksOpenaiVendor *vendor,
                                                        BksOpenaiQuirks        quirks);
char                  *bks_openai_responses_build      (BksCompletionRequest  *request,
                                                        BksOpenaiQuirks        quirks);
gboolean               bks_openai_responses_take_frame (BksProviderCall       *call,
                                                        JsonObject            *frame,
                                                        GError               **error);

G_END_DECLS
