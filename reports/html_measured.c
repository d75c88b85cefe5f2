/* SPDX-License-Identifier: Apache-2.0 */

/* Measured values: how they lie within their limits, and over the batch. */

#include "reports/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BARS 40

/* What an axis shows: all values, and both limits. */
struct range {
    double low, high;
};

static struct range range_of(const struct eg__measure *measure)
{
    double low = fmin(measure->series.least, measure->low), high = fmax(measure->series.most, measure->high);

    if (high - low < 1e-9 * fmax(1, fabs(high))) {
        low -= 1;
        high += 1;
    }
    const double pad = 0.04 * (high - low);
    return (struct range){low - pad, high + pad};
}

static double at(const struct range *range, double value)
{
    return 100 * (value - range->low) / (range->high - range->low);
}

static bool is_outside(const struct eg__measure *measure, double value)
{
    return value < measure->low || value > measure->high; /* false with NAN */
}

/* The limits below the histogram; where there is none, the value furthest out. */
static void limits_axis(struct eg__out *out, const struct eg__measure *measure, const struct range *range)
{
    const struct {
        double limit, value;
        const char *limit_name, *value_name;
    } ends[] = {{measure->low, measure->series.least, "lower", "least"},
                {measure->high, measure->series.most, "upper", "most"}};

    eg__put(out, "<div class=\"xl lims\">");
    for (unsigned i = 0; i < 2; i++) {
        const bool limited = !isnan(ends[i].limit);
        const double end = limited ? ends[i].limit : ends[i].value;
        if (limited || i == 0 || measure->series.most > measure->series.least)
            eg__put(out, "<span class=\"lim%u\" style=\"left:%.1f%%\">%s %s</span>", i, at(range, end),
                    limited ? ends[i].limit_name : ends[i].value_name, eg__real(end, measure->decimals).text);
    }
    eg__put(out, "</div>");
}

/* Bars as wide as a whole number of the values' last decimal, so that each has as many of them. */
static struct range grid_of(const struct eg__measure *measure, unsigned *count)
{
    const struct range range = range_of(measure);
    const double unit = pow(10, -measure->decimals);
    const double width = ceil((range.high - range.low) / unit / (BARS - 1)) * unit;
    const double low = floor(range.low / unit) * unit - unit / 2;

    *count = (unsigned)ceil((range.high - low) / width);
    *count = *count > BARS ? BARS : *count;
    return (struct range){low, low + *count * width};
}

static void histogram(struct eg__out *out, const struct eg__measure *measure)
{
    unsigned count;
    const struct range range = grid_of(measure, &count);
    int64_t bars[BARS] = {0}, most = 1;

    eg__histogram(measure->series.values, measure->series.count, range.low, range.high, bars, count);
    for (unsigned i = 0; i < count; i++)
        most = bars[i] > most ? bars[i] : most;
    eg__html_chart(out, "bars", 64, "How many units had which value; broken lines are the limits");
    for (unsigned outside = 0; outside < 2; outside++) {
        eg__html_path(out, outside ? "k-f" : "k-g");
        for (unsigned i = 0; i < count; i++) {
            const double middle = range.low + (i + 0.5) * (range.high - range.low) / count;
            if (bars[i] > 0 && is_outside(measure, middle) == (outside == 1))
                eg__put(out, "M%.2f 100V%.2fh%.2fV100z", 100.0 * i / count + 0.15,
                        100 - 97.0 * (double)bars[i] / (double)most, 100.0 / count - 0.3);
        }
        eg__html_path_end(out);
    }
    eg__html_path(out, "lim");
    if (!isnan(measure->low))
        eg__put(out, "M%.2f 0V100", at(&range, measure->low));
    if (!isnan(measure->high))
        eg__put(out, "M%.2f 0V100", at(&range, measure->high));
    eg__html_path_end(out);
    eg__html_chart_end(out);
    limits_axis(out, measure, &range);
}

/* Every value as a point; of many, a line from the least to the most of each stretch. */
static void points(struct eg__out *out, const struct eg__measure *measure, const struct range *range,
                   bool outside)
{
    const struct eg__series *const series = &measure->series;
    const size_t step = series->count / EG__POINTS_MOST + 1;

    eg__html_path(out, outside ? "dotf" : step > 1 ? "dotl" : "dotg");
    for (size_t i = 0; i < series->count; i += step) {
        const double x = 100.0 * ((double)i + 0.5) / (double)series->count;
        double low = NAN, high = NAN;
        for (size_t k = i; k < i + step && k < series->count; k++) {
            if (is_outside(measure, series->values[k]) != outside)
                continue;
            low = fmin(low, series->values[k]);
            high = fmax(high, series->values[k]);
        }
        if (isnan(low))
            continue;
        if (step == 1 || outside)
            eg__put(out, "M%.2f %.1fh0", x, 100 - at(range, outside && low >= measure->low ? high : low));
        else
            eg__put(out, "M%.2f %.1fV%.1f", x, 100 - at(range, low), 100 - at(range, high));
    }
    eg__html_path_end(out);
}

static void mean_line(struct eg__out *out, const struct eg__series *series, const struct range *range)
{
    const size_t step = series->count / 40 + 1;

    eg__html_path(out, "mln");
    for (size_t i = 0; i < series->count; i += step) {
        double sum = 0;
        size_t count = 0;
        for (size_t k = i; k < i + step && k < series->count; k++, count++)
            sum += series->values[k];
        eg__put(out, "%c%.2f %.1f", i == 0 ? 'M' : 'L',
                100.0 * ((double)i + (double)count / 2) / (double)series->count,
                100 - at(range, sum / (double)count));
    }
    eg__html_path_end(out);
}

