/* SPDX-License-Identifier: Apache-2.0 */

/* The option --bytes of commands for the flash's status registers. */

#ifndef TOOLS_ESPGANG_ONE_BOARD_STATUS_H
#define TOOLS_ESPGANG_ONE_BOARD_STATUS_H

#include "tools/espgang/flash_options.h"

extern const char *const cli_status_bytes[];

#define CLI_OPTION_STATUS_BYTES                                                                              \
    {                                                                                                        \
        .name = "bytes", .value = "N", .help = "Number of status registers (default: 2)",                    \
        .choices = cli_status_bytes                                                                          \
    }

/** Its value. */
unsigned cli_status_byte_count(const struct cli_call *call);

#endif
