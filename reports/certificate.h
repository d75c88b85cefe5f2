/* SPDX-License-Identifier: Apache-2.0 */

/* What the ledger says of one unit that passed: a page for the customer's file. */

#ifndef REPORTS_CERTIFICATE_H
#define REPORTS_CERTIFICATE_H

#include "engine/base/clock.h"
#include "engine/base/error.h"

struct eg_certificate {
    const char *ledger;     /* as eg_ledger_open() takes it; opened for reading only */
    const char *unit;       /* MAC, serial, label or key of a pool row, as eg_query_find_units() takes it */
    const char *html, *pdf; /* files to write; "-" = standard output, for one of them; NULL = not wanted */
};

/**
 * Write the certificate of a unit, if the last finished run that counts passed and no later one is open.
 *
 * Both files come from the same look at the ledger. A failure, or a refusal, leaves the old ones.
 *
 * @param refusal  its code is EG_OK if the certificate was written, else EG_BAD_ARGUMENT, with a sentence
 * @param cancel   may be NULL; for the program that makes the PDF
 *
 * @return EG_OK, also for a refusal; EG_LEDGER, EG_LEDGER_NEWER, EG_IO, EG_NO_ROOM, EG_NO_MEMORY,
 *         EG_BAD_ARGUMENT; for a PDF EG_PROGRAM_FAILED, EG_CANCELLED
 */
enum eg_code eg_certificate_write(const struct eg_certificate *wanted, struct eg_error *refusal,
                                  const struct eg_cancel *cancel, struct eg_error *err) EG_CHECKED;

#endif
