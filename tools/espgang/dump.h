/* SPDX-License-Identifier: Apache-2.0 */

/* Core dumps of this process, which would have keys and secret columns of pools in them. */

#ifndef TOOLS_ESPGANG_DUMP_H
#define TOOLS_ESPGANG_DUMP_H

/** Limit core dumps to nothing, for this process and the programs it starts. Only the program does it: a
 * library leaves its process as it is. */
void cli_dump_none(void);

/**
 * Secrets come into the memory of this process: from now on no core dump is piped to a collector, which the
 * limit does not prevent, and no other process of the user reads the memory. Nothing happens without
 * cli_dump_none().
 *
 * Other processes of the user no longer see which files and ports this one has open.
 */
void cli_dump_hold_secrets(void);

#endif
