/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/ledger/period.h"
#include "tests/fakes/check.h"

#include <string.h>

static void a_time_is_kept_as_far_as_it_is_given(void **state)
{
    static const char *const times[][2] = {
        {"2026-11-27", "2026-11-27"},
        {"2026-11-27T10:00", "2026-11-27T10:00"},
        {"2026-11-27T10:00:30Z", "2026-11-27T10:00:30"},
        {"2026-11-27T10:00:30.125Z", "2026-11-27T10:00:30.125"},
        {"2024-02-29", "2024-02-29"},
        {"2000-02-29", "2000-02-29"},
    };
    char utc[EG_UTC_TEXT];

    (void)state;
    for (unsigned i = 0; i < sizeof times / sizeof times[0]; i++) {
        assert_true(cli_period(utc, times[i][0]));
        assert_string_equal(utc, times[i][1]);
    }
}

static void a_duration_counts_back_from_now(void **state)
{
    static const char *const durations[] = {"2w", "7d", "24h", "90m", "5400s", "0s"};
    char before[EG_UTC_TEXT] = "", now[EG_UTC_TEXT], utc[EG_UTC_TEXT];

    (void)state;
    for (unsigned i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        assert_true(cli_period(utc, durations[i]));
        assert_int_equal(strlen(utc), strlen("2026-11-27T10:00:00"));
        assert_true(strcmp(utc, before) >= 0);
        memcpy(before, utc, sizeof before);
    }
    eg_clock_utc(now);
    assert_true(strcmp(utc, now) <= 0);
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
    char utc[EG_UTC_TEXT];

    (void)state;
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++)
        if (cli_period(utc, others[i]))
            fail_msg("'%s' became %s", others[i], utc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_kept_as_far_as_it_is_given),
        cmocka_unit_test(a_duration_counts_back_from_now),
        cmocka_unit_test(an_invalid_time_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
