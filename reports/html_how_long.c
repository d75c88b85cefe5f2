/* SPDX-License-Identifier: Apache-2.0 */

/* How long: stages against what the cable allows, the slowest boards, slow flash. */

#include "reports/html.h"

#include "engine/base/bytes.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FLOOR_LEAST 0.01 /* seconds; less is not worth a comparison */

/* The mean time that a stage's bytes need on the cable; NAN where it says nothing. */
static double floor_of(const struct eg__stage *stage)
{
    const double floor = stage->floor_sum / (double)(stage->floors > 0 ? stage->floors : 1);

    return floor >= FLOOR_LEAST && floor <= stage->series.median ? floor : NAN;
}

/* Return what limited most runs of a stage, of what is not told yet; EG_LIMIT_NONE = nothing. */
static size_t most_frequent(const struct eg__stage *stage, const bool told[EG_LIMIT_DIGEST + 1])
{
    size_t most = EG_LIMIT_NONE;

    for (size_t i = EG_LIMIT_RATE; i <= EG_LIMIT_DIGEST; i++)
        if (!told[i] && stage->limits[i] > (most != EG_LIMIT_NONE ? stage->limits[most] : 0))
            most = i;
    return most;
}

/* "rate 118, resends 2", most frequent first. */
static void limits_cell(struct eg__out *out, const struct eg__stage *stage)
{
    bool told[EG_LIMIT_DIGEST + 1] = {false};
    size_t most;

    eg__put(out, "<td>");
    for (const char *comma = ""; stage != NULL && (most = most_frequent(stage, told)) != EG_LIMIT_NONE;
         comma = ", ") {
        told[most] = true;
        eg__put(out, "%s%s %" PRId64, comma, eg_limit_name((enum eg_limit)most), stage->limits[most]);
    }
    eg__put(out, "</td>");
}

/* "Slowest stage: write, 6.61 s (median), of which 6.49 s on the wire; limited by rate." */
static void slowest_stage(struct eg__out *out, const struct eg__numbers *numbers)
{
    static const bool none[EG_LIMIT_DIGEST + 1] = {false};
    const struct eg__stage *stage = &numbers->stages[0];

    for (size_t i = 1; i < numbers->stage_count; i++)
        if (numbers->stages[i].series.median > stage->series.median)
            stage = &numbers->stages[i];
    const double floor = floor_of(stage);
    const size_t limit = most_frequent(stage, none);
    eg__html_text(out, "<p class=\"in\">Slowest stage: <bdi>", stage->series.name, "</bdi>");
    eg__put(out, ", %s\xe2\x80\xafs (median)", eg__real(stage->series.median, 2).text);
    if (!isnan(floor))
        eg__put(out, ", of which %s\xe2\x80\xafs on the wire", eg__real(floor, 2).text);
    if (limit != EG_LIMIT_NONE)
        eg__put(out, "; limited by %s", eg_limit_name((enum eg_limit)limit));
    eg__put(out, ".</p>\n");
}

static void time_row(struct eg__out *out, const struct eg__series *series, const struct eg__stage *stage,
                     const char *name, double floor, double most)
{
    eg__html_text(out,
                  name == NULL ? "<tr><th scope=\"row\"><bdi>" : "<tr class=\"sum\"><th scope=\"row\"><bdi>",
                  name == NULL ? series->name : name, "</bdi></th>");
    eg__put(out,
            "<td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td "
            "class=\"n\">",
            eg__real(floor, 2).text, eg__real(series->median, 2).text, eg__real(series->p95, 2).text,
            eg__real(series->most, 2).text);
    if (isnan(floor))
        eg__put(out, "\xe2\x80\x93");
    else
        eg__put(out, "+%.0f\xe2\x80\xaf%%", 100 * (series->median / floor - 1));
    eg__put(out, "</td>");
    limits_cell(out, stage);
    eg__put(out, "<td class=\"barc\">");
    eg__html_chart(out, "bars", 14, NULL);
    eg__html_path(out, "b2");
    eg__put(out, "M0 20H%.2fV80H0z", 100 * series->p95 / most);
    eg__html_path_end(out);
    eg__html_path(out, "b1");
    eg__put(out, "M0 20H%.2fV80H0z", 100 * series->median / most);
    eg__html_path_end(out);
    if (!isnan(floor)) {
        eg__html_path(out, "flr");
        eg__put(out, "M%.2f 0V100", 100 * floor / most);
        eg__html_path_end(out);
    }
    eg__html_chart_end(out);
    eg__put(out, "</td></tr>\n");
}

#define SLOWEST 5

