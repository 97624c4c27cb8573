/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <adwaita.h>

#include "bks-find-pattern.h"
#include "bks-find.h"

/* Marks in the text stay where they are between two edits, but each edit takes its time, and so does its undoing. */
#define MOST_EDITS 200

struct _BksFind
{
  GObject parent_instance;

  BksManuscript           *manuscript;
  GtkSourceSearchSettings *settings;
  GtkSourceSearchContext  *context; /* while there is something to look for */
  GtkTextTag              *found_tag; /* on all there are */
  GtkTextTag              *here_tag;  /* on the one found last, while the caret is behind it */
  GCancellable            *cancellable; /* of the search that is under way */
  GtkTextMark             *from;  /* where the search for other words begins */
  GtkTextMark             *start; /* the one found last */
  GtkTextMark             *end;
  char                    *text;
  gboolean                 match_case;
  gboolean                 whole_words;
  gboolean                 backwards; /* the search that is under way */
};

enum
{
  PROP_0,
  PROP_TEXT,
  PROP_MATCH_CASE,
  PROP_WHOLE_WORDS,
  N_PROPS
};

enum
{
  CHANGED,
  MOVED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksFind, bks_find, G_TYPE_OBJECT)

static GtkTextBuffer *
get_buffer (BksFind *self)
{
  return self->manuscript != NULL ? GTK_TEXT_BUFFER (bks_manuscript_get_buffer (self->manuscript)) : NULL;
}

static void
changed_cb (BksFind *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

/* What is found is marked as with a pen. Its letters have a colour of their own, for those around may be dimmed. */
static void
update_style (BksFind *self)
{
  AdwStyleManager *manager = adw_style_manager_get_default ();
  gboolean dark = adw_style_manager_get_dark (manager);
  gboolean high = adw_style_manager_get_high_contrast (manager);

  /* 8 to 1 and more, of the palette's yellows; the one where one is stands out from them. */
  if (self->found_tag != NULL)
    g_object_set (self->found_tag,
                  "background", dark && !high ? "#5c4a06" : high ? "#f6d32d" : "#f9f06b",
                  "foreground", dark && !high ? "#ffffff" : "#000000",
                  NULL);
  if (self->here_tag != NULL)
    g_object_set (self->here_tag,
                  "background", high ? (dark ? "#ffffff" : "#000000") : dark ? "#f5c211" : "#ffa348",
                  "foreground", high && !dark ? "#ffffff" : "#000000",
                  NULL);
}

static void
tag_added_cb (BksFind    *self,
              GtkTextTag *tag)
{
  g_set_object (&self->found_tag, tag);
}

static void
unmark_here (BksFind *self)
{
  GtkTextBuffer *buffer = get_buffer (self);
  GtkTextIter start, end;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  gtk_text_buffer_remove_tag (buffer, self->here_tag, &start, &end);
}

static void
drop_context (BksFind *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->context == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->context, self);
  unmark_here (self);
  g_clear_object (&self->found_tag);
  g_clear_object (&self->context);
}

static gboolean
is_wanted (BksFind *self)
{
  return self->manuscript != NULL && *self->text != '\0';
}

static void
make_context (BksFind *self)
{
  GtkTextTagTable *table;
  gulong added;

  if (self->context != NULL || !is_wanted (self))
    return;
  /* It would take its colours from a scheme for source code, which the page has none of; and a style of one's own
   * cannot be made (in GtkSourceView 5.16 it forgets what is set). So the tag it makes is coloured. */
  table = gtk_text_buffer_get_tag_table (get_buffer (self));
  added = g_signal_connect_swapped (table, "tag-added", G_CALLBACK (tag_added_cb), self);
  self->context = g_object_new (GTK_SOURCE_TYPE_SEARCH_CONTEXT,
                                "buffer", bks_manuscript_get_buffer (self->manuscript),
                                "settings", self->settings,
                                "highlight", FALSE,
                                NULL);
  g_signal_handler_disconnect (table, added);
  gtk_text_tag_set_priority (self->here_tag, gtk_text_tag_table_get_size (table) - 1);
  update_style (self);
  g_signal_connect_object (self->context, "notify::occurrences-count", G_CALLBACK (changed_cb), self,
                           G_CONNECT_SWAPPED);
}

