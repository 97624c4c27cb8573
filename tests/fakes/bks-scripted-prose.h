/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "bks-scripted-reply.h"

G_BEGIN_DECLS

/* What the server plays when no script says otherwise. NULL: not one of its paths. */
BksReply *bks_scripted_prose_reply (const char *method,
                                    const char *path,
                                    const char *body,
                                    guint       turn,
                                    guint       delay_ms);

G_END_DECLS
