/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bks-book-lock.h"
#include "bks-error.h"

/**
 * BksBookLock:
 *
 * The right to write one book: an open-file-description lock on its file
 * "lock". It dies with the process, so there is never a stale one, and it is
 * not on the database file, where any close() of the same process would drop it.
 */
struct _BksBookLock
{
  int fd;
};

/* How long a holder may take from its lock to its name, both microseconds on an idle machine. */
#define NAME_TRIES 100
#define NAME_WAIT_US 5000

static void
set_busy (int          fd,
          GError     **error)
{
  char holder[128];
  ssize_t length = pread (fd, holder, sizeof holder - 1, 0);

  for (guint tries = 1; length == 0 && tries < NAME_TRIES; tries++)
    {
      g_usleep (NAME_WAIT_US);
      length = pread (fd, holder, sizeof holder - 1, 0);
    }
  holder[MAX (length, 0)] = '\0';
  g_strdelimit (holder, "\n", '\0');
  if (length > 0 && g_utf8_validate (holder, -1, NULL))
    g_set_error (error, BKS_ERROR, BKS_ERROR_BUSY, "The book is open in %s", holder);
  else
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_BUSY, "The book is open in another program");
}

static void
write_holder (int         fd,
              const char *holder)
{
  g_autofree char *line = g_strdup_printf ("%s (process %d)\n", holder, (int) getpid ());

  /* Only what others are told depends on it: a full disk must not keep a book closed. */
  if (ftruncate (fd, 0) != 0 || pwrite (fd, line, strlen (line), 0) < 0)
    g_debug ("Cannot note the holder of a book: %s", g_strerror (errno));
}

/**
 * bks_book_lock_take:
 * @book_dir: the book's folder
 * @holder: what to call this process to others, "the Book Studio window"
 * @error: return location
 *
 * For a thread: it may wait a moment for the name of one who has just taken the lock.
 *
 * Returns: (transfer full): the lock, or %NULL with %BKS_ERROR_BUSY, whose message names the holder
 */
BksBookLock *
bks_book_lock_take (const char   *book_dir,
                    const char   *holder,
                    GError      **error)
{
  g_autofree char *path = g_build_filename (book_dir, "lock", NULL);
  struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
  BksBookLock *self;
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  if (fd < 0)
    {
      bks_error_set_from_errno (error, errno, "Cannot lock the book");
      return NULL;
    }
  if (fcntl (fd, F_OFD_SETLK, &range) != 0)
    {
      if (errno == EAGAIN || errno == EACCES)
        set_busy (fd, error);
      else
        bks_error_set_from_errno (error, errno, "Cannot lock the book");
      close (fd);
      return NULL;
    }
  write_holder (fd, holder);
  self = g_new0 (BksBookLock, 1);
  self->fd = fd;
  return self;
}

/**
 * bks_book_lock_release:
 * @self: (transfer full): a lock
 */
void
bks_book_lock_release (BksBookLock *self)
{
  /* The next one's name must not be read as this one's. */
  if (ftruncate (self->fd, 0) != 0)
    g_debug ("Cannot clear the holder of a book: %s", g_strerror (errno));
  close (self->fd);
  g_free (self);
}
