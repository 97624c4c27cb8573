/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <errno.h>
#include <glib-unix.h>
#include <limits.h>
#include <unistd.h>

#include "bks-async.h"
#include "bks-cli-output-private.h"
#include "bks-error.h"

/*
 * Standard output that never blocks the main loop: Ctrl+C and the stream from
 * a provider are served while a pager or a full pipe waits. A pipe that is
 * ready takes PIPE_BUF bytes without blocking, so no more is written at once
 * (O_NONBLOCK would also change the terminal of the shell that started us).
 */
struct _BksCliOutput
{
  int             fd;
  GString        *pending;
  DexPromise     *written; /* ends with the writer; NULL while there is none */
  DexCancellable *stop;
  gboolean        left;    /* its reader did */
  GError         *error;   /* why nothing more can be written */
};

static gboolean
ready_cb (int          fd,
          GIOCondition condition,
          gpointer     data)
{
  dex_promise_resolve_boolean (data, TRUE);
  return G_SOURCE_REMOVE;
}

static DexFuture *
wait_until_writable (int fd)
{
  DexPromise *promise = dex_promise_new ();

  g_unix_fd_add_full (G_PRIORITY_DEFAULT, fd, G_IO_OUT | G_IO_ERR | G_IO_HUP | G_IO_NVAL,
                      ready_cb, dex_ref (promise), dex_unref);
  return DEX_FUTURE (promise);
}

/* In a fiber. */
static gboolean
write_all (BksCliOutput  *self,
           const char    *text,
           gsize          length,
           GError       **error)
{
  while (length > 0)
    {
      gssize written;

      if (!dex_await (wait_until_writable (self->fd), error))
        return FALSE;
      written = write (self->fd, text, MIN (length, PIPE_BUF));
      if (written < 0 && errno != EINTR && errno != EAGAIN)
        {
          self->left = errno == EPIPE;
          bks_error_set_from_errno (error, errno, "Standard output cannot be written");
          return FALSE;
        }
      if (written > 0)
        {
          text += written;
          length -= (gsize) written;
        }
    }
  return TRUE;
}

static DexFuture *
write_fiber (gpointer data)
{
  BksCliOutput *self = data;
  DexPromise *written = self->written;

  while (self->pending->len > 0)
    {
      g_autoptr(GString) part = g_steal_pointer (&self->pending);

      self->pending = g_string_new (NULL);
      if (!write_all (self, part->str, part->len, &self->error))
        {
          /* Nobody reads it: there is no reason to go on, or to pay for more. */
          dex_cancellable_cancel (self->stop);
          dex_promise_reject (written, g_error_copy (self->error));
          return dex_future_new_for_boolean (FALSE);
        }
    }
  self->written = NULL;
  dex_promise_resolve_boolean (written, TRUE);
  dex_unref (written);
  return dex_future_new_for_boolean (TRUE);
}

/**
 * bks_cli_output_new:
 * @fd: a file descriptor, kept by the caller
 * @stop: cancelled when it cannot be written any more
 *
 * Returns: (transfer full): an output to @fd
 */
BksCliOutput *
bks_cli_output_new (int             fd,
                    DexCancellable *stop)
{
  BksCliOutput *self = g_new0 (BksCliOutput, 1);

  self->fd = fd;
  self->pending = g_string_new (NULL);
  self->stop = dex_ref (stop);
  return self;
}

/**
 * bks_cli_output_free:
 * @self: (transfer full): an output
 */
void
bks_cli_output_free (BksCliOutput *self)
{
  /* A reader that is stuck still holds the writer: the process ends with it. */
  if (self->written != NULL && dex_future_is_pending (DEX_FUTURE (self->written)))
    return;
  g_string_free (self->pending, TRUE);
  dex_clear (&self->written);
  dex_clear (&self->stop);
  g_clear_error (&self->error);
  g_free (self);
}

/**
 * bks_cli_output_add:
 * @self: an output
 * @text: what to write
 *
 * Starts writing @text after all that was added before, and does not wait.
 */
void
bks_cli_output_add (BksCliOutput *self,
                    const char   *text)
{
  g_string_append (self->pending, text);
  if (self->written != NULL || self->pending->len == 0)
    return;
  /* Apart from the fiber: who waits with a deadline, and gives up, must not end it. */
  self->written = dex_promise_new ();
  dex_unref (bks_spawn_finally (write_fiber, self, NULL));
}

/**
 * bks_cli_output_flush:
 * @self: an output
 *
 * Returns: (transfer full): resolves when all has been written; rejects if it
 *   cannot be, with %BKS_ERROR_DISK_FULL or %BKS_ERROR_IO
 */
DexFuture *
bks_cli_output_flush (BksCliOutput *self)
{
  if (self->written == NULL)
    return dex_future_new_for_boolean (TRUE);
  return DEX_FUTURE (dex_ref (self->written));
}

/**
 * bks_cli_output_is_terminal:
 * @self: an output
 *
 * Returns: whether a person looks at it, and escape sequences would act
 */
gboolean
bks_cli_output_is_terminal (BksCliOutput *self)
{
  return isatty (self->fd);
}

/**
 * bks_cli_output_get_error:
 * @self: an output
 *
 * Returns: (transfer none) (nullable): why it could not be written to the end
 */
const GError *
bks_cli_output_get_error (BksCliOutput *self)
{
  return self->error;
}

/**
 * bks_cli_output_get_left:
 * @self: an output
 *
 * Returns: whether its reader left before the end, as "head" does: no fault
 *   that is worth a line
 */
gboolean
bks_cli_output_get_left (BksCliOutput *self)
{
  return self->left;
}
