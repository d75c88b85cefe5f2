/* SPDX-License-Identifier: Apache-2.0 */

/*
 * make_ledger RUNS FILE [SEED [UNITS]]: a ledger of so many finished runs, as if a line had made it, the same
 * for the same seed but for its tool's version.
 *
 * Batches have UNITS units (10000) in 64 slots. About 4 % of the units fail in one of six ways and come back
 * at the end of their batch; 1 % pass marginally. Each board that is identified tells the unique id of its
 * flash. Each run has seven stages and four regions, each pass a
 * serial number and two measured values; one unit in 250000 has the serial number of the one before it. Rows
 * are written by SQL in large transactions, the chain by the ledger's own code.
 */

#include "db/chain.h"
#include "db/journal.h"
#include "db/migrate.h"
#include "engine/base/file.h"
#include "db/path.h"
#include "db/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS_MAX    10000000
#define BATCH_UNITS 10000 /* when nobody says otherwise */
#define SLOTS       64
#define STEP_MS     160 /* from one run's beginning to the next one's: a slot is free again by then */
#define TRANSACTION 5000
#define TWICE       250000
#define EPOCH       1704096000 /* 2024-01-01, 08:00 UTC */

static const char *const stages[] = {"connect", "identify", "admit", "stub", "write", "verify", "finish"};
static const unsigned stage_ms[] = {150, 20, 2, 120, 6200, 900, 110};
#define STAGES (sizeof stages / sizeof stages[0])

static const struct {
    const char *name;
    uint32_t flash_addr, size;
} regions[] = {{"bootloader", 0x1000, 26624},
               {"partition-table", 0x8000, 3072},
               {"ota_data_initial", 0xd000, 8192},
               {"app", 0x10000, 1048576}};
#define REGIONS (sizeof regions / sizeof regions[0])

static const struct {
    const char *outcome, *code, *blame, *sentence;
    unsigned stage; /* that fails */
} faults[] = {
    {"error", "no-sync", "link", "connect: the loader does not answer", 0},
    {"error", "port-gone", "link", "write: the port is gone", 4},
    {"fail", "not-accepted", "board", "admit: the flash has 2 MB, the job wants 4 MB", 2},
    {"fail", "flash-stuck-bits", "board", "write: app: bit 3 of 0x00010010 stays 1", 4},
    {"fail", "verify-mismatch", "board", "verify: app: the flash holds something else", 5},
    {"aborted", "cancelled", "host", "cancelled", 4},
};
#define FAULTS (sizeof faults / sizeof faults[0])

enum { ADD_RUN, ADD_INTENT, ADD_OUTCOME, ADD_DEVICE, ADD_STAGE, ADD_REGION, ADD_VALUE, ADD_COUNT };

#define UNIT_COLUMNS                                                                                         \
    "mac, chip, revision, package, flash_jedec, flash_size, secure_boot, flash_encryption, secure_download"
#define UNIT_VALUES   "?3, 'esp32', 301, 'ESP32-D0WD-V3', 1458376, 4194304, 0, 0, 0"
#define REGION_VALUES "?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?9, 'md5-by-chip', ?10, ?11, ?6, ?11 * 97 / 100"

static const char *const inserts[ADD_COUNT] = {
    [ADD_RUN] = "INSERT INTO run VALUES (?1, ?2, ?3, ?4, ?5)",
    [ADD_INTENT] =
        "INSERT INTO intent (run_id, recorded_utc, " UNIT_COLUMNS ") VALUES (?1, ?2, " UNIT_VALUES ")",
    [ADD_OUTCOME] = "INSERT INTO outcome (run_id, finished_utc, " UNIT_COLUMNS
                    ", outcome, code, blame, sentence, marginal,"
                    " attempts, duration_us, bytes_sent, bytes_received, resends)"
                    " VALUES (?1, ?2, " UNIT_VALUES ", ?4, ?5, ?6, ?7, ?8, ?9, ?10, 712345, 4321, ?11)",
    [ADD_DEVICE] = "INSERT INTO run_device (run_id, flash_unique_id) VALUES (?1, ?2)",
    [ADD_STAGE] = "INSERT INTO stage VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, 921600, ?8, 600, 0,"
                  " (?8 + 600) * 10000000 / 921600, iif(?3 = 'write', 'rate', NULL))",
    [ADD_REGION] = "INSERT INTO region VALUES (" REGION_VALUES ")",
    [ADD_VALUE] = "INSERT INTO run_value VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?9, ?10)",
};

