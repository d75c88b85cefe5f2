/* SPDX-License-Identifier: Apache-2.0 */

/* From wishes to burns: their order, wishes that need no burn, refusals. */

#include "tests/engine/efuse/scene.h"

static void burns_go_from_the_highest_block_to_block_0_and_the_loader_is_closed_last(void **state)
{
    (void)state;
    static const unsigned blocks[] = {7, 4, 0, 0, 0, 0, 0};
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    scene_want(&scene, "ENABLE_SECURITY_DOWNLOAD", 1);
    scene_want(&scene, "SPI_BOOT_CRYPT_CNT", 7);
    scene_want(&scene, "DIS_PAD_JTAG", 1);
    assert_int_equal(scene_want_key(&scene, "BLOCK_KEY0", "XTS_AES_128_KEY", 1, 32), EG_OK);
    assert_int_equal(scene_want_key(&scene, "BLOCK_KEY3", "SECURE_BOOT_DIGEST0", 1, 32), EG_OK);
    scene_burn(&scene);
    assert_int_equal(scene.programs, 7);
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(scene.order[i], blocks[i]);
    const struct eg_efuse_burn *burn = scene.plan.wanted->burn;
    assert_int_equal(burn[2].word[1], 1 << 19); /* DIS_PAD_JTAG; purposes are in word 2 */
    assert_int_equal(burn[3].word[1], 1);       /* RD_DIS alone */
    assert_int_equal(burn[3].word[0], 0);
    assert_int_equal(burn[4].word[2], 7 << 18);            /* the counter */
    assert_int_equal(burn[5].word[0], 0x04800000 | 0x900); /* WR_DIS alone */
    assert_int_equal(burn[6].word[4], 1 << 5);             /* ENABLE_SECURITY_DOWNLOAD */
    scene_end(&scene);
}

static void what_wr_dis_would_shut_out_is_burnt_together_with_it(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    scene_want(&scene, "DIS_DOWNLOAD_MODE", 1);
    const struct eg_efuse_field *off = eg_efuse_find(&scene.fuses, "DIS_DOWNLOAD_MODE");
    assert_int_equal(eg_efuse_want_write_protection(&scene.plan, off->wr, off->name, &scene.err), EG_OK);
    scene_burn(&scene);
    assert_int_equal(scene.programs, 1);
    assert_int_equal(eg_efuse_number(&scene.fuses, "DIS_DOWNLOAD_MODE"), 1);
    scene_end(&scene);
}

static void block_0_is_burnt_in_one_if_wanted(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32");
    scene.plan.at_once = true;
    scene_want(&scene, "JTAG_DISABLE", 1);
    scene_want(&scene, "ABS_DONE_1", 1);
    assert_int_equal(eg_efuse_want_write_protection(&scene.plan, 1, "RD_DIS", &scene.err), EG_OK);
    scene_burn(&scene);
    assert_int_equal(scene.programs, 1);
    scene_end(&scene);
}

static void burnt_items_need_no_burn_and_are_reported(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    scene_want(&scene, "DIS_PAD_JTAG", 1);
    scene_burn(&scene);
    scene_open(&scene);
    scene.said[0] = '\0';
    scene_want(&scene, "DIS_PAD_JTAG", 1);
    scene_burn(&scene);
    assert_int_equal(scene.programs, 0);
    assert_string_equal(scene.said, "DIS_PAD_JTAG: burnt already\n");
    scene_end(&scene);
}

static void bits_are_never_cleared(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32");
    scene_want(&scene, "FLASH_CRYPT_CNT", 3);
    scene_burn(&scene);
    const struct eg_efuse_field *field = eg_efuse_find(&scene.fuses, "FLASH_CRYPT_CNT");
    scene_refused(
        &scene, eg_efuse_want_number(&scene.plan, field, 4, &scene.err), EG_SECURED,
        "FLASH_CRYPT_CNT has bits that are burnt, or wanted already, and not in the new value: bits cannot "
        "be cleared");
    scene_refused(&scene, eg_efuse_want_number(&scene.plan, field, 0x80, &scene.err), EG_BAD_ARGUMENT,
                  "FLASH_CRYPT_CNT has 7 bits: 0x80 does not fit");
    scene_end(&scene);
}

