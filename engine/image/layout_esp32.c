/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Lays out the segments of an image with the extended header (ESP32 and later).
 *
 * The chip maps flash in MMU pages, so a flash segment's data must have the same offset within a page in the
 * file as in memory. The space between is filled with RAM segments, split as needed, and after those with
 * segments of zeros for address 0, which every loader ignores.
 *
 * With a RAM-only header the ROM sees only RAM segments and the checksum. The flash segments follow, for
 * programs that map them themselves, offset by the address to which the file is written.
 */

#include "engine/image/build_internal.h"

#include "engine/image/image.h"
#include "engine/image/writer.h"

#include <string.h>

enum {
    SEGMENT_HEADER_SIZE = 8,
    SEGMENT_COUNT_AT = 1,
    WP_PIN_DISABLED = 0xee,
    SHORT_TAIL = 0x24, /* EG_QUIRK_SHORT_TAIL */
};

/* Segments in their final order. Part of the first RAM segment may be used already. */
struct order {
    struct eg__segment *flash[EG_IMAGE_SEGMENTS_MAX], *ram[EG_IMAGE_SEGMENTS_MAX];
    size_t flash_count, ram_count;
    size_t ram_first, ram_used; /* next RAM segment and how many of its bytes are written */
};

static enum eg_code write_headers(struct eg__writer *writer, const struct eg__layout *layout,
                                  struct eg_error *err)
{
    const struct eg_image_options *const options = layout->options;
    uint8_t extended[16] = {WP_PIN_DISABLED};

    eg_put16(extended + 4, (uint16_t)layout->target->image_chip_id);
    extended[6] = (uint8_t)options->min_rev;
    eg_put16(extended + 7, (uint16_t)options->min_rev_full);
    eg_put16(extended + 9, options->has_max_rev_full ? (uint16_t)options->max_rev_full : UINT16_MAX);
    extended[15] = !options->no_digest && !options->ram_only_header;
    EG_TRY(eg__write_header(writer, EG_IMAGE_MAGIC, 0, layout->flash_mode, layout->flash_size_freq,
                            layout->elf->entry, err));
    return eg_buffer_append(writer->out, extended, sizeof extended, err);
}

static void move_to_front(struct eg__segment **segments, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        struct eg__segment *const segment = segments[i];
        if (strcmp(segment->name, name) != 0)
            continue;
        memmove(segments + 1, segments, i * sizeof *segments);
        segments[0] = segment;
        return;
    }
}

static enum eg_code make_order(struct order *order, const struct eg__layout *layout, struct eg_error *err)
{
    eg__split(order->flash, &order->flash_count, order->ram, &order->ram_count, &layout->segments,
              layout->target);
    move_to_front(order->flash, order->flash_count, ".flash.appdesc");
    move_to_front(order->ram, order->ram_count, ".dram0.bootdesc");
    for (size_t i = 0; i < order->flash_count; i++)
        if (order->flash[i]->addr % 4 != 0)
            return eg_error_set(err, EG_BAD_IMAGE, "%s at 0x%08lx in flash is not aligned to 4",
                                eg__segment_name(order->flash[i]), (unsigned long)order->flash[i]->addr);
    return eg__check_pages(order->flash, order->flash_count, layout->page_size, err);
}

static enum eg_code write_ram(struct eg__writer *writer, struct order *order, size_t size_max,
                              struct eg_error *err)
{
    const struct eg__segment *const segment = order->ram[order->ram_first];
    const size_t left = segment->data.size - order->ram_used;
    const size_t size = left < size_max ? left : size_max;

    EG_TRY(eg__write_segment(writer, eg__segment_name(segment), segment->addr + (uint32_t)order->ram_used,
                             segment->data.data + order->ram_used, size, true, err));
    order->ram_used += size;
    if (size == left) {
        order->ram_first++;
        order->ram_used = 0;
    }
    return EG_OK;
}

static enum eg_code write_flash(struct eg__writer *writer, const struct eg__layout *layout,
                                struct eg__segment *segment, bool count, struct eg_error *err)
{
    if (layout->target->quirks & EG_QUIRK_SHORT_TAIL) {
        /* The bootloader of ESP-IDF does not map a last page that holds less. */
        const size_t end = writer->out->size + SEGMENT_HEADER_SIZE + segment->data.size;
        const size_t tail = end % layout->page_size;
        if (tail < SHORT_TAIL)
            EG_TRY(eg_buffer_resize(&segment->data, segment->data.size + SHORT_TAIL - tail, 0, err));
    }
    return eg__write_segment(writer, eg__segment_name(segment), segment->addr, segment->data.data,
                             segment->data.size, count, err);
}

/* Return whether padding must come before a segment for `addr`, and how many data bytes it has. These may be
 * more than a page, because the headers are counted without the end of the page. */
