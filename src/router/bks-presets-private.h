/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * BksPreset:
 *
 * A provider that ships with the program (data/providers.json).
 */
typedef struct
{
  char     *id;
  char     *name;
  char     *protocol;
  char     *base_url;
  char     *key_url;   /* NULL: none */
  char     *key_prefix; /* how all its keys begin, and nobody else's; NULL: none is known */
  gboolean  needs_key;
  gboolean  more;      /* listed apart until it is used */
  gboolean  free;      /* its own models cost nothing: they run on the author's machine */
} BksPreset;

/**
 * BksDefaultTarget:
 *
 * Who writes where the author has chosen nobody: local first, then cheap, then
 * frontier.
 */
typedef struct
{
  char *provider;
  char *model;     /* NULL: the first one that it lists */
} BksDefaultTarget;

GPtrArray       *bks_presets_load (void);
GPtrArray       *bks_presets_load_defaults (void);
const BksPreset *bks_presets_find (GPtrArray  *presets,
                                   const char *id);
const BksPreset *bks_presets_find_owner (GPtrArray  *presets,
                                         const char *key);

G_END_DECLS
