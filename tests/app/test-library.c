/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app-fixture.h"
#include "bks-book-cover.h"
#include "bks-book-tile.h"
#include "bks-library-page.h"
#include "bks-new-book-dialog.h"

static GtkWidget *
show_library (AppFixture *fixture)
{
  GtkWidget *page = GTK_WIDGET (bks_library_page_new (fixture->studio, "A label"));
  GtkWidget *navigation = adw_navigation_view_new ();

  adw_navigation_view_add (ADW_NAVIGATION_VIEW (navigation), ADW_NAVIGATION_PAGE (page));
  app_fixture_show (fixture, navigation);
  return page;
}

static void
test_empty (AppFixture    *fixture,
            gconstpointer  data)
{
  GtkWidget *page = show_library (fixture);

  app_wait_shown (page, "Write a Book");
  app_assert_shown (page, "A label");
  app_assert_shown (page, "Open the _Sample Book");
}

static void
test_new_book_appears (AppFixture    *fixture,
                       gconstpointer  data)
{
  GtkWidget *page = show_library (fixture);
  g_autoptr(BksBook) book = NULL;

  app_wait_shown (page, "Write a Book");
  book = app_await_book (bks_studio_create_book (fixture->studio, "The Salt Road", "Ana Duarte"));
  app_wait_shown (page, "The Salt Road");
  app_assert_shown (page, "0 words");
}

static void
test_backup (AppFixture    *fixture,
             gconstpointer  data)
{
  g_autoptr(BksBook) salt = app_await_book (bks_studio_create_book (fixture->studio, "The Salt Road", ""));
  g_autoptr(BksBook) notes = app_await_book (bks_studio_create_book (fixture->studio, "Field Notes", ""));
  GtkWidget *page;

  app_await (bks_studio_back_up_book (fixture->studio, bks_book_get_id (salt), NULL, FALSE));
  page = show_library (fixture);
  app_wait_shown (page, "Backed up today");
  app_assert_shown (page, "Field Notes");
}

static void
test_search (AppFixture    *fixture,
             gconstpointer  data)
{
  GtkWidget *page = show_library (fixture);
  g_autoptr(BksBook) salt = app_await_book (bks_studio_create_book (fixture->studio, "The Salt Road", "Ana Duarte"));
  g_autoptr(BksBook) notes = app_await_book (bks_studio_create_book (fixture->studio, "Field Notes", ""));
  GtkWidget *entry = app_find_widget (page, GTK_TYPE_SEARCH_ENTRY, NULL);

  app_wait_shown (page, "Field Notes");
  gtk_widget_activate_action (page, "library.search", NULL);
  gtk_editable_set_text (GTK_EDITABLE (entry), "duarte");
  app_let_pass (400);
  app_assert_shown (page, "The Salt Road");
  g_assert_false (app_is_shown (page, "Field Notes"));
  gtk_editable_set_text (GTK_EDITABLE (entry), "nobody");
  app_wait_shown (page, "No Book Found");
}

static void
test_trash_and_undo (AppFixture    *fixture,
                     gconstpointer  data)
{
  GtkWidget *page = show_library (fixture);
  g_autoptr(BksBook) book = app_await_book (bks_studio_create_book (fixture->studio, "The Salt Road", ""));
  GtkWidget *root = GTK_WIDGET (fixture->window);
  GtkWidget *grid;

  app_wait_shown (page, "The Salt Road");
  grid = app_find_widget (page, GTK_TYPE_GRID_VIEW, NULL);
  gtk_selection_model_select_item (gtk_grid_view_get_model (GTK_GRID_VIEW (grid)), 0, TRUE);
  gtk_widget_activate_action (page, "library.delete", NULL);
  app_wait_shown (root, "Moved to the trash: The Salt Road");
  app_wait_shown (page, "Write a Book");
  app_click (root, "_Undo");
  app_wait_shown (page, "The Salt Road");
}

static void
note_opened (BksLibraryPage *page,
             const char     *book_id,
             char          **opened)
{
  g_set_str (opened, book_id);
}

static gboolean
is_set (gpointer data)
{
  return *(char **) data != NULL;
}

