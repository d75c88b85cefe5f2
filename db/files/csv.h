/* SPDX-License-Identifier: Apache-2.0 */

/* A CSV file as a table of texts. Anything doubtful is refused with its line. */

#ifndef DB_FILES_CSV_H
#define DB_FILES_CSV_H

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

struct eg__csv {
    const char *path;            /* the caller's */
    char sha256[EG_SHA256_TEXT]; /* of the file */
    unsigned columns;
    size_t rows; /* without the header line */
    struct eg_buffer text, fields, lines;
};

/**
 * Read a file whose first line names the columns. Values are UTF-8 without control characters, so each record
 * is one line; empty lines are skipped.
 *
 * @param csv  the caller's for eg__csv_finish(), after a failure too
 *
 * @return EG_OK, EG_BAD_ARGUMENT (the sentence names file, line and cause), EG_NO_MEMORY
 */
enum eg_code eg__csv_read(struct eg__csv *csv, const char *path, struct eg_error *err) EG_CHECKED;

/** Do the same with the contents of a file in `text`, followed by a NUL that is not counted. */
enum eg_code eg__csv_parse(struct eg__csv *csv, struct eg_error *err) EG_CHECKED;
void eg__csv_finish(struct eg__csv *csv);

/** Return the names of the columns; the values of a row (from 0); the row's line in the file. */
const char *const *eg__csv_names(const struct eg__csv *csv);
const char *const *eg__csv_row(const struct eg__csv *csv, size_t row);
unsigned eg__csv_line(const struct eg__csv *csv, size_t row);

#endif
