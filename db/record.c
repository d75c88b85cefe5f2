/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The rows of each kind of record.
 *
 * Every function here runs inside a transaction of its caller and on the thread that owns the store. What is
 * not known is NULL, never an empty text or a zero that could be mistaken for a fact.
 *
 * Not here: the statements themselves (store.c), when a transaction begins and ends (writer.c), what the
 * rows hash to (chain.c), rows of pools (pool.c), reading for reports (query/).
 */

#include "db/record.h"

#include "db/chain.h"
#include "db/journal.h"
#include "db/pool.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "" as NULL: not known. */
static void bind_known(sqlite3_stmt *statement, int column, const char *text)
{
    eg__bind_text(statement, column, text != NULL && text[0] != '\0' ? text : NULL);
}

/* Columns `first` to `first` + 8; `unit` may be NULL. */
static void bind_unit(sqlite3_stmt *statement, int first, const struct eg_unit *unit)
{
    if (unit == NULL) {
        for (int i = 0; i < 9; i++)
            sqlite3_bind_null(statement, first + i);
        return;
    }
    bind_known(statement, first, unit->mac);
    bind_known(statement, first + 1, unit->chip);
    eg__bind_number(statement, first + 2, unit->revision);
    bind_known(statement, first + 3, unit->package);
    eg__bind_number(statement, first + 4, unit->flash_jedec);
    eg__bind_number(statement, first + 5, unit->flash_size);
    eg__bind_number(statement, first + 6, unit->secure_boot);
    eg__bind_number(statement, first + 7, unit->flash_encryption);
    eg__bind_number(statement, first + 8, unit->secure_download);
}

static enum eg_code find_job(struct eg__store *store, const struct eg_plan *plan, bool *found, int64_t *job,
                             struct eg_error *err)
{
    sqlite3_stmt *find = store->statements[EG__FIND_JOB];

    eg__bind_digest(find, 1, plan->job_sha256, EG_SHA256_SIZE);
    EG_TRY(eg__store_next(store, EG__FIND_JOB, found, err));
    if (*found) {
        *job = sqlite3_column_int64(find, 0);
        sqlite3_reset(find);
    }
    return EG_OK;
}

static enum eg_code record_job(struct eg__store *store, const struct eg_plan *plan, int64_t *job,
                               struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_JOB];
    const char *text = plan->job_text.data != NULL ? (const char *)plan->job_text.data : "";
    bool found;

    EG_TRY(find_job(store, plan, &found, job, err));
    if (found)
        return EG_OK;
    eg__bind_digest(add, 1, plan->job_sha256, EG_SHA256_SIZE);
    eg__bind_text(add, 2, plan->job_name);
    eg__bind_text(add, 3, plan->job_version);
    eg__bind_text(add, 4, plan->target->name);
    sqlite3_bind_text64(add, 5, text, plan->job_text.size, SQLITE_STATIC, SQLITE_UTF8);
    EG_TRY(eg__store_run(store, EG__ADD_JOB, err));
    *job = sqlite3_last_insert_rowid(store->db);
    return eg__journal_append(store->db, EG__ENTRY_JOB, *job, err);
}

enum eg_code eg__record_refuse_sealed(sqlite3 *db, const char *batch, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *row = NULL;

    if (sqlite3_prepare_v2(db, "SELECT sealed_utc, operator FROM seal WHERE batch = ?1", -1, &row, NULL) !=
        SQLITE_OK)
        return eg__sqlite_error(db, err);
    eg__bind_text(row, 1, batch);
    const int status = sqlite3_step(row);
    if (status == SQLITE_ROW)
        return eg_error_set(err, EG_BAD_ARGUMENT, "batch %s was sealed at %s by %s and takes no more runs",
                            batch, sqlite3_column_text(row, 0), sqlite3_column_text(row, 1));
    return status == SQLITE_DONE ? EG_OK : eg__sqlite_error(db, err);
}

/* A batch is a rehearsal as a whole, or not at all. */
static enum eg_code refuse_other_kind(struct eg__store *store, const struct eg__session *session,
                                      struct eg_error *err)
{
    sqlite3_stmt *find = store->statements[EG__FIND_OTHER_KIND];
    bool found;

    eg__bind_text(find, 1, session->batch);
    eg__bind_number(find, 2, session->simulated);
    EG_TRY(eg__store_next(store, EG__FIND_OTHER_KIND, &found, err));
    sqlite3_reset(find);
    if (!found)
        return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT, "batch %s has %s boards; name another batch for %s ones",
                        session->batch, session->simulated ? "real" : "simulated",
                        session->simulated ? "simulated" : "real");
}

