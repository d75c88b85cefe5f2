/* SPDX-License-Identifier: Apache-2.0 */

/* The steps by which a trend is made, each in a file trend_*.c of its own. */

#ifndef REPORTS_TREND_INTERNAL_H
#define REPORTS_TREND_INTERNAL_H

#include "reports/numbers.h"
#include "reports/trend.h"

/** A unit, by its first and last finished runs. */
struct eg__gathered_unit {
    char *name; /* as in struct eg_trend_run */
    int64_t last_chain, first_chain, last_run, ended_ms;
    size_t session, outside; /* outside: the measure that its last run did not pass; EG__NONE = none */
    uint16_t code;           /* in the codes */
    uint8_t outcome;
    bool first_passed, chosen;
};

/** A finished run of the selection. */
struct eg__gathered_run {
    int64_t run, ended_ms, duration_us;
    size_t session, unit; /* EG__NONE = no unit */
    bool passed;
};

/** A slot of the table of units. */
struct eg__gathered_slot {
    uint32_t unit; /* 0, or 1 + its number */
    uint32_t hash; /* a part of that of its name: names are rarely compared */
};

/** What the selected runs and their units are. */
struct eg__gathered {
    struct eg__trend *trend;
    struct eg__gathered_run *runs; /* by number */
    size_t run_count;
    struct eg__gathered_unit *units;
    size_t unit_count;
    struct eg__gathered_slot *slots; /* of the hash table */
    size_t slot_count;
    char **codes;
    size_t code_count;
    int64_t first_ms, last_ms; /* ends of runs; the last is before the first: there are none */
    size_t session;            /* that of the last run */
};

/* trend_gather.c */

/** Read sessions, batches, runs and units. Zero-initialise it but for the trend and `last_ms`, -1. */
enum eg_code eg__gather(struct eg__gathered *gathered, struct eg_query *query,
                        const struct eg_selection *selection, struct eg_error *err) EG_CHECKED;
void eg__gathered_finish(struct eg__gathered *gathered);

/* trend_periods.c */

/** Choose a step for EG_TREND_BEST, and make the periods from the first to the last run, if there is one. */
enum eg_code eg__trend_make_periods(struct eg__trend *trend, int64_t first_ms, int64_t last_ms,
                                    struct eg_error *err) EG_CHECKED;
/** Return the period of a time that is in one. */
size_t eg__trend_period_of(const struct eg__trend *trend, int64_t time_ms);

/* trend_values.c */

/** Sum the values of the chosen units, and note what their last runs did not pass. */
enum eg_code eg__trend_values(struct eg__gathered *gathered, struct eg_query *query,
                              struct eg_error *err) EG_CHECKED;
/** Give a tally moments of each measure that is known so far. */
enum eg_code eg__trend_fit_measures(struct eg__tally *tally, size_t count, struct eg_error *err) EG_CHECKED;

/* trend_causes.c */

/** Find the cause of each chosen unit that is not good; EG__NONE for the others. `causes` is by unit. */
enum eg_code eg__trend_causes(const struct eg__gathered *gathered, size_t *causes,
                              struct eg_error *err) EG_CHECKED;
/** Put the most frequent cause first, in the names and in all tallies. */
void eg__trend_sort_causes(struct eg__trend *trend);

/* trend_shift.c */

/** Hold the last period with units against all before it. */
void eg__trend_find_shifts(struct eg__trend *trend);

#endif
