/* SPDX-License-Identifier: Apache-2.0 */

/* What the ledger says of a batch. */

#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H

#include "db/query/select.h"
#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "reports/registry.h"
#include "reports/trend_by.h"

#include <stddef.h>

/** Return the format of this name, or NULL. */
const struct eg_report_format *eg_report_find_format(const char *name);

/** What a report shows besides the ledger; zero-initialised it is nothing. Without customer, logo or target
 * the report shows what its job says, that of many batches what all their jobs say alike. */
struct eg_report_look {
    const char *customer, *order, *title; /* NULL = none */
    const char *logo_path;                /* a PNG, JPEG or SVG file, put into the page; NULL = none */
    struct eg_buffer logo;                /* likewise its bytes, without a path; size 0 = none */
    double target;                        /* yield in percent; 0 = none */
    bool full;                            /* list all units, however many, also in print */
    enum eg_report_case { EG_CASE_MAC, EG_CASE_SERIAL, EG_CASE_SLOT } junit_name; /* names of test cases */
};

/** A report that is wanted. No two have the same path. */
struct eg_report_file {
    const struct eg_report_format *format;
    const char *path; /* "-" = standard output */
};

/**
 * Write reports of one batch, all from the same look at the ledger.
 *
 * Each is written to a file beside its place first; all are put in their places once all are whole, so that a
 * failure while they are made leaves the old ones.
 *
 * @param ledger_path  as eg_ledger_open() takes it; opened for reading only
 * @param batch        NULL = the newest
 * @param look         NULL = nothing
 * @param cancel       may be NULL; for the program that makes the PDF
 *
 * @return EG_OK; EG_LEDGER, EG_LEDGER_NEWER, EG_IO, EG_NO_ROOM, EG_NO_MEMORY; for a PDF EG_PROGRAM_FAILED
 *         (Chromium is not there, or did not do its work), EG_CANCELLED
 */
enum eg_code eg_report_write(const char *ledger_path, const char *batch, const struct eg_report_file *files,
                             size_t count, const struct eg_report_look *look, const struct eg_cancel *cancel,
                             struct eg_error *err) EG_CHECKED;

/**
 * Write reports of a selection of runs over any number of batches: how yield, causes, cycle times and
 * measured values change.
 *
 * @param by  EG_TREND_BEST = days, weeks or months, by the span of time
 *
 * @return as eg_report_write(); EG_BAD_ARGUMENT also: a format is of one batch only
 */
enum eg_code eg_report_write_trend(struct eg_query *query, const struct eg_selection *selection,
                                   enum eg_trend_by by, const struct eg_report_file *files, size_t count,
                                   const struct eg_report_look *look, const struct eg_cancel *cancel,
                                   struct eg_error *err) EG_CHECKED;

#endif
