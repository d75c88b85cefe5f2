/* SPDX-License-Identifier: Apache-2.0 */

#include "reports/chart.h"

#include "engine/base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#define WIDTH     360
#define LEFT      56
#define RIGHT     352
#define TOP       8
#define BOTTOM    118
#define HEIGHT    150
#define ROW       30
#define ROWS_MOST 40

static void begin(struct eg__out *out, const struct eg__chart *chart, int height)
{
    fprintf(out->file,
            "<figure>\n<svg id=\"%s\" role=\"img\" viewBox=\"0 0 %d %d\" aria-labelledby=\"%s-t %s-d\">"
            "<title id=\"%s-t\">%s",
            chart->id, WIDTH, height, chart->id, chart->id, chart->id, chart->title);
    if (chart->name != NULL) {
        fputs(": ", out->file);
        eg__out_escaped(out, chart->name);
    }
    fprintf(out->file, "</title><desc id=\"%s-d\">%s</desc>\n", chart->id, chart->description);
}

static void end(struct eg__out *out, const struct eg__chart *chart)
{
    fprintf(out->file, "</svg>\n<figcaption>%s", chart->title);
    if (chart->name != NULL) {
        fputs(": ", out->file);
        eg__out_escaped(out, chart->name);
    }
    if (chart->unit[0] != '\0') {
        fputs(", in ", out->file);
        eg__out_escaped(out, chart->unit);
    }
    fputs("</figcaption>\n</figure>\n", out->file);
}

/* At most `room` characters of a text from outside; of a longer one the beginning and the end. */
static void shortened(struct eg__out *out, const char *text, size_t room)
{
    size_t count = 0, at = 0;

    for (size_t i = 0, size = strlen(text), step; i < size; i += step, count++)
        step = eg_utf8_length(text + i, size - i) > 0 ? eg_utf8_length(text + i, size - i) : 1;
    const size_t head = count <= room ? count : room / 2, tail = count <= room ? 0 : room - head - 1;
    for (size_t i = 0, size = strlen(text), step; i < size; i += step, at++) {
        char character[5] = "";
        step = eg_utf8_length(text + i, size - i) > 0 ? eg_utf8_length(text + i, size - i) : 1;
        memcpy(character, text + i, step);
        if (at < head || at >= count - tail)
            eg__out_escaped(out, character);
        else if (at == head)
            fputs("\xe2\x80\xa6", out->file);
    }
}

static void words(struct eg__out *out, double x, double y, const char *anchor, const char *format, ...)
    EG_PRINTF(5, 6);

