/* SPDX-License-Identifier: Apache-2.0 */

/* The pipeline with scripted stages: attempts, records, outcome. */

#include "engine/line/pipeline.h"
#include "engine/stages/claims.h"
#include "engine/stages/pace.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_plan.h"
#include "tests/fakes/fake_recorder.h"

#include <stdlib.h>
#include <string.h>

/* A run of two stages: "connect" opens a port, "write" ends as the test says, attempt by attempt. */
struct scene {
    struct eg_plan *plan;
    struct fake_recorder recorder;
    struct eg_cancel cancel;
    struct eg_claims *claims;
    struct eg_result result;
    struct eg_power power; /* program NULL = none */
    struct eg_port port;
    unsigned opened, closed;
    enum eg_code ends[10]; /* of "write", by attempt */
    bool deaf[10];         /* attempts in which "connect" fails */
    unsigned resends[10];
    unsigned smoke[10]; /* number of the failing block; all equal at first */
    unsigned cancel_at; /* attempt in which "write" sees the operator cancel; 0 = none */
    uint32_t baud[10];
    struct eg_pace *pace;
    uint64_t total_us; /* that writing the first region takes; 0 = it is not written */
    pthread_t thread;  /* that cancels */
    bool waiting;
};

/* Return the scene. Stages reach it through the recorder, the only part of a run that belongs to the test. */
static struct scene *scene_of(struct eg_run *run)
{
    return (struct scene *)((struct fake_recorder *)run->recorder)->context;
}

static void close_port(struct eg_port *port)
{
    struct scene *scene = (struct scene *)(void *)((char *)port - offsetof(struct scene, port));

    scene->closed++;
}

static enum eg_code connect_stage(struct eg_run *run, struct eg_error *err)
{
    static const struct eg_port_ops ops = {.close = close_port};
    struct scene *scene = scene_of(run);

    scene->opened++;
    scene->port = (struct eg_port){.ops = &ops, .bytes_sent = 100, .bytes_received = 10};
    run->port = &scene->port;
    run->loader.baud = scene->deaf[run->attempt - 1] ? EG_PORT_OPEN_BAUD : run->baud;
    return scene->deaf[run->attempt - 1] ? eg_error_set(err, EG_NO_SYNC, "no answer") : EG_OK;
}

static enum eg_code write_stage(struct eg_run *run, struct eg_error *err)
{
    struct scene *scene = scene_of(run);
    const unsigned attempt = run->attempt - 1;

    scene->baud[attempt] = run->baud;
    run->port->bytes_sent += 1000;
    run->loader.resends += scene->resends[attempt];
    if (scene->total_us != 0) {
        run->regions[0].region = &run->plan->regions[0];
        run->regions[0].times =
            (struct eg_write_times){.wire_us = 1, .total_us = scene->total_us, .blocks = 1};
    }
    if (scene->cancel_at == run->attempt)
        eg_cancel_request(&scene->cancel);
    if (scene->ends[attempt] == EG_OK)
        return EG_OK;
    return eg_error_set(err, scene->ends[attempt], "block %u went up in smoke", scene->smoke[attempt]);
}

/* The stage that is skipped does not appear in any transcript below. */
static bool never_applies(const struct eg_plan *plan)
{
    assert_non_null(plan);
    return false;
}

static void run_scene(struct scene *scene)
{
    static const struct eg_stage first = {.name = "connect", .run = connect_stage};
    static const struct eg_stage second = {.name = "write", .run = write_stage};
    static const struct eg_stage never = {.name = "test", .applies = never_applies};
    const struct eg_stage *const stages[] = {&first, &never, &second, NULL};
    struct eg_run run = {
        .plan = scene->plan,
        .recorder = &scene->recorder.recorder,
        .logger = &scene->recorder.logger,
        .cancel = &scene->cancel,
        .claims = scene->claims,
        .pace = scene->pace,
        .slot = "A",
        .url = "sim:esp32/1",
        .power = scene->power.program != NULL ? &scene->power : NULL,
    };

    eg__pipeline_run(&run, stages, &scene->result);
    assert_int_equal(scene->opened, scene->closed);
    assert_null(run.port);
}

static int setup(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);

    assert_non_null(scene);
    scene->plan = fake_plan_create("esp32");
    fake_recorder_init(&scene->recorder);
    scene->recorder.context = scene;
    scene->claims = eg_claims_create();
    assert_non_null(scene->claims);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    eg_plan_destroy(scene->plan);
    fake_recorder_finish(&scene->recorder);
    eg_claims_destroy(scene->claims);
    eg_pace_destroy(scene->pace);
    free(scene);
    return 0;
}

