/* SPDX-License-Identifier: Apache-2.0 */

/* One pass over the runs. Units are told apart by a hash table, so that a million runs need no sorting. */

#include "reports/trend_internal.h"

#include "db/query/trend.h"
#include "engine/base/bytes.h"

#include <stdlib.h>
#include <string.h>

void eg__gathered_finish(struct eg__gathered *gathered)
{
    for (size_t i = 0; i < gathered->unit_count; i++)
        free(gathered->units[i].name);
    for (size_t i = 0; i < gathered->code_count; i++)
        free(gathered->codes[i]);
    free(gathered->units);
    free(gathered->codes);
    free(gathered->runs);
    free(gathered->slots);
}

static uint64_t hash_of(const char *text)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash ^ hash >> 29;
}

static size_t find_slot(const struct eg__gathered *gathered, const char *name, uint64_t hash)
{
    const struct eg__gathered_slot *const slots = gathered->slots;
    size_t at = (size_t)hash & (gathered->slot_count - 1);

    while (slots[at].unit != 0 && (slots[at].hash != (uint32_t)(hash >> 32) ||
                                   strcmp(gathered->units[slots[at].unit - 1].name, name) != 0))
        at = (at + 1) & (gathered->slot_count - 1);
    return at;
}

static void put_unit(struct eg__gathered *gathered, size_t slot, size_t unit, uint64_t hash)
{
    gathered->slots[slot] = (struct eg__gathered_slot){(uint32_t)unit + 1, (uint32_t)(hash >> 32)};
}

/* Keep the table at most half full. */
static enum eg_code make_room(struct eg__gathered *gathered, struct eg_error *err)
{
    const size_t wanted = gathered->slot_count == 0 ? 1024 : gathered->slot_count * 2;

    if (gathered->slot_count > 0 && gathered->unit_count * 2 < gathered->slot_count)
        return EG_OK;
    if (wanted > UINT32_MAX)
        return eg_error_set(err, EG_NO_MEMORY, "too many units for one report; select fewer");
    free(gathered->slots);
    gathered->slots = NULL;
    gathered->slot_count = 0;
    EG_TRY(eg_alloc(&gathered->slots, wanted, sizeof *gathered->slots, err));
    gathered->slot_count = wanted;
    for (size_t i = 0; i < gathered->unit_count; i++) {
        const char *const name = gathered->units[i].name;
        const uint64_t hash = hash_of(name);
        put_unit(gathered, find_slot(gathered, name, hash), i, hash);
    }
    return EG_OK;
}

static enum eg_code take_unit(struct eg__gathered *gathered, const char *name, size_t *at,
                              struct eg_error *err)
{
    EG_TRY(make_room(gathered, err));
    const uint64_t hash = hash_of(name);
    const size_t slot = find_slot(gathered, name, hash);
    if (gathered->slots[slot].unit == 0) {
        EG_TRY(eg_grow(&gathered->units, gathered->unit_count, sizeof *gathered->units, err));
        struct eg__gathered_unit *const unit = &gathered->units[gathered->unit_count];
        EG_TRY(eg_strdup(&unit->name, name, err));
        unit->outside = EG__NONE;
        put_unit(gathered, slot, gathered->unit_count++, hash);
    }
    *at = gathered->slots[slot].unit - 1;
    return EG_OK;
}

static enum eg_code take_code(struct eg__gathered *gathered, const char *code, uint16_t *at,
                              struct eg_error *err)
{
    size_t i = 0;

    while (i < gathered->code_count && strcmp(gathered->codes[i], code) != 0)
        i++;
    if (i == gathered->code_count) {
        if (i > UINT16_MAX)
            return eg_error_set(err, EG_LEDGER, "the ledger has too many codes");
        EG_TRY(eg_grow(&gathered->codes, i, sizeof *gathered->codes, err));
        EG_TRY(eg_strdup(&gathered->codes[i], code, err));
        gathered->code_count++;
    }
    *at = (uint16_t)i;
    return EG_OK;
}

static enum eg_outcome outcome_of(const char *name)
{
    enum eg_outcome outcome = EG_PASS;

    while (outcome < EG_ABORTED && strcmp(eg_outcome_name(outcome), name) != 0)
        outcome++;
    return outcome;
}

static enum eg_code collect_session(void *context, const void *row, struct eg_error *err)
{
    struct eg__trend *const trend = context;
    const struct eg_trend_session *const session = row;

    EG_TRY(eg_grow(&trend->sessions, trend->session_count, sizeof *trend->sessions, err));
    struct eg__trend_session *const kept = &trend->sessions[trend->session_count++];
    kept->number = session->session;
    kept->simulated = session->simulated != 0;
    kept->at = EG__NONE;
    EG_TRY(eg_strdup(&kept->batch, session->batch, err));
    EG_TRY(eg_strdup(&kept->job, session->job, err));
    return eg_strdup(&kept->job_version, session->job_version, err);
}

