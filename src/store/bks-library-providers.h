/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-database.h"

G_BEGIN_DECLS

/* The tables of providers and roles. No keys: those are in the keyring. */

#define BKS_TYPE_PROVIDER_ROW (bks_provider_row_get_type ())

/**
 * BksProviderRow:
 *
 * A provider that a person added, or a preset whose address a person changed.
 */
typedef struct
{
  char *id;
  char *protocol;
  char *base_url;
} BksProviderRow;

/**
 * BksTarget:
 *
 * One provider and one of its models.
 */
#define BKS_TYPE_TARGET (bks_target_get_type ())

typedef struct
{
  char *provider;
  char *model;
} BksTarget;

/**
 * BksProviderOption:
 *
 * A setting of a provider besides its address: "name", "account-id".
 */
#define BKS_TYPE_PROVIDER_OPTION (bks_provider_option_get_type ())

typedef struct
{
  char *provider;
  char *name;
  char *value;
} BksProviderOption;

GType           bks_provider_row_get_type    (void);
BksProviderRow *bks_provider_row_copy        (BksProviderRow *self);
void            bks_provider_row_free        (BksProviderRow *self);

GType              bks_provider_option_get_type (void);
BksProviderOption *bks_provider_option_copy     (BksProviderOption *self);
void               bks_provider_option_free     (BksProviderOption *self);

GType           bks_target_get_type          (void);
BksTarget      *bks_target_new               (const char     *provider,
                                              const char     *model);
BksTarget      *bks_target_copy              (BksTarget      *self);
void            bks_target_free              (BksTarget      *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksProviderRow, bks_provider_row_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksProviderOption, bks_provider_option_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksTarget, bks_target_free)

DexFuture      *bks_library_list_providers   (BksDatabase    *library);
DexFuture      *bks_library_put_provider     (BksDatabase    *library,
                                              const char     *id,
                                              const char     *protocol,
                                              const char     *base_url,
                                              gint64          created_at);
DexFuture      *bks_library_delete_provider  (BksDatabase    *library,
                                              const char     *id);
DexFuture      *bks_library_list_provider_options (BksDatabase *library);
DexFuture      *bks_library_set_provider_option (BksDatabase *library,
                                              const char     *id,
                                              const char     *name,
                                              const char     *value);
DexFuture      *bks_library_get_role         (BksDatabase    *library,
                                              const char     *role);
DexFuture      *bks_library_set_role         (BksDatabase    *library,
                                              const char     *role,
                                              GPtrArray      *targets);

G_END_DECLS
