/* SPDX-License-Identifier: Apache-2.0 */

/* When: rate and yield over the batch. */

#include "reports/html.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define WINDOW 40 /* units that a point of the yield stands for */

static double place(const struct eg__numbers *numbers, int64_t time_ms)
{
    const double at =
        100 * (double)(time_ms - numbers->begin_ms) / (double)(numbers->step_ms * numbers->parts);

    return at < 0 ? 0 : at > 100 ? 100 : at;
}

/* What changed with a session, at its beginning. */
static void changes(struct eg__out *out, const struct eg__numbers *numbers)
{
    static const struct {
        const char *what;
        size_t member;
    } kinds[] = {{"operator", offsetof(struct eg__session, operator_name)},
                 {"station", offsetof(struct eg__session, station)},
                 {"job", offsetof(struct eg__session, job)},
                 {"version", offsetof(struct eg__session, job_version)},
                 {"espgang", offsetof(struct eg__session, tool_version)}};
    unsigned shown = 0;

    for (size_t i = 1; i < numbers->session_count; i++)
        for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
            const char *const before =
                *(char *const *)(const void *)((const char *)&numbers->sessions[i - 1] + kinds[kind].member);
            const char *const now =
                *(char *const *)(const void *)((const char *)&numbers->sessions[i] + kinds[kind].member);
            if (strcmp(before, now) == 0 || shown >= 12)
                continue;
            const int64_t at_ms = eg__utc_ms(numbers->sessions[i].started_utc);
            const double at = place(numbers, at_ms);
            eg__put(out, "%s<span class=\"chg lane%u%s\" style=\"left:%.2f%%\"><b>%s</b> ",
                    shown == 0 ? "<div class=\"chgs\">" : "", shown % 3, at > 70 ? " end" : "", at,
                    eg__clock(numbers, at_ms).text);
            eg__put(out, "%s ", kinds[kind].what);
            eg__html_text(out, "<bdi>", now, "</bdi></span>");
            shown++;
        }
    if (shown > 0)
        eg__put(out, "</div>");
}

static void time_axis(struct eg__out *out, const struct eg__numbers *numbers)
{
    eg__put(out, "<div class=\"xl\">");
    for (unsigned i = 0; i <= 4; i++)
        eg__put(
            out, "<span class=\"x%u\">%s</span>", i,
            eg__clock(numbers, numbers->begin_ms + numbers->step_ms * numbers->parts * (int64_t)i / 4).text);
    eg__put(out, "</div>");
}

static void rate(struct eg__out *out, const struct eg__numbers *numbers)
{
    int64_t good[EG__PARTS] = {0}, all[EG__PARTS] = {0}, most = 1;
    const double width = 100.0 / numbers->parts, hours = (double)numbers->step_ms / 3.6e6;

    for (int64_t i = 0; i < numbers->batch.units; i++) {
        const struct eg__run *const run = numbers->order[i];
        const unsigned part = eg__numbers_part(numbers, run->ended_ms);
        all[part]++;
        good[part] += eg__run_passed(run);
    }
    for (unsigned i = 0; i < numbers->parts; i++)
        most = all[i] > most ? all[i] : most;
    eg__put(out,
            "<figure class=\"plot\"><figcaption><b>Rate</b>: units finished per hour, in steps of %s. <i "
            "class=\"sw "
            "k-g\"></i>good <i class=\"sw k-f\"></i>not good</figcaption>",
            eg__step(numbers->step_ms).text);
    changes(out, numbers);
    eg__put(out,
            "<div class=\"pl\"><span class=\"yl\" style=\"top:0\">%s</span><span class=\"yl\" "
            "style=\"top:100%%\">0</span>",
            eg__count((int64_t)llround((double)most / hours)).text);
    eg__html_chart(out, "bars", 110, "Units finished per hour over the batch");
    eg__html_path(out, "k-g");
    for (unsigned i = 0; i < numbers->parts; i++)
        if (good[i] > 0)
            eg__put(out, "M%.2f 100V%.2fh%.2fV100z", i * width + 0.06 * width,
                    100 - 100.0 * (double)good[i] / (double)most, 0.88 * width);
    eg__html_path_end(out);
    eg__html_path(out, "k-f");
    for (unsigned i = 0; i < numbers->parts; i++)
        if (all[i] > good[i])
            eg__put(out, "M%.2f %.2fV%.2fh%.2fV%.2fz", i * width + 0.06 * width,
                    100 - 100.0 * (double)good[i] / (double)most, 100 - 100.0 * (double)all[i] / (double)most,
                    0.88 * width, 100 - 100.0 * (double)good[i] / (double)most);
    eg__html_path_end(out);
    eg__html_chart_end(out);
    eg__put(out, "</div>");
    time_axis(out, numbers);
    eg__put(out, "</figure>\n");
}

