/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixcredentialsmessage.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "bks-async.h"
#include "bks-book-session-private.h"
#include "bks-error.h"

/*
 * One process holds a book; others of the same person hand it what they write,
 * over a Unix socket in the book's folder. A message is its length (4 bytes,
 * little endian) and a GVariant: "(sv)", a verb and its arguments; the answer
 * is "(usv)", 0 or the code of an error plus one, its message, and what the
 * verb returns.
 */

#define SOCKET "socket"
#define REQUEST_TYPE G_VARIANT_TYPE ("(sv)")
#define ANSWER_TYPE G_VARIANT_TYPE ("(usv)")
#define HEADER_BYTES 4

/* A text at its longest, and its escort. */
#define SPARE_BYTES (64 * 1024)

struct _BksHandOver
{
  char              *dir;
  GSocketService    *service;     /* NULL as a guest */
  GPtrArray         *connections; /* of GSocketConnection, that others have to this one */
  GSocketConnection *connection;  /* a guest's; NULL */
};

/* The folder's path may be longer than an address: it is named by a descriptor. */
static GSocketAddress *
make_address (const char *dir,
              int        *fd)
{
  g_autofree char *path = NULL;

  *fd = open (dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (*fd < 0)
    return NULL;
  path = g_strdup_printf ("/proc/self/fd/%d/" SOCKET, *fd);
  return g_unix_socket_address_new (path);
}

/* Fiber. */
static GBytes *
await_exactly (GInputStream *stream,
               gsize         size,
               GError      **error)
{
  g_autoptr(GByteArray) bytes = g_byte_array_sized_new ((guint) size);

  while (bytes->len < size)
    {
      g_autoptr(GBytes) part = dex_await_boxed (dex_input_stream_read_bytes (stream, MIN (size - bytes->len, 1024 * 1024),
                                                                             G_PRIORITY_DEFAULT),
                                                error);

      if (part == NULL)
        return NULL;
      if (g_bytes_get_size (part) == 0)
        {
          g_set_error_literal (error, BKS_ERROR, BKS_ERROR_IO, "The other program has ended the connection");
          return NULL;
        }
      g_byte_array_append (bytes, g_bytes_get_data (part, NULL), (guint) g_bytes_get_size (part));
    }
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

/* Fiber. */
static GVariant *
await_message (GSocketConnection   *connection,
               const GVariantType  *type,
               gint64               most_bytes,
               GError             **error)
{
  GInputStream *stream = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  g_autoptr(GBytes) header = await_exactly (stream, HEADER_BYTES, error);
  g_autoptr(GBytes) body = NULL;
  g_autoptr(GVariant) message = NULL;
  guint32 size;

  if (header == NULL)
    return NULL;
  memcpy (&size, g_bytes_get_data (header, NULL), sizeof size);
  size = GUINT32_FROM_LE (size);
  if (size > most_bytes)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_TOO_LARGE, "What was handed over is too long");
      return NULL;
    }
  body = await_exactly (stream, size, error);
  if (body == NULL)
    return NULL;
  message = g_variant_ref_sink (g_variant_new_from_bytes (type, body, FALSE));
  if (g_variant_is_normal_form (message))
    return g_steal_pointer (&message);
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT, "What was handed over cannot be read");
  return NULL;
}

/* Fiber. */
static gboolean
await_send (GSocketConnection  *connection,
            GVariant           *message,
            GError            **error)
{
  GOutputStream *stream = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  g_autoptr(GVariant) kept = g_variant_ref_sink (message);
  g_autoptr(GByteArray) bytes = g_byte_array_new ();
  g_autoptr(GBytes) all = NULL;
  guint32 size = GUINT32_TO_LE ((guint32) g_variant_get_size (kept));

  g_byte_array_append (bytes, (const guint8 *) &size, sizeof size);
  g_byte_array_append (bytes, g_variant_get_data (kept), (guint) g_variant_get_size (kept));
  all = g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
  for (gsize sent = 0; sent < g_bytes_get_size (all);)
    {
      g_autoptr(GBytes) rest = g_bytes_new_from_bytes (all, sent, g_bytes_get_size (all) - sent);
      gint64 written;

      if (!bks_await_int64 (dex_output_stream_write_bytes (stream, rest, G_PRIORITY_DEFAULT), &written, error))
        return FALSE;
      sent += (gsize) written;
    }
  return TRUE;
}

/* ---- the verbs, on the side of the holder; each in a fiber ---- */

typedef GVariant *(*VerbFunc) (BksBookSession  *self,
                               GVariant        *arguments,
                               GError         **error);

