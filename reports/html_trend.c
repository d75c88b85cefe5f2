/* SPDX-License-Identifier: Apache-2.0 */

/* Many batches as one HTML file: is it getting better or worse, since when, by what. */

#include "reports/html.h"
#include "reports/page_files.h"

#include "db/query/query.h"

#include <math.h>
#include <string.h>

#define CAUSES_SHOWN  12
#define COLUMNS_SHOWN 16 /* periods in the table of causes */
#define SURE          0.05

static double yield_of(const struct eg__tally *tally)
{
    return tally->units == 0 ? NAN : (double)eg__tally_good(tally) / (double)tally->units;
}

static struct eg__word yield_word(const struct eg__trend *trend, const struct eg__tally *tally)
{
    static const struct eg__word none = {"\xe2\x80\x93"};

    return tally->units == 0 || trend->by_outcome ? none : eg__percent(yield_of(tally));
}

/* "below the limit", "above the limit" of the yield; "" = neither. */
static const char *verdict_of(const struct eg__trend *trend, const struct eg__tally *period)
{
    if (trend->by_outcome || period->units < EG__FEW)
        return "";
    const double bad = 1 - yield_of(period);
    return bad > period->limits.high + EG__SAME  ? "below the limit"
           : bad < period->limits.low - EG__SAME ? "above the limit"
                                                 : "within the limits";
}

static const struct eg__tally *last_period(const struct eg__trend *trend)
{
    for (size_t i = trend->period_count; i-- > 0;)
        if (trend->periods[i].units > 0)
            return &trend->periods[i];
    return NULL;
}

/* Top */

static void put_condition(struct eg__out *out, unsigned *shown, const char *what, const char *value)
{
    if (value == NULL)
        return;
    eg__put(out, "%s%s ", (*shown)++ > 0 ? "; " : "", what);
    eg__html_name(out, value);
}

static void put_conditions(struct eg__out *out, const struct eg_selection *selection)
{
    unsigned shown = 0;

    for (size_t i = 0; selection->batches != NULL && selection->batches[i] != NULL && i < 8; i++) {
        eg__put(out, i == 0 ? "batch " : ", ");
        eg__html_name(out, selection->batches[i]);
        shown = 1;
        if (i == 7 && selection->batches[8] != NULL)
            eg__put(out, " and others");
    }
    put_condition(out, &shown, "station", selection->station);
    put_condition(out, &shown, "operator", selection->operator_name);
    put_condition(out, &shown, "slot", selection->slot);
    put_condition(out, &shown, "label", selection->label);
    put_condition(out, &shown, "job", selection->job);
    put_condition(out, &shown, "chip", selection->chip);
    for (size_t i = 0; selection->outcomes != NULL && selection->outcomes[i] != NULL; i++)
        put_condition(out, &shown, i == 0 ? "units that ended" : "or", selection->outcomes[i]);
    put_condition(out, &shown, "units that ended with", selection->code);
    if (selection->since_utc != NULL)
        eg__put(out, "%ssince %s", shown++ > 0 ? "; " : "", eg__day(eg__utc_ms(selection->since_utc)).text);
    if (selection->until_utc != NULL)
        eg__put(out, "%suntil %s", shown++ > 0 ? "; " : "", eg__day(eg__utc_ms(selection->until_utc)).text);
    if (shown == 0)
        eg__put(out, "everything in the ledger");
}

static enum eg_code top(struct eg__out *out, const struct eg__trend_report *report, struct eg_error *err)
{
    const struct eg__trend *const trend = report->trend;
    const char *const title = report->look->title;

