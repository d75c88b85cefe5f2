/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/events/events.h"
#include "tests/fakes/check.h"

#include <stdlib.h>
#include <string.h>

static char *text;
static size_t text_size;

static struct cli_events events;
static FILE *out;

static void begin(void)
{
    struct eg_error err;

    free(text);
    out = open_memstream(&text, &text_size);
    assert_int_equal(cli_events_init(&events, &err), EG_OK);
    cli_events_add(&events, cli_events_print(out));
}

/* Return the lines as a program reads them. */
static const char *end(void)
{
    cli_events_finish(&events);
    fclose(out);
    return text;
}

/* Log one record, and return its event. */
static const char *event(const struct eg_log_record *record)
{
    begin();
    eg_log_record(&events.logger, record);
    return end();
}

static void assert_has(const char *line, const char *const *fields)
{
    for (; *fields != NULL; fields++)
        if (strstr(line, *fields) == NULL)
            fail_msg("no %s in %s", *fields, line);
}

static void an_event_is_one_line_with_every_field_it_has(void **state)
{
    (void)state;
    const char *line = event(&(struct eg_log_record){
        .kind = EG_LOG_STAGE_END,
        .level = EG_NORMAL,
        .origin = {"slot \"7\"", "sim:esp32/7", "24:0a:c4:00:10:07"},
        .text = "line\nbreak",
        .stage = "write",
        .outcome = "",
        .code = EG_TIMEOUT,
        .attempt = 2,
        .duration_ms = 1500,
    });
    const char *newline = strchr(line, '\n');

    assert_non_null(newline);
    assert_string_equal(newline, "\n");
    assert_has(line,
               (const char *const[]){"{\"event\":\"stage-end\"", "\"slot\":\"slot \\\"7\\\"\"",
                                     "\"port\":\"sim:esp32/7\"", "\"board\":\"24:0a:c4:00:10:07\"",
                                     "\"stage\":\"write\"", "\"attempt\":2", "\"duration_ms\":1500",
                                     "\"code\":\"timeout\"", "\"text\":\"line\\nbreak\"", "\"version\":1",
                                     "\"time\":\"2", "\"session\":\"", "\"sequence\":1", NULL});
    assert_null(strstr(line, "outcome"));
}

static void verbose_records_are_left_out_unless_asked_for(void **state)
{
    (void)state;
    const struct eg_log_record record = {.kind = EG_LOG_PRINT,
                                         .level = EG_VERBOSE,
                                         .origin = {"", "", ""},
                                         .text = "x",
                                         .stage = "",
                                         .outcome = ""};

    assert_string_equal(event(&record), "");
}

static void text_that_is_not_utf_8_is_told_all_the_same(void **state)
{
    (void)state;
    const char *line = event(&(struct eg_log_record){.kind = EG_LOG_NOTE,
                                                     .level = EG_NORMAL,
                                                     .origin = {"/dev/tty\xff", "/dev/tty\xff", ""},
                                                     .text = "x\xc3",
                                                     .stage = "",
                                                     .outcome = ""});

    assert_non_null(strstr(line, "\"slot\":\"/dev/tty\xef\xbf\xbd\""));
    assert_non_null(strstr(line, "\"text\":\"x\xef\xbf\xbd\""));
}

static void a_result_has_the_values_its_run_recorded(void **state)
{
    (void)state;
    const struct eg_value_record values[] = {
        {.kind = EG_VALUE_UNIT, .name = "serial", .value = "A-1", .limits = "", .passed = true},
        {.kind = EG_VALUE_MEASURED,
         .name = "supply",
         .value = "3.31",
         .limits = "at least 3.0 V",
         .unit = "V",
         .lower = "3.0",
         .is_number = true,
         .number = 3.31,
         .passed = true},
    };
    const struct eg_unit unit = {.mac = "24:0a:c4:00:10:07", .flash_jedec = 0x1640c8, .flash_size = 4194304};
    const struct eg_run_record record = {
        .text = "", .marginal = "", .unit = &unit, .values = values, .value_count = 2};
    const struct eg_result result = {.slot = "A1", .run = 7, .chip = "esp32", .package = ""};
    const struct eg_result other = {.slot = "A2", .run = 8, .chip = "", .package = ""};

    (void)state;
    begin();
    cli_events_run_recorded(&events, 7, "LABEL", &record);
    cli_events_result(&events, &other);
    cli_events_result(&events, &result);
    const char *const lines = end(), *const line = strchr(lines, '\n') + 1;

    const char *const values_at = strstr(lines, "values");
    assert_true(values_at > line); /* and no values of the other board */
    assert_has(line, (const char *const[]){
                         "\"sequence\":2", "\"label\":\"LABEL\"", "\"flash_jedec\":\"c84016\"",
                         "{\"kind\":\"unit\",\"name\":\"serial\",\"value\":\"A-1\",\"passed\":true}",
                         "\"value\":\"3.31\",\"passed\":true,\"limits\":\"at least 3.0 V\"", NULL});
    assert_has(line, (const char *const[]){"\"unit\":\"V\",\"number\":3.31,\"least\":3.0}", NULL});
}

static void a_pass_that_is_taken_back_is_named(void **state)
{
    const struct eg_result result = {.slot = "A1",
                                     .run = 7,
                                     .outcome = EG_FAIL,
                                     .code = EG_DUPLICATE_MAC,
                                     .withdraws = true,
                                     .former = EG_PASS,
                                     .chip = "",
                                     .package = ""};

    (void)state;
    begin();
    cli_events_result(&events, &result);
    assert_non_null(strstr(end(), "\"withdraws\":\"pass\""));
}

static void take_note(void *context, const struct cli_event *told)
{
    *(struct cli_event *)context = *told;
}

static void a_sink_gets_hidden_records_and_knows_that_they_are_hidden(void **state)
{
    struct cli_event seen = {0};
    const struct eg_log_record record = {.kind = EG_LOG_PROGRESS,
                                         .level = EG_NORMAL,
                                         .origin = {"A1", "p", ""},
                                         .text = "app",
                                         .stage = "write",
                                         .outcome = ""};

    (void)state;
    begin();
    cli_events_add(&events, (struct cli_event_sink){take_note, &seen});
    eg_log_set_verbosity(&events.logger, EG_SILENT);
    eg_log_record(&events.logger, &record);
    assert_string_equal(end(), "");
    assert_true(seen.is_talk && seen.is_progress);
    assert_int_equal(seen.sequence, 1);
}

static int free_text(void **state)
{
    (void)state;
    free(text);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_one_line_with_every_field_it_has),
        cmocka_unit_test(verbose_records_are_left_out_unless_asked_for),
        cmocka_unit_test(text_that_is_not_utf_8_is_told_all_the_same),
        cmocka_unit_test(a_result_has_the_values_its_run_recorded),
        cmocka_unit_test(a_pass_that_is_taken_back_is_named),
        cmocka_unit_test(a_sink_gets_hidden_records_and_knows_that_they_are_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, free_text);
}
