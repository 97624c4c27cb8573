/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bks-error.h"
#include "bks-instance-lock.h"

/**
 * BksInstanceLock:
 *
 * Proof that a process lives: an open-file-description lock on
 * instances/ID beside the library, which the kernel drops when it dies,
 * however it dies. An id is used once, so that a file without a lock is a
 * dead one's.
 */
struct _BksInstanceLock
{
  int   fd;
  char *path;
};

static char *
make_dir (const char *library_path)
{
  g_autofree char *data_dir = g_path_get_dirname (library_path);

  return g_build_filename (data_dir, "instances", NULL);
}

/* Whether what was locked is still what others find: bks_instance_lock_tidy() of
 * another process may have been between the making of the file and its lock. */
static gboolean
is_linked (int fd)
{
  struct stat info;

  return fstat (fd, &info) == 0 && info.st_nlink > 0;
}

static int
open_locked (const char  *path,
             GError     **error)
{
  struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

  for (;;)
    {
      int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

      if (fd < 0 || fcntl (fd, F_OFD_SETLKW, &range) != 0)
        {
          bks_error_set_from_errno (error, errno, "Cannot prove that this process lives");
          if (fd >= 0)
            close (fd);
          return -1;
        }
      if (is_linked (fd))
        return fd;
      close (fd);
    }
}

/**
 * bks_instance_lock_take:
 * @library_path: library.db
 * @instance: an id that nobody had before
 * @error: return location
 *
 * For a thread: it touches the disk.
 *
 * Returns: (transfer full): the lock, or %NULL with %BKS_ERROR_DISK_FULL, %BKS_ERROR_ACCESS, …
 */
BksInstanceLock *
bks_instance_lock_take (const char  *library_path,
                        const char  *instance,
                        GError     **error)
{
  g_autofree char *dir = make_dir (library_path);
  g_autofree char *path = g_build_filename (dir, instance, NULL);
  BksInstanceLock *self;
  int fd;

  if (g_mkdir (dir, 0700) != 0 && errno != EEXIST)
    {
      bks_error_set_from_errno (error, errno, "Cannot prove that this process lives");
      return NULL;
    }
  fd = open_locked (path, error);
  if (fd < 0)
    return NULL;
  self = g_new0 (BksInstanceLock, 1);
  self->fd = fd;
  self->path = g_steal_pointer (&path);
  return self;
}

/**
 * bks_instance_lock_release:
 * @self: (transfer full): a lock
 */
void
bks_instance_lock_release (BksInstanceLock *self)
{
  g_unlink (self->path);
  close (self->fd);
  g_free (self->path);
  g_free (self);
}

static gboolean
is_locked (const char *path)
{
  struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
  int fd = open (path, O_RDWR | O_CLOEXEC);
  gboolean locked;

  if (fd < 0)
    return errno != ENOENT; /* what cannot be looked at is not declared dead */
  locked = fcntl (fd, F_OFD_GETLK, &range) != 0 || range.l_type != F_UNLCK;
  close (fd);
  return locked;
}

/**
 * bks_instance_lock_is_held:
 * @library_path: library.db
 * @instance: somebody's id
 *
 * Returns: whether that process lives
 */
gboolean
bks_instance_lock_is_held (const char *library_path,
                           const char *instance)
{
  g_autofree char *dir = make_dir (library_path);
  g_autofree char *path = g_build_filename (dir, instance, NULL);

  return is_locked (path);
}

/* Only what is locked is removed, so that nobody loses a file between making and locking it unnoticed. */
static void
remove_dead (const char *path)
{
  struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
  int fd = open (path, O_RDWR | O_CLOEXEC);

  if (fd < 0)
    return;
  if (fcntl (fd, F_OFD_SETLK, &range) == 0)
    g_unlink (path);
  close (fd);
}

/**
 * bks_instance_lock_tidy:
 * @library_path: library.db
 *
 * Removes the files of the dead, once nothing in the library is theirs any more.
 */
void
bks_instance_lock_tidy (const char *library_path)
{
  g_autofree char *dir = make_dir (library_path);
  g_autoptr(GDir) files = g_dir_open (dir, 0, NULL);
  const char *name;

  while (files != NULL && (name = g_dir_read_name (files)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir, name, NULL);

      remove_dead (path);
    }
}
