/* SPDX-License-Identifier: Apache-2.0 */

/* What the runs of a batch gave to their boards and read from their logs, for looking up by run. */

#ifndef REPORTS_VALUES_H
#define REPORTS_VALUES_H

#include "db/query/query.h"

struct eg__value {
    int64_t run;
    size_t name;                 /* which of the names */
    char *text;                  /* of a secret "" */
    double number, lower, upper; /* NAN = none */
    bool passed;
};

struct eg__value_name {
    char *name, *unit;
    bool given;    /* to the board, not measured */
    size_t column; /* the first with this name: one name may have several units */
};

struct eg__values {
    struct eg__value *items; /* by run */
    size_t count;
    struct eg__value_name *names; /* in the order they came */
    size_t name_count;
};

/** Zero-initialise it; EG_CLEANUP(eg__values_finish). */
enum eg_code eg__values_collect(struct eg__values *values, struct eg_query *query, const char *batch,
                                struct eg_error *err) EG_CHECKED;
void eg__values_finish(struct eg__values *values);

/** The values of a run, in one array; `*count` may be 0. */
const struct eg__value *eg__values_of(const struct eg__values *values, int64_t run, size_t *count);

#endif
