/* SPDX-License-Identifier: Apache-2.0 */

/* The units: a table that a script sorts, filters and searches, and that is whole without it. */

#include "reports/html.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MEASURES_MOST    6 /* columns */
#define MEASURES_PRINTED 2 /* more leave no room on paper for the remark */

struct units {
    struct eg__out *out;
    const struct eg__report *report;
    size_t measures; /* columns of measured values */
    bool all;        /* else the exceptions alone */
    /* A range of serials of good units: the first and last of those whose number goes up by one. */
    char first[80], last[80];
    unsigned long long number;
};

struct cells {
    struct units *units;
    struct {
        char text[48];
        bool there, passed;
    } values[MEASURES_MOST];
};

static enum eg_code take_value(void *context, const struct eg_run_value *row, struct eg_error *err)
{
    struct cells *cells = context;
    const struct eg__numbers *const numbers = cells->units->report->numbers;

    (void)err;
    if (strcmp(row->kind, "measured") != 0)
        return EG_OK;
    for (size_t i = 0; i < cells->units->measures; i++) {
        const struct eg__measure *const measure = &numbers->measures[i];
        if (strcmp(measure->series.name, row->name) != 0 || strcmp(measure->limits, row->limits) != 0)
            continue;
        cells->values[i].there = true;
        cells->values[i].passed = row->passed;
        snprintf(cells->values[i].text, sizeof cells->values[i].text, "%s",
                 isnan(row->number) ? row->value : eg__real(row->number, measure->decimals).text);
    }
    return EG_OK;
}

static const char *word_of(enum eg_outcome outcome)
{
    switch (outcome) {
    case EG_PASS:
        return "Pass";
    case EG_PASS_MARGINAL:
        return "Marginal";
    case EG_FAIL:
        return "Fail";
    case EG_ERROR:
        return "Error";
    case EG_ABORTED:
        break;
    }
    return "Aborted";
}

static enum eg_code unit_row(struct units *units, const struct eg__unit *unit, struct eg_error *err)
{
    struct eg__out *const out = units->out;
    const struct eg__run *const run = unit->run;
    const struct eg__numbers *const numbers = units->report->numbers;
    struct cells cells = {.units = units};

    if (units->measures > 0)
        EG_TRY(eg_query_run_values(units->report->query, run->run, take_value, &cells, err));
    const enum eg__mark mark = eg__mark_of(run->outcome);
    const bool exception = eg__unit_is_exception(unit);
    eg__put(out, "<tr class=\"%s%s\"><td><span class=\"bd%s%s\">", exception ? "x-" : "p",
            exception ? eg__mark_class(mark) : "", exception ? " " : "",
            exception ? eg__mark_class(mark) : "");
    eg__html_mark(out, mark);
    eg__put(out, "%s</span></td>", word_of(run->outcome));
    eg__html_cell(out, "mo", unit->serial[0] != '\0' ? unit->serial : unit->label);
    eg__html_cell(out, "mo", unit->mac);
    eg__html_text(out, "<td><bdi>", numbers->slots.items[run->slot].name, "</bdi></td>");
    eg__put(out, "<td>%s</td>", eg__clock(numbers, run->ended_ms).text);
    for (size_t i = 0; i < units->measures; i++)
        eg__html_cell(out, cells.values[i].there && !cells.values[i].passed ? "n mv o" : "n mv",
                      cells.values[i].there ? cells.values[i].text : "\xe2\x80\x93");
    eg__put(out, "<td class=\"n\">%s</td><td class=\"n\">%" PRId64 "</td>",
            eg__real(run->duration_us < 0 ? NAN : (double)run->duration_us / 1e6, 1).text, unit->runs);
    eg__html_cell(out, "nt", unit->remark);
    eg__put(out, "</tr>\n");
    return EG_OK;
}

static void end_range(struct units *units)
{
    if (units->first[0] == '\0')
        return;
    eg__html_text(units->out, "<li>", units->first, "");
    if (strcmp(units->first, units->last) != 0)
        eg__html_text(units->out, " to ", units->last, "");
    eg__put(units->out, "</li>");
    units->first[0] = '\0';
}

/* Where the number at the end of a serial begins. */
static size_t number_at(const char *serial)
{
    size_t at = strlen(serial);

    while (at > 0 && isdigit((unsigned char)serial[at - 1]) && strlen(serial) - at < 18)
        at--;
    return at;
}

/* Put a unit that is plainly good in the list; neighbours are one range. */
static void list_good(struct units *units, const struct eg__unit *unit)
{
    const char *const name = eg__unit_name(unit);
    const size_t at = number_at(name);
    const unsigned long long number = name[at] != '\0' ? strtoull(name + at, NULL, 10) : 0;
    const bool next = units->first[0] != '\0' && name[at] != '\0' && number == units->number + 1 &&
                      strlen(name) == strlen(units->last) && strncmp(name, units->last, at) == 0;

    if (!next) {
        end_range(units);
        snprintf(units->first, sizeof units->first, "%s", name);
    }
    snprintf(units->last, sizeof units->last, "%s", name);
    units->number = number;
}

