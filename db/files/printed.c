/* SPDX-License-Identifier: Apache-2.0 */

#include "db/files/printed.h"

#include "db/journal.h"
#include "db/login.h"
#include "db/migrate.h"
#include "db/path.h"
#include "db/session_lock.h"
#include "engine/base/bytes.h"
#include "engine/base/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct eg_printed {
    char *path;
    int lock_fd;
    sqlite3 *db;
    char operator_name[256];
    sqlite3_stmt *next, *of_run;
    char *texts[4]; /* of the last struct eg_printed_due */
    int64_t after;  /* in the chain: what comes before needs no label */
};

#define PASSED "outcome IN ('pass', 'pass-marginal')"

static enum eg_code prepare(sqlite3_stmt **statement, struct eg_printed *printed, const char *sql,
                            struct eg_error *err)
{
    return sqlite3_prepare_v2(printed->db, sql, -1, statement, NULL) == SQLITE_OK
               ? EG_OK
               : eg__sqlite_error(printed->db, err);
}

static enum eg_code step(struct eg_printed *printed, sqlite3_stmt *statement, bool *row, struct eg_error *err)
{
    const int status = sqlite3_step(statement);

    *row = status == SQLITE_ROW;
    return *row || status == SQLITE_DONE ? EG_OK : eg__sqlite_error(printed->db, err);
}

static enum eg_code open_it(struct eg_printed *printed, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;

    EG_TRY(eg__path_resolve(&full, printed->path, err));
    EG_TRY(eg__open_recording(&printed->db, &printed->lock_fd, full, EG__BESIDE, err));
    EG_TRY(eg__sqlite_exec(printed->db, "CREATE TEMP TABLE mine (session_id INTEGER PRIMARY KEY)", err));
    EG_TRY(
        eg__sqlite_number(printed->db, "SELECT coalesce(max(chain_id), 0) FROM chain", &printed->after, err));
    EG_TRY(prepare(
        &printed->next, printed,
        "SELECT run_id, kind, template, coalesce(mac, ''), slot FROM chain CROSS JOIN run USING (run_id)"
        " CROSS JOIN mine USING (session_id) CROSS JOIN label_form USING (session_id)"
        " CROSS JOIN outcome USING (run_id) WHERE chain_id > ?1 AND " PASSED
        " AND NOT EXISTS (SELECT 1 FROM label_print WHERE of_run = run_id)"
        " ORDER BY chain_id LIMIT 1",
        err));
    return prepare(&printed->of_run, printed,
                   "SELECT run_id, kind, template, coalesce(mac, ''), slot FROM run JOIN label_form USING "
                   "(session_id) LEFT JOIN outcome USING (run_id) WHERE run_id = ?1",
                   err);
}

enum eg_code eg_printed_open(struct eg_printed **printed, const char *ledger, const char *operator_name,
                             struct eg_error *err)
{
    EG_CLEANUP(eg_printed_close_cleanup) struct eg_printed *opened = NULL;

    EG_TRY(eg_alloc(&opened, 1, sizeof *opened, err));
    opened->lock_fd = -1;
    if (operator_name != NULL)
        snprintf(opened->operator_name, sizeof opened->operator_name, "%s", operator_name);
    else
        eg__login_name(opened->operator_name, sizeof opened->operator_name);
    EG_TRY(eg__path_choose(&opened->path, ledger, err));
    if (open_it(opened, err) != EG_OK)
        return eg_error_prefix(err, "ledger %s: ", opened->path);
    *printed = opened;
    opened = NULL;
    return EG_OK;
}

void eg_printed_close(struct eg_printed *printed)
{
    if (printed == NULL)
        return;
    sqlite3_finalize(printed->next);
    sqlite3_finalize(printed->of_run);
    eg__sqlite_close_cleanup(&printed->db);
    if (printed->lock_fd >= 0)
        close(printed->lock_fd);
    for (size_t i = 0; i < sizeof printed->texts / sizeof printed->texts[0]; i++)
        free(printed->texts[i]);
    free(printed->path);
    free(printed);
}

void eg_printed_close_cleanup(struct eg_printed **printed)
{
    eg_printed_close(*printed);
}

