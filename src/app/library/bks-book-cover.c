/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include "bks-book-cover.h"

#define MARGIN 18
#define RADIUS 6
#define TITLE_LINES 5
#define TITLE_SIZE 24
#define TITLE_SIZE_MIN 13
#define AUTHOR_SIZE 13

struct _BksBookCover
{
  GtkWidget parent_instance;

  char  *title;
  char  *author;
  char  *book_id;
  guint  colour;
};

enum
{
  PROP_0,
  PROP_BOOK_ID,
  PROP_TITLE,
  PROP_AUTHOR,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

/* Cloth and paper: a cover is a thing of its own and the same in light and dark. */
static const struct
{
  GdkRGBA cloth;
  GdkRGBA ink;
} colours[] = {
#define RGB(hex) { ((hex) >> 16 & 0xff) / 255.f, ((hex) >> 8 & 0xff) / 255.f, ((hex) & 0xff) / 255.f, 1.f }
  { RGB (0x26456e), RGB (0xf6efe2) },
  { RGB (0x7b3a2e), RGB (0xf6efe2) },
  { RGB (0xf6efe2), RGB (0x26456e) },
  { RGB (0x37533f), RGB (0xf6efe2) },
  { RGB (0xe7dcc6), RGB (0x5b3427) },
  { RGB (0x55405f), RGB (0xf6efe2) },
  { RGB (0xd9e0dc), RGB (0x2d4a45) },
  { RGB (0x3d4653), RGB (0xf6efe2) },
#undef RGB
};

G_DEFINE_FINAL_TYPE (BksBookCover, bks_book_cover, GTK_TYPE_WIDGET)

static PangoLayout *
create_layout (BksBookCover *self,
               const char   *text,
               int           size,
               int           lines)
{
  PangoLayout *layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), text);
  PangoFontDescription *font = pango_font_description_new ();

  /* The same faces as the page, without its size: a cover does not grow. */
  pango_font_description_set_family (font, "Literata, Source Serif 4, EB Garamond, Noto Serif, serif");
  pango_font_description_set_absolute_size (font, size * PANGO_SCALE);
  pango_layout_set_font_description (layout, font);
  pango_layout_set_width (layout, (BKS_COVER_WIDTH - 2 * MARGIN) * PANGO_SCALE);
  pango_layout_set_height (layout, -lines);
  pango_layout_set_wrap (layout, PANGO_WRAP_WORD);
  pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
  pango_layout_set_line_spacing (layout, 0.95f);
  pango_font_description_free (font);
  return layout;
}

/* As large as its longest word allows: no title is hyphenated on a cover. */
static PangoLayout *
create_title_layout (BksBookCover *self)
{
  g_auto(GStrv) words = g_strsplit (self->title, " ", -1);
  int size = TITLE_SIZE;
  int widest = 0;

  for (guint i = 0; words[i] != NULL; i++)
    {
      g_autoptr(PangoLayout) word = create_layout (self, words[i], TITLE_SIZE, 1);
      int width;

      pango_layout_set_ellipsize (word, PANGO_ELLIPSIZE_NONE);
      pango_layout_set_width (word, -1);
      pango_layout_get_pixel_size (word, &width, NULL);
      widest = MAX (widest, width);
    }
  if (widest > BKS_COVER_WIDTH - 2 * MARGIN)
    size = MAX (TITLE_SIZE_MIN, TITLE_SIZE * (BKS_COVER_WIDTH - 2 * MARGIN) / widest);
  return create_layout (self, self->title, size, TITLE_LINES);
}

static void
draw_text (GtkSnapshot *snapshot,
           PangoLayout *layout,
           float        y,
           const GdkRGBA *ink)
{
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (MARGIN, y));
  gtk_snapshot_append_layout (snapshot, layout, ink);
  gtk_snapshot_restore (snapshot);
}

static void
bks_book_cover_snapshot (GtkWidget   *widget,
                         GtkSnapshot *snapshot)
{
  BksBookCover *self = BKS_BOOK_COVER (widget);
  const GdkRGBA *ink = &colours[self->colour].ink;
  g_autoptr(PangoLayout) title = create_title_layout (self);
  g_autoptr(PangoLayout) author = create_layout (self, self->author, AUTHOR_SIZE, 2);
  GskRoundedRect outline;
  int author_height;

  gsk_rounded_rect_init_from_rect (&outline,
                                   &GRAPHENE_RECT_INIT (0, 0, BKS_COVER_WIDTH, BKS_COVER_HEIGHT),
                                   RADIUS);
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  gtk_snapshot_append_color (snapshot, &colours[self->colour].cloth, &outline.bounds);
  /* The fold where the cloth goes round the back. */
  gtk_snapshot_append_color (snapshot, &(GdkRGBA) { 0, 0, 0, 0.10f }, &GRAPHENE_RECT_INIT (0, 0, 5, BKS_COVER_HEIGHT));
  draw_text (snapshot, title, MARGIN - 2, ink);
  pango_layout_get_pixel_size (author, NULL, &author_height);
  draw_text (snapshot, author, BKS_COVER_HEIGHT - MARGIN - author_height, ink);
  gtk_snapshot_pop (snapshot);
}

