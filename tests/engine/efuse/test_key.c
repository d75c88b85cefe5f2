/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Keys: blocks, halves, lengths. tests/tools/espgang/efuse/test_session.c compares bytes and protections of
 * every purpose with espefuse's.
 */

#include "tests/engine/efuse/scene.h"

static void a_key_has_the_length_of_its_purpose(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32s3");
    scene_refused(&scene, scene_want_key(&scene, "BLOCK_KEY0", "XTS_AES_256_KEY", 1, 32), EG_BAD_ARGUMENT,
                  "XTS_AES_256_KEY takes a key of 64 bytes, not of 32");
    scene_refused(&scene, scene_want_key(&scene, "BLOCK_KEY0", "HMAC_UP", 1, 31), EG_BAD_ARGUMENT,
                  "HMAC_UP takes a key of 32 bytes, not of 31");
    scene_end(&scene);
    scene_begin(&scene, "esp32");
    scene.fuses.coding = EG_CODING_3_4;
    scene_refused(&scene, scene_want_key(&scene, "flash_encryption", NULL, 1, 32), EG_BAD_ARGUMENT,
                  "flash_encryption takes a key of 24 bytes (3/4 coding), not of 32");
    scene_end(&scene);
}

static void bytes_of_one_value_are_no_key(void **state)
{
    (void)state;
    const uint8_t zeros[32] = {0};
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    scene_refused(&scene,
                  eg_efuse_want_key(
                      &scene.plan,
                      &(struct eg_efuse_key){
                          .block = "BLOCK_KEY0", .purpose = "SECURE_BOOT_DIGEST0", .data = zeros, .size = 32},
                      &scene.err),
                  EG_BAD_ARGUMENT,
                  "the key for SECURE_BOOT_DIGEST0 is 32 times the byte 0x00: that is no key");
    scene_end(&scene);
}

static void unknown_names_are_refused_with_the_known_ones(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    scene_refused(&scene, scene_want_key(&scene, "BLOCK_KEY7", "HMAC_UP", 1, 32), EG_BAD_ARGUMENT,
                  "ESP32-C3 has no eFuse block BLOCK_KEY7; 'dump' lists them");
    scene_refused(&scene, scene_want_key(&scene, "BLOCK3", "HMAC_UP", 1, 32), EG_BAD_ARGUMENT,
                  "BLOCK3 is no key block");
    scene_refused(&scene, scene_want_key(&scene, "BLOCK_KEY0", "XTS_AES_256_KEY_1", 1, 32), EG_BAD_ARGUMENT,
                  "ESP32-C3 has no key purpose XTS_AES_256_KEY_1; it has USER, RESERVED, XTS_AES_128_KEY, "
                  "HMAC_DOWN_ALL, HMAC_DOWN_JTAG, HMAC_DOWN_DIGITAL_SIGNATURE, HMAC_UP, SECURE_BOOT_DIGEST0, "
                  "SECURE_BOOT_DIGEST1, SECURE_BOOT_DIGEST2");
    scene_end(&scene);
}

static void a_long_key_needs_a_second_free_block(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32s2");
    for (unsigned i = 1; i < 6; i++) {
        char name[20];

        snprintf(name, sizeof name, "BLOCK_KEY%u", i);
        assert_int_equal(scene_want_key(&scene, name, "HMAC_UP", (uint8_t)i, 32), EG_OK);
    }
    scene_refused(&scene, scene_want_key(&scene, "BLOCK_KEY0", "XTS_AES_256_KEY", 9, 64), EG_SECURED,
                  "XTS_AES_256_KEY needs a second free key block, and there is none");
    scene_end(&scene);
}

static void a_purpose_that_is_another_one_for_good_is_refused(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    scene_want(&scene, "KEY_PURPOSE_0", 8);
    assert_int_equal(eg_efuse_want_write_protection(&scene.plan,
                                                    eg_efuse_find(&scene.fuses, "KEY_PURPOSE_0")->wr,
                                                    "KEY_PURPOSE_0", &scene.err),
                     EG_OK);
    scene_burn(&scene);
    scene_open(&scene);
    scene_refused(&scene, scene_want_key(&scene, "BLOCK_KEY0", "XTS_AES_128_KEY", 1, 32), EG_SECURED,
                  "KEY_PURPOSE_0 is write-protected, and is another one (8)");
    scene_end(&scene);
}

/* The second half's purpose is 3; with one of its two bits it looks like that of the first half, 2. */
static void a_purpose_in_part_is_not_taken_for_another(void **state)
{
    (void)state;
    uint8_t first[32], second[32];
    struct scene scene;
    struct eg_efuse_key key = {.purpose = "XTS_AES_256_KEY_1", .data = first, .size = sizeof first};
    unsigned block;

    memset(first, 0x11, sizeof first);
    memset(second, 0x22, sizeof second);
    first[0] = second[0] = 1;
    scene_begin(&scene, "esp32s3");
    for (unsigned i = 0; i < 32; i++) {
        scene.fuses.block[4].word[i / 4] |= (uint32_t)first[31 - i] << i % 4 * 8;
        scene.fuses.block[5].word[i / 4] |= (uint32_t)second[31 - i] << i % 4 * 8;
    }
    const struct eg_efuse_field *const purpose = eg_efuse_find(&scene.fuses, "KEY_PURPOSE_1");
    scene.fuses.block[0].word[purpose->word] |= 2u << purpose->pos;
    assert_ok(eg_efuse_find_block(&scene.plan, &key, 0, &block, &scene.err), scene.err);
    assert_int_equal(block, 4);
    key.purpose = "XTS_AES_256_KEY_2";
    key.data = second;
    assert_ok(eg_efuse_find_block(&scene.plan, &key, 1, &block, &scene.err), scene.err);
    assert_int_equal(block, 5);
    scene_end(&scene);
}

static void an_early_p4_has_no_purposes_from_16_on(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32p4");
    scene.virt.revision = 100;
    scene_open(&scene);
    scene_refused(&scene, scene_want_key(&scene, "BLOCK_KEY0", "ECDSA_KEY_P192", 1, 32), EG_WRONG_REVISION,
                  "ESP32-P4 v1.0 has no key purpose of number 16: its purpose fields are 4 bits long");
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_has_the_length_of_its_purpose),
        cmocka_unit_test(bytes_of_one_value_are_no_key),
        cmocka_unit_test(unknown_names_are_refused_with_the_known_ones),
        cmocka_unit_test(a_long_key_needs_a_second_free_block),
        cmocka_unit_test(a_purpose_that_is_another_one_for_good_is_refused),
        cmocka_unit_test(a_purpose_in_part_is_not_taken_for_another),
        cmocka_unit_test(an_early_p4_has_no_purposes_from_16_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
