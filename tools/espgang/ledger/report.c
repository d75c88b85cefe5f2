/* SPDX-License-Identifier: Apache-2.0 */

/* espgang report: a batch, or the trend of many, as files for people, spreadsheets, programs and CI servers.
 */

#include "engine/plan/look.h"
#include "reports/report.h"
#include "tools/espgang/ledger/selection.h"

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
    *look = (struct eg_report_look){
        .customer = cli_text(call, "customer"),
        .order = cli_text(call, "order"),
        .title = cli_text(call, "title"),
        .logo_path = cli_text(call, "logo"),
        .full = cli_flag(call, "full"),
    };
    EG_TRY(read_case_name(&look->junit_name, call, err));
    if (target == NULL)
        return EG_OK;
    if (!eg_look_target(&look->target, target))
        return cli_usage(call, err, "--target is '%s', not a yield in percent, more than 0 and at most 100",
                         target);
    return EG_OK;
}

static enum eg_code read_by(enum eg_trend_by *by, const struct cli_call *call, struct eg_error *err)
{
    static const char *const names[] = {
        [EG_TREND_DAY] = "day", [EG_TREND_WEEK] = "week", [EG_TREND_MONTH] = "month"};
    const char *const wanted = cli_text(call, "by");

    *by = EG_TREND_BEST;
    for (unsigned i = EG_TREND_DAY; wanted != NULL && i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], wanted) == 0)
            *by = (enum eg_trend_by)i;
    return wanted == NULL || *by != EG_TREND_BEST
               ? EG_OK
               : cli_usage(call, err, "--by is '%s', not day, week or month", wanted);
}

static enum eg_code report(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(cli_selection_finish) struct cli_selection selection = {0};
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_report_file files[FORMATS_MAX];
    struct eg_report_look look;
    enum eg_trend_by by;
    size_t count;

    EG_TRY(read_files(files, &count, call, err));
    EG_TRY(read_look(&look, call, err));
    EG_TRY(read_by(&by, call, err));
    EG_TRY(cli_selection_read(&selection, call, err));
    for (size_t i = 0; i < count; i++)
        if (files[i].format->check != NULL) /* a program works for it */
            cli_catch_signals(NULL, NULL);
    const bool one_batch = by == EG_TREND_BEST && eg_selection_is_all(&selection.runs);
    if (one_batch && cli_texts(call, "batch", 0) == NULL)
        return eg_report_write(cli_text(call, "ledger"), NULL, files, count, &look, cli_cancel(), err);
    EG_TRY(eg_query_open(&query, cli_text(call, "ledger"), err));
    EG_TRY(cli_selection_batches(&selection, call, query, err));
    if (one_batch && selection.batch_count == 1)
        return eg_report_write(cli_text(call, "ledger"), selection.batches[0], files, count, &look,
                               cli_cancel(), err);
    return eg_report_write_trend(query, &selection.runs, by, files, count, &look, cli_cancel(), err);
}

/* An option for each format, then those of all. */
static const struct cli_option *make_options(void)
{
    static const struct cli_option common[] = {
        {.name = "batch",
         .value = "NAMES",
         .help = "Batch to report on (default: the newest); several with commas are a trend",
         .more = "May be repeated, for names with commas."},
        CLI_SELECTION_OPTIONS_OF_RUNS,
        {.name = "by", .value = "STEP", .help = "Show a trend by day, week or month (default: by its span)"},
        {.name = "target",
         .value = "PERCENT",
         .help = "Yield that the batch must reach; the verdict says whether it did (default: the "
                 "job's `report.target`)"},
        {.name = "customer",
         .value = "NAME",
         .help = "Customer, shown on top of HTML and PDF (default: the job's `report.customer`)"},
        {.name = "order", .value = "TEXT", .help = "Order, shown on top of HTML and PDF"},
        {.name = "title", .value = "TEXT", .help = "Name of the product, shown on top of HTML and PDF"},
        {.name = "logo",
         .value = "FILE",
         .help = "PNG, JPEG or SVG file to show on top of HTML and PDF, up to 256 KiB, without scripts "
                 "(default: the job's `report.logo`)"},
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
    .summary = "Write the report of a batch, or the trend of many",
    .arguments = "--FORMAT FILE...",
    .details =
        "FORMAT is one of the formats below. All files that are asked for come from the same look at "
        "the ledger. A FILE `-` is standard "
        "output, for "
        "one of them. When anything fails, files that existed stay as they were.\n"
        "\n"
        "One `--batch`, or none, makes the report of a batch. Several, `--by`, or any option that selects "
        "runs, makes a trend: yield, causes, cycle times and measured values over all that is selected, by "
        "day, week or month.",
    .make_options = make_options,
    .run = report,
};
