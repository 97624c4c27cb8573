/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-node.h"

/**
 * BksNode:
 *
 * One node of the binder: a part, chapter, scene or page of notes. A value
 * that the store makes and the book session keeps up to date; its children
 * are a live list.
 */
struct _BksNode
{
  GObject        parent_instance;

  char          *id;
  char          *parent_id;
  BksNodeKind    kind;
  char          *title;
  BksNodeStatus  status;
  char          *synopsis;     /* never NULL */
  gint64         target_words; /* 0: none */
  gint64         words;
  gint64         total_words;
  gint64         revision;
  guint          depth;
  GListStore    *children;
};

G_DEFINE_FINAL_TYPE (BksNode, bks_node, G_TYPE_OBJECT)

typedef enum
{
  PROP_ID = 1,
  PROP_KIND,
  PROP_TITLE,
  PROP_STATUS,
  PROP_SYNOPSIS,
  PROP_TARGET_WORDS,
  PROP_WORDS,
  PROP_TOTAL_WORDS,
  PROP_REVISION,
  PROP_DEPTH,
} Property;

static GParamSpec *properties[PROP_DEPTH + 1];

static const char *const kind_names[] = {
  [BKS_NODE_PART] = "part",
  [BKS_NODE_CHAPTER] = "chapter",
  [BKS_NODE_SCENE] = "scene",
  [BKS_NODE_FRONT_MATTER] = "front-matter",
  [BKS_NODE_BACK_MATTER] = "back-matter",
  [BKS_NODE_NOTE] = "note",
};

static const char *const status_names[BKS_N_STATUSES] = {
  [BKS_STATUS_NONE] = "none",
  [BKS_STATUS_TODO] = "todo",
  [BKS_STATUS_DRAFT] = "draft",
  [BKS_STATUS_REVISED] = "revised",
  [BKS_STATUS_DONE] = "done",
};

static void
bks_node_finalize (GObject *object)
{
  BksNode *self = BKS_NODE (object);

  g_free (self->id);
  g_free (self->parent_id);
  g_free (self->title);
  g_free (self->synopsis);
  g_object_unref (self->children);
  G_OBJECT_CLASS (bks_node_parent_class)->finalize (object);
}

