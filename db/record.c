/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The rows of each kind of record.
 *
 * Every function here runs inside a transaction of its caller and on the thread that owns the store. Unknown
 * values are NULL, never an empty text or a zero that could be mistaken for a fact.
 *
 * Not here: the statements themselves (store.c), when a transaction begins and ends (writer.c), the hash of
 * the rows (chain.c), pool rows (pool.c), reading for reports (query/).
 */

#include "db/record.h"

#include "db/chain.h"
#include "db/journal.h"
#include "db/pool.h"
#include "db/session_lock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Bind a text; "" becomes NULL: not known. */
static void bind_known(sqlite3_stmt *statement, int column, const char *text)
{
    eg__bind_text(statement, column, text != NULL && text[0] != '\0' ? text : NULL);
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

/* Refuse to mix real and simulated boards in a batch. */
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

/* Record what the job says of its reports, unless the batch has the same on record. */
static enum eg_code record_report_form(struct eg__store *store, const struct eg__session *session,
                                       int64_t number, struct eg_error *err)
{
    sqlite3_stmt *const add = store->statements[EG__ADD_REPORT_FORM];
    const struct eg_setting *const customer = eg_plan_setting(session->plan, "report.customer"),
                                   *const target = eg_plan_setting(session->plan, "report.target"),
                                   *const logo = eg_plan_setting(session->plan, "report.logo");

    eg__bind_number(add, 1, (uint64_t)number);
    eg__bind_text(add, 2, customer != NULL && customer->given ? customer->text : "");
    eg__bind_text(add, 3, target != NULL && target->given ? target->text : "");
    if (logo != NULL && logo->given)
        sqlite3_bind_blob64(add, 4, logo->content.data, logo->content.size, SQLITE_STATIC);
    else
        sqlite3_bind_zeroblob(add, 4, 0);
    eg__bind_text(add, 5, session->batch);
    if (eg__store_run(store, EG__ADD_REPORT_FORM, err) != EG_OK)
        return eg_error_prefix(err, "recording what the job says of its reports: ");
    return sqlite3_changes(store->db) == 0 ? EG_OK
                                           : eg__journal_append(store->db, EG__ENTRY_REPORT_FORM,
                                                                sqlite3_last_insert_rowid(store->db), err);
}

enum eg_code eg__record_session(struct eg__store *store, const struct eg__session *session, int64_t *number,
                                struct eg_error *err)
{
    struct eg__row row = {.start = session};

    EG_TRY(eg__record_refuse_sealed(store->db, session->batch, err));
    EG_TRY(refuse_other_kind(store, session, err));
    if (record_job(store, session->plan, &row.job, err) != EG_OK)
        return eg_error_prefix(err, "recording the job: ");
    if (eg__store_add(store, EG__ADD_SESSION, &row, err) != EG_OK)
        return eg_error_prefix(err, "recording the session: ");
    *number = sqlite3_last_insert_rowid(store->db);
    EG_TRY(eg__journal_append(store->db, EG__ENTRY_SESSION, *number, err));
    return record_report_form(store, session, *number, err);
}

static enum eg_code add_run(struct eg__store *store, struct eg__row *row, struct eg_error *err)
{
    EG_TRY(eg__store_add(store, EG__ADD_RUN, row, err));
    row->run = sqlite3_last_insert_rowid(store->db);
    if (row->begin->bridge.vid != 0)
        EG_TRY(eg__store_add(store, EG__ADD_BRIDGE, row, err));
    return row->begin->label != NULL ? eg__store_add(store, EG__ADD_LABEL, row, err) : EG_OK;
}

enum eg_code eg__record_begin(struct eg__store *store, int64_t session, const struct eg_run_begin *begin,
                              int64_t *run, struct eg_error *err)
{
    struct eg__row row = {.session = session, .begin = begin};

    if (add_run(store, &row, err) != EG_OK)
        return eg_error_prefix(err, "recording the beginning of a run: ");
    *run = row.run;
    return EG_OK;
}

enum eg_code eg__record_intent(struct eg__store *store, int64_t run, const struct eg_unit *unit,
                               struct eg_error *err)
{
    const struct eg__row row = {.run = run, .unit = unit};

    if (eg__store_add(store, EG__ADD_INTENT, &row, err) != EG_OK)
        return eg_error_prefix(err, "recording the intent of run %" PRId64 ": ", run);
    return EG_OK;
}

static enum eg_code add_stages(struct eg__store *store, struct eg__row row, struct eg_error *err)
{
    for (unsigned i = 0; i < row.end->stage_count; i++) {
        row.position = i + 1;
        row.stage = &row.end->stages[i];
        EG_TRY(eg__store_add(store, EG__ADD_STAGE, &row, err));
    }
    return EG_OK;
}

static enum eg_code add_regions(struct eg__store *store, struct eg__row row, struct eg_error *err)
{
    for (unsigned i = 0; i < row.end->region_count; i++) {
        row.region = &row.end->regions[i];
        if (row.region->region == NULL) /* the run ended before this region */
            continue;
        row.position++;
        EG_TRY(eg__store_add(store, EG__ADD_REGION, &row, err));
        if (row.region->times.blocks > 0)
            EG_TRY(eg__store_add(store, EG__ADD_TIMES, &row, err));
    }
    return EG_OK;
}

static enum eg_code add_erased(struct eg__store *store, struct eg__row row, struct eg_error *err)
{
    for (unsigned i = 0; i < row.end->erased_count; i++) {
        row.position = i + 1;
        row.erased = &row.end->erased[i];
        EG_TRY(eg__store_add(store, EG__ADD_ERASED, &row, err));
    }
    return EG_OK;
}

static enum eg_code add_values(struct eg__store *store, struct eg__row row, struct eg_error *err)
{
    for (unsigned i = 0; i < row.end->value_count; i++) {
        row.position = i + 1;
        row.value = &row.end->values[i];
        EG_TRY(eg__store_add(store, EG__ADD_VALUE, &row, err));
    }
    return EG_OK;
}

static enum eg_code add_log(struct eg__store *store, struct eg__row row, struct eg_error *err)
{
    uint8_t digest[EG_SHA256_SIZE];

    if (row.end->log == NULL)
        return EG_OK;
    EG_TRY(eg_sha256(digest, row.end->log, row.end->log_size, err));
    row.log_sha256 = digest;
    return eg__store_add(store, EG__ADD_LOG, &row, err);
}

static bool has_device(const struct eg_unit *unit)
{
    return unit != NULL && (unit->psram.state != EG_PSRAM_NOT_TOLD || unit->flash_unique_id[0] != '\0');
}

static enum eg_code add_end(struct eg__store *store, int64_t run, const struct eg_run_record *record,
                            struct eg_error *err)
{
    const struct eg__row row = {.run = run, .unit = record->unit, .end = record};

    EG_TRY(eg__store_add(store, EG__ADD_OUTCOME, &row, err));
    EG_TRY(add_stages(store, row, err));
    EG_TRY(add_regions(store, row, err));
    EG_TRY(add_erased(store, row, err));
    if (record->link != NULL && (record->link->stub[0] != '\0' || record->link->baud_most != 0))
        EG_TRY(eg__store_add(store, EG__ADD_LINK_OF_RUN, &row, err));
    if (has_device(record->unit))
        EG_TRY(eg__store_add(store, EG__ADD_DEVICE, &row, err));
    EG_TRY(add_values(store, row, err));
    EG_TRY(add_log(store, row, err));
    EG_TRY(eg__pool_end(store, run, eg_outcome_passed(record->outcome), err));
    return eg__chain_append(store, run, err);
}

enum eg_code eg__record_secure(struct eg__store *store, int64_t run, const struct eg_security_record *records,
                               unsigned count, struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_SECURITY];

    for (unsigned i = 0; i < count; i++) {
        eg__bind_number(add, 1, (uint64_t)run);
        eg__bind_text(add, 2, eg_security_event_name(records[i].event));
        eg__bind_text(add, 3, records[i].item);
        eg__bind_text(add, 4, records[i].value);
        eg__bind_now(add, 5);
        if (eg__store_run(store, EG__ADD_SECURITY, err) != EG_OK)
            return eg_error_prefix(err, "recording the security of the board of run %" PRId64 ": ", run);
    }
    return EG_OK;
}

