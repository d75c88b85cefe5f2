/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/fake_board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Give the test its own current folder and home. */
static int setup(void **state)
{
    static const char *const folders[] = {"here", "home", "home/.config", "home/.config/esptool"};
    char path[4096];

    fake_board_setup(state);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        assert_int_equal(mkdir(fake_board_path(*state, path, folders[i]), 0777), 0);
    assert_int_equal(chdir(fake_board_path(*state, path, "here")), 0);
    assert_int_equal(setenv("HOME", fake_board_path(*state, path, "home"), 1), 0);
    unsetenv("ESPTOOL_CFGFILE");
    unsetenv("ESPTOOL_OPEN_PORT_ATTEMPTS");
    return 0;
}

static void put(struct fake_board *fake, const char *name, const char *text)
{
    fake_board_write(fake, name, text, strlen(text));
}

static struct eg_settings load(struct fake_board *fake)
{
    struct eg_settings settings;
    struct eg_error err;

    fake->log.text.size = 0;
    assert_ok(eg_settings_load(&settings, &fake->log.logger, &err), err);
    return settings;
}

static void assert_defaults(const struct eg_settings *settings)
{
    assert_int_equal(settings->timeout_ms, 3000);
    assert_int_equal(settings->chip_erase_timeout_ms, 120000);
    assert_int_equal(settings->max_timeout_ms, 240000);
    assert_int_equal(settings->sync_timeout_ms, 100);
    assert_int_equal(settings->md5_timeout_per_mb_ms, 8000);
    assert_int_equal(settings->erase_region_timeout_per_mb_ms, 40000);
    assert_int_equal(settings->erase_write_timeout_per_mb_ms, 40000);
    assert_int_equal(settings->mem_end_rom_timeout_ms, 200);
    assert_int_equal(settings->serial_write_timeout_ms, 10000);
    assert_int_equal(settings->connect_attempts, 7);
    assert_int_equal(settings->write_block_attempts, 3);
    assert_int_equal(settings->reset_delay_ms, 0);
    assert_int_equal(settings->open_port_attempts, 1);
    assert_string_equal(settings->custom_reset_sequence, "");
    assert_string_equal(settings->custom_hard_reset_sequence, "");
}

static void without_a_file_there_are_the_defaults(void **state)
{
    struct fake_board *fake = *state;
    struct eg_settings settings;

    settings = load(fake);
    assert_defaults(&settings);
    unsetenv("HOME");
    settings = load(fake);
    assert_defaults(&settings);
    assert_int_equal(fake->log.text.size, 0);
}

static void the_first_file_with_the_section_counts(void **state)
{
    struct fake_board *fake = *state;
    /* Lowest priority first. */
    static const char *const places[] = {"home/tox.ini",
                                         "home/setup.cfg",
                                         "home/esptool.cfg",
                                         "home/.config/esptool/tox.ini",
                                         "home/.config/esptool/setup.cfg",
                                         "home/.config/esptool/esptool.cfg",
                                         "here/tox.ini",
                                         "here/setup.cfg",
                                         "here/esptool.cfg",
                                         "named.cfg"};
    char text[64], path[4096];

    for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(text, sizeof text, "[esptool]\ntimeout = %u\n", i + 10);
        put(fake, places[i], text);
        if (strcmp(places[i], "named.cfg") == 0)
            setenv("ESPTOOL_CFGFILE", fake_board_path(fake, path, places[i]), 1);
        assert_int_equal(load(fake).timeout_ms, (i + 10) * 1000);
    }
    /* A file without a section for esptool is skipped, a file with an empty section is not. */
    put(fake, "here/esptool.cfg", "[tool]\ntimeout = 99\n");
    put(fake, "here/setup.cfg", "[esptool]\n");
    unsetenv("ESPTOOL_CFGFILE");
    assert_int_equal(load(fake).timeout_ms, 3000);
    setenv("ESPTOOL_CFGFILE", "", 1);
    assert_int_equal(load(fake).timeout_ms, 3000);
}

