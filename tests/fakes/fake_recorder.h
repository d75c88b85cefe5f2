/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A recorder in memory that can be made to fail, and a logger. Both write into one transcript, a line per
 * event, so that a test sees their order:
 *
 *     begin A
 *     stage-begin connect 1
 *     stage-end connect 1 ok
 *     intent 24:0a:c4:00:10:01
 *     finish pass
 *     outcome pass
 *
 * Threads: workers call it concurrently; the test reads it after they have ended.
 */

#ifndef TESTS_FAKES_FAKE_RECORDER_H
#define TESTS_FAKES_FAKE_RECORDER_H

#include "engine/base/log.h"
#include "engine/plan/recorder.h"

#define FAKE_RUNS_MAX    64
#define FAKE_STAGES_MAX  128
#define FAKE_REGIONS_MAX 8
#define FAKE_VALUES_MAX  16

struct fake_value {
    enum eg_value_kind kind;
    char name[64], value[128], limits[64];
    char unit[64], lower[32], upper[32]; /* "" also for NULL */
    double number;                       /* NAN = none */
    bool passed;
};

/** A copy of one run's records; its number is its index plus 1. */
struct fake_run {
    char slot[128];
    char label[64]; /* "" = none */
    struct eg_bridge bridge;
    unsigned intents, finishes;
    struct eg_unit unit; /* of the newest intent; after the run, of its end */
    bool has_unit;
    struct eg_run_record record; /* its pointers lead into this struct */
    struct eg_link_record link;
    char text[480], marginal[80];
    struct eg_stage_record stages[FAKE_STAGES_MAX];
    struct eg_region_record regions[FAKE_REGIONS_MAX];
    struct eg_erased_record erased[FAKE_REGIONS_MAX];
    struct fake_value values[FAKE_VALUES_MAX];
    unsigned value_count;
    size_t log_size;
};

struct fake_recorder {
    struct eg_recorder recorder;
    struct eg_logger logger;
    enum eg_code fail_begin, fail_intent, fail_secure,
        fail_finish;            /* EG_OK = succeed; else fail with "the disk is on fire" */
    struct eg_seen seen;        /* the answer for every MAC */
    bool holds;                 /* the answer for every region */
    struct eg_rates_seen rates; /* the answer for every slot */
    const char *taken;          /* a value of another board; NULL = none */
    const char *serial;         /* value of the first column "serial" of every pool; NULL = all are empty */
    const char *key;            /* value of a second, secret column "key"; NULL = there is none */

    /** Called by intent(), in the worker's thread, while the recorder is unlocked; may be NULL. */
    void (*at_intent)(void *context, const struct eg_unit *unit);
    /** Called for every log record, in the same way. */
    void (*at_log)(void *context, const struct eg_log_record *record);
    void *context;

    pthread_mutex_t lock;
    struct fake_run *runs;
    unsigned run_count;
    char transcript[65536]; /* truncated when full; without progress */
};

/** Set everything to zero. Tests make their own settings afterwards. */
void fake_recorder_init(struct fake_recorder *fake);
void fake_recorder_finish(struct fake_recorder *fake);

/** Return the only run of a slot; fail the test if there is none or more than one. */
const struct fake_run *fake_recorder_run(const struct fake_recorder *fake, const char *slot);

#endif
