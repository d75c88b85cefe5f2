/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The parts of the HTML report, each one file html_NAME.c, and what they share: numbers and times as people
 * read them, names from outside, charts.
 *
 * A chart is an SVG of 100 by 100 units that is stretched to its place and holds shapes alone. All text
 * stands beside it in HTML, so nothing is squeezed on a telephone, and no layout is computed.
 */

#ifndef REPORTS_HTML_H
#define REPORTS_HTML_H

#include "reports/report_internal.h"

/** Of a larger batch the table of units has the exceptions alone, unless all are wanted. */
#define EG__UNITS_LISTED 1000

/** With fewer points a chart says nothing. */
#define EG__POINTS_FEW 5

/** More points are not drawn one by one. */
#define EG__POINTS_MOST 500

/* format_html.c */
enum eg_code eg__html(struct eg__out *out, const struct eg__report *report, struct eg_error *err) EG_CHECKED;

/* html_page.c */

/**
 * Begin a page, up to the end of its head.
 *
 * @param kind    "Batch ": before the name in the title and at the foot of each sheet
 * @param record  in the middle of that foot; no text from outside
 */
enum eg_code eg__html_head(struct eg__out *out, const char *kind, const char *name, const char *record,
                           struct eg_error *err) EG_CHECKED;

/** Begin the top of a page: logo, customer and order. */
enum eg_code eg__html_customer(struct eg__out *out, const struct eg_report_look *look,
                               struct eg_error *err) EG_CHECKED;

/* html_trend.c */
enum eg_code eg__html_trend(struct eg__out *out, const struct eg__trend_report *report,
                            struct eg_error *err) EG_CHECKED;

/* format_pdf.c */

/** Writes a page that a PDF is printed from. */
typedef enum eg_code eg__page_writer(struct eg__out *page, const void *context, struct eg_error *err);

/** EG_PROGRAM_FAILED: there is no Chromium. */
enum eg_code eg__pdf_check(struct eg_error *err) EG_CHECKED;

/**
 * Print a page into `out`.
 *
 * @param cancel  may be NULL
 *
 * @return EG_OK; EG_PROGRAM_FAILED, EG_CANCELLED, EG_IO, EG_NO_ROOM, EG_NO_MEMORY, or the writer's failure
 */
enum eg_code eg__pdf_print(struct eg__out *out, eg__page_writer *write, const void *context,
                           const struct eg_cancel *cancel, struct eg_error *err) EG_CHECKED;

/* The sections, in their order. */
void eg__html_summary(struct eg__out *out, const struct eg__report *report);
enum eg_code eg__html_causes(struct eg__out *out, const struct eg__report *report,
                             struct eg_error *err) EG_CHECKED;
enum eg_code eg__html_where(struct eg__out *out, const struct eg__report *report,
                            struct eg_error *err) EG_CHECKED;
void eg__html_when(struct eg__out *out, const struct eg__report *report);
enum eg_code eg__html_how_long(struct eg__out *out, const struct eg__report *report,
                               struct eg_error *err) EG_CHECKED;
void eg__html_measured(struct eg__out *out, const struct eg__report *report);
enum eg_code eg__html_record(struct eg__out *out, const struct eg__report *report,
                             struct eg_error *err) EG_CHECKED;
enum eg_code eg__html_units(struct eg__out *out, const struct eg__report *report,
                            struct eg_error *err) EG_CHECKED;

/* html_text.c: everything that several sections say. */

/** A number or time as people read it. */
struct eg__word {
    char text[48];
};

/** "12 345". */
struct eg__word eg__count(int64_t count);
/** "1 unit", "12 345 units" of "unit", up to 18 characters. */
struct eg__word eg__counted(int64_t count, const char *noun);
/** "-74.0" with a real minus; "–" for NAN. */
struct eg__word eg__real(double value, int decimals);
/** "94.5 %" of 0.945. */
struct eg__word eg__percent(double share);
/** Local "14:11"; with the day when the batch took several. */
struct eg__word eg__clock(const struct eg__numbers *numbers, int64_t time_ms);
/** Local "24 Nov 2026, 14:11". */
struct eg__word eg__day(int64_t time_ms);
/** Local "24 Nov 2026". */
struct eg__word eg__date(int64_t time_ms);
/** Local "24 Nov". */
struct eg__word eg__short_date(int64_t time_ms);
/** "UTC+1", "UTC+5:30", "UTC": the local zone at that time. */
struct eg__word eg__zone(int64_t time_ms);
/** "30 min", "1 h": a step of time. */
struct eg__word eg__step(int64_t ms);
/** "p = 0.71", "p < 0.001". */
struct eg__word eg__chance(double p);

/** A text of the report's own: no text from outside may be among the arguments, escaped or not. */
void eg__put(struct eg__out *out, const char *format, ...) EG_PRINTF(2, 3);
/** A text from outside, whatever its script and direction. */
void eg__html_name(struct eg__out *out, const char *text);
/** Markup, a text from outside, markup. */
void eg__html_text(struct eg__out *out, const char *before, const char *text, const char *after);

/** The results by colour, shape and word. */
enum eg__mark { EG__GOOD, EG__MARGINAL, EG__FAIL, EG__ERROR, EG__NEUTRAL };
enum eg__mark eg__mark_of(enum eg_outcome outcome);
/** The class of its colours: "good", "marg", "fail", "err", "ref". */
const char *eg__mark_class(enum eg__mark mark);
/** "<b>3 of 4 units are good: 75.0 %.</b>", of at least one unit. */
void eg__html_share(struct eg__out *out, int64_t good, int64_t units);
/** Define the shapes, once in a page. */
void eg__html_shapes(struct eg__out *out);
/** Its shape, coloured. */
void eg__html_mark(struct eg__out *out, enum eg__mark mark);

/** When a batch was made: local "24 Nov 2026, 14:11 to 15:30", in as much detail as eg__clock(). */
void eg__html_span(struct eg__out *out, const struct eg__numbers *numbers);
/** Where a cause clusters: "8 of 9 in slot A3 (p < 0.001)", "spread over 4 slots". */
void eg__html_cluster(struct eg__out *out, const struct eg__cause *cause);
/** Draw the units of a cause on a line of all units of the batch in their order. */
void eg__html_mini(struct eg__out *out, const struct eg__cause *cause, int64_t units);

/** Begin a section: a card with a heading. */
void eg__html_section(struct eg__out *out, const char *id, const char *title);
/** Begin a table with its caption and column heads; a head that begins with '#' is of numbers. */
void eg__html_table(struct eg__out *out, const char *id, const char *class, const char *caption,
                    const char *const *heads);
void eg__html_table_end(struct eg__out *out);
void eg__html_cell(struct eg__out *out, const char *class, const char *text);

/** Begin a chart `height` pixels high; `name` is what a reader who cannot see it is told, and no text from
 * outside. */
void eg__html_chart(struct eg__out *out, const char *class, unsigned height, const char *name);
void eg__html_chart_end(struct eg__out *out);
/** Begin, and end, all the shapes of a colour. */
void eg__html_path(struct eg__out *out, const char *class);
void eg__html_path_end(struct eg__out *out);

#endif
