/* SPDX-License-Identifier: Apache-2.0 */

/* An image under construction: what build.c hands to the two families of layouts. */

#ifndef ENGINE_IMAGE_LAYOUT_H
#define ENGINE_IMAGE_LAYOUT_H

#include "engine/image/build.h"
#include "engine/image/elf.h"
#include "engine/image/segments.h"

struct eg__layout {
    const struct eg_target *target;
    const struct eg_target *coded_as; /* whose header codes and memory map count: the target's, but for
                                         ESP8266 version 3 the ESP32's, since esptool derives it from there */
    const struct eg_image_options *options;
    const struct eg_elf *elf;
    struct eg__segments segments;
    uint8_t flash_mode, flash_size_freq;
    enum eg_secure_pad secure_pad; /* as far as the chip has it */
    uint32_t page_size;            /* MMU */
    bool wants_elf_sha256;         /* at `elf_sha256_offset` */
    uint32_t elf_sha256_offset;    /* in the image */
};

/** The image of any chip with the extended header. */
enum eg_code eg__layout_esp32(struct eg_buffer *out, const struct eg__layout *layout,
                              struct eg_error *err) EG_CHECKED;

/** The ESP8266's, in the version the options ask for. */
enum eg_code eg__layout_esp8266(struct eg_image_files *files, const struct eg__layout *layout,
                                struct eg_error *err) EG_CHECKED;

#endif
