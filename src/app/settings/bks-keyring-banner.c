/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-error.h"
#include "bks-keyring-banner.h"
#include "bks-ui.h"

/**
 * bks_keyring_banner_update:
 * @banner: a banner
 * @state: how the keyring is
 *
 * Says it, and shows the banner only where there is something to say. No key
 * is stored anywhere else meanwhile.
 */
void
bks_keyring_banner_update (AdwBanner      *banner,
                           BksSecretState  state)
{
  if (state == BKS_SECRET_LOCKED)
    {
      adw_banner_set_title (banner, _("The keyring is locked: keys can be neither read nor stored until it is unlocked."));
      adw_banner_set_button_label (banner, _("_Unlock…"));
    }
  else if (state == BKS_SECRET_ABSENT)
    {
      adw_banner_set_title (banner, _("No keyring is running, so no key can be stored. "
                                      "Start one, such as GNOME Keyring, then try again."));
      adw_banner_set_button_label (banner, _("_Try Again"));
    }
  adw_banner_set_revealed (banner, state != BKS_SECRET_READY);
}

static DexFuture *
unlock_fiber (gpointer data)
{
  BksVerb *verb = data;
  AdwBanner *banner = verb->self;
  BksProviderList *providers = verb->object;
  BksSecretStore *secrets = bks_studio_get_secrets (bks_provider_list_get_studio (providers));
  g_autoptr(GError) error = NULL;
  BksSecretState state;

  /* That none is running the banner says already. */
  if (!dex_await (bks_secret_store_unlock (secrets), &error) &&
      !g_error_matches (error, BKS_ERROR, BKS_ERROR_KEYRING_ABSENT) && gtk_widget_get_root (GTK_WIDGET (banner)) != NULL)
    bks_ui_present_error (GTK_WIDGET (banner), _("The Keyring Was Not Unlocked"), error);
  state = (BksSecretState) dex_await_int (bks_secret_store_get_state (secrets), NULL);
  if (gtk_widget_get_root (GTK_WIDGET (banner)) != NULL)
    bks_keyring_banner_update (banner, state);
  bks_provider_list_refresh (providers);
  return NULL;
}

/**
 * bks_keyring_banner_unlock:
 * @banner: the banner whose button was pressed
 * @providers: all providers, which are read anew then
 *
 * Has the keyring ask the person for its password, or looks for a keyring again.
 */
void
bks_keyring_banner_unlock (AdwBanner       *banner,
                           BksProviderList *providers)
{
  bks_verb_start (unlock_fiber, banner, NULL, providers);
}