enum eg_code eg__record_session(struct eg__store *store, const struct eg__session *session, int64_t *number,
                                struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_SESSION];
    int64_t job;

    EG_TRY(eg__record_refuse_sealed(store->db, session->batch, err));
    EG_TRY(refuse_other_kind(store, session, err));
    if (record_job(store, session->plan, &job, err) != EG_OK)
        return eg_error_prefix(err, "recording the job: ");
    eg__bind_number(add, 1, (uint64_t)job);
    eg__bind_now(add, 2);
    eg__bind_text(add, 3, session->station);
    eg__bind_text(add, 4, session->operator_name);
    eg__bind_text(add, 5, session->batch);
    eg__bind_text(add, 6, session->plan->job_path);
    eg__bind_text(add, 7, EG_VERSION);
    eg__bind_number(add, 8, session->simulated);
    if (eg__store_run(store, EG__ADD_SESSION, err) != EG_OK)
        return eg_error_prefix(err, "recording the session: ");
    *number = sqlite3_last_insert_rowid(store->db);
    return eg__journal_append(store->db, EG__ENTRY_SESSION, *number, err);
}

static enum eg_code add_bridge(struct eg__store *store, int64_t run, const struct eg_bridge *bridge,
                               struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_BRIDGE];

    if (bridge->vid == 0)
        return EG_OK;
    eg__bind_number(add, 1, (uint64_t)run);
    eg__bind_number(add, 2, bridge->vid);
    eg__bind_number(add, 3, bridge->pid);
    bind_known(add, 4, bridge->serial);
    return eg__store_run(store, EG__ADD_BRIDGE, err);
}

static enum eg_code add_label(struct eg__store *store, int64_t run, const char *label, struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_LABEL];

    if (label == NULL)
        return EG_OK;
    eg__bind_number(add, 1, (uint64_t)run);
    eg__bind_text(add, 2, label);
    return eg__store_run(store, EG__ADD_LABEL, err);
}

static enum eg_code add_run(struct eg__store *store, int64_t session, const struct eg_run_begin *begin,
                            int64_t *run, struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_RUN];

    eg__bind_number(add, 1, (uint64_t)session);
    eg__bind_text(add, 2, begin->slot);
    eg__bind_text(add, 3, begin->port);
    eg__bind_now(add, 4);
    EG_TRY(eg__store_run(store, EG__ADD_RUN, err));
    *run = sqlite3_last_insert_rowid(store->db);
    EG_TRY(add_bridge(store, *run, &begin->bridge, err));
    return add_label(store, *run, begin->label, err);
}

enum eg_code eg__record_begin(struct eg__store *store, int64_t session, const struct eg_run_begin *begin,
                              int64_t *run, struct eg_error *err)
{
    if (add_run(store, session, begin, run, err) != EG_OK)
        return eg_error_prefix(err, "recording the beginning of a run: ");
    return EG_OK;
}

enum eg_code eg__record_intent(struct eg__store *store, int64_t run, const struct eg_unit *unit,
                               struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_INTENT];

    eg__bind_number(add, 1, (uint64_t)run);
    eg__bind_now(add, 2);
    bind_unit(add, 3, unit);
    if (eg__store_run(store, EG__ADD_INTENT, err) != EG_OK)
        return eg_error_prefix(err, "recording the intent of run %" PRId64 ": ", run);
    return EG_OK;
}

static enum eg_code add_stage(struct eg__store *store, int64_t run, unsigned position,
                              const struct eg_stage_record *stage, struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_STAGE];

    eg__bind_number(add, 1, (uint64_t)run);
    eg__bind_number(add, 2, position);
    eg__bind_text(add, 3, stage->stage);
    eg__bind_number(add, 4, stage->attempt);
    eg__bind_text(add, 5, stage->started_utc);
    eg__bind_number(add, 6, stage->duration_us);
    eg__bind_text(add, 7, eg_code_name(stage->code));
    eg__bind_text(add, 8, stage->code != EG_OK ? stage->text : "");
    eg__bind_number(add, 9, stage->baud);
    eg__bind_number(add, 10, stage->bytes_sent);
    eg__bind_number(add, 11, stage->bytes_received);
    eg__bind_number(add, 12, stage->resends);
    return eg__store_run(store, EG__ADD_STAGE, err);
}

static enum eg_code add_times(struct eg__store *store, int64_t run, unsigned position,
                              const struct eg_write_times *times, struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_TIMES];

    if (times->blocks == 0)
        return EG_OK;
    eg__bind_number(add, 1, (uint64_t)run);
    eg__bind_number(add, 2, position);
    eg__bind_number(add, 3, times->blocks);
    if (times->erases_first)
        eg__bind_number(add, 4, times->erase_us);
    else
        sqlite3_bind_null(add, 4);
    eg__bind_number(add, 5, times->block_min_us);
    eg__bind_number(add, 6, times->block_median_us);
    eg__bind_number(add, 7, times->block_max_us);
    eg__bind_number(add, 8, times->slowest_addr);
    return eg__store_run(store, EG__ADD_TIMES, err);
}

