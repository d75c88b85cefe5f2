/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/log.h"
#include "tests/fakes/check.h"

#include <stdlib.h>
#include <string.h>

static const struct eg_log_origin slot = {.slot = "A", .port = "/dev/ttyUSB0", .board = ""};

struct console {
    struct eg_console_logger console;
    char *text;
    size_t size;
    FILE *out;
};

static struct eg_logger *console_begin(struct console *console)
{
    console->out = open_memstream(&console->text, &console->size);
    assert_non_null(console->out);
    return eg_console_logger_init(&console->console, console->out);
}

static void console_end(struct console *console, const char *expected)
{
    eg_console_logger_finish(&console->console);
    fclose(console->out);
    assert_string_equal(console->text, expected);
    free(console->text);
}

static void a_console_that_has_ended_says_nothing_more(void **state)
{
    struct console console;
    struct eg_logger *const logger = console_begin(&console);

    (void)state;
    eg_log_note(logger, NULL, "before");
    eg_console_logger_end(&console.console);
    eg_log_note(logger, NULL, "after");
    console_end(&console, "note: before\n");
}

static void the_console_says_one_line_per_record_with_its_slot(void **state)
{
    (void)state;
    struct console console;
    struct eg_logger *logger = console_begin(&console);
    struct eg_error err;

    eg_error_set(&err, EG_TIMEOUT, "no answer");
    eg_log_print(logger, NULL, "%u boards", 8U);
    eg_log_note(logger, &slot, "seen before");
    eg_log_warning(logger, &slot, "no stub");
    eg_log_error(logger, &slot, &err);
    eg_log_progress(logger, &slot, "write", "app", 1, 2);
    eg_log_record(logger, &(struct eg_log_record){.kind = EG_LOG_STAGE_END,
                                                  .level = EG_NORMAL,
                                                  .origin = slot,
                                                  .text = "no answer",
                                                  .stage = "write",
                                                  .outcome = "",
                                                  .code = EG_TIMEOUT,
                                                  .attempt = 2});
    eg_log_record(logger, &(struct eg_log_record){.kind = EG_LOG_OUTCOME,
                                                  .level = EG_NORMAL,
                                                  .origin = slot,
                                                  .text = "",
                                                  .stage = "",
                                                  .outcome = "pass",
                                                  .duration_ms = 1500});
    console_end(&console, "8 boards\nA: note: seen before\nA: warning: no stub\nA: error: no answer\n"
                          "A: write, attempt 2: no answer (timeout)\nA: pass, 1.50 s\n");
}

static void a_verbosity_leaves_out_what_is_above_it(void **state)
{
    (void)state;
    struct console console;
    struct eg_logger *logger = console_begin(&console);
    struct eg_error err;

    eg_error_set(&err, EG_TIMEOUT, "no answer");
    eg_log_verbose(logger, &slot, "not at first");
    eg_log_set_verbosity(logger, EG_VERBOSE);
    eg_log_verbose(logger, &slot, "now");
    eg_log_set_verbosity(logger, EG_SILENT);
    eg_log_print(logger, &slot, "not any more");
    eg_log_error(logger, &slot, &err);
    console_end(&console, "A: now\nA: error: no answer\n");
}

static void a_tee_gives_every_record_to_both(void **state)
{
    (void)state;
    struct console first, second;
    struct eg_tee_logger tee;
    struct eg_logger *logger = eg_tee_logger_init(&tee, console_begin(&first), console_begin(&second));

    eg_log_note(logger, &slot, "twice");
    eg_log_set_verbosity(logger, EG_SILENT);
    eg_log_note(logger, &slot, "never");
    console_end(&first, "A: note: twice\n");
    console_end(&second, "A: note: twice\n");
}

static void no_logger_takes_everything(void **state)
{
    (void)state;
    eg_log_print(NULL, &slot, "unheard");
    eg_log_set_verbosity(NULL, EG_TRACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_console_that_has_ended_says_nothing_more),
        cmocka_unit_test(the_console_says_one_line_per_record_with_its_slot),
        cmocka_unit_test(a_verbosity_leaves_out_what_is_above_it),
        cmocka_unit_test(a_tee_gives_every_record_to_both),
        cmocka_unit_test(no_logger_takes_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
