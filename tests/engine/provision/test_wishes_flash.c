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
        SECTION_TEST(the_partition_table_decides_what_is_encrypted),
        SECTION_TEST(a_damaged_table_decides_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
