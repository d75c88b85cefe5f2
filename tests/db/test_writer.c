/* SPDX-License-Identifier: Apache-2.0 */

#define _GNU_SOURCE /* unshare() */

#include "tests/db/sample.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define WORKERS         64
#define RUNS_PER_WORKER 8

struct worker {
    pthread_t thread;
    const struct sample *sample;
    struct eg_ledger *ledger;
    unsigned number;
    enum eg_code code;
    struct eg_error err;
};

static void *record_runs(void *argument)
{
    struct worker *worker = argument;
    const struct sample_end end = {.outcome = EG_PASS};
    char slot[20];
    int64_t run;

    snprintf(slot, sizeof slot, "slot %u", worker->number);
    for (unsigned i = 0; i < RUNS_PER_WORKER && worker->code == EG_OK; i++) {
        const struct eg_unit unit = sample_unit(worker->number * RUNS_PER_WORKER + i);
        struct eg_seen seen;
        struct eg_recorder *recorder = eg_ledger_recorder(worker->ledger);
        worker->code = sample_run(worker->sample, worker->ledger, slot, &unit, &end, &run, &worker->err);
        if (worker->code == EG_OK)
            worker->code = recorder->ops->seen(recorder, &unit, &seen, &worker->err);
        if (worker->code == EG_OK && seen.runs != 1)
            worker->code = eg_error_set(&worker->err, EG_INTERNAL, "%s seen %u times", unit.mac, seen.runs);
    }
    return NULL;
}

static void runs_of_64_workers_are_all_there(void **state)
{
    const struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct worker workers[WORKERS];
    struct eg_error err;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.sample = sample, .ledger = ledger, .number = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, record_runs, &workers[i]), 0);
    }
    for (unsigned i = 0; i < WORKERS; i++)
        pthread_join(workers[i].thread, NULL);
    for (unsigned i = 0; i < WORKERS; i++)
        assert_ok(workers[i].code, workers[i].err);
    assert_sql(sample->path,
               "SELECT count(*), count(DISTINCT mac), count(DISTINCT slot), count(DISTINCT hash),"
               " max(finish_order) FROM runs WHERE outcome = 'pass'",
               "512|512|64|512|512");
    assert_sql(sample->path,
               "SELECT count(*) FROM chain AS c JOIN chain AS p ON p.chain_id = c.chain_id - 1"
               " WHERE c.previous = p.hash",
               "511");
    assert_sql(sample->path, "SELECT (SELECT count(*) FROM stage), (SELECT count(*) FROM region)",
               "1024|1024");
}

static void a_record_that_breaks_a_rule_is_refused_alone(void **state)
{
    const struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1);
    const struct sample_end pass = {.outcome = EG_PASS};
    const struct sample_end fail = {.outcome = EG_FAIL, .code = EG_STUCK_BITS};
    struct eg_error err;
    char expected[300];
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    assert_ok(sample_run(sample, ledger, "a", &unit, &pass, &run, &err), err);
    snprintf(expected, sizeof expected, "ledger %s: recording the end of run 1: the run has ended already",
             sample->path);
    assert_error(sample_finish(sample, ledger, run, &unit, &fail, &err), err, EG_LEDGER, expected);
    snprintf(expected, sizeof expected, "ledger %s: recording the intent of run 1: the run has ended already",
             sample->path);
    assert_error(recorder->ops->intent(recorder, run, &unit, &err), err, EG_LEDGER, expected);
    snprintf(expected, sizeof expected, "ledger %s: recording the end of run 77: there is no such run",
             sample->path);
    assert_error(sample_finish(sample, ledger, 77, &unit, &fail, &err), err, EG_LEDGER, expected);

    assert_ok(sample_run(sample, ledger, "a", &unit, &fail, &run, &err), err);
    assert_sql(sample->path, "SELECT run, outcome, code FROM runs", "1|pass|ok;2|fail|flash-stuck-bits");
    assert_sql(sample->path, "SELECT count(*) FROM stage", "4");
}

/* Write a child's result to a pipe; the test asserts in the parent. */
static void tell(int to, enum eg_code code, const struct eg_error *err)
{
    char line[600];
    const int size =
        snprintf(line, sizeof line, "%s: %s\n", eg_code_name(code), code != EG_OK ? err->text : "");

    if (write(to, line, (size_t)size) != size)
        _exit(1);
}

