/* SPDX-License-Identifier: Apache-2.0 */

/* Rows as hashed text, and the marks of its parts. */

#ifndef DB_ROW_TEXT_H
#define DB_ROW_TEXT_H

#include "db/sqlite.h"
#include "engine/base/bytes.h"

/** The previous hash of a chain's first link. */
#define EG__CHAIN_START "0000000000000000000000000000000000000000000000000000000000000000"

/** Rows and checksum of up to twenty parts, as text. */
#define EG__MARKS_TEXT 600

/** Append the current row of a statement as a line. */
enum eg_code eg__row_text(struct eg_buffer *text, sqlite3_stmt *row, struct eg_error *err) EG_CHECKED;

/** Append the mark of a part to those before it. */
void eg__row_mark(char marks[EG__MARKS_TEXT], int64_t rows, const uint8_t *part, size_t size);

#endif