static void run_chart(struct eg__out *out, const struct eg__numbers *numbers,
                      const struct eg__measure *measure)
{
    const struct eg__series *const series = &measure->series;
    const struct range range = range_of(measure);

    eg__put(out, "<p class=\"sm\">In order, with the mean%s</p>",
            series->count > EG__POINTS_MOST ? "; lines from least to most of neighbours" : "");
    eg__html_chart(out, "run", 84, "Every value in the order of the runs; broken lines are the limits");
    points(out, measure, &range, false);
    points(out, measure, &range, true);
    mean_line(out, series, &range);
    eg__html_path(out, "lim");
    if (!isnan(measure->low))
        eg__put(out, "M0 %.2fH100", 100 - at(&range, measure->low));
    if (!isnan(measure->high))
        eg__put(out, "M0 %.2fH100", 100 - at(&range, measure->high));
    eg__html_path_end(out);
    eg__html_chart_end(out);
    eg__put(out, "<div class=\"xl\"><span class=\"x0\">%s</span><span class=\"x4\">%s</span></div>",
            eg__clock(numbers, series->times_ms[0]).text,
            eg__clock(numbers, series->times_ms[series->count - 1]).text);
}

static bool has_limit(const struct eg__measure *measure)
{
    return !isnan(measure->low) || !isnan(measure->high);
}

static void card(struct eg__out *out, const struct eg__numbers *numbers, const struct eg__measure *measure)
{
    const struct eg__capability *const found = &measure->capability;
    const bool said = measure->series.count >= EG__FEW && !isnan(found->cpk);
    const int decimals = measure->decimals + 1;

    eg__html_text(out, "<article class=\"mcard\"><h3><bdi>", measure->series.name, "</bdi>");
    if (said)
        eg__put(out, " <span class=\"vd %s\">%s</span>",
                eg__grade_of(found->cpk) == EG__CAPABLE          ? "good"
                : eg__grade_of(found->cpk) == EG__BARELY_CAPABLE ? "marg"
                                                                 : "fail",
                eg__capable(found->cpk));
    else if (has_limit(measure) && measure->series.count < EG__FEW)
        eg__put(out, " <span class=\"vd ref\">too few to say</span>");
    eg__put(out, "</h3><p class=\"mn\">");
    if (said)
        eg__put(out, "<b>Cpk %s</b> · ", eg__real(found->cpk, 2).text);
    eg__put(out, "mean %s · sd %s", eg__real(found->mean, decimals).text, eg__real(found->sd, decimals).text);
    if (measure->unit[0] != '\0')
        eg__html_text(out, " <bdi>", measure->unit, "</bdi>");
    eg__put(out, " · %s · %s outside</p>", eg__counted((int64_t)measure->series.count, "unit").text,
            eg__count(measure->outside).text);
    histogram(out, measure);
    run_chart(out, numbers, measure);
    eg__put(out, "</article>\n");
}

static void row(struct eg__out *out, const struct eg__measure *measure)
{
    const struct eg__capability *const found = &measure->capability;
    const struct eg__series *const series = &measure->series;
    const int decimals = measure->decimals;
    const bool any = series->count > 0, said = series->count >= EG__FEW;

    eg__html_text(out, "<tr><th scope=\"row\"><bdi>", series->name, "</bdi></th>");
    eg__html_cell(out, "", measure->unit);
    eg__put(out,
            "<td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td>",
            eg__real(measure->low, decimals).text, eg__real(measure->high, decimals).text,
            eg__count((int64_t)series->count).text, eg__real(any ? series->least : NAN, decimals).text);
    eg__put(out,
            "<td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td "
            "class=\"n\">%s</td>",
            eg__real(any ? found->mean : NAN, decimals + 1).text,
            eg__real(any ? series->most : NAN, decimals).text,
            eg__real(any ? found->sd : NAN, decimals + 1).text, eg__real(said ? found->cp : NAN, 2).text,
            eg__real(said ? found->cpk : NAN, 2).text);
    eg__put(out, "<td class=\"n%s\">%s</td><td class=\"n\">%s</td></tr>\n", measure->outside > 0 ? " o" : "",
            eg__count(measure->outside).text, eg__count(measure->texts).text);
}

void eg__html_measured(struct eg__out *out, const struct eg__report *report)
{
    static const char *const heads[] = {"Value", "Unit",     "#Lower",     "#Upper", "#n",
                                        "#Min",  "#Mean",    "#Max",       "#SD",    "#Cp",
                                        "#Cpk",  "#Outside", "#No number", NULL};
    const struct eg__numbers *const numbers = report->numbers;

    if (numbers->measure_count == 0)
        return;
    eg__html_section(out, "measurements", "Measurements");
    eg__put(out, "<div class=\"ms\">");
    for (size_t i = 0; i < numbers->measure_count; i++)
        if (numbers->measures[i].series.count >= EG__POINTS_FEW)
            card(out, numbers, &numbers->measures[i]);
    eg__put(out, "</div>\n");
    eg__html_table(out, "measured-table", "mtab",
                   "All values, the first of each unit. Cpk of 1.33 and more is capable, from 1.00 barely; "
                   "nothing is said of fewer than 20",
                   heads);
    for (size_t i = 0; i < numbers->measure_count; i++)
        row(out, &numbers->measures[i]);
    eg__html_table_end(out);
    eg__put(out, "</section>\n");
}
