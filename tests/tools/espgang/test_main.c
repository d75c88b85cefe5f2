/* SPDX-License-Identifier: Apache-2.0 */

/* The command line as a call of the library. */

#include "engine/espgang.h"
#include "tests/fakes/check.h"

#include <string.h>

struct recording {
    struct eg_logger logger;
    char stages[256]; /* "connect connect:ok" */
    char mac[128];    /* the line that begins with "MAC:" */
};

static void record(struct eg_logger *logger, const struct eg_log_record *record)
{
    struct recording *recording = (struct recording *)logger;
    const size_t used = strlen(recording->stages);

    if (record->kind == EG_LOG_PRINT && strncmp(record->text, "MAC:", 4) == 0)
        snprintf(recording->mac, sizeof recording->mac, "%s", record->text);
    if (record->kind == EG_LOG_STAGE_BEGIN)
        snprintf(recording->stages + used, sizeof recording->stages - used, "%s ", record->stage);
    if (record->kind == EG_LOG_STAGE_END)
        snprintf(recording->stages + used, sizeof recording->stages - used, "%s:%s ", record->stage,
                 eg_code_name(record->code));
}

static void a_command_on_one_board_logs_to_the_logger_of_the_caller(void **state)
{
    (void)state;
    char words[][16] = {"espgang", "--port", "sim:esp32c3", "read-mac"};
    char *argv[] = {words[0], words[1], words[2], words[3], NULL};
    struct recording recording = {.logger = {.log = record}};

    assert_int_equal(eg_main_logged(4, argv, &recording.logger), 0);
    assert_string_equal(recording.stages, "connect connect:ok stub stub:ok ");
    assert_non_null(strstr(recording.mac, "02:65:67"));
    recording.stages[0] = '\0';
    assert_int_equal(eg_main(4, argv), 0);
    assert_string_equal(recording.stages, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_on_one_board_logs_to_the_logger_of_the_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
