/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Does a rate carry data without damage?
 *
 * To the chip: a write of no bytes is begun, and a zlib stream goes there that consists of empty blocks, so
 * that nothing ever comes out of it. The stub checks each block's checksum before it takes it and inflates it
 * afterwards, which fails at any other bit; it tells that with the answer to the next command. A write of no
 * bytes erases nothing.
 *
 * To the host: a piece of the flash, which ends with the chip's digest of it; then the chip's digests of
 * parts of it, since a blank flash is all ones and a digest never is.
 */

#include "engine/loader/loader_internal.h"

#include <string.h>

enum {
    BLOCK = 0x1000,
    BLOCKS = 4,
    BACK = 0x2000,
    DIGESTS = 4,
};

/* Bits of a DEFLATE stream, lowest first. */
struct bits {
    uint8_t *data;
    size_t size, at; /* in bits; what does not fit is left out */
};

static void put(struct bits *bits, uint32_t value, unsigned count)
{
    for (; count > 0 && bits->at < bits->size; count--, value >>= 1, bits->at++)
        bits->data[bits->at / 8] |= (uint8_t)((value & 1) << bits->at % 8);
}

/* Fill with a zlib header and empty blocks, stored ones and ones with fixed codes, in an order without a
 * period. */
static void make_stream(uint8_t *data, size_t size)
{
    struct bits bits = {.data = data, .size = size * 8};
    uint32_t order = 1;

    memset(data, 0, size);
    put(&bits, 0x0178, 16);
    while (bits.at < bits.size) {
        order = order * 1103515245 + 12345;
        if ((order >> 16 & 1) != 0) {
            put(&bits, 2, 3 + 7); /* not the last, fixed codes, end of block */
        } else {
            put(&bits, 0, 3); /* not the last, stored */
            put(&bits, 0, (unsigned)(8 - bits.at % 8) % 8);
            put(&bits, 0xffff0000, 32); /* its size, and that inverted */
        }
    }
}

static enum eg_code send_stream(struct eg_loader *loader, uint32_t flash_addr, struct eg_error *err)
{
    /* One more than are sent: the stream has no end. */
    const struct eg__begin begin = {.opcode = EG_OP_FLASH_DEFL_BEGIN,
                                    .size = 0,
                                    .blocks = BLOCKS + 1,
                                    .block_size = BLOCK,
                                    .flash_addr = flash_addr};
    const uint32_t stay[] = {1};
    uint8_t stream[BLOCKS * BLOCK];

    make_stream(stream, sizeof stream);
    EG_TRY(eg__flash_begin(loader, &begin, 0, err));
    for (uint32_t i = 0; i < BLOCKS; i++) {
        const struct eg__request block = {.opcode = EG_OP_FLASH_DEFL_DATA,
                                          .data = stream + (size_t)i * BLOCK,
                                          .data_size = BLOCK,
                                          .sequence = i};
        EG_TRY(eg__command(loader, &block, NULL, err));
    }
    return eg__simple(loader, EG_OP_FLASH_DEFL_END, stay, 1, 0, err);
}

static enum eg_code take_back(struct eg_loader *loader, uint32_t flash_addr, struct eg_error *err)
{
    uint8_t data[BACK], is[EG_MD5_SIZE], wanted[EG_MD5_SIZE];

    EG_TRY(eg_loader_read_flash(loader, flash_addr, data, sizeof data, NULL, NULL, err));
    for (uint32_t i = 1; i <= DIGESTS; i++) {
        EG_TRY(eg__md5_once(loader, flash_addr, BACK / 8 * i, is, err));
        EG_TRY(eg_md5(wanted, data, BACK / 8 * i, err));
        if (memcmp(is, wanted, sizeof is) != 0)
            return eg_error_set(err, EG_BAD_REPLY, "a digest of the chip arrived damaged");
    }
    return EG_OK;
}

enum eg_code eg_loader_prove_rate(struct eg_loader *loader, uint32_t flash_addr, struct eg_error *err)
{
    if (!loader->stub)
        return eg_error_set(err, EG_UNSUPPORTED, "only a stub can prove a rate");
    if (send_stream(loader, flash_addr, err) != EG_OK || take_back(loader, flash_addr, err) != EG_OK)
        return eg_error_prefix(err, "proving %u baud: ", (unsigned)loader->baud);
    return EG_OK;
}
