/* SPDX-License-Identifier: Apache-2.0 */

/* A folder like a build of ESP-IDF: bootloader, partition table, application, flasher_args.json. */

#ifndef TOOLS_DEV_FIRMWARE_H
#define TOOLS_DEV_FIRMWARE_H

#include "engine/base/error.h"

#include <stdint.h>

/**
 * Write the folder; files that are there are replaced.
 *
 * @param folder    made when absent, in a folder that exists
 * @param chip      a target's name
 * @param app_size  bytes of app.bin, a multiple of 16; 0 = 1 MiB, or 512 KiB for the ESP8266
 * @param seed      the same gives the same bytes
 *
 * @return EG_OK; EG_BAD_JOB the chip or the size is not possible; EG_BAD_IMAGE the chip's memory has no room
 * for an application of this size; EG_IO, EG_NO_ROOM, EG_NO_MEMORY
 */
enum eg_code firmware_write(const char *folder, const char *chip, long app_size, uint64_t seed,
                            struct eg_error *err) EG_CHECKED;

#endif
