/* SPDX-License-Identifier: Apache-2.0 */

/* From an ELF file to the image that a chip's ROM or bootloader loads. */

#ifndef ENGINE_IMAGE_BUILD_H
#define ENGINE_IMAGE_BUILD_H

#include "engine/base/bytes.h"
#include "targets/target.h"

#include <stdbool.h>

/** So that the image, once signed, ends on an MMU page. */
enum eg_secure_pad { EG_SECURE_PAD_NONE, EG_SECURE_PAD_V1 /* ESP32 only */, EG_SECURE_PAD_V2 };

/** All zero = what esptool's elf2image does without options. What the ESP8266 lacks it passes over, as
 * esptool does: revisions, padding, `no_digest`, `ram_only_header`, `mmu_page_size`. */
struct eg_image_options {
    const char *flash_mode; /* NULL = "qio" */
    const char *flash_freq; /* NULL = code 0, whatever that is on the chip */
    const char *flash_size; /* NULL = "1MB" */
    unsigned version;       /* ESP8266 only: 1, 2, 3; 0 = 1 */
    unsigned min_rev;       /* legacy, 0 to 255 */
    unsigned min_rev_full;  /* major * 100 + minor, to 65535 */
    bool has_max_rev_full;  /* else 65535, no limit */
    unsigned max_rev_full;
    enum eg_secure_pad secure_pad;
    uint32_t elf_sha256_offset; /* in the image; 0 = 0xb0 when there is an application descriptor in flash */
    bool no_digest;             /* no SHA-256 at the end */
    bool use_segments;          /* program headers instead of sections */
    const char
        *mmu_page_size;      /* "64KB"; NULL = what the application descriptor says or sits on, else 64 KB */
    const char *pad_to_size; /* "4MB": FF to a multiple of it; NULL = none */
    bool ram_only_header;    /* the ROM sees the RAM segments only; no SHA-256 */
};

#define EG_IMAGE_FILES_MAX    2
#define EG_IMAGE_WARNINGS_MAX 4

struct eg_image_file {
    bool has_addr; /* the format says where the file goes: ESP8266 of versions 1 and 2 */
    uint32_t flash_addr;
    struct eg_buffer data;
};

/** What was built. Zero-initialise it; EG_CLEANUP(eg_image_files_finish) frees it. */
struct eg_image_files {
    struct eg_image_file file[EG_IMAGE_FILES_MAX]; /* by address */
    unsigned count;
    unsigned merged; /* parts of the ELF file that went into their neighbour */
    uint32_t mmu_page_size;
    char warning[EG_IMAGE_WARNINGS_MAX][160]; /* sentences */
    unsigned warning_count;
};

/**
 * Build the image of `target` from an ELF file in memory.
 *
 * ESP8266 version 1 makes two files when the ELF has a part in flash: the one the ROM loads, for address 0,
 * and that part as it is. All others make one.
 *
 * @return EG_OK; EG_BAD_IMAGE the ELF cannot become such an image; EG_BAD_JOB an option cannot be used;
 *         EG_NO_MEMORY. Any thread.
 */
enum eg_code eg_image_build(struct eg_image_files *files, const struct eg_target *target, const uint8_t *elf,
                            size_t size, const struct eg_image_options *options,
                            struct eg_error *err) EG_CHECKED;

void eg_image_files_finish(struct eg_image_files *files);

#endif
