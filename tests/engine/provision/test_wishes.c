/* SPDX-License-Identifier: Apache-2.0 */

/* Refusals of a job's section `secure` in general, before any board is touched. */

#include "tests/engine/provision/section.h"

#include <string.h>

static void a_job_with_signed_images_its_key_and_a_test_is_accepted(void **state)
{
    (void)state;
    section_accepted();
}

static void a_section_without_a_mode_is_refused(void **state)
{
    (void)state;
    eg_setting_clear(eg_plan_setting(plan, "secure.mode"));
    section_refused("secure.mode is missing: say release, development or check");
}

static void fields_are_refused_that_do_not_exist_or_belong_to_other_keys(void **state)
{
    static const struct {
        const char *field, *value, *sentence;
    } rows[] = {
        {"NO_SUCH", "1", "secure.efuses: ESP32-C6 has no eFuse field NO_SUCH"},
        {"SECURE_BOOT_EN", "1",
         "secure.efuses: SECURE_BOOT_EN is burnt by the key secure.boot.keys of the job"},
        {"DIS_DOWNLOAD_MODE", "1",
         "secure.efuses: DIS_DOWNLOAD_MODE is burnt by the key secure.download of the job"},
        {"WR_DIS", "1", "secure.efuses: WR_DIS is part of keys or protection, which no job burns by number"},
        {"SPI_BOOT_CRYPT_CNT", "1",
         "secure.efuses: SPI_BOOT_CRYPT_CNT is burnt by the key secure.flash.key of the job"},
        {"CUSTOM_MAC", "1", "secure.efuses: CUSTOM_MAC is burnt by the key secure.mac of the job"},
        {"MAC", "1", "secure.efuses: MAC is burnt by the factory"},
        {"BLOCK_KEY3", "1",
         "secure.efuses: BLOCK_KEY3 is part of keys or protection, which no job burns by number"},
        {"BLOCK_USR_DATA", "c0ffee", "secure.efuses: BLOCK_USR_DATA takes 32 bytes as 64 hex digits"},
        {"BLOCK_USR_DATA", "0000000000000000000000000000000000000000000000000000000000000000",
         "secure.efuses: BLOCK_USR_DATA: 0 is what an eFuse has before it is burnt"},
        {"UART_PRINT_CONTROL", "4", "secure.efuses: UART_PRINT_CONTROL is \"4\", not a number from 1 to 3"},
        {"UART_PRINT_CONTROL", "0", "secure.efuses: UART_PRINT_CONTROL is \"0\", not a number from 1 to 3"},
        {"SOFT_DIS_JTAG", "1",
         "secure.efuses: SOFT_DIS_JTAG would be 7 (secure boot: what ESP-IDF's bootloader burns, too) and 1 "
         "(secure.efuses)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        eg_setting_clear(eg_plan_setting(plan, "secure.efuses"));
        fake_plan_add_item(plan, "secure.efuses", rows[i].field, rows[i].value);
        section_refused(rows[i].sentence);
    }
}

static void a_release_says_what_becomes_of_the_loader(void **state)
{
    (void)state;
    eg_setting_clear(eg_plan_setting(plan, "secure.download"));
    section_refused("secure.download is missing: in release mode say open, secure or off");
}

static void a_release_without_a_test_is_refused(void **state)
{
    (void)state;
    eg_setting_clear(eg_plan_setting(plan, "test"));
    section_refused(
        "secure burns for good, but the job has no test: nothing would prove that the board starts "
        "with it");
}

static void jtag_cannot_stay_open_in_a_release_with_secure_boot(void **state)
{
    (void)state;
    fake_plan_set(plan, "secure.jtag", "open");
    section_refused("secure.jtag is open, but secure boot in release mode switches JTAG off");
}

static void secure_download_mode_is_refused_where_there_is_none(void **state)
{
    (void)state;
    plan->target = eg_target_by_name("esp32");
    eg_setting_clear(eg_plan_setting(plan, "secure.boot.keys"));
    section_refused("secure.download is secure, which ESP32 does not have: say open or off");
}

static void a_chip_whose_efuses_nobody_may_burn_is_refused(void **state)
{
    (void)state;
    plan->target = eg_target_by_name("esp8266");
    section_refused("secure: ESP8266 has no eFuses that may be burnt");
}

static void combinations_that_the_rom_does_not_accept_are_refused(void **state)
{
    (void)state;
    plan->target = eg_target_by_name("esp32s3");
    eg_setting_clear(eg_plan_setting(plan, "secure.boot.keys"));
    fake_plan_set(plan, "secure.jtag", "off");
    fake_plan_add_item(plan, "secure.efuses", "DIS_USB_SERIAL_JTAG", "1");
    section_refused(
        "secure: DIS_USB_JTAG and DIS_USB_SERIAL_JTAG together: the ROM of an ESP32-S3 then crashes "
        "in its loader");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SECTION_TEST(a_job_with_signed_images_its_key_and_a_test_is_accepted),
        SECTION_TEST(a_section_without_a_mode_is_refused),
        SECTION_TEST(fields_are_refused_that_do_not_exist_or_belong_to_other_keys),
        SECTION_TEST(a_release_says_what_becomes_of_the_loader),
        SECTION_TEST(a_release_without_a_test_is_refused),
        SECTION_TEST(jtag_cannot_stay_open_in_a_release_with_secure_boot),
        SECTION_TEST(secure_download_mode_is_refused_where_there_is_none),
        SECTION_TEST(a_chip_whose_efuses_nobody_may_burn_is_refused),
        SECTION_TEST(combinations_that_the_rom_does_not_accept_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
