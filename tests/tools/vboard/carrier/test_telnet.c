/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/vboard/carrier/telnet.h"

#include "tests/fakes/check.h"

#include <stdio.h>
#include <string.h>

/* Effects of the client's bytes, in order, as text: "data 41 ff; lines 1 0; baud 921600; purge". */
struct seen {
    char events[512];
    uint8_t sent[512];
    size_t sent_size;
};

static void note(struct seen *seen, const char *text)
{
    const size_t length = strlen(seen->events);

    snprintf(seen->events + length, sizeof seen->events - length, "%s%s", length > 0 ? "; " : "", text);
}

static void on_data(void *context, const uint8_t *data, size_t size)
{
    char text[256] = "data";

    for (size_t i = 0; i < size; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), " %02x", data[i]);
    note(context, text);
}

static void on_send(void *context, const uint8_t *data, size_t size)
{
    struct seen *seen = context;

    assert_true(seen->sent_size + size <= sizeof seen->sent);
    memcpy(seen->sent + seen->sent_size, data, size);
    seen->sent_size += size;
}

static void on_set_baud(void *context, uint32_t baud)
{
    char text[32];

    snprintf(text, sizeof text, "baud %u", (unsigned)baud);
    note(context, text);
}

static void on_set_lines(void *context, bool dtr, bool rts)
{
    char text[32];

    snprintf(text, sizeof text, "lines %d %d", dtr, rts);
    note(context, text);
}

static void on_purge(void *context)
{
    note(context, "purge");
}

static const struct vb_telnet_port port = {
    .data = on_data,
    .send = on_send,
    .set_baud = on_set_baud,
    .set_lines = on_set_lines,
    .purge = on_purge,
};

/* Begin a session, and skip its offers. */
static void begin(struct vb_telnet *telnet, struct seen *seen)
{
    *seen = (struct seen){0};
    vb_telnet_init(telnet, &port, seen);
    seen->sent_size = 0;
}

static void check_sent(struct seen *seen, const uint8_t *expected, size_t size)
{
    assert_int_equal(seen->sent_size, size);
    assert_memory_equal(seen->sent, expected, size);
    seen->sent_size = 0;
}

static void check_events(struct seen *seen, const char *expected)
{
    assert_string_equal(seen->events, expected);
    seen->events[0] = '\0';
}

/* Send one request of the COM port option, and check the whole answer. */
static void check_request(uint8_t command, uint8_t value, uint8_t answer)
{
    struct vb_telnet telnet;
    struct seen seen;

    begin(&telnet, &seen);
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, command, value, 255, 240));
    check_sent(&seen, BYTES(255, 250, 44, (uint8_t)(command + 100), answer, 255, 240));
}

static void a_session_begins_with_the_offers(void **state)
{
    (void)state;
    struct vb_telnet telnet;
    struct seen seen = {0};

    vb_telnet_init(&telnet, &port, &seen);
    check_sent(&seen, BYTES(255, 251, 0, 255, 253, 0, 255, 251, 3, 255, 253, 3, 255, 253, 44));
    check_events(&seen, "");
}

static void an_agreed_offer_is_not_answered_again(void **state)
{
    (void)state;
    struct vb_telnet telnet;
    struct seen seen;

    begin(&telnet, &seen);
    /* WILL and DO of BINARY and SGA accept the offers. */
    vb_telnet_receive(&telnet, BYTES(255, 253, 0, 255, 251, 0, 255, 253, 3, 255, 251, 3));
    check_sent(&seen, NULL, 0);
}

static void a_client_that_agrees_to_the_com_port_option_is_told_the_inputs_once(void **state)
{
    (void)state;
    struct vb_telnet telnet;
    struct seen seen;

    begin(&telnet, &seen);
    vb_telnet_receive(&telnet, BYTES(255, 251, 44));
    check_sent(&seen, BYTES(255, 250, 44, 107, 0, 255, 240));
    vb_telnet_receive(&telnet, BYTES(255, 251, 44));
    check_sent(&seen, NULL, 0);
}

