/* SPDX-License-Identifier: Apache-2.0 */

/* What the sections of the HTML report share. */

#include "reports/html.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THIN    "\xe2\x80\xaf" /* narrow no-break space */
#define MINUS   "\xe2\x88\x92"
#define NOTHING "\xe2\x80\x93"

struct eg__word eg__count(int64_t count)
{
    struct eg__word word = {""};
    char digits[24];
    size_t used = 0;

    const int size = snprintf(digits, sizeof digits, "%" PRId64, count);
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0 && size > 4)
            used += (size_t)snprintf(word.text + used, sizeof word.text - used, THIN);
        word.text[used++] = digits[i];
    }
    word.text[used] = '\0';
    return word;
}

struct eg__word eg__counted(int64_t count, const char *noun)
{
    struct eg__word word;

    snprintf(word.text, sizeof word.text, "%.27s %.18s%s", eg__count(count).text, noun,
             count == 1 ? "" : "s");
    return word;
}

struct eg__word eg__real(double value, int decimals)
{
    struct eg__word word = {NOTHING};
    char digits[40];

    if (!isfinite(value))
        return word;
    snprintf(digits, sizeof digits, "%.*f", decimals, fabs(value));
    const bool zero = strspn(digits, "0.") == strlen(digits);
    snprintf(word.text, sizeof word.text, "%s%s", value < 0 && !zero ? MINUS : "", digits);
    return word;
}

struct eg__word eg__percent(double share)
{
    struct eg__word word;

    snprintf(word.text, sizeof word.text, share == 1 ? "%.0f" THIN "%%" : "%.1f" THIN "%%", 100 * share);
    return word;
}

/* Minutes alone tell the parts of a batch apart from this span on. */
#define SECONDS_BELOW_MS (20 * 60 * 1000)

static struct eg__word local(int64_t time_ms, const char *format)
{
    struct eg__word word = {NOTHING};
    const time_t seconds = (time_t)(time_ms / 1000);
    struct tm tm;

    if (time_ms >= 0 && localtime_r(&seconds, &tm) != NULL)
        if (strftime(word.text, sizeof word.text, format, &tm) == 0)
            word.text[0] = '\0';
    return word;
}

static bool on_one_day(int64_t first_ms, int64_t last_ms)
{
    return strcmp(local(first_ms, "%F").text, local(last_ms, "%F").text) == 0;
}

struct eg__word eg__clock(const struct eg__numbers *numbers, int64_t time_ms)
{
    const int64_t first_ms = eg__utc_ms(numbers->batch.first_utc),
                  last_ms = eg__utc_ms(numbers->batch.last_utc);

    if (!on_one_day(first_ms, last_ms))
        return local(time_ms, "%-d" THIN "%b %H:%M");
    return local(time_ms, last_ms - first_ms < SECONDS_BELOW_MS ? "%H:%M:%S" : "%H:%M");
}

void eg__html_span(struct eg__out *out, const struct eg__numbers *numbers)
{
    const int64_t first_ms = eg__utc_ms(numbers->batch.first_utc),
                  last_ms = eg__utc_ms(numbers->batch.last_utc);

    if (on_one_day(first_ms, last_ms))
        eg__put(out, "%s, %s to %s", eg__date(first_ms).text, eg__clock(numbers, first_ms).text,
                eg__clock(numbers, last_ms).text);
    else
        eg__put(out, "%s to %s", eg__day(first_ms).text, eg__day(last_ms).text);
}

struct eg__word eg__day(int64_t time_ms)
{
    return local(time_ms, "%-d %b %Y, %H:%M");
}

struct eg__word eg__date(int64_t time_ms)
{
    return local(time_ms, "%-d\xc2\xa0%b\xc2\xa0%Y");
}

struct eg__word eg__short_date(int64_t time_ms)
{
    return local(time_ms, "%-d" THIN "%b");
}

struct eg__word eg__zone(int64_t time_ms)
{
    const int ahead = eg__zone_minutes(time_ms);
    const int hours = abs(ahead) / 60, minutes = abs(ahead) % 60;
    struct eg__word word = {"UTC"};

