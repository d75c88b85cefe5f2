/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The state of the line, for everything that shows it: slots, counts, last failures. It is a logger: it takes
 * the line's events and draws nothing.
 *
 * Shape: `slots` in the order of the station; each is empty, at work, done or off. A slot at work has stage,
 * percent and rate; one that is done has outcome, code and sentence until its board is taken out or the next
 * one begins. `failures` is a ring of the last runs that did not pass, newest last. `batch` is what the
 * ledger counts, as in a report; `cli_view_set_batch()` brings it, and `stale` says that runs have ended
 * since.
 *
 * Threads: log() may be called by any thread. Readers hold the lock (cli_view_lock()) while they read
 * members, and call nothing that waits. Texts are valid UTF-8 without control characters.
 */

#ifndef TOOLS_ESPGANG_LINE_VIEW_H
#define TOOLS_ESPGANG_LINE_VIEW_H

#include "db/query/query.h"
#include "engine/line/line.h"
#include "engine/stages/stages.h"

#include <pthread.h>
#include <time.h>

#define CLI_VIEW_FAILURES 32
#define CLI_VIEW_LOG      64  /* lines of a slot's log that are kept */
#define CLI_VIEW_LINE     200 /* bytes of such a line, with its NUL */
#define CLI_VIEW_SENTENCE 480 /* bytes of a cause, with its NUL */
#define CLI_VIEW_NAME     41  /* bytes of a slot's name, with its NUL; a longer one keeps its end */
#define CLI_VIEW_MINUTES  60  /* the rate is that of the last hour */

/** When something happened. */
struct cli_moment {
    uint64_t ms; /* monotonic */
    time_t at;   /* time of day */
};

struct cli_moment cli_moment_now(void);

enum cli_slot_state { CLI_SLOT_EMPTY, CLI_SLOT_AT_WORK, CLI_SLOT_DONE, CLI_SLOT_OFF };

/** What a person does with a board. The order is that of urgency. */
enum cli_verdict { CLI_FAIL, CLI_AGAIN, CLI_CHECK, CLI_PASSED };

/** Return the verdict: FAIL = the board is not good; AGAIN = contact, link or host: insert it again; CHECK =
 * it passed with a remark. */
enum cli_verdict cli_verdict_of(enum eg_outcome outcome);

/** "FAIL", "AGAIN", "CHECK", "PASS". */
const char *cli_verdict_word(enum cli_verdict verdict);

/** Return what to do with a board, in a few words: "red box"; "" for a pass. */
const char *cli_advice(enum eg_outcome outcome, enum eg_code code);

struct cli_view_line {
    time_t at;
    char text[CLI_VIEW_LINE];
};

struct cli_view_slot {
    char *name;                /* of the station, as it is */
    char shown[CLI_VIEW_NAME]; /* without what all long names begin with */
    enum cli_slot_state state;
    bool disabled;         /* it takes no further board: off once this one is gone */
    char mac[EG_MAC_TEXT]; /* "" = not known yet */
    int64_t run;           /* its number in the ledger; 0 = not known yet */
    char label[64];        /* serial number or label of the board; "" = none */
    char stage[32];        /* "write", or a hook */
    char what[64];         /* the file or step in progress; "" = none */
    unsigned attempt;      /* from 1; 0 = not begun */
    unsigned percent;      /* of all stages */
    uint32_t rate;         /* bytes per second of the stage's data; 0 = nothing moves */
    uint64_t begun_ms;     /* monotonic, of the run */
    uint64_t duration_ms;  /* done: of the run */
    enum eg_outcome outcome;
    enum eg_code code;
    char text[CLI_VIEW_SENTENCE]; /* the sentence; of a marginal pass its remark */
    char slowest[CLI_VIEW_LINE];  /* "write 6.61 s, wire 6.49 s, limited by rate" */
    uint64_t slowest_ms;
    unsigned runs, passed;     /* since the program began */
    struct cli_view_line *log; /* ring of CLI_VIEW_LOG; NULL = nothing logged yet */
    unsigned log_first, log_count;
    uint64_t moved_ms, moved_bytes; /* where the rate was measured last */
};

struct cli_view_failure {
    char slot[CLI_VIEW_NAME];
    char mac[EG_MAC_TEXT];
    char label[64];
    int64_t run; /* 0 = the ledger refused it */
    time_t at;
    enum eg_outcome outcome;
    enum eg_code code;
    char text[CLI_VIEW_SENTENCE];
};

