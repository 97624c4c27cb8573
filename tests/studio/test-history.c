/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "bks-backup.h"
#include "bks-revisions.h"
#include "studio-fixture.h"

/* What is kept of a book, and by whom it is written. */

static char *
dup_book_id (Fixture *self)
{
  return g_strdup (bks_book_get_id (bks_book_session_get_book (self->session)));
}

static GPtrArray *
list_revisions (BksBookSession *session,
                const char     *node_id)
{
  return bks_test_await_boxed (bks_book_session_list_revisions (session, node_id));
}

static char *
read_text (BksBookSession *session,
           const char     *node_id)
{
  return bks_test_await_string (bks_book_session_read_text (session, node_id));
}

static void
assert_text (BksBookSession *session,
             const char     *node_id,
             const char     *expected)
{
  g_autofree char *text = read_text (session, node_id);

  g_assert_cmpstr (text, ==, expected);
}

/* Ids, titles, places and texts of all. */
static char *
describe (BksBookSession *session)
{
  g_autoptr(GPtrArray) nodes = bks_book_session_list_nodes (session);
  GString *all = g_string_new (NULL);

  for (guint i = 0; i < nodes->len; i++)
    {
      BksNode *node = g_ptr_array_index (nodes, i);
      g_autofree char *text = read_text (session, bks_node_get_id (node));
      g_autoptr(GPtrArray) revisions = list_revisions (session, bks_node_get_id (node));

      g_string_append_printf (all, "%s %u %s %u revisions: %s\n", bks_node_get_id (node), bks_node_get_depth (node),
                              bks_node_get_title (node), revisions->len, text);
    }
  return g_string_free (all, FALSE);
}

static char *
make_words (guint n,
            guint salt)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%u-%u ", salt, i);
  return g_string_free (text, FALSE);
}

/* A part with 20,000 words in scenes, each with a history. */
static char *
make_folder (Fixture        *self,
             BksBookSession *session)
{
  g_autoptr(BksNode) part = NULL;

  part = bks_test_await_object (bks_book_session_add_node (session, BKS_NODE_PART, "The Folder", NULL, 0));
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *text = make_words (1000, i);
      g_autoptr(BksNode) scene = NULL;
      g_autoptr(BksNodeSession) writer = NULL;

      scene = bks_test_await_object (bks_book_session_add_node (session, BKS_NODE_SCENE, "Scene", bks_node_get_id (part), -1));
      writer = bks_test_await_object (bks_book_session_open_node (session, bks_node_get_id (scene)));
      bks_test_await_ok (bks_node_session_set_text (writer, "A first try.", -1));
      bks_test_await_ok (bks_node_session_set_text (writer, text, -1));
    }
  return g_strdup (bks_node_get_id (part));
}

/* Everything comes back, revisions included, also when the program was ended in between. */
static void
test_delete_a_folder (Fixture       *self,
                      gconstpointer  data)
{
  gboolean restart = GPOINTER_TO_INT (data);
  g_autofree char *book_id = fixture_create_book (self, "Book");
  g_autoptr(BksBookSession) session = fixture_open (self, book_id, TRUE);
  g_autofree char *part_id = make_folder (self, session);
  g_autofree char *before = describe (session);
  g_autofree char *gone = NULL;
  g_autofree char *after = NULL;
  g_autofree char *what = NULL;

  g_assert_cmpint (bks_book_get_words (bks_book_session_get_book (session)), >=, 20000);
  bks_test_await_ok (bks_book_session_trash_node (session, part_id));
  gone = describe (session);
  g_assert_cmpstr (gone, !=, before);
  if (restart)
    {
      bks_test_await_ok (bks_book_session_close (session));
      g_clear_object (&session);
      fixture_restart (self);
      session = fixture_open (self, book_id, TRUE);
    }
  what = bks_test_await_string (bks_book_session_undo (session));
  g_assert_cmpstr (what, ==, "trash The Folder");
  after = describe (session);
  g_assert_cmpstr (after, ==, before);
  g_assert_cmpint (bks_book_get_words (bks_book_session_get_book (session)), >=, 20000);
}

