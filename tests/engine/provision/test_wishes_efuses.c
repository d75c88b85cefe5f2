/* SPDX-License-Identifier: Apache-2.0 */

/* Fields of `secure.efuses` that are no numbers, and the custom MAC, on a virtual chip. */

#include "engine/efuse/virt.h"
#include "tests/engine/provision/section.h"

#include <string.h>

#define USER "000102030405060708090a0b0c0d0e0f101112131415161718000000000000ff"
#define FULL "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff"

static const uint8_t mac[EG_MAC_SIZE] = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55};

/* A blank chip with the wishes of `plan`. */
struct chip {
    struct eg_efuse_virt virt;
    struct eg_efuses fuses;
    struct eg_provision wishes;
};

static void chip_open(struct chip *chip, const struct eg_plan *job)
{
    struct eg_error err;
    const char *place;

    memset(chip, 0, sizeof *chip);
    assert_ok(eg_provision_make(&chip->wishes, job, &place, &err), err);
    assert_ok(eg_efuse_virt_open(&chip->virt, job->target, NULL, &err), err);
    const struct eg_efuse_io io = eg_efuse_virt_io(&chip->virt);
    assert_ok(
        eg_efuse_open(&chip->fuses, job->target, &io, chip->virt.revision, chip->virt.crystal_mhz, &err),
        err);
}

/* Burn the step `lock`. Returns the number of burns. */
static unsigned chip_burn(struct chip *chip)
{
    EG_CLEANUP(eg_efuse_plan_finish) struct eg_efuse_plan plan_of_burns = {0};
    struct eg_error err;

    assert_ok(eg_efuse_plan_init(&plan_of_burns, &chip->fuses, &err), err);
    assert_ok(eg_provision_decide(&chip->wishes, EG_PROVISION_LOCK, &plan_of_burns, &err), err);
    assert_ok(eg_efuse_burn(&plan_of_burns, &err), err);
    return plan_of_burns.burns;
}

static void assert_all(const struct chip *chip, enum eg_provision_state state)
{
    for (unsigned i = 0; i < chip->wishes.count; i++)
        if (eg_provision_look(&chip->wishes.items[i], &chip->fuses) != state)
            fail_msg("%s: %s", chip->wishes.target->name, chip->wishes.items[i].name);
}

/* Make a job that wants nothing but fields and MAC. */
static struct eg_plan *fields_plan(const char *chip)
{
    struct eg_plan *const job = fake_plan_create(chip);

    fake_plan_set(job, "secure.mode", "development");
    return job;
}

static void every_chip_has_room_for_a_custom_mac(void **state)
{
    struct chip chip;

    (void)state;
    for (const struct eg_efuse *const *of = eg_efuses; *of != NULL; of++) {
        if ((*of)->crypt_count == NULL)
            continue;
        EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *job = fields_plan((*of)->name);
        fake_plan_set(job, "secure.mac", "{mac}");
        chip_open(&chip, job);
        assert_int_equal(chip_burn(&chip) > 0, chip.wishes.count > 2 || (*of)->purposes == NULL ||
                                                   eg_efuse_find(&chip.fuses, "CUSTOM_MAC_USED") != NULL);
        eg_efuse_finish(&chip.fuses);
        chip_open(&chip, job);
        eg_provision_set_mac(&chip.wishes, mac);
        assert_all(&chip, EG_PROVISION_NO);
        assert_true(chip_burn(&chip) > 0);
        assert_all(&chip, EG_PROVISION_YES);
        assert_int_equal(chip_burn(&chip), 0);

        uint8_t stored, computed, bytes[8];
        const struct eg_efuse_field *const field = eg_efuse_find(&chip.fuses, "CUSTOM_MAC");
        eg_efuse_mac_bytes(&chip.fuses, field, bytes);
        assert_memory_equal(bytes, mac, sizeof mac);
        assert_true(eg_efuse_mac_is_right(&chip.fuses, field, &stored, &computed));
        eg_efuse_finish(&chip.fuses);
    }
}

static void user_data_and_mac_go_into_one_burn(void **state)
{
    static const uint8_t other[EG_MAC_SIZE] = {0x02, 0x11, 0x22, 0x33, 0x44, 0x56};
    struct chip chip;

    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *job = fields_plan("esp32c6");
    fake_plan_add_item(job, "secure.efuses", "BLOCK_USR_DATA", USER);
    fake_plan_set(job, "secure.mac", "{mac}");
    chip_open(&chip, job);
    eg_provision_set_mac(&chip.wishes, mac);
    assert_int_equal(chip_burn(&chip), 1);
    assert_all(&chip, EG_PROVISION_YES);
    assert_int_equal(chip.fuses.block[3].word[0], 0x03020100);
    assert_int_equal(chip.fuses.block[3].word[7], 0xff554433);

    /* Another MAC is another board's. */
    eg_provision_set_mac(&chip.wishes, other);
    assert_all(&chip, EG_PROVISION_NO);
    EG_CLEANUP(eg_efuse_plan_finish) struct eg_efuse_plan more = {0};
    struct eg_error err;
    assert_ok(eg_efuse_plan_init(&more, &chip.fuses, &err), err);
    assert_int_equal(eg_provision_decide(&chip.wishes, EG_PROVISION_LOCK, &more, &err), EG_SECURED);
    eg_efuse_finish(&chip.fuses);
}

