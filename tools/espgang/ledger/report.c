/* SPDX-License-Identifier: Apache-2.0 */

/* espgang report: a batch as files for people, spreadsheets, programs and CI servers. */

#include "engine/base/bytes.h"
#include "reports/report.h"
#include "tools/espgang/command.h"

#include <string.h>

#define FORMATS_MAX 20

/* The reports that are asked for: at least one, and no two to the same place. */
static enum eg_code read_files(struct eg_report_file files[FORMATS_MAX], size_t *count,
                               const struct cli_call *call, struct eg_error *err)
{
    *count = 0;
    for (unsigned i = 0; eg_report_formats[i] != NULL && *count < FORMATS_MAX; i++) {
        const struct eg_report_file file = {eg_report_formats[i], cli_text(call, eg_report_formats[i]->name)};
        if (file.path == NULL)
            continue;
        for (size_t other = 0; other < *count; other++)
            if (strcmp(files[other].path, file.path) == 0)
                return cli_usage(call, err, "--%s and --%s name the same file '%s'",
                                 files[other].format->name, file.format->name, file.path);
        files[(*count)++] = file;
    }
    return *count > 0 ? EG_OK
                      : cli_usage(call, err, "missing option: a format with its file, like --html FILE");
}

static enum eg_code report(struct cli_call *call, struct eg_error *err)
{
    struct eg_report_file files[FORMATS_MAX];
    size_t count;

    EG_TRY(read_files(files, &count, call, err));
    for (size_t i = 0; i < count; i++)
        if (files[i].format->check != NULL) /* a program works for it */
            cli_catch_signals(NULL, NULL);
    return eg_report_write(cli_text(call, "ledger"), cli_text(call, "batch"), files, count, cli_cancel(),
                           err);
}

/* An option for each format, then those of all. */
static const struct cli_option *make_options(void)
{
    static const struct cli_option common[] = {
        {.name = "batch", .value = "NAME", .help = "Batch to report on (default: the newest)"},
        CLI_OPTION_LEDGER("Ledger to read"),
        {.name = NULL}};
    static struct cli_option options[FORMATS_MAX + 3];
    unsigned count = 0;

    for (; eg_report_formats[count] != NULL && count < FORMATS_MAX; count++)
        options[count] = (struct cli_option){.name = eg_report_formats[count]->name,
                                             .value = "FILE",
                                             .help = eg_report_formats[count]->summary,
                                             .more = eg_report_formats[count]->more};
    memcpy(&options[count], common, sizeof common);
    return options;
}

const struct cli_command cli_command_report = {
    .name = "report",
    .group = CLI_LEDGER,
    .summary = "Write the report of a batch",
    .arguments = "--FORMAT FILE...",
    .details = "FORMAT is one of the formats below. All files that are asked for come from the same look at "
               "the ledger. A FILE `-` is standard "
               "output, for "
               "one of them. When anything fails, files that existed stay as they were.",
    .make_options = make_options,
    .run = report,
};
