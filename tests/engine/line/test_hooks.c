/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/line/hooks.h"

#include "engine/base/file.h"
#include "engine/line/json.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Folder of the running test, where its hooks write their input. */
static char folder[64];

static int setup(void **state)
{
    strcpy(folder, "/tmp/eg-hooks-XXXXXX");
    return mkdtemp(folder) == NULL || chdir(folder) != 0 || fake_line_setup(state) != 0;
}

static int teardown(void **state)
{
    char command[100];

    snprintf(command, sizeof command, "rm -r %s", folder);
    return fake_line_teardown(state) != 0 || chdir("/") != 0 || system(command) != 0;
}

/* Set a hook to a shell with this script. */
static void set_hook(struct fake_line *line, const char *key, const char *script)
{
    struct eg_setting *const setting = eg_plan_setting(line->plan, key);
    const char *const words[] = {"sh", "-c", script};
    struct eg_error err;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_ok(eg_setting_add_item(setting, NULL, words[i], "job.yaml:1:1", &err), err);
}

static void require(struct fake_line *line, const char *hook)
{
    struct eg_error err;

    assert_ok(
        eg_setting_add_item(eg_plan_setting(line->plan, "hooks.required"), NULL, hook, "job.yaml:1:1", &err),
        err);
}

static void plug_with_faults_and_run(struct fake_line *line, unsigned count, const char *const *faults)
{
    fake_line_plug(line, &(struct vb_config){.fast = true}, count, faults);
    line->station.batch = "B1";
    fake_line_run(line);
}

static void plug_and_run(struct fake_line *line, unsigned count)
{
    plug_with_faults_and_run(line, count, NO_FAULTS);
}

/* Read what a hook has written, without the newline. */
static void read_text(const char *name, char text[4096])
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer buffer = {0};
    struct eg_error err;

    assert_ok(eg_file_read(&buffer, name, 4095, &err), err);
    memcpy(text, buffer.data, buffer.size);
    text[buffer.size] = '\0';
    if (buffer.size > 0 && text[buffer.size - 1] == '\n')
        text[buffer.size - 1] = '\0';
}

static void assert_text(const char *name, const char *expected)
{
    char text[4096];

    read_text(name, text);
    assert_string_equal(text, expected);
}

static const char *text_of(json_t *object, const char *key)
{
    const char *const text = json_string_value(json_object_get(object, key));

    assert_non_null(text);
    return text;
}

static int64_t number_of(json_t *object, const char *key)
{
    assert_true(json_is_integer(json_object_get(object, key)));
    return json_integer_value(json_object_get(object, key));
}

static void assert_in_order(const char *transcript, const char *const *lines)
{
    const char *at = transcript;

    for (; *lines != NULL; lines++) {
        at = strstr(at, *lines);
        if (at == NULL)
            fail_msg("no '%s' in its place in\n%s", *lines, transcript);
    }
}

#define ORDER(...) ((const char *const[]){__VA_ARGS__, NULL})

static void the_hook_before_a_board_knows_its_slot(void **state)
{
    struct fake_line *line = *state;

    set_hook(line, "hooks.before_board", "cat >told; env | grep ^ESPGANG_ | sort >variables");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    line->station.batch = "B1";
    line->slots[0].label = "SN 17";
    fake_line_run(line);
    assert_string_equal(fake_recorder_run(&line->recorder, "1")->label, "SN 17");
    json_t *const told = json_load_file("told", JSON_REJECT_DUPLICATES, NULL);
    assert_string_equal(text_of(told, "event"), "before-board");
    assert_string_equal(text_of(told, "job"), "a job");
    assert_string_equal(text_of(told, "batch"), "B1");
    assert_string_equal(text_of(told, "slot"), "1");
    assert_string_equal(text_of(told, "port"), line->urls[0]);
    assert_int_equal(number_of(told, "run"), 1);
    assert_null(json_object_get(told, "mac"));
    assert_null(json_object_get(told, "outcome"));
    json_decref(told);
    char expected[500];
    snprintf(expected, sizeof expected,
             "ESPGANG_BATCH=B1\nESPGANG_EVENT=before-board\nESPGANG_JOB=a job\nESPGANG_JOB_VERSION=\n"
             "ESPGANG_LABEL=SN 17\n"
             "ESPGANG_PORT=%s\nESPGANG_RUN=1\nESPGANG_SLOT=1\nESPGANG_VERSION=2",
             line->urls[0]);
    assert_text("variables", expected);
    assert_in_order(line->recorder.transcript,
                    ORDER("begin 1\n", "stage-begin before-board 1\n", "stage-end before-board 1 ok\n",
                          "stage-begin connect 1\n"));
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_string_equal(fake_recorder_run(&line->recorder, "1")->stages[0].stage, "before-board");
}

