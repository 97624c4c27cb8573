/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

#include "config.h"

#include <string.h>

#include "bks-error.h"

#include "bks-decode-private.h"
#include "bks-import.h"
#include "bks-markdown-import-private.h"
#include "bks-plain-import-private.h"

#define READ_BYTES ((gsize) 256 * 1024)

static gboolean
has_markdown_suffix (const char *name)
{
  static const char *const suffixes[] = { ".md", ".markdown", ".mdown", ".mkd", ".mdtext", ".commonmark" };
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    if (g_str_has_suffix (lower, suffixes[i]))
      return TRUE;
  return FALSE;
}

/* A line such as "## The storm" after a blank one. */
static gboolean
is_hash_heading (const char *line)
{
  gsize run = strspn (line, "#");

  return run >= 1 && run <= 6 && line[run] == ' ' && line[run + 1] != '\0' && line[run + 1] != '\n' && line[run + 1] != '#';
}

/* What calls itself text is Markdown if it begins with a header, or has two
 * headings with hashes: one "#" alone is a scene break to many. */
static gboolean
looks_like_markdown (const char *text)
{
  guint headings = 0;
  gboolean after_blank = TRUE;

  if (g_str_has_prefix (text, "---\n") && strstr (text, "\n---\n") != NULL && strstr (text, "\ntitle:") != NULL)
    return TRUE;

  for (const char *at = text; at != NULL && *at != '\0' && headings < 2;)
    {
      headings += after_blank && is_hash_heading (at);
      after_blank = *at == '\n';
      at = strchr (at, '\n');
      at = at != NULL ? at + 1 : NULL;
    }
  return headings >= 2;
}

/* "my_novel-2.txt" is a book called "my novel 2" until it is named. */
static char *
title_from_name (const char *name)
{
  const char *dot = strrchr (name, '.');
  char *title = dot != NULL && dot > name ? g_strndup (name, dot - name) : g_strdup (name);

  g_strdelimit (title, "_", ' ');
  return g_strstrip (title);
}

static gboolean
check_size (goffset      size,
            const char  *name,
            BksLimits   *limits,
            GError     **error)
{
  if (size <= limits->import_file_bytes)
    return TRUE;
  g_set_error (error, BKS_ERROR, BKS_ERROR_TOO_LARGE,
               "%s has %" G_GOFFSET_FORMAT " MiB, and a text of more than %" G_GINT64_FORMAT
               " MiB is not imported: divide it into several files",
               name, size / (1024 * 1024), limits->import_file_bytes / (1024 * 1024));
  return FALSE;
}

/**
 * bks_document_import_bytes:
 * @bytes: the content of a file
 * @name: the file's name: its suffix tells Markdown, and it is the title if the text has none
 * @limits: the limits
 * @cancellable: (nullable): looked at now and then
 * @error: return location
 *
 * Reads plain text or Markdown into a document. May take seconds: call it on a
 * worker thread.
 *
 * Returns: (transfer full): the document; %NULL with %BKS_ERROR_INVALID_INPUT
 *   for what is empty or no text, %BKS_ERROR_TOO_LARGE over a limit
 */
BksDocument *
bks_document_import_bytes (GBytes        *bytes,
                           const char    *name,
                           BksLimits     *limits,
                           GCancellable  *cancellable,
                           GError       **error)
{
  g_autofree char *text = NULL;
  g_autofree char *title = NULL;
  gsize length;
  const guint8 *data;

  g_return_val_if_fail (bytes != NULL && name != NULL && limits != NULL, NULL);

  data = g_bytes_get_data (bytes, &length);
  if (!check_size (length, name, limits, error))
    return NULL;
  text = bks_decode_text (data, length, name, error);
  if (text == NULL)
    return NULL;

  title = title_from_name (name);
  if (has_markdown_suffix (name) || looks_like_markdown (text))
    return bks_markdown_import (text, title, limits, cancellable, error);
  return bks_plain_import (text, title, limits, cancellable, error);
}

static gboolean
check_file (GFile         *file,
            const char    *name,
            BksLimits     *limits,
            GCancellable  *cancellable,
            GError       **error)
{
  g_autoptr(GError) local_error = NULL;
  g_autoptr(GFileInfo) info = NULL;

  info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_TYPE "," G_FILE_ATTRIBUTE_STANDARD_SIZE,
                            G_FILE_QUERY_INFO_NONE, cancellable, &local_error);
  if (info == NULL)
    {
      g_propagate_error (error, bks_error_normalize (local_error, NULL));
      return FALSE;
    }

  switch (g_file_info_get_file_type (info))
    {
    case G_FILE_TYPE_REGULAR:
      return check_size (g_file_info_get_size (info), name, limits, error);

    case G_FILE_TYPE_DIRECTORY:
      g_set_error (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT, "%s is a folder: choose a file in it", name);
      return FALSE;

    case G_FILE_TYPE_SPECIAL:
    case G_FILE_TYPE_SYMBOLIC_LINK:
    case G_FILE_TYPE_SHORTCUT:
    case G_FILE_TYPE_MOUNTABLE:
    case G_FILE_TYPE_UNKNOWN:
    default:
      g_set_error (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT, "%s is not a regular file: choose a text file", name);
      return FALSE;
    }
}

/* Not g_file_load_contents(): a file that grows while it is read must not grow
 * over the limit. */
static GBytes *
read_file (GFile         *file,
           const char    *name,
           BksLimits     *limits,
           GCancellable  *cancellable,
           GError       **error)
{
  g_autoptr(GByteArray) content = g_byte_array_new ();
  g_autoptr(GFileInputStream) stream = NULL;
  g_autoptr(GError) local_error = NULL;
  g_autofree guint8 *buffer = g_malloc (READ_BYTES);
  gssize n = -1;

  stream = g_file_read (file, cancellable, &local_error);
  while (stream != NULL)
    {
      n = g_input_stream_read (G_INPUT_STREAM (stream), buffer, READ_BYTES, cancellable, &local_error);
      if (n <= 0)
        break;
      g_byte_array_append (content, buffer, n);
      if (!check_size (content->len, name, limits, error))
        return NULL;
    }
  if (n < 0)
    {
      g_propagate_error (error, bks_error_normalize (local_error, NULL));
      return NULL;
    }
  return g_byte_array_free_to_bytes (g_steal_pointer (&content));
}

/**
 * bks_document_import_file:
 * @file: a file
 * @limits: the limits
 * @cancellable: (nullable): looked at now and then
 * @error: return location
 *
 * Reads a plain-text or Markdown file into a document. Blocks: call it on a
 * worker thread.
 *
 * Returns: (transfer full): the document; %NULL with the errors of
 *   bks_document_import_bytes(), and those of reading a file
 */
BksDocument *
bks_document_import_file (GFile         *file,
                          BksLimits     *limits,
                          GCancellable  *cancellable,
                          GError       **error)
{
  g_autofree char *basename = NULL;
  g_autofree char *name = NULL;
  g_autoptr(GBytes) bytes = NULL;

  g_return_val_if_fail (G_IS_FILE (file) && limits != NULL, NULL);

  basename = g_file_get_basename (file);
  name = g_utf8_make_valid (basename != NULL ? basename : "", -1);
  if (!check_file (file, name, limits, cancellable, error))
    return NULL;
  bytes = read_file (file, name, limits, cancellable, error);
  if (bytes == NULL)
    return NULL;
  return bks_document_import_bytes (bytes, name, limits, cancellable, error);
}
