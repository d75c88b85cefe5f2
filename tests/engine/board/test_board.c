/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/chips.h"
#include "tests/fakes/fake_board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Check that every call that needs a board fails like this, in the order of espgang.h. */
static void assert_every_call(struct eg_board *board, enum eg_code code, const char *sentence)
{
    const struct eg_flash_file file = {.input = {.data = "firmware", .size = 8}};
    const struct eg_output output = {.data = (uint8_t[16]){0}, .size = 16};
    char description[EG_DESCRIPTION_TEXT], features[EG_FEATURES_TEXT];
    struct eg_security_info security;
    struct eg_security_state state;
    struct eg_efuse_reading reading;
    uint8_t md5[EG_MD5_SIZE];
    struct eg_flash_id id;
    struct eg_error err;
    struct eg_mac mac;
    uint16_t revision;
    uint32_t word;

    assert_error(eg_board_run_stub(board, &err), err, code, sentence);
    assert_error(eg_board_change_baud(board, 921600, &err), err, code, sentence);
    assert_error(eg_board_reset_chip(board, EG_AFTER_HARD_RESET, &err), err, code, sentence);
    assert_error(eg_board_can_leave(board, EG_AFTER_HARD_RESET, &err), err, code, sentence);
    assert_error(eg_board_read_security_state(board, &state, &err), err, code, sentence);
    assert_error(eg_board_run(board, &err), err, code, sentence);
    assert_error(eg_board_chip_description(board, description, &err), err, code, sentence);
    assert_error(eg_board_chip_features(board, features, &err), err, code, sentence);
    assert_error(eg_board_chip_revision(board, &revision, &err), err, code, sentence);
    assert_error(eg_board_crystal_mhz(board, &word, &err), err, code, sentence);
    assert_error(eg_board_read_mac(board, &mac, &err), err, code, sentence);
    assert_error(eg_board_chip_id(board, &word, &err), err, code, sentence);
    assert_error(eg_board_get_security_info(board, &security, &err), err, code, sentence);
    assert_error(eg_board_efuse_read(board, "WR_DIS", &reading, &err), err, code, sentence);
    assert_error(eg_board_efuse_burn(board, NULL, 0, false, &err), err, code, sentence);
    assert_error(eg_board_read_mem(board, 0, &word, &err), err, code, sentence);
    assert_error(eg_board_write_mem(board, 0, 0, 1, &err), err, code, sentence);
    assert_error(eg_board_dump_mem(board, 0, 4, &output, &err), err, code, sentence);
    assert_error(eg_board_load_ram(board, &file.input, &err), err, code, sentence);
    assert_error(eg_board_read_reg(board, 0, &word, &err), err, code, sentence);
    assert_error(eg_board_write_reg(board, 0, 0, 1, 0, &err), err, code, sentence);
    assert_error(eg_board_update_reg(board, 0, 1, 0, &err), err, code, sentence);
    assert_error(eg_board_mem_begin(board, 4, 0, &err), err, code, sentence);
    assert_error(eg_board_mem_block(board, "data", 4, &err), err, code, sentence);
    assert_error(eg_board_mem_finish(board, 0, &err), err, code, sentence);
    assert_error(eg_board_attach_flash(board, NULL, &err), err, code, sentence);
    assert_error(eg_board_flash_id(board, &id, &err), err, code, sentence);
    assert_error(eg_board_read_flash(board, 0, 4, &output, false, &err), err, code, sentence);
    assert_error(eg_board_write_flash(board, &file, 1, NULL, NULL, &err), err, code, sentence);
    assert_error(eg_board_verify_flash(board, &file, 1, NULL, &err), err, code, sentence);
    assert_error(eg_board_erase_flash(board, false, &err), err, code, sentence);
    assert_error(eg_board_erase_flash(board, true, &err), err, code, sentence);
    assert_error(eg_board_erase_region(board, 0, 4096, false, &err), err, code, sentence);
    assert_error(eg_board_erase_region(board, 0, 4096, true, &err), err, code, sentence);
    assert_error(eg_board_flash_md5(board, 0, 4, md5, &err), err, code, sentence);
    assert_error(eg_board_read_flash_status(board, 1, &word, &err), err, code, sentence);
    assert_error(eg_board_write_flash_status(board, 0, 1, false, &err), err, code, sentence);
    assert_error(eg_board_read_flash_sfdp(board, 0, 4, &word, &err), err, code, sentence);
    assert_error(eg_board_spi_command(board, 0x9f, NULL, 0, 24, 0, 0, 0, &word, &err), err, code, sentence);
    assert_error(eg_board_override_vddsdio(board, "1.8V", &err), err, code, sentence);
    assert_error(eg_board_flash_begin(board, 4, 0, false, &err), err, code, sentence);
    assert_error(eg_board_flash_block(board, "data", 4, &err), err, code, sentence);
    assert_error(eg_board_flash_finish(board, false, &err), err, code, sentence);
    assert_error(eg_board_flash_defl_begin(board, 4, 4, 0, false, &err), err, code, sentence);
    assert_error(eg_board_flash_defl_block(board, "data", 4, &err), err, code, sentence);
    assert_error(eg_board_flash_defl_finish(board, false, &err), err, code, sentence);
}

