/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>
#include <libdex.h>
#include <locale.h>

#include "bks-application.h"

int
main (int   argc,
      char *argv[])
{
  g_autoptr(BksApplication) application = NULL;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, BKS_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  g_set_prgname ("book-studio");
  g_set_application_name (_("Book Studio"));
  dex_init ();

  application = bks_application_new ();
  return g_application_run (G_APPLICATION (application), argc, argv);
}
