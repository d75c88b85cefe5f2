/* SPDX-License-Identifier: Apache-2.0 */

/* Many batches as one HTML file: is it getting better or worse, since when, by what. */

#include "reports/html_trend.h"
#include "reports/page_files.h"

#include "db/query/query.h"

#include <math.h>
#include <string.h>

#define CAUSES_SHOWN  12
#define COLUMNS_SHOWN 16 /* periods in the table of causes */

static void period_table(struct eg__out *out, const struct eg__trend *trend)
{
    static const char *const heads[] = {"From",       "#Units",    "#Good",   "#Yield", "#First pass",
                                        "#Cycle (s)", "#95 % (s)", "Verdict", NULL};

    eg__html_table(out, "periods-table", "", "Each unit counts once, by its last run", heads);
    for (size_t i = trend->period_count; i-- > 0;) {
        const struct eg__tally *const period = &trend->periods[i];
        if (period->runs == 0)
            continue;
        const char *const verdict = eg__trend_verdict(trend, period);
        eg__put(out,
                "<tr%s><th scope=\"row\">%s</th><td class=\"n\">%s</td><td class=\"n\">%s</td><td "
                "class=\"n\">%s</td><td class=\"n\">%s</td>",
                strcmp(verdict, "below the limit") == 0 ? " class=\"hot\"" : "",
                eg__date(period->begin_ms).text, eg__count(period->units).text,
                eg__count(eg__tally_good(period)).text, eg__trend_yield_word(trend, period).text,
                period->units == 0 || trend->by_outcome
                    ? "\xe2\x80\x93"
                    : eg__percent((double)period->first_pass / (double)period->units).text);
        eg__put(out, "<td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"vw\">%s</td></tr>\n",
                eg__real(period->cycle_median, 2).text, eg__real(period->cycle_p95, 2).text, verdict);
    }
    eg__html_table_end(out);
}

static void when(struct eg__out *out, const struct eg__trend_report *report)
{
    const struct eg__trend *const trend = report->trend;

    eg__html_section(out, "when", "When");
    eg__trend_yield_chart(out, trend, report->look->target);
    eg__trend_unit_chart(out, trend);
    period_table(out, trend);
    eg__put(out, "</section>\n");
}

/* Causes */

static void cause_row(struct eg__out *out, const struct eg__trend *trend, size_t cause, size_t from)
{
    const double share = (double)trend->total.causes[cause] / (double)trend->total.units;

    eg__html_text(out, "<tr><th scope=\"row\"><bdi>", trend->causes[cause], "</bdi></th>");
    eg__put(out, "<td class=\"n\">%s</td>", eg__count(trend->total.causes[cause]).text);
    for (size_t i = from; i < trend->period_count; i++) {
        const struct eg__tally *const period = &trend->periods[i];
        if (period->units == 0) {
            eg__put(out, "<td class=\"hc\"></td>");
            continue;
        }
        const bool above = !trend->by_outcome && (double)period->causes[cause] / (double)period->units >
                                                     eg__control_limits(share, period->units).high + EG__SAME;
        eg__put(out, "<td class=\"hc%s\"><span>%s</span></td>", above ? " c2" : "",
                period->causes[cause] > 0 ? eg__count(period->causes[cause]).text : "");
    }
    eg__put(out, "</tr>\n");
}

static void causes(struct eg__out *out, const struct eg__trend *trend)
{
    const size_t from = trend->period_count > COLUMNS_SHOWN ? trend->period_count - COLUMNS_SHOWN : 0;

    if (trend->cause_count == 0)
        return;
    eg__html_section(out, "causes", "What failed");
    eg__put(out,
            "<p class=\"in\">Units by cause%s. A filled field is above the control limit of its cause.</p>"
            "<div class=\"tw\" tabindex=\"0\" role=\"region\" aria-label=\"Table: causes-table\"><table "
            "id=\"causes-table\" class=\"heat\"><caption>Units that are not good</caption><thead><tr><th "
            "scope=\"col\">Cause</th><th scope=\"col\" class=\"n\">All</th>",
            from > 0 ? ", in the newest periods; CSV and JSON have all" : "");
    for (size_t i = from; i < trend->period_count; i++)
        eg__put(out, "<th scope=\"col\" class=\"hc\">%s</th>",
                eg__short_date(trend->periods[i].begin_ms).text);
    eg__put(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < trend->cause_count && i < CAUSES_SHOWN; i++)
        cause_row(out, trend, i, from);
    eg__html_table_end(out);
    if (trend->cause_count > CAUSES_SHOWN)
        eg__put(out, "<p class=\"in\">CSV and JSON have %s, all rarer.</p>",
                eg__counted((int64_t)(trend->cause_count - CAUSES_SHOWN), "more cause").text);
    eg__put(out, "</section>\n");
}

/* Measured values */

/* So many that the standard deviation has three digits. */
static int decimals_of(double sd)
{
    const double decimals = sd > 0 ? 2 - floor(log10(sd)) : 3;

    return decimals < 0 ? 0 : decimals > 6 ? 6 : (int)decimals;
}

