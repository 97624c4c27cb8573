/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bks-book-session-private.h"
#include "bks-repair.h"
#include "studio-fixture.h"

/*
 * Random work in a process that is killed at a random moment, again and again
 * on one library. The process says on its standard output what it has begun and
 * what was acknowledged; the test opens the library afterwards and compares.
 *
 * What it says, a line each:
 *   base TREE        the binder when it started
 *   begin TREE       a change of the structure has begun that leads to TREE
 *   done             it was acknowledged
 *   typed TITLE N T  the text of TITLE has N words now, typed at T (monotonic microseconds)
 *   saved TITLE N    N of them are acknowledged
 *   import / imported  of one more book
 *
 * A word of a text is its number, so that a text tells how much of it is there.
 */

#define QUICK_SECONDS 30
#define LONG_KILLS 1000
#define MOST_NODES 40

/* What is typed within this of the kill may be gone; the rest is for a disk that is busy. */
#define BUSY_US (3 * G_USEC_PER_SEC)

/* ---- the process that is killed ---- */

typedef struct _Item Item;

struct _Item
{
  char      *title;
  char      *id;
  Item      *parent;   /* NULL at the top */
  GPtrArray *children; /* of Item, those in the trash included */
  gboolean   part;
  gboolean   trashed;
  guint      words;
};

typedef struct
{
  Fixture    fixture;
  GRand     *rand;
  GPtrArray *top;
  GPtrArray *all;
  Item      *open;    /* in the editor; NULL */
  GString   *page;
  guint      titles;
} Writer;

