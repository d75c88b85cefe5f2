/* SPDX-License-Identifier: Apache-2.0 */

/* Boards that come and go. */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"
#include "tools/vboard/hands.h"

#include <string.h>

/*
 * A hand that plugs and unplugs: the result of a scan depends on how many runs have ended and how many scans
 * ago.
 */
struct hand {
    struct fake_line *line;
    unsigned wanted; /* number of runs after which the line is cancelled */
    unsigned away;   /* number of scans without the board after each run */
    unsigned ended, scans;
    enum eg_code fail; /* of the second scan */
    unsigned all_scans, after;
    bool second_later;  /* the board in the second slot comes when the first has its result */
    const char *serial; /* USB device present after the first run, as another insertion; NULL = none */
    char results[200];
};

static enum eg_code scan(void *context, const struct eg_slot **slots, unsigned *count, struct eg_error *err)
{
    struct hand *hand = context;

    hand->scans++;
    if (++hand->all_scans == 2 && hand->fail != EG_OK)
        return eg_error_set(err, hand->fail, "nothing can be found");
    *slots = hand->line->slots;
    if (hand->serial != NULL && hand->ended > 0) {
        hand->line->slots[0].presence.device = 1;
        snprintf(hand->line->slots[0].bridge.serial, sizeof hand->line->slots[0].bridge.serial, "%s",
                 hand->serial);
    }
    *count = hand->ended > 0 && hand->scans <= hand->away ? 0 : hand->line->station.slot_count;
    if (hand->second_later && hand->ended == 0)
        *count = 1;
    if (hand->ended == hand->wanted && hand->scans > hand->away + hand->after)
        eg_cancel_request(&hand->line->cancel);
    return EG_OK;
}

static void ended(void *context, const struct eg_result *result)
{
    struct hand *hand = context;
    const size_t used = strlen(hand->results);

    hand->ended++;
    hand->scans = 0;
    snprintf(hand->results + used, sizeof hand->results - used, "%s %s %s\n", result->slot,
             eg_outcome_name(result->outcome), result->mac);
}

static void watch(struct hand *hand)
{
    const struct eg_slot_source source = {scan, hand};
    struct eg_error err;

    assert_ok(eg_station_watch(&hand->line->station, &source, &hand->line->cancel, ended, hand, &err), err);
}

