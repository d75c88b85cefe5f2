/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The labels that a line prints: one for each board that passed, in the order in which they are on record.
 *
 * A thread asks the ledger for passes without a label and prints them, so boards never wait for a printer,
 * and what waits survives the program. A printer that fails is tried again until it works.
 *
 * Threads: open, begin and end are the station's; the printing thread logs.
 */

#ifndef TOOLS_ESPGANG_LINE_LABELS_H
#define TOOLS_ESPGANG_LINE_LABELS_H

#include "engine/base/log.h"
#include "reports/print.h"
#include "tools/espgang/labels/printer.h"

struct cli_labels;

/** Open the ledger for prints. `printer` must outlive the labels; NULL = nothing is printed. */
enum eg_code cli_labels_open(struct cli_labels **labels, const char *ledger, const char *operator_name,
                             const struct cli_printer *printer, struct eg_error *err) EG_CHECKED;

/** The passes of a session get this label. */
enum eg_code cli_labels_add(struct cli_labels *labels, int64_t session, const struct eg_print_form *form,
                            struct eg_error *err) EG_CHECKED;

/** Tell which boards of ended sessions have no label, and begin to print. */
enum eg_code cli_labels_begin(struct cli_labels *labels, struct eg_logger *logger,
                              struct eg_error *err) EG_CHECKED;

/** Print what waits as long as the printer takes it, and tell what is left. */
void cli_labels_end(struct cli_labels *labels);

/** NULL is allowed. */
void cli_labels_close(struct cli_labels *labels);
void cli_labels_close_cleanup(struct cli_labels **labels);

#endif