static void the_hook_after_a_board_has_its_record(void **state)
{
    struct fake_line *line = *state;

    set_hook(line, "hooks.after_board",
             "cat >told; echo \"$ESPGANG_MAC $ESPGANG_CHIP $ESPGANG_OUTCOME $ESPGANG_CODE\" >variables");
    plug_and_run(line, 1);
    json_t *const told = json_load_file("told", JSON_REJECT_DUPLICATES, NULL);
    const struct fake_run *const run = fake_recorder_run(&line->recorder, "1");
    assert_string_equal(text_of(told, "event"), "after-board");
    assert_string_equal(text_of(told, "mac"), run->unit.mac);
    assert_string_equal(text_of(told, "chip"), "esp32");
    assert_int_equal(number_of(told, "revision"), run->unit.revision);
    assert_string_equal(text_of(told, "package"), run->unit.package);
    assert_int_equal(number_of(told, "flash_size"), run->unit.flash_size);
    assert_int_equal(strlen(text_of(told, "flash_unique_id")), 16);
    assert_string_equal(text_of(told, "outcome"), "pass");
    assert_string_equal(text_of(told, "code"), "ok");
    assert_string_equal(text_of(told, "sentence"), "");
    assert_int_equal(number_of(told, "attempts"), 1);
    json_t *const regions = json_object_get(told, "regions");
    assert_int_equal(json_array_size(regions), 2);
    json_t *const app = json_array_get(regions, 1);
    char md5[EG_MD5_TEXT], sha256[EG_SHA256_TEXT];
    eg_hex(md5, line->plan->regions[1].md5, EG_MD5_SIZE);
    eg_hex(sha256, line->plan->regions[1].sha256, EG_SHA256_SIZE);
    assert_string_equal(text_of(app, "name"), "app");
    assert_int_equal(number_of(app, "at"), 0x10000);
    assert_int_equal(number_of(app, "size"), 0x10000);
    assert_string_equal(text_of(app, "md5"), md5);
    assert_string_equal(text_of(app, "read_md5"), md5);
    assert_string_equal(text_of(app, "sha256"), sha256);
    assert_string_equal(text_of(app, "verdict"), "equal");
    json_decref(told);
    char expected[100];
    snprintf(expected, sizeof expected, "%s esp32 pass ok", run->unit.mac);
    assert_text("variables", expected);
}