    if (ahead != 0 && minutes == 0)
        snprintf(word.text, sizeof word.text, "UTC%s%d", ahead < 0 ? MINUS : "+", hours);
    else if (ahead != 0)
        snprintf(word.text, sizeof word.text, "UTC%s%d:%02d", ahead < 0 ? MINUS : "+", hours, minutes);
    return word;
}

struct eg__word eg__step(int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}};
    struct eg__word word;

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (ms % units[i].ms == 0) {
            snprintf(word.text, sizeof word.text, "%" PRId64 THIN "%s", ms / units[i].ms, units[i].unit);
            return word;
        }
    snprintf(word.text, sizeof word.text, "%" PRId64 THIN "s", ms / 1000);
    return word;
}

struct eg__word eg__chance(double p)
{
    struct eg__word word;

    if (p < 0.001)
        snprintf(word.text, sizeof word.text, "p\u00a0&lt;\u00a00.001");
    else
        snprintf(word.text, sizeof word.text, p < 0.1 ? "p\u00a0=\u00a0%.3f" : "p\u00a0=\u00a0%.2f", p);
    return word;
}

void eg__put(struct eg__out *out, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(out->file, format, arguments);
    va_end(arguments);
}

void eg__html_name(struct eg__out *out, const char *text)
{
    eg__html_text(out, "<bdi>", text, "</bdi>");
}

void eg__html_text(struct eg__out *out, const char *before, const char *text, const char *after)
{
    fputs(before, out->file);
    eg__out_escaped(out, text);
    fputs(after, out->file);
}

enum eg__mark eg__mark_of(enum eg_outcome outcome)
{
    switch (outcome) {
    case EG_PASS:
        return EG__GOOD;
    case EG_PASS_MARGINAL:
        return EG__MARGINAL;
    case EG_FAIL:
        return EG__FAIL;
    case EG_ERROR:
        return EG__ERROR;
    case EG_ABORTED:
        break;
    }
    return EG__NEUTRAL;
}

const char *eg__mark_class(enum eg__mark mark)
{
    static const char *const classes[] = {[EG__GOOD] = "good",
                                          [EG__MARGINAL] = "marg",
                                          [EG__FAIL] = "fail",
                                          [EG__ERROR] = "err",
                                          [EG__NEUTRAL] = "ref"};

    return classes[mark];
}

void eg__html_share(struct eg__out *out, int64_t good, int64_t units)
{
    eg__put(out, "<b>%s of %s %s good: %s.</b>", eg__count(good).text, eg__counted(units, "unit").text,
            good == 1 || units == 1 ? "is" : "are", eg__percent((double)good / (double)units).text);
}

/* The shapes of the results: circle with a tick, square with a cross, triangle, octagon, diamond. */
static const char shapes[] =
    "<svg width=\"0\" height=\"0\" style=\"position:absolute\" aria-hidden=\"true\">"
    "<symbol id=\"s-good\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" r=\"7.5\" fill=\"currentColor\"/>"
    "<path d=\"M4.5 8.4l2.4 2.4 4.6-5\" fill=\"none\" stroke=\"var(--card)\" stroke-width=\"1.8\"/></symbol>"
    "<symbol id=\"s-fail\" viewBox=\"0 0 16 16\"><rect x=\".5\" y=\".5\" width=\"15\" height=\"15\" "
    "fill=\"currentColor\"/>"
    "<path d=\"M4.5 4.5l7 7m0-7l-7 7\" fill=\"none\" stroke=\"var(--card)\" stroke-width=\"2\"/></symbol>"
    "<symbol id=\"s-marg\" viewBox=\"0 0 16 16\"><path d=\"M8 .8L15.6 15H.4z\" fill=\"currentColor\"/>"
    "<path d=\"M8 5.6v5m0 1.4v1.6\" stroke=\"var(--card)\" stroke-width=\"1.8\"/></symbol>"
    "<symbol id=\"s-err\" viewBox=\"0 0 16 16\"><path d=\"M5 .5h6L15.5 5v6L11 15.5H5L.5 11V5z\" "
    "fill=\"currentColor\"/>"
    "<path d=\"M8 3.6v5.4m0 1.6v2\" stroke=\"var(--card)\" stroke-width=\"1.9\"/></symbol>"
    "<symbol id=\"s-ref\" viewBox=\"0 0 16 16\"><path d=\"M8 .5L15.5 8 8 15.5.5 8z\" fill=\"currentColor\"/>"
    "<path d=\"M4.8 8h6.4\" stroke=\"var(--card)\" stroke-width=\"1.8\"/></symbol></svg>\n";

