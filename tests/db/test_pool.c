/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/db/pools.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

static const char serials[] = "SELECT row, state, run, mac FROM serials WHERE pool = 'serials'";

static void the_way_of_a_row_is_recorded_and_its_values_are_given(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1);
    struct eg_pool_row row;
    struct eg_error err;
    int64_t run;

    pools_open(sample, &ledger);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    assert_sql(sample->path, serials, "1|free|NULL|NULL;2|free|NULL|NULL;3|free|NULL|NULL");
    assert_int_equal(pools_run(sample, ledger, 9, EG_POOL_CONSUMED), 1);
    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, &run, &err),
              err);
    const struct eg_pool_wish wish = {.pool = "serials", .unit = &unit};
    assert_ok(recorder->ops->reserve(recorder, run, &wish, &row, &err), err);
    assert_int_equal(row.number, 2);
    assert_int_equal(row.count, 2);
    assert_string_equal(row.names[0], "serial");
    assert_string_equal(row.values[0], "A-2");
    assert_string_equal(row.names[1], "label");
    assert_string_equal(row.values[1], "t\"w\\o");
    eg_pool_row_finish(&row);
    assert_sql(sample->path, "SELECT state, run, mac FROM serials WHERE key = 'A-2'",
               "reserved|2|7c:df:a1:00:00:01");
    assert_ok(recorder->ops->mark(recorder, run, EG_POOL_WRITTEN, &err), err);
    assert_sql(sample->path, "SELECT state, run FROM serials WHERE key = 'A-2'", "written|2");
    assert_ok(recorder->ops->mark(recorder, run, EG_POOL_VERIFIED, &err), err);
    assert_sql(sample->path, "SELECT state, run FROM serials WHERE key = 'A-2'", "verified|2");
    assert_ok(sample_finish(sample, ledger, run, &unit, &pools_pass, &err), err);
    assert_sql(sample->path, "SELECT state, run FROM serials WHERE key = 'A-2'", "consumed|2");
    assert_sql(sample->path, "SELECT * FROM pools ORDER BY name", "keys|2|2|0|0|0|0;serials|3|1|0|0|0|2");
}

static void a_later_attempt_of_a_run_has_the_same_row(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1);
    struct eg_error err;
    int64_t run = 0, row = 0, key = 0;

    pools_open(sample, &ledger);
    for (int attempt = 0; attempt < 3; attempt++) {
        assert_ok(pools_reserve(ledger, 1, "serials", &run, &row, &err), err);
        assert_int_equal(row, 1);
        assert_ok(pools_reserve(ledger, 1, "keys", &run, &key, &err), err);
        assert_int_equal(key, 4);
        assert_ok(pools_mark(ledger, run, EG_POOL_WRITTEN, &err), err);
        assert_ok(pools_mark(ledger, run, EG_POOL_WRITTEN, &err), err);
        assert_ok(pools_mark(ledger, run, EG_POOL_VERIFIED, &err), err);
        assert_ok(pools_mark(ledger, run, EG_POOL_VERIFIED, &err), err);
    }
    assert_ok(sample_finish(sample, ledger, run, &unit, &pools_pass, &err), err);
    assert_sql(sample->path, "SELECT group_concat(state, ' ') FROM pool_event WHERE row_id = 1",
               "reserved written verified written verified written verified consumed");
    assert_sql(sample->path, "SELECT pool, key, state FROM serials WHERE run = 1 ORDER BY pool",
               "keys|k1|consumed;serials|A-1|consumed");
}

static void a_run_that_does_not_pass_gives_back_unwritten_rows(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;

    pools_open(sample, &ledger);
    assert_int_equal(pools_run(sample, ledger, 1, EG_POOL_RESERVED), 1);
    assert_int_equal(pools_run(sample, ledger, 2, EG_POOL_WRITTEN), 1);
    assert_int_equal(pools_run(sample, ledger, 3, EG_POOL_RESERVED), 2);
    assert_int_equal(pools_run(sample, ledger, 4, EG_POOL_VERIFIED), 2);
    assert_sql(sample->path, serials,
               "1|written|2|7c:df:a1:00:00:02;2|verified|4|7c:df:a1:00:00:04;3|free|NULL|NULL");
}