static void
test_undo_and_redo (Fixture       *self,
                    gconstpointer  data)
{
  g_autofree char *book_id = fixture_create_book (self, "Book");
  g_autoptr(BksBookSession) session = fixture_open (self, book_id, TRUE);
  g_autoptr(BksNode) first = g_list_model_get_item (bks_book_session_get_nodes (session), 0);
  g_autoptr(BksNode) second = NULL;
  g_autoptr(GPtrArray) states = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (states, describe (session));
  second = bks_test_await_object (bks_book_session_add_node (session, BKS_NODE_CHAPTER, "Two", NULL, -1));
  g_ptr_array_add (states, describe (session));
  bks_test_await_ok (bks_book_session_move_node (session, bks_node_get_id (first), bks_node_get_id (second), 0));
  g_ptr_array_add (states, describe (session));
  bks_test_await_ok (bks_book_session_rename_node (session, bks_node_get_id (first), "One"));
  g_ptr_array_add (states, describe (session));
  for (guint i = states->len - 1; i-- > 0;)
    {
      g_autofree char *what = bks_test_await_string (bks_book_session_undo (session));
      g_autofree char *now = describe (session);

      g_assert_cmpstr (now, ==, g_ptr_array_index (states, i));
    }
  /* The node is the same object: whoever shows it goes on showing it. */
  g_assert_true (bks_book_session_get_node (session, bks_node_get_id (first)) == first);
  for (guint i = 1; i < states->len; i++)
    {
      g_autofree char *what = bks_test_await_string (bks_book_session_redo (session));
      g_autofree char *now = describe (session);

      g_assert_cmpstr (now, ==, g_ptr_array_index (states, i));
    }
  bks_test_await_error (bks_book_session_redo (session), BKS_ERROR_NOT_FOUND);
}

static void
replaced_cb (BksNodeSession *text,
             const char     *now,
             Fixture        *self)
{
  g_set_str (&self->page, now);
}

/* An earlier text replaces the one in the editor, and can itself be undone so. */
static void
test_restore_revision (Fixture       *self,
                       gconstpointer  data)
{
  const char *id;
  g_autoptr(GPtrArray) revisions = NULL;

  fixture_open_page (self, "The first text.");
  id = bks_node_get_id (self->node);
  g_signal_connect (self->text, "replaced", G_CALLBACK (replaced_cb), self);
  bks_test_await_ok (bks_book_session_keep_revision (self->session, id));
  fixture_type (self, "The second text.");
  bks_test_await_ok (bks_book_session_restore_revision (self->session, id, 2));
  g_assert_cmpstr (self->page, ==, "The first text.");
  fixture_assert_stored (self, "The first text.");
  revisions = list_revisions (self->session, id);
  g_assert_cmpuint (revisions->len, ==, 2);
  bks_test_await_ok (bks_book_session_restore_revision (self->session, id, 3));
  fixture_assert_stored (self, "The second text.");
}

static void
test_snapshot_of_the_book (Fixture       *self,
                           gconstpointer  data)
{
  const char *id;
  g_autofree char *snapshot = NULL;

  fixture_open_page (self, "As it was.");
  id = bks_node_get_id (self->node);
  g_signal_connect (self->text, "replaced", G_CALLBACK (replaced_cb), self);
  snapshot = bks_test_await_string (bks_book_session_add_snapshot (self->session, "  Before the change ", NULL));
  fixture_type (self, "As it is.");
  g_assert_cmpint (bks_test_await_int64 (bks_book_session_restore_snapshot (self->session, snapshot)), ==, 1);
  assert_text (self->session, id, "As it was.");
  g_assert_cmpint (bks_test_await_int64 (bks_book_session_restore_snapshot (self->session, snapshot)), ==, 0);
  bks_test_await_error (bks_book_session_add_snapshot (self->session, "  ", NULL), BKS_ERROR_INVALID_ARGUMENT);
  bks_test_await_error (bks_book_session_restore_snapshot (self->session, "none"), BKS_ERROR_NOT_FOUND);
}

static char *
get_provenance (Fixture *self)
{
  g_autoptr(BksProvenance) provenance = NULL;

  provenance = bks_test_await_boxed (bks_book_session_read_provenance (self->session, bks_node_get_id (self->node)));
  return bks_provenance_to_string (provenance);
}

