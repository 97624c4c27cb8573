/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "bks-backup.h"
#include "bks-book-store-private.h"
#include "bks-error.h"
#include "bks-retention.h"
#include "bks-sqlite-private.h"
#include "bks-sync.h"

/*
 * Copies of a book that were read again before they count. A copy is made in
 * one step of SQLite's backup from a reading connection: one of many steps
 * would begin anew at every write, and never end while somebody types. All of
 * it blocks: for a thread.
 */

#define FOLDER "backups"
#define PART ".part"
#define SUFFIX ".db"
#define SHRUNK_SUFFIX ".shrunk.db"
#define ACCEPTED_SUFFIX ".accepted.db" /* the author has said that it is right to be smaller */
#define NAME_FORMAT "%Y-%m-%dT%H-%M-%S"
#define SHRUNK_KEPT 5

/* A copy that has lost more than a fifth within a day takes no other one's place. */
#define SHRINK_MS (G_GINT64_CONSTANT (24) * 60 * 60 * 1000)
#define LEAST_NUMERATOR 4
#define LEAST_DENOMINATOR 5

G_DEFINE_BOXED_TYPE (BksBackup, bks_backup, bks_backup_ref, bks_backup_unref)

/**
 * bks_backup_ref:
 * @self: a backup
 *
 * Returns: (transfer full): @self
 */