static void the_outcome_is_recorded_before_it_is_told(void **state)
{
    struct scene *scene = *state;

    run_scene(scene);
    assert_string_equal(scene->recorder.transcript, "begin A\n"
                                                    "stage-begin connect 1\n"
                                                    "stage-end connect 1 ok\n"
                                                    "stage-begin write 1\n"
                                                    "stage-end write 1 ok\n"
                                                    "finish pass\n"
                                                    "outcome pass\n");
    assert_int_equal(scene->result.outcome, EG_PASS);
    assert_string_equal(scene->result.text, "");
    assert_string_equal(scene->result.marginal, "");
    assert_int_equal(scene->result.run, 1);
}

static void each_stage_is_on_record_with_its_bytes_and_rate(void **state)
{
    struct scene *scene = *state;

    run_scene(scene);
    const struct fake_run *run = fake_recorder_run(&scene->recorder, "A");
    assert_int_equal(run->record.stage_count, 2);
    assert_string_equal(run->stages[0].stage, "connect");
    assert_int_equal(run->stages[0].bytes_sent, 100);
    assert_int_equal(run->stages[0].bytes_received, 10);
    assert_string_equal(run->stages[1].stage, "write");
    assert_int_equal(run->stages[1].bytes_sent, 1000);
    assert_int_equal(run->stages[1].bytes_received, 0);
    assert_int_equal(run->stages[1].baud, 921600);
    assert_int_equal(run->record.bytes_sent, 1100);
    assert_int_equal(run->record.bytes_received, 10);
    assert_int_equal(scene->result.bytes_sent, 1100);
}

static void a_failure_names_its_stage(void **state)
{
    struct scene *scene = *state;

    scene->ends[0] = EG_STUCK_BITS;
    run_scene(scene);
    const struct fake_run *run = fake_recorder_run(&scene->recorder, "A");
    assert_int_equal(scene->result.outcome, EG_FAIL);
    assert_int_equal(scene->result.code, EG_STUCK_BITS);
    assert_string_equal(scene->result.text, "write: block 0 went up in smoke");
    assert_string_equal(run->text, "write: block 0 went up in smoke");
    assert_int_equal(run->stages[1].code, EG_STUCK_BITS);
    assert_string_equal(run->stages[1].text, "block 0 went up in smoke");
    assert_int_equal(scene->result.attempts, 1);
}

static void a_failure_that_may_pass_is_tried_again_at_the_next_rate(void **state)
{
    struct scene *scene = *state;

    scene->ends[0] = EG_TIMEOUT;
    run_scene(scene);
    assert_string_equal(scene->recorder.transcript, "begin A\n"
                                                    "stage-begin connect 1\n"
                                                    "stage-end connect 1 ok\n"
                                                    "stage-begin write 1\n"
                                                    "stage-end write 1 timeout\n"
                                                    "note attempt 2 of 2 at 460800 baud\n"
                                                    "stage-begin connect 2\n"
                                                    "stage-end connect 2 ok\n"
                                                    "stage-begin write 2\n"
                                                    "stage-end write 2 ok\n"
                                                    "finish pass-marginal\n"
                                                    "outcome pass-marginal needed another attempt at a "
                                                    "lower rate\n");
    const struct fake_run *run = fake_recorder_run(&scene->recorder, "A");
    assert_int_equal(scene->result.outcome, EG_PASS_MARGINAL);
    assert_string_equal(scene->result.marginal, "needed another attempt at a lower rate");
    assert_string_equal(run->marginal, "needed another attempt at a lower rate");
    assert_int_equal(run->record.attempts, 2);
    assert_int_equal(run->record.stage_count, 4);
    assert_int_equal(run->record.bytes_sent, 2200);
    assert_int_equal(run->stages[3].attempt, 2);
}

static void the_supply_is_switched_before_another_attempt(void **state)
{
    struct scene *scene = *state;

    scene->power = (struct eg_power){"true", 10000};
    scene->ends[0] = EG_TIMEOUT;
    run_scene(scene);
    assert_int_equal(scene->result.outcome, EG_PASS_MARGINAL);
    assert_non_null(strstr(scene->recorder.transcript,
                           "stage-end write 1 timeout\n"
                           "note the supply of the socket was switched off and on\n"
                           "note attempt 2 of 2 at 460800 baud\n"));
}

static void a_switch_that_fails_is_told_and_the_board_tried_again(void **state)
{
    struct scene *scene = *state;

    scene->power = (struct eg_power){"false", 10000};
    scene->ends[0] = EG_TIMEOUT;
    run_scene(scene);
    assert_int_equal(scene->result.outcome, EG_PASS_MARGINAL);
    assert_non_null(strstr(scene->recorder.transcript,
                           "warning switching the supply of the socket: false exited with status 1\n"
                           "note attempt 2"));
}