/* Every change is one transaction, which is on the disk when this returns EG_OK. */
static enum eg_code change(struct eg_printed *printed,
                           enum eg_code (*make)(struct eg_printed *, void *, struct eg_error *),
                           void *context, struct eg_error *err)
{
    struct eg_error ignored;

    enum eg_code code = eg__sqlite_exec(printed->db, "BEGIN IMMEDIATE", err);
    if (code == EG_OK) {
        code = make(printed, context, err);
        if (code == EG_OK)
            code = eg__sqlite_exec(printed->db, "COMMIT", err);
        if (code != EG_OK)
            (void)!eg__sqlite_exec(printed->db, "ROLLBACK", &ignored);
    }
    return code == EG_OK ? EG_OK : eg_error_prefix(err, "ledger %s: ", printed->path);
}

struct form {
    int64_t session;
    const char *kind, *template;
};

static enum eg_code add_form(struct eg_printed *printed, void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *add = NULL;
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *mine = NULL;
    const struct form *const form = context;

    EG_TRY(prepare(&add, printed, "INSERT INTO label_form (session_id, kind, template) VALUES (?1, ?2, ?3)",
                   err));
    eg__bind_number(add, 1, (uint64_t)form->session);
    eg__bind_text(add, 2, form->kind);
    eg__bind_text(add, 3, form->template);
    if (sqlite3_step(add) != SQLITE_DONE)
        return eg__sqlite_error(printed->db, err);
    EG_TRY(
        eg__journal_append(printed->db, EG__ENTRY_LABEL_FORM, sqlite3_last_insert_rowid(printed->db), err));
    EG_TRY(prepare(&mine, printed, "INSERT INTO mine VALUES (?1)", err));
    eg__bind_number(mine, 1, (uint64_t)form->session);
    return sqlite3_step(mine) == SQLITE_DONE ? EG_OK : eg__sqlite_error(printed->db, err);
}

enum eg_code eg_printed_form(struct eg_printed *printed, int64_t session, const char *kind,
                             const char *template, struct eg_error *err)
{
    struct form form = {session, kind, template};

    return change(printed, add_form, &form, err);
}

/* Copy the row, and end its statement: a snapshot that it held would refuse the next change. */
static enum eg_code take_due(struct eg_printed *printed, sqlite3_stmt *row, struct eg_printed_due *due,
                             struct eg_error *err)
{
    enum eg_code code = EG_OK;

    for (int i = 0; i < 4 && code == EG_OK; i++) {
        free(printed->texts[i]);
        printed->texts[i] = NULL;
        code = eg_strdup(&printed->texts[i], (const char *)sqlite3_column_text(row, i + 1), err);
    }
    *due = (struct eg_printed_due){.run = sqlite3_column_int64(row, 0),
                                   .kind = printed->texts[0],
                                   .template = printed->texts[1],
                                   .mac = printed->texts[2],
                                   .slot = printed->texts[3]};
    sqlite3_reset(row);
    return code;
}

/* The chain's end is read first: what is added meanwhile is found the next time. */
static enum eg_code find_next(struct eg_printed *printed, struct eg_printed_due *due, bool *found,
                              struct eg_error *err)
{
    int64_t last;

    EG_TRY(eg__sqlite_number(printed->db, "SELECT coalesce(max(chain_id), 0) FROM chain", &last, err));
    eg__bind_number(printed->next, 1, (uint64_t)printed->after);
    EG_TRY(step(printed, printed->next, found, err));
    if (*found)
        return take_due(printed, printed->next, due, err);
    printed->after = last;
    sqlite3_reset(printed->next);
    return EG_OK;
}

enum eg_code eg_printed_next(struct eg_printed *printed, struct eg_printed_due *due, bool *found,
                             struct eg_error *err)
{
    return find_next(printed, due, found, err) == EG_OK ? EG_OK
                                                        : eg_error_prefix(err, "ledger %s: ", printed->path);
}

enum eg_code eg_printed_of_run(struct eg_printed *printed, int64_t run, struct eg_printed_due *due,
                               struct eg_error *err)
{
    bool found;

    eg__bind_number(printed->of_run, 1, (uint64_t)run);
    if (step(printed, printed->of_run, &found, err) != EG_OK)
        return eg_error_prefix(err, "ledger %s: ", printed->path);
    if (found)
        return take_due(printed, printed->of_run, due, err);
    sqlite3_reset(printed->of_run);
    return eg_error_set(err, EG_BAD_ARGUMENT,
                        "ledger %s: the line of run %" PRId64 " printed no labels, so there is no template "
                        "for it",
                        printed->path, run);
}