static void measure_table(struct eg__out *out, const struct eg__trend *trend, size_t which)
{
    static const char *const heads[] = {"From",  "#n",   "#Mean",          "#SD", "#Least",
                                        "#Most", "#Cpk", "#Out of limits", NULL};
    const int decimals = decimals_of(eg__moments_sd(&trend->total.measures[which]));
    char id[40];

    snprintf(id, sizeof id, "value-%zu", which);
    eg__put(out, "<details class=\"more\"><summary>Numbers</summary>");
    eg__html_table(out, id, "", "The value of each unit's first test", heads);
    for (size_t i = trend->period_count; i-- > 0;) {
        const struct eg__moments *const moments = &trend->periods[i].measures[which];
        if (moments->count == 0)
            continue;
        const double cpk = eg__moments_capability(moments, &trend->measures[which]).cpk;
        eg__put(out,
                "<tr><th scope=\"row\">%s</th><td class=\"n\">%s</td><td class=\"n\">%s</td><td "
                "class=\"n\">%s</td>",
                eg__date(trend->periods[i].begin_ms).text, eg__count(moments->count).text,
                eg__real(moments->mean, decimals).text, eg__real(eg__moments_sd(moments), decimals).text);
        eg__put(out,
                "<td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td "
                "class=\"n\">%s</td></tr>\n",
                eg__real(moments->least, decimals).text, eg__real(moments->most, decimals).text,
                eg__real(moments->count < EG__FEW ? NAN : cpk, 2).text, eg__count(moments->outside).text);
    }
    eg__html_table_end(out);
    eg__put(out, "</details>\n");
}

static void measured(struct eg__out *out, const struct eg__trend *trend)
{
    bool begun = false;

    for (size_t i = 0; i < trend->measure_count; i++) {
        const struct eg__moments *const moments = &trend->total.measures[i];
        if (moments->count == 0)
            continue;
        if (!begun) {
            eg__html_section(out, "measured", "What was measured");
            eg__put(out, "<div class=\"two\">");
        }
        begun = true;
        const double cpk = eg__moments_capability(moments, &trend->measures[i]).cpk;
        const int decimals = decimals_of(eg__moments_sd(moments));
        eg__html_text(out, "<div class=\"mcard\"><h3><bdi>", trend->measures[i].name, "</bdi>");
        if (trend->measures[i].unit[0] != '\0')
            eg__html_text(out, " <span class=\"sm\">(<bdi>", trend->measures[i].unit, "</bdi>)</span>");
        if (!isnan(cpk) && moments->count >= EG__FEW)
            eg__put(out, " <span class=\"vd\">%s, Cpk %s</span>", eg__capable(cpk), eg__real(cpk, 2).text);
        eg__put(out, "</h3><p class=\"mn\">n <b>%s</b>, mean <b>%s</b>, sd <b>%s</b>, %s to %s",
                eg__count(moments->count).text, eg__real(moments->mean, decimals).text,
                eg__real(eg__moments_sd(moments), decimals).text, eg__real(moments->least, decimals).text,
                eg__real(moments->most, decimals).text);
        if (trend->measures[i].limits[0] != '\0')
            eg__html_text(out, "; limits <bdi>", trend->measures[i].limits, "</bdi>");
        eg__put(out, "</p>\n");
        eg__trend_measure_chart(out, trend, i);
        measure_table(out, trend, i);
        eg__put(out, "</div>\n");
    }
    if (begun)
        eg__put(out, "</div></section>\n");
}

static void batches(struct eg__out *out, const struct eg__trend *trend)
{
    static const char *const heads[] = {"Batch",  "Job",         "First",      "#Units",
                                        "#Yield", "#First pass", "#Cycle (s)", "Most frequent cause",
                                        NULL};

    eg__html_section(out, "batches", "Batches");
    eg__html_table(out, "batches-table", "", "Each unit counts once, in the batch of its last run", heads);
    for (size_t i = 0; i < trend->batch_count; i++) {
        const struct eg__trend_batch *const batch = &trend->batches[i];
        const struct eg__tally *const tally = &batch->tally;
        size_t most = 0;
        if (tally->runs == 0)
            continue;
        for (size_t cause = 1; cause < trend->cause_count; cause++)
            most = tally->causes[cause] > tally->causes[most] ? cause : most;
        eg__html_text(out, "<tr><th scope=\"row\"><bdi>", batch->name, "</bdi></th>");
        eg__html_text(out, "<td><bdi>", batch->job, "</bdi>");
        eg__html_text(out, " <bdi>", batch->job_version, "</bdi></td>");
        eg__put(out,
                "<td>%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td "
                "class=\"n\">%s</td><td>",
                eg__date(tally->begin_ms).text, eg__count(tally->units).text,
                eg__trend_yield_word(trend, tally).text,
                tally->units == 0 || trend->by_outcome
                    ? "\xe2\x80\x93"
                    : eg__percent((double)tally->first_pass / (double)tally->units).text,
                eg__real(tally->cycle_median, 2).text);
        if (trend->cause_count > 0 && tally->causes[most] > 0) {
            eg__html_name(out, trend->causes[most]);
            eg__put(out, ", %s", eg__count(tally->causes[most]).text);
        }
        eg__put(out, "</td></tr>\n");
    }
    eg__html_table_end(out);
    eg__put(out, "</section>\n");
}

enum eg_code eg__html_trend(struct eg__out *out, const struct eg__trend_report *report, struct eg_error *err)
{
    const struct eg__trend *const trend = report->trend;
    char now[EG_UTC_TEXT];

    eg_clock_utc(now);
    EG_TRY(eg__trend_top(out, report, err));
    eg__trend_summary(out, report);
    if (trend->total.runs > 0) {
        when(out, report);
        causes(out, trend);
        eg__trend_how_long(out, trend);
        measured(out, trend);
        batches(out, trend);
    }
    eg__put(
        out,
        "</main>\n<footer class=\"ft\"><p>" EG_UNIT_DEFINITION
        " Here the runs are those selected, of all batches together. Control limits are those of a p-chart. "
        "Times and days are local (%s). Report made %s by espgang " EG_VERSION
        ".</p></footer>\n<script>%s</script></body></html>\n",
        eg__zone(eg__utc_ms(now)).text, eg__day(eg__utc_ms(now)).text, (const char *)eg__page_report_js);
    return EG_OK;
}
