/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include "bks-error.h"
#include "bks-json.h"
#include "bks-provider-json.h"
#include "bks-surrogates.h"

/*
 * A parsed value takes some hundred bytes where its text takes two, so that a
 * few megabytes of "[0,0,0,…" would fill the memory. The longest list of models
 * in use has about 40,000 values.
 */
#define MAX_VALUES 150000

/* Every value but the first follows one of these, outside of texts. */
static gboolean
has_too_many_values (const char *data,
                     gsize       length)
{
  gboolean in_text = FALSE;
  guint values = 0;

  for (gsize i = 0; i < length; i++)
    {
      char c = data[i];

      if (in_text && c == '\\')
        i++;
      else if (c == '"')
        in_text = !in_text;
      else if (!in_text && (c == ',' || c == '[' || c == '{'))
        values++;
    }
  return values > MAX_VALUES;
}

/**
 * bks_provider_json_parse:
 * @data: what a provider sent
 * @length: its length in bytes
 * @error: return location
 *
 * Reads one JSON document. Halves of surrogate pairs are marked, to be joined
 * by bks_surrogates_join().
 *
 * Returns: (transfer full): its root, or %NULL with %BKS_ERROR_MALFORMED
 */
JsonNode *
bks_provider_json_parse (const char  *data,
                         gsize        length,
                         GError     **error)
{
  g_autofree char *marked = NULL;

  if (has_too_many_values (data, length))
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_MALFORMED, "The JSON text holds too many values");
      return NULL;
    }
  marked = bks_surrogates_mark (data, length);
  if (marked != NULL)
    return bks_json_parse (marked, -1, error);
  return bks_json_parse (data, (gssize) length, error);
}
