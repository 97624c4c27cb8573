/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

#include "config.h"

#include <string.h>

#include "bks-document.h"

G_DEFINE_BOXED_TYPE (BksSection, bks_section, bks_section_copy, bks_section_free)
G_DEFINE_BOXED_TYPE (BksDocument, bks_document, bks_document_ref, bks_document_unref)

static const char *const kind_names[] = {
  [BKS_SECTION_PART] = "part",
  [BKS_SECTION_CHAPTER] = "chapter",
  [BKS_SECTION_SCENE] = "scene",
  [BKS_SECTION_FRONT_MATTER] = "front-matter",
  [BKS_SECTION_BACK_MATTER] = "back-matter",
};

/* A title is one line wherever it is shown. */
static char *
title_from_text (const char *text)
{
  char *title = g_utf8_make_valid (text != NULL ? text : "", -1);

  for (char *at = title; *at != '\0'; at++)
    if (*at == '\n' || *at == '\r')
      *at = ' ';
  return g_strstrip (title);
}

/**
 * bks_section_new:
 * @kind: what it is
 * @depth: 0 at the top
 * @title: (nullable): plain text
 * @text: (nullable): CommonMark
 *
 * Returns: (transfer full): a section; what is not UTF-8 is replaced by U+FFFD
 */
BksSection *
bks_section_new (BksSectionKind  kind,
                 guint           depth,
                 const char     *title,
                 const char     *text)
{
  BksSection *self = g_new0 (BksSection, 1);

  self->kind = kind;
  self->depth = depth;
  self->title = title_from_text (title);
  self->text = g_utf8_make_valid (text != NULL ? text : "", -1);
  return self;
}

/**
 * bks_section_copy:
 * @self: a section
 *
 * Returns: (transfer full): a copy
 */
BksSection *
bks_section_copy (BksSection *self)
{
  return bks_section_new (self->kind, self->depth, self->title, self->text);
}

/**
 * bks_section_free:
 * @self: (transfer full): a section
 */
void
bks_section_free (BksSection *self)
{
  g_free (self->title);
  g_free (self->text);
  g_free (self);
}

/**
 * bks_section_kind_to_string:
 * @kind: a kind
 *
 * Returns: (transfer none): its name in files and on the wire, for example "front-matter"
 */
const char *
bks_section_kind_to_string (BksSectionKind kind)
{
  g_return_val_if_fail ((guint) kind < G_N_ELEMENTS (kind_names), NULL);

  return kind_names[kind];
}

/**
 * bks_section_kind_from_string:
 * @text: a name
 * @kind: (out): the kind of that name
 *
 * Returns: whether there is such a kind
 */
gboolean
bks_section_kind_from_string (const char     *text,
                              BksSectionKind *kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (kind_names); i++)
    if (strcmp (text, kind_names[i]) == 0)
      {
        *kind = i;
        return TRUE;
      }
  return FALSE;
}

/**
 * bks_document_new:
 * @title: (nullable): plain text
 * @author: (nullable): plain text
 * @language: (nullable): BCP 47
 *
 * Returns: (transfer full): a document without sections
 */
BksDocument *
bks_document_new (const char *title,
                  const char *author,
                  const char *language)
{
  BksDocument *self = g_atomic_rc_box_new0 (BksDocument);

  self->title = title_from_text (title);
  self->author = title_from_text (author);
  self->language = title_from_text (language);
  self->date = g_strdup ("");
  self->sections = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_section_free);
  return self;
}

/**
 * bks_document_ref:
 * @self: a document
 *
 * Returns: (transfer full): @self
 */
BksDocument *
bks_document_ref (BksDocument *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  BksDocument *self = data;

  g_free (self->title);
  g_free (self->author);
  g_free (self->language);
  g_free (self->date);
  g_ptr_array_unref (self->sections);
}

/**
 * bks_document_unref:
 * @self: (transfer full): a document
 */
void
bks_document_unref (BksDocument *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

/**
 * bks_document_add:
 * @self: a document
 * @kind: what the section is
 * @depth: 0 at the top
 * @title: (nullable): plain text
 * @text: (nullable): CommonMark
 *
 * Returns: (transfer none): the section, put after the last one
 */
BksSection *
bks_document_add (BksDocument    *self,
                  BksSectionKind  kind,
                  guint           depth,
                  const char     *title,
                  const char     *text)
{
  BksSection *section = bks_section_new (kind, depth, title, text);

  g_ptr_array_add (self->sections, section);
  return section;
}
