/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-core"

#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "bks-id.h"

G_LOCK_DEFINE_STATIC (last);
static gint64 last_ms;
static guint16 last_counter;

/**
 * bks_random_fill:
 * @bytes: (out): where to write
 * @length: how many bytes
 *
 * Fills @bytes from the kernel's generator, fit for keys and tokens. Ends the
 * program if the kernel has none: nothing may be signed with guessable bytes.
 */
void
bks_random_fill (void  *bytes,
                 gsize  length)
{
  guint8 *cursor = bytes;

  while (length > 0)
    {
      ssize_t got = getrandom (cursor, length, 0);

      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        g_error ("The kernel gave no random bytes: %s", g_strerror (errno));
      cursor += got;
      length -= (gsize) got;
    }
}

/**
 * bks_id_new:
 * @clock: where the time comes from
 *
 * Makes a UUID version 7 (RFC 9562 §5.7): 48 bits of milliseconds, a 12-bit
 * counter that keeps ids of one process in order within a millisecond
 * (method 1 of §6.2), 62 random bits.
 *
 * Returns: (transfer full): 36 characters, sortable by the time of making
 */
char *
bks_id_new (BksClock *clock)
{
  guint8 b[16];
  gint64 now_ms = bks_clock_get_now_ms (clock);
  guint16 counter;

  bks_random_fill (b, sizeof b);

  G_LOCK (last);
  if (now_ms > last_ms)
    {
      last_ms = now_ms;
      last_counter = (guint16) (b[6] << 8 | b[7]) & 0x7ff;
    }
  else if (++last_counter > 0xfff)
    {
      last_ms++;
      last_counter = 0;
    }
  now_ms = last_ms;
  counter = last_counter;
  G_UNLOCK (last);

  for (int i = 0; i < 6; i++)
    b[i] = (guint8) (now_ms >> (40 - 8 * i));
  b[6] = 0x70 | (guint8) (counter >> 8);
  b[7] = (guint8) counter;
  b[8] = 0x80 | (b[8] & 0x3f);

  return g_strdup_printf ("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                          b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7],
                          b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

/**
 * bks_id_is_valid:
 * @text: (nullable): any text
 *
 * Returns: whether @text is a UUID in lower case, as bks_id_new() writes them;
 *   safe then as a file name
 */
gboolean
bks_id_is_valid (const char *text)
{
  if (text == NULL || strlen (text) != 36)
    return FALSE;
  for (int i = 0; i < 36; i++)
    {
      gboolean dash = i == 8 || i == 13 || i == 18 || i == 23;

      if (dash ? text[i] != '-' : !(g_ascii_isdigit (text[i]) || (text[i] >= 'a' && text[i] <= 'f')))
        return FALSE;
    }
  return TRUE;
}