static void released_rows_are_given_first(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit first = sample_unit(1);
    struct eg_error err;
    int64_t runs[3] = {0}, row = 0;

    pools_open(sample, &ledger);
    for (unsigned i = 0; i < 2; i++)
        assert_ok(pools_reserve(ledger, i + 1, "serials", &runs[i], &row, &err), err);
    assert_ok(sample_finish(sample, ledger, runs[0], &first, &pools_fail, &err), err);
    assert_ok(pools_reserve(ledger, 3, "serials", &runs[2], &row, &err), err);
    assert_int_equal(row, 1);
}

static void a_board_that_comes_again_keeps_its_row(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;

    pools_open(sample, &ledger);
    assert_int_equal(pools_run(sample, ledger, 1, EG_POOL_WRITTEN), 1);
    assert_int_equal(pools_run(sample, ledger, 2, EG_POOL_CONSUMED), 2);
    assert_int_equal(pools_run(sample, ledger, 1, EG_POOL_RESERVED), 1);
    assert_sql(sample->path, "SELECT state, run FROM serials WHERE row = 1 AND pool = 'serials'",
               "written|3");
    assert_int_equal(pools_run(sample, ledger, 1, EG_POOL_CONSUMED), 1);
    assert_int_equal(pools_run(sample, ledger, 1, EG_POOL_CONSUMED), 1);
    assert_int_equal(pools_run(sample, ledger, 1, EG_POOL_WRITTEN), 1);
    assert_sql(sample->path, serials,
               "1|consumed|6|7c:df:a1:00:00:01;2|consumed|2|7c:df:a1:00:00:02;3|free|NULL|NULL");
    assert_sql(sample->path, "SELECT count(*) FROM pool_event WHERE state = 'consumed'", "2");
    assert_sql(sample->path, "SELECT count(*) FROM pool_event WHERE state = 'released'", "0");
}

static enum eg_code look_at_row(struct eg_ledger *ledger, int64_t run, const char *pool, unsigned unit_number,
                                struct eg_pool_row *row, struct eg_error *err)
{
    struct eg_recorder *const recorder = eg_ledger_recorder(ledger);
    const struct eg_unit unit = sample_unit(unit_number);
    const struct eg_pool_wish wish = {.pool = pool, .unit = &unit, .held = true};

    return recorder->ops->reserve(recorder, run, &wish, row, err);
}

static void a_run_that_only_looks_at_the_row_of_its_board_records_nothing_of_it(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1);
    struct eg_pool_row row = {0};
    struct eg_error err;
    int64_t run;

    pools_open(sample, &ledger);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    assert_int_equal(pools_run(sample, ledger, 1, EG_POOL_CONSUMED), 1);
    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, &run, &err),
              err);
    assert_ok(look_at_row(ledger, run, "serials", 1, &row, &err), err);
    assert_string_equal(row.values[0], "A-1");
    eg_pool_row_finish(&row);
    assert_int_equal(look_at_row(ledger, run, "serials", 2, &row, &err), EG_NOT_ACCEPTED);
    assert_non_null(strstr(err.text, ": pool serials has no row that 7c:df:a1:00:00:02 was given"));
    assert_int_equal(look_at_row(ledger, run, "keys", 1, &row, &err), EG_NOT_ACCEPTED);
    assert_non_null(strstr(err.text, ": pool keys has no row that 7c:df:a1:00:00:01 was given"));
    assert_ok(sample_finish(sample, ledger, run, &unit, &pools_pass, &err), err);
    assert_sql(sample->path, "SELECT count(*) FROM pool_event WHERE run_id = 2", "0");
}

static void assert_nothing(struct sample *sample, struct eg_ledger *ledger, const char *pool, const char *mac,
                           enum eg_code code, const char *cause)
{
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    struct eg_unit unit = sample_unit(1);
    const struct eg_pool_wish wish = {.pool = pool, .unit = &unit};
    struct eg_pool_row row;
    struct eg_error err;
    char expected[300];
    int64_t run;

    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, &run, &err),
              err);
    snprintf(expected, sizeof expected, "ledger %s: %s", sample->path, cause);
    snprintf(unit.mac, sizeof unit.mac, "%s", mac);
    assert_error(recorder->ops->reserve(recorder, run, &wish, &row, &err), err, code, expected);
    assert_int_equal(row.count, 0);
}

