/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/db/sample.h"

static struct eg_unit board(unsigned number, const char *flash)
{
    struct eg_unit unit = sample_unit(number);

    snprintf(unit.flash_unique_id, sizeof unit.flash_unique_id, "%s", flash);
    return unit;
}

static int64_t begin(struct eg_ledger *ledger, const char *label)
{
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    struct eg_error err;
    int64_t run = 0;

    assert_ok(recorder->ops->begin(
                  recorder, &(struct eg_run_begin){.slot = "a", .port = "/dev/ttyUSB0", .label = label}, &run,
                  &err),
              err);
    return run;
}

static enum eg_code claim(struct eg_ledger *ledger, int64_t run, const struct eg_unit *unit, const char *name,
                          const char *value, bool secret, struct eg_error *err)
{
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    const struct eg_claim claims[] = {{.kind = name[0] != '\0' ? EG_CLAIM_VALUE : EG_CLAIM_LABEL,
                                       .name = name,
                                       .value = value,
                                       .secret = secret}};

    return recorder->ops->claim(recorder, run, unit, claims, 1, err);
}

static void open_ledger(const struct sample *sample, struct eg_ledger **ledger)
{
    struct eg_error err;

    assert_ok(eg_ledger_open(ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
}

static const struct sample_end pass = {.outcome = EG_PASS};

static void a_value_of_another_board_is_refused_while_its_run_goes_on_and_after_it_passed(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit first = board(1, "aa"), second = board(2, "bb");
    struct eg_error err;

    open_ledger(sample, &ledger);
    const int64_t run = begin(ledger, NULL), other = begin(ledger, NULL);
    assert_ok(claim(ledger, run, &first, "serial", "A-1", false, &err), err);
    assert_error(claim(ledger, other, &second, "serial", "A-1", false, &err), err, EG_NOT_UNIQUE,
                 "serial A-1 belongs to board 7c:df:a1:00:00:01 since run 1");
    assert_ok(claim(ledger, other, &second, "serial", "A-2", false, &err), err);
    assert_ok(sample_finish(sample, ledger, run, &first, &pass, &err), err);
    assert_int_equal(claim(ledger, other, &second, "serial", "A-1", false, &err), EG_NOT_UNIQUE);

    eg_ledger_close(ledger);
    ledger = NULL;
    sample->session.batch = "batch-2";
    open_ledger(sample, &ledger);
    const int64_t again = begin(ledger, NULL);
    assert_ok(claim(ledger, again, &first, "serial", "A-1", false, &err), err);
    assert_ok(claim(ledger, again, &first, "serial", "A-1", false, &err), err); /* a later attempt */
    assert_sql(sample->path, "SELECT run_id, position, kind, name, value, mac FROM run_claim",
               "1|1|value|serial|A-1|7c:df:a1:00:00:01;2|1|value|serial|A-2|7c:df:a1:00:00:02;"
               "3|1|value|serial|A-1|7c:df:a1:00:00:01");
    /* Another name, another value. */
    assert_ok(claim(ledger, begin(ledger, NULL), &second, "lot", "A-1", false, &err), err);
}

static void a_run_that_wrote_nothing_and_did_not_pass_lets_its_values_go(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit first = board(1, "aa"), second = board(2, "bb");
    const struct eg_run_record refused = {
        .outcome = EG_ERROR, .code = EG_POOL_EMPTY, .text = "empty", .marginal = "", .unit = &first};
    const struct sample_end written = {.outcome = EG_FAIL, .code = EG_STUCK_BITS, .text = "stuck"};
    struct eg_error err;

    open_ledger(sample, &ledger);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    int64_t run = begin(ledger, "L7");
    assert_ok(claim(ledger, run, &first, "", "L7", false, &err), err);
    assert_ok(recorder->ops->finish(recorder, run, &refused, &err), err);
    run = begin(ledger, "L7");
    assert_ok(claim(ledger, run, &second, "", "L7", false, &err), err);
    assert_ok(sample_finish(sample, ledger, run, &second, &written, &err), err);
    run = begin(ledger, "L7");
    assert_error(claim(ledger, run, &first, "", "L7", false, &err), err, EG_NOT_UNIQUE,
                 "label L7 belongs to board 7c:df:a1:00:00:02 since run 2");
}

static void a_clone_is_another_board_and_a_flash_that_is_not_known_is_the_same(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit first = board(1, "aa"), clone = board(1, "bb"), unknown = board(1, "");
    struct eg_seen seen;
    struct eg_error err;
    int64_t run;

    open_ledger(sample, &ledger);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    assert_ok(recorder->ops->seen(recorder, &unknown, &seen, &err), err);
    assert_false(seen.mac_known);
    assert_ok(sample_run(sample, ledger, "a", &first, &pass, &run, &err), err);
    assert_ok(claim(ledger, begin(ledger, NULL), &first, "serial", "A-1", false, &err), err);
    assert_error(claim(ledger, begin(ledger, NULL), &clone, "serial", "A-1", false, &err), err, EG_NOT_UNIQUE,
                 "serial A-1 belongs to board 7c:df:a1:00:00:01 with flash aa since run 2");
    assert_ok(claim(ledger, begin(ledger, NULL), &unknown, "serial", "A-1", false, &err), err);

    assert_ok(recorder->ops->seen(recorder, &unknown, &seen, &err), err);
    assert_true(seen.mac_known);
    assert_int_equal(seen.clone_run, 0);
    assert_int_equal(seen.passed, 1);
    assert_ok(recorder->ops->seen(recorder, &clone, &seen, &err), err);
    assert_int_equal(seen.clone_run, 1);
    assert_string_equal(seen.clone_flash, "aa");
    assert_int_equal(seen.runs, 0);

    /* Refused again when it comes again, until it was allowed once. */
    run = begin(ledger, NULL);
    const struct eg_run_record refused = {
        .outcome = EG_FAIL, .code = EG_CLONE, .text = "a clone", .marginal = "", .unit = &clone};
    assert_ok(recorder->ops->finish(recorder, run, &refused, &err), err);
    assert_ok(recorder->ops->seen(recorder, &clone, &seen, &err), err);
    assert_int_equal(seen.clone_run, 1);
    assert_ok(sample_run(sample, ledger, "a", &clone, &pass, &run, &err), err);
    assert_ok(recorder->ops->seen(recorder, &clone, &seen, &err), err);
    assert_int_equal(seen.clone_run, 0);
    assert_ok(recorder->ops->seen(recorder, &first, &seen, &err), err);
    assert_int_equal(seen.clone_run, 0);
}

static void a_secret_is_compared_and_neither_stored_nor_shown(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit first = board(1, "aa"), second = board(2, "bb");
    struct eg_error err;

    open_ledger(sample, &ledger);
    assert_ok(claim(ledger, begin(ledger, NULL), &first, "key", "c2VjcmV0", true, &err), err);
    assert_error(claim(ledger, begin(ledger, NULL), &second, "key", "c2VjcmV0", true, &err), err,
                 EG_NOT_UNIQUE,
                 "the value of key, which is secret, belongs to board 7c:df:a1:00:00:01 since run 1");
    assert_ok(claim(ledger, begin(ledger, NULL), &second, "key", "b3RoZXI", true, &err), err);
    /* printf 'key\tc2VjcmV0' | sha256sum */
    assert_sql(sample->path, "SELECT value FROM run_claim WHERE run_id = 1",
               "sha256:fc753f7e2cf9f1dff57729f64b7cfede6797ac8f1bee126f2851d51cef46bea6");
}

static void what_older_ledgers_know_without_a_claim_is_compared_too(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct sample_end measured = {.outcome = EG_PASS, .measured = true}; /* serial A-1, label A-17 */
    const struct eg_unit first = board(1, "aa"), second = board(2, "bb");
    struct eg_error err;
    int64_t run;

    open_ledger(sample, &ledger);
    assert_ok(sample_run(sample, ledger, "a", &first, &measured, &run, &err), err);
    assert_sql(sample->path, "SELECT count(*) FROM run_claim", "0");
    assert_error(claim(ledger, begin(ledger, NULL), &second, "serial", "A-1", false, &err), err,
                 EG_NOT_UNIQUE, "serial A-1 belongs to board 7c:df:a1:00:00:01 since run 1");
    assert_error(claim(ledger, begin(ledger, NULL), &second, "", "A-17", false, &err), err, EG_NOT_UNIQUE,
                 "label A-17 belongs to board 7c:df:a1:00:00:01 since run 1");
    assert_ok(claim(ledger, begin(ledger, NULL), &first, "", "A-17", false, &err), err);
}

static void simulated_boards_and_real_ones_do_not_know_of_each_other(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit first = board(1, "aa"), second = board(2, "bb");
    struct eg_seen seen;
    struct eg_error err;
    int64_t run;

    sample->session.simulated = true;
    open_ledger(sample, &ledger);
    assert_ok(claim(ledger, begin(ledger, NULL), &first, "serial", "A-1", false, &err), err);
    assert_ok(sample_run(sample, ledger, "a", &first, &pass, &run, &err), err);
    eg_ledger_close(ledger);
    ledger = NULL;
    sample->session.simulated = false;
    assert_int_equal(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err),
                     EG_BAD_ARGUMENT);
    assert_non_null(strstr(err.text, "batch batch-1 has simulated boards; name another batch for real ones"));
    sample->session.batch = "batch-2";
    open_ledger(sample, &ledger);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    assert_ok(claim(ledger, begin(ledger, NULL), &second, "serial", "A-1", false, &err), err);
    assert_ok(recorder->ops->seen(recorder, &first, &seen, &err), err);
    assert_int_equal(seen.runs, 0);
    assert_false(seen.mac_known);
}

int main(void)
{
#define with_sample(test) cmocka_unit_test_setup_teardown(test, sample_setup, sample_teardown)
    const struct CMUnitTest tests[] = {
        with_sample(a_value_of_another_board_is_refused_while_its_run_goes_on_and_after_it_passed),
        with_sample(a_run_that_wrote_nothing_and_did_not_pass_lets_its_values_go),
        with_sample(a_clone_is_another_board_and_a_flash_that_is_not_known_is_the_same),
        with_sample(a_secret_is_compared_and_neither_stored_nor_shown),
        with_sample(what_older_ledgers_know_without_a_claim_is_compared_too),
        with_sample(simulated_boards_and_real_ones_do_not_know_of_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
