/* SPDX-License-Identifier: Apache-2.0 */

/*
 * connect: open the port, reset into the loader, find out which chip answers, raise the rate where its ROM
 * can.
 *
 * A board whose port disappeared in the attempt before gets some time to come back: a chip with USB of its
 * own leaves the bus with a reset, and a worn plug is pushed in again.
 */

#include "engine/stages/run.h"
#include "engine/stages/slot.h"

#define SYNC_ATTEMPTS 7

/* In the order of enum eg_before. */
static const char *const befores[] = {"default-reset", "usb-reset", "no-reset", "no-reset-no-sync", NULL};

static const struct eg_option options[] = {
    {.key = "link.baud",
     .type = EG_OPTION_NUMBER,
     .fallback = "921600",
     .least = 9600,
     .most = 4000000,
     .help = "rate to work at, in bits per second"},
    {.key = "link.before",
     .type = EG_OPTION_CHOICE,
     .fallback = "default-reset",
     .choices = befores,
     .help = "how to get into the loader"},
    {.key = "link.return",
     .type = EG_OPTION_DURATION,
     .fallback = "7s",
     .least = 100,
     .most = 10 * 60 * 1000,
     .help =
         "how long to wait for a port that has disappeared, as that of a chip with USB of its own does in a "
         "reset"},
    {.key = NULL},
};

/* A reset that the job asks for, or that its test needs, must be possible, before anything is written.
 * Without either the board is left in its loader, which the last stage says. */
static enum eg_code check_after(const struct eg_run *run, struct eg_error *err)
{
    const struct eg_setting *const after = eg_plan_setting(run->plan, "link.after");
    const bool tests = eg_plan_setting(run->plan, "test")->group_count > 0;

    if ((!after->given && !tests) ||
        eg_loader_will_leave(&run->loader, (enum eg_after)after->choice) != EG_LEFT_WITHOUT_LINES)
        return EG_OK;
    return eg_error_set(
        err, EG_PORT_REFUSED,
        "%s has no DTR and RTS, so the board cannot be reset into its application%s: use a port "
        "that has them, or watchdog-reset where the chip has it",
        run->port->url, tests ? ", whose log the job tests" : "");
}

static enum eg_code connect_board(struct eg_run *run, struct eg_error *err)
{
    const enum eg_before before = (enum eg_before)eg_plan_choice(run->plan, "link.before");

    EG_TRY(run->attempt == 1 ? eg_run_open(run, err) : eg_run_open_again(run, err));
    eg_loader_init(&run->loader, run->port);
    EG_TRY(eg_loader_connect(&run->loader, before, run->baud, SYNC_ATTEMPTS, err));
    EG_TRY(eg_loader_detect(&run->loader, run->plan->target, err));
    run->native_usb = eg_loader_usb_otg(&run->loader) || eg_loader_usb_jtag(&run->loader);
    EG_TRY(check_after(run, err));
    return eg_loader_change_baud(&run->loader, run->baud, err);
}

const struct eg_stage eg_stage_connect = {
    .name = "connect",
    .summary = "open the port, reset into the loader, detect the chip, raise the rate",
    .order = 10,
    .options = options,
    .gives = EG_FACT_CONNECTED,
    .weight = 2,
    .boards = EG_BOARDS_ALL,
    .run = connect_board,
};
