/* SPDX-License-Identifier: Apache-2.0 */

#define _DEFAULT_SOURCE /* timegm() */

#include "tools/espgang/dashboard/documents.h"

#include "db/query/report.h"
#include "engine/line/json.h"

#include <stdlib.h>
#include <string.h>

#define BUCKET_S  600 /* of the rate */
#define BUCKETS   24
#define CODES_MAX 128 /* more than there are codes */

static char *text_of(json_t *document)
{
    char *const text = document != NULL ? json_dumps(document, JSON_COMPACT) : NULL;

    json_decref(document);
    return text;
}

static json_t *utc(time_t at)
{
    struct tm parts;
    char text[32];

    if (gmtime_r(&at, &parts) == NULL || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        return json_null();
    return json_string(text);
}

static json_t *run_number(int64_t run)
{
    return run > 0 ? json_integer((json_int_t)run) : json_null();
}

static const char *state_word(const struct cli_view_slot *slot)
{
    switch (slot->state) {
    case CLI_SLOT_EMPTY:
        return "empty";
    case CLI_SLOT_AT_WORK:
        return "working";
    case CLI_SLOT_DONE:
        return "done";
    case CLI_SLOT_OFF:
        return "off";
    }
    return "";
}

static void add_work(json_t *document, const struct cli_view_slot *slot)
{
    json_object_set_new(document, "stage", json_string(slot->stage));
    json_object_set_new(document, "what", json_string(slot->what));
    json_object_set_new(document, "attempt", json_integer((json_int_t)slot->attempt));
    json_object_set_new(document, "percent", json_integer((json_int_t)slot->percent));
    json_object_set_new(document, "bytes_per_s", json_integer((json_int_t)slot->rate));
    json_object_set_new(document, "elapsed_s",
                        json_integer((json_int_t)((eg_clock_ms() - slot->begun_ms) / 1000)));
}

static void add_outcome(json_t *document, enum eg_outcome outcome, enum eg_code code, const char *text)
{
    json_object_set_new(document, "outcome", json_string(eg_outcome_name(outcome)));
    json_object_set_new(document, "word", json_string(cli_verdict_word(cli_verdict_of(outcome))));
    json_object_set_new(document, "code", json_string(eg_code_name(code)));
    json_object_set_new(document, "cause", json_string(code == EG_OK ? "" : eg_code_text(code)));
    json_object_set_new(document, "text", json_string(text));
    json_object_set_new(document, "advice", json_string(cli_advice(outcome, code)));
}

static json_t *slot_document(const struct cli_view_slot *slot, unsigned index)
{
    json_t *const document =
        json_pack("{si so ss ss ss ss so si si}", "index", (int)index, "slot", eg_json_text(slot->name),
                  "shown", slot->shown, "state", state_word(slot), "board", slot->mac, "label", slot->label,
                  "run", run_number(slot->run), "runs", (int)slot->runs, "passed", (int)slot->passed);

    if (slot->state == CLI_SLOT_AT_WORK)
        add_work(document, slot);
    if (slot->state == CLI_SLOT_DONE) {
        add_outcome(document, slot->outcome, slot->code, slot->text);
        json_object_set_new(document, "duration_ms", json_integer((json_int_t)slot->duration_ms));
    }
    return document;
}

char *cli_document_slot(const struct cli_view_slot *slot, unsigned index)
{
    return text_of(slot_document(slot, index));
}

char *cli_document_slot_log(const struct cli_view_slot *slot, unsigned index)
{
    json_t *const lines = json_array();

    for (unsigned i = 0; i < slot->log_count; i++) {
        const struct cli_view_line *const line = cli_view_log_line(slot, i);
        json_array_append_new(lines, json_pack("{so ss}", "time", utc(line->at), "text", line->text));
    }
    json_t *const document = slot_document(slot, index);
    json_object_set_new(document, "lines", lines);
    return text_of(document);
}

static json_t *failures_of(const struct cli_view *view)
{
    json_t *const list = json_array();

    for (unsigned i = 0; i < view->failure_count; i++) {
        const struct cli_view_failure *const failure = cli_view_failure(view, i);
        json_t *const row =
            json_pack("{ss ss ss so so}", "slot", failure->slot, "board", failure->mac, "label",
                      failure->label, "run", run_number(failure->run), "time", utc(failure->at));
        add_outcome(row, failure->outcome, failure->code, failure->text);
        json_array_append_new(list, row);
    }
    return list;
}

/* null = not said, or not known yet. */
static json_t *known(int64_t number, bool is_known)
{
    return is_known ? json_integer((json_int_t)number) : json_null();
}

char *cli_document_line(const struct cli_view *view, const char *operator_name, struct cli_may may,
                        bool ending, bool paused, uint64_t now_ms)
{
    const unsigned rate = cli_view_rate(view, now_ms);
    const int64_t left = cli_view_minutes_left(view, now_ms);

    return text_of(
        json_pack("{si ss ss so so sb sb sb sb ss si si so so so so so}", "version", CLI_API_VERSION, "title",
                  view->title, "chip", view->chip, "station", eg_json_text(view->station), "operator",
                  eg_json_text(operator_name != NULL ? operator_name : ""), "ending", ending, "paused",
                  paused && !ending, "may_start", may.start, "may_drain", may.drain, "message", view->message,
                  "ended", (int)view->ended, "passed", (int)view->passed, "rate_per_h", known(rate, rate > 0),
                  "target", known(view->target, view->target > 0), "target_yield",
                  view->target_yield > 0 ? json_real(view->target_yield / 10.0) : json_null(), "minutes_left",
                  known(left, left >= 0), "failures", failures_of(view)));
}

/* Units of a batch by what failed, and when they passed. */
struct figures {
    struct {
        char code[48];
        unsigned count;
    } causes[CODES_MAX];
    unsigned cause_count;
    unsigned good[BUCKETS]; /* the newest last */
    time_t newest;          /* the end of the newest bucket */
};

static void count_cause(struct figures *figures, const char *code)
{
    unsigned at = 0;

    while (at < figures->cause_count && strcmp(figures->causes[at].code, code) != 0)
        at++;
    if (at == CODES_MAX)
        return;
    if (at == figures->cause_count)
        snprintf(figures->causes[figures->cause_count++].code, sizeof figures->causes[at].code, "%s", code);
    figures->causes[at].count++;
}

static void count_good(struct figures *figures, const char *finished_utc)
{
    struct tm parts = {0};

    if (strptime(finished_utc, "%Y-%m-%dT%H:%M:%S", &parts) == NULL)
        return;
    const int64_t age_s = (int64_t)figures->newest - (int64_t)timegm(&parts);
    if (age_s >= 0 && age_s < (int64_t)BUCKET_S * BUCKETS)
        figures->good[BUCKETS - 1 - (unsigned)(age_s / BUCKET_S)]++;
}

static enum eg_code count_unit(void *context, const struct eg_report_unit *unit, struct eg_error *err)
{
    struct figures *const figures = context;

    (void)err;
    if (strcmp(unit->last.code, "ok") == 0)
        count_good(figures, unit->last.finished_utc);
    else
        count_cause(figures, unit->last.code);
    return EG_OK;
}

static int more_often(const void *left, const void *right)
{
    const unsigned *const counts[] = {left, right};

    return (*counts[0] < *counts[1]) - (*counts[0] > *counts[1]);
}

static const char *cause_text(const char *code)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
#define ROW(code, name, blame, retry, text) {name, text},
        EG_ERRORS(ROW)
#undef ROW
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, code) == 0)
            return rows[i].text;
    return "";
}

