/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "bks-error.h"
#include "bks-sync.h"

/* What shall outlive a power cut. */

/**
 * bks_sync_path:
 * @path: a file, or a folder for the names in it
 * @failure: what an error says before its cause, "The backup could not be written"
 * @error: return location
 *
 * Blocks: for a thread.
 *
 * Returns: whether it is durable
 */
gboolean
bks_sync_path (const char  *path,
               const char  *failure,
               GError     **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gboolean ok = fd >= 0 && fsync (fd) == 0;

  if (!ok)
    bks_error_set_from_errno (error, errno, failure);
  if (fd >= 0)
    close (fd);
  return ok;
}
