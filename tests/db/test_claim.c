/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/db/pools.h"

#include <pthread.h>

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
    /* The same value under another name is a different claim. */
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

    /* Each further run is refused until one was allowed. */
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

static void labels_and_values_of_older_ledgers_are_compared_too(void **state)
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

static void real_boards_ignore_simulated_ones_which_are_refused_values_of_real_ones(void **state)
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
    run = begin(ledger, NULL);
    assert_ok(claim(ledger, run, &second, "serial", "A-2", false, &err), err);
    assert_ok(sample_finish(sample, ledger, run, &second, &pass, &err), err);
    eg_ledger_close(ledger);
    ledger = NULL;

    /* A later rehearsal: values of an earlier rehearsal are free, values of real boards are not. */
    sample->session.simulated = true;
    sample->session.batch = "batch-3";
    open_ledger(sample, &ledger);
    assert_error(claim(ledger, begin(ledger, NULL), &first, "serial", "A-2", false, &err), err, EG_NOT_UNIQUE,
                 "serial A-2 belongs to board 7c:df:a1:00:00:02 since run 4");
    assert_ok(claim(ledger, begin(ledger, NULL), &second, "serial", "A-3", false, &err), err);
    assert_error(claim(ledger, begin(ledger, NULL), &first, "serial", "A-3", false, &err), err, EG_NOT_UNIQUE,
                 "serial A-3 belongs to board 7c:df:a1:00:00:02 since run 6");
}

/* Claim the first column as the serial. */
static enum eg_code claim_serial(void *context, const struct eg_pool_row *row, const struct eg_claim **claims,
                                 unsigned *count, struct eg_error *err)
{
    struct eg_claim *const claim = context;

    (void)err;
    *claim = (struct eg_claim){.kind = EG_CLAIM_VALUE, .name = "serial", .value = row->values[0]};
    *claims = claim;
    *count = 1;
    return EG_OK;
}

/* Begin a run and ask for a row of "serials". */
static enum eg_code ask(struct eg_ledger *ledger, unsigned unit_number, int64_t *run, struct eg_pool_row *row,
                        struct eg_error *err)
{
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    const struct eg_unit unit = sample_unit(unit_number);
    struct eg_claim claim;
    const struct eg_pool_wish wish = {
        .pool = "serials", .unit = &unit, .claims = claim_serial, .context = &claim};

    EG_TRY(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, run, err));
    return recorder->ops->reserve(recorder, *run, &wish, row, err);
}

/* Let a board with a value from outside a pool pass. */
static void give(const struct sample *sample, struct eg_ledger *ledger, unsigned unit_number,
                 const char *serial)
{
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    const struct eg_unit unit = sample_unit(unit_number);
    const struct eg_claim claim = {.kind = EG_CLAIM_VALUE, .name = "serial", .value = serial};
    struct eg_error err;
    int64_t run;

    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, &run, &err),
              err);
    assert_ok(recorder->ops->claim(recorder, run, &unit, &claim, 1, &err), err);
    assert_ok(sample_finish(sample, ledger, run, &unit, &pools_pass, &err), err);
}

static void expect_row(struct eg_ledger *ledger, unsigned unit_number, const char *serial,
                       const char *passed_over)
{
    EG_CLEANUP(eg_pool_row_finish) struct eg_pool_row row = {0};
    struct eg_error err;
    int64_t run;

    assert_ok(ask(ledger, unit_number, &run, &row, &err), err);
    assert_string_equal(row.values[0], serial);
    assert_string_equal(row.passed_over, passed_over);
}

static void a_row_whose_value_another_board_has_is_passed_over_and_the_board_itself_gets_it(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_pool_row_finish) struct eg_pool_row row = {0};
    struct eg_error err;
    int64_t run;

    pools_open(sample, &ledger);
    give(sample, ledger, 7, "A-1");
    give(sample, ledger, 8, "A-2");
    expect_row(ledger, 1, "A-3",
               "serial A-1 belongs to board 7c:df:a1:00:00:07 since run 1; serial A-2 belongs to board "
               "7c:df:a1:00:00:08 since run 2");
    assert_int_equal(ask(ledger, 2, &run, &row, &err), EG_POOL_EMPTY);
    expect_row(ledger, 8, "A-2", "");
    expect_row(ledger, 7, "A-1", "");
    assert_sql(sample->path, "SELECT key, mac FROM serials WHERE pool = 'serials'",
               "A-1|7c:df:a1:00:00:07;A-2|7c:df:a1:00:00:08;A-3|7c:df:a1:00:00:01");
}

