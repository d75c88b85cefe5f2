/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Application and bootloader images as the ROM of a chip loads them.
 *
 * Header of 8 bytes (E9, segment count, flash mode, size and frequency, entry), on all chips but the ESP8266
 * 16 bytes more, then the segments (address, length, data). The XOR of all segment data, seeded with EF, is
 * the last byte of the 16-byte line the segments end in; the SHA-256 of everything before it may follow.
 *
 * The position of checksum and hash comes from walking the segments, never from the length of the file:
 * merged files and signed images continue after them. Every length in a file is checked against the data
 * first.
 *
 * Not here: building images (build.c) and listing their contents (inspect.c). The older ESP8266 container
 * that begins with EA is treated as plain data here.
 */

#include "engine/image/image.h"

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

#include <string.h>

enum {
    HEADER_SIZE = 8,
    EXTENDED_SIZE = 16,
    SEGMENT_HEADER_SIZE = 8,
    HASH_FLAG_AT = 23,
    NO_LIMIT = 65535,
};

static size_t header_size(bool extended)
{
    return extended ? HEADER_SIZE + EXTENDED_SIZE : HEADER_SIZE;
}

size_t eg_image_header_size(const struct eg_image_info *info)
{
    return header_size(info->extended);
}

/* Walk the segments of `info` and XOR their data into *checksum, unless it is NULL. */
static enum eg_code walk(const struct eg_image_info *info, const uint8_t *data, size_t size, size_t *end,
                         uint8_t *checksum, struct eg_error *err)
{
    size_t at = header_size(info->extended);

    for (unsigned i = 1; i <= info->segment_count; i++) {
        if (size - at < SEGMENT_HEADER_SIZE)
            return eg_error_set(err, EG_BAD_IMAGE,
                                "header of segment %u of %u at offset 0x%zx lies beyond the end at 0x%zx", i,
                                info->segment_count, at, size);
        const uint32_t length = eg_get32(data + at + 4);
        if (length > size - at - SEGMENT_HEADER_SIZE)
            return eg_error_set(err, EG_BAD_IMAGE,
                                "segment %u of %u at offset 0x%zx has %lu bytes, beyond the end at 0x%zx", i,
                                info->segment_count, at, (unsigned long)length, size);
        at += SEGMENT_HEADER_SIZE;
        for (size_t n = 0; checksum != NULL && n < length; n++)
            *checksum ^= data[at + n];
        at += length;
    }
    *end = at;
    return EG_OK;
}

enum eg_code eg_image_parse(struct eg_image_info *info, const struct eg_target *target, const uint8_t *data,
                            size_t size, struct eg_error *err)
{
    struct eg_image_info found = {.extended = target->image_chip_id >= 0};
    size_t end;

    if (size < header_size(found.extended))
        return eg_error_set(err, EG_BAD_IMAGE, "%zu bytes are too few for an image header of %zu", size,
                            header_size(found.extended));
    if (data[0] != EG_IMAGE_MAGIC)
        return eg_error_set(err, EG_BAD_IMAGE, "byte at offset 0x0 is 0x%02x, not the 0x%02x of an image",
                            data[0], EG_IMAGE_MAGIC);
    found.segment_count = data[1];
    if (found.segment_count < 1 || found.segment_count > EG_IMAGE_SEGMENTS_MAX)
        return eg_error_set(err, EG_BAD_IMAGE, "segment count at offset 0x1 is %u, not 1 to %d",
                            found.segment_count, EG_IMAGE_SEGMENTS_MAX);
    found.flash_mode = data[2];
    found.flash_size_freq = data[3];
    found.entry = eg_get32(data + 4);
    if (found.extended) {
        found.chip_id = eg_get16(data + 12);
        found.min_rev = data[14];
        found.min_rev_full = eg_get16(data + 15);
        found.max_rev_full = eg_get16(data + 17);
        if (data[HASH_FLAG_AT] > 1)
            return eg_error_set(
                err, EG_BAD_IMAGE,
                "byte at offset 0x%x, whether a SHA-256 is appended, is 0x%02x, neither 0 nor 1",
                HASH_FLAG_AT, data[HASH_FLAG_AT]);
        found.hash_appended = data[HASH_FLAG_AT] == 1;
    }
    EG_TRY(walk(&found, data, size, &end, NULL, err));
    found.end = (end / EG_IMAGE_CHECKSUM_LINE + 1) * EG_IMAGE_CHECKSUM_LINE;
    if (found.hash_appended) {
        found.hash_offset = found.end;
        found.end += EG_SHA256_SIZE;
    }
    *info = found;
    return EG_OK;
}

static enum eg_code check_hash_present(const struct eg_image_info *info, size_t size, struct eg_error *err)
{
    if (info->hash_offset > size || size - info->hash_offset < EG_SHA256_SIZE)
        return eg_error_set(err, EG_BAD_IMAGE, "SHA-256 at offset 0x%zx lies beyond the end at 0x%zx",
                            info->hash_offset, size);
    return EG_OK;
}

enum eg_code eg_image_check(const struct eg_image_info *info, const uint8_t *data, size_t size,
                            struct eg_error *err)
{
    uint8_t checksum = EG_IMAGE_CHECKSUM_SEED;
    size_t end;

    EG_TRY(walk(info, data, size, &end, &checksum, err));
    const size_t at = end | (EG_IMAGE_CHECKSUM_LINE - 1);
    if (at >= size)
        return eg_error_set(err, EG_BAD_IMAGE, "checksum at offset 0x%zx lies beyond the end at 0x%zx", at,
                            size);
    if (data[at] != checksum)
        return eg_error_set(err, EG_BAD_IMAGE, "checksum at offset 0x%zx is 0x%02x, the segments have 0x%02x",
                            at, data[at], checksum);
    if (!info->hash_appended)
        return EG_OK;

