/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/talk.h"

static const uint8_t text[] = {1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t data[] = {9, 10, 11, 12};

static const struct eg_stub small = {.name = "small",
                                     .text = text,
                                     .text_size = sizeof text,
                                     .text_addr = 0x40380000,
                                     .data = data,
                                     .data_size = sizeof data,
                                     .data_addr = 0x3fc80000,
                                     .entry = 0x40380004};

static void upload(struct talk *talk)
{
    TALK_WORDS(talk, 0x05, 8, 1, 0x1800, 0x40380000);
    talk_reply(talk, 0x05, 0, 0);
    talk_block(talk, 0x07, 0, text, sizeof text, sizeof text);
    talk_reply(talk, 0x07, 0, 0);
    TALK_WORDS(talk, 0x05, 4, 1, 0x1800, 0x3fc80000);
    talk_reply(talk, 0x05, 0, 0);
    talk_block(talk, 0x07, 0, data, sizeof data, sizeof data);
    talk_reply(talk, 0x07, 0, 0);
}

/* Run the stub of the recording, which must be the built-in one. */
static void run_recorded(const char *recording, const char *name)
{
    const struct eg_stub *stub = eg_stub_by_name(name);
    struct talk talk = {0};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    if (stub == NULL) {
        print_message("SKIPPED: built without stubs\n");
        skip();
    }
    talk_record(&talk, recording);
    const size_t from = talk_find(&talk, 0, EG_OP_MEM_BEGIN);
    const size_t end = talk_find(&talk, from, EG_OP_MEM_END);
    talk_begin_at(&talk, from, end + 1 - from, &script, &loader, name, false);
    loader.flash_size = 1 << 22;
    assert_ok(eg_loader_run_stub(&loader, stub, &err), err);
    assert_true(loader.stub);
    assert_int_equal(loader.flash_size, 0);
    talk_end(&script);
}

static void a_real_esp32_takes_its_stub(void **state)
{
    (void)state;
    run_recorded("traces/esp32-stub-read-mac.jsonl", "esp32");
}

static void a_real_esp32c3_takes_its_stub(void **state)
{
    (void)state;
    run_recorded("traces/esp32c3-stub-read-mac.jsonl", "esp32c3");
}

static void the_reply_to_mem_end_may_be_lost(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    upload(&talk);
    TALK_WORDS(&talk, 0x06, 0, 0x40380004);
    talk_board(&talk, (const uint8_t *)"OHAI", 4);
    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_ok(eg_loader_run_stub(&loader, &small, &err), err);
    assert_true(loader.stub);
    talk_end(&script);
}

static void a_stub_that_begins_at_the_first_rate_is_found_there(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    upload(&talk);
    talk_write(&talk, 0x3ffe019c, 921600, 0xffffffff);
    TALK_WORDS(&talk, 0x06, 0, 0x40380004);
    talk_board(&talk, (const uint8_t *)"noise", 5);
    talk.status_size = 2;
    talk_sync(&talk, 0);
    talk_begin(&talk, &script, &loader, "esp32", false);
    loader.baud = 921600;
    assert_ok(eg_loader_run_stub(&loader, &small, &err), err);
    assert_true(loader.stub);
    assert_int_equal(loader.baud, 115200);
    assert_non_null(strstr(script.events, "B115200"));
    talk_end(&script);
}

static void a_stub_that_goes_by_the_rate_of_the_rom_is_told_the_present_one(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    upload(&talk);
    talk_write(&talk, 0x3ffe019c, 921600, 0xffffffff);
    TALK_WORDS(&talk, 0x06, 0, 0x40380004);
    talk_board(&talk, (const uint8_t *)"OHAI", 4);
    talk_begin(&talk, &script, &loader, "esp32", false);
    loader.baud = 921600;
    assert_ok(eg_loader_run_stub(&loader, &small, &err), err);
    assert_int_equal(loader.baud, 921600);
    talk_end(&script);
}

static void where_that_cannot_be_told_both_sides_go_back_to_the_first_rate(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    upload(&talk);
    TALK_WORDS(&talk, 0x0f, 115200, 0);
    talk_reply(&talk, 0x0f, 0, 0);
    talk_read(&talk, eg_target_by_name("esp32s2")->uart_date_addr, 0);
    TALK_WORDS(&talk, 0x06, 0, 0x40380004);
    talk_board(&talk, (const uint8_t *)"OHAI", 4);
    talk_begin(&talk, &script, &loader, "esp32s2", false);
    loader.baud = 921600;
    assert_ok(eg_loader_run_stub(&loader, &small, &err), err);
    assert_int_equal(loader.baud, 115200);
    talk_end(&script);
}

static void a_rom_that_answers_at_the_first_rate_is_no_stub(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    upload(&talk);
    talk_write(&talk, 0x3ffe019c, 921600, 0xffffffff);
    TALK_WORDS(&talk, 0x06, 0, 0x40380004);
    talk_board(&talk, (const uint8_t *)"OHNO", 4);
    for (unsigned i = 0; i < 3; i++)
        talk_sync(&talk, 0x20120707);
    talk_begin(&talk, &script, &loader, "esp32", false);
    loader.baud = 921600;
    assert_error(eg_loader_run_stub(&loader, &small, &err), err, EG_STUB_FAILED,
                 "starting the stub: no greeting, but a frame of 4 bytes, 4f484e4f");
    assert_false(loader.stub);
    talk_end(&script);
}

static void nothing_is_done_when_a_stub_runs(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_run_stub(&loader, &small, &err), err);
    talk_end(&script);
}

