/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The report of one batch as one HTML file.
 *
 * It is read on a screen, printed on A4 and filed, so it loads nothing, says with words and shapes what it
 * says with colour, and can be read whole without its script, which sorts, filters and searches the table of
 * units. Every text that came from a job, a board or a person goes through eg__out_escaped().
 *
 * Not here: what the numbers mean and how they are counted, which is db/query/query.h's and numbers.h's.
 */

#include "reports/html.h"
#include "reports/page_files.h"

#include "engine/base/clock.h"

#include <inttypes.h>
#include <string.h>

struct seal {
    char sealed[40], hash[EG_SHA256_TEXT];
};

static enum eg_code take_seal(void *context, const char *name, const char *value, struct eg_error *err)
{
    struct seal *seal = context;

    (void)err;
    if (strcmp(name, "sealed_utc") == 0)
        snprintf(seal->sealed, sizeof seal->sealed, "%s", value);
    if (strcmp(name, "runs_sha256") == 0)
        snprintf(seal->hash, sizeof seal->hash, "%s", value);
    return EG_OK;
}

static enum eg_code head(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    const struct eg__numbers *const numbers = report->numbers;
    struct seal seal = {"", ""};
    char record[120] = "";

    EG_TRY(eg_query_seal(report->query, numbers->batch.name, take_seal, &seal, err));
    if (seal.hash[0] != '\0')
        snprintf(record, sizeof record, "Sealed %s, %.16s", eg__day(eg__utc_ms(seal.sealed)).text, seal.hash);
    else if (numbers->chain_hash[0] != '\0')
        snprintf(record, sizeof record, "Not sealed; record %" PRId64 ": %.16s", numbers->chain_id,
                 numbers->chain_hash);
    return eg__html_head(out, "Batch ", numbers->batch.name, record, err);
}

/* "line 1, line 2": the different names among the sessions. */
static void put_names(struct eg__out *out, const struct eg__numbers *numbers, size_t member)
{
    unsigned shown = 0;

    for (size_t i = 0; i < numbers->session_count; i++) {
        const char *const name = *(char *const *)(const void *)((const char *)&numbers->sessions[i] + member);
        bool known = name[0] == '\0';
        for (size_t other = 0; !known && other < i; other++)
            known = strcmp(*(char *const *)(const void *)((const char *)&numbers->sessions[other] + member),
                           name) == 0;
        if (known)
            continue;
        eg__put(out, shown++ > 0 ? ", " : "");
        eg__html_name(out, name);
    }
}

static void put_made(struct eg__out *out, const struct eg__numbers *numbers)
{
    const int64_t first_ms = eg__utc_ms(numbers->batch.first_utc),
                  last_ms = eg__utc_ms(numbers->batch.last_utc);

    eg__put(out, "<div><dt>Made</dt><dd>");
    if (first_ms < 0) {
        eg__put(out, "no run yet");
    } else if (last_ms < 0) {
        eg__put(out, "since %s (%s)", eg__day(first_ms).text, eg__zone(first_ms).text);
    } else {
        const struct eg__word zone = eg__zone(first_ms);
        eg__html_span(out, numbers);
        eg__put(out, " <span class=\"sm\">(%s", zone.text);
        if (strcmp(zone.text, "UTC") != 0)
            eg__put(out, "; %.16sZ to %.16sZ", numbers->batch.first_utc, numbers->batch.last_utc);
        eg__put(out, ")</span>");
    }
    eg__put(out, "</dd></div>");
}

static enum eg_code top(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    const struct eg__numbers *const numbers = report->numbers;
    const struct eg_report_look *const look = report->look;
    const struct eg__session *const session = numbers->session_count > 0 ? numbers->sessions : NULL;

    eg__put(out, "<body class=\"%s%s\">\n<a class=\"skip\" href=\"#summary\">Skip to the result</a>\n",
            look->full ? "full" : "", numbers->batch.units > EG__UNITS_LISTED ? " large" : "");
    eg__html_shapes(out);
    EG_TRY(eg__html_customer(out, look, err));
    eg__put(out, "<h1>");
    if (look->title != NULL) {
        eg__html_name(out, look->title);
        eg__put(out, ", batch ");
    } else {
        eg__put(out, "Batch ");
    }
    eg__html_name(out, numbers->batch.name);
    eg__put(out, "</h1></div><dl class=\"mt\">");
    put_made(out, numbers);
    eg__put(out, "<div><dt>Where</dt><dd>");
    put_names(out, numbers, offsetof(struct eg__session, station));
    eg__put(out, "; ");
    put_names(out, numbers, offsetof(struct eg__session, operator_name));
    eg__put(out, "</dd></div><div><dt>What</dt><dd>");
    put_names(out, numbers, offsetof(struct eg__session, job));
    eg__put(out, " ");
    put_names(out, numbers, offsetof(struct eg__session, job_version));
    if (session != NULL)
        eg__html_text(out, " on ", session->chip, "");
    eg__put(out, "</dd></div></dl></header>\n<main>\n");
    if (numbers->batch.simulated != 0)
        eg__put(out, "<p id=\"simulated\" class=\"note\">The boards of this batch were simulated.</p>\n");
    return EG_OK;
}

static void bottom(struct eg__out *out, const struct eg__numbers *numbers)
{
    char now[EG_UTC_TEXT];

    eg_clock_utc(now);
    const int64_t now_ms = eg__utc_ms(now);
    eg__put(out,
            "</main>\n<footer class=\"ft\"><p>" EG_UNIT_DEFINITION
            " Retries: further attempts within runs. Times are "
            "local (%s) unless they end with Z, which is UTC. Report made %s by espgang " EG_VERSION
            ".</p></footer>\n<script>%s</script></body></html>\n",
            eg__zone(eg__utc_ms(numbers->batch.first_utc) < 0 ? now_ms : eg__utc_ms(numbers->batch.first_utc))
                .text,
            eg__day(now_ms).text, (const char *)eg__page_report_js);
}

enum eg_code eg__html(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    EG_TRY(head(out, report, err));
    EG_TRY(top(out, report, err));
    eg__html_summary(out, report);
    EG_TRY(eg__html_causes(out, report, err));
    EG_TRY(eg__html_where(out, report, err));
    eg__html_when(out, report);
    EG_TRY(eg__html_how_long(out, report, err));
    eg__html_measured(out, report);
    EG_TRY(eg__html_record(out, report, err));
    EG_TRY(eg__html_units(out, report, err));
    bottom(out, report->numbers);
    return EG_OK;
}

const struct eg_report_format eg_report_format_html = {
    .name = "html",
    .summary = "Write one HTML file that needs no network and prints on A4",
    .more =
        "It says whether the batch is good enough, why units are not good, where and since when, how long "
        "it took, what was measured, and lists the units.",
    .write = eg__html,
    .write_trend = eg__html_trend,
};