static GVariant *
done (gboolean ok)
{
  return ok ? g_variant_new ("()") : NULL;
}

static GVariant *
add_verb (BksBookSession  *self,
          GVariant        *arguments,
          GError         **error)
{
  g_autoptr(BksNode) node = NULL;
  const char *title, *parent_id;
  guint32 kind;
  gint32 position;

  g_variant_get (arguments, "(u&sm&si)", &kind, &title, &parent_id, &position);
  if (kind > BKS_NODE_NOTE)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT, "The other program knows a kind that this one does not");
      return NULL;
    }
  node = dex_await_object (bks_book_session_add_node (self, (BksNodeKind) kind, title, parent_id, position), error);
  return node != NULL ? g_variant_new ("(s)", bks_node_get_id (node)) : NULL;
}

static GVariant *
rename_verb (BksBookSession  *self,
             GVariant        *arguments,
             GError         **error)
{
  const char *id, *title;

  g_variant_get (arguments, "(&s&s)", &id, &title);
  return done (dex_await (bks_book_session_rename_node (self, id, title), error));
}

static GVariant *
status_verb (BksBookSession  *self,
             GVariant        *arguments,
             GError         **error)
{
  BksNodeStatus status = BKS_STATUS_NONE;
  const char *id, *name;

  g_variant_get (arguments, "(&s&s)", &id, &name);
  if (bks_node_status_from_string (name, &status))
    return done (dex_await (bks_book_session_set_status (self, id, status), error));
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT, "The other program knows a status that this one does not");
  return NULL;
}

static GVariant *
plan_verb (BksBookSession  *self,
           GVariant        *arguments,
           GError         **error)
{
  const char *id, *synopsis;
  gint64 target_words;

  g_variant_get (arguments, "(&sm&sx)", &id, &synopsis, &target_words);
  return done (dex_await (bks_book_session_set_plan (self, id, synopsis, target_words), error));
}

static GVariant *
move_verb (BksBookSession  *self,
           GVariant        *arguments,
           GError         **error)
{
  const char *id, *parent_id;
  gint32 position;

  g_variant_get (arguments, "(&sm&si)", &id, &parent_id, &position);
  return done (dex_await (bks_book_session_move_node (self, id, parent_id, position), error));
}

static GVariant *
trash_verb (BksBookSession  *self,
            GVariant        *arguments,
            GError         **error)
{
  const char *id;

  g_variant_get (arguments, "(&s)", &id);
  return done (dex_await (bks_book_session_trash_node (self, id), error));
}

static GVariant *
restore_verb (BksBookSession  *self,
              GVariant        *arguments,
              GError         **error)
{
  const char *id;

  g_variant_get (arguments, "(&s)", &id);
  return done (dex_await (bks_book_session_restore_node (self, id), error));
}

static GVariant *
undo_verb (BksBookSession  *self,
           GVariant        *arguments,
           GError         **error)
{
  g_autofree char *what = dex_await_string (bks_book_session_undo (self), error);

  return what != NULL ? g_variant_new ("(s)", what) : NULL;
}

static GVariant *
redo_verb (BksBookSession  *self,
           GVariant        *arguments,
           GError         **error)
{
  g_autofree char *what = dex_await_string (bks_book_session_redo (self), error);

  return what != NULL ? g_variant_new ("(s)", what) : NULL;
}

static GVariant *
text_verb (BksBookSession  *self,
           GVariant        *arguments,
           GError         **error)
{
  g_autoptr(BksNodeSession) session = NULL;
  const char *id, *text;
  gint64 expected;

  g_variant_get (arguments, "(&s&sx)", &id, &text, &expected);
  session = dex_await_object (bks_book_session_open_node (self, id), error);
  return done (session != NULL && dex_await (bks_node_session_set_text (session, text, expected), error));
}

static GVariant *
details_verb (BksBookSession  *self,
              GVariant        *arguments,
              GError         **error)
{
  const char *title, *author, *language;
  gboolean local_only;

  g_variant_get (arguments, "(&s&s&sb)", &title, &author, &language, &local_only);
  return done (dex_await (bks_book_session_set_details (self, title, author, language), error) &&
               dex_await (bks_book_session_set_local_only (self, local_only), error));
}

static GVariant *
goal_verb (BksBookSession  *self,
           GVariant        *arguments,
           GError         **error)
{
  gint64 words;

  g_variant_get (arguments, "(x)", &words);
  if (words >= 0)
    return done (dex_await (bks_book_session_set_daily_goal (self, words), error));
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT, "A goal is a number of words");
  return NULL;
}

