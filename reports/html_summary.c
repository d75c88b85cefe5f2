/* SPDX-License-Identifier: Apache-2.0 */

/* The first screen: is it good enough, how many, what failed most, where, since when. */

#include "reports/html.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int64_t good_of(const struct eg_batch *batch)
{
    return batch->passed + batch->marginal;
}

static bool on_target(const struct eg__report *report)
{
    const struct eg_batch *const batch = &report->numbers->batch;

    return 100.0 * (double)good_of(batch) >= report->look->target * (double)batch->units - EG__SAME;
}

/* "Flash faults cluster at flash part X, since 15:05." for the causes that do. */
static void put_clusters(struct eg__out *out, const struct eg__report *report)
{
    for (size_t i = 0; i < report->causes->count && i < 3; i++) {
        const struct eg__cause *const cause = &report->causes->items[i];
        if (cause->cluster.name == NULL)
            continue;
        eg__html_text(out, " <b><bdi>", cause->name, "</bdi></b>");
        eg__html_text(out,
                      cause->cluster.slot ? " cluster in slot <b><bdi>" : " cluster on flash part <b><bdi>",
                      cause->cluster.name, "</bdi></b>");
        eg__put(out, ", since %s.", eg__clock(report->numbers, cause->since_ms).text);
    }
}

static void verdict(struct eg__out *out, const struct eg__report *report)
{
    const struct eg__numbers *const numbers = report->numbers;
    const struct eg_batch *const batch = &numbers->batch;
    const double target = report->look->target;
    const bool reached = on_target(report);
    const enum eg__mark mark = batch->units == 0 || target == 0 ? EG__NEUTRAL : reached ? EG__GOOD : EG__FAIL;
    const int64_t good = good_of(batch);

    eg__put(out, "<div class=\"verdict v-%s\"><div class=\"vw1\">", eg__mark_class(mark));
    eg__html_mark(out, mark);
    eg__put(out, "<h2 class=\"vh\">%s</h2></div><p class=\"vs\">",
            batch->units == 0 ? "Nothing finished yet"
            : target == 0     ? "No target set"
            : reached         ? "On target"
                              : "Below target");
    if (batch->units == 0) {
        eg__put(out,
                "No unit has been identified and finished. %s without a board, %s refused, %s not finished.",
                eg__counted(batch->no_board, "contact").text, eg__counted(batch->repeats, "board").text,
                eg__counted(batch->unfinished, "run").text);
        eg__put(out, "</p></div>\n");
        return;
    }
    eg__html_share(out, good, batch->units);
    if (target > 0) {
        const int64_t needed = (int64_t)ceil(target * (double)batch->units / 100 - EG__SAME);
        eg__put(out, " The target is %.15g\xe2\x80\xaf%%", target);
        if (!reached)
            eg__put(out, "; %s %s needed, <b>%s %s missing</b>", eg__counted(needed, "good unit").text,
                    needed == 1 ? "was" : "were", eg__count(needed - good).text,
                    needed - good == 1 ? "is" : "are");
        eg__put(out, ".");
    }
    if (batch->units == 1 && good == 1 && report->causes->units[0].mac[0] != '\0')
        eg__html_text(out, " Its certificate: <code>espgang certificate ", report->causes->units[0].mac,
                      " --pdf FILE</code>.");
    if (batch->unfinished > 0)
        eg__put(out, " %s not finished yet.", eg__counted(batch->unfinished, "run").text);
    put_clusters(out, report);
    eg__put(out, "</p></div>\n");
}

static void figure_begin(struct eg__out *out, const char *class, int mark, const char *label)
{
    eg__put(out, "<div class=\"kpi%s\"><p class=\"kl\">", class);
    if (mark >= 0)
        eg__html_mark(out, (enum eg__mark)mark);
    eg__put(out, " %s</p>", label);
}

/* Yield on an axis from 80 %, or from 0 when it is less, with the target. */
static void bullet(struct eg__out *out, double yield, double target, bool reached)
{
    const double from = yield >= 0.8 && (target == 0 || target >= 80) ? 0.8 : 0;

    eg__put(out, "<div class=\"bul\"><span class=\"bf%s\" style=\"width:%.2f%%\"></span>",
            target == 0 ? " b1"
            : reached   ? " k-g"
                        : " k-f",
            100 * (yield - from) / (1 - from));
    if (target > 0)
        eg__put(out, "<span class=\"bt\" style=\"left:%.2f%%\"></span>", (target - 100 * from) / (1 - from));
    eg__put(out, "</div>");
}

