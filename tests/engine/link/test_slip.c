/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/link/slip.h"
#include "tests/fakes/check.h"
#include "tests/fakes/scripted_port.h"

#include <stdio.h>
#include <string.h>

struct link {
    struct scripted_port board;
    struct eg_slip slip;
    struct eg_error err;
    uint8_t answer[64];
    size_t size;
};

static void link_init(struct link *link, const struct turn *turns, size_t turn_count)
{
    memset(link, 0, sizeof *link);
    eg_slip_init(&link->slip, scripted_port_init(&link->board, turns, turn_count));
}

static enum eg_code receive(struct link *link)
{
    return eg_slip_receive(&link->slip, link->answer, sizeof link->answer, &link->size, 100, &link->err);
}

static void assert_answer(struct link *link, const uint8_t *expected, size_t size)
{
    assert_ok(receive(link), link->err);
    assert_int_equal(link->size, size);
    assert_memory_equal(link->answer, expected, size);
}

static void both_escapes_survive_the_round_trip(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {HOST(0xc0, 0x01, 0xdb, 0xdc, 0xdb, 0xdd, 0xc0), BOARD(0xc0, 0xdb, 0xdd, 0x02, 0xdb, 0xdc, 0xc0)},
    };
    struct link link;

    link_init(&link, turns, 1);
    assert_ok(eg_slip_send(&link.slip, BYTES(0x01, 0xc0, 0xdb), 100, &link.err), link.err);
    assert_answer(&link, BYTES(0xdb, 0x02, 0xc0));
    assert_string_equal(link.board.complaint, "");
    assert_true(scripted_port_heard_all(&link.board));
}

static void a_request_of_the_reference_goes_out_as_its_bytes(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {HOST(0xc0, 0x00, 0x07, 0x14, 0x00, 0xf7, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
              0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xdb, 0xdc, 0xdb, 0xdd, 0x01, 0x02,
              0xc0)},
        {HOST(0xc0, 0x00, 0x09, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x40, 0xf4, 0x3f, 0xdb, 0xdc, 0x00,
              0x00, 0x00, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0)},
    };
    struct link link;

    link_init(&link, turns, 2);
    assert_ok(eg_slip_send(&link.slip,
                           BYTES(0x00, 0x07, 0x14, 0x00, 0xf7, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00,
                                 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0, 0xdb,
                                 0x01, 0x02),
                           100, &link.err),
              link.err);
    assert_ok(eg_slip_send(&link.slip,
                           BYTES(0x00, 0x09, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x40, 0xf4, 0x3f, 0xc0,
                                 0x00, 0x00, 0x00, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00),
                           100, &link.err),
              link.err);
    assert_string_equal(link.board.complaint, "");
    assert_true(scripted_port_heard_all(&link.board));
}

static void a_frame_of_the_largest_size_survives_the_round_trip(void **state)
{
    (void)state;
    static uint8_t frame[EG_SLIP_FRAME_MAX];
    static uint8_t wire[2 * EG_SLIP_FRAME_MAX + 2];
    static uint8_t back[EG_SLIP_FRAME_MAX];
    size_t wire_size = 0;
    size_t size;

    wire[wire_size++] = 0xc0;
    for (size_t i = 0; i < sizeof frame; i++) {
        frame[i] = i % 3 == 0 ? 0xc0 : i % 5 == 0 ? 0xdb : (uint8_t)(i * 7 % 0xc0);
        if (frame[i] == 0xc0 || frame[i] == 0xdb) {
            wire[wire_size++] = 0xdb;
            wire[wire_size++] = frame[i] == 0xc0 ? 0xdc : 0xdd;
        } else {
            wire[wire_size++] = frame[i];
        }
    }
    wire[wire_size++] = 0xc0;
    const struct turn turns[] = {{wire, wire_size, wire, wire_size}};
    struct link link;

    link_init(&link, turns, 1);
    assert_ok(eg_slip_send(&link.slip, frame, sizeof frame, 100, &link.err), link.err);
    assert_string_equal(link.board.complaint, "");
    assert_true(scripted_port_heard_all(&link.board));
    assert_ok(eg_slip_receive(&link.slip, back, sizeof back, &size, 1000, &link.err), link.err);
    assert_int_equal(size, sizeof frame);
    assert_memory_equal(back, frame, sizeof frame);
}

