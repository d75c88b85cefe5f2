/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A line: insert, green or red, remove, next.
 *
 *     empty ─▶ settling ─▶ running ─▶ done ─▶ empty
 *
 * What is there is found by scanning, which needs nothing of the system and misses nothing; half a second is
 * nothing to the hand that plugs. A port must be in two scans in a row before it is opened, since the system
 * is still setting its permissions when it first appears, and must be away for EG_UNPLUGGED_MS before its
 * slot counts as empty, since a chip with USB of its own disappears in every reset.
 *
 * Threads: all of it is the station's.
 */

#include "engine/line/worker.h"
#include "engine/stages/stages.h"

#include <stdlib.h>
#include <string.h>

#define SCAN_MS 500

enum state { EMPTY, SETTLING, RUNNING, DONE };

/* A slot that has been seen; it is kept until the end. */
struct place {
    struct eg_slot slot; /* own strings */
    enum state state;
    bool there; /* in the newest scan */
    uint64_t seen_ms;
    struct eg__worker worker;
};

struct line {
    const struct eg_station *station;
    const struct eg_cancel *cancel;
    const struct eg_stage *stages[EG_STAGES_MAX];
    struct eg_claims *claims;
    struct eg__crew crew;
    struct place **places;
    unsigned count;
};

static void line_finish(struct line *line)
{
    for (unsigned i = 0; i < line->count; i++) {
        free((void *)line->places[i]->slot.name);
        free((void *)line->places[i]->slot.url);
        free(line->places[i]);
    }
    free(line->places);
    eg_claims_destroy(line->claims);
    eg__crew_finish(&line->crew);
}

static enum eg_code add(struct line *line, const struct eg_slot *slot, struct eg_error *err)
{
    struct place **more = realloc(line->places, (line->count + 1) * sizeof(struct place *));

    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "slot %s", slot->name);
    line->places = more;
    EG_CLEANUP(eg_free_cleanup) char *name = NULL;
    EG_CLEANUP(eg_free_cleanup) char *url = NULL;
    EG_TRY(eg_strdup(&name, slot->name, err));
    EG_TRY(eg_strdup(&url, slot->url, err));
    EG_TRY(eg_alloc(&more[line->count], 1, sizeof(struct place), err));
    more[line->count++]->slot = (struct eg_slot){.name = name, .url = url};
    name = NULL;
    url = NULL;
    return EG_OK;
}

static enum eg_code note(struct line *line, const struct eg_slot *slots, unsigned count, struct eg_error *err)
{
    for (unsigned i = 0; i < line->count; i++)
        line->places[i]->there = false;
    for (unsigned i = 0; i < count; i++) {
        unsigned at = 0;
        while (at < line->count && strcmp(line->places[at]->slot.name, slots[i].name) != 0)
            at++;
        if (at == line->count)
            EG_TRY(add(line, &slots[i], err));
        line->places[at]->there = true;
    }
    return EG_OK;
}

static void unplug(struct line *line, struct place *place)
{
    place->state = EMPTY;
    eg_claims_release(line->claims, place->slot.name);
    eg_log_record(line->station->logger, &(struct eg_log_record){
                                             .kind = EG_LOG_UNPLUGGED,
                                             .level = EG_NORMAL,
                                             .origin = {place->slot.name, place->slot.url, ""},
                                             .text = "",
                                             .stage = "",
                                             .outcome = "",
                                         });
}

static enum eg_code step(struct line *line, struct place *place, uint64_t now_ms, struct eg_error *err)
{
    if (place->there)
        place->seen_ms = now_ms;
    switch (place->state) {
    case EMPTY:
        if (place->there)
            place->state = SETTLING;
        return EG_OK;
    case SETTLING:
        if (!place->there) {
            place->state = EMPTY;
            return EG_OK;
        }
        EG_TRY(eg__worker_start(&place->worker, &line->crew, line->station, &place->slot, line->claims,
                                line->stages, line->cancel, err));
        place->state = RUNNING;
        return EG_OK;
    case RUNNING:
        return EG_OK;
    case DONE:
        if (now_ms - place->seen_ms >= EG_UNPLUGGED_MS)
            unplug(line, place);
        return EG_OK;
    }
    return EG_OK;
}

static enum eg_code scan(struct line *line, const struct eg_slot_source *source, struct eg_error *err)
{
    const uint64_t now_ms = eg_clock_ms();
    const struct eg_slot *slots;
    unsigned count;

    EG_TRY(source->scan(source->context, &slots, &count, err));
    EG_TRY(note(line, slots, count, err));
    for (unsigned i = 0; i < line->count; i++)
        EG_TRY(step(line, line->places[i], now_ms, err));
    return EG_OK;
}

static void collect(struct line *line, bool all, void (*ended)(void *context, const struct eg_result *result),
                    void *context)
{
    for (unsigned i = 0; i < line->count; i++) {
        struct place *place = line->places[i];
        if (place->state != RUNNING || (!all && !eg__worker_ended(&place->worker)))
            continue;
        eg__worker_join(&place->worker);
        place->state = DONE;
        place->seen_ms = eg_clock_ms();
        ended(context, &place->worker.result);
    }
}

static void cancel_all(struct line *line)
{
    for (unsigned i = 0; i < line->count; i++) {
        if (line->places[i]->state == RUNNING)
            eg_cancel_request(&line->places[i]->worker.cancel);
    }
}

static enum eg_code watch(struct line *line, const struct eg_slot_source *source,
                          void (*ended)(void *context, const struct eg_result *result), void *context,
                          struct eg_error *err)
{
    bool failing = false;

    EG_TRY(scan(line, source, err));
    for (uint64_t next_ms = eg_clock_ms() + SCAN_MS; !eg_cancel_requested(line->cancel);) {
        const bool ending = eg_cancel_requested(line->station->ending);
        struct eg_error ignored;
        if (eg__crew_wait(&line->crew) == 0 &&
            (ending || eg_sleep_ms(line->cancel, EG__CREW_WAIT_MS, &ignored) != EG_OK))
            break;
        collect(line, false, ended, context);
        if (ending || eg_clock_left_ms(next_ms) > 0)
            continue;
        next_ms = eg_clock_ms() + SCAN_MS;
        const enum eg_code code = scan(line, source, err);
        if (code != EG_OK && !failing)
            eg_log_warning(line->station->logger, NULL, "looking for boards: %s", err->text);
        failing = code != EG_OK;
    }
    return EG_OK;
}

enum eg_code eg_station_watch(const struct eg_station *station, const struct eg_slot_source *source,
                              const struct eg_cancel *cancel,
                              void (*ended)(void *context, const struct eg_result *result), void *context,
                              struct eg_error *err)
{
    EG_CLEANUP(line_finish) struct line line = {.station = station, .cancel = cancel};

    eg__crew_init(&line.crew);
    EG_TRY(eg_stages_order(eg_stages, line.stages, err));
    line.claims = eg_claims_create();
    if (line.claims == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory for the station");
    const enum eg_code code = watch(&line, source, ended, context, err);
    cancel_all(&line);
    collect(&line, true, ended, context);
    return code;
}
