/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A line: insert, green or red, remove, next.
 *
 *     empty ─▶ settling ─▶ running ─▶ done ─▶ empty
 *                  ▲          ▲         │ another insertion is there
 *                  │          └─────────┤ another slot shows its MAC: the pass is taken back
 *                  └────────────────────┘
 *
 * What is there is found by scanning, which needs nothing of the system and misses nothing: the kernel's
 * numbers tell every insertion from the next, however short the time between them. A port must be in two
 * scans in a row before it is opened, because its permissions may still be being set.
 *
 * What a slot shows is of the insertion that is in it. When that is gone the slot is empty, at once; when
 * there is another, that is another board and gets a run of its own. Only a chip with USB of its own may be
 * away for a while, as long as the job's `link.return` says, because it leaves the bus with a reset: it is
 * known again by its USB serial number, which is its MAC.
 *
 * Threads: all of it is the station's.
 */

#include "engine/base/mac.h"
#include "engine/line/station.h"
#include "engine/line/worker.h"
#include "engine/stages/stages.h"
#include "engine/stages/slot.h"
#include "engine/stages/claims.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCAN_MS 200

enum state { EMPTY, SETTLING, RUNNING, DONE };

/* A slot that has been seen; it is kept until the end. */
struct place {
    struct eg_slot slot; /* own strings, of the insertion that is, or was last, taken notice of */
    enum state state;
    bool there;                  /* in the newest scan */
    struct eg_presence presence; /* what is there in the newest scan */
    struct eg_bridge bridge;
    char url[EG_PLACE];
    uint64_t seen_ms; /* when what the slot shows was there last */
    bool queued;      /* the slot shows that its board waits for its turn */
    bool left;        /* done, and not seen since it was reset into its application */
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
    unsigned first; /* to be looked at: after the one that began last, so that each has its turn */
};

static void place_free(struct place *place)
{
    if (place == NULL)
        return;
    free((void *)place->slot.name);
    free((void *)place->slot.address);
    free((void *)place->slot.url);
    free(place);
}

static void place_cleanup(struct place **place)
{
    place_free(*place);
}

static void line_finish(struct line *line)
{
    for (unsigned i = 0; i < line->count; i++)
        place_free(line->places[i]);
    free(line->places);
    eg_claims_destroy(line->claims);
    eg__crew_finish(&line->crew);
}

static enum eg_code add(struct line *line, const struct eg_slot *slot, struct eg_error *err)
{
    EG_CLEANUP(place_cleanup) struct place *place = NULL;
    struct place **more = realloc(line->places, (line->count + 1) * sizeof(struct place *));

    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "slot %s", slot->name);
    line->places = more;
    EG_TRY(eg_alloc(&place, 1, sizeof *place, err));
    EG_TRY(eg_strdup((char **)&place->slot.name, slot->name, err));
    EG_TRY(eg_strdup((char **)&place->slot.address, eg_slot_address(slot), err));
    EG_TRY(eg_strdup((char **)&place->slot.url, slot->url, err));
    place->slot.group = slot->group;
    place->slot.baud = slot->baud;
    more[line->count++] = place;
    place = NULL;
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
        struct place *const place = line->places[at];
        place->there = true;
        place->presence = slots[i].presence;
        place->bridge = slots[i].bridge;
        snprintf(place->url, sizeof place->url, "%s", slots[i].url);
    }
    return EG_OK;
}

static bool is_same(const struct place *place)
{
    return place->there && eg_presence_same(&place->presence, &place->slot.presence);
}

/* The slot has this insertion from now on. */
static enum eg_code adopt(struct place *place, struct eg_error *err)
{
    char *url = NULL;

    EG_TRY(eg_strdup(&url, place->url, err));
    free((void *)place->slot.url);
    place->slot.url = url;
    place->slot.presence = place->presence;
    place->slot.bridge = place->bridge;
    return EG_OK;
}

/* Return whether a new insertion is the chip with native USB that was here before. If its application has
 * another USB serial number, it is recognised by returning after the reset that ended its run. */
static bool has_come_back(const struct place *place)
{
    const struct eg_run *const run = &place->worker.run;
    char serial[EG_MAC_TEXT];

    if (eg_mac_normalise(serial, place->bridge.serial))
        return eg_serial_is_mac(place->slot.bridge.serial, serial) || strcmp(serial, run->unit.mac) == 0;
    return place->left && run->native_usb;
}

