/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The serial port backend, through the real libserialport, on a pty that the shim presents as a USB serial
 * port.
 */

#define _DEFAULT_SOURCE /* CRTSCTS */

#include "engine/link/port.h"
#include "engine/link/reset.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_usb.h"
#include "tests/fakes/usb_tree.h"
#include "tools/vboard/carrier/termios2.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH "/dev/ttyUSB7"

struct board {
    struct fake_usb usb;
    struct fake_adapter adapter;
    struct eg_port *port;
    struct eg_error err;
};

static void plug_in(struct board *board, bool has_lines)
{
    fake_usb_begin(&board->usb);
    fake_adapter_plug(&board->adapter, &board->usb, "ttyUSB7", "10c4:ea60", has_lines);
}

static void open_port(struct board *board)
{
    assert_ok(eg_port_open(&board->port, PATH, eg_port_schemes, NULL, &board->err), board->err);
}

static void plug(struct board *board)
{
    plug_in(board, true);
    open_port(board);
}

static void unplug(struct board *board)
{
    eg_port_close(board->port);
    fake_adapter_unplug(&board->adapter);
    fake_usb_end(&board->usb);
}

static void it_opens_with_released_lines_raw_at_115200(void **state)
{
    (void)state;
    struct board board;
    struct termios termios;

    plug(&board);
    assert_true(eg_port_has_lines(board.port));
    assert_history(&board.adapter, "D1R1 X L D0R0"); /* Linux asserts both lines in open() */
    assert_int_equal(tcgetattr(board.adapter.master, &termios), 0);
    assert_int_equal(cfgetospeed(&termios), B115200);
    assert_int_equal(termios.c_cflag & (CSIZE | PARENB | CSTOPB | CRTSCTS), CS8);
    assert_int_equal(termios.c_iflag & (IXON | IXOFF | ICRNL | ISTRIP), 0);
    assert_int_equal(termios.c_lflag & (ICANON | ECHO | ISIG), 0);
    assert_int_equal(termios.c_oflag & OPOST, 0);
    unplug(&board);
}

static void it_knows_the_usb_device(void **state)
{
    (void)state;
    struct board board;

    plug(&board);
    assert_int_equal(board.port->vid, 0x10c4);
    assert_int_equal(board.port->pid, 0xea60);
    unplug(&board);
}

static void both_lines_move_in_one_step(void **state)
{
    (void)state;
    struct board board;

    plug(&board);
    assert_ok(eg_port_set_lines(board.port, true, false, &board.err), board.err);
    assert_ok(eg_port_set_lines(board.port, false, true, &board.err), board.err);
    assert_ok(eg_port_set_lines(board.port, true, true, &board.err), board.err);
    assert_history(&board.adapter, "D1R1 X L D0R0 D1R0 D0R1 D1R1");
    unplug(&board);
}

static void a_rate_leaves_the_lines_alone(void **state)
{
    (void)state;
    struct board board;

    plug(&board);
    assert_ok(eg_port_set_lines(board.port, true, false, &board.err), board.err);
    assert_ok(eg_port_set_baud(board.port, 921600, &board.err), board.err);
    assert_ok(eg_port_set_baud(board.port, 74880, &board.err), board.err);
    assert_history(&board.adapter, "D1R1 X L D0R0 D1R0");
    unplug(&board);
}

static void every_byte_passes_both_ways(void **state)
{
    (void)state;
    struct board board;
    uint8_t data[256];
    uint8_t back[256];
    size_t done = 0;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)i;
    plug(&board);
    assert_ok(eg_port_write(board.port, data, sizeof data, 1000, &board.err), board.err);
    while (done < sizeof back) {
        const ssize_t count = read(board.adapter.master, back + done, sizeof back - done);
        assert_true(count > 0);
        done += (size_t)count;
    }
    assert_memory_equal(back, data, sizeof data);
    assert_ok(eg_port_drain(board.port, 1000, &board.err), board.err);
    assert_int_equal(write(board.adapter.master, data, sizeof data), sizeof data);
    for (done = 0; done < sizeof back;) {
        size_t got = 0;
        assert_ok(eg_port_read(board.port, back + done, sizeof back - done, &got, 5000, &board.err),
                  board.err);
        assert_true(got > 0);
        done += got;
    }
    assert_memory_equal(back, data, sizeof data);
    unplug(&board);
}

