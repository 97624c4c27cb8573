/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include "bks-breaker.h"

/**
 * BksBreaker:
 *
 * Keeps calls from going where they only fail (a circuit breaker, routing.md §3).
 * One circuit for each model of a provider, and one for the provider's own line
 * and key; each with each key. Decides, and does nothing: no input, no output,
 * and the time comes from the limits. Main thread.
 */
struct _BksBreaker
{
  GObject     parent_instance;

  BksLimits  *limits;
  GHashTable *circuits; /* "provider\nkey tag\nmodel" → Circuit */
};

G_DEFINE_FINAL_TYPE (BksBreaker, bks_breaker, G_TYPE_OBJECT)

/* The provider itself, among its models. */
#define WHOLE_PROVIDER ""

typedef struct
{
  gint64   at; /* monotonic ms */
  gboolean failed;
} Sample;

typedef struct
{
  BksCircuit  public;       /* its until_ms is not kept up */
  gint64      until;        /* monotonic ms, of an open one */
  gint64      rest_ms;      /* the last rest, to be doubled */
  guint       rates;        /* answers of class RATE in a row */
  guint       in_a_row;     /* failures */
  GArray     *samples;      /* of Sample, of the last window */
  gint64      tripped_at;   /* when it opened by counting; 0: it did not */
  gboolean    probing;      /* a request is finding out */
} Circuit;

static void
circuit_free (gpointer data)
{
  Circuit *circuit = data;

  g_free (circuit->public.provider);
  g_free (circuit->public.key_tag);
  g_free (circuit->public.model);
  g_array_unref (circuit->samples);
  g_free (circuit);
}

static void
bks_breaker_finalize (GObject *object)
{
  BksBreaker *self = BKS_BREAKER (object);

  g_hash_table_unref (self->circuits);
  bks_limits_unref (self->limits);
  G_OBJECT_CLASS (bks_breaker_parent_class)->finalize (object);
}

static void
bks_breaker_class_init (BksBreakerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_breaker_finalize;
}

static void
bks_breaker_init (BksBreaker *self)
{
  self->circuits = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, circuit_free);
}

/**
 * bks_breaker_new:
 * @limits: limits
 *
 * Returns: (transfer full): a breaker that knows of no failure
 */
BksBreaker *
bks_breaker_new (BksLimits *limits)
{
  BksBreaker *self = g_object_new (BKS_TYPE_BREAKER, NULL);

  self->limits = bks_limits_ref (limits);
  return self;
}

static gint64
get_monotonic (BksBreaker *self)
{
  return bks_clock_get_monotonic_ms (self->limits->clock);
}

static Circuit *
find_circuit (BksBreaker *self,
              const char *provider,
              const char *key_tag,
              const char *model)
{
  g_autofree char *name = g_strdup_printf ("%s\n%s\n%s", provider, key_tag, model);

  return g_hash_table_lookup (self->circuits, name);
}

static Circuit *
ensure_circuit (BksBreaker *self,
                const char *provider,
                const char *key_tag,
                const char *model)
{
  Circuit *circuit = find_circuit (self, provider, key_tag, model);

  if (circuit != NULL)
    return circuit;
  circuit = g_new0 (Circuit, 1);
  circuit->public.provider = g_strdup (provider);
  circuit->public.key_tag = g_strdup (key_tag);
  circuit->public.model = g_strdup (model);
  circuit->samples = g_array_new (FALSE, FALSE, sizeof (Sample));
  g_hash_table_insert (self->circuits, g_strdup_printf ("%s\n%s\n%s", provider, key_tag, model), circuit);
  return circuit;
}

/* An open one whose time has come is half open. */
static void
update (BksBreaker *self,
        Circuit    *circuit)
{
  if (circuit->public.state == BKS_CIRCUIT_OPEN && get_monotonic (self) >= circuit->until)
    {
      circuit->public.state = BKS_CIRCUIT_HALF_OPEN;
      circuit->probing = FALSE;
    }
}

