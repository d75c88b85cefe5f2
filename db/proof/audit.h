/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Auditing a ledger: its chain, its journal and its seals are computed again from the rows, and every row is
 * compared with them. A line may go on recording meanwhile; what it adds is not audited.
 *
 * An attacker who can write to the file can compute all hashes anew, or cut off the end. A hash noted
 * elsewhere, or a signature, reveals it.
 */

#ifndef DB_PROOF_AUDIT_H
#define DB_PROOF_AUDIT_H

#include "engine/base/digest.h"

#include <stdint.h>

/** The first row that differs from what was recorded. */
struct eg_audit_bad {
    char table[40];
    int64_t number; /* run id if the table has one, else row id */
    char text[400]; /* the whole sentence, with table and number; "" = no bad row */
};

struct eg_audit {
    int64_t runs, unfinished;                                      /* in the chain; begun but not in it yet */
    int64_t entries;                                               /* of the journal */
    int64_t purged;                                                /* logs that purges removed */
    char chain_hash[EG_SHA256_TEXT], journal_hash[EG_SHA256_TEXT]; /* of the last rows; zeros = none */
    struct eg_audit_bad bad;
};

/** A valid seal. Strings live as long as the visitor's call. */
struct eg_audit_seal {
    const char *batch, *sealed_utc, *operator_name;
    const char *key; /* fingerprint of the signing key; "" = not signed */
    int64_t runs, passed, units;
};

typedef void eg_audit_seal_visitor(void *context, const struct eg_audit_seal *seal);

/**
 * @param path   as eg_ledger_open() takes it; nothing is created, migrated or changed
 * @param batch  show only this batch's seal; NULL = all
 * @param visit  called for each seal of a ledger without a bad row, in the order they were made; may be NULL
 *
 * @return EG_OK, also when a row is bad (`audit->bad`); EG_LEDGER: the ledger cannot be read, has damaged
 * pages, has an older schema, or lacks the batch; EG_LEDGER_NEWER, EG_IO, EG_NO_MEMORY
 */
enum eg_code eg_audit(struct eg_audit *audit, const char *path, const char *batch,
                      eg_audit_seal_visitor *visit, void *context, struct eg_error *err) EG_CHECKED;

#endif
