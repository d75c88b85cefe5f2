/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A line whose boards are begun by a trigger.
 *
 *     waiting ─▶ ready ─▶ running ─▶ telling ─▶ waiting
 *
 * Each slot has one thread at a time: one that waits for the trigger, one that takes the board through the
 * pipeline, one that tells the trigger. The station's thread starts the next when one has ended.
 */

#include "engine/line/trigger.h"
#include "engine/line/station.h"
#include "engine/line/worker.h"
#include "engine/stages/stages.h"
#include "engine/stages/slot.h"
#include "engine/stages/claims.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAILED_PAUSE_MS 1000 /* before a trigger that failed is asked again */

enum state { IDLE, WAITING, READY, RUNNING, TELLING };

struct place {
    struct eg_slot slot;
    enum state state;
    const struct eg_trigger *trigger;
    struct eg_logger *logger;
    struct eg_cancel cancel;       /* of the trigger's calls: also set when the line ends */
    struct eg__thread thread;      /* that calls the trigger */
    enum eg_code code;             /* what the trigger said last */
    char label[EG_LABEL_TEXT];     /* of the next board, written by the trigger's thread */
    char run_label[EG_LABEL_TEXT]; /* of the board that the slot has or shows */
    struct eg__worker worker;
    struct eg_result told; /* to the trigger */
    bool has_result;       /* which the slot shows */
    bool queued;           /* the slot shows that the next board waits for its turn */
    bool withdrawing;      /* the worker takes a pass back, whatever the state */
};

struct line {
    const struct eg_station *station;
    const struct eg_trigger *trigger;
    const struct eg_cancel *cancel;
    void (*ended)(void *context, const struct eg_result *result);
    void *context;
    const struct eg_stage *stages[EG_STAGES_MAX];
    struct eg_claims *claims;
    struct eg__crew crew;
    struct place *places;
    unsigned first; /* to be looked at: after the one that began last, so that each has its turn */
};

static void line_finish(struct line *line)
{
    free(line->places);
    eg_claims_destroy(line->claims);
    eg__crew_finish(&line->crew);
}

/* A trigger that fails must not be asked at once, or it would be all that is said. */
static void note(struct place *place, const struct eg_error *err)
{
    const struct eg_log_origin origin = {place->slot.name, place->slot.url, ""};
    struct eg_error ignored;

    place->code = err->code;
    if (err->code == EG_CANCELLED)
        return;
    eg_log_warning(place->logger, &origin, "%s", err->text);
    (void)!eg_sleep_ms(&place->cancel, FAILED_PAUSE_MS, &ignored);
}

static void wait_for_board(void *context)
{
    struct place *const place = context;
    struct eg_error err = {.code = EG_OK};

    place->label[0] = '\0';
    place->code = EG_OK;
    if (place->trigger->wait(place->trigger->context, &place->slot, place->label, &place->cancel, &err) !=
        EG_OK)
        note(place, &err);
}

static void tell(void *context)
{
    struct place *const place = context;
    struct eg_error err = {.code = EG_OK};

    if (place->trigger->done(place->trigger->context, &place->slot, &place->told, &place->cancel, &err) !=
        EG_OK)
        note(place, &err);
}

