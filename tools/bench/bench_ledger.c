/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bench_ledger [RUNS [ROWS]]: durable runs per second of 64 workers, and the time of a report over them; then
 * the same with a row of a pool of so many for each run.
 *
 * Each run is a beginning, an intent and an end with seven stages and four regions; each of the three is
 * waited for. With a pool there are three more: the row is reserved, written and verified. The ledger lies in
 * the folder for temporary files ($TMPDIR), whose disk is what is measured.
 */

#include "db/files/import.h"
#include "db/ledger.h"
#include "reports/report.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WORKERS 64
#define STAGES  7
#define REGIONS 4
#define ROWS    100000

struct worker {
    pthread_t thread;
    struct eg_recorder *recorder;
    const struct eg_plan *plan;
    const char *pool; /* NULL = none */
    unsigned number, runs;
    struct eg_error err;
    enum eg_code code;
};

static enum eg_code record_run(const struct worker *worker, unsigned number, struct eg_error *err)
{
    static const char *const names[STAGES] = {"connect", "identify", "admit", "stub",
                                              "write",   "verify",   "finish"};
    struct eg_unit unit = {
        .chip = "esp32", .revision = 300, .package = "ESP32-D0WD-V3", .flash_size = 4u << 20};
    struct eg_stage_record stages[STAGES];
    struct eg_region_record regions[REGIONS];
    struct eg_recorder *recorder = worker->recorder;
    int64_t run;

    snprintf(unit.mac, sizeof unit.mac, "24:0a:%02x:%02x:%02x:%02x", worker->number, number >> 16 & 255,
             number >> 8 & 255, number & 255);
    for (unsigned i = 0; i < STAGES; i++) {
        stages[i] = (struct eg_stage_record){
            .stage = names[i], .attempt = 1, .duration_us = 100000, .baud = 921600, .bytes_sent = 1000};
        eg_clock_utc(stages[i].started_utc);
    }
    for (unsigned i = 0; i < REGIONS; i++)
        regions[i] = (struct eg_region_record){.region = &worker->plan->regions[i],
                                               .size = (uint32_t)worker->plan->regions[i].data.size,
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
    EG_TRY(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "slot", .port = "sim:esp32"}, &run,
                                err));
    EG_TRY(recorder->ops->intent(recorder, run, &unit, err));
    if (worker->pool != NULL) {
        struct eg_pool_row row;
        const struct eg_pool_wish wish = {.pool = worker->pool, .unit = &unit};
        EG_TRY(recorder->ops->reserve(recorder, run, &wish, &row, err));
        eg_pool_row_finish(&row);
        EG_TRY(recorder->ops->mark(recorder, run, EG_POOL_WRITTEN, err));
        EG_TRY(recorder->ops->mark(recorder, run, EG_POOL_VERIFIED, err));
    }
    return recorder->ops->finish(recorder, run, &record, err);
}

static void *work(void *argument)
{
    struct worker *worker = argument;

    for (unsigned i = 0; i < worker->runs && worker->code == EG_OK; i++)
        worker->code = record_run(worker, i, &worker->err);
    return NULL;
}

static enum eg_code record_all(const char *path, const struct eg_plan *plan, unsigned runs, const char *pool,
                               struct eg_error *err)
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct worker workers[WORKERS];
    unsigned started = 0;

    EG_TRY(eg_ledger_open(&ledger, path, &(struct eg_session){.batch = "bench"}, plan, NULL, err));
    for (; started < WORKERS; started++) {
        workers[started] = (struct worker){.recorder = eg_ledger_recorder(ledger),
                                           .plan = plan,
                                           .pool = pool,
                                           .number = started,
                                           .runs = runs / WORKERS};
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started]) != 0)
            break;
    }
    enum eg_code code = EG_OK;
    for (unsigned i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
        if (workers[i].code != EG_OK) {
            *err = workers[i].err;
            code = err->code;
        }
    }
    return started == WORKERS ? code : eg_error_set(err, EG_IO, "only %u threads could be started", started);
}

static enum eg_code import_rows(const char *ledger, const char *file, unsigned rows, struct eg_error *err)
{
    const struct eg_pool_import import = {.ledger = ledger, .path = file, .pool = "serials"};
    struct eg_pool_imported imported;
    FILE *out = fopen(file, "w");