struct maker {
    struct eg__store store;
    sqlite3_stmt *adds[ADD_COUNT];
    uint64_t random;
    int64_t runs, batch_units, run, session;
    uint64_t now_ms; /* since EPOCH */
};

static unsigned draw(struct maker *maker, unsigned below)
{
    uint64_t mixed = maker->random += 0x9e3779b97f4a7c15u;

    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return (unsigned)((mixed ^ mixed >> 31) % below);
}

static void utc_text(char text[EG_UTC_TEXT], uint64_t since_ms)
{
    const time_t seconds = (time_t)(EPOCH + since_ms / 1000);
    struct tm parts;
    char whole[20];

    gmtime_r(&seconds, &parts);
    strftime(whole, sizeof whole, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text, EG_UTC_TEXT, "%s.%03uZ", whole, (unsigned)(since_ms % 1000));
}

static enum eg_code put(struct maker *maker, int which, struct eg_error *err)
{
    sqlite3_step(maker->adds[which]);
    return sqlite3_reset(maker->adds[which]) == SQLITE_OK ? EG_OK : eg__sqlite_error(maker->store.db, err);
}

static void set_text(struct maker *maker, int which, int parameter, const char *text)
{
    sqlite3_bind_text(maker->adds[which], parameter, text, -1, SQLITE_TRANSIENT);
}

static void set_number(struct maker *maker, int which, int parameter, int64_t number)
{
    sqlite3_bind_int64(maker->adds[which], parameter, number);
}

/* Digests of the firmware of a batch: it changes every tenth. */
static void digest_text(char *text, size_t digits, unsigned region, int64_t batch)
{
    for (size_t at = 0; at < digits; at += 8)
        snprintf(text + at, 9, "%08x",
                 (unsigned)(at * 2654435761u + region * 40503u + (unsigned)(batch / 10) * 97u));
}

static enum eg_code add_stages(struct maker *maker, unsigned last, int fault, uint64_t *duration_ms,
                               struct eg_error *err)
{
    char utc[EG_UTC_TEXT];

    for (unsigned i = 0; i <= last; i++) {
        const bool failed = fault >= 0 && i == last;
        const unsigned took_ms = stage_ms[i] + draw(maker, stage_ms[i] / 5 + 1);
        utc_text(utc, maker->now_ms + *duration_ms);
        set_number(maker, ADD_STAGE, 1, maker->run);
        set_number(maker, ADD_STAGE, 2, i + 1);
        set_text(maker, ADD_STAGE, 3, stages[i]);
        set_text(maker, ADD_STAGE, 4, utc);
        set_number(maker, ADD_STAGE, 5, took_ms * INT64_C(1000));
        set_text(maker, ADD_STAGE, 6, failed ? faults[fault].code : "ok");
        set_text(maker, ADD_STAGE, 7, failed ? faults[fault].sentence : "");
        set_number(maker, ADD_STAGE, 8, i == 4 ? 705000 : 900);
        EG_TRY(put(maker, ADD_STAGE, err));
        *duration_ms += took_ms;
    }
    return EG_OK;
}

static enum eg_code add_regions(struct maker *maker, int64_t batch, bool mismatch, struct eg_error *err)
{
    char md5[EG_MD5_SIZE * 2 + 1], sha256[EG_SHA256_TEXT];

