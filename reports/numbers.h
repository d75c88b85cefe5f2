/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The numbers of a batch, collected in one pass over its runs, one over their stages and one over their
 * values. Every format shows these, so that no two differ.
 *
 * A trial is a finished run that was not aborted; it is bad when it did not pass. Cycle times are those of
 * runs that passed, and of their stages that ended well, so that early failures do not make a line look fast.
 * A measured value counts once for each unit: that of its first test.
 */

#ifndef REPORTS_NUMBERS_H
#define REPORTS_NUMBERS_H

#include "db/query/report.h"
#include "engine/plan/recorder.h"
#include "reports/stats.h"

/** Times of day of a batch are shown in at most so many parts. */
#define EG__PARTS 24

#define EG__BINS 20

/** An index for "none". */
#define EG__NONE SIZE_MAX

/** A finished run. */
struct eg__run {
    int64_t run, chain_id, begun_ms, ended_ms, duration_us, attempts;
    size_t slot, flash; /* in the groups; EG__NONE = the flash is not known */
    size_t session;     /* in the sessions; EG__NONE never */
    size_t unit;        /* number of its unit, from 0; EG__NONE = a run of none */
    size_t rank;        /* of a unit's last run: its place in the order; EG__NONE of others */
    bool first, last;   /* of its unit */
    bool repeat;        /* refused because the board had passed: says nothing of slot or board */
    bool slow;          /* its flash was: a region took longer to write than on the other boards */
    bool contact;       /* a fault of contact or link: the slot's doing, not the board's */
    enum eg_outcome outcome;
    const char *code;                                      /* "ok" of a pass */
    int8_t secure_boot, flash_encryption, secure_download; /* 1 on, 0 off, -1 not known */
};

static inline bool eg__run_passed(const struct eg__run *run)
{
    return eg_outcome_passed(run->outcome);
}

/** Values in the order they came, with their times of day. */
struct eg__series {
    char *name;
    double *values;
    int64_t *times_ms;
    size_t count;
    /* of eg__numbers_collect(); 0 without values */
    double least, median, p95, most;
    int64_t bins[EG__BINS];    /* least to most; longer than that of 99 % of them: in the last */
    double bins_most;          /* upper end of the last bin */
    double medians[EG__PARTS]; /* of each part of the batch's time; -1 without values */
};

/** Slots, or flash parts. */
struct eg__group {
    char *name;
    int64_t flash_jedec, flash_size;
    int64_t trials, bad;
    struct eg__limits limits;
    /* The faults of contact and link among the bad ones, and the limits of those. */
    int64_t contact;
    struct eg__limits contact_limits;
    int64_t since_ms; /* first fault by which the contact faults were above their limit; -1 = they are not */
};

/** "above the limit", "below the limit", "within the limits". */
const char *eg__group_verdict(const struct eg__group *group);

/** Why runs did not pass. */
struct eg__failure {
    char *code, *blame;
    int64_t runs;
};

struct eg__stage {
    struct eg__series series; /* seconds */
    double floor_sum;         /* seconds that the bytes need on the wire, of those of its runs that tell it */
    int64_t floors;           /* these runs */
    int64_t limits[EG_LIMIT_DIGEST + 1]; /* of its runs, by what limited them */
};

/** Below so many values nothing is said of a process. */
#define EG__FEW 20

struct eg__measure {
    struct eg__series series;
    char *limits, *unit;
    double low, high; /* NAN = none */
    int64_t outside;  /* did not pass */
    int64_t texts;    /* are no number */
    int decimals;     /* the most that a value has */
    struct eg__capability capability;
    uint8_t *seen; /* a bit for each unit that has a value */
};

struct eg__session {
    char *started_utc, *station, *operator_name, *job, *job_version, *job_sha256, *chip, *tool_version;
    int64_t number, runs;
};

/** A rule that the job allowed to be broken, and how many runs broke it. */
struct eg__allowed {
    char *rule;
    int64_t runs;
};

struct eg__groups {
    struct eg__group *items;
    size_t count;
};

struct eg__numbers {
    struct eg_batch batch; /* the query's strings */
    int64_t chain_id;
    char chain_hash[EG_SHA256_TEXT];
    struct eg__run *runs; /* by number */
    size_t run_count;
    const struct eg__run *
        *order; /* the last run of each unit, in the order they finished; batch.units of them */
    struct eg__session *sessions; /* in the order they began */
    size_t session_count;
    int64_t trials, bad, retried_runs, retries;
    struct eg__groups slots,
        flash; /* slots in the order they began, flash parts likewise; some have no trial */
    struct eg__failure *failures; /* most frequent first */
    size_t failure_count;
    struct eg__series cycle; /* seconds */
    struct eg__stage *stages;
    size_t stage_count;
    struct eg__measure *measures;
    size_t measure_count;
    struct eg__allowed *allowed;
    size_t allowed_count;
    /* Runs whose measured values did not pass, by run: the name of the first of them. */
    struct eg__outside {
        int64_t run;
        const char *name;
    } * outside;
    size_t outside_count;
    size_t value_run; /* where the walk over the values is in the runs */
    /* The batch in parts: runs that finished in each, and those of them that passed. */
    int64_t begin_ms, step_ms;
    unsigned parts;
    int64_t finished[EG__PARTS], passed[EG__PARTS];
};

/** Zero-initialise it; EG_CLEANUP(eg__numbers_finish). `batch` as eg_query_batch(). */
enum eg_code eg__numbers_collect(struct eg__numbers *numbers, struct eg_query *query, const char *batch,
                                 struct eg_error *err) EG_CHECKED;
void eg__numbers_finish(struct eg__numbers *numbers);

/** Return the run of this number, or NULL. */
const struct eg__run *eg__numbers_run(const struct eg__numbers *numbers, int64_t run);

/** Return the name of the first measured value of a run that did not pass, or NULL. */
const char *eg__numbers_outside(const struct eg__numbers *numbers, int64_t run);

/** The part of the batch's time that a moment is in. */
unsigned eg__numbers_part(const struct eg__numbers *numbers, int64_t time_ms);

/** "c84016 GigaDevice, 4 MB"; "" = not known. `text` has room for EG__FLASH_TEXT. */
#define EG__FLASH_TEXT 80
void eg__flash_text(char text[EG__FLASH_TEXT], int64_t jedec, int64_t size);

#endif