static void every_key_is_taken(void **state)
{
    struct fake_board *fake = *state;

    put(fake, "here/esptool.cfg",
        "[esptool]\n"
        "timeout = 4\n"
        "chip_erase_timeout = 140.5\n"
        "max_timeout = 300\n"
        "sync_timeout = 0.25\n"
        "md5_timeout_per_mb = 9\n"
        "erase_region_timeout_per_mb = 31\n"
        "erase_write_timeout_per_mb = 41\n"
        "mem_end_rom_timeout = 0.3\n"
        "serial_write_timeout = 11\n"
        "connect_attempts = -1\n"
        "write_block_attempts = 5\n"
        "reset_delay = 0.05\n"
        "open_port_attempts = 0\n"
        "custom_reset_sequence = D0|R1|W0.1|U1,0|W0.05|D0\n"
        "custom_hard_reset_sequence = R1|W0.1|R0");
    const struct eg_settings settings = load(fake);
    assert_int_equal(settings.timeout_ms, 4000);
    assert_int_equal(settings.chip_erase_timeout_ms, 140500);
    assert_int_equal(settings.max_timeout_ms, 300000);
    assert_int_equal(settings.sync_timeout_ms, 250);
    assert_int_equal(settings.md5_timeout_per_mb_ms, 9000);
    assert_int_equal(settings.erase_region_timeout_per_mb_ms, 31000);
    assert_int_equal(settings.erase_write_timeout_per_mb_ms, 41000);
    assert_int_equal(settings.mem_end_rom_timeout_ms, 300);
    assert_int_equal(settings.serial_write_timeout_ms, 11000);
    assert_int_equal(settings.connect_attempts, -1);
    assert_int_equal(settings.write_block_attempts, 5);
    assert_int_equal(settings.reset_delay_ms, 50);
    assert_int_equal(settings.open_port_attempts, 0);
    assert_string_equal(settings.custom_reset_sequence, "D0|R1|W0.1|U1,0|W0.05|D0");
    assert_string_equal(settings.custom_hard_reset_sequence, "R1|W0.1|R0");
    assert_int_equal(fake->log.text.size, 0);
}

static void the_most_is_twice_the_time_of_a_chip_erase_unless_it_is_given(void **state)
{
    struct fake_board *fake = *state;

    put(fake, "here/esptool.cfg", "[esptool]\nchip_erase_timeout = 50\n");
    assert_int_equal(load(fake).max_timeout_ms, 100000);
    put(fake, "here/esptool.cfg", "[esptool]\nmax_timeout = 70\nchip_erase_timeout = 50\n");
    assert_int_equal(load(fake).max_timeout_ms, 70000);
    put(fake, "here/esptool.cfg", "[esptool]\nconnect_attempts = 2\n");
    assert_int_equal(load(fake).max_timeout_ms, 240000);
}

static void a_file_may_have_other_sections_comments_and_odd_spaces(void **state)
{
    struct fake_board *fake = *state;

    put(fake, "here/setup.cfg",
        "# what others have to say\r\n"
        "timeout = 1\r\n"
        "[metadata]\r\n"
        "nonsense without a value\r\n"
        "timeout = 2\r\n"
        "\r\n"
        "[esptool] ; ours\r\n"
        "; timeout = 3\r\n"
        "  # timeout = 4\r\n"
        "\t Timeout :\t5 \r\n"
        "CONNECT_ATTEMPTS=8\r\n"
        "custom_reset_sequence =\r\n"
        "[esptool2]\r\n"
        "timeout = 6\r\n"
        "[esptool]\r\n"
        "reset_delay = 1e-1\r\n");
    const struct eg_settings settings = load(fake);
    assert_int_equal(settings.timeout_ms, 5000);
    assert_int_equal(settings.connect_attempts, 8);
    assert_int_equal(settings.reset_delay_ms, 100);
    assert_string_equal(settings.custom_reset_sequence, "");
    assert_int_equal(fake->log.text.size, 0);
}

