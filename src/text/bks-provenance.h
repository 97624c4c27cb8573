/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * BksOrigin:
 *
 * Where a passage of the text came from. Stored and shown by name: "typed",
 * "pasted", "imported", "ai-inserted", "ai-edited".
 */
typedef enum
{
  BKS_ORIGIN_TYPED,
  BKS_ORIGIN_PASTED,
  BKS_ORIGIN_IMPORTED,
  BKS_ORIGIN_AI_INSERTED,
  BKS_ORIGIN_AI_EDITED,
} BksOrigin;

#define BKS_N_ORIGINS (BKS_ORIGIN_AI_EDITED + 1)

/**
 * BksProvenanceSpan:
 * @start: first byte
 * @end: the byte after the last
 * @origin: where it came from, never %BKS_ORIGIN_TYPED
 * @run: (nullable): the AI run or draft it came from
 */
typedef struct
{
  gsize     start;
  gsize     end;
  BksOrigin origin;
  char     *run;
} BksProvenanceSpan;

#define BKS_TYPE_PROVENANCE (bks_provenance_get_type ())

/**
 * BksProvenance:
 *
 * Where the parts of one text came from. What no span covers was typed.
 */
typedef struct _BksProvenance BksProvenance;

GType                    bks_provenance_get_type      (void);
BksProvenance           *bks_provenance_new           (void);
BksProvenance           *bks_provenance_ref           (BksProvenance       *self);
void                     bks_provenance_unref         (BksProvenance       *self);
BksProvenance           *bks_provenance_from_string   (const char          *text,
                                                       gsize                length);
char                    *bks_provenance_to_string     (BksProvenance       *self);
guint                    bks_provenance_get_n_spans   (BksProvenance       *self);
const BksProvenanceSpan *bks_provenance_get_span      (BksProvenance       *self,
                                                       guint                index);
void                     bks_provenance_mark          (BksProvenance       *self,
                                                       gsize                start,
                                                       gsize                end,
                                                       BksOrigin            origin,
                                                       const char          *run);
BksProvenance           *bks_provenance_follow        (BksProvenance       *self,
                                                       const char          *old_text,
                                                       const char          *new_text,
                                                       BksOrigin            origin);
gboolean                 bks_provenance_mark_passage  (BksProvenance       *self,
                                                       const char          *old_text,
                                                       const char          *new_text,
                                                       const char          *passage,
                                                       BksOrigin            origin,
                                                       const char          *run);
void                     bks_provenance_count_words   (BksProvenance       *self,
                                                       const char          *text,
                                                       gint64               words[BKS_N_ORIGINS]);
const char              *bks_origin_to_string         (BksOrigin            origin);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksProvenance, bks_provenance_unref)

G_END_DECLS