/* Check that the calls without an error return "unknown". */
static void assert_nothing_known(const struct eg_board *board)
{
    assert_string_equal(eg_board_port(board), "");
    assert_string_equal(eg_board_chip_name(board), "");
    assert_string_equal(eg_board_chip_label(board), "");
    assert_false(eg_board_has_stub(board));
    assert_false(eg_board_secure_download(board));
    assert_null(eg_board_usb_mode(board));
    assert_null(eg_board_key_purpose(board, 4));
    assert_int_equal(eg_board_baud(board), 0);
    assert_int_equal(eg_board_key_blocks(board), 0);
    assert_int_equal(eg_board_ram_block_size(board), 0);
    assert_int_equal(eg_board_flash_block_size(board), 0);
}

static void a_board_that_is_not_connected_answers_no_call(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    assert_ok(eg_board_create(&fake->board, NULL, &err), err);
    assert_nothing_known(fake->board);
    assert_every_call(fake->board, EG_NO_PORT, "the board is not connected");
    assert_nothing_known(fake->board);
}

static void a_board_that_connected_in_vain_is_not_connected(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    fake->refusals = 1;
    assert_error(eg_board_connect(fake->board, &err), err, EG_PORT_BUSY, FAKE_PORT ": somebody else has it");
    assert_nothing_known(fake->board);
    assert_every_call(fake->board, EG_NO_PORT, "the board is not connected");
}

static void a_cancelled_board_answers_every_call_with_that(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    fake_board_fill(fake);
    eg_board_cancel(fake->board);
    assert_every_call(fake->board, EG_CANCELLED, "cancelled");
    assert_every_call(fake->board, EG_CANCELLED, "cancelled");
    fake_board_assert_untouched(fake);
    assert_ok(eg_board_connect(fake->board, &err), err); /* connecting clears the cancel */
    assert_string_equal(eg_board_chip_name(fake->board), "esp32c3");
    eg_board_cancel(fake->board);
    assert_every_call(fake->board, EG_CANCELLED, "cancelled");
}

static void stages_of_one_board_go_to_the_logger(void **state)
{
    struct fake_board *fake = *state;
    const struct eg_flash_file file = {.addr = 0x10000, .input = {.data = "firmware", .size = 8}};
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_USUAL, NO_FAULTS);
    fake_board_connect(fake, FAKE_STUB);
    assert_string_equal(fake->log.stages, "connect connect:ok stub stub:ok attach attach:ok");
    fake->log.stages[0] = '\0';
    assert_ok(eg_board_write_flash(fake->board, &file, 1, NULL, NULL, &err), err);
    assert_ok(eg_board_verify_flash(fake->board, &file, 1, NULL, &err), err);
    assert_int_equal(eg_board_verify_flash(fake->board, &file, 0, NULL, &err), EG_BAD_ARGUMENT);
    assert_string_equal(fake->log.stages, "write write:ok verify verify:ok verify verify:bad-argument");
    assert_string_equal(fake->log.progress_stage, "write");
    fake->log.stages[0] = '\0';
    fake->refusals = 1;
    assert_int_equal(eg_board_connect(fake->board, &err), EG_PORT_BUSY);
    assert_string_equal(fake->log.stages, "connect connect:port-busy");
}

static void a_board_that_was_cancelled_before_it_connects_opens_no_port(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_USUAL, NO_FAULTS);
    assert_ok(eg_board_create(&fake->board, &fake->options, &err), err);
    eg_board_cancel(fake->board);
    assert_error(eg_board_connect(fake->board, &err), err, EG_CANCELLED, "cancelled");
    assert_int_equal(fake->opened, 0);
}

