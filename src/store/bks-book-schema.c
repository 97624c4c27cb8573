/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-book-store-private.h"

/* What was shipped is never edited; docs/storage.md tells what the tables hold. */

static const char *const migrations[] = {
  /* 1 */
  "CREATE TABLE book ("
  "  id TEXT PRIMARY KEY, title TEXT NOT NULL, author TEXT NOT NULL, language TEXT NOT NULL,"
  "  local_only INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL"
  ") STRICT;"
  "CREATE TABLE nodes ("
  "  id TEXT PRIMARY KEY, parent_id TEXT REFERENCES nodes (id), position INTEGER NOT NULL, kind TEXT NOT NULL,"
  "  title TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, trashed_at INTEGER"
  ") STRICT;"
  "CREATE INDEX nodes_parent ON nodes (parent_id, position);"
  "CREATE TABLE texts ("
  "  node_id TEXT PRIMARY KEY REFERENCES nodes (id), text TEXT NOT NULL, words INTEGER NOT NULL,"
  "  revision INTEGER NOT NULL, updated_at INTEGER NOT NULL"
  ") STRICT;"
  "CREATE TABLE drafts ("
  "  id TEXT PRIMARY KEY, node_id TEXT NOT NULL REFERENCES nodes (id), version INTEGER NOT NULL,"
  "  operation TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, prompt TEXT NOT NULL,"
  "  text TEXT NOT NULL, state TEXT NOT NULL, review TEXT NOT NULL, tokens INTEGER, cost INTEGER,"
  "  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL"
  ") STRICT;"
  "CREATE INDEX drafts_node ON drafts (node_id, version);"
  "CREATE TABLE events ("
  "  seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, type TEXT NOT NULL,"
  "  entity_type TEXT NOT NULL, entity_id TEXT NOT NULL"
  ") STRICT;",
  /* 2 */
  "ALTER TABLE texts ADD COLUMN provenance TEXT NOT NULL DEFAULT '';"
  "ALTER TABLE texts ADD COLUMN kept_at INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE texts ADD COLUMN changed_words INTEGER NOT NULL DEFAULT 0;"
  /* Counting a book's words would read every text without it. */
  "CREATE INDEX texts_facts ON texts (node_id, words, revision);"
  "CREATE TABLE revisions ("
  "  id INTEGER PRIMARY KEY, node_id TEXT NOT NULL REFERENCES nodes (id), number INTEGER NOT NULL,"
  "  base_id INTEGER REFERENCES revisions (id), depth INTEGER NOT NULL, cause TEXT NOT NULL,"
  "  at INTEGER NOT NULL, words INTEGER NOT NULL, bytes INTEGER NOT NULL, sha256 BLOB NOT NULL,"
  "  content_bytes INTEGER NOT NULL, content BLOB NOT NULL"
  ") STRICT;"
  "CREATE UNIQUE INDEX revisions_node ON revisions (node_id, number);"
  "CREATE INDEX revisions_base ON revisions (base_id) WHERE base_id IS NOT NULL;"
  "CREATE TABLE snapshots ("
  "  id TEXT PRIMARY KEY, name TEXT NOT NULL, node_id TEXT, created_at INTEGER NOT NULL"
  ") STRICT;"
  "CREATE TABLE snapshot_items ("
  "  snapshot_id TEXT NOT NULL REFERENCES snapshots (id), revision_id INTEGER NOT NULL REFERENCES revisions (id),"
  "  PRIMARY KEY (snapshot_id, revision_id)"
  ") STRICT, WITHOUT ROWID;"
  "CREATE INDEX snapshot_items_revision ON snapshot_items (revision_id);"
  "CREATE TABLE commands ("
  "  seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL,"
  "  node_id TEXT NOT NULL REFERENCES nodes (id), undone INTEGER NOT NULL DEFAULT 0,"
  "  old_parent TEXT, old_place INTEGER NOT NULL, old_title TEXT NOT NULL, old_trashed INTEGER,"
  "  new_parent TEXT, new_place INTEGER NOT NULL, new_title TEXT NOT NULL, new_trashed INTEGER"
  ") STRICT;"
  "CREATE INDEX commands_node ON commands (node_id);",
  /* 3 */
  "ALTER TABLE nodes ADD COLUMN status TEXT NOT NULL DEFAULT 'none';"
  "ALTER TABLE nodes ADD COLUMN synopsis TEXT NOT NULL DEFAULT '';"
  "ALTER TABLE nodes ADD COLUMN target_words INTEGER NOT NULL DEFAULT 0;"
  /* No node had a status before, so none is what every earlier change led from and to. */
  "ALTER TABLE commands ADD COLUMN old_status TEXT NOT NULL DEFAULT 'none';"
  "ALTER TABLE commands ADD COLUMN new_status TEXT NOT NULL DEFAULT 'none';"
  "ALTER TABLE book ADD COLUMN daily_goal INTEGER NOT NULL DEFAULT 0;"
  "CREATE TABLE days ("
  "  day TEXT PRIMARY KEY, written INTEGER NOT NULL DEFAULT 0, net INTEGER NOT NULL DEFAULT 0"
  ") STRICT;",
  NULL
};

const BksSchema bks_book_schema = {
  .application_id = 0x424b5342, /* "BKSB" */
  .migrations = migrations,
  .what = "The book",
};
