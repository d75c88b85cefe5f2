/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A batch as CI servers read test results: a suite with a case per unit, by its last finished run.
 *
 * fail is a <failure>, error an <error>, aborted <skipped>: such a unit was not judged. What a case's run was
 * is its <system-out>. tests/reports/junit.xsd says the form.
 */

#include "db/query/questions.h"
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
    property(suite->out, "batch", suite->report->numbers->batch.name);
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

static void put_number(struct eg__out *out, const char *name, double number)
{
    char text[32];

    if (isnan(number))
        return;
    snprintf(text, sizeof text, "%.15g", number);
    property(out, name, text);
}

/* The properties of a value have the names that its columns have in CSV. */
static void value_properties(struct eg__out *out, const struct eg__value_name *name,
                             const struct eg__value *value)
{
    char text[300];

    if (value->text[0] == '\0')
        return;
    const int used = snprintf(text, sizeof text - 10, "%s:%s", name->given ? "unit" : "measured", name->name);
    char *const end = text + (used < (int)sizeof text - 10 ? (size_t)used : sizeof text - 11);
    property(out, text, value->text);
    if (name->unit[0] != '\0') {
        snprintf(end, 10, ":unit");
        property(out, text, name->unit);
    }
    snprintf(end, 10, ":lower");
    put_number(out, text, value->lower);
    snprintf(end, 10, ":upper");
    put_number(out, text, value->upper);
}

/* What the application printed during a run that did not pass. */
static void application_log(struct eg__out *out, struct eg_query *query, int64_t run)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer log = {0};
    struct eg_error err;

    if (eg_query_run_log_text(query, run, &log, &err) !=
        EG_OK) { /* a damaged log is no reason for no report */
        line(out, "log", err.text);
        return;
    }
    if (log.size == 0 || eg_buffer_append(&log, "", 1, &err) != EG_OK)
        return;
    fputs("\napplication log:\n", out->file);
    eg__out_lines(out, (const char *)log.data);
}

static const char *case_name(enum eg_report_case wanted, const struct eg_run_row *run)
{
    if (wanted == EG_CASE_SLOT)
        return run->slot;
    return wanted == EG_CASE_SERIAL && run->serial[0] != '\0' ? run->serial : run->mac;
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

    const struct eg__numbers *const numbers = suite->report->numbers;
    const struct eg__run *const of_numbers = eg__numbers_run(numbers, run->run);
    const char *const given = case_name(suite->report->look->junit_name, run);

    (void)err;
    snprintf(number, sizeof number, "%" PRId64, run->run);
    snprintf(name, sizeof name, "run %s", number);
    fputs("<testcase classname=\"", out->file);
    eg__out_escaped(out, of_numbers != NULL ? numbers->sessions[of_numbers->session].job : "");
    putc('.', out->file);
    eg__out_escaped(out, run->chip);
    putc('"', out->file);
    attribute(out, "name", given[0] != '\0' ? given : name);
    fprintf(out->file, " time=\"%.3f\">\n<properties>\n",
            run->duration_ms < 0 ? 0 : (double)run->duration_ms / 1000);
    property(out, "run", number);
    property(out, "batch", numbers->batch.name);
    property(out, "mac", run->mac);
    property(out, "slot", run->slot);
    for (size_t i = 0; i < count; i++)
        value_properties(out, &values->names[of_run[i].name], &of_run[i]);
    fputs("</properties>\n", out->file);
    verdict(out, run);
    fputs("<system-out>", out->file);
    line(out, "outcome", run->outcome);
    line(out, "blame", run->blame);
    line(out, "marginal", run->marginal);
    line(out, "revision", run->revision);
    if (strncmp(run->outcome, "pass", 4) != 0)
        application_log(out, suite->report->query, run->run);
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
    .more =
        "The class name is the job and the chip, the name is what --junit-name says, so that a CI server "
        "joins the "
        "history of both. Batch, run and values are properties; a unit that did not pass has the log of its "
        "application. `fail` is a failure, `error` an error, both with code and sentence; `aborted` is "
        "skipped.",
    .every_value = true,
    .write = write_junit,
};
