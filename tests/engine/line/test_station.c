/* SPDX-License-Identifier: Apache-2.0 */

/* Many simulated boards at once. */

#include "engine/base/mac.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"
#include "tests/fakes/faulty_port.h"

#include <stdatomic.h>
#include <string.h>

static const struct vb_config fast = {.fast = true};

static void boards_that_fail_do_not_touch_the_others(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "link.stub", "off");
    fake_line_plug(line, &fast, 32, FAULTS("3:lie", "7:silent@20000", "12:gone@20000"));
    fake_line_run(line);
    for (unsigned board = 1; board <= 32; board++) {
        if (board == 3) {
            fake_line_assert_result(line, board, EG_FAIL, EG_NOT_WRITTEN,
                                    "verify: bootloader at 0x00001000: sector 0x00001000 is still erased, "
                                    "the board answered OK but wrote nothing: check the flash's "
                                    "supply, or replace the flash");
        } else if (board == 7) {
            fake_line_assert_result(line, board, EG_ERROR, EG_TIMEOUT,
                                    "write: app at 0x00010000: block * of 32 at 0x0001*: no answer to "
                                    "FLASH_DEFL_DATA within 3000 ms");
        } else if (board == 12) {
            fake_line_assert_result(line, board, EG_ERROR, EG_PORT_GONE,
                                    "write: app at 0x00010000: block * of 32 at 0x0001*: "
                                    "sim:esp32/12: the simulated board was unplugged");
        } else {
            fake_line_assert_result(line, board, EG_PASS, EG_OK, "");
            fake_line_assert_written(line, board);
        }
    }
}

static void results_equal_the_records(void **state)
{
    struct fake_line *line = *state;

    fake_line_plug(line, &fast, 4, NO_FAULTS);
    fake_line_run(line);
    for (unsigned i = 0; i < 4; i++) {
        const struct fake_run *run = fake_recorder_run(&line->recorder, line->names[i]);
        assert_string_equal(line->results[i].slot, line->names[i]);
        assert_ptr_equal(&line->recorder.runs[line->results[i].run - 1], run);
        assert_string_equal(line->results[i].mac, run->unit.mac);
        assert_int_equal(line->results[i].bytes_sent, run->record.bytes_sent);
        assert_int_equal(line->results[i].duration_us, run->record.duration_us);
    }
}

/* Check that on any bad line green means: the flash is right, and the recorded MAC, too. */
static void bad_lines(struct fake_line *line, const char *target, const char *stub, uint64_t seed)
{
    const struct vb_config config = {.fast = true, .target = eg_target_by_name(target)};
    struct faulty_scheme faulty;
    unsigned passed = 0;

    line->plan->target = config.target;
    fake_plan_set(line->plan, "link.stub", stub);
    fake_line_plug(line, &config, 32, NO_FAULTS);
    faulty_scheme_init(&faulty, line->schemes[0], seed);
    line->schemes[0] = &faulty.scheme;
    fake_line_run(line);
    for (unsigned board = 1; board <= 32; board++) {
        const struct eg_result *result = &line->results[board - 1];
        char mac[EG_MAC_TEXT];
        if (result->outcome == EG_PASS || result->outcome == EG_PASS_MARGINAL) {
            eg_mac_text(mac, vb_board_mac(vb_gang_board(line->gang, board)));
            assert_string_equal(result->mac, mac);
            fake_line_assert_written(line, board);
            passed++;
        } else {
            assert_int_not_equal(result->code, EG_OK);
            assert_int_not_equal(result->code, EG_INTERNAL);
            assert_string_not_equal(result->text, "");
        }
    }
    assert_in_range(passed, 1, 31); /* otherwise the lines were too good or too bad for the test */
}

static void a_board_that_passes_on_a_bad_line_holds_the_job_and_has_its_own_mac(void **state)
{
    bad_lines(*state, "esp32", "auto", 1);
}

static void a_board_that_passes_on_a_bad_line_by_rom_holds_the_job_and_has_its_own_mac(void **state)
{
    bad_lines(*state, "esp32c3", "off", 2);
}

/* Cancel when all of the first three boards are being written. */
struct cancel_in_write {
    struct eg_cancel *cancel;
    atomic_uint writing; /* a bit per board */
};

static void cancel_when_all_write(void *context, const struct eg_log_record *record)
{
    struct cancel_in_write *state = context;

    if (record->kind != EG_LOG_PROGRESS || strcmp(record->stage, "write") != 0)
        return;
    const unsigned bit = 1u << (record->origin.slot[0] - '1');
    if ((atomic_fetch_or(&state->writing, bit) | bit) == 7)
        eg_cancel_request(state->cancel);
}