static void values_arrive_as_they_are(void **state)
{
    struct fake_line *line = *state;
    const struct eg_value_record values[] = {
        {.kind = EG_VALUE_UNIT,
         .name = "serial",
         .value = "A\n\x01\"$(id)\xff",
         .limits = "",
         .passed = true},
        {.kind = EG_VALUE_MEASURED,
         .name = "v 3.3\xc3\xbc",
         .value = "3.31",
         .limits = "3.0 to 3.6 V",
         .unit = "V",
         .lower = "3.0",
         .is_number = true,
         .number = 3.31},
    };
    const struct eg_run_record record = {
        .outcome = EG_FAIL,
        .code = EG_TEST_FAILED,
        .text = "no \x02 good",
        .marginal = "",
        .attempts = 2,
        .values = values,
        .value_count = 2,
    };
    const struct eg_run run = {.plan = line->plan, .slot = "A\xfe", .url = "tcp://a", .number = 7};
    struct eg_error err;

    set_hook(line, "hooks.after_board",
             "cat >told; printf '%s|%s|%s' \"$ESPGANG_VALUE_SERIAL\" \"$ESPGANG_VALUE_V_3_3__\" "
             "\"$ESPGANG_SLOT\" >variables");
    assert_ok(eg__hook_board(&run, EG_AFTER_BOARD, &record, NULL, &err), err);
    json_t *const told = json_load_file("told", JSON_REJECT_DUPLICATES, NULL);
    json_t *const list = json_object_get(told, "values");
    assert_string_equal(text_of(told, "slot"), "A\xef\xbf\xbd");
    assert_string_equal(text_of(told, "sentence"), "no \x02 good");
    assert_string_equal(text_of(told, "blame"), "board");
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(text_of(json_array_get(list, 0), "kind"), "unit");
    assert_string_equal(text_of(json_array_get(list, 0), "value"), "A\n\x01\"$(id)\xef\xbf\xbd");
    assert_true(json_is_true(json_object_get(json_array_get(list, 0), "passed")));
    assert_string_equal(text_of(json_array_get(list, 1), "kind"), "measured");
    assert_string_equal(text_of(json_array_get(list, 1), "name"), "v 3.3\xc3\xbc");
    assert_string_equal(text_of(json_array_get(list, 1), "limits"), "3.0 to 3.6 V");
    assert_string_equal(text_of(json_array_get(list, 1), "unit"), "V");
    assert_true(json_real_value(json_object_get(json_array_get(list, 1), "number")) == 3.31);
    assert_true(json_real_value(json_object_get(json_array_get(list, 1), "lower")) == 3.0);
    assert_true(json_is_null(json_object_get(json_array_get(list, 1), "upper")));
    assert_true(json_is_null(json_object_get(json_array_get(list, 0), "number")));
    assert_true(json_is_false(json_object_get(json_array_get(list, 1), "passed")));
    json_decref(told);
    assert_text("variables", "A\n\x01\"$(id)\xef\xbf\xbd|3.31|A\xef\xbf\xbd");
}

static void a_hook_that_fails_is_a_warning(void **state)
{
    struct fake_line *line = *state;

    set_hook(line, "hooks.before_board", "echo no such relay >&2; exit 4");
    set_hook(line, "hooks.after_board", "echo out of labels; exit 1");
    plug_and_run(line, 1);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
    assert_in_order(line->recorder.transcript,
                    ORDER("warning before-board: sh exited with status 4: no such relay\n",
                          "stage-begin connect 1\n", "finish pass\n", "stage-begin after-board 1\n",
                          "warning after-board: sh exited with status 1: out of labels\n", "outcome pass\n"));
    const struct fake_run *const run = fake_recorder_run(&line->recorder, "1");
    assert_int_equal(run->stages[0].code, EG_PROGRAM_FAILED);
    assert_string_equal(run->stages[0].text, "sh exited with status 4: no such relay");
    assert_string_equal(run->stages[run->record.stage_count - 1].stage, "finish");
}

static void a_board_is_not_touched_when_the_hook_that_it_requires_fails(void **state)
{
    struct fake_line *line = *state;

    set_hook(line, "hooks.before_board", "exit 1");
    set_hook(line, "hooks.after_board", "echo \"$ESPGANG_OUTCOME $ESPGANG_CODE $ESPGANG_SENTENCE\" >told");
    require(line, "before_board");
    plug_and_run(line, 1);
    fake_line_assert_result(line, 1, EG_ERROR, EG_PROGRAM_FAILED, "before-board: sh exited with status 1");
    assert_null(strstr(line->recorder.transcript, "connect"));
    assert_null(strstr(line->recorder.transcript, "warning"));
    assert_true(fake_line_blank(line, 1));
    assert_text("told", "error program-failed before-board: sh exited with status 1");
    const struct fake_run *const run = fake_recorder_run(&line->recorder, "1");
    assert_int_equal(run->record.stage_count, 1);
    assert_string_equal(run->stages[0].text, "sh exited with status 1");
}