static void
bks_book_cover_measure (GtkWidget      *widget,
                        GtkOrientation  orientation,
                        int             for_size,
                        int            *minimum,
                        int            *natural,
                        int            *minimum_baseline,
                        int            *natural_baseline)
{
  *minimum = *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? BKS_COVER_WIDTH : BKS_COVER_HEIGHT;
}

static void
bks_book_cover_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  BksBookCover *self = BKS_BOOK_COVER (object);

  switch (prop_id)
    {
    case PROP_BOOK_ID:
      g_value_set_string (value, self->book_id);
      break;
    case PROP_TITLE:
      g_value_set_string (value, self->title);
      break;
    case PROP_AUTHOR:
      g_value_set_string (value, self->author);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
bks_book_cover_set_property (GObject      *object,
                             guint         prop_id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  BksBookCover *self = BKS_BOOK_COVER (object);

  switch (prop_id)
    {
    case PROP_BOOK_ID:
      bks_book_cover_set_book_id (self, g_value_get_string (value));
      break;
    case PROP_TITLE:
      bks_book_cover_set_title (self, g_value_get_string (value));
      break;
    case PROP_AUTHOR:
      bks_book_cover_set_author (self, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
bks_book_cover_finalize (GObject *object)
{
  BksBookCover *self = BKS_BOOK_COVER (object);

  g_free (self->title);
  g_free (self->author);
  g_free (self->book_id);

  G_OBJECT_CLASS (bks_book_cover_parent_class)->finalize (object);
}

static void
bks_book_cover_class_init (BksBookCoverClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = bks_book_cover_get_property;
  object_class->set_property = bks_book_cover_set_property;
  object_class->finalize = bks_book_cover_finalize;
  widget_class->snapshot = bks_book_cover_snapshot;
  widget_class->measure = bks_book_cover_measure;

  properties[PROP_BOOK_ID] = g_param_spec_string ("book-id", NULL, NULL, "", flags);
  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, "", flags);
  properties[PROP_AUTHOR] = g_param_spec_string ("author", NULL, NULL, "", flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_css_name (widget_class, "cover");
  /* The tile around it says title and author; said twice they would tire. */
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
bks_book_cover_init (BksBookCover *self)
{
  self->title = g_strdup ("");
  self->author = g_strdup ("");
  self->book_id = g_strdup ("");
}

/**
 * bks_book_cover_pick_colour:
 * @book_id: the id of a book
 *
 * Returns: the index of the colour that belongs to @book_id, the same in
 *   every session
 */
guint
bks_book_cover_pick_colour (const char *book_id)
{
  /* Ids made in one minute differ in their last letters only: spread by the golden ratio. */
  return (guint) ((g_str_hash (book_id) * 2654435769U) >> 16) % G_N_ELEMENTS (colours);
}

/**
 * bks_book_cover_set_book_id:
 * @self: a cover
 * @book_id: (nullable): the id of its book
 *
 * Gives the cover its colour.
 */
void
bks_book_cover_set_book_id (BksBookCover *self,
                            const char   *book_id)
{
  g_return_if_fail (BKS_IS_BOOK_COVER (self));

  if (!g_set_str (&self->book_id, book_id != NULL ? book_id : ""))
    return;
  self->colour = bks_book_cover_pick_colour (self->book_id);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BOOK_ID]);
}

/**
 * bks_book_cover_set_title:
 * @self: a cover
 * @title: (nullable): the book's title
 */
void
bks_book_cover_set_title (BksBookCover *self,
                          const char   *title)
{
  g_return_if_fail (BKS_IS_BOOK_COVER (self));

  if (!g_set_str (&self->title, title != NULL ? title : ""))
    return;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TITLE]);
}

/**
 * bks_book_cover_set_author:
 * @self: a cover
 * @author: (nullable): the book's author
 */
void
bks_book_cover_set_author (BksBookCover *self,
                           const char   *author)
{
  g_return_if_fail (BKS_IS_BOOK_COVER (self));

  if (!g_set_str (&self->author, author != NULL ? author : ""))
    return;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_AUTHOR]);
}
