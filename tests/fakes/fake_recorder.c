/* SPDX-License-Identifier: Apache-2.0 */

/* A recorder in memory; see the header. Nothing here may assert: it runs in workers, where cmocka cannot
 * jump. */

#include "tests/fakes/fake_recorder.h"

#include "tests/fakes/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void say(struct fake_recorder *fake, const char *format, ...) EG_PRINTF(2, 3);

static void say(struct fake_recorder *fake, const char *format, ...)
{
    va_list args;

    pthread_mutex_lock(&fake->lock);
    const size_t size = strlen(fake->transcript);
    va_start(args, format);
    vsnprintf(fake->transcript + size, sizeof fake->transcript - size, format, args);
    va_end(args);
    pthread_mutex_unlock(&fake->lock);
}

static enum eg_code answer(enum eg_code code, struct eg_error *err)
{
    return code == EG_OK ? EG_OK : eg_error_set(err, code, "the disk is on fire");
}

static enum eg_code begin(struct eg_recorder *recorder, const struct eg_run_begin *begun, int64_t *run,
                          struct eg_error *err)
{
    struct fake_recorder *fake = (struct fake_recorder *)recorder;

    EG_TRY(answer(fake->fail_begin, err));
    say(fake, "begin %s\n", begun->slot);
    pthread_mutex_lock(&fake->lock);
    const bool room = fake->run_count < FAKE_RUNS_MAX;
    if (room) {
        snprintf(fake->runs[fake->run_count].slot, sizeof fake->runs[0].slot, "%s", begun->slot);
        fake->runs[fake->run_count].bridge = begun->bridge;
        snprintf(fake->runs[fake->run_count].label, sizeof fake->runs[0].label, "%s",
                 begun->label != NULL ? begun->label : "");
        *run = ++fake->run_count;
    }
    pthread_mutex_unlock(&fake->lock);
    return room ? EG_OK : eg_error_set(err, EG_LEDGER, "the fake has room for %d runs", FAKE_RUNS_MAX);
}

static enum eg_code intent(struct eg_recorder *recorder, int64_t run, const struct eg_unit *unit,
                           struct eg_error *err)
{
    struct fake_recorder *fake = (struct fake_recorder *)recorder;
    struct fake_run *row = &fake->runs[run - 1];

    EG_TRY(answer(fake->fail_intent, err));
    say(fake, "intent %s\n", unit->mac);
    row->intents++;
    row->unit = *unit;
    row->has_unit = true;
    if (fake->at_intent != NULL)
        fake->at_intent(fake->context, unit);
    return EG_OK;
}

static void copy(char *to, size_t size, const char *text)
{
    snprintf(to, size, "%s", text != NULL ? text : "");
}

static enum eg_code finish(struct eg_recorder *recorder, int64_t run, const struct eg_run_record *record,
                           struct eg_error *err)
{
    struct fake_recorder *fake = (struct fake_recorder *)recorder;
    struct fake_run *row = &fake->runs[run - 1];

    if (record->stage_count > FAKE_STAGES_MAX || record->region_count > FAKE_REGIONS_MAX ||
        record->value_count > FAKE_VALUES_MAX)
        return eg_error_set(err, EG_LEDGER, "the fake has no room for this run");
    if (fake->fail_finish != EG_DUPLICATE_MAC || eg_outcome_passed(record->outcome))
        EG_TRY(answer(fake->fail_finish, err));
    say(fake, "finish %s\n", eg_outcome_name(record->outcome));
    row->finishes++;
    row->record = *record;
    row->has_unit = record->unit != NULL;
    if (record->unit != NULL)
        row->unit = *record->unit;
    row->record.unit = &row->unit;
    if (record->link != NULL)
        row->link = *record->link;
    row->record.link = &row->link;
    snprintf(row->text, sizeof row->text, "%s", record->text);
    row->record.text = row->text;
    snprintf(row->marginal, sizeof row->marginal, "%s", record->marginal);
    row->record.marginal = row->marginal;
    for (unsigned i = 0; i < record->stage_count; i++)
        row->stages[i] = record->stages[i];
    row->record.stages = row->stages;
    for (unsigned i = 0; i < record->region_count; i++)
        row->regions[i] = record->regions[i];
    row->record.regions = row->regions;
    for (unsigned i = 0; i < record->erased_count && i < FAKE_REGIONS_MAX; i++)
        row->erased[i] = record->erased[i];
    row->record.erased = row->erased;
    for (unsigned i = 0; i < record->value_count; i++) {
        const struct eg_value_record *const value = &record->values[i];
        row->values[i].kind = value->kind;
        row->values[i].passed = value->passed;
        snprintf(row->values[i].name, sizeof row->values[i].name, "%s", value->name);
        snprintf(row->values[i].value, sizeof row->values[i].value, "%s", value->value);
        snprintf(row->values[i].limits, sizeof row->values[i].limits, "%s", value->limits);
        copy(row->values[i].unit, sizeof row->values[i].unit, value->unit);
        copy(row->values[i].lower, sizeof row->values[i].lower, value->lower);
        copy(row->values[i].upper, sizeof row->values[i].upper, value->upper);
        row->values[i].number = value->is_number ? value->number : NAN;
    }
    row->value_count = record->value_count;
    row->log_size = record->log_size;
    return EG_OK;
}

