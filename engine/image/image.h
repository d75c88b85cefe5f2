/* SPDX-License-Identifier: Apache-2.0 */

/* ESP application and bootloader images: read the header, check the image, change flash mode, frequency and
 * size. */

#ifndef ENGINE_IMAGE_IMAGE_H
#define ENGINE_IMAGE_IMAGE_H

#include "engine/base/error.h"
#include "engine/image/settings.h"
#include "targets/target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EG_IMAGE_MAGIC            0xe9
#define EG_IMAGE_MAGIC_V2         0xea /* first byte of an ESP8266 image of version 2, before its irom part */
#define EG_IMAGE_SEGMENTS_MAX     16
#define EG_IMAGE_SEGMENT_SIZE_MAX 0x1000000u /* a segment is smaller */
#define EG_IMAGE_CHECKSUM_SEED    0xef
#define EG_IMAGE_CHECKSUM_LINE    16 /* the checksum is the last byte of a line of this many bytes */

/** Facts of a parsed image. */
struct eg_image_info {
    uint8_t segment_count;
    uint8_t flash_mode;      /* header byte 2 */
    uint8_t flash_size_freq; /* header byte 3 */
    uint32_t entry;
    bool extended; /* has the extended header; otherwise the fields below have no meaning */
    uint16_t chip_id;
    uint8_t min_rev;                     /* legacy */
    uint16_t min_rev_full, max_rev_full; /* major * 100 + minor; 65535 = no limit */
    bool hash_appended;
    size_t hash_offset; /* of the SHA-256, when appended */
    size_t end;         /* first byte after checksum and hash */
};

/**
 * Parse an image of `target`: magic, 1 to 16 segments that lie within the data, and an optional SHA-256.
 *
 * Checksum and hash are located, not checked.
 *
 * @return EG_OK; EG_BAD_IMAGE with what is wrong and at which offset
 */
enum eg_code eg_image_parse(struct eg_image_info *info, const struct eg_target *target, const uint8_t *data,
                            size_t size, struct eg_error *err) EG_CHECKED;

/** Return how many bytes come before the header of the first segment. */
size_t eg_image_header_size(const struct eg_image_info *info);

/** Check the XOR checksum and the SHA-256, if one is appended. EG_BAD_IMAGE names the wrong one, with both
 * values. */
enum eg_code eg_image_check(const struct eg_image_info *info, const uint8_t *data, size_t size,
                            struct eg_error *err) EG_CHECKED;

/**
 * Refuse an image that was built for another chip.
 *
 * Data that are not an image give EG_OK. An ESP8266 image has no chip id; it is recognised by the shape of
 * its header and a correct checksum.
 *
 * @return EG_OK; EG_BAD_IMAGE "is an image for ESP32-S3, not for ESP32-C3"
 */
enum eg_code eg_image_check_chip(const struct eg_target *target, const uint8_t *data, size_t size,
                                 struct eg_error *err) EG_CHECKED;

/**
 * Return whether the data are a damaged image: they begin like an image of `target`, with an entry point in
 * its memory, but do not parse. Other data may begin with E9 by chance.
 */
bool eg_image_looks_damaged(const struct eg_target *target, const uint8_t *data, size_t size);

/** Write the lowest and highest chip revision (major * 100 + minor) that may run the image; 0 and 65535 = no
 * limit. */
void eg_image_revisions(const struct eg_image_info *info, const struct eg_target *target, uint16_t *min_rev,
                        uint16_t *max_rev);

/**
 * Change mode, frequency and size in the header of an image for `addr`, and update the appended SHA-256.
 *
 * Nothing is changed if all fields are kept, `addr` is not the bootloader's, or the data are not an image of
 * the chip.
 *
 * @param changed  whether a byte was changed
 */
enum eg_code eg_image_patch(const struct eg_target *target, uint32_t addr,
                            const struct eg_flash_settings *settings, uint8_t *data, size_t size,
                            bool *changed, struct eg_error *err) EG_CHECKED;

#endif
