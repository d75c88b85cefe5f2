/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/events/events.h"

#include "engine/line/json.h"
#include "engine/stages/stages.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

/* As many as a job's decimal numbers have at most: 3.3 stays 3.3. */
#define EVENT_DIGITS 15

struct cli_event_details {
    struct cli_event_details *next;
    int64_t run;
    json_t *fields; /* of the event "result" */
};

/* Takes the fields over. A line goes out whole or not at all. */
static void put(struct cli_events *events, const char *name, bool is_progress, bool is_talk, json_t *fields)
{
    char utc[EG_UTC_TEXT];
    json_t *const event = json_pack("{ss}", "event", name); /* which comes first, for people */

    if (event == NULL || fields == NULL || events->sink_count == 0) {
        json_decref(event);
        json_decref(fields);
        return;
    }
    json_object_update(event, fields);
    json_decref(fields);
    pthread_mutex_lock(&events->lock);
    eg_clock_utc(utc);
    json_object_set_new(event, "version", json_integer(CLI_EVENTS_VERSION));
    json_object_set_new(event, "time", json_string(utc));
    json_object_set_new(event, "session", json_string(events->session));
    json_object_set_new(event, "sequence", json_integer((json_int_t)events->sequence + 1));
    char *const text = json_dumps(event, JSON_COMPACT | JSON_REAL_PRECISION(EVENT_DIGITS));
    if (text != NULL) {
        const char *const slot = json_string_value(json_object_get(event, "slot"));
        const struct cli_event told = {.name = name,
                                       .slot = slot != NULL ? slot : "",
                                       .sequence = ++events->sequence,
                                       .is_progress = is_progress,
                                       .is_talk = is_talk,
                                       .json = text,
                                       .size = strlen(text)};
        for (unsigned i = 0; i < events->sink_count; i++)
            events->sinks[i].take(events->sinks[i].context, &told);
    }
    pthread_mutex_unlock(&events->lock);
    free(text);
    json_decref(event);
}

static void print(void *context, const struct cli_event *event)
{
    FILE *const out = context;

    if (event->is_talk)
        return;
    fprintf(out, "%s\n", event->json);
    fflush(out);
}

struct cli_event_sink cli_events_print(FILE *out)
{
    return (struct cli_event_sink){print, out};
}

static void log_event(struct eg_logger *logger, const struct eg_log_record *record)
{
    struct cli_events *const events = (struct cli_events *)logger;
    const bool is_talk = record->level > events->verbosity;

    if (events->sink_count == 0 || (record->level > EG_NORMAL && is_talk))
        return;
    json_t *const event = json_object();
    const struct {
        const char *key, *value;
    } texts[] = {
        {"slot", record->origin.slot}, {"port", record->origin.port}, {"board", record->origin.board},
        {"stage", record->stage},      {"outcome", record->outcome},  {"text", record->text},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].value != NULL && texts[i].value[0] != '\0')
            json_object_set_new(event, texts[i].key, eg_json_text(texts[i].value));
    }
    if (record->attempt != 0)
        json_object_set_new(event, "attempt", json_integer((json_int_t)record->attempt));
    switch (record->kind) {
    case EG_LOG_PRINT:
    case EG_LOG_NOTE:
    case EG_LOG_WARNING:
    case EG_LOG_STAGE_BEGIN:
    case EG_LOG_UNPLUGGED:
        break;
    case EG_LOG_PROGRESS:
        json_object_set_new(event, "done", json_integer((json_int_t)record->done));
        json_object_set_new(event, "total", json_integer((json_int_t)record->total));
        break;
    case EG_LOG_STAGE_END:
    case EG_LOG_OUTCOME:
        json_object_set_new(event, "duration_ms", json_integer((json_int_t)record->duration_ms));
        json_object_set_new(event, "code", json_string(eg_code_name(record->code)));
        break;
    case EG_LOG_ERROR:
        json_object_set_new(event, "code", json_string(eg_code_name(record->code)));
        break;
    }
    put(events, eg_log_kind_name(record->kind), record->kind == EG_LOG_PROGRESS, is_talk, event);
}

