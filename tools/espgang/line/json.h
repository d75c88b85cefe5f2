/* SPDX-License-Identifier: Apache-2.0 */

/* Log records as JSON lines: one event per line, for programs. */

#ifndef TOOLS_ESPGANG_LINE_JSON_H
#define TOOLS_ESPGANG_LINE_JSON_H

#include "db/query/query.h"
#include "engine/line/station.h"

/** Version of the events' form; grows when a field changes its meaning or goes. */
#define CLI_JSON_VERSION 1

struct cli_json_logger {
    struct eg_logger logger;
    FILE *out; /* not owned */
    enum eg_verbosity verbosity;
    pthread_mutex_t lock;
};

struct eg_logger *cli_json_logger_init(struct cli_json_logger *json, FILE *out);
void cli_json_logger_finish(struct cli_json_logger *json);

/** The event "batch-begin": what will be run, where it is recorded. */
void cli_json_batch_begin(struct cli_json_logger *json, const struct eg_plan *plan, const char *batch,
                          const char *ledger, bool rehearsal, bool new_ledger, unsigned slot_count);

/** The event "result": how a run ended, with its number in the ledger. */
void cli_json_result(struct cli_json_logger *json, const struct eg_result *result);

/**
 * The event "batch-end": runs of this program, and what the whole batch has come to, as a report counts it.
 *
 * @param units, passed  runs, and those that passed
 */
void cli_json_batch_end(struct cli_json_logger *json, unsigned units, unsigned passed,
                        const struct eg_batch *batch, uint64_t duration_ms);

#endif