static void
test_import_opens (AppFixture    *fixture,
                   gconstpointer  data)
{
  g_autofree char *path = g_build_filename (fixture->dir, "novel.md", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autofree char *opened = NULL;
  GtkWidget *page = show_library (fixture);

  g_assert_true (g_file_set_contents (path, "# Nine Small Debts\n\n## One\n\nThe first debt.\n", -1, NULL));
  g_signal_connect (page, "open-book", G_CALLBACK (note_opened), &opened);
  bks_library_page_import_file (BKS_LIBRARY_PAGE (page), file);
  app_wait_for (is_set, &opened, "the imported book to open");
  app_wait_shown (page, "Nine Small Debts");
}

static void
test_import_refused (AppFixture    *fixture,
                     gconstpointer  data)
{
  g_autofree char *path = g_build_filename (fixture->dir, "empty.txt", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  GtkWidget *page = show_library (fixture);

  g_assert_true (g_file_set_contents (path, "", -1, NULL));
  bks_library_page_import_file (BKS_LIBRARY_PAGE (page), file);
  app_wait_shown (GTK_WIDGET (fixture->window), "This File Cannot Be Imported");
  g_assert_cmpuint (g_list_model_get_n_items (bks_studio_get_books (fixture->studio)), ==, 0);
}

static void
note_create (BksNewBookDialog *dialog,
             const char       *title,
             const char       *author,
             char            **created)
{
  *created = g_strdup_printf ("%s|%s", title, author);
}

static void
test_new_dialog (AppFixture    *fixture,
                 gconstpointer  data)
{
  GtkWidget *dialog = GTK_WIDGET (bks_new_book_dialog_new ());
  g_autofree char *created = NULL;
  GtkWidget *create;

  app_fixture_show (fixture, gtk_label_new ("behind"));
  g_signal_connect (dialog, "create", G_CALLBACK (note_create), &created);
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (fixture->window));
  app_let_pass (400);
  create = app_find_widget (dialog, GTK_TYPE_BUTTON, "C_reate");
  g_assert_false (gtk_widget_is_sensitive (create));
  gtk_editable_set_text (GTK_EDITABLE (app_find_widget (dialog, ADW_TYPE_ENTRY_ROW, "Title")), "  Low Water ");
  gtk_editable_set_text (GTK_EDITABLE (app_find_widget (dialog, ADW_TYPE_ENTRY_ROW, "Author")), "Ana");
  app_click (dialog, "C_reate");
  g_assert_cmpstr (created, ==, "Low Water|Ana");
}

static void
test_cover (AppFixture    *fixture,
            gconstpointer  data)
{
  g_autoptr(BksBookCover) cover = g_object_ref_sink (g_object_new (BKS_TYPE_BOOK_COVER, "book-id", "some-id",
                                                                   "title", "Antidisestablishmentarianism", NULL));
  int width;
  int height;

  gtk_widget_measure (GTK_WIDGET (cover), GTK_ORIENTATION_HORIZONTAL, -1, NULL, &width, NULL, NULL);
  gtk_widget_measure (GTK_WIDGET (cover), GTK_ORIENTATION_VERTICAL, -1, NULL, &height, NULL, NULL);
  /* A long title never widens it. */
  g_assert_cmpint (width, ==, BKS_COVER_WIDTH);
  g_assert_cmpint (height, ==, BKS_COVER_HEIGHT);
  g_assert_cmpuint (bks_book_cover_pick_colour ("some-id"), ==, bks_book_cover_pick_colour ("some-id"));
  gtk_test_accessible_assert_role (GTK_ACCESSIBLE (cover), GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

#define ADD(name, func) \
  g_test_add ("/library/" name, AppFixture, NULL, app_fixture_set_up, func, app_fixture_tear_down)

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  dex_init ();
  adw_init ();
  ADD ("empty", test_empty);
  ADD ("new-book-appears", test_new_book_appears);
  ADD ("backup", test_backup);
  ADD ("search", test_search);
  ADD ("trash-and-undo", test_trash_and_undo);
  ADD ("import-opens", test_import_opens);
  ADD ("import-refused", test_import_refused);
  ADD ("new-dialog", test_new_dialog);
  ADD ("cover", test_cover);
  return g_test_run ();
}
