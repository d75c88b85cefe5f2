/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The basis of tests of ledgers and reports: a folder, a hand-made plan, runs of it, and an independent
 * SQLite connection to the file.
 */

#ifndef TESTS_DB_SAMPLE_H
#define TESTS_DB_SAMPLE_H

#include "db/ledger.h"
#include "tests/fakes/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAMPLE_REGIONS 2
#define SAMPLE_LOG     "(\xb5/\xfd\0 as if zstd"

struct sample {
    char folder[64];
    char path[100]; /* of the ledger */
    struct eg_target target;
    struct eg_region regions[SAMPLE_REGIONS];
    struct eg_plan plan;
    struct eg_session session;
};

static inline int sample_setup(void **state)
{
    static const char job_text[] = "espgang: 1\njob: acme-sensor\n";
    struct sample *sample = calloc(1, sizeof *sample);

    if (sample == NULL)
        return -1;
    snprintf(sample->folder, sizeof sample->folder, "%s/eg-ledger-XXXXXX",
             getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    if (mkdtemp(sample->folder) == NULL)
        return -1;
    snprintf(sample->path, sizeof sample->path, "%s/ledger.db", sample->folder);
    sample->target.name = "esp32c3";
    sample->regions[0] = (struct eg_region){.name = "bootloader",
                                            .path = "b.bin",
                                            .flash_addr = 0,
                                            .data.size = 20480,
                                            .md5 = {1},
                                            .sha256 = {2}};
    sample->regions[1] = (struct eg_region){
        .name = "app", .path = "a.bin", .flash_addr = 0x10000, .data.size = 65536, .md5 = {3}, .sha256 = {4}};
    sample->plan = (struct eg_plan){
        .job_name = "acme-sensor",
        .job_version = "1.4.0",
        .job_path = "job.yaml",
        .job_text = {(uint8_t *)(uintptr_t)job_text, sizeof job_text - 1, 0},
        .job_sha256 = {0xab},
        .target = &sample->target,
        .regions = sample->regions,
        .region_count = SAMPLE_REGIONS,
    };
    sample->session = (struct eg_session){.station = "line 3", .operator_name = "mira", .batch = "batch-1"};
    *state = sample;
    return 0;
}

/* Set the job's text and the digest of that text. */
static inline void sample_use_job(struct sample *sample, const char *text)
{
    struct eg_error err;

    sample->plan.job_text = (struct eg_buffer){(uint8_t *)(uintptr_t)text, strlen(text), 0};
    assert_ok(eg_sha256(sample->plan.job_sha256, text, strlen(text), &err), err);
}

/* Remove `name` and its contents from the open folder `at`. */
static inline void sample_remove(int at, const char *name)
{
    const int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;

    if (folder == NULL) {
        unlinkat(at, name, 0);
        return;
    }
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            sample_remove(fd, entry->d_name);
    closedir(folder);
    unlinkat(at, name, AT_REMOVEDIR);
}

static inline int sample_teardown(void **state)
{
    struct sample *sample = *state;

    sample_remove(AT_FDCWD, sample->folder);
    free(sample);
    return 0;
}

/* Run a test with a sample of its own. */
#define with_sample(test) cmocka_unit_test_setup_teardown(test, sample_setup, sample_teardown)

static inline struct eg_unit sample_unit(unsigned number)
{
    struct eg_unit unit = {
        .chip = "esp32c3",
        .revision = 4,
        .package = "ESP32-C3 (QFN32)",
        .flash_jedec = 0x1640c8,
        .flash_size = 4u << 20,
        .flash_unique_id = "d1644561093a2f2c",
    };

    snprintf(unit.mac, sizeof unit.mac, "7c:df:a1:00:%02x:%02x", (number >> 8) & 255, number & 255);
    return unit;
}

/* Ways in which a run of the sample ends. */
struct sample_end {
    enum eg_outcome outcome;
    enum eg_code code;
    const char *text, *marginal;
    unsigned attempts;
    bool withdrawn; /* a pass is withdrawn, without an attempt */
    bool mismatch;  /* the chip's digest of the app is wrong */
    bool measured;  /* with values and log of an application */
    struct eg_link_record link;
};

static inline enum eg_code sample_finish(const struct sample *sample, struct eg_ledger *ledger, int64_t run,
                                         const struct eg_unit *unit, const struct sample_end *end,
                                         struct eg_error *err)
{
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    const struct eg_stage_record stages[] = {
        {.stage = "connect",
         .attempt = 1,
         .started_utc = "2026-11-23T08:00:00.000Z",
         .duration_us = 150000,
         .wire_us = 104167,
         .baud = 115200,
         .bytes_sent = 500,
         .bytes_received = 700},
        {.stage = "write",
         .attempt = 1,
         .started_utc = "2026-11-23T08:00:01.000Z",
         .duration_us = 2500000,
         .code = end->code,
         .text = "tab\there, back\\slash",
         .baud = 921600,
         .bytes_sent = 90000,
         .bytes_received = 1200,
         .resends = 1,
         .wire_us = 2400000,
         .limit = EG_LIMIT_RESENDS},
    };
    static const struct eg_value_record values[] = {
        {.kind = EG_VALUE_UNIT, .name = "serial", .value = "A-1", .limits = "", .passed = true},
        {.kind = EG_VALUE_UNIT, .name = "key", .value = "", .limits = "", .passed = true},
        {.kind = EG_VALUE_MEASURED,
         .name = "supply",
         .value = "2.9",
         .limits = "3.0 to 3.6 V",
         .unit = "V",
         .lower = "3.0",
         .upper = "3.6",
         .is_number = true,
         .number = 2.9},
    };
    struct eg_region_record regions[SAMPLE_REGIONS];

    for (unsigned i = 0; i < SAMPLE_REGIONS; i++) {
        regions[i] = (struct eg_region_record){
            .region = &sample->regions[i],
            .size = (uint32_t)sample->regions[i].data.size,
            .attempt = 1,
            .written = 4096 * i,
            .read_back = true,
            .method = "md5-by-chip",
            .verdict = "equal",
            .times = {.wire_us = 900 * (i + 1),
                      .total_us = 1000 * (i + 1),
                      .blocks = 3 * (i + 1),
                      .erases_first = i == 1,
                      .erase_us = 1500,
                      .block_min_us = 250,
                      .block_median_us = 500,
                      .block_max_us = 750 * (i + 1),
                      .slowest_addr = sample->regions[i].flash_addr + 0x1000},
        };
        memcpy(regions[i].expected_md5, sample->regions[i].md5, EG_MD5_SIZE);
        memcpy(regions[i].md5, sample->regions[i].md5, EG_MD5_SIZE);
    }
    const struct eg_erased_record erased = {.name = "nvs",
                                            .flash_addr = 0x9000,
                                            .size = 0x6000,
                                            .attempt = 1,
                                            .erase_us = 7000,
                                            .read_back = true,
                                            .md5 = {5},
                                            .method = "md5-by-chip",
                                            .verdict = "equal"};

    if (end->mismatch) {
        regions[1].md5[0] = 0xee;
        regions[1].verdict = "different";
    }
    const struct eg_run_record record = {
        .outcome = end->outcome,
        .code = end->code,
        .text = end->text != NULL ? end->text : "",
        .marginal = end->marginal != NULL ? end->marginal : "",
        .attempts = end->attempts != 0 || end->withdrawn ? end->attempts : 1,
        .duration_us = 3210000,
        .bytes_sent = 90500,
        .bytes_received = 1900,
        .resends = 1,
        .link = &end->link,
        .unit = unit,
        .stages = stages,
        .stage_count = 2,
        .regions = regions,
        .region_count = unit != NULL ? SAMPLE_REGIONS : 0,
        .erased = &erased,
        .erased_count = end->measured,
        .values = values,
        .value_count = end->measured ? sizeof values / sizeof values[0] : 0,
        .log = end->measured ? (const uint8_t *)SAMPLE_LOG : NULL,
        .log_size = end->measured ? sizeof SAMPLE_LOG : 0,
    };
    return recorder->ops->finish(recorder, run, &record, err);
}

/* Record a whole run, from begin to finish; stop at the first failure. */
static inline enum eg_code sample_run(const struct sample *sample, struct eg_ledger *ledger, const char *slot,
                                      const struct eg_unit *unit, const struct sample_end *end, int64_t *run,
                                      struct eg_error *err)
{
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);

    EG_TRY(recorder->ops->begin(
        recorder,
        &(struct eg_run_begin){
            .slot = slot, .port = "sim:esp32c3", .label = "A-17", .bridge = {0x10c4, 0xea60, "0001"}},
        run, err));
    if (unit != NULL)
        EG_TRY(recorder->ops->intent(recorder, *run, unit, err));
    return sample_finish(sample, ledger, *run, unit, end, err);
}

/*
 * Return the rows of a query on an independent connection: '|' between values, ';' between rows. The caller
 * frees it.
 */
static inline char *sample_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL || sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        abort();
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fputs(sqlite3_errmsg(db), out);
    int status = SQLITE_DONE;
    for (int row = 0; statement != NULL && (status = sqlite3_step(statement)) == SQLITE_ROW; row++)
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *value = (const char *)sqlite3_column_text(statement, i);
            fprintf(out, "%s%s", i > 0 ? "|" : row > 0 ? ";" : "", value != NULL ? value : "NULL");
        }
    if (status != SQLITE_DONE)
        fputs(sqlite3_errmsg(db), out);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    fclose(out);
    return text;
}

#define assert_sql(path, sql, expected)                                                                      \
    do {                                                                                                     \
        char *sample__text = sample_sql(path, sql);                                                          \
        assert_string_equal(sample__text, expected);                                                         \
        free(sample__text);                                                                                  \
    } while (0)

#endif