static void start_fails(const uint8_t *frame, size_t size, const char *sentence)
{
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    upload(&talk);
    TALK_WORDS(&talk, 0x06, 0, 0x40380004);
    if (size > 0)
        talk_board(&talk, frame, size);
    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_error(eg_loader_run_stub(&loader, &small, &err), err, EG_STUB_FAILED, sentence);
    assert_false(loader.stub);
}

static void a_stub_that_does_not_greet_has_failed(void **state)
{
    (void)state;
    start_fails(NULL, 0, "starting the stub: no greeting within 3000 ms");
    start_fails((const uint8_t *)"OHNO", 4,
                "starting the stub: no greeting, but a frame of 4 bytes, 4f484e4f");
    start_fails((const uint8_t[]){1, 6, 4, 0, 0, 0, 0, 0, 1, 6, 0, 0}, 12,
                "starting the stub: device status 0x0106 (operation failed)");
}

static void a_block_that_arrives_damaged_is_sent_again(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x05, 8, 1, 0x1800, 0x40380000);
    talk_reply(&talk, 0x05, 0, 0);
    for (unsigned i = 0; i < 3; i++) {
        talk_block(&talk, 0x07, 0, text, sizeof text, sizeof text);
        talk_reply(&talk, 0x07, 0, 0x0107);
    }
    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_error(eg_loader_run_stub(&loader, &small, &err), err, EG_CORRUPTED,
                 "uploading the stub: block 1 of 1 at 0x40380000: device status 0x0107 (checksum wrong)");
    assert_int_equal(loader.resends, 2);
    talk_end(&script);
}

static void an_esp32s3_with_secure_boot_starts_it_through_the_hook(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    upload(&talk);
    TALK_WORDS(&talk, 0x06, 1, 0);
    talk_reply(&talk, 0x06, 0, 0);
    TALK_WORDS(&talk, 0x0a, 0x3fcef688);
    talk_reply(&talk, 0x0a, 0x40001234, 0);
    TALK_WORDS(&talk, 0x09, 0x3fcef688, 0x40380004, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x0e, 0, 0);
    talk_board(&talk, (const uint8_t *)"OHAI", 4);
    talk.status_size = 2;
    TALK_WORDS(&talk, 0x09, 0x3fcef688, 0x40001234, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    talk_begin(&talk, &script, &loader, "esp32s3", false);
    loader.has_security = true;
    loader.security.flags = EG_SECURITY_SECURE_BOOT;
    assert_ok(eg_loader_run_stub(&loader, &small, &err), err);
    assert_true(loader.stub);
    talk_end(&script);
}

static void security_that_forbids_a_stub_is_named(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32c3", false);
    loader.has_security = true;
    loader.security.flags = EG_SECURITY_SECURE_BOOT;
    assert_error(eg_loader_run_stub(&loader, &small, &err), err, EG_SECURED,
                 "ESP32-C3 starts no stub with secure boot on");
    loader.secure_download = true;
    assert_error(eg_loader_run_stub(&loader, &small, &err), err, EG_SECURED,
                 "ESP32-C3 starts no stub in secure download mode");
    talk_end(&script);
}

static void where_it_runs_nothing_else_is_loaded(void **state)
{
    (void)state;
    struct eg_stub stub = small;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    stub.bss_addr = 0x3fc7ff00;
    upload(&talk);
    TALK_WORDS(&talk, 0x06, 0, 0x40380004);
    talk_board(&talk, (const uint8_t *)"OHAI", 4);
    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_ok(eg_loader_run_stub(&loader, &stub, &err), err);
    assert_error(eg_loader_load_mem(&loader, 0x40380007, text, 1, &err), err, EG_BAD_ARGUMENT,
                 "0x40380007 to 0x40380008 is where the stub runs, 0x40380000 to 0x40380008: load it without "
                 "a stub");
    assert_error(eg_loader_load_mem(&loader, 0x3fc7ff00, text, 4, &err), err, EG_BAD_ARGUMENT,
                 "0x3fc7ff00 to 0x3fc7ff04 is where the stub runs, 0x3fc7ff00 to 0x3fc80004: load it without "
                 "a stub");
    talk_end(&script);
}

static void without_bss_the_data_are_kept(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    upload(&talk);
    TALK_WORDS(&talk, 0x06, 0, 0x40380004);
    talk_board(&talk, (const uint8_t *)"OHAI", 4);
    talk.status_size = 2;
    TALK_WORDS(&talk, 0x05, 4, 1, 0x1800, 0x3fc7fffc);
    talk_reply(&talk, 0x05, 0, 0);
    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_ok(eg_loader_run_stub(&loader, &small, &err), err);
    assert_ok(eg_loader_mem_begin(&loader, 4, 0x3fc7fffc, &err), err);
    assert_error(eg_loader_mem_begin(&loader, 4, 0x3fc80000, &err), err, EG_BAD_ARGUMENT,
                 "0x3fc80000 to 0x3fc80004 is where the stub runs, 0x3fc80000 to 0x3fc80004: load it without "
                 "a stub");
    talk_end(&script);
}

static void a_hook_whose_load_does_not_end_in_time_has_the_limit_of_the_settings(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    upload(&talk);
    TALK_WORDS(&talk, 0x06, 1, 0);
    talk_begin(&talk, &script, &loader, "esp32s3", false);
    loader.settings.mem_end_rom_timeout_ms = 350;
    loader.has_security = true;
    loader.security.flags = EG_SECURITY_SECURE_BOOT;
    assert_error(eg_loader_run_stub(&loader, &small, &err), err, EG_TIMEOUT,
                 "starting the stub: no answer to MEM_END within 350 ms");
    talk_end(&script);
}

static void an_upload_that_is_refused_says_where(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x05, 8, 1, 0x1800, 0x40380000);
    talk_reply(&talk, 0x05, 0, 0x010f);
    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_error(
        eg_loader_run_stub(&loader, &small, &err), err, EG_DEVICE_REFUSED,
        "uploading the stub: beginning 8 bytes of RAM at 0x40380000: device status 0x010f (RAM image "
        "address invalid)");
    talk_end(&script);
}

