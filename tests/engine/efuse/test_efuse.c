/* SPDX-License-Identifier: Apache-2.0 */

/* Reading: names, errors, protection, tables by revision. */

#include "tests/engine/efuse/scene.h"

static void fields_and_blocks_have_further_names(void **state)
{
    (void)state;
    struct scene scene;
    unsigned block;

    scene_begin(&scene, "esp32c3");
    assert_ptr_equal(eg_efuse_find(&scene.fuses, "MAC_CUSTOM"), eg_efuse_find(&scene.fuses, "CUSTOM_MAC"));
    assert_null(eg_efuse_find(&scene.fuses, "custom_mac"));
    assert_int_equal(eg_efuse_get_block(&scene.fuses, "BLOCK4", &block, &scene.err), EG_OK);
    assert_int_equal(block, 4);
    scene_end(&scene);
}

static void a_field_can_depend_on_what_is_burnt(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    assert_null(eg_efuse_find(&scene.fuses, "OCODE"));
    scene_want(&scene, "BLK_VERSION_MAJOR", 1);
    scene_burn(&scene);
    assert_non_null(eg_efuse_find(&scene.fuses, "OCODE"));
    scene_end(&scene);
}

static void the_p4_has_two_tables_of_fields(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32p4");
    assert_non_null(eg_efuse_find(&scene.fuses, "KEY_PURPOSE_0_H"));
    scene.virt.revision = 299;
    scene_open(&scene);
    assert_null(eg_efuse_find(&scene.fuses, "KEY_PURPOSE_0_H"));
    scene_end(&scene);
}

/* On the ESP32-C3 the fail bit of a block is in the nibble of the next block; the last block has none. */
static void errors_are_counted_and_the_fail_bits_of_the_c3_are_shifted(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    eg_put32(scene.virt.space + 0x1c0, 0x3 << 12 | 1u << 19); /* block 4: three wrong bytes, and failed */
    eg_put32(scene.virt.space + 0x180, 0x11);                 /* two bits of block 0 */
    assert_int_equal(eg_efuse_read(&scene.fuses, &scene.err), EG_OK);
    assert_int_equal(scene.fuses.block[4].errors, 3);
    assert_true(scene.fuses.block[4].failed);
    assert_int_equal(scene.fuses.block[5].errors, 0);
    assert_false(scene.fuses.block[5].failed);
    assert_int_equal(scene.fuses.block[0].errors, 2);
    assert_true(eg_efuse_has_errors(&scene.fuses));
    scene_end(&scene);
}

static void one_status_taints_all_coded_blocks_of_an_esp32(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32");
    eg_put32(scene.virt.space + scene.virt.chip->dec_status, 0x10);
    assert_int_equal(eg_efuse_read(&scene.fuses, &scene.err), EG_OK);
    for (unsigned block = 1; block < 4; block++)
        assert_true(scene.fuses.block[block].failed);
    assert_false(scene.fuses.block[0].failed);
    scene_end(&scene);
}

static void a_chip_without_efuses_to_burn_is_refused(void **state)
{
    (void)state;
    struct scene scene = {.cut = -1};
    const struct eg_efuse_io io = {0};

    scene_refused(&scene, eg_efuse_open(&scene.fuses, eg_target_by_name("esp8266"), &io, 0, 26, &scene.err),
                  EG_UNSUPPORTED, "ESP8266 has no eFuses that can be read or burnt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_and_blocks_have_further_names),
        cmocka_unit_test(a_field_can_depend_on_what_is_burnt),
        cmocka_unit_test(the_p4_has_two_tables_of_fields),
        cmocka_unit_test(errors_are_counted_and_the_fail_bits_of_the_c3_are_shifted),
        cmocka_unit_test(one_status_taints_all_coded_blocks_of_an_esp32),
        cmocka_unit_test(a_chip_without_efuses_to_burn_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