static void a_counter_goes_on_by_its_lowest_clear_bit_until_its_end(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    for (unsigned value = 1; value <= 7; value = 2 * value + 1) {
        assert_int_equal(
            eg_efuse_want_step(&scene.plan, eg_efuse_find(&scene.fuses, "SPI_BOOT_CRYPT_CNT"), &scene.err),
            EG_OK);
        scene_burn(&scene);
        assert_int_equal(eg_efuse_number(&scene.fuses, "SPI_BOOT_CRYPT_CNT"), value);
        scene_open(&scene);
    }
    scene_refused(
        &scene,
        eg_efuse_want_step(&scene.plan, eg_efuse_find(&scene.fuses, "SPI_BOOT_CRYPT_CNT"), &scene.err),
        EG_SECURED, "SPI_BOOT_CRYPT_CNT is at its end (0x7): no step is left");
    scene_end(&scene);
}

static void a_protected_field_is_not_burnt(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    scene_want(&scene, "WR_DIS", 1 << 2);
    scene_burn(&scene);
    scene_refused(
        &scene, eg_efuse_want_number(&scene.plan, eg_efuse_find(&scene.fuses, "DIS_PAD_JTAG"), 1, &scene.err),
        EG_SECURED, "DIS_PAD_JTAG is write-protected: it cannot be burnt any more");
    scene_want(&scene, "WR_DIS", 1);
    scene_burn(&scene);
    scene_refused(&scene, eg_efuse_want_read_protection(&scene.plan, 1, "BLOCK_KEY0", &scene.err), EG_SECURED,
                  "RD_DIS is write-protected: BLOCK_KEY0 can no longer be read-protected");
    scene_end(&scene);
}

static void a_coded_block_is_burnt_once(void **state)
{
    (void)state;
    const uint32_t one[EG_EFUSE_WORDS_MAX] = {1}, two[EG_EFUSE_WORDS_MAX] = {2};
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    assert_int_equal(eg_efuse_want_block(&scene.plan, 3, one, &scene.err), EG_OK);
    scene_burn(&scene);
    scene_open(&scene);
    assert_int_equal(eg_efuse_want_block(&scene.plan, 3, two, &scene.err), EG_OK);
    scene_refused(
        &scene, eg_efuse_decide(&scene.plan, &scene.err), EG_SECURED,
        "BLOCK_USR_DATA is burnt already, and a block with Reed-Solomon coding is burnt once for all");
    scene_end(&scene);
}

static void single_bits_respect_protection(void **state)
{
    (void)state;
    const uint32_t word[EG_EFUSE_WORDS_MAX] = {0, 1 << 19};
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    scene_want(&scene, "WR_DIS", 1 << 2);
    scene_burn(&scene);
    scene_refused(&scene, eg_efuse_want_block(&scene.plan, 0, word, &scene.err), EG_SECURED,
                  "DIS_PAD_JTAG is write-protected: it cannot be burnt any more");
    scene_end(&scene);
}

static void a_field_made_of_others_is_taken_apart(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c5");
    scene_want(&scene, "RECOVERY_BOOTLOADER_FLASH_SECTOR", 0xc01);
    scene_burn(&scene);
    assert_int_equal(eg_efuse_number(&scene.fuses, "RECOVERY_BOOTLOADER_FLASH_SECTOR"), 0xc01);
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burns_go_from_the_highest_block_to_block_0_and_the_loader_is_closed_last),
        cmocka_unit_test(what_wr_dis_would_shut_out_is_burnt_together_with_it),
        cmocka_unit_test(block_0_is_burnt_in_one_if_wanted),
        cmocka_unit_test(burnt_items_need_no_burn_and_are_reported),
        cmocka_unit_test(bits_are_never_cleared),
        cmocka_unit_test(a_counter_goes_on_by_its_lowest_clear_bit_until_its_end),
        cmocka_unit_test(a_protected_field_is_not_burnt),
        cmocka_unit_test(a_coded_block_is_burnt_once),
        cmocka_unit_test(single_bits_respect_protection),
        cmocka_unit_test(a_field_made_of_others_is_taken_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
