/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Auditing a ledger: its chain, its journal and its seals computed again from the rows, and every row held
 * against them. A line may go on recording meanwhile; what it adds is not part of the audit.
 *
 * What can be made is not what was made: who may write to the file and computes all hashes anew is found by a
 * hash that somebody noted elsewhere, or by a signature. So is one who cuts off the end.
 */

#ifndef DB_PROOF_AUDIT_H
#define DB_PROOF_AUDIT_H

#include "engine/base/digest.h"

#include <stdint.h>

/** The first row that is not what was recorded. */
struct eg_audit_bad {
    char table[40];
    int64_t number; /* of the run where the table has one, else of the row */
    char text[400]; /* the whole sentence, table and number included; "" = there is none */
};

struct eg_audit {
    int64_t runs, unfinished;                                      /* in the chain; begun and not in it yet */
    int64_t entries;                                               /* of the journal */
    int64_t purged;                                                /* logs that were removed by purges */
    char chain_hash[EG_SHA256_TEXT], journal_hash[EG_SHA256_TEXT]; /* of the last; zeros when there is none */
    struct eg_audit_bad bad;
};

/** A seal that holds. Strings live as long as the visitor's call. */
struct eg_audit_seal {
    const char *batch, *sealed_utc, *operator_name;
    const char *key; /* fingerprint of the key that signed it; "" = not signed */
    int64_t runs, passed, units;
};

typedef void eg_audit_seal_visitor(void *context, const struct eg_audit_seal *seal);

/**
 * @param path   as eg_ledger_open() takes it; nothing is made, migrated or changed
 * @param batch  a batch whose seal to show alone; NULL = all
 * @param visit  called for each seal of a ledger without a bad row, in the order they were made; may be NULL
 *
 * @return EG_OK, also when a row is bad (`audit->bad`); EG_LEDGER: it cannot be read, has damaged pages, is
 * of an older schema or has no such batch; EG_LEDGER_NEWER, EG_IO, EG_NO_MEMORY
 */
enum eg_code eg_audit(struct eg_audit *audit, const char *path, const char *batch,
                      eg_audit_seal_visitor *visit, void *context, struct eg_error *err) EG_CHECKED;

#endif
