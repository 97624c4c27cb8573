/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

/* cmark-gfm, made safe for outside text. It was chosen over md4c because it
 * gives a tree with source positions, which splitting a file by its headings
 * needs, and footnotes.
 *
 * It has two gaps. A few megabytes of ">" or "*" become gigabytes of nodes and
 * its allocator may not fail; so all its memory comes from an arena that jumps
 * out at the limit, or when cancelled. And its extensions switch global tables
 * while a parser works; so there is one parser at a time. */

#include "config.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm-extension_api.h>
#include <setjmp.h>
#include <string.h>

#include "bks-error.h"

#include "bks-markdown-private.h"

#define ARENA_CHUNK ((gsize) 256 * 1024)
#define ALIGNMENT ((gsize) 16)
#define OPTIONS (CMARK_OPT_FOOTNOTES | CMARK_OPT_STRIKETHROUGH_DOUBLE_TILDE | CMARK_OPT_VALIDATE_UTF8)

typedef struct _Chunk Chunk;

struct _Chunk
{
  Chunk *next;
  gsize  size;
};

typedef struct _Arena Arena;

struct _Arena
{
  Arena        *outer;
  Chunk        *chunks;
  char         *at;
  char         *end;
  gsize         taken;
  gsize         most;
  GCancellable *cancellable;
  gboolean      is_parsing; /* only then can it jump out */
  jmp_buf       out;
};

static GMutex parser_lock;

/* cmark hands its allocator no context. Reading a tree allocates too. */
static _Thread_local Arena *arena;

static void
arena_free (Arena *self)
{
  g_assert (arena == self);
  arena = self->outer;

  while (self->chunks != NULL)
    {
      Chunk *chunk = self->chunks;

      self->chunks = chunk->next;
      g_free (chunk);
    }
  g_free (self);
}

static void
arena_grow (Arena *self,
            gsize  size)
{
  gsize room = MAX (ARENA_CHUNK, size + ALIGNMENT);
  Chunk *chunk;

  if (self->is_parsing && (self->most - self->taken < room || g_cancellable_is_cancelled (self->cancellable)))
    longjmp (self->out, 1);

  chunk = g_malloc (ALIGNMENT + room);
  chunk->next = self->chunks;
  chunk->size = room;
  self->chunks = chunk;
  self->taken += room;
  self->at = (char *) chunk + ALIGNMENT;
  self->end = self->at + room;
}

/* Each piece has its size in front, for realloc. */
static void *
arena_take (gsize size)
{
  gsize whole = (size + 2 * ALIGNMENT - 1) & ~(ALIGNMENT - 1);
  char *piece;

  if (arena->is_parsing && size > arena->most)
    longjmp (arena->out, 1);
  if ((gsize) (arena->end - arena->at) < whole)
    arena_grow (arena, whole);
  piece = arena->at;
  arena->at += whole;
  memcpy (piece, &size, sizeof size);
  return piece + ALIGNMENT;
}

static void *
arena_calloc (size_t n,
              size_t size)
{
  gsize bytes;
  void *piece;

  if (!g_size_checked_mul (&bytes, n, size))
    g_error ("%s: %zu times %zu bytes", G_STRFUNC, n, size);
  piece = arena_take (bytes);
  memset (piece, 0, bytes);
  return piece;
}

static void *
arena_realloc (void   *old,
               size_t  size)
{
  gsize old_size = 0;
  void *piece;

  if (old != NULL)
    memcpy (&old_size, (char *) old - ALIGNMENT, sizeof old_size);
  if (old != NULL && size <= old_size)
    return old;
  piece = arena_take (size);
  if (old != NULL)
    memcpy (piece, old, old_size);
  return piece;
}

static void
arena_release (void *piece)
{
}

static cmark_mem arena_mem = { arena_calloc, arena_realloc, arena_release };

