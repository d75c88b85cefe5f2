/* SPDX-License-Identifier: Apache-2.0 */

/* Watchdogs and flash of a chip that has been detected. */

#include "tests/engine/loader/detecting.h"

static void a_chip_given_by_name_is_prepared_as_that_chip(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    for (unsigned i = 0; i < 2; i++)
        security(&talk, 0, 99, 20);
    TALK_WORDS(&talk, 0x09, 0x600080a8, 0x50d83aa1, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0x0106);
    talk_begin(&talk, &script, &loader, NULL, false);
    script.port.pid = 0x1001;
    assert_error(eg_loader_detect_as(&loader, eg_target_by_name("esp32c3"), &err), err, EG_DEVICE_REFUSED,
                 "switching watchdogs off: writing register 0x600080a8: device status 0x0106 (operation "
                 "failed)");
    talk_end(&script);
}

static void watchdogs_are_switched_off_over_usb_serial_jtag(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct eg_loader loader;

    security(&talk, 0, 5, 20);
    talk_write(&talk, 0x600080a8, 0x50d83aa1, 0xffffffff);
    talk_write(&talk, 0x60008090, 0, 0xffffffff);
    talk_write(&talk, 0x600080a8, 0, 0xffffffff);
    talk_write(&talk, 0x600080b0, 0x8f1d312a, 0xffffffff);
    talk_write(&talk, 0x600080ac, 0x80000000, 0x80000000);
    talk_write(&talk, 0x600080b0, 0, 0xffffffff);
    detect_over(0x1001, &talk, false, "esp32c3", &loader);
}

static void watchdogs_are_left_alone_when_a_stub_runs(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct eg_loader loader;

    security(&talk, 0, 5, 20);
    detect_over(0x1001, &talk, true, "esp32c3", &loader);
}

/* Answer as an ESP32-P4 of this revision; the revision is read at once. */
static void p4(struct talk *talk, unsigned major, unsigned minor)
{
    security(talk, 0, 18, 20);
    talk_read(talk, 0x5012d04c, major << 4 | minor);
}

/* Expect the writes that switch on the flash of an ESP32-P4, one by one. */
static void p4_flash_on(struct talk *talk)
{
    talk_write(talk, 0x5011010c, 1, 0xffffffff);
    talk_write(talk, 0x501151bc, 0x08000000, 0x08000000);
    talk_write(talk, 0x501151b8, 0x00000080, 0x00000080);
    talk_write(talk, 0x501153fc, 3, 3);
    talk_write(talk, 0x501151bc, 0, 0x08000000);
    talk_write(talk, 0x501151b8, 0, 0x7f800000);
    talk_write(talk, 0x501151b8, 0x00000080, 0x00000080);
    talk_write(talk, 0x501151b8, 0, 0x00000080);
}

static void the_flash_of_an_esp32p4_v3_1_is_switched_on(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct eg_loader loader;

    p4(&talk, 3, 1);
    p4_flash_on(&talk);
    detect(&talk, false, "esp32p4", &loader);
}

static void the_flash_of_an_esp32p4_v3_2_is_switched_on_if_its_rom_does_not(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct eg_loader loader;

    p4(&talk, 3, 2);
    talk_read(&talk, 0x5012d034, ~(1u << 16));
    p4_flash_on(&talk);
    detect(&talk, false, "esp32p4", &loader);
}

static void bits_that_the_rom_of_a_v3_2_has_forced_on_are_released(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct eg_loader loader;

    p4(&talk, 3, 2);
    talk_read(&talk, 0x5012d034, 1u << 16);
    talk_read(&talk, 0x501153fc, 0x12345677);
    talk_write(&talk, 0x501153fc, 0, 3);
    detect(&talk, false, "esp32p4", &loader);
}

static void bits_that_the_rom_of_a_v3_2_has_not_forced_stay(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits < 3; bits++) {
        struct talk talk = {.status_size = 4};
        struct eg_loader loader;

        p4(&talk, 3, 2);
        talk_read(&talk, 0x5012d034, 1u << 16);
        talk_read(&talk, 0x501153fc, 0xfffffffc | bits);
        detect(&talk, false, "esp32p4", &loader);
    }
}

static void other_revisions_of_the_esp32p4_have_their_flash_on(void **state)
{
    (void)state;
    static const unsigned revisions[][2] = {{1, 3}, {3, 0}, {3, 3}};

    for (size_t i = 0; i < sizeof revisions / sizeof *revisions; i++) {
        struct talk talk = {.status_size = 4};
        struct eg_loader loader;

        p4(&talk, revisions[i][0], revisions[i][1]);
        detect(&talk, false, "esp32p4", &loader);
    }
}

static void a_stub_does_not_switch_the_flash_on_by_itself(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct eg_loader loader;

    p4(&talk, 3, 1);
    p4_flash_on(&talk);
    detect(&talk, true, "esp32p4", &loader);
}

static void secure_download_mode_is_seen_in_the_flags_and_left_alone(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct eg_loader loader;

    security(&talk, EG_SECURITY_SECURE_DOWNLOAD, 18, 20);
    detect_over(0x1001, &talk, false, "esp32p4", &loader); /* has watchdogs; its flash is off */
    assert_true(loader.secure_download);
}

static void a_flash_that_cannot_be_switched_on_is_named(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    p4(&talk, 3, 1);
    TALK_WORDS(&talk, 0x09, 0x5011010c, 1, 0xffffffff, 0);
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_error(
        eg_loader_detect(&loader, NULL, &err), err, EG_TIMEOUT,
        "switching the flash on: writing register 0x5011010c: no answer to WRITE_REG within 3000 ms");
    talk_end(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chip_given_by_name_is_prepared_as_that_chip),
        cmocka_unit_test(watchdogs_are_switched_off_over_usb_serial_jtag),
        cmocka_unit_test(watchdogs_are_left_alone_when_a_stub_runs),
        cmocka_unit_test(the_flash_of_an_esp32p4_v3_1_is_switched_on),
        cmocka_unit_test(the_flash_of_an_esp32p4_v3_2_is_switched_on_if_its_rom_does_not),
        cmocka_unit_test(bits_that_the_rom_of_a_v3_2_has_forced_on_are_released),
        cmocka_unit_test(bits_that_the_rom_of_a_v3_2_has_not_forced_stay),
        cmocka_unit_test(other_revisions_of_the_esp32p4_have_their_flash_on),
        cmocka_unit_test(a_stub_does_not_switch_the_flash_on_by_itself),
        cmocka_unit_test(secure_download_mode_is_seen_in_the_flags_and_left_alone),
        cmocka_unit_test(a_flash_that_cannot_be_switched_on_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