static bool needs_padding(size_t *size, size_t at, uint32_t addr, uint32_t page_size)
{
    const int64_t page = page_size;
    int64_t gap = page - (int64_t)(at % page_size) + (int64_t)(addr % page_size) - SEGMENT_HEADER_SIZE;

    if (gap == 0 || gap == page)
        return false;
    gap -= SEGMENT_HEADER_SIZE;
    *size = (size_t)(gap < 0 ? gap + page : gap);
    return true;
}

static enum eg_code write_all(struct eg__writer *writer, const struct eg__layout *layout, struct order *order,
                              struct eg_error *err)
{
    size_t padding;

    for (size_t i = 0; i < order->flash_count; i++) {
        struct eg__segment *const segment = order->flash[i];
        while (needs_padding(&padding, writer->out->size, segment->addr, layout->page_size)) {
            if (order->ram_first < order->ram_count && padding > SEGMENT_HEADER_SIZE)
                EG_TRY(write_ram(writer, order, padding, err));
            else
                EG_TRY(eg__write_segment(writer, "padding", 0, NULL, padding, true, err));
        }
        EG_TRY(write_flash(writer, layout, segment, true, err));
    }
    while (order->ram_first < order->ram_count)
        EG_TRY(write_ram(writer, order, SIZE_MAX, err));
    return EG_OK;
}

static enum eg_code write_ram_first(struct eg__writer *writer, const struct eg__layout *layout,
                                    struct order *order, struct eg_error *err)
{
    const uint32_t page = layout->page_size, moved = layout->target->bootloader_addr;

    while (order->ram_first < order->ram_count)
        EG_TRY(write_ram(writer, order, SIZE_MAX, err));
    EG_TRY(eg__write_checksum(writer, err));
    for (size_t i = order->flash_count; i-- > 0;) {
        struct eg__segment *const segment = order->flash[i];
        uint32_t padding = (segment->addr - (uint32_t)writer->out->size - 2 * SEGMENT_HEADER_SIZE) % page;
        if (padding < moved)
            padding += page;
        EG_TRY(eg__write_segment(writer, "padding", 0, NULL, padding - moved, false, err));
        EG_TRY(write_flash(writer, layout, segment, false, err));
    }
    return EG_OK;
}

/* Pad so that checksum, hash and the signature data end at a page boundary. */
static enum eg_code write_secure_padding(struct eg__writer *writer, const struct eg__layout *layout,
                                         struct eg_error *err)
{
    const uint32_t page = layout->page_size;
    const bool v1 = layout->secure_pad == EG_SECURE_PAD_V1;
    /* v1: hash, version, signature and 12 bytes of alignment; v2: the hash only, because the signature
     * is in the sector after the page. */
    const uint32_t appended = EG_IMAGE_CHECKSUM_LINE + (v1 ? 32 + 4 + 64 + 12 : 32);
    const uint32_t past = (uint32_t)((writer->out->size + SEGMENT_HEADER_SIZE) % page);

    if (layout->secure_pad == EG_SECURE_PAD_NONE)
        return EG_OK;
    return eg__write_segment(writer, "padding", 0, NULL, (2 * page - past - appended) % page, true, err);
}

enum eg_code eg__layout_esp32(struct eg_buffer *out, const struct eg__layout *layout, struct eg_error *err)
{
    const struct eg_image_options *const options = layout->options;
    struct eg__writer writer = {
        .out = out,
        .checksum = EG_IMAGE_CHECKSUM_SEED,
        .elf_sha256 = layout->wants_elf_sha256 ? layout->elf->sha256 : NULL,
        .elf_sha256_offset = layout->elf_sha256_offset,
    };
    struct order order = {0};

    EG_TRY(make_order(&order, layout, err));
    EG_TRY(write_headers(&writer, layout, err));
    if (options->ram_only_header) {
        EG_TRY(write_ram_first(&writer, layout, &order, err));
    } else {
        EG_TRY(write_all(&writer, layout, &order, err));
        EG_TRY(write_secure_padding(&writer, layout, err));
        EG_TRY(eg__write_checksum(&writer, err));
    }
    if (writer.segment_count == 0)
        return eg_error_set(err, EG_BAD_IMAGE,
                            "has no segment in RAM, which is all a RAM-only header counts");
    if (writer.segment_count > EG_IMAGE_SEGMENTS_MAX)
        return eg_error_set(
            err, EG_BAD_IMAGE,
            "the image would have %u segments with those that align flash pages, more than %d",
            writer.segment_count, EG_IMAGE_SEGMENTS_MAX);
    if (options->elf_sha256_offset != 0 && !writer.elf_sha256_placed)
        return eg_error_set(err, EG_BAD_JOB,
                            "SHA-256 of the ELF file at offset 0x%lx lies in no segment of the image",
                            (unsigned long)options->elf_sha256_offset);
    out->data[SEGMENT_COUNT_AT] = (uint8_t)writer.segment_count;
    return options->no_digest || options->ram_only_header ? EG_OK : eg__write_hash(&writer, err);
}
