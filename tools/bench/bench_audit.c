/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bench_audit [RUNS]: seconds of an audit of a ledger with so many runs (default: a million).
 *
 * Each run has an intent, seven stages and four regions. They are written by the ledger's own statements but
 * in transactions of many, so that making the ledger takes minutes and not hours. It lies in the folder for
 * temporary files ($TMPDIR) and has about 2.5 KiB per run.
 */

#include "db/audit.h"
#include "db/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define STAGES  7
#define REGIONS 4

static enum eg_code add_run(struct eg__store *store, int64_t session, unsigned number,
                            const struct eg_region *layout, struct eg_error *err)
{
    static const char *const names[STAGES] = {"connect", "identify", "admit", "stub",
                                              "write",   "verify",   "finish"};
    struct eg_unit unit = {
        .chip = "esp32", .revision = 300, .package = "ESP32-D0WD-V3", .flash_size = 4u << 20};
    struct eg_stage_record stages[STAGES];
    struct eg_region_record regions[REGIONS];
    int64_t run;

    snprintf(unit.mac, sizeof unit.mac, "24:0a:00:%02x:%02x:%02x", number >> 16 & 255, number >> 8 & 255,
             number & 255);
    for (unsigned i = 0; i < STAGES; i++) {
        stages[i] = (struct eg_stage_record){
            .stage = names[i], .attempt = 1, .duration_us = 100000, .baud = 921600, .bytes_sent = 1000};
        eg_clock_utc(stages[i].started_utc);
    }
    for (unsigned i = 0; i < REGIONS; i++)
        regions[i] = (struct eg_region_record){.region = &layout[i],
                                               .attempt = 1,
                                               .read_back = true,
                                               .method = "md5-by-chip",
                                               .verdict = "equal"};
    const struct eg_run_record record = {
        .outcome = EG_PASS,
        .text = "",
        .marginal = "",
        .attempts = 1,
        .unit = &unit,
        .stages = stages,
        .stage_count = STAGES,
        .regions = regions,
        .region_count = REGIONS,
    };
    EG_TRY(eg__record_begin(store, session, &(struct eg_run_begin){.slot = "slot", .port = "sim:esp32"}, &run,
                            err));
    EG_TRY(eg__record_intent(store, run, &unit, err));
    return eg__record_finish(store, run, &record, err);
}

static enum eg_code fill(struct eg__store *store, const struct eg_plan *plan, unsigned runs,
                         struct eg_error *err)
{
    const struct eg__session given = {"bench", "bench", "bench", plan};
    int64_t session;

    EG_TRY(eg__store_run(store, EG__BEGIN, err));
    EG_TRY(eg__record_session(store, &given, &session, err));
    for (unsigned i = 0; i < runs; i++) {
        if (i % 20000 == 19999) {
            EG_TRY(eg__store_run(store, EG__COMMIT, err));
            EG_TRY(eg__store_run(store, EG__BEGIN, err));
        }
        EG_TRY(add_run(store, session, i, plan->regions, err));
    }
    return eg__store_run(store, EG__COMMIT, err);
}

static enum eg_code make(const char *path, unsigned runs, struct eg_error *err)
{
    static const char text[] = "bench";
    const struct eg_target target = {.name = "esp32"};
    struct eg_region regions[REGIONS] = {
        {.name = "bootloader"}, {.name = "partitions"}, {.name = "otadata"}, {.name = "app"}};
    struct eg_plan plan = {.job_name = "bench",
                           .job_version = "",
                           .job_path = "",
                           .job_text = {(uint8_t *)(uintptr_t)text, sizeof text - 1, 0},
                           .target = &target,
                           .regions = regions,
                           .region_count = REGIONS};
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;
    struct eg__store store = {0};
    sqlite3 *db = NULL;

    for (unsigned i = 0; i < REGIONS; i++)
        regions[i].path = regions[i].name;
    EG_TRY(eg_sha256(plan.job_sha256, text, sizeof text - 1, err));
    EG_TRY(eg__path_resolve(&full, path, true, err));
    EG_TRY(eg__migrate_open(&db, full, true, err));
    enum eg_code code = eg__store_init(&store, db, err);
    if (code == EG_OK)
        code = fill(&store, &plan, runs, err);
    eg__store_finish(&store);
    return code;
}

static enum eg_code bench(const char *path, unsigned runs, struct eg_error *err)
{
    struct eg_audit audit;

    EG_TRY(make(path, runs, err));
    const clock_t begun = clock();
    const uint64_t begun_us = eg_clock_us();
    EG_TRY(eg_audit(&audit, path, NULL, NULL, NULL, err));
    const uint64_t audited_us = eg_clock_us();
    if (audit.bad.text[0] != '\0')
        return eg_error_set(err, EG_INTERNAL, "%s", audit.bad.text);
    printf("seconds of an audit of %u runs: %.1f, of the processors %.1f\n", runs,
           (double)(audited_us - begun_us) / 1e6, (double)(clock() - begun) / CLOCKS_PER_SEC);
    return EG_OK;
}

int main(int argc, char **argv)
{
    const char *temporary = getenv("TMPDIR");
    const long asked = argc > 1 ? strtol(argv[1], NULL, 10) : 1000000;
    char folder[150], path[200];
    struct eg_error err;

    if (argc > 2 || asked < 1 || asked > 10000000) {
        fputs("usage: bench_audit [RUNS]\n", stderr);
        return 2;
    }
    snprintf(folder, sizeof folder, "%.100s/bench-audit-XXXXXX", temporary != NULL ? temporary : "/tmp");
    if (mkdtemp(folder) == NULL) {
        perror(folder);
        return 1;
    }
    snprintf(path, sizeof path, "%s/ledger.db", folder);
    const enum eg_code code = bench(path, (unsigned)asked, &err);
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (unsigned i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        snprintf(path, sizeof path, "%s/ledger.db%s", folder, endings[i]);
        unlink(path);
    }
    rmdir(folder);
    if (code != EG_OK)
        fprintf(stderr, "bench_audit: %s\n", err.text);
    return code != EG_OK;
}