static void a_request_that_a_pool_cannot_serve_is_refused_and_the_line_goes_on(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;

    pools_open(sample, &ledger);
    assert_nothing(sample, ledger, "serails", "7c:df:a1:00:00:01", EG_POOL_EMPTY,
                   "there is no pool serails; 'espgang pool import' makes one");
    assert_nothing(sample, ledger, "keys", "7c:df:a1:00:00:09", EG_NOT_ACCEPTED,
                   "pool keys has no row for 7c:df:a1:00:00:09");
    assert_nothing(sample, ledger, "serials", "", EG_NOT_ACCEPTED,
                   "pool serials gives a row to a MAC, and that of the board is not known");
    for (unsigned i = 1; i <= 3; i++)
        assert_int_equal(pools_run(sample, ledger, i, EG_POOL_CONSUMED), i);
    assert_nothing(sample, ledger, "serials", "7c:df:a1:00:00:09", EG_POOL_EMPTY,
                   "pool serials has no free row left");
    assert_int_equal(pools_run(sample, ledger, 2, EG_POOL_CONSUMED), 2);
}

static void a_mac_is_the_same_however_it_is_spelled(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    static const char *const spellings[] = {"7C:DF:A1:00:00:02", "7cdfa1000002", "7c-DF-a1-00-00-02"};
    struct eg_pool_row row;
    struct eg_error err;
    int64_t run;

    pools_open(sample, &ledger);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, &run, &err),
              err);
    for (unsigned i = 0; i < 3; i++) {
        struct eg_unit unit = sample_unit(2);
        snprintf(unit.mac, sizeof unit.mac, "%s", spellings[i]);
        const struct eg_pool_wish wish = {.pool = "keys", .unit = &unit};
        assert_ok(recorder->ops->reserve(recorder, run, &wish, &row, &err), err);
        assert_string_equal(row.values[2], "Zm9v");
        assert_true(row.secrets[2]);
        assert_false(row.secrets[0]);
        eg_pool_row_finish(&row);
    }
    assert_sql(sample->path, "SELECT key, state, mac FROM serials WHERE pool = 'keys'",
               "k1|free|7c:df:a1:00:00:01;k2|reserved|7c:df:a1:00:00:02");
}

static void a_run_that_passes_without_having_verified_its_row_is_refused(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1);
    struct eg_error err;
    char expected[300];
    int64_t run = 0, row;

    pools_open(sample, &ledger);
    assert_ok(pools_reserve(ledger, 1, "serials", &run, &row, &err), err);
    snprintf(expected, sizeof expected,
             "ledger %s: recording that the rows of run 1 are verified: only a row that the run has written"
             " can be verified",
             sample->path);
    assert_error(pools_mark(ledger, run, EG_POOL_VERIFIED, &err), err, EG_LEDGER, expected);
    snprintf(
        expected, sizeof expected,
        "ledger %s: recording the end of run 1: only a row that a passed run has verified can be consumed",
        sample->path);
    assert_error(sample_finish(sample, ledger, run, &unit, &pools_pass, &err), err, EG_LEDGER, expected);
    assert_ok(pools_mark(ledger, run, EG_POOL_WRITTEN, &err), err);
    assert_error(sample_finish(sample, ledger, run, &unit, &pools_pass, &err), err, EG_LEDGER, expected);
    assert_ok(pools_mark(ledger, run, EG_POOL_VERIFIED, &err), err);
    assert_ok(sample_finish(sample, ledger, run, &unit, &pools_pass, &err), err);

    run = 0; /* the same board again: a consumed row can be verified again */
    assert_ok(pools_reserve(ledger, 1, "serials", &run, &row, &err), err);
    snprintf(expected, sizeof expected,
             "ledger %s: recording the end of run 2: a run passes with rows that it has verified only",
             sample->path);
    assert_error(sample_finish(sample, ledger, run, &unit, &pools_pass, &err), err, EG_LEDGER, expected);
}

static void two_boards_with_one_mac_do_not_share_a_row(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;
    char expected[300];
    int64_t run = 0, other = 0, row;

    pools_open(sample, &ledger);
    assert_ok(pools_reserve(ledger, 1, "keys", &run, &row, &err), err);
    snprintf(expected, sizeof expected,
             "ledger %s: reserving a row of pool keys for run 2: the row is reserved for another run",
             sample->path);
    assert_error(pools_reserve(ledger, 1, "keys", &other, &row, &err), err, EG_LEDGER, expected);
    snprintf(expected, sizeof expected,
             "ledger %s: reserving a row of pool keys for run 1: run 1 has a row of it for 7c:df:a1:00:00:01,"
             " and now wants one for 7c:df:a1:00:00:02",
             sample->path);
    assert_error(pools_reserve(ledger, 2, "keys", &run, &row, &err), err, EG_LEDGER, expected);
}