static void
update_pattern (BksFind *self)
{
  g_autofree char *pattern = NULL;

  if (is_wanted (self))
    {
      pattern = bks_find_pattern_new (self->text, self->whole_words);
      gtk_source_search_settings_set_case_sensitive (self->settings, self->match_case);
      gtk_source_search_settings_set_search_text (self->settings, pattern);
      make_context (self);
    }
  else
    drop_context (self);
  changed_cb (self);
}

/* Going to what is found */

static void
get_bounds (BksFind     *self,
            GtkTextIter *start,
            GtkTextIter *end)
{
  GtkTextBuffer *buffer = get_buffer (self);

  gtk_text_buffer_get_iter_at_mark (buffer, start, self->start);
  gtk_text_buffer_get_iter_at_mark (buffer, end, self->end);
}

/* Not selected: there is one selection on a desktop, and whoever selects in the entry would take it from the text. */
static gboolean
is_on_found (BksFind *self)
{
  GtkTextIter start, end, caret;

  if (self->context == NULL)
    return FALSE;
  get_bounds (self, &start, &end);
  gtk_text_buffer_get_iter_at_mark (get_buffer (self), &caret, gtk_text_buffer_get_insert (get_buffer (self)));
  return !gtk_text_iter_equal (&start, &end) && gtk_text_iter_equal (&end, &caret);
}

static void
caret_moved_cb (BksFind *self)
{
  if (self->context != NULL && !is_on_found (self))
    unmark_here (self);
}

static void
go_to_found (BksFind     *self,
             GtkTextIter *start,
             GtkTextIter *end)
{
  GtkTextBuffer *buffer = get_buffer (self);

  unmark_here (self);
  gtk_text_buffer_move_mark (buffer, self->from, start);
  gtk_text_buffer_move_mark (buffer, self->start, start);
  gtk_text_buffer_move_mark (buffer, self->end, end);
  gtk_text_buffer_place_cursor (buffer, end);
  get_bounds (self, start, end);
  gtk_text_buffer_apply_tag (buffer, self->here_tag, start, end);
}

static void
found_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      data)
{
  GtkSourceSearchContext *context = GTK_SOURCE_SEARCH_CONTEXT (object);
  g_autoptr(BksFind) self = data;
  g_autoptr(GError) error = NULL;
  GtkTextIter start, end;
  gboolean wrapped;
  gboolean found = self->backwards ? gtk_source_search_context_backward_finish (context, result, &start, &end,
                                                                                &wrapped, &error)
                                   : gtk_source_search_context_forward_finish (context, result, &start, &end,
                                                                               &wrapped, &error);

  /* Cancelled: another one is under way, or nothing any more. */
  if (error != NULL || context != self->context)
    return;
  if (found)
    {
      go_to_found (self, &start, &end);
      g_signal_emit (self, signals[MOVED], 0,
                     !wrapped ? BKS_FIND_DIRECT : self->backwards ? BKS_FIND_FROM_END : BKS_FIND_FROM_START);
    }
  changed_cb (self);
}

static void
search (BksFind     *self,
        GtkTextIter *from,
        gboolean     backwards)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->context == NULL)
    return;
  self->cancellable = g_cancellable_new ();
  self->backwards = backwards;
  if (backwards)
    gtk_source_search_context_backward_async (self->context, from, self->cancellable, found_cb, g_object_ref (self));
  else
    gtk_source_search_context_forward_async (self->context, from, self->cancellable, found_cb, g_object_ref (self));
}

static void
forget_marks (BksFind *self)
{
  GtkTextBuffer *buffer = get_buffer (self);

  if (buffer == NULL)
    return;
  g_signal_handlers_disconnect_by_func (buffer, caret_moved_cb, self);
  gtk_text_tag_table_remove (gtk_text_buffer_get_tag_table (buffer), self->here_tag);
  self->here_tag = NULL;
  gtk_text_buffer_delete_mark (buffer, self->from);
  gtk_text_buffer_delete_mark (buffer, self->start);
  gtk_text_buffer_delete_mark (buffer, self->end);
}

