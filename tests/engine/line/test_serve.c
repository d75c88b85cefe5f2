/* SPDX-License-Identifier: Apache-2.0 */

/* Lines whose boards are started by a trigger. */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include "engine/line/trigger.h"

#include <stdatomic.h>
#include <string.h>

/* Trigger that starts each slot a number of times, and ends the line when all results are told. */
struct finger {
    struct fake_line *line;
    unsigned gos[FAKE_LINE_MAX], wanted;
    atomic_uint told;
    unsigned ended;
    bool fails, in_turn; /* the second slot waits for the first result */
    unsigned extra;      /* results in addition to one per start */
    atomic_uint results;
    atomic_bool withdraws;
    struct eg_cancel *stops; /* cancelled when the first board begins */
};

static unsigned index_of(const struct eg_slot *slot)
{
    return (unsigned)(slot->name[0] - '1');
}

static enum eg_code wait_for_go(void *context, const struct eg_slot *slot, char label[EG_LABEL_TEXT],
                                const struct eg_cancel *cancel, struct eg_error *err)
{
    struct finger *finger = context;

    if (finger->fails) {
        finger->fails = false;
        return eg_error_set(err, EG_PROGRAM_FAILED, "no fixture");
    }
    while (finger->gos[index_of(slot)] == finger->wanted ||
           (finger->in_turn && index_of(slot) == 1 && finger->results == 0))
        EG_TRY(eg_sleep_ms(cancel, 10, err));
    snprintf(label, EG_LABEL_TEXT, "SN-%s-%u", slot->name, ++finger->gos[index_of(slot)]);
    return EG_OK;
}

static enum eg_code take_outcome(void *context, const struct eg_slot *slot, const struct eg_result *result,
                                 const struct eg_cancel *cancel, struct eg_error *err)
{
    struct finger *finger = context;

    (void)cancel;
    (void)err;
    assert_string_equal(result->slot, slot->name);
    atomic_fetch_add(&finger->told, 1);
    return EG_OK;
}

static void ended(void *context, const struct eg_result *result)
{
    struct finger *finger = context;

    (void)result;
    atomic_fetch_add(&finger->results, 1);
    if (++finger->ended == finger->wanted * finger->line->station.slot_count + finger->extra)
        eg_cancel_request(&finger->line->cancel);
}

static void serve(struct finger *finger, bool tells)
{
    const struct eg_trigger trigger = {wait_for_go, tells ? take_outcome : NULL, finger};
    struct eg_error err;

    assert_ok(eg_station_serve(&finger->line->station, &trigger, &finger->line->cancel, ended, finger, &err),
              err);
}

