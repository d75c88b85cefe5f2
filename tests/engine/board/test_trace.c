/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/fake_board.h"

#include <stdio.h>
#include <string.h>

/* Return whether such a line was traced; its time does not matter. */
static bool traced(const struct fake_board *fake, const char *way, const char *what, size_t size,
                   const char *hex)
{
    const char *text = (const char *)fake->log.text.data, *const end = text + fake->log.text.size;
    char rest[512], line[1024];
    double seconds;
    int used;

    snprintf(rest, sizeof rest, "%s %-17s %5zu bytes  %s", way, what, size, hex);
    for (; text < end; text = (const char *)memchr(text, '\n', (size_t)(end - text)) + 1) {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
        if (sscanf(line, "trace: %lf s %n", &seconds, &used) == 1 && strcmp(line + used, rest) == 0)
            return true;
    }
    print_message("not traced: %s, but:\n%.*s", rest, (int)fake->log.text.size,
                  (const char *)fake->log.text.data);
    return false;
}

static void every_frame_is_a_line(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;
    uint32_t word;

    fake_board_plug(fake, "esp32c3", FAKE_USUAL, NO_FAULTS);
    fake->options.trace = true;
    fake_board_connect(fake, FAKE_ROM);
    assert_true(
        traced(fake, ">", "SYNC", 44,
               "0008240000000000070712205555555555555555555555555555555555555555555555555555555555555555"));
    assert_true(traced(fake, "<", "SYNC", 12, "010804000707122000000000"));
    assert_true(traced(fake, ">", "GET_SECURITY_INFO", 8, "0014000000000000"));
    fake->log.text.size = 0;
    assert_ok(eg_board_read_reg(fake->board, 0x40001000, &word, &err), err);
    assert_true(traced(fake, ">", "READ_REG", 12, "000a04000000000000100040"));
    assert_true(traced(fake, "<", "READ_REG", 12, "010a04006f50311b00000000"));
    assert_int_equal(fake_board_count(fake, ""), 2);
}

static void a_long_frame_is_cut(void **state)
{
    struct fake_board *fake = *state;
    static uint8_t data[1024], back[100];
    const struct eg_output output = {.data = back, .size = sizeof back};
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_USUAL, NO_FAULTS);
    fake->options.trace = true;
    fake_board_connect(fake, FAKE_STUB);
    memset(data, 0xab, sizeof data);
    memset(fake_board_flash(fake), 0x5a, sizeof back);
    assert_ok(eg_board_flash_begin(fake->board, sizeof data, 0x10000, false, &err), err);
    fake->log.text.size = 0;
    assert_ok(eg_board_flash_block(fake->board, data, sizeof data, &err), err);
    assert_true(traced(fake, ">", "FLASH_DATA", 16408,
                       "00031040ef00000000400000000000000000000000000000ababababababababababababababababababa"
                       "bababababababababababababababababababababab..."));
    assert_ok(eg_board_read_flash(fake->board, 0, sizeof back, &output, false, &err), err);
    assert_true(traced(fake, "<", "data", 100,
                       "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5"
                       "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a..."));
    assert_true(traced(fake, ">", "data", 4, "64000000"));
}

static void bytes_outside_of_frames_are_noise(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_APP, NO_FAULTS);
    fake->options.trace = true;
    fake->options.connect_attempts = 1;
    assert_int_equal(eg_board_detect_chip(&fake->board, &fake->options, &err), EG_BOOT_MODE);
    assert_true(fake_board_count(fake, "trace: ") > 0);
    assert_non_null(strstr((const char *)fake->log.text.data, " s < noise "));
}

static void nothing_is_traced_unless_it_is_asked_for(void **state)
{
    struct fake_board *fake = *state;

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    assert_int_equal(fake_board_count(fake, "trace: "), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(every_frame_is_a_line),
        FAKE_TEST(a_long_frame_is_cut),
        FAKE_TEST(bytes_outside_of_frames_are_noise),
        FAKE_TEST(nothing_is_traced_unless_it_is_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