    for (unsigned i = 0; i < REGIONS; i++) {
        const bool differs = mismatch && i == REGIONS - 1;
        digest_text(md5, sizeof md5 - 1, i, batch);
        digest_text(sha256, sizeof sha256 - 1, i + 8, batch);
        set_number(maker, ADD_REGION, 1, maker->run);
        set_number(maker, ADD_REGION, 2, i + 1);
        set_text(maker, ADD_REGION, 3, regions[i].name);
        set_text(maker, ADD_REGION, 4, regions[i].name);
        set_number(maker, ADD_REGION, 5, regions[i].flash_addr);
        set_number(maker, ADD_REGION, 6, regions[i].size);
        set_text(maker, ADD_REGION, 7, md5);
        set_text(maker, ADD_REGION, 8, sha256);
        set_text(maker, ADD_REGION, 9, differs ? "ffffffffffffffffffffffffffffffff" : md5);
        set_text(maker, ADD_REGION, 10, differs ? "different" : "equal");
        set_number(maker, ADD_REGION, 11, regions[i].size * INT64_C(5));
        EG_TRY(put(maker, ADD_REGION, err));
    }
    return EG_OK;
}

/* A measured value has a unit; NULL = it is given. */
struct made_value {
    const char *name, *text, *limits, *unit, *lower, *upper;
};

static enum eg_code add_value(struct maker *maker, unsigned position, const struct made_value *value,
                              struct eg_error *err)
{
    set_number(maker, ADD_VALUE, 1, maker->run);
    set_number(maker, ADD_VALUE, 2, position);
    set_text(maker, ADD_VALUE, 3, value->unit == NULL ? "unit" : "measured");
    set_text(maker, ADD_VALUE, 4, value->name);
    set_text(maker, ADD_VALUE, 5, value->text);
    set_text(maker, ADD_VALUE, 6, value->limits);
    set_text(maker, ADD_VALUE, 7, value->unit);
    set_text(maker, ADD_VALUE, 8, value->lower);
    set_text(maker, ADD_VALUE, 9, value->upper);
    if (value->unit != NULL)
        sqlite3_bind_double(maker->adds[ADD_VALUE], 10, strtod(value->text, NULL));
    else
        sqlite3_bind_null(maker->adds[ADD_VALUE], 10);
    return put(maker, ADD_VALUE, err);
}

static enum eg_code add_values(struct maker *maker, int64_t unit, struct eg_error *err)
{
    char serial[32], supply[32], rssi[32];

    snprintf(serial, sizeof serial, "ACME-%08" PRId64, unit % TWICE == TWICE - 1 ? unit - 1 : unit);
    snprintf(supply, sizeof supply, "%u.%02u", 3, 20 + draw(maker, 20));
    snprintf(rssi, sizeof rssi, "-%u", 40 + draw(maker, 25));
    const struct made_value values[] = {
        {.name = "serial", .text = serial, .limits = ""},
        {"supply", supply, "3.0 to 3.6 V", "V", "3.0", "3.6"},
        {"rssi", rssi, "-70 to -20 dBm", "dBm", "-70", "-20"},
    };
    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++)
        EG_TRY(add_value(maker, i + 1, &values[i], err));
    return EG_OK;
}

/* `fault` < 0: it passes. */
static enum eg_code add_run(struct maker *maker, int64_t unit, int fault, struct eg_error *err)
{
    const bool marginal = fault < 0 && draw(maker, 100) == 0;
    const bool known = fault != 0;
    const unsigned last = fault < 0 ? STAGES - 1 : faults[fault].stage;
    char mac[EG_MAC_TEXT], flash[24], slot[8], port[16], utc[EG_UTC_TEXT];
    uint64_t duration_ms = 0;