static void words(struct eg__out *out, double x, double y, const char *anchor, const char *format, ...)
{
    va_list arguments;

    fprintf(out->file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    va_start(arguments, format);
    vfprintf(out->file, format, arguments);
    va_end(arguments);
    fputs("</text>\n", out->file);
}

static void bar(struct eg__out *out, double x, double y, double width, double height, const char *class)
{
    fprintf(out->file, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", class,
            x, y, width, height);
}

static void line(struct eg__out *out, double x1, double y1, double x2, double y2, const char *class)
{
    fprintf(out->file, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class, x1,
            y1, x2, y2);
}

#define FIGURE_TEXT 24

/* A number as short as it says something. */
static const char *figure(char text[FIGURE_TEXT], double value)
{
    const double size = fabs(value);

    snprintf(text, FIGURE_TEXT,
             size >= 1000 && size < 1e6 ? "%.0f"
             : size >= 1 && size < 1e6  ? "%.4g"
                                        : "%.3g",
             value);
    return text;
}

/* The frame of a chart with upright bars, and the height of the highest. */
static void axes(struct eg__out *out, double most)
{
    char text[FIGURE_TEXT];

    line(out, LEFT, BOTTOM, RIGHT, BOTTOM, "a");
    line(out, LEFT, TOP, LEFT, BOTTOM, "a");
    words(out, LEFT - 4, TOP + 8, "end", "%s", figure(text, most));
    words(out, LEFT - 4, BOTTOM, "end", "0");
}

static void limit(struct eg__out *out, double least, double most, double at, double y, const char *name)
{
    if (isnan(at))
        return;
    const double x = LEFT + (at - least) / (most - least) * (RIGHT - LEFT);
    const bool right = x > (LEFT + RIGHT) / 2.0;
    line(out, x, TOP, x, BOTTOM, "l");
    words(out, x + (right ? -3 : 3), y, right ? "end" : "start", "%s %.6g", name, at);
}

void eg__chart_histogram(struct eg__out *out, const struct eg__chart *chart, const struct eg__series *series,
                         double low, double high)
{
    double least = fmin(series->least, isnan(low) ? series->least : low);
    double most = fmax(series->bins_most, isnan(high) ? series->bins_most : high);
    const double bin = (series->bins_most - series->least) / EG__BINS;
    char text[4][FIGURE_TEXT];
    int64_t highest = 1;

    if (most <= least) {
        const double margin = least != 0 ? fabs(least) / 10 : 0.5;
        least -= margin;
        most += margin;
    }
    for (unsigned i = 0; i < EG__BINS; i++)
        highest = series->bins[i] > highest ? series->bins[i] : highest;
    begin(out, chart, HEIGHT);
    axes(out, (double)highest);
    for (unsigned i = 0; i < EG__BINS; i++) {
        if (series->bins[i] == 0)
            continue;
        const double from = series->least + i * bin, middle = from + bin / 2;
        const double scale = (RIGHT - LEFT) / (most - least);
        const double height = (double)series->bins[i] / (double)highest * (BOTTOM - TOP - 12);
        const bool outside = middle < low || middle > high; /* false of NAN */
        bar(out, LEFT + (from - least) * scale, BOTTOM - height, fmax(bin * scale, 3), height,
            outside ? "o" : "b");
    }
    limit(out, least, most, low, TOP + 8, "least");
    limit(out, least, most, high, isnan(low) ? TOP + 8 : TOP + 20, "most");
    words(out, LEFT, BOTTOM + 13, "start", "%s", figure(text[0], least));
    words(out, RIGHT, BOTTOM + 13, "end", "%s%s", series->bins_most < series->most ? "over " : "",
          figure(text[0], most));
    words(out, WIDTH / 2.0, BOTTOM + 27, "middle", "min %s, median %s, p95 %s, max %s",
          figure(text[0], series->least), figure(text[1], series->median), figure(text[2], series->p95),
          figure(text[3], series->most));
    end(out, chart);
}

void eg__chart_over_time(struct eg__out *out, const struct eg__chart *chart,
                         const struct eg__numbers *numbers, const double values[EG__PARTS])
{
    const double part = (double)(RIGHT - LEFT) / numbers->parts;
    double most = 0;
    char begin_text[EG__TIME_TEXT], end_text[EG__TIME_TEXT];

    for (unsigned i = 0; i < numbers->parts; i++)
        most = fmax(most, values[i]);
    most = most > 0 ? most : 1;
    begin(out, chart, HEIGHT);
    axes(out, most);
    for (unsigned i = 0; i < numbers->parts; i++) {
        const double height = values[i] / most * (BOTTOM - TOP - 12);
        if (values[i] > 0)
            bar(out, LEFT + i * part + 1, BOTTOM - height, part - 2, height, "b");
        else
            words(out, LEFT + (i + 0.5) * part, BOTTOM - 3, "middle", values[i] < 0 ? "\xc2\xb7" : "0");
    }
    eg__utc_text(begin_text, numbers->begin_ms);
    eg__utc_text(end_text, numbers->begin_ms + numbers->parts * numbers->step_ms);
    words(out, LEFT, BOTTOM + 13, "start", "%s", begin_text);
    words(out, RIGHT, BOTTOM + 13, "end", "%s",
          strncmp(begin_text, end_text, 10) == 0 ? end_text + 11 : end_text);
    if (numbers->step_ms % 3600000 == 0)
        words(out, (LEFT + RIGHT) / 2.0, BOTTOM + 27, "middle", "one bar is %" PRId64 " h",
              numbers->step_ms / 3600000);
    else if (numbers->step_ms % 60000 == 0)
        words(out, (LEFT + RIGHT) / 2.0, BOTTOM + 27, "middle", "one bar is %" PRId64 " min",
              numbers->step_ms / 60000);
    else
        words(out, (LEFT + RIGHT) / 2.0, BOTTOM + 27, "middle", "one bar is %" PRId64 " s",
              numbers->step_ms / 1000);
    end(out, chart);
}

void eg__chart_pareto(struct eg__out *out, const struct eg__chart *chart, const struct eg__numbers *numbers)
{
    const size_t shown = numbers->failure_count < ROWS_MOST ? numbers->failure_count : ROWS_MOST;
    int64_t all = 0, upto = 0;

    for (size_t i = 0; i < numbers->failure_count; i++)
        all += numbers->failures[i].runs;
    begin(out, chart, (int)shown * ROW + 4);
    for (size_t i = 0; i < shown; i++) {
        const struct eg__failure *failure = &numbers->failures[i];
        const double y = (double)i * ROW;
        upto += failure->runs;
        fprintf(out->file, "<text x=\"4\" y=\"%.1f\">", y + 11);
        shortened(out, failure->code, 24);
        fputs(" (", out->file);
        shortened(out, failure->blame, 12);
        fputs(")</text>\n", out->file);
        words(out, WIDTH - 4, y + 11, "end", "%" PRId64 ", together %.0f %%", failure->runs,
              100.0 * (double)upto / (double)all);
        bar(out, 4, y + 15, (WIDTH - 8) * (double)failure->runs / (double)numbers->failures[0].runs, 10, "b");
    }
    end(out, chart);
}

static double share_of(const struct eg__group *group)
{
    return (double)group->bad / (double)group->trials;
}

static bool worse(const struct eg__group *one, const struct eg__group *other)
{
    const double difference = share_of(one) - share_of(other);

    return difference != 0 ? difference > 0 : strcmp(one->name, other->name) < 0;
}

/* Puts a group in its place among the worst so far. */
static size_t rank(const struct eg__group *rows[ROWS_MOST], size_t count, const struct eg__group *group)
{
    size_t at = count;

    while (at > 0 && worse(group, rows[at - 1]))
        at--;
    if (at == ROWS_MOST)
        return count;
    if (count < ROWS_MOST)
        count++;
    memmove(rows + at + 1, rows + at, (count - at - 1) * sizeof *rows);
    rows[at] = group;
    return count;
}

/* A triangle upward above the limit, downward below it, else a ring. */
static void marker(struct eg__out *out, double x, double y, const char *verdict)
{
    const int up = verdict[0] == 'a' ? 1 : -1;

    if (verdict[0] == 'w')
        fprintf(out->file, "<circle class=\"p\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>\n", x, y);
    else
        fprintf(out->file, "<polygon class=\"o\" points=\"%.1f,%.1f %.1f,%.1f %.1f,%.1f\"/>\n", x, y - 6 * up,
                x - 6, y + 5 * up, x + 6, y + 5 * up);
}

void eg__chart_shares(struct eg__out *out, const struct eg__chart *chart, const struct eg__groups *groups,
                      double mean)
{
    const struct eg__group *rows[ROWS_MOST];
    size_t shown = 0;
    double most = mean;

    for (size_t i = 0; i < groups->count; i++)
        shown = rank(rows, shown, &groups->items[i]);
    for (size_t i = 0; i < shown; i++)
        most = fmax(most, fmax(share_of(rows[i]), rows[i]->limits.high));
    const double scale = (WIDTH - 24) / (most > 0 ? most : 1);
    begin(out, chart, (int)shown * ROW + 24);
    for (size_t i = 0; i < shown; i++) {
        const char *verdict = eg__group_verdict(rows[i]);
        const double y = (double)i * ROW, middle = y + 21;
        fprintf(out->file, "<text x=\"4\" y=\"%.1f\">", y + 11);
        shortened(out, rows[i]->name, 26);
        fputs("</text>\n", out->file);
        words(out, WIDTH - 4, y + 11, "end", "%" PRId64 " of %" PRId64 "%s%s", rows[i]->bad, rows[i]->trials,
              verdict[0] == 'w' ? "" : ", ", verdict[0] == 'w' ? "" : verdict);
        bar(out, 12 + rows[i]->limits.low * scale, middle - 4,
            (rows[i]->limits.high - rows[i]->limits.low) * scale, 8, "w");
        line(out, 12 + mean * scale, middle - 6, 12 + mean * scale, middle + 6, "l");
        marker(out, 12 + share_of(rows[i]) * scale, middle, verdict);
    }
    words(out, 12, (double)shown * ROW + 18, "start", "0");
    words(out, fmin(fmax(12 + mean * scale, 60), WIDTH - 90), (double)shown * ROW + 18, "middle",
          "all: %.1f %%", 100 * mean);
    words(out, WIDTH - 4, (double)shown * ROW + 18, "end", "%.3g %%", 100 * most);
    end(out, chart);
}
