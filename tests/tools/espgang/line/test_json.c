/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/json.h"
#include "tests/fakes/check.h"

#include <stdlib.h>
#include <string.h>

static char *text;
static size_t text_size;

/* One event through the sink, as the line a program would read. */
static const char *event(const struct eg_log_record *record)
{
    struct cli_json_logger json;

    free(text);
    FILE *out = open_memstream(&text, &text_size);
    struct eg_logger *logger = cli_json_logger_init(&json, out);
    eg_log_record(logger, record);
    cli_json_logger_finish(&json);
    fclose(out);
    return text;
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
    for (const char *const *field =
             (const char *const[]){"\"event\":\"stage-end\"", "\"slot\":\"slot \\\"7\\\"\"",
                                   "\"port\":\"sim:esp32/7\"", "\"board\":\"24:0a:c4:00:10:07\"",
                                   "\"stage\":\"write\"", "\"attempt\":2", "\"duration_ms\":1500",
                                   "\"code\":\"timeout\"", "\"text\":\"line\\nbreak\"", "\"version\":1",
                                   "\"time\":\"2", NULL};
         *field != NULL; field++) {
        if (strstr(line, *field) == NULL)
            fail_msg("no %s in %s", *field, line);
    }
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
    };
    return cmocka_run_group_tests(tests, NULL, free_text);
}