BksBackup *
bks_backup_ref (BksBackup *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
backup_clear (gpointer data)
{
  BksBackup *self = data;

  g_free (self->path);
  g_free (self->book_id);
  g_free (self->title);
}

/**
 * bks_backup_unref:
 * @self: (transfer full): a backup
 */
void
bks_backup_unref (BksBackup *self)
{
  g_atomic_rc_box_release_full (self, backup_clear);
}

/**
 * bks_backup_get_folder:
 * @book_dir: a book's folder
 *
 * Returns: (transfer full): the folder of its backups, outside of it
 */
char *
bks_backup_get_folder (const char *book_dir)
{
  g_autofree char *books = g_path_get_dirname (book_dir);
  g_autofree char *data = g_path_get_dirname (books);
  g_autofree char *id = g_path_get_basename (book_dir);

  return g_build_filename (data, FOLDER, id, NULL);
}

static gboolean
set_sqlite_error (sqlite3     *handle,
                  int          code,
                  const char  *what,
                  GError     **error)
{
  int saved_errno = handle != NULL ? sqlite3_system_errno (handle) : 0;
  BksError ours = BKS_ERROR_IO;

  if ((code & 0xff) == SQLITE_FULL || saved_errno == ENOSPC || saved_errno == EDQUOT)
    ours = BKS_ERROR_DISK_FULL;
  else if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
    ours = BKS_ERROR_CORRUPT;
  else if ((code & 0xff) == SQLITE_BUSY)
    ours = BKS_ERROR_BUSY;
  else if ((code & 0xff) == SQLITE_CANTOPEN && (saved_errno == ENOENT || saved_errno == 0))
    ours = BKS_ERROR_NOT_FOUND;
  else if (saved_errno == EACCES || saved_errno == EPERM)
    ours = BKS_ERROR_ACCESS;
  g_set_error (error, BKS_ERROR, ours, "%s: %s", what, handle != NULL ? sqlite3_errmsg (handle) : sqlite3_errstr (code));
  return FALSE;
}

static sqlite3 *
open_handle (const char  *path,
             int          flags,
             BksLimits   *limits,
             const char  *what,
             GError     **error)
{
  sqlite3 *handle = NULL;
  int code = sqlite3_open_v2 (path, &handle, flags | SQLITE_OPEN_NOMUTEX, NULL);

  if (code == SQLITE_OK && limits != NULL)
    sqlite3_busy_timeout (handle, (int) limits->database_busy_ms);
  if (code == SQLITE_OK)
    code = sqlite3_exec (handle, "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON", NULL, NULL, NULL);
  if (code == SQLITE_OK)
    return handle;
  set_sqlite_error (handle, code, what, error);
  sqlite3_close (handle);
  return NULL;
}

static gboolean
run (sqlite3     *handle,
     const char  *sql,
     const char  *what,
     GError     **error)
{
  int code = sqlite3_exec (handle, sql, NULL, NULL, NULL);

  return code == SQLITE_OK || set_sqlite_error (handle, code, what, error);
}

/* The first column of the first row. */
static char *
ask (sqlite3     *handle,
     const char  *sql,
     const char  *what,
     GError     **error)
{
  sqlite3_stmt *statement = NULL;
  char *answer = NULL;
  int code = sqlite3_prepare_v2 (handle, sql, -1, &statement, NULL);

  if (code == SQLITE_OK)
    code = sqlite3_step (statement);
  if (code == SQLITE_ROW)
    answer = g_strdup ((const char *) sqlite3_column_text (statement, 0));
  else if (code == SQLITE_DONE)
    g_set_error (error, BKS_ERROR, BKS_ERROR_CORRUPT, "%s: it is empty", what);
  else
    set_sqlite_error (handle, code, what, error);
  sqlite3_finalize (statement);
  if (answer == NULL && error != NULL && *error == NULL)
    g_set_error (error, BKS_ERROR, BKS_ERROR_CORRUPT, "%s: it has no value", what);
  return answer;
}

static gboolean
ask_int (sqlite3     *handle,
         const char  *sql,
         const char  *what,
         gint64      *value,
         GError     **error)
{
  g_autofree char *text = ask (handle, sql, what, error);

  if (text != NULL)
    *value = g_ascii_strtoll (text, NULL, 10);
  return text != NULL;
}

/* Whether a file is a book of this program, or of an older one. */
static gboolean
check_kind (sqlite3     *handle,
            const char  *what,
            GError     **error)
{
  gint64 id, version;

  if (!ask_int (handle, "PRAGMA application_id", what, &id, error) ||
      !ask_int (handle, "PRAGMA user_version", what, &version, error))
    return FALSE;
  if ((guint32) id != bks_book_schema.application_id || version <= 0)
    {
      g_set_error (error, BKS_ERROR, BKS_ERROR_CORRUPT, "%s: it is not a book of this program", what);
      return FALSE;
    }
  if (version > (gint64) g_strv_length ((char **) bks_book_schema.migrations))
    {
      g_set_error (error, BKS_ERROR, BKS_ERROR_NEWER_SCHEMA, "%s: it was written by a newer version of Book Studio", what);
      return FALSE;
    }
  return TRUE;
}

/* What a copy must have in common with what it was made of. */
typedef struct
{
  gint64 nodes;
  gint64 words;
  gint64 texts;
} Counts;

static gboolean
count (sqlite3     *handle,
       const char  *what,
       Counts      *counts,
       GError     **error)
{
  return ask_int (handle, "SELECT count(*) FROM nodes", what, &counts->nodes, error) &&
         ask_int (handle, "SELECT coalesce (sum (words), 0) FROM texts", what, &counts->words, error) &&
         ask_int (handle, "SELECT count(*) FROM texts", what, &counts->texts, error);
}

/* From the state that @source's open transaction sees, in one step. */
static gboolean
copy_pages (sqlite3     *source,
            sqlite3     *destination,
            GError     **error)
{
  sqlite3_backup *backup = sqlite3_backup_init (destination, "main", source, "main");
  int code;

  if (backup == NULL)
    return set_sqlite_error (destination, sqlite3_errcode (destination), "The backup could not be begun", error);
  code = sqlite3_backup_step (backup, -1);
  sqlite3_backup_finish (backup);
  if (code == SQLITE_DONE)
    return TRUE;
  return set_sqlite_error (code == SQLITE_CORRUPT ? NULL : destination, code, "The backup could not be written", error);
}

static gboolean
make_private (const char  *path,
              GError     **error)
{
  int fd;

  g_unlink (path);
  fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    {
      bks_error_set_from_errno (error, errno, "The backup could not be written");
      return FALSE;
    }
  close (fd);
  return TRUE;
}

/* Writes the copy without a journal of its own: until it has its name it is nothing. */
static gboolean
write_part (const char  *source_path,
            const char  *part,
            Counts      *counts,
            BksLimits   *limits,
            GError     **error)
{
  g_autoptr(sqlite3) source = open_handle (source_path, SQLITE_OPEN_READONLY, limits, "The book cannot be read", error);
  g_autoptr(sqlite3) destination = NULL;

  /* One transaction: what is counted is what is copied. */
  if (source == NULL || !run (source, "BEGIN", "The book cannot be read", error) ||
      !check_kind (source, "The book cannot be copied", error) ||
      !count (source, "The book cannot be read", counts, error) || !make_private (part, error))
    return FALSE;
  destination = open_handle (part, SQLITE_OPEN_READWRITE, limits, "The backup could not be begun", error);
  return destination != NULL &&
         run (destination, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", "The backup could not be begun", error) &&
         copy_pages (source, destination, error) &&
         /* One file, with nothing beside it. */
         run (destination, "PRAGMA journal_mode=DELETE", "The backup could not be written", error);
}

/* Reads a copy again, page by page, and compares it with the book. */
static gboolean
verify_part (const char   *part,
             const Counts *expected,
             BksLimits    *limits,
             GError      **error)
{
  static const char what[] = "The backup could not be verified";
  g_autoptr(sqlite3) handle = open_handle (part, SQLITE_OPEN_READONLY, limits, what, error);
  g_autofree char *verdict = NULL;
  Counts counts;

  if (handle == NULL || !check_kind (handle, what, error))
    return FALSE;
  verdict = ask (handle, "PRAGMA integrity_check(1)", what, error);
  if (verdict == NULL || !count (handle, what, &counts, error))
    return FALSE;
  if (!g_str_equal (verdict, "ok"))
    g_set_error (error, BKS_ERROR, BKS_ERROR_CORRUPT, "The copy is damaged: %s", verdict);
  else if (counts.nodes != expected->nodes || counts.words != expected->words || counts.texts != expected->texts)
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_CORRUPT, "The copy has not as many words as the book");
  else
    return TRUE;
  return FALSE;
}

static gboolean
write_copy (const char  *source,
            const char  *part,
            Counts      *counts,
            BksLimits   *limits,
            GError     **error)
{
  if (write_part (source, part, counts, limits, error) && bks_sync_path (part, "The backup could not be written", error) &&
      verify_part (part, counts, limits, error))
    return TRUE;
  g_unlink (part);
  return FALSE;
}

/* Gives the copy its name, for good. */
static gboolean
publish (const char  *part,
         const char  *destination,
         GError     **error)
{
  g_autofree char *folder = g_path_get_dirname (destination);

  if (g_rename (part, destination) == 0)
    return bks_sync_path (folder, "The backup could not be written", error);
  bks_error_set_from_errno (error, errno, "The backup could not be named");
  g_unlink (part);
  return FALSE;
}

/**
 * bks_backup_copy:
 * @source: a book's file, which may be written meanwhile
 * @destination: a file that is made or replaced
 * @limits: limits
 * @error: return location
 *
 * Makes one verified copy. Nothing is at @destination that was not read again
 * and found whole.
 *
 * Returns: whether it is there and durable
 */
gboolean
bks_backup_copy (const char  *source,
                 const char  *destination,
                 BksLimits   *limits,
                 GError     **error)
{
  g_autofree char *part = g_strconcat (destination, PART, NULL);
  Counts counts;

  return write_copy (source, part, &counts, limits, error) && publish (part, destination, error);
}

static gint64
time_from_name (const char *name)
{
  g_auto(GStrv) halves = g_strsplit (name, "T", 2);
  g_autofree char *iso = NULL;
  g_autoptr(GDateTime) time = NULL;
  const char *clock;

  if (g_strv_length (halves) != 2 || strlen (halves[1]) < strlen ("00-00-00.000Z"))
    return 0;
  clock = halves[1];
  iso = g_strdup_printf ("%sT%.2s:%.2s:%.2s.%.3sZ", halves[0], clock, clock + 3, clock + 6, clock + 9);
  time = g_date_time_new_from_iso8601 (iso, NULL);
  return time != NULL ? g_date_time_to_unix (time) * 1000 + g_date_time_get_microsecond (time) / 1000 : 0;
}

static char *
make_name (gint64      at,
           const char *suffix)
{
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc (at / 1000);
  g_autofree char *stem = g_date_time_format (time, NAME_FORMAT);

  return g_strdup_printf ("%s.%03dZ%s", stem, (int) (at % 1000), suffix);
}

/**
 * bks_backup_read:
 * @path: a backup, or another copy of a book
 * @error: return location
 *
 * Returns: (transfer full): what it holds, %NULL with %BKS_ERROR_CORRUPT, …
 */
BksBackup *
bks_backup_read (const char  *path,
                 GError     **error)
{
  static const char what[] = "The backup cannot be read";
  g_autoptr(sqlite3) handle = open_handle (path, SQLITE_OPEN_READONLY, NULL, what, error);
  g_autoptr(BksBackup) backup = NULL;
  g_autofree char *name = g_path_get_basename (path);
  GStatBuf status;
  Counts counts;

  if (handle == NULL || !check_kind (handle, what, error) || !count (handle, what, &counts, error))
    return NULL;
  backup = g_atomic_rc_box_new0 (BksBackup);
  backup->path = g_strdup (path);
  backup->book_id = ask (handle, "SELECT id FROM book", what, error);
  backup->title = backup->book_id != NULL ? ask (handle, "SELECT title FROM book", what, error) : NULL;
  if (backup->title == NULL ||
      !ask_int (handle, "SELECT coalesce (max (seq), 0) FROM events", what, &backup->events, error))
    return NULL;
  backup->at = time_from_name (name);
  backup->shrunk = g_str_has_suffix (name, SHRUNK_SUFFIX);
  backup->nodes = counts.nodes;
  backup->words = counts.words;
  if (g_stat (path, &status) == 0)
    {
      backup->bytes = status.st_size;
      if (backup->at == 0)
        backup->at = (gint64) status.st_mtime * 1000;
    }
  return g_steal_pointer (&backup);
}

/* A copy whose name says when it was made. */
typedef struct
{
  char     *path;
  gint64    at;
  gboolean  shrunk;
} Entry;

static void
entry_free (gpointer data)
{
  g_free (((Entry *) data)->path);
  g_free (data);
}

static int
compare_entries (gconstpointer a,
                 gconstpointer b)
{
  const Entry *first = *(Entry *const *) a, *second = *(Entry *const *) b;

  return (first->at < second->at) - (first->at > second->at);
}

/* Those of a folder, the newest first. */
static GPtrArray *
list_entries (const char *folder)
{
  GPtrArray *entries = g_ptr_array_new_with_free_func (entry_free);
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      gint64 at = g_str_has_suffix (name, SUFFIX) ? time_from_name (name) : 0;
      Entry *entry;

      if (at == 0)
        continue;
      entry = g_new0 (Entry, 1);
      entry->path = g_build_filename (folder, name, NULL);
      entry->at = at;
      entry->shrunk = g_str_has_suffix (name, SHRUNK_SUFFIX);
      g_ptr_array_add (entries, entry);
    }
  g_ptr_array_sort (entries, compare_entries);
  return entries;
}