static void keys_that_are_not_known_are_named(void **state)
{
    struct fake_board *fake = *state;

    put(fake, "here/esptool.cfg", "[esptool]\ntimout = 5\nconnect_attempts = 9\nbaud = fast\n");
    assert_int_equal(load(fake).connect_attempts, 9);
    assert_true(fake_board_said(fake, "warning: esptool.cfg: there is no setting \"timout\""));
    assert_true(fake_board_said(fake, "warning: esptool.cfg: there is no setting \"baud\""));
    assert_int_equal(fake_board_count(fake, ""), 2);
}

/* Check that reading fails like this, and nothing is set. */
static void assert_refused(struct fake_board *fake, enum eg_code code, const char *sentence)
{
    struct eg_settings settings, before;
    struct eg_error err;

    memset(&settings, 0x5a, sizeof settings);
    before = settings;
    assert_error(eg_settings_load(&settings, &fake->log.logger, &err), err, code, sentence);
    assert_memory_equal(&settings, &before, sizeof settings);
}

static void a_value_that_cannot_be_used_is_named_with_its_line(void **state)
{
    struct fake_board *fake = *state;
    static const struct {
        const char *line, *sentence;
    } rows[] = {
        {"timeout = soon", "timeout is \"soon\", not a number of seconds from 0 to 86400"},
        {"timeout =", "timeout is \"\", not a number of seconds from 0 to 86400"},
        {"timeout = -1", "timeout is \"-1\", not a number of seconds from 0 to 86400"},
        {"timeout = 86401", "timeout is \"86401\", not a number of seconds from 0 to 86400"},
        {"timeout = nan", "timeout is \"nan\", not a number of seconds from 0 to 86400"},
        {"timeout = inf", "timeout is \"inf\", not a number of seconds from 0 to 86400"},
        {"timeout = 5 # seconds", "timeout is \"5 # seconds\", not a number of seconds from 0 to 86400"},
        {"connect_attempts = 1.5", "connect_attempts is \"1.5\", not a whole number"},
        {"connect_attempts = 99999999999999999999",
         "connect_attempts is \"99999999999999999999\", not a whole number"},
        {"open_port_attempts = many", "open_port_attempts is \"many\", not a whole number"},
        {"write_block_attempts = 0", "write_block_attempts is \"0\", not a whole number"},
        {"custom_reset_sequence = D0|Z", "custom_reset_sequence: reset sequence \"D0|Z\": unknown word "
                                         "\"Z\"; use D0, D1, R0, R1, U<dtr>,<rts> or W<seconds>"},
        {"custom_hard_reset_sequence = R2", "custom_hard_reset_sequence: reset sequence \"R2\": unknown word "
                                            "\"R2\"; use D0, D1, R0, R1, U<dtr>,<rts> or W<seconds>"},
        {"timeout", "\"timeout\" has no value"},
    };
    char text[256], sentence[512];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(text, sizeof text, "; a comment\n[esptool]\nmax_timeout = 9\n%s\nreset_delay = 1\n",
                 rows[i].line);
        put(fake, "here/tox.ini", text);
        snprintf(sentence, sizeof sentence, "tox.ini:4: %s", rows[i].sentence);
        assert_refused(fake, EG_BAD_JOB, sentence);
    }
}

static void a_sequence_has_255_characters_at_most(void **state)
{
    struct fake_board *fake = *state;
    char value[300] = "W0.1000", text[400];

    for (unsigned i = 0; i < 83; i++)
        strcat(value, "|R0");
    assert_int_equal(strlen(value), 256);
    snprintf(text, sizeof text, "[esptool]\ncustom_reset_sequence = %s\n", value);
    put(fake, "here/esptool.cfg", text);
    assert_refused(fake, EG_BAD_JOB, "esptool.cfg:2: custom_reset_sequence has more than 255 characters");

    memmove(value + 6, value + 7, strlen(value + 6));
    snprintf(text, sizeof text, "[esptool]\ncustom_reset_sequence = %s\n", value);
    put(fake, "here/esptool.cfg", text);
    assert_string_equal(load(fake).custom_reset_sequence, value);
}