static void silence_is_no_failure(void **state)
{
    (void)state;
    struct board board;
    uint8_t byte;
    size_t got = 7;

    plug(&board);
    assert_ok(eg_port_read(board.port, &byte, 1, &got, 20, &board.err), board.err);
    assert_int_equal(got, 0);
    unplug(&board);
}

static void a_full_line_takes_no_more(void **state)
{
    (void)state;
    static const uint8_t data[1 << 20];
    struct board board;

    plug(&board);
    assert_int_equal(eg_port_write(board.port, data, sizeof data, 50, &board.err), EG_TIMEOUT);
    assert_true(board.port->bytes_sent > 0);
    assert_true(board.port->bytes_sent < sizeof data);
    unplug(&board);
}

static void what_the_driver_takes_is_handed_over_before_it_tells_of_room(void **state)
{
    (void)state;
    struct board board;

    plug(&board);
    fake_adapter_hold(&board.adapter, 200);
    assert_ok(eg_port_write(board.port, (const uint8_t *)"abc", 3, 20, &board.err), board.err);
    unplug(&board);
}

static void any_rate_can_be_set(void **state)
{
    (void)state;
    static const uint32_t rates[] = {74880, 921600, 115200, 1417846, 460800};
    struct board board;
    struct termios2 termios;

    plug(&board);
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        assert_ok(eg_port_set_baud(board.port, rates[i], &board.err), board.err);
        assert_int_equal(board.port->baud, rates[i]);
        assert_int_equal(ioctl(board.adapter.master, TCGETS2, &termios), 0);
        assert_int_equal(termios.c_ospeed, rates[i]);
        assert_int_equal(termios.c_ispeed, rates[i]);
    }
    unplug(&board);
}

static void discarded_data_is_not_read(void **state)
{
    (void)state;
    struct board board;
    uint8_t byte;
    size_t got;

    plug(&board);
    assert_int_equal(write(board.adapter.master, "\1\2", 2), 2);
    assert_ok(eg_port_read(board.port, &byte, 1, &got, 5000, &board.err), board.err);
    assert_int_equal(got, 1);
    assert_ok(eg_port_discard(board.port, &board.err), board.err);
    assert_ok(eg_port_read(board.port, &byte, 1, &got, 20, &board.err), board.err);
    assert_int_equal(got, 0);
    unplug(&board);
}

static void it_is_drained_when_the_driver_has_nothing_left(void **state)
{
    (void)state;
    struct board board;

    plug(&board);
    fake_adapter_hold(&board.adapter, 3);
    assert_ok(eg_port_drain(board.port, 5000, &board.err), board.err);
    assert_int_equal(board.adapter.unsent, 0);
    fake_adapter_hold(&board.adapter, 1000000);
    assert_error(eg_port_drain(board.port, 20, &board.err), board.err, EG_TIMEOUT,
                 PATH ": bytes still waiting to be sent after 20 ms");
    unplug(&board);
}

static void lines_that_are_to_stay_outlive_the_port_and_the_rate_is_kept(void **state)
{
    (void)state;
    struct board board;
    struct termios2 settings;
    bool kept = false;

    plug(&board);
    assert_ok(eg_port_set_baud(board.port, 1417846, &board.err), board.err);
    assert_int_equal(ioctl(board.adapter.master, TCGETS2, &settings), 0);
    settings.c_cflag |= HUPCL;
    assert_int_equal(ioctl(board.adapter.master, TCSETS2, &settings), 0);
    assert_ok(eg_port_keep_lines(board.port, &kept, &board.err), board.err);
    assert_true(kept);
    assert_int_equal(ioctl(board.adapter.master, TCGETS2, &settings), 0);
    assert_int_equal(settings.c_cflag & HUPCL, 0);
    assert_int_equal(settings.c_ospeed, 1417846);
    unplug(&board);
}

