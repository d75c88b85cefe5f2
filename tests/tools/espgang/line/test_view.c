/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/view.h"
#include "tests/fakes/check.h"

#include <string.h>

static const struct eg_target target = {.label = "ESP32"};
static const struct eg_plan plan = {.job_name = "climate-node", .job_version = "1.4.0", .target = &target};
static const struct eg_slot slots[] = {{.name = "A1", .url = "sim://1"}, {.name = "A2", .url = "sim://2"}};

static const struct cli_moment start = {5000, 1700000000};

static struct cli_moment after_ms(uint64_t ms)
{
    return (struct cli_moment){start.ms + ms, start.at + (time_t)(ms / 1000)};
}

static int begin(void **state)
{
    static struct cli_view view;
    struct eg_error err;

    if (cli_view_init(&view, &plan, slots, 2, &err) != EG_OK)
        return -1;
    *state = &view;
    return 0;
}

static int end(void **state)
{
    cli_view_finish(*state);
    return 0;
}

static struct eg_log_record record_of(enum eg_log_kind kind, const char *slot)
{
    return (struct eg_log_record){.kind = kind,
                                  .level = EG_NORMAL,
                                  .origin = {slot, "sim://1", "02:00:00:00:00:01"},
                                  .text = "",
                                  .stage = "",
                                  .outcome = "",
                                  .attempt = 1};
}

static void stage(struct cli_view *view, const char *slot, const char *name, struct cli_moment now)
{
    struct eg_log_record record = record_of(EG_LOG_STAGE_BEGIN, slot);

    record.stage = name;
    cli_view_take(view, &record, now);
}

static void outcome(struct cli_view *view, const char *slot, enum eg_outcome ended, enum eg_code code,
                    const char *text, struct cli_moment now)
{
    struct eg_log_record record = record_of(EG_LOG_OUTCOME, slot);

    record.outcome = eg_outcome_name(ended);
    record.code = code;
    record.text = text;
    record.duration_ms = 7000;
    cli_view_take(view, &record, now);
}

static void end_of_stage(struct cli_view *view, const char *name, uint64_t duration_ms, const char *text)
{
    struct eg_log_record record = record_of(EG_LOG_STAGE_END, "A1");

    record.stage = name;
    record.duration_ms = duration_ms;
    record.text = text;
    cli_view_take(view, &record, start);
}

static void the_slowest_stage_of_a_board_is_kept_with_its_reason(void **state)
{
    struct cli_view *const view = *state;
    const struct cli_view_slot *const slot = &view->slots[0];

    stage(view, "A1", "stub", start);
    end_of_stage(view, "stub", 120, "");
    assert_string_equal(slot->slowest, "stub 0.12 s");
    end_of_stage(view, "write", 6610, "wire 6.49 s, limited by rate");
    end_of_stage(view, "verify", 1290, "limited by digest");
    assert_string_equal(slot->slowest, "write 6.61 s, wire 6.49 s, limited by rate");
    assert_int_equal(slot->log_count, 3);
    assert_string_equal(cli_view_log_line(slot, 2)->text, "verify 1.29 s, limited by digest");
    outcome(view, "A1", EG_PASS, EG_OK, "", after_ms(7000));
    stage(view, "A1", "connect", after_ms(9000));
    assert_string_equal(slot->slowest, "");
}

static void a_slot_goes_from_empty_to_work_to_done_and_back(void **state)
{
    struct cli_view *const view = *state;
    const struct eg_log_record gone = record_of(EG_LOG_UNPLUGGED, "A1");
    struct cli_view_slot *const slot = &view->slots[0];

    assert_int_equal(slot->state, CLI_SLOT_EMPTY);
    stage(view, "A1", "connect", start);
    assert_int_equal(slot->state, CLI_SLOT_AT_WORK);
    assert_string_equal(slot->stage, "connect");
    assert_string_equal(slot->mac, "02:00:00:00:00:01");
    assert_int_equal(slot->begun_ms, start.ms);
    outcome(view, "A1", EG_FAIL, EG_STUCK_BITS, "verify: bit 3 stays 1", after_ms(7000));
    assert_int_equal(slot->state, CLI_SLOT_DONE);
    assert_int_equal(slot->outcome, EG_FAIL);
    assert_string_equal(slot->text, "verify: bit 3 stays 1");
    assert_int_equal(slot->duration_ms, 7000);
    cli_view_take(view, &gone, after_ms(9000));
    assert_int_equal(slot->state, CLI_SLOT_EMPTY);
    assert_string_equal(slot->mac, "");
    assert_int_equal(slot->runs, 1);
    assert_int_equal(view->slots[1].state, CLI_SLOT_EMPTY);
}