static void a_file_that_the_environment_names_and_that_is_not_there_is_warned_of(void **state)
{
    struct fake_board *fake = *state;
    char path[4096], text[4200];

    put(fake, "here/esptool.cfg", "[esptool]\ntimeout = 5\n");
    setenv("ESPTOOL_CFGFILE", fake_board_path(fake, path, "none.cfg"), 1);
    assert_int_equal(load(fake).timeout_ms, 5000);
    snprintf(text, sizeof text, "warning: $ESPTOOL_CFGFILE is %s, and there is no such file", path);
    assert_true(fake_board_said(fake, text));

    put(fake, "none.cfg", "[other]\n");
    assert_int_equal(load(fake).timeout_ms, 5000);
    snprintf(text, sizeof text, "warning: %s: has no section [esptool]", path);
    assert_true(fake_board_said(fake, text));

    put(fake, "none.cfg", "[esptool]\ntimeout = x\n");
    snprintf(text, sizeof text, "%s:2: timeout is \"x\", not a number of seconds from 0 to 86400", path);
    assert_refused(fake, EG_BAD_JOB, text);
}

static void a_directory_in_place_of_the_file_is_skipped(void **state)
{
    struct fake_board *fake = *state;
    char path[4096];

    assert_int_equal(mkdir(fake_board_path(fake, path, "here/esptool.cfg"), 0777), 0);
    put(fake, "here/setup.cfg", "[esptool]\ntimeout = 5\n");
    assert_int_equal(load(fake).timeout_ms, 5000);
    assert_true(fake_board_said(fake, "warning: esptool.cfg: is a directory"));
}

static void the_environment_goes_before_the_file(void **state)
{
    struct fake_board *fake = *state;

    put(fake, "here/esptool.cfg", "[esptool]\nopen_port_attempts = 4\n");
    assert_int_equal(load(fake).open_port_attempts, 4);
    setenv("ESPTOOL_OPEN_PORT_ATTEMPTS", "0", 1);
    assert_int_equal(load(fake).open_port_attempts, 0);
    setenv("ESPTOOL_OPEN_PORT_ATTEMPTS", "6", 1);
    assert_int_equal(load(fake).open_port_attempts, 6);
    setenv("ESPTOOL_OPEN_PORT_ATTEMPTS", "few", 1);
    assert_refused(fake, EG_BAD_JOB, "$ESPTOOL_OPEN_PORT_ATTEMPTS is \"few\", not a whole number");
    setenv("ESPTOOL_OPEN_PORT_ATTEMPTS", "", 1);
    assert_refused(fake, EG_BAD_JOB, "$ESPTOOL_OPEN_PORT_ATTEMPTS is \"\", not a whole number");
}

static void nobody_needs_to_listen(void **state)
{
    struct fake_board *fake = *state;
    struct eg_settings settings;
    struct eg_error err;

    put(fake, "here/esptool.cfg", "[esptool]\nunknown = 4\ntimeout = 5\n");
    assert_ok(eg_settings_load(&settings, NULL, &err), err);
    assert_int_equal(settings.timeout_ms, 5000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_board_teardown)
    const struct CMUnitTest tests[] = {
        TEST(without_a_file_there_are_the_defaults),
        TEST(the_first_file_with_the_section_counts),
        TEST(every_key_is_taken),
        TEST(the_most_is_twice_the_time_of_a_chip_erase_unless_it_is_given),
        TEST(a_file_may_have_other_sections_comments_and_odd_spaces),
        TEST(keys_that_are_not_known_are_named),
        TEST(a_value_that_cannot_be_used_is_named_with_its_line),
        TEST(a_sequence_has_255_characters_at_most),
        TEST(a_file_that_the_environment_names_and_that_is_not_there_is_warned_of),
        TEST(a_directory_in_place_of_the_file_is_skipped),
        TEST(the_environment_goes_before_the_file),
        TEST(nobody_needs_to_listen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