static void
make_marks (BksFind *self)
{
  GtkTextBuffer *buffer = get_buffer (self);
  GtkTextIter start;

  if (buffer == NULL)
    return;
  gtk_text_buffer_get_start_iter (buffer, &start);
  self->from = gtk_text_buffer_create_mark (buffer, NULL, &start, TRUE);
  self->start = gtk_text_buffer_create_mark (buffer, NULL, &start, TRUE);
  self->end = gtk_text_buffer_create_mark (buffer, NULL, &start, TRUE);
  self->here_tag = gtk_text_buffer_create_tag (buffer, NULL, NULL);
  g_signal_connect_object (buffer, "notify::cursor-position", G_CALLBACK (caret_moved_cb), self, G_CONNECT_SWAPPED);
}

/* Replacing */

/* A stretch of the text and what comes in its place. */
typedef struct
{
  gsize    from; /* in bytes */
  gsize    to;
  int      start; /* in characters */
  int      length;
  GString *text;
} Edit;

static void
clear_edit (gpointer data)
{
  g_string_free (((Edit *) data)->text, TRUE);
}

static GArray *
new_edits (void)
{
  GArray *edits = g_array_new (FALSE, FALSE, sizeof (Edit));

  g_array_set_clear_func (edits, clear_edit);
  return edits;
}

/* Marks around nothing would be read as asterisks. */
static void
widen_to_marks (const char *text,
                gsize       least,
                gsize      *from,
                gsize      *to)
{
  while (*from > least && (text[*from - 1] == '*' || text[*from - 1] == '_') && text[*from - 1] == text[*to])
    {
      (*from)--;
      (*to)++;
    }
}

/* Appends the edit of what was found in @text. */
static void
add_edit (BksFind    *self,
          GArray     *edits,
          const char *text,
          gsize       from,
          gsize       to,
          const char *replacement)
{
  const Edit *last = edits->len > 0 ? &g_array_index (edits, Edit, edits->len - 1) : NULL;
  gsize before = last != NULL ? last->to : 0;
  g_autofree char *found = g_strndup (text + from, to - from);
  g_autofree char *instead = bks_find_pattern_replace (found, self->text, replacement);
  Edit edit;

  if (*instead == '\0')
    widen_to_marks (text, before, &from, &to);
  edit.from = from;
  edit.to = to;
  edit.start = (last != NULL ? last->start + last->length : 0) + (int) g_utf8_strlen (text + before, from - before);
  edit.length = (int) g_utf8_strlen (text + from, to - from);
  edit.text = g_string_new (instead);
  g_array_append_val (edits, edit);
}

static GArray *
list_edits (BksFind    *self,
            const char *text,
            const char *replacement)
{
  g_autofree char *pattern = bks_find_pattern_new (self->text, self->whole_words);
  g_autoptr(GRegex) regex = g_regex_new (pattern, G_REGEX_MULTILINE | G_REGEX_OPTIMIZE |
                                         (self->match_case ? 0 : G_REGEX_CASELESS), 0, NULL);
  GArray *edits = new_edits ();
  g_autoptr(GMatchInfo) info = NULL;

  g_return_val_if_fail (regex != NULL, edits);
  g_regex_match (regex, text, 0, &info);
  for (; g_match_info_matches (info); g_match_info_next (info, NULL))
    {
      int from, to;

      g_match_info_fetch_pos (info, 0, &from, &to);
      add_edit (self, edits, text, (gsize) from, (gsize) to, replacement);
    }
  return edits;
}

/* Those that are near each other become one, so that there are not more of them than @most. */
static GArray *
join_edits (GArray     *edits,
            const char *text,
            guint       most)
{
  GArray *joined = edits;

  for (gsize gap = 64; joined->len > most; gap *= 4)
    {
      GArray *next = new_edits ();

      for (guint i = 0; i < joined->len; i++)
        {
          const Edit *edit = &g_array_index (joined, Edit, i);
          Edit *last = next->len > 0 ? &g_array_index (next, Edit, next->len - 1) : NULL;

          if (last != NULL && edit->from - last->to <= gap)
            {
              g_string_append_len (last->text, text + last->to, (gssize) (edit->from - last->to));
              g_string_append_len (last->text, edit->text->str, (gssize) edit->text->len);
              last->to = edit->to;
              last->length = edit->start + edit->length - last->start;
            }
          else
            {
              Edit copy = *edit;

              copy.text = g_string_new_len (edit->text->str, (gssize) edit->text->len);
              g_array_append_val (next, copy);
            }
        }
      g_array_unref (joined);
      joined = next;
    }
  return joined;
}

