/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Writing one region of flash.
 *
 *     BEGIN   a ROM erases here, a stub as data arrives
 *     DATA    block by block; a ROM answers when it has programmed the block, a stub when it has received it
 *     END     stubs only: its reply says that the last block is in the flash (a ROM would leave the loader)
 *
 * A block is sent again only when the chip itself says that it arrived damaged, for then it was not used.
 * After a reply that is missing or garbled nobody knows whether the block was used, and a second copy would
 * ruin the inflate stream or shift what follows; and after an error that a stub reports late a block is
 * missing. So then the chip is brought into step with SYNC and the region begins again from BEGIN, once.
 *
 * How long a block may take depends on how much comes out of it, so compressed data is inflated here as well.
 * A stub works on a block while the next one arrives: its time is allowed to the command that follows.
 */

#include "engine/loader/loader_internal.h"

#include <zlib.h>

#include <string.h>

enum {
    ROM_BLOCK = 0x400,
    STUB_BLOCK = 0x4000,
    USB_OTG_BLOCK = 0x800,
    ERASE_S_PER_MB = 40,
    PROGRAM_S_PER_MB = 40,
    STUB_ERASE_UNIT = 0x10000, /* what each inflate round may have to wait for */
    STUB_INFLATE_ROUND = 0x8000,
    RESYNC_ATTEMPTS = 6,
    RESYNC_TIMEOUT_MS = 500, /* the chip may be finishing an erase */
    LISTEN_MS = 500,         /* more than a restart takes that ends in another */
};

/* Where a write stands. */
struct writer {
    struct eg_loader *loader;
    const struct eg_flash_data *what;
    eg_progress *progress;
    void *context;
    const uint8_t *source; /* what is sent: plain or compressed */
    uint32_t source_size;
    bool compressed;
    uint32_t block_size, blocks;
    uint32_t done; /* uncompressed bytes of the accepted blocks */
    z_stream inflate;
};

uint32_t eg__flash_block(const struct eg_loader *loader)
{
    if (!loader->stub)
        return ROM_BLOCK;
    return eg__usb_otg(loader) ? USB_OTG_BLOCK : STUB_BLOCK;
}

enum eg_code eg__flash_begin(struct eg_loader *loader, enum eg_opcode opcode, uint32_t size, uint32_t blocks,
                             uint32_t block_size, uint32_t flash_addr, uint32_t timeout_ms,
                             struct eg_error *err)
{
    const uint32_t words[] = {size, blocks, block_size, flash_addr, 0};
    const bool fifth = loader->stub || (loader->target->quirks & EG_QUIRK_ENCRYPT_WORD) != 0;

    return eg__simple(loader, opcode, words, fifth ? 5 : 4, timeout_ms, err);
}

/* The ROM counts the sectors up to the next 64 KiB boundary twice. */
uint32_t eg__esp8266_erase_size(uint32_t flash_addr, uint32_t size)
{
    const uint32_t sectors = eg_div_up(size, EG__SECTOR);
    const uint32_t to_boundary = 16 - flash_addr / EG__SECTOR % 16;
    const uint32_t head = to_boundary < sectors ? to_boundary : sectors;

    return (sectors < 2 * head ? eg_div_up(sectors, 2) : sectors - head) * EG__SECTOR;
}

static enum eg_code begin(const struct writer *writer, struct eg_error *err)
{
    struct eg_loader *loader = writer->loader;
    uint32_t size = writer->what->size;
    uint32_t timeout_ms = EG__TIMEOUT_MS;

    if (!loader->stub) {
        timeout_ms = eg__scaled_ms(size, ERASE_S_PER_MB);
        if (writer->compressed)
            size = eg_div_up(size, ROM_BLOCK) * ROM_BLOCK;
        else if ((loader->target->quirks & EG_QUIRK_ERASE_SIZE_BUG) != 0)
            size = eg__esp8266_erase_size(writer->what->flash_addr, size);
    }
    if (eg__flash_begin(loader, writer->compressed ? EG_OP_FLASH_DEFL_BEGIN : EG_OP_FLASH_BEGIN, size,
                        writer->blocks, writer->block_size, writer->what->flash_addr, timeout_ms,
                        err) != EG_OK)
        return eg_error_prefix(err, "beginning %u bytes at 0x%08x: ", (unsigned)writer->what->size,
                               (unsigned)writer->what->flash_addr);
    return EG_OK;
}

