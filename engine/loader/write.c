/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Writing one region of flash, and recovering from failures in the middle.
 *
 * A block is sent again only when the chip itself says that it arrived damaged: then it was not used. After a
 * missing or garbled reply it is unknown whether the block was used, and a second copy would ruin the inflate
 * stream or shift what follows. After an error that a stub reports late, a block is missing. In these cases
 * the chip is synchronised by SYNC and the region begins again from BEGIN, once.
 *
 * The time limit of a block depends on its inflated size.
 *
 * Not here: the commands of a write (blocks.c).
 */

#include "engine/image/compress.h"
#include "engine/loader/loader_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    LISTEN_MS = 500, /* longer than a restart loop's period */
    INFLATE_ERROR = 0xc700,
};

/* State of a write. */
struct writer {
    struct eg_loader *loader;
    const struct eg_flash_data *what;
    eg_progress *progress;
    void *context;
    const uint8_t *source; /* what is sent: plain or compressed */
    uint32_t source_size;
    bool compressed;
    uint32_t done; /* uncompressed bytes of the accepted blocks */
    uint32_t *block_us, block_count;
    uint32_t block_addr;  /* where the block at work begins */
    uint64_t answered_us; /* when the last answer came */
    struct eg_write_times times;
    const uint32_t *marks; /* of a compressed source */
};

/* Return how many bytes of data there are up to a place of the source. */
static uint32_t data_until(const struct writer *writer, uint32_t end)
{
    if (writer->compressed)
        return writer->marks[eg_div_up(end, EG_INFLATE_STEP) - 1];
    return end < writer->what->size ? end : writer->what->size;
}

/* Return the time since the previous answer. */
static uint32_t turn_us(struct writer *writer)
{
    const uint64_t before_us = writer->answered_us;

    writer->answered_us = eg_clock_us();
    return (uint32_t)(writer->answered_us - before_us);
}

static void note_block(struct writer *writer, uint32_t index, uint32_t us)
{
    writer->block_us[index] += us;
    if (writer->block_us[index] <= writer->times.block_max_us)
        return;
    writer->times.block_max_us = writer->block_us[index];
    writer->times.slowest_addr = writer->block_addr;
}

static int by_time(const void *a, const void *b)
{
    const uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;

    return (first > second) - (first < second);
}

/* Sorts block_us: afterwards its entries no longer belong to their blocks. */
static void sum_up(struct writer *writer)
{
    if (writer->block_count == 0)
        return;
    qsort(writer->block_us, writer->block_count, sizeof writer->block_us[0], by_time);
    writer->times.blocks = writer->block_count;
    writer->times.block_min_us = writer->block_us[0];
    writer->times.block_median_us = writer->block_us[(writer->block_count - 1) / 2];
}

static enum eg_code send_blocks(struct writer *writer, struct eg_error *err)
{
    struct eg_loader *loader = writer->loader;
    const uint32_t block_size = eg_loader_flash_block_size(loader);
    const uint32_t blocks = writer->block_count;

    for (uint32_t i = 0; i < blocks; i++) {
        const uint8_t *data = writer->source + (size_t)i * block_size;
        const uint32_t left = writer->source_size - i * block_size;
        const uint32_t size = left < block_size ? left : block_size;
        const uint32_t out = data_until(writer, i * block_size + size) - writer->done;

        if (eg__flash_block(loader, data, size, eg__program_ms(loader, out), err) != EG_OK)
            return eg_error_prefix(err, "block %u of %u at 0x%08x: ", (unsigned)i + 1, (unsigned)blocks,
                                   (unsigned)(writer->what->flash_addr + writer->done));
        writer->block_addr = writer->what->flash_addr + writer->done;
        note_block(writer, i, turn_us(writer));
        writer->done += out;
        if (writer->progress != NULL)
            writer->progress(writer->context, writer->done, writer->what->size);
    }
    return EG_OK;
}

static enum eg_code write_once(struct writer *writer, struct eg_error *err)
{
    const struct eg_flash_data *what = writer->what;