static void a_frame_that_no_loader_accepts_is_not_sent(void **state)
{
    (void)state;
    static const uint8_t frame[EG_SLIP_FRAME_MAX + 1];
    struct link link;

    link_init(&link, NULL, 0);
    assert_error(eg_slip_send(&link.slip, frame, sizeof frame, 100, &link.err), link.err, EG_BAD_FRAME,
                 "a frame of 16648 bytes exceeds the loader's 16647");
    assert_string_equal(link.board.complaint, "");
}

static void frames_back_to_back_are_kept_apart(void **state)
{
    (void)state;
    const struct turn turns[] = {{BOARD(0xc0, 1, 2, 0xc0, 0xc0, 3, 0xc0)}};
    struct link link;

    link_init(&link, turns, 1);
    assert_answer(&link, BYTES(1, 2));
    assert_answer(&link, BYTES(3));
}

static void empty_frames_are_passed_over(void **state)
{
    (void)state;
    const struct turn turns[] = {{BOARD(0xc0, 0xc0, 0xc0, 0xc0, 0xc0, 7, 0xc0)}};
    struct link link;

    link_init(&link, turns, 1);
    assert_answer(&link, BYTES(7));
}

static void a_frame_after_the_end_of_a_lost_one_is_found(void **state)
{
    (void)state;
    const struct turn turns[] = {{BOARD(0xc0, 0xc0, 7, 0xc0, 0xc0, 8, 0xc0)}};
    struct link link;

    link_init(&link, turns, 1);
    assert_answer(&link, BYTES(7));
    assert_answer(&link, BYTES(8));
}

static void a_frame_may_come_in_single_bytes(void **state)
{
    (void)state;
    const struct turn turns[] = {{BOARD(0xc0, 1, 0xdb, 0xdc, 2, 0xc0)}};
    struct link link;

    link_init(&link, turns, 1);
    link.board.read_max = 1;
    assert_answer(&link, BYTES(1, 0xc0, 2));
}

static void silence_is_a_timeout(void **state)
{
    (void)state;
    struct link link;

    link_init(&link, NULL, 0);
    assert_error(receive(&link), link.err, EG_TIMEOUT, "no answer within 100 ms");
}

static void a_frame_without_an_end_is_a_timeout_that_shows_its_bytes(void **state)
{
    (void)state;
    const struct turn turns[] = {{BOARD(0xc0, 0x01, 0x41, 0x42)}};
    struct link link;

    link_init(&link, turns, 1);
    assert_error(receive(&link), link.err, EG_TIMEOUT,
                 "a frame had no end after 3 bytes and 100 ms: 01 41 42 (\".AB\")");
}

/* Read from a carrier that always has one more byte; from the third on, each takes 2 ms. */
static enum eg_code drip(struct eg_port *port, uint8_t *data, size_t size, size_t *got, uint32_t timeout_ms,
                         struct eg_error *err)
{
    (void)timeout_ms;
    (void)size;
    (void)err;
    if (port->bytes_received >= 2)
        eg_clock_sleep_until_us(eg_clock_us() + 2000);
    *data = port->bytes_received == 0 ? 0xc0 : 0x55;
    *got = 1;
    return EG_OK;
}

static void bytes_that_drip_do_not_move_the_deadline(void **state)
{
    (void)state;
    static const struct eg_port_ops ops = {.read = drip};
    struct eg_port port = {.ops = &ops, .url = "drip"};
    struct link link;

    link_init(&link, NULL, 0);
    link.slip.port = &port;
    uint8_t answer[4096];
    assert_int_equal(eg_slip_receive(&link.slip, answer, sizeof answer, &link.size, 300, &link.err),
                     EG_TIMEOUT);
    assert_memory_equal(link.err.text, "a frame had no end after ", 25);
}

/* Read from a carrier with an endless supply of frame delimiters. */
static enum eg_code flood(struct eg_port *port, uint8_t *data, size_t size, size_t *got, uint32_t timeout_ms,
                          struct eg_error *err)
{
    (void)port;
    (void)timeout_ms;
    (void)err;
    memset(data, 0xc0, size);
    *got = size;
    return EG_OK;
}

