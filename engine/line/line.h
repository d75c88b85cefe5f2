/* SPDX-License-Identifier: Apache-2.0 */

/* What a line is given and what it gives back; the hooks of a batch. */

#ifndef ENGINE_LINE_LINE_H
#define ENGINE_LINE_LINE_H

#include "engine/base/mac.h"
#include "engine/stages/run.h"
#include "engine/stages/slot.h"

/** A job of the line, and who records its runs. */
struct eg_line_job {
    const struct eg_plan *plan;
    struct eg_recorder *recorder;
};

/** How many boards are at work at once, and how soon one begins after another. */
struct eg_turns {
    unsigned at_once;          /* 0 = all */
    unsigned at_once_of_group; /* in each group of slots; 0 = all */
    uint32_t stagger_ms;
};

struct eg_station {
    const struct eg_plan *plan; /* the job; of several the first */
    struct eg_recorder *recorder;
    const struct eg_line_job *more; /* further jobs: a board gets the one that fits it (eg_accept_both()) */
    unsigned more_count;
    struct eg_logger *logger; /* may be NULL */
    const struct eg_port_scheme *const *schemes;
    const char *stub_dir;    /* NULL = the built-in stubs */
    const char *private_key; /* file that decrypts keys in pools and in escrow; NULL = none */
    const char *batch;       /* its name, for hooks; NULL = none */
    const struct eg_slot *slots;
    unsigned slot_count;
    struct eg_turns turns;
    const struct eg_power *power; /* of its sockets; NULL = their supply is not switched */
    /** Of eg_station_watch(): once set, no board begins any more, and the line ends with those in progress.
     * NULL = never. */
    const struct eg_cancel *ending;
    /** Of eg_station_watch() and eg_station_serve(): asked by the station's thread before a board begins,
     * with how many are in progress. false = it does not begin yet. NULL = always. */
    bool (*may_begin)(void *context, const struct eg_slot *slot, unsigned running);
    void *may_begin_context;
};

/** How one board fared; a copy of what is durable in the ledger. */
struct eg_result {
    const char *slot;           /* of the station */
    const struct eg_plan *plan; /* the job of the run */
    int64_t run;                /* ledger number; 0 = the ledger refused the run */
    enum eg_outcome outcome;
    bool withdraws; /* takes back a pass that was told before, `former`; nothing was done to the board */
    enum eg_outcome former;
    enum eg_code code;
    char text[480];
    char marginal[80];
    char mac[EG_MAC_TEXT];
    const char *chip; /* "" = not identified */
    uint16_t revision;
    const char *package; /* "" = not identified */
    unsigned attempts;
    uint64_t duration_us;
    uint64_t bytes_sent;
};

/** Where eg_station_watch() looks for boards. */
struct eg_slot_source {
    /**
     * List the slots that have a port now, and which insertion it is. Called by the station's thread, five
     * times a second.
     *
     * @param slots  rows that stay as they are until the next call; their strings too
     */
    enum eg_code (*scan)(void *context, const struct eg_slot **slots, unsigned *count, struct eg_error *err);
    void *context;
};

/** Return what the station says of a board that is about to begin. */
static inline bool eg_station_may_begin(const struct eg_station *station, const struct eg_slot *slot,
                                        unsigned running)
{
    return station->may_begin == NULL || station->may_begin(station->may_begin_context, slot, running);
}

/** Return job `index` of a station, from 0; there are 1 + more_count. */
static inline struct eg_line_job eg_station_job(const struct eg_station *station, unsigned index)
{
    return index == 0 ? (struct eg_line_job){station->plan, station->recorder} : station->more[index - 1];
}

/**
 * Run the hook that each job has for before or after a batch; EG_OK if none has one. The failure of a hook
 * that its job does not require is logged as a warning.
 *
 * @param cancel  ends the program; but a flag that is set when the batch is over leaves its hook its time
 * @param counts  of runs, by outcome
 *
 * @return EG_OK; EG_PROGRAM_FAILED of a hook that is required, EG_CANCELLED, EG_IO, EG_NO_MEMORY:
 * "before-batch: fixture.sh exited with status 1: no air"
 */
enum eg_code eg_station_before_batch(const struct eg_station *station, const struct eg_cancel *cancel,
                                     struct eg_error *err) EG_CHECKED;
enum eg_code eg_station_after_batch(const struct eg_station *station, const unsigned counts[EG_ABORTED + 1],
                                    uint64_t duration_ms, const struct eg_cancel *cancel,
                                    struct eg_error *err) EG_CHECKED;

#endif