static void a_slot_that_is_disabled_is_off_once_its_board_is_gone(void **state)
{
    struct cli_view *const view = *state;
    const struct eg_log_record gone = record_of(EG_LOG_UNPLUGGED, "A1");

    stage(view, "A1", "connect", start);
    outcome(view, "A1", EG_FAIL, EG_VERIFY_MISMATCH, "stuck", after_ms(7000));
    cli_view_disable(view, "A1");
    assert_int_equal(view->slots[0].state, CLI_SLOT_DONE);
    cli_view_take(view, &gone, after_ms(8000));
    assert_int_equal(view->slots[0].state, CLI_SLOT_OFF);
    assert_int_equal(view->slots[1].state, CLI_SLOT_EMPTY);
}

static void further_jobs_and_their_chips_are_named(void **state)
{
    static const struct eg_target other = {.label = "ESP32-C3"};
    struct cli_view *const view = *state;

    cli_view_add_job(view, &(struct eg_plan){.job_name = "hub", .target = &other});
    assert_string_equal(view->title, "climate-node 1.4.0, hub");
    assert_string_equal(view->chip, "ESP32, ESP32-C3");
}

static void progress_is_of_all_stages_and_has_the_rate_of_the_data(void **state)
{
    struct cli_view *const view = *state;
    struct eg_log_record record = record_of(EG_LOG_PROGRESS, "A1");

    stage(view, "A1", "write", start);
    const unsigned before = view->slots[0].percent;
    record.stage = "write";
    record.text = "app";
    record.total = 1000000;
    cli_view_take(view, &record, start);
    record.done = 500000;
    cli_view_take(view, &record, after_ms(1000));
    assert_true(view->slots[0].percent > before);
    assert_int_equal(view->slots[0].rate, 500000);
    assert_string_equal(view->slots[0].what, "app");
    stage(view, "A1", "after-board", after_ms(1000));
    assert_true(view->slots[0].percent > before);
    assert_int_equal(view->slots[0].rate, 0);
}

static void failures_are_kept_newest_first_and_only_so_many(void **state)
{
    struct cli_view *const view = *state;

    for (unsigned i = 0; i < CLI_VIEW_FAILURES + 3; i++) {
        char text[32];
        snprintf(text, sizeof text, "failure %u", i);
        outcome(view, i % 2 == 0 ? "A1" : "A2", EG_ERROR, EG_NO_SYNC, text, after_ms(i * 1000));
    }
    outcome(view, "A1", EG_PASS, EG_OK, "", after_ms(99000));
    assert_int_equal(view->failure_count, CLI_VIEW_FAILURES);
    assert_string_equal(cli_view_failure(view, 0)->text, "failure 34");
    assert_string_equal(cli_view_failure(view, 0)->slot, "A1");
    assert_string_equal(cli_view_failure(view, CLI_VIEW_FAILURES - 1)->text, "failure 3");
}

static void a_round_rings_once_however_many_fail(void **state)
{
    struct cli_view *const view = *state;
    const struct eg_log_record gone[] = {record_of(EG_LOG_UNPLUGGED, "A1"),
                                         record_of(EG_LOG_UNPLUGGED, "A2")};

    outcome(view, "A1", EG_ERROR, EG_NO_SYNC, "no answer", start);
    assert_int_equal(view->failed_rounds, 0);
    outcome(view, "A1", EG_FAIL, EG_STUCK_BITS, "a bit", start);
    outcome(view, "A2", EG_FAIL, EG_STUCK_BITS, "a bit", start);
    assert_int_equal(view->failed_rounds, 1);
    cli_view_take(view, &gone[0], start);
    cli_view_take(view, &gone[1], start);
    outcome(view, "A2", EG_FAIL, EG_STUCK_BITS, "a bit", start);
    assert_int_equal(view->failed_rounds, 2);
}

static void a_pass_that_is_taken_back_is_counted_once(void **state)
{
    struct cli_view *const view = *state;
    struct eg_log_record back = record_of(EG_LOG_OUTCOME, "A1");

    outcome(view, "A1", EG_PASS, EG_OK, "", start);
    back.outcome = "fail";
    back.code = EG_DUPLICATE_MAC;
    back.text = "two boards";
    back.attempt = 0;
    cli_view_take(view, &back, start);
    assert_int_equal(view->ended, 1);
    assert_int_equal(view->passed, 0);
    assert_int_equal(view->slots[0].outcome, EG_FAIL);
    assert_int_equal(view->slots[0].passed, 0);
}

static void yield_rate_and_time_left_come_from_the_ledger_and_the_last_hour(void **state)
{
    struct cli_view *const view = *state;

    assert_int_equal(cli_view_yield(view), -1);
    assert_int_equal(cli_view_rate(view, start.ms), 0);
    assert_int_equal(cli_view_minutes_left(view, start.ms), -1);
    for (unsigned minute = 0; minute < 200; minute++)
        outcome(view, "A1", EG_PASS, EG_OK, "", after_ms(minute * 60000));
    const uint64_t now_ms = after_ms(199 * 60000 + 30000).ms;
    assert_in_range(cli_view_rate(view, now_ms), 59, 61);
    assert_true(view->stale);
    cli_view_set_batch(view, &(struct eg_batch){.name = "48", .units = 348, .passed = 320, .marginal = 7});
    view->target = 500;
    assert_int_equal(cli_view_yield(view), 940);
    assert_in_range(cli_view_minutes_left(view, now_ms), 170, 176);
    assert_int_equal(cli_view_rate(view, now_ms + 3 * 3600000), 0);
}

