/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/clock.h"
#include "tests/fakes/check.h"

#include <pthread.h>
#include <string.h>

static void *request(void *cancel)
{
    eg_clock_sleep_until_us(eg_clock_us() + 20000);
    eg_cancel_request(cancel);
    return NULL;
}

static void a_sleeper_wakes_when_it_is_cancelled(void **state)
{
    (void)state;
    struct eg_cancel cancel = {.requested = false};
    struct eg_error err;
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, request, &cancel), 0);
    const enum eg_code code = eg_sleep_ms(&cancel, 60000, &err);
    pthread_join(thread, NULL);
    assert_int_equal(code, EG_CANCELLED);
    assert_int_equal(eg_sleep_ms(&cancel, 0, &err), EG_CANCELLED);
}

static void utc_is_iso_8601_with_milliseconds(void **state)
{
    (void)state;
    char text[EG_UTC_TEXT];

    eg_clock_utc(text);
    assert_int_equal(strlen(text), 24);
    assert_int_equal(text[10], 'T');
    assert_int_equal(text[19], '.');
    assert_int_equal(text[23], 'Z');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sleeper_wakes_when_it_is_cancelled),
        cmocka_unit_test(utc_is_iso_8601_with_milliseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
