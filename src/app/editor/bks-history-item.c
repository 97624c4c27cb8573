/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-history-item.h"
#include "bks-wording.h"

struct _BksHistoryItem
{
  GObject parent_instance;

  BksRevision *revision;
};

G_DEFINE_FINAL_TYPE (BksHistoryItem, bks_history_item, G_TYPE_OBJECT)

static const struct
{
  const char *cause;
  const char *wording;
} causes[] = {
  { BKS_KEEP_TYPING, N_("while writing") },
  { BKS_KEEP_ASKED, N_("saved by you") },
  { BKS_KEEP_SNAPSHOT, N_("snapshot") },
  { BKS_KEEP_DRAFT, N_("before an AI draft") },
  { BKS_KEEP_REPLACE, N_("before another program’s text") },
  { BKS_KEEP_IMPORT, N_("before an import") },
  { BKS_KEEP_MERGE, N_("before a merge") },
  { BKS_KEEP_RESTORE, N_("before an earlier text came back") },
  { BKS_KEEP_RESCUE, N_("rescued: it had not been saved") },
};

static void
bks_history_item_finalize (GObject *object)
{
  g_clear_pointer (&BKS_HISTORY_ITEM (object)->revision, bks_revision_unref);

  G_OBJECT_CLASS (bks_history_item_parent_class)->finalize (object);
}

static void
bks_history_item_class_init (BksHistoryItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_history_item_finalize;
}

static void
bks_history_item_init (BksHistoryItem *self)
{
}

/**
 * bks_history_item_new:
 * @revision: an earlier text
 *
 * Returns: (transfer full): an item for a list
 */
BksHistoryItem *
bks_history_item_new (BksRevision *revision)
{
  BksHistoryItem *self = g_object_new (BKS_TYPE_HISTORY_ITEM, NULL);

  self->revision = bks_revision_ref (revision);
  return self;
}

/**
 * bks_history_item_get_revision:
 * @self: an item
 *
 * Returns: (transfer none): the earlier text
 */
BksRevision *
bks_history_item_get_revision (BksHistoryItem *self)
{
  g_return_val_if_fail (BKS_IS_HISTORY_ITEM (self), NULL);

  return self->revision;
}

/**
 * bks_history_item_dup_when:
 * @self: an item
 *
 * Returns: (transfer full): the name of its snapshot, or when it was written: "28 November, 14:05"
 */
char *
bks_history_item_dup_when (BksHistoryItem *self)
{
  g_autofree char *date = NULL;
  g_autofree char *time = NULL;

  g_return_val_if_fail (BKS_IS_HISTORY_ITEM (self), NULL);

  date = bks_wording_date (self->revision->at);
  time = bks_wording_time (self->revision->at);
  /* Translators: a day and a time of it */
  return g_strdup_printf (_("%s, %s"), date, time);
}

/**
 * bks_history_item_dup_what:
 * @self: an item
 *
 * Returns: (transfer full): how long it is and why it was kept: "1,053 words · while writing"
 */
char *
bks_history_item_dup_what (BksHistoryItem *self)
{
  g_autofree char *words = NULL;
  const char *cause = self->revision->cause;

  g_return_val_if_fail (BKS_IS_HISTORY_ITEM (self), NULL);

  words = bks_wording_words (self->revision->words);
  for (guint i = 0; i < G_N_ELEMENTS (causes); i++)
    if (g_str_equal (cause, causes[i].cause))
      return g_strdup_printf ("%s · %s", words, _(causes[i].wording));
  return g_steal_pointer (&words);
}