enum eg_code eg__record_secured(struct eg__store *store, const struct eg_unit *unit,
                                enum eg_security_event event, const char *item, char *value, size_t room,
                                struct eg_error *err)
{
    sqlite3_stmt *find = store->statements[EG__FIND_SECURITY];
    bool row;

    eg__bind_text(find, 1, unit->mac);
    eg__bind_number(find, 2, store->simulated);
    eg__bind_text(find, 3, eg_security_event_name(event));
    eg__bind_text(find, 4, item);
    value[0] = '\0';
    EG_TRY(eg__store_next(store, EG__FIND_SECURITY, &row, err));
    if (!row)
        return EG_OK;
    snprintf(value, room, "%s", (const char *)sqlite3_column_text(find, 0));
    sqlite3_reset(find);
    return EG_OK;
}

enum eg_code eg__record_finish(struct eg__store *store, int64_t run, const struct eg_run_record *record,
                               struct eg_error *err)
{
    if (add_end(store, run, record, err) != EG_OK)
        return eg_error_prefix(err, "recording the end of run %" PRId64 ": ", run);
    return EG_OK;
}

/* Bind MAC, flash and whether the board is simulated. */
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

enum eg_code eg__record_holds(struct eg__store *store, const struct eg_unit *unit,
                              const struct eg_region *region, bool *probably, struct eg_error *err)
{
    sqlite3_stmt *query = ask_of_mac(store, EG__HOLDS, unit);
    char sha256[EG_SHA256_TEXT];

    eg_hex(sha256, region->sha256, EG_SHA256_SIZE);
    eg__bind_number(query, 4, region->flash_addr);
    eg__bind_text(query, 5, sha256);
    EG_TRY(eg__store_next(store, EG__HOLDS, probably, err));
    sqlite3_reset(query);
    return EG_OK;
}

