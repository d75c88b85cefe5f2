/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/db/sample.h"

#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>

static void a_job_is_stored_once(void **state)
{
    struct sample *sample = *state;
    struct eg_error err;

    for (int i = 0; i < 3; i++) {
        struct eg_ledger *ledger = NULL;
        if (i == 2)
            sample->plan.job_sha256[5] = 1;
        assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
        eg_ledger_close(ledger);
    }
    assert_sql(sample->path, "SELECT session_id, job_id FROM session", "1|1;2|1;3|2");
    assert_sql(sample->path, "SELECT count(*) FROM job", "2");
}

static void host_login_and_time_are_the_defaults(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct passwd *user = getpwuid(getuid());
    struct eg_error err;
    char host[256] = "", expected[600];

    setenv("USER", "somebody-else", 1);
    sample->session = (struct eg_session){0};
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_int_equal(gethostname(host, sizeof host - 1), 0);
    assert_non_null(user);
    snprintf(expected, sizeof expected, "%s|%s", host, user->pw_name);
    assert_sql(sample->path, "SELECT station, operator FROM session", expected);
    assert_sql(
        sample->path,
        "SELECT batch GLOB 'acme-sensor-20[0-9][0-9][01][0-9][0-3][0-9]-[0-9][0-9][0-9][0-9][0-9][0-9]',"
        " substr(batch, 13, 8) = replace(substr(started_utc, 1, 10), '-', '') FROM session",
        "1|1");
}

static void batches_that_nobody_named_are_different_ones_even_in_the_same_second(void **state)
{
    struct sample *sample = *state;
    struct eg_error err;

    sample->session = (struct eg_session){0};
    for (int i = 0; i < 3; i++) {
        EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
        assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    }
    assert_sql(sample->path, "SELECT count(DISTINCT batch) FROM session", "3");
}

/* Begin three runs, end one, report to the parent, and wait to be killed. */
static void live_until_killed(const struct sample *sample, int told)
{
    struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(7);
    const struct sample_end pass = {.outcome = EG_PASS};
    struct eg_error err;
    int64_t run;

    if (eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err) != EG_OK)
        _exit(1);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    if (sample_run(sample, ledger, "a", &unit, &pass, &run, &err) != EG_OK ||
        recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "b", .port = "sim:b"}, &run, &err) !=
            EG_OK ||
        recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "c", .port = "sim:c"}, &run, &err) !=
            EG_OK ||
        recorder->ops->intent(recorder, run, &unit, &err) != EG_OK || write(told, "x", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

static pid_t start_and_wait(const struct sample *sample)
{
    int channel[2];
    char byte = 0;

    assert_int_equal(pipe(channel), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(channel[0]);
        live_until_killed(sample, channel[1]);
    }
    close(channel[1]);
    assert_int_equal(read(channel[0], &byte, 1), 1);
    close(channel[0]);
    return child;
}

static void runs_of_a_killed_program_are_closed_and_those_of_one_that_goes_on_are_not(void **state)
{
    const struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;
    unsigned orphans = 99;

    const pid_t child = start_and_wait(sample);
    const enum eg_code code =
        eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, &orphans, &err);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_ok(code, err);
    assert_int_equal(orphans, 0);
    assert_sql(sample->path, "SELECT run, outcome FROM runs", "1|pass;2|unfinished;3|unfinished");

    eg_ledger_close(ledger);
    ledger = NULL;
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, &orphans, &err), err);
    assert_int_equal(orphans, 2);
    static const char runs[] =
        "SELECT run, slot, mac, outcome, code, blame, sentence, finish_order FROM runs";
    static const char closed[] =
        "1|a|7c:df:a1:00:00:07|pass|ok|||1;"
        "2|b|NULL|aborted|abandoned|host|the program ended before the run did|2;"
        "3|c|7c:df:a1:00:00:07|aborted|abandoned|host|the program ended before the run did|3";
    assert_sql(sample->path, runs, closed);

    eg_ledger_close(ledger);
    ledger = NULL;
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, &orphans, &err), err);
    assert_int_equal(orphans, 0);
    assert_sql(sample->path, runs, closed);
}

static void two_sessions_of_one_process_each_have_their_own_runs(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *first = NULL;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *second = NULL;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *third = NULL;
    const struct eg_unit one = sample_unit(1), two = sample_unit(2);
    const struct sample_end pass = {.outcome = EG_PASS};
    struct eg_error err;
    unsigned orphans = 99;
    int64_t run;

    assert_ok(eg_ledger_open(&first, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    sample->session.batch = "batch-2";
    assert_ok(eg_ledger_open(&second, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    struct eg_recorder *recorder = eg_ledger_recorder(second);
    assert_ok(
        recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "b", .port = "sim:b"}, &run, &err),
        err);
    assert_ok(sample_run(sample, first, "a", &one, &pass, &run, &err), err);
    eg_ledger_close(first);
    first = NULL;
    sample->session.batch = "batch-3";
    assert_ok(eg_ledger_open(&third, sample->path, &sample->session, &sample->plan, &orphans, &err), err);
    assert_int_equal(orphans, 0);
    assert_ok(sample_finish(sample, second, 1, &two, &pass, &err), err);
    assert_sql(sample->path, "SELECT run, batch, slot, outcome, finish_order FROM runs",
               "1|batch-2|b|pass|2;2|batch-1|a|pass|1");
}

/* As a process that makes the ledger leaves it for a moment, or one that was killed then for good. */
static void a_ledger_that_is_being_made_is_none_yet_and_may_be_recorded_into(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_free_cleanup) char *found = NULL;
    struct eg_error err;
    bool exists = true;

    assert_int_equal(close(open(sample->path, O_RDWR | O_CREAT, 0600)), 0);
    assert_sql(sample->path, "PRAGMA journal_mode = WAL", "wal");
    assert_ok(eg_ledger_check(sample->path, &err), err);
    assert_ok(eg_ledger_locate(&found, &exists, sample->path, &err), err);
    assert_false(exists);
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    free(found);
    assert_ok(eg_ledger_locate(&found, &exists, sample->path, &err), err);
    assert_true(exists);
}

static void a_further_job_has_a_session_of_its_own_in_the_same_batch(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *beside = NULL;
    struct eg_plan plan = sample->plan;
    struct eg_recorder *recorder;
    struct eg_error err;
    unsigned orphans = 99;
    int64_t run;

    plan.job_name = "acme-hub";
    plan.job_sha256[0] = 0xcd;
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_ok(eg_ledger_add_job(ledger, &plan, &recorder, &err), err);
    assert_ok(
        recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "b", .port = "sim:b"}, &run, &err),
        err);
    recorder = eg_ledger_recorder(ledger);
    assert_ok(
        recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:a"}, &run, &err),
        err);
    assert_sql(sample->path, "SELECT run, batch, job, station, operator FROM runs ORDER BY run",
               "1|batch-1|acme-hub|line 3|mira;2|batch-1|acme-sensor|line 3|mira");
    assert_ok(eg_ledger_open(&beside, sample->path, &sample->session, &sample->plan, &orphans, &err), err);
    assert_int_equal(orphans, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(a_job_is_stored_once),
        with_sample(host_login_and_time_are_the_defaults),
        with_sample(batches_that_nobody_named_are_different_ones_even_in_the_same_second),
        with_sample(runs_of_a_killed_program_are_closed_and_those_of_one_that_goes_on_are_not),
        with_sample(a_ledger_that_is_being_made_is_none_yet_and_may_be_recorded_into),
        with_sample(a_further_job_has_a_session_of_its_own_in_the_same_batch),
        with_sample(two_sessions_of_one_process_each_have_their_own_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