    EG_TRY(eg__html_head(out, "Trend", title != NULL ? title : "", "", err));
    eg__put(out, "<body>\n<a class=\"skip\" href=\"#summary\">Skip to the result</a>\n");
    eg__html_shapes(out);
    EG_TRY(eg__html_customer(out, report->look, err));
    eg__put(out, "<h1>");
    if (title != NULL)
        eg__html_text(out, "<bdi>", title, "</bdi>, ");
    eg__put(out, "%s of %s batch%s</h1></div><dl class=\"mt\">", title != NULL ? "trend" : "Trend",
            eg__count((int64_t)trend->batch_count).text, trend->batch_count == 1 ? "" : "es");
    if (trend->total.runs > 0)
        eg__put(out, "<div><dt>Made</dt><dd>%s to %s <span class=\"sm\">(%s), by %s</span></dd></div>",
                eg__day(trend->total.begin_ms).text, eg__day(trend->total.end_ms).text,
                eg__zone(trend->total.begin_ms).text, eg__trend_by_name(trend->by));
    eg__put(out, "<div><dt>What</dt><dd>");
    put_conditions(out, report->selection);
    eg__put(out, "</dd></div></dl></header>\n<main>\n");
    return EG_OK;
}

/* Summary */

/* What the last period has to say. */
static void put_shift(struct eg__out *out, const struct eg__trend *trend)
{
    const struct eg__shift *const shift = &trend->yield_shift;
    const double here = (double)shift->here / (double)shift->units;
    const double before = (double)shift->before / (double)shift->units_before;

    eg__put(out, " The last %s, from %s, has %s of %s units; before that it was %s of %s: ",
            eg__trend_by_name(trend->by), eg__date(last_period(trend)->begin_ms).text, eg__percent(here).text,
            eg__count(shift->units).text, eg__percent(before).text, eg__count(shift->units_before).text);
    eg__put(out, "<b>%s</b> (%s).",
            shift->p >= SURE ? "no difference beyond chance"
            : here > before  ? "better than chance explains"
                             : "worse than chance explains",
            eg__chance(shift->p).text);
}

static void put_cause_shift(struct eg__out *out, const struct eg__trend *trend)
{
    const struct eg__shift *const shift = &trend->cause_shift;

    if (!shift->known || shift->p >= EG__CHANCE / (double)trend->cause_count)
        return;
    eg__html_text(out, " What changed most: <b><bdi>", trend->causes[trend->shifted_cause], "</bdi></b>");
    eg__put(out, ", %s of the units there, %s before (%s).",
            eg__percent((double)shift->here / (double)shift->units).text,
            eg__percent((double)shift->before / (double)shift->units_before).text, eg__chance(shift->p).text);
}

static void verdict(struct eg__out *out, const struct eg__trend_report *report)
{
    const struct eg__trend *const trend = report->trend;
    const struct eg__tally *const total = &trend->total;
    const struct eg__shift *const shift = &trend->yield_shift;
    const double target = report->look->target;
    const bool reached = 100.0 * (double)eg__tally_good(total) >= target * (double)total->units - EG__SAME;
    const bool worse =
        shift->known && shift->p < SURE && shift->here * shift->units_before < shift->before * shift->units;
    const char *const word = total->units == 0   ? "No unit selected"
                             : trend->by_outcome ? "Selected by outcome"
                             : target > 0        ? reached ? "On target" : "Below target"
                             : !shift->known     ? "No target set"
                             : shift->p >= SURE  ? "Steady"
                             : worse             ? "Getting worse"
                                                 : "Getting better";
    const enum eg__mark mark = total->units == 0 || trend->by_outcome ? EG__NEUTRAL
                               : target > 0                           ? reached ? EG__GOOD : EG__FAIL
                               : worse                                ? EG__FAIL
                               : shift->known && shift->p < SURE      ? EG__GOOD
                                                                      : EG__NEUTRAL;

    eg__put(out, "<div class=\"verdict v-%s\"><div class=\"vw1\">", eg__mark_class(mark));
    eg__html_mark(out, mark);
    eg__put(out, "<h2 class=\"vh\">%s</h2></div><p class=\"vs\">", word);
    if (total->units == 0) {
        eg__put(out, "No finished unit is among the %s selected runs.", eg__count(total->runs).text);
    } else if (trend->by_outcome) {
        eg__put(out, "%s units ended so. They are some of all units, so there is no yield.",
                eg__count(total->units).text);
    } else {
        eg__put(out, "<b>%s of %s units are good: %s.</b>", eg__count(eg__tally_good(total)).text,
                eg__count(total->units).text, eg__percent(yield_of(total)).text);
        if (target > 0)
            eg__put(out, " The target is %.15g\xe2\x80\xaf%%.", target);
        if (shift->known)
            put_shift(out, trend);
        put_cause_shift(out, trend);
    }
    eg__put(out, "</p></div>\n");
}

