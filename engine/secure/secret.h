/* SPDX-License-Identifier: Apache-2.0 */

/* Memory for keys: locked, left out of core dumps, wiped when freed. */

#ifndef ENGINE_SECURE_SECRET_H
#define ENGINE_SECURE_SECRET_H

#include "engine/base/bytes.h"

/** Zero-initialise it; EG_CLEANUP(eg_secret_finish) wipes and frees it. It must not be copied. */
struct eg_secret {
    uint8_t *data;
    size_t size;
    size_t room; /* of the pages */
};

/**
 * Allocate `size` bytes, at least 1, all zero. Earlier content is wiped.
 *
 * @return EG_OK; EG_NO_MEMORY, also when the system lets this user lock no more memory; the sentence says so
 */
enum eg_code eg_secret_init(struct eg_secret *secret, size_t size, struct eg_error *err) EG_CHECKED;

void eg_secret_finish(struct eg_secret *secret);

/** Do the same, filled by the system's random source. */
enum eg_code eg_secret_make(struct eg_secret *secret, size_t size, struct eg_error *err) EG_CHECKED;

/**
 * Read a regular file whole, without a copy elsewhere in memory.
 *
 * @param open_to_others  whether users other than its owner may read it; may be NULL
 *
 * @return EG_OK; EG_BAD_ARGUMENT it is empty or has more than `size_max` bytes; EG_IO, EG_NO_MEMORY. No
 * sentence shows its content.
 */
enum eg_code eg_secret_read(struct eg_secret *secret, const char *path, size_t size_max, bool *open_to_others,
                            struct eg_error *err) EG_CHECKED;

/** Write a file that only its owner may read (mode 0600). EG_BAD_ARGUMENT the file is there already; EG_IO.
 */
enum eg_code eg_secret_write(const char *path, const uint8_t *data, size_t size,
                             struct eg_error *err) EG_CHECKED;

/** Return whether all bytes are equal, such as 00 or FF, as in no key. */
bool eg_secret_is_uniform(const uint8_t *data, size_t size);

/** Overwrite memory in a way that the compiler cannot remove. */
void eg_wipe(void *data, size_t size);

#endif
