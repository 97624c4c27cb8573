/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <sqlite3.h>
#include <string.h>

#include "fault-vfs.h"

/*
 * A layer over SQLite's own file system that counts writes and syncs and lets
 * one of them fail, as disks do. It becomes the default one, so that the
 * program under test opens its files through it without knowing.
 */

/* What a write has replaced, for a machine that stops before the sync. */
typedef struct
{
  sqlite3_int64 offset;
  sqlite3_int64 size_before;
  GBytes       *before;
} Unsynced;

typedef struct
{
  sqlite3_file  base;
  GPtrArray    *unsynced; /* of Unsynced */
  char         *name;
  sqlite3_file *real;
} File;

static sqlite3_vfs shim;
static sqlite3_vfs *real_vfs;
static sqlite3_io_methods methods;

static GMutex mutex;
static struct
{
  Fault       fault;
  guint       n;       /* counted down */
  guint       count;   /* since it was armed */
  gboolean    struck;
  gboolean    stopped; /* the machine: every operation fails */
  GHashTable *files;   /* open ones */
} state;

static void
unsynced_free (gpointer data)
{
  Unsynced *unsynced = data;

  g_clear_pointer (&unsynced->before, g_bytes_unref);
  g_free (unsynced);
}

/* Puts back what was there at the last sync, the last write first. */
static void
lose_unsynced (File *file)
{
  for (guint i = file->unsynced->len; i-- > 0;)
    {
      const Unsynced *unsynced = g_ptr_array_index (file->unsynced, i);
      gsize size;
      gconstpointer data = g_bytes_get_data (unsynced->before, &size);

      if (size > 0)
        file->real->pMethods->xWrite (file->real, data, (int) size, unsynced->offset);
      file->real->pMethods->xTruncate (file->real, unsynced->size_before);
    }
  g_ptr_array_set_size (file->unsynced, 0);
}

static void
stop_machine (gboolean lose)
{
  GHashTableIter iter;
  gpointer file;

  state.stopped = TRUE;
  g_hash_table_iter_init (&iter, state.files);
  while (lose && g_hash_table_iter_next (&iter, &file, NULL))
    lose_unsynced (file);
}

/* Whether this operation is the one. */
static gboolean
strikes (void)
{
  state.count++;
  if (state.fault == FAULT_NONE || state.n == 0)
    return FALSE;
  if (--state.n > 0)
    return FALSE;
  if (state.fault == FAULT_FULL)
    state.n = 1;
  state.struck = TRUE;
  return TRUE;
}

static void
remember (File          *file,
          int            amount,
          sqlite3_int64  offset)
{
  Unsynced *unsynced = g_new0 (Unsynced, 1);
  g_autofree guint8 *before = g_malloc0 ((gsize) amount);
  sqlite3_int64 there;

  file->real->pMethods->xFileSize (file->real, &unsynced->size_before);
  there = CLAMP (unsynced->size_before - offset, 0, amount);
  if (there > 0)
    file->real->pMethods->xRead (file->real, before, (int) there, offset);
  unsynced->offset = offset;
  unsynced->before = g_bytes_new (before, (gsize) there);
  g_ptr_array_add (file->unsynced, unsynced);
}

static int
write_file (sqlite3_file  *base,
            const void    *data,
            int            amount,
            sqlite3_int64  offset)
{
  File *file = (File *) base;
  int code = SQLITE_OK;

  g_mutex_lock (&mutex);
  if (state.stopped)
    code = SQLITE_IOERR_WRITE;
  else if (strikes ())
    switch (state.fault)
      {
      case FAULT_ENOSPC:
      case FAULT_FULL:
        code = SQLITE_FULL;
        break;
      case FAULT_TORN:
        file->real->pMethods->xWrite (file->real, data, amount / 2, offset);
        stop_machine (FALSE);
        code = SQLITE_IOERR_WRITE;
        break;
      case FAULT_POWER_LOSS:
        stop_machine (TRUE);
        code = SQLITE_IOERR_WRITE;
        break;
      case FAULT_EIO:
      case FAULT_NONE:
      default:
        code = SQLITE_IOERR_WRITE;
        break;
      }
  if (code == SQLITE_OK)
    {
      if (state.fault == FAULT_POWER_LOSS)
        remember (file, amount, offset);
      code = file->real->pMethods->xWrite (file->real, data, amount, offset);
    }
  g_mutex_unlock (&mutex);
  return code;
}

/* The real sync is left out: the machine that stops is this one's model. */
static int
sync_file (sqlite3_file *base,
           int           flags)
{
  File *file = (File *) base;
  int code = SQLITE_OK;

  g_mutex_lock (&mutex);
  if (state.stopped)
    code = SQLITE_IOERR_FSYNC;
  else if (strikes ())
    {
      if (state.fault == FAULT_TORN || state.fault == FAULT_POWER_LOSS)
        stop_machine (state.fault == FAULT_POWER_LOSS);
      code = state.fault == FAULT_ENOSPC || state.fault == FAULT_FULL ? SQLITE_FULL : SQLITE_IOERR_FSYNC;
    }
  else
    g_ptr_array_set_size (file->unsynced, 0);
  g_mutex_unlock (&mutex);
  return code;
}

static int
truncate_file (sqlite3_file  *base,
               sqlite3_int64  size)
{
  File *file = (File *) base;
  int code;

  g_mutex_lock (&mutex);
  code = state.stopped ? SQLITE_IOERR_TRUNCATE : file->real->pMethods->xTruncate (file->real, size);
  g_mutex_unlock (&mutex);
  return code;
}

