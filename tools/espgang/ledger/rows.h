/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Answers of a ledger in three forms, from one description of their columns.
 *
 * Text is for people: tables as wide as the window, or CLI_ROWS_WIDTH columns without one; local times. JSON
 * is one document for programs,
 * {"espgang": COMMAND, "version": 2, "ledger": FILE, TABLE: [...], ...}. CSV is one table for spreadsheets,
 * as RFC 4180 has it. All are written as the rows come, so an answer of any size takes no memory.
 */

#ifndef TOOLS_ESPGANG_LEDGER_ROWS_H
#define TOOLS_ESPGANG_LEDGER_ROWS_H

#include "db/run.h"
#include "tools/espgang/command.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** Version of the documents; grows when a field changes its meaning or goes. */
#define CLI_ROWS_VERSION 2
#define CLI_ROWS_WIDTH   100
#define CLI_ROWS_GAP     2  /* between columns of text */
#define CLI_ROWS_TIME    19 /* width of a local time without its zone */

enum cli_format { CLI_FORMAT_TEXT, CLI_FORMAT_CSV, CLI_FORMAT_JSON };

enum cli_kind {
    CLI_COLUMN_TEXT,    /* const char *; "" is null in JSON */
    CLI_COLUMN_TIME,    /* the same, of a time: may be cut without a mark */
    CLI_COLUMN_DECIMAL, /* the same, of a number */
    CLI_COLUMN_NUMBER,  /* int64_t; -1 is null in JSON, empty elsewhere */
    CLI_COLUMN_FLAG,    /* int64_t: true or false in JSON, yes or no elsewhere */
};

struct cli_column {
    const char *name; /* in JSON and CSV; in text in capitals */
    enum cli_kind kind;
    size_t offset;  /* in the struct of a row */
    unsigned width; /* in text: a longer value is cut and ends with '~', the last column goes on in further
                       lines; 0 = not shown there */
};

#define CLI_COLUMN(type, member, name, kind, width)                                                          \
    {                                                                                                        \
        name, CLI_COLUMN_##kind, offsetof(struct type, member), width                                        \
    }

/** A column of struct eg_run_row. */
struct cli_column cli_run_column(const struct eg_run_column *column, unsigned width);

/** Return the width of the terminal window that `out` is, else CLI_ROWS_WIDTH. */
unsigned cli_rows_window(FILE *out);

/** Return how wide the value is in text. */
unsigned cli_rows_text_width(const struct cli_column *column, const void *row);

struct cli_table_form {
    const char *name; /* of the array in JSON, and in text the title of all but the main table */
    const struct cli_column *columns; /* end with a NULL name */
    bool upright; /* in text a row is a paragraph with a line for each column that has a value */
};

#define CLI_ROWS_DEPTH 4

/** One answer. Where no row fails by it, the end of the program tells of an error of the stream. */
struct cli_rows {
    FILE *out; /* not owned */
    enum cli_format format;
    unsigned width;   /* of the lines of text */
    const char *main; /* the table whose rows CSV has; NULL = all */
    const struct cli_table_form *tables[CLI_ROWS_DEPTH];
    unsigned depth;
    bool any[CLI_ROWS_DEPTH + 1]; /* the table has a row */
    bool header, printed;
    unsigned blanks; /* that come before the next text of the line */
};

void cli_rows_begin(struct cli_rows *rows, FILE *out, enum cli_format format, const char *command,
                    const char *ledger, const char *main);
/** A table begins, in the document or in a row that is open. */
void cli_rows_table(struct cli_rows *rows, const struct cli_table_form *table);
void cli_rows_table_end(struct cli_rows *rows);
/** A row that may have tables of its own until it is closed. */
void cli_rows_open(struct cli_rows *rows, const void *row);
void cli_rows_close(struct cli_rows *rows);
/** The visitor of questions, with the rows as its context. EG_IO or EG_NO_ROOM ends a question whose rows
 * cannot be written. */
enum eg_code cli_rows_add(void *context, const void *row, struct eg_error *err);
/** A line for people alone. */
void cli_rows_say(struct cli_rows *rows, const char *format, ...) EG_PRINTF(2, 3);
/** Members of the JSON document. */
void cli_rows_text(struct cli_rows *rows, const char *name, const char *text);
void cli_rows_number(struct cli_rows *rows, const char *name, int64_t number);
void cli_rows_end(struct cli_rows *rows);

/** Options that every question has. */
#define CLI_ROWS_OPTIONS                                                                                     \
    {.name = "json", .help = "Print one JSON document"}, {.name = "csv", .help = "Print CSV"},               \
        CLI_OPTION_LEDGER("Ledger to read")

/** Said of the documents in the manual of each question. */
#define CLI_ROWS_DETAILS                                                                                     \
    "The ledger is read while a line goes on. Text is as wide as the window; its times are local, and a "    \
    "value that is too long for its column ends with `~`. JSON and CSV have values whole, and times in "     \
    "UTC. JSON is one document with `espgang` (the command), "                                               \
    "`version`, `ledger` and the tables; `null` stands for what is not known. CSV is one table with a line " \
    "of names, UTF-8, as RFC 4180 has it. A spreadsheet would take a text for a formula that begins with "   \
    "`=`, `+`, `-`, `@`, a tab or a carriage return; such a text has an apostrophe in front, unless it is "  \
    "a "                                                                                                     \
    "number, which may have a unit."

/** Return the form asked for. EG_BAD_ARGUMENT when there are two. */
enum eg_code cli_rows_format(enum cli_format *format, const struct cli_call *call,
                             struct eg_error *err) EG_CHECKED;

#endif