/* Typed words are not marked; what was put in is, through later edits and a restart. */
static void
test_provenance (Fixture       *self,
                 gconstpointer  data)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *stored = NULL;

  fixture_open_page (self, "I wrote this.");
  bks_node_session_add_passage (self->text, " This was pasted.", BKS_ORIGIN_PASTED, NULL);
  fixture_type (self, "I wrote this. This was pasted.");
  bks_test_await_ok (bks_node_session_save (self->text));
  first = get_provenance (self);
  g_assert_cmpstr (first, ==, "13-30 pasted;");
  fixture_type (self, "Yes, I wrote this. This was pasted.");
  bks_test_await_ok (bks_node_session_save (self->text));
  second = get_provenance (self);
  g_assert_cmpstr (second, ==, "18-35 pasted;");
  stored = fixture_query_book (self, "SELECT provenance FROM texts WHERE provenance <> ''");
  g_assert_cmpstr (stored, ==, "18-35 pasted;");
}

static void
test_imported (Fixture       *self,
               gconstpointer  data)
{
  g_autoptr(BksBook) book = bks_test_await_object (bks_studio_import_sample (self->studio, NULL));
  g_autofree char *path = fixture_book_path (self, bks_book_get_id (book), "book.db");
  g_autofree char *wrong = NULL;

  wrong = fixture_query (path,
                         "SELECT count(*) FROM texts WHERE text <> '' AND"
                         " provenance <> '0-' || length (CAST (text AS BLOB)) || ' imported;'");
  g_assert_cmpstr (wrong, ==, "0");
}

/* What was typed just before an AI text is put in is a revision of its own. */
static void
test_checkpoint (Fixture       *self,
                 gconstpointer  data)
{
  g_autoptr(GPtrArray) revisions = NULL;
  g_autoptr(BksRevision) kept = NULL;

  fixture_open_page (self, "One.");
  fixture_type (self, "One. Two, typed a moment ago.");
  bks_node_session_add_checkpoint (self->text);
  bks_node_session_add_passage (self->text, " By a machine.", BKS_ORIGIN_AI_INSERTED, "run");
  fixture_type (self, "One. Two, typed a moment ago. By a machine.");
  bks_test_await_ok (bks_node_session_save (self->text));
  revisions = list_revisions (self->session, bks_node_get_id (self->node));
  kept = bks_test_await_boxed (bks_book_session_read_revision (self->session, bks_node_get_id (self->node),
                                                              ((BksRevision *) g_ptr_array_index (revisions, 0))->number));
  g_assert_cmpstr (kept->text, ==, "One. Two, typed a moment ago.");
  g_assert_cmpstr (kept->cause, ==, BKS_KEEP_DRAFT);
  fixture_assert_stored (self, "One. Two, typed a moment ago. By a machine.");
}

static gboolean
has_failed (gpointer text)
{
  return bks_node_session_get_state (text) == BKS_SAVE_FAILED;
}

static char *
find_rescued (Fixture *self)
{
  g_autofree char *name = g_strdup_printf ("%s--%s.md", bks_book_get_id (bks_book_session_get_book (self->session)),
                                           bks_node_get_id (self->node));

  return g_build_filename (g_get_user_state_dir (), "book-studio", "unsaved", name, NULL);
}

