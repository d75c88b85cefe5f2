/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/ledger/period.h"
#include "tests/fakes/check.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void a_time_stands_for_a_day_minute_second_or_millisecond(void **state)
{
    static const char *const times[][3] = {
        {"2026-11-27T10:00Z", "2026-11-27T10:00:00.000Z", "2026-11-27T10:01:00.000Z"},
        {"2026-11-27T10:00:30Z", "2026-11-27T10:00:30.000Z", "2026-11-27T10:00:31.000Z"},
        {"2026-12-31T23:59:59.999Z", "2026-12-31T23:59:59.999Z", "2027-01-01T00:00:00.000Z"},
        /* Local: an hour before UTC in winter, two in summer; a day of 23 hours. */
        {"2024-02-29", "2024-02-28T23:00:00.000Z", "2024-02-29T23:00:00.000Z"},
        {"2000-02-29T12:30", "2000-02-29T11:30:00.000Z", "2000-02-29T11:31:00.000Z"},
        {"2026-07-01T12:30", "2026-07-01T10:30:00.000Z", "2026-07-01T10:31:00.000Z"},
        {"2026-03-29", "2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"},
    };
    struct cli_period period;

    (void)state;
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    for (unsigned i = 0; i < sizeof times / sizeof times[0]; i++) {
        assert_true(cli_period(&period, times[i][0]));
        assert_string_equal(period.begin_utc, times[i][1]);
        assert_string_equal(period.end_utc, times[i][2]);
    }
}

static void a_duration_counts_back_from_now(void **state)
{
    static const char *const durations[] = {"2w", "7d", "24h", "90m", "5400s", "0s"};
    char before[EG_UTC_TEXT] = "", now[EG_UTC_TEXT];
    struct cli_period period;

    (void)state;
    for (unsigned i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        assert_true(cli_period(&period, durations[i]));
        assert_int_equal(strlen(period.begin_utc), strlen("2026-11-27T10:00:00.000Z"));
        assert_true(strcmp(period.begin_utc, before) >= 0);
        assert_true(strcmp(period.begin_utc, period.end_utc) < 0);
        memcpy(before, period.begin_utc, sizeof before);
    }
    eg_clock_utc(now);
    assert_true(strcmp(period.begin_utc, now) <= 0);
}

static void an_invalid_time_is_refused(void **state)
{
    static const char *const others[] = {"",
                                         "yesterday",
                                         "2026-13-01",
                                         "2026-02-29",
                                         "2026-11-31",
                                         "1900-02-29",
                                         "2026-11-2",
                                         "2026-11-27T24:00",
                                         "7",
                                         "d",
                                         "7y",
                                         "-7d",
                                         "1234567d",
                                         "7dd",
                                         "2026-11-27Z",
                                         "2026-11-27 10:00",
                                         "2026-11-00",
                                         "2026-11-27T10:60"};
    struct cli_period period;

    (void)state;
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++)
        if (cli_period(&period, others[i]))
            fail_msg("'%s' became %s", others[i], period.begin_utc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_stands_for_a_day_minute_second_or_millisecond),
        cmocka_unit_test(a_duration_counts_back_from_now),
        cmocka_unit_test(an_invalid_time_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
