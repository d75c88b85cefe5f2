/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/flash_options.h"

const char *const cli_flash_modes[] = {"keep", "qio", "qout", "dio", "dout", NULL};
const char *const cli_flash_freqs[] = {"keep", "80m", "60m", "48m", "40m", "30m", "26m",
                                       "24m",  "20m", "16m", "15m", "12m", NULL};
const char *const cli_flash_sizes[] = {"detect", "keep", "256KB", "512KB", "1MB",  "2MB",   "2MB-c1", "4MB",
                                       "4MB-c1", "8MB",  "16MB",  "32MB",  "64MB", "128MB", NULL};
const char *const cli_spi_buses[] = {"SPI", "HSPI", NULL};