static void figure(struct eg__out *out, const char *class, const char *label, const char *value,
                   const char *remark)
{
    eg__put(out,
            "<div class=\"kpi%s\"><p class=\"kl\">%s</p><p class=\"kv\"><b>%s</b></p><p "
            "class=\"ks\">%s</p></div>",
            class, label, value, remark);
}

static void figures(struct eg__out *out, const struct eg__trend *trend)
{
    const struct eg__tally *const total = &trend->total;
    char interval[80] = "";

    if (total->units > 0 && !trend->by_outcome) {
        const struct eg__limits range = eg__wilson(eg__tally_good(total), total->units);
        snprintf(interval, sizeof interval, "95\xe2\x80\xaf%% interval %.1f to %.1f\xe2\x80\xaf%%",
                 100 * range.low, 100 * range.high);
    }
    eg__put(out, "<div class=\"kpis\">");
    figure(out, " big", "Yield", yield_word(trend, total).text, interval);
    figure(out, "", "Good", eg__count(eg__tally_good(total)).text, "units");
    figure(out, "", "Not good", eg__count(total->units - eg__tally_good(total)).text, "units");
    figure(out, "", "First pass",
           trend->by_outcome || total->units == 0
               ? "\xe2\x80\x93"
               : eg__percent((double)total->first_pass / (double)total->units).text,
           "good at the first insertion");
    figure(out, "", "Runs", eg__count(total->runs).text, "finished");
    figure(out, "", "Cycle", total->cycles > 0 ? eg__real(total->cycle_median, 1).text : "\xe2\x80\x93",
           "seconds, median");
    eg__put(out, "</div>\n");
}

static void top_causes(struct eg__out *out, const struct eg__trend *trend)
{
    const int64_t bad = trend->total.units - eg__tally_good(&trend->total);

    if (trend->cause_count == 0)
        return;
    eg__put(out, "<h3>Most frequent causes</h3><ol class=\"causes\">");
    for (size_t i = 0; i < trend->cause_count && i < 3; i++) {
        eg__put(out, "<li><span class=\"cn\">%s</span><span class=\"ct\"><b>",
                eg__count(trend->total.causes[i]).text);
        eg__html_name(out, trend->causes[i]);
        eg__put(out, "</b>, %s of the units that are not good</span></li>",
                eg__percent((double)trend->total.causes[i] / (double)bad).text);
    }
    eg__put(out, "</ol>\n");
}

/* Charts: a place for each period. */

static double place(const struct eg__trend *trend, size_t period)
{
    return 100 * ((double)period + 0.5) / (double)trend->period_count;
}

static double height(double value, double low, double high)
{
    return 100 * (high - value) / (high - low);
}

static void time_axis(struct eg__out *out, const struct eg__trend *trend)
{
    const int64_t begin_ms = trend->periods[0].begin_ms;
    const int64_t end_ms = trend->periods[trend->period_count - 1].end_ms;

    eg__put(out, "<div class=\"xl\">");
    for (unsigned i = 0; i <= 4; i++) /* the end is the last day that is in it */
        eg__put(out, "<span class=\"x%u\">%s</span>", i,
                eg__date(begin_ms + (end_ms - begin_ms) * i / 4 - (i == 4)).text);
    eg__put(out, "</div>");
}

static void plot_begin(struct eg__out *out, const char *name, unsigned pixels, const char *high,
                       const char *low)
{
    eg__put(out,
            "<div class=\"pl\"><span class=\"yl\" style=\"top:0\">%s</span><span class=\"yl\" "
            "style=\"top:100%%\">%s</span>",
            high, low);
    eg__html_chart(out, "line", pixels, name);
}

static void plot_end(struct eg__out *out, const struct eg__trend *trend)
{
    eg__html_chart_end(out);
    eg__put(out, "</div>");
    time_axis(out, trend);
    eg__put(out, "</figure>\n");
}

