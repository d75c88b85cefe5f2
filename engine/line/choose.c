/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A run is on record before its board is touched, and a run belongs to a job. So a board is
 * asked who it is before its run begins; the run asks again, and so finds out when it is another one by then.
 */

#include "engine/line/choose.h"

#include "engine/stages/accept.h"
#include "engine/stages/slot.h"
#include "engine/stages/stages.h"

#include <stdio.h>
#include <string.h>

#define SYNC_ATTEMPTS 7
#define LOOKS         2 /* the first may be disturbed as any attempt */

/* What the jobs say of a board. */
struct choice {
    unsigned for_chip, fitting;
    struct eg_line_job of_chip, fits; /* the first ones */
    char chips[200];                  /* of the jobs: "ESP32, ESP32-C3" */
    char refusals[400];               /* "acme: the chip is revision 0.3, the job accepts >=3.0; ..." */
};

static enum eg_code look(struct eg_run *run, struct eg_error *err)
{
    const enum eg_before before = (enum eg_before)eg_plan_choice(run->plan, "link.before");

    EG_TRY(eg_run_open(run, err));
    eg_loader_init(&run->loader, run->port);
    EG_TRY(eg_loader_connect(&run->loader, before, EG_PORT_OPEN_BAUD, SYNC_ATTEMPTS, err));
    EG_TRY(eg_loader_detect(&run->loader, NULL, err));
    return eg_stage_identify.run(run, err);
}

/* The run has not begun; what identifies the slot's board stays. */
static void forget(struct eg_run *run, bool unit_too)
{
    eg_port_close(run->port);
    run->port = NULL;
    run->loader = (struct eg_loader){0};
    run->chip = (struct eg_chip_info){0};
    run->flash = (struct eg_flash_info){0};
    if (!unit_too)
        return;
    run->unit = (struct eg_unit){0};
    run->has_unit = false;
}

static void append(char *text, size_t room, const char *separator, const char *more)
{
    const size_t used = strlen(text);

    if (snprintf(text + used, room - used, "%s%s", used > 0 ? separator : "", more) < 0)
        text[used] = '\0';
}

static enum eg_code ask_job(struct eg_run *run, struct eg_line_job job, struct choice *choice,
                            struct eg_error *err)
{
    char refusal[600];

    if (run->loader.target != job.plan->target)
        return EG_OK;
    if (choice->for_chip++ == 0)
        choice->of_chip = job;
    run->plan = job.plan;
    const enum eg_code code = eg_accept_board(run, err);
    if (code == EG_OK && choice->fitting++ == 0)
        choice->fits = job;
    if (code != EG_NOT_ACCEPTED)
        return code;
    snprintf(refusal, sizeof refusal, "%s: %s", job.plan->job_name, err->text);
    append(choice->refusals, sizeof choice->refusals, "; ", refusal);
    return EG_OK;
}

/* Whether an earlier job is for the chip of this one. */
static bool is_named(const struct eg_station *station, unsigned index)
{
    for (unsigned i = 0; i < index; i++)
        if (eg_station_job(station, i).plan->target == eg_station_job(station, index).plan->target)
            return true;
    return false;
}

static enum eg_code ask_jobs(struct eg_run *run, const struct eg_station *station, struct choice *choice,
                             struct eg_error *err)
{
    const struct eg_plan *const first = run->plan;
    enum eg_code code = EG_OK;

    *choice = (struct choice){.for_chip = 0};
    for (unsigned i = 0; i <= station->more_count && code == EG_OK; i++) {
        const struct eg_line_job job = eg_station_job(station, i);
        if (!is_named(station, i))
            append(choice->chips, sizeof choice->chips, ", ", job.plan->target->label);
        code = ask_job(run, job, choice, err);
    }
    run->plan = first;
    return code;
}

/* EG_OK with `choice` when the board answers, else its last failure. */
static enum eg_code look_and_ask(struct eg_run *run, const struct eg_station *station, struct choice *choice,
                                 struct eg_error *err)
{
    enum eg_code code;

    for (unsigned looks = 1;; looks++) {
        code = look(run, err);
        if (code == EG_OK)
            code = ask_jobs(run, station, choice, err);
        if (code == EG_OK || looks == LOOKS || !eg_code_may_retry(code))
            return code;
        forget(run, true);
    }
}

static void take(struct eg_run *run, struct eg_line_job job)
{
    const struct eg_log_origin origin = eg_run_origin(run);

    run->plan = job.plan;
    run->recorder = job.recorder;
    eg_log_note(run->logger, &origin, "gets the job %s%s%s", job.plan->job_name,
                job.plan->job_version[0] != '\0' ? " " : "", job.plan->job_version);
    forget(run, true);
}

static enum eg_code refuse(struct eg_run *run, const struct choice *choice, struct eg_error *err)
{
    if (choice->for_chip == 0)
        eg_error_set(err, EG_WRONG_CHIP, "the board is an %s, the jobs are for %s", run->loader.target->label,
                     choice->chips);
    else if (choice->fitting == 0)
        eg_error_set(err, EG_NOT_ACCEPTED, "no job fits the board: %s", choice->refusals);
    else
        eg_error_set(err, EG_NOT_ACCEPTED, "%u jobs fit the board, %s and others", choice->fitting,
                     choice->fits.plan->job_name);
    if (choice->for_chip > 0) {
        run->plan = choice->of_chip.plan;
        run->recorder = choice->of_chip.recorder;
    }
    forget(run, false);
    return err->code;
}

enum eg_code eg__choose_job(struct eg_run *run, const struct eg_station *station, struct eg_error *err)
{
    struct choice choice;

    if (station->more_count == 0 || eg_cancel_requested(run->cancel))
        return EG_OK;
    if (look_and_ask(run, station, &choice, err) != EG_OK) {
        forget(run, true);
        return EG_OK;
    }
    if (choice.fitting == 1)
        take(run, choice.fits);
    else if (choice.fitting == 0 && choice.for_chip == 1)
        take(run, choice.of_chip);
    else
        return refuse(run, &choice, err);
    return EG_OK;
}
