/* SPDX-License-Identifier: Apache-2.0 */

/* The hash chain over finished runs. */

#ifndef DB_CHAIN_H
#define DB_CHAIN_H

#include "db/row_text.h"
#include "db/store.h"
#include "engine/base/digest.h"

/** A part of the hashed text: rows of one table. */
struct eg__chain_part {
    const char *word, *table;
    int first, last;     /* forms that have it */
    const char *columns; /* ", name" for each column; NULL = the columns of run_columns.def */
    const char *from;    /* text after FROM, with the run as ?1; NULL = the run's own rows, in order */
};

/** Return part `index` of a form, from 0; NULL after the last part, or for an unknown form. */
const struct eg__chain_part *eg__chain_part(int64_t form, unsigned index);

/** Return the number of a part among the parts of all forms, below EG__CHAIN_PARTS. */
unsigned eg__chain_part_number(const struct eg__chain_part *part);

/** A link to compute. Links computed one after another share the memory. */
struct eg__chain_link {
    int64_t run;
    char hash[EG_SHA256_TEXT];
    char marks[EG__MARKS_TEXT];
    int64_t rows[EG__CHAIN_PARTS]; /* total of all links, by part number */
    struct eg_buffer text;         /* the caller's to finish */
};

/** Compute hash and marks of the run's rows as link `number`, in an existing form. */
enum eg_code eg__chain_hash(struct eg__chain_link *link, struct eg__store *store, int64_t number,
                            int64_t form, const char *previous, struct eg_error *err) EG_CHECKED;

/** Add a run to the chain. All its rows exist already. */
enum eg_code eg__chain_append(struct eg__store *store, int64_t run, struct eg_error *err) EG_CHECKED;

#endif