static void options_and_their_strings_are_copied(void **state)
{
    struct fake_board *fake = *state;
    char port[] = FAKE_PORT, chip[] = "ESP32-C3", folder[] = "/nowhere", filter[] = "vid=1";
    const char *filters[] = {filter, NULL};
    struct eg_settings settings;
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_USUAL, NO_FAULTS);
    eg_settings_init(&settings);
    fake->options.port = port;
    fake->options.chip = chip;
    fake->options.stub_dir = folder;
    fake->options.port_filters = filters;
    fake->options.settings = &settings;
    assert_ok(eg_board_create(&fake->board, &fake->options, &err), err);
    memset(port, 'x', sizeof port - 1);
    memset(chip, 'x', sizeof chip - 1);
    memset(filter, 'x', sizeof filter - 1);
    filters[0] = NULL;
    memset(&settings, 0xff, sizeof settings);
    memset(&fake->options, 0xff, sizeof fake->options);

    assert_ok(eg_board_connect(fake->board, &err), err);
    assert_string_equal(eg_board_port(fake->board), FAKE_PORT);
    assert_string_equal(eg_board_chip_name(fake->board), "esp32c3");
    assert_string_equal(eg_board_chip_label(fake->board), "ESP32-C3");
    assert_int_equal(eg_board_baud(fake->board), 115200);
}

static void options_that_do_not_exist_are_named(void **state)
{
    struct fake_board *fake = *state;
    struct eg_settings settings, hard_settings;
    struct eg_board *board = NULL;
    struct eg_error err;

    eg_settings_init(&settings);
    eg_settings_init(&hard_settings);
    strcpy(settings.custom_reset_sequence, "D0|X1");
    strcpy(hard_settings.custom_hard_reset_sequence, "R1|W61");
    const struct {
        struct eg_board_options options;
        const char *sentence;
    } rows[] = {
        {{.chip = "esp99"}, WITH_CHIPS("chip \"esp99\" is none of ")},
        {{.chip = ""}, WITH_CHIPS("chip \"\" is none of ")},
        {{.port_filters = (const char *const[]){"vid=0x303a", "colour=red", NULL}},
         "port filter \"colour=red\": is none of vid=NUMBER, pid=NUMBER, name=TEXT, serial=TEXT"},
        {{.settings = &settings},
         "reset sequence \"D0|X1\": unknown word \"X1\"; use D0, D1, R0, R1, U<dtr>,<rts> or W<seconds>"},
        {{.settings = &hard_settings},
         "reset sequence \"R1|W61\": unknown word \"W61\"; use D0, D1, R0, R1, U<dtr>,<rts> or W<seconds>"},
    };

    (void)fake;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_error(eg_board_create(&board, &rows[i].options, &err), err, EG_BAD_ARGUMENT, rows[i].sentence);
        assert_null(board);
        board = (struct eg_board *)state;
        assert_error(eg_board_detect_chip(&board, &rows[i].options, &err), err, EG_BAD_ARGUMENT,
                     rows[i].sentence);
        assert_null(board);
    }
}

static void a_board_that_is_not_detected_is_reset(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_USUAL, NO_FAULTS);
    fake->refusals = 1;
    fake->board = (struct eg_board *)state;
    assert_error(eg_board_detect_chip(&fake->board, &fake->options, &err), err, EG_PORT_BUSY,
                 FAKE_PORT ": somebody else has it");
    assert_null(fake->board);
    eg_board_destroy(NULL);
}

static void strings_about_a_board_live_as_long_as_the_board(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_ROM);
    const char *port = eg_board_port(fake->board), *name = eg_board_chip_name(fake->board);
    assert_ok(eg_board_connect(fake->board, &err), err);
    assert_string_equal(port, FAKE_PORT);
    assert_string_equal(name, "esp32c3");
    fake->refusals = 1;
    assert_int_equal(eg_board_connect(fake->board, &err), EG_PORT_BUSY);
    assert_string_equal(port, "");
    assert_string_equal(name, "esp32c3");
}

struct counts {
    unsigned calls;
    uint64_t done, total;
    bool backward;
};

static void count(void *context, uint64_t done, uint64_t total)
{
    struct counts *counts = context;

    counts->backward = counts->backward || done < counts->done;
    *counts = (struct counts){counts->calls + 1, done, total, counts->backward};
}

