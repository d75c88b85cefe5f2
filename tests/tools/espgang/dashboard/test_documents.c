/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/dashboard/documents.h"
#include "tests/fakes/check.h"

#include <stdlib.h>
#include <string.h>

static const struct eg_target target = {.label = "ESP32"};
static const struct eg_plan plan = {.job_name = "job", .job_version = "1", .target = &target};
static const struct eg_slot slots[] = {{.name = "A\"1\xff", .url = "sim://1"}};

static struct cli_view view;

static int begin(void **state)
{
    struct eg_error err;

    (void)state;
    return cli_view_init(&view, &plan, slots, 1, &err) == EG_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    cli_view_finish(&view);
    return 0;
}

static void tell(enum eg_log_kind kind, const char *stage, const char *outcome, enum eg_code code)
{
    cli_view_take(&view,
                  &(struct eg_log_record){.kind = kind,
                                          .level = EG_NORMAL,
                                          .origin = {slots[0].name, "sim://1", "02:00:00:00:00:01"},
                                          .text = "said",
                                          .stage = stage,
                                          .outcome = outcome,
                                          .code = code,
                                          .attempt = 1},
                  cli_moment_now());
}

static void assert_slot(const char *const *wanted)
{
    char *const text = cli_document_slot(&view.slots[0], 0);

    assert_non_null(text);
    for (; *wanted != NULL; wanted++)
        if (strstr(text, *wanted) == NULL)
            fail_msg("no %s in %s", *wanted, text);
    free(text);
}

static void a_slot_has_what_its_state_knows(void **state)
{
    (void)state;
    assert_slot((const char *const[]){"\"slot\":\"A\\\"1\xef\xbf\xbd\"", "\"state\":\"empty\"",
                                      "\"run\":null", NULL});
    cli_view_run_begun(&view, slots[0].name, 12, "LABEL");
    tell(EG_LOG_STAGE_BEGIN, "write", "", EG_OK);
    assert_slot((const char *const[]){"\"state\":\"working\"", "\"stage\":\"write\"", "\"run\":12",
                                      "\"label\":\"LABEL\"", NULL});
    tell(EG_LOG_OUTCOME, "", "fail", EG_STUCK_BITS);
    assert_slot((const char *const[]){
        "\"state\":\"done\"", "\"word\":\"FAIL\"", "\"code\":\"flash-stuck-bits\"",
        "\"cause\":\"flash bits do not change\"", "\"text\":\"said\"", "\"advice\":\"red box\"", NULL});
}

static void the_line_says_what_a_client_may_and_null_for_what_is_not_known(void **state)
{
    (void)state;
    cli_view_name(&view, "line 2", "day");
    char *const text =
        cli_document_line(&view, "jo\"nas", (struct cli_may){.start = true}, false, true, eg_clock_ms());
    assert_non_null(text);
    assert_non_null(strstr(text, "\"station\":\"line 2\",\"operator\":\"jo\\\"nas\""));
    assert_non_null(strstr(text, "\"paused\":true"));
    assert_non_null(strstr(text, "\"may_start\":true,\"may_drain\":false"));
    assert_non_null(
        strstr(text, "\"rate_per_h\":null,\"target\":null,\"target_yield\":null,\"minutes_left\":null"));
    free(text);
}

static void a_ledger_that_is_not_there_is_an_error(void **state)
{
    struct eg_error err;
    char *text;

    (void)state;
    assert_int_equal(cli_document_batch(&text, "/nowhere/ledger.db", "day", &err), EG_LEDGER);
    assert_null(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_slot_has_what_its_state_knows),
        TEST(the_line_says_what_a_client_may_and_null_for_what_is_not_known),
        TEST(a_ledger_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
