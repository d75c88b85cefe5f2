/* SPDX-License-Identifier: Apache-2.0 */

/* Completion for shells: list what the last word of a command line may become. */

#ifndef TOOLS_ESPGANG_COMPLETE_H
#define TOOLS_ESPGANG_COMPLETE_H

/**
 * Print what the last word may become, one candidate per line. Nothing printed = a file, or anything.
 *
 * @param argv  the words after the program's name, as typed so far; the last one may be empty
 */
void cli_complete(int argc, const char *const *argv);

#endif
