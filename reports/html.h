/* SPDX-License-Identifier: Apache-2.0 */

/* The parts of the HTML report. */

#ifndef REPORTS_HTML_H
#define REPORTS_HTML_H

#include "reports/report_internal.h"

/* format_html.c */
enum eg_code eg__html(struct eg__out *out, const struct eg__report *report, struct eg_error *err) EG_CHECKED;

/* html_tables.c */
enum eg_code eg__html_sessions(struct eg__out *out, const struct eg__report *report,
                               struct eg_error *err) EG_CHECKED;
enum eg_code eg__html_tables(struct eg__out *out, const struct eg__report *report,
                             struct eg_error *err) EG_CHECKED;

/* html_charts.c */
void eg__html_charts(struct eg__out *out, const struct eg__report *report);

/* Shared by both. */
void eg__html_cell(struct eg__out *out, const char *class, const char *value);
void eg__html_number(struct eg__out *out, int64_t value);
void eg__html_begin_table(struct eg__out *out, const char *id, const char *title, const char *const *columns);
void eg__html_end_table(struct eg__out *out);

#endif
