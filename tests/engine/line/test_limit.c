/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/line/limit.h"
#include "tests/fakes/check.h"

#include <string.h>

static void what_limited_a_stage_is_told(void **state)
{
    static const struct eg_stage write = {.gives = EG_FACT_WRITTEN}, verify = {.gives = EG_FACT_VERIFIED},
                                 connect = {.gives = EG_FACT_CONNECTED};
    static const struct {
        const char *limit;
        const struct eg_stage *stage;
        uint64_t duration_us, wire_us;
        unsigned requests, resends, redos;
        uint32_t round_trip_us;
        bool erases_first, written_before, native_usb;
        uint32_t unwritten; /* bytes that were in the flash already; then most of the time went to digests */
    } rows[] = {
        {.limit = "rate", &write, 6610000, 6490000, .requests = 45},
        {.limit = "resends", &write, 6610000, 6490000, .requests = 45, .resends = 1},
        {.limit = "resends", &write, 9000000, 6490000, .requests = 45, .redos = 1},
        {.limit = "latency", &write, 7500000, 6490000, .requests = 45, .round_trip_us = 16000},
        {.limit = "flash", &write, 7500000, 6490000, .requests = 45, .round_trip_us = 1000},
        {.limit = "erase", &write, 7500000, 6490000, .requests = 45, .written_before = true},
        {.limit = "erase", &write, 7800000, 6490000, .requests = 45, .erases_first = true},
        {.limit = "flash",
         &write,
         9800000,
         6490000,
         .requests = 45,
         .erases_first = true,
         .written_before = true},
        {.limit = "flash", &write, 7500000, 0, .requests = 45, .native_usb = true},
        {.limit = "digest", &write, 2270000, 2000, .requests = 70, .written_before = true, .unwritten = 4096},
        {.limit = "digest", &verify, 1290000, 1600, .requests = 4, .round_trip_us = 1000},
        {.limit = "latency", &connect, 100000, 3000, .requests = 4, .round_trip_us = 16000},
        {.limit = "", &connect, 100000, 3000, .requests = 4, .round_trip_us = 1000},
        {.limit = "", &write, 7500000, 0, .requests = 45}, /* faster than its rate */
        {.limit = "", &verify, 1290000, 1600, .requests = 0},
    };
    (void)state;

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct eg_region image = {.name = NULL};
        struct eg_region_record region = {
            .region = &image,
            .size = 4096,
            .written = 4096 - rows[i].unwritten,
            .times = {.total_us = rows[i].unwritten != 0 ? 1000 : rows[i].duration_us,
                      .erases_first = rows[i].erases_first,
                      .erase_us = 700000}};
        const struct eg_plan plan = {.region_count = 1};
        const struct eg_run run = {.plan = &plan,
                                   .regions = &region,
                                   .stage = rows[i].stage,
                                   .loader = {.round_trip_us = rows[i].round_trip_us},
                                   .written_before = rows[i].written_before,
                                   .native_usb = rows[i].native_usb};
        const struct eg_stage_record record = {
            .duration_us = rows[i].duration_us, .wire_us = rows[i].wire_us, .resends = rows[i].resends};
        const char *limit = eg_limit_name(eg__limit_of(&run, &record, rows[i].requests, rows[i].redos));
        if (strcmp(limit, rows[i].limit) != 0)
            fail_msg("row %u: \"%s\", not \"%s\"", i, limit, rows[i].limit);
    }
}

static void the_floor_is_what_the_bytes_need_where_the_rate_counts(void **state)
{
    const struct eg_run cable = {.native_usb = false}, usb = {.native_usb = true};
    (void)state;

    assert_int_equal(eg__floor_us(&cable, 6490000, 6610000), 6490000);
    assert_int_equal(eg__floor_us(&cable, 6490000, 200000), 0);
    assert_int_equal(eg__floor_us(&usb, 6490000, 6610000), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_limited_a_stage_is_told),
        cmocka_unit_test(the_floor_is_what_the_bytes_need_where_the_rate_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
