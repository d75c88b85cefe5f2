/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/db/sample.h"

#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>

static void a_run_is_there_for_another_program_as_soon_as_each_call_returns(void **state)
{
    const struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(0x22);
    struct eg_error err;
    unsigned orphans = 99;
    int64_t run = 0;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, &orphans, &err), err);
    assert_int_equal(orphans, 0);
    assert_string_equal(eg_ledger_path(ledger), sample->path);
    assert_string_equal(eg_ledger_batch(ledger), "batch-1");
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);

    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "1-4.2", .port = "/dev/ttyUSB7"},
                                   &run, &err),
              err);
    assert_int_equal(run, 1);
    assert_sql(sample->path, "SELECT run, slot, port, mac, outcome, finished FROM runs",
               "1|1-4.2|/dev/ttyUSB7|NULL|unfinished|NULL");

    assert_ok(recorder->ops->intent(recorder, run, &unit, &err), err);
    assert_sql(sample->path,
               "SELECT mac, chip, revision, package, flash_jedec, flash_size, outcome FROM runs",
               "7c:df:a1:00:00:22|esp32c3|v0.4|ESP32-C3 (QFN32)|1458376|4194304|unfinished");

    const struct sample_end end = {.outcome = EG_FAIL,
                                   .code = EG_VERIFY_MISMATCH,
                                   .text = "app differs",
                                   .attempts = 2,
                                   .mismatch = true};
    assert_ok(sample_finish(sample, ledger, run, &unit, &end, &err), err);
    assert_sql(
        sample->path,
        "SELECT batch, station, operator, job, job_version, job_sha256, outcome, code, blame, sentence,"
        " marginal, attempts, duration_ms, bytes_sent, bytes_received, resends FROM runs",
        "batch-1|line 3|mira|acme-sensor|1.4.0|"
        "ab00000000000000000000000000000000000000000000000000000000000000"
        "|fail|verify-mismatch|board|app differs||2|3210|90500|1900|1");
    assert_sql(sample->path, "SELECT mac, chip, revision, package, flash_jedec, flash_size FROM runs",
               "7c:df:a1:00:00:22|esp32c3|v0.4|ESP32-C3 (QFN32)|1458376|4194304");
    assert_sql(sample->path,
               "SELECT run, position, stage, attempt, duration_ms, code, sentence, baud, bytes_sent,"
               " bytes_received, resends FROM stages",
               "1|1|connect|1|150.0|ok||115200|500|700|0;"
               "1|2|write|1|2500.0|verify-mismatch|tab\there, back\\slash|921600|90000|1200|1");
    assert_sql(
        sample->path,
        "SELECT position, name, file, address, size, verdict, method, expected_md5, read_md5 FROM regions",
        "1|bootloader|b.bin|0x00000000|20480|equal|md5-by-chip|01000000000000000000000000000000|"
        "01000000000000000000000000000000;"
        "2|app|a.bin|0x00010000|65536|different|md5-by-chip|03000000000000000000000000000000|"
        "ee000000000000000000000000000000");
    assert_sql(sample->path, "SELECT name, text FROM job", "acme-sensor|espgang: 1\njob: acme-sensor\n");
    assert_sql(sample->path, "SELECT count(*) FROM session WHERE tool_version GLOB '[0-9]*.[0-9]*.[0-9]*'",
               "1");
    assert_sql(
        sample->path,
        "SELECT count(*) FROM runs WHERE started LIKE '20__-__-__T__:__:__.___Z' AND finished >= started",
        "1");
}