static enum eg_code seen(struct eg_recorder *recorder, const struct eg_unit *unit, struct eg_seen *out,
                         struct eg_error *err)
{
    struct fake_recorder *fake = (struct fake_recorder *)recorder;

    (void)unit;
    (void)err;
    *out = fake->seen;
    return EG_OK;
}

static enum eg_code holds(struct eg_recorder *recorder, const struct eg_unit *unit,
                          const struct eg_region *region, bool *probably, struct eg_error *err)
{
    struct fake_recorder *fake = (struct fake_recorder *)recorder;

    (void)unit;
    (void)region;
    (void)err;
    *probably = fake->holds;
    return EG_OK;
}

static enum eg_code rates(struct eg_recorder *recorder, const char *slot, const struct eg_bridge *bridge,
                          struct eg_rates_seen *out, struct eg_error *err)
{
    struct fake_recorder *fake = (struct fake_recorder *)recorder;

    (void)slot;
    (void)bridge;
    (void)err;
    *out = fake->rates;
    return EG_OK;
}

static enum eg_code claim(struct eg_recorder *recorder, int64_t run, const struct eg_unit *unit,
                          const struct eg_claim *claims, unsigned count, struct eg_error *err)
{
    struct fake_recorder *fake = (struct fake_recorder *)recorder;

    (void)run;
    (void)unit;
    for (unsigned i = 0; i < count; i++) {
        say(fake, "claim %s %s\n", claims[i].kind == EG_CLAIM_LABEL ? "label" : claims[i].name,
            claims[i].secret ? "(secret)" : claims[i].value);
        if (fake->taken != NULL && strcmp(fake->taken, claims[i].value) == 0)
            return eg_error_set(err, EG_NOT_UNIQUE, "another board has it");
    }
    return EG_OK;
}

static enum eg_code reserve(struct eg_recorder *recorder, int64_t run, const struct eg_pool_wish *wish,
                            struct eg_pool_row *row, struct eg_error *err)
{
    struct fake_recorder *fake = (struct fake_recorder *)recorder;

    (void)run;
    *row = (struct eg_pool_row){0};
    if (fake->serial == NULL)
        return eg_error_set(err, EG_POOL_EMPTY, "pool %s has no row left", wish->pool);
    EG_TRY(eg_alloc(&row->names, 2, sizeof *row->names, err));
    EG_TRY(eg_alloc(&row->values, 2, sizeof *row->values, err));
    EG_TRY(eg_alloc(&row->secrets, 2, sizeof *row->secrets, err));
    row->count = fake->key != NULL ? 2 : 1;
    EG_TRY(eg_strdup(&row->names[0], "serial", err));
    EG_TRY(eg_strdup(&row->values[0], fake->serial, err));
    if (fake->key != NULL) {
        row->secrets[1] = true;
        EG_TRY(eg_strdup(&row->names[1], "key", err));
        EG_TRY(eg_strdup(&row->values[1], fake->key, err));
    }
    say(fake, "%s %s\n", wish->held ? "held" : "reserve", wish->pool);
    return EG_OK;
}

static enum eg_code mark(struct eg_recorder *recorder, int64_t run, enum eg_pool_state state,
                         struct eg_error *err)
{
    (void)run;
    (void)err;
    say((struct fake_recorder *)recorder, "mark %s\n", eg_pool_state_name(state));
    return EG_OK;
}