static size_t points_of(const struct eg__trend *trend, bool (*has)(const struct eg__tally *, size_t),
                        size_t which)
{
    size_t count = 0;

    for (size_t i = 0; i < trend->period_count; i++)
        count += has(&trend->periods[i], which);
    return count;
}

static bool has_units(const struct eg__tally *period, size_t which)
{
    (void)which;
    return period->units > 0;
}

static bool has_cycles(const struct eg__tally *period, size_t which)
{
    (void)which;
    return period->cycles > 0;
}

static bool has_values(const struct eg__tally *period, size_t which)
{
    return period->measures[which].count > 0;
}

static void yield_chart(struct eg__out *out, const struct eg__trend *trend, double target)
{
    double least = target > 0 ? target / 100 : 1;

    for (size_t i = 0; i < trend->period_count; i++)
        if (trend->periods[i].units > 0)
            least = fmin(least, yield_of(&trend->periods[i]));
    const double from = fmin(0.95, floor(least * 20) / 20);
    eg__put(
        out,
        "<figure class=\"plot\"><figcaption><b>Yield</b> by %s, with its 95\xe2\x80\xaf%% interval. Large "
        "mark: below the control limit.",
        eg__trend_by_name(trend->by));
    if (target > 0)
        eg__put(out, " Dashed: target %.15g\xe2\x80\xaf%%.", target);
    char low[20];
    snprintf(low, sizeof low, "%.0f %%", 100 * from);
    eg__put(out, "</figcaption>");
    plot_begin(out, "Yield over time", 140, "100 %", low);
    if (target > 0) {
        eg__html_path(out, "tgt");
        eg__put(out, "M0 %.2fH100", height(target / 100, from, 1));
        eg__html_path_end(out);
    }
    eg__html_path(out, "ci");
    for (size_t i = 0; i < trend->period_count; i++)
        if (trend->periods[i].units > 0) {
            const struct eg__limits range =
                eg__wilson(eg__tally_good(&trend->periods[i]), trend->periods[i].units);
            eg__put(out, "M%.2f %.2fV%.2f", place(trend, i), height(range.high, from, 1),
                    height(fmax(range.low, from), from, 1));
        }
    eg__html_path_end(out);
    eg__html_path(out, "yln");
    for (size_t i = 0, drawn = 0; i < trend->period_count; i++)
        if (trend->periods[i].units > 0)
            eg__put(out, "%c%.2f %.2f", drawn++ == 0 ? 'M' : 'L', place(trend, i),
                    height(yield_of(&trend->periods[i]), from, 1));
    eg__html_path_end(out);
    eg__html_path(out, "dotF");
    for (size_t i = 0; i < trend->period_count; i++)
        if (strcmp(verdict_of(trend, &trend->periods[i]), "below the limit") == 0)
            eg__put(out, "M%.2f %.2fh0", place(trend, i), height(yield_of(&trend->periods[i]), from, 1));
    eg__html_path_end(out);
    plot_end(out, trend);
}

/* Good and not good units of each period. */
static void unit_chart(struct eg__out *out, const struct eg__trend *trend)
{
    const double width = 100.0 / (double)trend->period_count;
    int64_t most = 1;

    for (size_t i = 0; i < trend->period_count; i++)
        most = trend->periods[i].units > most ? trend->periods[i].units : most;
    eg__put(
        out,
        "<figure class=\"plot\"><figcaption><b>Units</b> by %s. <i class=\"sw k-g\"></i>good <i class=\"sw "
        "k-f\"></i>not good</figcaption>",
        eg__trend_by_name(trend->by));
    plot_begin(out, "Units over time", 80, eg__count(most).text, "0");
    for (int bad = 0; bad < 2; bad++) {
        eg__html_path(out, bad ? "k-f" : "k-g");
        for (size_t i = 0; i < trend->period_count; i++) {
            const int64_t good = eg__tally_good(&trend->periods[i]);
            const double from = bad ? (double)good : 0,
                         to = bad ? (double)trend->periods[i].units : (double)good;
            if (to > from)
                eg__put(out, "M%.3f %.2fV%.2fh%.3fV%.2fz", ((double)i + 0.08) * width,
                        height(from, 0, (double)most), height(to, 0, (double)most), 0.84 * width,
                        height(from, 0, (double)most));
        }
        eg__html_path_end(out);
    }
    plot_end(out, trend);
}

