/* SPDX-License-Identifier: Apache-2.0 */

/* The frame of the program: which command, complaints, exit status. */

#ifndef TOOLS_ESPGANG_CLI_H
#define TOOLS_ESPGANG_CLI_H

#include "tools/espgang/command.h"

/** The whole program but for main(): argv as the shell gives it. */
enum cli_status cli_main(int argc, const char **argv);

#endif