/* Return whether the board may be away for a while. */
static bool may_be_away(const struct place *place, uint64_t now_ms)
{
    const struct eg_run *const run = &place->worker.run;

    return run->native_usb && now_ms - place->seen_ms < eg_plan_number(run->plan, "link.return");
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

static enum eg_code settle(struct place *place, struct eg_error *err)
{
    EG_TRY(adopt(place, err));
    place->state = SETTLING;
    return EG_OK;
}

static enum eg_code look_at_done(struct line *line, struct place *place, uint64_t now_ms,
                                 struct eg_error *err)
{
    /* First, since what was said of the board that was here is right or wrong for ever. */
    if (eg__worker_disputed(&place->worker)) {
        eg__worker_withdraw(&place->worker, &line->crew);
        place->state = RUNNING;
        return EG_OK;
    }
    if (is_same(place)) {
        place->seen_ms = now_ms;
        place->left = false;
        return EG_OK;
    }
    if (may_be_away(place, now_ms)) {
        if (!place->there)
            return EG_OK;
        if (has_come_back(place)) {
            place->seen_ms = now_ms;
            place->left = false;
            return adopt(place, err);
        }
    }
    unplug(line, place);
    return place->there ? settle(place, err) : EG_OK;
}

static unsigned count_running(const struct line *line)
{
    unsigned running = 0;

    for (unsigned i = 0; i < line->count; i++)
        running += line->places[i]->state == RUNNING;
    return running;
}

static enum eg_code step(struct line *line, struct place *place, uint64_t now_ms, struct eg_error *err)
{
    switch (place->state) {
    case EMPTY:
        return place->there ? settle(place, err) : EG_OK;
    case SETTLING:
        if (!place->there) {
            if (place->queued)
                unplug(line, place);
            place->state = EMPTY;
            place->queued = false;
            return EG_OK;
        }
        if (!is_same(place))
            return settle(place, err);
        if (!eg_station_may_begin(line->station, &place->slot, count_running(line)) ||
            !eg__crew_enter(&line->crew, &place->slot, line->station->logger, &place->queued))
            return EG_OK;
        eg__worker_start(&place->worker, &line->crew, line->station, &place->slot, true, false, line->claims,
                         line->stages, line->cancel);
        place->state = RUNNING;
        return EG_OK;
    case RUNNING:
        return EG_OK;
    case DONE:
        return look_at_done(line, place, now_ms, err);
    }
    return EG_OK;
}

/* Look at every place, or only at those whose boards wait for their turn. */
static enum eg_code look(struct line *line, bool waiting_only, struct eg_error *err)
{
    const uint64_t now_ms = eg_clock_ms();
    const unsigned first = line->first;

    for (unsigned i = 0; i < line->count; i++) {
        const unsigned at = (first + i) % line->count;
        const bool settling = line->places[at]->state == SETTLING;
        if (waiting_only && !line->places[at]->queued)
            continue;
        EG_TRY(step(line, line->places[at], now_ms, err));
        if (settling && line->places[at]->state == RUNNING)
            line->first = at + 1;
    }
    return EG_OK;
}

static enum eg_code scan(struct line *line, const struct eg_slot_source *source, struct eg_error *err)
{
    const struct eg_slot *slots;
    unsigned count;

    EG_TRY(source->scan(source->context, &slots, &count, err));
    EG_TRY(note(line, slots, count, err));
    return look(line, false, err);
}

static void collect(struct line *line, bool all, void (*ended)(void *context, const struct eg_result *result),
                    void *context)
{
    for (unsigned i = 0; i < line->count; i++) {
        struct place *place = line->places[i];
        if (place->state != RUNNING || (!all && !eg__thread_ended(&place->worker.thread)))
            continue;
        eg__thread_join(&place->worker.thread);
        place->state = DONE;
        place->seen_ms = eg_clock_ms();
        place->left = true;
        place->slot.presence = place->worker.run.presence;
        ended(context, &place->worker.result);
        eg__worker_leave(&place->worker);
    }
}

static void cancel_all(struct line *line)
{
    for (unsigned i = 0; i < line->count; i++) {
        if (line->places[i]->state == RUNNING)
            eg_cancel_pass_on(&line->places[i]->worker.cancel, line->cancel);
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
        if (eg_cancel_requested(line->station->ending)) /* perhaps by a result that was collected just now */
            continue;
        (void)!look(line, true, &ignored);
        if (eg_clock_left_ms(next_ms) > 0)
            continue;
        next_ms = eg_clock_ms() + SCAN_MS;
        const enum eg_code code = scan(line, source, err);
        if (code != EG_OK && !failing)
            eg_log_warning(line->station->logger, NULL, "looking for boards: %s", err->text);
        failing = code != EG_OK;
    }
    return EG_OK;
}

/* What no scan has seen before the line ended. */
static void withdraw_last(struct line *line, struct place *place)
{
    if (place->state != DONE || !eg__worker_disputed(&place->worker))
        return;
    eg__worker_withdraw(&place->worker, &line->crew);
    place->state = RUNNING;
}

enum eg_code eg_station_watch(const struct eg_station *station, const struct eg_slot_source *source,
                              const struct eg_cancel *cancel,
                              void (*ended)(void *context, const struct eg_result *result), void *context,
                              struct eg_error *err)
{
    EG_CLEANUP(line_finish) struct line line = {.station = station, .cancel = cancel};

    eg__crew_init(&line.crew, station);
    EG_TRY(eg_stages_order(eg_stages, line.stages, err));
    line.claims = eg_claims_create();
    if (line.claims == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory for the station");
    const enum eg_code code = watch(&line, source, ended, context, err);
    cancel_all(&line);
    collect(&line, true, ended, context);
    for (unsigned i = 0; i < line.count; i++)
        withdraw_last(&line, line.places[i]);
    collect(&line, true, ended, context);
    return code;
}
