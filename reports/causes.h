/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The units of a batch, and why some are not good, in words for people: related codes are one cause, a test
 * that failed by a measured value is a cause of that value. Every unit that is not good has one cause, that
 * of its last run.
 *
 * A cause clusters in a slot or flash part when chance alone makes that unlikely: Fisher's exact test,
 * two-sided, below EG__CHANCE divided by the number of places looked at.
 */

#ifndef REPORTS_CAUSES_H
#define REPORTS_CAUSES_H

#include "reports/numbers.h"

#define EG__CHANCE 0.01

/** A unit, by its last run. */
struct eg__unit {
    const struct eg__run *run; /* of the numbers */
    int64_t runs;              /* finished ones in the batch */
    char *mac, *serial, *label;
    char *remark; /* the sentence of a unit that is not good; why a pass is marginal, or not the first run */
};

/** Whether a unit is of interest: not plainly good at its first insertion. */
bool eg__unit_is_exception(const struct eg__unit *unit);

/** What people call a unit: its serial, else its label, else its MAC, else "". */
const char *eg__unit_name(const struct eg__unit *unit);

/** Name the cause of a failure by its code and, of a test, by the value that was out of its limits (NULL =
 * none). */
#define EG__CAUSE_TEXT 200
void eg__cause_name(char name[EG__CAUSE_TEXT], const char *code, const char *outside);

/** Where a cause clusters. */
struct eg__cluster {
    const char *name; /* of the slot or flash part; NULL = nowhere */
    bool slot;        /* else a flash part */
    int64_t here;     /* units of the cause there */
    int64_t units;    /* all units that came last there */
    double p;         /* by Fisher */
};

struct eg__cause {
    char *name;                    /* "Flash faults", "supply out of limits" */
    char *codes;                   /* "verify-mismatch 8, flash-stuck-bits 3" */
    const struct eg__unit **units; /* in the order they finished */
    size_t count;
    int64_t since_ms; /* end of the first */
    size_t slots;     /* different ones */
    struct eg__cluster cluster;
};

struct eg__causes {
    struct eg__cause *items; /* most frequent first */
    size_t count;
    int64_t bad;            /* units that are not good */
    struct eg__cause slow;  /* good ones with a slow flash; without a name and codes */
    struct eg__unit *units; /* all, in the order they finished; numbers->batch.units of them */
    size_t unit_count;
};

/** Zero-initialise it; EG_CLEANUP(eg__causes_finish). `numbers` must outlive it. */
enum eg_code eg__causes_collect(struct eg__causes *causes, struct eg_query *query,
                                const struct eg__numbers *numbers, struct eg_error *err) EG_CHECKED;
void eg__causes_finish(struct eg__causes *causes);

#endif
