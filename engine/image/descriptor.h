/* SPDX-License-Identifier: Apache-2.0 */

/* The descriptions that ESP-IDF puts into applications and bootloaders. */

#ifndef ENGINE_IMAGE_DESCRIPTOR_H
#define ENGINE_IMAGE_DESCRIPTOR_H

#include "engine/base/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EG_APP_DESCRIPTOR_SIZE        256
#define EG_BOOTLOADER_DESCRIPTOR_SIZE 80

/** Texts are UTF-8; bytes that are not, and control characters, have become '?'. Revisions are major * 100 +
 * minor. */
struct eg_app_descriptor {
    uint32_t secure_version;
    char version[33], project[33], time[17], date[17], idf_version[33];
    uint8_t elf_sha256[EG_SHA256_SIZE];
    uint16_t min_efuse_block_rev, max_efuse_block_rev;
    uint32_t mmu_page_size; /* 0 = not told */
};

struct eg_bootloader_descriptor {
    uint32_t version;
    char idf_version[33], date_time[25];
};

/** Whether the data begin with one; `*descriptor` is written only then. */
bool eg_app_descriptor_read(struct eg_app_descriptor *descriptor, const uint8_t *data, size_t size);
bool eg_bootloader_descriptor_read(struct eg_bootloader_descriptor *descriptor, const uint8_t *data,
                                   size_t size);

#endif
