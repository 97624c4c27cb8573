/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include "bks-manuscript.h"
#include "bks-markup.h"

/* What a reader takes for one paragraph. */
#define SPLIT_WORDS 120
/* The length of paragraphs is looked at when typing pauses. */
#define MEASURE_MS 1500

struct _BksManuscript
{
  GObject parent_instance;

  BksNodeSession  *session;
  GtkSourceBuffer *buffer;
  BksPageMarkup   *markup;
  BksGeneration   *generation;
  GtkTextMark     *place; /* where the draft goes */
  guint            long_paragraph_words;
  guint            measure_source;
  gboolean         long_paragraph;
  gboolean         loading; /* a change that is not the person's */
};

enum
{
  PROP_0,
  PROP_LONG_PARAGRAPH,
  N_PROPS
};

enum
{
  EDITED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksManuscript, bks_manuscript, G_TYPE_OBJECT)

static gboolean
is_blank_line (const GtkTextIter *iter)
{
  return gtk_text_iter_starts_line (iter) && gtk_text_iter_ends_line (iter);
}

/* Paragraphs that are too long */

static void
measure_paragraphs (BksManuscript *self)
{
  g_autofree char *text = bks_manuscript_dup_text (self);
  gboolean is_long = bks_markup_longest (text) > self->long_paragraph_words;

  if (is_long == self->long_paragraph)
    return;
  self->long_paragraph = is_long;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LONG_PARAGRAPH]);
}

static void
measure_cb (gpointer data)
{
  BksManuscript *self = data;

  self->measure_source = 0;
  measure_paragraphs (self);
}

static void
changed_cb (BksManuscript *self)
{
  if (self->loading)
    return;
  bks_node_session_touch (self->session);
  g_clear_handle_id (&self->measure_source, g_source_remove);
  self->measure_source = g_timeout_add_once (MEASURE_MS, measure_cb, self);
  g_signal_emit (self, signals[EDITED], 0);
}

/* The session */

static char *
text_func (gpointer data)
{
  return bks_manuscript_dup_text (data);
}

static gsize
count_common (const char *a,
              gsize       a_length,
              const char *b,
              gsize       b_length,
              gboolean    from_end)
{
  gsize n = 0;

  while (n < a_length && n < b_length &&
         (from_end ? a[a_length - 1 - n] == b[b_length - 1 - n] : a[n] == b[n]))
    n++;
  /* Only whole characters. */
  while (n > 0 && ((from_end ? a[a_length - n] : a[n]) & 0xc0) == 0x80)
    n--;
  return n;
}

/* Only what differs is touched, so that the caret and every mark stay. */
static void
replaced_cb (BksManuscript *self,
             const char    *text)
{
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (self->buffer);
  g_autofree char *old = bks_manuscript_dup_text (self);
  gsize old_length = strlen (old);
  gsize length = strlen (text);
  gsize head = count_common (old, old_length, text, length, FALSE);
  gsize tail = count_common (old + head, old_length - head, text + head, length - head, TRUE);
  GtkTextIter start;
  GtkTextIter end;

  if (head == old_length && head == length)
    return;
  gtk_text_buffer_get_iter_at_offset (buffer, &start, (int) g_utf8_strlen (old, head));
  gtk_text_buffer_get_iter_at_offset (buffer, &end, (int) g_utf8_strlen (old, old_length - tail));
  self->loading = TRUE;
  gtk_text_buffer_begin_user_action (buffer);
  gtk_text_buffer_delete (buffer, &start, &end);
  gtk_text_buffer_insert (buffer, &start, text + head, (int) (length - head - tail));
  gtk_text_buffer_end_user_action (buffer);
  self->loading = FALSE;
  measure_paragraphs (self);
}

static void
load (BksManuscript *self)
{
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (self->buffer);
  GtkTextIter start;

  self->loading = TRUE;
  gtk_text_buffer_begin_irreversible_action (buffer);
  gtk_text_buffer_set_text (buffer, bks_node_session_get_text (self->session), -1);
  gtk_text_buffer_end_irreversible_action (buffer);
  gtk_text_buffer_get_start_iter (buffer, &start);
  gtk_text_buffer_place_cursor (buffer, &start);
  self->loading = FALSE;
  measure_paragraphs (self);
}

