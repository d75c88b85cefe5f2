/* SPDX-License-Identifier: Apache-2.0 */

/* Shared by the files of this folder. */

#ifndef DB_PROOF_AUDIT_INTERNAL_H
#define DB_PROOF_AUDIT_INTERNAL_H

#include "db/chain.h"
#include "db/journal.h"
#include "db/proof/audit.h"

struct eg__audit {
    sqlite3 *db; /* read only, one read transaction */
    const char *full;
    struct eg_audit *result;
    int64_t rows[EG__CHAIN_PARTS]; /* that the chain has hashed, by part number */
};

static inline bool eg__audit_is_bad(const struct eg__audit *audit)
{
    return audit->result->bad.text[0] != '\0';
}

/** Note a bad row unless one is noted already. `text` follows table and number. */
void eg__audit_bad(struct eg_audit_bad *bad, const char *table, const char *what, int64_t number,
                   const char *format, ...) EG_PRINTF(5, 6);

/** Note a bad row if the query has a result: its first column is the id in `table`. */
enum eg_code eg__audit_ask(struct eg__audit *audit, const char *table, const char *what, const char *sql,
                           const char *text, struct eg_error *err) EG_CHECKED;

/** Return the first part in which two marks differ, from 0, with the row counts before and now; -1 = none. */
int eg__audit_differ(const char *recorded, const char *computed, int64_t *had, int64_t *has);

/** Return "a row was removed", "a row was added" or "was changed". */
const char *eg__audit_difference(int64_t had, int64_t has);

/* audit_chain.c, audit_journal.c, audit_tables.c: each searches for a bad row unless one is noted already */
enum eg_code eg__audit_chain(struct eg__audit *audit, struct eg_error *err) EG_CHECKED;
enum eg_code eg__audit_journal(struct eg__audit *audit, struct eg_error *err) EG_CHECKED;
/** List the runs that the chain does not have, for eg__audit_tables(). */
enum eg_code eg__audit_unfinished(struct eg__audit *audit, struct eg_error *err) EG_CHECKED;
enum eg_code eg__audit_tables(struct eg__audit *audit, struct eg_error *err) EG_CHECKED;
enum eg_code eg__audit_seals(struct eg__audit *audit, const char *batch, eg_audit_seal_visitor *visit,
                             void *context, struct eg_error *err) EG_CHECKED;

/* seal.c */

/** A row of the table, by column name; the statement owns the texts. */
struct eg__seal {
    const char *batch, *runs_sha256, *chain_hash, *journal, *sealed_utc, *operator_name;
    int64_t runs, passed, units, chain_id;
};

/** Append the signed text of a seal. */
enum eg_code eg__seal_signed_text(struct eg_buffer *text, const struct eg__seal *seal,
                                  struct eg_error *err) EG_CHECKED;

/**
 * Compute what a seal says of its batch: runs of the chain up to `seal->chain_id`, passed runs, units, and
 * the digest.
 */
enum eg_code eg__seal_count(struct eg__seal *seal, char runs_sha256[EG_SHA256_TEXT], sqlite3 *db,
                            struct eg_error *err) EG_CHECKED;

#endif
