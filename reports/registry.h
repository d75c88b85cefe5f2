/* SPDX-License-Identifier: Apache-2.0 */

/* The formats of reports, which the build finds by their files. */

#ifndef REPORTS_REGISTRY_H
#define REPORTS_REGISTRY_H

#include "engine/base/error.h"

#include <stdbool.h>

struct eg__out;
struct eg__report;
struct eg__trend_report;

/**
 * A format of reports. It is one file, format_NAME.c, that defines one `const struct eg_report_format
 * eg_report_format_NAME`; the build finds it by its name. The options of `espgang report`, its help, manual
 * page and completion are made from it.
 */
struct eg_report_format {
    const char *name;    /* of its option */
    const char *summary; /* what the option does: a verb first, no full stop */
    const char *more;    /* further sentences for the manual; NULL = none */
    bool every_value;    /* shows the values of all runs, however many they are */
    /** Whether the programs it needs are there; asked before anything is read or written. NULL = it needs
     * none. */
    enum eg_code (*check)(struct eg_error *err);
    enum eg_code (*write)(struct eg__out *out, const struct eg__report *report, struct eg_error *err);
    /** The same of many batches; NULL = the format is of one batch. */
    enum eg_code (*write_trend)(struct eg__out *out, const struct eg__trend_report *report,
                                struct eg_error *err);
};

/** All formats, by name; NULL after the last. */
extern const struct eg_report_format *const eg_report_formats[];

#endif
