/* SPDX-License-Identifier: Apache-2.0 */

/* The hash chain over finished runs. */

#ifndef DB_CHAIN_H
#define DB_CHAIN_H

#include "db/row_text.h"
#include "db/store.h"
#include "engine/base/digest.h"

/** A part of the text that is hashed: the statement that reads its rows by run, and whose they are. */
struct eg__chain_part {
    enum eg__statement statement;
    const char *table; /* NULL = after the last part */
};

/** The parts of a form, in order; NULL = there is no such form. */
const struct eg__chain_part *eg__chain_parts(int64_t form);

/** The form of the runs that finish now. */
int64_t eg__chain_newest(void);

/** A link to compute, one after the other with the same memory. */
struct eg__chain_link {
    int64_t run;
    char hash[EG_SHA256_TEXT];
    char marks[EG__MARKS_TEXT];
    int64_t rows[EG__STATEMENT_COUNT]; /* added up over all links, by the statement that read them */
    struct eg_buffer text;             /* the caller's to finish */
};

/** Hash and marks of the run's rows as link `number`, in an existing form. */
enum eg_code eg__chain_hash(struct eg__chain_link *link, struct eg__store *store, int64_t number,
                            int64_t form, const char *previous, struct eg_error *err) EG_CHECKED;

/** Add the run, whose rows are all there, to the chain. */
enum eg_code eg__chain_append(struct eg__store *store, int64_t run, struct eg_error *err) EG_CHECKED;

#endif
