/* SPDX-License-Identifier: Apache-2.0 */

/* Days, weeks and months of local time. */

#include "reports/trend_internal.h"

#include "engine/base/bytes.h"

#include <string.h>
#include <time.h>

const char *eg__trend_by_name(enum eg_trend_by by)
{
    static const char *const names[] = {[EG_TREND_BEST] = "best",
                                        [EG_TREND_DAY] = "day",
                                        [EG_TREND_WEEK] = "week",
                                        [EG_TREND_MONTH] = "month"};

    return names[by];
}

/* The beginning of the local day, week (Monday) or month of a time. */
static struct tm period_begin(int64_t time_ms, enum eg_trend_by by)
{
    const time_t seconds = (time_t)(time_ms / 1000);
    struct tm tm = {0};

    if (localtime_r(&seconds, &tm) == NULL)
        return tm;
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    tm.tm_isdst = -1;
    if (by == EG_TREND_WEEK)
        tm.tm_mday -= (tm.tm_wday + 6) % 7;
    if (by == EG_TREND_MONTH)
        tm.tm_mday = 1;
    return tm;
}

#define DAY_MS       86400000
#define DAYS_SHOWN   35 /* up to so many days are shown by day */
#define WEEKS_SHOWN  53
#define PERIODS_MOST 20000

enum eg_code eg__trend_make_periods(struct eg__trend *trend, int64_t first_ms, int64_t last_ms,
                                    struct eg_error *err)
{
    const int64_t span_ms = last_ms - first_ms;

    if (trend->by == EG_TREND_BEST)
        trend->by = span_ms <= (int64_t)DAYS_SHOWN * DAY_MS        ? EG_TREND_DAY
                    : span_ms <= (int64_t)WEEKS_SHOWN * 7 * DAY_MS ? EG_TREND_WEEK
                                                                   : EG_TREND_MONTH;
    if (last_ms < first_ms)
        return EG_OK;
    struct tm tm = period_begin(first_ms, trend->by);
    for (int64_t begin_ms = (int64_t)mktime(&tm) * 1000; begin_ms <= last_ms;) {
        if (trend->period_count == PERIODS_MOST)
            return eg_error_set(err, EG_BAD_ARGUMENT,
                                "the selection has more than %d %ss; choose a longer --by", PERIODS_MOST,
                                eg__trend_by_name(trend->by));
        EG_TRY(eg_grow(&trend->periods, trend->period_count, sizeof *trend->periods, err));
        struct eg__tally *const period = &trend->periods[trend->period_count++];
        period->begin_ms = begin_ms;
        tm.tm_mday += trend->by == EG_TREND_DAY ? 1 : trend->by == EG_TREND_WEEK ? 7 : 0;
        tm.tm_mon += trend->by == EG_TREND_MONTH;
        tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
        tm.tm_isdst = -1;
        period->end_ms = begin_ms = (int64_t)mktime(&tm) * 1000;
    }
    return EG_OK;
}

size_t eg__trend_period_of(const struct eg__trend *trend, int64_t time_ms)
{
    size_t low = 0, high = trend->period_count;

    while (low + 1 < high) {
        const size_t middle = low + (high - low) / 2;
        if (trend->periods[middle].begin_ms <= time_ms)
            low = middle;
        else
            high = middle;
    }
    return low;
}
