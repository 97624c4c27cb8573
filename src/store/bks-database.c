/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-async.h"
#include "bks-database.h"
#include "bks-error.h"

/**
 * BksDatabase:
 *
 * A SQLite file with one writing thread and one reading thread beside it, so
 * that nobody waits for a disk on the main thread and readers never wait for
 * a writer. A read-only database has the reading thread alone. The streaming
 * path has a connection of its own on the writing thread, which can write
 * drafts and nothing else; so has what need not wait for the disk.
 */
struct _BksDatabase
{
  GObject      parent_instance;

  char        *path;
  GAsyncQueue *writer; /* of Job; NULL when read-only */
  GAsyncQueue *reader;
};

G_DEFINE_FINAL_TYPE (BksDatabase, bks_database, G_TYPE_OBJECT)

typedef enum
{
  JOB_RUN,
  JOB_RUN_NORMAL,
  JOB_RUN_DRAFTS,
  JOB_CLOSE,
} JobKind;

typedef struct
{
  JobKind         kind;
  DexPromise     *promise;
  BksDatabaseFunc func;
  gpointer        data;
  GDestroyNotify  data_destroy;
} Job;

/* What a thread owns. */
typedef struct
{
  char            *path;
  const BksSchema *schema;
  gboolean         writable;
  guint            busy_ms;
  GAsyncQueue     *queue;
  BksConnection   *connection;
  BksConnection   *normal; /* opened when first needed, as is */
  BksConnection   *drafts;
  GThread         *reader; /* the writer's: to be waited for, as the last to close brings the journal into the file */
} Worker;

static void
job_end (Job          *job,
         const GValue *value,
         GError       *error)
{
  if (job->data_destroy != NULL)
    job->data_destroy (job->data);
  bks_promise_resolve (job->promise, value, error);
  dex_unref (job->promise);
  g_free (job);
}

static void
job_run (Job           *job,
         BksConnection *connection)
{
  g_auto(GValue) value = G_VALUE_INIT;
  GError *error = NULL;

  if (bks_connection_begin (connection, &error))
    {
      if (job->func (connection, &value, job->data, &error))
        bks_connection_commit (connection, &error);
      else
        {
          bks_connection_roll_back (connection);
          /* A failure must not pass for a success because it does not say why. */
          if (error == NULL)
            error = g_error_new_literal (BKS_ERROR, BKS_ERROR_FAILED, "The work failed without a reason");
        }
    }
  job_end (job, &value, error);
}

static BksConnection *
worker_get (Worker             *worker,
            BksConnection     **connection,
            BksConnectionMode   mode,
            GError            **error)
{
  if (*connection == NULL)
    *connection = bks_connection_open (worker->path, worker->schema, mode, worker->busy_ms, error);
  return *connection;
}

static BksConnection *
worker_choose (Worker   *worker,
               JobKind   kind,
               GError  **error)
{
  switch (kind)
    {
    case JOB_RUN_NORMAL:
      return worker_get (worker, &worker->normal, BKS_CONNECTION_WRITE_NORMAL, error);
    case JOB_RUN_DRAFTS:
      return worker_get (worker, &worker->drafts, BKS_CONNECTION_DRAFTS, error);
    case JOB_RUN:
    case JOB_CLOSE:
    default:
      return worker->connection;
    }
}

static void
worker_free (Worker *worker)
{
  g_clear_pointer (&worker->drafts, bks_connection_close);
  g_clear_pointer (&worker->normal, bks_connection_close);
  g_clear_pointer (&worker->connection, bks_connection_close);
  g_async_queue_unref (worker->queue);
  g_free (worker->path);
  g_free (worker);
}

static gboolean
worker_open (Worker  *worker,
             GError **error)
{
  worker->connection = bks_connection_open (worker->path, worker->schema,
                                            worker->writable ? BKS_CONNECTION_WRITE : BKS_CONNECTION_READ_ONLY,
                                            worker->busy_ms, error);
  return worker->connection != NULL &&
         (!worker->writable || bks_connection_migrate (worker->connection, error));
}

static gpointer
worker_thread (gpointer data)
{
  Worker *worker = data;

  for (;;)
    {
      Job *job = g_async_queue_pop (worker->queue);
      BksConnection *connection;
      GError *error = NULL;

      if (job->kind == JOB_CLOSE)
        {
          g_clear_pointer (&worker->reader, g_thread_join);
          worker_free (worker);
          job_end (job, NULL, NULL);
          return NULL;
        }
      connection = worker_choose (worker, job->kind, &error);
      if (connection != NULL)
        job_run (job, connection);
      else
        job_end (job, NULL, error);
    }
}

