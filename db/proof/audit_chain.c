/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Computing the chain of runs again.
 *
 * A link names the hash before it, so every stretch of the chain can be computed alone. Each of a few threads
 * has its own connection and stretch. The first bad link is the first one of the first stretch that has one.
 */

#include "db/migrate.h"
#include "engine/base/thread.h"
#include "db/proof/audit_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define THREADS_MAX    8
#define LINKS_A_THREAD 2000 /* fewer are not worth one */

struct stretch {
    pthread_t thread;
    const char *full;
    int64_t first, last; /* chain_id; bad ids below 1 may precede the first stretch */
    int64_t unmarked;    /* links up to this one have no marks */
    struct eg__store store;
    struct eg__chain_link link;
    struct eg_audit_bad bad;
    enum eg_code code;
    struct eg_error err;
};

struct row {
    int64_t number, run, form;
    const char *previous, *hash, *marks; /* only marks can be NULL */
};

static void stretch_finish(struct stretch *stretch)
{
    eg__store_finish(&stretch->store);
    eg_buffer_finish(&stretch->link.text);
}

/* Return the index of the form's part with this table. */
static int part_of(int64_t form, const char *table)
{
    const struct eg__chain_part *part;

    for (unsigned i = 0; (part = eg__chain_part(form, i)) != NULL; i++)
        if (strcmp(part->table, table) == 0)
            return (int)i;
    return -1;
}

/* Return part `index` of the marks: rows and checksum. */
static const char *mark_of(const char *marks, int index, size_t *size)
{
    for (; index > 0 && marks != NULL; index--) {
        marks = strchr(marks, ' ');
        marks = marks != NULL ? marks + 1 : NULL;
    }
    *size = marks != NULL ? strcspn(marks, " ") : 0;
    return marks;
}

static bool same_part(const char *one, const char *other, int index)
{
    size_t size, other_size;
    const char *mark = mark_of(one, index, &size), *other_mark = mark_of(other, index, &other_size);

    return index < 0 || (size == other_size && (size == 0 || memcmp(mark, other_mark, size) == 0));
}

/*
 * Name the bad row of a wrong hash, from the marks. Sessions and pool rows belong to many runs, so the
 * journal checks them first. If it finds them right, the change is in the run's or the event's own column.
 */
static void blame(struct stretch *stretch, const struct row *row)
{
    const char *computed = stretch->link.marks;
    int64_t had, has;

    if (row->marks == NULL) {
        eg__audit_bad(&stretch->bad, "chain", "run", row->run,
                      "is not what was recorded: one of its rows was changed");
        return;
    }
    const int part = eg__audit_differ(row->marks, computed, &had, &has);
    if (part < 0) {
        eg__audit_bad(&stretch->bad, "chain", "chain", row->number, "was changed");
        return;
    }
    if (!same_part(row->marks, computed, part_of(row->form, "run")) &&
        !same_part(row->marks, computed, part_of(row->form, "outcome"))) {
        eg__audit_bad(&stretch->bad, "chain", "chain", row->number,
                      "was changed: run %" PRId64 " is not the one that was recorded there", row->run);
        return;
    }
    const char *table = eg__chain_part(row->form, (unsigned)part)->table;
    if (strcmp(table, "session") == 0)
        table = "run";
    else if (strcmp(table, "pool_row") == 0 &&
             (row->form < 4 || !same_part(row->marks, computed, part_of(row->form, "pool_event"))))
        table = "pool_event";
    eg__audit_bad(&stretch->bad, table, "run", row->run, "%s", eg__audit_difference(had, has));
}

static enum eg_code check_link(struct stretch *stretch, const struct row *row, int64_t expected,
                               const char *before, struct eg_error *err)
{
    if (row->number != expected) {
        eg__audit_bad(&stretch->bad, "chain", "chain", expected, "is missing");
        return EG_OK;
    }
    if (before[0] != '\0' && strcmp(row->previous, before) != 0) {
        eg__audit_bad(&stretch->bad, "chain", "chain", row->number, "does not follow the one before it");
        return EG_OK;
    }
    if (eg__chain_part(row->form, 0) == NULL || (row->marks == NULL && row->number > stretch->unmarked)) {
        eg__audit_bad(&stretch->bad, "chain", "chain", row->number, "was changed");
        return EG_OK;
    }
    stretch->link.run = row->run;
    EG_TRY(eg__chain_hash(&stretch->link, &stretch->store, row->number, row->form, row->previous, err));
    if (strcmp(stretch->link.hash, row->hash) != 0)
        blame(stretch, row);
    else if (row->marks != NULL && strcmp(row->marks, stretch->link.marks) != 0)
        eg__audit_bad(&stretch->bad, "chain", "chain", row->number, "was changed");
    return EG_OK;
}

/* Reads one link before the stretch, for its hash. */
static const char links_sql[] = "SELECT chain_id, run_id, form, previous, hash, marks FROM chain WHERE "
                                "chain_id BETWEEN ?1 AND ?2 ORDER BY chain_id";

static enum eg_code walk(struct stretch *stretch, sqlite3_stmt *links, struct eg_error *err)
{
    const bool from_start = stretch->first == 1;
    int64_t expected = stretch->first;
    char before[EG_SHA256_TEXT] = "";
    int status;

