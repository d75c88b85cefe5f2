/* SPDX-License-Identifier: Apache-2.0 */

/* Data with addresses: the content of Intel HEX and UF2 files. */

#ifndef ENGINE_IMAGE_PIECES_H
#define ENGINE_IMAGE_PIECES_H

#include "engine/base/bytes.h"

struct eg_piece {
    uint32_t addr;
    struct eg_buffer data; /* at least 1 byte; none past address 0xffffffff */
    size_t origin;         /* where it begins in the file: a line or an offset, depending on the reader */
};

/** Zero-initialise it; EG_CLEANUP(eg_pieces_finish) frees it. Readers return pieces sorted by address,
 * without overlap, with a gap between any two. */
struct eg_pieces {
    struct eg_piece *list;
    size_t count;
};

void eg_pieces_finish(struct eg_pieces *pieces);

/** Add bytes, to the last piece if they continue it. EG_BAD_IMAGE if they leave the address space. `what` and
 * `origin` name the source of the bytes in the sentence ("line", 12). */
enum eg_code eg__pieces_add(struct eg_pieces *pieces, uint32_t addr, const void *data, size_t size,
                            const char *what, size_t origin, struct eg_error *err) EG_CHECKED;

/** Sort the pieces and join neighbours. EG_BAD_IMAGE if two overlap. `what` as above. */
enum eg_code eg__pieces_settle(struct eg_pieces *pieces, const char *what, struct eg_error *err) EG_CHECKED;

#endif
