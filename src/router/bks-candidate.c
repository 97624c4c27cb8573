/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-candidate-private.h"
#include "bks-error.h"
#include "bks-library.h"
#include "bks-provider-info-private.h"

/* Who may answer a call, and why others may not. */

static void
candidate_free (gpointer data)
{
  BksCandidate *candidate = data;

  bks_target_free (candidate->target);
  g_clear_pointer (&candidate->info, bks_provider_info_unref);
  if (candidate->key != NULL)
    explicit_bzero (candidate->key, strlen (candidate->key));
  g_free (candidate->key);
  g_free (candidate->key_tag);
  g_clear_error (&candidate->refusal);
  g_free (candidate);
}

static void
refuse (BksCandidate *candidate,
        BksError      code,
        const char   *format,
        ...) G_GNUC_PRINTF (3, 4);

static void
refuse (BksCandidate *candidate,
        BksError      code,
        const char   *format,
        ...)
{
  va_list arguments;
  g_autofree char *message = NULL;

  if (candidate->refusal != NULL)
    return;
  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  candidate->refusal = g_error_new_literal (BKS_ERROR, code, message);
}

/**
 * bks_candidate_refuse:
 * @candidate: a candidate
 * @error: why it is not to be asked any more in this call; the first reason stays
 */
void
bks_candidate_refuse (BksCandidate *candidate,
                      const GError *error)
{
  if (candidate->refusal == NULL)
    candidate->refusal = bks_error_normalize (error, NULL);
}

static BksCandidate *
candidate_new (BksTarget *target,
               GPtrArray *infos)
{
  BksProviderInfo *info = bks_provider_infos_find (infos, target->provider);
  BksCandidate *self = g_new0 (BksCandidate, 1);

  self->target = bks_target_copy (target);
  self->window = -1;
  self->info = info != NULL ? bks_provider_info_ref (info) : NULL;
  if (info == NULL)
    refuse (self, BKS_ERROR_NOT_FOUND, "There is no provider “%s”", target->provider);
  return self;
}

static gboolean
is_known (GPtrArray *candidates,
          BksTarget *target)
{
  for (guint i = 0; i < candidates->len; i++)
    {
      const BksTarget *other = ((BksCandidate *) g_ptr_array_index (candidates, i))->target;

      if (g_str_equal (other->provider, target->provider) && g_str_equal (other->model, target->model))
        return TRUE;
    }
  return FALSE;
}

/* An unknown window counts as fitting. */
static void
check_window (BksRouter    *router,
              BksCall      *call,
              BksCandidate *candidate)
{
  BksCompletionRequest *request = call->request;
  gint64 needed = bks_request_estimate_tokens (request) + MAX (request->max_tokens, 0);

  candidate->window = bks_router_find_window (router, candidate->target);
  if (candidate->window >= 0 && needed > candidate->window)
    refuse (candidate, BKS_ERROR_CONTEXT,
            "The question is longer than %s takes: about %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " tokens",
            candidate->target->model, needed, candidate->window);
}

/**
 * bks_router_await_local_only:
 * @self: a router
 * @book_id: (nullable): a book
 * @local_only: (out): whether it may not leave this machine
 * @error: return location
 *
 * For fibers.
 *
 * Returns: %FALSE where nobody knows, so that it may not
 */
gboolean
bks_router_await_local_only (BksRouter   *self,
                             const char  *book_id,
                             gboolean    *local_only,
                             GError     **error)
{
  g_autoptr(GError) local = NULL;

  *local_only = FALSE;
  if (book_id == NULL)
    return TRUE;
  *local_only = dex_await_boolean (bks_library_is_local_only (self->library, book_id), &local);
  if (local == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/**
 * bks_candidate_is_local:
 * @self: a candidate whose provider is known
 *
 * Returns: whether what goes there stays on this machine
 */
gboolean
bks_candidate_is_local (const BksCandidate *self)
{
  return self->info->local && !bks_model_is_passed_on (self->target->model);
}

static gboolean
stays_here (GPtrArray *candidates)
{
  for (guint i = 0; i < candidates->len; i++)
    {
      BksCandidate *candidate = g_ptr_array_index (candidates, i);

      if (candidate->info != NULL && !bks_candidate_is_local (candidate))
        return FALSE;
    }
  return TRUE;
}

/**
 * bks_candidates_await:
 * @router: a router
 * @call: a call
 * @error: return location
 *
 * For fibers. Eligible before cheap: what a target must fit whatever it costs.
 *
 * Returns: (transfer full) (element-type BksCandidate): who may answer, the
 *   requested one first, and why not where one may not
 */
GPtrArray *
bks_candidates_await (BksRouter  *router,
                      BksCall    *call,
                      GError    **error)
{
  g_autoptr(GPtrArray) candidates = g_ptr_array_new_with_free_func (candidate_free);
  g_autoptr(GPtrArray) infos = bks_router_await_infos (router, error);
  gboolean local_only = FALSE;

  if (infos == NULL)
    return NULL;
  for (guint i = 0; i < call->targets->len && (i == 0 || call->failover); i++)
    {
      BksTarget *target = g_ptr_array_index (call->targets, i);

      if (!is_known (candidates, target))
        g_ptr_array_add (candidates, candidate_new (target, infos));
    }
  if (!stays_here (candidates) && !bks_router_await_local_only (router, call->book_id, &local_only, error))
    return NULL;
  for (guint i = 0; i < candidates->len; i++)
    {
      BksCandidate *candidate = g_ptr_array_index (candidates, i);

      if (candidate->info == NULL)
        continue;
      candidate->free = candidate->info->free && !bks_model_is_passed_on (candidate->target->model);
      if (local_only && !bks_candidate_is_local (candidate))
        refuse (candidate, BKS_ERROR_FORBIDDEN, "The book is marked local-only, and %s is not on this machine",
                candidate->info->local ? candidate->target->model : candidate->info->name);
      check_window (router, call, candidate);
    }
  return g_steal_pointer (&candidates);
}

/**
 * bks_candidate_await_key:
 * @candidate: a candidate
 * @router: the router
 * @cancellable: (nullable): cancels it
 * @error: return location
 *
 * For fibers: looks its key up, once. Providers without a key are no targets.
 *
 * Returns: %FALSE when it was cancelled
 */
gboolean
bks_candidate_await_key (BksCandidate    *candidate,
                         BksRouter       *router,
                         DexCancellable  *cancellable,
                         GError         **error)
{
  g_autoptr(GError) local = NULL;

  if (candidate->refusal != NULL || candidate->key_tag != NULL)
    return TRUE;
  candidate->key = dex_await_string (bks_router_lookup_key (router, candidate->info, cancellable), &local);
  if (local == NULL)
    candidate->key_tag = bks_router_make_key_tag (candidate->info, candidate->key);
  else if (bks_error_is_cancelled (local))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  else
    bks_candidate_refuse (candidate, local);
  return TRUE;
}
