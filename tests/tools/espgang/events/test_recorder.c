/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/events/recorder.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <stdlib.h>
#include <string.h>

/* A line with a watched recorder; its events are in `text`. */
struct watched {
    struct fake_line *line;
    struct cli_events events;
    struct cli_view view;
    struct cli_recorder recorder;
    FILE *out;
    char *text;
    size_t size;
};

static void begin(struct watched *watched, void **state, const char *const *faults)
{
    struct eg_error err;

    *watched = (struct watched){.line = *state};
    watched->out = open_memstream(&watched->text, &watched->size);
    fake_line_plug(watched->line, &(struct vb_config){0}, 2, faults);
    assert_int_equal(cli_events_init(&watched->events, &err), EG_OK);
    cli_events_add(&watched->events, cli_events_print(watched->out));
    assert_int_equal(cli_view_init(&watched->view, watched->line->plan, watched->line->slots, 2, &err),
                     EG_OK);
    watched->line->station.recorder = cli_recorder_init(&watched->recorder, watched->line->station.recorder,
                                                        &watched->events, &watched->view);
    watched->line->slots[0].label = "LABEL";
    fake_line_run(watched->line);
    for (unsigned i = 0; i < 2; i++)
        cli_events_result(&watched->events, &watched->line->results[i]);
    fflush(watched->out);
}

static void finish(struct watched *watched)
{
    cli_recorder_finish(&watched->recorder);
    cli_view_finish(&watched->view);
    cli_events_finish(&watched->events);
    fclose(watched->out);
    free(watched->text);
}

static void records_become_events_and_reach_the_ledger(void **state)
{
    struct watched watched;

    begin(&watched, state, NO_FAULTS);
    assert_int_equal(fake_recorder_run(&watched.line->recorder, "1")->finishes, 1);
    assert_string_equal(fake_recorder_run(&watched.line->recorder, "1")->label, "LABEL");
    assert_non_null(strstr(watched.text, "\"event\":\"run-begin\",\"slot\":\"1\""));
    const char *const result = strstr(watched.text, "\"event\":\"result\",\"slot\":\"1\"");
    assert_non_null(result);
    assert_non_null(strstr(result, "\"label\":\"LABEL\""));
    assert_non_null(strstr(result, "\"name\":\"app\",\"address\":65536"));
    assert_non_null(strstr(result, "\"verdict\":\"equal\""));
    assert_string_equal(watched.view.slots[0].label, "LABEL");
    finish(&watched);
}

static void the_security_of_a_board_becomes_events_item_by_item(void **state)
{
    static const struct eg_security_record records[] = {{EG_SECURITY_FOUND, "BLOCK0", "00000000"},
                                                        {EG_SECURITY_WANTED, "SECURE_BOOT_EN", "1"},
                                                        {EG_SECURITY_OBSERVED, "SECURE_BOOT_EN", "yes"}};
    struct watched watched;
    struct eg_error err;
    int64_t run;

    begin(&watched, state, NO_FAULTS);
    struct eg_recorder *const recorder = watched.line->station.recorder;
    const struct eg_run_begin next = {.slot = "2", .port = "port"};
    assert_ok(recorder->ops->begin(recorder, &next, &run, &err), err);
    assert_ok(recorder->ops->secure(recorder, run, records, 1, &err), err);
    fflush(watched.out);
    assert_null(strstr(watched.text, "\"event\":\"security\""));
    assert_ok(recorder->ops->secure(recorder, run, records, 3, &err), err);
    fflush(watched.out);
    const char *const told = strstr(watched.text, "{\"event\":\"security\",\"slot\":\"2\",");
    assert_non_null(told);
    assert_non_null(strstr(told,
                           "\"items\":[{\"item\":\"SECURE_BOOT_EN\",\"what\":\"wanted\",\"value\":\"1\"},"
                           "{\"item\":\"SECURE_BOOT_EN\",\"what\":\"observed\",\"value\":\"yes\"}]"));
    const size_t told_size = watched.size;
    watched.line->recorder.fail_secure = EG_IO;
    assert_int_equal(recorder->ops->secure(recorder, run, records, 3, &err), EG_IO);
    fflush(watched.out);
    assert_int_equal(watched.size, told_size);
    finish(&watched);
}

static void a_record_that_the_ledger_refuses_is_not_reported_as_recorded(void **state)
{
    struct watched watched;

    ((struct fake_line *)*state)->recorder.fail_finish = EG_IO;
    begin(&watched, state, NO_FAULTS);
    assert_non_null(strstr(watched.text, "\"event\":\"result\""));
    assert_null(strstr(watched.text, "\"regions\""));
    finish(&watched);
}

static void a_run_that_the_ledger_does_not_begin_is_not_told_of(void **state)
{
    struct watched watched;

    ((struct fake_line *)*state)->recorder.fail_begin = EG_IO;
    begin(&watched, state, NO_FAULTS);
    assert_null(strstr(watched.text, "run-begin"));
    assert_int_equal(watched.view.slots[0].run, 0);
    finish(&watched);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)
    const struct CMUnitTest tests[] = {
        TEST(records_become_events_and_reach_the_ledger),
        TEST(the_security_of_a_board_becomes_events_item_by_item),
        TEST(a_record_that_the_ledger_refuses_is_not_reported_as_recorded),
        TEST(a_run_that_the_ledger_does_not_begin_is_not_told_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
