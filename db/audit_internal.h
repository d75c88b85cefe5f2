/* SPDX-License-Identifier: Apache-2.0 */

/* What the files of the audit share. */

#ifndef DB_AUDIT_INTERNAL_H
#define DB_AUDIT_INTERNAL_H

#include "db/audit.h"
#include "db/internal.h"

struct eg__audit {
    sqlite3 *db; /* read only, one read transaction */
    const char *full;
    struct eg_audit *result;
    int64_t rows[EG__STATEMENT_COUNT]; /* that the chain has hashed, by the statement that reads them */
};

static inline bool eg__audit_is_bad(const struct eg__audit *audit)
{
    return audit->result->bad.text[0] != '\0';
}

/** Note a bad row unless there is one already. `text` goes on behind table and number. */
void eg__audit_bad(struct eg_audit_bad *bad, const char *table, const char *what, int64_t number,
                   const char *format, ...) EG_PRINTF(5, 6);

/** When the query has a row, its first column is the number of a bad row of `table`. */
enum eg_code eg__audit_ask(struct eg__audit *audit, const char *table, const char *what, const char *sql,
                           const char *text, struct eg_error *err) EG_CHECKED;

/** The part in which two marks differ, from 0, and the rows that it had and has; -1 = none. */
int eg__audit_differ(const char *recorded, const char *computed, int64_t *had, int64_t *has);

/** "a row was removed", "a row was added" or "was changed". */
const char *eg__audit_difference(int64_t had, int64_t has);

/* audit_chain.c, audit_journal.c, audit_tables.c: each looks for a bad row unless there is one already */
enum eg_code eg__audit_chain(struct eg__audit *audit, struct eg_error *err) EG_CHECKED;
enum eg_code eg__audit_journal(struct eg__audit *audit, struct eg_error *err) EG_CHECKED;
/** Notes the runs that the chain does not have, for eg__audit_tables(). */
enum eg_code eg__audit_unfinished(struct eg__audit *audit, struct eg_error *err) EG_CHECKED;
enum eg_code eg__audit_tables(struct eg__audit *audit, struct eg_error *err) EG_CHECKED;
enum eg_code eg__audit_seals(struct eg__audit *audit, const char *batch, eg_audit_seal_visitor *visit,
                             void *context, struct eg_error *err) EG_CHECKED;

#endif
