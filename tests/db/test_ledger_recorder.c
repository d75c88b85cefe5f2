/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/db/sample.h"

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
    assert_sql(
        sample->path,
        "SELECT stage, fastest_block_ms, slowest_block_ms, wire_ms, limited_by FROM stages WHERE run = 2",
        "connect|NULL|NULL|104.167|NULL;write|0.25|1.5|2400.0|resends");
    assert_sql(sample->path, "SELECT slowest FROM runs WHERE run = 2",
               "write 2.50 s, wire 2.40 s, limited by resends");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(a_run_is_there_for_another_program_as_soon_as_each_call_returns),
        with_sample(label_bridge_and_device_of_a_run_are_there_as_they_are_known),
        with_sample(what_is_known_of_a_mac_counts_finished_runs),
        with_sample(a_board_probably_holds_what_its_last_run_has_found_equal),
        with_sample(rates_are_remembered_of_a_slot_and_its_bridge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
