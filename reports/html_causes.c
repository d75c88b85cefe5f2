/* SPDX-License-Identifier: Apache-2.0 */

/* What failed: causes by how many units have them, each opening to its units and their sentences. */

#include "db/query/questions.h"
#include "reports/html.h"

#include <inttypes.h>

/* So many units of a cause are shown with their sentences; logs of so many in all. */
#define SHOWN     200
#define LOGS_MOST 100
#define LOG_MOST  4000 /* bytes, the last ones */

/* The end of what the application printed, folded. */
static enum eg_code log_of(struct eg__out *out, struct eg_query *query, int64_t run, unsigned *logs,
                           struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer log = {0};

    if (*logs >= LOGS_MOST)
        return EG_OK;
    ++*logs;
    if (eg_query_run_log_text(query, run, &log, err) !=
        EG_OK) { /* a damaged log is no reason for no report */
        eg__html_text(out, "<p class=\"sm\">", err->text, "</p>");
        return EG_OK;
    }
    if (log.size == 0)
        return EG_OK;
    const size_t from = log.size > LOG_MOST ? log.size - LOG_MOST : 0;
    eg__put(out, "<details class=\"lg1\"><summary>%slog of run %" PRId64 "</summary><pre>",
            from > 0 ? "end of the " : "", run);
    EG_TRY(eg_buffer_append(&log, "", 1, err));
    eg__out_lines(out, (const char *)log.data + from);
    eg__put(out, "</pre></details>");
    return EG_OK;
}

static enum eg_code units_of(struct eg__out *out, const struct eg__report *report,
                             const struct eg__cause *cause, unsigned *logs, struct eg_error *err)
{
    eg__put(out, "<ul>");
    for (size_t i = 0; i < cause->count && i < SHOWN; i++) {
        const struct eg__unit *const unit = cause->units[i];
        if (eg__unit_name(unit)[0] != '\0')
            eg__html_text(out, "<li><b class=\"mo\">", eg__unit_name(unit), "</b> ");
        else
            eg__put(out, "<li><b class=\"mo\">run %" PRId64 "</b> ", unit->run->run);
        eg__html_text(out, "slot <bdi>", report->numbers->slots.items[unit->run->slot].name, "</bdi>");
        eg__put(out, ", %s, <code>%s</code><br>", eg__clock(report->numbers, unit->run->ended_ms).text,
                unit->run->code);
        eg__html_text(out, "<span class=\"c\">", unit->remark, "</span>");
        EG_TRY(log_of(out, report->query, unit->run->run, logs, err));
        eg__put(out, "</li>");
    }
    eg__put(out, "</ul>");
    if (cause->count > SHOWN)
        eg__put(out, "<p class=\"sm\">and %s more, in the table of units and in --csv</p>",
                eg__count((int64_t)(cause->count - SHOWN)).text);
    return EG_OK;
}

enum eg_code eg__html_causes(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    const struct eg__causes *const causes = report->causes;
    int64_t together = 0;
    unsigned logs = 0;

    if (causes->count == 0)
        return EG_OK;
    eg__html_section(out, "causes", "What failed");
    eg__put(out,
            "<p class=\"in\">%s not good, by cause. Open a cause for its units. Line: the units of the batch "
            "in order.</p><div class=\"ph\" "
            "aria-hidden=\"true\"><span>Cause</span><span></span><span class=\"n\">Units"
            "</span><span class=\"n\">Together</span><span>In order</span><span>Cluster</span></div>\n",
            eg__counted(causes->bad, "unit").text);
    for (size_t i = 0; i < causes->count; i++) {
        const struct eg__cause *const cause = &causes->items[i];
        together += (int64_t)cause->count;
        eg__html_text(out, "<details class=\"pr\"><summary><span class=\"pn\"><b><bdi>", cause->name,
                      "</bdi></b>");
        eg__put(out, "<code>%s</code></span><span class=\"pb\"><i style=\"width:%.2f%%\"></i></span>",
                cause->codes, 100.0 * (double)cause->count / (double)causes->items[0].count);
        eg__put(out,
                "<span class=\"pq n\"><b>%s</b> · %s</span><span class=\"pc n\">%s</span><span class=\"pt\">",
                eg__count((int64_t)cause->count).text,
                eg__percent((double)cause->count / (double)causes->bad).text,
                eg__percent((double)together / (double)causes->bad).text);
        eg__html_mini(out, cause, report->numbers->batch.units);
        eg__put(out, "</span><span class=\"pw\">");
        eg__html_cluster(out, cause);
        eg__put(out, "</span></summary>");
        EG_TRY(units_of(out, report, cause, &logs, err));
        eg__put(out, "</details>\n");
    }
    eg__put(out, "</section>\n");
    return EG_OK;
}