    uint8_t hash[EG_SHA256_SIZE];
    EG_TRY(check_hash_present(info, size, err));
    EG_TRY(eg_sha256(hash, data, info->hash_offset, err));
    if (memcmp(hash, data + info->hash_offset, sizeof hash) != 0) {
        char stored[EG_SHA256_TEXT], actual[EG_SHA256_TEXT];
        eg_hex(stored, data + info->hash_offset, EG_SHA256_SIZE);
        eg_hex(actual, hash, sizeof hash);
        return eg_error_set(err, EG_BAD_IMAGE, "SHA-256 at offset 0x%zx is %s, the data have %s",
                            info->hash_offset, stored, actual);
    }
    return EG_OK;
}

/* Return the name of the chips if the data are a complete image with the other kind of header, or NULL. */
static const struct eg_target *other_family(const struct eg_target *target, const uint8_t *data, size_t size)
{
    const bool extended = target->image_chip_id >= 0;

    for (const struct eg_target *const *other = eg_targets; *other != NULL; other++) {
        struct eg_image_info info;
        struct eg_error ignored;
        if (((*other)->image_chip_id >= 0) == extended)
            continue;
        if (eg_image_parse(&info, *other, data, size, &ignored) != EG_OK)
            continue;
        if (info.extended && info.chip_id != (*other)->image_chip_id)
            continue;
        if (eg_image_check(&info, data, size, &ignored) == EG_OK)
            return *other;
    }
    return NULL;
}

enum eg_code eg_image_check_chip(const struct eg_target *target, const uint8_t *data, size_t size,
                                 struct eg_error *err)
{
    struct eg_image_info info;
    struct eg_error ignored;
    const struct eg_target *other = NULL;
    const bool parsed = eg_image_parse(&info, target, data, size, &ignored) == EG_OK;

    if (!parsed || eg_image_check(&info, data, size, &ignored) != EG_OK)
        other = other_family(target, data, size);
    if (other == NULL && parsed && info.extended && info.chip_id != target->image_chip_id) {
        other = eg_target_by_image_id(info.chip_id);
        if (other == NULL)
            return eg_error_set(err, EG_BAD_IMAGE, "is an image for chip id %u, not for %s", info.chip_id,
                                target->label);
    }
    if (other != NULL)
        return eg_error_set(err, EG_BAD_IMAGE, "is an image for %s, not for %s", other->label, target->label);
    return EG_OK;
}

bool eg_image_looks_damaged(const struct eg_target *target, const uint8_t *data, size_t size)
{
    struct eg_image_info info;
    struct eg_error ignored;

    if (size < header_size(target->image_chip_id >= 0) || data[0] != EG_IMAGE_MAGIC || data[1] < 1 ||
        data[1] > EG_IMAGE_SEGMENTS_MAX || eg_image_parse(&info, target, data, size, &ignored) == EG_OK)
        return false;
    if (target->image_chip_id >= 0 && eg_get16(data + 12) != target->image_chip_id)
        return false;
    /* The range at 0 is padding, not memory. */
    const uint32_t entry = eg_get32(data + 4);
    for (const struct eg_memory_range *range = target->memory; range->name != NULL; range++)
        if (range->start != 0 && entry >= range->start && entry < range->end)
            return true;
    return false;
}

/* Return whether the header has full revisions; older images have none. */
static bool has_full_revisions(const struct eg_image_info *info)
{
    if (info->max_rev_full == 0)
        return false;
    return info->max_rev_full != NO_LIMIT || info->min_rev_full != 0 || info->min_rev == 0;
}

void eg_image_revisions(const struct eg_image_info *info, const struct eg_target *target, uint16_t *min_rev,
                        uint16_t *max_rev)
{
    *min_rev = 0;
    *max_rev = NO_LIMIT;
    if (!info->extended)
        return;
    if (has_full_revisions(info)) {
        *min_rev = info->min_rev_full;
        *max_rev = info->max_rev_full;
    } else if (target->quirks & EG_QUIRK_LEGACY_REV_IS_MINOR) {
        *min_rev = info->min_rev;
    } else {
        *min_rev = (uint16_t)(info->min_rev * 100);
    }
}

enum eg_code eg_image_patch(const struct eg_target *target, uint32_t addr,
                            const struct eg_flash_settings *settings, uint8_t *data, size_t size,
                            bool *changed, struct eg_error *err)
{
    struct eg_image_info info;
    struct eg_error ignored;

    *changed = false;
    if (addr != target->bootloader_addr || (settings->mode < 0 && settings->freq < 0 && settings->size < 0))
        return EG_OK;
    if (eg_image_parse(&info, target, data, size, &ignored) != EG_OK)
        return EG_OK;
    if (info.hash_appended)
        EG_TRY(check_hash_present(&info, size, err));

    const uint8_t mode = settings->mode < 0 ? info.flash_mode : (uint8_t)settings->mode;
    const int high = settings->size < 0 ? info.flash_size_freq & 0xf0 : settings->size;
    const int low = settings->freq < 0 ? info.flash_size_freq & 0x0f : settings->freq;
    const uint8_t size_freq = (uint8_t)(high | low);
    if (mode == info.flash_mode && size_freq == info.flash_size_freq)
        return EG_OK;
    data[2] = mode;
    data[3] = size_freq;
    *changed = true;
    if (info.hash_appended)
        EG_TRY(eg_sha256(data + info.hash_offset, data, info.hash_offset, err));
    return EG_OK;
}
