/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-clock.h"

G_BEGIN_DECLS

#define BKS_TYPE_LIMITS (bks_limits_get_type ())

/**
 * BksLimits:
 *
 * Every wait, cap and clock of the program. Made once by the face that starts
 * and handed down; tests make their own. Times are milliseconds, sizes bytes.
 * Not to be changed once another thread can see it.
 */
typedef struct
{
  BksClock *clock;

  /* Text and files */
  gint64 import_file_bytes;         /* a plain-text or Markdown file to import */
  guint  long_paragraph_words;      /* above it the editor grows slow: warn (book.md §4) */
  gint64 node_text_bytes;           /* the text of one node */
  guint  title_bytes;
  guint  synopsis_bytes;            /* what a node is about, in the author's words */
  guint  import_sections;           /* parts and chapters found in one file */
  gint64 markdown_tree_bytes;       /* what the tree of one Markdown text may take */

  /* Writing */
  guint autosave_idle_ms;           /* after the last key */
  guint autosave_most_ms;           /* while typing goes on */
  guint draft_save_ms;              /* while a stream runs */
  guint revision_ms;                /* an earlier text is kept after this long */
  guint revision_words;             /* or once so many words have changed */
  guint written_burst_words;        /* a save has so many new words at once and they still count as written … */
  guint written_words_a_minute;     /* … with so many more for the time since the save before: no hand is faster */

  /* Store */
  guint database_busy_ms;
  guint backup_ms;                  /* between two backups of a book that is open */
  guint hand_over_ms;               /* until the process that holds a book answers */

  /* Keyring */
  guint keyring_ms;                 /* a prompt that nobody answers ends here */

  /* Providers */
  guint  connect_ms;
  guint  first_token_ms;            /* with no alternative */
  guint  first_token_alternative_ms;
  guint  first_token_reasoning_ms;
  guint  first_token_local_ms;      /* Ollama loads the model first */
  guint  idle_ms;
  guint  idle_slow_ms;              /* reasoning models and Ollama */
  guint  total_ms;
  guint  check_ms;                  /* a key check or a list of models */
  gint64 line_bytes;                /* one line of a stream */
  gint64 event_bytes;               /* one event of a stream */
  gint64 answer_bytes;              /* a whole answer, streamed or not */
  gint64 answer_text_bytes;         /* what is text or thinking in it */
  gint64 error_body_bytes;
  guint  error_text_bytes;          /* a provider's message, shown verbatim */

  /* Money (routing.md §5) */
  guint  reserve_ms;                /* a call waits so long for others to settle */
  guint  reserve_pause_ms;          /* between two looks at what other processes settled */
  guint  settle_ms;                 /* settlements that come in it share one write to the disk */
  guint  answer_tokens;             /* the longest answer, where nobody says */
  guint  answer_tokens_cautious;    /* of a model that may know no longer one */

  /* Routing (routing.md §2 and §3) */
  guint  attempts;                  /* of one call, over all targets */
  guint  retry_base_ms;             /* full jitter from here, where no wait is told … */
  guint  retry_most_ms;             /* … up to here */
  guint  retry_short_ms;            /* a wait that is always waited */
  guint  retry_long_ms;             /* a wait that is waited where nobody else can answer */
  guint  breaker_failures;          /* in a row */
  guint  breaker_samples;           /* … or half of so many or more in the window */
  guint  breaker_samples_most;      /* what is remembered of a window */
  guint  breaker_window_ms;
  guint  breaker_rest_ms;
  guint  breaker_rest_most_ms;      /* OVERLOAD, SERVER and TRANSPORT */
  guint  breaker_rest_long_ms;      /* other classes */
  guint  breaker_rate_ms;           /* RATE, doubled each time … */
  guint  breaker_rate_most_ms;      /* … up to here */
  guint  breaker_probe_ms;          /* told to those who wait while one finds out */
  guint  breaker_persist_ms;        /* a longer rest outlives the process */
  guint  breaker_persisted_most_ms; /* and no rest is longer after a restart */

  /* Prices */
  guint  price_table_ms;            /* a download of prices */
  gint64 price_table_bytes;
  guint  prices_fresh_ms;           /* before prices that another program may have set are read anew */

  /* Companion service (service.md §1) */
  guint  service_connections;
  guint  service_connections_per_peer;
  guint  service_header_ms;
  guint  service_idle_ms;           /* between requests, and while an answer is not read */
  guint  service_body_ms;           /* from the header's end to the body's */
  guint  service_linger_ms;         /* what is still sent to a refused request is read away */
  guint  service_retry_ms;          /* before accepting again, once descriptors ran out */
  gint64 service_body_bytes;
  guint  pairing_code_ms;
  guint  pairing_tries;             /* wrong tries in all before the code is void */
  guint  pairing_tries_per_minute;  /* per peer */
  guint  access_token_ms;
  guint  refresh_token_ms;
  guint  refresh_grace_ms;          /* the previous refresh token, for two tabs */
  guint  requests_per_second;       /* per device */
  guint  requests_burst;
  guint  list_rows;                 /* a page of a list */

  /* The session bus (service.md §5) */
  guint bus_check_ms;               /* between two checks of a key */
} BksLimits;

GType      bks_limits_get_type (void);
BksLimits *bks_limits_new      (void);
BksLimits *bks_limits_ref      (BksLimits *self);
void       bks_limits_unref    (BksLimits *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksLimits, bks_limits_unref)

G_END_DECLS
