/* SPDX-License-Identifier: Apache-2.0 */

/* What a format is given: the numbers of a batch, and the ledger for what it asks by itself. */

#ifndef REPORTS_REPORT_INTERNAL_H
#define REPORTS_REPORT_INTERNAL_H

#include "engine/base/clock.h"
#include "reports/causes.h"
#include "reports/numbers.h"
#include "reports/out.h"
#include "reports/registry.h"
#include "reports/report.h"
#include "reports/trend.h"
#include "reports/values.h"

struct eg__report {
    struct eg_query *query;
    const struct eg__numbers *numbers;
    const struct eg__causes *causes;
    const struct eg_report_look *look;
    struct eg__values *values;      /* none when no format has every_value */
    const struct eg_cancel *cancel; /* may be NULL */
};

/** What a format is given for many batches. */
struct eg__trend_report {
    const struct eg__trend *trend;
    const struct eg_report_look *look;
    const struct eg_selection *selection;
    const struct eg_cancel *cancel; /* may be NULL */
};

#endif
