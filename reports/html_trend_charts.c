/* SPDX-License-Identifier: Apache-2.0 */

/* Many batches over time: charts with a place for each period. */

#include "reports/html_trend.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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

void eg__trend_yield_chart(struct eg__out *out, const struct eg__trend *trend, double target)
{
    double least = target > 0 ? target / 100 : 1;

    if (trend->by_outcome || points_of(trend, has_units, 0) < EG__POINTS_FEW)
        return;
    for (size_t i = 0; i < trend->period_count; i++)
        if (trend->periods[i].units > 0)
            least = fmin(least, eg__trend_yield(&trend->periods[i]));
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
                    height(eg__trend_yield(&trend->periods[i]), from, 1));
    eg__html_path_end(out);
    eg__html_path(out, "dotF");
    for (size_t i = 0; i < trend->period_count; i++)
        if (strcmp(eg__trend_verdict(trend, &trend->periods[i]), "below the limit") == 0)
            eg__put(out, "M%.2f %.2fh0", place(trend, i),
                    height(eg__trend_yield(&trend->periods[i]), from, 1));
    eg__html_path_end(out);
    plot_end(out, trend);
}

void eg__trend_unit_chart(struct eg__out *out, const struct eg__trend *trend)
{
    const double width = 100.0 / (double)trend->period_count;
    int64_t most = 1;

    if (points_of(trend, has_units, 0) < EG__POINTS_FEW)
        return;
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

void eg__trend_how_long(struct eg__out *out, const struct eg__trend *trend)
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

void eg__trend_measure_chart(struct eg__out *out, const struct eg__trend *trend, size_t which)
{
    const struct eg__trend_measure *const measure = &trend->measures[which];
    double low = INFINITY, high = -INFINITY;

    if (points_of(trend, has_values, which) < EG__POINTS_FEW)
        return;
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