/* These boards do not leave time out: writing takes seconds. */
static void a_cancel_in_mid_write_ends_every_run_as_aborted_on_record(void **state)
{
    struct fake_line *line = *state;
    struct cancel_in_write cancel = {.cancel = &line->cancel};

    fake_plan_add(line->plan, "data", 0x100000, 0x100000);
    line->recorder.at_log = cancel_when_all_write;
    line->recorder.context = &cancel;
    fake_line_plug(line, &(struct vb_config){.fast = false}, 3, NO_FAULTS);
    fake_line_run(line);
    for (unsigned i = 0; i < 3; i++) {
        const struct fake_run *run = fake_recorder_run(&line->recorder, line->names[i]);
        assert_int_equal(line->results[i].outcome, EG_ABORTED);
        assert_int_equal(line->results[i].code, EG_CANCELLED);
        assert_int_equal(line->results[i].attempts, 1);
        assert_int_equal(run->finishes, 1);
        assert_int_equal(run->record.outcome, EG_ABORTED);
        /* The machine decides how far the write had come. */
        assert_memory_equal(run->text, "write: ", 7);
        assert_string_equal(strrchr(run->text, ':'), ": cancelled");
        assert_string_equal(line->results[i].text, run->text);
    }
}

static void a_station_that_is_cancelled_already_touches_no_board(void **state)
{
    struct fake_line *line = *state;

    eg_cancel_request(&line->cancel);
    fake_line_plug(line, &fast, 2, NO_FAULTS);
    fake_line_run(line);
    for (unsigned board = 1; board <= 2; board++) {
        fake_line_assert_result(line, board, EG_ABORTED, EG_CANCELLED, "connect: cancelled");
        assert_int_equal(line->results[board - 1].bytes_sent, 0);
    }
}

static void a_ledger_that_fails_at_the_end_leaves_no_board_green(void **state)
{
    struct fake_line *line = *state;

    line->recorder.fail_finish = EG_NO_ROOM;
    fake_line_plug(line, &fast, 3, NO_FAULTS);
    fake_line_run(line);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(line->results[i].outcome, EG_ERROR);
        assert_int_equal(line->results[i].code, EG_NO_ROOM);
        assert_string_equal(line->results[i].text, "recording the outcome: the disk is on fire");
    }
    assert_null(strstr(line->recorder.transcript, "outcome pass"));
}

static void a_station_without_slots_has_nothing_to_do(void **state)
{
    struct fake_line *line = *state;

    fake_line_plug(line, &fast, 1, NO_FAULTS);
    line->station.slot_count = 0;
    fake_line_run(line);
    assert_int_equal(line->recorder.run_count, 0);
}

/* Hold the second board until the first one has passed. */
static void hold_second(void *context, const struct eg_log_record *record)
{
    atomic_bool *const first_passed = context;

    if (record->kind == EG_LOG_OUTCOME && strcmp(record->origin.slot, "1") == 0)
        atomic_store(first_passed, true);
    while (record->kind == EG_LOG_STAGE_BEGIN && strcmp(record->origin.slot, "2") == 0 &&
           !atomic_load(first_passed))
        eg_clock_sleep_until_us(eg_clock_us() + 1000);
}

static void a_pass_is_taken_back_when_another_board_shows_its_mac(void **state)
{
    struct fake_line *line = *state;
    atomic_bool first_passed = false;

    line->recorder.at_log = hold_second;
    line->recorder.context = &first_passed;
    fake_line_plug(line, &(struct vb_config){.fast = true}, 2, FAULTS("2:mac=1"));
    fake_line_run(line);
    assert_int_equal(line->recorder.run_count, 3);
    assert_int_equal(line->recorder.runs[2].record.attempts, 0);
    for (unsigned i = 0; i < 2; i++)
        assert_string_equal(eg_code_name(line->results[i].code), "duplicate-mac");
    assert_string_equal(line->results[0].text, "the board in slot 2 shows the same MAC 02:65:67:00:00:01");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(boards_that_fail_do_not_touch_the_others),
        TEST(results_equal_the_records),
        TEST(a_pass_is_taken_back_when_another_board_shows_its_mac),
        TEST(a_board_that_passes_on_a_bad_line_holds_the_job_and_has_its_own_mac),
        TEST(a_board_that_passes_on_a_bad_line_by_rom_holds_the_job_and_has_its_own_mac),
        TEST(a_cancel_in_mid_write_ends_every_run_as_aborted_on_record),
        TEST(a_station_that_is_cancelled_already_touches_no_board),
        TEST(a_ledger_that_fails_at_the_end_leaves_no_board_green),
        TEST(a_station_without_slots_has_nothing_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