    if (out == NULL)
        return eg_error_errno(err, EG_IO, errno, "%s", file);
    fputs("serial,pin\n", out);
    for (unsigned i = 0; i < rows; i++)
        fprintf(out, "ACME-%08u,%08u\n", i, i * 2654435761u % 100000000);
    if (fclose(out) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s", file);
    return eg_pool_import(&import, &imported, err);
}

static enum eg_code bench_pool(const char *folder, const struct eg_plan *plan, unsigned runs, unsigned rows,
                               struct eg_error *err)
{
    char ledger[200], file[200];

    snprintf(ledger, sizeof ledger, "%s/pool.db", folder);
    snprintf(file, sizeof file, "%s/rows.csv", folder);
    const uint64_t begun_us = eg_clock_us();
    EG_TRY(import_rows(ledger, file, rows, err));
    const uint64_t imported_us = eg_clock_us();
    EG_TRY(record_all(ledger, plan, runs, "serials", err));
    const uint64_t recorded_us = eg_clock_us();
    printf("seconds of importing %u rows into a pool: %.2f\n", rows, (double)(imported_us - begun_us) / 1e6);
    printf("durable runs per second, each with a row of that pool: %.0f (%u runs, six records each)\n",
           runs * 1e6 / (double)(recorded_us - imported_us), runs);
    return EG_OK;
}

static enum eg_code bench(const char *folder, unsigned runs, unsigned rows, struct eg_error *err)
{
    const struct eg_target target = {.name = "esp32"};
    struct eg_region regions[REGIONS] = {
        {.name = "bootloader"}, {.name = "partitions"}, {.name = "otadata"}, {.name = "app"}};
    struct eg_plan plan = {.job_name = "bench",
                           .job_version = "",
                           .job_path = "",
                           .target = &target,
                           .regions = regions,
                           .region_count = REGIONS};
    char ledger[200], html[200];

    for (unsigned i = 0; i < REGIONS; i++)
        regions[i].path = regions[i].name;
    snprintf(ledger, sizeof ledger, "%s/ledger.db", folder);
    snprintf(html, sizeof html, "%s/report.html", folder);
    const uint64_t begun_us = eg_clock_us();
    EG_TRY(record_all(ledger, &plan, runs, NULL, err));
    const uint64_t recorded_us = eg_clock_us();
    EG_TRY(eg_report_write(ledger, NULL, &(struct eg_report_file){eg_report_find_format("html"), html}, 1,
                           NULL, NULL, err));
    const uint64_t reported_us = eg_clock_us();
    printf("durable runs per second, %d workers: %.0f (%u runs, three records each)\n", WORKERS,
           runs * 1e6 / (double)(recorded_us - begun_us), runs);
    printf("seconds of a report over %u runs: %.2f\n", runs, (double)(reported_us - recorded_us) / 1e6);
    return bench_pool(folder, &plan, runs, rows, err);
}

static void remove_all(const char *folder)
{
    static const char *const names[] = {"ledger.db",   "ledger.db-wal", "ledger.db-shm", "ledger.db.lock",
                                        "pool.db",     "pool.db-wal",   "pool.db-shm",   "pool.db.lock",
                                        "report.html", "rows.csv"};
    char path[200];

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

int main(int argc, char **argv)
{
    const char *temporary = getenv("TMPDIR");
    const long asked = argc > 1 ? strtol(argv[1], NULL, 10) : 20000;
    const long rows = argc > 2 ? strtol(argv[2], NULL, 10) : ROWS;
    char folder[150];
    struct eg_error err;

    if (argc > 3 || asked < WORKERS || asked > 10000000 || rows < asked || rows > 10000000) {
        fputs("usage: bench_ledger [RUNS [ROWS]]\n", stderr);
        return 2;
    }
    snprintf(folder, sizeof folder, "%.100s/bench-ledger-XXXXXX", temporary != NULL ? temporary : "/tmp");
    if (mkdtemp(folder) == NULL) {
        perror(folder);
        return 1;
    }
    const enum eg_code code = bench(folder, (unsigned)asked / WORKERS * WORKERS, (unsigned)rows, &err);
    remove_all(folder);
    if (code != EG_OK)
        fprintf(stderr, "bench_ledger: %s\n", err.text);
    return code != EG_OK;
}