static GVariant *
keep_verb (BksBookSession  *self,
           GVariant        *arguments,
           GError         **error)
{
  const char *id;

  g_variant_get (arguments, "(&s)", &id);
  return done (dex_await (bks_book_session_keep_revision (self, id), error));
}

static GVariant *
revert_verb (BksBookSession  *self,
             GVariant        *arguments,
             GError         **error)
{
  const char *id;
  gint64 number;

  g_variant_get (arguments, "(&sx)", &id, &number);
  return done (dex_await (bks_book_session_restore_revision (self, id, number), error));
}

static GVariant *
snapshot_verb (BksBookSession  *self,
               GVariant        *arguments,
               GError         **error)
{
  const char *name, *node_id;
  g_autofree char *id = NULL;

  g_variant_get (arguments, "(&sm&s)", &name, &node_id);
  id = dex_await_string (bks_book_session_add_snapshot (self, name, node_id), error);
  return id != NULL ? g_variant_new ("(s)", id) : NULL;
}

static GVariant *
revert_snapshot_verb (BksBookSession  *self,
                      GVariant        *arguments,
                      GError         **error)
{
  const char *id;
  gint64 count;

  g_variant_get (arguments, "(&s)", &id);
  return bks_await_int64 (bks_book_session_restore_snapshot (self, id), &count, error) ? g_variant_new ("(x)", count) : NULL;
}

static GVariant *
empty_verb (BksBookSession  *self,
            GVariant        *arguments,
            GError         **error)
{
  gint64 count;

  return bks_await_int64 (bks_book_session_empty_trash (self), &count, error) ? g_variant_new ("(x)", count) : NULL;
}

static GVariant *
save_verb (BksBookSession  *self,
           GVariant        *arguments,
           GError         **error)
{
  return done (dex_await (bks_book_session_save (self), error));
}

static const struct
{
  const char *name;
  const char *type; /* of its arguments */
  VerbFunc    func;
} verbs[] = {
  { "add", "(usmsi)", add_verb },
  { "rename", "(ss)", rename_verb },
  { "status", "(ss)", status_verb },
  { "plan", "(smsx)", plan_verb },
  { "move", "(smsi)", move_verb },
  { "trash", "(s)", trash_verb },
  { "restore", "(s)", restore_verb },
  { "undo", "()", undo_verb },
  { "redo", "()", redo_verb },
  { "text", "(ssx)", text_verb },
  { "details", "(sssb)", details_verb },
  { "goal", "(x)", goal_verb },
  { "keep", "(s)", keep_verb },
  { "revert", "(sx)", revert_verb },
  { "snapshot", "(sms)", snapshot_verb },
  { "revert-snapshot", "(s)", revert_snapshot_verb },
  { "empty", "()", empty_verb },
  { "save", "()", save_verb },
};

/* Fiber. */
static GVariant *
await_verb (BksBookSession  *self,
            GVariant        *request,
            GError         **error)
{
  g_autoptr(GVariant) arguments = NULL;
  const char *name;

  g_variant_get (request, "(&sv)", &name, &arguments);
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (g_str_equal (verbs[i].name, name) && g_variant_is_of_type (arguments, G_VARIANT_TYPE (verbs[i].type)))
      return verbs[i].func (self, arguments, error);
  g_set_error (error, BKS_ERROR, BKS_ERROR_UNSUPPORTED,
               "The program that holds the book cannot do this for another one; both should be of one version");
  return NULL;
}

/* ---- the holder's side ---- */

typedef struct
{
  GWeakRef           session;
  GSocketConnection *connection;
  GVariant          *request;
  gint64             most_bytes;
} Guest;

static Guest *
guest_new (BksBookSession    *session,
           GSocketConnection *connection,
           GVariant          *request)
{
  Guest *guest = g_new0 (Guest, 1);

  g_weak_ref_init (&guest->session, session);
  guest->most_bytes = session->limits->node_text_bytes + SPARE_BYTES;
  guest->connection = g_object_ref (connection);
  guest->request = request != NULL ? g_variant_ref (request) : NULL;
  return guest;
}

static void
guest_free (gpointer data)
{
  Guest *guest = data;

  g_weak_ref_clear (&guest->session);
  g_object_unref (guest->connection);
  g_clear_pointer (&guest->request, g_variant_unref);
  g_free (guest);
}

static GVariant *
make_answer (GVariant *returned,
             GError   *error)
{
  if (returned != NULL)
    return g_variant_new ("(usv)", (guint32) 0, "", returned);
  return g_variant_new ("(usv)", (guint32) (error->domain == BKS_ERROR ? error->code : BKS_ERROR_FAILED) + 1,
                        error->message, g_variant_new ("()"));
}

