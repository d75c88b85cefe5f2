/* SPDX-License-Identifier: Apache-2.0 */

/* Forbidden burns, with the sentence that gives the reason. */

#include "tests/engine/efuse/scene.h"

static void refused(struct scene *scene, enum eg_code code, const char *sentence)
{
    scene_refused(scene, eg_efuse_decide(&scene->plan, &scene->err), code, sentence);
    assert_int_equal(scene->programs, 0);
    scene_end(scene);
}

static void a_digest_stays_readable(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    assert_int_equal(scene_want_key(&scene, "BLOCK_KEY1", "SECURE_BOOT_DIGEST0", 1, 32), EG_OK);
    scene_want(&scene, "RD_DIS", 2);
    refused(
        &scene, EG_SECURED,
        "BLOCK_KEY1 has the digest SECURE_BOOT_DIGEST0: it must stay readable, or secure boot sees zeros");
}

static void the_flash_cipher_cannot_use_every_block(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    assert_int_equal(scene_want_key(&scene, "BLOCK_KEY5", "XTS_AES_128_KEY", 1, 32), EG_OK);
    refused(&scene, EG_SECURED, "BLOCK_KEY5 of an ESP32-C3: the flash cipher cannot use a key of that block");
}

static void flash_keys_of_both_lengths_do_not_go_together(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32s3");
    assert_int_equal(scene_want_key(&scene, "BLOCK_KEY0", "XTS_AES_128_KEY", 1, 32), EG_OK);
    assert_int_equal(scene_want_key(&scene, "BLOCK_KEY1", "XTS_AES_256_KEY", 2, 64), EG_OK);
    refused(&scene, EG_SECURED,
            "BLOCK_KEY0 and BLOCK_KEY1 would have flash keys of 128 and of 256 bits: a board has one or the "
            "other");
}

static void a_digest_slot_is_taken_once(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    assert_int_equal(scene_want_key(&scene, "BLOCK_KEY0", "SECURE_BOOT_DIGEST1", 1, 32), EG_OK);
    assert_int_equal(scene_want_key(&scene, "BLOCK_KEY1", "SECURE_BOOT_DIGEST1", 2, 32), EG_OK);
    refused(&scene, EG_SECURED,
            "BLOCK_KEY0 and BLOCK_KEY1 would both have the purpose SECURE_BOOT_DIGEST1: only one block may");
}

static void the_usb_pair_of_the_s3_needs_force(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32s3");
    scene_want(&scene, "DIS_USB_JTAG", 1);
    scene_want(&scene, "DIS_USB_SERIAL_JTAG", 1);
    scene.plan.both = true;
    assert_int_equal(eg_efuse_decide(&scene.plan, &scene.err), EG_OK);
    scene.plan.both = false;
    refused(
        &scene, EG_SECURED,
        "DIS_USB_JTAG and DIS_USB_SERIAL_JTAG together: the ROM of an ESP32-S3 then crashes in its loader");
}

static void flash_crypt_config_is_15_or_0(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32");
    scene_want(&scene, "FLASH_CRYPT_CONFIG", 7);
    refused(&scene, EG_SECURED, "FLASH_CRYPT_CONFIG must be 0xf or stay 0, not 0x7");
    scene_begin(&scene, "esp32");
    const struct eg_efuse_field *config = eg_efuse_find(&scene.fuses, "FLASH_CRYPT_CONFIG");
    assert_int_equal(eg_efuse_want_write_protection(&scene.plan, config->wr, config->name, &scene.err),
                     EG_OK);
    refused(&scene, EG_SECURED,
            "FLASH_CRYPT_CONFIG is 0x0: write-protected so, flash encryption would be weak for good; burn "
            "0xf first");
}

static void secure_boot_needs_its_revision(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32");
    scene.fuses.revision = 100;
    scene_want(&scene, "ABS_DONE_1", 1);
    refused(&scene, EG_WRONG_REVISION,
            "ABS_DONE_1: secure boot v2 needs chip revision v3.0, and this one is v1.0");
    scene_begin(&scene, "esp32c3");
    scene.fuses.revision = 2;
    scene_want(&scene, "SECURE_BOOT_EN", 1);
    refused(&scene, EG_WRONG_REVISION,
            "SECURE_BOOT_EN: secure boot v2 needs chip revision v0.3, and this one is v0.2");
}

static void secure_boot_with_a_hidden_digest_is_refused(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    scene_want(&scene, "RD_DIS", 2);
    scene_burn(&scene);
    scene_open(&scene);
    scene_want(&scene, "KEY_PURPOSE_1", 9);
    refused(
        &scene, EG_SECURED,
        "BLOCK_KEY1 has the digest SECURE_BOOT_DIGEST0: it must stay readable, or secure boot sees zeros");
}

static void an_unknown_crystal_is_refused(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    scene.fuses.crystal_mhz = 26;
    scene_want(&scene, "DIS_PAD_JTAG", 1);
    refused(&scene, EG_UNSUPPORTED, "ESP32-C3 with a crystal of 26 MHz: the timing of a burn is not known");
}

static void coding_scheme_repeat_is_refused(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32");
    scene_want(&scene, "CODING_SCHEME", 2);
    scene_burn(&scene);
    scene_open(&scene);
    scene_want(&scene, "JTAG_DISABLE", 1);
    refused(&scene, EG_UNSUPPORTED, "CODING_SCHEME is 2 (repeat): how such blocks are burnt is not known");
}

static void errors_elsewhere_are_repaired_first(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    scene.fuses.block[2].errors = 3;
    scene_want(&scene, "DIS_PAD_JTAG", 1);
    refused(&scene, EG_SECURED,
            "BLOCK_SYS_DATA has errors (3): nothing is burnt before it is repaired; 'check-error --recovery' "
            "tries "
            "to");
}

static void encryption_without_a_key_is_warned_of(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    scene_want(&scene, "SPI_BOOT_CRYPT_CNT", 7);
    assert_int_equal(eg_efuse_decide(&scene.plan, &scene.err), EG_OK);
    assert_string_equal(scene.said,
                        "warning: SPI_BOOT_CRYPT_CNT turns flash encryption on, and no block has a flash "
                        "key: what is in the flash will be garbage\n");
    scene_end(&scene);
    scene_begin(&scene, "esp32c2");
    assert_int_equal(scene_want_key(&scene, "BLOCK_KEY0", "XTS_AES_128_KEY", 1, 32), EG_OK);
    scene_want(&scene, "SPI_BOOT_CRYPT_CNT", 7);
    assert_int_equal(eg_efuse_decide(&scene.plan, &scene.err), EG_OK);
    assert_string_equal(scene.said, "");
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_digest_stays_readable),
        cmocka_unit_test(the_flash_cipher_cannot_use_every_block),
        cmocka_unit_test(flash_keys_of_both_lengths_do_not_go_together),
        cmocka_unit_test(a_digest_slot_is_taken_once),
        cmocka_unit_test(the_usb_pair_of_the_s3_needs_force),
        cmocka_unit_test(flash_crypt_config_is_15_or_0),
        cmocka_unit_test(secure_boot_needs_its_revision),
        cmocka_unit_test(secure_boot_with_a_hidden_digest_is_refused),
        cmocka_unit_test(an_unknown_crystal_is_refused),
        cmocka_unit_test(coding_scheme_repeat_is_refused),
        cmocka_unit_test(errors_elsewhere_are_repaired_first),
        cmocka_unit_test(encryption_without_a_key_is_warned_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
