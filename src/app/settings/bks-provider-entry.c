/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "bks-error.h"
#include "bks-provider-entry.h"
#include "bks-wording.h"

struct _BksProviderEntry
{
  GObject parent_instance;

  BksProviderInfo *info;
  BksCircuit      *circuit;   /* of its key and line; NULL: asked as usual */
  BksUsageRow     *month;     /* NULL: not used */
  char            *model;     /* the first that an author's order has of it; NULL */
  gint64           tested_at; /* epoch ms; 0: not in this run */
  BksError         failure;   /* of that test, where it failed */
  gboolean         failed;
};

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksProviderEntry, bks_provider_entry, G_TYPE_OBJECT)

static void
bks_provider_entry_finalize (GObject *object)
{
  BksProviderEntry *self = BKS_PROVIDER_ENTRY (object);

  g_clear_pointer (&self->info, bks_provider_info_unref);
  g_clear_pointer (&self->circuit, bks_circuit_free);
  g_clear_pointer (&self->month, bks_usage_row_unref);
  g_free (self->model);

  G_OBJECT_CLASS (bks_provider_entry_parent_class)->finalize (object);
}

static void
bks_provider_entry_class_init (BksProviderEntryClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_provider_entry_finalize;

  /**
   * BksProviderEntry::changed:
   * @self: the entry
   *
   * Something of it is another now.
   */
  signals[CHANGED] = g_signal_new ("changed", BKS_TYPE_PROVIDER_ENTRY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);
}

static void
bks_provider_entry_init (BksProviderEntry *self)
{
}

/**
 * bks_provider_entry_new:
 * @info: a provider as configured
 *
 * Returns: (transfer full): what is known of it, which is no more than that so far
 */
BksProviderEntry *
bks_provider_entry_new (BksProviderInfo *info)
{
  BksProviderEntry *self = g_object_new (BKS_TYPE_PROVIDER_ENTRY, NULL);

  self->info = bks_provider_info_ref (info);
  return self;
}

/**
 * bks_provider_entry_update:
 * @self: an entry
 * @info: the provider as configured
 * @circuit: (nullable): whether its key or its line fails; %NULL: asked as usual
 * @month: (nullable): what it was used for this month; %NULL: nothing
 * @model: (nullable): its model that the author's order names first
 *
 * Takes in what is known now.
 */
void
bks_provider_entry_update (BksProviderEntry *self,
                           BksProviderInfo  *info,
                           const BksCircuit *circuit,
                           BksUsageRow      *month,
                           const char       *model)
{
  gboolean other_key;

  g_return_if_fail (BKS_IS_PROVIDER_ENTRY (self));

  other_key = self->info->key_state != info->key_state || g_strcmp0 (self->info->base_url, info->base_url) != 0;
  bks_provider_info_ref (info);
  bks_provider_info_unref (self->info);
  self->info = info;
  /* A test tells of the key and the address it was made with. */
  if (other_key)
    self->tested_at = 0;
  g_clear_pointer (&self->circuit, bks_circuit_free);
  if (circuit != NULL)
    self->circuit = bks_circuit_copy (circuit);
  g_clear_pointer (&self->month, bks_usage_row_unref);
  if (month != NULL)
    self->month = bks_usage_row_ref (month);
  g_set_str (&self->model, model);
  g_signal_emit (self, signals[CHANGED], 0);
}

/**
 * bks_provider_entry_note_test:
 * @self: an entry
 * @error: (nullable): what a test found wrong; %NULL if it works
 * @at_ms: when, epoch milliseconds
 */
void
bks_provider_entry_note_test (BksProviderEntry *self,
                              const GError     *error,
                              gint64            at_ms)
{
  g_return_if_fail (BKS_IS_PROVIDER_ENTRY (self));

  self->tested_at = at_ms;
  self->failed = error != NULL;
  self->failure = error != NULL && error->domain == BKS_ERROR ? (BksError) error->code : BKS_ERROR_FAILED;
  g_signal_emit (self, signals[CHANGED], 0);
}

/**
 * bks_provider_entry_get_info:
 * @self: an entry
 *
 * Returns: (transfer none): the provider as configured; another one after "changed"
 */
BksProviderInfo *
bks_provider_entry_get_info (BksProviderEntry *self)
{
  g_return_val_if_fail (BKS_IS_PROVIDER_ENTRY (self), NULL);

  return self->info;
}

/**
 * bks_provider_entry_is_used:
 * @self: an entry
 *
 * Returns: whether it is one of the well-known, or the author uses it
 */
gboolean
bks_provider_entry_is_used (BksProviderEntry *self)
{
  g_return_val_if_fail (BKS_IS_PROVIDER_ENTRY (self), FALSE);

  return !self->info->more || self->info->key_state == BKS_KEY_STORED || self->info->key_state == BKS_KEY_ENVIRONMENT ||
         self->month != NULL || self->model != NULL;
}

/* Out of order by what calls found, or a test if it came later and says more. */
static gboolean
get_trouble (BksProviderEntry *self,
             BksError         *reason)
{
  gboolean broken = self->circuit != NULL &&
                    (self->circuit->state == BKS_CIRCUIT_OPEN || self->circuit->state == BKS_CIRCUIT_DEAD);

  if (broken)
    *reason = self->circuit->reason;
  else if (self->tested_at > 0 && self->failed)
    *reason = self->failure;
  else
    return FALSE;
  return TRUE;
}

static gboolean
is_offline (BksProviderEntry *self)
{
  return !self->info->local && !g_network_monitor_get_network_available (g_network_monitor_get_default ());
}

/**
 * bks_provider_entry_get_state:
 * @self: an entry
 *
 * Returns: how it stands
 */