static void a_required_hook_after_a_board_is_part_of_its_record(void **state)
{
    struct fake_line *line = *state;

    set_hook(line, "hooks.after_board", "echo \"$ESPGANG_OUTCOME\" >told; echo not accepted >&2; exit 1");
    require(line, "after_board");
    plug_and_run(line, 1);
    fake_line_assert_result(line, 1, EG_ERROR, EG_PROGRAM_FAILED,
                            "after-board: sh exited with status 1: not accepted");
    assert_text("told", "pass");
    assert_in_order(line->recorder.transcript,
                    ORDER("stage-end after-board 1 program-failed\n", "finish error\n", "outcome error"));
    assert_null(strstr(line->recorder.transcript, "pass"));
    const struct fake_run *const run = fake_recorder_run(&line->recorder, "1");
    const struct eg_stage_record *const last = &run->stages[run->record.stage_count - 1];
    assert_string_equal(last->stage, "after-board");
    assert_string_equal(last->text, "sh exited with status 1: not accepted");
}

static void a_board_that_has_failed_keeps_its_own_failure(void **state)
{
    struct fake_line *line = *state;
    char expected[4096];

    set_hook(line, "hooks.after_board", "echo \"$ESPGANG_SENTENCE\" >told; exit 1");
    require(line, "after_board");
    fake_plan_set(line->plan, "link.stub", "off");
    fake_line_plug(line, &(struct vb_config){.fast = true, .target = eg_target_by_name("esp32c3")}, 1,
                   NO_FAULTS);
    fake_line_run(line);
    read_text("told", expected);
    assert_string_equal(line->results[0].text, expected);
    fake_line_assert_result(line, 1, EG_FAIL, EG_WRONG_CHIP, expected);
    assert_string_equal(fake_recorder_run(&line->recorder, "1")->text, expected);
}

static void no_label_says_pass_when_the_record_failed(void **state)
{
    struct fake_line *line = *state;

    set_hook(line, "hooks.after_board", "echo \"$ESPGANG_OUTCOME $ESPGANG_CODE $ESPGANG_SENTENCE\" >told");
    line->recorder.fail_finish = EG_LEDGER;
    plug_and_run(line, 1);
    assert_text("told", "error ledger recording the outcome: the disk is on fire");
}

static void a_pass_that_is_not_recorded_says_that_the_required_hook_was_told_of_it(void **state)
{
    static const char told_pass[] =
        "after-board was told that this board passed, and any label it printed is wrong: ";
    struct fake_line *line = *state;
    char twin[200], failed[200];

    snprintf(twin, sizeof twin, "%sthe disk is on fire", told_pass);
    snprintf(failed, sizeof failed, "%srecording the outcome: the disk is on fire", told_pass);
    set_hook(line, "hooks.after_board", "echo \"$ESPGANG_OUTCOME\" >told");
    require(line, "after_board");
    line->recorder.fail_finish = EG_DUPLICATE_MAC;
    plug_and_run(line, 1);
    assert_text("told", "pass");
    fake_line_assert_result(line, 1, eg_outcome_of(EG_DUPLICATE_MAC), EG_DUPLICATE_MAC, twin);
    assert_string_equal(fake_recorder_run(&line->recorder, "1")->text, twin);
    line->recorder.fail_finish = EG_LEDGER;
    fake_line_run_again(line);
    assert_string_equal(line->results[0].text, failed);
}

static void no_hook_runs_for_a_run_that_never_began(void **state)
{
    struct fake_line *line = *state;

    set_hook(line, "hooks.before_board", "touch told");
    set_hook(line, "hooks.after_board", "touch told");
    line->recorder.fail_begin = EG_LEDGER;
    plug_and_run(line, 1);
    assert_int_equal(line->results[0].code, EG_LEDGER);
    assert_int_equal(access("told", F_OK), -1);
}

