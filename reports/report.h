/* SPDX-License-Identifier: Apache-2.0 */

/* What the ledger says of a batch. */

#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H

#include "engine/base/error.h"

/**
 * Write the report of one batch as a single HTML file that needs no network and prints on A4.
 *
 * @param ledger_path  as eg_ledger_open() takes it; opened for reading only
 * @param batch        NULL = the newest
 * @param html_path    written to a file beside it first and renamed, so that a failure leaves the old one
 *
 * @return EG_OK; EG_LEDGER, EG_LEDGER_NEWER, EG_IO, EG_NO_ROOM
 */
enum eg_code eg_report_html(const char *ledger_path, const char *batch, const char *html_path,
                            struct eg_error *err) EG_CHECKED;

#endif
