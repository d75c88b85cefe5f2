/* SPDX-License-Identifier: Apache-2.0 */

/* JSON lines by jansson. */

#include "tools/espgang/line/json.h"

#include "engine/line/json.h"

#include <stdlib.h>

/* Takes the event over. A line goes out whole or not at all; the stream's error flag tells the caller of a
 * full disk. */
static void put(struct cli_json_logger *json, json_t *event)
{
    char utc[EG_UTC_TEXT];

    if (event == NULL)
        return;
    eg_clock_utc(utc);
    json_object_set_new(event, "version", json_integer(CLI_JSON_VERSION));
    json_object_set_new(event, "time", json_string(utc));
    char *line = json_dumps(event, JSON_COMPACT);
    if (line != NULL) {
        fprintf(json->out, "%s\n", line);
        fflush(json->out);
        free(line);
    }
    json_decref(event);
}

static void log_json(struct eg_logger *logger, const struct eg_log_record *record)
{
    struct cli_json_logger *json = (struct cli_json_logger *)logger;

    if (record->level > json->verbosity)
        return;
    json_t *event = json_pack("{ss}", "event", eg_log_kind_name(record->kind));
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
    pthread_mutex_lock(&json->lock);
    put(json, event);
    pthread_mutex_unlock(&json->lock);
}

static void set_verbosity(struct eg_logger *logger, enum eg_verbosity verbosity)
{
    ((struct cli_json_logger *)logger)->verbosity = verbosity;
}

struct eg_logger *cli_json_logger_init(struct cli_json_logger *json, FILE *out)
{
    *json = (struct cli_json_logger){.logger = {log_json, set_verbosity}, .out = out, .verbosity = EG_NORMAL};
    pthread_mutex_init(&json->lock, NULL);
    return &json->logger;
}

void cli_json_logger_finish(struct cli_json_logger *json)
{
    pthread_mutex_destroy(&json->lock);
}

void cli_json_batch_begin(struct cli_json_logger *json, const struct eg_plan *plan, const char *batch,
                          const char *ledger, bool rehearsal, bool new_ledger, unsigned slot_count)
{
    char sha256[EG_SHA256_TEXT];

    eg_hex(sha256, plan->job_sha256, EG_SHA256_SIZE);
    put(json, json_pack("{ss ss ss ss ss so so sb sb si}", "event", "batch-begin", "job", plan->job_name,
                        "job_version", plan->job_version, "job_sha256", sha256, "chip", plan->target->name,
                        "batch", eg_json_text(batch), "ledger", eg_json_text(ledger), "rehearsal", rehearsal,
                        "new_ledger", new_ledger, "slots", (int)slot_count));
}

void cli_json_result(struct cli_json_logger *json, const struct eg_result *result)
{
    json_t *event = json_pack(
        "{ss so sI ss ss ss so ss ss ss si si sI sI}", "event", "result", "slot", eg_json_text(result->slot),
        "run", (json_int_t)result->run, "outcome", eg_outcome_name(result->outcome), "code",
        eg_code_name(result->code), "blame", eg_blame_name(eg_code_blame(result->code)), "text",
        eg_json_text(result->text), "marginal", result->marginal, "board", result->mac, "chip", result->chip,
        "revision", (int)result->revision, "attempts", (int)result->attempts, "duration_ms",
        (json_int_t)(result->duration_us / 1000), "bytes_sent", (json_int_t)result->bytes_sent);

    pthread_mutex_lock(&json->lock);
    put(json, event);
    pthread_mutex_unlock(&json->lock);
}

void cli_json_batch_end(struct cli_json_logger *json, unsigned units, unsigned passed,
                        const struct eg_batch *batch, uint64_t duration_ms)
{
    put(json, json_pack("{ss si si s{sI sI sI sI sI sb} sI}", "event", "batch-end", "units", (int)units,
                        "passed", (int)passed, "batch", "unit_count", (json_int_t)batch->units,
                        "passed_count", (json_int_t)(batch->passed + batch->marginal), "first_pass_count",
                        (json_int_t)batch->first_pass, "repeat_count", (json_int_t)batch->repeats,
                        "no_board_count", (json_int_t)batch->no_board, "simulated", (int)batch->simulated,
                        "duration_ms", (json_int_t)duration_ms));
}