/* Return the session of this number; most runs have that of the run before. */
static size_t find_session(struct eg__gathered *gathered, int64_t number)
{
    const struct eg__trend *const trend = gathered->trend;
    size_t low = 0, high = trend->session_count;

    if (gathered->session < high && trend->sessions[gathered->session].number == number)
        return gathered->session;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (trend->sessions[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return gathered->session = low;
}

static enum eg_code take_batch(struct eg__gathered *gathered, size_t session, struct eg_error *err)
{
    struct eg__trend *const trend = gathered->trend;
    struct eg__trend_session *const of = &trend->sessions[session];
    size_t i = trend->batch_count;

    if (of->at != EG__NONE)
        return EG_OK;
    while (i > 0 && strcmp(trend->batches[i - 1].name, of->batch) != 0)
        i--;
    of->at = i - 1;
    trend->simulated = of->simulated; /* so are all, or none of them: the query sees to that */
    if (i > 0)
        return EG_OK;
    EG_TRY(eg_grow(&trend->batches, trend->batch_count, sizeof *trend->batches, err));
    of->at = trend->batch_count++;
    struct eg__trend_batch *const batch = &trend->batches[of->at];
    batch->name = of->batch;
    batch->job = of->job;
    batch->job_version = of->job_version;
    batch->tally.begin_ms = batch->tally.end_ms = -1;
    return EG_OK;
}

static enum eg_code collect_run(void *context, const void *row, struct eg_error *err)
{
    struct eg__gathered *const gathered = context;
    const struct eg_trend_run *const given = row;
    const int64_t ended_ms = eg__utc_ms(given->finished_utc);
    const enum eg_outcome outcome = outcome_of(given->outcome);
    size_t at = EG__NONE;

    if (ended_ms < 0)
        return eg_error_set(err, EG_LEDGER, "run %lld has no time of its end", (long long)given->run);
    const size_t session = find_session(gathered, given->session);
    EG_TRY(take_batch(gathered, session, err));
    EG_TRY(eg_grow(&gathered->runs, gathered->run_count, sizeof *gathered->runs, err));
    gathered->first_ms =
        gathered->run_count == 0 || ended_ms < gathered->first_ms ? ended_ms : gathered->first_ms;
    gathered->last_ms =
        gathered->run_count == 0 || ended_ms > gathered->last_ms ? ended_ms : gathered->last_ms;
    struct eg__gathered_run *const run = &gathered->runs[gathered->run_count++];
    *run = (struct eg__gathered_run){given->run, ended_ms, given->duration_us,
                                     session,    EG__NONE, eg_outcome_passed(outcome)};
    if (given->unit[0] == '\0')
        return EG_OK;
    EG_TRY(take_unit(gathered, given->unit, &at, err));
    run->unit = at;
    struct eg__gathered_unit *const unit = &gathered->units[at];
    if (unit->first_chain == 0 || given->chain_id < unit->first_chain) {
        unit->first_chain = given->chain_id;
        unit->first_passed = run->passed && given->attempts == 1;
    }
    if (given->chain_id <= unit->last_chain)
        return EG_OK;
    unit->last_chain = given->chain_id;
    unit->last_run = given->run;
    unit->ended_ms = ended_ms;
    unit->session = session;
    unit->outcome = (uint8_t)outcome;
    return take_code(gathered, given->code, &unit->code, err);
}

static int by_number(const void *one, const void *other)
{
    const struct eg__gathered_run *const a = one, *const b = other;

    return a->run < b->run ? -1 : a->run > b->run;
}

/* Runs come by session, so mostly in order. */
static void sort_runs(struct eg__gathered *gathered)
{
    for (size_t i = 1; i < gathered->run_count; i++)
        if (gathered->runs[i - 1].run > gathered->runs[i].run) {
            qsort(gathered->runs, gathered->run_count, sizeof *gathered->runs, by_number);
            return;
        }
}

static bool in_list(const char *const *list, const char *text)
{
    for (; list != NULL && *list != NULL; list++)
        if (strcmp(*list, text) == 0)
            return true;
    return list == NULL;
}

static void choose_units(struct eg__gathered *gathered, const struct eg_selection *selection)
{
    for (size_t i = 0; i < gathered->unit_count; i++) {
        struct eg__gathered_unit *const unit = &gathered->units[i];
        unit->chosen = in_list(selection->outcomes, eg_outcome_name(unit->outcome)) &&
                       (selection->code == NULL || strcmp(selection->code, gathered->codes[unit->code]) == 0);
    }
}

enum eg_code eg__gather(struct eg__gathered *gathered, struct eg_query *query,
                        const struct eg_selection *selection, struct eg_error *err)
{
    EG_TRY(eg_query_trend_sessions(query, collect_session, gathered->trend, err));
    EG_TRY(eg_query_trend_runs(query, selection, collect_run, gathered, err));
    sort_runs(gathered);
    choose_units(gathered, selection);
    return EG_OK;
}
