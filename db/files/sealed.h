/* SPDX-License-Identifier: Apache-2.0 */

/* Columns of keys, encrypted to a public key before they go into the ledger. */

#ifndef DB_FILES_SEALED_H
#define DB_FILES_SEALED_H

#include "db/files/csv.h"
#include "engine/plan/recorder.h"
#include "engine/secure/escrow.h"

/** Zero-initialise it; EG_CLEANUP(eg__sealed_finish) frees it, and wipes what the file had. */
struct eg__sealed {
    struct eg__csv *csv; /* not owned */
    const char *const *columns;
    const char *pem_path;
    struct eg_escrow escrow;
    char **texts; /* own: of each row, of each sealed column */
    size_t count;
};

void eg__sealed_finish(struct eg__sealed *sealed);

/** Return whether a column is one of them. */
bool eg__sealed_has(const struct eg__sealed *sealed, const char *name);

/** Bytes of a sealed value by which equal keys are found: "sealed:FINGERPRINT". */
#define EG__SEALED_HEAD (sizeof EG_POOL_SEALED - 1 + EG_FINGERPRINT_TEXT - 1)

/**
 * Read the public key. Check that the values of the columns are keys as hexadecimal digits, and make capitals
 * small, so that equal keys are equal texts. Other columns must not look sealed.
 *
 * @return EG_OK; EG_BAD_ARGUMENT the sentence names file, line and cause
 */
enum eg_code eg__sealed_check(struct eg__sealed *sealed, struct eg_error *err) EG_CHECKED;

/** Replace the values by "sealed:FINGERPRINT ID BASE64". Fingerprints are those of the ledger. */
enum eg_code eg__sealed_seal(struct eg__sealed *sealed, const char *ledger, struct eg_error *err) EG_CHECKED;

#endif