static BksAdmission
look (BksBreaker *self,
      Circuit    *circuit)
{
  BksAdmission admission = { .state = BKS_CIRCUIT_CLOSED };

  if (circuit == NULL)
    return admission;
  update (self, circuit);
  admission.state = circuit->public.state;
  admission.reason = circuit->public.reason;
  if (admission.state == BKS_CIRCUIT_OPEN)
    admission.wait_ms = circuit->until - get_monotonic (self);
  else if (admission.state == BKS_CIRCUIT_DEAD)
    admission.wait_ms = -1;
  else if (admission.state == BKS_CIRCUIT_HALF_OPEN && circuit->probing)
    {
      /* Somebody else is finding out: for the others it rests. */
      admission.state = BKS_CIRCUIT_OPEN;
      admission.wait_ms = self->limits->breaker_probe_ms;
    }
  return admission;
}

static guint
get_rank (const BksAdmission *admission)
{
  switch (admission->state)
    {
    case BKS_CIRCUIT_DEAD: return 3;
    case BKS_CIRCUIT_OPEN: return 2;
    case BKS_CIRCUIT_HALF_OPEN: return 1;
    case BKS_CIRCUIT_CLOSED:
    default: return 0;
    }
}

/**
 * bks_breaker_look:
 * @self: a breaker
 * @provider: a provider's id
 * @key_tag: which key, "" for none
 * @model: a model of it
 *
 * Returns: whether a call may go there now; changes nothing that others see
 */
BksAdmission
bks_breaker_look (BksBreaker *self,
                  const char *provider,
                  const char *key_tag,
                  const char *model)
{
  BksAdmission line, own;

  g_return_val_if_fail (BKS_IS_BREAKER (self), (BksAdmission) { 0 });

  line = look (self, find_circuit (self, provider, key_tag, WHOLE_PROVIDER));
  own = look (self, find_circuit (self, provider, key_tag, model));
  if (get_rank (&line) == get_rank (&own))
    return line.wait_ms >= own.wait_ms ? line : own;
  return get_rank (&line) > get_rank (&own) ? line : own;
}

static void
begin_probe (BksBreaker *self,
             Circuit    *circuit)
{
  if (circuit == NULL)
    return;
  update (self, circuit);
  if (circuit->public.state == BKS_CIRCUIT_HALF_OPEN)
    circuit->probing = TRUE;
}

/**
 * bks_breaker_begin:
 * @self: a breaker
 * @provider: a provider's id
 * @key_tag: which key
 * @model: a model of it
 *
 * Says that a call goes there. Each is followed by one of
 * bks_breaker_note_success(), bks_breaker_note_failure() and
 * bks_breaker_note_nothing().
 */
void
bks_breaker_begin (BksBreaker *self,
                   const char *provider,
                   const char *key_tag,
                   const char *model)
{
  g_return_if_fail (BKS_IS_BREAKER (self));

  begin_probe (self, find_circuit (self, provider, key_tag, WHOLE_PROVIDER));
  begin_probe (self, find_circuit (self, provider, key_tag, model));
}

static void
add_sample (BksBreaker *self,
            Circuit    *circuit,
            gboolean    failed)
{
  Sample sample = { .at = get_monotonic (self), .failed = failed };
  guint old = 0;

  while (old < circuit->samples->len &&
         g_array_index (circuit->samples, Sample, old).at <= sample.at - self->limits->breaker_window_ms)
    old++;
  /* A busy one is judged by its newest calls. */
  if (circuit->samples->len - old >= self->limits->breaker_samples_most)
    old++;
  if (old > 0)
    g_array_remove_range (circuit->samples, 0, old);
  g_array_append_val (circuit->samples, sample);
}

static void
close_circuit (Circuit *circuit)
{
  circuit->public.state = BKS_CIRCUIT_CLOSED;
  circuit->public.reason = BKS_ERROR_FAILED;
  circuit->until = 0;
  circuit->rest_ms = 0;
  circuit->rates = 0;
  circuit->in_a_row = 0;
  circuit->tripped_at = 0;
  circuit->probing = FALSE;
}

static void
note_success (BksBreaker *self,
              Circuit    *circuit)
{
  /* A success proves it, whatever was thought; but what it asked to wait stays. */
  if (circuit->public.state == BKS_CIRCUIT_HALF_OPEN)
    g_array_set_size (circuit->samples, 0);
  if (circuit->public.state != BKS_CIRCUIT_OPEN || circuit->public.reason != BKS_ERROR_RATE)
    close_circuit (circuit);
  add_sample (self, circuit, FALSE);
}

