/* SPDX-License-Identifier: Apache-2.0 */

/* The parts of the page about many batches. */

#ifndef REPORTS_HTML_TREND_H
#define REPORTS_HTML_TREND_H

#include "reports/html.h"

/* html_trend_summary.c */

/** The top of the page: title, time, conditions of the selection. */
enum eg_code eg__trend_top(struct eg__out *out, const struct eg__trend_report *report,
                           struct eg_error *err) EG_CHECKED;
/** Verdict, figures, most frequent causes. */
void eg__trend_summary(struct eg__out *out, const struct eg__trend_report *report);

/** Share of units that are good; NAN = no units. */
double eg__trend_yield(const struct eg__tally *tally);
/** "94.5 %"; "–" where there is no yield. */
struct eg__word eg__trend_yield_word(const struct eg__trend *trend, const struct eg__tally *tally);
/** "below the limit", "above the limit" or "within the limits" of the yield; "" = too few units to say. */
const char *eg__trend_verdict(const struct eg__trend *trend, const struct eg__tally *period);

/* html_trend_charts.c: each draws nothing if fewer than EG__POINTS_FEW periods have something to show. */

void eg__trend_yield_chart(struct eg__out *out, const struct eg__trend *trend, double target);
/** Good and not good units of each period. */
void eg__trend_unit_chart(struct eg__out *out, const struct eg__trend *trend);
/** Section "How long": median and 95 % of the cycle times. */
void eg__trend_how_long(struct eg__out *out, const struct eg__trend *trend);
void eg__trend_measure_chart(struct eg__out *out, const struct eg__trend *trend, size_t which);

#endif