static void label_bridge_and_device_of_a_run_are_there_as_they_are_known(void **state)
{
    static const struct {
        struct eg_psram psram;
        const char *expected;
    } rows[] = {{{EG_PSRAM_NOT_TOLD, 0}, "NULL|NULL"},
                {{EG_PSRAM_NONE, 0}, "none|0"},
                {{EG_PSRAM_THERE, 8 << 20}, "8MB|8388608"},
                {{EG_PSRAM_THERE, 0}, "of unknown size|NULL"}};
    const struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct sample_end pass = {.outcome = EG_PASS};
    struct eg_unit unit = sample_unit(1);
    struct eg_error err;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    assert_ok(recorder->ops->begin(
                  recorder,
                  &(struct eg_run_begin){.slot = "a", .port = "x", .bridge = {.vid = 0x303a, .pid = 0x1001}},
                  &run, &err),
              err);
    assert_sql(sample->path, "SELECT label, bridge, bridge_serial, flash_unique_id, psram FROM runs",
               "NULL|303a:1001|NULL|NULL|NULL");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char sql[100];
        unit.psram = rows[i].psram;
        assert_ok(sample_run(sample, ledger, "b", &unit, &pass, &run, &err), err);
        snprintf(sql, sizeof sql, "SELECT psram, psram_size FROM runs WHERE run = %d", (int)run);
        assert_sql(sample->path, sql, rows[i].expected);
    }
    assert_sql(sample->path,
               "SELECT DISTINCT label, bridge, bridge_serial, flash_unique_id, secure_boot FROM runs"
               " WHERE slot = 'b'",
               "A-17|10c4:ea60|0001|d1644561093a2f2c|off");
    assert_sql(sample->path,
               "SELECT blocks, erase_ms, block_min_ms, block_median_ms, block_max_ms, slowest_block"
               " FROM regions WHERE run = 2",
               "3|NULL|0.25|0.5|0.75|0x00001000;6|1.5|0.25|0.5|1.5|0x00011000");
    assert_sql(sample->path, "SELECT written, write_ms, wire_ms FROM regions WHERE run = 2",
               "0|1.0|0.9;4096|2.0|1.8");
    assert_sql(sample->path,
               "SELECT stage, fastest_block_ms, slowest_block_ms, wire_ms FROM stages WHERE run = 2",
               "connect|NULL|NULL|60.764;write|0.25|1.5|976.563");
}

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

static void what_is_known_of_a_mac_counts_finished_runs(void **state)
{
    const struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1), other = sample_unit(2);
    const struct sample_end pass = {.outcome = EG_PASS};
    const struct sample_end marginal = {.outcome = EG_PASS_MARGINAL, .marginal = "resends"};
    const struct sample_end fail = {.outcome = EG_FAIL, .code = EG_STUCK_BITS, .text = "stuck"};
    struct eg_error err;
    const struct sample_end refused = {.outcome = EG_FAIL, .code = EG_NOT_ACCEPTED, .text = "no"};
    struct eg_seen seen = {.runs = 9, .passed = 9, .last_outcome = "x", .admitted = 9};
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    assert_ok(recorder->ops->seen(recorder, &unit, &seen, &err), err);
    assert_int_equal(seen.runs, 0);
    assert_int_equal(seen.passed, 0);
    assert_int_equal(seen.admitted, 0);
    assert_string_equal(seen.last_utc, "");
    assert_string_equal(seen.last_outcome, "");

    assert_ok(sample_run(sample, ledger, "a", &unit, &pass, &run, &err), err);
    assert_ok(sample_run(sample, ledger, "a", &unit, &marginal, &run, &err), err);
    assert_ok(sample_run(sample, ledger, "a", &unit, &fail, &run, &err), err);
    assert_ok(sample_run(sample, ledger, "a", &other, &pass, &run, &err), err);
    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "b", .port = "sim:"}, &run, &err),
              err);
    assert_ok(sample_finish(sample, ledger, run, &unit, &refused, &err), err);
    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "b", .port = "sim:"}, &run, &err),
              err);
    assert_ok(recorder->ops->intent(recorder, run, &unit, &err), err);
    assert_ok(recorder->ops->seen(recorder, &unit, &seen, &err), err);
    assert_int_equal(seen.runs, 4);
    assert_int_equal(seen.passed, 2);
    assert_int_equal(seen.admitted, 3);
    assert_int_equal(strlen(seen.last_utc), EG_UTC_TEXT - 1);
    assert_string_equal(seen.last_outcome, "fail");
}

static bool holds(struct eg_ledger *ledger, const struct eg_unit *unit, const struct eg_region *region)
{
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    struct eg_error err;
    bool probably = false;

    assert_ok(recorder->ops->holds(recorder, unit, region, &probably, &err), err);
    return probably;
}

