/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A batch as CI servers read test results: a suite with a case per unit, by its last finished run.
 *
 * fail is a <failure>, error an <error>, aborted <skipped>: such a unit was not judged. What a case's run was
 * is its <system-out>. tests/reports/junit.xsd says the form.
 */

#include "reports/report_internal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct suite {
    struct eg__out *out;
    const struct eg__report *report;
    bool first_session;
};

static void attribute(struct eg__out *out, const char *name, const char *text)
{
    fprintf(out->file, " %s=\"", name);
    eg__out_escaped(out, text);
    putc('"', out->file);
}

static void property(struct eg__out *out, const char *name, const char *value)
{
    fputs("<property", out->file);
    attribute(out, "name", name);
    attribute(out, "value", value);
    fputs("/>\n", out->file);
}

static void counts(const struct suite *suite)
{
    const struct eg_batch *batch = &suite->report->numbers->batch;

    fprintf(suite->out->file,
            " tests=\"%" PRId64 "\" failures=\"%" PRId64 "\" errors=\"%" PRId64 "\" skipped=\"%" PRId64 "\"",
            batch->units, batch->failed, batch->errors, batch->aborted);
}

/* Seconds from the first run's beginning to the last one's end. */
static double wall_seconds(const struct suite *suite)
{
    const struct eg_batch *batch = &suite->report->numbers->batch;
    const int64_t begin_ms = eg__utc_ms(batch->first_utc), end_ms = eg__utc_ms(batch->last_utc);

    return end_ms > begin_ms && begin_ms >= 0 ? (double)(end_ms - begin_ms) / 1000 : 0;
}

static enum eg_code session_property(void *context, const struct eg_batch_session *row, struct eg_error *err)
{
    struct suite *suite = context;

    (void)err;
    if (!suite->first_session)
        return EG_OK;
    suite->first_session = false;
    attribute(suite->out, "hostname", row->station);
    fputs(">\n<properties>\n", suite->out->file);
    property(suite->out, "job", row->job);
    property(suite->out, "job_version", row->job_version);
    property(suite->out, "job_sha256", row->job_sha256);
    property(suite->out, "chip", row->chip);
    property(suite->out, "operator", row->operator_name);
    property(suite->out, "tool_version", row->tool_version);
    return EG_OK;
}

static void count_properties(struct eg__out *out, const struct eg_batch *batch)
{
    const struct {
        const char *name;
        int64_t count;
    } counts[] = {
        {"first_pass", batch->first_pass}, {"repeats", batch->repeats}, {"no_board", batch->no_board}};
    char text[24];

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        snprintf(text, sizeof text, "%" PRId64, counts[i].count);
        property(out, counts[i].name, text);
    }
    property(out, "simulated", batch->simulated != 0 ? "true" : "false");
    property(out, "definition", EG_UNIT_DEFINITION);
}

static enum eg_code region_property(void *context, const struct eg_batch_region *row, struct eg_error *err)
{
    struct suite *suite = context;
    char name[40];

    (void)err;
    snprintf(name, sizeof name, "sha256:0x%08" PRIx64, (uint64_t)row->flash_addr);
    property(suite->out, name, row->expected_sha256);
    return EG_OK;
}

static void line(struct eg__out *out, const char *name, const char *text)
{
    if (text[0] == '\0')
        return;
    eg__out_escaped(out, name);
    fputs(": ", out->file);
    eg__out_escaped(out, text);
    putc('\n', out->file);
}

/* "supply: 2.9 V, lower 3, upper 3.6" */
static void value_line(struct eg__out *out, const struct eg__value_name *name, const struct eg__value *value)
{
    if (value->text[0] == '\0')
        return;
    eg__out_escaped(out, name->name);
    fputs(": ", out->file);
    eg__out_escaped(out, value->text);
    fputs(name->unit[0] != '\0' ? " " : "", out->file);
    eg__out_escaped(out, name->unit);
    if (!isnan(value->lower))
        fprintf(out->file, ", lower %.15g", value->lower);
    if (!isnan(value->upper))
        fprintf(out->file, ", upper %.15g", value->upper);
    putc('\n', out->file);
}

static void verdict(struct eg__out *out, const struct eg_run_row *run)
{
    const bool failed = strcmp(run->outcome, "fail") == 0;

    if (strcmp(run->outcome, "aborted") == 0) {
        fputs("<skipped", out->file);
        attribute(out, "message", run->sentence);
        fputs("/>\n", out->file);
    } else if (failed || strcmp(run->outcome, "error") == 0) {
        fputs(failed ? "<failure" : "<error", out->file);
        attribute(out, "type", run->code);
        attribute(out, "message", run->sentence);
        putc('>', out->file);
        eg__out_escaped(out, run->sentence);
        fputs(failed ? "</failure>\n" : "</error>\n", out->file);
    }
}

static enum eg_code test_case(void *context, const struct eg_report_unit *row, struct eg_error *err)
{
    const struct suite *suite = context;
    struct eg__out *out = suite->out;
    const struct eg_run_row *run = &row->last;
    const struct eg__values *values = suite->report->values;
    char name[40], number[30];
    size_t count;
    const struct eg__value *of_run = eg__values_of(values, run->run, &count);

    (void)err;
    snprintf(number, sizeof number, "%" PRId64, run->run);
    snprintf(name, sizeof name, "run %s", number);
    fputs("<testcase", out->file);
    attribute(out, "classname", suite->report->numbers->batch.name);
    attribute(out, "name", run->mac[0] != '\0' ? run->mac : name);
    fprintf(out->file, " time=\"%.3f\">\n", run->duration_ms < 0 ? 0 : (double)run->duration_ms / 1000);
    verdict(out, run);
    fputs("<system-out>", out->file);
    line(out, "run", number);
    line(out, "slot", run->slot);
    line(out, "outcome", run->outcome);
    line(out, "blame", run->blame);
    line(out, "marginal", run->marginal);
    line(out, "chip", run->chip);
    line(out, "revision", run->revision);
    for (size_t i = 0; i < count; i++)
        value_line(out, &values->names[of_run[i].name], &of_run[i]);
    fputs("</system-out>\n</testcase>\n", out->file);
    return EG_OK;
}

static enum eg_code write_junit(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    const struct eg_batch *batch = &report->numbers->batch;
    struct suite suite = {out, report, true};

    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", out->file);
    counts(&suite);
    fprintf(out->file, " time=\"%.3f\">\n<testsuite", wall_seconds(&suite));
    attribute(out, "name", batch->name);
    counts(&suite);
    fprintf(out->file, " time=\"%.3f\"", wall_seconds(&suite));
    if (batch->first_utc[0] != '\0')
        fprintf(out->file, " timestamp=\"%.19s\"", batch->first_utc);
    EG_TRY(eg_query_sessions(report->query, batch->name, session_property, &suite, err));
    count_properties(out, batch);
    EG_TRY(eg_query_regions(report->query, batch->name, region_property, &suite, err));
    fputs("</properties>\n", out->file);
    EG_TRY(eg_query_report_units(report->query, batch->name, test_case, &suite, err));
    fputs("</testsuite>\n</testsuites>\n", out->file);
    return EG_OK;
}

const struct eg_report_format eg_report_format_junit = {
    .name = "junit",
    .summary = "Write JUnit XML with a test case for each unit, for CI servers",
    .more = "`fail` is a failure, `error` an error, both with code and sentence; `aborted` is skipped.",
    .every_value = true,
    .write = write_junit,
};