struct cli_view {
    struct eg_logger logger;
    pthread_mutex_t lock; /* guards all below */
    char title[120];      /* job and version */
    char chip[32];
    char station[64]; /* "" = not named */
    char batch[120];  /* name; "" = not known yet */
    struct cli_view_slot *slots;
    unsigned slot_count;
    struct cli_view_failure failures[CLI_VIEW_FAILURES];
    unsigned failure_first, failure_count; /* in the ring */
    /** Units of the batch by the ledger, earlier sessions too. */
    struct {
        int64_t good, not_good;
    } counts;
    bool stale;                         /* `counts` were not set yet, or a run has ended since */
    unsigned target;                    /* good units wanted; 0 = not said */
    unsigned target_yield;              /* in tenths of a percent; 0 = not said */
    unsigned ended, passed;             /* runs of this program */
    uint64_t begun_ms;                  /* monotonic: the first run; 0 = none has begun */
    unsigned good_in[CLI_VIEW_MINUTES]; /* runs that passed, by minute since begun_ms, a ring */
    uint64_t good_minute;               /* the newest minute in it */
    unsigned failed_rounds;      /* grows when a board fails and no failed one is in its slot: ring a bell */
    char message[CLI_VIEW_LINE]; /* the last word of the station or the operator's input; "" = none */
    uint64_t message_ms;
    const struct eg_stage *stages[EG_STAGES_MAX];
    unsigned weight; /* of all stages */
};

/**
 * Begin with the station's slots. EG_CLEANUP(cli_view_finish) frees it. EG_NO_MEMORY, EG_INTERNAL the stages
 * do not fit together.
 */
enum eg_code cli_view_init(struct cli_view *view, const struct eg_plan *plan, const struct eg_slot *slots,
                           unsigned slot_count, struct eg_error *err) EG_CHECKED;
void cli_view_finish(struct cli_view *view);

void cli_view_lock(struct cli_view *view);
void cli_view_unlock(struct cli_view *view);

/** Take one record, as log() does, at a moment that is given. A slot that is not known yet is added. */
void cli_view_take(struct cli_view *view, const struct eg_log_record *record, struct cli_moment now);

/** Add a slot that has no board yet, or is not in use, unless it is there already. EG_NO_MEMORY. */
enum eg_code cli_view_add(struct cli_view *view, const char *slot, bool off, struct eg_error *err) EG_CHECKED;

/** Name a further job and its chip. Before others use the view. */
void cli_view_add_job(struct cli_view *view, const struct eg_plan *plan);

/** The slot takes no further board. */
void cli_view_disable(struct cli_view *view, const char *slot);

/** Set the names of station and batch; NULL = not known. Before others use the view. */
void cli_view_name(struct cli_view *view, const char *station, const char *batch);
/** The run in a slot has its number in the ledger, and its board a label; "" = none. */
void cli_view_run_begun(struct cli_view *view, const char *slot, int64_t run, const char *label);

/** The board of the run that a slot has is given a serial number: it is shown in place of the label. */
void cli_view_serial(struct cli_view *view, const char *slot, const char *serial);

/** Set what the ledger counts. */
void cli_view_set_batch(struct cli_view *view, const struct eg_batch *batch);

/** Return the slot's number, by name; slot_count = there is none. With the lock held, like all below. */
unsigned cli_view_find(const struct cli_view *view, const char *name);

/** Return failure `index`, 0 = the newest. */
const struct cli_view_failure *cli_view_failure(const struct cli_view *view, unsigned index);

/** Return line `index` of a slot's log, 0 = the oldest. */
const struct cli_view_line *cli_view_log_line(const struct cli_view_slot *slot, unsigned index);

/** Return the yield of the batch in tenths of a percent; -1 = no unit has ended. */
int cli_view_yield(const struct cli_view *view);

/** Return how many boards passed per hour, in the last hour or since the first board; 0 = none, or not known
 * in the first minute. */
unsigned cli_view_rate(const struct cli_view *view, uint64_t now_ms);

/** Return the minutes until the target is reached at that rate; -1 = no target, or not known yet. */
int64_t cli_view_minutes_left(const struct cli_view *view, uint64_t now_ms);

#endif