static void every_go_is_a_run_with_its_label(void **state)
{
    struct finger finger = {.line = *state, .wanted = 2};

    fake_line_plug(finger.line, &(struct vb_config){.fast = true}, 2, NO_FAULTS);
    serve(&finger, true);
    assert_int_equal(finger.line->recorder.run_count, 4);
    assert_int_equal(finger.told, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(finger.line->recorder.runs[i].record.outcome, EG_PASS);
    assert_non_null(strstr(finger.line->recorder.transcript, "unplugged 1\n"));
}

static void without_an_end_of_its_own_a_board_is_shown_until_the_next_one(void **state)
{
    struct finger finger = {.line = *state, .wanted = 2};

    fake_line_plug(finger.line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    serve(&finger, false);
    const char *const first = strstr(finger.line->recorder.transcript, "unplugged 1\n");
    assert_non_null(first);
    assert_null(strstr(first + 1, "unplugged"));
    assert_int_equal(finger.line->recorder.run_count, 2);
}

static void of_two_boards_with_one_mac_the_green_one_is_withdrawn(void **state)
{
    struct finger finger = {.line = *state, .wanted = 1, .in_turn = true, .extra = 1};

    fake_line_plug(finger.line, &(struct vb_config){.fast = true}, 2, FAULTS("2:mac=1"));
    serve(&finger, false);
    const struct fake_run *const runs = finger.line->recorder.runs;
    assert_int_equal(finger.line->recorder.run_count, 3);
    assert_int_equal(runs[0].record.outcome, EG_PASS);
    for (unsigned i = 1; i < 3; i++)
        assert_string_equal(eg_code_name(runs[i].record.code), "duplicate-mac");
    assert_string_not_equal(runs[1].slot, runs[2].slot);
}

static void a_trigger_that_fails_is_a_warning_and_is_asked_again(void **state)
{
    struct finger finger = {.line = *state, .wanted = 1, .fails = true};

    fake_line_plug(finger.line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    serve(&finger, true);
    assert_non_null(strstr(finger.line->recorder.transcript, "warning no fixture\n"));
    assert_int_equal(finger.line->recorder.run_count, 1);
}

static void end_line(void *context, const struct eg_log_record *record)
{
    struct finger *finger = context;

    if (record->kind == EG_LOG_STAGE_BEGIN && strcmp(record->stage, "write") == 0)
        eg_cancel_request(finger->stops);
}

static void a_line_that_ends_finishes_the_board_that_is_in_progress(void **state)
{
    struct eg_cancel ending = {.requested = false};
    struct finger finger = {.line = *state, .wanted = 100, .stops = &ending};

    finger.line->recorder.at_log = end_line;
    finger.line->recorder.context = &finger;
    fake_line_plug(finger.line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    finger.line->station.ending = &ending;
    serve(&finger, true);
    assert_int_equal(finger.line->recorder.run_count, 1);
    assert_int_equal(fake_recorder_run(&finger.line->recorder, "1")->record.outcome, EG_PASS);
}

/* Admit one board at a time, and none in slot 2. */
static bool one_in_slot_1(void *context, const struct eg_slot *slot, unsigned running)
{
    unsigned *const most = context;

    if (running > *most)
        *most = running;
    return running == 0 && strcmp(slot->name, "2") != 0;
}

static void a_board_that_may_not_begin_waits_and_is_not_begun_when_the_line_ends(void **state)
{
    struct finger finger = {.line = *state, .wanted = 1};
    unsigned most = 0;

    fake_line_plug(finger.line, &(struct vb_config){.fast = true}, 3, NO_FAULTS);
    finger.line->station.may_begin = one_in_slot_1;
    finger.line->station.may_begin_context = &most;
    finger.ended = 1; /* slot 2's never comes */
    serve(&finger, true);
    assert_int_equal(finger.line->recorder.run_count, 2);
    assert_null(strstr(finger.line->recorder.transcript, "begin 2\n"));
    assert_int_equal(most, 1);
}

/* Let no board begin, and end the line a while after the first question. */
struct refusal {
    struct eg_cancel *cancel;
    uint64_t end_ms;
    unsigned asked;
};

static bool never_begin(void *context, const struct eg_slot *slot, unsigned running)
{
    struct refusal *const refusal = context;

    (void)slot;
    (void)running;
    if (refusal->asked++ == 0)
        refusal->end_ms = eg_clock_ms() + 300;
    else if (eg_clock_left_ms(refusal->end_ms) == 0)
        eg_cancel_request(refusal->cancel);
    return false;
}

static void a_line_whose_boards_all_wait_looks_at_them_now_and_then(void **state)
{
    struct finger finger = {.line = *state, .wanted = 1};
    struct refusal refusal = {.cancel = &finger.line->cancel};

    fake_line_plug(finger.line, &(struct vb_config){.fast = true}, 2, NO_FAULTS);
    finger.line->station.may_begin = never_begin;
    finger.line->station.may_begin_context = &refusal;
    serve(&finger, true);
    assert_int_equal(finger.line->recorder.run_count, 0);
    assert_in_range(refusal.asked, 2, 100);
}

static void end_after_first(void *context, const struct eg_log_record *record)
{
    struct finger *finger = context;

    if (record->kind == EG_LOG_OUTCOME)
        eg_cancel_request(finger->stops);
}

static void boards_that_wait_for_their_turn_are_not_begun_when_the_line_ends(void **state)
{
    struct eg_cancel ending = {.requested = false};
    struct finger finger = {.line = *state, .wanted = 100, .stops = &ending};

    finger.line->recorder.at_log = end_after_first;
    finger.line->recorder.context = &finger;
    fake_line_plug(finger.line, &(struct vb_config){.fast = true}, 3, NO_FAULTS);
    finger.line->station.ending = &ending;
    finger.line->station.turns.at_once = 1;
    serve(&finger, true);
    assert_int_equal(finger.line->recorder.run_count, 1);
    assert_int_equal(finger.line->recorder.runs[0].record.outcome, EG_PASS);
}

static void each_slot_has_its_turn(void **state)
{
    struct finger finger = {.line = *state, .wanted = 3};

    fake_line_plug(finger.line, &(struct vb_config){.fast = true}, 3, NO_FAULTS);
    finger.line->station.turns.at_once = 1;
    serve(&finger, true);
    assert_int_equal(finger.line->recorder.run_count, 9);
}

/* Let the second board of slot 1 begin while the pass of the first is being taken back. */
static void let_begin(void *context, const struct eg_log_record *record)
{
    struct finger *const finger = context;
    struct eg_error ignored;

    if (record->kind != EG_LOG_OUTCOME || strcmp(record->origin.slot, "1") != 0 ||
        record->code != EG_DUPLICATE_MAC)
        return;
    atomic_store(&finger->withdraws, true);
    (void)!eg_sleep_ms(NULL, 300, &ignored);
}

static bool once_or_while_withdrawing(void *context, const struct eg_slot *slot, unsigned running)
{
    struct finger *const finger = context;

    (void)running;
    return index_of(slot) == 1 || finger->gos[0] == 1 || finger->withdraws;
}

static void the_next_board_begins_after_the_pass_was_taken_back(void **state)
{
    struct finger finger = {.line = *state, .wanted = 2};

    finger.gos[1] = 1;
    finger.in_turn = true;
    fake_line_plug(finger.line, &(struct vb_config){.fast = true}, 2, FAULTS("2:mac=1"));
    finger.line->recorder.at_log = let_begin;
    finger.line->recorder.context = &finger;
    finger.line->station.may_begin = once_or_while_withdrawing;
    finger.line->station.may_begin_context = &finger;
    serve(&finger, false);
    const struct fake_run *const runs = finger.line->recorder.runs;
    assert_int_equal(finger.line->recorder.run_count, 4);
    assert_string_equal(runs[2].slot, "1");
    assert_string_equal(eg_code_name(runs[2].record.code), "duplicate-mac");
    assert_string_equal(runs[3].slot, "1");
    assert_int_equal(runs[3].record.outcome, EG_PASS);
    const char *const back = strstr(finger.line->recorder.transcript, "outcome fail the board in slot 2");
    assert_non_null(back);
    assert_non_null(strstr(back, "begin 1\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_go_is_a_run_with_its_label),
        TEST(without_an_end_of_its_own_a_board_is_shown_until_the_next_one),
        TEST(of_two_boards_with_one_mac_the_green_one_is_withdrawn),
        TEST(a_line_whose_boards_all_wait_looks_at_them_now_and_then),
        TEST(boards_that_wait_for_their_turn_are_not_begun_when_the_line_ends),
        TEST(each_slot_has_its_turn),
        TEST(the_next_board_begins_after_the_pass_was_taken_back),
        TEST(a_trigger_that_fails_is_a_warning_and_is_asked_again),
        TEST(a_board_that_may_not_begin_waits_and_is_not_begun_when_the_line_ends),
        TEST(a_line_that_ends_finishes_the_board_that_is_in_progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