/* One request and its answer. */
static DexFuture *
serve_request_fiber (gpointer data)
{
  Guest *guest = data;
  g_autoptr(BksBookSession) self = g_weak_ref_get (&guest->session);
  g_autoptr(GError) error = NULL;
  GVariant *returned = NULL;

  if (self != NULL && !bks_book_session_is_closed (self))
    returned = await_verb (self, guest->request, &error);
  else
    error = g_error_new_literal (BKS_ERROR, BKS_ERROR_FAILED, "The book has been closed");
  /* One that does not wait for the answer has had its request done all the same. */
  await_send (guest->connection, make_answer (returned, error), NULL);
  return dex_future_new_true ();
}

static DexFuture *
serve_fiber (gpointer data)
{
  Guest *guest = data;

  for (;;)
    {
      g_autoptr(BksBookSession) self = NULL;
      g_autoptr(GVariant) request = NULL;
      g_autoptr(DexCancellable) nothing = NULL;
      DexFuture *work;

      request = await_message (guest->connection, REQUEST_TYPE, guest->most_bytes, NULL);
      self = request != NULL ? g_weak_ref_get (&guest->session) : NULL;
      if (self == NULL)
        break;
      work = bks_spawn_finally (serve_request_fiber, guest_new (self, guest->connection, request), guest_free);
      /* The book is not closed before the answer is on its way. */
      nothing = dex_cancellable_new ();
      bks_book_session_add_work (self, nothing, work);
      g_clear_object (&self);
      dex_await (work, NULL);
    }
  g_io_stream_close (G_IO_STREAM (guest->connection), NULL, NULL);
  return dex_future_new_true ();
}

/* The folder is closed to others; this is for one whose owner has opened it to them. */
static gboolean
is_own (GSocketConnection *connection)
{
  g_autoptr(GCredentials) credentials = g_socket_get_credentials (g_socket_connection_get_socket (connection), NULL);

  return credentials != NULL && g_credentials_get_unix_user (credentials, NULL) == geteuid ();
}

static gboolean
incoming_cb (GSocketService    *service,
             GSocketConnection *connection,
             GObject           *source,
             gpointer           data)
{
  BksBookSession *self = data;

  if (self->hand_over == NULL || !is_own (connection))
    return TRUE;
  g_ptr_array_add (self->hand_over->connections, g_object_ref (connection));
  dex_future_disown (bks_spawn_finally (serve_fiber, guest_new (self, connection, NULL), guest_free));
  return TRUE;
}

/**
 * bks_hand_over_listen:
 * @self: a session that holds its book
 * @error: return location
 *
 * Takes what other processes of this person write to the book.
 *
 * Returns: (transfer full): to be freed before @self, %NULL with an error
 */
BksHandOver *
bks_hand_over_listen (BksBookSession  *self,
                      GError         **error)
{
  g_autofree char *path = g_build_filename (self->dir, SOCKET, NULL);
  g_autoptr(GSocketAddress) address = NULL;
  g_autoptr(GSocketService) service = g_socket_service_new ();
  BksHandOver *hand_over;
  gboolean ok;
  int fd;

  /* One that a killed holder has left: the lock is ours. */
  g_unlink (path);
  address = make_address (self->dir, &fd);
  if (address == NULL)
    {
      bks_error_set_from_errno (error, errno, "Cannot open the book's folder");
      return NULL;
    }
  ok = g_socket_listener_add_address (G_SOCKET_LISTENER (service), address, G_SOCKET_TYPE_STREAM,
                                      G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, error);
  close (fd);
  if (!ok)
    return NULL;
  g_signal_connect (service, "incoming", G_CALLBACK (incoming_cb), self);
  hand_over = g_new0 (BksHandOver, 1);
  hand_over->dir = g_strdup (self->dir);
  hand_over->service = g_steal_pointer (&service);
  hand_over->connections = g_ptr_array_new_with_free_func (g_object_unref);
  g_socket_service_start (hand_over->service);
  return hand_over;
}

/**
 * bks_hand_over_connect:
 * @book_dir: a book's folder
 * @error: return location
 *
 * For a thread: finds the process that holds the book.
 *
 * Returns: (transfer full): a way to it, %NULL with an error if it takes no writes
 */