    maker->run++;
    snprintf(mac, sizeof mac, "24:0a:c4:%02x:%02x:%02x", (unsigned)(unit >> 16 & 255),
             (unsigned)(unit >> 8 & 255), (unsigned)(unit & 255));
    snprintf(slot, sizeof slot, "1-%u.%u", (unsigned)(maker->run % SLOTS / 8 + 1),
             (unsigned)(maker->run % 8 + 1));
    snprintf(port, sizeof port, "/dev/ttyUSB%u", (unsigned)(maker->run % SLOTS));
    utc_text(utc, maker->now_ms);
    set_number(maker, ADD_RUN, 1, maker->run);
    set_number(maker, ADD_RUN, 2, maker->session);
    set_text(maker, ADD_RUN, 3, slot);
    set_text(maker, ADD_RUN, 4, port);
    set_text(maker, ADD_RUN, 5, utc);
    EG_TRY(put(maker, ADD_RUN, err));
    if (last > 2) {
        set_number(maker, ADD_INTENT, 1, maker->run);
        set_text(maker, ADD_INTENT, 2, utc);
        set_text(maker, ADD_INTENT, 3, mac);
        EG_TRY(put(maker, ADD_INTENT, err));
    }
    for (unsigned i = 0; i <= last; i++)
        duration_ms += stage_ms[i] * 12 / 10; /* at most */
    utc_text(utc, maker->now_ms + duration_ms);
    set_number(maker, ADD_OUTCOME, 1, maker->run);
    set_text(maker, ADD_OUTCOME, 2, utc);
    set_text(maker, ADD_OUTCOME, 3, known ? mac : NULL);
    set_text(maker, ADD_OUTCOME, 4, marginal ? "pass-marginal" : fault < 0 ? "pass" : faults[fault].outcome);
    set_text(maker, ADD_OUTCOME, 5, fault < 0 ? "ok" : faults[fault].code);
    set_text(maker, ADD_OUTCOME, 6, fault < 0 ? "" : faults[fault].blame);
    set_text(maker, ADD_OUTCOME, 7, fault < 0 ? "" : faults[fault].sentence);
    set_text(maker, ADD_OUTCOME, 8, marginal ? "blocks were sent again" : "");
    set_number(maker, ADD_OUTCOME, 9, marginal ? 2 : 1);
    set_number(maker, ADD_OUTCOME, 10, (int64_t)(duration_ms * 1000 - draw(maker, 500000)));
    set_number(maker, ADD_OUTCOME, 11, marginal ? 3 : 0);
    EG_TRY(put(maker, ADD_OUTCOME, err));
    if (known) {
        snprintf(flash, sizeof flash, "d1644561%08" PRIx64, (uint64_t)unit);
        set_number(maker, ADD_DEVICE, 1, maker->run);
        set_text(maker, ADD_DEVICE, 2, flash);
        EG_TRY(put(maker, ADD_DEVICE, err));
    }
    duration_ms = 0;
    EG_TRY(add_stages(maker, last, fault, &duration_ms, err));
    if (last >= 5)
        EG_TRY(add_regions(maker, unit / maker->batch_units, last == 5, err));
    if (fault < 0)
        EG_TRY(add_values(maker, unit, err));
    EG_TRY(eg__chain_append(&maker->store, maker->run, err));
    maker->now_ms += STEP_MS;
    if (maker->run % TRANSACTION == 0)
        EG_TRY(eg__sqlite_exec(maker->store.db, "COMMIT; BEGIN", err));
    return EG_OK;
}

static enum eg_code add_job(struct maker *maker, int64_t job, struct eg_error *err)
{
    char text[80], sha256[EG_SHA256_TEXT], sql[300];
    uint8_t digest[EG_SHA256_SIZE];

    snprintf(text, sizeof text, "espgang: 1\njob: acme-sensor\nversion: 1.%" PRId64 ".0\n", job);
    EG_TRY(eg_sha256(digest, text, strlen(text), err));
    eg_hex(sha256, digest, sizeof digest);
    snprintf(sql, sizeof sql,
             "INSERT INTO job VALUES (%" PRId64 ", '%s', 'acme-sensor', '1.%" PRId64 ".0', 'esp32', '%s')",
             job, sha256, job, text);
    EG_TRY(eg__sqlite_exec(maker->store.db, sql, err));
    return eg__journal_append(maker->store.db, EG__ENTRY_JOB, job, err);
}

