/* SPDX-License-Identifier: Apache-2.0 */

/* Where: contact faults of slots over time, and flash parts. */

#include "reports/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MOST 12
#define SLOTS_SHOWN  16

/* The batch's time in at most COLUMNS_MOST parts. */
struct grid {
    int64_t begin_ms, step_ms;
    unsigned columns;
    struct cell {
        int64_t trials, faults;
    } * cells; /* a row for each slot */
};

static void grid_finish(struct grid *grid)
{
    free(grid->cells);
}

static bool is_trial(const struct eg__run *run)
{
    return !run->repeat && run->outcome != EG_ABORTED;
}

static enum eg_code fill_grid(struct grid *grid, const struct eg__numbers *numbers, struct eg_error *err)
{
    const int64_t begin = eg__utc_ms(numbers->batch.first_utc), end = eg__utc_ms(numbers->batch.last_utc);
    const int64_t span = end > begin ? end - begin + 1 : 1;

    grid->step_ms = eg__time_step_ms(span, COLUMNS_MOST - 1);
    grid->begin_ms = eg__time_floor_ms(begin, grid->step_ms);
    grid->columns = (unsigned)((begin + span - grid->begin_ms + grid->step_ms - 1) / grid->step_ms);
    EG_TRY(eg_alloc(&grid->cells, (numbers->slots.count + 1) * grid->columns, sizeof *grid->cells, err));
    for (size_t i = 0; i < numbers->run_count; i++) {
        const struct eg__run *const run = &numbers->runs[i];
        const int64_t column = (run->ended_ms - grid->begin_ms) / grid->step_ms;
        if (!is_trial(run))
            continue;
        const unsigned at = column < 0 ? 0 : column >= grid->columns ? grid->columns - 1 : (unsigned)column;
        struct cell *const cell = &grid->cells[run->slot * grid->columns + at];
        cell->trials++;
        cell->faults += run->contact;
    }
    return EG_OK;
}