static double busy_hours(const struct eg__numbers *numbers)
{
    const int64_t begin = eg__utc_ms(numbers->batch.first_utc), end = eg__utc_ms(numbers->batch.last_utc);

    return begin < 0 || end <= begin ? 0 : (double)(end - begin) / 3.6e6;
}

static void figures(struct eg__out *out, const struct eg__report *report)
{
    const struct eg__numbers *const numbers = report->numbers;
    const struct eg_batch *const batch = &numbers->batch;
    const double units = (double)batch->units, target = report->look->target;
    const int64_t good = good_of(batch);
    const bool any = batch->units > 0, reached = on_target(report);
    const double hours = busy_hours(numbers);

    eg__put(out, "<div class=\"kpis\">");
    figure_begin(out, " big", -1, "Yield");
    eg__put(out, "<p class=\"kv%s\"><b id=\"yield\">%s</b></p>",
            !any || target == 0 ? ""
            : reached           ? " good"
                                : " fail",
            any ? eg__percent((double)good / units).text : "\xe2\x80\x93");
    if (any) {
        const struct eg__limits range = eg__wilson(good, batch->units);
        bullet(out, (double)good / units, target, reached);
        eg__put(out, "<p class=\"ks\">");
        if (target > 0)
            eg__put(out, "Target %.15g\xe2\x80\xaf%% · ", target);
        eg__put(out, "95\xe2\x80\xaf%% interval %.1f to %.1f\xe2\x80\xaf%%</p>", 100 * range.low,
                100 * range.high);
    }
    eg__put(out, "</div>");

    figure_begin(out, "", EG__GOOD, "Good");
    eg__put(out, "<p class=\"kv good\"><b>%s</b></p><p class=\"ks\">%s of them marginal</p></div>",
            eg__count(good).text, eg__count(batch->marginal).text);
    figure_begin(out, "", EG__FAIL, "Not good");
    eg__put(out, "<p class=\"kv%s\"><b>%s</b></p><p class=\"ks\">%s</p></div>",
            good < batch->units ? " fail" : "", eg__count(batch->units - good).text,
            good < batch->units ? "all <a href=\"#causes\">listed with cause</a>" : "none");
    figure_begin(out, "", EG__NEUTRAL, "Refused");
    eg__put(out, "<p class=\"kv\"><b>%s</b></p><p class=\"ks\">had passed before; not counted</p></div>",
            eg__count(batch->repeats).text);
    figure_begin(out, "", -1, "First pass");
    eg__put(out,
            "<p class=\"kv\"><b id=\"first-pass-yield\">%s</b></p><p class=\"ks\">%s without a "
            "board</p></div>",
            any ? eg__percent((double)batch->first_pass / units).text : "\xe2\x80\x93",
            eg__counted(batch->no_board, "contact").text);
    figure_begin(out, "", -1, "Rate");
    eg__put(out, "<p class=\"kv\"><b>%s</b></p><p class=\"ks\">good units an hour",
            hours > 0 && batch->units >= EG__FEW ? eg__count((int64_t)llround((double)good / hours)).text
                                                 : "\xe2\x80\x93");
    if (numbers->cycle.count > 0)
        eg__put(out, "; run %s\xe2\x80\xafs", eg__real(numbers->cycle.median, 1).text);
    eg__put(out, "</p></div></div>\n");
}

/* A mark stands for `step` units: that of the worst. */
static enum eg__mark worst_of(const struct eg__numbers *numbers, size_t from, size_t step)
{
    static const int bad[] = {
        [EG__GOOD] = 0, [EG__MARGINAL] = 1, [EG__NEUTRAL] = 2, [EG__ERROR] = 3, [EG__FAIL] = 4};
    enum eg__mark worst = EG__GOOD;

    for (size_t i = from; i < from + step && i < (size_t)numbers->batch.units; i++) {
        const enum eg__mark mark = eg__mark_of(numbers->order[i]->outcome);
        if (bad[mark] > bad[worst])
            worst = mark;
    }
    return worst;
}