static void empty_frames_without_end_do_not_move_the_deadline(void **state)
{
    (void)state;
    static const struct eg_port_ops ops = {.read = flood};
    struct eg_port port = {.ops = &ops, .url = "flood"};
    struct link link;

    link_init(&link, NULL, 0);
    link.slip.port = &port;
    assert_error(eg_slip_receive(&link.slip, link.answer, sizeof link.answer, &link.size, 20, &link.err),
                 link.err, EG_TIMEOUT, "no answer within 20 ms");
}

static void bytes_outside_a_frame_are_shown(void **state)
{
    (void)state;
    const struct turn turns[] = {{BOARD(0x00, 'h', 'i', '"', 0x80, '\r', '\n', 0xc0, 1, 0xc0)}};
    struct link link;

    link_init(&link, turns, 1);
    assert_error(receive(&link), link.err, EG_BAD_FRAME,
                 "bytes outside a frame: 00 68 69 22 80 0d 0a c0 01 c0 (\".hi.. ...\")");
    assert_int_equal(link.slip.noise_size, 10);
    assert_error(receive(&link), link.err, EG_TIMEOUT, "no answer within 100 ms");
}

static void much_noise_is_shown_as_text_or_as_bytes(void **state)
{
    (void)state;
    const struct turn text[] = {
        {BOARD('h', 'e', 'l', 'l', 'o', ' ', 'f', 'r', 'o', 'm', ' ', 'a', 'n', ' ', 'a', 'p', 'p')}};
    const struct turn garbage[] = {
        {BOARD(0xa5, 0x0b, 0x7f, 0x90, 0xda, 0x08, 'L', '%', 'G', 0xf4, 0xa9, 0xa2, 0x95, 0x16)}};
    struct link link;

    link_init(&link, text, 1);
    assert_error(receive(&link), link.err, EG_BAD_FRAME, "bytes outside a frame: \"hello from an app\"");
    link_init(&link, garbage, 1);
    assert_error(receive(&link), link.err, EG_BAD_FRAME,
                 "bytes outside a frame: a5 0b 7f 90 da 08 4c 25 47 f4 a9 a2 ...");
}

static void only_the_newest_noise_is_kept(void **state)
{
    (void)state;
    uint8_t noise[600];
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)(i % 100);
    const struct turn turns[] = {{.reply = noise, .reply_size = sizeof noise}};
    struct link link;

    link_init(&link, turns, 1);
    link.board.read_max = 100;
    assert_int_equal(receive(&link), EG_BAD_FRAME);
    assert_int_equal(link.slip.noise_size, sizeof link.slip.noise);
    assert_memory_equal(link.slip.noise, noise + sizeof noise - sizeof link.slip.noise,
                        sizeof link.slip.noise);
}

static void a_bad_escape_is_named(void **state)
{
    (void)state;
    const struct turn turns[] = {{BOARD(0xc0, 0x05, 0xdb, 0x00)}};
    struct link link;

    link_init(&link, turns, 1);
    assert_error(receive(&link), link.err, EG_BAD_FRAME,
                 "escape 0xdb followed by 0x00 after 1 bytes: 05 00 (\"..\")");
}

static void a_frame_longer_than_the_room_is_named_and_passed_over(void **state)
{
    (void)state;
    const struct turn turns[] = {{BOARD(0xc0, 1, 2, 3, 4, 5, 0xc0)},
                                 {HOST(0xc0, 9, 0xc0), BOARD(0xc0, 6, 0xc0)}};
    struct link link;
    uint8_t small[4];

    link_init(&link, turns, 2);
    assert_error(eg_slip_receive(&link.slip, small, sizeof small, &link.size, 100, &link.err), link.err,
                 EG_BAD_FRAME, "a frame longer than 4 bytes: 01 02 03 04 05 c0 (\"......\")");
    assert_ok(eg_slip_send(&link.slip, BYTES(9), 100, &link.err), link.err);
    assert_answer(&link, BYTES(6));
}

static void speak(struct link *link, struct turn *turn, const char *text)
{
    *turn = (struct turn){.reply = (const uint8_t *)text, .reply_size = strlen(text)};
    link_init(link, turn, 1);
    link->board.read_max = 7;
}

