/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "bks-cli-private.h"
#include "bks-error.h"

/* As much of a provider's words as is read; it may speak for pages. */
#define WORDS_CHARS 200

/* Of errors whose message already says what to do. */
static G_DEFINE_QUARK (bks-cli-trouble, trouble)

/* What the provider itself said, which its errors carry behind the cause and the status. */
static char *
dup_words (const GError *error)
{
  const BksErrorFacts *facts = bks_error_get_facts (error);
  g_autofree char *mark = g_strdup_printf (" (HTTP %u): ", facts != NULL ? facts->http_status : 0);
  const char *words = strstr (error->message, mark);
  g_autofree char *line = words != NULL ? bks_cli_make_line (words + strlen (mark)) : NULL;
  g_autofree char *start = NULL;

  if (line == NULL || *line == '\0')
    return NULL;
  if (g_utf8_strlen (line, -1) <= WORDS_CHARS)
    return g_steal_pointer (&line);
  start = g_utf8_substring (line, 0, WORDS_CHARS);
  return g_strconcat (start, "…", NULL);
}

/* " (HTTP 401: “Incorrect API key provided”)", for who wants to look it up. */
static char *
make_detail (const GError *error)
{
  const BksErrorFacts *facts = bks_error_get_facts (error);
  g_autofree char *words = dup_words (error);

  if (facts == NULL || facts->http_status == 0)
    return g_strdup ("");
  if (words == NULL)
    return g_strdup_printf (" (HTTP %u)", facts->http_status);
  return g_strdup_printf (" (HTTP %u: “%s”)", facts->http_status, words);
}

static char *
explain_key (const BksProviderInfo *info)
{
  if (info->key_url == NULL)
    return g_strdup_printf (_("%s does not accept the key: enter it again with “%s provider set-key %s”"),
                            info->name, BKS_CLI_NAME, info->id);
  return g_strdup_printf (_("%s does not accept the key: enter it again with “%s provider set-key %s”, or make a new one at %s"),
                          info->name, BKS_CLI_NAME, info->id, info->key_url);
}

static char *
explain_no_key (const BksProviderInfo *info)
{
  if (info->key_url == NULL)
    return g_strdup_printf (_("There is no key for %s at this address: enter one with “%s provider set-key %s”"),
                            info->name, BKS_CLI_NAME, info->id);
  return g_strdup_printf (_("There is no key for %s at this address: get one at %s and enter it with “%s provider set-key %s”"),
                          info->name, info->key_url, BKS_CLI_NAME, info->id);
}

