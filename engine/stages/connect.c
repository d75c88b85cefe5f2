/* SPDX-License-Identifier: Apache-2.0 */

/*
 * connect: open the port, reset into the loader, find out which chip answers, raise the rate where its ROM
 * can.
 *
 * A board whose port disappeared in the attempt before gets some seconds to come back: a native USB chip
 * re-enumerates after a reset, and a worn plug is pushed in again.
 */

#include "engine/stages/run.h"

#define SYNC_ATTEMPTS 7

#define COME_BACK_TRIES    7
#define COME_BACK_PAUSE_MS 1000

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
    {.key = NULL},
};

static enum eg_code open_port(struct eg_run *run, struct eg_error *err)
{
    return eg_port_open(&run->port, run->url, run->schemes, run->cancel, err);
}

static enum eg_code open_again(struct eg_run *run, struct eg_error *err)
{
    for (unsigned i = 0; i < COME_BACK_TRIES; i++) {
        const enum eg_code code = open_port(run, err);
        if (!eg_port_may_come_back(code))
            return code;
        struct eg_error cancelled;
        if (eg_sleep_ms(run->cancel, COME_BACK_PAUSE_MS, &cancelled) != EG_OK) {
            *err = cancelled;
            return err->code;
        }
    }
    /* The port was there when the run began, so it is gone, whatever opening it says now. */
    const enum eg_code code = open_port(run, err);
    if (eg_port_may_come_back(code)) {
        err->code = EG_PORT_GONE;
        return eg_error_prefix(
            err, "the port did not come back in %u s: ", COME_BACK_TRIES * COME_BACK_PAUSE_MS / 1000);
    }
    return code;
}

static enum eg_code connect_board(struct eg_run *run, struct eg_error *err)
{
    const enum eg_before before = (enum eg_before)eg_plan_choice(run->plan, "link.before");

    EG_TRY(run->attempt == 1 ? open_port(run, err) : open_again(run, err));
    eg_loader_init(&run->loader, run->port);
    EG_TRY(eg_loader_connect(&run->loader, before, run->baud, SYNC_ATTEMPTS, err));
    EG_TRY(eg_loader_detect(&run->loader, err));
    return eg_loader_change_baud(&run->loader, run->baud, err);
}

const struct eg_stage eg_stage_connect = {
    .name = "connect",
    .summary = "open the port, reset into the loader, detect the chip, raise the rate",
    .order = 10,
    .options = options,
    .gives = EG_FACT_CONNECTED,
    .weight = 2,
    .run = connect_board,
};
