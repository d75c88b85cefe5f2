/* SPDX-License-Identifier: Apache-2.0 */

/* Run external programs to their end: bytes in, bytes out, a time limit, no shell. */

#ifndef ENGINE_BASE_PROGRAM_H
#define ENGINE_BASE_PROGRAM_H

#include "engine/base/bytes.h"
#include "engine/base/clock.h"

/** What to run and how. The callee keeps no pointer to it. */
struct eg_program {
    /** The program and its arguments, NULL-terminated. A name with a slash is a path, any other is searched
     * in PATH. */
    const char *const *argv;
    const char *name; /* in sentences; NULL = the last part of its path */
    /** "NAME=value", NULL-terminated: added to the variables of this process, or replacing them. NULL =
     * nothing to add. */
    const char *const *environment;
    const void *input; /* standard input, followed by its end; the program need not read it */
    size_t input_size;
    size_t output_max; /* most bytes of standard output; a program that writes more is stopped */
    uint32_t timeout_ms;
};

/**
 * Run a program and wait for its end.
 *
 * It starts in the working directory of this process, with default signal handling, with only the three
 * standard streams open, and in its own process group. A program that is an open file of this process
 * ("/proc/self/fd/N") is also its own descriptor 3. It has ended when its first process has; processes
 * left in the group are killed. To stop a program, SIGTERM is sent first and SIGKILL half a second later. The
 * end of its standard error goes into the sentence of a failure; it may write up to 1 MiB there.
 *
 * Threads: any number at once.
 *
 * @param output  its standard output is appended to it, only on EG_OK; NULL = standard output is treated as
 * standard error
 * @param cancel  may be NULL
 *
 * @return EG_OK the program exited with status 0;
 *         EG_PROGRAM_FAILED with the sentence: "label.sh exited with status 1: no paper", "label.sh did not
 *         end within 5 s", "no such program: label.sh", …; EG_CANCELLED; EG_IO, EG_NO_MEMORY
 */
enum eg_code eg_program_run(const struct eg_program *program, struct eg_buffer *output,
                            const struct eg_cancel *cancel, struct eg_error *err) EG_CHECKED;

/**
 * Check that a program could be started, so that a job is refused in time: it is there and executable, and a
 * script's first line names an interpreter that is, too, and begins and ends as it must.
 *
 * @param program  with a slash a path, else looked for in PATH
 *
 * @return EG_OK, or EG_PROGRAM_FAILED with the sentence of eg_program_run()
 */
enum eg_code eg_program_check(const char *program, struct eg_error *err) EG_CHECKED;

#endif