static char *
explain_keyring (const BksProviderInfo *info)
{
  g_autofree char *variable = g_ascii_strup (info->id, -1);

  g_strcanon (variable, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", '_');
  return g_strdup_printf (_("There is no keyring with a key for %s: start one such as GNOME Keyring, or give the key in the environment variable BOOK_STUDIO_KEY_%s"),
                          info->name, variable);
}

static char *
explain_rate (const BksProviderInfo *info,
              const GError          *error)
{
  const BksErrorFacts *facts = bks_error_get_facts (error);
  gint64 seconds = facts != NULL ? (facts->retry_after_ms + 999) / 1000 : -1;

  if (seconds <= 0)
    return g_strdup_printf (_("%s takes no more requests for the moment: try again in a minute"), info->name);
  return g_strdup_printf (ngettext ("%s takes no more requests for the moment: try again in %d second",
                                    "%s takes no more requests for the moment: try again in %d seconds", (gulong) seconds),
                          info->name, (int) MIN (seconds, G_MAXINT));
}

/* Nobody answered; what nobody did is in the message. */
static char *
explain_line (const BksProviderInfo *info,
              const GError          *error)
{
  if (info->local)
    return g_strdup_printf (_("%s does not answer at %s: start it, or correct the address with “%s provider set %s base-url ADDRESS”"),
                            info->name, info->base_url, BKS_CLI_NAME, info->id);
  return g_strdup_printf (_("%s cannot be reached (%s): check your network connection, or correct the address with “%s provider set %s base-url ADDRESS”"),
                          info->name, error->message, BKS_CLI_NAME, info->id);
}

static char *
explain_address (const BksProviderInfo *info)
{
  return g_strdup_printf (_("What answers at %s is not the service of %s: correct the address with “%s provider set %s base-url ADDRESS”"),
                          info->base_url, info->name, BKS_CLI_NAME, info->id);
}

/* Ollama, called by a name that it does not know as its own, says nothing but 403. */
static gboolean
is_host_guard (const BksProviderInfo *info,
               const GError          *error)
{
  g_autofree char *words = dup_words (error);

  return words == NULL && g_str_equal (info->protocol, "ollama");
}

static char *
explain_permission (const BksProviderInfo *info,
                    const GError          *error)
{
  if (is_host_guard (info, error))
    return g_strdup_printf (_("%s takes no calls under the name in %s: start it with OLLAMA_HOST=0.0.0.0, or give its numeric address with “%s provider set %s base-url ADDRESS”"),
                            info->name, info->base_url, BKS_CLI_NAME, info->id);
  return g_strdup_printf (_("%s knows the key but does not let it do this: change at the provider what the key may do, or make another one"),
                          info->name);
}

static char *
explain_request (const BksProviderInfo *info,
                 const GError          *error)
{
  if (strstr (error->message, "account id") != NULL)
    return g_strdup_printf (_("%s needs the right account id besides the key: copy it from its dashboard and give it with “%s provider set %s account-id ID”"),
                            info->name, BKS_CLI_NAME, info->id);
  return explain_address (info);
}

/* NULL: the message is as good as it gets. */
static char *
explain_class (const BksProviderInfo *info,
               const GError          *error)
{
  switch (error->code)
    {
    case BKS_ERROR_AUTH:
      return explain_key (info);
    case BKS_ERROR_NO_KEY:
      return explain_no_key (info);
    case BKS_ERROR_KEYRING_ABSENT:
      return explain_keyring (info);
    case BKS_ERROR_KEYRING_LOCKED:
      return g_strdup_printf (_("The keyring that may hold the key for %s is locked: unlock it, then try again"), info->name);
    case BKS_ERROR_PERMISSION:
      return explain_permission (info, error);
    case BKS_ERROR_BILLING:
      return g_strdup_printf (_("%s has no credit left for this key, or its spending limit is reached: add credit there, or use another provider"),
                              info->name);
    case BKS_ERROR_RATE:
      return explain_rate (info, error);
    case BKS_ERROR_OVERLOAD:
      return g_strdup_printf (_("%s is overloaded: try again in a few minutes, or use another provider"), info->name);
    case BKS_ERROR_SERVER:
      return g_strdup_printf (_("%s has a fault of its own: try again in a few minutes, or use another provider"), info->name);
    case BKS_ERROR_TRANSPORT:
      return explain_line (info, error);
    case BKS_ERROR_TIMEOUT:
      return g_strdup_printf (_("%s did not answer in time: check your network connection and try again"), info->name);
    case BKS_ERROR_REQUEST:
      return explain_request (info, error);
    case BKS_ERROR_MODEL:
    case BKS_ERROR_MALFORMED:
    case BKS_ERROR_TRUNCATED:
      return explain_address (info);
    default:
      return NULL;
    }
}

/**
 * bks_cli_explain:
 * @info: the provider that was asked
 * @error: (transfer full): why it did not answer as it should
 *
 * Returns: (transfer full): the same as one sentence that names the cause and
 *   what to do next, for who has no interest in protocols
 */
GError *
bks_cli_explain (const BksProviderInfo *info,
                 GError                *error)
{
  g_autofree char *sentence = error->domain == BKS_ERROR ? explain_class (info, error) : NULL;
  g_autofree char *detail = NULL;
  GError *explained;

  if (sentence == NULL)
    return error;
  detail = make_detail (error);
  explained = g_error_new (trouble_quark (), error->code, "%s%s.", sentence, detail);
  g_error_free (error);
  return explained;
}