static int longer(const void *one, const void *other)
{
    const struct eg__unit *const a = *(const struct eg__unit *const *)one, *const b = *(
                                                                               const struct eg__unit *const *)
                                                                                          other;

    if (a->run->duration_us != b->run->duration_us)
        return a->run->duration_us < b->run->duration_us ? 1 : -1;
    return a->run->rank < b->run->rank ? -1 : a->run->rank > b->run->rank;
}

static void slowest_row(struct eg__out *out, const struct eg__numbers *numbers, const struct eg__unit *unit)
{
    const struct eg__run *const run = unit->run;
    const double seconds = (double)run->duration_us / 1e6;

    if (eg__unit_name(unit)[0] != '\0')
        eg__html_text(out, "<tr><th scope=\"row\" class=\"mo\">", eg__unit_name(unit), "</th>");
    else
        eg__put(out, "<tr><th scope=\"row\">run %" PRId64 "</th>", run->run);
    eg__html_text(out, "<td><bdi>", numbers->slots.items[run->slot].name, "</bdi></td>");
    eg__html_text(out, "<td><bdi>", run->flash != EG__NONE ? numbers->flash.items[run->flash].name : "",
                  "</bdi></td>");
    eg__put(out, "<td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%+.0f\xe2\x80\xaf%%</td>",
            eg__clock(numbers, run->ended_ms).text, eg__real(seconds, 2).text,
            100 * (seconds / numbers->cycle.median - 1));
    eg__html_text(out, "<td>", unit->remark, "</td></tr>\n");
}

/* The boards that took longest, in a batch of enough to compare them with. */
static enum eg_code slowest(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    static const char *const heads[] = {"Unit",      "Slot",         "Flash",  "#Ended",
                                        "#Time (s)", "#Over median", "Remark", NULL};
    const struct eg__causes *const causes = report->causes;
    EG_CLEANUP(eg_free_cleanup) const struct eg__unit **passed = NULL;
    size_t count = 0;

    EG_TRY(eg_alloc(&passed, causes->unit_count + 1, sizeof *passed, err));
    for (size_t i = 0; i < causes->unit_count; i++)
        if (eg__run_passed(causes->units[i].run) && causes->units[i].run->duration_us >= 0)
            passed[count++] = &causes->units[i];
    if (count < EG__FEW)
        return EG_OK;
    qsort(passed, count, sizeof *passed, longer);
    eg__html_table(out, "slowest-table", "", "Slowest boards that passed", heads);
    for (size_t i = 0; i < SLOWEST; i++)
        slowest_row(out, report->numbers, passed[i]);
    eg__html_table_end(out);
    return EG_OK;
}

/* Boards whose flash was slow, and where they cluster. */
static void slow_flash(struct eg__out *out, const struct eg__cause *slow)
{
    if (slow->count == 0)
        return;
    eg__put(out,
            "<p class=\"in\"><b>Slow flash:</b> on %s that passed, a region took longer to write than "
            "on the others of the same flash part, ",
            eg__counted((int64_t)slow->count, "board").text);
    eg__html_cluster(out, slow);
    if (slow->cluster.name != NULL)
        eg__put(out, slow->cluster.slot
                         ? ". Look at the cable and supply of the slot."
                         : ". Look at the reel, and keep some of its boards for the supplier.");
    else
        eg__put(out, ".");
    eg__put(out, "</p>\n");
}

enum eg_code eg__html_how_long(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    static const char *const heads[] = {
        "Stage",
        "#Floor",
        "#Median",
        "#95 %",
        "#Longest",
        "#Over floor",
        "Limited by",
        "<i class=\"sw b1\"></i>median <i class=\"sw b2\"></i>95 % <i class=\"sw flr\"></i>floor",
        NULL};
    const struct eg__numbers *const numbers = report->numbers;
    const double most = numbers->cycle.p95;
    double floors = 0;

    if (numbers->cycle.count == 0 || most <= 0)
        return EG_OK;
    eg__html_section(out, "how-long", "How long");
    if (numbers->stage_count > 0)
        slowest_stage(out, numbers);
    slow_flash(out, &report->causes->slow);
    eg__html_table(out, "stages-table", "stg",
                   "Stages of runs that passed, in seconds. Floor: what their bytes need on the wire. "
                   "Limited by, in how many runs: what the rest of the time is due to",
                   heads);
    for (size_t i = 0; i < numbers->stage_count; i++) {
        const double floor = floor_of(&numbers->stages[i]);
        floors += isnan(floor) ? 0 : floor;
        time_row(out, &numbers->stages[i].series, &numbers->stages[i], NULL, floor, most);
    }
    time_row(out, &numbers->cycle, NULL, "whole run", floors > 0 ? floors : NAN, most);
    eg__html_table_end(out);
    EG_TRY(slowest(out, report, err));
    eg__put(out, "</section>\n");
    return EG_OK;
}