static void set_verbosity(struct eg_logger *logger, enum eg_verbosity verbosity)
{
    ((struct cli_events *)logger)->verbosity = verbosity;
}

enum eg_code cli_events_init(struct cli_events *events, struct eg_error *err)
{
    uint8_t session[(CLI_EVENTS_SESSION - 1) / 2];

    *events = (struct cli_events){.logger = {log_event, set_verbosity}, .verbosity = EG_NORMAL};
    if (RAND_bytes(session, sizeof session) != 1)
        return eg_error_set(err, EG_IO, "no random number for the session of the events");
    eg_hex(events->session, session, sizeof session);
    pthread_mutex_init(&events->lock, NULL);
    return EG_OK;
}

void cli_events_finish(struct cli_events *events)
{
    if (events->session[0] == '\0')
        return;
    while (events->details != NULL) {
        struct cli_event_details *const details = events->details;
        events->details = details->next;
        json_decref(details->fields);
        free(details);
    }
    pthread_mutex_destroy(&events->lock);
}

void cli_events_add(struct cli_events *events, struct cli_event_sink sink)
{
    pthread_mutex_lock(&events->lock);
    events->sinks[events->sink_count++] = sink;
    pthread_mutex_unlock(&events->lock);
}

void cli_events_remove(struct cli_events *events, const void *context)
{
    unsigned kept = 0;

    pthread_mutex_lock(&events->lock);
    for (unsigned i = 0; i < events->sink_count; i++)
        if (events->sinks[i].context != context)
            events->sinks[kept++] = events->sinks[i];
    events->sink_count = kept;
    pthread_mutex_unlock(&events->lock);
}

/* The stages in their order, each with its share of a progress display. */
static json_t *stages_of_a_run(void)
{
    const struct eg_stage *stages[EG_STAGES_MAX];
    struct eg_error ignored;
    json_t *const list = json_array();

    if (eg_stages_order(eg_stages, stages, &ignored) == EG_OK)
        for (unsigned i = 0; stages[i] != NULL; i++)
            json_array_append_new(
                list, json_pack("{ss si}", "stage", stages[i]->name, "weight", (int)stages[i]->weight));
    return list;
}

static json_t *slot_names(const struct cli_events_batch *batch)
{
    json_t *const list = json_array();

    for (unsigned i = 0; i < batch->slot_count; i++)
        json_array_append_new(list, eg_json_text(batch->slots[i].name));
    return list;
}

static json_t *job_fields(const struct eg_plan *plan)
{
    char sha256[EG_SHA256_TEXT];

    eg_hex(sha256, plan->job_sha256, EG_SHA256_SIZE);
    return json_pack("{ss ss ss ss}", "job", plan->job_name, "job_version", plan->job_version, "job_sha256",
                     sha256, "chip", plan->target->name);
}

/* Of several jobs all are listed; those of the first are among the event's own fields, too. */
static void add_jobs(json_t *event, const struct eg_plan *plan, const struct cli_events_batch *batch)
{
    if (batch->more_count == 0)
        return;
    json_t *const list = json_pack("[o]", job_fields(plan));
    for (unsigned i = 0; i < batch->more_count; i++)
        json_array_append_new(list, job_fields(batch->more[i].plan));
    json_object_set_new(event, "jobs", list);
}

void cli_events_batch_begin(struct cli_events *events, const struct eg_plan *plan,
                            const struct cli_events_batch *batch)
{
    json_t *const event = job_fields(plan);
    json_t *const more = json_pack("{so so sb sb si so so}", "batch", eg_json_text(batch->batch), "ledger",
                                   eg_json_text(batch->ledger), "rehearsal", batch->rehearsal, "new_ledger",
                                   batch->new_ledger, "slots", (int)batch->slot_count, "slot_names",
                                   slot_names(batch), "stages", stages_of_a_run());

    json_object_update(event, more);
    json_decref(more);
    add_jobs(event, plan, batch);
    put(events, "batch-begin", false, false, event);
}

