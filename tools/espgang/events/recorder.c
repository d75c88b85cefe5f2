/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/events/recorder.h"

#include <stdlib.h>
#include <string.h>

struct cli_recorder_run {
    struct cli_recorder_run *next;
    int64_t number;
    char *slot, *label; /* label NULL = none */
};

static void run_destroy(struct cli_recorder_run *run)
{
    if (run == NULL)
        return;
    free(run->slot);
    free(run->label);
    free(run);
}

/* NULL = no memory: the events then lack the label, and the record does not. */
static struct cli_recorder_run *run_create(int64_t number, const struct eg_run_begin *begin)
{
    struct cli_recorder_run *const run = calloc(1, sizeof *run);

    if (run == NULL)
        return NULL;
    run->number = number;
    run->slot = strdup(begin->slot);
    run->label = begin->label != NULL ? strdup(begin->label) : NULL;
    return run;
}

static struct cli_recorder_run *take_run(struct cli_recorder *self, int64_t number)
{
    struct cli_recorder_run *run = NULL;

    pthread_mutex_lock(&self->lock);
    for (struct cli_recorder_run **at = &self->open; *at != NULL && run == NULL;) {
        if ((*at)->number == number) {
            run = *at;
            *at = run->next;
        } else {
            at = &(*at)->next;
        }
    }
    pthread_mutex_unlock(&self->lock);
    return run;
}

static enum eg_code begin(struct eg_recorder *recorder, const struct eg_run_begin *begin, int64_t *run,
                          struct eg_error *err)
{
    struct cli_recorder *const self = (struct cli_recorder *)recorder;

    EG_TRY(self->ledger->ops->begin(self->ledger, begin, run, err));
    struct cli_recorder_run *const open = run_create(*run, begin);
    if (open != NULL) {
        pthread_mutex_lock(&self->lock);
        open->next = self->open;
        self->open = open;
        pthread_mutex_unlock(&self->lock);
    }
    if (self->view != NULL)
        cli_view_run_begun(self->view, begin->slot, *run, begin->label != NULL ? begin->label : "");
    if (self->events != NULL)
        cli_events_run_begin(self->events, *run, begin);
    return EG_OK;
}

static enum eg_code intent(struct eg_recorder *recorder, int64_t run, const struct eg_unit *unit,
                           struct eg_error *err)
{
    struct eg_recorder *const ledger = ((struct cli_recorder *)recorder)->ledger;

    return ledger->ops->intent(ledger, run, unit, err);
}

static void tell_serial(struct cli_recorder *self, const char *slot, const struct eg_run_record *record)
{
    for (unsigned i = 0; i < record->value_count; i++)
        if (record->values[i].kind == EG_VALUE_UNIT && strcmp(record->values[i].name, "serial") == 0)
            cli_view_serial(self->view, slot, record->values[i].value);
}

static enum eg_code finish(struct eg_recorder *recorder, int64_t run, const struct eg_run_record *record,
                           struct eg_error *err)
{
    struct cli_recorder *const self = (struct cli_recorder *)recorder;
    struct cli_recorder_run *const open = take_run(self, run);
    const enum eg_code code = self->ledger->ops->finish(self->ledger, run, record, err);

    if (code == EG_OK && self->view != NULL && open != NULL && open->slot != NULL)
        tell_serial(self, open->slot, record);
    if (code == EG_OK && self->events != NULL)
        cli_events_run_recorded(self->events, run, open != NULL ? open->label : NULL, record);
    run_destroy(open);
    return code;
}

static enum eg_code seen(struct eg_recorder *recorder, const struct eg_unit *unit, struct eg_seen *seen,
                         struct eg_error *err)
{
    struct eg_recorder *const ledger = ((struct cli_recorder *)recorder)->ledger;

    return ledger->ops->seen(ledger, unit, seen, err);
}

static enum eg_code holds(struct eg_recorder *recorder, const struct eg_unit *unit,
                          const struct eg_region *region, bool *probably, struct eg_error *err)
{
    struct eg_recorder *const ledger = ((struct cli_recorder *)recorder)->ledger;

    return ledger->ops->holds(ledger, unit, region, probably, err);
}