/* Where a place of the old text is in the new one. */
static int
map_offset (GArray *edits,
            int     offset)
{
  int moved = 0;

  for (guint i = 0; i < edits->len; i++)
    {
      const Edit *edit = &g_array_index (edits, Edit, i);
      int length = (int) g_utf8_strlen (edit->text->str, (gssize) edit->text->len);

      if (edit->start >= offset)
        break;
      if (offset < edit->start + edit->length)
        return edit->start + moved;
      moved += length - edit->length;
    }
  return offset + moved;
}

static int
get_offset (GtkTextBuffer *buffer,
            GtkTextMark   *mark)
{
  GtkTextIter iter;

  gtk_text_buffer_get_iter_at_mark (buffer, &iter, mark);
  return gtk_text_iter_get_offset (&iter);
}

/* One undo step. */
static void
apply_edits (BksFind *self,
             GArray  *edits)
{
  GtkTextBuffer *buffer = get_buffer (self);
  GtkTextIter start, end;

  gtk_text_buffer_begin_user_action (buffer);
  /* From the last one: those before it stay where they are. */
  for (guint i = edits->len; i > 0; i--)
    {
      const Edit *edit = &g_array_index (edits, Edit, i - 1);

      gtk_text_buffer_get_iter_at_offset (buffer, &start, edit->start);
      gtk_text_buffer_get_iter_at_offset (buffer, &end, edit->start + edit->length);
      gtk_text_buffer_delete (buffer, &start, &end);
      gtk_text_buffer_insert (buffer, &start, edit->text->str, (int) edit->text->len);
    }
  gtk_text_buffer_end_user_action (buffer);
}

/* The caret stays before the same letter, and the selection around the same. */
static void
replace_all (BksFind    *self,
             GArray     *edits,
             const char *text)
{
  GtkTextBuffer *buffer = get_buffer (self);
  int caret = map_offset (edits, get_offset (buffer, gtk_text_buffer_get_insert (buffer)));
  int bound = map_offset (edits, get_offset (buffer, gtk_text_buffer_get_selection_bound (buffer)));
  g_autoptr(GArray) joined = join_edits (g_array_ref (edits), text, MOST_EDITS);
  GtkTextIter at, from;

  apply_edits (self, joined);
  gtk_text_buffer_get_iter_at_offset (buffer, &at, caret);
  gtk_text_buffer_get_iter_at_offset (buffer, &from, bound);
  gtk_text_buffer_select_range (buffer, &at, &from);
}

