/* SPDX-License-Identifier: Apache-2.0 */

/* espgang report: a batch as files for people, spreadsheets, programs and CI servers. */

#include "engine/base/bytes.h"
#include "reports/report.h"
#include "tools/espgang/command.h"

#include <stdlib.h>
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

static enum eg_code read_case_name(enum eg_report_case *name, const struct cli_call *call,
                                   struct eg_error *err)
{
    static const char *const names[] = {
        [EG_CASE_MAC] = "mac", [EG_CASE_SERIAL] = "serial", [EG_CASE_SLOT] = "slot"};
    const char *const wanted = cli_text(call, "junit-name");

    for (unsigned i = 0; wanted != NULL && i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], wanted) == 0) {
            *name = (enum eg_report_case)i;
            return EG_OK;
        }
    return wanted == NULL ? EG_OK
                          : cli_usage(call, err, "--junit-name is '%s', not mac, serial or slot", wanted);
}

static enum eg_code read_look(struct eg_report_look *look, const struct cli_call *call, struct eg_error *err)
{
    const char *const target = cli_text(call, "target");
    char *end = NULL;

    *look = (struct eg_report_look){
        .customer = cli_text(call, "customer"),
        .order = cli_text(call, "order"),
        .title = cli_text(call, "title"),
        .logo = cli_text(call, "logo"),
        .full = cli_flag(call, "full"),
    };
    EG_TRY(read_case_name(&look->junit_name, call, err));
    if (target == NULL)
        return EG_OK;
    look->target = strtod(target, &end);
    if (end == target || *end != '\0' || !(look->target > 0 && look->target <= 100))
        return cli_usage(call, err, "--target is '%s', not a yield in percent, more than 0 and at most 100",
                         target);
    return EG_OK;
}

static enum eg_code report(struct cli_call *call, struct eg_error *err)
{
    struct eg_report_file files[FORMATS_MAX];
    struct eg_report_look look;
    size_t count;

    EG_TRY(read_files(files, &count, call, err));
    for (size_t i = 0; i < count; i++)
        if (files[i].format->check != NULL) /* a program works for it */
            cli_catch_signals(NULL, NULL);
    EG_TRY(read_look(&look, call, err));
    return eg_report_write(cli_text(call, "ledger"), cli_text(call, "batch"), files, count, &look,
                           cli_cancel(), err);
}

/* An option for each format, then those of all. */
static const struct cli_option *make_options(void)
{
    static const struct cli_option common[] = {
        {.name = "batch", .value = "NAME", .help = "Batch to report on (default: the newest)"},
        {.name = "target",
         .value = "PERCENT",
         .help = "Yield that the batch must reach; the verdict says whether it did"},
        {.name = "customer", .value = "NAME", .help = "Customer, shown on top of HTML and PDF"},
        {.name = "order", .value = "TEXT", .help = "Order, shown on top of HTML and PDF"},
        {.name = "title", .value = "TEXT", .help = "Name of the product, shown on top of HTML and PDF"},
        {.name = "logo",
         .value = "FILE",
         .help = "PNG, JPEG or SVG file to show on top of HTML and PDF, up to 256 KiB"},
        {.name = "junit-name",
         .value = "WHAT",
         .help = "Names of JUnit's test cases: mac, serial or slot (default: mac). A unit without it has its "
                 "MAC"},
        {.name = "full",
         .help = "List all units in HTML and PDF, however many; without it a batch of more than 1000 has its "
                 "exceptions listed, and print has serial numbers of the others"},
        CLI_OPTION_LEDGER("Ledger to read"),
        {.name = NULL}};
    static struct cli_option options[FORMATS_MAX + sizeof common / sizeof common[0]];
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
