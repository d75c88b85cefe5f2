/* SPDX-License-Identifier: Apache-2.0 */

/* Commands by their names. */

#ifndef TOOLS_ESPGANG_REGISTRY_H
#define TOOLS_ESPGANG_REGISTRY_H

#include "tools/espgang/command.h"

#define CLI_NAME_SIZE 64

/** The name of a command as it is spelled today, from the word that was typed ("write_flash"). */
void cli_spell_command(char name[CLI_NAME_SIZE], const char *word);

/** Return the command of this name that needs a board, or the one that does not. `run` is both: with a job
 * file it is the line's, without one esptool's. NULL = no such command. */
const struct cli_command *cli_find_command(const char *name, bool board);

/** Return whether it is the first word of a family of commands: "secure". */
bool cli_is_family(const char *name);

/** Return whether one of the words is not an option. */
bool cli_has_argument(int argc, const char *const *argv);

#endif
