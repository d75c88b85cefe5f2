/* SPDX-License-Identifier: Apache-2.0 */

/* Help for a person at a terminal. */

#ifndef TOOLS_ESPGANG_HELP_H
#define TOOLS_ESPGANG_HELP_H

#include "tools/espgang/command.h"

/** What `espgang` alone prints. */
void cli_introduce(void);

/** What `espgang --help` prints. */
void cli_help(void);

/** Print the commands of a family, such as "secure". */
void cli_help_family(const char *family);

/** Print the forms of the command's line. */
void cli_print_usage(const struct cli_command *command);

/** What `espgang COMMAND --help` prints. */
void cli_print_help(const struct cli_command *command);

#endif
