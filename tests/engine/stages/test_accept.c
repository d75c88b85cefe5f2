/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/stages/accepting.h"
#include "tests/fakes/fake_secure.h"

#include <string.h>

static void without_rules_every_board_is_taken(void **state)
{
    struct board *board = *state;
    const char *place = NULL;
    struct eg_error err;

    board->seen = (struct eg_seen){.runs = 3, .passed = 2, .admitted = 3};
    assert_ok(eg__accept_check(board->plan, &place, &err), err);
    assert_ok(eg__accept(&board->run, &board->seen, &err), err);
}

static void the_first_rule_that_refuses_is_told(void **state)
{
    struct board *board = *state;
    struct eg_error err = {0};

    fake_plan_set(board->plan, "accept.mac", "7c:df:a1");
    fake_plan_set(board->plan, "accept.flash_size", "8MB");
    fake_plan_set(board->plan, "accept.revision", "3.0");
    assert_error(eg__accept(&board->run, &board->seen, &err), err, EG_NOT_ACCEPTED,
                 "the flash has 4MB, the job accepts 8MB");
}

static void a_board_that_has_passed_is_not_programmed_again(void **state)
{
    struct board *board = *state;
    struct eg_error err = {0};

    fake_plan_set(board->plan, "accept.repeat", "refuse");
    assert_ok(eg__accept(&board->run, &board->seen, &err), err);
    board->seen = (struct eg_seen){
        .runs = 2, .last_utc = "2026-11-23T08:24:00.123Z", .last_outcome = "fail", .admitted = 2};
    assert_ok(eg__accept(&board->run, &board->seen, &err), err);
    board->seen.passed = 1;
    assert_error(
        eg__accept(&board->run, &board->seen, &err), err, EG_SEEN_BEFORE,
        "the board has passed before: 2 runs, 1 passed, the last at 2026-11-23T08:24:00.123Z (fail)");
    board->seen.runs = 1;
    strcpy(board->seen.last_outcome, "pass");
    assert_error(eg__accept(&board->run, &board->seen, &err), err, EG_SEEN_BEFORE,
                 "the board has passed before: 1 run, 1 passed, the last at 2026-11-23T08:24:00.123Z (pass)");
}

static void a_rework_station_accepts_boards_programmed_before(void **state)
{
    struct board *board = *state;
    const char *const sentence =
        "the board is new to the ledger, the job accepts boards that come back for rework";
    struct eg_error err = {0};

    fake_plan_set(board->plan, "accept.repeat", "rework");
    assert_error(eg__accept(&board->run, &board->seen, &err), err, EG_NOT_ACCEPTED, sentence);
    board->seen.runs = 1; /* refused, too */
    assert_error(eg__accept(&board->run, &board->seen, &err), err, EG_NOT_ACCEPTED, sentence);
    board->seen = (struct eg_seen){.runs = 2, .admitted = 1};
    assert_ok(eg__accept(&board->run, &board->seen, &err), err);
}

static void refuses_job(struct board *board, const char *chip, const char *key, const char *value,
                        const char *sentence)
{
    const char *place = NULL;
    struct eg_error err = {0};

    board->plan->target = eg_target_by_name(chip);
    set_rule(board, key, VALUES(value));
    assert_error(eg__accept_check(board->plan, &place, &err), err, EG_BAD_JOB, sentence);
    forget_rules(board);
}

static void registers_that_cannot_be_read_impose_no_rule(void **state)
{
    struct board *board = *state;

    refuses_job(board, "esp8266", "accept.revision", ">=1.0", "accept.revision: ESP8266 has no revision");
    refuses_job(board, "esp32", "accept.psram", "yes",
                "accept.psram: the eFuses of ESP32 do not tell its PSRAM");
    refuses_job(board, "esp8266", "accept.package", "ESP32-D0WD-V3",
                "accept.package is \"ESP32-D0WD-V3\", not one of ESP8266EX, ESP8285H08, ESP8285N08, "
                "ESP8285H16, ESP8285N16");
    refuses_job(
        board, "esp32", "accept.package", "ESP32-D0WD-V4",
        "accept.package is \"ESP32-D0WD-V4\", not one of ESP32-S0WDQ6, ESP32-D0WDQ6-V3, ESP32-D0WDQ6, "
        "ESP32-S0WD, ESP32-D0WD-V3, ESP32-D0WD, ESP32-D2WD, ESP32-U4WDH, ESP32-PICO-V3, ESP32-PICO-D4, "
        "ESP32-PICO-V3-02, ESP32-D0WDR2-V3");
}

