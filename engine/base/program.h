/* SPDX-License-Identifier: Apache-2.0 */

/* Other people's programs, run to their end: bytes in, bytes out, a time limit, no shell. */

#ifndef ENGINE_BASE_PROGRAM_H
#define ENGINE_BASE_PROGRAM_H

#include "engine/base/bytes.h"
#include "engine/base/clock.h"

/** What to run and how; nothing of it is kept. */
struct eg_program {
    /** The program and its arguments, NULL-terminated: with a slash a path, else looked for in PATH. */
    const char *const *argv;
    const char *name; /* in sentences; NULL = the last part of its path */
    /** "NAME=value" besides and instead of those of this process, NULL-terminated. NULL = none. */
    const char *const *environment;
    const void *input; /* its standard input, which then ends; it need not read it */
    size_t input_size;
    size_t output_max; /* bytes of standard output; one more and it is stopped */
    uint32_t timeout_ms;
};

/**
 * Run a program and wait until it has ended.
 *
 * It starts with the working directory of this process, default signal handling, no open file but the three
 * standard ones, and as a process group of its own. It has ended when its first process has: what that leaves
 * running in the group is killed. A program that has to be stopped is asked by SIGTERM first and killed half
 * a second later. What it says on standard error is for the sentence of its failure, and it may say 1 MiB.
 *
 * Threads: any number at once.
 *
 * @param output  its standard output is appended, on EG_OK only; NULL = that is treated as standard error
 * @param cancel  may be NULL
 *
 * @return EG_OK it exited with status 0;
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
