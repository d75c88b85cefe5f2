/* SPDX-License-Identifier: Apache-2.0 */

/* Refusals of a job's section `secure`, before any board is touched. */

#include "engine/provision/provision.h"

#include "tests/fakes/check.h"
#include "tests/fakes/fake_secure.h"

#include <string.h>

static struct eg_plan *plan;

static int set_up(void **state)
{
    (void)state;
    plan = fake_secure_plan();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    eg_plan_destroy(plan);
    return 0;
}

static void assert_refused(const char *sentence)
{
    struct eg_error err = {0};
    const char *place = NULL;

    assert_error(eg_provision_check(plan, &place, &err), err, EG_BAD_JOB, sentence);
}

static void assert_accepted(void)
{
    struct eg_error err = {0};
    const char *place = NULL;

    assert_ok(eg_provision_check(plan, &place, &err), err);
    assert_null(place);
}

static void a_job_with_signed_images_its_key_and_a_test_is_accepted(void **state)
{
    (void)state;
    assert_accepted();
}

static void a_section_without_a_mode_is_refused(void **state)
{
    (void)state;
    eg_setting_clear(eg_plan_setting(plan, "secure.mode"));
    assert_refused("secure.mode is missing: say release, development or check");
}

static void an_image_that_is_not_signed_is_refused(void **state)
{
    (void)state;
    fake_plan_add_image(plan, "other", 0x40000, 0x1000, 0, UINT16_MAX);
    assert_refused("other is not signed, and the board would not start it: 'espgang secure sign-data' signs "
                   "it");
}

static void an_image_that_another_key_has_signed_is_refused(void **state)
{
    struct eg_setting *const keys = eg_plan_setting(plan, "secure.boot.keys");

    (void)state;
    eg_setting_clear(keys);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *other = fake_secure_plan();
    const struct eg_buffer *const pem = &eg_plan_setting(other, "secure.boot.keys")->items[0].content;
    fake_secure_add_file(plan, "secure.boot.keys", "other.pem", pem->data, pem->size);
    assert_refused("bootloader is signed, but with none of secure.boot.keys");
}

static void an_image_that_was_changed_after_it_was_signed_is_refused(void **state)
{
    struct eg_error err = {0};
    const char *place;

    (void)state;
    plan->regions[0].data.data[100] ^= 1;
    assert_int_equal(eg_provision_check(plan, &place, &err), EG_BAD_JOB);
    assert_non_null(strstr(err.text, "bootloader, signature 1: "));
}

static void a_job_without_a_bootloader_is_refused(void **state)
{
    (void)state;
    plan->regions[0].is_image = false;
    assert_refused(
        "secure.boot.keys: the firmware has no bootloader at 0x0, the first that secure boot would "
        "check");
}

static void a_private_key_is_refused(void **state)
{
    static const char pem[] = "-----BEGIN PRIVATE KEY-----\nMIG2\n-----END PRIVATE KEY-----\n";

    (void)state;
    fake_secure_add_file(plan, "secure.boot.keys", "secret.pem", pem, strlen(pem));
    assert_refused("secure.boot.keys: secret.pem: is a private key, which must not be on a line; 'espgang "
                   "secure extract-public-key' makes the public one");
}

static void an_invalid_key_is_refused(void **state)
{
    (void)state;
    fake_secure_add_file(plan, "secure.boot.keys", "notes.txt", "hello", 5);
    assert_refused("secure.boot.keys: notes.txt: is no public key in PEM");
}

static void a_key_given_twice_is_refused(void **state)
{
    const struct eg_setting *const keys = eg_plan_setting(plan, "secure.boot.keys");
    char pem[2000];
    const size_t size = keys->items[0].content.size;

    (void)state;
    memcpy(pem, keys->items[0].content.data, size);
    fake_secure_add_file(plan, "secure.boot.keys", "again.pem", pem, size);
    assert_refused("secure.boot.keys: again.pem is given twice");
}

static void keys_of_two_kinds_are_refused(void **state)
{
    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *other = fake_plan_create("esp32c6");
    fake_secure_sign(other, "rsa.pem", "rsa3072");
    const struct eg_buffer *const pem = &eg_plan_setting(other, "secure.boot.keys")->items[0].content;
    fake_secure_add_file(plan, "secure.boot.keys", "rsa.pem", pem->data, pem->size);
    assert_refused("secure.boot.keys: rsa.pem is an rsa3072 key and the first is an ecdsa256 key; a chip "
                   "takes one kind");
}

static void a_key_that_the_chip_does_not_take_is_refused(void **state)
{
    (void)state;
    plan->target = eg_target_by_name("esp32c3");
    assert_refused("secure.boot.keys: boot.pem is an ecdsa256 key; the ROM of ESP32-C3 takes rsa3072");
}

static void more_keys_than_the_chip_has_room_for_are_refused(void **state)
{
    (void)state;
    plan->target = eg_target_by_name("esp32c2");
    fake_secure_add_file(plan, "secure.boot.keys", "b.pem", "", 0);
    assert_refused("secure.boot.keys has 2 keys, ESP32-C2 has room for 1");
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
        {"CUSTOM_MAC", "1", "secure.efuses: CUSTOM_MAC is no number"},
        {"UART_PRINT_CONTROL", "4", "secure.efuses: UART_PRINT_CONTROL is \"4\", not a number from 1 to 3"},
        {"UART_PRINT_CONTROL", "0", "secure.efuses: UART_PRINT_CONTROL is \"0\", not a number from 1 to 3"},
        {"SOFT_DIS_JTAG", "1",
         "SOFT_DIS_JTAG would be 7 (secure boot: what ESP-IDF's bootloader burns, too) and 1 "
         "(secure.efuses)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        eg_setting_clear(eg_plan_setting(plan, "secure.efuses"));
        fake_plan_add_item(plan, "secure.efuses", rows[i].field, rows[i].value);
        assert_refused(rows[i].sentence);
    }
}