static void
bks_node_get_property (GObject    *object,
                       guint       prop_id,
                       GValue     *value,
                       GParamSpec *pspec)
{
  BksNode *self = BKS_NODE (object);

  switch ((Property) prop_id)
    {
    case PROP_ID: g_value_set_string (value, self->id); break;
    case PROP_KIND: g_value_set_int (value, (int) self->kind); break;
    case PROP_TITLE: g_value_set_string (value, self->title); break;
    case PROP_STATUS: g_value_set_int (value, (int) self->status); break;
    case PROP_SYNOPSIS: g_value_set_string (value, self->synopsis); break;
    case PROP_TARGET_WORDS: g_value_set_int64 (value, self->target_words); break;
    case PROP_WORDS: g_value_set_int64 (value, self->words); break;
    case PROP_TOTAL_WORDS: g_value_set_int64 (value, self->total_words); break;
    case PROP_REVISION: g_value_set_int64 (value, self->revision); break;
    case PROP_DEPTH: g_value_set_uint (value, self->depth); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
bks_node_class_init (BksNodeClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = bks_node_finalize;
  object_class->get_property = bks_node_get_property;

  properties[PROP_ID] = g_param_spec_string ("id", NULL, NULL, NULL, flags);
  properties[PROP_KIND] = g_param_spec_int ("kind", NULL, NULL, 0, BKS_NODE_NOTE, 0, flags);
  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, "", flags);
  properties[PROP_STATUS] = g_param_spec_int ("status", NULL, NULL, 0, BKS_STATUS_DONE, 0, flags);
  properties[PROP_SYNOPSIS] = g_param_spec_string ("synopsis", NULL, NULL, "", flags);
  properties[PROP_TARGET_WORDS] = g_param_spec_int64 ("target-words", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_WORDS] = g_param_spec_int64 ("words", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_TOTAL_WORDS] = g_param_spec_int64 ("total-words", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_REVISION] = g_param_spec_int64 ("revision", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_DEPTH] = g_param_spec_uint ("depth", NULL, NULL, 0, G_MAXUINT, 0, flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
bks_node_init (BksNode *self)
{
  self->synopsis = g_strdup ("");
  self->children = g_list_store_new (BKS_TYPE_NODE);
}

/**
 * bks_node_new:
 * @id: its id
 * @kind: what it is
 * @title: its title, may be ""
 *
 * Returns: (transfer full): a node without text or children
 */
BksNode *
bks_node_new (const char  *id,
              BksNodeKind  kind,
              const char  *title)
{
  BksNode *self = g_object_new (BKS_TYPE_NODE, NULL);

  self->id = g_strdup (id);
  self->kind = kind;
  self->title = g_strdup (title);
  return self;
}

/**
 * bks_node_get_id:
 * @self: a node
 *
 * Returns: (transfer none): its id, which never changes
 */
const char *
bks_node_get_id (BksNode *self)
{
  g_return_val_if_fail (BKS_IS_NODE (self), NULL);

  return self->id;
}

/**
 * bks_node_get_parent_id:
 * @self: a node
 *
 * Returns: (transfer none) (nullable): its parent's id, %NULL at the top
 */
const char *
bks_node_get_parent_id (BksNode *self)
{
  g_return_val_if_fail (BKS_IS_NODE (self), NULL);

  return self->parent_id;
}

/**
 * bks_node_get_kind:
 * @self: a node
 *
 * Returns: what it is
 */
BksNodeKind
bks_node_get_kind (BksNode *self)
{
  g_return_val_if_fail (BKS_IS_NODE (self), BKS_NODE_CHAPTER);

  return self->kind;
}

/**
 * bks_node_get_title:
 * @self: a node
 *
 * Returns: (transfer none): its title, may be ""
 */
const char *
bks_node_get_title (BksNode *self)
{
  g_return_val_if_fail (BKS_IS_NODE (self), NULL);

  return self->title;
}

/**
 * bks_node_get_status:
 * @self: a node
 *
 * Returns: how far the author is with it
 */
BksNodeStatus
bks_node_get_status (BksNode *self)
{
  g_return_val_if_fail (BKS_IS_NODE (self), BKS_STATUS_NONE);

  return self->status;
}

/**
 * bks_node_get_synopsis:
 * @self: a node
 *
 * Returns: (transfer none): what it is about, in the author's words; several lines, "" for none
 */
const char *
bks_node_get_synopsis (BksNode *self)
{
  g_return_val_if_fail (BKS_IS_NODE (self), NULL);

  return self->synopsis;
}

/**
 * bks_node_get_target_words:
 * @self: a node
 *
 * Returns: how many words it is to have with all below it, 0 if that is open
 */
gint64
bks_node_get_target_words (BksNode *self)
{
  g_return_val_if_fail (BKS_IS_NODE (self), 0);

  return self->target_words;
}

/**
 * bks_node_get_words:
 * @self: a node
 *
 * Returns: the words of its own text
 */
gint64
bks_node_get_words (BksNode *self)
{
  g_return_val_if_fail (BKS_IS_NODE (self), 0);

  return self->words;
}

/**
 * bks_node_get_total_words:
 * @self: a node
 *
 * Returns: its own words and those of all nodes below it
 */
gint64
bks_node_get_total_words (BksNode *self)
{
  g_return_val_if_fail (BKS_IS_NODE (self), 0);

  return self->total_words;
}

/**
 * bks_node_get_revision:
 * @self: a node
 *
 * Returns: a number that grows with every saved text
 */
gint64
bks_node_get_revision (BksNode *self)
{
  g_return_val_if_fail (BKS_IS_NODE (self), 0);

  return self->revision;
}

/**
 * bks_node_get_depth:
 * @self: a node
 *
 * Returns: 0 at the top
 */
guint
bks_node_get_depth (BksNode *self)
{
  g_return_val_if_fail (BKS_IS_NODE (self), 0);

  return self->depth;
}

/**
 * bks_node_get_children:
 * @self: a node
 *
 * Returns: (transfer none): its children in order, a live #GListStore of #BksNode
 */
GListModel *
bks_node_get_children (BksNode *self)
{
  g_return_val_if_fail (BKS_IS_NODE (self), NULL);

  return G_LIST_MODEL (self->children);
}

/**
 * bks_node_set_parent_id:
 * @self: a node
 * @parent_id: (nullable): where it hangs now
 */
void
bks_node_set_parent_id (BksNode    *self,
                        const char *parent_id)
{
  g_return_if_fail (BKS_IS_NODE (self));

  g_set_str (&self->parent_id, parent_id);
}

/**
 * bks_node_set_title:
 * @self: a node
 * @title: its title now
 */
void
bks_node_set_title (BksNode    *self,
                    const char *title)
{
  g_return_if_fail (BKS_IS_NODE (self));

  if (g_set_str (&self->title, title))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TITLE]);
}

/**
 * bks_node_set_status:
 * @self: a node
 * @status: how far the author is with it now
 */
void
bks_node_set_status (BksNode       *self,
                     BksNodeStatus  status)
{
  g_return_if_fail (BKS_IS_NODE (self));

  if (self->status == status)
    return;
  self->status = status;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATUS]);
}

