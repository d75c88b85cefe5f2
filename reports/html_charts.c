/* SPDX-License-Identifier: Apache-2.0 */

/* What of the HTML report is drawn: why boards fail, which socket and which reel, how long, how many. */

#include "reports/chart.h"
#include "reports/html.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static void failures(struct eg__out *out, const struct eg__numbers *numbers)
{
    const struct eg__chart chart = {"pareto", "Runs by failure code", NULL, "",
                                    "A bar for each code and its blame, the most frequent first, with the "
                                    "number of runs and their share together with those above."};

    fputs("<h2>Why runs did not pass</h2>\n", out->file);
    if (numbers->failure_count == 0) {
        fputs("<p>Every finished run passed.</p>\n", out->file);
        return;
    }
    fputs("<div class=\"g\">\n", out->file);
    eg__chart_pareto(out, &chart, numbers);
    fputs("</div>\n", out->file);
}

static void share_table(struct eg__out *out, const char *id, const char *title,
                        const struct eg__groups *groups)
{
    const char *const columns[] = {"Name",           "Trials", "Did not pass", "Share",
                                   "Control limits", "Method", "Verdict",      NULL};

    eg__html_begin_table(out, id, title, columns);
    for (size_t i = 0; i < groups->count; i++) {
        const struct eg__group *group = &groups->items[i];
        const char *verdict = eg__group_verdict(group);
        fputs("<tr>", out->file);
        eg__html_cell(out, "s", group->name);
        eg__html_number(out, group->trials);
        eg__html_number(out, group->bad);
        fprintf(
            out->file,
            "<td class=\"n\">%.1f %%</td><td class=\"n\">%.1f to %.1f %%</td><td>%s</td><td class=\"%s\">%s"
            "</td></tr>\n",
            100.0 * (double)group->bad / (double)group->trials, 100 * group->limits.low,
            100 * group->limits.high, group->limits.exact ? "exact" : "3 sigma",
            verdict[0] == 'w' ? "" : "bad", verdict);
    }
    eg__html_end_table(out);
}

static void shares(struct eg__out *out, const struct eg__numbers *numbers)
{
    static const char description[] =
        "A row for each, the one with the largest share first: a ring within the control limits, a triangle "
        "that points up above them, one that points down below them; the limits are the grey bar, the share "
        "of all is the broken line across it.";
    const struct eg__chart slots = {"slots", "Share that did not pass, by slot", NULL, "", description};
    const struct eg__chart flash = {"flash", "Share that did not pass, by flash part", NULL, "", description};
    int64_t trials = 0, bad = 0;

    fputs("<h2>Slots and flash parts</h2>\n", out->file);
    if (numbers->trials == 0) {
        fputs("<p>There is no trial yet.</p>\n", out->file);
        return;
    }
    fputs("<p>A trial is a finished run that was not aborted. Control limits (p-chart) are p &#177; 3 "
          "&#8730;(p(1&#8722;p)/n), p the share of all that did not pass and n the trials; where n p or "
          "n(1&#8722;p) is below 5 they are exact, of the binomial distribution, with 0.135 % beyond each. "
          "Above the limit (&#9650;): check the socket or the reel. Below it (&#9660;): better than "
          "chance.</p>\n<div class=\"g\">\n",
          out->file);
    eg__chart_shares(out, &slots, &numbers->slots, (double)numbers->bad / (double)numbers->trials);
    for (size_t i = 0; i < numbers->flash.count; i++) {
        trials += numbers->flash.items[i].trials;
        bad += numbers->flash.items[i].bad;
    }
    if (trials > 0)
        eg__chart_shares(out, &flash, &numbers->flash, (double)bad / (double)trials);
    fputs("</div>\n", out->file);
    share_table(out, "slots-table", "Slots", &numbers->slots);
    share_table(out, "flash-table", "Flash parts, of boards that were identified", &numbers->flash);
}

static void times_of(struct eg__out *out, const struct eg__numbers *numbers, const struct eg__series *series,
                     const char *name, size_t number)
{
    char histogram_id[40], median_id[40];
    const struct eg__chart histogram = {
        histogram_id, "Time", name, "seconds",
        "How many took how long, in twenty parts; what took longer than 99 of 100 is in the last."};
    const struct eg__chart medians = {
        median_id, "Median over time", name, "seconds",
        "The median in each part of the batch's time; a dot where there is none."};

    if (series->count == 0)
        return;
    snprintf(histogram_id, sizeof histogram_id, "time-%zu", number);
    snprintf(median_id, sizeof median_id, "median-%zu", number);
    eg__chart_histogram(out, &histogram, series, NAN, NAN);
    eg__chart_over_time(out, &medians, numbers, series->medians);
}

