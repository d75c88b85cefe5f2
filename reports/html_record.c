/* SPDX-License-Identifier: Apache-2.0 */

/* What goes into a file with the batch: firmware, security, exceptions, sessions, counts, seal. */

#include "reports/html.h"

#include <inttypes.h>
#include <string.h>

/* A table that is there once it has a row. */
struct late_table {
    struct eg__out *out;
    bool any;
};

static enum eg_code region_row(void *context, const struct eg_batch_region *row, struct eg_error *err)
{
    static const char *const heads[] = {"Region", "Address",    "#Bytes",       "SHA-256",
                                        "#Equal", "#Different", "#Not checked", NULL};
    struct late_table *const table = context;
    struct eg__out *const out = table->out;

    (void)err;
    if (!table->any)
        eg__html_table(out, "regions-table", "fw", "Firmware, and in how many runs the flash held it", heads);
    table->any = true;
    eg__html_text(out, "<tr><th scope=\"row\"><bdi>", row->name, "</bdi></th>");
    eg__put(out, "<td class=\"mo\">0x%08" PRIx64 "</td><td class=\"n\">%s</td>", row->flash_addr,
            eg__count(row->size).text);
    eg__html_cell(out, "mo dg", row->expected_sha256);
    eg__put(out, "<td class=\"n\">%s</td><td class=\"n%s\">%s</td><td class=\"n\">%s</td></tr>\n",
            eg__count(row->equal).text, row->different > 0 ? " o" : "", eg__count(row->different).text,
            eg__count(row->not_checked).text);
    return EG_OK;
}

static void security(struct eg__out *out, const struct eg__numbers *numbers)
{
    static const struct {
        const char *name;
        size_t member;
    } settings[] = {{"Secure boot", offsetof(struct eg__run, secure_boot)},
                    {"Flash encryption", offsetof(struct eg__run, flash_encryption)},
                    {"Secure download mode", offsetof(struct eg__run, secure_download)}};

    eg__put(out, "<div><h3>Security state of the good units, as found</h3><dl class=\"kvl\">");
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        int64_t on = 0, off = 0, unknown = 0;
        for (int64_t unit = 0; unit < numbers->batch.units; unit++) {
            const int8_t state = *((const int8_t *)numbers->order[unit] + settings[i].member);
            if (!eg__run_passed(numbers->order[unit]))
                continue;
            on += state == 1;
            off += state == 0;
            unknown += state < 0;
        }
        eg__put(out, "<dt>%s</dt><dd>", settings[i].name);
        if (on + off + unknown == 0)
            eg__put(out, "no good unit yet");
        if (on > 0)
            eg__put(out, "on in %s ", eg__count(on).text);
        if (off > 0)
            eg__put(out, "off in %s ", eg__count(off).text);
        if (unknown > 0)
            eg__put(out, "not known of %s", eg__count(unknown).text);
        eg__put(out, "</dd>");
    }
    eg__put(out, "</dl></div>\n");
}

static void allowed(struct eg__out *out, const struct eg__numbers *numbers)
{
    eg__put(out, "<div><h3>Exceptions that the job allowed</h3>");
    if (numbers->allowed_count == 0)
        eg__put(out, "<p>None.</p>");
    eg__put(out, "<dl class=\"kvl\">");
    for (size_t i = 0; i < numbers->allowed_count; i++) {
        eg__html_text(out, "<dt><code>", numbers->allowed[i].rule, "</code></dt>");
        eg__put(out, "<dd>broken in %s</dd>", eg__counted(numbers->allowed[i].runs, "run").text);
    }
    eg__put(out, "</dl></div>\n");
}

static bool same_session(const struct eg__session *a, const struct eg__session *b)
{
    return strcmp(a->station, b->station) == 0 && strcmp(a->operator_name, b->operator_name) == 0 &&
           strcmp(a->job_sha256, b->job_sha256) == 0 && strcmp(a->tool_version, b->tool_version) == 0;
}

/* Sessions that follow each other with nothing changed are one row. */
static void sessions(struct eg__out *out, const struct eg__numbers *numbers)
{
    static const char *const heads[] = {"Began",       "Station", "Operator", "Job",         "Chip",
                                        "Job SHA-256", "espgang", "#Starts",  "#Insertions", NULL};
    int64_t runs = 0, starts = 0;

    eg__html_table(out, "sessions-table", "ses", "Sessions", heads);
    for (size_t i = 0, first = 0; i < numbers->session_count; i++) {
        const struct eg__session *const session = &numbers->sessions[i];
        if (starts == 0)
            first = i;
        runs += session->runs;
        starts++;
        if (i + 1 < numbers->session_count && same_session(session, session + 1))
            continue;
        eg__put(out, "<tr><td>%s</td>", eg__day(eg__utc_ms(numbers->sessions[first].started_utc)).text);
        eg__html_cell(out, "", session->station);
        eg__html_cell(out, "", session->operator_name);
        eg__html_text(out, "<td><bdi>", session->job, "</bdi>");
        eg__html_text(out, " <bdi>", session->job_version, "</bdi></td>");
        eg__html_cell(out, "", session->chip);
        eg__html_cell(out, "mo dg", session->job_sha256);
        eg__html_cell(out, "", session->tool_version);
        eg__put(out, "<td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n", eg__count(starts).text,
                eg__count(runs).text);
        runs = starts = 0;
    }
    eg__html_table_end(out);
}

