/* SPDX-License-Identifier: Apache-2.0 */

/* Finished runs as JSON, for other systems. */

#ifndef DB_FILES_EXPORT_H
#define DB_FILES_EXPORT_H

#include "db/query/select.h"

/** Format version of a line; grows when a field is removed or changes its meaning. */
#define EG_EXPORT_VERSION 2

struct eg_export {
    struct eg_selection runs;
    int64_t after_run; /* finished after this run; 0 = any */
    bool logs;         /* with application output; else its digest alone */
};

/** Receive one run: a JSON object and a newline. The text is valid during the call only. */
typedef enum eg_code eg_export_visitor(void *context, const char *line, size_t size, struct eg_error *err);

/**
 * Visit every finished run that matches, in the order they finished. Values of secret columns are null.
 *
 * @return EG_OK; EG_LEDGER: run `after_run` has not finished
 */
enum eg_code eg_query_export(struct eg_query *query, const struct eg_export *what, eg_export_visitor *visit,
                             void *context, struct eg_error *err) EG_CHECKED;

#endif