static void the_com_port_option_may_be_asked_of_us_too(void **state)
{
    (void)state;
    struct vb_telnet telnet;
    struct seen seen;

    begin(&telnet, &seen);
    vb_telnet_receive(&telnet, BYTES(255, 253, 44));
    check_sent(&seen, BYTES(255, 251, 44, 255, 250, 44, 107, 0, 255, 240));
    vb_telnet_receive(&telnet, BYTES(255, 253, 44));
    check_sent(&seen, NULL, 0);
}

static void echo_and_unknown_options_are_refused(void **state)
{
    (void)state;
    struct vb_telnet telnet;
    struct seen seen;

    begin(&telnet, &seen);
    vb_telnet_receive(&telnet, BYTES(255, 253, 1, 255, 251, 1, 255, 251, 24, 255, 254, 1, 255, 252, 1));
    check_sent(&seen, BYTES(255, 252, 1, 255, 254, 1, 255, 254, 24));
}

static void an_option_can_be_switched_off_and_on_again(void **state)
{
    (void)state;
    struct vb_telnet telnet;
    struct seen seen;

    begin(&telnet, &seen);
    vb_telnet_receive(&telnet, BYTES(255, 254, 0, 255, 252, 0));
    check_sent(&seen, BYTES(255, 252, 0, 255, 254, 0));
    vb_telnet_receive(&telnet, BYTES(255, 253, 0, 255, 251, 0));
    check_sent(&seen, BYTES(255, 251, 0, 255, 253, 0));
}

static void doubled_ff_is_one_byte_of_data(void **state)
{
    (void)state;
    struct vb_telnet telnet;
    struct seen seen;

    begin(&telnet, &seen);
    vb_telnet_receive(&telnet, BYTES('a', 255, 255, 0, 13, 10, 255, 255, 255, 255));
    check_events(&seen, "data 61; data ff; data 00 0d 0a; data ff; data ff");
}

static void data_for_the_client_gets_its_ff_doubled(void **state)
{
    (void)state;
    uint8_t escaped[8];

    assert_int_equal(vb_telnet_escape(escaped, BYTES(255, 'a', 255, 0)), 6);
    assert_memory_equal(escaped, ((const uint8_t[]){255, 255, 'a', 255, 255, 0}), 6);
}

static void commands_without_a_meaning_here_are_passed_over(void **state)
{
    (void)state;
    struct vb_telnet telnet;
    struct seen seen;

    begin(&telnet, &seen);
    vb_telnet_receive(&telnet, BYTES('a', 255, 241, 'b', 255, 243, 'c', 255, 246, 'd'));
    check_events(&seen, "data 61; data 62; data 63; data 64");
    check_sent(&seen, NULL, 0);
}

static void a_baud_rate_is_set_and_answered(void **state)
{
    (void)state;
    struct vb_telnet telnet;
    struct seen seen;

    begin(&telnet, &seen);
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 1, 0x00, 0x0e, 0x10, 0x00, 255, 240));
    check_events(&seen, "baud 921600");
    check_sent(&seen, BYTES(255, 250, 44, 101, 0x00, 0x0e, 0x10, 0x00, 255, 240));
}

static void a_baud_rate_with_ff_in_it_is_escaped_both_ways(void **state)
{
    (void)state;
    struct vb_telnet telnet;
    struct seen seen;

    begin(&telnet, &seen);
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 1, 0x00, 0x00, 255, 255, 0x80, 255, 240));
    check_events(&seen, "baud 65408");
    check_sent(&seen, BYTES(255, 250, 44, 101, 0x00, 0x00, 255, 255, 0x80, 255, 240));
}

static void a_baud_rate_of_zero_asks(void **state)
{
    (void)state;
    struct vb_telnet telnet;
    struct seen seen;

    begin(&telnet, &seen);
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 1, 0, 0, 0, 0, 255, 240));
    check_events(&seen, "");
    check_sent(&seen, BYTES(255, 250, 44, 101, 0x00, 0x01, 0xc2, 0x00, 255, 240));
}

