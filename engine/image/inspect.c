/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Contents of an image for image-info. image.c decides whether the data are an image.
 */

#include "engine/image/inspect.h"

#include "engine/base/bytes.h"
#include "engine/image/crc.h"
#include "engine/image/kind.h"

#include <string.h>

enum {
    HEADER_SIZE = 8,
    EXTENDED_SIZE = 16,
    SEGMENT_HEADER_SIZE = 8,
    HASH_FLAG_AT = 23,
};

static enum eg_code refuse_kind(const uint8_t *data, size_t size, struct eg_error *err)
{
    const enum eg_file_kind kind = eg_file_kind(data, size);
    size_t erased = 0;

    if (kind == EG_FILE_OTHER)
        return eg_error_set(err, EG_BAD_IMAGE, "byte at offset 0x0 is 0x%02x, not the 0x%02x of an image",
                            data[0], EG_IMAGE_MAGIC);
    if (kind != EG_FILE_ERASED)
        return eg_error_set(err, EG_BAD_IMAGE, "is %s, not an image", eg_file_kind_text(kind));
    while (erased < size && data[erased] == 0xff)
        erased++;
    if (erased == size)
        return eg_error_set(err, EG_BAD_IMAGE, "is erased flash of %zu bytes, not an image", size);
    if (data[erased] == EG_IMAGE_MAGIC)
        return eg_error_set(err, EG_BAD_IMAGE, "is a merged file whose first image begins at offset 0x%zx",
                            erased);
    return eg_error_set(err, EG_BAD_IMAGE, "is erased flash up to offset 0x%zx, not an image", erased);
}

static const struct eg_target *without_chip_id(void)
{
    const struct eg_target *const *target = eg_targets;

    while (*target != NULL && (*target)->image_chip_id >= 0)
        target++;
    return *target;
}

/* Return whether the data are an image of this target with a correct checksum. */
static bool fits(const struct eg_target *target, const uint8_t *data, size_t size)
{
    struct eg_image_info info;
    struct eg_error ignored;

    return eg_image_parse(&info, target, data, size, &ignored) == EG_OK &&
           (!info.extended || info.chip_id == target->image_chip_id) &&
           eg_image_check(&info, data, size, &ignored) == EG_OK;
}

static const struct eg_target *find_target(const uint8_t *data, size_t size)
{
    const struct eg_target *const esp8266 = without_chip_id();
    const struct eg_target *by_id = NULL;

    if (data[0] == EG_IMAGE_MAGIC && size >= HEADER_SIZE + EXTENDED_SIZE && data[HASH_FLAG_AT] <= 1)
        by_id = eg_target_by_image_id(eg_get16(data + 12));
    if (by_id == NULL || (!fits(by_id, data, size) && fits(esp8266, data, size)))
        return esp8266;
    return by_id;
}

static void read_extended(struct eg_image_details *details, const struct eg_image_info *info,
                          const uint8_t *data)
{
    details->extended = true;
    details->wp_pin = data[8];
    details->clk_drv = data[9] & 0x0f;
    details->q_drv = data[9] >> 4;
    details->d_drv = data[10] & 0x0f;
    details->cs_drv = data[10] >> 4;
    details->hd_drv = data[11] & 0x0f;
    details->wp_drv = data[11] >> 4;
    details->chip_id = info->chip_id;
    const struct eg_target *const chip = eg_target_by_image_id(info->chip_id);
    details->chip_label = chip != NULL ? chip->label : NULL;
    details->min_rev = info->min_rev;
    details->min_rev_full = info->min_rev_full;
    details->max_rev_full = info->max_rev_full;
}

static void read_descriptors(struct eg_image_details *details, const struct eg_image_segment *segment,
                             const uint8_t *data)
{
    const uint8_t *const content = data + segment->file_offset + SEGMENT_HEADER_SIZE;

    for (unsigned i = 0; i < segment->memory_count; i++) {
        if (strcmp(segment->memory[i], "DROM") == 0 && !details->has_app)
            details->has_app = eg_app_descriptor_read(&details->app, content, segment->size);
        if (strcmp(segment->memory[i], "DRAM") == 0 && !details->has_bootloader)
            details->has_bootloader =
                eg_bootloader_descriptor_read(&details->bootloader, content, segment->size);
    }
}