static void period_table(struct eg__out *out, const struct eg__trend *trend)
{
    static const char *const heads[] = {"From",       "#Units",    "#Good",   "#Yield", "#First pass",
                                        "#Cycle (s)", "#95 % (s)", "Verdict", NULL};

    eg__html_table(out, "periods-table", "", "Each unit counts once, by its last run", heads);
    for (size_t i = trend->period_count; i-- > 0;) {
        const struct eg__tally *const period = &trend->periods[i];
        if (period->runs == 0)
            continue;
        const char *const verdict = verdict_of(trend, period);
        eg__put(out,
                "<tr%s><th scope=\"row\">%s</th><td class=\"n\">%s</td><td class=\"n\">%s</td><td "
                "class=\"n\">%s</td><td class=\"n\">%s</td>",
                strcmp(verdict, "below the limit") == 0 ? " class=\"hot\"" : "",
                eg__date(period->begin_ms).text, eg__count(period->units).text,
                eg__count(eg__tally_good(period)).text, yield_word(trend, period).text,
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
    if (points_of(trend, has_units, 0) >= EG__POINTS_FEW) {
        if (!trend->by_outcome)
            yield_chart(out, trend, report->look->target);
        unit_chart(out, trend);
    }
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
        eg__put(out, "<p class=\"in\">%s further causes are rarer; CSV and JSON have them.</p>",
                eg__count((int64_t)(trend->cause_count - CAUSES_SHOWN)).text);
    eg__put(out, "</section>\n");
}

static void how_long(struct eg__out *out, const struct eg__trend *trend)
{
    double most = 0;

    if (points_of(trend, has_cycles, 0) < EG__POINTS_FEW)
        return;
    for (size_t i = 0; i < trend->period_count; i++)
        if (trend->periods[i].cycles > 0)
            most = fmax(most, trend->periods[i].cycle_p95);
    eg__html_section(out, "how-long", "How long");
    eg__put(out,
            "<figure class=\"plot\"><figcaption><b>Cycle</b> of runs that passed, in seconds: line at the "
            "median, bar up to the time that 95\xe2\x80\xaf%% keep.</figcaption>");
    most = most > 0 ? most * 1.05 : 1;
    plot_begin(out, "Cycle time over time", 110, eg__real(most, 1).text, "0");
    eg__html_path(out, "ci");
    for (size_t i = 0; i < trend->period_count; i++)
        if (trend->periods[i].cycles > 0)
            eg__put(out, "M%.2f %.2fV%.2f", place(trend, i), height(trend->periods[i].cycle_p95, 0, most),
                    height(trend->periods[i].cycle_median, 0, most));
    eg__html_path_end(out);
    eg__html_path(out, "yln");
    for (size_t i = 0, drawn = 0; i < trend->period_count; i++)
        if (trend->periods[i].cycles > 0)
            eg__put(out, "%c%.2f %.2f", drawn++ == 0 ? 'M' : 'L', place(trend, i),
                    height(trend->periods[i].cycle_median, 0, most));
    eg__html_path_end(out);
    plot_end(out, trend);
    eg__put(out, "</section>\n");
}

/* Measured values */

static void measure_chart(struct eg__out *out, const struct eg__trend *trend, size_t which)
{
    const struct eg__trend_measure *const measure = &trend->measures[which];
    double low = INFINITY, high = -INFINITY;

    for (size_t i = 0; i < trend->period_count; i++) {
        const struct eg__moments *const moments = &trend->periods[i].measures[which];
        if (moments->count == 0)
            continue;
        low = fmin(low, moments->mean - eg__moments_sd(moments));
        high = fmax(high, moments->mean + eg__moments_sd(moments));
    }
    low = isnan(measure->low) ? low : fmin(low, measure->low);
    high = isnan(measure->high) ? high : fmax(high, measure->high);
    if (!(high > low))
        return;
    const double margin = (high - low) * 0.04;
    low -= margin;
    high += margin;
    const int decimals = high - low >= 20 ? 0 : high - low >= 2 ? 1 : high - low >= 0.2 ? 2 : 3;
    eg__put(out,
            "<figure class=\"plot\"><figcaption>Mean, and one standard deviation each way.%s</figcaption>",
            isnan(measure->low) && isnan(measure->high) ? "" : " Dashed: limits.");
    char ends[2][48];
    snprintf(ends[0], sizeof ends[0], "%s", eg__real(high, decimals).text);
    snprintf(ends[1], sizeof ends[1], "%s", eg__real(low, decimals).text);
    plot_begin(out, "A measured value over time", 110, ends[0], ends[1]);
    eg__html_path(out, "lim");
    if (!isnan(measure->low))
        eg__put(out, "M0 %.2fH100", height(measure->low, low, high));
    if (!isnan(measure->high))
        eg__put(out, "M0 %.2fH100", height(measure->high, low, high));
    eg__html_path_end(out);
    eg__html_path(out, "ci");
    for (size_t i = 0; i < trend->period_count; i++) {
        const struct eg__moments *const moments = &trend->periods[i].measures[which];
        if (moments->count > 1)
            eg__put(out, "M%.2f %.2fV%.2f", place(trend, i),
                    height(moments->mean + eg__moments_sd(moments), low, high),
                    height(moments->mean - eg__moments_sd(moments), low, high));
    }
    eg__html_path_end(out);
    eg__html_path(out, "mln");
    for (size_t i = 0, drawn = 0; i < trend->period_count; i++)
        if (trend->periods[i].measures[which].count > 0)
            eg__put(out, "%c%.2f %.2f", drawn++ == 0 ? 'M' : 'L', place(trend, i),
                    height(trend->periods[i].measures[which].mean, low, high));
    eg__html_path_end(out);
    plot_end(out, trend);
}

static void measure_table(struct eg__out *out, const struct eg__trend *trend, size_t which)
{
    static const char *const heads[] = {"From",  "#n",   "#Mean",          "#SD", "#Least",
                                        "#Most", "#Cpk", "#Out of limits", NULL};
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
                eg__real(moments->mean, 4).text, eg__real(eg__moments_sd(moments), 4).text);
        eg__put(out,
                "<td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td "
                "class=\"n\">%s</td></tr>\n",
                eg__real(moments->least, 3).text, eg__real(moments->most, 3).text,
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
        eg__html_text(out, "<div class=\"mcard\"><h3><bdi>", trend->measures[i].name, "</bdi>");
        if (trend->measures[i].unit[0] != '\0')
            eg__html_text(out, " <span class=\"sm\">(<bdi>", trend->measures[i].unit, "</bdi>)</span>");
        if (!isnan(cpk) && moments->count >= EG__FEW)
            eg__put(out, " <span class=\"vd\">%s, Cpk %s</span>", eg__capable(cpk), eg__real(cpk, 2).text);
        eg__put(out, "</h3><p class=\"mn\">n <b>%s</b>, mean <b>%s</b>, sd <b>%s</b>, %s to %s",
                eg__count(moments->count).text, eg__real(moments->mean, 4).text,
                eg__real(eg__moments_sd(moments), 4).text, eg__real(moments->least, 3).text,
                eg__real(moments->most, 3).text);
        if (trend->measures[i].limits[0] != '\0')
            eg__html_text(out, "; limits <bdi>", trend->measures[i].limits, "</bdi>");
        eg__put(out, "</p>\n");
        if (points_of(trend, has_values, i) >= EG__POINTS_FEW)
            measure_chart(out, trend, i);
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
                eg__date(tally->begin_ms).text, eg__count(tally->units).text, yield_word(trend, tally).text,
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
    EG_TRY(top(out, report, err));
    eg__put(out, "<section id=\"summary\" aria-label=\"Result\">\n");
    verdict(out, report);
    figures(out, trend);
    top_causes(out, trend);
    eg__put(out, "</section>\n");
    if (trend->total.runs > 0) {
        when(out, report);
        causes(out, trend);
        how_long(out, trend);
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
