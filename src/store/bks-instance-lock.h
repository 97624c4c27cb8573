/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BksInstanceLock BksInstanceLock;

BksInstanceLock *bks_instance_lock_take     (const char       *library_path,
                                             const char       *instance,
                                             GError          **error);
void             bks_instance_lock_release  (BksInstanceLock  *self);
gboolean         bks_instance_lock_is_held  (const char       *library_path,
                                             const char       *instance);
void             bks_instance_lock_tidy     (const char       *library_path);

G_END_DECLS