/**
 * bks_backup_list:
 * @folder: a folder of backups
 *
 * Returns: (transfer full) (element-type BksBackup): those that can be read, the newest first
 */
GPtrArray *
bks_backup_list (const char *folder)
{
  g_autoptr(GPtrArray) entries = list_entries (folder);
  GPtrArray *backups = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_backup_unref);

  for (guint i = 0; i < entries->len; i++)
    {
      const Entry *entry = g_ptr_array_index (entries, i);
      g_autoptr(GError) error = NULL;
      BksBackup *backup = bks_backup_read (entry->path, &error);

      if (backup != NULL)
        g_ptr_array_add (backups, backup);
      else
        g_warning ("%s: %s", entry->path, error->message);
    }
  return backups;
}

/* What a new copy is measured by: the most that the newest whole one, and those of a day before it, have.
 * Many small losses are a large one. A copy that was accepted as smaller is measured by itself. */
static Counts
find_measure (GPtrArray *entries,
              guint     *largest)
{
  Counts most = { 0 };
  gint64 newest = 0;

  for (guint i = 0; i < entries->len; i++)
    {
      const Entry *entry = g_ptr_array_index (entries, i);
      g_autoptr(BksBackup) backup = NULL;

      if (entry->shrunk)
        continue;
      if (newest != 0 && newest - entry->at > SHRINK_MS)
        break;
      backup = bks_backup_read (entry->path, NULL);
      if (backup == NULL)
        continue;
      if (newest == 0)
        newest = entry->at;
      if (backup->words > most.words || most.texts == 0)
        *largest = i;
      most.texts = 1; /* found one */
      most.words = MAX (most.words, backup->words);
      most.nodes = MAX (most.nodes, backup->nodes);
      if (g_str_has_suffix (entry->path, ACCEPTED_SUFFIX))
        break;
    }
  return most;
}