static void a_release_says_what_becomes_of_the_loader(void **state)
{
    (void)state;
    eg_setting_clear(eg_plan_setting(plan, "secure.download"));
    assert_refused("secure.download is missing: in release mode say open, secure or off");
}

static void a_release_without_a_test_is_refused(void **state)
{
    (void)state;
    eg_setting_clear(eg_plan_setting(plan, "test"));
    assert_refused(
        "secure burns for good, but the job has no test: nothing would prove that the board starts "
        "with it");
}

static void jtag_cannot_stay_open_in_a_release_with_secure_boot(void **state)
{
    (void)state;
    fake_plan_set(plan, "secure.jtag", "open");
    assert_refused("secure.jtag is open, but secure boot in release mode switches JTAG off");
}

static void a_file_over_several_places_cannot_be_encrypted(void **state)
{
    (void)state;
    fake_plan_set(plan, "secure.flash.key", "per-board");
    assert_accepted();
    struct eg_error err;
    struct eg_region *const region = &plan->regions[0];

    eg_setting_clear(eg_plan_setting(plan, "secure.boot.keys"));
    assert_ok(eg_buffer_resize(&region->data, 0x9000, 0xff, &err), err);
    assert_refused("secure.flash.key: bootloader holds more than the bootloader: give bootloader, partition "
                   "table and application a file each");
    assert_ok(eg_buffer_resize(&region->data, 0x20000, 0xff, &err), err);
    assert_refused("secure.flash.key: bootloader goes over several places of the flash, of which each is "
                   "encrypted or not: give each a file of its own");
}

static void the_partition_table_decides_what_is_encrypted(void **state)
{
    static const uint8_t rows[3][32] = {
        {0xaa, 0x50, 1, 2, 0, 0x90, 0, 0, 0, 0x10, 0, 0, 'n', 'v', 's'},
        {0xaa, 0x50, 1, 0x82, 0, 0xa0, 0, 0, 0, 0x10, 0, 0, 'd', 'a', 't', 'a', [28] = 1},
        {0xaa, 0x50, 1, 4, 0, 0xb0, 0, 0, 0, 0x10, 0, 0, 'k', 'e', 'y', 's'},
    };

    (void)state;
    memcpy(plan->regions[1].data.data + 32, rows, sizeof rows);
    assert_true(eg_provision_encrypts(plan, 0));
    assert_true(eg_provision_encrypts(plan, 0x8000));
    assert_true(eg_provision_encrypts(plan, 0x10000));
    assert_false(eg_provision_encrypts(plan, 0x9000));
    assert_true(eg_provision_encrypts(plan, 0xa000));
    assert_true(eg_provision_encrypts(plan, 0xb000));
    assert_false(eg_provision_encrypts(plan, 0x300000));
}

static void secure_download_mode_is_refused_where_there_is_none(void **state)
{
    (void)state;
    plan->target = eg_target_by_name("esp32");
    eg_setting_clear(eg_plan_setting(plan, "secure.boot.keys"));
    assert_refused("secure.download is secure, which ESP32 does not have: say open or off");
}

static void a_chip_whose_efuses_nobody_may_burn_is_refused(void **state)
{
    (void)state;
    plan->target = eg_target_by_name("esp8266");
    assert_refused("secure: ESP8266 has no eFuses that may be burnt");
}

static void combinations_that_the_rom_does_not_accept_are_refused(void **state)
{
    (void)state;
    plan->target = eg_target_by_name("esp32s3");
    eg_setting_clear(eg_plan_setting(plan, "secure.boot.keys"));
    fake_plan_set(plan, "secure.jtag", "off");
    fake_plan_add_item(plan, "secure.efuses", "DIS_USB_SERIAL_JTAG", "1");
    assert_refused(
        "secure: DIS_USB_JTAG and DIS_USB_SERIAL_JTAG together: the ROM of an ESP32-S3 then crashes "
        "in its loader");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_job_with_signed_images_its_key_and_a_test_is_accepted),
        TEST(a_section_without_a_mode_is_refused),
        TEST(an_image_that_is_not_signed_is_refused),
        TEST(an_image_that_another_key_has_signed_is_refused),
        TEST(an_image_that_was_changed_after_it_was_signed_is_refused),
        TEST(a_job_without_a_bootloader_is_refused),
        TEST(a_private_key_is_refused),
        TEST(an_invalid_key_is_refused),
        TEST(a_key_given_twice_is_refused),
        TEST(keys_of_two_kinds_are_refused),
        TEST(a_key_that_the_chip_does_not_take_is_refused),
        TEST(more_keys_than_the_chip_has_room_for_are_refused),
        TEST(fields_are_refused_that_do_not_exist_or_belong_to_other_keys),
        TEST(a_release_says_what_becomes_of_the_loader),
        TEST(a_release_without_a_test_is_refused),
        TEST(jtag_cannot_stay_open_in_a_release_with_secure_boot),
        TEST(a_file_over_several_places_cannot_be_encrypted),
        TEST(the_partition_table_decides_what_is_encrypted),
        TEST(secure_download_mode_is_refused_where_there_is_none),
        TEST(a_chip_whose_efuses_nobody_may_burn_is_refused),
        TEST(combinations_that_the_rom_does_not_accept_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