static void a_driver_that_refuses_lines_makes_a_port_without(void **state)
{
    (void)state;
    struct board board;

    plug(&board);
    assert_true(eg_port_has_lines(board.port));
    fake_adapter_refuse(&board.adapter);
    assert_ok(eg_reset_run(board.port, EG_RESET_HARD, &(struct eg_reset_times){.low_ms = EG_RESET_LOW_MS},
                           &board.err),
              board.err);
    assert_false(eg_port_has_lines(board.port));
    assert_int_equal(board.port->vid, 0x10c4);
    assert_ok(eg_port_set_baud(board.port, 921600, &board.err), board.err);
    assert_history(&board.adapter, "D1R1 X L D0R0");
    unplug(&board);
}

static void a_usb_port_without_lines_can_be_used(void **state)
{
    (void)state;
    struct board board;
    uint8_t byte = 0;
    size_t got;

    plug_in(&board, false);
    open_port(&board);
    assert_false(eg_port_has_lines(board.port));
    assert_ok(eg_reset_run(board.port, EG_RESET_CLASSIC, &(struct eg_reset_times){.low_ms = EG_RESET_LOW_MS},
                           &board.err),
              board.err);
    assert_int_equal(write(board.adapter.master, "!", 1), 1);
    assert_ok(eg_port_read(board.port, &byte, 1, &got, 5000, &board.err), board.err);
    assert_int_equal(got, 1);
    assert_int_equal(byte, '!');
    unplug(&board);
}

static void an_unplugged_board_is_gone(void **state)
{
    (void)state;
    struct board board;
    uint8_t byte;
    size_t got;

    plug(&board);
    fake_adapter_unplug(&board.adapter);
    assert_error(eg_port_read(board.port, &byte, 1, &got, 5000, &board.err), board.err, EG_PORT_GONE,
                 PATH ": the device was unplugged");
    assert_error(eg_port_write(board.port, &byte, 1, 100, &board.err), board.err, EG_PORT_GONE,
                 PATH ": the port is gone");
    unplug(&board);
}

static void unplugging_is_noticed_by_whatever_is_done_next(void **state)
{
    (void)state;
    struct board board;
    bool kept;

    plug(&board);
    fake_adapter_unplug(&board.adapter);
    assert_error(eg_port_set_lines(board.port, true, false, &board.err), board.err, EG_PORT_GONE,
                 PATH ": setting DTR and RTS: Input/output error");
    board.port->gone = false;
    assert_error(eg_port_set_baud(board.port, 921600, &board.err), board.err, EG_PORT_GONE,
                 PATH ": setting 921600 baud: Input/output error");
    board.port->gone = false;
    assert_error(eg_port_keep_lines(board.port, &kept, &board.err), board.err, EG_PORT_GONE,
                 PATH ": clearing HUPCL: Input/output error");
    board.port->gone = false;
    assert_error(eg_port_drain(board.port, 100, &board.err), board.err, EG_PORT_GONE,
                 PATH ": asking for unsent bytes: Input/output error");
    unplug(&board);
}

static void a_port_that_was_unplugged_cannot_be_opened(void **state)
{
    (void)state;
    struct board board;

    plug_in(&board, true);
    fake_adapter_unplug(&board.adapter);
    board.port = NULL;
    assert_error(eg_port_open(&board.port, PATH, eg_port_schemes, NULL, &board.err), board.err, EG_NO_PORT,
                 PATH ": No such file or directory");
    unplug(&board);
}

static void a_port_opened_at_its_place_says_which_device_it_is(void **state)
{
    (void)state;
    struct board board;
    struct eg_found_port found;

    plug_in(&board, true);
    assert_ok(eg_port_open(&board.port, "1-2:1.0", eg_port_schemes, NULL, &board.err), board.err);
    assert_string_equal(board.port->url, "1-2:1.0");
    assert_string_equal(board.port->path, PATH);
    assert_string_equal(board.port->place, "1-2:1.0");
    assert_ok(eg_discover_at(&found, "1-2:1.0", &board.err), board.err);
    assert_true(eg_presence_same(&found.presence, &board.port->presence));
    eg_port_close(board.port);
    assert_error(eg_port_open(&board.port, "1-3:1.0", eg_port_schemes, NULL, &board.err), board.err,
                 EG_NO_PORT, "1-3:1.0: no serial port is plugged in there");
    board.port = NULL;
    unplug(&board);
}