static DexFuture *
push (GAsyncQueue     *queue,
      JobKind          kind,
      BksDatabaseFunc  func,
      gpointer         data,
      GDestroyNotify   data_destroy)
{
  Job *job = g_new0 (Job, 1);
  DexFuture *future;

  job->kind = kind;
  job->promise = dex_promise_new ();
  job->func = func;
  job->data = data;
  job->data_destroy = data_destroy;
  future = DEX_FUTURE (dex_ref (job->promise));
  g_async_queue_push (queue, job);
  return future;
}

static void
bks_database_finalize (GObject *object)
{
  BksDatabase *self = BKS_DATABASE (object);

  dex_unref (bks_database_close (self));
  g_free (self->path);
  G_OBJECT_CLASS (bks_database_parent_class)->finalize (object);
}

static void
bks_database_class_init (BksDatabaseClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_database_finalize;
}

static void
bks_database_init (BksDatabase *self)
{
}

static Worker *
worker_new (const char      *path,
            const BksSchema *schema,
            gboolean         writable,
            guint            busy_ms)
{
  Worker *worker = g_new0 (Worker, 1);

  worker->path = g_strdup (path);
  worker->schema = schema;
  worker->writable = writable;
  worker->busy_ms = busy_ms;
  worker->queue = g_async_queue_new ();
  return worker;
}

typedef struct
{
  Worker *writer; /* NULL when read-only */
  Worker *reader;
} Opening;

static void
opening_free (gpointer data)
{
  Opening *opening = data;

  g_clear_pointer (&opening->writer, worker_free);
  g_clear_pointer (&opening->reader, worker_free);
  g_free (opening);
}

/* A book that an older program wrote and nobody may write now still has to be read as it is. */
static gboolean
open_on_thread (GValue        *result,
                GCancellable  *cancellable,
                gpointer       data,
                GError       **error)
{
  Opening *opening = data;
  BksDatabase *self;
  GThread *reader;

  if (opening->writer != NULL && !worker_open (opening->writer, error))
    return FALSE;
  if (!worker_open (opening->reader, error))
    return FALSE;

  self = g_object_new (BKS_TYPE_DATABASE, NULL);
  self->path = g_strdup (opening->reader->path);
  self->reader = g_async_queue_ref (opening->reader->queue);
  reader = g_thread_new ("db-reader", worker_thread, g_steal_pointer (&opening->reader));
  if (opening->writer == NULL)
    g_thread_unref (reader);
  else
    {
      self->writer = g_async_queue_ref (opening->writer->queue);
      opening->writer->reader = reader;
      g_thread_unref (g_thread_new ("db-writer", worker_thread, g_steal_pointer (&opening->writer)));
    }
  g_value_init (result, BKS_TYPE_DATABASE);
  g_value_take_object (result, self);
  return TRUE;
}

/**
 * bks_database_open:
 * @path: the file
 * @schema: what it holds; lives as long as the program
 * @writable: whether to create, migrate and write it
 * @limits: limits
 *
 * Returns: (transfer full): resolves to a #BksDatabase; rejects as bks_connection_open()
 *   and bks_connection_migrate() fail
 */
DexFuture *
bks_database_open (const char      *path,
                   const BksSchema *schema,
                   gboolean         writable,
                   BksLimits       *limits)
{
  Opening *opening = g_new0 (Opening, 1);

  opening->reader = worker_new (path, schema, FALSE, limits->database_busy_ms);
  if (writable)
    opening->writer = worker_new (path, schema, TRUE, limits->database_busy_ms);
  return bks_run_in_thread (NULL, open_on_thread, opening, opening_free);
}

/**
 * bks_database_get_path:
 * @self: a database
 *
 * Returns: (transfer none): its file
 */
const char *
bks_database_get_path (BksDatabase *self)
{
  g_return_val_if_fail (BKS_IS_DATABASE (self), NULL);

  return self->path;
}

static DexFuture *
refuse (BksDatabase    *self,
        gpointer        data,
        GDestroyNotify  data_destroy,
        gboolean        for_writing)
{
  if (data_destroy != NULL)
    data_destroy (data);
  if (for_writing && self->reader != NULL)
    return bks_future_error (g_error_new_literal (BKS_ERROR, BKS_ERROR_READ_ONLY, "It is open for reading only"));
  return bks_future_error (g_error_new_literal (BKS_ERROR, BKS_ERROR_FAILED, "The database has been closed"));
}