/* Read the segment whose header is at `*at`; it is known to lie within the data. */
static void add_segment(struct eg_image_details *details, const struct eg_target *target, const uint8_t *data,
                        size_t *at, bool summed)
{
    struct eg_image_segment *const segment = &details->segments[details->segment_count++];

    segment->addr = eg_get32(data + *at);
    segment->size = eg_get32(data + *at + 4);
    segment->file_offset = *at;
    segment->memory_count = eg_memory_names(segment->memory, target, segment->addr);
    *at += SEGMENT_HEADER_SIZE;
    for (size_t i = 0; summed && i < segment->size; i++)
        details->actual_checksum ^= data[*at + i];
    *at += segment->size;
    read_descriptors(details, segment, data);
}

/* Read the part before the image proper; `*at` becomes the position after it. */
static enum eg_code read_v2_front(struct eg_image_details *details, const struct eg_target *target,
                                  const uint8_t *data, size_t size, size_t *at, struct eg_error *err)
{
    if (size < HEADER_SIZE + SEGMENT_HEADER_SIZE)
        return eg_error_set(err, EG_BAD_IMAGE, "%zu bytes are too few for the first headers of %d", size,
                            HEADER_SIZE + SEGMENT_HEADER_SIZE);
    const uint32_t length = eg_get32(data + HEADER_SIZE + 4);
    if (length > size - HEADER_SIZE - SEGMENT_HEADER_SIZE)
        return eg_error_set(err, EG_BAD_IMAGE,
                            "irom part at offset 0x%x has %lu bytes, beyond the end at 0x%zx", HEADER_SIZE,
                            (unsigned long)length, size);
    details->version = 2;
    *at = HEADER_SIZE;
    add_segment(details, target, data, at, false);
    details->segments[0].addr = 0; /* the value in the file is not where the part is mapped */
    return EG_OK;
}

static enum eg_code read_end(struct eg_image_details *details, const struct eg_image_info *info,
                             const uint8_t *data, size_t size, size_t at, struct eg_error *err)
{
    const size_t checksum_at = at | (EG_IMAGE_CHECKSUM_LINE - 1);

    if (checksum_at >= size)
        return eg_error_set(err, EG_BAD_IMAGE, "checksum at offset 0x%zx lies beyond the end at 0x%zx",
                            checksum_at, size);
    details->checksum = data[checksum_at];
    details->end = checksum_at + 1;
    if (details->version == 2 && size - details->end >= 4) {
        details->has_crc = true;
        details->crc = eg_get32(data + details->end);
        details->actual_crc = eg__image_crc(data, details->end);
        details->end += 4;
    }
    if (!info->hash_appended)
        return EG_OK;
    if (size - details->end < EG_SHA256_SIZE)
        return eg_error_set(err, EG_BAD_IMAGE, "SHA-256 at offset 0x%zx lies beyond the end at 0x%zx",
                            details->end, size);
    details->hash_appended = true;
    memcpy(details->hash, data + details->end, EG_SHA256_SIZE);
    EG_TRY(eg_sha256(details->actual_hash, data, details->end, err));
    details->end += EG_SHA256_SIZE;
    return EG_OK;
}

enum eg_code eg_image_inspect(struct eg_image_details *details, const struct eg_target *target,
                              const uint8_t *data, size_t size, struct eg_error *err)
{
    struct eg_image_info info;
    size_t at = 0;

    if (eg_file_kind(data, size) != EG_FILE_IMAGE)
        return refuse_kind(data, size, err);
    const struct eg_target *const used = target != NULL ? target : find_target(data, size);
    *details = (struct eg_image_details){
        .target = used->name,
        .target_label = used->label,
        .size = size,
        .version = 1,
        .actual_checksum = EG_IMAGE_CHECKSUM_SEED,
    };
    if (data[0] == EG_IMAGE_MAGIC_V2 && used->image_chip_id < 0) {
        EG_TRY(read_v2_front(details, used, data, size, &at, err));
        if (eg_image_parse(&info, used, data + at, size - at, err) != EG_OK)
            return eg_error_prefix(err, "second header at offset 0x%zx: ", at);
    } else {
        EG_TRY(eg_image_parse(&info, used, data, size, err));
    }
    details->entry = info.entry;
    details->flash_mode = info.flash_mode;
    details->flash_size_freq = info.flash_size_freq;
    details->flash_mode_name = eg_flash_mode_name(info.flash_mode);
    details->flash_size_name = eg_header_name(used->flash_sizes, info.flash_size_freq & 0xf0);
    details->flash_freq_name = eg_header_name(used->flash_freqs, info.flash_size_freq & 0x0f);
    if (info.extended)
        read_extended(details, &info, data);
    at += info.extended ? HEADER_SIZE + EXTENDED_SIZE : HEADER_SIZE;
    for (unsigned i = 0; i < info.segment_count; i++)
        add_segment(details, used, data, &at, true);
    return read_end(details, &info, data, size, at, err);
}