/* By then another board has the old name. */
static void a_port_is_reopened_at_its_place_under_the_name_it_has_then(void **state)
{
    (void)state;
    struct board board;
    uint8_t byte;
    size_t got;

    plug(&board);
    const struct eg_presence before = board.port->presence;
    fake_usb_plug(&board.usb, "ttyUSB8", "10c4:ea60", "", "1-3", "/dev/null");
    assert_int_equal(usb_tree_swap(board.usb.folder, "1-2", "1-3"), 0);
    assert_error(eg_port_read(board.port, &byte, 1, &got, 5000, &board.err), board.err, EG_PORT_GONE,
                 PATH ": the device was unplugged");
    assert_ok(eg_port_reopen(&board.port, eg_port_schemes, &board.err), board.err);
    assert_string_equal(board.port->url, "/dev/ttyUSB8");
    assert_string_equal(board.port->place, "1-2:1.0");
    assert_false(eg_presence_same(&before, &board.port->presence));
    assert_int_equal(write(board.adapter.master, "!", 1), 1);
    assert_ok(eg_port_read(board.port, &byte, 1, &got, 5000, &board.err), board.err);
    assert_int_equal(byte, '!');
    fake_usb_unplug(&board.usb, "1-2");
    assert_error(eg_port_reopen(&board.port, eg_port_schemes, &board.err), board.err, EG_NO_PORT,
                 "1-2:1.0: no serial port is plugged in there");
    unplug(&board);
}

static void trouble(struct board *board, const char *rules)
{
    assert_int_equal(usb_tree_trouble(board->usb.folder, "ttyUSB7", rules), 0);
}

/* Check every operation of a port while its driver reports a disturbance. */
static void assert_disturbance_costs_nothing(const char *error)
{
    struct board board;
    char rules[64];
    uint8_t byte = 0;
    size_t got = 0;
    bool kept;

    plug(&board);
    snprintf(rules, sizeof rules, "all %s 1 120 1", error);
    trouble(&board, rules);
    assert_ok(eg_port_set_lines(board.port, true, false, &board.err), board.err);
    trouble(&board, rules);
    assert_ok(eg_port_set_baud(board.port, 921600, &board.err), board.err);
    trouble(&board, rules);
    assert_ok(eg_port_keep_lines(board.port, &kept, &board.err), board.err);
    trouble(&board, rules);
    assert_ok(eg_port_discard(board.port, &board.err), board.err);
    trouble(&board, rules);
    assert_ok(eg_port_write(board.port, (const uint8_t *)"?", 1, 5000, &board.err), board.err);
    trouble(&board, rules);
    assert_ok(eg_port_drain(board.port, 5000, &board.err), board.err);
    assert_int_equal(read(board.adapter.master, &byte, 1), 1);
    assert_int_equal(byte, '?');
    assert_int_equal(write(board.adapter.master, "!", 1), 1);
    trouble(&board, rules);
    assert_ok(eg_port_read(board.port, &byte, 1, &got, 5000, &board.err), board.err);
    assert_int_equal(got, 1);
    assert_int_equal(byte, '!');
    assert_history(&board.adapter, "D1R1 X L D0R0 D1R0");
    unplug(&board);
}

static void a_disturbance_that_drivers_report_costs_nothing(void **state)
{
    (void)state;
    static const char *const errors[] = {"EPROTO", "ETIMEDOUT", "ESHUTDOWN", "ENODEV", "EIO", "EILSEQ"};

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        assert_disturbance_costs_nothing(errors[i]);
}

static void a_disturbance_while_a_port_is_opened_costs_nothing(void **state)
{
    (void)state;
    struct board board;

    plug_in(&board, true);
    trouble(&board, "all EPROTO 1 120 1");
    open_port(&board);
    unplug(&board);
}

static void a_disturbance_that_does_not_end_is_a_port_that_is_gone(void **state)
{
    (void)state;
    struct board board;
    uint8_t byte = 0;

    plug(&board);
    trouble(&board, "all EPROTO 1 60000 1");
    assert_error(eg_port_set_lines(board.port, true, false, &board.err), board.err, EG_PORT_GONE,
                 PATH ": setting DTR and RTS failed for 500 ms: Protocol error");
    board.port->gone = false;
    assert_error(eg_port_write(board.port, &byte, 1, 5000, &board.err), board.err, EG_PORT_GONE,
                 PATH ": writing failed for 500 ms: Protocol error");
    unplug(&board);
}