/* The rules hold for every writer of the file. */
static void no_statement_brings_a_row_where_it_must_not_be(void **state)
{
#define EVENT(row, run, mac, state)                                                                          \
    "INSERT INTO pool_event (row_id, pool_id, run_id, mac, state, recorded_utc) VALUES (" #row ", 1, " #run  \
    ", '7c:df:a1:00:00:0" #mac "', '" state "', '')"
    static const struct {
        const char *sql, *refusal;
    } refused[] = {
        {EVENT(1, 3, 1, "written"), "the run has ended already"},
        {EVENT(1, 3, 1, "consumed"), "the row is consumed already"},
        {EVENT(1, 4, 2, "reserved"), "the row belongs to another MAC"},
        {EVENT(2, 4, 4, "reserved"), "the row is reserved for another run"},
        {EVENT(3, 4, 1, "reserved"), "the MAC has another row of this pool"},
        {EVENT(3, 2, 2, "reserved"), "the run has a row of this pool already"},
        {EVENT(3, 9, 3, "reserved"), "there is no such run"},
        {EVENT(9, 4, 3, "reserved"), "the pool has no such row for this MAC"},
        {EVENT(4, 4, 3, "reserved"), "the pool has no such row for this MAC"},
        {EVENT(2, 4, 2, "written"), "only a row that the run has reserved can be written"},
        {EVENT(2, 2, 3, "written"), "only a row that the run has reserved can be written"},
        {EVENT(3, 4, 3, "written"), "only a row that the run has reserved can be written"},
        {EVENT(2, 2, 2, "verified"), "only a row that the run has written can be verified"},
        {EVENT(2, 2, 2, "consumed"), "only a row that a passed run has verified can be consumed"},
        {EVENT(2, 2, 2, "released"),
         "only a row that is not written can be released, by a run that did not pass"},
        {EVENT(2, 2, 2, "free"), "CHECK constraint failed: state IN ('reserved', 'written', 'verified', "
                                 "'consumed', 'released')"},
        {"INSERT OR REPLACE INTO pool_event SELECT * FROM pool_event",
         "the run has a row of this pool already"},
        {"INSERT INTO pool_free SELECT pool_id, position, row_id FROM pool_row WHERE row_id = 1",
         "the row is free or given already"},
        {"INSERT INTO pool_free VALUES (1, 99, 99)", "the pool has no such row"},
        {"DELETE FROM pool_free WHERE row_id = 3", "the ledger is append only"},
        {"INSERT INTO pool_row SELECT 99, pool_id, import_id, 4, key, mac, fields, merged FROM pool_row "
         "WHERE row_id "
         "= 1",
         "the row is in the pool already"},
        {"INSERT INTO pool_row VALUES (99, 1, 2, 4, 'new', NULL, '[]', NULL)",
         "there is no such import, or the row is taken already"},
        {"INSERT OR REPLACE INTO pool_row VALUES (99, 1, 1, 3, 'new', NULL, '[]', NULL)",
         "there is no such import, or the row is taken already"},
        {"INSERT INTO pool_column VALUES (1, 9, 'late', 0, NULL)", "the columns are recorded already"},
        {"INSERT INTO pool (name) VALUES ('a b')", "CHECK constraint failed: name <> '' AND name NOT GLOB "
                                                   "'*[^A-Za-z0-9_-]*'"},
    };
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;
    int64_t runs[3] = {0}, row = 0;

    pools_open(sample, &ledger);
    pools_run(sample, ledger, 1, EG_POOL_CONSUMED);
    assert_ok(pools_reserve(ledger, 2, "serials", &runs[0], &row, &err), err);
    pools_run(sample, ledger, 1, EG_POOL_CONSUMED);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    assert_ok(
        recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, &runs[1], &err),
        err);
    assert_int_equal(runs[1], 4);
    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_sql(sample->path, refused[i].sql, refused[i].refusal);
    assert_sql(sample->path, serials,
               "1|consumed|3|7c:df:a1:00:00:01;2|reserved|2|7c:df:a1:00:00:02;3|free|NULL|NULL");
    assert_sql(sample->path, "SELECT row_id FROM pool_free WHERE pool_id = 1", "3");
#undef EVENT
}

/* The state of unit 1's run when its program was killed. */
struct kill_point {
    int steps; /* 1 = reserved, 2 = written, 3 = verified, 4 = finished */
    const char *row, *outcome;
    int64_t next_row; /* the row that the next board gets */
};