static json_t *causes_of(const struct figures *figures)
{
    struct {
        unsigned count, at;
    } order[CODES_MAX];
    json_t *const list = json_array();

    for (unsigned i = 0; i < figures->cause_count; i++) {
        order[i].count = figures->causes[i].count;
        order[i].at = i;
    }
    qsort(order, figures->cause_count, sizeof order[0], more_often);
    for (unsigned i = 0; i < figures->cause_count; i++) {
        const char *const code = figures->causes[order[i].at].code;
        json_array_append_new(list, json_pack("{ss ss si}", "code", code, "text", cause_text(code), "count",
                                              (int)order[i].count));
    }
    return list;
}

static json_t *rate_of(const struct figures *figures)
{
    json_t *const counts = json_array();

    for (unsigned i = 0; i < BUCKETS; i++)
        json_array_append_new(counts, json_integer((json_int_t)figures->good[i]));
    return json_pack("{so si so}", "until", utc(figures->newest), "bucket_s", BUCKET_S, "good", counts);
}

enum eg_code cli_document_batch(char **document, const char *ledger, const char *name, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct figures figures = {.newest = time(NULL)};
    struct eg_batch batch = {.units = 0};

    *document = NULL;
    EG_TRY(eg_query_open(&query, ledger, err));
    EG_TRY(eg_query_batch(query, name, &batch, err));
    EG_TRY(eg_query_report_units(query, name, count_unit, &figures, err));
    *document =
        text_of(json_pack("{si so sI sI sI sI sI sI sI sI sI sb so so}", "version", CLI_API_VERSION, "batch",
                          eg_json_text(name), "units", (json_int_t)batch.units, "passed",
                          (json_int_t)(batch.passed + batch.marginal), "marginal", (json_int_t)batch.marginal,
                          "failed", (json_int_t)batch.failed, "errors", (json_int_t)batch.errors, "aborted",
                          (json_int_t)batch.aborted, "first_pass", (json_int_t)batch.first_pass, "repeats",
                          (json_int_t)batch.repeats, "no_board", (json_int_t)batch.no_board, "simulated",
                          batch.simulated == 1, "causes", causes_of(&figures), "rate", rate_of(&figures)));
    return *document != NULL ? EG_OK : eg_error_set(err, EG_NO_MEMORY, "out of memory for the batch");
}