/* cdc_acm is out of buffers and reports that; poll() reports room. */
static void a_driver_without_room_is_waited_for(void **state)
{
    (void)state;
    struct board board;
    uint8_t byte = 0;

    plug(&board);
    trouble(&board, "write EAGAIN 1 120 1");
    assert_ok(eg_port_write(board.port, (const uint8_t *)"?", 1, 5000, &board.err), board.err);
    assert_int_equal(read(board.adapter.master, &byte, 1), 1);
    trouble(&board, "write EAGAIN 1 60000 1");
    assert_error(eg_port_write(board.port, &byte, 1, 150, &board.err), board.err, EG_TIMEOUT,
                 PATH ": 1 of 1 bytes left to send after 150 ms");
    unplug(&board);
}

static void another_reader_of_an_open_port_is_named(void **state)
{
    (void)state;
    struct board board;
    char name[64], text[64], expected[64];
    int ready[2];

    plug_in(&board, true);
    assert_int_equal(pipe(ready), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* as a modem manager does, before espgang claims exclusive access */
        const int fd = open(PATH, O_RDWR | O_NOCTTY);
        (void)!write(ready[1], "", fd >= 0);
        pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], text, 1), 1);
    open_port(&board);
    assert_true(eg_port_other_reader(board.port, text, sizeof text));
    snprintf(expected, sizeof expected, "%.*s(process %d)", (int)strcspn(this_program(name), "("), name,
             (int)child);
    assert_string_equal(text, expected);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(eg_port_other_reader(board.port, text, sizeof text));
    close(ready[0]);
    close(ready[1]);
    unplug(&board);
}

static void a_port_in_use_is_busy_under_any_name(void **state)
{
    (void)state;
    struct board board;
    struct eg_port *second;
    char link[64], name[64];
    char expected[160];

    plug(&board);
    snprintf(link, sizeof link, "%s/by-another-name", board.usb.folder);
    assert_int_equal(symlink(PATH, link), 0);
    snprintf(expected, sizeof expected, "%s: %s uses it", link, this_program(name));
    assert_error(eg_port_open(&second, link, eg_port_schemes, NULL, &board.err), board.err, EG_PORT_BUSY,
                 expected);
    unplug(&board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_opens_with_released_lines_raw_at_115200),
        cmocka_unit_test(it_knows_the_usb_device),
        cmocka_unit_test(both_lines_move_in_one_step),
        cmocka_unit_test(a_rate_leaves_the_lines_alone),
        cmocka_unit_test(every_byte_passes_both_ways),
        cmocka_unit_test(silence_is_no_failure),
        cmocka_unit_test(a_full_line_takes_no_more),
        cmocka_unit_test(what_the_driver_takes_is_handed_over_before_it_tells_of_room),
        cmocka_unit_test(any_rate_can_be_set),
        cmocka_unit_test(discarded_data_is_not_read),
        cmocka_unit_test(it_is_drained_when_the_driver_has_nothing_left),
        cmocka_unit_test(lines_that_are_to_stay_outlive_the_port_and_the_rate_is_kept),
        cmocka_unit_test(a_driver_that_refuses_lines_makes_a_port_without),
        cmocka_unit_test(a_usb_port_without_lines_can_be_used),
        cmocka_unit_test(an_unplugged_board_is_gone),
        cmocka_unit_test(unplugging_is_noticed_by_whatever_is_done_next),
        cmocka_unit_test(a_port_that_was_unplugged_cannot_be_opened),
        cmocka_unit_test(a_port_opened_at_its_place_says_which_device_it_is),
        cmocka_unit_test(a_port_is_reopened_at_its_place_under_the_name_it_has_then),
        cmocka_unit_test(a_disturbance_that_drivers_report_costs_nothing),
        cmocka_unit_test(a_disturbance_while_a_port_is_opened_costs_nothing),
        cmocka_unit_test(a_disturbance_that_does_not_end_is_a_port_that_is_gone),
        cmocka_unit_test(a_driver_without_room_is_waited_for),
        cmocka_unit_test(another_reader_of_an_open_port_is_named),
        cmocka_unit_test(a_port_in_use_is_busy_under_any_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