static void progress_goes_to_the_logger_and_to_the_function_that_was_given(void **state)
{
    struct fake_board *fake = *state;
    uint8_t data[100000];
    const struct eg_flash_file file = {.addr = 0x10000, .input = {.data = data, .size = sizeof data}};
    struct counts counts = {0};
    struct eg_error err;

    fake_data(data, sizeof data, 1);
    fake->options.progress = count;
    fake->options.progress_context = &counts;
    fake_board_start(fake, "esp32c3", FAKE_STUB);
    assert_ok(eg_board_write_flash(fake->board, &file, 1, NULL, NULL, &err), err);
    assert_true(counts.calls > 1 && !counts.backward);
    assert_int_equal(counts.done, sizeof data);
    assert_int_equal(counts.total, sizeof data);
    assert_int_equal(fake->log.progress, counts.calls);
    assert_int_equal(fake->log.done, sizeof data);
    assert_int_equal(fake->log.total, sizeof data);
    assert_string_equal(fake->log.port, FAKE_PORT);
    assert_string_equal(fake->log.board, "02:65:67:00:00:01");

    const struct eg_write_flash_options quiet = {.no_progress = true};
    assert_ok(eg_board_write_flash(fake->board, &file, 1, &quiet, NULL, &err), err);
    assert_int_equal(fake->log.progress, counts.calls);
}

static void a_board_without_a_logger_is_as_good(void **state)
{
    struct fake_board *fake = *state;
    uint8_t data[5000], back[5000];
    const struct eg_flash_file file = {.addr = 0x10001, .input = {.data = data, .size = sizeof data}};
    const struct eg_output output = {.data = back, .size = sizeof back};
    struct eg_error err;

    fake_data(data, sizeof data, 1);
    fake->options.logger = NULL;
    fake->options.trace = true;
    fake_board_start(fake, "esp32c3", FAKE_STUB);
    assert_ok(eg_board_write_flash(fake->board, &file, 1, NULL, NULL, &err), err);
    assert_ok(eg_board_verify_flash(fake->board, &file, 1, NULL, &err), err);
    assert_ok(eg_board_read_flash(fake->board, 0x10001, sizeof back, &output, false, &err), err);
    assert_memory_equal(back, data, sizeof data);
}

/* ---- The stub ---- */

/* Return whether a loader answers without a reset. */
static bool waits_in_loader(struct fake_board *fake)
{
    struct eg_board_options options = fake->options;
    struct eg_board *board;
    struct eg_error err;

    options.before = EG_BEFORE_NO_RESET;
    options.connect_attempts = 1;
    options.settings = NULL;
    eg_board_destroy(fake->board);
    fake->board = NULL;
    const enum eg_code code = eg_board_detect_chip(&board, &options, &err);
    assert_true(code == EG_OK || code == EG_BOOT_MODE);
    if (code == EG_OK)
        fake->board = board;
    return code == EG_OK;
}

static void a_board_is_left_as_is_asked(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;
    static const struct {
        enum fake_loader loader;
        enum eg_after after;
        bool stays, stub_stays;
        const char *left_by, *note;
    } rows[] = {
        {FAKE_ROM, EG_AFTER_HARD_RESET, false, false, "hard reset by RTS", ""},
        {FAKE_STUB, EG_AFTER_HARD_RESET, false, false, "hard reset by RTS", ""},
        {FAKE_ROM, EG_AFTER_SOFT_RESET, false, false, "the loader was told to start the application", ""},
        {FAKE_STUB, EG_AFTER_SOFT_RESET, false, false, "hard reset by RTS",
         "note: leaving the loader: hard reset by RTS"},
        {FAKE_ROM, EG_AFTER_NO_RESET, true, false, "no reset: the ROM loader waits", ""},
        {FAKE_ROM, EG_AFTER_NO_RESET_STUB, true, false, "no reset: the ROM loader waits", ""},
        {FAKE_STUB, EG_AFTER_NO_RESET_STUB, true, true, "no reset: the stub waits", ""},
        {FAKE_ROM, EG_AFTER_WATCHDOG_RESET, false, false, "hard reset by RTS",
         "note: leaving the loader: hard reset by RTS"},
    };

    fake_board_plug(fake, "esp32", FAKE_APP, NO_FAULTS);
    fake->options.before = EG_BEFORE_DEFAULT_RESET;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        eg_board_destroy(fake->board);
        fake_board_connect(fake, rows[i].loader);
        assert_ok(eg_board_can_leave(fake->board, rows[i].after, &err), err);
        fake->log.text.size = 0;
        assert_string_equal(eg_board_left_by(fake->board), "");
        assert_ok(eg_board_reset_chip(fake->board, rows[i].after, &err), err);
        assert_string_equal(eg_board_left_by(fake->board), rows[i].left_by);
        assert_int_equal(fake_board_count(fake, "note: "), rows[i].note[0] != '\0');
        assert_true(rows[i].note[0] == '\0' || fake_board_said(fake, rows[i].note));
        assert_int_equal(waits_in_loader(fake), rows[i].stays);
        if (rows[i].stays)
            assert_int_equal(eg_board_has_stub(fake->board), rows[i].stub_stays);
    }
}