static void a_block_whose_burn_was_interrupted_is_burnt_whole(void **state)
{
    struct chip chip;

    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *job = fields_plan("esp32c6");
    fake_plan_add_item(job, "secure.efuses", "BLOCK_USR_DATA", USER);
    fake_plan_set(job, "secure.mac", "{mac}");
    chip_open(&chip, job);
    eg_provision_set_mac(&chip.wishes, mac);
    chip.fuses.block[3].word[6] =
        0x22110218; /* the MAC is there, of the rest not all, and the code is broken */
    chip.fuses.block[3].word[7] = 0x00554433;
    chip.fuses.block[3].failed = true;
    assert_all(&chip, EG_PROVISION_NO);
    EG_CLEANUP(eg_efuse_plan_finish) struct eg_efuse_plan again = {0};
    struct eg_error err;
    assert_ok(eg_efuse_plan_init(&again, &chip.fuses, &err), err);
    assert_ok(eg_provision_decide(&chip.wishes, EG_PROVISION_LOCK, &again, &err), err);
    assert_int_equal(again.burns, 1);
    assert_int_equal(again.wanted->burn[0].word[0], 0x03020100);
    assert_int_equal(again.wanted->burn[0].word[6], 0x22110218);
    eg_efuse_finish(&chip.fuses);
}

static void user_data_leaves_room_for_the_mac(void **state)
{
    (void)state;
    fake_plan_add_item(plan, "secure.efuses", "BLOCK_USR_DATA", FULL);
    section_accepted();
    fake_plan_set(plan, "secure.mac", "{mac}");
    section_refused(
        "secure.efuses: BLOCK_USR_DATA: bytes 25 to 30 must be 00, since secure.mac puts the MAC there");
}

static void the_supply_of_the_flash_stays_as_it_is(void **state)
{
    (void)state;
    plan->target = eg_target_by_name("esp32s3");
    eg_setting_clear(eg_plan_setting(plan, "secure.boot.keys"));
    fake_plan_add_item(plan, "secure.efuses", "VDD_SPI_FORCE", "1");
    section_refused(
        "secure.efuses: VDD_SPI_FORCE decides the supply of the flash, which works as it is: another "
        "voltage makes the board useless for good");
}

static void a_field_of_parts_and_a_pin_are_numbers(void **state)
{
    struct chip chip;

    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *c5 = fields_plan("esp32c5");
    fake_plan_add_item(c5, "secure.efuses", "RECOVERY_BOOTLOADER_FLASH_SECTOR", "0xc01");
    chip_open(&chip, c5);
    assert_int_equal(chip_burn(&chip), 1);
    assert_all(&chip, EG_PROVISION_YES);
    eg_efuse_finish(&chip.fuses);

    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *esp32 = fields_plan("esp32");
    fake_plan_add_item(esp32, "secure.efuses", "SPI_PAD_CONFIG_CLK", "33");
    chip_open(&chip, esp32);
    assert_int_equal(chip_burn(&chip), 1);
    assert_int_equal(eg_efuse_number(&chip.fuses, "SPI_PAD_CONFIG_CLK"), 31);
    eg_efuse_finish(&chip.fuses);
}

/* The lines of a rehearsal, "FIELD VALUE REASON" each. */
static void hear(void *context, const struct eg_provision_line *line)
{
    char *const told = context;

    snprintf(told + strlen(told), 4096 - strlen(told), "%s %s %s\n", line->field, line->value, line->reason);
}

static void what_is_a_boards_own_is_told_without_a_value(void **state)
{
    char told[4096] = "";
    struct eg_provision wishes;
    struct eg_error err;
    const char *place;

    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *job = fields_plan("esp32c5");
    fake_plan_set(job, "secure.mac", "{mac}");
    fake_plan_add_item(job, "secure.efuses", "RECOVERY_BOOTLOADER_FLASH_SECTOR", "0xc01");
    assert_ok(eg_provision_make(&wishes, job, &place, &err), err);
    assert_ok(eg_provision_explain(&wishes, hear, told, &err), err);
    assert_string_equal(told, "CUSTOM_MAC its own secure.mac\n"
                              "RECOVERY_BOOTLOADER_FLASH_SECTOR_HI 0x6 secure.efuses\n"
                              "RECOVERY_BOOTLOADER_FLASH_SECTOR_LO 0x1 secure.efuses\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chip_has_room_for_a_custom_mac),
        cmocka_unit_test(user_data_and_mac_go_into_one_burn),
        cmocka_unit_test(a_block_whose_burn_was_interrupted_is_burnt_whole),
        cmocka_unit_test(a_field_of_parts_and_a_pin_are_numbers),
        cmocka_unit_test(what_is_a_boards_own_is_told_without_a_value),
        SECTION_TEST(user_data_leaves_room_for_the_mac),
        SECTION_TEST(the_supply_of_the_flash_stays_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
