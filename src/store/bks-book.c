/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-book.h"

/**
 * BksBook:
 *
 * What the library knows of one book. A value that the store makes; an object,
 * so that lists can show it and follow its changes.
 */
struct _BksBook
{
  GObject  parent_instance;

  char    *id;
  char    *title;
  char    *author;
  char    *language;
  gint64   words;
  gint64   created_at;
  gint64   updated_at;
  gint64   opened_at;
  gint64   daily_goal; /* the library's list does not know it */
  gboolean local_only;
};

G_DEFINE_FINAL_TYPE (BksBook, bks_book, G_TYPE_OBJECT)

typedef enum
{
  PROP_ID = 1,
  PROP_TITLE,
  PROP_AUTHOR,
  PROP_LANGUAGE,
  PROP_WORDS,
  PROP_CREATED_AT,
  PROP_UPDATED_AT,
  PROP_OPENED_AT,
  PROP_DAILY_GOAL,
  PROP_LOCAL_ONLY,
} Property;

static GParamSpec *properties[PROP_LOCAL_ONLY + 1];

static void
bks_book_finalize (GObject *object)
{
  BksBook *self = BKS_BOOK (object);

  g_free (self->id);
  g_free (self->title);
  g_free (self->author);
  g_free (self->language);
  G_OBJECT_CLASS (bks_book_parent_class)->finalize (object);
}

