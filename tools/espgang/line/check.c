/* SPDX-License-Identifier: Apache-2.0 */

#include "jobs/explain_json.h"
#include "jobs/job.h"
#include "tools/espgang/document.h"
#include "tools/espgang/jobs/load.h"
#include "tools/espgang/line/readiness.h"
#include "tools/espgang/line/usb.h"
#include "tools/espgang/station.h"

/* What the boards that are attached share, at the job's rate. */
static enum eg_code show_usb(const struct eg_plan *plan, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_found_port *found = NULL;
    EG_CLEANUP(eg_free_cleanup) struct cli_usb_share *shares = NULL;
    size_t count, share_count;

    EG_TRY(eg_discover_ports(&found, &count, err));
    EG_TRY(cli_usb_shares(&shares, &share_count, found, count, err));
    if (share_count > 0)
        putchar('\n');
    cli_usb_print(stdout, shares, share_count, (uint32_t)eg_plan_number(plan, "link.baud"));
    return EG_OK;
}

static enum eg_code show_jobs(const struct cli_jobs *jobs, struct eg_error *err)
{
    for (unsigned i = 0; i < jobs->count; i++) {
        if (i > 0)
            putchar('\n');
        EG_TRY(eg_job_explain(jobs->plans[i], stdout, err));
        EG_TRY(show_usb(jobs->plans[i], err));
    }
    return EG_OK;
}

static enum eg_code print_json(const struct cli_call *call, const struct cli_jobs *jobs, struct eg_error *err)
{
    EG_CLEANUP(cli_json_cleanup) json_t *facts = json_array();

    for (unsigned i = 0; i < jobs->count; i++) {
        json_t *job = NULL;
        EG_TRY(eg_job_facts(&job, jobs->plans[i], err));
        json_array_append_new(facts, job);
    }
    return cli_print_document(call, json_pack("{s:O}", "jobs", facts), err);
}

static enum eg_code check(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(cli_jobs_finish) struct cli_jobs jobs = {.count = 0};
    EG_CLEANUP(cli_station_finish) struct cli_station station = {.file = NULL};
    EG_CLEANUP(cli_label_options_finish) struct cli_label_options labels = {.prints = false};

    EG_TRY(cli_load_jobs(&jobs, call, err));
    EG_TRY(cli_station_read(&station, NULL, err));
    EG_TRY(cli_label_options_read(&labels, call, station.file, err));
    EG_TRY(cli_check_name(call, "batch", err));
    const struct cli_readiness ready = {.jobs = &jobs,
                                        .labels = &labels,
                                        .ledger = cli_text(call, "ledger"),
                                        .batch = cli_text(call, "batch"),
                                        .recording = true};
    EG_TRY(cli_check_ledger(&ready, err));
    return cli_flag(call, "json") ? print_json(call, &jobs, err) : show_jobs(&jobs, err);
}

static const struct cli_option options[] = {
    {.name = "batch", .value = "NAME", .help = "Check that this batch takes runs of the job"},
    CLI_OPTION_LEDGER("Ledger that the job will be recorded into"),
    CLI_LABEL_OPTIONS,
    CLI_OPTION_TRUST_DIR,
    CLI_OPTION_JSON,
    {.name = NULL}};

const struct cli_command cli_command_check = {
    .name = "check",
    .group = CLI_LINE,
    .summary = "Check a job file or bundle and show the plan; touch nothing",
    .arguments = "JOB...",
    .details = "The job file and all files and programs that it names are checked. So is the ledger: whether "
               "it can be "
               "recorded into, whether the pool of the job is there and has rows whose columns fit the "
               "templates of the "
               "job, and, with `--batch`, whether the batch takes the runs of this job. "
               "`run` checks the same before it starts a board.\n"
               "\n"
               "Several jobs are those of one `run`: two that may fit the same board are refused.",
    .options = options,
    .least = 1,
    .most = -1,
    .run = check,
};