/* The share of good ones among the last WINDOW units, after the unit at `at`. */
static double window_yield(const struct eg__numbers *numbers, size_t at)
{
    size_t good = 0;

    for (size_t i = at + 1 - WINDOW; i <= at; i++)
        good += eg__run_passed(numbers->order[i]);
    return (double)good / WINDOW;
}

static void yield(struct eg__out *out, const struct eg__numbers *numbers, double target)
{
    const size_t units = (size_t)numbers->batch.units;
    const size_t step = units / EG__POINTS_MOST + 1;
    double least = 1;
    size_t lowest = 0;

    if (units < WINDOW + EG__POINTS_FEW)
        return;
    for (size_t i = WINDOW - 1; i < units; i++)
        if (window_yield(numbers, i) < least) {
            least = window_yield(numbers, i);
            lowest = i;
        }
    const double from = fmin(0.9, floor(fmin(least, target > 0 ? target / 100 : 1) * 10) / 10);
    eg__put(out, "<figure class=\"plot\"><figcaption><b>Yield</b> of the last %d units.", WINDOW);
    if (target > 0)
        eg__put(out, " Dashed: target %.15g\xe2\x80\xaf%%.", target);
    if (least < 1)
        eg__put(out, " Lowest %s at %s.", eg__percent(least).text,
                eg__clock(numbers, numbers->order[lowest]->ended_ms).text);
    eg__put(out,
            "</figcaption><div class=\"pl\"><span class=\"yl\" style=\"top:0\">100 %%</span><span "
            "class=\"yl\" style=\"top:100%%\">%.0f %%</span>",
            100 * from);
    eg__html_chart(out, "line", 80, "Yield of the last 40 units over the batch");
    if (target > 0) {
        eg__html_path(out, "tgt");
        eg__put(out, "M0 %.2fH100", 100 * (1 - target / 100) / (1 - from));
        eg__html_path_end(out);
    }
    eg__html_path(out, "yln");
    for (size_t i = WINDOW - 1; i < units; i += step) {
        double low = 1;
        size_t at = i;
        for (size_t k = i; k < i + step && k < units; k++)
            if (window_yield(numbers, k) < low) {
                low = window_yield(numbers, k);
                at = k;
            }
        eg__put(out, "%c%.2f %.2f", i == WINDOW - 1 ? 'M' : 'L', place(numbers, numbers->order[at]->ended_ms),
                100 * (1 - low) / (1 - from));
    }
    eg__html_path_end(out);
    if (least < 1) {
        eg__html_path(out, "dotf");
        eg__put(out, "M%.2f %.2fh0", place(numbers, numbers->order[lowest]->ended_ms),
                100 * (1 - least) / (1 - from));
        eg__html_path_end(out);
    }
    eg__html_chart_end(out);
    eg__put(out, "</div>");
    time_axis(out, numbers);
    eg__put(out, "</figure>\n");
}

void eg__html_when(struct eg__out *out, const struct eg__report *report)
{
    if (report->numbers->batch.units < EG__POINTS_FEW)
        return;
    eg__html_section(out, "when", "When");
    rate(out, report->numbers);
    yield(out, report->numbers, report->look->target);
    eg__put(out, "</section>\n");
}
