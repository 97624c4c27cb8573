/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-circuit.h"

G_DEFINE_BOXED_TYPE (BksCircuit, bks_circuit, bks_circuit_copy, bks_circuit_free)

/**
 * bks_circuit_new:
 * @provider: a provider's id
 * @key_tag: which key, "" for none
 * @model: a model of it, "" for the provider itself
 *
 * Returns: (transfer full): a closed circuit
 */
BksCircuit *
bks_circuit_new (const char *provider,
                 const char *key_tag,
                 const char *model)
{
  BksCircuit *self = g_new0 (BksCircuit, 1);

  self->provider = g_strdup (provider);
  self->key_tag = g_strdup (key_tag);
  self->model = g_strdup (model);
  return self;
}

/**
 * bks_circuit_copy:
 * @self: a circuit
 *
 * Returns: (transfer full): another one like it
 */
BksCircuit *
bks_circuit_copy (const BksCircuit *self)
{
  BksCircuit *copy = bks_circuit_new (self->provider, self->key_tag, self->model);

  copy->state = self->state;
  copy->reason = self->reason;
  copy->until_ms = self->until_ms;
  return copy;
}

/**
 * bks_circuit_free:
 * @self: (transfer full): a circuit
 */
void
bks_circuit_free (BksCircuit *self)
{
  g_free (self->provider);
  g_free (self->key_tag);
  g_free (self->model);
  g_free (self);
}

/**
 * bks_circuit_state_to_string:
 * @state: a state
 *
 * Returns: (transfer none): the word that programs are told: "closed", "open", "half-open" or "dead"
 */
const char *
bks_circuit_state_to_string (BksCircuitState state)
{
  switch (state)
    {
    case BKS_CIRCUIT_OPEN: return "open";
    case BKS_CIRCUIT_HALF_OPEN: return "half-open";
    case BKS_CIRCUIT_DEAD: return "dead";
    case BKS_CIRCUIT_CLOSED:
    default: return "closed";
    }
}

static gpointer
read_circuit (sqlite3_stmt *statement)
{
  BksCircuit *circuit = bks_circuit_new ((const char *) sqlite3_column_text (statement, 0),
                                         (const char *) sqlite3_column_text (statement, 1),
                                         (const char *) sqlite3_column_text (statement, 2));

  circuit->state = (BksCircuitState) sqlite3_column_int (statement, 3);
  circuit->reason = (BksError) sqlite3_column_int (statement, 4);
  circuit->until_ms = sqlite3_column_int64 (statement, 5);
  return circuit;
}

static gboolean
list_circuits (BksConnection  *connection,
               GValue         *result,
               gpointer        data,
               GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "SELECT provider, key_tag, model, state, reason, until FROM circuits"
                                      " ORDER BY provider, model",
                                      error);
  return statement != NULL &&
         bks_connection_list (connection, statement, read_circuit, (GDestroyNotify) bks_circuit_free, result, error);
}

/**
 * bks_library_list_circuits:
 * @library: the library
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksCircuit
 */
DexFuture *
bks_library_list_circuits (BksDatabase *library)
{
  return bks_database_read (library, list_circuits, NULL, NULL);
}

typedef struct
{
  char      *provider;
  GPtrArray *circuits;
} Setting;

static void
setting_free (gpointer data)
{
  Setting *setting = data;

  g_free (setting->provider);
  g_ptr_array_unref (setting->circuits);
  g_free (setting);
}

static gboolean
insert_circuit (BksConnection     *connection,
                const BksCircuit  *circuit,
                GError           **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "INSERT OR REPLACE INTO circuits (provider, key_tag, model, state, reason, until)"
                                      " VALUES (?, ?, ?, ?, ?, ?)",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, circuit->provider);
  bks_bind_text (statement, 2, circuit->key_tag);
  bks_bind_text (statement, 3, circuit->model);
  sqlite3_bind_int (statement, 4, (int) circuit->state);
  sqlite3_bind_int (statement, 5, (int) circuit->reason);
  sqlite3_bind_int64 (statement, 6, circuit->until_ms);
  return bks_connection_run (connection, statement, error);
}

static gboolean
set_circuits (BksConnection  *connection,
              GValue         *result,
              gpointer        data,
              GError        **error)
{
  Setting *setting = data;
  sqlite3_stmt *statement = bks_connection_prepare (connection, "DELETE FROM circuits WHERE provider = ?", error);

  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, setting->provider);
  if (!bks_connection_run (connection, statement, error))
    return FALSE;
  for (guint i = 0; i < setting->circuits->len; i++)
    if (!insert_circuit (connection, g_ptr_array_index (setting->circuits, i), error))
      return FALSE;
  return TRUE;
}

/**
 * bks_library_set_circuits:
 * @library: the library
 * @provider: a provider's id
 * @circuits: (element-type BksCircuit): those of it that shall outlive the process
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_library_set_circuits (BksDatabase *library,
                          const char  *provider,
                          GPtrArray   *circuits)
{
  Setting *setting = g_new0 (Setting, 1);

  setting->provider = g_strdup (provider);
  setting->circuits = g_ptr_array_ref (circuits);
  return bks_database_write (library, set_circuits, setting, setting_free);
}
