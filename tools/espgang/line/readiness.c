/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/readiness.h"

#include "db/ledger.h"
#include "db/query/questions.h"
#include "engine/base/bytes.h"
#include "engine/plan/unit.h"
#include "engine/secure/escrow.h"
#include "jobs/version.h"
#include "tools/espgang/labels/template.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
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

/* A row that the next board could get, else any. */
struct example {
    char **values; /* own */
    char **names;  /* own */
    bool *secrets; /* own */
    unsigned count;
};

static void example_finish(struct example *example)
{
    for (unsigned i = 0; i < example->count; i++) {
        free(example->names[i]);
        free(example->values[i]);
    }
    free(example->names);
    free(example->values);
    free(example->secrets);
    *example = (struct example){0};
}

#define ENOUGH_SEEN EG_CANCELLED /* ends the walk */

/* Of a secret value only that it is there is known: a number fits most templates. */
static enum eg_code take_example(void *context, const struct eg_pool_entry *entry, struct eg_error *err)
{
    struct example *const example = context;
    const bool is_free = strcmp(entry->state, "free") == 0;

    if (example->count != 0 && !is_free)
        return EG_OK;
    example_finish(example);
    EG_TRY(eg_alloc(&example->names, entry->count, sizeof *example->names, err));
    EG_TRY(eg_alloc(&example->values, entry->count, sizeof *example->values, err));
    EG_TRY(eg_alloc(&example->secrets, entry->count, sizeof *example->secrets, err));
    for (; example->count < entry->count; example->count++) {
        const char *const value = entry->values[example->count];
        const bool sealed = strcmp(value, "(sealed)") == 0, secret = sealed || strcmp(value, "(secret)") == 0;
        example->secrets[example->count] = secret;
        EG_TRY(eg_strdup(&example->names[example->count], entry->names[example->count], err));
        if (eg_strdup(&example->values[example->count],
                      sealed   ? EG_POOL_SEALED
                      : secret ? "1"
                               : value,
                      err) != EG_OK) {
            free(example->names[example->count]);
            return err->code;
        }
    }
    return is_free ? eg_error_set(err, ENOUGH_SEEN, "seen") : EG_OK;
}

/* The templates of the job against the columns of the pool. */
static enum eg_code check_columns(struct eg_query *query, const struct cli_readiness *ready,
                                  const struct eg_plan *plan, const struct eg_setting *pool,
                                  struct eg_error *err)
{
    EG_CLEANUP(example_finish) struct example example = {0};
    const char *place = NULL;

    if (eg_query_pool(query, pool->text, take_example, &example, err) != EG_OK && err->code != ENOUGH_SEEN)
        return err->code;
    const struct eg_pool_row row = {
        .names = example.names, .values = example.values, .secrets = example.secrets, .count = example.count};
    if (eg_unit_names_check_row(plan, &row, &place, err) == EG_OK)
        return cli_label_check(plan, &ready->labels->form, &row, err);
    return place != NULL ? eg_error_prefix(err, "%s: ", place) : err->code;
}

/* The keys of the flash in a pool: can they be decrypted? */
static enum eg_code check_keys(struct eg_query *query, const struct cli_readiness *ready,
                               const struct eg_plan *plan, const struct eg_setting *pool,
                               struct eg_error *err)
{
    const struct eg_setting *const column = eg_plan_setting(plan, "secure.flash.key.column");
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer sealed = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    enum eg_code code = eg_query_sealed(query, pool->text, column->text, NULL, &sealed, err);

    if (code == EG_OK && sealed.size == 0)
        code = eg_error_set(err, EG_BAD_ARGUMENT,
                            "column %s of pool %s is not sealed: import it with 'espgang pool import --seal'",
                            column->text, pool->text);
    if (code == EG_OK && ready->decrypts && ready->private_key == NULL)
        code = eg_error_set(err, EG_BAD_ARGUMENT,
                            "the keys of pool %s are sealed: give --private-key FILE, which decrypts them",
                            pool->text);
    if (code == EG_OK && ready->private_key != NULL)
        code = eg_escrow_recover(&key, ready->private_key, (const char *)sealed.data, err);
    return code == EG_OK ? code : eg_error_prefix(err, "%s: ", pool->place);
}

