/* SPDX-License-Identifier: Apache-2.0 */

/* CSV files, record by record. */

#ifndef ENGINE_IMAGE_CSV_H
#define ENGINE_IMAGE_CSV_H

#include "engine/base/bytes.h"

#include <stdbool.h>

/** A CSV reader. eg__csv_open() sets it up; EG_CLEANUP(eg__csv_close) frees it. */
struct eg__csv {
    const char **field; /* `count` fields of the record, UTF-8 without NULs, valid until the next record */
    size_t count;
    size_t line; /* first line of the record or of the error */

    const char *at, *end;
    size_t next_line;
    struct eg_buffer text; /* all fields of the record, a NUL after each */
};

/** Read `size` bytes, the caller's until it is closed; skip a byte order mark. EG_BAD_IMAGE: UTF-16. */
enum eg_code eg__csv_open(struct eg__csv *csv, const char *text, size_t size,
                          struct eg_error *err) EG_CHECKED;
void eg__csv_close(struct eg__csv *csv);

/**
 * Read the next record that is neither blank nor a comment (first character "#", blanks aside); `*got` is
 * false after the last.
 *
 * A field in quotes may contain commas, line ends (which become LF) and doubled quotes. White space is kept.
 *
 * @return EG_OK; EG_BAD_IMAGE: a quote without an end or with text after it, or bytes that are not UTF-8. The
 * line is in `line`, not in the sentence
 */
enum eg_code eg__csv_next(struct eg__csv *csv, bool *got, struct eg_error *err) EG_CHECKED;

/** Copy a field without the blanks around it. The caller frees it with free(). */
enum eg_code eg__csv_trim(char **trimmed, const char *field, struct eg_error *err) EG_CHECKED;

#endif