static void live_until_killed(const struct sample *sample, int steps, int told)
{
    const struct eg_unit unit = sample_unit(1);
    struct eg_ledger *ledger = NULL;
    struct eg_error err;
    int64_t run = 0, row;

    if (eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err) != EG_OK ||
        (steps >= 1 && pools_reserve(ledger, 1, "serials", &run, &row, &err) != EG_OK) ||
        (steps >= 2 && pools_mark(ledger, run, EG_POOL_WRITTEN, &err) != EG_OK) ||
        (steps >= 3 && pools_mark(ledger, run, EG_POOL_VERIFIED, &err) != EG_OK) ||
        (steps >= 4 && sample_finish(sample, ledger, run, &unit, &pools_pass, &err) != EG_OK) ||
        write(told, "x", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

static void kill_after(const struct sample *sample, int steps)
{
    int channel[2];
    char byte = 0;

    assert_int_equal(pipe(channel), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        live_until_killed(sample, steps, channel[1]);
    close(channel[1]);
    assert_int_equal(read(channel[0], &byte, 1), 1);
    close(channel[0]);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void check_kill(struct sample *sample, const struct kill_point *point)
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;
    unsigned orphans;

    pools_open(sample, &ledger);
    eg_ledger_close(ledger);
    ledger = NULL;
    kill_after(sample, point->steps);
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, &orphans, &err), err);
    assert_int_equal(orphans, point->steps < 4);
    assert_sql(sample->path, "SELECT outcome FROM runs", point->outcome);
    assert_sql(sample->path, "SELECT state, mac FROM serials WHERE key = 'A-1'", point->row);
    assert_int_equal(pools_run(sample, ledger, 2, EG_POOL_CONSUMED), point->next_row);
    assert_int_equal(pools_run(sample, ledger, 1, EG_POOL_CONSUMED), point->steps == 1 ? 2 : 1);
}

#define kill_test(name, ...)                                                                                 \
    static void name(void **state)                                                                           \
    {                                                                                                        \
        check_kill(*state, &(const struct kill_point){__VA_ARGS__});                                         \
    }
kill_test(a_program_killed_after_reserving_leaves_the_row_free, 1, "free|NULL", "aborted", 1)
    kill_test(a_program_killed_after_writing_leaves_the_row_with_the_mac, 2, "written|7c:df:a1:00:00:01",
              "aborted", 2) kill_test(a_program_killed_after_verifying_leaves_the_row_with_the_mac, 3,
                                      "verified|7c:df:a1:00:00:01", "aborted", 2)
        kill_test(a_program_killed_after_the_end_leaves_the_row_consumed, 4, "consumed|7c:df:a1:00:00:01",
                  "pass", 2)

#define WORKERS         64
#define RUNS_PER_WORKER 6

            struct worker {
    pthread_t thread;
    const struct sample *sample;
    struct eg_ledger *ledger;
    unsigned number;
    int told; /* gets a byte for each ended run */
    enum eg_code code;
    struct eg_error err;
};

/* Of three runs, one fails before it writes and one after. */
static enum eg_code take_one(const struct worker *worker, unsigned number, struct eg_error *err)
{
    const struct eg_unit unit = sample_unit(number);
    int64_t run = 0, row;

    EG_TRY(pools_reserve(worker->ledger, number, "many", &run, &row, err));
    if (number % 3 != 1)
        EG_TRY(pools_mark(worker->ledger, run, EG_POOL_WRITTEN, err));
    if (number % 3 == 0)
        EG_TRY(pools_mark(worker->ledger, run, EG_POOL_VERIFIED, err));
    return sample_finish(worker->sample, worker->ledger, run, &unit,
                         number % 3 == 0 ? &pools_pass : &pools_fail, err);
}

static void *take_rows(void *argument)
{
    struct worker *worker = argument;

    for (unsigned i = 0; i < RUNS_PER_WORKER && worker->code == EG_OK; i++)
        worker->code = take_one(worker, worker->number * RUNS_PER_WORKER + i, &worker->err);
    return NULL;
}

static void no_two_of_64_workers_have_the_same_row(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct worker workers[WORKERS];
    char text[8000] = "serial\n";
    struct eg_error err;

    for (unsigned i = 0; i < WORKERS * RUNS_PER_WORKER; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "S%04u\n", i);
    assert_ok(pools_import(sample, "many.csv", text, &err), err);
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.sample = sample, .ledger = ledger, .number = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, take_rows, &workers[i]), 0);
    }
    for (unsigned i = 0; i < WORKERS; i++)
        pthread_join(workers[i].thread, NULL);
    for (unsigned i = 0; i < WORKERS; i++)
        assert_ok(workers[i].code, workers[i].err);
    assert_sql(sample->path, "SELECT * FROM pools", "many|384|128|0|128|0|128");
    assert_sql(sample->path,
               "SELECT count(DISTINCT row_id), count(DISTINCT mac) FROM pool_event WHERE state = 'written'",
               "256|256");
    assert_sql(sample->path, "SELECT count(*) FROM pool_free", "128");
}