static enum eg_code check_pool(struct eg_query *query, const struct cli_readiness *ready,
                               const struct eg_plan *plan, const char *ledger,
                               const struct eg_setting *setting, struct eg_error *err)
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
    EG_TRY((strcmp(setting->option->key, "secure.flash.key.pool") == 0 ? check_keys : check_columns)(
        query, ready, plan, setting, err));
    if (pool.free == 0)
        fprintf(stderr,
                "espgang: warning: %s: pool %s has no free row left: only boards that have one already will "
                "pass\n",
                setting->place, pool.name);
    else if (pool.free < ready->boards)
        fprintf(stderr, "espgang: warning: %s: pool %s has %" PRId64 " free row%s for %u boards\n",
                setting->place, pool.name, pool.free, pool.free == 1 ? "" : "s", ready->boards);
    return EG_OK;
}

static enum eg_code compare_job(void *context, const struct eg_batch_session *session, struct eg_error *err)
{
    const struct cli_readiness *const ready = context;

    if (session->simulated != ready->simulated)
        return eg_error_set(err, EG_BAD_ARGUMENT, "batch %s has %s boards; name another batch for %s ones",
                            ready->batch, session->simulated ? "simulated" : "real",
                            session->simulated ? "real" : "simulated");
    if (session->runs == 0)
        return EG_OK;
    for (unsigned i = 0; i < ready->jobs->count; i++)
        if (strcmp(session->job, ready->jobs->plans[i]->job_name) == 0)
            return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT, "batch %s has runs of the job %s; name another batch for %s",
                        ready->batch, session->job, ready->jobs->plans[0]->job_name);
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

static enum eg_code check_job(struct eg_query *query, const struct cli_readiness *ready,
                              const struct eg_plan *plan, const char *ledger, struct eg_error *err)
{
    const struct eg_setting *const pool = eg_plan_setting(plan, "unit.serial.pool");
    const struct eg_setting *const keys = eg_plan_setting(plan, "secure.flash.key.pool");

    if (keys->given)
        EG_TRY(check_pool(query, ready, plan, ledger, keys, err));
    if (pool->given)
        EG_TRY(check_pool(query, ready, plan, ledger, pool, err));
    else
        EG_TRY(cli_label_check(plan, &ready->labels->form, NULL, err));
    return query != NULL && plan->forward_only ? check_version(query, plan, ledger, err) : EG_OK;
}

/* Whether the ledger has something to say of a job. */
static bool asks(const struct cli_jobs *jobs)
{
    for (unsigned i = 0; i < jobs->count; i++)
        if (jobs->plans[i]->forward_only || eg_plan_setting(jobs->plans[i], "unit.serial.pool")->given ||
            eg_plan_setting(jobs->plans[i], "secure.flash.key.pool")->given)
            return true;
    return false;
}

/* A printer without a single template is a slip. */
static enum eg_code check_labels(const struct cli_readiness *ready, struct eg_error *err)
{
    bool any = !ready->labels->prints;

    for (unsigned i = 0; i < ready->jobs->count; i++)
        any = any || cli_label_form(ready->jobs->plans[i], &ready->labels->form).path != NULL;
    if (any)
        return EG_OK;
    return eg_error_set(
        err, EG_BAD_JOB,
        "%s: printer %s has nothing to print: give label.template in the job, printer.template "
        "in the station file, or --label-template",
        ready->jobs->plans[0]->job_path, ready->labels->printer.text);
}

enum eg_code cli_check_ledger(const struct cli_readiness *ready, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;
    bool exists;

    if (ready->recording)
        EG_TRY(eg_ledger_check(ready->ledger, err));
    EG_TRY(eg_ledger_locate(&path, &exists, ready->ledger, err));
    if (exists && (asks(ready->jobs) || ready->batch != NULL))
        EG_TRY(eg_query_open(&query, path, err));
    EG_TRY(check_labels(ready, err));
    for (unsigned i = 0; i < ready->jobs->count; i++)
        EG_TRY(check_job(query, ready, ready->jobs->plans[i], path, err));
    if (query == NULL || ready->batch == NULL)
        return EG_OK;
    EG_TRY(eg_query_refuse_sealed(query, ready->batch, err));
    return eg_query_sessions(query, ready->batch, compare_job, (void *)ready, err);
}