static gboolean
file_is_there (gpointer path)
{
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static gboolean
file_is_gone (gpointer path)
{
  return !g_file_test (path, G_FILE_TEST_EXISTS);
}

/* A text that cannot be saved lies elsewhere until it is; a program that ended before finds it again. */
static void
test_rescue (Fixture       *self,
             gconstpointer  data)
{
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_autofree char *book_id = NULL;
  g_autofree char *node_id = NULL;
  g_autoptr(BksBookSession) again = NULL;
  g_autoptr(GPtrArray) revisions = NULL;
  g_autoptr(BksRevision) rescued = NULL;
  GStatBuf status;

  fixture_open_page (self, "Saved.");
  path = find_rescued (self);
  book_id = dup_book_id (self);
  node_id = g_strdup (bks_node_get_id (self->node));
  g_free (fixture_query_book (self, "CREATE TRIGGER broken BEFORE UPDATE ON texts BEGIN SELECT RAISE (FAIL, 'x'); END"));
  fixture_type (self, "Saved. And this.");
  bks_test_wait_for (has_failed, self->text);
  bks_test_wait_for (file_is_there, path);
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "Saved. And this.");
  g_free (fixture_query_book (self, "DROP TRIGGER broken"));
  bks_test_wait_for (file_is_gone, path);

  /* As after a crash: the copy is there, the text is not. */
  g_assert_true (g_file_set_contents (path, "Typed, then the power went.", -1, NULL));
  fixture_close_editor (self);
  bks_test_await_ok (bks_book_session_close (self->session));
  again = fixture_open (self, book_id, TRUE);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  assert_text (again, node_id, "Saved. And this.");
  revisions = list_revisions (again, node_id);
  rescued = bks_test_await_boxed (bks_book_session_read_revision (again, node_id,
                                                                 ((BksRevision *) g_ptr_array_index (revisions, 0))->number));
  g_assert_cmpstr (rescued->text, ==, "Typed, then the power went.");
}

static GPtrArray *
list_backups (Fixture    *self,
              const char *book_id)
{
  return bks_test_await_boxed (bks_studio_list_backups (self->studio, book_id));
}

/* A book that was only looked at is not copied again. */
static void
test_backup_on_close (Fixture       *self,
                      gconstpointer  data)
{
  g_autofree char *book_id = fixture_create_book (self, "Book");
  g_autoptr(GPtrArray) looked_at = NULL;
  g_autoptr(GPtrArray) changed = NULL;
  BksBookSession *session = fixture_open (self, book_id, TRUE);

  bks_test_await_ok (bks_book_session_close (session));
  g_object_unref (session);
  looked_at = list_backups (self, book_id);
  g_assert_cmpuint (looked_at->len, ==, 0);
  session = fixture_open (self, book_id, TRUE);
  bks_test_await_ok (bks_book_session_set_details (session, "Named", NULL, NULL));
  bks_test_await_ok (bks_book_session_close (session));
  g_object_unref (session);
  changed = list_backups (self, book_id);
  g_assert_cmpuint (changed->len, ==, 1);
  g_assert_cmpstr (((BksBackup *) g_ptr_array_index (changed, 0))->title, ==, "Named");
}

typedef struct
{
  Fixture    *self;
  const char *book_id;
} Looking;

static gboolean
has_backup (gpointer data)
{
  Looking *looking = data;
  g_autoptr(GPtrArray) backups = list_backups (looking->self, looking->book_id);

  return backups->len > 0;
}

static void
test_backup_while_open (Fixture       *self,
                        gconstpointer  data)
{
  g_autofree char *book_id = fixture_create_book (self, "Book");
  g_autoptr(BksBookSession) session = NULL;
  Looking looking = { self, book_id };

  self->limits->backup_ms = 50;
  session = fixture_open (self, book_id, TRUE);
  bks_test_await_ok (bks_book_session_set_details (session, "Named", NULL, NULL));
  bks_test_wait_for (has_backup, &looking);
}