static void the_next_board_in_a_slot_gets_the_next_run(void **state)
{
    struct hand hand = {.line = *state, .wanted = 2, .away = 5};

    fake_line_plug(hand.line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    watch(&hand);
    assert_string_equal(hand.results, "1 pass 02:65:67:00:00:01\n1 pass 02:65:67:00:00:01\n");
    assert_int_equal(hand.line->recorder.run_count, 2);
    assert_non_null(strstr(hand.line->recorder.transcript, "outcome pass\nunplugged 1\n"));
}

static void of_two_boards_with_one_mac_the_green_one_is_withdrawn(void **state)
{
    struct hand hand = {.line = *state, .wanted = 3, .second_later = true};

    fake_line_plug(hand.line, &(struct vb_config){.fast = true}, 2, FAULTS("2:mac=1"));
    watch(&hand);
    assert_int_equal(hand.line->recorder.run_count, 3);
    assert_non_null(strstr(hand.line->recorder.transcript, "outcome pass\n"));
    const struct fake_run *const runs = hand.line->recorder.runs;
    for (unsigned i = 1; i < 3; i++) { /* the second board's run, and the new one of the first */
        const bool first = strcmp(runs[i].slot, "1") == 0;

        assert_string_equal(eg_code_name(runs[i].record.code), "duplicate-mac");
        assert_string_equal(runs[i].unit.mac, "02:65:67:00:00:01");
        assert_string_equal(runs[i].text,
                            first ? "the board in slot 2 shows the same MAC 02:65:67:00:00:01"
                                  : "admit: the board in slot 1 shows the same MAC 02:65:67:00:00:01");
        assert_int_equal(runs[i].record.attempts, first ? 0 : 1);
    }
    assert_int_equal(runs[0].record.outcome, EG_PASS); /* the record stays */
    assert_string_not_equal(runs[1].slot, runs[2].slot);
}

static bool may_begin_later(void *context, const struct eg_slot *slot, unsigned running)
{
    unsigned *const asked = context;

    (void)slot;
    return ++*asked > 3 && running == 0;
}

static void a_board_that_may_not_begin_yet_waits_in_its_slot(void **state)
{
    struct hand hand = {.line = *state, .wanted = 2};
    unsigned asked = 0;

    fake_line_plug(hand.line, &(struct vb_config){.fast = true}, 2, NO_FAULTS);
    hand.line->station.may_begin = may_begin_later;
    hand.line->station.may_begin_context = &asked;
    watch(&hand);
    assert_int_equal(hand.line->recorder.run_count, 2);
    assert_true(asked > 3);
    assert_non_null(strstr(hand.results, "1 pass 02:65:67:00:00:01\n"));
    assert_non_null(strstr(hand.results, "2 pass 02:65:67:00:00:02\n"));
}

/* A chip with native USB; the job is for another chip, which does not matter here. */
static const struct vb_config native = {.usb = VB_USB_SERIAL_JTAG, .fast = true};

static void plug_native(struct fake_line *line)
{
    struct vb_config config = native;

    config.target = eg_target_by_name("esp32c3");
    fake_line_plug(line, &config, 1, NO_FAULTS);
}

static void a_board_that_only_re_enumerates_is_not_programmed_again(void **state)
{
    struct hand hand = {.line = *state, .wanted = 1, .away = 1, .after = 5, .serial = "02:65:67:00:00:01"};

    plug_native(hand.line);
    watch(&hand);
    assert_int_equal(hand.line->recorder.run_count, 1);
    assert_null(strstr(hand.line->recorder.transcript, "unplugged"));
}

static void a_chip_with_usb_of_its_own_that_stays_away_has_been_taken_out(void **state)
{
    struct hand hand = {.line = *state, .wanted = 2, .away = 5};

    fake_plan_set(hand.line->plan, "link.return", "100ms");
    plug_native(hand.line);
    watch(&hand);
    assert_int_equal(hand.line->recorder.run_count, 2);
    assert_non_null(strstr(hand.line->recorder.transcript, "unplugged 1\n"));
}

static void another_board_in_the_place_gets_a_run_of_its_own_at_once(void **state)
{
    struct hand hand = {.line = *state, .wanted = 2, .serial = "02:65:67:00:00:02"};

    plug_native(hand.line);
    watch(&hand);
    assert_int_equal(hand.line->recorder.run_count, 2);
    assert_non_null(strstr(hand.line->recorder.transcript, "unplugged 1\n"));
}

static void a_scan_that_fails_is_a_warning_and_the_line_goes_on(void **state)
{
    struct hand hand = {.line = *state, .wanted = 2, .fail = EG_IO};

    fake_line_plug(hand.line, &(struct vb_config){.fast = true}, 2, NO_FAULTS);
    watch(&hand);
    assert_int_equal(hand.line->recorder.run_count, 2);
    assert_non_null(
        strstr(hand.line->recorder.transcript, "warning looking for boards: nothing can be found\n"));
}

/* End the line while its boards are in progress. */
static void end_line(void *context, const struct eg_log_record *record)
{
    struct eg_cancel *ending = context;

    if (record->kind == EG_LOG_STAGE_BEGIN && strcmp(record->stage, "write") == 0)
        eg_cancel_request(ending);
}

static void a_line_that_is_ending_takes_its_boards_to_their_end_and_no_further_one(void **state)
{
    struct hand hand = {.line = *state, .wanted = 100};
    struct eg_cancel ending = {.requested = false};

    hand.line->recorder.at_log = end_line;
    hand.line->recorder.context = &ending;
    fake_line_plug(hand.line, &(struct vb_config){.fast = true}, 2, NO_FAULTS);
    hand.line->station.ending = &ending;
    watch(&hand);
    assert_int_equal(hand.ended, 2);
    assert_int_equal(hand.line->recorder.run_count, 2);
    assert_int_equal(fake_recorder_run(&hand.line->recorder, "1")->record.outcome, EG_PASS);
    assert_int_equal(fake_recorder_run(&hand.line->recorder, "2")->record.outcome, EG_PASS);
}

static void boards_that_wait_for_their_turn_are_not_begun_when_the_line_ends(void **state)
{
    struct hand hand = {.line = *state, .wanted = 100};
    struct eg_cancel ending = {.requested = false};

    hand.line->recorder.at_log = end_line;
    hand.line->recorder.context = &ending;
    fake_line_plug(hand.line, &(struct vb_config){.fast = true}, 3, NO_FAULTS);
    hand.line->station.ending = &ending;
    hand.line->station.turns.at_once = 1;
    watch(&hand);
    assert_int_equal(hand.ended, 1);
    assert_int_equal(hand.line->recorder.run_count, 1);
    assert_int_equal(hand.line->recorder.runs[0].record.outcome, EG_PASS);
}

static void boards_that_wait_for_their_turn_begin_one_after_the_other(void **state)
{
    struct hand hand = {.line = *state, .wanted = 3};

    fake_line_plug(hand.line, &(struct vb_config){.fast = true}, 3, NO_FAULTS);
    hand.line->station.turns.at_once = 1;
    watch(&hand);
    assert_int_equal(hand.line->recorder.run_count, 3);
    assert_non_null(strstr(hand.line->recorder.transcript, "stage-begin wait-for-turn"));
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(hand.line->recorder.runs[i].record.outcome, EG_PASS);
}

static void a_cancel_ends_the_runs_in_progress_as_aborted(void **state)
{
    struct hand hand = {.line = *state, .wanted = 0};

    fake_plan_add(hand.line->plan, "data", 0x100000, 0x100000); /* many seconds of writing */
    fake_line_plug(hand.line, &(struct vb_config){0}, 1, NO_FAULTS);
    hand.after = 3; /* the board is plugged in with the first scan and runs from the second on */
    watch(&hand);
    assert_int_equal(hand.ended, 1);
    assert_int_equal(fake_recorder_run(&hand.line->recorder, "1")->record.outcome, EG_ABORTED);
}

/* Run a line in which simulated hands insert and remove the boards. */
struct simulated {
    struct fake_line *line;
    struct vb_hands *hands;
    struct eg_slot there[FAKE_LINE_MAX];
    char urls[FAKE_LINE_MAX][64];
    struct eg_cancel ending;
};

enum { SOCKETS = 4, INSERTIONS = 24, LIAR = 6 };

static enum eg_code scan_sockets(void *context, const struct eg_slot **slots, unsigned *count,
                                 struct eg_error *err)
{
    struct simulated *const simulated = context;
    struct eg_found_port found;

    *count = 0;
    *slots = simulated->there;
    for (unsigned i = 0; i < SOCKETS; i++) {
        vb_hands_url(simulated->hands, i + 1, simulated->urls[i], sizeof simulated->urls[i]);
        if (eg_port_find(&found, simulated->urls[i], simulated->line->schemes, err) == EG_OK)
            simulated->there[(*count)++] = (struct eg_slot){.name = simulated->urls[i],
                                                            .url = simulated->urls[i],
                                                            .presence = found.presence,
                                                            .bridge = {.vid = found.vid, .pid = found.pid}};
    }
    return vb_hands_check(simulated->hands, err);
}

static void tell_hands(void *context, const struct eg_result *result)
{
    struct simulated *const simulated = context;

    vb_hands_tell(simulated->hands, result->slot, result->mac);
    if (vb_hands_done(simulated->hands))
        eg_cancel_request(&simulated->ending);
}

/* Return the run of an insertion: the one with the same place in the order of its slot. */
static const struct fake_run *run_of(const struct simulated *simulated, const struct vb_insertion *insertions,
                                     unsigned index)
{
    const char *const slot = simulated->urls[insertions[index].socket - 1];
    unsigned place = 0, runs = 0;

    for (unsigned i = 0; i < index; i++)
        place += insertions[i].socket == insertions[index].socket;
    for (unsigned i = 0; i < simulated->line->recorder.run_count; i++) {
        const struct fake_run *const run = &simulated->line->recorder.runs[i];
        if (strcmp(run->slot, slot) == 0 && runs++ == place)
            return run;
    }
    fail_msg("no run of insertion %u", index);
    return NULL;
}

static void check_insertion(const struct vb_insertion *one, const struct fake_run *run)
{
    const enum eg_code code = run->record.code;

    assert_int_equal(run->finishes, 1);
    if (one->pulled)
        assert_true(code == EG_BOARD_REMOVED || code == EG_BOARD_EXCHANGED);
    else
        assert_string_equal(eg_code_name(code), eg_code_name(one->board == LIAR ? EG_NOT_WRITTEN : EG_OK));
    if (run->has_unit)
        assert_string_equal(run->unit.mac, one->mac);
    else
        assert_true(one->pulled);
    assert_int_equal(run->bridge.vid, 0x10c4);
}

static void simulated_hands_and_the_records_tell_the_same(void **state)
{
    struct simulated simulated = {.line = *state};
    const struct vb_hands_config config = {
        .way = VB_HANDS_PLUG, .sockets = SOCKETS, .insertions = INSERTIONS, .pace = 500};
    const struct eg_slot_source source = {scan_sockets, &simulated};
    const char *const fault = "6:lie";
    unsigned count, pulled = 0, again = 0;
    struct eg_error err;

    fake_plan_set(simulated.line->plan, "link.return", "200ms");
    fake_line_plug(simulated.line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    assert_ok(
        vb_hands_create(&simulated.hands, &config,
                        &(struct vb_config){.target = simulated.line->plan->target, .fast = true, .seed = 2},
                        &fault, 1, &err),
        err);
    simulated.line->schemes[0] = vb_hands_scheme(simulated.hands);
    simulated.line->station.ending = &simulated.ending;
    assert_ok(eg_station_watch(&simulated.line->station, &source, &simulated.line->cancel, tell_hands,
                               &simulated, &err),
              err);
    const struct vb_insertion *const insertions = vb_hands_insertions(simulated.hands, &count);
    assert_int_equal(count, INSERTIONS);
    assert_int_equal(simulated.line->recorder.run_count, INSERTIONS);
    for (unsigned i = 0; i < count; i++) {
        check_insertion(&insertions[i], run_of(&simulated, insertions, i));
        pulled += insertions[i].pulled;
        again += insertions[i].again;
    }
    assert_true(pulled > 0 && again > 0 && pulled < count);
    vb_hands_destroy(simulated.hands);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_next_board_in_a_slot_gets_the_next_run),
        TEST(of_two_boards_with_one_mac_the_green_one_is_withdrawn),
        TEST(a_board_that_may_not_begin_yet_waits_in_its_slot),
        TEST(a_board_that_only_re_enumerates_is_not_programmed_again),
        TEST(a_chip_with_usb_of_its_own_that_stays_away_has_been_taken_out),
        TEST(another_board_in_the_place_gets_a_run_of_its_own_at_once),
        TEST(a_scan_that_fails_is_a_warning_and_the_line_goes_on),
        TEST(a_line_that_is_ending_takes_its_boards_to_their_end_and_no_further_one),
        TEST(boards_that_wait_for_their_turn_are_not_begun_when_the_line_ends),
        TEST(boards_that_wait_for_their_turn_begin_one_after_the_other),
        TEST(a_cancel_ends_the_runs_in_progress_as_aborted),
        TEST(simulated_hands_and_the_records_tell_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
