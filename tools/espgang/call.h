/* SPDX-License-Identifier: Apache-2.0 */

/* From the words of a command line to a struct cli_call. */

#ifndef TOOLS_ESPGANG_CALL_H
#define TOOLS_ESPGANG_CALL_H

#include "tools/espgang/command.h"

/**
 * Read the options and count the arguments. `call->command` is set; the rest is zero. With --help or --usage
 * nothing else is checked.
 *
 * @return EG_OK; EG_BAD_ARGUMENT with a pointer to --help; EG_NO_MEMORY
 */
enum eg_code cli_call_parse(struct cli_call *call, int argc, const char *const *argv,
                            struct eg_error *err) EG_CHECKED;
void cli_call_finish(struct cli_call *call);

/** The rows of every command: --help and --usage. */
extern const struct cli_option cli_help_options[];

/** Return whether one of the options, NULL = none, has the letter. */
bool cli_has_letter(const struct cli_option *options, char letter);

#endif