static void a_boot_log_is_recognised_and_quoted(void **state)
{
    (void)state;
    struct link link;
    struct turn turn;

    speak(&link, &turn,
          "ESP-ROM:esp32c3-api1-20210207\r\nBuild:Feb  7 2021\r\nrst:0x1 (POWERON),boot:0xc\r\n");
    assert_error(receive(&link), link.err, EG_BOARD_RESET,
                 "the chip restarted and sent \"rst:0x1 (POWERON),boot:0xc\"");
    speak(&link, &turn, "ets Jul 29 2019 12:21:46\r\n");
    assert_error(receive(&link), link.err, EG_BOARD_RESET,
                 "the chip restarted and sent \"ets Jul 29 2019 12:21:46\"");
    speak(&link, &turn, "ESP-ROM:esp32s3-20210327\r\n");
    assert_error(receive(&link), link.err, EG_BOARD_RESET,
                 "the chip restarted and sent \"ESP-ROM:esp32s3-20210327\"");
}

static void a_crash_report_is_recognised_and_quoted(void **state)
{
    (void)state;
    struct link link;
    struct turn turn;

    speak(&link, &turn, "u Meditation Error: Core  0 panic'ed (LoadProhibited).\r\n");
    assert_error(receive(&link), link.err, EG_BOARD_RESET,
                 "the chip restarted and sent \"u Meditation Error: Core 0 panic'ed (LoadProhibited).\"");
    speak(&link, &turn, "\r\nFatal exception (28): epc1=0x40100000\r\n");
    assert_error(receive(&link), link.err, EG_BOARD_RESET,
                 "the chip restarted and sent \"Fatal exception (28): epc1=0x40100000\"");
    speak(&link, &turn, "\r\nBrownout detector was triggered\r\n\r\nets Jul 29 2019 12:21:46\r\n");
    assert_error(receive(&link), link.err, EG_BOARD_RESET,
                 "the chip restarted and sent \"Brownout detector was triggered ets Jul 29 2019 12:21:46\"");
}

static void a_boot_log_in_the_middle_of_an_answer_is_recognised(void **state)
{
    (void)state;
    struct link link;
    struct turn turn;

    speak(&link, &turn, "\xc0\x01\nrst:0xf (RTCWDT_BROWN_OUT_RESET)\r\n");
    assert_error(receive(&link), link.err, EG_BOARD_RESET,
                 "the chip restarted and sent \"rst:0xf (RTCWDT_BROWN_OUT_RESET)\"");
}

static void a_string_of_a_program_is_no_boot_log(void **state)
{
    (void)state;
    const struct turn turns[] = {{BOARD(0xc0, 'r', 's', 't', ':', '0', 'x', '%', 'x', 0x00)}};
    struct link link;

    link_init(&link, turns, 1);
    assert_error(receive(&link), link.err, EG_TIMEOUT,
                 "a frame had no end after 9 bytes and 100 ms: 72 73 74 3a 30 78 25 78 00 (\"rst:0x%x.\")");
}

static void discarding_also_drops_data_read_ahead(void **state)
{
    (void)state;
    const struct turn turns[] = {{BOARD(0xc0, 1, 0xc0, 0xc0, 2)},
                                 {HOST(0xc0, 9, 0xc0), BOARD(0xc0, 3, 0xc0)}};
    struct link link;

    link_init(&link, turns, 2);
    assert_answer(&link, BYTES(1));
    assert_ok(eg_slip_discard(&link.slip, &link.err), link.err);
    assert_ok(eg_slip_send(&link.slip, BYTES(9), 100, &link.err), link.err);
    assert_answer(&link, BYTES(3));
}

/* The trace: "> 0a c0" a frame sent, "< 08" a frame received, "? 68 69" noise. */
struct traced {
    char text[200];
};

static void note(struct traced *traced, char kind, const uint8_t *data, size_t size)
{
    size_t used = strlen(traced->text);

    used += (size_t)snprintf(traced->text + used, sizeof traced->text - used, "%c", kind);
    for (size_t i = 0; i < size; i++)
        used += (size_t)snprintf(traced->text + used, sizeof traced->text - used, " %02x", data[i]);
    snprintf(traced->text + used, sizeof traced->text - used, "\n");
}