static void a_board_that_cannot_be_read_needs_a_job_that_can_prove_it(void **state)
{
    struct board *board = *state;

    refuses_job(board, "esp32", "accept.secure_download", "prove",
                "accept.secure_download: ESP32 has no secure download mode");
    refuses_job(board, "esp32c6", "accept.secure_download", "prove",
                "accept.secure_download is prove, and the job has no test: only the log of the application "
                "proves a board that cannot be read");
    eg_plan_destroy(board->plan);
    board->plan = fake_secure_plan();
    fake_plan_set(board->plan, "secure.download", "open");
    refuses_job(board, "esp32c6", "accept.secure_download", "prove",
                "accept.secure_download is prove, and the job has no section secure that closes the loader, "
                "which a board could be held against");
    eg_plan_destroy(board->plan);
    board->plan = fake_secure_plan();
    fake_plan_set(board->plan, "accept.repeat", "refuse");
    refuses_job(board, "esp32c6", "accept.secure_download", "prove",
                "accept.secure_download is prove, and accept.repeat refuses boards that have passed");
}

/* ---- Whole boards ---- */

static void a_board_that_a_rule_refuses_is_as_it_came(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "accept.revision", ">=3.1");
    fake_plan_set(line->plan, "retry.attempts", "3"); /* a retry would not help */
    fake_line_plug(line, &(struct vb_config){.revision = 300, .fast = true}, 1, NO_FAULTS);
    assert_refused(line, EG_NOT_ACCEPTED, "admit: the chip is revision 3.0, the job accepts >=3.1");
    assert_int_equal(fake_recorder_run(&line->recorder, "1")->record.attempts, 1);
}

static void a_board_that_the_ledger_has_passed_is_as_it_came(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "accept.repeat", "refuse");
    line->recorder.seen = (struct eg_seen){.runs = 1,
                                           .passed = 1,
                                           .last_utc = "2026-11-23T08:24:00.123Z",
                                           .last_outcome = "pass-marginal",
                                           .admitted = 1};
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    assert_refused(
        line, EG_SEEN_BEFORE,
        "admit: the board has passed before: 1 run, 1 passed, the last at 2026-11-23T08:24:00.123Z "
        "(pass-marginal)");
}

static void a_rule_is_asked_in_a_later_attempt_too(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "accept.repeat", "rework");
    fake_plan_set(line->plan, "retry.attempts", "2");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS("gone@100:300"));
    assert_refused(
        line, EG_NOT_ACCEPTED,
        "first connect: changing the rate to 921600 baud: sim:esp32/1: the simulated board was unplugged; "
        "then admit: the board is new to the ledger, the job accepts boards that come back for rework");
    assert_int_equal(fake_recorder_run(&line->recorder, "1")->record.attempts, 2);
}

static void a_board_that_meets_every_rule_is_written(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "accept.revision", "3.0");
    fake_plan_set(line->plan, "accept.package", "ESP32-D0WD-V3");
    fake_plan_set(line->plan, "accept.flash_size", "4MB");
    fake_plan_set(line->plan, "accept.flash_vendor", "c84016");
    fake_plan_set(line->plan, "accept.secure_boot", "off");
    fake_plan_set(line->plan, "accept.flash_encryption", "off");
    fake_plan_set(line->plan, "accept.mac", "24:0a:c4");
    fake_plan_set(line->plan, "accept.repeat", "refuse");
    fake_line_plug(line,
                   &(struct vb_config){.mac = {0x24, 0x0a, 0xc4, 1, 2, 3}, .revision = 300, .fast = true}, 1,
                   NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
}

#define LINE(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(without_rules_every_board_is_taken),
        RULE(the_first_rule_that_refuses_is_told),
        RULE(a_board_that_has_passed_is_not_programmed_again),
        RULE(a_rework_station_accepts_boards_programmed_before),
        RULE(registers_that_cannot_be_read_impose_no_rule),
        RULE(a_board_that_cannot_be_read_needs_a_job_that_can_prove_it),
        LINE(a_board_that_a_rule_refuses_is_as_it_came),
        LINE(a_board_that_the_ledger_has_passed_is_as_it_came),
        LINE(a_rule_is_asked_in_a_later_attempt_too),
        LINE(a_board_that_meets_every_rule_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
