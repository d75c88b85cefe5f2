/* SPDX-License-Identifier: Apache-2.0 */

/* Requests: what is refused, and the answers. */

#include "tools/espgang/dashboard/dashboard_internal.h"

#include "db/query/questions.h"
#include "engine/base/file.h"
#include "reports/report.h"
#include "tools/espgang/command.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define BODY_MAX   4096
#define REPORT_MAX ((size_t)64 << 20)

/* Tokens of a bucket per second, and at most. */
#define REQUESTS_PER_S 100
#define REQUESTS_BURST 300
#define FAILURES_PER_S 1 /* of a wrong token */
#define FAILURES_BURST 10

/* ---- Answers ---- */

#define NOTHING_POLICY "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/* The report has its style within it, and no script. */
#define REPORT_POLICY                                                                                        \
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri "        \
    "'none'; "                                                                                               \
    "form-action 'none'; sandbox"

/* Takes the response over. */
static enum MHD_Result queue(struct MHD_Connection *connection, unsigned status, const char *type,
                             const char *policy, struct MHD_Response *response)
{
    if (response == NULL)
        return MHD_NO;
    const struct {
        const char *name, *value;
    } headers[] = {
        {"Content-Type", type},
        {"Content-Security-Policy", policy},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
        {"Cache-Control", "no-store"},
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        MHD_add_response_header(response, headers[i].name, headers[i].value);
    if (status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(response, "WWW-Authenticate",
                                "Basic realm=\"espgang: the password is the token\", charset=\"UTF-8\"");
    const enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

/* Takes the text over; NULL = no memory. */
static enum MHD_Result send_json(struct MHD_Connection *connection, unsigned status, char *json)
{
    return json == NULL ? MHD_NO
                        : queue(connection, status, "application/json", NOTHING_POLICY,
                                MHD_create_response_from_buffer(strlen(json), json, MHD_RESPMEM_MUST_FREE));
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *sentence)
{
    json_t *const document = json_pack("{s{ss}}", "error", "text", sentence);
    char *const json = document != NULL ? json_dumps(document, JSON_COMPACT) : NULL;

    json_decref(document);
    return send_json(connection, status, json);
}

static enum MHD_Result refuse_for(struct MHD_Connection *connection, const struct eg_error *err)
{
    return refuse(connection,
                  err->code == EG_BAD_ARGUMENT ? MHD_HTTP_BAD_REQUEST : MHD_HTTP_INTERNAL_SERVER_ERROR,
                  err->text);
}

static enum MHD_Result send_page(struct cli_dashboard *self, struct MHD_Connection *connection)
{
    return queue(connection, MHD_HTTP_OK, "text/html; charset=utf-8", self->page_policy,
                 MHD_create_response_from_buffer(cli_page_size, (void *)cli_page, MHD_RESPMEM_PERSISTENT));
}

/* A part that is not made yet, or had no memory, is null. */
static enum eg_code append_text(struct eg_buffer *text, const char *more, struct eg_error *err)
{
    if (more == NULL)
        more = "null";
    return eg_buffer_append(text, more, strlen(more), err);
}

/* {"version":1,"line":{...},"slots":[...],"batch":{...}}; with the lock held. */
static enum eg_code append_all(const struct cli_dashboard *self, struct eg_buffer *text, struct eg_error *err)
{
    EG_TRY(append_text(text, "{\"version\":1,\"line\":", err));
    EG_TRY(append_text(text, self->head.text, err));
    EG_TRY(append_text(text, ",\"slots\":[", err));
    for (unsigned i = 0; i < self->slot_count; i++) {
        EG_TRY(append_text(text, i > 0 ? "," : "", err));
        EG_TRY(append_text(text, self->slots[i].text, err));
    }
    EG_TRY(append_text(text, "],\"batch\":", err));
    EG_TRY(append_text(text, self->batch.text, err));
    return eg_buffer_append(text, "}", 2, err);
}

static enum MHD_Result send_line(struct cli_dashboard *self, struct MHD_Connection *connection)
{
    struct eg_buffer text = {0};
    struct eg_error err;

    cli__frames_update(self);
    pthread_mutex_lock(&self->lock);
    const enum eg_code code = append_all(self, &text, &err);
    pthread_mutex_unlock(&self->lock);
    if (code == EG_OK)
        return send_json(connection, MHD_HTTP_OK, (char *)text.data);
    eg_buffer_finish(&text);
    return refuse_for(connection, &err);
}

static const char *query_of(struct MHD_Connection *connection, const char *key)
{
    return MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, key);
}

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* The slot, and the events of its newest run. */
static enum MHD_Result send_slot(struct cli_dashboard *self, struct MHD_Connection *connection)
{
    struct cli_view *const view = self->line.view;
    const char *const name = query_of(connection, "name");
    struct eg_buffer text = {0};
    struct eg_error err;
    char *slot = NULL;

    if (name == NULL)
        return refuse(connection, MHD_HTTP_BAD_REQUEST, "the query lacks name=SLOT");
    cli_view_lock(view);
    const unsigned index = cli_view_find(view, name);
    const bool known = index < view->slot_count;
    if (known)
        slot = cli_document_slot_log(&view->slots[index], index);
    cli_view_unlock(view);
    if (!known)
        return refuse(connection, MHD_HTTP_NOT_FOUND, "there is no slot of this name");
    enum eg_code code = slot != NULL ? append_text(&text, "{\"version\":1,\"slot\":", &err)
                                     : eg_error_set(&err, EG_NO_MEMORY, "out of memory for the slot");
    if (code == EG_OK)
        code = append_text(&text, slot, &err);
    if (code == EG_OK)
        code = append_text(&text, ",\"events\":[", &err);
    if (code == EG_OK)
        code = cli_ring_story(self->ring, name, &text, &err);
    if (code == EG_OK)
        code = eg_buffer_append(&text, "]}", 3, &err);
    free(slot);
    if (code == EG_OK)
        return send_json(connection, MHD_HTTP_OK, (char *)text.data);
    eg_buffer_finish(&text);
    return refuse_for(connection, &err);
}

/* What the application of a run's board printed. */
static enum MHD_Result send_log(struct cli_dashboard *self, struct MHD_Connection *connection)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const int64_t run = cli_http_number(query_of(connection, "run"));
    struct eg_buffer text = {0};
    struct eg_error err;

    if (run == 0)
        return refuse(connection, MHD_HTTP_BAD_REQUEST, "the query lacks run=NUMBER");
    if (eg_query_open(&query, self->line.ledger, &err) != EG_OK ||
        eg_query_run_log_text(query, run, &text, &err) != EG_OK) {
        eg_buffer_finish(&text);
        return refuse_for(connection, &err);
    }
    if (text.size == 0) {
        eg_buffer_finish(&text);
        return refuse(connection, MHD_HTTP_NOT_FOUND,
                      "this run has no log: its application was not started or printed nothing");
    }
    return queue(connection, MHD_HTTP_OK, "text/plain; charset=utf-8", NOTHING_POLICY,
                 MHD_create_response_from_buffer(text.size, text.data, MHD_RESPMEM_MUST_FREE));
}

static enum eg_code make_report(const struct cli_dashboard *self, struct eg_buffer *text,
                                struct eg_error *err)
{
    const char *const given = getenv("TMPDIR");
    char folder[512], path[540];

    snprintf(folder, sizeof folder, "%.480s/espgang-report-XXXXXX",
             given != NULL && given[0] != '\0' ? given : "/tmp");
    if (mkdtemp(folder) == NULL)
        return eg_error_errno(err, EG_IO, errno, "making a folder for the report in %.400s", folder);
    snprintf(path, sizeof path, "%s/report.html", folder);
    const struct eg_report_file file = {.format = eg_report_find_format("html"), .path = path};
    enum eg_code code = eg_report_write(self->line.ledger, self->line.batch, &file, 1, NULL, NULL, err);
    if (code == EG_OK)
        code = eg_file_read(text, path, REPORT_MAX, err);
    (void)unlink(path);
    (void)rmdir(folder);
    return code;
}

static enum MHD_Result send_report(struct cli_dashboard *self, struct MHD_Connection *connection)
{
    struct eg_buffer text = {0};
    struct eg_error err;

    if (pthread_mutex_trylock(&self->report_lock) != 0)
        return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                      "another client's report is being made; ask again in a few seconds");
    const enum eg_code code = make_report(self, &text, &err);
    pthread_mutex_unlock(&self->report_lock);
    if (code == EG_OK)
        return queue(connection, MHD_HTTP_OK, "text/html; charset=utf-8", REPORT_POLICY,
                     MHD_create_response_from_buffer(text.size, text.data, MHD_RESPMEM_MUST_FREE));
    eg_buffer_finish(&text);
    return refuse_for(connection, &err);
}

