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
char                 *bks_prompt_to_json  (BksCompletionRequest *request);

G_END_DECLS