static enum eg_code add_session(struct maker *maker, int64_t batch, struct eg_error *err)
{
    char sql[300], utc[EG_UTC_TEXT];

    if (batch % 10 == 0)
        EG_TRY(add_job(maker, batch / 10 + 1, err));
    maker->session++;
    utc_text(utc, maker->now_ms);
    snprintf(sql, sizeof sql,
             "INSERT INTO session VALUES (%" PRId64 ", %" PRId64 ", '%s', 'line 3', 'mira', 'batch-%" PRId64
             "', 'job.yaml', 'bench', 0)",
             maker->session, batch / 10 + 1, utc, batch + 1);
    EG_TRY(eg__sqlite_exec(maker->store.db, sql, err));
    return eg__journal_append(maker->store.db, EG__ENTRY_SESSION, maker->session, err);
}

/* Units whose first run did not pass are run again at the end. */
static enum eg_code add_batch(struct maker *maker, int64_t batch, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) int64_t *again = NULL;
    int64_t again_count = 0;

    maker->now_ms = (uint64_t)batch * 24 * 3600 * 1000;
    EG_TRY(eg_alloc(&again, (size_t)maker->batch_units, sizeof *again, err));
    EG_TRY(add_session(maker, batch, err));
    for (int64_t unit = batch * maker->batch_units;
         unit < (batch + 1) * maker->batch_units && maker->run < maker->runs; unit++) {
        const int fault = draw(maker, 100) < 4 ? (int)draw(maker, FAULTS) : -1;
        EG_TRY(add_run(maker, unit, fault, err));
        if (fault >= 0)
            again[again_count++] = unit;
    }
    for (int64_t i = 0; i < again_count && maker->run < maker->runs; i++)
        EG_TRY(add_run(maker, again[i], draw(maker, 5) == 0 ? (int)draw(maker, FAULTS) : -1, err));
    return EG_OK;
}

static enum eg_code make(struct maker *maker, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;
    EG_CLEANUP(eg_fd_close_cleanup) int lock_fd = -1;
    sqlite3 *db = NULL;
    int64_t sessions;

    EG_TRY(eg__path_make(&full, path, NULL, err));
    EG_TRY(eg__open_recording(&db, &lock_fd, full, EG__ALONE, err));
    EG_TRY(eg__store_init(&maker->store, db, false, err));
    EG_TRY(eg__sqlite_number(db, "SELECT count(*) FROM session", &sessions, err));
    if (sessions > 0)
        return eg_error_set(err, EG_LEDGER, "is there already");
    for (int i = 0; i < ADD_COUNT; i++)
        if (sqlite3_prepare_v2(db, inserts[i], -1, &maker->adds[i], NULL) != SQLITE_OK)
            return eg__sqlite_error(db, err);
    EG_TRY(eg__sqlite_exec(
        db, "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -400000; BEGIN", err));
    for (int64_t batch = 0; maker->run < maker->runs; batch++)
        EG_TRY(add_batch(maker, batch, err));
    return eg__sqlite_exec(db, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)", err);
}

int main(int argc, char **argv)
{
    struct maker maker = {0};
    struct eg_error err;

    maker.runs = argc > 2 ? strtoll(argv[1], NULL, 10) : 0;
    maker.random = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    maker.batch_units = argc > 4 ? strtoll(argv[4], NULL, 10) : BATCH_UNITS;
    if (argc < 3 || argc > 5 || maker.runs < 1 || maker.runs > RUNS_MAX || maker.batch_units < 1 ||
        maker.batch_units > RUNS_MAX) {
        fputs("usage: make_ledger RUNS FILE [SEED [UNITS]]\n", stderr);
        return 2;
    }
    const enum eg_code code = make(&maker, argv[2], &err);
    for (int i = 0; i < ADD_COUNT; i++)
        sqlite3_finalize(maker.adds[i]);
    eg__store_finish(&maker.store);
    if (code != EG_OK)
        fprintf(stderr, "make_ledger: %s: %s\n", argv[2], err.text);
    return code != EG_OK;
}