static void counts(struct eg__out *out, const struct eg__numbers *numbers)
{
    const struct eg_batch *const batch = &numbers->batch;
    const struct {
        const char *id, *one, *many;
        int64_t count;
    } all[] = {{"units", "unit", "units", batch->units},
               {"passed", "pass", "pass", batch->passed},
               {"marginal", "pass-marginal", "pass-marginal", batch->marginal},
               {"failed", "fail", "fail", batch->failed},
               {"errors", "error", "error", batch->errors},
               {"aborted", "aborted", "aborted", batch->aborted},
               {"first-pass", "first pass", "first pass", batch->first_pass},
               {"runs", "run", "runs", batch->runs},
               {"retries", "retry", "retries", numbers->retries},
               {"unfinished", "unfinished", "unfinished", batch->unfinished},
               {"no-board", "contact without a board", "contacts without a board", batch->no_board},
               {"repeats", "good board shown again", "good boards shown again", batch->repeats},
               {"clones", "MAC with several flashes", "MACs with several flashes", batch->clones}};

    eg__put(out, "<h3>Counts</h3><ul class=\"counts\">");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        eg__put(out, "<li><b id=\"%s\">%" PRId64 "</b> %s</li>", all[i].id, all[i].count,
                all[i].count == 1 ? all[i].one : all[i].many);
    eg__put(out, "</ul>\n");
}

static enum eg_code mismatch_row(void *context, const struct eg_batch_mismatch *row, struct eg_error *err)
{
    static const char *const heads[] = {
        "#Run", "Slot", "MAC", "Region", "Address", "Expected MD5", "MD5 by the chip", NULL};
    struct late_table *const table = context;
    struct eg__out *const out = table->out;

    (void)err;
    if (!table->any) {
        eg__put(out, "<details class=\"more\"><summary>Regions that read back differently</summary>");
        eg__html_table(out, "mismatches-table", "fw", "Regions with another digest", heads);
    }
    table->any = true;
    eg__put(out, "<tr><td class=\"n\">%" PRId64 "</td>", row->run);
    eg__html_cell(out, "", row->slot);
    eg__html_cell(out, "mo", row->mac);
    eg__html_cell(out, "", row->region);
    eg__put(out, "<td class=\"mo\">0x%08" PRIx64 "</td>", row->flash_addr);
    eg__html_cell(out, "mo dg", row->expected_md5);
    eg__html_cell(out, "mo dg", row->read_md5);
    eg__put(out, "</tr>\n");
    return EG_OK;
}

static enum eg_code seal_field(void *context, const char *name, const char *value, struct eg_error *err)
{
    struct eg__out *out = context;

    (void)err;
    eg__html_text(out, "<dt>", name, "</dt>");
    eg__html_text(out, "<dd class=\"mo dg\">", value, "</dd>");
    return EG_OK;
}

static enum eg_code seal(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    const struct eg__numbers *const numbers = report->numbers;

    eg__put(out, "<div class=\"seal\"><h3>Record</h3><dl class=\"kvl\"><dt>last finished run in the "
                 "chain</dt><dd class=\"mo dg\">");
    if (numbers->chain_id > 0)
        eg__put(out, "%" PRId64 ": %s</dd>", numbers->chain_id, numbers->chain_hash);
    else
        eg__put(out, "none yet</dd>");
    EG_TRY(eg_query_seal(report->query, numbers->batch.name, seal_field, out, err));
    eg__put(out, "</dl><p class=\"sm\">Anybody can check it: <code>espgang audit</code></p></div>\n");
    return EG_OK;
}

enum eg_code eg__html_record(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    struct late_table regions = {.out = out}, mismatches = {.out = out};
    const char *const batch = report->numbers->batch.name;

    eg__html_section(out, "record", "Firmware, security, record");
    EG_TRY(eg_query_regions(report->query, batch, region_row, &regions, err));
    if (regions.any)
        eg__html_table_end(out);
    EG_TRY(eg_query_mismatches(report->query, batch, mismatch_row, &mismatches, err));
    if (mismatches.any) {
        eg__html_table_end(out);
        eg__put(out, "</details>");
    }
    eg__put(out, "<div class=\"two\">");
    security(out, report->numbers);
    allowed(out, report->numbers);
    eg__put(out, "</div>\n");
    sessions(out, report->numbers);
    counts(out, report->numbers);
    EG_TRY(seal(out, report, err));
    eg__put(out, "</section>\n");
    return EG_OK;
}
