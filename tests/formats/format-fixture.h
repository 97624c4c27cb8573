/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-export.h"
#include "bks-import.h"

G_BEGIN_DECLS

#define FIXTURE_UUID "0198a1b2-3c4d-7e5f-8a6b-0123456789ab"
#define FIXTURE_TIME_MS G_GINT64_CONSTANT (1800000000000)

/* A novel of the six, and what an import of it must find. */
typedef struct
{
  const char *name;
  const char *title;
  const char *date;
  guint       parts;
  guint       chapters;
  guint       front;
  guint       back;
} FixtureNovel;

extern const FixtureNovel fixture_novels[6];

char        *fixture_novel_path   (const FixtureNovel *novel);
BksDocument *fixture_import       (const char         *text,
                                   const char         *name);
BksDocument *fixture_import_novel (const FixtureNovel *novel);
BksDocument *fixture_nasty_book   (void);
BksSection  *fixture_section      (BksDocument        *document,
                                   guint               index);
char        *fixture_outline      (BksDocument        *document);

G_END_DECLS