/* Times below an axis of units in their order. */
static void order_axis(struct eg__out *out, const struct eg__numbers *numbers)
{
    const size_t units = (size_t)numbers->batch.units;

    eg__put(out, "<div class=\"xl\">");
    for (unsigned i = 0; i <= 4; i++) {
        const size_t at = i * (units - 1) / 4;
        eg__put(out, "<span class=\"x%u\">%s</span>", i,
                eg__clock(numbers, numbers->order[at]->ended_ms).text);
    }
    eg__put(out, "</div>");
}

static void strip(struct eg__out *out, const struct eg__numbers *numbers)
{
    static const struct {
        enum eg__mark mark;
        const char *class, *name;
        double top;
    } kinds[] = {{EG__GOOD, "k-g", "good", 45},
                 {EG__MARGINAL, "k-m", "marginal, taller", 22},
                 {EG__NEUTRAL, "k-r", "aborted, full height", 0},
                 {EG__ERROR, "k-e", "error, full height", 0},
                 {EG__FAIL, "k-f", "fail, full height", 0}};
    const size_t units = (size_t)numbers->batch.units, step = (units + 999) / 1000;

    if (units < EG__POINTS_FEW)
        return;
    const size_t marks = (units + step - 1) / step;
    const double width = 100.0 / (double)marks;
    eg__put(out, "<figure><figcaption><b>Every unit, in order.</b>");
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++)
        for (size_t i = 0; i < marks; i++)
            if (worst_of(numbers, i * step, step) == kinds[kind].mark) {
                eg__put(out, " <span class=\"lg\"><i class=\"sw %s\"></i>%s</span>", kinds[kind].class,
                        kinds[kind].name);
                break;
            }
    if (step > 1)
        eg__put(out, " A mark is the worst of %zu units.", step);
    eg__put(out, "</figcaption>");
    eg__html_chart(out, "strip", 34, "The result of every unit in the order they finished");
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        eg__html_path(out, kinds[kind].class);
        for (size_t i = 0; i < marks; i++)
            if (worst_of(numbers, i * step, step) == kinds[kind].mark)
                eg__put(out, "M%.2f 100V%gh%.3fV100z", (double)i * width, kinds[kind].top,
                        width * (marks < 300 ? 0.85 : 1));
        eg__html_path_end(out);
    }
    eg__html_chart_end(out);
    order_axis(out, numbers);
    eg__put(out, "</figure>\n");
}

static void top_causes(struct eg__out *out, const struct eg__report *report)
{
    const struct eg__causes *const causes = report->causes;
    const size_t shown = causes->count < 3 ? causes->count : 3;
    int64_t rest = causes->bad;

    eg__put(out, "<div><h3>What failed most</h3>");
    if (causes->count == 0)
        eg__put(out, "<p>Nothing: every unit is good.</p>");
    eg__put(out, "<ul class=\"causes\">");
    for (size_t i = 0; i < shown; i++) {
        const struct eg__cause *const cause = &causes->items[i];
        rest -= (int64_t)cause->count;
        eg__put(out, "<li><span class=\"cn\">%s</span><div class=\"ct\">",
                eg__count((int64_t)cause->count).text);
        eg__html_text(out, "<b><bdi>", cause->name, "</bdi></b> ");
        eg__put(out, "<span class=\"sm\">%s of not good, since %s</span><br>",
                eg__percent((double)cause->count / (double)causes->bad).text,
                eg__clock(report->numbers, cause->since_ms).text);
        if (cause->cluster.name != NULL) {
            eg__html_text(out, cause->cluster.slot ? "in slot <bdi>" : "on flash part <bdi>",
                          cause->cluster.name, "</bdi>: ");
            eg__put(out, "%s of its %s units", eg__count(cause->cluster.here).text,
                    eg__count(cause->cluster.units).text);
        } else {
            eg__html_cluster(out, cause);
        }
        eg__put(out, "</div>");
        if (report->numbers->batch.units >= EG__POINTS_FEW)
            eg__html_mini(out, cause, report->numbers->batch.units);
        eg__put(out, "</li>");
    }
    eg__put(out, "</ul>");
    if (rest > 0)
        eg__put(out, "<p class=\"sm\">and %s with other causes: <a href=\"#causes\">all causes</a></p>",
                eg__count(rest).text);
    eg__put(out, "</div>");
}

