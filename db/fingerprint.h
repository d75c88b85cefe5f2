/* SPDX-License-Identifier: Apache-2.0 */

/* Fingerprints, by which the ledger identifies keys. */

#ifndef DB_FINGERPRINT_H
#define DB_FINGERPRINT_H

#include "engine/plan/recorder.h"

/**
 * Compute the fingerprint of a key: the first eight bytes of an HMAC-SHA256 with a secret of the ledger's
 * own. The secret is 32 random bytes in LEDGER.secret, which only its owner may read; it is created if
 * absent.
 *
 * @return EG_OK; EG_IO, EG_NO_ROOM; EG_BAD_ARGUMENT: the file cannot be read or created, or is not such a
 * secret
 */
enum eg_code eg__fingerprint(const char *ledger, const uint8_t *key, size_t size,
                             char print[EG_FINGERPRINT_TEXT], struct eg_error *err) EG_CHECKED;

#endif
