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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_found_by_its_ids),
        cmocka_unit_test(any_product_is_all_that_its_vendor_has_besides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
