/* SPDX-License-Identifier: Apache-2.0 */

/* Bytes that look, and compress, like the sections of a firmware. Repeatable: the same seed, the same bytes.
 */

#ifndef TOOLS_DEV_FILLING_H
#define TOOLS_DEV_FILLING_H

#include <stddef.h>
#include <stdint.h>

enum filling {
    FILLING_CODE,             /* zlib -9 leaves about two thirds */
    FILLING_STRINGS,          /* messages and tables: about a third */
    FILLING_TABLES,           /* initialised data: addresses and runs of zeros */
    FILLING_CODE_AND_STRINGS, /* code followed by its messages */
};

struct random {
    uint64_t state;
};

uint64_t random_next(struct random *random);

/** Fill `size` bytes. */
void fill(struct random *random, enum filling filling, uint8_t *at, size_t size);

#endif