static enum eg_code rates(struct eg_recorder *recorder, const char *slot, const struct eg_bridge *bridge,
                          struct eg_rates_seen *seen, struct eg_error *err)
{
    struct eg_recorder *const ledger = ((struct cli_recorder *)recorder)->ledger;

    return ledger->ops->rates(ledger, slot, bridge, seen, err);
}

static enum eg_code claim(struct eg_recorder *recorder, int64_t run, const struct eg_unit *unit,
                          const struct eg_claim *claims, unsigned count, struct eg_error *err)
{
    struct eg_recorder *const ledger = ((struct cli_recorder *)recorder)->ledger;

    return ledger->ops->claim(ledger, run, unit, claims, count, err);
}

static enum eg_code reserve(struct eg_recorder *recorder, int64_t run, const struct eg_pool_wish *wish,
                            struct eg_pool_row *row, struct eg_error *err)
{
    struct eg_recorder *const ledger = ((struct cli_recorder *)recorder)->ledger;

    return ledger->ops->reserve(ledger, run, wish, row, err);
}

static enum eg_code mark(struct eg_recorder *recorder, int64_t run, enum eg_pool_state state,
                         struct eg_error *err)
{
    struct eg_recorder *const ledger = ((struct cli_recorder *)recorder)->ledger;

    return ledger->ops->mark(ledger, run, state, err);
}

/* "" = not known. It lives as long as the run, which is the caller's. */
static const char *slot_of(struct cli_recorder *self, int64_t number)
{
    const char *slot = "";

    pthread_mutex_lock(&self->lock);
    for (const struct cli_recorder_run *run = self->open; run != NULL; run = run->next)
        if (run->number == number && run->slot != NULL)
            slot = run->slot;
    pthread_mutex_unlock(&self->lock);
    return slot;
}

static enum eg_code secure(struct eg_recorder *recorder, int64_t run,
                           const struct eg_security_record *records, unsigned count, struct eg_error *err)
{
    struct cli_recorder *const self = (struct cli_recorder *)recorder;

    EG_TRY(self->ledger->ops->secure(self->ledger, run, records, count, err));
    if (self->events != NULL)
        cli_events_security(self->events, run, slot_of(self, run), records, count);
    return EG_OK;
}

static enum eg_code secured(struct eg_recorder *recorder, const struct eg_unit *unit,
                            enum eg_security_event event, const char *item, char *value, size_t room,
                            struct eg_error *err)
{
    struct eg_recorder *const ledger = ((struct cli_recorder *)recorder)->ledger;

    return ledger->ops->secured(ledger, unit, event, item, value, room, err);
}

static enum eg_code fingerprint(struct eg_recorder *recorder, const uint8_t *key, size_t size,
                                char print[EG_FINGERPRINT_TEXT], struct eg_error *err)
{
    struct eg_recorder *const ledger = ((struct cli_recorder *)recorder)->ledger;

    return ledger->ops->fingerprint(ledger, key, size, print, err);
}

struct eg_recorder *cli_recorder_init(struct cli_recorder *recorder, struct eg_recorder *ledger,
                                      struct cli_events *events, struct cli_view *view)
{
    static const struct eg_recorder_ops ops = {begin, intent,  finish, seen,   holds,   rates,
                                               claim, reserve, mark,   secure, secured, fingerprint};

    *recorder = (struct cli_recorder){.recorder = {&ops}, .ledger = ledger, .events = events, .view = view};
    pthread_mutex_init(&recorder->lock, NULL);
    return &recorder->recorder;
}

void cli_recorder_finish(struct cli_recorder *recorder)
{
    if (recorder->ledger == NULL)
        return;
    while (recorder->open != NULL) {
        struct cli_recorder_run *const run = recorder->open;
        recorder->open = run->next;
        run_destroy(run);
    }
    pthread_mutex_destroy(&recorder->lock);
}