static void *take_rows_until_killed(void *argument)
{
    struct worker *worker = argument;

    for (unsigned number = worker->number;; number += WORKERS)
        if (take_one(worker, number, &worker->err) != EG_OK || write(worker->told, "x", 1) != 1)
            _exit(1);
}

static void work_until_killed(const struct sample *sample, unsigned first_unit, int told)
{
    struct worker workers[WORKERS];
    struct eg_ledger *ledger = NULL;
    struct eg_error err;

    if (eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err) != EG_OK)
        _exit(1);
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] =
            (struct worker){.sample = sample, .ledger = ledger, .number = first_unit + i, .told = told};
        if (pthread_create(&workers[i].thread, NULL, take_rows_until_killed, &workers[i]) != 0)
            _exit(1);
    }
    for (;;)
        pause();
}

static void a_program_killed_with_64_workers_leaves_every_row_free_or_with_one_mac(void **state)
{
    struct sample *sample = *state;
    char text[24000] = "serial\n", bytes[150];
    struct eg_error err;

    for (size_t i = 0; i < 3000; i++)
        snprintf(text + 7 + 6 * i, 7, "S%04zu\n", i);
    assert_ok(pools_import(sample, "many.csv", text, &err), err);
    for (unsigned round = 0; round < 3; round++) {
        EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
        int channel[2];
        assert_int_equal(pipe(channel), 0);
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            work_until_killed(sample, 10000 * round, channel[1]);
        close(channel[1]);
        for (unsigned got = 0; got < sizeof bytes; got++)
            assert_int_equal(read(channel[0], bytes, 1), 1);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        close(channel[0]);
        assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
        assert_sql(sample->path, "SELECT count(*) FROM runs WHERE outcome = 'unfinished'", "0");
        assert_sql(sample->path, "SELECT total - free - written - verified - consumed, reserved FROM pools",
                   "0|0");
        assert_sql(
            sample->path,
            "SELECT count(*) FROM (SELECT row_id FROM pool_event WHERE state = 'written' GROUP BY row_id"
            " HAVING count(DISTINCT mac) > 1)",
            "0");
        assert_sql(sample->path,
                   "SELECT count(*) FROM runs JOIN pool_event ON run_id = run AND state = 'reserved'"
                   " WHERE outcome = 'pass' AND NOT EXISTS (SELECT 1 FROM pool_event AS c"
                   "  WHERE c.run_id = run AND c.state = 'consumed')",
                   "0");
        assert_sql(sample->path, "PRAGMA integrity_check", "ok");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(the_way_of_a_row_is_recorded_and_its_values_are_given),
        with_sample(a_later_attempt_of_a_run_has_the_same_row),
        with_sample(a_run_that_does_not_pass_gives_back_unwritten_rows),
        with_sample(released_rows_are_given_first),
        with_sample(a_board_that_comes_again_keeps_its_row),
        with_sample(a_run_that_only_looks_at_the_row_of_its_board_records_nothing_of_it),
        with_sample(a_request_that_a_pool_cannot_serve_is_refused_and_the_line_goes_on),
        with_sample(a_mac_is_the_same_however_it_is_spelled),
        with_sample(a_run_that_passes_without_having_verified_its_row_is_refused),
        with_sample(two_boards_with_one_mac_do_not_share_a_row),
        with_sample(no_statement_brings_a_row_where_it_must_not_be),
        with_sample(a_program_killed_after_reserving_leaves_the_row_free),
        with_sample(a_program_killed_after_writing_leaves_the_row_with_the_mac),
        with_sample(a_program_killed_after_verifying_leaves_the_row_with_the_mac),
        with_sample(a_program_killed_after_the_end_leaves_the_row_consumed),
        with_sample(no_two_of_64_workers_have_the_same_row),
        with_sample(a_program_killed_with_64_workers_leaves_every_row_free_or_with_one_mac),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