/* The exceptions are shown at first, if there are any. */
static void tools(struct eg__out *out, const struct units *units, int64_t all, int64_t exceptions)
{
    const bool every = units->all && exceptions == 0;

    eg__put(out, "<div class=\"tools\"><div class=\"fl\" role=\"group\" aria-label=\"Which units\">");
    eg__put(out, "<button type=\"button\" data-f=\"x\" aria-pressed=\"%s\">Exceptions</button>",
            every ? "false" : "true");
    if (units->all)
        eg__put(out, "<button type=\"button\" data-f=\"all\" aria-pressed=\"%s\">All %s</button>",
                every ? "true" : "false", eg__count(all).text);
    eg__put(out, "<button type=\"button\" data-f=\"bad\" aria-pressed=\"false\">Not good</button>"
                 "<button type=\"button\" data-f=\"x-marg\" aria-pressed=\"false\">Marginal</button></div>"
                 "<label>Find <input id=\"q\" type=\"search\" placeholder=\"serial, MAC, slot, cause\" "
                 "autocomplete=\"off\"></label>"
                 "<span id=\"nf\" aria-live=\"polite\"></span></div>\n");
}

/* Print has the exceptions alone, or no table. */
static void table_head(struct eg__out *out, const struct units *units, int64_t exceptions)
{
    static const char of_exceptions[] = "Exceptions: units not good, marginal, or inserted more than once";

    eg__put(out,
            "<div class=\"tw%s\" tabindex=\"0\" role=\"region\" aria-label=\"Table: units\"><table "
            "id=\"units-table\"%s><caption class=\"sm\">",
            exceptions == 0 ? " plain" : "", units->measures > MEASURES_PRINTED ? " class=\"many\"" : "");
    if (units->all)
        eg__put(
            out,
            "<span class=\"scr\">Units, each by its last finished run</span><span class=\"prn\">%s</span>",
            of_exceptions);
    else
        eg__put(out, "%s", of_exceptions);
    eg__put(out, "</caption>\n<thead><tr><th scope=\"col\">Result</th><th "
                 "scope=\"col\">Serial</th><th scope=\"col\">MAC</th>"
                 "<th scope=\"col\">Slot</th><th scope=\"col\">Time</th>");
    for (size_t i = 0; i < units->measures; i++) {
        eg__html_text(out, "<th scope=\"col\" class=\"n mv\"><bdi>",
                      units->report->numbers->measures[i].series.name, "</bdi> ");
        eg__html_text(out, "", units->report->numbers->measures[i].unit, "</th>");
    }
    eg__put(out, "<th scope=\"col\" class=\"n\">Run s</th><th scope=\"col\" class=\"n\">Runs</th><th "
                 "scope=\"col\">Cause or "
                 "remark</th></tr></thead>\n<tbody>\n");
}

enum eg_code eg__html_units(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    const struct eg_batch *const batch = &report->numbers->batch;
    const struct eg__causes *const causes = report->causes;
    int64_t good = 0;
    struct units units = {
        .out = out, .report = report, .all = report->look->full || batch->units <= EG__UNITS_LISTED};

    if (batch->units == 0)
        return EG_OK;
    units.measures =
        report->numbers->measure_count < MEASURES_MOST ? report->numbers->measure_count : MEASURES_MOST;
    eg__html_section(out, "all-units", "Units");
    for (size_t i = 0; i < causes->unit_count; i++)
        good += !eg__unit_is_exception(&causes->units[i]);
    tools(out, &units, batch->units, (int64_t)causes->unit_count - good);
    table_head(out, &units, (int64_t)causes->unit_count - good);
    for (size_t i = 0; i < causes->unit_count; i++)
        if (units.all || eg__unit_is_exception(&causes->units[i]))
            EG_TRY(unit_row(&units, &causes->units[i], err));
    eg__html_table_end(out);
    if (!units.all)
        eg__put(out,
                "<p>%s passed at the first insertion; <code>--full</code> lists all units, and "
                "<code>--csv</code> has every run.</p>\n",
                eg__counted(good, "other unit").text);
    if (!report->look->full) {
        eg__put(out, "<div class=\"serials\"><h3>Passed at the first insertion</h3><ol>");
        for (size_t i = 0; i < causes->unit_count; i++)
            if (!eg__unit_is_exception(&causes->units[i]))
                list_good(&units, &causes->units[i]);
        end_range(&units);
        eg__put(out, "</ol><p>%s</p></div>\n", eg__counted(good, "unit").text);
    }
    eg__put(out, "</section>\n");
    return EG_OK;
}