static enum eg_code secure(struct eg_recorder *recorder, int64_t run,
                           const struct eg_security_record *records, unsigned count, struct eg_error *err)
{
    struct fake_recorder *fake = (struct fake_recorder *)recorder;

    (void)run;
    EG_TRY(answer(fake->fail_secure, err));
    for (unsigned i = 0; i < count; i++)
        say(fake, "%s %s %s\n", eg_security_event_name(records[i].event), records[i].item, records[i].value);
    return EG_OK;
}

/* Return the last value in the transcript. */
static enum eg_code secured(struct eg_recorder *recorder, const struct eg_unit *unit,
                            enum eg_security_event event, const char *item, char *value, size_t room,
                            struct eg_error *err)
{
    struct fake_recorder *fake = (struct fake_recorder *)recorder;
    char mark[200];

    (void)unit;
    (void)err;
    const int length = snprintf(mark, sizeof mark, "%s %s ", eg_security_event_name(event), item);
    value[0] = '\0';
    pthread_mutex_lock(&fake->lock);
    for (const char *at = fake->transcript; (at = strstr(at, mark)) != NULL; at += length)
        snprintf(value, room, "%.*s", (int)strcspn(at + length, "\n"), at + length);
    pthread_mutex_unlock(&fake->lock);
    return EG_OK;
}

static enum eg_code fingerprint(struct eg_recorder *recorder, const uint8_t *key, size_t size,
                                char print[EG_FINGERPRINT_TEXT], struct eg_error *err)
{
    uint8_t digest[EG_SHA256_SIZE];

    (void)recorder;
    EG_TRY(eg_sha256(digest, key, size, err));
    eg_hex(print, digest, (EG_FINGERPRINT_TEXT - 1) / 2);
    return EG_OK;
}

static void log_event(struct eg_logger *logger, const struct eg_log_record *record)
{
    struct fake_recorder *fake =
        (struct fake_recorder *)(void *)((char *)logger - offsetof(struct fake_recorder, logger));

    switch (record->kind) {
    case EG_LOG_PRINT:
    case EG_LOG_NOTE:
    case EG_LOG_WARNING:
    case EG_LOG_ERROR:
        say(fake, "%s %s\n", eg_log_kind_name(record->kind), record->text);
        break;
    case EG_LOG_STAGE_BEGIN:
        say(fake, "stage-begin %s %u\n", record->stage, record->attempt);
        break;
    case EG_LOG_STAGE_END:
        say(fake, "stage-end %s %u %s\n", record->stage, record->attempt, eg_code_name(record->code));
        break;
    case EG_LOG_OUTCOME:
        say(fake, "outcome %s%s%s\n", record->outcome, record->text[0] != '\0' ? " " : "", record->text);
        break;
    case EG_LOG_UNPLUGGED:
        say(fake, "unplugged %s\n", record->origin.slot);
        break;
    case EG_LOG_PROGRESS:
        break;
    }
    if (fake->at_log != NULL)
        fake->at_log(fake->context, record);
}

void fake_recorder_init(struct fake_recorder *fake)
{
    static const struct eg_recorder_ops ops = {begin, intent,  finish, seen,   holds,   rates,
                                               claim, reserve, mark,   secure, secured, fingerprint};

    memset(fake, 0, sizeof *fake);
    fake->recorder.ops = &ops;
    fake->logger.log = log_event;
    fake->runs = calloc(FAKE_RUNS_MAX, sizeof *fake->runs);
    pthread_mutex_init(&fake->lock, NULL);
    assert_non_null(fake->runs);
}

void fake_recorder_finish(struct fake_recorder *fake)
{
    pthread_mutex_destroy(&fake->lock);
    free(fake->runs);
}

const struct fake_run *fake_recorder_run(const struct fake_recorder *fake, const char *slot)
{
    const struct fake_run *found = NULL;

    for (unsigned i = 0; i < fake->run_count; i++) {
        if (strcmp(fake->runs[i].slot, slot) != 0)
            continue;
        if (found != NULL)
            fail_msg("slot %s has more than one run", slot);
        found = &fake->runs[i];
    }
    if (found == NULL)
        fail_msg("slot %s has no run", slot);
    return found;
}