static int
close_file (sqlite3_file *base)
{
  File *file = (File *) base;
  int code;

  g_mutex_lock (&mutex);
  g_hash_table_remove (state.files, file);
  g_mutex_unlock (&mutex);
  code = file->real->pMethods->xClose (file->real);
  g_ptr_array_unref (file->unsynced);
  return code;
}

#define PASS(name, parameters, arguments) \
  static int name parameters \
  { \
    sqlite3_file *real = ((File *) base)->real; \
    return real->pMethods->arguments; \
  }

PASS (read_file, (sqlite3_file * base, void *data, int amount, sqlite3_int64 offset), xRead (real, data, amount, offset))
PASS (size_file, (sqlite3_file * base, sqlite3_int64 *size), xFileSize (real, size))
PASS (lock_file, (sqlite3_file * base, int level), xLock (real, level))
PASS (unlock_file, (sqlite3_file * base, int level), xUnlock (real, level))
PASS (check_lock, (sqlite3_file * base, int *result), xCheckReservedLock (real, result))
PASS (control_file, (sqlite3_file * base, int op, void *argument), xFileControl (real, op, argument))
PASS (sector_size, (sqlite3_file * base), xSectorSize (real))
PASS (shm_map, (sqlite3_file * base, int page, int size, int extend, void volatile **at), xShmMap (real, page, size, extend, at))
PASS (shm_lock, (sqlite3_file * base, int offset, int n, int flags), xShmLock (real, offset, n, flags))
PASS (shm_unmap, (sqlite3_file * base, int delete), xShmUnmap (real, delete))

static void
shm_barrier (sqlite3_file *base)
{
  sqlite3_file *real = ((File *) base)->real;

  real->pMethods->xShmBarrier (real);
}

/* No promise of safe overwrites: a torn page is possible. */
static int
characteristics (sqlite3_file *base)
{
  return 0;
}

static int
open_file (sqlite3_vfs  *vfs,
           const char   *name,
           sqlite3_file *base,
           int           flags,
           int          *out_flags)
{
  File *file = (File *) base;
  int code;

  file->real = (sqlite3_file *) (file + 1);
  code = real_vfs->xOpen (real_vfs, name, file->real, flags, out_flags);
  file->base.pMethods = code == SQLITE_OK ? &methods : NULL;
  if (code != SQLITE_OK)
    return code;
  file->unsynced = g_ptr_array_new_with_free_func (unsynced_free);
  g_mutex_lock (&mutex);
  g_hash_table_add (state.files, file);
  g_mutex_unlock (&mutex);
  return SQLITE_OK;
}

static int
delete_file (sqlite3_vfs *vfs,
             const char  *name,
             int          sync)
{
  gboolean stopped;

  g_mutex_lock (&mutex);
  stopped = state.stopped;
  g_mutex_unlock (&mutex);
  return stopped ? SQLITE_IOERR_DELETE : real_vfs->xDelete (real_vfs, name, 0);
}

static int
access_file (sqlite3_vfs *vfs,
             const char  *name,
             int          flags,
             int         *result)
{
  return real_vfs->xAccess (real_vfs, name, flags, result);
}

static int
full_name (sqlite3_vfs *vfs,
           const char  *name,
           int          size,
           char        *out)
{
  return real_vfs->xFullPathname (real_vfs, name, size, out);
}

/**
 * fault_vfs_install:
 *
 * Before the first database is opened.
 */
void
fault_vfs_install (void)
{
  real_vfs = sqlite3_vfs_find (NULL);
  state.files = g_hash_table_new (NULL, NULL);
  methods = (sqlite3_io_methods) {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = size_file,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_lock,
    .xFileControl = control_file,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
  };
  shim = *real_vfs;
  shim.zName = "fault";
  shim.pNext = NULL;
  shim.szOsFile = (int) sizeof (File) + real_vfs->szOsFile;
  shim.xOpen = open_file;
  shim.xDelete = delete_file;
  shim.xAccess = access_file;
  shim.xFullPathname = full_name;
  g_assert_cmpint (sqlite3_vfs_register (&shim, 1), ==, SQLITE_OK);
}

/**
 * fault_vfs_arm:
 * @fault: what happens
 * @n: at which write or sync from now on, from 1; 0 for never
 */
void
fault_vfs_arm (Fault fault,
               guint n)
{
  g_mutex_lock (&mutex);
  state.fault = fault;
  state.n = n;
  state.count = 0;
  state.struck = FALSE;
  state.stopped = FALSE;
  g_mutex_unlock (&mutex);
}

/**
 * fault_vfs_disarm:
 *
 * The disk is well again.
 *
 * Returns: how many writes and syncs there were since it was armed
 */
guint
fault_vfs_disarm (void)
{
  guint count;

  g_mutex_lock (&mutex);
  count = state.count;
  state.fault = FAULT_NONE;
  state.stopped = FALSE;
  g_mutex_unlock (&mutex);
  return count;
}

/**
 * fault_vfs_struck:
 *
 * Returns: whether it has happened
 */
gboolean
fault_vfs_struck (void)
{
  gboolean struck;

  g_mutex_lock (&mutex);
  struck = state.struck;
  g_mutex_unlock (&mutex);
  return struck;
}
