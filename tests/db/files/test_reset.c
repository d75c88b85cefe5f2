/* SPDX-License-Identifier: Apache-2.0 */

#include "db/files/reset.h"
#include "db/proof/audit.h"
#include "db/query/questions.h"
#include "tests/db/sample.h"

/* "a 3 2 5 needles replaced; ": slot, contacts, passed, total, reason. */
static enum eg_code note(void *context, const void *row, struct eg_error *err)
{
    const struct eg_slot_contacts *const slot = row;
    char *const text = context;
    const size_t used = strlen(text);

    (void)err;
    snprintf(text + used, 200 - used, "%s %d %d %d %s; ", slot->slot, (int)slot->contacts, (int)slot->passed,
             (int)slot->total, slot->reason);
    return EG_OK;
}

static void expect_contacts(const struct sample *sample, const char *station, const char *expected)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    char text[200] = "";
    struct eg_error err;

    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_contacts(query, station, note, text, &err), err);
    assert_string_equal(text, expected);
}

static void run_boards(const struct sample *sample, struct eg_ledger *ledger, const char *slot,
                       unsigned passes, unsigned fails)
{
    const struct sample_end pass = {.outcome = EG_PASS};
    const struct sample_end fail = {.outcome = EG_FAIL, .code = EG_STUCK_BITS, .text = "stuck"};
    struct eg_error err;
    int64_t run;

    for (unsigned i = 0; i < passes + fails; i++) {
        const struct eg_unit unit = sample_unit(i + 1);
        assert_ok(sample_run(sample, ledger, slot, &unit, i < passes ? &pass : &fail, &run, &err), err);
    }
}

static void contacts_of_a_slot_count_anew_on_record_while_a_line_goes_on(void **state)
{
    struct sample *const sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_slot_reset reset = {.ledger = sample->path,
                                        .station = sample->session.station,
                                        .slot = "a",
                                        .operator_name = "jo",
                                        .reason = "needles replaced"};
    int64_t contacts = 0;
    struct eg_audit audit;
    struct eg_error err;

    sample_use_job(sample, "espgang: 1\njob: acme-sensor\n");
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    run_boards(sample, ledger, "a", 3, 2);
    run_boards(sample, ledger, "b", 1, 0);
    expect_contacts(sample, NULL, "a 5 3 5 ; b 1 1 1 ; ");
    assert_ok(eg_slot_reset(&contacts, &reset, &err), err);
    assert_int_equal(contacts, 5);
    expect_contacts(sample, "line 3", "a 0 0 5 needles replaced; b 1 1 1 ; ");
    expect_contacts(sample, "line 4", "");
    run_boards(sample, ledger, "a", 1, 1);
    expect_contacts(sample, NULL, "a 2 1 7 needles replaced; b 1 1 1 ; ");
    assert_sql(sample->path, "SELECT station, slot, last_run, contacts, operator FROM slot_reset",
               "line 3|a|6|5|jo");
    assert_ok(eg_audit(&audit, sample->path, NULL, NULL, NULL, &err), err);
    assert_string_equal(audit.bad.text, "");
    assert_sql(sample->path, "DELETE FROM slot_reset", "the ledger is append only");
}

static void a_slot_without_a_run_is_refused(void **state)
{
    const struct sample *const sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_slot_reset reset = {
        .ledger = sample->path, .station = "line 3", .slot = "z", .reason = "needles replaced"};
    char expected[200];
    int64_t contacts;
    struct eg_error err;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    snprintf(expected, sizeof expected,
             "ledger %s: station line 3 has had no run in slot z; 'espgang contacts' lists slots",
             sample->path);
    assert_error(eg_slot_reset(&contacts, &reset, &err), err, EG_BAD_ARGUMENT, expected);
    assert_sql(sample->path, "SELECT count(*) FROM slot_reset", "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(contacts_of_a_slot_count_anew_on_record_while_a_line_goes_on),
        with_sample(a_slot_without_a_run_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
