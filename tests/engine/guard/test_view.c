/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/guard/rows.h"

static void a_table_is_found_where_it_is(void **state)
{
    (void)state;
    EG_CLEANUP(scene_cleanup) struct scene *scene = right();
    const struct eg_target *const target = scene->request.target;
    struct eg_guard_table table;
    struct eg_error err;

    scene->pieces[TABLE].flash_addr = 0xf000; /* another address, for which its bootloader was built */
    assert_ok(eg_guard_find_table(&table, target, scene->pieces, 3, &err), err);
    assert_true(table.found && table.flash_addr == 0xf000 && table.piece == TABLE &&
                table.partitions.count == 3);
    scene->pieces[TABLE].partition = "spare";
    assert_ok(eg_guard_find_table(&table, target, scene->pieces, 3, &err), err);
    assert_false(table.found);

    /* In a merged file, at the usual address and at another. */
    for (uint32_t at = 0x8000; at <= 0xf000; at += 0x7000) {
        memset(scene->bytes[OTHER], 0xff, ROOM);
        memcpy(scene->bytes[OTHER] + 0x1000, scene->bytes[BOOT], scene->pieces[BOOT].size);
        memcpy(scene->bytes[OTHER] + at, scene->bytes[TABLE], scene->pieces[TABLE].size);
        const struct eg_guard_piece merged = {
            .name = "merged.bin", .data = scene->bytes[OTHER], .size = ROOM};
        assert_ok(eg_guard_find_table(&table, target, &merged, 1, &err), err);
        assert_true(table.found && table.flash_addr == at);
    }
    scene->bytes[OTHER][0xf004] ^= 1; /* no longer a table */
    const struct eg_guard_piece merged = {.name = "merged.bin", .data = scene->bytes[OTHER], .size = ROOM};
    assert_ok(eg_guard_find_table(&table, target, &merged, 1, &err), err);
    assert_false(table.found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_found_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