void cli_events_run_begin(struct cli_events *events, int64_t run, const struct eg_run_begin *begin)
{
    json_t *const event = json_pack("{so so sI}", "slot", eg_json_text(begin->slot), "port",
                                    eg_json_text(begin->port), "run", (json_int_t)run);

    if (begin->label != NULL && begin->label[0] != '\0')
        json_object_set_new(event, "label", eg_json_text(begin->label));
    put(events, "run-begin", false, false, event);
}

static bool is_told(enum eg_security_event event)
{
    switch (event) {
    case EG_SECURITY_WANTED:
    case EG_SECURITY_INTENDED:
    case EG_SECURITY_OBSERVED:
    case EG_SECURITY_REACHED:
        return true;
    case EG_SECURITY_FOUND:
    case EG_SECURITY_LEFT:
        return false;
    }
    return false;
}

void cli_events_security(struct cli_events *events, int64_t run, const char *slot,
                         const struct eg_security_record *records, unsigned count)
{
    json_t *const items = json_array();

    for (unsigned i = 0; i < count; i++)
        if (is_told(records[i].event))
            json_array_append_new(items, json_pack("{so ss so}", "item", eg_json_text(records[i].item),
                                                   "what", eg_security_event_name(records[i].event), "value",
                                                   eg_json_text(records[i].value)));
    if (json_array_size(items) == 0) {
        json_decref(items);
        return;
    }
    put(events, "security", false, false,
        json_pack("{so sI so}", "slot", eg_json_text(slot), "run", (json_int_t)run, "items", items));
}

/* A limit, which the job has as a decimal number. */
static void add_limit(json_t *fields, const char *key, const char *limit)
{
    if (limit != NULL)
        json_object_set_new(fields, key, json_real(strtod(limit, NULL)));
}

static json_t *value_fields(const struct eg_value_record *value)
{
    json_t *const fields =
        json_pack("{ss so so sb}", "kind", value->kind == EG_VALUE_UNIT ? "unit" : "measured", "name",
                  eg_json_text(value->name), "value", eg_json_text(value->value), "passed", value->passed);

    if (value->limits[0] != '\0')
        json_object_set_new(fields, "limits", eg_json_text(value->limits));
    if (value->unit != NULL && value->unit[0] != '\0')
        json_object_set_new(fields, "unit", eg_json_text(value->unit));
    if (value->is_number)
        json_object_set_new(fields, "number", json_real(value->number));
    add_limit(fields, "least", value->lower);
    add_limit(fields, "most", value->upper);
    return fields;
}

static json_t *region_fields(const struct eg_region_record *record)
{
    const struct eg_region *const region = record->region;
    char sha256[EG_SHA256_TEXT], md5[EG_MD5_TEXT], read_md5[EG_MD5_TEXT] = "";

    eg_hex(sha256, region->sha256, EG_SHA256_SIZE);
    eg_hex(md5, record->expected_md5, EG_MD5_SIZE);
    json_t *const fields =
        json_pack("{so sI sI ss ss ss ss}", "name", eg_json_text(region->name), "address",
                  (json_int_t)region->flash_addr, "size", (json_int_t)record->size, "sha256", sha256, "md5",
                  md5, "method", record->method, "verdict", record->verdict);
    if (record->read_back) {
        eg_hex(read_md5, record->md5, EG_MD5_SIZE);
        json_object_set_new(fields, "read_md5", json_string(read_md5));
    }
    return fields;
}