BksHandOver *
bks_hand_over_connect (const char  *book_dir,
                       GError     **error)
{
  g_autoptr(GSocketClient) client = g_socket_client_new ();
  g_autoptr(GSocketAddress) address = NULL;
  g_autoptr(GSocketConnection) connection = NULL;
  BksHandOver *hand_over;
  int fd;

  address = make_address (book_dir, &fd);
  if (address == NULL)
    {
      bks_error_set_from_errno (error, errno, "Cannot open the book's folder");
      return NULL;
    }
  connection = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, error);
  close (fd);
  if (connection == NULL)
    return NULL;
  hand_over = g_new0 (BksHandOver, 1);
  hand_over->dir = g_strdup (book_dir);
  hand_over->connection = g_steal_pointer (&connection);
  return hand_over;
}

static void
close_connection (gpointer data,
                  gpointer user_data)
{
  /* Ends a reading that waits for the other side. */
  g_socket_shutdown (g_socket_connection_get_socket (data), TRUE, TRUE, NULL);
}

/**
 * bks_hand_over_free:
 * @hand_over: (transfer full): one end of it
 */
void
bks_hand_over_free (BksHandOver *hand_over)
{
  if (hand_over->service != NULL)
    {
      g_autofree char *path = g_build_filename (hand_over->dir, SOCKET, NULL);

      g_unlink (path);
      g_socket_service_stop (hand_over->service);
      g_socket_listener_close (G_SOCKET_LISTENER (hand_over->service));
      g_signal_handlers_disconnect_matched (hand_over->service, G_SIGNAL_MATCH_FUNC, 0, 0, NULL, incoming_cb, NULL);
      g_object_unref (hand_over->service);
      g_ptr_array_foreach (hand_over->connections, close_connection, NULL);
      g_ptr_array_unref (hand_over->connections);
    }
  g_clear_object (&hand_over->connection);
  g_free (hand_over->dir);
  g_free (hand_over);
}

/* ---- the guest's side ---- */

/**
 * bks_book_session_is_guest:
 * @self: a session
 *
 * Returns: whether another process holds the book and writes for this session
 */
gboolean
bks_book_session_is_guest (BksBookSession *self)
{
  return self->hand_over != NULL && self->hand_over->connection != NULL;
}

typedef struct
{
  GSocketConnection *connection;
  GVariant          *request;
  gint64             most_bytes;
} Asking;

static void
asking_free (gpointer data)
{
  Asking *asking = data;

  g_object_unref (asking->connection);
  g_clear_pointer (&asking->request, g_variant_unref);
  g_free (asking);
}

static DexFuture *
ask_fiber (gpointer data)
{
  Asking *asking = data;
  GError *error = NULL;
  GVariant *answer = NULL;

  if (await_send (asking->connection, asking->request, &error))
    answer = await_message (asking->connection, ANSWER_TYPE, asking->most_bytes, &error);
  return answer != NULL ? dex_future_new_take_variant (answer) : bks_future_error (error);
}

/**
 * bks_book_session_await_hand_over:
 * @self: a guest's session
 * @verb: what is to be done
 * @arguments: (nullable): a tuple; sunk
 * @error: return location
 *
 * In a fiber: lets the process that holds the book do something.
 *
 * Returns: (transfer full): what it returned, %NULL with its error
 */
GVariant *
bks_book_session_await_hand_over (BksBookSession  *self,
                                  const char      *verb,
                                  GVariant        *arguments,
                                  GError         **error)
{
  Asking *asking = g_new0 (Asking, 1);
  g_autoptr(GVariant) answer = NULL;
  g_autoptr(GVariant) returned = NULL;
  g_autoptr(GError) local = NULL;
  const char *message;
  guint32 code;

  asking->connection = g_object_ref (self->hand_over->connection);
  asking->request = g_variant_ref_sink (g_variant_new ("(sv)", verb, arguments != NULL ? arguments : g_variant_new ("()")));
  asking->most_bytes = self->limits->node_text_bytes + SPARE_BYTES;
  answer = dex_await_variant (dex_future_first (dex_timeout_new_msec ((int) self->limits->hand_over_ms),
                                                bks_spawn_finally (ask_fiber, asking, asking_free), NULL),
                              &local);
  if (answer == NULL)
    {
      g_set_error (error, BKS_ERROR, BKS_ERROR_IO, "The program that holds the book did not answer (%s); "
                                                   "look whether the change was made before you try again",
                   local->message);
      return NULL;
    }
  g_variant_get (answer, "(u&sv)", &code, &message, &returned);
  if (code == 0)
    return g_steal_pointer (&returned);
  g_set_error_literal (error, BKS_ERROR, (int) code - 1, message);
  return NULL;
}
