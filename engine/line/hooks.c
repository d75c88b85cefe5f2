/* SPDX-License-Identifier: Apache-2.0 */

/* Make the input of hooks and run them. The pipeline decides when they run and what their failure means. */

#include "engine/line/hooks.h"

#include "engine/base/program.h"
#include "engine/line/json.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool eg__hook_given(const struct eg_plan *plan, enum eg_hook hook)
{
    return eg_plan_setting(plan, eg_hook_words[hook].key)->item_count > 0;
}

bool eg__hook_required(const struct eg_plan *plan, enum eg_hook hook)
{
    const struct eg_setting *const required = eg_plan_setting(plan, "hooks.required");

    for (unsigned i = 0; i < required->item_count; i++) {
        if (strcmp(required->items[i].text, eg_hook_words[hook].word) == 0)
            return true;
    }
    return false;
}

static void json_cleanup(json_t **json)
{
    json_decref(*json);
}

/* Both taken over. */
static bool add(json_t *object, json_t *more)
{
    const bool added = more != NULL && json_object_update(object, more) == 0;

    json_decref(more);
    return added;
}

static json_t *hex(const uint8_t *digest, size_t size)
{
    char text[EG_SHA256_TEXT];

    eg_hex(text, digest, size);
    return json_string(text);
}