static void say (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* One write: a line is there whole or not at all. */
static void
say (const char *format,
     ...)
{
  g_autofree char *line = NULL;
  g_autofree char *ended = NULL;
  va_list arguments;

  va_start (arguments, format);
  line = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  ended = g_strconcat (line, "\n", NULL);
  if (write (STDOUT_FILENO, ended, strlen (ended)) < 0)
    _exit (3);
}

static GPtrArray *
siblings_of (Writer *self,
             Item   *parent)
{
  return parent != NULL ? parent->children : self->top;
}

static void
append_tree (GString   *tree,
             GPtrArray *items,
             guint      depth)
{
  for (guint i = 0; i < items->len; i++)
    {
      const Item *item = g_ptr_array_index (items, i);

      if (item->trashed)
        continue;
      g_string_append_printf (tree, "%u%s,", depth, item->title);
      append_tree (tree, item->children, depth + 1);
    }
}

static char *
draw_model (Writer *self)
{
  GString *tree = g_string_new (NULL);

  append_tree (tree, self->top, 0);
  return g_string_free (tree, FALSE);
}

/* A line is split at its blanks. */
static char *
dup_title (BksNode *node)
{
  return g_strdelimit (g_strdup (bks_node_get_title (node)), " ", '_');
}

static char *
draw_session (BksBookSession *session)
{
  g_autoptr(GPtrArray) nodes = bks_book_session_list_nodes (session);
  GString *tree = g_string_new (NULL);

  for (guint i = 0; i < nodes->len; i++)
    {
      g_autofree char *title = dup_title (g_ptr_array_index (nodes, i));

      g_string_append_printf (tree, "%u%s,", bks_node_get_depth (g_ptr_array_index (nodes, i)), title);
    }
  return g_string_free (tree, FALSE);
}

static Item *
item_new (Writer     *self,
          const char *title,
          const char *id,
          Item       *parent,
          gboolean    part)
{
  Item *item = g_new0 (Item, 1);

  item->title = g_strdup (title);
  item->id = g_strdup (id);
  item->parent = parent;
  item->children = g_ptr_array_new ();
  item->part = part;
  g_ptr_array_add (self->all, item);
  return item;
}

/* As the store does it: those in the trash keep their neighbours and are not counted. */
static void
place (Writer *self,
       Item   *item,
       Item   *parent,
       int     position)
{
  GPtrArray *siblings;
  int index = -1, live = 0;

  g_ptr_array_remove (siblings_of (self, item->parent), item);
  item->parent = parent;
  siblings = siblings_of (self, parent);
  for (guint i = 0; i < siblings->len && index == -1; i++)
    if (!((Item *) g_ptr_array_index (siblings, i))->trashed && live++ == position)
      index = (int) i;
  g_ptr_array_insert (siblings, index, item);
}

static gboolean
is_live (const Item *item)
{
  for (; item != NULL; item = item->parent)
    if (item->trashed)
      return FALSE;
  return TRUE;
}

static gboolean
is_inside (const Item *item,
           const Item *of)
{
  for (; item != NULL; item = item->parent)
    if (item == of)
      return TRUE;
  return FALSE;
}

static Item *
pick (Writer *self,
      gboolean (*fits) (const Item *item))
{
  guint start = (guint) g_rand_int_range (self->rand, 0, MAX ((int) self->all->len, 1));

  for (guint i = 0; i < self->all->len; i++)
    {
      Item *item = g_ptr_array_index (self->all, (start + i) % self->all->len);

      if (fits (item))
        return item;
    }
  return NULL;
}

static gboolean
is_live_part (const Item *item)
{
  return item->part && is_live (item);
}

static gboolean
is_live_text (const Item *item)
{
  return !item->part && is_live (item);
}

/* Whose parents are not in the trash: it comes back to where it was. */
static gboolean
is_restorable (const Item *item)
{
  return item->trashed && (item->parent == NULL || is_live (item->parent));
}

static int
pick_position (Writer *self)
{
  return g_rand_int_range (self->rand, -1, 4);
}

static void
check_model (Writer *self)
{
  g_autofree char *model = draw_model (self);
  g_autofree char *shown = draw_session (self->fixture.session);

  g_assert_cmpstr (shown, ==, model);
}

/* The words so far are the numbers up to N. */
static guint
count_page (const char *page)
{
  const char *last = strrchr (page, ' ');

  return *page == '\0' ? 0 : (guint) g_ascii_strtoull (last != NULL ? last + 1 : page, NULL, 10);
}

static char *
dup_page (gpointer data)
{
  return g_strdup (((Writer *) data)->page->str);
}

static void
leave_editor (Writer *self)
{
  if (self->fixture.text == NULL)
    return;
  bks_test_await_ok (bks_node_session_save (self->fixture.text));
  bks_node_session_set_editor (self->fixture.text, NULL, NULL);
  g_clear_object (&self->fixture.text);
  say ("saved %s %u", self->open->title, self->open->words);
  self->open = NULL;
}

static void
enter_editor (Writer *self,
              Item   *item)
{
  leave_editor (self);
  self->fixture.text = bks_test_await_object (bks_book_session_open_node (self->fixture.session, item->id));
  g_string_assign (self->page, bks_node_session_get_text (self->fixture.text));
  bks_node_session_set_editor (self->fixture.text, dup_page, self);
  self->open = item;
  item->words = count_page (self->page->str);
}

static void
type (Writer *self)
{
  Item *item = pick (self, is_live_text);

  if (item == NULL)
    return;
  if (self->open != item && (self->open == NULL || g_rand_int_range (self->rand, 0, 4) == 0))
    enter_editor (self, item);
  if (self->open == NULL)
    return;
  for (gint32 n = g_rand_int_range (self->rand, 1, 40); n > 0; n--)
    g_string_append_printf (self->page, "%s%u", self->page->len > 0 ? " " : "", ++self->open->words);
  bks_node_session_touch (self->fixture.text);
  say ("typed %s %u %" G_GINT64_FORMAT, self->open->title, self->open->words, g_get_monotonic_time ());
}

static void
save (Writer *self)
{
  guint words = self->open != NULL ? self->open->words : 0;

  if (self->open == NULL)
    return;
  bks_test_await_ok (bks_node_session_save (self->fixture.text));
  say ("saved %s %u", self->open->title, words);
}

static void
begin (Writer *self)
{
  g_autofree char *tree = draw_model (self);

  say ("begin %s", tree);
}

static void
end (Writer *self)
{
  say ("done");
  check_model (self);
}

static void
add (Writer *self)
{
  gboolean part = g_rand_int_range (self->rand, 0, 3) == 0;
  g_autofree char *title = g_strdup_printf ("%c%u", part ? 'P' : 'T', ++self->titles);
  Item *parent = g_rand_boolean (self->rand) ? pick (self, is_live_part) : NULL;
  int position = pick_position (self);
  g_autoptr(BksNode) node = NULL;
  Item *item;

  if (self->all->len >= MOST_NODES)
    return;
  item = item_new (self, title, NULL, parent, part);
  g_ptr_array_add (siblings_of (self, parent), item);
  place (self, item, parent, position);
  begin (self);
  node = bks_test_await_object (bks_book_session_add_node (self->fixture.session, part ? BKS_NODE_PART : BKS_NODE_CHAPTER,
                                                           title, parent != NULL ? parent->id : NULL, position));
  item->id = g_strdup (bks_node_get_id (node));
  end (self);
}

static void
move (Writer *self)
{
  Item *item = pick (self, is_live);
  Item *parent = g_rand_boolean (self->rand) ? pick (self, is_live_part) : NULL;
  int position = pick_position (self);

  if (item == NULL || (parent != NULL && is_inside (parent, item)))
    return;
  place (self, item, parent, position);
  begin (self);
  bks_test_await_ok (bks_book_session_move_node (self->fixture.session, item->id, parent != NULL ? parent->id : NULL, position));
  end (self);
}

static void
trash (Writer *self)
{
  Item *item = pick (self, is_live);

  if (item == NULL)
    return;
  if (self->open != NULL && is_inside (self->open, item))
    leave_editor (self);
  item->trashed = TRUE;
  begin (self);
  bks_test_await_ok (bks_book_session_trash_node (self->fixture.session, item->id));
  end (self);
}

static void
restore (Writer *self)
{
  Item *item = pick (self, is_restorable);

  if (item == NULL)
    return;
  item->trashed = FALSE;
  begin (self);
  bks_test_await_ok (bks_book_session_restore_node (self->fixture.session, item->id));
  end (self);
}

/* A change and its undoing: the tree in between is one that may be found, too. */
static void
undo (Writer *self)
{
  Item *item = pick (self, is_live);
  g_autofree char *what = NULL;

  if (item == NULL || (self->open != NULL && is_inside (self->open, item)))
    return;
  item->trashed = TRUE;
  begin (self);
  bks_test_await_ok (bks_book_session_trash_node (self->fixture.session, item->id));
  end (self);
  item->trashed = FALSE;
  begin (self);
  what = bks_test_await_string (bks_book_session_undo (self->fixture.session));
  end (self);
}

static void
import (Writer *self)
{
  g_autofree char *path = g_build_filename (self->fixture.dir, "import.md", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(BksBook) book = NULL;

  g_assert_true (g_file_set_contents (path, "# One\n\nFour words are here.\n\n# Two\n\nAnd three more.\n", -1, NULL));
  say ("import");
  book = bks_test_await_object (bks_studio_import_book (self->fixture.studio, file, NULL));
  say ("imported");
}

static void
keep (Writer *self)
{
  Item *item = pick (self, is_live_text);

  if (item != NULL)
    bks_test_await_ok (bks_book_session_keep_revision (self->fixture.session, item->id));
}

static void
work (Writer *self)
{
  gint32 dice = g_rand_int_range (self->rand, 0, 100);

  if (dice < 55)
    type (self);
  else if (dice < 65)
    save (self);
  else if (dice < 73)
    add (self);
  else if (dice < 81)
    move (self);
  else if (dice < 87)
    trash (self);
  else if (dice < 92)
    restore (self);
  else if (dice < 95)
    undo (self);
  else if (dice < 97)
    keep (self);
  else if (dice < 98)
    import (self);
  else
    bks_test_spin ((guint) g_rand_int_range (self->rand, 0, 60));
}

/* What is there from the runs before. Those in the trash are left alone: their places are not seen. */
static void
adopt (Writer     *self,
       GListModel *list,
       Item       *parent)
{
  for (guint i = 0; i < g_list_model_get_n_items (list); i++)
    {
      g_autoptr(BksNode) node = g_list_model_get_item (list, i);
      g_autofree char *title = dup_title (node);
      Item *item = item_new (self, title, bks_node_get_id (node), parent,
                             bks_node_get_kind (node) == BKS_NODE_PART);

      self->titles = MAX (self->titles, (guint) g_ascii_strtoull (item->title + 1, NULL, 10));
      g_ptr_array_add (siblings_of (self, parent), item);
      adopt (self, bks_node_get_children (node), item);
    }
}

/* Works until it is killed. ARGUMENT: folder, book, seed, and whether the autosave is as shipped. */
G_NORETURN static void
write_until_killed (const char *argument)
{
  g_auto(GStrv) words = g_strsplit (argument, "|", 4);
  Writer self = { 0 };
  g_autofree char *tree = NULL;

  self.rand = g_rand_new_with_seed ((guint32) g_ascii_strtoull (words[2], NULL, 10));
  self.top = g_ptr_array_new ();
  self.all = g_ptr_array_new ();
  self.page = g_string_new (NULL);
  self.fixture.dir = g_strdup (words[0]);
  self.fixture.limits = bks_limits_new ();
  if (*words[3] == '0')
    {
      self.fixture.limits->autosave_idle_ms = 60;
      self.fixture.limits->autosave_most_ms = 250;
      self.fixture.limits->revision_words = 60;
      self.fixture.limits->backup_ms = 120;
    }
  self.fixture.secrets = bks_memory_secret_store_new (BKS_SECRET_READY);
  self.fixture.studio = bks_studio_new (self.fixture.dir, self.fixture.secrets, self.fixture.limits);
  bks_test_await_ok (bks_studio_open (self.fixture.studio));
  self.fixture.session = fixture_open (&self.fixture, words[1], TRUE);
  adopt (&self, bks_book_session_get_nodes (self.fixture.session), NULL);
  /* A trash that is not empty has places that the model does not know. */
  bks_test_await_int64 (bks_book_session_empty_trash (self.fixture.session));
  tree = draw_model (&self);
  say ("base %s", tree);
  for (;;)
    {
      work (&self);
      g_main_context_iteration (NULL, FALSE);
    }
}

/* ---- the one that kills and looks ---- */

typedef struct
{
  guint  acknowledged; /* words */
  guint  typed_early;  /* words that are too old to be gone */
  guint  typed;        /* in all */
} Text;

typedef struct
{
  Fixture    *fixture;
  const char *book_id;
  GHashTable *texts;   /* title → Text */
  char       *tree;    /* acknowledged */
  char       *begun;   /* NULL: none on its way */
  guint       imports; /* acknowledged in all runs */
  guint       begun_imports;
  guint       started; /* whether it came so far */
} Expected;

static Text *
get_text (Expected   *expected,
          const char *title)
{
  Text *text = g_hash_table_lookup (expected->texts, title);

  if (text == NULL)
    {
      text = g_new0 (Text, 1);
      g_hash_table_insert (expected->texts, g_strdup (title), text);
    }
  return text;
}

static void
read_line (Expected   *expected,
           const char *line,
           gint64      early)
{
  g_auto(GStrv) words = g_strsplit (line, " ", 4);
  const char *what = words[0];

  if (g_str_equal (what, "base"))
    {
      g_set_str (&expected->tree, words[1] != NULL ? words[1] : "");
      expected->started = TRUE;
    }
  else if (g_str_equal (what, "begin"))
    g_set_str (&expected->begun, words[1] != NULL ? words[1] : "");
  else if (g_str_equal (what, "done"))
    {
      g_free (expected->tree);
      expected->tree = g_steal_pointer (&expected->begun);
    }
  else if (g_str_equal (what, "typed"))
    {
      Text *text = get_text (expected, words[1]);

      text->typed = (guint) g_ascii_strtoull (words[2], NULL, 10);
      if (g_ascii_strtoll (words[3], NULL, 10) < early)
        text->typed_early = text->typed;
    }
  else if (g_str_equal (what, "saved"))
    get_text (expected, words[1])->acknowledged = (guint) g_ascii_strtoull (words[2], NULL, 10);
  else if (g_str_equal (what, "import"))
    expected->begun_imports++;
  else if (g_str_equal (what, "imported"))
    {
      expected->imports++;
      expected->begun_imports--;
    }
  else
    g_error ("The process said “%s”", line);
}

static char *
read_all (int fd)
{
  GString *all = g_string_new (NULL);
  char part[8192];
  ssize_t length;

  while ((length = read (fd, part, sizeof part)) > 0 || (length < 0 && errno == EINTR))
    if (length > 0)
      g_string_append_len (all, part, length);
  close (fd);
  return g_string_free (all, FALSE);
}

/* Reads on while it runs: a full pipe would stop it. */
static char *
run_and_kill (const char *argument,
              guint       lifetime_ms,
              gint64     *killed_at)
{
  char *argv[] = { (char *) "/proc/self/exe", (char *) "--child", (char *) argument, NULL };
  g_autoptr(GError) error = NULL;
  GString *said = g_string_new (NULL);
  gint64 end;
  int output, status;
  GPid pid;

  g_spawn_async_with_pipes (NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (fcntl (output, F_SETFL, O_NONBLOCK), ==, 0);
  end = g_get_monotonic_time () + lifetime_ms * 1000;
  while (g_get_monotonic_time () < end)
    {
      char part[8192];
      ssize_t length = read (output, part, sizeof part);

      if (length > 0)
        g_string_append_len (said, part, length);
      else
        g_usleep (500);
    }
  *killed_at = g_get_monotonic_time ();
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
  g_assert_cmpint (fcntl (output, F_SETFL, 0), ==, 0);
  {
    g_autofree char *rest = read_all (output);

    g_string_append (said, rest);
  }
  return g_string_free (said, FALSE);
}

static void
check_text (Expected       *expected,
            BksBookSession *session,
            BksNode        *node)
{
  g_autofree char *text = bks_test_await_string (bks_book_session_read_text (session, bks_node_get_id (node)));
  g_autofree char *title = dup_title (node);
  const Text *wanted = g_hash_table_lookup (expected->texts, title);
  g_autoptr(GString) whole = g_string_new (NULL);
  guint words = count_page (text);

  for (guint i = 1; i <= words; i++)
    g_string_append_printf (whole, "%s%u", i > 1 ? " " : "", i);
  /* Whole, in order, nothing twice. */
  g_assert_cmpstr (text, ==, whole->str);
  if (wanted == NULL)
    return;
  g_assert_cmpuint (words, >=, wanted->acknowledged);
  g_assert_cmpuint (words, >=, wanted->typed_early);
  g_assert_cmpuint (words, <=, wanted->typed);
}

static void
check_book (Expected *expected)
{
  g_autoptr(BksBookSession) session = fixture_open (expected->fixture, expected->book_id, TRUE);
  g_autofree char *dir = fixture_book_path (expected->fixture, expected->book_id, "");
  g_autoptr(GError) error = NULL;
  g_autoptr(BksBookReport) report = bks_book_check (dir, expected->fixture->limits, &error);
  g_autofree char *tree = draw_session (session);
  g_autoptr(GPtrArray) nodes = bks_book_session_list_nodes (session);

  g_assert_no_error (error);
  if (report->problems->len > 0)
    g_error ("%s", (char *) g_ptr_array_index (report->problems, 0));
  if (expected->tree != NULL && g_strcmp0 (tree, expected->tree) != 0)
    g_assert_cmpstr (tree, ==, expected->begun);
  for (guint i = 0; i < nodes->len; i++)
    if (bks_node_get_kind (g_ptr_array_index (nodes, i)) != BKS_NODE_PART)
      check_text (expected, session, g_ptr_array_index (nodes, i));
  bks_test_await_ok (bks_book_session_close (session));
}

/* Each import is there whole or not at all, and nothing half made lies about. */
static void
check_library (Expected *expected)
{
  g_autofree char *books = g_build_filename (expected->fixture->dir, "books", NULL);
  g_autoptr(GDir) dir = g_dir_open (books, 0, NULL);
  GListModel *list = bks_studio_get_books (expected->fixture->studio);
  guint n = g_list_model_get_n_items (list);
  const char *name;

  g_assert_cmpuint (n, >=, 1 + expected->imports);
  g_assert_cmpuint (n, <=, 1 + expected->imports + expected->begun_imports);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr(BksBook) book = g_list_model_get_item (list, i);

      if (!g_str_equal (bks_book_get_id (book), expected->book_id))
        g_assert_cmpint (bks_book_get_words (book), ==, 7);
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    g_assert_false (g_str_has_prefix (name, ".new-"));
  expected->imports = n - 1;
  expected->begun_imports = 0;
}

static void
kill_once (Fixture    *fixture,
           const char *book_id,
           GRand      *rand,
           guint      *imports,
           guint      *deep)
{
  gboolean shipped = g_getenv ("BKS_TEST_LONG") != NULL && g_rand_int_range (rand, 0, 20) == 0;
  guint32 seed = g_rand_int (rand);
  guint lifetime = shipped ? (guint) g_rand_int_range (rand, 4000, 9000) : (guint) g_rand_int_range (rand, 60, 1500);
  g_autofree char *argument = g_strdup_printf ("%s|%s|%u|%d", fixture->dir, book_id, seed, shipped);
  g_autoptr(GHashTable) texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  Expected expected = { .fixture = fixture, .book_id = book_id, .texts = texts, .imports = *imports };
  gint64 killed_at, early;
  g_autofree char *said = run_and_kill (argument, lifetime, &killed_at);
  g_auto(GStrv) lines = g_strsplit (said, "\n", -1);

  early = killed_at - (shipped ? 5 * G_USEC_PER_SEC : G_USEC_PER_SEC / 4) - BUSY_US;
  for (guint i = 0; lines[i] != NULL && lines[i + 1] != NULL; i++)
    read_line (&expected, lines[i], early);
  *deep += expected.started && g_strv_length (lines) > 20;

  fixture->studio = bks_studio_new (fixture->dir, fixture->secrets, fixture->limits);
  bks_test_await_ok (bks_studio_open (fixture->studio));
  check_book (&expected);
  check_library (&expected);
  *imports = expected.imports;
  bks_test_await_ok (bks_studio_close (fixture->studio));
  g_clear_object (&fixture->studio);
  g_free (expected.tree);
  g_free (expected.begun);
}

/* A dated line for those who keep a record. */
static void
report (guint32 seed,
        guint   kills,
        guint   deep)
{
  const char *path = g_getenv ("BKS_TEST_REPORT");
  g_autoptr(GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *date = g_date_time_format (now, "%Y-%m-%d");
  FILE *file = path != NULL ? fopen (path, "a") : NULL;

  if (file == NULL)
    return;
  fprintf (file, "| %s | %u | %u | %u | nothing lost |\n", date, kills, deep, seed);
  fclose (file);
}

static void
test_kill (void)
{
  Fixture fixture = { 0 };
  gboolean all = g_getenv ("BKS_TEST_LONG") != NULL;
  guint32 seed = g_getenv ("BKS_TEST_SEED") != NULL ? (guint32) g_ascii_strtoull (g_getenv ("BKS_TEST_SEED"), NULL, 10)
                                                     : g_random_int ();
  g_autoptr(GRand) rand = g_rand_new_with_seed (seed);
  g_autofree char *book_id = NULL;
  gint64 end = g_get_monotonic_time () + QUICK_SECONDS * G_USEC_PER_SEC;
  guint kills = 0, imports = 0, deep = 0;

  g_test_message ("seed %u", seed);
  fixture_set_up (&fixture, NULL);
  book_id = fixture_create_book (&fixture, "Book");
  bks_test_await_ok (bks_studio_close (fixture.studio));
  g_clear_object (&fixture.studio);
  for (; all ? kills < LONG_KILLS : g_get_monotonic_time () < end; kills++)
    kill_once (&fixture, book_id, rand, &imports, &deep);
  g_test_message ("%u kills, %u of them in the middle of work, %u imports", kills, deep, imports);
  g_assert_cmpuint (deep, >, 0);
  report (seed, kills, deep);
  g_object_unref (fixture.secrets);
  bks_limits_unref (fixture.limits);
  bks_test_dir_remove (fixture.dir);
}

int
main (int    argc,
      char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--child"))
    {
      dex_init ();
      write_until_killed (argv[2]);
    }
  g_test_init (&argc, &argv, NULL);
  dex_init ();
  g_test_add_func ("/crash/kill", test_kill);
  return g_test_run ();
}
