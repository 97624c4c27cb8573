/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BksThinkFilter BksThinkFilter;

BksThinkFilter *bks_think_filter_new  (void);
void            bks_think_filter_free (BksThinkFilter *self);
void            bks_think_filter_push (BksThinkFilter *self,
                                       const char     *piece,
                                       GString        *text,
                                       GString        *reasoning);
void            bks_think_filter_end  (BksThinkFilter *self,
                                       GString        *text,
                                       GString        *reasoning);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksThinkFilter, bks_think_filter_free)

G_END_DECLS