void eg__html_shapes(struct eg__out *out)
{
    eg__put(out, "%s", shapes);
}

void eg__html_mark(struct eg__out *out, enum eg__mark mark)
{
    eg__put(out, "<svg class=\"i %s\" aria-hidden=\"true\"><use href=\"#s-%s\"/></svg>", eg__mark_class(mark),
            eg__mark_class(mark));
}

void eg__html_section(struct eg__out *out, const char *id, const char *title)
{
    eg__put(out, "<section id=\"%s\" aria-labelledby=\"%s-h\"><h2 id=\"%s-h\">%s</h2>\n", id, id, id, title);
}

void eg__html_table(struct eg__out *out, const char *id, const char *class, const char *caption,
                    const char *const *heads)
{
    eg__put(out,
            "<div class=\"tw\" tabindex=\"0\" role=\"region\" aria-label=\"Table: %s\"><table id=\"%s\" "
            "class=\"%s\"><caption>%s</caption>\n<thead><tr>",
            id, id, class, caption);
    for (; *heads != NULL; heads++)
        if (**heads == '#')
            eg__put(out, "<th scope=\"col\" class=\"n\">%s</th>", *heads + 1);
        else
            eg__put(out, "<th scope=\"col\">%s</th>", *heads);
    eg__put(out, "</tr></thead>\n<tbody>\n");
}

void eg__html_table_end(struct eg__out *out)
{
    eg__put(out, "</tbody></table></div>\n");
}

void eg__html_cell(struct eg__out *out, const char *class, const char *text)
{
    eg__put(out, class[0] != '\0' ? "<td class=\"%s\">" : "<td%s>", class);
    eg__out_escaped(out, text);
    eg__put(out, "</td>");
}

void eg__html_chart(struct eg__out *out, const char *class, unsigned height, const char *name)
{
    eg__put(
        out,
        "<svg class=\"ps %s\" style=\"height:%upx\" viewBox=\"0 0 100 100\" preserveAspectRatio=\"none\" ",
        class, height);
    if (name == NULL)
        eg__put(out, "aria-hidden=\"true\">");
    else
        eg__put(out, "role=\"img\" aria-label=\"%s\">", name);
}

void eg__html_chart_end(struct eg__out *out)
{
    eg__put(out, "</svg>\n");
}

void eg__html_path(struct eg__out *out, const char *class)
{
    eg__put(out, "<path class=\"%s\" d=\"", class);
}

void eg__html_path_end(struct eg__out *out)
{
    eg__put(out, "\"/>");
}

void eg__html_mini(struct eg__out *out, const struct eg__cause *cause, int64_t units)
{
    eg__html_chart(out, "mini", 20, NULL);
    eg__html_path(out, "ax");
    eg__put(out, "M0 97H100");
    eg__html_path_end(out);
    eg__html_path(out, "st-f");
    for (size_t i = 0; i < cause->count; i += cause->count / EG__POINTS_MOST + 1)
        eg__put(out, "M%.2f 8V97", 100 * ((double)cause->units[i]->run->rank + 0.5) / (double)units);
    eg__html_path_end(out);
    eg__html_chart_end(out);
}

void eg__html_cluster(struct eg__out *out, const struct eg__cause *cause)
{
    if (cause->cluster.name == NULL) {
        eg__put(out,
                cause->count == 1   ? "a single unit"
                : cause->slots == 1 ? "all in one slot"
                                    : "spread over %zu slots",
                cause->slots);
        return;
    }
    eg__put(out, "%s of %s ", eg__count(cause->cluster.here).text, eg__count((int64_t)cause->count).text);
    eg__html_text(out, cause->cluster.slot ? "in slot <bdi>" : "on <bdi>", cause->cluster.name, "</bdi>");
    eg__put(out, " (%s)", eg__chance(cause->cluster.p).text);
}
