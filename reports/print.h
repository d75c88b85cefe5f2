/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The text of a printed label: a template, with the values that the ledger has of a run.
 *
 * A template is ZPL or plain text; its names stand in braces as one word, as in files of jobs. In ZPL a name
 * may only stand in the data of a field that has ^FH, so that every character of a value that ZPL could take
 * for a command is written as a number. In text control characters become '?', and a line that begins with
 * "@qr " becomes a QR code of its rest.
 *
 * Threads: nothing here is shared.
 */

#ifndef REPORTS_PRINT_H
#define REPORTS_PRINT_H

#include "db/query/query.h"
#include "engine/plan/template.h"

#define EG_PRINT_TEMPLATE_MAX ((size_t)64 * 1024)

enum eg_print_kind { EG_PRINT_ZPL, EG_PRINT_TEXT };

struct eg_print_form {
    enum eg_print_kind kind;
    const char *path; /* for sentences */
    const char *text;
    size_t size;
};

/** Return the kind of a template by its file's name: ZPL if it ends in .zpl, else text. */
enum eg_print_kind eg_print_kind_of(const char *path);

/** "zpl", "text": as the ledger has it. */
const char *eg_print_kind_name(enum eg_print_kind kind);
enum eg_print_kind eg_print_kind_named(const char *name);

/** Add the names that a label has besides those of the job, with placeholder values. */
enum eg_code eg_print_add_names(struct eg_names *names, struct eg_error *err) EG_CHECKED;

/**
 * Check a template.
 *
 * @param names      known names
 * @param all_known  others are refused
 *
 * @return EG_OK; EG_BAD_JOB: "label.zpl:3: has {lot}, which is none of mac, …"; EG_NO_MEMORY
 */
enum eg_code eg_print_check(const struct eg_print_form *form, const struct eg_names *names, bool all_known,
                            struct eg_error *err) EG_CHECKED;

/** Add the names of a finished run, from the ledger. EG_BAD_ARGUMENT: there is no such run. */
enum eg_code eg_print_names(struct eg_names *names, struct eg_query *query, int64_t run,
                            struct eg_error *err) EG_CHECKED;

/** Append the label. What eg_print_check() refuses, and EG_BAD_UNIT_DATA for a value that does not fit. */
enum eg_code eg_print_make(struct eg_buffer *label, const struct eg_print_form *form,
                           const struct eg_names *names, struct eg_error *err) EG_CHECKED;

#endif
