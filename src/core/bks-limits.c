/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-core"

#include "config.h"

#include "bks-limits.h"

#define SECONDS 1000u
#define MINUTES (60u * SECONDS)
#define KIB G_GINT64_CONSTANT (1024)
#define MIB (1024 * KIB)

G_DEFINE_BOXED_TYPE (BksLimits, bks_limits, bks_limits_ref, bks_limits_unref)

static const BksLimits shipped = {
  .import_file_bytes = 64 * MIB,
  .long_paragraph_words = 3000,
  .node_text_bytes = 64 * MIB,
  .title_bytes = 1024,
  .synopsis_bytes = 64 * 1024,
  .import_sections = 20000,
  .markdown_tree_bytes = 768 * MIB,

  .autosave_idle_ms = 1 * SECONDS,
  .autosave_most_ms = 5 * SECONDS,
  .draft_save_ms = 1 * SECONDS,
  .revision_ms = 10 * MINUTES,
  .revision_words = 200,
  .written_burst_words = 20,
  .written_words_a_minute = 300,

  .database_busy_ms = 5 * SECONDS,
  .backup_ms = 60 * MINUTES,
  .hand_over_ms = 30 * SECONDS,

  .keyring_ms = 60 * SECONDS,

  .connect_ms = 10 * SECONDS,
  .first_token_ms = 30 * SECONDS,
  .first_token_alternative_ms = 12 * SECONDS,
  .first_token_reasoning_ms = 120 * SECONDS,
  .first_token_local_ms = 300 * SECONDS,
  .idle_ms = 30 * SECONDS,
  .idle_slow_ms = 120 * SECONDS,
  .total_ms = 15 * MINUTES,
  .check_ms = 15 * SECONDS,
  .line_bytes = 4 * MIB,
  .event_bytes = 16 * MIB,
  .answer_bytes = 32 * MIB,
  .answer_text_bytes = 2 * MIB,
  .error_body_bytes = 64 * KIB,
  .error_text_bytes = 2 * KIB,

  .reserve_ms = 5 * SECONDS,
  .reserve_pause_ms = 100,
  .settle_ms = 5,
  .answer_tokens = 16384,
  .answer_tokens_cautious = 4096,
  .price_table_ms = 60 * SECONDS,
  .price_table_bytes = 16 * MIB,
  .prices_fresh_ms = 10 * SECONDS,

  .attempts = 4,
  .retry_base_ms = 500,
  .retry_most_ms = 8 * SECONDS,
  .retry_short_ms = 3 * SECONDS,
  .retry_long_ms = 10 * SECONDS,
  .breaker_failures = 3,
  .breaker_samples = 5,
  .breaker_samples_most = 100,
  .breaker_window_ms = 60 * SECONDS,
  .breaker_rest_ms = 10 * SECONDS,
  .breaker_rest_most_ms = 15 * SECONDS,
  .breaker_rest_long_ms = 5 * MINUTES,
  .breaker_rate_ms = 5 * SECONDS,
  .breaker_rate_most_ms = 120 * SECONDS,
  .breaker_probe_ms = 1 * SECONDS,
  .breaker_persist_ms = 60 * SECONDS,
  .breaker_persisted_most_ms = 24u * 60 * MINUTES,

  .service_connections = 512,
  .service_connections_per_peer = 32,
  .service_header_ms = 10 * SECONDS,
  .service_idle_ms = 30 * SECONDS,
  .service_body_ms = 60 * SECONDS,
  .service_linger_ms = 2 * SECONDS,
  .service_retry_ms = 100,
  .service_body_bytes = 1 * MIB,
  .pairing_code_ms = 2 * MINUTES,
  .pairing_tries = 10,
  .pairing_tries_per_minute = 5,
  .access_token_ms = 15 * MINUTES,
  .refresh_token_ms = 30u * 24 * 60 * MINUTES,
  .refresh_grace_ms = 10 * SECONDS,
  .requests_per_second = 20,
  .requests_burst = 60,
  .list_rows = 200,

  .bus_check_ms = 10 * SECONDS,
};

/**
 * bks_limits_new:
 *
 * Returns: (transfer full): the limits that the program ships, on the machine's clock
 */
BksLimits *
bks_limits_new (void)
{
  BksLimits *self = g_atomic_rc_box_dup (sizeof shipped, (BksLimits *) &shipped);

  self->clock = bks_clock_new ();
  return self;
}

/**
 * bks_limits_ref:
 * @self: limits
 *
 * Returns: (transfer full): @self
 */
BksLimits *
bks_limits_ref (BksLimits *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  BksLimits *self = data;

  g_clear_object (&self->clock);
}

/**
 * bks_limits_unref:
 * @self: (transfer full): limits
 */
void
bks_limits_unref (BksLimits *self)
{
  g_atomic_rc_box_release_full (self, clear);
}
