/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-usage-sum.h"
#include "bks-usage-table.h"
#include "bks-wording.h"

/* The chart of days as a table. */

typedef char *(*Teller) (BksUsageSum *sum);

static void
setup_cell_cb (GtkSignalListItemFactory *factory,
               GtkListItem              *item)
{
  GtkWidget *label = gtk_label_new (NULL);

  /* Below its title, which the toolkit puts at the start. */
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "numeric");
  gtk_list_item_set_child (item, label);
}

static char *
dup_title (BksUsageSum *sum)
{
  return g_strdup (bks_usage_sum_get_title (sum));
}

static char *
dup_count (BksUsageSum *sum)
{
  return bks_wording_number (bks_usage_sum_get_row (sum)->calls);
}

static char *
dup_token_count (BksUsageSum *sum)
{
  const BksUsageRow *row = bks_usage_sum_get_row (sum);

  return bks_wording_number (MAX (row->input, 0) + MAX (row->output, 0));
}

static void
bind_cell_cb (GtkSignalListItemFactory *factory,
              GtkListItem              *item,
              gpointer                  teller)
{
  g_autofree char *text = ((Teller) teller) (gtk_list_item_get_item (item));

  gtk_label_set_label (GTK_LABEL (gtk_list_item_get_child (item)), text);
}

static void
add_column (GtkColumnView *view,
            const char    *title,
            Teller         teller)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  g_autoptr(GtkColumnViewColumn) column = NULL;

  g_signal_connect (factory, "setup", G_CALLBACK (setup_cell_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cell_cb), (gpointer) teller);
  column = gtk_column_view_column_new (title, factory);
  gtk_column_view_column_set_expand (column, TRUE);
  gtk_column_view_append_column (view, column);
}

/**
 * bks_usage_table_fill:
 * @view: a view without columns
 * @days: (element-type BksUsageSum): what it shows, a day a row
 */
void
bks_usage_table_fill (GtkColumnView *view,
                      GListModel    *days)
{
  g_autoptr(GtkNoSelection) selection = gtk_no_selection_new (g_object_ref (days));

  add_column (view, _("Day"), dup_title);
  add_column (view, _("Calls"), dup_count);
  add_column (view, _("Tokens"), dup_token_count);
  add_column (view, _("Cost"), bks_usage_sum_dup_cost);
  gtk_column_view_set_model (view, GTK_SELECTION_MODEL (selection));
}
