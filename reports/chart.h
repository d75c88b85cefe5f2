/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Charts as inline SVG: black, white and grey, with words at what matters, so that paper shows what a screen
 * does and a screen reader says it. Each is a <figure> as wide as a telephone.
 */

#ifndef REPORTS_CHART_H
#define REPORTS_CHART_H

#include "reports/numbers.h"
#include "reports/out.h"

/** What every chart has. */
struct eg__chart {
    const char *id;          /* an id of HTML, and no text from outside */
    const char *title;       /* the whole title is "KIND: NAME" when there is a name */
    const char *name;        /* from outside; NULL = none */
    const char *unit;        /* of what is measured; from outside */
    const char *description; /* for screen readers; no text from outside */
};

/** Bars of the sizes `counts` from `least` to `most`; lines at `low` and `high`, which may be NAN. */
void eg__chart_histogram(struct eg__out *out, const struct eg__chart *chart, const struct eg__series *series,
                         double low, double high);

/** One figure for each part of the batch's time: bars from 0; -1 = none. */
void eg__chart_over_time(struct eg__out *out, const struct eg__chart *chart,
                         const struct eg__numbers *numbers, const double values[EG__PARTS]);

/** Failures, most frequent first, with what of all they are together. */
void eg__chart_pareto(struct eg__out *out, const struct eg__chart *chart, const struct eg__numbers *numbers);

/** Shares of bad trials with their limits, the groups with the worst first. */
void eg__chart_shares(struct eg__out *out, const struct eg__chart *chart, const struct eg__groups *groups,
                      double mean);

#endif
