/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include <string.h>

#include "bks-think-filter.h"

#define OPEN "<think>"
#define CLOSE "</think>"

/**
 * BksThinkFilter:
 *
 * Open models write their thinking as <think>…</think> in front of the answer.
 * Keeps the two apart while they arrive in pieces. Only there: a story may
 * speak of tags.
 */
typedef enum
{
  AT_START,
  THINKING,
  AFTER_THINKING, /* the blank lines between thinking and answer belong to neither */
  ANSWERING,
} State;

struct _BksThinkFilter
{
  State    state;
  GString *held; /* may be the beginning of a tag */
};

/**
 * bks_think_filter_new:
 *
 * Returns: (transfer full): a filter at the start of an answer
 */
BksThinkFilter *
bks_think_filter_new (void)
{
  BksThinkFilter *self = g_new0 (BksThinkFilter, 1);

  self->held = g_string_new (NULL);
  return self;
}

/**
 * bks_think_filter_free:
 * @self: (transfer full): a filter
 */
void
bks_think_filter_free (BksThinkFilter *self)
{
  g_string_free (self->held, TRUE);
  g_free (self);
}

static gsize
count_space (const char *text)
{
  return strspn (text, " \t\r\n");
}

/* How many bytes at the end of @text may be the beginning of @tag. */
static gsize
count_partial (const char *text,
               gsize       length,
               const char *tag)
{
  for (gsize n = MIN (length, strlen (tag) - 1); n > 0; n--)
    if (memcmp (text + length - n, tag, n) == 0)
      return n;
  return 0;
}

static gboolean
step_start (BksThinkFilter *self)
{
  const char *rest = self->held->str + count_space (self->held->str);

  if (g_str_has_prefix (rest, OPEN))
    {
      g_string_erase (self->held, 0, rest - self->held->str + (gssize) strlen (OPEN));
      self->state = THINKING;
      return TRUE;
    }
  if (g_str_has_prefix (OPEN, rest))
    return FALSE;
  self->state = ANSWERING;
  return TRUE;
}

static gboolean
step_thinking (BksThinkFilter *self,
               GString        *reasoning)
{
  const char *close = strstr (self->held->str, CLOSE);
  gsize keep, length;

  if (close != NULL)
    {
      g_string_append_len (reasoning, self->held->str, close - self->held->str);
      g_string_erase (self->held, 0, close - self->held->str + (gssize) strlen (CLOSE));
      self->state = AFTER_THINKING;
      return TRUE;
    }
  keep = count_partial (self->held->str, self->held->len, CLOSE);
  length = self->held->len - keep;
  g_string_append_len (reasoning, self->held->str, (gssize) length);
  g_string_erase (self->held, 0, (gssize) length);
  return FALSE;
}

static gboolean
step_after (BksThinkFilter *self)
{
  g_string_erase (self->held, 0, (gssize) count_space (self->held->str));
  if (self->held->len == 0)
    return FALSE;
  self->state = ANSWERING;
  return TRUE;
}

/**
 * bks_think_filter_push:
 * @self: a filter
 * @piece: the next piece of what the model wrote
 * @text: what of it is answer is appended here
 * @reasoning: what of it is thinking is appended here
 */
void
bks_think_filter_push (BksThinkFilter *self,
                       const char     *piece,
                       GString        *text,
                       GString        *reasoning)
{
  gboolean again = TRUE;

  if (self->state == ANSWERING)
    {
      g_string_append (text, piece);
      return;
    }
  g_string_append (self->held, piece);
  while (again)
    switch (self->state)
      {
      case AT_START:
        again = step_start (self);
        break;
      case THINKING:
        again = step_thinking (self, reasoning);
        break;
      case AFTER_THINKING:
        again = step_after (self);
        break;
      case ANSWERING:
      default:
        g_string_append (text, self->held->str);
        g_string_truncate (self->held, 0);
        again = FALSE;
        break;
      }
}

/**
 * bks_think_filter_end:
 * @self: a filter
 * @text: what was held back and is answer is appended here
 * @reasoning: what was held back and is thinking is appended here
 */
void
bks_think_filter_end (BksThinkFilter *self,
                      GString        *text,
                      GString        *reasoning)
{
  g_string_append (self->state == THINKING ? reasoning : text, self->held->str);
  g_string_truncate (self->held, 0);
}
