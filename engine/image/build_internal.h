/* SPDX-License-Identifier: Apache-2.0 */

/* An image under construction: the input of layout_esp32.c and layout_esp8266.c. */

#ifndef ENGINE_IMAGE_BUILD_INTERNAL_H
#define ENGINE_IMAGE_BUILD_INTERNAL_H

#include "engine/image/build.h"
#include "engine/image/elf.h"
#include "engine/image/segments.h"

struct eg__layout {
    const struct eg_target *target;
    const struct eg_target *coded_as; /* its header codes and memory map are used: the target, but for ESP8266
                                         version 3 the ESP32, from which esptool derives it */
    const struct eg_image_options *options;
    const struct eg_elf *elf;
    struct eg__segments segments;
    uint8_t flash_mode, flash_size_freq;
    enum eg_secure_pad secure_pad; /* ignored by chips without it */
    uint32_t page_size;            /* MMU */
    bool wants_elf_sha256;         /* at `elf_sha256_offset` */
    uint32_t elf_sha256_offset;    /* in the image */
};

/** Lay out the image of a chip with the extended header. */
enum eg_code eg__layout_esp32(struct eg_buffer *out, const struct eg__layout *layout,
                              struct eg_error *err) EG_CHECKED;

/** Lay out an ESP8266 image, in the version that the options choose. */
enum eg_code eg__layout_esp8266(struct eg_image_files *files, const struct eg__layout *layout,
                                struct eg_error *err) EG_CHECKED;

#endif