static void
bks_book_get_property (GObject    *object,
                       guint       prop_id,
                       GValue     *value,
                       GParamSpec *pspec)
{
  BksBook *self = BKS_BOOK (object);

  switch ((Property) prop_id)
    {
    case PROP_ID: g_value_set_string (value, self->id); break;
    case PROP_TITLE: g_value_set_string (value, self->title); break;
    case PROP_AUTHOR: g_value_set_string (value, self->author); break;
    case PROP_LANGUAGE: g_value_set_string (value, self->language); break;
    case PROP_WORDS: g_value_set_int64 (value, self->words); break;
    case PROP_CREATED_AT: g_value_set_int64 (value, self->created_at); break;
    case PROP_UPDATED_AT: g_value_set_int64 (value, self->updated_at); break;
    case PROP_DAILY_GOAL: g_value_set_int64 (value, self->daily_goal); break;
    case PROP_OPENED_AT: g_value_set_int64 (value, self->opened_at); break;
    case PROP_LOCAL_ONLY: g_value_set_boolean (value, self->local_only); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
set_string (BksBook    *self,
            char      **field,
            const char *value,
            Property    property)
{
  if (g_set_str (field, value))
    g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

static void
set_int64 (BksBook  *self,
           gint64   *field,
           gint64    value,
           Property  property)
{
  if (*field == value)
    return;
  *field = value;
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

static void
bks_book_set_property (GObject      *object,
                       guint         prop_id,
                       const GValue *value,
                       GParamSpec   *pspec)
{
  BksBook *self = BKS_BOOK (object);
  const char *text = G_VALUE_HOLDS_STRING (value) ? g_value_get_string (value) : NULL;

  switch ((Property) prop_id)
    {
    case PROP_ID: g_set_str (&self->id, text); break;
    case PROP_TITLE: set_string (self, &self->title, text, PROP_TITLE); break;
    case PROP_AUTHOR: set_string (self, &self->author, text != NULL ? text : "", PROP_AUTHOR); break;
    case PROP_LANGUAGE: set_string (self, &self->language, text, PROP_LANGUAGE); break;
    case PROP_WORDS: set_int64 (self, &self->words, g_value_get_int64 (value), PROP_WORDS); break;
    case PROP_CREATED_AT: set_int64 (self, &self->created_at, g_value_get_int64 (value), PROP_CREATED_AT); break;
    case PROP_UPDATED_AT: set_int64 (self, &self->updated_at, g_value_get_int64 (value), PROP_UPDATED_AT); break;
    case PROP_DAILY_GOAL: set_int64 (self, &self->daily_goal, g_value_get_int64 (value), PROP_DAILY_GOAL); break;
    case PROP_OPENED_AT: set_int64 (self, &self->opened_at, g_value_get_int64 (value), PROP_OPENED_AT); break;
    case PROP_LOCAL_ONLY:
      if (self->local_only == g_value_get_boolean (value))
        break;
      self->local_only = g_value_get_boolean (value);
      g_object_notify_by_pspec (object, properties[PROP_LOCAL_ONLY]);
      break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static GParamSpec *
count_property (const char *name)
{
  return g_param_spec_int64 (name, NULL, NULL, 0, G_MAXINT64, 0,
                             G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
}

static GParamSpec *
text_property (const char *name,
               const char *initial)
{
  return g_param_spec_string (name, NULL, NULL, initial,
                              G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
}

static void
bks_book_class_init (BksBookClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = bks_book_finalize;
  object_class->get_property = bks_book_get_property;
  object_class->set_property = bks_book_set_property;

  properties[PROP_ID] = g_param_spec_string ("id", NULL, NULL, NULL,
                                             G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  properties[PROP_TITLE] = text_property ("title", "");
  properties[PROP_AUTHOR] = text_property ("author", "");
  properties[PROP_LANGUAGE] = text_property ("language", "en");
  properties[PROP_WORDS] = count_property ("words");
  properties[PROP_CREATED_AT] = count_property ("created-at");
  properties[PROP_UPDATED_AT] = count_property ("updated-at");
  properties[PROP_OPENED_AT] = count_property ("opened-at");
  properties[PROP_DAILY_GOAL] = count_property ("daily-goal");
  properties[PROP_LOCAL_ONLY] = g_param_spec_boolean ("local-only", NULL, NULL, FALSE,
                                                      G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
bks_book_init (BksBook *self)
{
}

/**
 * bks_book_new:
 * @id: its id
 *
 * Returns: (transfer full): a book without a title
 */
BksBook *
bks_book_new (const char *id)
{
  return g_object_new (BKS_TYPE_BOOK, "id", id, NULL);
}

/**
 * bks_book_get_id:
 * @self: a book
 *
 * Returns: (transfer none): its id, which never changes
 */
const char *
bks_book_get_id (BksBook *self)
{
  g_return_val_if_fail (BKS_IS_BOOK (self), NULL);

  return self->id;
}

/**
 * bks_book_get_title:
 * @self: a book
 *
 * Returns: (transfer none): its title
 */
const char *
bks_book_get_title (BksBook *self)
{
  g_return_val_if_fail (BKS_IS_BOOK (self), NULL);

  return self->title;
}

/**
 * bks_book_get_author:
 * @self: a book
 *
 * Returns: (transfer none): its author, "" if unknown
 */
const char *
bks_book_get_author (BksBook *self)
{
  g_return_val_if_fail (BKS_IS_BOOK (self), NULL);

  return self->author;
}

/**
 * bks_book_get_language:
 * @self: a book
 *
 * Returns: (transfer none): a BCP 47 tag
 */
const char *
bks_book_get_language (BksBook *self)
{
  g_return_val_if_fail (BKS_IS_BOOK (self), NULL);

  return self->language;
}

/**
 * bks_book_get_words:
 * @self: a book
 *
 * Returns: how many words it has
 */
gint64
bks_book_get_words (BksBook *self)
{
  g_return_val_if_fail (BKS_IS_BOOK (self), 0);

  return self->words;
}

/**
 * bks_book_get_created_at:
 * @self: a book
 *
 * Returns: epoch milliseconds
 */
gint64
bks_book_get_created_at (BksBook *self)
{
  g_return_val_if_fail (BKS_IS_BOOK (self), 0);

  return self->created_at;
}

/**
 * bks_book_get_updated_at:
 * @self: a book
 *
 * Returns: epoch milliseconds of the last change of text or structure
 */
gint64
bks_book_get_updated_at (BksBook *self)
{
  g_return_val_if_fail (BKS_IS_BOOK (self), 0);

  return self->updated_at;
}

/**
 * bks_book_get_opened_at:
 * @self: a book
 *
 * Returns: epoch milliseconds when it was last opened for writing, 0 for never
 */
gint64
bks_book_get_opened_at (BksBook *self)
{
  g_return_val_if_fail (BKS_IS_BOOK (self), 0);

  return self->opened_at;
}

/**
 * bks_book_get_daily_goal:
 * @self: the book of an open session; the library's list does not know it
 *
 * Returns: how many words the author means to write in a day, 0 for no goal
 */
gint64
bks_book_get_daily_goal (BksBook *self)
{
  g_return_val_if_fail (BKS_IS_BOOK (self), 0);

  return self->daily_goal;
}

/**
 * bks_book_get_local_only:
 * @self: a book
 *
 * Returns: whether its text may only be sent to models on this machine
 */
gboolean
bks_book_get_local_only (BksBook *self)
{
  g_return_val_if_fail (BKS_IS_BOOK (self), FALSE);

  return self->local_only;
}

/**
 * bks_book_assign:
 * @self: a book
 * @other: the same book, read later
 *
 * Takes over everything of @other, notifying what changed.
 */
void
bks_book_assign (BksBook *self,
                 BksBook *other)
{
  g_return_if_fail (BKS_IS_BOOK (self) && BKS_IS_BOOK (other));
  g_return_if_fail (g_str_equal (self->id, other->id));

  g_object_set (self,
                "title", other->title, "author", other->author, "language", other->language,
                "words", other->words, "created-at", other->created_at, "updated-at", other->updated_at,
                "opened-at", other->opened_at, "local-only", other->local_only,
                NULL);
}
