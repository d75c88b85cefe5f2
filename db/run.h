/* SPDX-License-Identifier: Apache-2.0 */

/* A run in answers: the columns of run_columns.def that have a name for people. */

#ifndef DB_RUN_H
#define DB_RUN_H

#include "db/sqlite.h"

#include <stddef.h>
#include <stdint.h>

/** Size of an array for the columns of an answer and an end mark. */
#define EG_RUN_COLUMNS 64

/** Answers that show runs: the view `runs` in the file, the commands history and units, and report files. */
enum eg_run_answer { EG_RUN_VIEW, EG_RUN_HISTORY, EG_RUN_UNITS, EG_RUN_REPORT, EG_RUN_ANSWERS };

enum eg_run_kind {
    EG_RUN_TEXT,
    EG_RUN_TIME,   /* a text, UTC */
    EG_RUN_NUMBER, /* int64_t; -1 = not known */
    EG_RUN_MS,     /* int64_t, a duration; -1 = not known */
    EG_RUN_JEDEC,  /* same, but reports show the id as in eg_jedec_text() */
};

#define EG_RUN_MEMBER_TEXT   const char *
#define EG_RUN_MEMBER_TIME   const char *
#define EG_RUN_MEMBER_NUMBER int64_t
#define EG_RUN_MEMBER_MS     int64_t
#define EG_RUN_MEMBER_JEDEC  int64_t

/**
 * A run with a value for each shown row of run_columns.def. Columns outside the answer and unknown values are
 * "" or -1.
 */
struct eg_run_row {
#define COLUMN(table, name, since, kind, value, shown) shown
#define COMPUTED(shown)                                shown
#define NOTHING
#define SHOWN(name, member, kind, sql, places, about) EG_RUN_MEMBER_##kind member;
#include "db/run_columns.def"
#undef NOTHING
#undef SHOWN
};

struct eg_run_column {
    const char *name;   /* in the view and in commands */
    const char *member; /* in reports */
    const char *sql, *about;
    enum eg_run_kind kind;
    size_t offset; /* in struct eg_run_row */
    unsigned place[EG_RUN_ANSWERS], width[EG_RUN_ANSWERS];
};

/** Return column `index` of an answer, from 0; NULL after the last. */
const struct eg_run_column *eg_run_column(enum eg_run_answer answer, unsigned index);

/** Fill `columns` with those of an answer; NULL after the last. */
void eg_run_columns(const struct eg_run_column *columns[EG_RUN_COLUMNS], enum eg_run_answer answer);

/** Return column `index` of all that an answer has, from 0; NULL after the last. */
const struct eg_run_column *eg_run_column_of_all(unsigned index);

static inline bool eg_run_is_text(const struct eg_run_column *column)
{
    return column->kind == EG_RUN_TEXT || column->kind == EG_RUN_TIME;
}

/** Append the statements that create the view again. */
void eg__run_view(sqlite3_str *sql);

#endif
