/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <string.h>

#include "bks-page-format.h"

#define SCENE_BREAK "***"

/* Marks that begin or end at a space are no marks (CommonMark 0.31, 6.2). */
static void
trim (GtkTextIter *start,
      GtkTextIter *end)
{
  while (gtk_text_iter_compare (start, end) < 0 && g_unichar_isspace (gtk_text_iter_get_char (start)))
    gtk_text_iter_forward_char (start);
  while (gtk_text_iter_compare (start, end) < 0)
    {
      GtkTextIter last = *end;

      gtk_text_iter_backward_char (&last);
      if (!g_unichar_isspace (gtk_text_iter_get_char (&last)))
        return;
      *end = last;
    }
}

static guint
count_stars_before (const GtkTextIter *iter)
{
  GtkTextIter at = *iter;
  guint n = 0;

  while (gtk_text_iter_backward_char (&at) && gtk_text_iter_get_char (&at) == '*')
    n++;
  return n;
}

static guint
count_stars_after (const GtkTextIter *iter)
{
  GtkTextIter at = *iter;
  guint n = 0;

  while (gtk_text_iter_get_char (&at) == '*' && gtk_text_iter_forward_char (&at))
    n++;
  return n;
}

/* One star is italic, two are bold, three are both. */
static gboolean
is_marked (guint stars,
           guint length)
{
  return length == 1 ? stars % 2 == 1 : stars >= 2;
}

/* What is selected may hold its own marks: *word* and word are the same to whoever selects it. */
static void
leave_out_marks (GtkTextIter *start,
                 GtkTextIter *end)
{
  guint before = count_stars_after (start);
  guint after = count_stars_before (end);
  int length = gtk_text_iter_get_offset (end) - gtk_text_iter_get_offset (start);

  if (before == 0 || before != after || length <= (int) (before + after))
    return;
  gtk_text_iter_forward_chars (start, (int) before);
  gtk_text_iter_backward_chars (end, (int) after);
}

static void
toggle_range (GtkTextBuffer *buffer,
              int            from,
              int            to,
              const char    *mark)
{
  int length = (int) strlen (mark);
  GtkTextIter start, end, other;

  gtk_text_buffer_get_iter_at_offset (buffer, &start, from);
  gtk_text_buffer_get_iter_at_offset (buffer, &end, to);
  trim (&start, &end);
  leave_out_marks (&start, &end);
  if (gtk_text_iter_compare (&start, &end) >= 0)
    return;
  from = gtk_text_iter_get_offset (&start);
  to = gtk_text_iter_get_offset (&end);
  /* The later place first: the earlier one then still is where it was. */
  if (is_marked (count_stars_before (&start), (guint) length) && is_marked (count_stars_after (&end), (guint) length))
    {
      gtk_text_buffer_get_iter_at_offset (buffer, &other, to + length);
      gtk_text_buffer_delete (buffer, &end, &other);
      gtk_text_buffer_get_iter_at_offset (buffer, &start, from - length);
      gtk_text_buffer_get_iter_at_offset (buffer, &other, from);
      gtk_text_buffer_delete (buffer, &start, &other);
      from -= length;
      to -= length;
    }
  else
    {
      gtk_text_buffer_insert (buffer, &end, mark, -1);
      gtk_text_buffer_get_iter_at_offset (buffer, &start, from);
      gtk_text_buffer_insert (buffer, &start, mark, -1);
      from += length;
      to += length;
    }
  gtk_text_buffer_get_iter_at_offset (buffer, &start, from);
  gtk_text_buffer_get_iter_at_offset (buffer, &end, to);
  gtk_text_buffer_select_range (buffer, &end, &start);
}

/* The word at the caret, when nothing is selected. */
static gboolean
get_range (GtkTextBuffer *buffer,
           GtkTextIter   *start,
           GtkTextIter   *end)
{
  if (gtk_text_buffer_get_selection_bounds (buffer, start, end))
    return TRUE;
  if (!gtk_text_iter_inside_word (start) && !gtk_text_iter_ends_word (start))
    return FALSE;
  if (!gtk_text_iter_starts_word (start))
    gtk_text_iter_backward_word_start (start);
  if (!gtk_text_iter_ends_word (end) || gtk_text_iter_equal (start, end))
    gtk_text_iter_forward_word_end (end);
  return TRUE;
}

/**
 * bks_page_format_toggle:
 * @buffer: the text of a page
 * @mark: %BKS_PAGE_FORMAT_ITALIC or %BKS_PAGE_FORMAT_BOLD
 *
 * Sets what is selected, or the word at the caret, in that style; what has it already loses it. Where there is no
 * word, what is typed next has it.
 */
void
bks_page_format_toggle (GtkTextBuffer *buffer,
                        const char    *mark)
{
  GtkTextIter start, end, line;
  int from, to;

  g_return_if_fail (GTK_IS_TEXT_BUFFER (buffer));
  g_return_if_fail (mark != NULL);

  gtk_text_buffer_begin_user_action (buffer);
  if (!get_range (buffer, &start, &end))
    {
      int caret = gtk_text_iter_get_offset (&start) + (int) strlen (mark);
      g_autofree char *pair = g_strconcat (mark, mark, NULL);

      gtk_text_buffer_insert (buffer, &start, pair, -1);
      gtk_text_buffer_get_iter_at_offset (buffer, &start, caret);
      gtk_text_buffer_place_cursor (buffer, &start);
    }
  else
    {
      from = gtk_text_iter_get_offset (&start);
      /* Paragraph by paragraph, from the end: emphasis reaches no further than its paragraph. */
      do
        {
          line = end;
          gtk_text_iter_set_line_offset (&line, 0);
          if (gtk_text_iter_compare (&line, &start) < 0)
            line = start;
          to = gtk_text_iter_get_offset (&line);
          toggle_range (buffer, to, gtk_text_iter_get_offset (&end), mark);
          gtk_text_buffer_get_iter_at_offset (buffer, &start, from);
          gtk_text_buffer_get_iter_at_offset (buffer, &end, MAX (from, to - 1));
        }
      while (to > from);
    }
  gtk_text_buffer_end_user_action (buffer);
}

/**
 * bks_page_format_insert_break:
 * @buffer: the text of a page
 *
 * Ends the scene at the caret: an asterism, and a new paragraph behind it.
 */
void
bks_page_format_insert_break (GtkTextBuffer *buffer)
{
  GtkTextIter caret;

  g_return_if_fail (GTK_IS_TEXT_BUFFER (buffer));

  gtk_text_buffer_begin_user_action (buffer);
  gtk_text_buffer_delete_selection (buffer, TRUE, TRUE);
  gtk_text_buffer_get_iter_at_mark (buffer, &caret, gtk_text_buffer_get_insert (buffer));
  gtk_text_buffer_insert_interactive_at_cursor (buffer,
                                                gtk_text_iter_starts_line (&caret) ? SCENE_BREAK "\n\n"
                                                                                   : "\n\n" SCENE_BREAK "\n\n",
                                                -1, TRUE);
  gtk_text_buffer_end_user_action (buffer);
}