static gboolean
has_shrunk (const Counts *counts,
            const Counts *measure)
{
  return counts->words * LEAST_DENOMINATOR < measure->words * LEAST_NUMERATOR ||
         counts->nodes * LEAST_DENOMINATOR < measure->nodes * LEAST_NUMERATOR;
}

/* Lets go of whole copies that no generation needs. The one that others are measured by stays. Shrunk
 * ones have a row of their own, so that they displace no whole one. */
static void
rotate (GPtrArray *entries,
        gboolean   shrunk)
{
  g_autoptr(GPtrArray) row = g_ptr_array_new ();
  g_autoptr(GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autofree gboolean *keep = g_new0 (gboolean, entries->len + 1);
  guint largest = G_MAXUINT;

  find_measure (entries, &largest);
  for (guint i = 0; i < entries->len; i++)
    {
      Entry *entry = g_ptr_array_index (entries, i);

      if (entry->shrunk != shrunk)
        continue;
      g_ptr_array_add (row, entry);
      g_array_append_val (times, entry->at);
    }
  if (!shrunk)
    bks_retention_rotate_backups ((const gint64 *) times->data, row->len, keep);
  for (guint i = 0; i < row->len; i++)
    {
      const Entry *entry = g_ptr_array_index (row, i);

      if (!(shrunk ? i < SHRUNK_KEPT : keep[i]) && !(largest < entries->len && entry == entries->pdata[largest]))
        g_unlink (entry->path);
    }
}

static char *
choose_path (const char *folder,
             GPtrArray  *entries,
             const char *suffix,
             gint64      now_ms)
{
  g_autofree char *name = NULL;
  gint64 at = now_ms;

  /* A clock that was set back must not let the newest copy look old. */
  if (entries->len > 0)
    at = MAX (at, ((Entry *) g_ptr_array_index (entries, 0))->at + 1);
  name = make_name (at, suffix);
  return g_build_filename (folder, name, NULL);
}

/* Of this process: two may copy one book. */
static char *
make_part_path (const char *folder)
{
  g_autofree char *name = g_strdup_printf ("%d" PART, (int) getpid ());

  return g_build_filename (folder, name, NULL);
}

/* What a killed process has left. */
static void
drop_parts (const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      int pid = (int) g_ascii_strtoll (name, NULL, 10);

      if (g_str_has_suffix (name, PART) && (pid <= 0 || (kill (pid, 0) != 0 && errno == ESRCH)))
        g_unlink (path);
    }
}

