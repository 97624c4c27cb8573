/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include <string.h>

#include "bks-retention.h"

/* Which of many copies stay. All times are epoch milliseconds, the newest first. */

#define HOUR (G_GINT64_CONSTANT (60) * 60 * 1000)
#define DAY (24 * HOUR)
#define WEEK (7 * DAY)

/* Revisions: all of 7 days, then one an hour for 30 days, one a day for a year, one a week after. */
#define KEEP_ALL (7 * DAY)
#define KEEP_HOURLY (30 * DAY)
#define KEEP_DAILY (365 * DAY)

/* Backups. */
#define LATEST 5
#define DAILY 7
#define WEEKLY 8
#define MONTHLY 12

static gint64
get_bucket (gint64 at,
            gint64 now_ms)
{
  gint64 age = now_ms - at;

  if (age < KEEP_HOURLY)
    return at / HOUR;
  /* Each scale has numbers of its own, so that a border is not a common bucket. */
  if (age < KEEP_DAILY)
    return G_MININT64 / 2 + at / DAY;
  return G_MININT64 + at / WEEK;
}

/**
 * bks_retention_thin_revisions:
 * @times: (array length=n): when each was written, the newest first
 * @named: (array length=n): whether it belongs to a named snapshot
 * @n: how many
 * @now_ms: epoch milliseconds
 * @keep: (out caller-allocated) (array length=n): which stay
 *
 * The newest of each hour, day or week stays; named ones and the newest of all stay for ever.
 */
void
bks_retention_thin_revisions (const gint64   *times,
                              const gboolean *named,
                              guint           n,
                              gint64          now_ms,
                              gboolean       *keep)
{
  gint64 last = 0;
  gboolean any = FALSE;

  for (guint i = 0; i < n; i++)
    {
      gint64 bucket;

      keep[i] = i == 0 || named[i] || now_ms - times[i] < KEEP_ALL;
      if (now_ms - times[i] < KEEP_ALL)
        continue;
      bucket = get_bucket (times[i], now_ms);
      if (!any || bucket != last)
        keep[i] = TRUE;
      any = TRUE;
      last = bucket;
    }
}

static gint64
get_day (gint64 at)
{
  return at / DAY;
}

/* Weeks begin on Monday; the first day of the epoch was a Thursday. */
static gint64
get_week (gint64 at)
{
  return (at / DAY + 3) / 7;
}

static gint64
get_month (gint64 at)
{
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc (at / 1000);

  return time != NULL ? g_date_time_get_year (time) * 12 + g_date_time_get_month (time) : 0;
}

static void
keep_newest_of_each (const gint64  *times,
                     guint          n,
                     gint64 (*period) (gint64 at),
                     guint          most,
                     gboolean      *keep)
{
  gint64 last = 0;
  guint kept = 0;

  for (guint i = 0; i < n && kept < most; i++)
    {
      gint64 at = period (times[i]);

      if (kept > 0 && at == last)
        continue;
      keep[i] = TRUE;
      last = at;
      kept++;
    }
}

/**
 * bks_retention_rotate_backups:
 * @times: (array length=n): when each was made, the newest first
 * @n: how many
 * @keep: (out caller-allocated) (array length=n): which stay
 *
 * The 5 latest, and the newest of each of the last 7 days, 8 weeks and 12
 * months that have one (UTC).
 */
void
bks_retention_rotate_backups (const gint64 *times,
                              guint         n,
                              gboolean     *keep)
{
  for (guint i = 0; i < n; i++)
    keep[i] = i < LATEST;
  keep_newest_of_each (times, n, get_day, DAILY, keep);
  keep_newest_of_each (times, n, get_week, WEEKLY, keep);
  keep_newest_of_each (times, n, get_month, MONTHLY, keep);
}
