/* SPDX-License-Identifier: Apache-2.0 */

/* What command line and station file say of printed labels. */

#ifndef TOOLS_ESPGANG_LABELS_OPTIONS_H
#define TOOLS_ESPGANG_LABELS_OPTIONS_H

#include "jobs/station_file.h"
#include "reports/print.h"
#include "tools/espgang/command.h"
#include "tools/espgang/labels/printer.h"

/** Zero-initialise it; EG_CLEANUP(cli_label_options_finish) frees it. */
struct cli_label_options {
    bool prints; /* there is a printer */
    struct cli_printer printer;
    struct eg_print_form form; /* for jobs without one; path NULL = none */
    struct eg_buffer content;  /* of the file of the command line */
};

#define CLI_LABEL_OPTIONS                                                                                    \
    {.name = "printer",                                                                                      \
     .value = "PRINTER",                                                                                     \
     .help = "Where printed labels go: " CLI_PRINTER_FORMS ", or none (default: as the station file says)"}, \
    {                                                                                                        \
        .name = "label-template", .value = "FILE",                                                           \
        .help = "Template of the printed label, for jobs without `label.template` (default: as the station " \
                "file says)"                                                                                 \
    }

/** Read `--printer` and `--label-template`, else what the station's file says; `file` may be NULL and
 * outlives the options. EG_BAD_ARGUMENT, EG_BAD_JOB, EG_IO. */
enum eg_code cli_label_options_read(struct cli_label_options *labels, const struct cli_call *call,
                                    const struct eg_station_file *file, struct eg_error *err) EG_CHECKED;
void cli_label_options_finish(struct cli_label_options *labels);

#endif