struct step {
    const struct eg_print *print;
    const char *state, *reason;
    struct eg_error *refusal;
};

static enum eg_code add_row(struct eg_printed *printed, const struct step *given, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *add = NULL;
    uint8_t digest[EG_SHA256_SIZE];

    EG_TRY(prepare(&add, printed,
                   "INSERT INTO label_print (of_run, state, sha256, printer, operator, reason, recorded_utc)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                   err));
    eg__bind_number(add, 1, (uint64_t)given->print->run);
    eg__bind_text(add, 2, given->state);
    eg__bind_text(add, 3, "");
    if (given->print->size != 0) {
        EG_TRY(eg_sha256(digest, given->print->data, given->print->size, err));
        eg__bind_digest(add, 3, digest, sizeof digest);
    }
    eg__bind_text(add, 4, given->print->printer != NULL ? given->print->printer : "");
    eg__bind_text(add, 5, printed->operator_name);
    eg__bind_text(add, 6, given->reason != NULL ? given->reason : "");
    eg__bind_now(add, 7);
    if (sqlite3_step(add) != SQLITE_DONE)
        return eg__sqlite_error(printed->db, err);
    return eg__journal_append(printed->db, EG__ENTRY_LABEL_PRINT, sqlite3_last_insert_rowid(printed->db),
                              err);
}

static enum eg_code add_step(struct eg_printed *printed, void *context, struct eg_error *err)
{
    return add_row(printed, context, err);
}

/* What speaks against a label, in one row: how the run ended; the last word on its board, which a refusal
 * because it had passed does not change; a run of the board that goes on; the last print of the run; another
 * run of the board that has this label. Simulated boards are others than real ones. */
static const char judge_sql[] =
    "WITH this AS (SELECT run_id, session_id, simulated, outcome, coalesce(mac, '') AS mac, batch FROM run"
    "  JOIN session USING (session_id) LEFT JOIN outcome USING (run_id) WHERE run_id = ?1),"
    " others AS (SELECT outcome.run_id, outcome.outcome, outcome.code, chain_id, run.session_id FROM this"
    "  CROSS JOIN outcome ON outcome.mac = this.mac JOIN chain ON chain.run_id = outcome.run_id"
    "  JOIN run ON run.run_id = outcome.run_id JOIN session ON session.session_id = run.session_id"
    "  WHERE session.simulated = this.simulated AND outcome.code <> 'seen-before'),"
    " last AS (SELECT run_id, outcome FROM others ORDER BY chain_id DESC LIMIT 1)"
    " SELECT this.outcome, this.mac, last.run_id, last.outcome,"
    " (SELECT max(intent.run_id) FROM intent JOIN run ON run.run_id = intent.run_id"
    "   JOIN session ON session.session_id = run.session_id"
    "   LEFT JOIN outcome ON outcome.run_id = intent.run_id"
    "   WHERE intent.mac = this.mac AND outcome.run_id IS NULL AND session.simulated = this.simulated),"
    " (SELECT state FROM label_print WHERE of_run = ?1 ORDER BY print_id DESC LIMIT 1),"
    " (SELECT max(others.run_id) FROM others JOIN label_print ON of_run = others.run_id AND state = 'printed'"
    "   JOIN label_form AS its ON its.session_id = others.session_id"
    "   JOIN label_form AS ours ON ours.session_id = this.session_id"
    "   WHERE others.run_id <> ?1 AND its.template = ours.template AND its.kind = ours.kind)"
    " FROM this LEFT JOIN last";

static bool is(sqlite3_stmt *row, int column, const char *text)
{
    const char *const value = (const char *)sqlite3_column_text(row, column);

    return value != NULL && strcmp(value, text) == 0;
}

static bool passed(sqlite3_stmt *row, int column)
{
    return is(row, column, "pass") || is(row, column, "pass-marginal");
}

static void judge(struct eg_error *refusal, sqlite3_stmt *row, const struct eg_print *print)
{
    const char *const mac = (const char *)sqlite3_column_text(row, 1);
    const int64_t last = sqlite3_column_int64(row, 2), open = sqlite3_column_int64(row, 4),
                  twin = sqlite3_column_int64(row, 6);
    const bool again = print->reason != NULL, has = sqlite3_column_type(row, 5) != SQLITE_NULL;

    *refusal = (struct eg_error){.code = EG_OK};
    if (!passed(row, 0))
        (void)!eg_error_set(refusal, EG_NOT_ACCEPTED, "run %" PRId64 " did not pass: it gets no label",
                            print->run);
    else if (!passed(row, 3))
        (void)!eg_error_set(refusal, EG_NOT_ACCEPTED,
                            "board %s gets no label: its last run, %" PRId64 ", did not pass", mac, last);
    else if (open != 0)
        (void)!eg_error_set(refusal, EG_NOT_ACCEPTED,
                            "board %s gets no label: its run %" PRId64 " has no end on record", mac, open);
    else if (!again && has && !is(row, 5, "failed"))
        (void)!eg_error_set(refusal, EG_NOT_ACCEPTED,
                            "the label of run %" PRId64 " %s; give a reason to print it again", print->run,
                            is(row, 5, "begun")     ? "may be printed already"
                            : is(row, 5, "dropped") ? "is not wanted"
                                                    : "is printed already");
    else if (!again && twin != 0)
        (void)!eg_error_set(refusal, EG_NOT_ACCEPTED, "board %s has its label since run %" PRId64, mac, twin);
}

static enum eg_code judge_and_add(struct eg_printed *printed, void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *row = NULL;
    struct step *const given = context;
    bool found;

    EG_TRY(prepare(&row, printed, judge_sql, err));
    eg__bind_number(row, 1, (uint64_t)given->print->run);
    EG_TRY(step(printed, row, &found, err));
    if (!found)
        return eg_error_set(err, EG_BAD_ARGUMENT, "there is no run %" PRId64, given->print->run);
    judge(given->refusal, row, given->print);
    const bool has = sqlite3_column_type(row, 5) != SQLITE_NULL, is_pass = passed(row, 0);
    if (given->refusal->code == EG_OK) /* another try after a failure adds nothing until it succeeds */
        return given->print->reason == NULL && is(row, 5, "failed") ? EG_OK : add_row(printed, given, err);
    if (given->print->reason != NULL || has || !is_pass)
        return EG_OK;
    const struct eg_print nothing = {.run = given->print->run, .printer = given->print->printer};
    const struct step dropped = {.print = &nothing, .state = "dropped", .reason = given->refusal->text};
    return add_row(printed, &dropped, err);
}

enum eg_code eg_printed_begin(struct eg_printed *printed, const struct eg_print *print,
                              struct eg_error *refusal, struct eg_error *err)
{
    struct step step = {.print = print, .state = "begun", .reason = print->reason, .refusal = refusal};

    return change(printed, judge_and_add, &step, err);
}

/* A printer that goes on failing is told once. */
static enum eg_code add_end(struct eg_printed *printed, void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *row = NULL;
    const struct step *const given = context;
    bool found;

    EG_TRY(prepare(&row, printed,
                   "SELECT state FROM label_print WHERE of_run = ?1 ORDER BY print_id DESC LIMIT 1", err));
    eg__bind_number(row, 1, (uint64_t)given->print->run);
    EG_TRY(step(printed, row, &found, err));
    if (found && strcmp(given->state, "failed") == 0 && is(row, 0, "failed"))
        return EG_OK;
    return add_row(printed, given, err);
}

enum eg_code eg_printed_end(struct eg_printed *printed, const struct eg_print *print, const char *failure,
                            struct eg_error *err)
{
    struct step step = {.print = print,
                        .state = failure == NULL ? "printed" : "failed",
                        .reason = failure == NULL ? print->reason : failure};

    return change(printed, add_end, &step, err);
}

enum eg_code eg_printed_drop(struct eg_printed *printed, int64_t run, const char *reason,
                             struct eg_error *err)
{
    const struct eg_print print = {.run = run};
    struct step step = {.print = &print, .state = "dropped", .reason = reason};

    return change(printed, add_step, &step, err);
}

enum eg_code eg_printed_goes_on(struct eg_printed *printed, int64_t run, bool *goes_on, struct eg_error *err)
{
    char sql[80];
    int64_t session;

    snprintf(sql, sizeof sql, "SELECT session_id FROM run WHERE run_id = %" PRId64, run);
    EG_TRY(eg__sqlite_number(printed->db, sql, &session, err));
    return eg__session_goes_on(goes_on, printed->lock_fd, session, err);
}
