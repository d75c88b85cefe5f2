/* SPDX-License-Identifier: Apache-2.0 */

/* Pools, and the steps of a run that takes a row. */

#ifndef TESTS_DB_POOLS_H
#define TESTS_DB_POOLS_H

#include "db/files/import.h"
#include "tests/db/sample.h"

/* Write a file into the sample's folder and return its path, valid until the next call. */
static inline const char *pools_file(const struct sample *sample, const char *name, const char *text)
{
    static char path[200];

    snprintf(path, sizeof path, "%s/%s", sample->folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
    return path;
}

static inline enum eg_code pools_import(const struct sample *sample, const char *name, const char *text,
                                        struct eg_error *err)
{
    const char *const secrets[] = {"key", NULL};
    const struct eg_pool_import import = {
        .ledger = sample->path,
        .path = pools_file(sample, name, text),
        .secrets = strstr(text, "key") != NULL ? secrets : NULL,
    };
    struct eg_pool_imported imported;

    return eg_pool_import(&import, &imported, err);
}

/* Open a ledger with pools "serials" and "keys" (by MAC for units 1 and 2). */
static inline void pools_open(struct sample *sample, struct eg_ledger **ledger)
{
    struct eg_error err;

    assert_ok(
        pools_import(sample, "serials.csv", "serial,label\nA-1,one\nA-2,\"t\"\"w\\o\"\nA-3,three\n", &err),
        err);
    assert_ok(pools_import(sample, "keys.csv",
                           "id,MAC,key\nk1,7CDFA1000001,c2VjcmV0\nk2,7c-df-a1-00-00-02,Zm9v\n", &err),
              err);
    assert_ok(eg_ledger_open(ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
}

/* Begin a run of a board and reserve a pool row. `number` 0 = the call must fail. */
static inline enum eg_code pools_reserve(struct eg_ledger *ledger, unsigned unit_number, const char *pool,
                                         int64_t *run, int64_t *row_number, struct eg_error *err)
{
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    const struct eg_unit unit = sample_unit(unit_number);
    struct eg_pool_row row;

    if (*run == 0)
        EG_TRY(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, run, err));
    EG_TRY(recorder->ops->reserve(recorder, *run, &(struct eg_pool_wish){.pool = pool, .unit = &unit}, &row,
                                  err));
    *row_number = row.number;
    eg_pool_row_finish(&row);
    return EG_OK;
}

static inline enum eg_code pools_mark(struct eg_ledger *ledger, int64_t run, enum eg_pool_state state,
                                      struct eg_error *err)
{
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);

    return recorder->ops->mark(recorder, run, state, err);
}

static const struct sample_end pools_pass = {.outcome = EG_PASS};
static const struct sample_end pools_fail = {.outcome = EG_FAIL, .code = EG_STUCK_BITS, .text = "stuck"};

/* Take a run from its beginning to `last`: EG_POOL_RESERVED, WRITTEN, VERIFIED or, with a pass, CONSUMED. */
static inline int64_t pools_run(const struct sample *sample, struct eg_ledger *ledger, unsigned unit_number,
                                enum eg_pool_state last)
{
    const struct eg_unit unit = sample_unit(unit_number);
    struct eg_error err;
    int64_t run = 0, row = 0;

    assert_ok(pools_reserve(ledger, unit_number, "serials", &run, &row, &err), err);
    if (last >= EG_POOL_WRITTEN)
        assert_ok(pools_mark(ledger, run, EG_POOL_WRITTEN, &err), err);
    if (last >= EG_POOL_VERIFIED)
        assert_ok(pools_mark(ledger, run, EG_POOL_VERIFIED, &err), err);
    assert_ok(
        sample_finish(sample, ledger, run, &unit, last == EG_POOL_CONSUMED ? &pools_pass : &pools_fail, &err),
        err);
    return row;
}

#endif