static void
bks_find_get_property (GObject    *object,
                       guint       prop_id,
                       GValue     *value,
                       GParamSpec *pspec)
{
  BksFind *self = BKS_FIND (object);

  switch (prop_id)
    {
    case PROP_TEXT:
      g_value_set_string (value, self->text);
      break;
    case PROP_MATCH_CASE:
      g_value_set_boolean (value, self->match_case);
      break;
    case PROP_WHOLE_WORDS:
      g_value_set_boolean (value, self->whole_words);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
set_option (BksFind    *self,
            gboolean   *option,
            gboolean    value,
            GParamSpec *pspec)
{
  if (*option == value)
    return;
  *option = value;
  update_pattern (self);
  bks_find_again (self);
  g_object_notify_by_pspec (G_OBJECT (self), pspec);
}

static void
bks_find_set_property (GObject      *object,
                       guint         prop_id,
                       const GValue *value,
                       GParamSpec   *pspec)
{
  BksFind *self = BKS_FIND (object);

  switch (prop_id)
    {
    case PROP_TEXT:
      bks_find_set_text (self, g_value_get_string (value));
      break;
    case PROP_MATCH_CASE:
      set_option (self, &self->match_case, g_value_get_boolean (value), pspec);
      break;
    case PROP_WHOLE_WORDS:
      set_option (self, &self->whole_words, g_value_get_boolean (value), pspec);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
bks_find_dispose (GObject *object)
{
  BksFind *self = BKS_FIND (object);

  bks_find_set_manuscript (self, NULL);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (bks_find_parent_class)->dispose (object);
}

static void
bks_find_finalize (GObject *object)
{
  g_free (BKS_FIND (object)->text);

  G_OBJECT_CLASS (bks_find_parent_class)->finalize (object);
}

static void
bks_find_class_init (BksFindClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = bks_find_get_property;
  object_class->set_property = bks_find_set_property;
  object_class->dispose = bks_find_dispose;
  object_class->finalize = bks_find_finalize;
  properties[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, "", flags);
  properties[PROP_MATCH_CASE] = g_param_spec_boolean ("match-case", NULL, NULL, FALSE, flags);
  properties[PROP_WHOLE_WORDS] = g_param_spec_boolean ("whole-words", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * BksFind::changed:
   * @self: the search
   *
   * Count or position may be others now.
   */
  signals[CHANGED] = g_signal_new ("changed", BKS_TYPE_FIND, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * BksFind::moved:
   * @self: the search
   * @wrap: a #BksFindWrap: whether it went on from the other end of the text
   *
   * The caret is behind what was found.
   */
  signals[MOVED] = g_signal_new ("moved", BKS_TYPE_FIND, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 1, G_TYPE_UINT);
}

static void
bks_find_init (BksFind *self)
{
  AdwStyleManager *manager = adw_style_manager_get_default ();

  self->text = g_strdup ("");
  self->settings = gtk_source_search_settings_new ();
  gtk_source_search_settings_set_regex_enabled (self->settings, TRUE);
  gtk_source_search_settings_set_wrap_around (self->settings, TRUE);
  g_signal_connect_object (manager, "notify::dark", G_CALLBACK (update_style), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (manager, "notify::high-contrast", G_CALLBACK (update_style), self, G_CONNECT_SWAPPED);
}

/**
 * bks_find_new:
 *
 * Returns: (transfer full): a search for nothing yet
 */
BksFind *
bks_find_new (void)
{
  return g_object_new (BKS_TYPE_FIND, NULL);
}

/**
 * bks_find_set_manuscript:
 * @self: a search
 * @manuscript: (nullable): where to look; what was found elsewhere loses its colour
 */
void
bks_find_set_manuscript (BksFind       *self,
                         BksManuscript *manuscript)
{
  g_return_if_fail (BKS_IS_FIND (self));

  if (self->manuscript == manuscript)
    return;
  drop_context (self);
  forget_marks (self);
  g_set_object (&self->manuscript, manuscript);
  make_marks (self);
  if (manuscript != NULL)
    bks_find_begin (self);
  update_pattern (self);
}

/**
 * bks_find_set_text:
 * @self: a search
 * @text: what to look for; nothing if empty
 *
 * Goes to the first one behind the place where the search began.
 */
void
bks_find_set_text (BksFind    *self,
                   const char *text)
{
  g_return_if_fail (BKS_IS_FIND (self));

  if (!g_set_str (&self->text, text != NULL ? text : ""))
    return;
  update_pattern (self);
  bks_find_again (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TEXT]);
}

/**
 * bks_find_begin:
 * @self: a search
 *
 * The search for other words begins where the caret is.
 */
void
bks_find_begin (BksFind *self)
{
  GtkTextBuffer *buffer;
  GtkTextIter start, end;

  g_return_if_fail (BKS_IS_FIND (self));

  buffer = get_buffer (self);
  if (buffer == NULL)
    return;
  if (is_on_found (self))
    get_bounds (self, &start, &end);
  else
    gtk_text_buffer_get_selection_bounds (buffer, &start, &end);
  gtk_text_buffer_move_mark (buffer, self->from, &start);
}

/**
 * bks_find_again:
 * @self: a search
 *
 * Goes to the first one behind the place where the search began.
 */
void
bks_find_again (BksFind *self)
{
  GtkTextIter from;

  g_return_if_fail (BKS_IS_FIND (self));

  if (self->context == NULL)
    return;
  gtk_text_buffer_get_iter_at_mark (get_buffer (self), &from, self->from);
  search (self, &from, FALSE);
}

/**
 * bks_find_go:
 * @self: a search
 * @backwards: whether to go to the one before
 *
 * Goes on from the caret, and at the end of the text from its start.
 */
void
bks_find_go (BksFind  *self,
             gboolean  backwards)
{
  GtkTextIter start, end;

  g_return_if_fail (BKS_IS_FIND (self));

  if (self->context == NULL)
    return;
  if (is_on_found (self))
    get_bounds (self, &start, &end);
  else
    gtk_text_buffer_get_selection_bounds (get_buffer (self), &start, &end);
  search (self, backwards ? &start : &end, backwards);
}

/**
 * bks_find_select:
 * @self: a search
 *
 * Selects what was found last, if the caret is still there.
 */
void
bks_find_select (BksFind *self)
{
  GtkTextIter start, end;

  g_return_if_fail (BKS_IS_FIND (self));

  if (!is_on_found (self))
    return;
  get_bounds (self, &start, &end);
  gtk_text_buffer_select_range (get_buffer (self), &end, &start);
}

/**
 * bks_find_get_count:
 * @self: a search
 *
 * Returns: how many there are; -1 while that is not known
 */
int
bks_find_get_count (BksFind *self)
{
  g_return_val_if_fail (BKS_IS_FIND (self), 0);

  return self->context != NULL ? gtk_source_search_context_get_occurrences_count (self->context) : 0;
}

/**
 * bks_find_get_position:
 * @self: a search
 *
 * Returns: at which of them the caret is, from 1 on; 0 if at none, -1 while that is not known
 */
int
bks_find_get_position (BksFind *self)
{
  GtkTextIter start, end;

  g_return_val_if_fail (BKS_IS_FIND (self), 0);

  if (!is_on_found (self))
    return 0;
  get_bounds (self, &start, &end);
  return gtk_source_search_context_get_occurrence_position (self->context, &start, &end);
}

/**
 * bks_find_replace:
 * @self: a search
 * @replacement: what to put in the place of the one where the caret is
 *
 * Replaces it, in one undo step, and goes to the next one; goes there only, if the caret is at none.
 */
void
bks_find_replace (BksFind    *self,
                  const char *replacement)
{
  GtkTextBuffer *buffer;
  g_autoptr(GArray) edits = NULL;
  g_autofree char *text = NULL;
  const char *from, *to;
  GtkTextIter caret;

  g_return_if_fail (BKS_IS_FIND (self));
  g_return_if_fail (replacement != NULL);

  if (self->context == NULL)
    return;
  if (is_on_found (self))
    {
      buffer = get_buffer (self);
      text = bks_manuscript_dup_text (self->manuscript);
      from = g_utf8_offset_to_pointer (text, get_offset (buffer, self->start));
      to = g_utf8_offset_to_pointer (text, get_offset (buffer, self->end));
      edits = new_edits ();
      add_edit (self, edits, text, (gsize) (from - text), (gsize) (to - text), replacement);
      apply_edits (self, edits);
      /* Behind what was put in, or it might be found at once again. */
      gtk_text_buffer_get_iter_at_offset (buffer, &caret, g_array_index (edits, Edit, 0).start +
                                                          (int) g_utf8_strlen (g_array_index (edits, Edit, 0).text->str, -1));
      gtk_text_buffer_place_cursor (buffer, &caret);
    }
  bks_find_go (self, FALSE);
}

/**
 * bks_find_replace_all:
 * @self: a search
 * @replacement: what to put in the place of each
 *
 * Replaces all of them in one undo step. What the author wrote up to now becomes a revision of its own.
 *
 * Returns: how many there were
 */
guint
bks_find_replace_all (BksFind    *self,
                      const char *replacement)
{
  g_autofree char *text = NULL;
  g_autoptr(GArray) edits = NULL;

  g_return_val_if_fail (BKS_IS_FIND (self), 0);
  g_return_val_if_fail (replacement != NULL, 0);

  if (self->context == NULL)
    return 0;
  text = bks_manuscript_dup_text (self->manuscript);
  edits = list_edits (self, text, replacement);
  if (edits->len == 0)
    return 0;
  bks_node_session_add_checkpoint (bks_manuscript_get_session (self->manuscript));
  /* It would look again after every one of them. */
  drop_context (self);
  replace_all (self, edits, text);
  update_pattern (self);
  return edits->len;
}
