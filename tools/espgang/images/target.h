/* SPDX-License-Identifier: Apache-2.0 */

/* Options of commands that make firmware files. */

#ifndef TOOLS_ESPGANG_IMAGES_TARGET_H
#define TOOLS_ESPGANG_IMAGES_TARGET_H

#include "tools/espgang/flash_options.h"

#define CLI_OPTION_IMAGE_CHIP(default)                                                                       \
    {                                                                                                        \
        .name = "chip", .letter = 'c', .value = "CHIP", .help = "Chip of the file" default,                  \
        .env = "ESPTOOL_CHIP"                                                                                \
    }

/** Return the chip given with --chip. EG_BAD_ARGUMENT if it is missing or unknown. */
enum eg_code cli_image_chip(const struct cli_call *call, const char **chip, struct eg_error *err) EG_CHECKED;

/** Do the same as cli_option_number(); 0 without the option. */
enum eg_code cli_image_number(const struct cli_call *call, const char *option, uint64_t most,
                              unsigned *number, struct eg_error *err) EG_CHECKED;

#endif
