/* SPDX-License-Identifier: Apache-2.0 */

/* A report or certificate on its way to its file: written beside it, and put in its place only when it is
 * whole; and text from outside that cannot leave its place in a format. */

#ifndef REPORTS_OUT_H
#define REPORTS_OUT_H

#include "engine/base/error.h"

#include <stdint.h>
#include <stdio.h>

/** Zero-initialise it; EG_CLEANUP(eg__out_discard) leaves the old file when it was not committed. */
struct eg__out {
    FILE *file;             /* write to it; errors are kept until the commit */
    char *temporary, *path; /* NULL = standard output */
    const char *what;       /* "report" */
};

/**
 * @param what  what is written, for sentences: "report"; a literal
 * @param path  "-" = standard output, to which nothing goes before the commit
 */
enum eg_code eg__out_open(struct eg__out *out, const char *what, const char *path,
                          struct eg_error *err) EG_CHECKED;

/** EG_IO or EG_NO_ROOM when anything could not be written; the old file is then as it was. */
enum eg_code eg__out_commit(struct eg__out *out, struct eg_error *err) EG_CHECKED;

void eg__out_discard(struct eg__out *out);

/** Text between tags or inside a quoted attribute, of HTML or XML, whatever it contains: as eg_text_take()
 * shows it, and U+FFFE and U+FFFF become U+FFFD. The end of a line is a character reference. */
void eg__out_escaped(struct eg__out *out, const char *text);

/** The same, of a text of several lines, which stay lines. */
void eg__out_lines(struct eg__out *out, const char *text);

/** A JSON string with its quotes; control characters are \u00NN, bytes that are not UTF-8 become U+FFFD. */
void eg__out_json(struct eg__out *out, const char *text);

#endif
