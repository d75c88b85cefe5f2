/* SPDX-License-Identifier: Apache-2.0 */

/* All that can be read out of an image. */

#ifndef ENGINE_IMAGE_INSPECT_H
#define ENGINE_IMAGE_INSPECT_H

#include "engine/image/descriptor.h"
#include "engine/image/image.h"
#include "engine/image/memory.h"

#define EG_IMAGE_SEGMENTS_SHOWN (EG_IMAGE_SEGMENTS_MAX + 1) /* with the irom part of version 2 */

struct eg_image_segment {
    uint32_t addr, size;
    size_t file_offset;                      /* of the segment's header; its data are 8 bytes further */
    const char *memory[EG_MEMORY_NAMES_MAX]; /* what lies at `addr`: "DRAM", "BYTE_ACCESSIBLE" */
    unsigned memory_count;
};

/** Needs no clean-up; names are static. */
struct eg_image_details {
    const struct eg_target *target; /* the caller's, or found out */
    size_t size;                    /* of all the data, whatever stands behind the image */
    size_t end;                     /* of the image, with checksum and hash */

    unsigned version; /* 1; 2 = ESP8266 with the irom part in front */
    uint32_t entry;
    uint8_t flash_mode, flash_size_freq;                             /* header bytes 2 and 3 */
    const char *flash_mode_name, *flash_size_name, *flash_freq_name; /* NULL = no such code on the target */

    bool extended;  /* has the extended header; the fields down to max_rev_full mean something then only */
    uint8_t wp_pin; /* 0xee = disabled */
    uint8_t clk_drv, q_drv, d_drv, cs_drv, hd_drv, wp_drv;
    uint16_t chip_id;
    const struct eg_target
        *chip; /* of that id; NULL = unknown. Differs from `target` when the caller was wrong */
    uint8_t min_rev;
    uint16_t min_rev_full, max_rev_full;

    struct eg_image_segment segments[EG_IMAGE_SEGMENTS_SHOWN];
    unsigned segment_count;

    uint8_t checksum, actual_checksum;
    bool hash_appended;
    uint8_t hash[EG_SHA256_SIZE], actual_hash[EG_SHA256_SIZE];
    bool has_crc; /* version 2, when there is something behind its checksum */
    uint32_t crc, actual_crc;

    bool has_app;
    struct eg_app_descriptor app;
    bool has_bootloader;
    struct eg_bootloader_descriptor bootloader;
};

/**
 * Read an image; wrong checksums and hashes are reported, not refused.
 *
 * @param target  NULL = found out: by chip id and checksum, an image that fits no other is an ESP8266's
 *
 * @return EG_OK; EG_BAD_IMAGE with what is wrong and at which offset, or what else the data are. Any thread.
 */
enum eg_code eg_image_inspect(struct eg_image_details *details, const struct eg_target *target,
                              const uint8_t *data, size_t size, struct eg_error *err) EG_CHECKED;

#endif
