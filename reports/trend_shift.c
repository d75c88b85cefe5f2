/* SPDX-License-Identifier: Apache-2.0 */

/* Whether the last period differs from those before it by more than chance. */

#include "reports/trend_internal.h"

#define SHIFT_UNITS 20 /* with fewer on one side nothing is said */

void eg__trend_find_shifts(struct eg__trend *trend)
{
    const struct eg__tally *last = NULL;

    for (size_t i = trend->period_count; i-- > 0 && last == NULL;)
        if (trend->periods[i].units > 0)
            last = &trend->periods[i];
    if (last == NULL || last->units < SHIFT_UNITS || trend->total.units - last->units < SHIFT_UNITS)
        return;
    const int64_t before = trend->total.units - last->units;
    struct eg__shift *const yield = &trend->yield_shift;
    *yield = (struct eg__shift){true,        eg__tally_good(last),
                                last->units, eg__tally_good(&trend->total) - eg__tally_good(last),
                                before,      1};
    yield->p = eg_stats_fisher(yield->here, yield->units, yield->before, yield->units_before);
    for (size_t i = 0; i < trend->cause_count; i++) {
        struct eg__shift shift = {
            true, last->causes[i], last->units, trend->total.causes[i] - last->causes[i], before, 1};
        shift.p = eg_stats_fisher(shift.here, shift.units, shift.before, shift.units_before);
        if (!trend->cause_shift.known || shift.p < trend->cause_shift.p) {
            trend->cause_shift = shift;
            trend->shifted_cause = i;
        }
    }
}