/* The event after which a client goes on: of another session none is known, so it gets all that are kept. */
static bool find_place(struct cli_dashboard *self, const char *id, uint64_t *sequence)
{
    const char *const session = self->line.events->session;
    const size_t size = strlen(session);

    *sequence = cli_ring_newest(self->ring);
    if (id == NULL)
        return true;
    const uint64_t oldest = cli_ring_before_oldest(self->ring);
    if (strncmp(id, session, size) != 0 || id[size] != '-') {
        *sequence = oldest;
        return true;
    }
    const int64_t number = cli_http_number(id + size + 1);
    if ((uint64_t)number < oldest || (uint64_t)number > *sequence)
        return false;
    *sequence = (uint64_t)number;
    return true;
}

static enum MHD_Result send_stream(struct cli_dashboard *self, struct MHD_Connection *connection,
                                   enum cli_stream_kind kind)
{
    uint64_t sequence = 0;

    if (kind == CLI_STREAM_EVENTS && !find_place(self, header_of(connection, "Last-Event-ID"), &sequence))
        return refuse(connection, MHD_HTTP_GONE,
                      "the events after this one are no longer kept; begin again without Last-Event-ID");
    struct MHD_Response *const response = cli__stream_create(self, connection, kind, sequence);
    if (response == NULL)
        return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "too many streams are open");
    return queue(connection, MHD_HTTP_OK, "text/event-stream", NOTHING_POLICY, response);
}

