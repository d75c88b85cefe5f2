/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/limits.h"

#include "db/query/query.h"
#include "engine/base/bytes.h"
#include "tools/espgang/command.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a slot that is like the others so many in a thousand are disabled: the upper tail of 3 sigma, as in
 * reports. */
#define TAIL 0.00135

/* The line has no record of what its slots did before it began. */
struct cli_slot_tally {
    char name[128];
    unsigned runs, failed;
    bool disabled;
};

/* Units that have passed, as a report of the batch counts them. */
static enum eg_code ask_ledger(struct cli_limits *limits, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_batch batch;

    EG_TRY(eg_query_open(&query, limits->ledger, err));
    EG_TRY(eg_query_batch(query, limits->batch, &batch, err));
    limits->good = (uint64_t)(batch.passed + batch.marginal);
    return EG_OK;
}

enum eg_code cli_limits_init(struct cli_limits *limits, const struct cli_limits_options *options,
                             const char *ledger, const char *batch, struct eg_error *err)
{
    *limits = (struct cli_limits){.options = *options, .ledger = ledger, .batch = batch};
    if (options->stop_after == 0)
        return EG_OK;
    EG_TRY(ask_ledger(limits, err));
    if (limits->good < options->stop_after)
        return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT,
                        "batch %s has %" PRIu64 " good units already, and --stop-after is %" PRIu64, batch,
                        limits->good, options->stop_after);
}

void cli_limits_finish(struct cli_limits *limits)
{
    free(limits->slots);
}

/* NULL without memory: the slot is then not watched. */
static struct cli_slot_tally *tally_of(struct cli_limits *limits, const char *slot)
{
    for (unsigned i = 0; i < limits->slot_count; i++)
        if (strcmp(limits->slots[i].name, slot) == 0)
            return &limits->slots[i];
    struct eg_error err;

    if (eg_grow(&limits->slots, limits->slot_count, sizeof *limits->slots, &err) != EG_OK)
        return NULL;
    struct cli_slot_tally *const added = &limits->slots[limits->slot_count++];
    snprintf(added->name, sizeof added->name, "%s", slot);
    return added;
}

bool cli_limits_disabled(const struct cli_limits *limits, const char *slot)
{
    for (unsigned i = 0; i < limits->slot_count; i++)
        if (strcmp(limits->slots[i].name, slot) == 0)
            return limits->slots[i].disabled;
    return false;
}

static void tell_going_on(struct cli_limits *limits)
{
    if (!limits->paused || cli_paused())
        return;
    limits->paused = false;
    limits->since_pause = 0;
    eg_log_print(limits->logger, NULL, "the line goes on");
}

bool cli_limits_may_begin(void *context, const struct eg_slot *slot, unsigned running)
{
    struct cli_limits *const limits = context;

    tell_going_on(limits);
    if (cli_paused())
        return false;
    if (limits->options.stop_after != 0 && limits->good + running >= limits->options.stop_after)
        return false;
    return !cli_limits_disabled(limits, slot->name);
}

double cli_limits_tail(double share, unsigned runs, unsigned failed)
{
    double sum = 0;

    for (unsigned k = failed; k <= runs; k++)
        sum += exp(lgamma(runs + 1.0) - lgamma(k + 1.0) - lgamma(runs - k + 1.0) + k * log(share) +
                   (runs - k) * log1p(-share));
    return sum;
}

/* A slot is held against the others, as if those had half a failure more than they had: nothing is known of
 * slots that never failed. */
static void look_at_slot(struct cli_limits *limits, struct cli_slot_tally *slot,
                         const struct eg_result *result, struct eg_logger *logger)
{
    const struct eg_log_origin origin = {slot->name, "", ""};
    unsigned runs = 0, failed = 0;

    for (unsigned i = 0; i < limits->slot_count; i++) {
        runs += limits->slots[i].runs;
        failed += limits->slots[i].failed;
    }
    runs -= slot->runs;
    failed -= slot->failed;
    if (runs == 0 || slot->disabled ||
        cli_limits_tail((failed + 0.5) / (runs + 1.0), slot->runs, slot->failed) >= TAIL)
        return;
    slot->disabled = true;
    eg_log_warning(
        logger, &origin,
        "the slot is disabled: %u of its %u boards did not pass, the last with %s, and %u of %u in the "
        "others: look at its socket, then start the line again",
        slot->failed, slot->runs, eg_code_name(result->code), failed, runs);
}

static void count_slot(struct cli_limits *limits, const struct eg_result *result, struct eg_logger *logger)
{
    struct cli_slot_tally *const slot = tally_of(limits, result->slot);
    const bool passed = eg_outcome_passed(result->outcome);

    if (slot == NULL)
        return;
    slot->runs += !result->withdraws;
    slot->failed += !passed;
    if (!passed)
        look_at_slot(limits, slot, result, logger);
}

/* How many units are good is counted by MAC, so the ledger has the last word. */
static void count_good(struct cli_limits *limits, const struct eg_result *result, struct eg_logger *logger)
{
    struct eg_error err;

    if (result->withdraws && limits->good > 0)
        limits->good--;
    if (!eg_outcome_passed(result->outcome) || ++limits->good < limits->options.stop_after || limits->reached)
        return;
    if (ask_ledger(limits, &err) != EG_OK)
        eg_log_warning(logger, NULL, "counting the good units of batch %s: %s", limits->batch, err.text);
    if (limits->good < limits->options.stop_after)
        return;
    limits->reached = true;
    eg_log_print(logger, NULL, "batch %s has its %" PRIu64 " good units: no further board begins",
                 limits->batch, limits->good);
}

static void count_failures(struct cli_limits *limits, const struct eg_result *result,
                           struct eg_logger *logger)
{
    limits->failures = eg_outcome_passed(result->outcome) ? 0 : limits->failures + 1;
    if (limits->failures < limits->options.stop_failures || limits->reached)
        return;
    limits->reached = true;
    eg_log_warning(logger, NULL,
                   "%" PRIu64
                   " boards in a row did not pass, the last in slot %s with %s: no further board begins",
                   limits->failures, result->slot, eg_code_name(result->code));
}

static void count_to_pause(struct cli_limits *limits, const struct eg_result *result,
                           struct eg_logger *logger)
{
    limits->since_pause = eg_outcome_passed(result->outcome) ? 0 : limits->since_pause + 1;
    if (limits->since_pause < limits->options.pause_failures || limits->paused || limits->reached)
        return;
    limits->paused = true;
    limits->logger = logger;
    cli_request_pause();
    eg_log_warning(
        logger, NULL,
        "the line pauses: %" PRIu64
        " boards in a row did not pass, the last in slot %s with %s; when the cause is mended, key c, "
        "the dashboard or SIGUSR1 lets it go on",
        limits->since_pause, result->slot, eg_code_name(result->code));
}

bool cli_limits_take(struct cli_limits *limits, const struct eg_result *result, struct eg_logger *logger)
{
    if (result->outcome == EG_ABORTED)
        return limits->reached;
    if (limits->options.disable_slots)
        count_slot(limits, result, logger);
    if (limits->options.stop_after != 0)
        count_good(limits, result, logger);
    if (limits->options.stop_failures != 0)
        count_failures(limits, result, logger);
    if (limits->options.pause_failures != 0) {
        tell_going_on(limits);
        count_to_pause(limits, result, logger);
    }
    return limits->reached;
}
