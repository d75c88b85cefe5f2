/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/readiness.h"

#include "db/ledger.h"
#include "db/query/questions.h"
#include "engine/base/bytes.h"
#include "jobs/version.h"

#include <stdio.h>
#include <string.h>

/* The pool of the job among those of the ledger. */
struct found {
    const char *name;
    bool exists;
    int64_t total, free;
};

static enum eg_code compare_pool(void *context, const struct eg_pool_summary *pool, struct eg_error *err)
{
    struct found *const found = context;

    (void)err;
    if (strcmp(pool->name, found->name) != 0)
        return EG_OK;
    found->exists = true;
    found->total = pool->total;
    found->free = pool->free;
    return EG_OK;
}

static enum eg_code check_pool(struct eg_query *query, const char *ledger, const struct eg_setting *setting,
                               struct eg_error *err)
{
    struct found pool = {.name = setting->text};

    if (query != NULL)
        EG_TRY(eg_query_pools(query, compare_pool, &pool, err));
    if (!pool.exists)
        return eg_error_set(
            err, EG_LEDGER,
            "%s: there is no pool %s in ledger %s; fill it with 'espgang pool import FILE.csv'",
            setting->place, pool.name, ledger);
    if (pool.total == 0)
        return eg_error_set(err, EG_POOL_EMPTY, "%s: pool %s in ledger %s is empty", setting->place,
                            pool.name, ledger);
    if (pool.free == 0)
        fprintf(stderr,
                "espgang: warning: %s: pool %s has no free row left: only boards that have one already will "
                "pass\n",
                setting->place, pool.name);
    return EG_OK;
}

struct expected {
    const struct eg_plan *plan;
    const char *batch;
};

static enum eg_code compare_job(void *context, const struct eg_batch_session *session, struct eg_error *err)
{
    const struct expected *const expected = context;

    if (session->runs == 0 || strcmp(session->job, expected->plan->job_name) == 0)
        return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT, "batch %s has runs of the job %s; name another batch for %s",
                        expected->batch, session->job, expected->plan->job_name);
}

static enum eg_code check_batch(struct eg_query *query, const struct eg_plan *plan, const char *batch,
                                struct eg_error *err)
{
    struct expected expected = {plan, batch};

    EG_TRY(eg_query_refuse_sealed(query, batch, err));
    return eg_query_sessions(query, batch, compare_job, &expected, err);
}

struct forward {
    const struct eg_plan *plan;
    const char *ledger;
};

static enum eg_code compare_version(void *context, const void *row, struct eg_error *err)
{
    const struct forward *const forward = context;
    const struct eg_plan *const plan = forward->plan;
    const char *const version = *(const char *const *)row;

    if (eg_job_version_compare(plan->job_version, version) >= 0)
        return EG_OK;
    return eg_error_set(err, EG_NOT_TRUSTED,
                        "%s: version '%s' of %s is older than '%s', of which ledger %s has runs; to go back, "
                        "have it signed with 'espgang sign --allow-rollback'",
                        plan->job_path, plan->job_version, plan->job_name, version, forward->ledger);
}

/* A station that trusts keys runs no version that is older than one it has run. */
static enum eg_code check_version(struct eg_query *query, const struct eg_plan *plan, const char *ledger,
                                  struct eg_error *err)
{
    struct forward forward = {plan, ledger};

    return eg_query_versions(query, plan->job_name, compare_version, &forward, err);
}

enum eg_code cli_check_ledger(const struct eg_plan *plan, const char *ledger, const char *batch,
                              struct eg_error *err)
{
    const struct eg_setting *const pool = eg_plan_setting(plan, "unit.serial.pool");
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;
    bool exists;

    EG_TRY(eg_ledger_locate(&path, &exists, ledger, err));
    if (exists && (pool->given || batch != NULL || plan->forward_only))
        EG_TRY(eg_query_open(&query, path, err));
    if (pool->given)
        EG_TRY(check_pool(query, path, pool, err));
    if (query != NULL && plan->forward_only)
        EG_TRY(check_version(query, plan, path, err));
    return query != NULL && batch != NULL ? check_batch(query, plan, batch, err) : EG_OK;
}