static void a_hook_has_its_time(void **state)
{
    struct fake_line *line = *state;

    set_hook(line, "hooks.before_board", "sleep 100");
    require(line, "before_board");
    fake_plan_set(line->plan, "hooks.timeout", "200ms");
    plug_and_run(line, 1);
    fake_line_assert_result(line, 1, EG_ERROR, EG_PROGRAM_FAILED,
                            "before-board: sh did not end within 200 ms");
}

static void a_flood_is_stopped(void **state)
{
    struct fake_line *line = *state;

    set_hook(line, "hooks.after_board", "yes");
    plug_and_run(line, 1);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_non_null(
        strstr(line->recorder.transcript, "warning after-board: sh printed more than 1048576 bytes: "));
}

/* Slot 1 waits for the end of slot 2; slot 2 waits for nothing. */
static void a_slow_hook_of_one_slot_delays_no_other(void **state)
{
    struct fake_line *line = *state;

    set_hook(line, "hooks.before_board", "[ $ESPGANG_SLOT = 2 ] || until [ -e ended2 ]; do sleep 0.01; done");
    set_hook(line, "hooks.after_board", "touch ended$ESPGANG_SLOT");
    require(line, "before_board");
    fake_plan_set(line->plan, "hooks.timeout", "1min");
    plug_and_run(line, 2);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_result(line, 2, EG_PASS, EG_OK, "");
    assert_text("ended1", "");
}

/* Cancel when the board connects. A board that answers might have passed before its worker hears of it. */
static void cancel_at_the_connect(void *context, const struct eg_log_record *record)
{
    struct fake_line *line = context;

    if (record->kind == EG_LOG_STAGE_BEGIN && strcmp(record->stage, "connect") == 0)
        eg_cancel_request(&line->cancel);
}

static void hooks_for_the_end_run_after_a_cancel(void **state)
{
    struct fake_line *line = *state;
    const unsigned counts[EG_ABORTED + 1] = {[EG_ABORTED] = 1};
    struct eg_error err;

    set_hook(line, "hooks.after_board", "echo $ESPGANG_OUTCOME >told");
    set_hook(line, "hooks.after_batch", "echo $ESPGANG_ABORTED >counted");
    line->recorder.at_log = cancel_at_the_connect;
    line->recorder.context = line;
    plug_with_faults_and_run(line, 1, FAULTS("1:silent"));
    assert_int_equal(line->results[0].code, EG_CANCELLED);
    assert_text("told", "aborted");
    assert_ok(eg_station_after_batch(&line->station, counts, 1, &line->cancel, &err), err);
    assert_text("counted", "1");
}

static void *cancel_when_it_runs(void *context)
{
    struct fake_line *line = context;

    while (access("running", F_OK) != 0)
        eg_clock_sleep_until_us(eg_clock_us() + 1000);
    eg_cancel_request(&line->cancel);
    return NULL;
}

static void a_hook_that_runs_is_ended_by_a_cancel(void **state)
{
    struct fake_line *line = *state;
    pthread_t thread;

    set_hook(line, "hooks.before_board", "touch running; sleep 1000");
    fake_plan_set(line->plan, "hooks.timeout", "1h");
    assert_int_equal(pthread_create(&thread, NULL, cancel_when_it_runs, line), 0);
    plug_and_run(line, 1);
    pthread_join(thread, NULL);
    fake_line_assert_result(line, 1, EG_ABORTED, EG_CANCELLED, "before-board: cancelled while sh ran");
    assert_null(strstr(line->recorder.transcript, "connect"));
}

static void a_board_does_not_pass_when_its_required_hook_is_cancelled(void **state)
{
    struct fake_line *line = *state;
    pthread_t thread;

    set_hook(line, "hooks.after_board", "touch running; sleep 1000");
    require(line, "after_board");
    fake_plan_set(line->plan, "hooks.timeout", "1h");
    assert_int_equal(pthread_create(&thread, NULL, cancel_when_it_runs, line), 0);
    plug_and_run(line, 1);
    pthread_join(thread, NULL);
    fake_line_assert_result(line, 1, EG_ABORTED, EG_CANCELLED, "after-board: cancelled while sh ran");
}