static void run_starts_the_application(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_plug(fake, "esp32", FAKE_APP, NO_FAULTS);
    fake->options.before = EG_BEFORE_DEFAULT_RESET;
    fake_board_connect(fake, FAKE_ROM);
    assert_ok(eg_board_run(fake->board, &err), err);
    assert_false(waits_in_loader(fake));
    fake_board_connect(fake, FAKE_STUB);
    assert_ok(eg_board_run(fake->board, &err), err);
    assert_false(waits_in_loader(fake));
}

static void a_hard_reset_of_ones_own_is_used(void **state)
{
    struct fake_board *fake = *state;
    struct eg_settings settings;
    struct eg_error err;

    fake_board_plug(fake, "esp32", FAKE_APP, NO_FAULTS);
    eg_settings_init(&settings);
    strcpy(settings.custom_hard_reset_sequence, "D0|R1|W0.1|U1,0|W0.1|D0");
    fake->options.settings = &settings;
    fake->options.before = EG_BEFORE_DEFAULT_RESET;
    fake_board_connect(fake, FAKE_STUB);
    assert_ok(eg_board_reset_chip(fake->board, EG_AFTER_HARD_RESET, &err), err);
    assert_true(waits_in_loader(fake));
    assert_false(eg_board_has_stub(fake->board));
}

/* ---- Rates ---- */

static void the_rate_of_both_sides_is_changed(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;
    uint32_t word;

    fake_board_start(fake, "esp32", FAKE_ROM);
    assert_ok(eg_board_change_baud(fake->board, 921600, &err), err);
    assert_int_equal(eg_board_baud(fake->board), 921600);
    assert_ok(eg_board_read_reg(fake->board, 0x40001000, &word, &err), err);
    assert_error(eg_board_change_baud(fake->board, 0, &err), err, EG_BAD_ARGUMENT, "a rate of 0 baud");
    assert_int_equal(eg_board_baud(fake->board), 921600);
}

static void a_rom_that_cannot_change_its_rate_says_so(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_start(fake, "esp8266", FAKE_ROM);
    assert_error(eg_board_change_baud(fake->board, 921600, &err), err, EG_UNSUPPORTED,
                 "the ROM of ESP8266 keeps its 115200 baud");
    fake_board_unplug(fake);

    fake_board_plug(fake, "esp32c2", FAKE_CONFIG(.secure_download = true), NO_FAULTS);
    assert_ok(eg_board_detect_chip(&fake->board, &fake->options, &err), err);
    assert_error(eg_board_change_baud(fake->board, 921600, &err), err, EG_UNSUPPORTED,
                 "the ROM of ESP32-C2 keeps its 115200 baud in secure download mode");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(a_board_that_is_not_connected_answers_no_call),
        FAKE_TEST(a_board_that_connected_in_vain_is_not_connected),
        FAKE_TEST(a_cancelled_board_answers_every_call_with_that),
        FAKE_TEST(stages_of_one_board_go_to_the_logger),
        FAKE_TEST(a_board_that_was_cancelled_before_it_connects_opens_no_port),
        FAKE_TEST(options_and_their_strings_are_copied),
        FAKE_TEST(options_that_do_not_exist_are_named),
        FAKE_TEST(a_board_that_is_not_detected_is_reset),
        FAKE_TEST(strings_about_a_board_live_as_long_as_the_board),
        FAKE_TEST(progress_goes_to_the_logger_and_to_the_function_that_was_given),
        FAKE_TEST(a_board_without_a_logger_is_as_good),
        FAKE_TEST(a_board_is_left_as_is_asked),
        FAKE_TEST(run_starts_the_application),
        FAKE_TEST(a_hard_reset_of_ones_own_is_used),
        FAKE_TEST(the_rate_of_both_sides_is_changed),
        FAKE_TEST(a_rom_that_cannot_change_its_rate_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
