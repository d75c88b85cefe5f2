/* SPDX-License-Identifier: Apache-2.0 */

/* Finished runs as JSON, for other systems. */

#ifndef DB_FILES_EXPORT_H
#define DB_FILES_EXPORT_H

#include "db/query/query.h"

/** Version of a line's form; grows when a field changes its meaning or goes. */
#define EG_EXPORT_VERSION 2

struct eg_export {
    const char *batch;     /* NULL = of every batch */
    const char *since_utc; /* finished at this time or later, as the ledger writes it; NULL = whenever */
    int64_t after_run;     /* finished after this run did; 0 = whenever */
    bool logs;             /* with what applications printed; else its digest alone */
};

/** One run: a JSON object and a newline. The text lives as long as the call. */
typedef enum eg_code eg_export_visitor(void *context, const char *line, size_t size, struct eg_error *err);

/**
 * Every finished run that is asked for, in the order they finished. Values of secret columns are null.
 *
 * @return EG_OK; EG_LEDGER: there is no such batch, or run `after_run` has not finished
 */
enum eg_code eg_query_export(struct eg_query *query, const struct eg_export *what, eg_export_visitor *visit,
                             void *context, struct eg_error *err) EG_CHECKED;

#endif
