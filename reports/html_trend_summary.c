/* SPDX-License-Identifier: Apache-2.0 */

/* Many batches: the first screen of their page. */

#include "reports/html_trend.h"

#include <math.h>
#include <string.h>

#define SURE 0.05

double eg__trend_yield(const struct eg__tally *tally)
{
    return tally->units == 0 ? NAN : (double)eg__tally_good(tally) / (double)tally->units;
}

struct eg__word eg__trend_yield_word(const struct eg__trend *trend, const struct eg__tally *tally)
{
    static const struct eg__word none = {"\xe2\x80\x93"};

    return tally->units == 0 || trend->by_outcome ? none : eg__percent(eg__trend_yield(tally));
}

const char *eg__trend_verdict(const struct eg__trend *trend, const struct eg__tally *period)
{
    if (trend->by_outcome || period->units < EG__FEW)
        return "";
    const double bad = 1 - eg__trend_yield(period);
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
        put_condition(out, &shown, i == 0 ? "units that ended as" : "or", selection->outcomes[i]);
    put_condition(out, &shown, "units that ended with", selection->code);
    if (selection->since_utc != NULL)
        eg__put(out, "%ssince %s", shown++ > 0 ? "; " : "", eg__day(eg__utc_ms(selection->since_utc)).text);
    if (selection->until_utc != NULL)
        eg__put(out, "%suntil %s", shown++ > 0 ? "; " : "", eg__day(eg__utc_ms(selection->until_utc)).text);
    if (shown == 0)
        eg__put(out, "everything in the ledger");
}

enum eg_code eg__trend_top(struct eg__out *out, const struct eg__trend_report *report, struct eg_error *err)
{
    const struct eg__trend *const trend = report->trend;
    const char *const title = report->look->title;

    EG_TRY(eg__html_head(out, title != NULL ? "Trend: " : "Trend", title != NULL ? title : "", "", err));
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
    if (trend->simulated)
        eg__put(out, "<p id=\"simulated\" class=\"note\">The boards of these runs were simulated.</p>\n");
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
        eg__put(out, "No finished unit is among %s.", eg__counted(total->runs, "selected run").text);
    } else if (trend->by_outcome) {
        eg__put(out, "%s ended so. The others are not selected, so there is no yield.",
                eg__counted(total->units, "unit").text);
    } else {
        eg__html_share(out, eg__tally_good(total), total->units);
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
    const int64_t good = eg__tally_good(total), bad = total->units - good;
    char interval[80] = "";

    if (total->units > 0 && !trend->by_outcome) {
        const struct eg__limits range = eg__wilson(eg__tally_good(total), total->units);
        snprintf(interval, sizeof interval, "95\xe2\x80\xaf%% interval %.1f to %.1f\xe2\x80\xaf%%",
                 100 * range.low, 100 * range.high);
    }
    eg__put(out, "<div class=\"kpis\">");
    figure(out, " big", "Yield", eg__trend_yield_word(trend, total).text, interval);
    figure(out, "", "Good", eg__count(good).text, good == 1 ? "unit" : "units");
    figure(out, "", "Not good", eg__count(bad).text, bad == 1 ? "unit" : "units");
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

void eg__trend_summary(struct eg__out *out, const struct eg__trend_report *report)
{
    eg__put(out, "<section id=\"summary\" aria-label=\"Result\">\n");
    verdict(out, report);
    figures(out, report->trend);
    top_causes(out, report->trend);
    eg__put(out, "</section>\n");
}
