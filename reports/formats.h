/* SPDX-License-Identifier: Apache-2.0 */

/* The formats of a report; each writes all of it from numbers that are collected and what it asks by itself.
 */

#ifndef REPORTS_FORMATS_H
#define REPORTS_FORMATS_H

#include "engine/base/clock.h"
#include "reports/numbers.h"
#include "reports/out.h"
#include "reports/values.h"

struct eg__report {
    struct eg_query *query;
    const struct eg__numbers *numbers;
    struct eg__values *values;
};

typedef enum eg_code eg__format(struct eg__out *out, const struct eg__report *report, struct eg_error *err);

eg__format eg__html, eg__csv, eg__json, eg__junit;

/** Chromium, that there is one: EG_OK and its name, or EG_PROGRAM_FAILED and what to install. */
enum eg_code eg__pdf_program(const char **program, struct eg_error *err) EG_CHECKED;

/** The HTML report as `out` gets it, printed. */
enum eg_code eg__pdf(struct eg__out *out, const struct eg__report *report, const char *program,
                     const struct eg_cancel *cancel, struct eg_error *err) EG_CHECKED;

#endif
