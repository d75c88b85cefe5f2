/* SPDX-License-Identifier: Apache-2.0 */

/* Build the image that a chip's ROM or bootloader loads from an ELF file. */

#ifndef ENGINE_IMAGE_BUILD_H
#define ENGINE_IMAGE_BUILD_H

#include "engine/base/bytes.h"
#include "targets/target.h"

#include <stdbool.h>

#define EG_IMAGE_FILES_MAX    2
#define EG_IMAGE_WARNINGS_MAX 4

struct eg_image_file {
    bool has_addr; /* the format has the address: ESP8266 versions 1 and 2 */
    uint32_t flash_addr;
    struct eg_buffer data;
};

/** The built files. Zero-initialise it; EG_CLEANUP(eg_image_files_finish) frees it. */
struct eg_image_files {
    struct eg_image_file file[EG_IMAGE_FILES_MAX]; /* by address */
    unsigned count;
    unsigned merged; /* parts of the ELF file that were joined to the one before */
    uint32_t mmu_page_size;
    char warning[EG_IMAGE_WARNINGS_MAX][160]; /* sentences */
    unsigned warning_count;
};

/**
 * Build the image of `target` from an ELF file in memory.
 *
 * ESP8266 version 1 makes two files if the ELF has a part in flash: the image that the ROM loads, for address
 * 0, and the raw flash part. All others make one.
 *
 * @return EG_OK; EG_BAD_IMAGE the ELF cannot become such an image; EG_BAD_JOB an option cannot be used;
 *         EG_NO_MEMORY. Any thread.
 */
enum eg_code eg_image_build(struct eg_image_files *files, const struct eg_target *target, const uint8_t *elf,
                            size_t size, const struct eg_image_options *options,
                            struct eg_error *err) EG_CHECKED;

void eg_image_files_finish(struct eg_image_files *files);

#endif