/* Forbid all files to grow: the nearest thing to a full disk that needs no privilege. */
static void record_with_no_room(const struct sample *sample, int to)
{
    struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1);
    const struct sample_end pass = {.outcome = EG_PASS};
    struct eg_error err;
    struct stat info;
    char wal[200];
    int64_t run;

    signal(SIGXFSZ, SIG_IGN);
    enum eg_code code = eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err);
    if (code == EG_OK)
        code = sample_run(sample, ledger, "a", &unit, &pass, &run, &err);
    tell(to, code, &err);
    snprintf(wal, sizeof wal, "%s-wal", sample->path);
    if (code != EG_OK || stat(wal, &info) != 0)
        _exit(1);
    const struct rlimit limit = {(rlim_t)info.st_size, (rlim_t)info.st_size};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        _exit(1);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    tell(to, recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "b", .port = "sim:"}, &run, &err),
         &err);
    tell(to, sample_finish(sample, ledger, 1, &unit, &pass, &err), &err);
    eg_ledger_close(ledger);
    _exit(0);
}

/* Read the report of a child that runs `body`, and check that the child ended well. */
static void listen_to(const struct sample *sample, void (*body)(const struct sample *sample, int to),
                      char *text, size_t size)
{
    int channel[2], status = -1;
    size_t used = 0;
    ssize_t got;

    assert_int_equal(pipe(channel), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        body(sample, channel[1]);
    close(channel[1]);
    while ((got = read(channel[0], text + used, size - 1 - used)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    close(channel[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void after_a_failed_write_nothing_more_is_recorded(void **state)
{
    const struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;
    char text[3000], expected[3000];
    unsigned orphans = 99;

    listen_to(sample, record_with_no_room, text, sizeof text);
    snprintf(expected, sizeof expected,
             "ok: \n"
             "io: ledger %s: disk I/O error: File too large\n"
             "io: the ledger refused an earlier record: ledger %s: disk I/O error: File too large\n",
             sample->path, sample->path);
    assert_string_equal(text, expected);

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, &orphans, &err), err);
    assert_int_equal(orphans, 0);
    assert_sql(sample->path, "SELECT run, slot, outcome FROM runs", "1|a|pass");
    assert_sql(sample->path, "PRAGMA integrity_check", "ok");
}

/* Mount a small file system over the sample's folder, for this process only; needs a superuser. */
static bool mount_small(const char *folder)
{
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) == 0 &&
           mount("tmpfs", folder, "tmpfs", 0, "size=900k") == 0;
}

static void fill_the_disk(const struct sample *sample, int to)
{
    struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1);
    const struct sample_end pass = {.outcome = EG_PASS};
    struct eg_error err;
    enum eg_code code = EG_OK;
    int64_t run;

    if (!mount_small(sample->folder)) {
        if (write(to, "no mount", 8) != 8)
            _exit(1);
        _exit(0);
    }
    if (eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err) != EG_OK)
        _exit(1);
    for (int i = 0; i < 10000 && code == EG_OK; i++)
        code = sample_run(sample, ledger, "a", &unit, &pass, &run, &err);
    tell(to, code, &err);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    tell(to, recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "b", .port = "sim:"}, &run, &err),
         &err);
    eg_ledger_close(ledger);
    _exit(0);
}

static void a_full_disk_is_named(void **state)
{
    const struct sample *sample = *state;
    char text[3000], expected[3000];

    listen_to(sample, fill_the_disk, text, sizeof text);
    if (strcmp(text, "no mount") == 0) {
        print_message("SKIPPED: a small file system cannot be mounted here\n");
        skip();
    }
    snprintf(expected, sizeof expected,
             "no-room: ledger %s: database or disk is full\n"
             "no-room: the ledger refused an earlier record: ledger %s: database or disk is full\n",
             sample->path, sample->path);
    assert_string_equal(text, expected);
}

/* Open a second connection that holds the ledger. */
static sqlite3 *hold(const struct sample *sample)
{
    sqlite3 *other = NULL;

    assert_int_equal(sqlite3_open(sample->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return other;
}

static void *let_go_later(void *argument)
{
    struct eg_error ignored;

    (void)!eg_sleep_ms(NULL, 1500, &ignored);
    sqlite3_close(argument);
    return NULL;
}

/* Log messages, one line each. */
struct listener {
    struct eg_logger logger;
    char text[2000];
};

static void hear(struct eg_logger *logger, const struct eg_log_record *record)
{
    struct listener *const listener = (struct listener *)logger;
    const size_t used = strlen(listener->text);

    snprintf(listener->text + used, sizeof listener->text - used, "%s %s: %s\n",
             eg_log_kind_name(record->kind), record->origin.slot, record->text);
}

static void a_ledger_that_another_program_holds_is_waited_for_and_the_boards_are_told(void **state)
{
    const struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct listener listener = {.logger = {.log = hear}};
    char expected[1000];
    struct eg_error err;
    pthread_t thread;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    eg_ledger_tell(ledger, &listener.logger);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    assert_int_equal(pthread_create(&thread, NULL, let_go_later, hold(sample)), 0);
    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, &run, &err),
              err);
    pthread_join(thread, NULL);
    snprintf(expected, sizeof expected,
             "warning : another program holds ledger %s: boards that need it wait, for 300 s at most\n"
             "progress a: waits for the ledger, which another program holds\n"
             "note : ledger %s is free again after 1 s\n",
             sample->path, sample->path);
    eg_ledger_close(ledger); /* its thread has logged everything */
    ledger = NULL;
    assert_string_equal(listener.text, expected);
    assert_sql(sample->path, "SELECT count(*) FROM run", "1");
}

