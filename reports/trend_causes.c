/* SPDX-License-Identifier: Apache-2.0 */

/* Why units of a trend are not good, in the words of a batch's report. */

#include "reports/trend_internal.h"

#include "engine/base/bytes.h"
#include "reports/causes.h"

#include <string.h>

static enum eg_code take_cause(struct eg__trend *trend, const char *name, size_t *at, struct eg_error *err)
{
    size_t i = 0;

    while (i < trend->cause_count && strcmp(trend->causes[i], name) != 0)
        i++;
    *at = i;
    if (i < trend->cause_count)
        return EG_OK;
    EG_TRY(eg_grow(&trend->causes, i, sizeof *trend->causes, err));
    trend->cause_count++;
    return eg_strdup(&trend->causes[i], name, err);
}

enum eg_code eg__trend_causes(const struct eg__gathered *gathered, size_t *causes, struct eg_error *err)
{
    struct eg__trend *const trend = gathered->trend;
    char name[EG__CAUSE_TEXT];

    for (size_t i = 0; i < gathered->unit_count; i++) {
        const struct eg__gathered_unit *const unit = &gathered->units[i];
        causes[i] = EG__NONE;
        if (!unit->chosen || eg_outcome_passed((enum eg_outcome)unit->outcome))
            continue;
        eg__cause_name(name, gathered->codes[unit->code],
                       unit->outside == EG__NONE ? NULL : trend->measures[unit->outside].name);
        EG_TRY(take_cause(trend, name, &causes[i], err));
    }
    return EG_OK;
}

void eg__trend_sort_causes(struct eg__trend *trend)
{
    for (size_t i = 0; i < trend->cause_count; i++) {
        size_t most = i;
        for (size_t k = i + 1; k < trend->cause_count; k++)
            if (trend->total.causes[k] > trend->total.causes[most])
                most = k;
        char *const name = trend->causes[i];
        trend->causes[i] = trend->causes[most];
        trend->causes[most] = name;
        for (size_t k = 0; k < 1 + trend->batch_count + trend->period_count; k++) {
            int64_t *const counts = k == 0 ? trend->total.causes
                                    : k <= trend->batch_count
                                        ? trend->batches[k - 1].tally.causes
                                        : trend->periods[k - 1 - trend->batch_count].causes;
            const int64_t count = counts[i];
            counts[i] = counts[most];
            counts[most] = count;
        }
    }
}