/**
 * bks_backup_make:
 * @book_dir: a book's folder
 * @accept_smaller: whether a book that has lost more than a fifth is right
 * @now_ms: epoch milliseconds
 * @limits: limits
 * @error: return location
 *
 * Adds a verified copy to the book's backups, then lets go of those that no
 * generation needs: 5 latest, 7 daily, 8 weekly, 12 monthly ones stay. Where
 * something fails, or the book has shrunk, none is let go of.
 *
 * Returns: (transfer full): the copy, or %NULL with what was wrong
 */
BksBackup *
bks_backup_make (const char  *book_dir,
                 gboolean     accept_smaller,
                 gint64       now_ms,
                 BksLimits   *limits,
                 GError     **error)
{
  g_autofree char *folder = bks_backup_get_folder (book_dir);
  g_autofree char *source = g_build_filename (book_dir, "book.db", NULL);
  g_autofree char *part = NULL;
  g_autofree char *path = NULL;
  g_autoptr(GPtrArray) before = NULL;
  g_autoptr(GPtrArray) after = NULL;
  Counts counts, measure;
  gboolean shrunk;
  guint largest;

  if (g_mkdir_with_parents (folder, 0700) != 0)
    {
      bks_error_set_from_errno (error, errno, "The folder of the backups could not be made");
      return NULL;
    }
  drop_parts (folder);
  part = make_part_path (folder);
  if (!write_copy (source, part, &counts, limits, error))
    return NULL;
  before = list_entries (folder);
  measure = find_measure (before, &largest);
  shrunk = has_shrunk (&counts, &measure);
  path = choose_path (folder, before, !shrunk ? SUFFIX : accept_smaller ? ACCEPTED_SUFFIX : SHRUNK_SUFFIX, now_ms);
  if (!publish (part, path, error))
    return NULL;
  after = list_entries (folder);
  rotate (after, shrunk && !accept_smaller);
  return bks_backup_read (path, error);
}

/**
 * bks_backup_before_migration:
 * @book_dir: a book's folder
 * @limits: limits
 * @error: return location
 *
 * Copies a book of an older schema before this program changes it.
 *
 * Returns: %FALSE if that was needed and failed: the file must not be changed then
 */
gboolean
bks_backup_before_migration (const char  *book_dir,
                             BksLimits   *limits,
                             GError     **error)
{
  g_autofree char *path = g_build_filename (book_dir, "book.db", NULL);
  g_autoptr(sqlite3) handle = open_handle (path, SQLITE_OPEN_READONLY, limits, "The book", NULL);
  g_autoptr(BksBackup) backup = NULL;
  gint64 version;

  /* What cannot be read is refused by those who open it, in better words. */
  if (handle == NULL || !check_kind (handle, "The book", NULL) ||
      !ask_int (handle, "PRAGMA user_version", "The book", &version, NULL) ||
      version == (gint64) g_strv_length ((char **) bks_book_schema.migrations))
    return TRUE;
  backup = bks_backup_make (book_dir, FALSE, bks_clock_get_now_ms (limits->clock), limits, error);
  return backup != NULL;
}