static void add_unit_fields(json_t *fields, const struct eg_unit *unit)
{
    char jedec[EG_JEDEC_TEXT];

    json_object_set_new(fields, "secure_boot", json_boolean(unit->secure_boot));
    json_object_set_new(fields, "flash_encryption", json_boolean(unit->flash_encryption));
    json_object_set_new(fields, "secure_download", json_boolean(unit->secure_download));
    if (unit->flash_size != 0)
        json_object_set_new(fields, "flash_size", json_integer((json_int_t)unit->flash_size));
    if (unit->flash_jedec != 0) {
        eg_jedec_text(jedec, unit->flash_jedec);
        json_object_set_new(fields, "flash_jedec", json_string(jedec));
    }
    if (unit->flash_unique_id[0] != '\0')
        json_object_set_new(fields, "flash_unique_id", json_string(unit->flash_unique_id));
}

void cli_events_run_recorded(struct cli_events *events, int64_t run, const char *label,
                             const struct eg_run_record *record)
{
    if (events->sink_count == 0)
        return;
    struct cli_event_details *const details = malloc(sizeof *details);
    json_t *const values = json_array(), *const regions = json_array(), *const fields = json_object();

    for (unsigned i = 0; i < record->value_count; i++)
        json_array_append_new(values, value_fields(&record->values[i]));
    for (unsigned i = 0; i < record->region_count; i++)
        json_array_append_new(regions, region_fields(&record->regions[i]));
    json_object_set_new(fields, "values", values);
    json_object_set_new(fields, "regions", regions);
    if (label != NULL && label[0] != '\0')
        json_object_set_new(fields, "label", eg_json_text(label));
    if (record->unit != NULL)
        add_unit_fields(fields, record->unit);
    if (details == NULL) {
        json_decref(fields);
        return;
    }
    pthread_mutex_lock(&events->lock);
    *details = (struct cli_event_details){events->details, run, fields};
    events->details = details;
    pthread_mutex_unlock(&events->lock);
}

/* The fields are the caller's; NULL = nothing of the run is on record. */
static json_t *take_details(struct cli_events *events, int64_t run)
{
    json_t *fields = NULL;

    pthread_mutex_lock(&events->lock);
    for (struct cli_event_details **at = &events->details; *at != NULL; at = &(*at)->next) {
        struct cli_event_details *const details = *at;
        if (details->run != run)
            continue;
        *at = details->next;
        fields = details->fields;
        free(details);
        break;
    }
    pthread_mutex_unlock(&events->lock);
    return fields;
}

void cli_events_result(struct cli_events *events, const struct eg_result *result)
{
    json_t *const event = json_pack(
        "{so sI ss ss ss so ss ss ss si si sI sI}", "slot", eg_json_text(result->slot), "run",
        (json_int_t)result->run, "outcome", eg_outcome_name(result->outcome), "code",
        eg_code_name(result->code), "blame", eg_blame_name(eg_code_blame(result->code)), "text",
        eg_json_text(result->text), "marginal", result->marginal, "board", result->mac, "chip", result->chip,
        "revision", (int)result->revision, "attempts", (int)result->attempts, "duration_ms",
        (json_int_t)(result->duration_us / 1000), "bytes_sent", (json_int_t)result->bytes_sent);
    json_t *const details = take_details(events, result->run);

    if (details != NULL)
        json_object_update_missing(event, details);
    json_decref(details);
    if (result->plan != NULL)
        json_object_set_new(event, "job", json_string(result->plan->job_name));
    if (result->withdraws)
        json_object_set_new(event, "withdraws", json_string(eg_outcome_name(result->former)));
    put(events, "result", false, false, event);
}

void cli_events_batch_end(struct cli_events *events, unsigned units, unsigned passed,
                          const struct eg_batch *batch, uint64_t duration_ms)
{
    put(events, "batch-end", false, false,
        json_pack("{si si s{sI sI sI sI sI sb} sI}", "units", (int)units, "passed", (int)passed, "batch",
                  "unit_count", (json_int_t)batch->units, "passed_count",
                  (json_int_t)(batch->passed + batch->marginal), "first_pass_count",
                  (json_int_t)batch->first_pass, "repeat_count", (json_int_t)batch->repeats, "no_board_count",
                  (json_int_t)batch->no_board, "simulated", (int)batch->simulated, "duration_ms",
                  (json_int_t)duration_ms));
}