/**
 * bks_breaker_note_success:
 * @self: a breaker
 * @provider: a provider's id
 * @key_tag: which key
 * @model: the model that answered
 */
void
bks_breaker_note_success (BksBreaker *self,
                          const char *provider,
                          const char *key_tag,
                          const char *model)
{
  g_return_if_fail (BKS_IS_BREAKER (self));

  note_success (self, ensure_circuit (self, provider, key_tag, WHOLE_PROVIDER));
  note_success (self, ensure_circuit (self, provider, key_tag, model));
}

/* A new deadline is the later of old and new. */
static void
open_circuit (BksBreaker *self,
              Circuit    *circuit,
              BksError    reason,
              gint64      rest_ms)
{
  gint64 until = get_monotonic (self) + rest_ms;

  if (circuit->public.state == BKS_CIRCUIT_DEAD)
    return;
  if (circuit->public.state != BKS_CIRCUIT_OPEN || until >= circuit->until)
    circuit->public.reason = reason;
  circuit->until = circuit->public.state == BKS_CIRCUIT_OPEN ? MAX (circuit->until, until) : until;
  circuit->public.state = BKS_CIRCUIT_OPEN;
  circuit->rest_ms = rest_ms;
  circuit->probing = FALSE;
}

static void
kill_circuit (Circuit  *circuit,
              BksError  reason)
{
  circuit->public.state = BKS_CIRCUIT_DEAD;
  circuit->public.reason = reason;
  circuit->probing = FALSE;
}

/* 3 in a row, or half of 5 or more. */
static gboolean
is_tripped (BksBreaker *self,
            Circuit    *circuit)
{
  guint failed = 0;

  if (circuit->in_a_row >= self->limits->breaker_failures)
    return TRUE;
  if (circuit->samples->len < self->limits->breaker_samples)
    return FALSE;
  for (guint i = 0; i < circuit->samples->len; i++)
    failed += g_array_index (circuit->samples, Sample, i).failed;
  return failed * 2 >= circuit->samples->len;
}

/* A provider that is down is looked for soon: with a cap of minutes one that is back goes unnoticed. */
static gint64
get_cap (BksBreaker *self,
         BksError    reason)
{
  if (reason == BKS_ERROR_OVERLOAD || reason == BKS_ERROR_SERVER || reason == BKS_ERROR_TRANSPORT)
    return self->limits->breaker_rest_most_ms;
  return self->limits->breaker_rest_long_ms;
}

static gboolean
count_failure (BksBreaker *self,
               Circuit    *circuit,
               BksError    reason,
               gint64      retry_after_ms)
{
  gint64 rest = self->limits->breaker_rest_ms;

  add_sample (self, circuit, TRUE);
  circuit->in_a_row++;
  if (circuit->public.state == BKS_CIRCUIT_HALF_OPEN)
    rest = MIN (MAX (2 * circuit->rest_ms, rest), get_cap (self, reason));
  else if (circuit->public.state == BKS_CIRCUIT_OPEN || !is_tripped (self, circuit))
    {
      if (retry_after_ms > 0)
        open_circuit (self, circuit, reason, retry_after_ms);
      return FALSE;
    }
  circuit->tripped_at = get_monotonic (self);
  open_circuit (self, circuit, reason, rest);
  if (retry_after_ms > rest)
    open_circuit (self, circuit, reason, retry_after_ms);
  circuit->rest_ms = rest;
  return TRUE;
}

/* One bad model never closes its neighbours; two of them are the provider. */
static gboolean
has_tripped_neighbour (BksBreaker *self,
                       Circuit    *circuit)
{
  gint64 since = get_monotonic (self) - self->limits->breaker_window_ms;
  GHashTableIter iter;
  Circuit *other;

  g_hash_table_iter_init (&iter, self->circuits);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &other))
    if (other != circuit && *other->public.model != '\0' && other->tripped_at > 0 && other->tripped_at >= since &&
        g_str_equal (other->public.provider, circuit->public.provider) &&
        g_str_equal (other->public.key_tag, circuit->public.key_tag))
      return TRUE;
  return FALSE;
}

