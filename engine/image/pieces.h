/* SPDX-License-Identifier: Apache-2.0 */

/* Bytes and where they go: what Intel HEX and UF2 files hold. */

#ifndef ENGINE_IMAGE_PIECES_H
#define ENGINE_IMAGE_PIECES_H

#include "engine/base/bytes.h"

struct eg_piece {
    uint32_t addr;
    struct eg_buffer data; /* at least 1 byte, none beyond address 0xffffffff */
    size_t origin;         /* where in the file it begins, as its reader counts: line or offset */
};

/** Zero-initialise it; EG_CLEANUP(eg_pieces_finish) frees it. What a reader returns is sorted by address,
 * without overlap, and with a gap between any two. */
struct eg_pieces {
    struct eg_piece *list;
    size_t count;
    size_t room;
};

void eg_pieces_finish(struct eg_pieces *pieces);

/** Add bytes, to the piece that was added to last when they go on where it ends. EG_BAD_IMAGE when they run
 * out of the address space; `what` and `origin` say in the sentence where they are from ("line", 12). */
enum eg_code eg__pieces_add(struct eg_pieces *pieces, uint32_t addr, const void *data, size_t size,
                            const char *what, size_t origin, struct eg_error *err) EG_CHECKED;

/** Sort, join neighbours; EG_BAD_IMAGE when two overlap. `what` as above. */
enum eg_code eg__pieces_settle(struct eg_pieces *pieces, const char *what, struct eg_error *err) EG_CHECKED;

#endif
