/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The JSON documents of the dashboard: slots, line and batch. api.md lists their members.
 *
 * Each function returns a JSON text to be freed, or NULL without memory. Threads: any.
 */

#ifndef TOOLS_ESPGANG_DASHBOARD_DOCUMENTS_H
#define TOOLS_ESPGANG_DASHBOARD_DOCUMENTS_H

#include "db/query/query.h"
#include "tools/espgang/line/view.h"

/** Version of the documents' form; grows when a member changes its meaning or goes. */
#define CLI_API_VERSION 1

/** What a client may do. */
struct cli_may {
    bool start, drain;
};

/** A slot, by its number in the order of the station, from 0. */
char *cli_document_slot(const struct cli_view_slot *slot, unsigned index);

/** A slot with the newest lines of its log; with the view's lock held. */
char *cli_document_slot_log(const struct cli_view_slot *slot, unsigned index);

/** The line as a whole, without its slots; with the view's lock held. `operator_name` NULL = not named. */
char *cli_document_line(const struct cli_view *view, const char *operator_name, struct cli_may may,
                        bool ending, bool paused, uint64_t now_ms);

/**
 * The batch as the ledger has it.
 *
 * @param ledger, batch  path and name
 * @param document       NULL when the ledger has nothing of the batch
 *
 * @return EG_OK, or what keeps the ledger from being read
 */
enum eg_code cli_document_batch(char **document, const char *ledger, const char *batch,
                                struct eg_error *err) EG_CHECKED;

#endif