static void
bks_manuscript_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  BksManuscript *self = BKS_MANUSCRIPT (object);

  switch (prop_id)
    {
    case PROP_LONG_PARAGRAPH:
      g_value_set_boolean (value, self->long_paragraph);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
bks_manuscript_dispose (GObject *object)
{
  BksManuscript *self = BKS_MANUSCRIPT (object);

  bks_manuscript_release (self);
  g_clear_object (&self->generation);
  g_clear_object (&self->session);
  g_clear_object (&self->markup);
  g_clear_object (&self->buffer);

  G_OBJECT_CLASS (bks_manuscript_parent_class)->dispose (object);
}

static void
bks_manuscript_class_init (BksManuscriptClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = bks_manuscript_get_property;
  object_class->dispose = bks_manuscript_dispose;

  properties[PROP_LONG_PARAGRAPH] = g_param_spec_boolean ("long-paragraph", NULL, NULL, FALSE,
                                                          G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY |
                                                          G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * BksManuscript::edited:
   * @self: the manuscript
   *
   * The person changed the text.
   */
  signals[EDITED] = g_signal_new ("edited", BKS_TYPE_MANUSCRIPT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
}

static void
bks_manuscript_init (BksManuscript *self)
{
  self->buffer = gtk_source_buffer_new (NULL);
  /* A page of prose has the colours of the style, light or dark; a scheme for source code would set its own. */
  gtk_source_buffer_set_style_scheme (self->buffer, NULL);
  gtk_source_buffer_set_highlight_matching_brackets (self->buffer, FALSE);
  gtk_source_buffer_set_implicit_trailing_newline (self->buffer, FALSE);
  self->markup = bks_page_markup_new (GTK_TEXT_BUFFER (self->buffer));
  g_signal_connect_object (self->buffer, "changed", G_CALLBACK (changed_cb), self, G_CONNECT_SWAPPED);
}

/**
 * bks_manuscript_new:
 * @session: the session of a node; this becomes its editor
 * @long_paragraph_words: above it a paragraph is called long
 *
 * Returns: (transfer full): the node's text, ready to be edited
 */
BksManuscript *
bks_manuscript_new (BksNodeSession *session,
                    guint           long_paragraph_words)
{
  BksManuscript *self = g_object_new (BKS_TYPE_MANUSCRIPT, NULL);

  self->session = g_object_ref (session);
  self->long_paragraph_words = long_paragraph_words;
  load (self);
  bks_node_session_set_editor (session, text_func, self);
  g_signal_connect_object (session, "replaced", G_CALLBACK (replaced_cb), self, G_CONNECT_SWAPPED);
  return self;
}

/**
 * bks_manuscript_get_session:
 * @self: a manuscript
 *
 * Returns: (transfer none): the session that saves it
 */
BksNodeSession *
bks_manuscript_get_session (BksManuscript *self)
{
  g_return_val_if_fail (BKS_IS_MANUSCRIPT (self), NULL);

  return self->session;
}

/**
 * bks_manuscript_get_buffer:
 * @self: a manuscript
 *
 * Returns: (transfer none): its buffer
 */
GtkSourceBuffer *
bks_manuscript_get_buffer (BksManuscript *self)
{
  g_return_val_if_fail (BKS_IS_MANUSCRIPT (self), NULL);

  return self->buffer;
}

/**
 * bks_manuscript_get_markup:
 * @self: a manuscript
 *
 * Returns: (transfer none): what draws the text's markup
 */
BksPageMarkup *
bks_manuscript_get_markup (BksManuscript *self)
{
  g_return_val_if_fail (BKS_IS_MANUSCRIPT (self), NULL);

  return self->markup;
}

/**
 * bks_manuscript_dup_text:
 * @self: a manuscript
 *
 * Returns: (transfer full): the text as it is now
 */
char *
bks_manuscript_dup_text (BksManuscript *self)
{
  GtkTextIter start;
  GtkTextIter end;

  g_return_val_if_fail (BKS_IS_MANUSCRIPT (self), NULL);

  gtk_text_buffer_get_bounds (GTK_TEXT_BUFFER (self->buffer), &start, &end);
  return gtk_text_buffer_get_slice (GTK_TEXT_BUFFER (self->buffer), &start, &end, TRUE);
}

/**
 * bks_manuscript_dup_text_before:
 * @self: a manuscript
 *
 * Returns: (transfer full): the text before the caret
 */
char *
bks_manuscript_dup_text_before (BksManuscript *self)
{
  GtkTextBuffer *buffer;
  GtkTextIter start;
  GtkTextIter caret;

  g_return_val_if_fail (BKS_IS_MANUSCRIPT (self), NULL);

  buffer = GTK_TEXT_BUFFER (self->buffer);
  gtk_text_buffer_get_start_iter (buffer, &start);
  gtk_text_buffer_get_iter_at_mark (buffer, &caret, gtk_text_buffer_get_insert (buffer));
  return gtk_text_buffer_get_slice (buffer, &start, &caret, TRUE);
}

/**
 * bks_manuscript_get_generation:
 * @self: a manuscript
 *
 * Returns: (transfer none) (nullable): the draft that waits for a decision
 */
BksGeneration *
bks_manuscript_get_generation (BksManuscript *self)
{
  g_return_val_if_fail (BKS_IS_MANUSCRIPT (self), NULL);

  return self->generation;
}

/**
 * bks_manuscript_set_generation:
 * @self: a manuscript
 * @generation: (nullable): a draft of this text, or none any more
 *
 * Remembers the draft, and the caret as the place it belongs to.
 */
void
bks_manuscript_set_generation (BksManuscript *self,
                               BksGeneration *generation)
{
  GtkTextBuffer *buffer;
  GtkTextIter caret;

  g_return_if_fail (BKS_IS_MANUSCRIPT (self));

  buffer = GTK_TEXT_BUFFER (self->buffer);
  g_set_object (&self->generation, generation);
  if (self->place != NULL)
    gtk_text_buffer_delete_mark (buffer, self->place);
  self->place = NULL;
  if (generation == NULL)
    return;
  gtk_text_buffer_get_iter_at_mark (buffer, &caret, gtk_text_buffer_get_insert (buffer));
  /* Left gravity: what is written on meanwhile comes after the draft. */
  self->place = gtk_text_buffer_create_mark (buffer, NULL, &caret, TRUE);
}

static void
skip_newlines (GtkTextIter *iter,
               gboolean     forward,
               guint       *count)
{
  GtkTextIter next = *iter;

  *count = 0;
  while (*count < 2 && (forward ? TRUE : gtk_text_iter_backward_char (&next)) &&
         gtk_text_iter_get_char (&next) == '\n')
    {
      (*count)++;
      if (forward && !gtk_text_iter_forward_char (&next))
        break;
    }
}

static void
append_newlines (GString *text,
                 guint    count)
{
  while (count-- > 0)
    g_string_append_c (text, '\n');
}

/**
 * bks_manuscript_insert_draft:
 * @self: a manuscript
 * @draft: the text to take over
 *
 * Puts @draft at the place of its generation as paragraphs of its own, in one
 * undo step, and the caret behind it.
 */
void
bks_manuscript_insert_draft (BksManuscript *self,
                             const char    *draft)
{
  GtkTextBuffer *buffer;
  g_autoptr(GString) text = NULL;
  g_autofree char *stripped = NULL;
  GtkTextIter at;
  guint before;
  guint after;

  g_return_if_fail (BKS_IS_MANUSCRIPT (self));
  g_return_if_fail (draft != NULL);

  buffer = GTK_TEXT_BUFFER (self->buffer);
  gtk_text_buffer_get_iter_at_mark (buffer, &at,
                                    self->place != NULL ? self->place : gtk_text_buffer_get_insert (buffer));
  skip_newlines (&at, FALSE, &before);
  skip_newlines (&at, TRUE, &after);
  stripped = g_strstrip (g_strdup (draft));
  text = g_string_new (NULL);
  if (!gtk_text_iter_is_start (&at))
    append_newlines (text, 2 - before);
  g_string_append (text, stripped);
  if (!gtk_text_iter_is_end (&at))
    append_newlines (text, 2 - after);

  /* What the author wrote up to now becomes a revision of its own. */
  bks_node_session_add_checkpoint (self->session);
  gtk_text_buffer_begin_user_action (buffer);
  gtk_text_buffer_insert (buffer, &at, text->str, (int) text->len);
  gtk_text_buffer_end_user_action (buffer);
  gtk_text_buffer_place_cursor (buffer, &at);
}

/**
 * bks_manuscript_get_long_paragraph:
 * @self: a manuscript
 *
 * Returns: whether a paragraph is so long that typing in it grows slow
 */
gboolean
bks_manuscript_get_long_paragraph (BksManuscript *self)
{
  g_return_val_if_fail (BKS_IS_MANUSCRIPT (self), FALSE);

  return self->long_paragraph;
}

/**
 * bks_manuscript_split_paragraphs:
 * @self: a manuscript
 *
 * Splits every paragraph that is too long where sentences end, in one undo
 * step.
 */
void
bks_manuscript_split_paragraphs (BksManuscript *self)
{
  GtkTextBuffer *buffer;
  g_autofree char *old = NULL;
  g_auto(GStrv) lines = NULL;
  int offset = 0;

  g_return_if_fail (BKS_IS_MANUSCRIPT (self));

  buffer = GTK_TEXT_BUFFER (self->buffer);
  old = bks_manuscript_dup_text (self);
  lines = g_strsplit (old, "\n", -1);
  gtk_text_buffer_begin_user_action (buffer);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      int length = (int) g_utf8_strlen (lines[i], -1);

      if (bks_markup_longest (lines[i]) > self->long_paragraph_words)
        {
          g_autofree char *text = bks_markup_split_paragraph (lines[i], SPLIT_WORDS);
          GtkTextIter start;
          GtkTextIter end;

          gtk_text_buffer_get_iter_at_offset (buffer, &start, offset);
          gtk_text_buffer_get_iter_at_offset (buffer, &end, offset + length);
          gtk_text_buffer_delete (buffer, &start, &end);
          gtk_text_buffer_insert (buffer, &start, text, -1);
          length = (int) g_utf8_strlen (text, -1);
        }
      offset += length + 1;
    }
  gtk_text_buffer_end_user_action (buffer);
  measure_paragraphs (self);
}

/**
 * bks_manuscript_break_paragraph:
 * @self: a manuscript
 *
 * Starts a new paragraph at the caret, with the empty line that CommonMark
 * wants between two; on an empty line, one line further.
 */
void
bks_manuscript_break_paragraph (BksManuscript *self)
{
  GtkTextBuffer *buffer;
  GtkTextIter caret;

  g_return_if_fail (BKS_IS_MANUSCRIPT (self));

  buffer = GTK_TEXT_BUFFER (self->buffer);
  gtk_text_buffer_begin_user_action (buffer);
  gtk_text_buffer_delete_selection (buffer, TRUE, TRUE);
  gtk_text_buffer_get_iter_at_mark (buffer, &caret, gtk_text_buffer_get_insert (buffer));
  gtk_text_buffer_insert_interactive_at_cursor (buffer, is_blank_line (&caret) ? "\n" : "\n\n", -1, TRUE);
  gtk_text_buffer_end_user_action (buffer);
}

/**
 * bks_manuscript_release:
 * @self: a manuscript
 *
 * Stops being the session's editor, which saves what is not yet saved.
 */
void
bks_manuscript_release (BksManuscript *self)
{
  g_return_if_fail (BKS_IS_MANUSCRIPT (self));

  g_clear_handle_id (&self->measure_source, g_source_remove);
  if (self->session == NULL)
    return;
  g_signal_handlers_disconnect_by_func (self->session, replaced_cb, self);
  bks_node_session_set_editor (self->session, NULL, NULL);
}