static void
note_rate (BksBreaker *self,
           Circuit    *circuit,
           gint64      retry_after_ms)
{
  guint doublings = MIN (circuit->rates, 16);
  gint64 own = MIN ((gint64) self->limits->breaker_rate_ms << doublings, self->limits->breaker_rate_most_ms);

  circuit->rates++;
  open_circuit (self, circuit, BKS_ERROR_RATE, MAX (own, retry_after_ms));
}

/* Faults of the caller tell nothing about the provider. */
static void
note_model_failure (BksBreaker *self,
                    Circuit    *line,
                    Circuit    *circuit,
                    BksError    reason,
                    gint64      retry_after_ms)
{
  switch ((int) reason)
    {
    case BKS_ERROR_PERMISSION:
    case BKS_ERROR_MODEL:
      kill_circuit (circuit, reason);
      break;
    case BKS_ERROR_RATE:
      note_rate (self, circuit, retry_after_ms);
      break;
    case BKS_ERROR_OVERLOAD:
    case BKS_ERROR_SERVER:
    case BKS_ERROR_TIMEOUT:
    case BKS_ERROR_MALFORMED:
    case BKS_ERROR_TRUNCATED:
      if (count_failure (self, circuit, reason, retry_after_ms) && has_tripped_neighbour (self, circuit))
        open_circuit (self, line, reason, self->limits->breaker_rest_ms);
      break;
    default:
      break;
    }
}

/**
 * bks_breaker_note_failure:
 * @self: a breaker
 * @provider: a provider's id
 * @key_tag: which key
 * @model: the model that was asked
 * @reason: what went wrong
 * @retry_after_ms: how long the provider asks to wait, -1 if it does not say
 */
void
bks_breaker_note_failure (BksBreaker *self,
                          const char *provider,
                          const char *key_tag,
                          const char *model,
                          BksError    reason,
                          gint64      retry_after_ms)
{
  Circuit *line, *own;

  g_return_if_fail (BKS_IS_BREAKER (self));

  line = ensure_circuit (self, provider, key_tag, WHOLE_PROVIDER);
  own = ensure_circuit (self, provider, key_tag, model);
  update (self, line);
  update (self, own);
  if (reason == BKS_ERROR_AUTH || (reason == BKS_ERROR_BILLING && retry_after_ms < 0))
    kill_circuit (line, reason);
  else if (reason == BKS_ERROR_BILLING)
    open_circuit (self, line, reason, retry_after_ms); /* an allowance that comes back by itself */
  else if (reason == BKS_ERROR_TRANSPORT)
    count_failure (self, line, reason, retry_after_ms);
  else
    note_model_failure (self, line, own, reason, retry_after_ms);
  line->probing = FALSE;
  own->probing = FALSE;
}

/**
 * bks_breaker_note_nothing:
 * @self: a breaker
 * @provider: a provider's id
 * @key_tag: which key
 * @model: the model that was asked
 *
 * For calls whose end tells nothing, as one that was stopped.
 */
void
bks_breaker_note_nothing (BksBreaker *self,
                          const char *provider,
                          const char *key_tag,
                          const char *model)
{
  Circuit *line, *own;

  g_return_if_fail (BKS_IS_BREAKER (self));

  line = find_circuit (self, provider, key_tag, WHOLE_PROVIDER);
  own = find_circuit (self, provider, key_tag, model);
  if (line != NULL)
    line->probing = FALSE;
  if (own != NULL)
    own->probing = FALSE;
}

/**
 * bks_breaker_revive:
 * @self: a breaker
 * @provider: a provider's id
 *
 * A person has edited or tested the key: one real request finds out.
 */
void
bks_breaker_revive (BksBreaker *self,
                    const char *provider)
{
  GHashTableIter iter;
  Circuit *circuit;

  g_return_if_fail (BKS_IS_BREAKER (self) && provider != NULL);

  g_hash_table_iter_init (&iter, self->circuits);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &circuit))
    if (g_str_equal (circuit->public.provider, provider) && circuit->public.state != BKS_CIRCUIT_CLOSED)
      {
        circuit->public.state = BKS_CIRCUIT_HALF_OPEN;
        circuit->probing = FALSE;
      }
}

/**
 * bks_breaker_note_listed:
 * @self: a breaker
 * @provider: a provider's id
 * @model: a model that is in its list now
 *
 * A model that was not there may be asked again.
 */
