/* SPDX-License-Identifier: Apache-2.0 */

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

static void every_run_is_a_contact_of_its_slot_and_station(void **state)
{
    struct sample *const sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    run_boards(sample, ledger, "a", 3, 2);
    run_boards(sample, ledger, "b", 1, 0);
    struct eg_recorder *const recorder = eg_ledger_recorder(ledger);
    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "b", .port = "sim:"}, &run, &err),
              err);
    expect_contacts(sample, NULL, "a 5 3 5 ; b 2 1 2 ; ");
    expect_contacts(sample, "line 3", "a 5 3 5 ; b 2 1 2 ; ");
    expect_contacts(sample, "line 4", "");
}

static void a_run_that_took_a_pass_back_is_no_contact(void **state)
{
    const struct sample *const sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct sample_end withdrawn = {
        .outcome = EG_FAIL, .code = EG_DUPLICATE_MAC, .text = "twice", .withdrawn = true};
    const struct eg_unit unit = sample_unit(1);
    struct eg_error err;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    run_boards(sample, ledger, "a", 1, 0);
    assert_ok(sample_run(sample, ledger, "a", &unit, &withdrawn, &run, &err), err);
    expect_contacts(sample, NULL, "a 1 1 1 ; ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(every_run_is_a_contact_of_its_slot_and_station),
        with_sample(a_run_that_took_a_pass_back_is_no_contact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
