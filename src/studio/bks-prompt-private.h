/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-book.h"
#include "bks-completion.h"
#include "bks-node.h"

G_BEGIN_DECLS

BksCompletionRequest *bks_prompt_continue (BksBook              *book,
                                           BksNode              *node,
                                           const char           *text_before,
                                           const char           *instructions,
                                           const char           *model);
BksCompletionRequest *bks_prompt_go_on    (BksCompletionRequest *request,
                                           const char           *answer_so_far);
char                 *bks_prompt_to_json  (BksCompletionRequest *request);
BksCompletionRequest *bks_prompt_from_json (const char          *json);

G_END_DECLS