static void the_format_is_8n1_whatever_is_asked(void **state)
{
    (void)state;

    check_request(2, 0, 8);
    check_request(2, 8, 8);
    check_request(2, 7, 8);
    check_request(3, 0, 1);
    check_request(3, 1, 1);
    check_request(3, 3, 1);
    check_request(4, 0, 1);
    check_request(4, 1, 1);
    check_request(4, 2, 1);
}

static void there_is_no_flow_control_and_no_break(void **state)
{
    (void)state;

    check_request(5, 0, 1);
    check_request(5, 1, 1);
    check_request(5, 2, 1);
    check_request(5, 3, 1);
    check_request(5, 4, 6);
    check_request(5, 5, 6);
    check_request(5, 6, 6);
    check_request(5, 13, 14);
    check_request(5, 14, 14);
    check_request(5, 16, 14);
    check_request(5, 17, 1);
    check_request(5, 18, 14);
    check_request(5, 19, 1);
}

static void lines_keep_each_other_and_can_be_asked(void **state)
{
    (void)state;
    struct vb_telnet telnet;
    struct seen seen;

    begin(&telnet, &seen);
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 5, 8, 255, 240, 255, 250, 44, 5, 11, 255, 240));
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 5, 9, 255, 240, 255, 250, 44, 5, 7, 255, 240));
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 5, 10, 255, 240, 255, 250, 44, 5, 12, 255, 240));
    check_events(&seen, "lines 1 0; lines 1 1; lines 0 1; lines 0 0");
    check_sent(&seen, BYTES(255, 250, 44, 105, 8, 255, 240, 255, 250, 44, 105, 11, 255, 240, 255, 250, 44,
                            105, 9, 255, 240, 255, 250, 44, 105, 9, 255, 240, 255, 250, 44, 105, 11, 255, 240,
                            255, 250, 44, 105, 12, 255, 240));
}

static void purging_input_is_done_and_every_purge_answered(void **state)
{
    (void)state;
    struct vb_telnet telnet;
    struct seen seen;

    begin(&telnet, &seen);
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 12, 1, 255, 240));
    check_events(&seen, "purge");
    check_sent(&seen, BYTES(255, 250, 44, 112, 1, 255, 240));
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 12, 2, 255, 240));
    check_events(&seen, "");
    check_sent(&seen, BYTES(255, 250, 44, 112, 2, 255, 240));
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 12, 3, 255, 240));
    check_events(&seen, "purge");
    check_sent(&seen, BYTES(255, 250, 44, 112, 3, 255, 240));
}

static void masks_are_answered_and_states_told(void **state)
{
    (void)state;
    struct vb_telnet telnet;
    struct seen seen;

    check_request(10, 0, 0);
    check_request(11, 0xf0, 0xf0);
    begin(&telnet, &seen);
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 11, 255, 255, 255, 240));
    check_sent(&seen, BYTES(255, 250, 44, 111, 255, 255, 255, 240));
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 7, 255, 240));
    check_sent(&seen, BYTES(255, 250, 44, 107, 0, 255, 240));
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 6, 255, 240));
    check_sent(&seen, BYTES(255, 250, 44, 106, 0x60, 255, 240));
}

static void a_signature_is_given_when_asked_and_taken_silently(void **state)
{
    (void)state;
    struct vb_telnet telnet;
    struct seen seen;

    begin(&telnet, &seen);
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 0, 255, 240));
    check_sent(&seen, BYTES(255, 250, 44, 100, 'v', 'b', 'o', 'a', 'r', 'd', 255, 240));
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 0, 'm', 'e', 255, 240));
    check_sent(&seen, NULL, 0);
}

static void a_client_can_suspend_and_resume(void **state)
{
    (void)state;
    struct vb_telnet telnet;
    struct seen seen;

    begin(&telnet, &seen);
    assert_false(telnet.suspended);
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 8, 255, 240));
    assert_true(telnet.suspended);
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 9, 255, 240));
    assert_false(telnet.suspended);
    check_sent(&seen, NULL, 0);
}

