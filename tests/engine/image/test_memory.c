/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/memory.h"

#include "tests/fakes/check.h"

#include <string.h>

static void no_address_of_any_chip_has_more_names_than_there_is_room_for(void **state)
{
    (void)state;
    const char *names[EG_MEMORY_NAMES_MAX];

    for (const struct eg_target *const *target = eg_targets; *target != NULL; target++)
        for (const struct eg_memory_range *range = (*target)->memory; range->name != NULL; range++)
            assert_in_range(eg_memory_names(names, *target, range->start), 1, EG_MEMORY_NAMES_MAX - 1);
}

static void an_address_is_found_in_all_memories_that_hold_it(void **state)
{
    (void)state;
    const struct eg_target *const esp32 = eg_target_by_name("esp32");
    const struct eg_target *const esp32p4 = eg_target_by_name("esp32p4");
    const char *names[EG_MEMORY_NAMES_MAX];

    assert_int_equal(eg_memory_names(names, esp32, 0x3fff0030), 3);
    assert_string_equal(names[0], "BYTE_ACCESSIBLE");
    assert_string_equal(names[1], "DRAM");
    assert_string_equal(names[2], "DIRAM_DRAM");
    assert_int_equal(eg_memory_names(names, esp32, 0x10000000), 0);

    assert_true(eg_memory_is_flash(esp32, 0x400d0000));
    assert_true(eg_memory_is_flash(esp32, 0x3f7fffff));
    assert_false(eg_memory_is_flash(esp32, 0x40080000));

    assert_false(eg_memory_touches(esp32, 0x3f3fff20, 0xe0));
    assert_true(eg_memory_touches(esp32, 0x3f3fff20, 0xe1));
    assert_false(eg_memory_touches(esp32, 0x100, 4)); /* padding */
    assert_true(eg_memory_touches(esp32p4, 0x30100000, 4));
    assert_false(eg_memory_touches(esp32p4, 0x30102000, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_address_of_any_chip_has_more_names_than_there_is_room_for),
        cmocka_unit_test(an_address_is_found_in_all_memories_that_hold_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