static void fact_begin(struct eg__out *out, enum eg__mark mark)
{
    eg__put(out, "<li>");
    eg__html_mark(out, mark);
    eg__put(out, "<span>");
}

static void fact_end(struct eg__out *out)
{
    eg__put(out, "</span></li>");
}

#define ALIKE 16 /* so many failures in a row are no accident */

/* The batch ends with failures of one cause. */
static void alike_fact(struct eg__out *out, const struct eg__report *report)
{
    const size_t units = (size_t)report->numbers->batch.units;

    for (size_t i = 0; i < report->causes->count; i++) {
        const struct eg__cause *const cause = &report->causes->items[i];
        size_t alike = 0;
        while (alike < cause->count && cause->units[cause->count - 1 - alike]->run->rank == units - 1 - alike)
            alike++;
        if (alike < ALIKE)
            continue;
        fact_begin(out, EG__FAIL);
        eg__put(out, "<b>Stop</b>: the last %s failed alike, ", eg__counted((int64_t)alike, "unit").text);
        eg__html_text(out, "<bdi>", cause->name, "</bdi>");
        eg__put(out, ", since <b>%s</b>.",
                eg__clock(report->numbers, cause->units[cause->count - alike]->run->ended_ms).text);
        fact_end(out);
    }
}

static bool slot_facts(struct eg__out *out, const struct eg__numbers *numbers)
{
    bool found = false;

    for (size_t i = 0; i < numbers->slots.count; i++) {
        const struct eg__group *const slot = &numbers->slots.items[i];
        if (slot->since_ms < 0 || slot->trials < EG__FEW)
            continue;
        found = true;
        fact_begin(out, EG__ERROR);
        eg__html_text(out, "<b>Slot <bdi>", slot->name, "</bdi></b>: contact or link lost ");
        eg__put(out,
                "in %s of %s insertions, out of its limit since <b>%s</b>. Clean or change its contacts. <a "
                "href=\"#where\">Slots</a>",
                eg__count(slot->contact).text, eg__count(slot->trials).text,
                eg__clock(numbers, slot->since_ms).text);
        fact_end(out);
    }
    return found;
}

static bool part_facts(struct eg__out *out, const struct eg__numbers *numbers)
{
    int64_t trials = 0, bad = 0;
    bool found = false;

    for (size_t i = 0; i < numbers->flash.count; i++) {
        trials += numbers->flash.items[i].trials;
        bad += numbers->flash.items[i].bad;
    }
    for (size_t i = 0; i < numbers->flash.count; i++) {
        const struct eg__group *const part = &numbers->flash.items[i];
        if (part->trials < EG__FEW || part->trials == trials || eg__group_verdict(part)[0] != 'a')
            continue;
        found = true;
        fact_begin(out, EG__FAIL);
        eg__html_text(out, "<b>Flash part <bdi>", part->name, "</bdi></b>: ");
        eg__put(
            out,
            "%s of %s not good, all others %s of %s (%s). Set the reel aside. <a href=\"#where\">Parts</a>",
            eg__count(part->bad).text, eg__count(part->trials).text, eg__count(bad - part->bad).text,
            eg__count(trials - part->trials).text,
            eg__chance(eg_stats_fisher(part->bad, part->trials, bad - part->bad, trials - part->trials))
                .text);
        fact_end(out);
    }
    return found;
}

