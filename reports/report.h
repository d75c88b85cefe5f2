/* SPDX-License-Identifier: Apache-2.0 */

/* What the ledger says of a batch. */

#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H

#include "engine/base/clock.h"

/** Where reports of one batch go: a file each, "-" = standard output, NULL = not wanted. No two the same. */
struct eg_report_files {
    const char *html;  /* for people: one file that needs no network and prints on A4 */
    const char *csv;   /* for spreadsheets: a row per run */
    const char *json;  /* for programs: {"espgang":"report","version":1,...} */
    const char *junit; /* for CI servers: a test case per unit */
    const char *pdf;   /* the HTML report, printed by Chromium */
};

/** Grows when something of the JSON report goes or changes its meaning. */
#define EG_REPORT_JSON_VERSION 1

/**
 * Write reports of one batch, all from the same look at the ledger.
 *
 * Each is written to a file beside its place first; all are put in their places once all are whole, so that a
 * failure while they are made leaves the old ones.
 *
 * @param ledger_path  as eg_ledger_open() takes it; opened for reading only
 * @param batch        NULL = the newest
 * @param cancel       may be NULL; for the program that makes the PDF
 *
 * @return EG_OK; EG_LEDGER, EG_LEDGER_NEWER, EG_IO, EG_NO_ROOM, EG_NO_MEMORY; for a PDF EG_PROGRAM_FAILED
 *         (Chromium is not there, or did not do its work), EG_CANCELLED
 */
enum eg_code eg_report_write(const char *ledger_path, const char *batch, const struct eg_report_files *files,
                             const struct eg_cancel *cancel, struct eg_error *err) EG_CHECKED;

#endif
