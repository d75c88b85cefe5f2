/* SPDX-License-Identifier: Apache-2.0 */

#include "db/files/printed.h"
#include "db/query/questions.h"
#include "tests/db/sample.h"

/* "1 missing 0; ": run, state, prints. */
static enum eg_code note(void *context, const void *row, struct eg_error *err)
{
    const struct eg_label_row *const label = row;
    char *const text = context;
    const size_t used = strlen(text);

    (void)err;
    snprintf(text + used, 200 - used, "%d %s %d; ", (int)label->run, label->state, (int)label->prints);
    return EG_OK;
}

static void expect_labels(const struct sample *sample, const char *batch, bool open, const char *expected)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    char text[200] = "";
    struct eg_error err;

    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_labels(query, NULL, batch, open, note, text, &err), err);
    assert_string_equal(text, expected);
}

static void a_label_is_missing_in_doubt_printed_failed_dropped_or_withdrawn(void **state)
{
    struct sample *const sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_printed_close_cleanup) struct eg_printed *printed = NULL;
    const struct sample_end pass = {.outcome = EG_PASS}, fail = {.outcome = EG_FAIL, .code = EG_NO_SYNC};
    static const unsigned boards[] = {1, 2, 3, 4, 5, 6, 6};
    struct eg_error refusal, err;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_ok(eg_printed_open(&printed, sample->path, "jo", &err), err);
    assert_ok(eg_printed_form(printed, eg_ledger_session(eg_ledger_recorder(ledger)), "text", "x", &err),
              err);
    for (unsigned i = 0; i < sizeof boards / sizeof boards[0]; i++) {
        const struct eg_unit unit = sample_unit(boards[i]);
        assert_ok(sample_run(sample, ledger, "a", &unit, i == 6 ? &fail : &pass, &run, &err), err);
    }
    for (run = 2; run <= 4; run++) {
        const struct eg_print print = {run, "p", NULL, "x", 1};
        assert_ok(eg_printed_begin(printed, &print, &refusal, &err), err);
        if (run > 2)
            assert_ok(eg_printed_end(printed, &print, run == 3 ? NULL : "no paper", &err), err);
    }
    assert_ok(eg_printed_drop(printed, 5, "scrap", &err), err);
    expect_labels(sample, NULL, false,
                  "1 missing 0; 2 in doubt 0; 3 printed 1; 4 failed 0; 5 dropped 0; 6 withdrawn 0; ");
    expect_labels(sample, "batch-1", true, "1 missing 0; 2 in doubt 0; 4 failed 0; ");
    expect_labels(sample, "batch-2", false, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_label_is_missing_in_doubt_printed_failed_dropped_or_withdrawn,
                                        sample_setup, sample_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
