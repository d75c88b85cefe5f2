/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Sealing a batch: it takes no more runs, and what it has is put down once more, signed if there is a key.
 */

#ifndef DB_PROOF_SEAL_H
#define DB_PROOF_SEAL_H

#include "engine/base/digest.h"
#include "engine/base/key.h"

#include <stdint.h>

struct eg_seal_request {
    const char *ledger; /* as eg_ledger_open() takes it; migrated when old, but not made */
    const char *batch;
    const char *operator_name; /* NULL = the login name */
    const char *key;           /* file of the private key to sign with; NULL = none */
};

struct eg_seal_made {
    int64_t runs, passed, units;
    char runs_sha256[EG_SHA256_TEXT]; /* of the hashes of its runs */
    char hash[EG_SHA256_TEXT];        /* of the journal with the seal in it: what to note elsewhere */
    char fingerprint[EG_KEY_TEXT];    /* "" = not signed */
};

/**
 * Seal a batch whose runs have all ended and that no line records into.
 *
 * @return EG_OK; EG_BAD_ARGUMENT: it is sealed already, has a run that has not ended or none at all, or the
 * key is none; EG_LEDGER (also: there is no such batch), EG_LEDGER_LOCKED a line records into the batch,
 * EG_LEDGER_NEWER, EG_NO_ROOM, EG_IO, EG_NO_MEMORY
 */
enum eg_code eg_seal_batch(struct eg_seal_made *made, const struct eg_seal_request *request,
                           struct eg_error *err) EG_CHECKED;

#endif