/* How many bytes come out of a block. */
static enum eg_code measure(struct writer *writer, const uint8_t *data, uint32_t size, uint32_t *out,
                            struct eg_error *err)
{
    uint8_t scratch[16384];
    int result = Z_OK;

    if (!writer->compressed) {
        const uint32_t left = writer->what->size - writer->done;
        *out = size < left ? size : left;
        return EG_OK;
    }
    const uLong before = writer->inflate.total_out;
    writer->inflate.next_in = (z_const Bytef *)data;
    writer->inflate.avail_in = size;
    do {
        writer->inflate.next_out = scratch;
        writer->inflate.avail_out = sizeof scratch;
        result = inflate(&writer->inflate, Z_NO_FLUSH);
    } while (result == Z_OK && (writer->inflate.avail_in > 0 || writer->inflate.avail_out == 0));
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        return eg_error_set(err, EG_BAD_IMAGE, "the compressed data is damaged");
    *out = (uint32_t)(writer->inflate.total_out - before);
    return EG_OK;
}

/* Time for erasing and programming what comes out of one block. */
static uint32_t work_ms(const struct eg_loader *loader, uint32_t size)
{
    if (!loader->stub)
        return eg__scaled_ms(size, PROGRAM_S_PER_MB);
    return eg__scaled_ms(size + (uint64_t)STUB_ERASE_UNIT * (eg_div_up(size, STUB_INFLATE_ROUND) + 1),
                         PROGRAM_S_PER_MB);
}

static enum eg_code send_blocks(struct writer *writer, uint32_t *last_ms, struct eg_error *err)
{
    struct eg_loader *loader = writer->loader;
    uint32_t pending_ms = EG__TIMEOUT_MS;

    for (uint32_t i = 0; i < writer->blocks; i++) {
        const uint32_t at = i * writer->block_size;
        const uint32_t left = writer->source_size - at;
        struct eg__request block = {
            .opcode = writer->compressed ? EG_OP_FLASH_DEFL_DATA : EG_OP_FLASH_DATA,
            .data = writer->source + at,
            .data_size = left < writer->block_size ? left : writer->block_size,
            .padded_size = writer->compressed ? 0 : writer->block_size,
            .sequence = i,
        };
        uint32_t out;

        EG_TRY(measure(writer, block.data, block.data_size, &out, err));
        const uint32_t block_ms = work_ms(loader, out);
        block.timeout_ms = loader->stub ? pending_ms : block_ms;
        if (eg__send_block(loader, &block, err) != EG_OK)
            return eg_error_prefix(err, "block %u of %u at 0x%08x: ", (unsigned)i + 1,
                                   (unsigned)writer->blocks,
                                   (unsigned)(writer->what->flash_addr + writer->done));
        pending_ms = block_ms;
        writer->done += out;
        if (writer->progress != NULL)
            writer->progress(writer->context, writer->done, writer->what->size);
    }
    *last_ms = pending_ms;
    return EG_OK;
}

static enum eg_code write_once(struct writer *writer, struct eg_error *err)
{
    static const uint32_t stay[] = {1};
    uint32_t last_ms = 0;

    writer->done = 0;
    EG_TRY(begin(writer, err));
    EG_TRY(send_blocks(writer, &last_ms, err));
    if (writer->loader->stub &&
        eg__simple(writer->loader, writer->compressed ? EG_OP_FLASH_DEFL_END : EG_OP_FLASH_END, stay, 1,
                   last_ms, err) != EG_OK)
        return eg_error_prefix(err, "ending %u bytes at 0x%08x: ", (unsigned)writer->what->size,
                               (unsigned)writer->what->flash_addr);
    return EG_OK;
}

/* Whether beginning again may help; EG_CORRUPTED has had its attempts. */
static bool may_redo(enum eg_code code)
{
    return code == EG_DEVICE_REFUSED || code == EG_TIMEOUT || code == EG_BAD_FRAME || code == EG_BAD_REPLY;
}