/* Back from a backup: as a book of its own, or in the place of the one that is there. */
static void
test_restore_book (Fixture       *self,
                   gconstpointer  data)
{
  g_autofree char *book_id = NULL;
  g_autofree char *node_id = NULL;
  g_autoptr(BksBackup) backup = NULL;
  g_autoptr(GFile) file = NULL;
  g_autoptr(BksBook) copy = NULL;
  g_autoptr(BksBook) replaced = NULL;
  g_autoptr(BksBookSession) session = NULL;
  g_autoptr(GPtrArray) backups = NULL;
  g_autofree char *scene = NULL;

  fixture_open_page (self, "In the backup.");
  book_id = dup_book_id (self);
  node_id = g_strdup (bks_node_get_id (self->node));
  backup = bks_test_await_boxed (bks_studio_back_up_book (self->studio, book_id, NULL, FALSE));
  file = g_file_new_for_path (backup->path);
  fixture_type (self, "Written later.");
  fixture_close_editor (self);
  bks_test_await_ok (bks_book_session_save (self->session));

  copy = bks_test_await_object (bks_studio_restore_backup (self->studio, file, FALSE));
  g_assert_cmpstr (bks_book_get_id (copy), !=, book_id);
  g_assert_true (g_str_has_prefix (bks_book_get_title (copy), "Book ("));
  assert_text (self->session, node_id, "Written later.");

  /* One scene of it, into the book as it is. */
  scene = bks_test_await_string (bks_studio_restore_scene (self->studio, file, node_id));
  g_assert_cmpstr (scene, ==, node_id);
  assert_text (self->session, node_id, "In the backup.");
  bks_test_await_ok (bks_book_session_restore_revision (self->session, node_id, 3));
  assert_text (self->session, node_id, "Written later.");

  replaced = bks_test_await_object (bks_studio_restore_backup (self->studio, file, TRUE));
  g_assert_cmpstr (bks_book_get_id (replaced), ==, book_id);
  session = fixture_open (self, book_id, TRUE);
  assert_text (session, node_id, "In the backup.");
  /* What was replaced is in a backup. */
  backups = list_backups (self, book_id);
  g_assert_cmpuint (backups->len, >=, 2);
}

/* A scene that was deleted for good comes back as a new one. */
static void
test_restore_lost_scene (Fixture       *self,
                         gconstpointer  data)
{
  g_autofree char *book_id = NULL;
  g_autofree char *node_id = NULL;
  g_autofree char *made = NULL;
  g_autoptr(BksBackup) backup = NULL;
  g_autoptr(GFile) file = NULL;
  g_autoptr(BksNode) other = NULL;

  fixture_open_page (self, "Precious.");
  book_id = dup_book_id (self);
  node_id = g_strdup (bks_node_get_id (self->node));
  other = bks_test_await_object (bks_book_session_add_node (self->session, BKS_NODE_CHAPTER, "Other", NULL, -1));
  backup = bks_test_await_boxed (bks_studio_back_up_book (self->studio, book_id, NULL, FALSE));
  file = g_file_new_for_path (backup->path);
  fixture_close_editor (self);
  bks_test_await_ok (bks_book_session_trash_node (self->session, node_id));
  g_assert_cmpint (bks_test_await_int64 (bks_book_session_empty_trash (self->session)), ==, 1);
  made = bks_test_await_string (bks_studio_restore_scene (self->studio, file, node_id));
  g_assert_cmpstr (made, !=, node_id);
  assert_text (self->session, made, "Precious.");
  bks_test_await_error (bks_studio_restore_scene (self->studio, file, "zz"), BKS_ERROR_NOT_FOUND);
}

/* ---- several processes: another studio has descriptors of its own, as another process has ---- */

typedef struct
{
  BksStudio      *studio;
  BksBookSession *session;
} Guest;

static void
guest_open (Guest      *guest,
            Fixture    *self,
            const char *book_id)
{
  guest->studio = bks_studio_new (self->dir, self->secrets, self->limits);
  bks_test_await_ok (bks_studio_open (guest->studio));
  guest->session = bks_test_await_object (bks_studio_open_book_to_change (guest->studio, book_id));
}

static void
guest_close (Guest *guest)
{
  bks_test_await_ok (bks_book_session_close (guest->session));
  g_clear_object (&guest->session);
  bks_test_await_ok (bks_studio_close (guest->studio));
  g_clear_object (&guest->studio);
}

static void
test_hand_over_text (Fixture       *self,
                     gconstpointer  data)
{
  g_autofree char *book_id = NULL;
  const char *id;
  Guest guest;
  BksNodeSession *writer;
  g_autoptr(GPtrArray) revisions = NULL;

  bks_studio_set_listens (self->studio, TRUE);
  fixture_open_page (self, "Typed in the window");
  g_signal_connect (self->text, "replaced", G_CALLBACK (replaced_cb), self);
  book_id = dup_book_id (self);
  id = bks_node_get_id (self->node);
  guest_open (&guest, self, book_id);
  /* Not yet saved when the other one writes: it must not be lost. */
  fixture_type (self, "Typed in the window, a moment ago");
  writer = bks_test_await_object (bks_book_session_open_node (guest.session, id));
  bks_test_await_ok (bks_node_session_set_text (writer, "Written from outside", -1));
  g_assert_cmpstr (self->page, ==, "Written from outside");
  fixture_assert_stored (self, "Written from outside");
  revisions = list_revisions (guest.session, id);
  {
    g_autoptr(BksRevision) kept = NULL;

    kept = bks_test_await_boxed (bks_book_session_read_revision (guest.session, id,
                                                                ((BksRevision *) g_ptr_array_index (revisions, 0))->number));
    g_assert_cmpstr (kept->text, ==, "Typed in the window, a moment ago");
  }
  g_object_unref (writer);
  guest_close (&guest);
}