/* ---- Control ---- */

/* NULL = no memory. */
static char *awaiting(const char *said)
{
    json_t *const document =
        json_pack("{si sb ss}", "version", CLI_API_VERSION, "begun", false, "text", said);
    char *const json = document != NULL ? json_dumps(document, JSON_COMPACT) : NULL;

    json_decref(document);
    return json;
}

static enum MHD_Result start(struct cli_dashboard *self, struct MHD_Connection *connection, bool scanned,
                             const struct eg_buffer *body)
{
    struct cli_http_wish wish;
    struct eg_error err;
    char said[CLI_SAID] = "";
    enum cli_start begun = CLI_START_BAD;

    if (cli_http_wish(&wish, (const char *)body->data, body->size, &err) != EG_OK)
        return refuse_for(connection, &err);
    pthread_mutex_lock(&self->lock);
    const struct cli_dashboard_control *const control = self->control;
    self->controlling += control != NULL;
    pthread_mutex_unlock(&self->lock);
    if (control == NULL)
        return refuse(
            connection, MHD_HTTP_CONFLICT,
            self->line.begins_by_control
                ? "the line begins or ends just now; ask again while may_start is true"
                : "boards of this line begin by themselves; --trigger enter lets clients begin them");
    begun = scanned ? control->scan(control->context, wish.text, said)
                    : control->start(control->context, wish.slot, wish.label, said);
    pthread_mutex_lock(&self->lock);
    if (--self->controlling == 0)
        pthread_cond_broadcast(&self->idle);
    pthread_mutex_unlock(&self->lock);
    switch (begun) {
    case CLI_START_BEGUN:
        return send_json(connection, MHD_HTTP_ACCEPTED, strdup("{\"version\":1,\"begun\":true}"));
    case CLI_START_AWAITS:
        return send_json(connection, MHD_HTTP_ACCEPTED, awaiting(said));
    case CLI_START_BUSY:
        return refuse(connection, MHD_HTTP_CONFLICT, said);
    case CLI_START_UNKNOWN:
        return refuse(connection, MHD_HTTP_NOT_FOUND, said);
    case CLI_START_BAD:
        break;
    }
    return refuse(connection, MHD_HTTP_BAD_REQUEST, said);
}