static void a_pool_whose_last_rows_other_boards_have_says_which(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_pool_row_finish) struct eg_pool_row row = {0};
    struct eg_error err;
    int64_t run;

    pools_open(sample, &ledger);
    give(sample, ledger, 7, "A-1");
    give(sample, ledger, 7, "A-2");
    give(sample, ledger, 8, "A-3");
    for (unsigned i = 1; i <= 2; i++)
        assert_error(
            ask(ledger, i, &run, &row, &err), err, EG_NOT_UNIQUE,
            "pool serials has no other row: serial A-3 belongs to board 7c:df:a1:00:00:08 since run 3");
    expect_row(ledger, 7, "A-1", "");
}

struct asker {
    struct eg_ledger *ledger;
    unsigned unit_number;
    char serial[8];
};

static void *ask_at_once(void *argument)
{
    struct asker *const asker = argument;
    struct eg_pool_row row = {0};
    struct eg_error err;
    int64_t run;

    if (ask(asker->ledger, asker->unit_number, &run, &row, &err) == EG_OK)
        snprintf(asker->serial, sizeof asker->serial, "%s", row.values[0]);
    eg_pool_row_finish(&row);
    return NULL;
}

static void of_boards_that_ask_at_once_each_gets_another_row_and_none_that_is_taken(void **state)
{
    enum { ROWS = 40, TAKEN = 20 };
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct asker askers[ROWS - TAKEN];
    pthread_t threads[ROWS - TAKEN];
    bool seen[ROWS + 1] = {false};
    char csv[ROWS * 8] = "serial\n";
    struct eg_error err;

    for (int i = 1; i <= ROWS; i++)
        snprintf(csv + strlen(csv), sizeof csv - strlen(csv), "S%d\n", i);
    assert_ok(pools_import(sample, "serials.csv", csv, &err), err);
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    for (unsigned i = 1; i <= TAKEN; i++) {
        char serial[8];
        snprintf(serial, sizeof serial, "S%u", 2 * i);
        give(sample, ledger, 100 + i, serial);
    }
    for (unsigned i = 0; i < ROWS - TAKEN; i++) {
        askers[i] = (struct asker){.ledger = ledger, .unit_number = i + 1};
        assert_int_equal(pthread_create(&threads[i], NULL, ask_at_once, &askers[i]), 0);
    }
    for (unsigned i = 0; i < ROWS - TAKEN; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (unsigned i = 0; i < ROWS - TAKEN; i++) {
        const unsigned number = (unsigned)strtoul(askers[i].serial + 1, NULL, 10);
        assert_int_equal(number % 2, 1);
        assert_false(seen[number]);
        seen[number] = true;
    }
}

static void
a_session_that_is_shown_another_ledger_reads_pools_and_claims_there_and_leaves_it_as_it_is(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    char scratch[sizeof sample->path + 8], shown[sizeof sample->path];
    const char *const counts = "SELECT (SELECT count(*) FROM run), (SELECT count(*) FROM main.pool_row), "
                               "(SELECT count(*) FROM run_claim), (SELECT count(*) FROM pool_event)";
    struct eg_error err;
    bool outdated = true;

    pools_open(sample, &ledger);
    give(sample, ledger, 7, "A-1");
    eg_ledger_close(ledger);
    ledger = NULL;
    assert_ok(eg_ledger_outdated(&outdated, sample->path, &err), err);
    assert_false(outdated);
    snprintf(scratch, sizeof scratch, "%s.scratch", sample->path);
    memcpy(shown, sample->path, sizeof shown);
    sample->session.simulated = true;
    sample->session.shown = shown;
    assert_ok(eg_ledger_open(&ledger, scratch, &sample->session, &sample->plan, NULL, &err), err);
    expect_row(ledger, 1, "A-2", "serial A-1 belongs to board 7c:df:a1:00:00:07 since run 1");
    expect_row(ledger, 2, "A-3", "");
    assert_sql(scratch, counts, "2|0|2|0");
    assert_sql(shown, counts, "1|5|1|0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(a_value_of_another_board_is_refused_while_its_run_goes_on_and_after_it_passed),
        with_sample(a_run_that_wrote_nothing_and_did_not_pass_lets_its_values_go),
        with_sample(a_clone_is_another_board_and_a_flash_that_is_not_known_is_the_same),
        with_sample(a_secret_is_compared_and_neither_stored_nor_shown),
        with_sample(labels_and_values_of_older_ledgers_are_compared_too),
        with_sample(real_boards_ignore_simulated_ones_which_are_refused_values_of_real_ones),
        with_sample(a_row_whose_value_another_board_has_is_passed_over_and_the_board_itself_gets_it),
        with_sample(a_pool_whose_last_rows_other_boards_have_says_which),
        with_sample(of_boards_that_ask_at_once_each_gets_another_row_and_none_that_is_taken),
        with_sample(
            a_session_that_is_shown_another_ledger_reads_pools_and_claims_there_and_leaves_it_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
