/* SPDX-License-Identifier: Apache-2.0 */

/* Print one label, on record. */

#ifndef TOOLS_ESPGANG_LABELS_PRINT_H
#define TOOLS_ESPGANG_LABELS_PRINT_H

#include "db/files/printed.h"
#include "tools/espgang/labels/printer.h"

struct cli_label_print {
    struct eg_printed *printed;
    const char *ledger; /* whose values the label gets */
    const struct cli_printer *printer;
    const char *reason; /* of another print; NULL = the first */
};

struct cli_label_end {
    struct eg_error refusal; /* code EG_OK, or why the label is not printed */
    bool sent;               /* the printer may have it, or a part of it */
    bool unfit;              /* no other try makes a label of this run */
};

/** Print the label of a run. EG_OK: it is printed or refused; else the failure of template, printer or
 * ledger. */
enum eg_code cli_label_print(const struct cli_label_print *how, const struct eg_printed_due *due,
                             struct cli_label_end *end, struct eg_error *err) EG_CHECKED;

#endif