static void a_ledger_that_is_held_for_too_long_fails_only_while_it_is(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;
    char expected[300];
    int64_t run;

    sample->session.patience_ms = 200;
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    sqlite3 *const other = hold(sample);
    snprintf(expected, sizeof expected, "ledger %s: another program has kept it locked for 0 s",
             sample->path);
    assert_error(
        recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, &run, &err), err,
        EG_LEDGER, expected);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, &run, &err),
              err);
}

static void after_a_cancel_only_the_end_of_a_run_waits(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1);
    struct eg_cancel cancel = {0};
    char expected[300];
    struct eg_error err;
    pthread_t thread;
    int64_t run;

    sample->session.cancel = &cancel;
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, &run, &err),
              err);
    assert_int_equal(pthread_create(&thread, NULL, let_go_later, hold(sample)), 0);
    eg_cancel_request(&cancel);
    snprintf(expected, sizeof expected, "cancelled while another program holds ledger %s", sample->path);
    assert_error(recorder->ops->intent(recorder, run, &unit, &err), err, EG_CANCELLED, expected);
    const struct eg_run_record aborted = {
        .outcome = EG_ABORTED, .code = EG_CANCELLED, .text = "cancelled", .marginal = ""};
    assert_ok(recorder->ops->finish(recorder, run, &aborted, &err), err);
    pthread_join(thread, NULL);
    assert_sql(sample->path, "SELECT outcome FROM runs", "aborted");
}

/* A ledger in use loses `name`; checks the failures of a worker that records then, and later. */
static void lose(const struct sample *sample, const char *name, bool replace, const char *sentence)
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1);
    const struct sample_end pass = {.outcome = EG_PASS};
    struct eg_error err;
    char file[200], other[200], expected[400];
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, &run, &err),
              err);
    assert_ok(recorder->ops->intent(recorder, run, &unit, &err), err);
    snprintf(file, sizeof file, "%s/%s", sample->folder, name);
    snprintf(other, sizeof other, "%s/other", sample->folder);
    assert_int_equal(rename(file, other), 0);
    if (replace)
        fclose(fopen(file, "w"));
    snprintf(expected, sizeof expected, "ledger %s: %s", sample->path, sentence);
    assert_error(sample_finish(sample, ledger, run, &unit, &pass, &err), err, EG_LEDGER, expected);
    snprintf(expected, sizeof expected, "the ledger refused an earlier record: ledger %s: %s", sample->path,
             sentence);
    assert_error(
        recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "b", .port = "sim:"}, &run, &err), err,
        EG_LEDGER, expected);
}

static void nothing_counts_as_recorded_in_a_ledger_that_was_moved(void **state)
{
    lose(*state, "ledger.db", false, "the file was removed, replaced or moved while it was in use");
}

static void nothing_counts_as_recorded_in_a_ledger_that_was_replaced(void **state)
{
    lose(*state, "ledger.db", true, "the file was removed, replaced or moved while it was in use");
}

static void nothing_counts_as_recorded_in_a_ledger_that_lost_its_log(void **state)
{
    lose(*state, "ledger.db-wal", false,
         "its -wal file, which belongs to it, was removed, replaced or moved while it was in use");
}

/* By it other programs see that this one records. */
static void nothing_counts_as_recorded_in_a_ledger_that_lost_its_lock(void **state)
{
    lose(*state, "ledger.db.lock", true,
         "its .lock file, which belongs to it, was removed, replaced or moved while it was in use");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(runs_of_64_workers_are_all_there),
        with_sample(a_record_that_breaks_a_rule_is_refused_alone),
        with_sample(after_a_failed_write_nothing_more_is_recorded),
        with_sample(a_full_disk_is_named),
        with_sample(a_ledger_that_another_program_holds_is_waited_for_and_the_boards_are_told),
        with_sample(a_ledger_that_is_held_for_too_long_fails_only_while_it_is),
        with_sample(after_a_cancel_only_the_end_of_a_run_waits),
        with_sample(nothing_counts_as_recorded_in_a_ledger_that_was_moved),
        with_sample(nothing_counts_as_recorded_in_a_ledger_that_was_replaced),
        with_sample(nothing_counts_as_recorded_in_a_ledger_that_lost_its_log),
        with_sample(nothing_counts_as_recorded_in_a_ledger_that_lost_its_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
