/* SPDX-License-Identifier: Apache-2.0 */

#include "db/query/query.h"
#include "tests/db/batches.h"

#include <sys/wait.h>

static void the_numbers_of_a_batch_count_units_by_their_last_run(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_batch batch;
    struct eg_error err;

    assert_ok(fill_batches(sample, &ledger, &err), err);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_batch(query, "batch-1", &batch, &err), err);
    assert_string_equal(batch.name, "batch-1");
    assert_int_equal(batch.runs, 8);
    assert_int_equal(batch.unfinished, 1);
    assert_int_equal(batch.units, 4); /* two boards were never identified */
    assert_int_equal(batch.passed, 2);
    assert_int_equal(batch.marginal, 1);
    assert_int_equal(batch.failed, 1);
    assert_int_equal(batch.errors, 0);
    assert_int_equal(batch.aborted, 0);
    assert_int_equal(batch.no_board, 2);
    assert_int_equal(batch.repeats, 0);
    assert_int_equal(batch.first_pass, 1);

    assert_ok(eg_query_batch(query, "batch-2", &batch, &err), err);
    assert_int_equal(batch.runs, 1);
    assert_int_equal(batch.units, 1);
    assert_int_equal(batch.passed, 1);
    assert_int_equal(batch.first_pass, 1);

    assert_ok(eg_query_batch(query, NULL, &batch, &err), err);
    assert_string_equal(batch.name, "batch-1");
}

static enum eg_code count_runs(void *context, const struct eg_run_row *row, struct eg_error *err)
{
    (void)row;
    (void)err;
    ++*(unsigned *)context;
    return EG_OK;
}

static void a_query_sees_the_ledger_as_it_was_when_it_was_opened(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const struct eg_unit unit = sample_unit(9);
    const struct sample_end pass = {.outcome = EG_PASS};
    struct eg_error err;
    unsigned count = 0;
    int64_t run;

    assert_ok(fill_batches(sample, &ledger, &err), err);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(sample_run(sample, ledger, "a", &unit, &pass, &run, &err), err);
    assert_ok(eg_query_runs(query, "batch-1", true, count_runs, &count, &err), err);
    assert_int_equal(count, 8);
    count = 0;
    assert_ok(eg_query_runs(query, "batch-1", false, count_runs, &count, &err), err);
    assert_int_equal(count, 5);
}

static enum eg_code give_up(void *context, const struct eg_run_row *row, struct eg_error *err)
{
    ++*(unsigned *)context;
    return eg_error_set(err, EG_IO, "enough at run %d", (int)row->run);
}

static void a_visitor_can_end_the_walk(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_error err;
    unsigned count = 0;

    assert_ok(fill_batches(sample, &ledger, &err), err);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_error(eg_query_runs(query, "batch-1", true, give_up, &count, &err), err, EG_IO, "enough at run 1");
    assert_int_equal(count, 1);
}

static void what_is_not_there_is_named(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_batch batch;
    struct eg_error err;
    char expected[300];

    snprintf(expected, sizeof expected, "ledger %s: opening it: No such file or directory", sample->path);
    assert_error(eg_query_open(&query, sample->path, &err), err, EG_LEDGER, expected);
    assert_int_equal(access(sample->path, F_OK), -1);

    FILE *file = fopen(sample->path, "w");
    assert_non_null(file);
    fclose(file);
    snprintf(expected, sizeof expected, "ledger %s: is empty", sample->path);
    assert_error(eg_query_open(&query, sample->path, &err), err, EG_LEDGER, expected);

    assert_ok(fill_batches(sample, &ledger, &err), err);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    snprintf(expected, sizeof expected,
             "ledger %s: has no batch night-shift; the newest are batch-1, batch-2", sample->path);
    assert_error(eg_query_batch(query, "night-shift", &batch, &err), err, EG_LEDGER, expected);
}

static void a_reader_without_write_permission_gets_a_sentence(void **state)
{
    const struct sample *sample = *state;
    struct eg_ledger *ledger = NULL;
    struct eg_query *query;
    struct eg_error err;
    char expected[300], text[600] = "";
    int channel[2], status = -1;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    eg_ledger_close(ledger);
    assert_int_equal(chmod(sample->path, 0444), 0);
    assert_int_equal(chmod(sample->folder, 0555), 0);
    assert_int_equal(pipe(channel), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && setuid(65534) != 0) /* a superuser may do everything */
            _exit(1);
        const enum eg_code code = eg_query_open(&query, sample->path, &err);
        if (write(channel[1], err.text, code != EG_OK ? strlen(err.text) : 0) < 0)
            _exit(1);
        _exit(code == EG_LEDGER ? 0 : 1);
    }
    close(channel[1]);
    const ssize_t got = read(channel[0], text, sizeof text - 1);
    close(channel[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(chmod(sample->folder, 0700), 0);
    snprintf(expected, sizeof expected,
             "ledger %s: this user may not write to it or its folder, which SQLite needs even for reading",
             sample->path);
    assert_true(got > 0);
    assert_string_equal(text, expected);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(the_numbers_of_a_batch_count_units_by_their_last_run),
        with_sample(a_query_sees_the_ledger_as_it_was_when_it_was_opened),
        with_sample(a_visitor_can_end_the_walk),
        with_sample(what_is_not_there_is_named),
        with_sample(a_reader_without_write_permission_gets_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
