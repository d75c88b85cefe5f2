/* SPDX-License-Identifier: Apache-2.0 */

/* Refusals of secure.nvs, before any board is touched. */

#include "tests/engine/provision/section.h"

#include <string.h>

/* Put a row into the partition table of the job. */
static void add_row(unsigned index, uint8_t subtype, uint8_t page, uint8_t pages, const char *name)
{
    uint8_t *const row = plan->regions[1].data.data + 32 * index;

    memset(row, 0, 32);
    memcpy(row,
           (const uint8_t[]){0xaa, 0x50, 1, subtype, 0, (uint8_t)(page << 4), 0, 0, 0, (uint8_t)(pages << 4)},
           10);
    memcpy(row + 12, name, strlen(name));
}

static void give_nvs(void)
{
    add_row(1, 2, 9, 3, "nvs");
    fake_plan_set(plan, "unit.nvs.at", "nvs");
    fake_plan_set_file(plan, "unit.nvs.schema", "nvs.csv",
                       "key,type,encoding,value\nd,namespace,,\nk,data,u8,1\n");
}

static void a_job_without_nvs_has_nothing_to_encrypt(void **state)
{
    (void)state;
    fake_plan_set(plan, "secure.nvs.encrypt", "hmac");
    section_refused("secure.nvs.encrypt is given, but the job gives its boards no NVS: say unit.nvs");
}

static void keys_in_the_flash_want_it_encrypted_and_a_partition(void **state)
{
    (void)state;
    give_nvs();
    fake_plan_set(plan, "secure.nvs.encrypt", "flash");
    section_refused(
        "secure.nvs.encrypt is flash, but the keys of NVS are in the flash, which secure.flash.key must "
        "encrypt");
    fake_plan_set(plan, "secure.flash.key", "per-board");
    section_refused(
        "secure.nvs.encrypt is flash, and the partition table has no partition of type data, nvs_keys");
    add_row(2, 4, 0xc, 2, "keys");
    section_refused("partition keys for the keys of NVS has 0x2000 bytes, and not 0x1000");
    add_row(2, 4, 0xc, 1, "keys");
    section_accepted();
    fake_plan_add(plan, "mine", 0xc000, 0x1000);
    section_refused("mine goes into partition keys, but each board gets keys of its own there");
}

static void keys_from_a_hidden_key_want_just_one(void **state)
{
    (void)state;
    give_nvs();
    fake_plan_set(plan, "secure.nvs.encrypt", "hmac");
    section_refused(
        "secure.nvs.encrypt is hmac, which takes one key of secure.keys with the purpose HMAC_UP; there "
        "are 0");
    fake_plan_add_group(plan, "secure.keys",
                        (const char *const[]){"purpose", "HMAC_UP", "block", "BLOCK_KEY4", NULL});
    section_accepted();
    fake_plan_add_group(plan, "secure.keys",
                        (const char *const[]){"purpose", "HMAC_UP", "block", "BLOCK_KEY5", NULL});
    section_refused(
        "secure.nvs.encrypt is hmac, which takes one key of secure.keys with the purpose HMAC_UP; there "
        "are 2");
}

static void nvs_among_the_files_is_refused(void **state)
{
    (void)state;
    give_nvs();
    add_row(2, 2, 0xc, 3, "more");
    fake_plan_set(plan, "secure.nvs.encrypt", "hmac");
    fake_plan_add(plan, "more.bin", 0xc000, 0x3000);
    section_refused("more.bin is NVS of the firmware, which stays plain: give the board's NVS by unit.nvs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SECTION_TEST(a_job_without_nvs_has_nothing_to_encrypt),
        SECTION_TEST(keys_in_the_flash_want_it_encrypted_and_a_partition),
        SECTION_TEST(keys_from_a_hidden_key_want_just_one),
        SECTION_TEST(nvs_among_the_files_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
