/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/rate.h"

#include "engine/link/bridges.h"
#include "engine/stages/secure.h"
#include "engine/stages/stages.h"

#include <inttypes.h>

/* What the proof may damage, and what is worth its 50 ms. */
#define WRITE_LEAST (32 * 1024)

/* So many boards in a row must have passed before a rate that was given up is tried again. */
#define CLEAN_LEAST 50

/* Highest rates of stubs. Those that raise the CPU's clock keep up with 3 Mbaud; the others run at 20 to 40
 * MHz and must empty their FIFO within 0.5 ms at 2 Mbaud. Of the ESP8266 nothing above the usual rate is
 * known. */
#define FAST_STUB 3000000
#define STUB      2000000

static bool is_automatic(const struct eg_run *run)
{
    return eg_plan_number(run->plan, "link.baud") == 0;
}

uint32_t eg_rate_of_job(const struct eg_plan *plan)
{
    const uint64_t baud = eg_plan_number(plan, "link.baud");

    return baud != 0 ? (uint32_t)baud : EG_RATE_USUAL;
}

enum eg_code eg_rate_begin(struct eg_run *run, struct eg_error *err)
{
    struct eg_rates_seen seen;

    run->link = (struct eg_link_record){0};
    if (!is_automatic(run))
        return EG_OK;
    EG_TRY(run->recorder->ops->rates(run->recorder, run->slot, &run->bridge, &seen, err));
    run->link.baud_most = seen.baud_most == 0         ? eg_rates[0]
                          : seen.clean >= CLEAN_LEAST ? eg_rate_above(seen.baud_most)
                                                      : seen.baud_most;
    return EG_OK;
}

static void lower(uint32_t *limit, uint64_t other)
{
    if (other < *limit)
        *limit = (uint32_t)other;
}

static uint32_t stub_baud_most(const struct eg_loader *loader)
{
    const struct eg_target *const target = loader->target;

    if (target->rom_baud == EG_ROM_BAUD_NONE)
        return EG_RATE_USUAL;
    return (target->quirks & EG_QUIRK_STUB_RESETS_RATE) != 0 || loader->cpu_fast ? FAST_STUB : STUB;
}

/* Return the highest rate that this board and its cable may do. */
static uint32_t highest(const struct eg_run *run)
{
    const struct eg_setting *const retry = eg_plan_setting(run->plan, "retry.baud");
    uint32_t most = run->link.baud_most;

    lower(&most, eg_bridge_baud_most(run->bridge.vid, run->bridge.pid));
    lower(&most, stub_baud_most(&run->loader));
    if (run->baud_most != 0)
        lower(&most, run->baud_most);
    if (retry->given)
        lower(&most, retry->number[0]);
    return eg_rate_at_most(most);
}

/* A board that stops answering must be brought back by a reset. */
static bool may_raise(const struct eg_run *run)
{
    const enum eg_before before = (enum eg_before)eg_plan_choice(run->plan, "link.before");

    return run->loader.stub && !run->native_usb && eg_port_has_baud(run->port) &&
           eg_port_has_lines(run->port) && before == EG_BEFORE_DEFAULT_RESET;
}

/* The lowest rate is never given up. */
static void give_up(struct eg_run *run, uint32_t baud)
{
    const uint32_t below = eg_rate_at_most(baud - 1);

    if (below != 0)
        lower(&run->link.baud_most, below);
    if (run->link.baud_failed == 0 || baud < run->link.baud_failed)
        run->link.baud_failed = baud;
}

static enum eg_code change_and_prove(struct eg_run *run, uint32_t baud, uint32_t flash_addr,
                                     struct eg_error *err)
{
    EG_TRY(eg_loader_change_baud(&run->loader, baud, err));
    return eg_loader_prove_rate(&run->loader, flash_addr, err);
}

/* Reset the board and make it ready again, if it is still the same. */
static enum eg_code start_again(struct eg_run *run, struct eg_error *err)
{
    EG_TRY(eg_run_enter_loader(run, err));
    EG_TRY(eg_stage_identify.run(run, err));
    return eg_stage_stub.run(run, err);
}

enum eg_code eg_rate_raise(struct eg_run *run, uint32_t flash_addr, uint32_t size, struct eg_error *err)
{
    const struct eg_log_origin origin = eg_run_origin(run);

    if (!is_automatic(run) || run->rate != 0 || size < WRITE_LEAST)
        return EG_OK;
    while (may_raise(run) && highest(run) > run->loader.baud) {
        const uint32_t baud = highest(run);
        const enum eg_code code = change_and_prove(run, baud, flash_addr, err);
        if (code == EG_OK) {
            eg_log_verbose(run->logger, &origin, "%" PRIu32 " baud is proved", baud);
            break;
        }
        if (code == EG_PORT_GONE || code == EG_CANCELLED)
            return code;
        give_up(run, baud);
        eg_log_note(run->logger, &origin, "%" PRIu32 " baud does not work on this cable: %s", baud,
                    err->text);
        if (start_again(run, err) != EG_OK)
            return eg_error_prefix(err, "connecting again after %" PRIu32 " baud: ", baud);
    }
    run->rate = run->loader.baud;
    run->loader.steps_down = run->loader.stub && eg_port_has_baud(run->port) && !run->native_usb;
    return EG_OK;
}

bool eg_rate_end(struct eg_run *run, enum eg_code code)
{
    const bool failed =
        code != EG_OK && code != EG_CANCELLED && code != EG_PORT_GONE && (run->facts & EG_FACT_VERIFIED) == 0;

    if (run->rate == 0)
        return false;
    if (run->loader.baud_failed != 0) {
        give_up(run, run->loader.baud_failed);
        run->rate = eg_rate_at_most(run->loader.baud_failed - 1);
    }
    if (failed)
        give_up(run, run->rate);
    return failed && run->rate > run->baud;
}