BksProviderState
bks_provider_entry_get_state (BksProviderEntry *self)
{
  BksError reason;

  g_return_val_if_fail (BKS_IS_PROVIDER_ENTRY (self), BKS_PROVIDER_NO_KEY);

  if (self->info->key_state == BKS_KEY_KEYRING_LOCKED)
    return BKS_PROVIDER_KEYRING_LOCKED;
  if (self->info->key_state == BKS_KEY_KEYRING_ABSENT)
    return BKS_PROVIDER_KEYRING_ABSENT;
  if (self->info->key_state == BKS_KEY_MISSING)
    return BKS_PROVIDER_NO_KEY;
  if (is_offline (self))
    return BKS_PROVIDER_OFFLINE;
  if (!get_trouble (self, &reason))
    return BKS_PROVIDER_READY;
  switch (reason)
    {
    case BKS_ERROR_AUTH:
    case BKS_ERROR_PERMISSION:
      return BKS_PROVIDER_KEY_REFUSED;
    case BKS_ERROR_BILLING:
      return BKS_PROVIDER_NO_CREDIT;
    case BKS_ERROR_TRANSPORT:
      return BKS_PROVIDER_OFFLINE;
    default:
      return self->circuit != NULL && self->circuit->state == BKS_CIRCUIT_OPEN ? BKS_PROVIDER_RESTING
                                                                               : BKS_PROVIDER_OFFLINE;
    }
}

/**
 * bks_provider_entry_get_until:
 * @self: an entry
 *
 * Returns: when it is asked again, epoch milliseconds; 0 where it does not rest
 */
gint64
bks_provider_entry_get_until (BksProviderEntry *self)
{
  g_return_val_if_fail (BKS_IS_PROVIDER_ENTRY (self), 0);

  return self->circuit != NULL && self->circuit->state == BKS_CIRCUIT_OPEN ? self->circuit->until_ms : 0;
}

static const char *
get_rest_reason (BksError reason)
{
  switch (reason)
    {
    case BKS_ERROR_RATE: return _("rate limit");
    case BKS_ERROR_OVERLOAD: return _("overloaded");
    case BKS_ERROR_TIMEOUT: return _("too slow");
    case BKS_ERROR_BILLING: return _("out of credit");
    case BKS_ERROR_TRANSPORT: return _("offline");
    case BKS_ERROR_SERVER:
    default: return _("failing");
    }
}

static char *
format_resting (BksProviderEntry *self)
{
  g_autofree char *until = bks_wording_time (self->circuit->until_ms);

  /* Translators: a time of day, then why: "Resting until 14:05 · rate limit" */
  return g_strdup_printf (_("Resting until %s · %s"), until, get_rest_reason (self->circuit->reason));
}

static char *
format_ready (BksProviderEntry *self)
{
  const char *state = _("Ready");

  if (self->info->key_state == BKS_KEY_ENVIRONMENT)
    state = _("Ready, with the key of the environment");
  else if (self->info->key_state == BKS_KEY_NOT_NEEDED)
    state = self->info->local ? _("On this computer, needs no key") : _("Needs no key");
  if (self->model != NULL)
    return g_strdup_printf ("%s · %s", state, self->model);
  return g_strdup (state);
}

static char *
add_test (BksProviderEntry *self,
          const char       *state)
{
  g_autofree char *when = self->tested_at > 0 && self->failed ? bks_wording_time (self->tested_at) : NULL;

  /* Translators: a state, and the time of day of the test that found it */
  return when != NULL ? g_strdup_printf (_("%s · tested at %s"), state, when) : g_strdup (state);
}

static const char *
get_offline_words (BksProviderEntry *self)
{
  if (self->info->local)
    return _("Does not answer on this computer");
  return is_offline (self) ? _("Offline") : _("Offline or not reachable");
}

/**
 * bks_provider_entry_dup_state:
 * @self: an entry
 *
 * Returns: (transfer full): how it stands, in words
 */
char *
bks_provider_entry_dup_state (BksProviderEntry *self)
{
  g_return_val_if_fail (BKS_IS_PROVIDER_ENTRY (self), NULL);

  switch (bks_provider_entry_get_state (self))
    {
    case BKS_PROVIDER_NO_KEY:
      return g_strdup (_("No key"));
    case BKS_PROVIDER_KEY_REFUSED:
      return add_test (self, _("Key refused"));
    case BKS_PROVIDER_NO_CREDIT:
      return bks_provider_entry_get_until (self) > 0 ? format_resting (self) : add_test (self, _("Out of credit"));
    case BKS_PROVIDER_RESTING:
      return format_resting (self);
    case BKS_PROVIDER_OFFLINE:
      return add_test (self, get_offline_words (self));
    case BKS_PROVIDER_KEYRING_LOCKED:
      return g_strdup (_("Keyring locked"));
    case BKS_PROVIDER_KEYRING_ABSENT:
      return g_strdup (_("No keyring"));
    case BKS_PROVIDER_READY:
    default:
      return format_ready (self);
    }
}

/**
 * bks_provider_entry_dup_cost:
 * @self: an entry
 *
 * Returns: (transfer full) (nullable): what it cost this month: "$1.87",
 *   "free", "more than $0.42"; %NULL where there is nothing to say
 */
char *
bks_provider_entry_dup_cost (BksProviderEntry *self)
{
  g_return_val_if_fail (BKS_IS_PROVIDER_ENTRY (self), NULL);

  if (self->month != NULL)
    return bks_wording_sum (self->month->calls, self->month->cost, self->month->unknown_costs);
  if (self->info->free)
    return g_strdup (_("free"));
  if (self->info->key_state == BKS_KEY_STORED || self->info->key_state == BKS_KEY_ENVIRONMENT)
    return bks_wording_money (0);
  return NULL;
}
