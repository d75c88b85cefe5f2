/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Lays out the three image versions of the ESP8266.
 *
 * 1: the ROM loads RAM segments from address 0; the part in flash is a file of its own.
 * 2: for a bootloader: a header with that part, then an image as in 1, then a CRC-32 of all.
 * 3: for the bootloader of its RTOS SDK: everything in one image, with a SHA-256, without the extended
 * header.
 */

#include "engine/image/build_internal.h"

#include "engine/image/crc.h"
#include "engine/image/image.h"
#include "engine/image/memory.h"
#include "engine/image/writer.h"

#include <string.h>

enum {
    V2_SEGMENT_COUNT = 4, /* a constant in the place of a count */
    V2_IROM_ALIGN = 16,
    SEGMENT_COUNT_AT = 1,
    RODATA_HEADER_SIZE = 8, /* of .flash.rodata, room for the segment's header */
};

static enum eg_code find_irom(struct eg__segment **irom, const struct eg__layout *layout,
                              struct eg_error *err)
{
    *irom = NULL;
    for (size_t i = 0; i < layout->segments.count; i++) {
        struct eg__segment *const segment = &layout->segments.list[i];
        if (!eg_memory_is_flash(layout->target, segment->addr))
            continue;
        if (*irom != NULL)
            return eg_error_set(
                err, EG_BAD_IMAGE,
                "%s at 0x%08lx and %s at 0x%08lx are both in flash; the image has room for one",
                eg__segment_name(*irom), (unsigned long)(*irom)->addr, eg__segment_name(segment),
                (unsigned long)segment->addr);
        *irom = segment;
    }
    return EG_OK;
}

static enum eg_code check_placed(const struct eg__writer *writer, struct eg_error *err)
{
    if (writer->elf_sha256 != NULL && !writer->elf_sha256_placed)
        return eg_error_set(err, EG_BAD_JOB,
                            "SHA-256 of the ELF file at offset 0x%lx lies in no segment of the image",
                            (unsigned long)writer->elf_sha256_offset);
    return EG_OK;
}

/* Write the segments that the ROM loads: all except `irom`. */
static enum eg_code write_rom_image(struct eg__writer *writer, const struct eg__layout *layout,
                                    const struct eg__segment *irom, struct eg_error *err)
{
    const size_t count = layout->segments.count - (irom != NULL);

    if (count == 0)
        return eg_error_set(err, EG_BAD_IMAGE, "has no segment in RAM, which is all the ROM loads");
    EG_TRY(eg__write_header(writer, EG_IMAGE_MAGIC, (uint8_t)count, layout->flash_mode,
                            layout->flash_size_freq, layout->elf->entry, err));
    for (size_t i = 0; i < layout->segments.count; i++) {
        const struct eg__segment *const segment = &layout->segments.list[i];
        if (segment != irom)
            EG_TRY(eg__write_segment(writer, eg__segment_name(segment), segment->addr, segment->data.data,
                                     segment->data.size, true, err));
    }
    return eg__write_checksum(writer, err);
}

static enum eg_code layout_v1(struct eg_image_files *files, struct eg__writer *writer,
                              const struct eg__layout *layout, struct eg__segment *irom, struct eg_error *err)
{
    files->count = 1;
    files->file[0].has_addr = true;
    EG_TRY(write_rom_image(writer, layout, irom, err));
    EG_TRY(check_placed(writer, err));
    if (irom == NULL)
        return EG_OK;
    files->file[1].has_addr = true;
    files->file[1].flash_addr = irom->addr - layout->target->irom.start;
    files->file[1].data = irom->data;
    irom->data = (struct eg_buffer){0};
    files->count = 2;
    return EG_OK;
}

static enum eg_code layout_v2(struct eg_image_files *files, struct eg__writer *writer,
                              const struct eg__layout *layout, struct eg__segment *irom, struct eg_error *err)
{
    uint8_t crc[4];

    if (irom == NULL)
        return eg_error_set(err, EG_BAD_IMAGE,
                            "has no segment in flash, which an image of version 2 begins with");
    files->count = 1;
    files->file[0].has_addr = true;
    files->file[0].flash_addr = (irom->addr - layout->target->irom.start) / EG_FLASH_SECTOR * EG_FLASH_SECTOR;
    EG_TRY(eg_buffer_resize(&irom->data,
                            (irom->data.size + V2_IROM_ALIGN - 1) / V2_IROM_ALIGN * V2_IROM_ALIGN, 0, err));
    EG_TRY(eg__write_header(writer, EG_IMAGE_MAGIC_V2, V2_SEGMENT_COUNT, layout->flash_mode,
                            layout->flash_size_freq, layout->elf->entry, err));
    EG_TRY(
        eg__write_segment(writer, eg__segment_name(irom), 0, irom->data.data, irom->data.size, false, err));
    EG_TRY(write_rom_image(writer, layout, irom, err));
    EG_TRY(check_placed(writer, err));
    eg_put32(crc, eg__image_crc(writer->out->data, writer->out->size));
    return eg_buffer_append(writer->out, crc, sizeof crc, err);
}

static enum eg_code layout_v3(struct eg_image_files *files, struct eg__writer *writer,
                              const struct eg__layout *layout, struct eg_error *err)
{
    struct eg__segment *flash[EG_IMAGE_SEGMENTS_MAX], *ram[EG_IMAGE_SEGMENTS_MAX];
    size_t flash_count, ram_count;

    files->count = 1;
    eg__split(flash, &flash_count, ram, &ram_count, &layout->segments, layout->target);
    EG_TRY(eg__check_pages(flash, flash_count, layout->page_size, err));
    EG_TRY(eg__write_header(writer, EG_IMAGE_MAGIC, 0, layout->flash_mode, layout->flash_size_freq,
                            layout->elf->entry, err));
    for (size_t i = 0; i < flash_count + ram_count; i++) {
        const struct eg__segment *const segment = i < flash_count ? flash[i] : ram[i - flash_count];
        const bool rodata = i < flash_count && strcmp(segment->name, ".flash.rodata") == 0;
        const size_t skip = !rodata                                   ? 0
                            : segment->data.size < RODATA_HEADER_SIZE ? segment->data.size
                                                                      : RODATA_HEADER_SIZE;
        EG_TRY(eg__write_segment(writer, eg__segment_name(segment), segment->addr, segment->data.data + skip,
                                 segment->data.size - skip, true, err));
    }
    EG_TRY(eg__write_checksum(writer, err));
    if (layout->options->elf_sha256_offset != 0)
        EG_TRY(check_placed(writer, err));
    writer->out->data[SEGMENT_COUNT_AT] = (uint8_t)writer->segment_count;
    return eg__write_hash(writer, err);
}

enum eg_code eg__layout_esp8266(struct eg_image_files *files, const struct eg__layout *layout,
                                struct eg_error *err)
{
    struct eg__writer writer = {
        .out = &files->file[0].data,
        .checksum = EG_IMAGE_CHECKSUM_SEED,
        .elf_sha256 = layout->wants_elf_sha256 ? layout->elf->sha256 : NULL,
        .elf_sha256_offset = layout->elf_sha256_offset,
    };
    struct eg__segment *irom;

    if (layout->options->version == 3)
        return layout_v3(files, &writer, layout, err);
    EG_TRY(find_irom(&irom, layout, err));
    return layout->options->version == 2 ? layout_v2(files, &writer, layout, irom, err)
                                         : layout_v1(files, &writer, layout, irom, err);
}