static void blocks_are_small_over_the_chips_own_usb(void **state)
{
    (void)state;
    const uint8_t big[0xc00] = {1};
    const struct eg_stub stub = {
        .name = "big", .text = big, .text_size = sizeof big, .text_addr = 0x40380000, .entry = 0x40380000};
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x05, 0xc00, 2, 0x800, 0x40380000);
    talk_reply(&talk, 0x05, 0, 0);
    talk_block(&talk, 0x07, 0, big, 0x800, 0x800);
    talk_reply(&talk, 0x07, 0, 0);
    talk_block(&talk, 0x07, 1, big + 0x800, 0x400, 0x400);
    talk_reply(&talk, 0x07, 0, 0);
    TALK_WORDS(&talk, 0x06, 0, 0x40380000);
    talk_board(&talk, (const uint8_t *)"OHAI", 4);
    talk_begin(&talk, &script, &loader, "esp32s3", false);
    script.port.vid = 0x303a;
    script.port.pid = 9;
    assert_ok(eg_loader_run_stub(&loader, &stub, &err), err);
    talk_end(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_real_esp32_takes_its_stub),
        cmocka_unit_test(a_real_esp32c3_takes_its_stub),
        cmocka_unit_test(the_reply_to_mem_end_may_be_lost),
        cmocka_unit_test(a_stub_that_begins_at_the_first_rate_is_found_there),
        cmocka_unit_test(a_stub_that_goes_by_the_rate_of_the_rom_is_told_the_present_one),
        cmocka_unit_test(where_that_cannot_be_told_both_sides_go_back_to_the_first_rate),
        cmocka_unit_test(a_rom_that_answers_at_the_first_rate_is_no_stub),
        cmocka_unit_test(nothing_is_done_when_a_stub_runs),
        cmocka_unit_test(a_stub_that_does_not_greet_has_failed),
        cmocka_unit_test(a_block_that_arrives_damaged_is_sent_again),
        cmocka_unit_test(an_esp32s3_with_secure_boot_starts_it_through_the_hook),
        cmocka_unit_test(security_that_forbids_a_stub_is_named),
        cmocka_unit_test(where_it_runs_nothing_else_is_loaded),
        cmocka_unit_test(without_bss_the_data_are_kept),
        cmocka_unit_test(a_hook_whose_load_does_not_end_in_time_has_the_limit_of_the_settings),
        cmocka_unit_test(an_upload_that_is_refused_says_where),
        cmocka_unit_test(blocks_are_small_over_the_chips_own_usb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