static void the_supply_stays_on_when_no_attempt_is_left(void **state)
{
    struct scene *scene = *state;

    scene->power = (struct eg_power){"true", 10000};
    scene->ends[0] = EG_STUCK_BITS;
    run_scene(scene);
    assert_int_equal(scene->result.outcome, EG_FAIL);
    assert_null(strstr(scene->recorder.transcript, "supply"));
}

static void two_attempts_that_fail_differently_are_both_told(void **state)
{
    struct scene *scene = *state;

    scene->ends[0] = EG_TIMEOUT;
    scene->smoke[0] = 17;
    scene->ends[1] = EG_NO_SYNC;
    run_scene(scene);
    assert_int_equal(scene->result.code, EG_NO_SYNC);
    assert_string_equal(scene->result.text,
                        "first write: block 17 went up in smoke; then write: block 0 went up in smoke");
}

static void the_rate_is_never_above_the_link_s_and_the_last_one_holds(void **state)
{
    struct scene *scene = *state;
    const uint32_t expected[] = {460800, 460800, 115200, 115200};

    fake_plan_set(scene->plan, "link.baud", "460800");
    fake_plan_set(scene->plan, "retry.attempts", "4");
    for (unsigned i = 0; i < 4; i++)
        scene->ends[i] = EG_BAD_FRAME;
    run_scene(scene);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(scene->baud[i], expected[i]);
    assert_int_equal(scene->result.outcome, EG_ERROR);
    assert_int_equal(scene->result.code, EG_BAD_FRAME);
    assert_int_equal(scene->result.attempts, 4);
}

static void a_job_that_says_nothing_of_retries_begins_at_the_link_s_rate(void **state)
{
    struct scene *scene = *state;

    fake_plan_set(scene->plan, "link.baud", "2000000");
    scene->ends[0] = EG_BAD_FRAME;
    run_scene(scene);
    assert_int_equal(scene->baud[0], 2000000);
    assert_int_equal(scene->baud[1], 460800);
}

static void set_retries(struct scene *scene, const char *code, const char *attempts)
{
    struct eg_error err;

    assert_ok(eg_setting_add_item(eg_plan_setting(scene->plan, "retry.codes"), code, attempts, "job.yaml:1:1",
                                  &err),
              err);
}

static void each_failure_has_the_attempts_that_the_job_gives_it(void **state)
{
    struct scene *scene = *state;

    set_retries(scene, "no-sync", "5");
    set_retries(scene, "test-failed", "1");
    for (unsigned i = 0; i < 4; i++)
        scene->ends[i] = EG_NO_SYNC;
    run_scene(scene);
    assert_int_equal(scene->result.outcome, EG_PASS_MARGINAL);
    assert_int_equal(scene->result.attempts, 5);
    assert_non_null(strstr(scene->recorder.transcript, "note attempt 5 of 5 at 115200 baud\n"));
}

static void the_newest_failure_decides_whether_it_is_final(void **state)
{
    struct scene *scene = *state;

    set_retries(scene, "no-sync", "5");
    scene->ends[0] = scene->ends[1] = EG_NO_SYNC;
    scene->ends[2] = EG_TIMEOUT; /* this code has two attempts */
    run_scene(scene);
    assert_int_equal(scene->result.code, EG_TIMEOUT);
    assert_int_equal(scene->result.attempts, 3);
}

static void a_failure_that_may_pass_can_be_final_at_once(void **state)
{
    struct scene *scene = *state;

    set_retries(scene, "test-failed", "1");
    scene->ends[0] = EG_TEST_FAILED;
    run_scene(scene);
    assert_int_equal(scene->result.code, EG_TEST_FAILED);
    assert_int_equal(scene->result.attempts, 1);
}

static void every_attempt_is_on_record_with_its_sentence(void **state)
{
    struct scene *scene = *state;

    scene->ends[0] = EG_TIMEOUT;
    scene->smoke[0] = 17;
    run_scene(scene);
    const struct fake_run *run = fake_recorder_run(&scene->recorder, "A");
    assert_int_equal(run->record.outcome, EG_PASS_MARGINAL);
    assert_int_equal(run->record.stage_count, 4);
    assert_int_equal(run->stages[1].attempt, 1);
    assert_int_equal(run->stages[1].code, EG_TIMEOUT);
    assert_string_equal(run->stages[1].text, "block 17 went up in smoke");
    assert_int_equal(run->stages[3].attempt, 2);
    assert_int_equal(run->stages[3].code, EG_OK);
}

