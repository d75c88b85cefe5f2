/* SPDX-License-Identifier: Apache-2.0 */

/* Options that commands for flash and for firmware files share. */

#ifndef TOOLS_ESPGANG_FLASH_OPTIONS_H
#define TOOLS_ESPGANG_FLASH_OPTIONS_H

#include "tools/espgang/command.h"

/** Words of esptool for the flash settings in the header of a bootloader. */
extern const char *const cli_flash_modes[], *const cli_flash_freqs[], *const cli_flash_sizes[];

/** Read the settings for the header; `list` is one of the above, or a part of it. */
#define CLI_OPTION_FLASH_MODE(default, list)                                                                 \
    {                                                                                                        \
        .name = "flash-mode", .value = "MODE", .help = "Flash mode for the header (default: " default ")",   \
        .more = "Also `-fm`.", .choices = list, .env = "ESPTOOL_FM"                                          \
    }
#define CLI_OPTION_FLASH_FREQ(default, list)                                                                 \
    {                                                                                                        \
        .name = "flash-freq", .value = "FREQ",                                                               \
        .help = "Flash frequency for the header (default: " default ")",                                     \
        .more = "Also `-ff`. Each chip has some of these.", .choices = list, .env = "ESPTOOL_FF"             \
    }
#define CLI_OPTION_FLASH_SIZE(default, list)                                                                 \
    {                                                                                                        \
        .name = "flash-size", .value = "SIZE", .help = "Flash size for the header (default: " default ")",   \
        .more = "Also `-fs`.", .choices = list, .env = "ESPTOOL_FS"                                          \
    }

/** Accepted for scripts written for esptool. */
#define CLI_OPTION_UNUSED(option, list, why)                                                                 \
    {                                                                                                        \
        .name = option, .value = "WORD", .help = "Accepted without effect" why, .choices = list              \
    }

extern const char *const cli_spi_buses[];

#define CLI_OPTION_SPI_CONNECTION                                                                            \
    {                                                                                                        \
        .name = "spi-connection", .value = "PINS",                                                           \
        .help = "Pins of the flash: SPI, HSPI, or the numbers CLK,Q,D,HD,CS", .more = "Also `-sc`.",         \
        .offers = cli_spi_buses                                                                              \
    }

#endif
