/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/link/bridges.h"

#include "tests/fakes/check.h"

static void every_kind_is_found_by_its_ids(void **state)
{
    (void)state;
    for (const struct eg_bridge_kind *kind = eg_bridge_kinds; kind->vid != 0; kind++) {
        assert_true(kind->name[0] != '\0');
        assert_ptr_equal(eg_bridge_find(kind->vid, kind->pid), kind);
    }
}

static void any_product_is_all_that_its_vendor_has_besides(void **state)
{
    (void)state;
    assert_string_equal(eg_bridge_find(0x303a, 0x1001)->name, "USB-Serial/JTAG");
    assert_string_equal(eg_bridge_find(0x303a, 0x4001)->name, "Espressif USB");
    assert_null(eg_bridge_find(0x10c4, 0x0001));
    assert_null(eg_bridge_find(0, 0));
}

static void rates_go_down_and_every_bridge_does_at_least_the_usual_one(void **state)
{
    (void)state;
    for (const uint32_t *rate = eg_rates; rate[0] != 0; rate++) {
        assert_true(rate[0] > rate[1]);
        assert_int_equal(eg_rate_at_most(rate[0]), rate[0]);
        assert_int_equal(eg_rate_at_most(rate[0] - 1), rate[1]);
        assert_int_equal(eg_rate_above(rate[0]), rate == eg_rates ? rate[0] : rate[-1]);
    }
    assert_int_equal(eg_rate_at_most(UINT32_MAX), eg_rates[0]);
    assert_int_equal(eg_rate_at_most(9600), 0);
    for (const struct eg_bridge_kind *kind = eg_bridge_kinds; kind->vid != 0; kind++)
        assert_true(eg_bridge_baud_most(kind->vid, kind->pid) >= 921600);
    assert_int_equal(eg_bridge_baud_most(0x1a86, 0x7523), 2000000);
    assert_int_equal(eg_bridge_baud_most(0, 0), UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_found_by_its_ids),
        cmocka_unit_test(rates_go_down_and_every_bridge_does_at_least_the_usual_one),
        cmocka_unit_test(any_product_is_all_that_its_vendor_has_besides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
