/* SPDX-License-Identifier: Apache-2.0 */

/* Arguments ADDRESS FILE... of commands that write or compare files. */

#ifndef TOOLS_ESPGANG_ONE_BOARD_FLASH_FILES_H
#define TOOLS_ESPGANG_ONE_BOARD_FLASH_FILES_H

#include "tools/espgang/flash_options.h"

#define CLI_OPTION_RAW                                                                                       \
    {                                                                                                        \
        .name = "raw", .help = "Take Intel HEX and UF2 files as they are, at the address given"              \
    }

/** Check that addresses and readable files alternate. EG_BAD_ARGUMENT names the word. */
enum eg_code cli_flash_files_check_words(const struct cli_call *call, const char *const *words, int count,
                                         struct eg_error *err) EG_CHECKED;

/** Check what numbers already tell, before a board is connected; names of partitions wait for the board. */
enum eg_code cli_flash_files_check(const struct cli_call *call, struct eg_error *err) EG_CHECKED;

/** Return addresses and files of the call, those to be encrypted last, as one block for free(). The board is
 * asked for partitions. */
enum eg_code cli_flash_files(const struct cli_call *call, struct eg_flash_file **files, size_t *count,
                             struct eg_error *err) EG_CHECKED;

#endif