    writer->done = 0;
    writer->times = (struct eg_write_times){.erases_first = !writer->loader->stub};
    memset(writer->block_us, 0, writer->block_count * sizeof writer->block_us[0]);
    (void)turn_us(writer);
    if (writer->compressed)
        EG_TRY(eg_loader_flash_defl_begin(writer->loader, what->size, writer->source_size, what->flash_addr,
                                          what->encrypted, err));
    else
        EG_TRY(eg_loader_flash_begin(writer->loader, what->size, what->flash_addr, what->encrypted, err));
    writer->times.erase_us = turn_us(writer);
    EG_TRY(send_blocks(writer, err));
    if (eg_loader_flash_finish(writer->loader, false, err) != EG_OK)
        return eg_error_prefix(err, "at 0x%08x: ", (unsigned)what->flash_addr);
    if (writer->block_count > 0)
        note_block(writer, writer->block_count - 1, turn_us(writer));
    return EG_OK;
}

/* Return whether another start may help; EG_CORRUPTED was retried already. */
static bool may_redo(enum eg_code code)
{
    return code == EG_DEVICE_REFUSED || code == EG_TIMEOUT || code == EG_BAD_FRAME || code == EG_BAD_REPLY;
}

/* Return whether the chip can no longer be reached. */
static bool is_final(enum eg_code code)
{
    return eg__port_ended(code) || code == EG_BOARD_RESET;
}

/* A chip that restarted prints at the rate of its boot log; at any other rate that is noise. */
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

static enum eg_code write_and_redo(struct writer *writer, struct eg_error *err)
{
    struct eg_error again;

    const enum eg_code code = write_once(writer, err);
    if (!may_redo(code) || writer->what->encrypted)
        return code;
    const bool by_wire = code != EG_DEVICE_REFUSED || err->device_status == INFLATE_ERROR;
    if (eg_loader_resync(writer->loader, &again) != EG_OK) {
        if (!is_final(again.code) && listen_for_restart(writer->loader, &again) == EG_OK)
            return err->code;
        if (is_final(again.code))
            *err = again;
        return err->code; /* else the first error says more */
    }
    writer->loader->region_redos++;
    if (by_wire)
        EG_TRY(eg__slow_down(writer->loader, true, err));
    return write_once(writer, err);
}

static void writer_finish(struct writer *writer)
{
    free(writer->block_us);
}

enum eg_code eg_loader_write_flash(struct eg_loader *loader, const struct eg_flash_data *what,
                                   eg_progress *progress, void *context, struct eg_write_times *times,
                                   struct eg_error *err)
{
    const uint64_t started_us = eg_clock_us();
    const uint64_t wire_before_ns = loader->port->wire_ns;
    const bool compressed =
        what->zlib != NULL && eg__has(loader, EG_OP_FLASH_DEFL_BEGIN) && !loader->secure_download;
    EG_CLEANUP(eg_free_cleanup) uint32_t *marks = NULL;
    EG_CLEANUP(writer_finish)
    struct writer writer = {
        .loader = loader,
        .what = what,
        .progress = progress,
        .context = context,
        .source = compressed ? what->zlib : what->data,
        .source_size = compressed ? what->zlib_size : what->size,
        .compressed = compressed,
    };

    if (compressed && what->marks == NULL)
        EG_TRY(eg_inflate_marks(&marks, what->zlib, what->zlib_size, err));
    writer.marks = marks != NULL ? marks : what->marks;
    writer.block_count = eg_div_up(writer.source_size, eg_loader_flash_block_size(loader));
    EG_TRY(eg_alloc(&writer.block_us, (size_t)writer.block_count + 1, sizeof writer.block_us[0], err));
    EG_TRY(write_and_redo(&writer, err));
    if (times != NULL) {
        sum_up(&writer);
        *times = writer.times;
        times->total_us = eg_clock_us() - started_us;
        times->wire_us = (loader->port->wire_ns - wire_before_ns) / 1000;
    }
    return EG_OK;
}