static cmark_node *
parse_in_arena (const char *text,
                gsize       length)
{
  static const char *const extensions[] = { "table", "strikethrough" };
  cmark_parser *parser = cmark_parser_new_with_mem (OPTIONS, &arena_mem);

  for (guint i = 0; i < G_N_ELEMENTS (extensions); i++)
    cmark_parser_attach_syntax_extension (parser, cmark_find_syntax_extension (extensions[i]));
  cmark_parser_feed (parser, text, length);
  return cmark_parser_finish (parser);
}

/* A function of its own: what it changes must not live in registers across
 * the jump. */
static cmark_node *
parse_or_jump_out (Arena      *self,
                   const char *text,
                   gsize       length)
{
  cmark_node *root = NULL;

  self->is_parsing = TRUE;
  if (setjmp (self->out) == 0)
    root = parse_in_arena (text, length);
  else
    root = NULL;
  self->is_parsing = FALSE;
  return root;
}

/**
 * bks_markdown_parse:
 * @text: UTF-8 CommonMark
 * @length: bytes of @text
 * @limits: the limits
 * @cancellable: (nullable): looked at while it parses
 * @error: return location
 *
 * The tree is read and freed on the thread that made it, the last one first.
 *
 * Returns: (transfer full): the tree; %NULL with %BKS_ERROR_TOO_LARGE where it
 *   would outgrow the limits
 */
BksMarkdown *
bks_markdown_parse (const char    *text,
                    gsize          length,
                    BksLimits     *limits,
                    GCancellable  *cancellable,
                    GError       **error)
{
  Arena *self = g_new0 (Arena, 1);
  BksMarkdown *markdown;
  cmark_node *root;

  self->outer = arena;
  self->most = limits->markdown_tree_bytes;
  self->cancellable = cancellable;
  arena = self;

  g_mutex_lock (&parser_lock);
  cmark_gfm_core_extensions_ensure_registered ();
  root = parse_or_jump_out (self, text, length);
  g_mutex_unlock (&parser_lock);

  if (root == NULL)
    {
      arena_free (self);
      if (!g_cancellable_set_error_if_cancelled (cancellable, error))
        g_set_error (error, BKS_ERROR, BKS_ERROR_TOO_LARGE,
                     "Its Markdown is nested too deeply or has too many marks to be read in %" G_GINT64_FORMAT " MiB of memory",
                     limits->markdown_tree_bytes / (1024 * 1024));
      return NULL;
    }

  markdown = g_new0 (BksMarkdown, 1);
  markdown->root = root;
  markdown->arena = self;
  return markdown;
}

/**
 * bks_markdown_free:
 * @self: (transfer full): a tree
 */
void
bks_markdown_free (BksMarkdown *self)
{
  arena_free (self->arena);
  g_free (self);
}

/* Raw HTML may reach over several lines, even in a title. */
static void
append_on_one_line (GString    *out,
                    const char *text)
{
  for (; *text != '\0'; text++)
    g_string_append_c (out, *text == '\n' ? ' ' : *text);
}

/**
 * bks_markdown_append_plain:
 * @out: what to append to
 * @node: a node
 *
 * Appends the characters that @node shows, without any mark and on one line: text, code,
 * raw HTML as it is written, the alternative text of images.
 */
void
bks_markdown_append_plain (GString    *out,
                           cmark_node *node)
{
  cmark_iter *iter;
  cmark_event_type event;

  iter = cmark_iter_new (node);
  while ((event = cmark_iter_next (iter)) != CMARK_EVENT_DONE)
    {
      cmark_node *at = cmark_iter_get_node (iter);
      cmark_node_type type = cmark_node_get_type (at);

      if (event != CMARK_EVENT_ENTER)
        continue;
      if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK)
        g_string_append_c (out, ' ');
      else if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE || type == CMARK_NODE_HTML_INLINE)
        append_on_one_line (out, cmark_node_get_literal (at));
    }
  cmark_iter_free (iter);
}
