/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The numbers of a batch, collected in one pass over its runs, one over their stages and one over their
 * values.
 *
 * A trial is a finished run that was not aborted; it is bad when it did not pass. Cycle times are those of
 * runs that passed, and of their stages that ended well, so that early failures do not make a line look fast.
 */

#ifndef REPORTS_NUMBERS_H
#define REPORTS_NUMBERS_H

#include "db/query/report.h"
#include "reports/stats.h"

/** Times of day of a batch are shown in at most so many parts. */
#define EG__PARTS 24

#define EG__BINS 20

/** Values in the order they came, with their times of day. */
struct eg__series {
    char *name;
    double *values;
    int64_t *times_ms;
    size_t count, room;
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
};

/** "above the limit", "below the limit", "within the limits". */
const char *eg__group_verdict(const struct eg__group *group);

/** Why runs did not pass. */
struct eg__failure {
    char *code, *blame;
    int64_t runs;
};

struct eg__measure {
    struct eg__series series;
    char *limits, *unit;
    double low, high; /* NAN = none */
    int64_t outside;  /* did not pass */
    int64_t texts;    /* are no number */
};

struct eg__groups {
    struct eg__group *items;
    size_t count, room;
};

struct eg__numbers {
    struct eg_batch batch; /* the query's strings */
    int64_t chain_id;
    char chain_hash[EG_SHA256_TEXT];
    int64_t trials, bad, retried_runs, retries;
    struct eg__groups slots, flash; /* slots in the order they began, flash parts likewise */
    struct eg__failure *failures;   /* most frequent first */
    size_t failure_count, failure_room;
    struct eg__series cycle;   /* seconds */
    struct eg__series *stages; /* seconds */
    size_t stage_count, stage_room;
    struct eg__measure *measures;
    size_t measure_count, measure_room;
    /* The batch in parts: runs that finished in each, and those of them that passed. */
    int64_t begin_ms, step_ms;
    unsigned parts;
    int64_t finished[EG__PARTS], passed[EG__PARTS];
};

/** Zero-initialise it; EG_CLEANUP(eg__numbers_finish). `batch` as eg_query_batch(). */
enum eg_code eg__numbers_collect(struct eg__numbers *numbers, struct eg_query *query, const char *batch,
                                 struct eg_error *err) EG_CHECKED;
void eg__numbers_finish(struct eg__numbers *numbers);

/** "c84016 GigaDevice, 4 MB"; "" = not known. `text` has room for EG__FLASH_TEXT. */
#define EG__FLASH_TEXT 80
void eg__flash_text(char text[EG__FLASH_TEXT], int64_t jedec, int64_t size);

#endif
