/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

typedef enum
{
  BKS_SECTION_PART,
  BKS_SECTION_CHAPTER,
  BKS_SECTION_SCENE,
  BKS_SECTION_FRONT_MATTER,
  BKS_SECTION_BACK_MATTER,
} BksSectionKind;

#define BKS_TYPE_SECTION (bks_section_get_type ())

/**
 * BksSection:
 * @kind: what it is
 * @depth: 0 at the top; a section belongs to the last one before it of smaller depth
 * @title: plain text on one line; "" if it has none
 * @text: CommonMark, without its own heading; may be ""
 */
typedef struct
{
  BksSectionKind  kind;
  guint           depth;
  char           *title;
  char           *text;
} BksSection;

#define BKS_TYPE_DOCUMENT (bks_document_get_type ())

/**
 * BksDocument:
 * @title: "" if unknown
 * @author: "" if unknown
 * @language: BCP 47; "" if unknown
 * @date: when it was first published, as far as it is said ("1814"); "" if unknown
 * @sections: (element-type BksSection): in reading order
 *
 * A book on its way in or out of a file. Made by one thread, then not changed
 * any more, so that any thread may read it.
 */
typedef struct
{
  char      *title;
  char      *author;
  char      *language;
  char      *date;
  GPtrArray *sections;
} BksDocument;

GType        bks_section_get_type              (void);
BksSection  *bks_section_new                   (BksSectionKind  kind,
                                                guint           depth,
                                                const char     *title,
                                                const char     *text);
BksSection  *bks_section_copy                  (BksSection     *self);
void         bks_section_free                  (BksSection     *self);
const char  *bks_section_kind_to_string        (BksSectionKind  kind);
gboolean     bks_section_kind_from_string      (const char     *text,
                                                BksSectionKind *kind);

GType        bks_document_get_type             (void);
BksDocument *bks_document_new                  (const char     *title,
                                                const char     *author,
                                                const char     *language);
BksDocument *bks_document_ref                  (BksDocument    *self);
void         bks_document_unref                (BksDocument    *self);
BksSection  *bks_document_add                  (BksDocument    *self,
                                                BksSectionKind  kind,
                                                guint           depth,
                                                const char     *title,
                                                const char     *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksSection, bks_section_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksDocument, bks_document_unref)

G_END_DECLS