static enum MHD_Result drain(struct MHD_Connection *connection)
{
    cli_request_ending();
    return send_json(connection, MHD_HTTP_ACCEPTED, strdup("{\"version\":1,\"ending\":true}"));
}

static enum MHD_Result go_on(struct MHD_Connection *connection)
{
    cli_request_go_on();
    return send_json(connection, MHD_HTTP_ACCEPTED, strdup("{\"version\":1,\"paused\":false}"));
}

/* ---- Requests ---- */

enum what { PAGE, LINE, STATE_STREAM, EVENT_STREAM, SLOT, LOG, REPORT, START, SCAN, DRAIN, GO_ON };

static const struct route {
    const char *path;
    enum what what;
    bool changes; /* by POST; the others are read by GET */
} routes[] = {
    {"/", PAGE, false},
    {"/api/v1/line", LINE, false},
    {"/api/v1/stream", STATE_STREAM, false},
    {"/api/v1/events", EVENT_STREAM, false},
    {"/api/v1/slot", SLOT, false},
    {"/api/v1/log", LOG, false},
    {"/report", REPORT, false},
    {"/api/v1/start", START, true},
    {"/api/v1/scan", SCAN, true},
    {"/api/v1/drain", DRAIN, true},
    {"/api/v1/go-on", GO_ON, true},
};

static const struct route *find_route(const char *path)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (strcmp(routes[i].path, path) == 0)
            return &routes[i];
    return NULL;
}

/* Take a token from a bucket, if there is one. With the lock held. */
static bool take_token(struct cli_bucket *bucket, double per_s, double burst)
{
    const uint64_t now_ms = eg_clock_ms();

    if (bucket->filled_ms == 0)
        bucket->tokens = burst;
    else
        bucket->tokens += per_s * (double)(now_ms - bucket->filled_ms) / 1000;
    bucket->filled_ms = now_ms;
    if (bucket->tokens > burst)
        bucket->tokens = burst;
    if (bucket->tokens < 1)
        return false;
    bucket->tokens -= 1;
    return true;
}

struct refusal {
    unsigned status;
    const char *sentence;
};

static struct refusal check_rate(struct cli_dashboard *self)
{
    pthread_mutex_lock(&self->lock);
    const bool may = take_token(&self->requests, REQUESTS_PER_S, REQUESTS_BURST);
    pthread_mutex_unlock(&self->lock);
    return may ? (struct refusal){0, NULL}
               : (struct refusal){MHD_HTTP_TOO_MANY_REQUESTS, "too many requests; ask less often"};
}

static struct refusal check_token(struct cli_dashboard *self, const char *authorization)
{
    if (self->token[0] == '\0' || cli_http_authorized(authorization, self->token))
        return (struct refusal){0, NULL};
    if (authorization == NULL)
        return (struct refusal){MHD_HTTP_UNAUTHORIZED, "the token is missing"};
    pthread_mutex_lock(&self->lock);
    const bool may = take_token(&self->failures, FAILURES_PER_S, FAILURES_BURST);
    pthread_mutex_unlock(&self->lock);
    return may ? (struct refusal){MHD_HTTP_UNAUTHORIZED, "the token is wrong"}
               : (struct refusal){MHD_HTTP_TOO_MANY_REQUESTS, "too many wrong tokens; wait"};
}

static bool is_json(const char *type)
{
    static const char json[] = "application/json";

    return type != NULL && strncasecmp(type, json, sizeof json - 1) == 0 &&
           (type[sizeof json - 1] == '\0' || type[sizeof json - 1] == ';' || type[sizeof json - 1] == ' ');
}

static struct refusal check_write(const struct cli_dashboard *self, struct MHD_Connection *connection)
{
    const char *const length = header_of(connection, "Content-Length");

