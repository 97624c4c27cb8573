/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include "bks-error.h"
#include "bks-studio.h"

/* Marks a sentence for translators; the faces translate it. */
#define N_(text) (text)

static const char *
get_budget_advice (const GError *error)
{
  const BksAllowance *allowance = bks_error_get_facts (error)->allowance;

  if (allowance != NULL && g_str_equal (allowance->reason, "unknown_price"))
    return N_("Say what the model costs, or use one on this machine.");
  return N_("Raise the budget, or use a model on this machine.");
}

/**
 * bks_studio_get_advice:
 * @error: an error that a person is going to see
 *
 * What to do about it, in one sentence. The message says the cause.
 *
 * Returns: (transfer none) (nullable): an untranslated sentence for the faces'
 *   gettext, %NULL where the message says it all
 */
const char *
bks_studio_get_advice (const GError *error)
{
  g_return_val_if_fail (error != NULL, NULL);

  if (error->domain != BKS_ERROR)
    return NULL;
  switch ((BksError) error->code)
    {
    case BKS_ERROR_BUSY: return N_("Close the book there, then try again.");
    case BKS_ERROR_CONFLICT: return N_("Read the text again, then make the change on it.");
    case BKS_ERROR_DISK_FULL: return N_("Free some space on the disk, then try again.");
    case BKS_ERROR_ACCESS: return N_("Check the permissions of the folder, or choose another one.");
    case BKS_ERROR_CORRUPT: return N_("Restore the file from a backup.");
    case BKS_ERROR_NEWER_SCHEMA: return N_("Update Book Studio to open it.");
    case BKS_ERROR_KEYRING_LOCKED: return N_("Unlock the keyring, then try again.");
    case BKS_ERROR_KEYRING_ABSENT:
      return N_("Start a keyring such as GNOME Keyring, or give the key in an environment variable.");
    case BKS_ERROR_NO_KEY: return N_("Enter an API key for this address.");
    case BKS_ERROR_AMBIGUOUS: return N_("Give more of the id.");
    case BKS_ERROR_AUTH: return N_("Check the API key, or make a new one at the provider.");
    case BKS_ERROR_PERMISSION: return N_("Check at the provider what this key may do.");
    case BKS_ERROR_BILLING: return N_("Add credit at the provider, or use another one.");
    case BKS_ERROR_RATE: return N_("Wait a moment, or use another provider.");
    case BKS_ERROR_OVERLOAD:
    case BKS_ERROR_SERVER: return N_("Try again later, or use another provider.");
    case BKS_ERROR_TRANSPORT: return N_("Check the address and the network connection.");
    case BKS_ERROR_TIMEOUT: return N_("Try again, or use another provider.");
    case BKS_ERROR_CONTEXT: return N_("Send less text, or use a model with a larger window.");
    case BKS_ERROR_MODEL: return N_("Choose another model.");
    case BKS_ERROR_MALFORMED: return N_("Check the address: this may not be an AI provider.");
    case BKS_ERROR_TRUNCATED: return N_("What arrived is kept. Continue from it, or start again.");
    case BKS_ERROR_FORBIDDEN: return N_("Use a model on this machine, or change the setting.");
    case BKS_ERROR_UNAUTHORIZED: return N_("Pair the device again.");
    case BKS_ERROR_OVER_BUDGET: return get_budget_advice (error);
    case BKS_ERROR_TIER: return N_("Use a model on this machine, or give the device a higher tier.");
    case BKS_ERROR_FAILED:
    case BKS_ERROR_INVALID_ARGUMENT:
    case BKS_ERROR_INVALID_INPUT:
    case BKS_ERROR_TOO_LARGE:
    case BKS_ERROR_NOT_FOUND:
    case BKS_ERROR_EXISTS:
    case BKS_ERROR_READ_ONLY:
    case BKS_ERROR_IO:
    case BKS_ERROR_TOO_MANY_REQUESTS:
    case BKS_ERROR_UNSUPPORTED:
    case BKS_ERROR_CONTENT:
    case BKS_ERROR_REQUEST:
    case BKS_ERROR_CANCELLED:
    default:
      return NULL;
    }
}

/**
 * bks_studio_get_verdict:
 * @kind: what a test of a provider has found
 *
 * Returns: (transfer none): it in words, an untranslated phrase for the faces'
 *   gettext; after that of %BKS_VERDICT_CREDIT the amount is written
 */
const char *
bks_studio_get_verdict (BksVerdictKind kind)
{
  switch (kind)
    {
    case BKS_VERDICT_KEY_ACCEPTED: return N_("Key accepted; credit unknown until first use");
    case BKS_VERDICT_KEY_RESTRICTED:
      return N_("Key accepted, but it may not list models, so type their names; credit unknown until first use");
    case BKS_VERDICT_CREDIT: return N_("Key accepted; left to spend:");
    case BKS_VERDICT_REACHABLE:
    default: return N_("It answers and needs no key");
    }
}
