/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/link/reset.h"
#include "tests/engine/loader/talk.h"

static void a_local_port_is_reset_with_both_lines_at_once(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_sync(&talk, 0x20120707);
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_DEFAULT_RESET, 115200, 1, &err), err);
    assert_string_equal(script.events, "X D0R0 D1R1 D0R1 D1R0 D0R0 D0R0 X");
}

static void a_remote_port_is_reset_by_steps_that_may_be_slow(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_sync(&talk, 0x20120707);
    talk_begin(&talk, &script, &loader, NULL, false);
    script.port.remote = true;
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_DEFAULT_RESET, 115200, 1, &err), err);
    assert_string_equal(script.events, "X D0R0 D0R1 D1R0 D0R0 X");
}

static void usb_serial_jtag_has_its_own_reset(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_sync(&talk, 0x20120707);
    talk_begin(&talk, &script, &loader, NULL, false);
    script.port.vid = 0x303a;
    script.port.pid = 0x1001;
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_DEFAULT_RESET, 115200, 1, &err), err);
    assert_string_equal(script.events, "X D0R0 D0R0 D1R0 D1R0 D1R1 D0R1 D0R1 D0R1 D0R0 X");
}

static void a_sequence_of_ones_own_is_the_only_one(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_attempt(&talk, "");
    talk_sync(&talk, 0x20120707);
    talk_begin(&talk, &script, &loader, NULL, false);
    script.port.pid = 0x1001; /* even there */
    strcpy(loader.settings.custom_reset_sequence, "D0|R1|W0.01|U1,0|D0");
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_USB_RESET, 115200, 2, &err), err);
    assert_string_equal(script.events, "X D0R0 D0R1 D1R0 D0R0 X X X X X X D0R0 D0R1 D1R0 D0R0 X");
    talk_end(&script);
}

static void a_sequence_with_a_word_that_is_none_touches_nothing(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, NULL, false);
    strcpy(loader.settings.custom_reset_sequence, "D0|Q");
    assert_error(
        eg_loader_connect(&loader, EG_BEFORE_DEFAULT_RESET, 115200, 7, &err), err, EG_BAD_JOB,
        "reset sequence \"D0|Q\": unknown word \"Q\"; use D0, D1, R0, R1, U<dtr>,<rts> or W<seconds>");
    assert_string_equal(script.events, "X");
    talk_end(&script);
}

/*
 * Check the sequence that each of four attempts begins with: t = both lines at once, c = one after the other.
 */
static void assert_sequences(uint32_t delay_ms, const char *expected)
{
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    char seen[5] = "";

    for (unsigned i = 0; i < 4; i++)
        talk_attempt(&talk, "");
    talk_begin(&talk, &script, &loader, NULL, false);
    loader.settings.reset_delay_ms = delay_ms;
    assert_error(eg_loader_connect(&loader, EG_BEFORE_DEFAULT_RESET, 115200, 4, &err), err, EG_NO_SYNC,
                 "no answer in 4 attempts: check power, cable and the seat of the board");
    for (const char *at = script.events; (at = strstr(at, "X D0R0 ")) != NULL && strlen(seen) < 4; at++)
        strcat(seen, strncmp(at + 7, "D1R1", 4) == 0 ? "t" : "c");
    assert_string_equal(seen, expected);
}

static void sequences_take_turns_with_a_short_and_a_long_hold(void **state)
{
    (void)state;
    assert_sequences(0, "ttcc");
}

static uint32_t low_ms_after(unsigned failures, enum eg_before before, const char *custom, int attempts)
{
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    for (unsigned i = 0; i < failures; i++)
        talk_attempt(&talk, "");
    talk_sync(&talk, 0x20120707);
    talk_begin(&talk, &script, &loader, NULL, false);
    snprintf(loader.settings.custom_reset_sequence, sizeof loader.settings.custom_reset_sequence, "%s",
             custom);
    assert_ok(eg_loader_connect(&loader, before, 115200, attempts, &err), err);
    return loader.en_low_ms;
}

static void only_the_first_of_several_attempts_pulls_en_for_a_short_time(void **state)
{
    (void)state;
    assert_int_equal(low_ms_after(0, EG_BEFORE_DEFAULT_RESET, "", 2), EG_RESET_LOW_SHORT_MS);
    assert_int_equal(low_ms_after(1, EG_BEFORE_DEFAULT_RESET, "", 2), EG_RESET_LOW_MS);
    assert_int_equal(low_ms_after(0, EG_BEFORE_DEFAULT_RESET, "", 1), EG_RESET_LOW_MS);
    assert_int_equal(low_ms_after(0, EG_BEFORE_DEFAULT_RESET, "R1|R0", 2), EG_RESET_LOW_MS);
    assert_int_equal(low_ms_after(0, EG_BEFORE_NO_RESET, "", 2), 0);
}

static void a_stub_that_answers_after_a_short_reset_is_reset_again(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_sync(&talk, 0);
    talk_sync(&talk, 0x20120707);
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_DEFAULT_RESET, 115200, 2, &err), err);
    assert_false(loader.stub);
    assert_int_equal(loader.en_low_ms, EG_RESET_LOW_MS);
    talk_end(&script);
}

static void a_hold_of_ones_own_replaces_both(void **state)
{
    (void)state;
    assert_sequences(1, "tctc");
}

static void attempts_may_go_on_for_ever(void **state)
{
    (void)state;
    static const int for_ever[] = {0, -1};

    for (size_t n = 0; n < 2; n++) {
        struct talk talk = {.status_size = 4};
        struct scripted_port script;
        struct eg_loader loader;
        struct eg_error err;

        for (unsigned i = 0; i < 9; i++)
            talk_attempt(&talk, "");
        talk_sync(&talk, 0x20120707);
        talk_begin(&talk, &script, &loader, NULL, false);
        assert_ok(eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, for_ever[n], &err), err);
        assert_int_equal(loader.syncs, 46);
        talk_end(&script);
    }
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_local_port_is_reset_with_both_lines_at_once),
        cmocka_unit_test(a_remote_port_is_reset_by_steps_that_may_be_slow),
        cmocka_unit_test(usb_serial_jtag_has_its_own_reset),
        cmocka_unit_test(a_sequence_of_ones_own_is_the_only_one),
        cmocka_unit_test(a_sequence_with_a_word_that_is_none_touches_nothing),
        cmocka_unit_test(sequences_take_turns_with_a_short_and_a_long_hold),
        cmocka_unit_test(only_the_first_of_several_attempts_pulls_en_for_a_short_time),
        cmocka_unit_test(a_stub_that_answers_after_a_short_reset_is_reset_again),
        cmocka_unit_test(a_hold_of_ones_own_replaces_both),
        cmocka_unit_test(attempts_may_go_on_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