    if (from_start)
        snprintf(before, sizeof before, "%s", EG__CHAIN_START);
    sqlite3_bind_int64(links, 1, from_start ? INT64_MIN : stretch->first - 1);
    sqlite3_bind_int64(links, 2, stretch->last);
    while ((status = sqlite3_step(links)) == SQLITE_ROW) {
        const struct row row = {
            .number = sqlite3_column_int64(links, 0),
            .run = sqlite3_column_int64(links, 1),
            .form = sqlite3_column_int64(links, 2),
            .previous = (const char *)sqlite3_column_text(links, 3),
            .hash = (const char *)sqlite3_column_text(links, 4),
            .marks = (const char *)sqlite3_column_text(links, 5),
        };
        if (from_start || row.number >= stretch->first) {
            EG_TRY(check_link(stretch, &row, expected, before, err));
            if (stretch->bad.text[0] != '\0')
                return EG_OK;
            expected++;
        }
        snprintf(before, sizeof before, "%s", row.hash);
    }
    if (status != SQLITE_DONE)
        return eg__sqlite_error(stretch->store.db, err);
    if (expected <= stretch->last)
        eg__audit_bad(&stretch->bad, "chain", "chain", expected, "is missing");
    return EG_OK;
}

static enum eg_code open_and_walk(struct stretch *stretch, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *links = NULL;
    sqlite3 *db = NULL;

    EG_TRY(eg__open_reading(&db, stretch->full, err));
    stretch->store.db = db; /* it prepares what it asks, and records nothing */
    EG_TRY(eg__sqlite_exec(db, "PRAGMA mmap_size = 1099511627776; BEGIN", err));
    if (sqlite3_prepare_v2(db, links_sql, -1, &links, NULL) != SQLITE_OK)
        return eg__sqlite_error(db, err);
    return walk(stretch, links, err);
}

static void *run_stretch(void *argument)
{
    struct stretch *stretch = argument;

    stretch->code = open_and_walk(stretch, &stretch->err);
    return NULL;
}

static void start_all(struct stretch *stretches, unsigned count, bool *started)
{
    for (unsigned i = 1; i < count; i++)
        started[i] = eg_thread_start(&stretches[i].thread, 0, run_stretch, &stretches[i]) == 0;
}

/* Compute all stretches. This thread takes the first, and any for which no thread could be started. */
static void run_all(struct stretch *stretches, unsigned count)
{
    bool started[THREADS_MAX] = {false};

    start_all(stretches, count, started);
    for (unsigned i = 0; i < count; i++)
        if (started[i])
            pthread_join(stretches[i].thread, NULL);
        else
            run_stretch(&stretches[i]);
}

static enum eg_code collect(struct eg__audit *audit, struct stretch *stretches, unsigned count,
                            struct eg_error *err)
{
    for (unsigned i = 0; i < count; i++) {
        if (stretches[i].code != EG_OK) {
            *err = stretches[i].err;
            return err->code;
        }
        if (stretches[i].bad.text[0] != '\0') {
            audit->result->bad = stretches[i].bad;
            return EG_OK;
        }
        for (unsigned part = 0; part < EG__CHAIN_PARTS; part++)
            audit->rows[part] += stretches[i].link.rows[part];
    }
    return EG_OK;
}

/* Read number and hash of the last link, and the last link that is older than marks. */
static enum eg_code read_head(struct eg__audit *audit, int64_t *last, int64_t *unmarked, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *head = NULL;

    if (sqlite3_prepare_v2(audit->db, "SELECT chain_id, hash FROM chain ORDER BY chain_id DESC LIMIT 1", -1,
                           &head, NULL) != SQLITE_OK)
        return eg__sqlite_error(audit->db, err);
    const int status = sqlite3_step(head);
    if (status != SQLITE_ROW && status != SQLITE_DONE)
        return eg__sqlite_error(audit->db, err);
    const bool any = status == SQLITE_ROW;
    *last = any ? sqlite3_column_int64(head, 0) : 0;
    snprintf(audit->result->chain_hash, sizeof audit->result->chain_hash, "%s",
             any ? (const char *)sqlite3_column_text(head, 1) : EG__CHAIN_START);
    return eg__sqlite_number(audit->db,
                             "SELECT coalesce((SELECT chain_id FROM journal ORDER BY entry_id LIMIT 1), 0)",
                             unmarked, err);
}

enum eg_code eg__audit_chain(struct eg__audit *audit, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct stretch *stretches = NULL;
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t last = 0, unmarked = 0;

    EG_TRY(read_head(audit, &last, &unmarked, err));
    int64_t count = last / LINKS_A_THREAD < THREADS_MAX ? last / LINKS_A_THREAD : THREADS_MAX;
    count = count > cores ? cores : count;
    count = count < 1 ? 1 : count;
    EG_TRY(eg_alloc(&stretches, (size_t)count, sizeof stretches[0], err));
    for (int64_t i = 0; i < count; i++) {
        stretches[i].full = audit->full;
        stretches[i].first = i * (last / count) + 1;
        stretches[i].last = i + 1 < count ? (i + 1) * (last / count) : last;
        stretches[i].unmarked = unmarked;
    }
    run_all(stretches, (unsigned)count);
    const enum eg_code code = collect(audit, stretches, (unsigned)count, err);
    for (int64_t i = 0; i < count; i++)
        stretch_finish(&stretches[i]);
    audit->result->runs = last;
    return code;
}
