/* SPDX-License-Identifier: Apache-2.0 */

/* The hash chain over finished runs. */

#ifndef DB_CHAIN_H
#define DB_CHAIN_H

#include "db/row_text.h"
#include "db/store.h"
#include "engine/base/digest.h"

/** A part of the text that is hashed: rows of one table. */
struct eg__chain_part {
    const char *word, *table;
    int first, last;     /* forms that have it */
    const char *columns; /* ", name" of each; NULL = those of run_columns.def */
    const char *from;    /* what follows FROM, with the run as ?1; NULL = the rows of the run, in order */
};

/** Return part `index` of a form, from 0; NULL after the last part, or for an unknown form. */
const struct eg__chain_part *eg__chain_part(int64_t form, unsigned index);

/** Return the number of a part among those of all forms, below EG__CHAIN_PARTS. */
unsigned eg__chain_part_number(const struct eg__chain_part *part);

/** A link to compute, one after the other with the same memory. */
struct eg__chain_link {
    int64_t run;
    char hash[EG_SHA256_TEXT];
    char marks[EG__MARKS_TEXT];
    int64_t rows[EG__CHAIN_PARTS]; /* added up over all links, by the number of the part */
    struct eg_buffer text;         /* the caller's to finish */
};

/** Hash and marks of the run's rows as link `number`, in an existing form. */
enum eg_code eg__chain_hash(struct eg__chain_link *link, struct eg__store *store, int64_t number,
                            int64_t form, const char *previous, struct eg_error *err) EG_CHECKED;

/** Add the run, whose rows are all there, to the chain. */
enum eg_code eg__chain_append(struct eg__store *store, int64_t run, struct eg_error *err) EG_CHECKED;

#endif