static void times(struct eg__out *out, const struct eg__numbers *numbers)
{
    fputs("<h2>Cycle times of runs that passed</h2>\n", out->file);
    if (numbers->cycle.count == 0) {
        fputs("<p>No run has passed yet.</p>\n", out->file);
        return;
    }
    fputs("<div class=\"g\">\n", out->file);
    times_of(out, numbers, &numbers->cycle, "whole run", 0);
    for (size_t i = 0; i < numbers->stage_count; i++)
        times_of(out, numbers, &numbers->stages[i], numbers->stages[i].name, i + 1);
    fputs("</div>\n", out->file);
}

static void throughput(struct eg__out *out, const struct eg__numbers *numbers)
{
    static const struct eg__chart passed = {
        "throughput", "Runs that passed per hour", NULL, "",
        "A bar for each part of the batch's time; the last part may be shorter than it is drawn."};
    static const struct eg__chart share = {
        "yield-over-time", "Runs that passed, of those finished", NULL, "%",
        "A bar for each part of the batch's time; a dot where none finished."};
    double per_hour[EG__PARTS], yield[EG__PARTS];

    if (numbers->cycle.count == 0 && numbers->trials == 0)
        return;
    for (unsigned i = 0; i < EG__PARTS; i++) {
        per_hour[i] = (double)numbers->passed[i] * 3600000 / (double)numbers->step_ms;
        yield[i] = numbers->finished[i] == 0
                       ? -1
                       : 100.0 * (double)numbers->passed[i] / (double)numbers->finished[i];
    }
    fputs("<h2>Throughput</h2>\n<div class=\"g\">\n", out->file);
    eg__chart_over_time(out, &passed, numbers, per_hour);
    eg__chart_over_time(out, &share, numbers, yield);
    fputs("</div>\n", out->file);
}

static void measured(struct eg__out *out, const struct eg__numbers *numbers)
{
    const char *const columns[] = {"Name", "Limits", "Values", "Out of limits", "Not a number",
                                   "Min",  "Median", "Max",    "Unit",          NULL};
    char id[40];
    const struct eg__chart chart = {
        id, "Measured", NULL, "",
        "How many boards had which value, in twenty parts; broken lines are the limits, black is outside."};

    if (numbers->measure_count == 0)
        return;
    eg__html_begin_table(out, "measured-table", "Measured values", columns);
    for (size_t i = 0; i < numbers->measure_count; i++) {
        const struct eg__measure *measure = &numbers->measures[i];
        const struct eg__series *series = &measure->series;
        fputs("<tr>", out->file);
        eg__html_cell(out, "", series->name);
        eg__html_cell(out, "k", measure->limits);
        eg__html_number(out, (int64_t)series->count + measure->texts);
        fprintf(out->file, "<td class=\"n%s\">%" PRId64 "</td>", measure->outside > 0 ? " bad" : "",
                measure->outside);
        eg__html_number(out, measure->texts);
        if (series->count > 0)
            fprintf(out->file, "<td class=\"n\">%.6g</td><td class=\"n\">%.6g</td><td class=\"n\">%.6g</td>",
                    series->least, series->median, series->most);
        else
            fputs("<td></td><td></td><td></td>", out->file);
        eg__html_cell(out, "", measure->unit);
        fputs("</tr>\n", out->file);
    }
    eg__html_end_table(out);
    fputs("<div class=\"g\">\n", out->file);
    for (size_t i = 0; i < numbers->measure_count; i++) {
        const struct eg__measure *measure = &numbers->measures[i];
        struct eg__chart named = chart;
        named.name = measure->series.name;
        named.unit = measure->unit;
        snprintf(id, sizeof id, "measured-%zu", i);
        if (measure->series.count > 0)
            eg__chart_histogram(out, &named, &measure->series, measure->low, measure->high);
    }
    fputs("</div>\n", out->file);
}

void eg__html_charts(struct eg__out *out, const struct eg__report *report)
{
    failures(out, report->numbers);
    shares(out, report->numbers);
    throughput(out, report->numbers);
    times(out, report->numbers);
    measured(out, report->numbers);
}
