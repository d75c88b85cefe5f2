/* SPDX-License-Identifier: Apache-2.0 */

/* Help for a person at a terminal. */

#ifndef TOOLS_ESPGANG_HELP_H
#define TOOLS_ESPGANG_HELP_H

#include "tools/espgang/command.h"

/** Print the output of `espgang` alone. */
void cli_introduce(void);

/** Print the output of `espgang --help`. */
void cli_help(void);

/** Print the commands of a family, such as "secure". */
void cli_help_family(const char *family);

/** Print the forms of the command's line. */
void cli_print_usage(const struct cli_command *command);

/** Print the output of `espgang COMMAND --help`. */
void cli_print_help(const struct cli_command *command);

#endif
