/* SPDX-License-Identifier: Apache-2.0 */

/* CSV files, record by record. */

#ifndef ENGINE_IMAGE_CSV_H
#define ENGINE_IMAGE_CSV_H

#include "engine/base/bytes.h"

#include <stdbool.h>

/** Set it up with eg__csv_open(); EG_CLEANUP(eg__csv_close). */
struct eg__csv {
    const char **field; /* of the record, `count` of them, UTF-8 without NULs; they live until the next one */
    size_t count;
    size_t line; /* at which the record, or what is wrong, begins */

    const char *at, *end;
    size_t next_line;
    struct eg_buffer text; /* of all fields, a NUL behind each */
};

/** Read `size` bytes, the caller's until it is closed; skip a byte order mark. EG_BAD_IMAGE: UTF-16. */
enum eg_code eg__csv_open(struct eg__csv *csv, const char *text, size_t size,
                          struct eg_error *err) EG_CHECKED;
void eg__csv_close(struct eg__csv *csv);

/**
 * Read the next record that is neither blank nor a comment (first character "#", blanks aside); `*got` is
 * false after the last.
 *
 * Fields in quotes may have commas, line ends, which become LF, and quotes, doubled. White space is kept.
 *
 * @return EG_OK; EG_BAD_IMAGE a quote without an end or with text behind it, something that is no UTF-8; the
 * line is in `line`, not in the sentence
 */
enum eg_code eg__csv_next(struct eg__csv *csv, bool *got, struct eg_error *err) EG_CHECKED;

/** A field without the blanks around it; the caller's, for free(). */
enum eg_code eg__csv_trim(char **trimmed, const char *field, struct eg_error *err) EG_CHECKED;

#endif