/* Each name among the sessions against all others, by units. */
static void session_fact(struct eg__out *out, const struct eg__numbers *numbers, const char *what,
                         size_t member)
{
    const char *worst = NULL;
    double least = 1;
    unsigned names = 0;

    for (size_t s = 0; s < numbers->session_count; s++) {
        const char *const name = *(char *const *)(const void *)((const char *)&numbers->sessions[s] + member);
        int64_t here = 0, here_bad = 0, all = 0, all_bad = 0;
        bool seen = false;
        for (size_t other = 0; !seen && other < s; other++)
            seen = strcmp(*(char *const *)(const void *)((const char *)&numbers->sessions[other] + member),
                          name) == 0;
        if (seen)
            continue;
        for (int64_t i = 0; i < numbers->batch.units; i++) {
            const struct eg__run *const run = numbers->order[i];
            const bool mine =
                strcmp(
                    *(char *const *)(const void *)((const char *)&numbers->sessions[run->session] + member),
                    name) == 0;
            all++;
            all_bad += !eg__run_passed(run);
            here += mine;
            here_bad += mine && !eg__run_passed(run);
        }
        names += here > 0;
        const double p = eg_stats_fisher(here_bad, here, all_bad - here_bad, all - here);
        if (here > 0 && here_bad * all > all_bad * here && p < least) {
            least = p;
            worst = name;
        }
    }
    if (names < 2)
        return;
    least = fmin(1, least * names);
    fact_begin(out, worst != NULL && least < EG__CHANCE ? EG__MARGINAL : EG__GOOD);
    if (worst != NULL && least < EG__CHANCE) {
        eg__put(out, "<b>%s</b> ", what);
        eg__html_name(out, worst);
        eg__put(out, " had more units that are not good than the others (%s).", eg__chance(least).text);
    } else {
        eg__put(out, "<b>%ss</b>: no difference beyond chance (%s).", what, eg__chance(least).text);
    }
    fact_end(out);
}

static void measure_facts(struct eg__out *out, const struct eg__numbers *numbers)
{
    for (size_t i = 0; i < numbers->measure_count; i++) {
        const struct eg__measure *const measure = &numbers->measures[i];
        const double cpk = measure->capability.cpk;
        if (measure->series.count < EG__FEW || isnan(cpk) || eg__grade_of(cpk) == EG__CAPABLE)
            continue;
        fact_begin(out, eg__grade_of(cpk) == EG__NOT_CAPABLE ? EG__FAIL : EG__MARGINAL);
        eg__html_text(out, "<b><bdi>", measure->series.name, "</bdi></b>: ");
        eg__put(out, "%s, Cpk %s. <a href=\"#measurements\">Measurements</a>", eg__capable(cpk),
                eg__real(cpk, 2).text);
        fact_end(out);
    }
}

static bool clusters_on_parts(const struct eg__causes *causes)
{
    for (size_t i = 0; i < causes->count; i++)
        if (causes->items[i].cluster.name != NULL && !causes->items[i].cluster.slot)
            return true;
    return false;
}

static void facts(struct eg__out *out, const struct eg__report *report)
{
    const struct eg__numbers *const numbers = report->numbers;

    eg__put(out, "<div><h3>Where and since when</h3><ul class=\"facts\">");
    alike_fact(out, report);
    const bool slots = slot_facts(out, numbers), parts = part_facts(out, numbers);
    measure_facts(out, numbers);
    if (!slots && numbers->trials >= EG__FEW) {
        fact_begin(out, EG__GOOD);
        eg__put(out, "<b>Slots</b>: none is out of its limit for contact and link.");
        fact_end(out);
    }
    if (!parts && !clusters_on_parts(report->causes) && numbers->flash.count > 1 &&
        numbers->trials >= EG__FEW) {
        fact_begin(out, EG__GOOD);
        eg__put(out, "<b>Flash parts</b>: none is worse than chance explains.");
        fact_end(out);
    }
    session_fact(out, numbers, "Operator", offsetof(struct eg__session, operator_name));
    session_fact(out, numbers, "Station", offsetof(struct eg__session, station));
    if (numbers->trials < EG__FEW) {
        fact_begin(out, EG__NEUTRAL);
        eg__put(out, "Too few insertions to say whether slots or parts differ.");
        fact_end(out);
    }
    eg__put(out, "</ul></div>");
}

void eg__html_summary(struct eg__out *out, const struct eg__report *report)
{
    eg__put(out, "<section id=\"summary\" aria-label=\"Result\">\n");
    verdict(out, report);
    figures(out, report);
    if (report->numbers->batch.units > 0) {
        strip(out, report->numbers);
        eg__put(out, "<div class=\"two\">");
        top_causes(out, report);
        facts(out, report);
        eg__put(out, "</div>");
    }
    eg__put(out, "</section>\n");
}