/* Nothing more can be said to the chip. */
static bool is_final(enum eg_code code)
{
    return code == EG_PORT_GONE || code == EG_CANCELLED || code == EG_BOARD_RESET;
}

/* Ends whatever the chip thinks it is receiving. */
static enum eg_code resync(struct eg_loader *loader, struct eg_error *err)
{
    for (unsigned i = 1;; i++) {
        bool stub;
        const enum eg_code code = eg__sync(loader, RESYNC_TIMEOUT_MS, &stub, err);
        if (code == EG_OK && loader->stub && !stub)
            return eg_error_set(err, EG_BOARD_RESET, "the chip restarted: its ROM answers, not the stub");
        if (code == EG_OK || is_final(code) || i == RESYNC_ATTEMPTS)
            return code;
    }
}

/* A chip that restarted prints at the rate of its boot log, which is noise at any other. */
static enum eg_code listen_for_restart(struct eg_loader *loader, struct eg_error *err)
{
    const uint64_t until_ms = eg_clock_ms() + LISTEN_MS;
    uint8_t frame[64];
    size_t size;
    enum eg_code code;

    EG_TRY(eg_port_set_baud(loader->port, loader->target->boot_log_baud, err));
    loader->baud = loader->target->boot_log_baud;
    EG_TRY(eg_slip_discard(&loader->slip, err));
    do
        code = eg_slip_receive(&loader->slip, frame, sizeof frame, &size, eg_clock_left_ms(until_ms), err);
    while (code == EG_BAD_FRAME && eg_clock_left_ms(until_ms) > 0);
    return code;
}

static enum eg_code start_inflate(struct writer *writer, struct eg_error *err)
{
    if (writer->compressed && inflateReset(&writer->inflate) != Z_OK)
        return eg_error_set(err, EG_INTERNAL, "the inflate stream cannot be reset");
    return EG_OK;
}

static enum eg_code write_and_redo(struct writer *writer, struct eg_error *err)
{
    struct eg_error again;

    const enum eg_code code = write_once(writer, err);
    if (!may_redo(code))
        return code;
    if (resync(writer->loader, &again) != EG_OK) {
        if (!is_final(again.code) && listen_for_restart(writer->loader, &again) == EG_OK)
            return err->code;
        if (is_final(again.code))
            *err = again;
        return err->code; /* else what went wrong first says more */
    }
    writer->loader->region_redos++;
    EG_TRY(start_inflate(writer, err));
    return write_once(writer, err);
}

static void finish_inflate(struct writer *writer)
{
    if (writer->compressed)
        inflateEnd(&writer->inflate);
}

enum eg_code eg_loader_write_flash(struct eg_loader *loader, const struct eg_flash_data *what,
                                   eg_progress *progress, void *context, struct eg_write_times *times,
                                   struct eg_error *err)
{
    const uint64_t started_us = eg_clock_us();
    const uint64_t sent_before = loader->port->bytes_sent;
    const bool compressed =
        what->zlib != NULL && eg__has(loader, EG_OP_FLASH_DEFL_BEGIN) && !loader->secure_download;
    EG_CLEANUP(finish_inflate)
    struct writer writer = {
        .loader = loader,
        .what = what,
        .progress = progress,
        .context = context,
        .source = compressed ? what->zlib : what->data,
        .source_size = compressed ? what->zlib_size : what->size,
        .block_size = eg__flash_block(loader),
    };

    writer.blocks = eg_div_up(writer.source_size, writer.block_size);
    if (compressed && inflateInit(&writer.inflate) != Z_OK)
        return eg_error_set(err, EG_NO_MEMORY, "an inflate stream");
    writer.compressed = compressed;
    EG_TRY(write_and_redo(&writer, err));
    if (times != NULL) {
        times->total_us = eg_clock_us() - started_us;
        times->wire_us =
            loader->baud > 0 ? (loader->port->bytes_sent - sent_before) * 10 * 1000000 / loader->baud : 0;
    }
    return EG_OK;
}
