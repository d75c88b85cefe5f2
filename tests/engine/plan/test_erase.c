/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/plan/erase.h"
#include "tests/fakes/check.h"

static const struct eg_guard_piece written[] = {{.flash_addr = 0x8000, .size = 0xc00},
                                                {.flash_addr = 0x1000, .size = 0x3001},
                                                {.flash_addr = 0x5000, .size = 0x1000}};

static void assert_gap(uint32_t at, uint32_t end, uint32_t gap, uint32_t size)
{
    assert_int_equal(eg_erase_gap(&at, end, written, 3), size);
    if (size > 0)
        assert_int_equal(at, gap);
}

static void all_that_is_not_written_is_erased_also_in_sectors_that_are_written(void **state)
{
    (void)state;
    assert_gap(0, 0x10000, 0, 0x1000);
    assert_gap(0x1000, 0x10000, 0x4001, 0xfff);
    assert_gap(0x5000, 0x10000, 0x6000, 0x2000);
    assert_gap(0x8000, 0x10000, 0x8c00, 0x7400);
}

static void where_all_is_written_nothing_is_erased(void **state)
{
    (void)state;
    assert_gap(0x8000, 0x8c00, 0, 0);
    assert_gap(0x2000, 0x4001, 0, 0);
}

static void of_a_job_that_writes_nothing_all_is_erased(void **state)
{
    uint32_t at = 0x3000;

    (void)state;
    assert_int_equal(eg_erase_gap(&at, 0x4000, NULL, 0), 0x1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_is_not_written_is_erased_also_in_sectors_that_are_written),
        cmocka_unit_test(where_all_is_written_nothing_is_erased),
        cmocka_unit_test(of_a_job_that_writes_nothing_all_is_erased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