    if (!self->options.control)
        return (struct refusal){MHD_HTTP_FORBIDDEN, "this dashboard is read-only; see --http-control"};
    /* A page of another site cannot send this type without being asked first. */
    if (!is_json(header_of(connection, "Content-Type")))
        return (struct refusal){MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "the Content-Type must be application/json"};
    if (length != NULL && strtoull(length, NULL, 10) > BODY_MAX)
        return (struct refusal){MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large"};
    return (struct refusal){0, NULL};
}

/* Everything that is known before the body. status 0 = nothing is wrong. */
static struct refusal check(struct cli_dashboard *self, struct MHD_Connection *connection, const char *path,
                            const char *method)
{
    const char *const host = header_of(connection, "Host");
    const struct route *const route = find_route(path);
    const bool get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    struct refusal refusal = check_rate(self);

    if (refusal.status != 0)
        return refusal;
    if (!cli_http_host_allowed(host, self->options.names))
        return (struct refusal){MHD_HTTP_MISDIRECTED_REQUEST,
                                "the name in Host is not this dashboard's; see --http-name"};
    /* Another site may have a link to the page. */
    const char *const site =
        route != NULL && route->what == PAGE ? NULL : header_of(connection, "Sec-Fetch-Site");
    if (!cli_http_same_site(header_of(connection, "Origin"), site, host))
        return (struct refusal){MHD_HTTP_FORBIDDEN, "the request comes from another site"};
    refusal = check_token(self, header_of(connection, "Authorization"));
    if (refusal.status != 0)
        return refusal;
    if (route == NULL)
        return (struct refusal){MHD_HTTP_NOT_FOUND, "there is nothing at this path"};
    if (route->changes ? strcmp(method, "POST") != 0 : !get)
        return (struct refusal){MHD_HTTP_METHOD_NOT_ALLOWED, route->changes ? "use POST" : "use GET"};
    return route->changes ? check_write(self, connection) : (struct refusal){0, NULL};
}

static enum MHD_Result answer(struct cli_dashboard *self, struct MHD_Connection *connection, enum what what,
                              const struct eg_buffer *body)
{
    switch (what) {
    case PAGE:
        return send_page(self, connection);
    case LINE:
        return send_line(self, connection);
    case STATE_STREAM:
        return send_stream(self, connection, CLI_STREAM_STATE);
    case EVENT_STREAM:
        return send_stream(self, connection, CLI_STREAM_EVENTS);
    case SLOT:
        return send_slot(self, connection);
    case LOG:
        return send_log(self, connection);
    case REPORT:
        return send_report(self, connection);
    case START:
    case SCAN:
        return start(self, connection, what == SCAN, body);
    case DRAIN:
        return drain(connection);
    case GO_ON:
        return go_on(connection);
    }
    return MHD_NO;
}

/* A request whose head was in order. */
struct request {
    struct eg_buffer body;
    bool too_large;
};

enum MHD_Result cli__request(void *context, struct MHD_Connection *connection, const char *path,
                             const char *method, const char *version, const char *data, size_t *data_size,
                             void **kept)
{
    struct cli_dashboard *const self = context;
    struct request *request = *kept;
    struct eg_error ignored;

    (void)version;
    if (request == NULL) {
        const struct refusal refusal = check(self, connection, path, method);
        if (refusal.status != 0)
            return refuse(connection, refusal.status, refusal.sentence);
        *kept = calloc(1, sizeof *request);
        return *kept != NULL ? MHD_YES : MHD_NO;
    }
    if (*data_size > 0) {
        request->too_large |= request->body.size + *data_size > BODY_MAX;
        if (!request->too_large && eg_buffer_append(&request->body, data, *data_size, &ignored) != EG_OK)
            return MHD_NO;
        *data_size = 0;
        return MHD_YES;
    }
    if (request->too_large)
        return refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large");
    return answer(self, connection, find_route(path)->what, &request->body);
}

void cli__request_forget(void *context, struct MHD_Connection *connection, void **kept,
                         enum MHD_RequestTerminationCode why)
{
    struct request *const request = *kept;

    (void)context;
    (void)connection;
    (void)why;
    if (request == NULL)
        return;
    eg_buffer_finish(&request->body);
    free(request);
    *kept = NULL;
}
