/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bks-error.h"
#include "bks-id.h"

#include "bks-atomic-file-private.h"

#define PIECE_BYTES ((gsize) 1024 * 1024)

static gboolean
fail (GError     **error,
      const char  *path)
{
  int saved_errno = errno;
  g_autofree char *what = g_strdup_printf ("Cannot write %s", path);

  bks_error_set_from_errno (error, saved_errno, what);
  return FALSE;
}

/* The file a link points to is what the person means to replace. */
static char *
resolve (const char *path)
{
  g_autofree char *real = realpath (path, NULL);

  return real != NULL ? g_strdup (real) : g_strdup (path);
}

static int
open_beside (const char  *path,
             char       **temporary)
{
  g_autofree char *folder = g_path_get_dirname (path);
  guint64 token;

  bks_random_fill (&token, sizeof token);
  *temporary = g_strdup_printf ("%s/.book-studio-%016" G_GINT64_MODIFIER "x.part", folder, token);
  return open (*temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

static gboolean
write_all (int            fd,
           const char    *data,
           gsize          length,
           GCancellable  *cancellable,
           const char    *path,
           GError       **error)
{
  while (length > 0)
    {
      gssize n;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      n = write (fd, data, MIN (length, PIECE_BYTES));
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return fail (error, path);
      data += n;
      length -= n;
    }
  return TRUE;
}

/* Without it the rename could be lost at a power cut; some file systems refuse
 * to sync a folder, and then nothing is worse than before. */
static void
sync_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    return;
  if (fsync (fd) != 0)
    g_debug ("Cannot sync the folder of the written file: %s", g_strerror (errno));
  close (fd);
}

/**
 * bks_atomic_file_write:
 * @path: a file, there or not
 * @data: what it shall hold
 * @length: bytes of @data
 * @cancellable: (nullable): looked at until all is written
 * @error: return location
 *
 * Writes beside @path, syncs and renames: the new file appears whole or the
 * old one stays.
 *
 * Returns: %FALSE with for example %BKS_ERROR_DISK_FULL, nothing left behind
 */
gboolean
bks_atomic_file_write (const char    *path,
                       const void    *data,
                       gsize          length,
                       GCancellable  *cancellable,
                       GError       **error)
{
  g_autofree char *target = resolve (path);
  g_autofree char *temporary = NULL;
  struct stat old;
  int fd = open_beside (target, &temporary);
  gboolean done;

  if (fd < 0)
    return fail (error, path);

  done = write_all (fd, data, length, cancellable, path, error);
  if (done && stat (target, &old) == 0 && S_ISREG (old.st_mode))
    done = fchmod (fd, old.st_mode & 07777) == 0 || fail (error, path);
  if (done)
    done = fsync (fd) == 0 || fail (error, path);
  if (close (fd) != 0 && done)
    done = fail (error, path);
  if (done)
    done = rename (temporary, target) == 0 || fail (error, path);

  if (done)
    sync_folder (target);
  else
    unlink (temporary);
  return done;
}