static void hooks_of_a_batch_are_told_of_it(void **state)
{
    struct fake_line *line = *state;
    const unsigned counts[EG_ABORTED + 1] = {3, 1, 2, 0, 1};
    struct eg_error err;

    line->station = (struct eg_station){.plan = line->plan, .logger = &line->recorder.logger, .batch = "B2"};
    assert_ok(eg_station_before_batch(&line->station, NULL, &err), err);
    assert_ok(eg_station_after_batch(&line->station, counts, 5000, NULL, &err), err);
    set_hook(line, "hooks.before_batch", "cat >before");
    set_hook(line, "hooks.after_batch", "cat >after; echo \"$ESPGANG_PASSED of $ESPGANG_RUNS\" >counted");
    assert_ok(eg_station_before_batch(&line->station, NULL, &err), err);
    assert_ok(eg_station_after_batch(&line->station, counts, 5000, NULL, &err), err);
    assert_text("before", "{\"event\":\"before-batch\",\"version\":2,\"job\":\"a job\",\"job_version\":\"\","
                          "\"batch\":\"B2\"}");
    assert_text("after", "{\"event\":\"after-batch\",\"version\":2,\"job\":\"a job\",\"job_version\":\"\","
                         "\"batch\":\"B2\",\"runs\":7,\"passed\":4,\"pass\":3,\"pass_marginal\":1,"
                         "\"fail\":2,\"error\":0,\"aborted\":1,\"duration_ms\":5000}");
    assert_text("counted", "4 of 7");
}

static void a_hook_of_a_batch_fails_it_when_it_is_required(void **state)
{
    struct fake_line *line = *state;
    const unsigned counts[EG_ABORTED + 1] = {0};
    struct eg_error err;

    line->station = (struct eg_station){.plan = line->plan, .logger = &line->recorder.logger};
    set_hook(line, "hooks.before_batch", "echo no air >&2; exit 1");
    set_hook(line, "hooks.after_batch", "exit 2");
    assert_ok(eg_station_before_batch(&line->station, NULL, &err), err);
    assert_ok(eg_station_after_batch(&line->station, counts, 0, NULL, &err), err);
    assert_string_equal(line->recorder.transcript, "warning before-batch: sh exited with status 1: no air\n"
                                                   "warning after-batch: sh exited with status 2\n");
    require(line, "before_batch");
    require(line, "after_batch");
    assert_error(eg_station_before_batch(&line->station, NULL, &err), err, EG_PROGRAM_FAILED,
                 "before-batch: sh exited with status 1: no air");
    assert_error(eg_station_after_batch(&line->station, counts, 0, NULL, &err), err, EG_PROGRAM_FAILED,
                 "after-batch: sh exited with status 2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_hook_before_a_board_knows_its_slot),
        TEST(the_hook_after_a_board_has_its_record),
        TEST(values_arrive_as_they_are),
        TEST(a_hook_that_fails_is_a_warning),
        TEST(a_board_is_not_touched_when_the_hook_that_it_requires_fails),
        TEST(a_required_hook_after_a_board_is_part_of_its_record),
        TEST(a_board_that_has_failed_keeps_its_own_failure),
        TEST(no_label_says_pass_when_the_record_failed),
        TEST(a_pass_that_is_not_recorded_says_that_the_required_hook_was_told_of_it),
        TEST(no_hook_runs_for_a_run_that_never_began),
        TEST(a_hook_has_its_time),
        TEST(a_flood_is_stopped),
        TEST(a_slow_hook_of_one_slot_delays_no_other),
        TEST(hooks_for_the_end_run_after_a_cancel),
        TEST(a_hook_that_runs_is_ended_by_a_cancel),
        TEST(a_board_does_not_pass_when_its_required_hook_is_cancelled),
        TEST(hooks_of_a_batch_are_told_of_it),
        TEST(a_hook_of_a_batch_fails_it_when_it_is_required),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
