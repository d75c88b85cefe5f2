/* SPDX-License-Identifier: Apache-2.0 */

/* The end of a bundle, which makes every byte of it count: a digest of all before, and a signature of that.
 */

#ifndef JOBS_SEAL_H
#define JOBS_SEAL_H

#include "engine/base/digest.h"
#include "engine/base/key.h"

struct eg__seal {
    size_t content_size; /* bytes in front of it */
    uint8_t sha256[EG_SHA256_SIZE];
    bool is_signed;
    bool allows_rollback; /* signed for running also where a newer version has run */
    struct eg_key signer; /* when it is signed */
};

/** Read the seal of a whole file and hold digest and signature against it. EG_BAD_BUNDLE: they are not right;
 * whether the signer is trusted is not asked here. */
enum eg_code eg__seal_check(struct eg__seal *seal, const void *file, size_t size,
                            struct eg_error *err) EG_CHECKED;

/** Append a seal to what a file is to contain; signed when `key_path`, of a private key, is not NULL, and
 * then with the permission for a rollback or without. */
enum eg_code eg__seal_append(struct eg_buffer *content, const char *key_path, bool allow_rollback,
                             struct eg_error *err) EG_CHECKED;

#endif
