/* SPDX-License-Identifier: Apache-2.0 */

/* What every stage can ask of its run, and the job-file keys of the pipeline, which live here because a plan
 * needs the keys but not the line. */

#include "engine/stages/stage.h"

const struct eg_option eg_pipeline_options[] = {
    {.key = "retry.attempts",
     .type = EG_OPTION_NUMBER,
     .fallback = "2",
     .least = 1,
     .most = 10,
     .help = "how often a board is tried before it counts as failed"},
    {.key = "retry.baud",
     .type = EG_OPTION_NUMBER_LIST,
     .fallback = "921600 460800 115200",
     .least = 9600,
     .most = 4000000,
     .help = "highest rate of the first, second, … attempt, the last for all further ones; not given: "
             "link.baud first"},
    {.key = NULL},
};

struct eg_log_origin eg_run_origin(const struct eg_run *run)
{
    return (struct eg_log_origin){run->slot, run->url, run->unit.mac};
}

void eg_run_progress(struct eg_run *run, const char *what, uint64_t done, uint64_t total)
{
    const struct eg_log_origin origin = eg_run_origin(run);

    eg_log_progress(run->logger, &origin, run->stage->name, what, done, total);
}

void eg_region_progress(void *context, uint64_t done, uint64_t total)
{
    const struct eg_region_progress *progress = context;

    (void)total;
    eg_run_progress(progress->run, progress->what, progress->done_before + done,
                    progress->run->plan->data_size);
}
