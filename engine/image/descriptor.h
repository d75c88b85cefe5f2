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

/** Return whether the data begin with a description; `*descriptor` is written only then. */
bool eg_app_descriptor_read(struct eg_app_descriptor *descriptor, const uint8_t *data, size_t size);
bool eg_bootloader_descriptor_read(struct eg_bootloader_descriptor *descriptor, const uint8_t *data,
                                   size_t size);

#endif
