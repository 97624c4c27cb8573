/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-core"

#include "config.h"

#include "bks-period.h"

static gint64
to_ms (GDateTime *time)
{
  return g_date_time_to_unix (time) * 1000;
}

/**
 * bks_period_find:
 * @period: "day" or "month"
 * @now_ms: epoch milliseconds
 * @starts_at: (out): epoch milliseconds at which the local day or month around @now_ms begins
 * @ends_at: (out): epoch milliseconds at which the next one begins
 *
 * The boundaries of this machine's calendar, in UTC. A day in which the clocks
 * change has 23 or 25 hours.
 */
void
bks_period_find (const char *period,
                 gint64      now_ms,
                 gint64     *starts_at,
                 gint64     *ends_at)
{
  g_autoptr(GTimeZone) zone = g_time_zone_new_local ();
  g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc_usec (now_ms * 1000);
  g_autoptr(GDateTime) now = g_date_time_to_timezone (utc, zone);
  g_autoptr(GDateTime) start = NULL;
  g_autoptr(GDateTime) next = NULL;
  g_autoptr(GDateTime) end = NULL;
  gboolean month = g_str_equal (period, "month");

  start = g_date_time_new (zone, g_date_time_get_year (now), g_date_time_get_month (now),
                           month ? 1 : g_date_time_get_day_of_month (now), 0, 0, 0);
  /* Added on the calendar, not on the clock; then midnight anew, lest an hour be carried over. */
  next = month ? g_date_time_add_months (start, 1) : g_date_time_add_days (start, 1);
  end = g_date_time_new (zone, g_date_time_get_year (next), g_date_time_get_month (next),
                         g_date_time_get_day_of_month (next), 0, 0, 0);
  *starts_at = to_ms (start);
  *ends_at = to_ms (end);
}
