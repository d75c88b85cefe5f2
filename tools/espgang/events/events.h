/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The events of a line: one JSON object for each, for programs. `--json`, the dashboard's stream, MQTT and
 * the webhook carry the same ones. reports/events.schema.json describes them, reports/events.md explains
 * them.
 *
 * Threads: the logger and the calls of runs may be used by any, the others by the station's.
 */

#ifndef TOOLS_ESPGANG_EVENTS_EVENTS_H
#define TOOLS_ESPGANG_EVENTS_EVENTS_H

#include "db/query/query.h"
#include "engine/line/station.h"

#include <stdatomic.h>

/** Version of the events' form; grows when a field changes its meaning or goes. */
#define CLI_EVENTS_VERSION 1

#define CLI_EVENT_SINKS    4
#define CLI_EVENTS_SESSION 17 /* hex digits of a session, with the NUL */

struct cli_event {
    const char *name;  /* "stage-begin" */
    const char *slot;  /* "" = the station's */
    uint64_t sequence; /* of this session, from 1 */
    bool is_progress;  /* the next one of its slot replaces it */
    bool is_talk;      /* more talkative than the user asked for */
    const char *json;  /* without a newline */
    size_t size;       /* of `json` */
};

/** Takes an event, in the order of their numbers, and must not wait: the board whose event it is waits. The
 * strings live as long as the call. */
struct cli_event_sink {
    void (*take)(void *context, const struct cli_event *event);
    void *context;
};

struct cli_events {
    struct eg_logger logger;
    enum eg_verbosity verbosity;
    char session[CLI_EVENTS_SESSION]; /* random; of this start of the program */
    pthread_mutex_t lock;             /* of what is below */
    uint64_t sequence;                /* of the newest event */
    struct cli_event_sink sinks[CLI_EVENT_SINKS];
    atomic_uint sink_count;            /* read without the lock, too: without a sink no event is made */
    struct cli_event_details *details; /* of runs on record whose result is not told yet */
};

enum eg_code cli_events_init(struct cli_events *events, struct eg_error *err) EG_CHECKED;
void cli_events_finish(struct cli_events *events);

/** At most CLI_EVENT_SINKS. The sink gets the events from now on. */
void cli_events_add(struct cli_events *events, struct cli_event_sink sink);

/** Take away what was added with this context; afterwards it gets no event. */
void cli_events_remove(struct cli_events *events, const void *context);

/** A sink that prints lines; `out` stays the caller's. Its error flag tells of a full disk. */
struct cli_event_sink cli_events_print(FILE *out);

/** What the event "batch-begin" says besides the plan. */
struct cli_events_batch {
    const char *batch, *ledger;
    const struct eg_line_job *more; /* jobs besides the one that is given */
    unsigned more_count;
    const struct eg_slot *slots;
    unsigned slot_count;
    bool rehearsal, new_ledger;
};

/** The event "batch-begin": what will be run, where it is recorded. */
void cli_events_batch_begin(struct cli_events *events, const struct eg_plan *plan,
                            const struct cli_events_batch *batch);

/** The event "run-begin": a board's run has its number. */
void cli_events_run_begin(struct cli_events *events, int64_t run, const struct eg_run_begin *begin);

/** The event "security": what has been put on record of the security of a run's board, item by item. The
 * words of blocks and the digests of regions stay in the ledger. */
void cli_events_security(struct cli_events *events, int64_t run, const char *slot,
                         const struct eg_security_record *records, unsigned count);

/** Keep what a run has put on record for its event "result". */
void cli_events_run_recorded(struct cli_events *events, int64_t run, const char *label,
                             const struct eg_run_record *record);

/** The event "result": how a run ended. */
void cli_events_result(struct cli_events *events, const struct eg_result *result);

/**
 * The event "batch-end": runs of this program, and what the whole batch has come to, as a report counts it.
 *
 * @param units, passed  runs, and those that passed
 */
void cli_events_batch_end(struct cli_events *events, unsigned units, unsigned passed,
                          const struct eg_batch *batch, uint64_t duration_ms);

#endif