static DexFuture *
push_write (BksDatabase     *self,
            JobKind          kind,
            BksDatabaseFunc  func,
            gpointer         data,
            GDestroyNotify   data_destroy)
{
  if (self->writer == NULL)
    return refuse (self, data, data_destroy, TRUE);
  return push (self->writer, kind, func, data, data_destroy);
}

/**
 * bks_database_write:
 * @self: a database
 * @func: what to do, in one transaction
 * @data: for @func
 * @data_destroy: (nullable): frees @data, on the writing thread
 *
 * Once called, it happens, in the order of calls, whether or not anybody
 * waits for the returned future.
 *
 * Returns: (transfer full): resolves to what @func set, when it is durable
 */
DexFuture *
bks_database_write (BksDatabase     *self,
                    BksDatabaseFunc  func,
                    gpointer         data,
                    GDestroyNotify   data_destroy)
{
  g_return_val_if_fail (BKS_IS_DATABASE (self), NULL);

  return push_write (self, JOB_RUN, func, data, data_destroy);
}

/**
 * bks_database_write_normal:
 * @self: a database
 * @func: what to do, in one transaction
 * @data: for @func
 * @data_destroy: (nullable): frees @data, on the writing thread
 *
 * As bks_database_write(), without waiting for the disk: what is written
 * outlives this process at once, and the loss of power after the next write
 * that is durable. For what is worth nothing to a machine that was off.
 *
 * Returns: (transfer full): resolves to what @func set, when it is committed
 */
DexFuture *
bks_database_write_normal (BksDatabase     *self,
                           BksDatabaseFunc  func,
                           gpointer         data,
                           GDestroyNotify   data_destroy)
{
  g_return_val_if_fail (BKS_IS_DATABASE (self), NULL);

  return push_write (self, JOB_RUN_NORMAL, func, data, data_destroy);
}

/**
 * bks_database_write_drafts:
 * @self: a database
 * @func: what to do, in one transaction
 * @data: for @func
 * @data_destroy: (nullable): frees @data, on the writing thread
 *
 * As bks_database_write(), for everything that an AI answer causes: SQLite
 * itself refuses every table but drafts, suggestions, runs and events.
 *
 * Returns: (transfer full): resolves to what @func set, when it is durable
 */
DexFuture *
bks_database_write_drafts (BksDatabase     *self,
                           BksDatabaseFunc  func,
                           gpointer         data,
                           GDestroyNotify   data_destroy)
{
  g_return_val_if_fail (BKS_IS_DATABASE (self), NULL);

  return push_write (self, JOB_RUN_DRAFTS, func, data, data_destroy);
}

/**
 * bks_database_read:
 * @self: a database
 * @func: what to read, from one state of the file
 * @data: for @func
 * @data_destroy: (nullable): frees @data, on the reading thread
 *
 * Returns: (transfer full): resolves to what @func set
 */
DexFuture *
bks_database_read (BksDatabase     *self,
                   BksDatabaseFunc  func,
                   gpointer         data,
                   GDestroyNotify   data_destroy)
{
  g_return_val_if_fail (BKS_IS_DATABASE (self), NULL);

  if (self->reader == NULL)
    return refuse (self, data, data_destroy, FALSE);
  return push (self->reader, JOB_RUN, func, data, data_destroy);
}

static DexFuture *
close_queue (GAsyncQueue **queue)
{
  DexFuture *future;

  if (*queue == NULL)
    return dex_future_new_true ();
  future = push (*queue, JOB_CLOSE, NULL, NULL, NULL);
  g_clear_pointer (queue, g_async_queue_unref);
  return future;
}

/**
 * bks_database_close:
 * @self: a database
 *
 * Lets everything that was asked for finish, then closes the file. Called
 * twice it does nothing.
 *
 * Returns: (transfer full): resolves when the threads have let go of the file
 */
DexFuture *
bks_database_close (BksDatabase *self)
{
  DexFuture *reader, *writer;

  g_return_val_if_fail (BKS_IS_DATABASE (self), NULL);

  reader = close_queue (&self->reader);
  writer = close_queue (&self->writer);
  return dex_future_all (reader, writer, NULL);
}
