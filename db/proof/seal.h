/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Sealing a batch: it takes no more runs, and its contents are recorded once more, signed if a key is given.
 */

#ifndef DB_PROOF_SEAL_H
#define DB_PROOF_SEAL_H

#include "engine/base/digest.h"
#include "engine/base/key.h"

#include <stdint.h>

struct eg_seal_request {
    const char *ledger; /* as eg_ledger_open() takes it; migrated when old, never created */
    const char *batch;
    const char *operator_name; /* NULL = the login name */
    const char *key;           /* file of the private key that signs; NULL = not signed */
};

struct eg_seal_made {
    int64_t runs, passed, units;
    char runs_sha256[EG_SHA256_TEXT]; /* over the hashes of its runs */
    char hash[EG_SHA256_TEXT];        /* of the journal including the seal: the hash to note elsewhere */
    char fingerprint[EG_KEY_TEXT];    /* "" = not signed */
};

/**
 * Seal a batch whose runs have all ended and that no line records into.
 *
 * @return EG_OK; EG_BAD_ARGUMENT: it is sealed already, has an unfinished run or no run, or the key is not
 * usable; EG_LEDGER (also: unknown batch); EG_LEDGER_LOCKED: a line records into the batch; EG_LEDGER_NEWER,
 * EG_NO_ROOM, EG_IO, EG_NO_MEMORY
 */
enum eg_code eg_seal_batch(struct eg_seal_made *made, const struct eg_seal_request *request,
                           struct eg_error *err) EG_CHECKED;

#endif
