/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include <gio/gunixmounts.h>
#include <string.h>
#include <sys/vfs.h>

#include "bks-error.h"
#include "bks-folder-check.h"

/*
 * Where a live database must not be. A program that synchronises a folder
 * copies the files of a database one by one, at different moments, and puts
 * other machines' ones in their place; on a network mount locks and the shared
 * memory of the journal do not work.
 */

/* A file or folder that such a program keeps in the folder it synchronises, or above. */
static const struct
{
  const char *name;
  const char *service;
} markers[] = {
  { ".dropbox", "Dropbox" },
  { ".dropbox.cache", "Dropbox" },
  { ".849C9593-D756-4E56-8D6E-42412F2A707B", "OneDrive" },
  { ".xdg-volume-info-onedrive", "OneDrive" },
  { ".sync-exclude.lst", "Nextcloud" },
  { ".nextcloudsync.log", "Nextcloud" },
  { ".owncloudsync.log", "ownCloud" },
  { ".stfolder", "Syncthing" },
  { ".tmp.drivedownload", "Google Drive" },
  { ".tmp.driveupload", "Google Drive" },
  { ".megaignore", "MEGA" },
  { ".pcloud", "pCloud" },
};

/* A database of the client whose name carries a number. */
static const struct
{
  const char *prefix;
  const char *service;
} marker_prefixes[] = {
  { ".sync_", "Nextcloud" },
  { "._sync_", "Nextcloud" },
  { ".csync_journal", "ownCloud" },
};

/* What the folder itself is called where nothing inside tells. */
static const struct
{
  const char *name;
  const char *service;
} names[] = {
  { "Dropbox", "Dropbox" },
  { "OneDrive", "OneDrive" },
  { "Nextcloud", "Nextcloud" },
  { "ownCloud", "ownCloud" },
  { "iCloudDrive", "iCloud" },
  { "iCloud Drive", "iCloud" },
  { "com~apple~CloudDocs", "iCloud" },
  { "Google Drive", "Google Drive" },
  { "GoogleDrive", "Google Drive" },
  { "Insync", "Google Drive" },
};

/* File systems of other machines, as the list of mounts calls them. */
static const char *const networks[] = {
  "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "coda", "ceph", "davfs", "fuse.sshfs", "fuse.rclone",
  "fuse.gvfsd-fuse", "fuse.davfs", "fuse.s3fs", "fuse.glusterfs", "fuse.ceph", "fuse.google-drive-ocamlfuse",
  "fuse.onedriver", "fuse.dropbox", NULL
};

static const char *
find_marker (const char *dir)
{
  g_autoptr(GDir) list = NULL;
  const char *name;

  for (guint i = 0; i < G_N_ELEMENTS (markers); i++)
    {
      g_autofree char *path = g_build_filename (dir, markers[i].name, NULL);

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        return markers[i].service;
    }
  list = g_dir_open (dir, 0, NULL);
  while (list != NULL && (name = g_dir_read_name (list)) != NULL)
    for (guint i = 0; i < G_N_ELEMENTS (marker_prefixes); i++)
      if (g_str_has_prefix (name, marker_prefixes[i].prefix) && strstr (name, ".db") != NULL)
        return marker_prefixes[i].service;
  return NULL;
}

static const char *
find_name (const char *dir)
{
  g_autofree char *name = g_path_get_basename (dir);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (name, names[i].name) == 0 ||
        /* "OneDrive - Company", "Dropbox (Personal)" */
        (g_ascii_strncasecmp (name, names[i].name, strlen (names[i].name)) == 0 &&
         (g_str_has_prefix (name + strlen (names[i].name), " - ") || g_str_has_prefix (name + strlen (names[i].name), " ("))))
      return names[i].service;
  return NULL;
}

/* The home folder and what is above hold markers of programs that synchronise other folders. */
static const char *
find_service (const char *dir)
{
  g_autofree char *at = g_strdup (dir);
  const char *home = g_get_home_dir ();

  while (!g_str_equal (at, home) && !g_str_equal (at, "/") && !g_str_equal (at, "."))
    {
      g_autofree char *above = g_path_get_dirname (at);
      const char *service = find_name (at);

      if (service == NULL)
        service = find_marker (at);
      if (service != NULL)
        return service;
      g_set_str (&at, above);
    }
  return NULL;
}

/* statfs() where the list of mounts cannot be read: the numbers are those of linux/magic.h. */
static gboolean
is_network_magic (const char *dir)
{
  struct statfs status;

  if (statfs (dir, &status) != 0)
    return FALSE;
  switch ((guint32) status.f_type)
    {
    case 0x6969:     /* NFS */
    case 0xff534d42: /* CIFS */
    case 0xfe534d42: /* SMB 2 */
    case 0x517b:     /* SMB */
    case 0x564c:     /* NCP */
    case 0x73757245: /* Coda */
    case 0x5346414f: /* AFS */
    case 0x00c36400: /* Ceph */
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
is_network (const char *dir)
{
  GUnixMountEntry *mount = g_unix_mount_entry_for (dir, NULL);
  gboolean listed = mount != NULL && g_strv_contains (networks, g_unix_mount_entry_get_fs_type (mount));

  g_clear_pointer (&mount, g_unix_mount_entry_free);
  return listed || is_network_magic (dir);
}

/**
 * bks_folder_check:
 * @dir: a folder that is to hold a live book
 * @error: return location
 *
 * Refuses folders that another program synchronises and network mounts: both
 * destroy databases that are being written. For a thread.
 *
 * Returns: %FALSE with %BKS_ERROR_UNSUPPORTED, whose message says why and what to do instead
 */
gboolean
bks_folder_check (const char  *dir,
                  GError     **error)
{
  g_autofree char *full = g_canonicalize_filename (dir, NULL);
  gboolean network = is_network (full);
  const char *service = network ? NULL : find_service (full);

  if (network)
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_UNSUPPORTED,
                         "The library is on a network mount, where a book that is being written can be destroyed; "
                         "move it to a folder of this machine and keep a backup on the network instead");
  else if (service != NULL)
    g_set_error (error, BKS_ERROR, BKS_ERROR_UNSUPPORTED,
                 "The library is in a folder that %s synchronises, which can destroy a book that is being written; "
                 "move it to a folder of this machine and keep a backup there instead",
                 service);
  return !network && service == NULL;
}