static enum eg_code add_region(struct eg__store *store, int64_t run, unsigned position,
                               const struct eg_region_record *record, struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_REGION];
    const struct eg_region *region = record->region;

    eg__bind_number(add, 1, (uint64_t)run);
    eg__bind_number(add, 2, position);
    eg__bind_text(add, 3, region->name);
    eg__bind_text(add, 4, region->path);
    eg__bind_number(add, 5, region->flash_addr);
    eg__bind_number(add, 6, region->data.size);
    eg__bind_number(add, 7, record->attempt);
    eg__bind_digest(add, 8, region->md5, EG_MD5_SIZE);
    eg__bind_digest(add, 9, region->sha256, EG_SHA256_SIZE);
    if (record->read_back)
        eg__bind_digest(add, 10, record->md5, EG_MD5_SIZE);
    else
        sqlite3_bind_null(add, 10);
    eg__bind_text(add, 11, record->method);
    eg__bind_text(add, 12, record->verdict);
    eg__bind_number(add, 13, record->times.total_us);
    EG_TRY(eg__store_run(store, EG__ADD_REGION, err));
    return add_times(store, run, position, &record->times, err);
}

static enum eg_code add_device(struct eg__store *store, int64_t run, const struct eg_unit *unit,
                               struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_DEVICE];
    const struct eg_psram *const psram = &unit->psram;
    char text[32] = "none";

    if (psram->state == EG_PSRAM_NOT_TOLD && unit->flash_unique_id[0] == '\0')
        return EG_OK;
    if (psram->state == EG_PSRAM_THERE && psram->size != 0)
        snprintf(text, sizeof text, "%" PRIu64 "MB", psram->size >> 20);
    else if (psram->state == EG_PSRAM_THERE)
        snprintf(text, sizeof text, "of unknown size");
    eg__bind_number(add, 1, (uint64_t)run);
    bind_known(add, 2, unit->flash_unique_id);
    eg__bind_text(add, 3, psram->state != EG_PSRAM_NOT_TOLD ? text : NULL);
    if (psram->state == EG_PSRAM_NONE || psram->size != 0)
        eg__bind_number(add, 4, psram->size);
    else
        sqlite3_bind_null(add, 4);
    return eg__store_run(store, EG__ADD_DEVICE, err);
}

static enum eg_code add_value(struct eg__store *store, int64_t run, unsigned position,
                              const struct eg_value_record *record, struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_VALUE];

    eg__bind_number(add, 1, (uint64_t)run);
    eg__bind_number(add, 2, position);
    eg__bind_text(add, 3, record->kind == EG_VALUE_UNIT ? "unit" : "measured");
    eg__bind_text(add, 4, record->name);
    eg__bind_text(add, 5, record->value);
    eg__bind_text(add, 6, record->limits);
    eg__bind_number(add, 7, record->passed);
    return eg__store_run(store, EG__ADD_VALUE, err);
}

static enum eg_code add_log(struct eg__store *store, int64_t run, const struct eg_run_record *record,
                            struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_LOG];
    uint8_t digest[EG_SHA256_SIZE];

    EG_TRY(eg_sha256(digest, record->log, record->log_size, err));
    eg__bind_number(add, 1, (uint64_t)run);
    eg__bind_number(add, 2, record->log_size);
    eg__bind_digest(add, 3, digest, sizeof digest);
    sqlite3_bind_blob64(add, 4, record->log, record->log_size, SQLITE_STATIC);
    return eg__store_run(store, EG__ADD_LOG, err);
}

static enum eg_code add_outcome(struct eg__store *store, int64_t run, const struct eg_run_record *record,
                                struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_OUTCOME];

    eg__bind_number(add, 1, (uint64_t)run);
    eg__bind_now(add, 2);
    bind_unit(add, 3, record->unit);
    eg__bind_text(add, 12, eg_outcome_name(record->outcome));
    eg__bind_text(add, 13, eg_code_name(record->code));
    eg__bind_text(add, 14, eg_blame_name(eg_code_blame(record->code)));
    eg__bind_text(add, 15, record->text);
    eg__bind_text(add, 16, record->marginal);
    eg__bind_number(add, 17, record->attempts);
    eg__bind_number(add, 18, record->duration_us);
    eg__bind_number(add, 19, record->bytes_sent);
    eg__bind_number(add, 20, record->bytes_received);
    eg__bind_number(add, 21, record->resends);
    return eg__store_run(store, EG__ADD_OUTCOME, err);
}

static enum eg_code add_end(struct eg__store *store, int64_t run, const struct eg_run_record *record,
                            struct eg_error *err)
{
    unsigned position = 0;