/* Somebody types in the very moment in which another one's text is written: the words leave the screen, but not the
 * history. */
static void
test_typed_meanwhile (Fixture       *self,
                      gconstpointer  data)
{
  g_autofree char *book_id = NULL;
  g_autofree char *path = NULL;
  const char *id;
  DexFuture *written;
  g_autoptr(GPtrArray) revisions = NULL;
  gboolean found = FALSE;
  sqlite3 *file;

  fixture_open_page (self, "Typed before.");
  g_signal_connect (self->text, "replaced", G_CALLBACK (replaced_cb), self);
  id = bks_node_get_id (self->node);
  book_id = dup_book_id (self);
  path = fixture_book_path (self, book_id, "book.db");
  g_assert_cmpint (sqlite3_open (path, &file), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (file, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  written = bks_node_session_set_text (self->text, "From outside.", -1);
  bks_test_spin (100);
  fixture_type (self, "Typed before. And meanwhile.");
  g_assert_cmpint (sqlite3_exec (file, "ROLLBACK", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (file);
  bks_test_await_ok (written);
  bks_test_await_ok (bks_node_session_save (self->text));
  g_assert_cmpstr (self->page, ==, "From outside.");
  g_assert_cmpint (bks_node_session_get_state (self->text), ==, BKS_SAVE_CLEAN);
  fixture_assert_stored (self, "From outside.");
  revisions = list_revisions (self->session, id);
  for (guint i = 0; i < revisions->len; i++)
    {
      const BksRevision *listed = g_ptr_array_index (revisions, i);
      g_autoptr(BksRevision) kept = bks_test_await_boxed (bks_book_session_read_revision (self->session, id, listed->number));

      found |= g_str_equal (kept->text, "Typed before. And meanwhile.");
    }
  g_assert_true (found);
}

static void
test_hand_over_structure (Fixture       *self,
                          gconstpointer  data)
{
  g_autofree char *book_id = NULL;
  g_autofree char *here = NULL;
  g_autofree char *there = NULL;
  g_autofree char *what = NULL;
  g_autofree char *again = NULL;
  g_autofree char *snapshot = NULL;
  g_autoptr(BksNode) part = NULL;
  const char *id;
  Guest guest;

  bks_studio_set_listens (self->studio, TRUE);
  fixture_open_page (self, "One.");
  book_id = dup_book_id (self);
  id = bks_node_get_id (self->node);
  guest_open (&guest, self, book_id);
  part = bks_test_await_object (bks_book_session_add_node (guest.session, BKS_NODE_PART, "From outside", NULL, 0));
  bks_test_await_ok (bks_book_session_rename_node (guest.session, id, "Renamed"));
  bks_test_await_ok (bks_book_session_move_node (guest.session, id, bks_node_get_id (part), 0));
  bks_test_await_ok (bks_book_session_trash_node (guest.session, bks_node_get_id (part)));
  bks_test_await_ok (bks_book_session_restore_node (guest.session, bks_node_get_id (part)));
  what = bks_test_await_string (bks_book_session_undo (guest.session));
  g_assert_cmpstr (what, ==, "restore From outside");
  again = bks_test_await_string (bks_book_session_redo (guest.session));
  snapshot = bks_test_await_string (bks_book_session_add_snapshot (guest.session, "Now", NULL));
  bks_test_await_ok (bks_book_session_keep_revision (guest.session, id));
  g_assert_cmpint (bks_test_await_int64 (bks_book_session_restore_snapshot (guest.session, snapshot)), ==, 0);
  g_assert_cmpint (bks_test_await_int64 (bks_book_session_empty_trash (guest.session)), ==, 0);
  bks_test_await_ok (bks_book_session_set_details (guest.session, "Another Title", NULL, NULL));
  bks_test_await_error (bks_book_session_rename_node (guest.session, "nothing", "x"), BKS_ERROR_NOT_FOUND);
  /* The holder's own refusal arrives as it is. */
  bks_test_await_error (bks_book_session_restore_revision (guest.session, id, 4711), BKS_ERROR_NOT_FOUND);
  /* Both show the same; the window has not read anything anew by hand. */
  here = describe (self->session);
  there = describe (guest.session);
  g_assert_cmpstr (here, ==, there);
  g_assert_nonnull (strstr (here, "Renamed"));
  g_assert_cmpstr (bks_book_get_title (bks_book_session_get_book (self->session)), ==, "Another Title");
  guest_close (&guest);
}

/* A holder that takes no writes is named. */
static void
test_hand_over_refused (Fixture       *self,
                        gconstpointer  data)
{
  g_autoptr(BksStudio) other = bks_studio_new (self->dir, self->secrets, self->limits);
  g_autofree char *holder = g_strdup_printf ("(process %d)", (int) getpid ());
  g_autofree char *book_id = NULL;
  g_autoptr(GError) error = NULL;

  fixture_open_page (self, "Mine.");
  book_id = dup_book_id (self);
  bks_test_await_ok (bks_studio_open (other));
  g_assert_null (bks_test_await (bks_studio_open_book_to_change (other, book_id), &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, holder));
  bks_test_await_ok (bks_studio_close (other));
}

/* The holder goes while another one is connected: neither hangs, and the other can hold the book then. */
static void
test_holder_goes (Fixture       *self,
                  gconstpointer  data)
{
  g_autofree char *book_id = NULL;
  g_autofree char *socket = NULL;
  Guest guest;
  Guest second;

  bks_studio_set_listens (self->studio, TRUE);
  fixture_open_page (self, "Mine.");
  book_id = dup_book_id (self);
  socket = fixture_book_path (self, book_id, "socket");
  guest_open (&guest, self, book_id);
  g_assert_true (g_file_test (socket, G_FILE_TEST_EXISTS));
  fixture_close_editor (self);
  bks_test_await_ok (bks_book_session_close (self->session));
  g_assert_false (g_file_test (socket, G_FILE_TEST_EXISTS));
  bks_test_await_error (bks_book_session_rename_node (guest.session, bks_node_get_id (self->node), "x"), BKS_ERROR_IO);
  guest_close (&guest);
  guest_open (&second, self, book_id);
  bks_test_await_ok (bks_book_session_rename_node (second.session, bks_node_get_id (self->node), "Mine now"));
  guest_close (&second);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();
#define ADD_WITH(path, data, func) g_test_add ("/history/" path, Fixture, data, fixture_set_up, func, fixture_tear_down)
#define ADD(path, func) ADD_WITH (path, NULL, func)
  ADD_WITH ("delete-a-folder", GINT_TO_POINTER (FALSE), test_delete_a_folder);
  ADD_WITH ("delete-a-folder-and-restart", GINT_TO_POINTER (TRUE), test_delete_a_folder);
  ADD ("undo-and-redo", test_undo_and_redo);
  ADD ("restore-revision", test_restore_revision);
  ADD ("snapshot-of-the-book", test_snapshot_of_the_book);
  ADD ("provenance", test_provenance);
  ADD ("imported", test_imported);
  ADD ("checkpoint", test_checkpoint);
  ADD ("rescue", test_rescue);
  ADD ("backup-on-close", test_backup_on_close);
  ADD ("backup-while-open", test_backup_while_open);
  ADD ("restore-book", test_restore_book);
  ADD ("restore-lost-scene", test_restore_lost_scene);
  ADD ("hand-over-text", test_hand_over_text);
  ADD ("typed-meanwhile", test_typed_meanwhile);
  ADD ("hand-over-structure", test_hand_over_structure);
  ADD ("hand-over-refused", test_hand_over_refused);
  ADD ("holder-goes", test_holder_goes);
  return g_test_run ();
}