static json_t *regions_of(const struct eg_run_record *record)
{
    json_t *const list = json_array();

    for (unsigned i = 0; i < record->region_count; i++) {
        const struct eg_region_record *const row = &record->regions[i];
        const struct eg_region *const region = row->region;
        json_t *const object =
            json_pack("{so sI sI so so so ss ss}", "name", eg_json_text(region->name), "at",
                      (json_int_t)region->flash_addr, "size", (json_int_t)row->size, "sha256",
                      hex(region->sha256, EG_SHA256_SIZE), "md5", hex(row->expected_md5, EG_MD5_SIZE),
                      "read_md5", row->read_back ? hex(row->md5, EG_MD5_SIZE) : json_null(), "method",
                      row->method, "verdict", row->verdict);
        if (json_array_append_new(list, object) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *limit(const char *decimal)
{
    return decimal != NULL ? json_real(strtod(decimal, NULL)) : json_null();
}

static json_t *values_of(const struct eg_run_record *record)
{
    json_t *const list = json_array();

    for (unsigned i = 0; i < record->value_count; i++) {
        const struct eg_value_record *const value = &record->values[i];
        json_t *const object = json_pack(
            "{ss so so so so so so so sb}", "kind", value->kind == EG_VALUE_UNIT ? "unit" : "measured",
            "name", eg_json_text(value->name), "value", eg_json_text(value->value), "number",
            value->is_number ? json_real(value->number) : json_null(), "unit",
            value->unit != NULL && value->unit[0] != '\0' ? eg_json_text(value->unit) : json_null(), "lower",
            limit(value->lower), "upper", limit(value->upper), "limits", eg_json_text(value->limits),
            "passed", value->passed);
        if (json_array_append_new(list, object) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* The input of every hook. */
static json_t *describe(const struct eg_plan *plan, enum eg_hook hook, const char *batch)
{
    return json_pack("{ss si so so so}", "event", eg_hook_words[hook].name, "version", EG__HOOK_VERSION,
                     "job", eg_json_text(plan->job_name), "job_version", eg_json_text(plan->job_version),
                     "batch", eg_json_text(batch != NULL ? batch : ""));
}

static json_t *describe_board(const struct eg_run *run, enum eg_hook hook, const struct eg_run_record *record)
{
    json_t *const object = describe(run->plan, hook, run->batch);
    bool whole =
        add(object, json_pack("{so so so sI}", "label", eg_json_text(run->label != NULL ? run->label : ""),
                              "slot", eg_json_text(run->slot), "port", eg_json_text(run->url), "run",
                              (json_int_t)run->number));

    if (record != NULL && record->unit != NULL) {
        const struct eg_unit *const unit = record->unit;
        whole &= add(object, json_pack("{ss ss ss si ss sI}", "flash_unique_id", unit->flash_unique_id, "mac",
                                       unit->mac, "chip", unit->chip, "revision", (int)unit->revision,
                                       "package", unit->package != NULL ? unit->package : "", "flash_size",
                                       (json_int_t)unit->flash_size));
    }
    if (record != NULL)
        whole &=
            add(object,
                json_pack("{ss ss ss so ss si sI so so}", "outcome", eg_outcome_name(record->outcome), "code",
                          eg_code_name(record->code), "blame", eg_blame_name(eg_code_blame(record->code)),
                          "sentence", eg_json_text(record->text), "marginal", record->marginal, "attempts",
                          (int)record->attempts, "duration_ms", (json_int_t)(record->duration_us / 1000),
                          "regions", regions_of(record), "values", values_of(record)));
    if (whole)
        return object;
    json_decref(object);
    return NULL;
}

/* The variables of a hook, NULL-terminated. */
struct variables {
    char **list;
    size_t count;
};

static void variables_finish(struct variables *variables)
{
    for (size_t i = 0; i < variables->count; i++)
        free(variables->list[i]);
    free(variables->list);
}

static enum eg_code put(struct variables *variables, const char *prefix, const char *name, const char *text,
                        struct eg_error *err)
{
    const size_t name_size = strlen(prefix) + strlen(name);
    const size_t size = name_size + 1 + strlen(text) + 1;
    char *line;

    EG_TRY(eg_alloc(&line, size, 1, err));
    variables->list[variables->count++] = line;
    snprintf(line, size, "%s%s=%s", prefix, name, text);
    for (size_t i = strlen(prefix); i < name_size; i++)
        line[i] = (char)(isalnum((unsigned char)line[i]) ? toupper((unsigned char)line[i]) : '_');
    return EG_OK;
}

static enum eg_code make_variables(struct variables *variables, json_t *object, struct eg_error *err)
{
    json_t *const values = json_object_get(object, "values");
    const char *key;
    json_t *value;
    size_t i;

    EG_TRY(eg_alloc(&variables->list, json_object_size(object) + json_array_size(values) + 1,
                    sizeof *variables->list, err));
    json_object_foreach(object, key, value)
    {
        char number[32];
        if (json_is_string(value))
            EG_TRY(put(variables, "ESPGANG_", key, json_string_value(value), err));
        if (!json_is_integer(value))
            continue;
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        EG_TRY(put(variables, "ESPGANG_", key, number, err));
    }
    json_array_foreach(values, i, value)
        EG_TRY(put(variables, "ESPGANG_VALUE_", json_string_value(json_object_get(value, "name")),
                   json_string_value(json_object_get(value, "value")), err));
    return EG_OK;
}

/* Take over the object. */
static enum eg_code run_hook(const struct eg_plan *plan, enum eg_hook hook, json_t *told,
                             const struct eg_cancel *cancel, struct eg_error *err)
{
    EG_CLEANUP(json_cleanup) json_t *object = told;
    EG_CLEANUP(variables_finish) struct variables variables = {0};
    EG_CLEANUP(eg_free_cleanup) const char **argv = NULL;
    EG_CLEANUP(eg_free_cleanup) char *text = NULL;
    const struct eg_setting *const setting = eg_plan_setting(plan, eg_hook_words[hook].key);

    text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    if (text == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory for what it is told");
    EG_TRY(make_variables(&variables, object, err));
    EG_TRY(eg_alloc(&argv, setting->item_count + 1, sizeof *argv, err));
    for (unsigned i = 0; i < setting->item_count; i++)
        argv[i] = setting->items[i].text;
    const struct eg_program program = {
        .argv = argv,
        .name = setting->items[0].name,
        .environment = (const char *const *)variables.list,
        .input = text,
        .input_size = strlen(text),
        .timeout_ms = (uint32_t)eg_plan_number(plan, "hooks.timeout"),
    };
    return eg_program_run(&program, NULL, cancel, err);
}

enum eg_code eg__hook_board(const struct eg_run *run, enum eg_hook hook, const struct eg_run_record *record,
                            const struct eg_cancel *cancel, struct eg_error *err)
{
    return run_hook(run->plan, hook, describe_board(run, hook, record), cancel, err);
}

enum eg_code eg__power_cycle(const struct eg_run *run, struct eg_error *err)
{
    char slot[200], port[300], mac[32], attempt[40];
    const char *const argv[] = {run->power->program, run->slot, NULL};
    const char *const environment[] = {slot, port, mac, attempt, NULL};
    const struct eg_program program = {
        .argv = argv, .environment = environment, .input = "", .timeout_ms = run->power->timeout_ms};

    snprintf(slot, sizeof slot, "ESPGANG_SLOT=%s", run->slot);
    snprintf(port, sizeof port, "ESPGANG_PORT=%s", run->url);
    snprintf(mac, sizeof mac, "ESPGANG_MAC=%s", run->unit.mac);
    snprintf(attempt, sizeof attempt, "ESPGANG_ATTEMPT=%u", run->attempt);
    return eg_program_run(&program, NULL, run->cancel, err);
}

static enum eg_code run_batch_hook(const struct eg_station *station, const struct eg_plan *plan,
                                   enum eg_hook hook, json_t *told, const struct eg_cancel *cancel,
                                   struct eg_error *err)
{
    const enum eg_code code = run_hook(plan, hook, told, cancel, err);

    if (code == EG_OK)
        return EG_OK;
    (void)eg_error_prefix(err, "%s: ", eg_hook_words[hook].name);
    if (code == EG_CANCELLED || eg__hook_required(plan, hook))
        return code;
    eg_log_warning(station->logger, NULL, "%s", err->text);
    return EG_OK;
}

enum eg_code eg_station_before_batch(const struct eg_station *station, const struct eg_cancel *cancel,
                                     struct eg_error *err)
{
    for (unsigned i = 0; i <= station->more_count; i++) {
        const struct eg_plan *const plan = eg_station_job(station, i).plan;
        if (eg__hook_given(plan, EG_BEFORE_BATCH))
            EG_TRY(run_batch_hook(station, plan, EG_BEFORE_BATCH,
                                  describe(plan, EG_BEFORE_BATCH, station->batch), cancel, err));
    }
    return EG_OK;
}

static enum eg_code after_batch(const struct eg_station *station, const struct eg_plan *plan,
                                const unsigned counts[EG_ABORTED + 1], uint64_t duration_ms,
                                const struct eg_cancel *cancel, struct eg_error *err)
{
    json_t *object = describe(plan, EG_AFTER_BATCH, station->batch);
    const unsigned passed = counts[EG_PASS] + counts[EG_PASS_MARGINAL];
    const unsigned others = counts[EG_FAIL] + counts[EG_ERROR] + counts[EG_ABORTED];
    if (!add(object, json_pack("{si si si si si si si sI}", "runs", passed + others, "passed", passed, "pass",
                               counts[EG_PASS], "pass_marginal", counts[EG_PASS_MARGINAL], "fail",
                               counts[EG_FAIL], "error", counts[EG_ERROR], "aborted", counts[EG_ABORTED],
                               "duration_ms", (json_int_t)duration_ms))) {
        json_decref(object);
        object = NULL;
    }
    return run_batch_hook(station, plan, EG_AFTER_BATCH, object, eg_cancel_requested(cancel) ? NULL : cancel,
                          err);
}

/* A job's hook may have something to switch off, whatever became of another's. */
enum eg_code eg_station_after_batch(const struct eg_station *station, const unsigned counts[EG_ABORTED + 1],
                                    uint64_t duration_ms, const struct eg_cancel *cancel,
                                    struct eg_error *err)
{
    enum eg_code code = EG_OK;

    for (unsigned i = 0; i <= station->more_count; i++) {
        const struct eg_plan *const plan = eg_station_job(station, i).plan;
        struct eg_error failure = {.code = EG_OK};
        if (!eg__hook_given(plan, EG_AFTER_BATCH) ||
            after_batch(station, plan, counts, duration_ms, cancel, &failure) == EG_OK || code != EG_OK)
            continue;
        *err = failure;
        code = failure.code;
    }
    return code;
}
