/* SPDX-License-Identifier: Apache-2.0 */

/* Refusals of secure.flash, before any board is touched, and what is encrypted. */

#include "tests/engine/provision/section.h"

#include <string.h>

static void a_file_over_several_places_cannot_be_encrypted(void **state)
{
    (void)state;
    fake_plan_set(plan, "secure.flash.key", "per-board");
    section_accepted();
    struct eg_error err;
    struct eg_region *const region = &plan->regions[0];

    eg_setting_clear(eg_plan_setting(plan, "secure.boot.keys"));
    assert_ok(eg_buffer_resize(&region->data, 0x9000, 0xff, &err), err);
    section_refused("secure.flash.key: bootloader holds more than the bootloader: give bootloader, partition "
                    "table and application a file each");
    assert_ok(eg_buffer_resize(&region->data, 0x20000, 0xff, &err), err);
    section_refused("secure.flash.key: bootloader goes over several places of the flash, of which each is "
                    "encrypted or not: give each a file of its own");
}

static void without_a_partition_table_nothing_says_what_is_encrypted(void **state)
{
    (void)state;
    fake_plan_set(plan, "secure.flash.key", "per-board");
    eg_setting_clear(eg_plan_setting(plan, "secure.boot.keys"));
    plan->regions[1].data.data[0] = 0xff;
    section_refused("secure.flash.key: the firmware has no partition table, which says what is encrypted");
}

static void the_partition_table_decides_what_is_encrypted(void **state)
{
    static const uint8_t rows[3][32] = {
        {0xaa, 0x50, 1, 2, 0, 0x90, 0, 0, 0, 0x10, 0, 0, 'n', 'v', 's'},
        {0xaa, 0x50, 1, 0x82, 0, 0xa0, 0, 0, 0, 0x10, 0, 0, 'd', 'a', 't', 'a', [28] = 1},
        {0xaa, 0x50, 1, 4, 0, 0xb0, 0, 0, 0, 0x10, 0, 0, 'k', 'e', 'y', 's'},
    };

    static const struct {
        uint32_t flash_addr;
        bool encrypted;
    } places[] = {{0, true},      {0x8000, true}, {0x10000, true},  {0x9000, false},
                  {0xa000, true}, {0xb000, true}, {0x300000, false}};
    struct eg_error err;
    bool encrypted;

    (void)state;
    memcpy(plan->regions[1].data.data + 32, rows, sizeof rows);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        assert_ok(eg_provision_encrypts(plan, places[i].flash_addr, &encrypted, &err), err);
        assert_int_equal(encrypted, places[i].encrypted);
    }
}

static void a_key_of_the_flash_comes_from_one_place(void **state)
{
    (void)state;
    fake_plan_set(plan, "secure.flash.key.column", "key");
    section_refused("secure.flash.key.column is given, but no key of the flash: say secure.flash.key");
    fake_plan_set(plan, "secure.flash.key.pool", "keys");
    section_accepted();
    fake_plan_set(plan, "secure.flash.key.shared", "yes");
    section_refused("secure.flash.key: a pool is given, so no file and no shared");
    eg_setting_clear(eg_plan_setting(plan, "secure.flash.key.shared"));
    fake_plan_set_file(plan, "secure.flash.escrow", "escrow.pub", "hello");
    section_refused(
        "secure.flash: escrow is for keys that are made for boards, and those of pool keys are in "
        "the ledger already, encrypted");
    eg_setting_clear(eg_plan_setting(plan, "secure.flash.escrow"));
    eg_setting_clear(eg_plan_setting(plan, "secure.flash.key.column"));
    section_refused("secure.flash.key: pool and column go together");
}

static void the_size_of_the_key_is_one_that_the_chip_has(void **state)
{
    static const struct {
        const char *chip, *bits, *sentence;
    } rows[] = {
        {"esp32c6", "512", "secure.flash.bits is 512; the flash key of ESP32-C6 has 256"},
        {"esp32c6", "300", "secure.flash.bits is 300; the flash key of ESP32-C6 has 256"},
        {"esp32", "512", "secure.flash.bits is 512; the flash key of ESP32 has 256"},
        {"esp32s3", "128", "secure.flash.bits is 128; the flash key of ESP32-S3 has 256 or 512"},
        {"esp32c2", "512", "secure.flash.bits is 512; the flash key of ESP32-C2 has 256 or 128"},
    };

    (void)state;
    fake_plan_set(plan, "secure.flash.bits", "256");
    section_refused("secure.flash.bits is given, but no key of the flash: say secure.flash.key");
    fake_plan_set(plan, "secure.flash.key", "per-board");
    section_accepted();
    eg_setting_clear(eg_plan_setting(plan, "secure.boot.keys"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        plan->target = eg_target_by_name(rows[i].chip);
        fake_plan_set(plan, "secure.flash.bits", rows[i].bits);
        section_refused(rows[i].sentence);
    }
}

static void a_whole_block_leaves_an_esp32c2_no_room_for_a_digest(void **state)
{
    (void)state;
    plan->target = eg_target_by_name("esp32c2");
    fake_plan_set(plan, "secure.flash.key", "per-board");
    fake_plan_set(plan, "secure.flash.bits", "256");
    section_refused(
        "secure.flash.bits is 256, and the one key block of ESP32-C2 then has no room for the digest of "
        "secure.boot.keys: say 128");
}

static void a_damaged_table_decides_nothing(void **state)
{
    static const char sentence[] =
        "partition-table: row at offset 0x20 of the partition table begins with 00 ff, not aa 50";
    struct eg_error err;
    bool encrypted;

    (void)state;
    plan->regions[1].data.data[32] = 0;
    assert_error(eg_provision_encrypts(plan, 0x10000, &encrypted, &err), err, EG_BAD_IMAGE, sentence);
    fake_plan_set(plan, "secure.flash.key", "per-board");
    section_refused(sentence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SECTION_TEST(a_file_over_several_places_cannot_be_encrypted),
        SECTION_TEST(without_a_partition_table_nothing_says_what_is_encrypted),
        SECTION_TEST(the_partition_table_decides_what_is_encrypted),
        SECTION_TEST(a_damaged_table_decides_nothing),
        SECTION_TEST(a_key_of_the_flash_comes_from_one_place),
        SECTION_TEST(the_size_of_the_key_is_one_that_the_chip_has),
        SECTION_TEST(a_whole_block_leaves_an_esp32c2_no_room_for_a_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
