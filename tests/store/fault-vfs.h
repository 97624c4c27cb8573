/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What happens at the chosen write or sync. */
typedef enum
{
  FAULT_NONE,
  FAULT_EIO,        /* it fails once, the next one does not */
  FAULT_ENOSPC,     /* it fails for want of space, once */
  FAULT_FULL,       /* from then on the disk is full */
  FAULT_TORN,       /* half of it is written, then the machine stops */
  FAULT_POWER_LOSS, /* the machine stops, and whatever was not synced is gone */
} Fault;

#define N_FAULTS (FAULT_POWER_LOSS + 1)

void     fault_vfs_install (void);
void     fault_vfs_arm     (Fault  fault,
                            guint  n);
guint    fault_vfs_disarm  (void);
gboolean fault_vfs_struck  (void);

G_END_DECLS