void
bks_breaker_note_listed (BksBreaker *self,
                         const char *provider,
                         const char *model)
{
  GHashTableIter iter;
  Circuit *circuit;

  g_return_if_fail (BKS_IS_BREAKER (self) && provider != NULL && model != NULL);

  g_hash_table_iter_init (&iter, self->circuits);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &circuit))
    if (circuit->public.state == BKS_CIRCUIT_DEAD && circuit->public.reason == BKS_ERROR_MODEL &&
        g_str_equal (circuit->public.provider, provider) && g_str_equal (circuit->public.model, model))
      close_circuit (circuit);
}

/**
 * bks_breaker_restore:
 * @self: a breaker
 * @circuits: (element-type BksCircuit): what an earlier process left
 *
 * What is known by now is not overwritten.
 */
void
bks_breaker_restore (BksBreaker *self,
                     GPtrArray  *circuits)
{
  gint64 now_ms;

  g_return_if_fail (BKS_IS_BREAKER (self) && circuits != NULL);

  now_ms = bks_clock_get_now_ms (self->limits->clock);
  for (guint i = 0; i < circuits->len; i++)
    {
      const BksCircuit *stored = g_ptr_array_index (circuits, i);
      Circuit *circuit;

      if (find_circuit (self, stored->provider, stored->key_tag, stored->model) != NULL)
        continue;
      circuit = ensure_circuit (self, stored->provider, stored->key_tag, stored->model);
      if (stored->state == BKS_CIRCUIT_DEAD)
        kill_circuit (circuit, stored->reason);
      else if (stored->state == BKS_CIRCUIT_OPEN)
        /* A clock that was set back does not make the rest longer than a day. */
        open_circuit (self, circuit, stored->reason,
                      CLAMP (stored->until_ms - now_ms, 0, (gint64) self->limits->breaker_persisted_most_ms));
    }
}

static int
compare_circuits (gconstpointer a,
                  gconstpointer b)
{
  const BksCircuit *one = *(const BksCircuit *const *) a, *other = *(const BksCircuit *const *) b;
  int order = g_strcmp0 (one->provider, other->provider);

  if (order == 0)
    order = g_strcmp0 (one->model, other->model);
  return order != 0 ? order : g_strcmp0 (one->key_tag, other->key_tag);
}

/**
 * bks_breaker_list:
 * @self: a breaker
 *
 * Returns: (transfer full) (element-type BksCircuit): the circuits that are not
 *   closed, by provider and model
 */
GPtrArray *
bks_breaker_list (BksBreaker *self)
{
  GPtrArray *circuits = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_circuit_free);
  gint64 offset;
  GHashTableIter iter;
  Circuit *circuit;

  g_return_val_if_fail (BKS_IS_BREAKER (self), circuits);

  offset = bks_clock_get_now_ms (self->limits->clock) - get_monotonic (self);
  g_hash_table_iter_init (&iter, self->circuits);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &circuit))
    {
      BksCircuit *copy;

      update (self, circuit);
      if (circuit->public.state == BKS_CIRCUIT_CLOSED)
        continue;
      copy = bks_circuit_copy (&circuit->public);
      copy->until_ms = copy->state == BKS_CIRCUIT_OPEN ? circuit->until + offset : 0;
      g_ptr_array_add (circuits, copy);
    }
  g_ptr_array_sort (circuits, compare_circuits);
  return circuits;
}

/**
 * bks_breaker_must_persist:
 * @self: a breaker
 * @circuit: one of bks_breaker_list()
 *
 * Returns: whether it shall outlive the process: dead by a key, or resting for longer than a minute
 */
gboolean
bks_breaker_must_persist (BksBreaker       *self,
                          const BksCircuit *circuit)
{
  gint64 now_ms;

  g_return_val_if_fail (BKS_IS_BREAKER (self) && circuit != NULL, FALSE);

  now_ms = bks_clock_get_now_ms (self->limits->clock);
  if (circuit->state == BKS_CIRCUIT_DEAD)
    return circuit->reason != BKS_ERROR_MODEL; /* the next list of models tells */
  return circuit->state == BKS_CIRCUIT_OPEN && circuit->until_ms - now_ms > self->limits->breaker_persist_ms;
}