static void a_board_probably_holds_what_its_last_run_has_found_equal(void **state)
{
    const struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1), other = sample_unit(2);
    struct eg_unit same_mac = unit;
    const struct sample_end pass = {.outcome = EG_PASS};
    const struct sample_end fail = {.outcome = EG_FAIL, .code = EG_VERIFY_MISMATCH, .mismatch = true};
    const struct eg_region *const region = &sample->regions[1];
    struct eg_region changed = *region, moved = *region;
    struct eg_error err;
    int64_t run;

    changed.sha256[3] ^= 1;
    moved.flash_addr += 0x1000;
    strcpy(same_mac.flash_unique_id, "00112233445566ff");
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_false(holds(ledger, &unit, region));
    assert_ok(sample_run(sample, ledger, "a", &unit, &pass, &run, &err), err);
    assert_true(holds(ledger, &unit, region));
    assert_false(holds(ledger, &other, region));
    assert_false(holds(ledger, &same_mac, region));
    assert_false(holds(ledger, &unit, &changed));
    assert_false(holds(ledger, &unit, &moved));
    assert_ok(sample_run(sample, ledger, "a", &unit, &fail, &run, &err), err);
    assert_false(holds(ledger, &unit, region));
    assert_true(holds(ledger, &unit, &sample->regions[0]));
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

static void assert_rates(struct eg_ledger *ledger, const char *slot, const struct eg_bridge *bridge,
                         uint32_t baud_most, unsigned clean)
{
    struct eg_recorder *const recorder = eg_ledger_recorder(ledger);
    struct eg_rates_seen seen;
    struct eg_error err;

    assert_ok(recorder->ops->rates(recorder, slot, bridge, &seen, &err), err);
    assert_int_equal(seen.baud_most, baud_most);
    assert_int_equal(seen.clean, clean);
}

static void rates_are_remembered_of_a_slot_and_its_bridge(void **state)
{
    const struct eg_bridge bridge = {0x10c4, 0xea60, "0001"}, other = {0x10c4, 0xea60, "0002"}, none = {0};
    static const struct {
        uint32_t baud_most, baud_failed;
        enum eg_outcome outcome;
        unsigned clean; /* afterwards */
    } runs[] = {
        {3000000, 0, EG_PASS, 1},       {3000000, 0, EG_PASS, 2}, {2000000, 3000000, EG_PASS, 0},
        {2000000, 0, EG_PASS, 1},       {2000000, 0, EG_PASS, 2}, {2000000, 0, EG_PASS_MARGINAL, 0},
        {1500000, 2000000, EG_FAIL, 0}, {1500000, 0, EG_PASS, 1}, {0, 0, EG_PASS, 1},
    };
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1);
    struct eg_error err;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_rates(ledger, "a", &bridge, 0, 0);
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        const uint32_t most = runs[i].baud_most != 0 ? runs[i].baud_most : runs[i - 1].baud_most;
        const struct sample_end end = {
            .outcome = runs[i].outcome,
            .code = runs[i].outcome == EG_FAIL ? EG_STUCK_BITS : EG_OK,
            .link = {"esp32c3 of esptool-js 0.7.0", 921600, runs[i].baud_most, runs[i].baud_failed}};
        assert_ok(sample_run(sample, ledger, "a", &unit, &end, &run, &err), err);
        assert_rates(ledger, "a", &bridge, most, runs[i].clean);
    }
    assert_rates(ledger, "b", &bridge, 0, 0);
    assert_rates(ledger, "a", &other, 0, 0);
    assert_rates(ledger, "a", &none, 0, 0);
    assert_sql(sample->path, "SELECT stub, baud, baud_failed FROM runs WHERE run IN (3, 9)",
               "esp32c3 of esptool-js 0.7.0|921600|3000000;esp32c3 of esptool-js 0.7.0|921600|NULL");
}

#define with_sample(test) cmocka_unit_test_setup_teardown(test, sample_setup, sample_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(a_run_is_there_for_another_program_as_soon_as_each_call_returns),
        with_sample(label_bridge_and_device_of_a_run_are_there_as_they_are_known),
        with_sample(a_job_is_stored_once),
        with_sample(host_login_and_time_are_the_defaults),
        with_sample(a_board_probably_holds_what_its_last_run_has_found_equal),
        with_sample(rates_are_remembered_of_a_slot_and_its_bridge),
        with_sample(what_is_known_of_a_mac_counts_finished_runs),
        with_sample(runs_of_a_killed_program_are_closed_and_those_of_one_that_goes_on_are_not),
        with_sample(a_ledger_that_is_being_made_is_none_yet_and_may_be_recorded_into),
        with_sample(a_further_job_has_a_session_of_its_own_in_the_same_batch),
        with_sample(two_sessions_of_one_process_each_have_their_own_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
