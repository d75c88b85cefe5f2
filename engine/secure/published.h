/* SPDX-License-Identifier: Apache-2.0 */

/* Keys that are published for tests. */

#ifndef ENGINE_SECURE_PUBLISHED_H
#define ENGINE_SECURE_PUBLISHED_H

#include "engine/base/error.h"

#include <stddef.h>
#include <stdint.h>

/** Refuse a symmetric key, the private value of an ECDSA key (zeros in front to 32 or 64 bytes) or the digest
 * of a public key that comes with test vectors: no product may have it. EG_SECURED; the sentence begins with
 * "is", for a name in front. */
enum eg_code eg_secret_refuse_published(const uint8_t *key, size_t size, struct eg_error *err) EG_CHECKED;

#endif
