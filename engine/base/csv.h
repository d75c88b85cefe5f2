/* SPDX-License-Identifier: Apache-2.0 */

/* Writing CSV: RFC 4180, UTF-8, for spreadsheets. */

#ifndef ENGINE_BASE_CSV_H
#define ENGINE_BASE_CSV_H

#include <stdio.h>

/**
 * Write a text as one field; errors of the stream are the caller's to find. Characters are as eg_text_take()
 * shows them.
 *
 * A spreadsheet takes a text that begins with = + - @, a TAB or a CR for a formula. Such a text gets a ' in
 * front, unless it is a number with a sign and at most a unit of letters ("-61", "+1.5e3", "-61 dBm").
 */
void eg_csv_put(FILE *out, const char *text);

#endif
