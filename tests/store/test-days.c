/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "bks-book-days.h"
#include "bks-book-store.h"
#include "bks-error.h"
#include "bks-limits.h"
#include "bks-repair.h"
#include "bks-test-util.h"
#include "store-fixture.h"

/* Words by day. */

#define HOUR_MS (DAY_MS / 24)

typedef struct
{
  BksLimits   *limits;
  char        *dir;
  char        *path;
  BksDatabase *store;
} Fixture;

static void
open_store (Fixture *self)
{
  self->store = bks_test_await_object (bks_book_store_open (self->path, TRUE, self->limits));
}

static void
setup (Fixture       *self,
       gconstpointer  data)
{
  g_autoptr(BksBook) book = g_object_new (BKS_TYPE_BOOK, "id", "book", "title", "T", NULL);
  g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_new_node_free);

  self->limits = bks_limits_new ();
  self->dir = bks_test_dir_new ();
  self->path = g_build_filename (self->dir, "book.db", NULL);
  open_store (self);
  g_ptr_array_add (nodes, bks_new_node_new ("a", NULL, BKS_NODE_CHAPTER, "One", "five words are here now", 5));
  g_ptr_array_add (nodes, bks_new_node_new ("b", NULL, BKS_NODE_CHAPTER, "Two", "two more", 2));
  bks_test_await_ok (bks_book_store_fill (self->store, book, nodes, NOW));
}

static void
teardown (Fixture       *self,
          gconstpointer  data)
{
  fixture_close (self->store);
  bks_limits_unref (self->limits);
  g_free (self->path);
  bks_test_dir_remove (self->dir);
}

static BksTextWrite *
make_write (gint64 words,
            gint64 written)
{
  BksTextWrite *write = bks_text_write_new ("a", "text", words);

  write->written_words = written;
  return write;
}

static void
save (Fixture *self,
      gint64   words,
      gint64   written,
      gint64   now_ms)
{
  bks_test_await_int64 (bks_book_store_write_text (self->store, make_write (words, written), now_ms));
}

static void
assert_day (Fixture *self,
            gint64   now_ms,
            gint64   written,
            gint64   net)
{
  g_autoptr(BksDay) day = bks_test_await_boxed (bks_book_store_get_day (self->store, now_ms));

  g_assert_cmpint (day->written, ==, written);
  g_assert_cmpint (day->net, ==, net);
}

/* What was imported is in the book, but nobody has written it today. */
static void
test_sums (Fixture       *self,
           gconstpointer  data)
{
  assert_day (self, NOW, 0, 7);
  save (self, 15, 10, NOW);
  save (self, 12, 0, NOW + 1);
  save (self, 13, 1, NOW + 2);
  assert_day (self, NOW, 11, 15);
  fixture_close (self->store);
  open_store (self);
  assert_day (self, NOW, 11, 15);
}

/* A save that is refused counts for nothing: text and sum are one transaction. */
static void
test_refused (Fixture       *self,
              gconstpointer  data)
{
  BksTextWrite *stale = make_write (100, 90);
  BksTextWrite *no_draft = make_write (100, 90);

  stale->expected_revision = 4711;
  bks_test_await_error (bks_book_store_write_text (self->store, stale, NOW), BKS_ERROR_CONFLICT);
  no_draft->accepted_draft = g_strdup ("nothing");
  bks_test_await_error (bks_book_store_write_text (self->store, no_draft, NOW), BKS_ERROR_NOT_FOUND);
  assert_day (self, NOW, 0, 7);
}

/* The day begins where the author is, not in Greenwich. */
static void
test_local_days (Fixture       *self,
                 gconstpointer  data)
{
  g_autoptr(GDateTime) noon = g_date_time_new_local (2026, 3, 29, 12, 0, 0); /* the clocks change on this day in Europe */
  gint64 noon_ms = g_date_time_to_unix (noon) * 1000;
  g_autoptr(GPtrArray) days = NULL;
  const BksDay *last;

  save (self, 6, 1, noon_ms + 11 * HOUR_MS);
  save (self, 8, 2, noon_ms + 13 * HOUR_MS);
  assert_day (self, noon_ms, 1, 1);
  assert_day (self, noon_ms + DAY_MS, 2, 2);
  assert_day (self, noon_ms + 2 * DAY_MS, 0, 0);
  days = bks_test_await_boxed (bks_book_store_list_days (self->store));
  g_assert_cmpuint (days->len, ==, 3);
  last = g_ptr_array_index (days, 2);
  g_assert_cmpstr (last->date, ==, "2026-03-29");
  g_assert_cmpint (last->written, ==, 1);
}

static void
test_goal (Fixture       *self,
           gconstpointer  data)
{
  g_autoptr(BksBook) before = bks_test_await_object (bks_book_store_get_book (self->store));
  g_autoptr(BksBook) after = NULL;

  g_assert_cmpint (bks_book_get_daily_goal (before), ==, 0);
  bks_test_await_ok (bks_book_store_set_daily_goal (self->store, 800, NOW));
  bks_test_await_ok (bks_book_store_set_details (self->store, "T", "A", "en", FALSE, NOW));
  after = bks_test_await_object (bks_book_store_get_book (self->store));
  g_assert_cmpint (bks_book_get_daily_goal (after), ==, 800);
}

static void
test_repair (Fixture       *self,
             gconstpointer  data)
{
  g_autoptr(BksBookReport) report = NULL;
  g_autoptr(BksBook) book = NULL;
  g_autoptr(GError) error = NULL;

  save (self, 15, 10, NOW);
  bks_test_await_ok (bks_book_store_set_daily_goal (self->store, 800, NOW));
  fixture_close (self->store);
  report = bks_book_check (self->dir, self->limits, &error);
  g_assert_true (bks_book_repair (self->dir, report, NOW, self->limits, &error));
  g_assert_no_error (error);
  open_store (self);
  assert_day (self, NOW, 10, 17);
  book = bks_test_await_object (bks_book_store_get_book (self->store));
  g_assert_cmpint (bks_book_get_daily_goal (book), ==, 800);
}

int
main (int   argc,
      char *argv[])
{
  /* Where clocks change, and far from Greenwich enough. */
  g_setenv ("TZ", "Europe/Athens", TRUE);
  g_test_init (&argc, &argv, NULL);
  dex_init ();
#define ADD(name, func) g_test_add ("/days/" name, Fixture, NULL, setup, func, teardown)
  ADD ("sums", test_sums);
  ADD ("refused", test_refused);
  ADD ("local-days", test_local_days);
  ADD ("goal", test_goal);
  ADD ("repair", test_repair);
  return g_test_run ();
}
