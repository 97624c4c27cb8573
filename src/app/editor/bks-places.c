/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include "bks-places.h"

#define KEY_NODE "node"
/* No book has this id. */
#define GROUP_SESSION "session"
#define KEY_BOOK "book"

struct _BksPlaces
{
  GObject parent_instance;

  GFile      *file;
  GKeyFile   *places; /* a group a book: its node, and the caret of each node by id */
  DexPromise *loaded;
  GBytes     *wanted; /* to be written after the write that runs */
  gboolean    writing;
};

G_DEFINE_FINAL_TYPE (BksPlaces, bks_places, G_TYPE_OBJECT)

static void write_next (BksPlaces *self);

static void
written_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(BksPlaces) self = data;
  g_autoptr(GError) error = NULL;

  /* One starts at the first chapter then; nothing that was written is lost. */
  if (!g_file_replace_contents_finish (G_FILE (source), result, NULL, &error))
    g_debug ("Places are not kept: %s", error->message);
  self->writing = FALSE;
  write_next (self);
}

static void
write_next (BksPlaces *self)
{
  g_autoptr(GBytes) bytes = NULL;

  if (self->writing || self->wanted == NULL)
    return;
  bytes = g_steal_pointer (&self->wanted);
  self->writing = TRUE;
  g_file_replace_contents_bytes_async (self->file, bytes, NULL, FALSE, G_FILE_CREATE_PRIVATE, NULL, written_cb,
                                       g_object_ref (self));
}

static void
loaded_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(BksPlaces) self = data;
  g_autofree char *text = NULL;
  gsize length;

  if (g_file_load_contents_finish (G_FILE (source), result, &text, &length, NULL, NULL))
    g_key_file_load_from_data (self->places, text, length, G_KEY_FILE_NONE, NULL);
  dex_promise_resolve_boolean (self->loaded, TRUE);
}

static void
bks_places_finalize (GObject *object)
{
  BksPlaces *self = BKS_PLACES (object);

  g_clear_object (&self->file);
  g_clear_pointer (&self->places, g_key_file_unref);
  g_clear_pointer (&self->wanted, g_bytes_unref);
  dex_clear (&self->loaded);

  G_OBJECT_CLASS (bks_places_parent_class)->finalize (object);
}

static void
bks_places_class_init (BksPlacesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_places_finalize;
}

static void
bks_places_init (BksPlaces *self)
{
  self->places = g_key_file_new ();
  self->loaded = dex_promise_new ();
}

/**
 * bks_places_new:
 * @file: where they are kept; need not exist, its folder does
 *
 * Returns: (transfer full): the places, which are being read
 */
BksPlaces *
bks_places_new (GFile *file)
{
  BksPlaces *self = g_object_new (BKS_TYPE_PLACES, NULL);

  self->file = g_object_ref (file);
  g_file_load_contents_async (file, NULL, loaded_cb, g_object_ref (self));
  return self;
}

/**
 * bks_places_wait:
 * @self: the places
 *
 * Returns: (transfer full): resolves when they are read, as far as they can be
 */
DexFuture *
bks_places_wait (BksPlaces *self)
{
  g_return_val_if_fail (BKS_IS_PLACES (self), NULL);

  return dex_ref (DEX_FUTURE (self->loaded));
}

static void
save (BksPlaces *self)
{
  gsize length;
  char *text = g_key_file_to_data (self->places, &length, NULL);

  g_clear_pointer (&self->wanted, g_bytes_unref);
  self->wanted = g_bytes_new_take (text, length);
  write_next (self);
}

/**
 * bks_places_dup_book:
 * @self: the places
 *
 * Returns: (transfer full) (nullable): the book that was open when the program
 *   was left, however that went
 */
char *
bks_places_dup_book (BksPlaces *self)
{
  g_return_val_if_fail (BKS_IS_PLACES (self), NULL);

  return g_key_file_get_string (self->places, GROUP_SESSION, KEY_BOOK, NULL);
}

/**
 * bks_places_set_book:
 * @self: the places
 * @book_id: (nullable): the book one works on; %NULL in the library
 */
void
bks_places_set_book (BksPlaces  *self,
                     const char *book_id)
{
  g_autofree char *before = NULL;

  g_return_if_fail (BKS_IS_PLACES (self));

  before = bks_places_dup_book (self);
  if (g_strcmp0 (before, book_id) == 0)
    return;
  if (book_id != NULL)
    g_key_file_set_string (self->places, GROUP_SESSION, KEY_BOOK, book_id);
  else
    g_key_file_remove_group (self->places, GROUP_SESSION, NULL);
  save (self);
}

/**
 * bks_places_dup_node:
 * @self: the places
 * @book_id: a book
 *
 * Returns: (transfer full) (nullable): the node one was at
 */
char *
bks_places_dup_node (BksPlaces  *self,
                     const char *book_id)
{
  g_return_val_if_fail (BKS_IS_PLACES (self), NULL);

  return g_key_file_get_string (self->places, book_id, KEY_NODE, NULL);
}

/**
 * bks_places_get_caret:
 * @self: the places
 * @book_id: a book
 * @node_id: one of its nodes
 *
 * Returns: where the caret was in it, in characters
 */
int
bks_places_get_caret (BksPlaces  *self,
                      const char *book_id,
                      const char *node_id)
{
  g_return_val_if_fail (BKS_IS_PLACES (self), 0);

  return MAX (0, g_key_file_get_integer (self->places, book_id, node_id, NULL));
}

/**
 * bks_places_remember:
 * @self: the places
 * @book_id: a book
 * @node_id: the node one is at
 * @caret: where in it, in characters
 */
void
bks_places_remember (BksPlaces  *self,
                     const char *book_id,
                     const char *node_id,
                     int         caret)
{
  g_return_if_fail (BKS_IS_PLACES (self));

  g_key_file_set_string (self->places, book_id, KEY_NODE, node_id);
  g_key_file_set_integer (self->places, book_id, node_id, caret);
  save (self);
}