enum eg_code eg__record_rates(struct eg__store *store, const char *station, const char *slot,
                              const struct eg_bridge *bridge, struct eg_rates_seen *seen,
                              struct eg_error *err)
{
    sqlite3_stmt *query = store->statements[EG__RATES];
    bool row;

    *seen = (struct eg_rates_seen){0};
    sqlite3_clear_bindings(query); /* a bridge that is not known is NULL */
    eg__bind_text(query, 1, slot);
    eg__bind_text(query, 2, station);
    eg__bind_number(query, 3, store->simulated);
    if (bridge->vid != 0) {
        eg__bind_number(query, 4, bridge->vid);
        eg__bind_number(query, 5, bridge->pid);
        bind_known(query, 6, bridge->serial);
    }
    EG_TRY(eg__store_next(store, EG__RATES, &row, err));
    if (!row)
        return EG_OK;
    seen->baud_most = (uint32_t)sqlite3_column_int64(query, 0);
    seen->clean = (unsigned)sqlite3_column_int64(query, 1);
    sqlite3_reset(query);
    return EG_OK;
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

/* Find the next run without an outcome, and its session; 0 = none. */
static enum eg_code find_unfinished(struct eg__store *store, int64_t *run, int64_t *session,
                                    struct eg_error *err)
{
    sqlite3_stmt *find = store->statements[EG__FIND_UNFINISHED];
    bool row;

    eg__bind_number(find, 1, (uint64_t)*run);
    EG_TRY(eg__store_next(store, EG__FIND_UNFINISHED, &row, err));
    *run = row ? sqlite3_column_int64(find, 0) : 0;
    *session = row ? sqlite3_column_int64(find, 1) : 0;
    sqlite3_reset(find);
    return EG_OK;
}

enum eg_code eg__record_orphans(struct eg__store *store, int lock_fd, unsigned *count, struct eg_error *err)
{
    int64_t run = 0, session;
    bool goes_on;

    *count = 0;
    for (;;) {
        EG_TRY(find_unfinished(store, &run, &session, err));
        if (run == 0)
            return EG_OK;
        EG_TRY(eg__session_goes_on(&goes_on, lock_fd, session, err));
        if (goes_on)
            continue;
        if (close_orphan(store, run, err) != EG_OK)
            return eg_error_prefix(err, "closing run %" PRId64 ", which never ended: ", run);
        ++*count;
    }
}