static void *cancel_soon(void *context)
{
    struct scene *scene = context;

    eg_clock_sleep_until_us(eg_clock_us() + 20000);
    eg_cancel_request(&scene->cancel);
    return NULL;
}

static void cancel_when_it_waits(void *context, const struct eg_log_record *record)
{
    struct scene *scene = context;

    if (record->kind == EG_LOG_STAGE_END && record->code != EG_OK)
        scene->waiting = pthread_create(&scene->thread, NULL, cancel_soon, scene) == 0;
}

static void the_wait_before_another_attempt_ends_with_a_cancel(void **state)
{
    struct scene *scene = *state;

    fake_plan_set(scene->plan, "retry.delay", "1min");
    scene->ends[0] = EG_TIMEOUT;
    scene->recorder.at_log = cancel_when_it_waits;
    run_scene(scene);
    assert_true(scene->waiting);
    pthread_join(scene->thread, NULL);
    assert_int_equal(scene->opened, 1);
    assert_int_equal(scene->result.code, EG_CANCELLED);
    assert_string_equal(scene->result.text,
                        "cancelled before another attempt, after write: block 0 went up in smoke");
}

static void a_failed_connect_does_not_lower_the_rate(void **state)
{
    struct scene *scene = *state;

    fake_plan_set(scene->plan, "retry.attempts", "4");
    scene->deaf[0] = scene->deaf[1] = true;
    scene->ends[2] = EG_TIMEOUT;
    run_scene(scene);
    assert_int_equal(scene->baud[2], 921600);
    assert_int_equal(scene->baud[3], 460800);
    assert_int_equal(scene->result.outcome, EG_PASS_MARGINAL);
    assert_string_equal(scene->result.marginal, "needed another attempt");
}

static void a_port_that_was_gone_does_not_lower_the_rate(void **state)
{
    struct scene *scene = *state;

    scene->ends[0] = EG_PORT_GONE;
    run_scene(scene);
    assert_int_equal(scene->baud[1], 921600);
    assert_string_equal(scene->result.marginal, "needed another attempt");
}

static void another_attempt_at_the_same_rate_is_marginal_too(void **state)
{
    struct scene *scene = *state;

    fake_plan_set(scene->plan, "retry.baud", "115200");
    scene->ends[0] = EG_NO_SYNC;
    run_scene(scene);
    assert_int_equal(scene->result.outcome, EG_PASS_MARGINAL);
    assert_string_equal(scene->result.marginal, "needed another attempt");
}

static void a_region_slower_than_on_the_other_boards_makes_a_pass_marginal(void **state)
{
    struct scene *scene = *state;

    (void)fake_plan_add(scene->plan, "app", 0x10000, 4096);
    scene->pace = eg_pace_create();
    assert_non_null(scene->pace);
    scene->total_us = 1000000;
    for (unsigned i = 0; i < EG_PACE_FEW; i++) {
        run_scene(scene);
        assert_int_equal(scene->result.outcome, EG_PASS);
    }
    scene->total_us = 2000000;
    scene->resends[0] = 1; /* that explains it */
    run_scene(scene);
    assert_string_equal(scene->result.marginal, "blocks were sent again");
    scene->resends[0] = 0;
    run_scene(scene);
    assert_int_equal(scene->result.outcome, EG_PASS_MARGINAL);
    assert_string_equal(scene->result.marginal, "a region took longer to write than on the other boards");
}

static void resends_make_a_pass_marginal_and_are_counted_over_all_attempts(void **state)
{
    struct scene *scene = *state;

    scene->ends[0] = EG_TIMEOUT;
    scene->resends[0] = 3;
    scene->resends[1] = 2;
    run_scene(scene);
    const struct fake_run *run = fake_recorder_run(&scene->recorder, "A");
    assert_int_equal(scene->result.outcome, EG_PASS_MARGINAL);
    assert_string_equal(scene->result.marginal, "blocks were sent again");
    assert_int_equal(run->record.resends, 5);
    assert_int_equal(run->stages[1].resends, 3);
    assert_int_equal(run->stages[3].resends, 2);
}

static void a_board_is_not_touched_when_the_recorder_does_not_begin(void **state)
{
    struct scene *scene = *state;

    scene->recorder.fail_begin = EG_NO_ROOM;
    run_scene(scene);
    assert_int_equal(scene->opened, 0);
    assert_int_equal(scene->result.run, 0);
    assert_int_equal(scene->result.outcome, EG_ERROR);
    assert_int_equal(scene->result.code, EG_NO_ROOM);
    assert_string_equal(scene->result.text, "the disk is on fire");
    assert_string_equal(scene->recorder.transcript, "outcome error the disk is on fire\n");
}