static void bytes_may_be_cut_anywhere(void **state)
{
    (void)state;
    const uint8_t stream[] = {'a', 255, 255, 255, 253, 44,  255, 250, 44,  1,   0,   14,  16,  0,   255,
                              240, 'b', 255, 250, 44,  1,   0,   0,   255, 255, 0,   255, 240, 255, 250,
                              44,  5,   8,   255, 240, 255, 250, 44,  12,  1,   255, 240, 'c'};
    struct vb_telnet telnet;
    struct seen seen;

    begin(&telnet, &seen);
    for (size_t i = 0; i < sizeof stream; i++)
        vb_telnet_receive(&telnet, &stream[i], 1);
    check_events(&seen, "data 61; data ff; baud 921600; data 62; baud 65280; lines 1 0; purge; data 63");
    check_sent(&seen, BYTES(255, 251, 44, 255, 250, 44, 107, 0, 255, 240, 255, 250, 44, 101, 0, 14, 16, 0,
                            255, 240, 255, 250, 44, 101, 0, 0, 255, 255, 0, 255, 240, 255, 250, 44, 105, 8,
                            255, 240, 255, 250, 44, 112, 1, 255, 240));
}

static void malformed_requests_are_passed_over(void **state)
{
    (void)state;
    struct vb_telnet telnet;
    struct seen seen;

    begin(&telnet, &seen);
    vb_telnet_receive(&telnet, BYTES(255, 250, 255, 240));                   /* empty */
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 255, 240));               /* no command */
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 1, 0, 14, 16, 255, 240)); /* three bytes of a rate */
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 5, 255, 240));            /* no value */
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 77, 1, 255, 240));        /* no such command */
    vb_telnet_receive(&telnet, BYTES(255, 250, 24, 1, 255, 240));            /* another option */
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 5));                      /* too long by far */
    for (unsigned i = 0; i < 1000; i++)
        vb_telnet_receive(&telnet, BYTES(8));
    vb_telnet_receive(&telnet, BYTES(255, 240, 'z'));
    check_events(&seen, "data 7a");
    check_sent(&seen, NULL, 0);
}

static void a_request_without_its_end_does_not_eat_the_next(void **state)
{
    (void)state;
    struct vb_telnet telnet;
    struct seen seen;

    begin(&telnet, &seen);
    vb_telnet_receive(&telnet, BYTES(255, 250, 44, 5, 255, 250, 44, 5, 8, 255, 240, 'z'));
    check_events(&seen, "lines 1 0; data 7a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_begins_with_the_offers),
        cmocka_unit_test(an_agreed_offer_is_not_answered_again),
        cmocka_unit_test(a_client_that_agrees_to_the_com_port_option_is_told_the_inputs_once),
        cmocka_unit_test(the_com_port_option_may_be_asked_of_us_too),
        cmocka_unit_test(echo_and_unknown_options_are_refused),
        cmocka_unit_test(an_option_can_be_switched_off_and_on_again),
        cmocka_unit_test(doubled_ff_is_one_byte_of_data),
        cmocka_unit_test(data_for_the_client_gets_its_ff_doubled),
        cmocka_unit_test(commands_without_a_meaning_here_are_passed_over),
        cmocka_unit_test(a_baud_rate_is_set_and_answered),
        cmocka_unit_test(a_baud_rate_with_ff_in_it_is_escaped_both_ways),
        cmocka_unit_test(a_baud_rate_of_zero_asks),
        cmocka_unit_test(the_format_is_8n1_whatever_is_asked),
        cmocka_unit_test(there_is_no_flow_control_and_no_break),
        cmocka_unit_test(lines_keep_each_other_and_can_be_asked),
        cmocka_unit_test(purging_input_is_done_and_every_purge_answered),
        cmocka_unit_test(masks_are_answered_and_states_told),
        cmocka_unit_test(a_signature_is_given_when_asked_and_taken_silently),
        cmocka_unit_test(a_client_can_suspend_and_resume),
        cmocka_unit_test(bytes_may_be_cut_anywhere),
        cmocka_unit_test(malformed_requests_are_passed_over),
        cmocka_unit_test(a_request_without_its_end_does_not_eat_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
