/* SPDX-License-Identifier: Apache-2.0 */

/*
 * When a line stops by itself, and which of its slots take no further board: so many good units, so many
 * failures in a row, a slot that fails more often than the others do.
 *
 * Threads: the station's.
 */

#ifndef TOOLS_ESPGANG_LINE_LIMITS_H
#define TOOLS_ESPGANG_LINE_LIMITS_H

#include "engine/line/line.h"

/** What the command line says; 0 and false = no limit. */
struct cli_limits_options {
    uint64_t stop_after;     /* good units of the batch */
    uint64_t stop_failures;  /* runs in a row that did not pass, whatever their slots */
    uint64_t pause_failures; /* the same, after which the line waits for a person */
    bool disable_slots;      /* that leave their control limit */
};

struct cli_slot_tally;

/** EG_CLEANUP(cli_limits_finish) frees it. */
struct cli_limits {
    struct cli_limits_options options;
    const char *ledger, *batch; /* path and name; the ledger's */
    uint64_t good, failures;    /* of the batch; in a row */
    uint64_t since_pause;       /* failures in a row since the line went on */
    bool paused;                /* as it was told */
    struct cli_slot_tally *slots;
    unsigned slot_count;
    bool reached;             /* the line is to end */
    struct eg_logger *logger; /* that was told of the pause */
};

/** Begin with the good units that the batch has already. What eg_query_batch() can end with. */
enum eg_code cli_limits_init(struct cli_limits *limits, const struct cli_limits_options *options,
                             const char *ledger, const char *batch, struct eg_error *err) EG_CHECKED;
void cli_limits_finish(struct cli_limits *limits);

/** The station's may_begin(): a board does not begin in a disabled slot, while the line is paused, nor while
 * as many are in progress as good units are missing. */
bool cli_limits_may_begin(void *context, const struct eg_slot *slot, unsigned running);

/** Return whether no further board begins in a slot. */
bool cli_limits_disabled(const struct cli_limits *limits, const char *slot);

/** Count a result; tell the logger when a limit is reached, a slot is disabled or the line pauses. Returns
 * whether the line is to end. */
bool cli_limits_take(struct cli_limits *limits, const struct eg_result *result, struct eg_logger *logger);

/**
 * Return the probability that at least `failed` of `runs` fail when each does with probability `share`, above
 * 0 and below 1.
 */
double cli_limits_tail(double share, unsigned runs, unsigned failed);

#endif