static void a_run_that_was_not_recorded_is_never_a_pass(void **state)
{
    struct scene *scene = *state;

    scene->recorder.fail_finish = EG_LEDGER;
    run_scene(scene);
    assert_int_equal(scene->result.outcome, EG_ERROR);
    assert_int_equal(scene->result.code, EG_LEDGER);
    assert_string_equal(scene->result.text, "recording the outcome: the disk is on fire");
    assert_non_null(
        strstr(scene->recorder.transcript, "outcome error recording the outcome: the disk is on fire\n"));
    assert_null(strstr(scene->recorder.transcript, "outcome pass"));
}

static void a_pass_of_a_mac_that_another_program_has_had_meanwhile_is_none(void **state)
{
    struct scene *scene = *state;

    scene->recorder.fail_finish = EG_DUPLICATE_MAC;
    run_scene(scene);
    const struct fake_run *run = fake_recorder_run(&scene->recorder, "A");
    assert_int_equal(run->record.outcome, eg_outcome_of(EG_DUPLICATE_MAC));
    assert_string_equal(run->text, "the disk is on fire");
    assert_int_equal(scene->result.code, EG_DUPLICATE_MAC);
    assert_string_equal(scene->result.text, "the disk is on fire");
    assert_null(strstr(scene->recorder.transcript, "outcome pass"));
}

static void a_run_cancelled_before_it_begins_ends_as_aborted_on_record(void **state)
{
    struct scene *scene = *state;

    eg_cancel_request(&scene->cancel);
    run_scene(scene);
    const struct fake_run *run = fake_recorder_run(&scene->recorder, "A");
    assert_int_equal(scene->opened, 0);
    assert_int_equal(scene->result.outcome, EG_ABORTED);
    assert_string_equal(scene->result.text, "connect: cancelled");
    assert_int_equal(run->record.outcome, EG_ABORTED);
}

static void a_cancelled_run_is_not_tried_again(void **state)
{
    struct scene *scene = *state;

    scene->ends[0] = EG_TIMEOUT;
    scene->cancel_at = 1;
    run_scene(scene);
    assert_int_equal(scene->opened, 1);
    assert_int_equal(scene->result.outcome, EG_ABORTED);
    assert_int_equal(scene->result.code, EG_CANCELLED);
    assert_string_equal(scene->result.text,
                        "cancelled before another attempt, after write: block 0 went up in smoke");
}

static void a_board_that_was_finished_before_the_cancel_passes(void **state)
{
    struct scene *scene = *state;

    scene->cancel_at = 1;
    run_scene(scene);
    assert_int_equal(scene->result.outcome, EG_PASS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_outcome_is_recorded_before_it_is_told),
        TEST(each_stage_is_on_record_with_its_bytes_and_rate),
        TEST(a_failure_names_its_stage),
        TEST(a_failure_that_may_pass_is_tried_again_at_the_next_rate),
        TEST(the_supply_is_switched_before_another_attempt),
        TEST(a_switch_that_fails_is_told_and_the_board_tried_again),
        TEST(the_supply_stays_on_when_no_attempt_is_left),
        TEST(two_attempts_that_fail_differently_are_both_told),
        TEST(the_rate_is_never_above_the_link_s_and_the_last_one_holds),
        TEST(a_job_that_says_nothing_of_retries_begins_at_the_link_s_rate),
        TEST(each_failure_has_the_attempts_that_the_job_gives_it),
        TEST(the_newest_failure_decides_whether_it_is_final),
        TEST(a_failure_that_may_pass_can_be_final_at_once),
        TEST(every_attempt_is_on_record_with_its_sentence),
        TEST(the_wait_before_another_attempt_ends_with_a_cancel),
        TEST(a_failed_connect_does_not_lower_the_rate),
        TEST(a_port_that_was_gone_does_not_lower_the_rate),
        TEST(another_attempt_at_the_same_rate_is_marginal_too),
        TEST(resends_make_a_pass_marginal_and_are_counted_over_all_attempts),
        TEST(a_region_slower_than_on_the_other_boards_makes_a_pass_marginal),
        TEST(a_board_is_not_touched_when_the_recorder_does_not_begin),
        TEST(a_run_that_was_not_recorded_is_never_a_pass),
        TEST(a_pass_of_a_mac_that_another_program_has_had_meanwhile_is_none),
        TEST(a_run_cancelled_before_it_begins_ends_as_aborted_on_record),
        TEST(a_cancelled_run_is_not_tried_again),
        TEST(a_board_that_was_finished_before_the_cancel_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