/**
 * bks_node_set_synopsis:
 * @self: a node
 * @synopsis: what it is about, "" for nothing said
 */
void
bks_node_set_synopsis (BksNode    *self,
                       const char *synopsis)
{
  g_return_if_fail (BKS_IS_NODE (self) && synopsis != NULL);

  if (g_set_str (&self->synopsis, synopsis))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SYNOPSIS]);
}

/**
 * bks_node_set_target_words:
 * @self: a node
 * @words: how many words it is to have, 0 to leave that open
 */
void
bks_node_set_target_words (BksNode *self,
                           gint64   words)
{
  g_return_if_fail (BKS_IS_NODE (self));

  if (self->target_words == words)
    return;
  self->target_words = words;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TARGET_WORDS]);
}

/**
 * bks_node_set_text_facts:
 * @self: a node
 * @words: the words of its text now
 * @revision: the number of its text now
 */
void
bks_node_set_text_facts (BksNode *self,
                         gint64   words,
                         gint64   revision)
{
  g_return_if_fail (BKS_IS_NODE (self));

  if (self->words != words)
    {
      self->words = words;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_WORDS]);
    }
  if (self->revision != revision)
    {
      self->revision = revision;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_REVISION]);
    }
}

/**
 * bks_node_update_tree:
 * @self: a node
 * @depth: how deep it hangs
 *
 * Brings depth and sums up to date, here and below.
 */
void
bks_node_update_tree (BksNode *self,
                      guint    depth)
{
  gint64 total;
  guint n;

  g_return_if_fail (BKS_IS_NODE (self));

  n = g_list_model_get_n_items (G_LIST_MODEL (self->children));
  total = self->words;
  for (guint i = 0; i < n; i++)
    {
      g_autoptr(BksNode) child = g_list_model_get_item (G_LIST_MODEL (self->children), i);

      bks_node_update_tree (child, depth + 1);
      total += child->total_words;
    }
  if (self->depth != depth)
    {
      self->depth = depth;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DEPTH]);
    }
  if (self->total_words != total)
    {
      self->total_words = total;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TOTAL_WORDS]);
    }
}

/**
 * bks_node_kind_to_string:
 * @kind: a kind
 *
 * Returns: (transfer none): its name in files and answers
 */
const char *
bks_node_kind_to_string (BksNodeKind kind)
{
  g_return_val_if_fail (kind < G_N_ELEMENTS (kind_names), NULL);

  return kind_names[kind];
}

/**
 * bks_node_kind_from_string:
 * @text: (nullable): a name
 * @kind: (out): what it names
 *
 * Returns: whether @text is a kind's name
 */
gboolean
bks_node_kind_from_string (const char  *text,
                           BksNodeKind *kind)
{
  for (guint i = 0; text != NULL && i < G_N_ELEMENTS (kind_names); i++)
    if (g_str_equal (text, kind_names[i]))
      {
        *kind = i;
        return TRUE;
      }
  return FALSE;
}

/**
 * bks_node_status_to_string:
 * @status: a status
 *
 * Returns: (transfer none): its name in files and answers
 */
const char *
bks_node_status_to_string (BksNodeStatus status)
{
  g_return_val_if_fail (status < BKS_N_STATUSES, NULL);

  return status_names[status];
}

/**
 * bks_node_status_from_string:
 * @text: (nullable): a name
 * @status: (out): what it names
 *
 * Returns: whether @text is a status's name
 */
gboolean
bks_node_status_from_string (const char    *text,
                             BksNodeStatus *status)
{
  for (guint i = 0; text != NULL && i < BKS_N_STATUSES; i++)
    if (g_str_equal (text, status_names[i]))
      {
        *status = i;
        return TRUE;
      }
  return FALSE;
}