/* "A2" before "A10": digits count as numbers. */
static int natural(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        if (*a >= '0' && *a <= '9' && *b >= '0' && *b <= '9') {
            char *after_a, *after_b;
            const unsigned long long one = strtoull(a, &after_a, 10), other = strtoull(b, &after_b, 10);
            if (one != other)
                return one < other ? -1 : 1;
            a = after_a;
            b = after_b;
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    return (*a != '\0') - (*b != '\0');
}

static int by_name(const void *one, const void *other)
{
    return natural((*(const struct eg__group *const *)one)->name,
                   (*(const struct eg__group *const *)other)->name);
}

static int by_share(const void *one, const void *other)
{
    const struct eg__group *const a = *(const struct eg__group *const *)one;
    const struct eg__group *const b = *(const struct eg__group *const *)other;

    if (a->contact * b->trials != b->contact * a->trials)
        return a->contact * b->trials > b->contact * a->trials ? -1 : 1;
    return natural(a->name, b->name);
}

/* The verdict of a place that is within its limit says which cause clusters there all the same. */
static void put_cluster(struct eg__out *out, const struct eg__causes *causes, const struct eg__group *place,
                        bool slot)
{
    for (size_t i = 0; i < causes->count; i++) {
        const struct eg__cluster *const cluster = &causes->items[i].cluster;
        if (cluster->name == place->name && cluster->slot == slot)
            eg__html_text(out, "; <bdi>", causes->items[i].name, "</bdi> cluster here");
    }
}

static void slot_row(struct eg__out *out, const struct eg__report *report, const struct grid *grid,
                     const struct eg__group *slot)
{
    const struct eg__numbers *const numbers = report->numbers;
    const size_t row = (size_t)(slot - numbers->slots.items);
    const bool hot = slot->since_ms >= 0 && slot->trials >= EG__FEW;

    eg__put(out, "<tr%s>", hot ? " class=\"hot e\"" : "");
    eg__html_text(out, "<th scope=\"row\"><bdi>", slot->name, "</bdi></th>");
    for (unsigned i = 0; i < grid->columns; i++) {
        const struct cell *const cell = &grid->cells[row * grid->columns + i];
        if (cell->trials == 0)
            eg__put(out, "<td class=\"hc z\"></td>");
        else if (cell->faults == 0)
            eg__put(out, "<td class=\"hc\"><span>·</span></td>");
        else
            eg__put(out, "<td class=\"hc %s\"><span>%s/%s</span></td>", cell->faults > 1 ? "c2" : "c1",
                    eg__count(cell->faults).text, eg__count(cell->trials).text);
    }
    eg__put(out,
            "<td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n "
            "wide\">%s</td><td class=\"vw\">",
            eg__count(slot->trials).text, eg__count(slot->contact).text,
            eg__percent((double)slot->contact / (double)slot->trials).text,
            eg__count(slot->bad - slot->contact).text);
    if (hot) {
        eg__html_mark(out, EG__ERROR);
        eg__put(out, " out of its limit since %s", eg__clock(numbers, slot->since_ms).text);
    } else {
        eg__put(out, slot->trials < EG__FEW ? "too few to say" : "within its limit");
        put_cluster(out, report->causes, slot, true);
    }
    eg__put(out, "</td></tr>\n");
}

static void heat_head(struct eg__out *out, const struct eg__numbers *numbers, const struct grid *grid,
                      const char *id, const char *caption)
{
    eg__put(out,
            "<div class=\"tw\" tabindex=\"0\" role=\"region\" aria-label=\"Table: %s\"><table id=\"%s\" "
            "class=\"heat\">"
            "<caption>%s</caption>\n<thead><tr><th scope=\"col\">Slot</th>",
            id, id, caption);
    for (unsigned i = 0; i < grid->columns; i++)
        eg__put(out, "<th scope=\"col\" class=\"hc\">%s</th>",
                eg__clock(numbers, grid->begin_ms + (int64_t)i * grid->step_ms).text);
    eg__put(
        out,
        "<th scope=\"col\" class=\"n\">Inserted</th><th scope=\"col\" class=\"n\">Lost</th><th scope=\"col\" "
        "class=\"n\">Share</th><th scope=\"col\" class=\"n wide\">Board’s own</th><th "
        "scope=\"col\">Verdict</th></tr></thead>\n<tbody>\n");
}

static enum eg_code heat(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    const struct eg__numbers *const numbers = report->numbers;
    EG_CLEANUP(grid_finish) struct grid grid = {0};
    EG_CLEANUP(eg_free_cleanup) const struct eg__group **slots = NULL;
    int64_t lost = 0;
    size_t count = 0, shown;

    EG_TRY(fill_grid(&grid, numbers, err));
    EG_TRY(eg_alloc(&slots, numbers->slots.count + 1, sizeof *slots, err));
    for (size_t i = 0; i < numbers->slots.count; i++) {
        lost += numbers->slots.items[i].contact;
        if (numbers->slots.items[i].trials > 0)
            slots[count++] = &numbers->slots.items[i];
    }
    qsort(slots, count, sizeof *slots, count > SLOTS_SHOWN ? by_share : by_name);
    for (shown = count < SLOTS_SHOWN ? count : SLOTS_SHOWN; shown < count && slots[shown]->since_ms >= 0;)
        shown++;
    eg__put(out,
            "<p class=\"in\">Faults of contact and link, of all insertions. All slots: %s of %s, %s. Limit: "
            "p + 3 √(p(1−p)/n), "
            "or exact where that does not hold.%s</p>\n",
            eg__count(lost).text, eg__count(numbers->trials).text,
            eg__percent((double)lost / (double)numbers->trials).text,
            count > SLOTS_SHOWN ? " The slots with the largest share come first." : "");
    heat_head(out, numbers, &grid, "slots-table", "Slots over time: lost of inserted, a point is none lost");
    for (size_t i = 0; i < shown; i++)
        slot_row(out, report, &grid, slots[i]);
    eg__html_table_end(out);
    if (shown < count) {
        eg__put(out, "<details class=\"more\"><summary>%s, none out of its limit</summary>",
                eg__counted((int64_t)(count - shown), "more slot").text);
        heat_head(out, numbers, &grid, "more-slots-table", "The other slots");
        for (size_t i = shown; i < count; i++)
            slot_row(out, report, &grid, slots[i]);
        eg__html_table_end(out);
        eg__put(out, "</details>\n");
    }
    return EG_OK;
}

static void part_row(struct eg__out *out, const struct eg__causes *causes, const struct eg__group *part,
                     double mean, double most, bool alone)
{
    const bool few = part->trials < EG__FEW;
    const char *const verdict = eg__group_verdict(part);
    const bool hot = !few && !alone && verdict[0] == 'a';
    const struct eg__limits range = eg__wilson(part->bad, part->trials);
    const double share = (double)part->bad / (double)part->trials;

    eg__put(out, "<tr%s>", hot ? " class=\"hot\"" : "");
    eg__html_text(out, "<th scope=\"row\"><bdi>", part->name, "</bdi></th>");
    eg__put(out, "<td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"dotc\">",
            eg__count(part->trials).text, eg__count(part->bad).text, eg__percent(share).text);
    eg__html_chart(out, "dots", 16, NULL);
    eg__html_path(out, "gr");
    eg__put(out, "M%.2f 0V100", 100 * mean / most);
    eg__html_path_end(out);
    eg__html_path(out, "ci");
    eg__put(out, "M%.2f 50H%.2f", 100 * range.low / most, 100 * range.high / most);
    eg__html_path_end(out);
    eg__html_path(out, hot ? "dotF" : "dotG");
    eg__put(out, "M%.2f 50h0", 100 * share / most);
    eg__html_path_end(out);
    eg__html_chart_end(out);
    eg__put(out, "</td><td class=\"vw\">");
    if (hot)
        eg__html_mark(out, EG__FAIL);
    eg__put(out, " %s", few ? "too few to say" : alone ? "the only part" : verdict);
    if (!hot)
        put_cluster(out, causes, part, false);
    eg__put(out, "</td></tr>\n");
}

static void parts(struct eg__out *out, const struct eg__report *report)
{
    const struct eg__numbers *const numbers = report->numbers;
    static const char *const heads[] = {"Flash part",    "#Inserted", "#Not good", "#Share",
                                        "95 % interval", "Verdict",   NULL};
    int64_t trials = 0, bad = 0;
    double most = 0;

    for (size_t i = 0; i < numbers->flash.count; i++) {
        const struct eg__group *const part = &numbers->flash.items[i];
        trials += part->trials;
        bad += part->bad;
        if (part->trials > 0)
            most = fmax(most, eg__wilson(part->bad, part->trials).high);
    }
    if (trials == 0)
        return;
    eg__html_table(out, "flash-table", "reels",
                   "Flash parts, of boards that were identified. Dot: share; line: 95 % interval; grey: all",
                   heads);
    for (size_t i = 0; i < numbers->flash.count; i++)
        if (numbers->flash.items[i].trials > 0)
            part_row(out, report->causes, &numbers->flash.items[i], (double)bad / (double)trials, most,
                     numbers->flash.items[i].trials == trials);
    eg__html_table_end(out);
}

enum eg_code eg__html_where(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    if (report->numbers->trials < EG__POINTS_FEW)
        return EG_OK;
    eg__html_section(out, "where", "Where");
    EG_TRY(heat(out, report, err));
    parts(out, report);
    eg__put(out, "</section>\n");
    return EG_OK;
}