/* The slot shows nothing any more. */
static void clear(struct line *line, struct place *place)
{
    if (!place->has_result && !place->queued)
        return;
    place->has_result = place->queued = false;
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

static bool is_over(const struct line *line)
{
    return eg_cancel_requested(line->cancel) || eg_cancel_requested(line->station->ending);
}

static enum eg_code begin_wait(struct line *line, struct place *place, struct eg_error *err)
{
    if (is_over(line))
        return EG_OK;
    EG_TRY(eg__thread_start(&place->thread, &line->crew, place->slot.name, wait_for_board, place, err));
    place->state = WAITING;
    return EG_OK;
}

/* The current board and its port. */
static void begin_run(struct line *line, struct place *place)
{
    struct eg_found_port found;
    struct eg_error ignored;

    memcpy(place->run_label, place->label, sizeof place->run_label);
    place->slot.label = place->run_label[0] != '\0' ? place->run_label : NULL;
    if (eg_port_find(&found, eg_slot_address(&place->slot), line->station->schemes, &ignored) == EG_OK) {
        place->slot.presence = found.presence;
        place->slot.bridge = (struct eg_bridge){.vid = found.vid, .pid = found.pid};
        snprintf(place->slot.bridge.serial, sizeof place->slot.bridge.serial, "%s", found.serial);
    }
    eg__worker_start(&place->worker, &line->crew, line->station, &place->slot, true, true, line->claims,
                     line->stages, line->cancel);
    place->state = RUNNING;
    line->first = (unsigned)(place - line->places) + 1;
}

static enum eg_code begin_telling(struct line *line, struct place *place, struct eg_error *err)
{
    place->has_result = true;
    place->told = place->worker.result;
    line->ended(line->context, &place->worker.result);
    eg__worker_leave(&place->worker);
    if (line->trigger->done == NULL)
        return begin_wait(line, place, err);
    EG_TRY(eg__thread_start(&place->thread, &line->crew, place->slot.name, tell, place, err));
    place->state = TELLING;
    return EG_OK;
}

/* Take back the pass that the slot shows when another slot shows its MAC. */
static void look_at_result(struct line *line, struct place *place)
{
    if (place->withdrawing) {
        if (!eg__thread_ended(&place->worker.thread))
            return;
        eg__thread_join(&place->worker.thread);
        place->withdrawing = false;
        line->ended(line->context, &place->worker.result);
    } else if (place->state != RUNNING && place->has_result && eg__worker_disputed(&place->worker)) {
        eg__worker_withdraw(&place->worker, &line->crew);
        place->withdrawing = true;
    }
}

static unsigned count_running(const struct line *line)
{
    unsigned running = 0;

    for (unsigned i = 0; i < line->station->slot_count; i++)
        running += line->places[i].state == RUNNING;
    return running;
}

/* The board may begin, as far as the trigger is concerned. */
static void look_at_ready(struct line *line, struct place *place)
{
    if (is_over(line)) {
        if (place->queued)
            clear(line, place);
        place->state = IDLE;
        return;
    }
    if (!eg_station_may_begin(line->station, &place->slot, count_running(line)))
        return;
    if (!place->queued)
        clear(line, place);
    if (eg__crew_enter(&line->crew, &place->slot, line->station->logger, &place->queued))
        begin_run(line, place);
}

/* Handle what has ended; EG_OK also if nothing has. */
static enum eg_code step(struct line *line, struct place *place, struct eg_error *err)
{
    struct eg__thread *const thread = place->state == RUNNING ? &place->worker.thread : &place->thread;
    const enum state state = place->state;

    look_at_result(line, place);
    if (place->withdrawing) /* by the slot's only worker */
        return EG_OK;
    if (state == READY)
        look_at_ready(line, place);
    if (state == IDLE || state == READY || !eg__thread_ended(thread))
        return EG_OK;
    eg__thread_join(thread);
    place->state = IDLE;
    switch (state) {
    case IDLE:
        break;
    case WAITING:
        if (place->code != EG_OK || is_over(line))
            return begin_wait(line, place, err);
        place->state = READY;
        look_at_ready(line, place);
        return EG_OK;
    case READY:
        break;
    case RUNNING:
        return begin_telling(line, place, err);
    case TELLING:
        clear(line, place);
        return begin_wait(line, place, err);
    }
    return EG_OK;
}

static void end(struct line *line)
{
    for (unsigned i = 0; i < line->station->slot_count; i++) {
        if (is_over(line))
            eg_cancel_request(&line->places[i].cancel);
        if (eg_cancel_requested(line->cancel) && line->places[i].state == RUNNING)
            eg_cancel_pass_on(&line->places[i].worker.cancel, line->cancel);
    }
}

/* Return whether no thread is there to wait for: boards are ready, and none may begin. */
static bool all_ready(const struct line *line)
{
    for (unsigned i = 0; i < line->station->slot_count; i++)
        if ((line->places[i].state != READY && line->places[i].state != IDLE) || line->places[i].withdrawing)
            return false;
    return true;
}

static bool is_busy(const struct line *line)
{
    for (unsigned i = 0; i < line->station->slot_count; i++)
        if (line->places[i].state != IDLE || line->places[i].withdrawing)
            return true;
    return false;
}

/* What no look has seen before the line ended. */
static void withdraw_last(struct line *line, struct place *place)
{
    if (!place->has_result || !eg__worker_disputed(&place->worker))
        return;
    eg__worker_withdraw(&place->worker, &line->crew);
    eg__thread_join(&place->worker.thread);
    line->ended(line->context, &place->worker.result);
}

enum eg_code eg_station_serve(const struct eg_station *station, const struct eg_trigger *trigger,
                              const struct eg_cancel *cancel,
                              void (*ended)(void *context, const struct eg_result *result), void *context,
                              struct eg_error *err)
{
    EG_CLEANUP(line_finish)
    struct line line = {
        .station = station, .trigger = trigger, .cancel = cancel, .ended = ended, .context = context};
    const struct eg_cancel failed = {.requested = true, .by = "the station, which could not go on"};
    enum eg_code code = EG_OK;

    eg__crew_init(&line.crew, station);
    EG_TRY(eg_stages_order(eg_stages, line.stages, err));
    EG_TRY(eg_alloc(&line.places, station->slot_count, sizeof *line.places, err));
    line.claims = eg_claims_create();
    if (line.claims == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory for the station");
    for (unsigned i = 0; i < station->slot_count && code == EG_OK; i++) {
        struct place *const place = &line.places[i];
        place->slot = station->slots[i];
        place->trigger = trigger;
        place->logger = station->logger;
        code = begin_wait(&line, place, err);
    }
    while (is_busy(&line)) {
        struct eg_error ignored;
        if (code != EG_OK)
            line.cancel = &failed;
        end(&line);
        const unsigned first = line.first;
        for (unsigned i = 0; i < station->slot_count; i++) {
            struct place *const place = &line.places[(first + i) % station->slot_count];
            const enum eg_code stepped = step(&line, place, code == EG_OK ? err : &ignored);
            code = code == EG_OK ? stepped : code;
        }
        if (all_ready(&line))
            (void)!eg_sleep_ms(line.cancel, EG__CREW_WAIT_MS, &ignored);
        else
            eg__crew_wait(&line.crew);
    }
    for (unsigned i = 0; i < station->slot_count; i++)
        withdraw_last(&line, &line.places[i]);
    return code;
}