static void trace_frame(void *context, bool sent, const uint8_t *data, size_t size)
{
    note(context, sent ? '>' : '<', data, size);
}

static void trace_noise(void *context, const uint8_t *data, size_t size)
{
    note(context, '?', data, size);
}

static void a_trace_sees_every_frame_without_its_escapes(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {HOST(0xc0, 0x0a, 0xdb, 0xdc, 0xc0), BOARD(0xc0, 0xc0, 0x08, 0xdb, 0xdd, 0xc0, 0xc0, 0x09, 0xc0)}};
    struct traced traced = {""};
    const struct eg_slip_trace trace = {trace_frame, trace_noise, &traced};
    struct link link;

    link_init(&link, turns, 1);
    link.slip.trace = &trace;
    assert_ok(eg_slip_send(&link.slip, BYTES(0x0a, 0xc0), 100, &link.err), link.err);
    assert_answer(&link, BYTES(0x08, 0xdb));
    assert_answer(&link, BYTES(0x09));
    assert_string_equal(traced.text, "> 0a c0\n< 08 db\n< 09\n");
}

static void a_trace_sees_the_noise_that_made_a_receive_fail(void **state)
{
    (void)state;
    static const struct {
        struct turn turn;
        enum eg_code code;
        const char *sentence, *traced;
    } rows[] = {
        {{.reply = (const uint8_t *)"hi", .reply_size = 2},
         EG_BAD_FRAME,
         "bytes outside a frame: 68 69 (\"hi\")",
         "? 68 69\n"},
        {{.reply = (const uint8_t *)"\xc0\x01\x02", .reply_size = 3},
         EG_TIMEOUT,
         "a frame had no end after 2 bytes and 100 ms: 01 02 (\"..\")",
         "? 01 02\n"},
        {{NULL, 0, NULL, 0}, EG_TIMEOUT, "no answer within 100 ms", ""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct traced traced = {""};
        const struct eg_slip_trace trace = {trace_frame, trace_noise, &traced};
        struct link link;

        link_init(&link, &rows[i].turn, 1);
        link.slip.trace = &trace;
        assert_error(receive(&link), link.err, rows[i].code, rows[i].sentence);
        assert_string_equal(traced.text, rows[i].traced);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_escapes_survive_the_round_trip),
        cmocka_unit_test(a_request_of_the_reference_goes_out_as_its_bytes),
        cmocka_unit_test(a_frame_of_the_largest_size_survives_the_round_trip),
        cmocka_unit_test(a_frame_that_no_loader_accepts_is_not_sent),
        cmocka_unit_test(frames_back_to_back_are_kept_apart),
        cmocka_unit_test(empty_frames_are_passed_over),
        cmocka_unit_test(a_frame_after_the_end_of_a_lost_one_is_found),
        cmocka_unit_test(a_frame_may_come_in_single_bytes),
        cmocka_unit_test(silence_is_a_timeout),
        cmocka_unit_test(a_frame_without_an_end_is_a_timeout_that_shows_its_bytes),
        cmocka_unit_test(bytes_that_drip_do_not_move_the_deadline),
        cmocka_unit_test(empty_frames_without_end_do_not_move_the_deadline),
        cmocka_unit_test(bytes_outside_a_frame_are_shown),
        cmocka_unit_test(much_noise_is_shown_as_text_or_as_bytes),
        cmocka_unit_test(only_the_newest_noise_is_kept),
        cmocka_unit_test(a_bad_escape_is_named),
        cmocka_unit_test(a_frame_longer_than_the_room_is_named_and_passed_over),
        cmocka_unit_test(a_boot_log_is_recognised_and_quoted),
        cmocka_unit_test(a_crash_report_is_recognised_and_quoted),
        cmocka_unit_test(a_boot_log_in_the_middle_of_an_answer_is_recognised),
        cmocka_unit_test(a_string_of_a_program_is_no_boot_log),
        cmocka_unit_test(discarding_also_drops_data_read_ahead),
        cmocka_unit_test(a_trace_sees_every_frame_without_its_escapes),
        cmocka_unit_test(a_trace_sees_the_noise_that_made_a_receive_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
