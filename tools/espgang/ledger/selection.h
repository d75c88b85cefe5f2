/* SPDX-License-Identifier: Apache-2.0 */

/* The options that select runs, the same for every command that takes them. */

#ifndef TOOLS_ESPGANG_LEDGER_SELECTION_H
#define TOOLS_ESPGANG_LEDGER_SELECTION_H

#include "db/query/select.h"
#include "tools/espgang/command.h"
#include "tools/espgang/ledger/period.h"

/** Number of options that select. */
#define CLI_SELECTION_KEYS 11

struct cli_selection {
    struct eg_selection runs;
    const char *outcomes[EG_SELECTION_OUTCOMES + 1];
    struct cli_period since, until;
    bool run_numbers;  /* --since may be the number of a run; set it before the options are read */
    int64_t after_run; /* that number; 0 = none */
    char **batches;    /* owned, as their texts */
    size_t batch_count;
    char *text; /* of the conditions; owned */
    const char *terms[CLI_SELECTION_KEYS];
};

void cli_selection_finish(struct cli_selection *selection);

/**
 * Take conditions from a text besides the options: "slot=A3+since=7d", named as the options. They go before
 * the options when those are read.
 */
enum eg_code cli_selection_terms(struct cli_selection *selection, const struct cli_call *call,
                                 const char *text, struct eg_error *err) EG_CHECKED;

/** Read all options but --batch. Zero-initialise it; EG_CLEANUP(cli_selection_finish). */
enum eg_code cli_selection_read(struct cli_selection *selection, const struct cli_call *call,
                                struct eg_error *err) EG_CHECKED;

/**
 * Read --batch: a list is split at its commas, unless the ledger has a batch of the whole name. EG_LEDGER: a
 * batch is not there.
 */
enum eg_code cli_selection_batches(struct cli_selection *selection, const struct cli_call *call,
                                   struct eg_query *query, struct eg_error *err) EG_CHECKED;

/** Add the batches of one such text. */
enum eg_code cli_selection_add_batches(struct cli_selection *selection, const char *text,
                                       struct eg_query *query, struct eg_error *err) EG_CHECKED;

#define CLI_SELECTION_OPTIONS                                                                                \
    {.name = "batch",                                                                                        \
     .value = "NAMES",                                                                                       \
     .help = "Runs of these batches; several with commas",                                                   \
     .more = "May be repeated, for names with commas."},                                                     \
        CLI_SELECTION_OPTIONS_OF_RUNS

/** All but --batch. */
#define CLI_SELECTION_OPTIONS_OF_RUNS                                                                        \
    {.name = "since",                                                                                        \
     .value = "TIME",                                                                                        \
     .help = "Runs that ended then or later: 2026-11-27, 2026-11-27T10:00, or 24h or 7d ago",                \
     .more = "Times are local; with a `Z` at the end, as in `2026-11-27T10:00Z`, they are UTC. Further "     \
             "durations: `90s`, `30m`, `2w`."},                                                              \
        {.name = "until",                                                                                    \
         .value = "TIME",                                                                                    \
         .help = "Runs that ended then or earlier; the given day, minute or second is included"},            \
        {.name = "station", .value = "NAME", .help = "Runs at this station"},                                \
        {.name = "operator", .value = "NAME", .help = "Runs of this operator"},                              \
        {.name = "slot", .value = "SLOT", .help = "Runs in this slot"},                                      \
        {.name = "label", .value = "TEXT", .help = "Runs of boards with this label"},                        \
        {.name = "job", .value = "NAME", .help = "Runs of the job of this name"},                            \
        {.name = "chip", .value = "CHIP", .help = "Runs of this chip"},                                      \
        {.name = "outcome",                                                                                  \
         .value = "LIST",                                                                                    \
         .help = "Those that ended so: pass, pass-marginal, fail, error, aborted; several with commas"},     \
    {                                                                                                        \
        .name = "code", .value = "CODE", .help = "Those that ended with this code"                           \
    }

#endif
