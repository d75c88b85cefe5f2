/* SPDX-License-Identifier: Apache-2.0 */

/* Loading a job as this station's trusted keys allow. */

#ifndef TOOLS_ESPGANG_JOBS_LOAD_H
#define TOOLS_ESPGANG_JOBS_LOAD_H

#include "tools/espgang/command.h"

struct eg_plan;

/** Load the job or bundle of argument 0; --trust-dir is an option of the command. Every failure is the job's
 * fault. */
enum eg_code cli_load_job(struct eg_plan **plan, const struct cli_call *call,
                          struct eg_error *err) EG_CHECKED;

/** Jobs of a command that takes several; EG_CLEANUP(cli_jobs_finish) frees them. */
struct cli_jobs {
    struct eg_plan **plans;
    unsigned count;
};

/** Load a job or bundle for each argument, as cli_load_job() does, and refuse two that may fit the same
 * board. */
enum eg_code cli_load_jobs(struct cli_jobs *jobs, const struct cli_call *call,
                           struct eg_error *err) EG_CHECKED;
void cli_jobs_finish(struct cli_jobs *jobs);

/** Print what the guard notices about a job that it does not refuse, to standard error. */
void cli_tell_notices(const struct eg_plan *plan);

/** Give an error the blame of the job, so that it leads to CLI_USAGE. Returns its code. */
enum eg_code cli_blame_job(struct eg_error *err);

#endif