    EG_TRY(add_outcome(store, run, record, err));
    for (unsigned i = 0; i < record->stage_count; i++)
        EG_TRY(add_stage(store, run, i + 1, &record->stages[i], err));
    for (unsigned i = 0; i < record->region_count; i++)
        if (record->regions[i].region != NULL) /* else the run ended before it came to this region */
            EG_TRY(add_region(store, run, ++position, &record->regions[i], err));
    if (record->unit != NULL)
        EG_TRY(add_device(store, run, record->unit, err));
    for (unsigned i = 0; i < record->value_count; i++)
        EG_TRY(add_value(store, run, i + 1, &record->values[i], err));
    if (record->log != NULL)
        EG_TRY(add_log(store, run, record, err));
    EG_TRY(eg__pool_end(store, run, eg_outcome_passed(record->outcome), err));
    return eg__chain_append(store, run, err);
}

enum eg_code eg__record_finish(struct eg__store *store, int64_t run, const struct eg_run_record *record,
                               struct eg_error *err)
{
    if (add_end(store, run, record, err) != EG_OK)
        return eg_error_prefix(err, "recording the end of run %" PRId64 ": ", run);
    return EG_OK;
}

/* Binds MAC, flash and whether the board is simulated. */
static sqlite3_stmt *ask_of_mac(struct eg__store *store, enum eg__statement which, const struct eg_unit *unit)
{
    sqlite3_stmt *query = store->statements[which];

    eg__bind_text(query, 1, unit->mac);
    bind_known(query, 2, unit->flash_unique_id);
    eg__bind_number(query, 3, store->simulated);
    return query;
}

static enum eg_code find_clone(struct eg__store *store, const struct eg_unit *unit, struct eg_seen *seen,
                               struct eg_error *err)
{
    sqlite3_stmt *query = ask_of_mac(store, EG__SEEN_CLONE, unit);
    bool row;

    if (unit->flash_unique_id[0] == '\0')
        return EG_OK;
    EG_TRY(eg__store_next(store, EG__SEEN_CLONE, &row, err));
    if (!row)
        return EG_OK;
    seen->clone_run = sqlite3_column_int64(query, 0);
    snprintf(seen->clone_flash, sizeof seen->clone_flash, "%s", (const char *)sqlite3_column_text(query, 1));
    sqlite3_reset(query);
    return EG_OK;
}

enum eg_code eg__record_seen(struct eg__store *store, const struct eg_unit *unit, struct eg_seen *seen,
                             struct eg_error *err)
{
    sqlite3_stmt *query = ask_of_mac(store, EG__SEEN, unit);
    bool row;

    EG_TRY(eg__store_next(store, EG__SEEN, &row, err));
    *seen = (struct eg_seen){
        .runs = (unsigned)sqlite3_column_int64(query, 0),
        .passed = (unsigned)sqlite3_column_int64(query, 1),
        .admitted = (unsigned)sqlite3_column_int64(query, 3),
        .mac_known = sqlite3_column_int(query, 4) != 0,
    };
    const char *last = (const char *)sqlite3_column_text(query, 2);
    if (last != NULL) {
        snprintf(seen->last_utc, sizeof seen->last_utc, "%s", last);
        snprintf(seen->last_outcome, sizeof seen->last_outcome, "%s", last + sizeof seen->last_utc - 1);
    }
    sqlite3_reset(query);
    return find_clone(store, unit, seen, err);
}

static enum eg_code close_orphan(struct eg__store *store, int64_t run, struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_ORPHAN_OUTCOME];

    eg__bind_number(add, 1, (uint64_t)run);
    eg__bind_now(add, 2);
    eg__bind_text(add, 3, eg_code_name(EG_ABANDONED));
    eg__bind_text(add, 4, eg_blame_name(eg_code_blame(EG_ABANDONED)));
    eg__bind_text(add, 5, eg_code_text(EG_ABANDONED));
    EG_TRY(eg__store_run(store, EG__ADD_ORPHAN_OUTCOME, err));
    EG_TRY(eg__pool_end(store, run, false, err));
    return eg__chain_append(store, run, err);
}

enum eg_code eg__record_orphans(struct eg__store *store, unsigned *count, struct eg_error *err)
{
    sqlite3_stmt *find = store->statements[EG__FIND_ORPHAN];
    int64_t run = 0;

    for (*count = 0;; ++*count) {
        bool row;
        eg__bind_number(find, 1, (uint64_t)run);
        EG_TRY(eg__store_next(store, EG__FIND_ORPHAN, &row, err));
        run = sqlite3_column_int64(find, 0); /* 0 for NULL: there is none */
        sqlite3_reset(find);
        if (run == 0)
            return EG_OK;
        if (close_orphan(store, run, err) != EG_OK)
            return eg_error_prefix(err, "closing run %" PRId64 ", which never ended: ", run);
    }
}
