/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-backup.h"
#include "bks-book-cover.h"
#include "bks-book-tile.h"
#include "bks-ui.h"
#include "bks-wording.h"

struct _BksBookTile
{
  GtkWidget parent_instance;

  BksStudio    *studio;
  BksBook      *book;
  gboolean      asking; /* for its backups */
  GSignalGroup *book_signals;

  BksBookCover *cover;
  GtkLabel     *title_label;
  GtkLabel     *facts_label;
  GtkLabel     *backup_label;
};

enum
{
  MENU_REQUESTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksBookTile, bks_book_tile, GTK_TYPE_WIDGET)

static char *
make_facts (BksBook *book)
{
  g_autofree char *words = bks_wording_words (bks_book_get_words (book));
  g_autofree char *when = bks_wording_when (bks_book_get_opened_at (book), g_get_real_time () / 1000);

  if (when == NULL)
    return g_steal_pointer (&words);
  return g_strdup_printf ("%s · %s", words, when);
}

/* Whether a copy of it stands elsewhere is known when the folder of its backups was read. */
static DexFuture *
backup_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksBookTile *self = verb->self;
  BksBook *book = verb->object;
  g_autoptr(GPtrArray) backups = NULL;
  g_autofree char *when = NULL;
  g_autofree char *text = NULL;

  self->asking = FALSE;
  backups = dex_await_boxed (bks_studio_list_backups (self->studio, bks_book_get_id (book)), NULL);
  if (self->backup_label == NULL || self->book != book)
    return NULL; /* The tile shows another one by now. */
  if (backups != NULL && backups->len > 0)
    when = bks_wording_when (((BksBackup *) g_ptr_array_index (backups, 0))->at, g_get_real_time () / 1000);
  if (when != NULL)
    /* Translators: a day as one would say it: "today", "Tuesday", "May" */
    text = g_strdup_printf (_("Backed up %s"), when);
  gtk_label_set_label (self->backup_label, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (self->backup_label), text != NULL);
  return NULL;
}

static void
update (BksBookTile *self)
{
  g_autofree char *facts = NULL;

  if (self->book == NULL)
    return;
  facts = make_facts (self->book);
  bks_book_cover_set_book_id (self->cover, bks_book_get_id (self->book));
  bks_book_cover_set_title (self->cover, bks_book_get_title (self->book));
  bks_book_cover_set_author (self->cover, bks_book_get_author (self->book));
  gtk_label_set_label (self->title_label, bks_book_get_title (self->book));
  gtk_label_set_label (self->facts_label, facts);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), bks_book_get_title (self->book));
  /* Several facts of a book change at once; its backups are asked for once. */
  if (self->studio != NULL && !self->asking)
    {
      self->asking = TRUE;
      bks_verb_start (backup_fiber, self, NULL, self->book);
    }
}

static void
menu_pressed_cb (BksBookTile *self,
                 int          n_press,
                 double       x,
                 double       y,
                 GtkGesture  *gesture)
{
  gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
  g_signal_emit (self, signals[MENU_REQUESTED], 0, x, y);
}

static void
long_pressed_cb (BksBookTile *self,
                 double       x,
                 double       y,
                 GtkGesture  *gesture)
{
  menu_pressed_cb (self, 1, x, y, gesture);
}

static void
bks_book_tile_dispose (GObject *object)
{
  BksBookTile *self = BKS_BOOK_TILE (object);

  g_clear_object (&self->book_signals);
  g_clear_object (&self->book);
  g_clear_object (&self->studio);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_BOOK_TILE);

  G_OBJECT_CLASS (bks_book_tile_parent_class)->dispose (object);
}

static void
bks_book_tile_class_init (BksBookTileClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bks_book_tile_dispose;

  /**
   * BksBookTile::menu-requested:
   * @self: the tile
   * @x: where, in the tile
   * @y: where, in the tile
   *
   * The person asked what can be done with the book.
   */
  signals[MENU_REQUESTED] = g_signal_new ("menu-requested", BKS_TYPE_BOOK_TILE, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_DOUBLE, G_TYPE_DOUBLE);

  g_type_ensure (BKS_TYPE_BOOK_COVER);
  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-book-tile.ui");
  gtk_widget_class_bind_template_child (widget_class, BksBookTile, cover);
  gtk_widget_class_bind_template_child (widget_class, BksBookTile, title_label);
  gtk_widget_class_bind_template_child (widget_class, BksBookTile, facts_label);
  gtk_widget_class_bind_template_child (widget_class, BksBookTile, backup_label);
  gtk_widget_class_bind_template_callback (widget_class, menu_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, long_pressed_cb);
  gtk_widget_class_set_css_name (widget_class, "booktile");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
bks_book_tile_init (BksBookTile *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->book_signals = g_signal_group_new (BKS_TYPE_BOOK);
  g_signal_group_connect_object (self->book_signals, "notify", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
}

/**
 * bks_book_tile_new:
 * @studio: the studio, which knows the backups
 *
 * Returns: (transfer floating): a tile without a book
 */
GtkWidget *
bks_book_tile_new (BksStudio *studio)
{
  BksBookTile *self = g_object_new (BKS_TYPE_BOOK_TILE, NULL);

  self->studio = g_object_ref (studio);
  return GTK_WIDGET (self);
}

/**
 * bks_book_tile_get_book:
 * @self: a tile
 *
 * Returns: (transfer none) (nullable): the book it shows
 */
BksBook *
bks_book_tile_get_book (BksBookTile *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_TILE (self), NULL);

  return self->book;
}

/**
 * bks_book_tile_set_book:
 * @self: a tile
 * @book: (nullable): the book to show, kept up to date
 */
void
bks_book_tile_set_book (BksBookTile *self,
                        BksBook     *book)
{
  g_return_if_fail (BKS_IS_BOOK_TILE (self));

  if (g_set_object (&self->book, book))
    self->asking = FALSE;
  gtk_widget_set_visible (GTK_WIDGET (self->backup_label), FALSE);
  g_signal_group_set_target (self->book_signals, book);
  update (self);
}

/**
 * bks_book_tile_describe:
 * @book: a book
 *
 * Returns: (transfer full): one line for a screen reader
 */
char *
bks_book_tile_describe (BksBook *book)
{
  g_autofree char *facts = make_facts (book);
  const char *author = bks_book_get_author (book);

  if (*author == '\0')
    return g_strdup_printf ("%s, %s", bks_book_get_title (book), facts);
  /* Translators: title by author, then words and day */
  return g_strdup_printf (_("%s by %s, %s"), bks_book_get_title (book), author, facts);
}
