/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-provider-entry.h"
#include "bks-studio.h"

G_BEGIN_DECLS

/*
 * BksProviderList: all providers and how they stand, a #GListModel of
 * #BksProviderEntry. It is kept while the program runs, so that a page shows
 * at once what is known, and comes up to date by itself. Signals:
 *   loaded ()           everything was read anew
 *   failed (GError *)   it could not be read
 */
#define BKS_TYPE_PROVIDER_LIST (bks_provider_list_get_type ())
G_DECLARE_FINAL_TYPE (BksProviderList, bks_provider_list, BKS, PROVIDER_LIST, GObject)

BksProviderList  *bks_provider_list_new         (BksStudio       *studio);
BksStudio        *bks_provider_list_get_studio  (BksProviderList *self);
BksRouter        *bks_provider_list_get_router  (BksProviderList *self);
void              bks_provider_list_refresh     (BksProviderList *self);
BksProviderEntry *bks_provider_list_find        (BksProviderList *self,
                                                 const char      *id);
BksProviderEntry *bks_provider_list_ensure      (BksProviderList *self,
                                                 BksProviderInfo *info);
const char       *bks_provider_list_get_name    (BksProviderList *self,
                                                 const char      *id);
BksSecretState    bks_provider_list_get_keyring (BksProviderList *self);

G_END_DECLS