static void names_and_sentences_with_control_characters_become_harmless(void **state)
{
    struct cli_view *const view = *state;

    outcome(view, "\033[2J\r\n\302\233A3", EG_FAIL, EG_STUCK_BITS, "bad \033]0;owned\007", start);
    assert_int_equal(view->slot_count, 3);
    assert_string_equal(view->slots[2].shown, "?[2J???A3");
    assert_string_equal(view->slots[2].text, "bad ?]0;owned?");
    assert_int_equal(cli_view_find(view, "\033[2J\r\n\302\233A3"), 2);
}

static void a_slot_keeps_the_last_lines_of_its_log(void **state)
{
    struct cli_view *const view = *state;
    struct eg_log_record record = record_of(EG_LOG_NOTE, "A1");
    char text[32];

    record.text = text;
    for (unsigned i = 0; i < CLI_VIEW_LOG + 5; i++) {
        snprintf(text, sizeof text, "line %u", i);
        cli_view_take(view, &record, start);
    }
    assert_int_equal(view->slots[0].log_count, CLI_VIEW_LOG);
    assert_string_equal(cli_view_log_line(&view->slots[0], 0)->text, "note: line 5");
    assert_string_equal(cli_view_log_line(&view->slots[0], CLI_VIEW_LOG - 1)->text, "note: line 68");
    record.origin.slot = "";
    cli_view_take(view, &record, start);
    assert_string_equal(view->message, "note: line 68");
}

static void a_run_has_its_number_and_label_until_the_board_is_gone(void **state)
{
    struct cli_view *const view = *state;
    const struct eg_log_record gone = record_of(EG_LOG_UNPLUGGED, "A1");
    struct cli_view_slot *const slot = &view->slots[0];

    cli_view_run_begun(view, "A1", 12, "LABEL");
    assert_int_equal(slot->state, CLI_SLOT_AT_WORK);
    stage(view, "A1", "connect", start);
    cli_view_serial(view, "A1", "SERIAL");
    outcome(view, "A1", EG_FAIL, EG_STUCK_BITS, "", start);
    assert_int_equal(slot->run, 12);
    assert_string_equal(slot->label, "SERIAL");
    assert_int_equal(cli_view_failure(view, 0)->run, 12);
    cli_view_take(view, &gone, start);
    assert_int_equal(slot->run, 0);
}

static void every_verdict_says_what_to_do(void **state)
{
    (void)state;
    assert_string_equal(cli_verdict_word(cli_verdict_of(EG_PASS_MARGINAL)), "CHECK");
    assert_string_equal(cli_advice(EG_PASS_MARGINAL, EG_OK), "");
    assert_string_equal(cli_advice(EG_FAIL, EG_STUCK_BITS), "red box");
    assert_string_equal(cli_advice(EG_FAIL, EG_WRONG_CHIP), "wrong board");
    assert_string_equal(cli_advice(EG_ERROR, EG_NO_SYNC), "clean the needles, insert again");
    assert_string_equal(cli_advice(EG_ERROR, EG_LEDGER), "call the engineer");
    assert_string_equal(cli_advice(EG_ABORTED, EG_CANCELLED), "insert again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_slowest_stage_of_a_board_is_kept_with_its_reason, begin, end),
        cmocka_unit_test_setup_teardown(a_slot_goes_from_empty_to_work_to_done_and_back, begin, end),
        cmocka_unit_test_setup_teardown(a_slot_that_is_disabled_is_off_once_its_board_is_gone, begin, end),
        cmocka_unit_test_setup_teardown(further_jobs_and_their_chips_are_named, begin, end),
        cmocka_unit_test_setup_teardown(progress_is_of_all_stages_and_has_the_rate_of_the_data, begin, end),
        cmocka_unit_test_setup_teardown(failures_are_kept_newest_first_and_only_so_many, begin, end),
        cmocka_unit_test_setup_teardown(a_round_rings_once_however_many_fail, begin, end),
        cmocka_unit_test_setup_teardown(a_pass_that_is_taken_back_is_counted_once, begin, end),
        cmocka_unit_test_setup_teardown(yield_rate_and_time_left_come_from_the_ledger_and_the_last_hour,
                                        begin, end),
        cmocka_unit_test_setup_teardown(names_and_sentences_with_control_characters_become_harmless, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_slot_keeps_the_last_lines_of_its_log, begin, end),
        cmocka_unit_test_setup_teardown(a_run_has_its_number_and_label_until_the_board_is_gone, begin, end),
        cmocka_unit_test(every_verdict_says_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
