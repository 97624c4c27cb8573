/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libdex.h>

G_BEGIN_DECLS

typedef struct _BksCliOutput BksCliOutput;

BksCliOutput *bks_cli_output_new         (int             fd,
                                          DexCancellable *stop);
void          bks_cli_output_free        (BksCliOutput   *self);
void          bks_cli_output_add         (BksCliOutput   *self,
                                          const char     *text);
DexFuture    *bks_cli_output_flush       (BksCliOutput   *self);
gboolean      bks_cli_output_is_terminal (BksCliOutput   *self);
const GError *bks_cli_output_get_error   (BksCliOutput   *self);
gboolean      bks_cli_output_get_left    (BksCliOutput   *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksCliOutput, bks_cli_output_free)

G_END_DECLS
