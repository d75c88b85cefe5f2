/* SPDX-License-Identifier: Apache-2.0 */

/* The ledger as the line's recorder: each call of a worker is a record for the writer. */

#include "db/claim.h"
#include "db/fingerprint.h"
#include "db/ledger_internal.h"
#include "db/pool.h"
#include "db/record.h"
#include "db/twin.h"

#include <stdlib.h>
#include <string.h>

struct begin {
    int64_t session;
    const struct eg_run_begin *begin;
    int64_t run;
};

struct intent {
    int64_t run;
    const struct eg_unit *unit;
    int lock_fd;
    int64_t chain;
};

struct finish {
    int64_t run;
    const struct eg_run_record *record;
    bool admitted; /* at this link of the chain */
    int64_t chain;
};

struct seen {
    const struct eg_unit *unit;
    struct eg_seen *seen;
};

struct holds {
    const struct eg_unit *unit;
    const struct eg_region *region;
    bool *probably;
};

struct rates {
    const char *station, *slot;
    const struct eg_bridge *bridge;
    struct eg_rates_seen *seen;
};

struct claim {
    int64_t run;
    const struct eg_unit *unit;
    const struct eg_claim *claims;
    unsigned count;
};

struct reserve {
    int64_t run;
    const struct eg_pool_wish *wish;
    struct eg_pool_row *row;
};

struct mark {
    int64_t run;
    enum eg_pool_state state;
};

struct secure {
    int64_t run;
    const struct eg_security_record *records;
    unsigned count;
};

static enum eg_code write_begin(struct eg__store *store, void *context, struct eg_error *err)
{
    struct begin *begin = context;

    return eg__record_begin(store, begin->session, begin->begin, &begin->run, err);
}

static enum eg_code write_intent(struct eg__store *store, void *context, struct eg_error *err)
{
    struct intent *intent = context;

    EG_TRY(eg__twin_refuse(store, intent->lock_fd, intent->run, intent->unit->mac, &intent->chain, err));
    return eg__record_intent(store, intent->run, intent->unit, err);
}

static enum eg_code write_finish(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct finish *finish = context;

    if (finish->admitted && eg_outcome_passed(finish->record->outcome))
        EG_TRY(eg__twin_disputed(store, finish->run, finish->record->unit->mac, finish->chain, err));
    return eg__record_finish(store, finish->run, finish->record, err);
}

static enum eg_code read_seen(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct seen *seen = context;

    return eg__record_seen(store, seen->unit, seen->seen, err);
}

static enum eg_code read_holds(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct holds *holds = context;

    return eg__record_holds(store, holds->unit, holds->region, holds->probably, err);
}

static enum eg_code read_rates(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct rates *rates = context;

    return eg__record_rates(store, rates->station, rates->slot, rates->bridge, rates->seen, err);
}

static enum eg_code write_claim(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct claim *claim = context;

    return eg__claim(store, claim->run, claim->unit, claim->claims, claim->count, NULL, err);
}

static enum eg_code write_reserve(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct reserve *reserve = context;

    return eg__pool_reserve(store, reserve->run, reserve->wish, reserve->row, err);
}

static enum eg_code write_mark(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct mark *mark = context;

    return eg__pool_mark(store, mark->run, mark->state, err);
}

struct secured {
    const struct eg_unit *unit;
    enum eg_security_event event;
    const char *item;
    char *value;
    size_t room;
};

static enum eg_code read_secured(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct secured *secured = context;

    return eg__record_secured(store, secured->unit, secured->event, secured->item, secured->value,
                              secured->room, err);
}

static enum eg_code write_secure(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct secure *secure = context;

    return eg__record_secure(store, secure->run, secure->records, secure->count, err);
}

/* Find the list position of this thread's board, or the end of the list. */
static struct eg__ledger_board **place_of_board(struct eg_ledger *ledger)
{
    struct eg__ledger_board **at = &ledger->boards;

    while (*at != NULL && !pthread_equal((*at)->worker, pthread_self()))
        at = &(*at)->next;
    return at;
}

/* Return this thread's board; NULL = there was no memory for it. */
static struct eg__ledger_board *board_of(struct eg_ledger *ledger)
{
    pthread_mutex_lock(&ledger->lock);
    struct eg__ledger_board *const board = *place_of_board(ledger);
    pthread_mutex_unlock(&ledger->lock);
    return board;
}

/* Note the board for messages about waiting, and when it was admitted. */
static enum eg_code add_board(struct eg_ledger *ledger, const struct eg_run_begin *given,
                              struct eg_error *err)
{
    const size_t slot_size = strlen(given->slot) + 1, port_size = strlen(given->port) + 1;
    struct eg__ledger_board *const board = calloc(1, sizeof *board + slot_size + port_size);

    if (board == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "a board in slot %s", given->slot);
    char *const slot = (char *)(board + 1), *const port = slot + slot_size;
    memcpy(slot, given->slot, slot_size);
    memcpy(port, given->port, port_size);
    board->origin = (struct eg_log_origin){slot, port, ""};
    board->worker = pthread_self();
    pthread_mutex_lock(&ledger->lock);
    board->next = ledger->boards;
    ledger->boards = board;
    pthread_mutex_unlock(&ledger->lock);
    return EG_OK;
}

static void remove_board(struct eg_ledger *ledger)
{
    pthread_mutex_lock(&ledger->lock);
    struct eg__ledger_board **const at = place_of_board(ledger);
    struct eg__ledger_board *const board = *at;
    if (board != NULL)
        *at = board->next;
    pthread_mutex_unlock(&ledger->lock);
    free(board);
}

static struct eg_ledger *ledger_of(struct eg_recorder *recorder)
{
    return ((struct eg__ledger_session *)recorder)->ledger;
}

enum eg_code eg__ledger_submit(struct eg_recorder *recorder, eg__writer_call *call, void *context,
                               struct eg_error *err)
{
    struct eg_ledger *const ledger = ledger_of(recorder);
    const struct eg__ledger_board *const board = board_of(ledger);
    const struct eg__record record = {.call = call,
                                      .context = context,
                                      .ends = call == write_finish,
                                      .of = board != NULL ? &board->origin : NULL};
    return eg__writer_submit(&ledger->writer, &record, err);
}

static enum eg_code recorder_begin(struct eg_recorder *recorder, const struct eg_run_begin *given,
                                   int64_t *run, struct eg_error *err)
{
    struct eg_ledger *const ledger = ledger_of(recorder);
    struct begin begin = {.session = ((struct eg__ledger_session *)recorder)->number, .begin = given};

    remove_board(ledger);
    EG_TRY(add_board(ledger, given, err));
    if (eg__ledger_submit(recorder, write_begin, &begin, err) != EG_OK) {
        remove_board(ledger);
        return err->code;
    }
    *run = begin.run;
    return EG_OK;
}

static enum eg_code recorder_intent(struct eg_recorder *recorder, int64_t run, const struct eg_unit *unit,
                                    struct eg_error *err)
{
    struct eg_ledger *const ledger = ledger_of(recorder);
    struct eg__ledger_board *const board = board_of(ledger);
    struct intent intent = {.run = run, .unit = unit, .lock_fd = ledger->lock_fd};

    EG_TRY(eg__ledger_submit(recorder, write_intent, &intent, err));
    if (board != NULL && !board->admitted) {
        board->admitted = true;
        board->chain = intent.chain;
    }
    return EG_OK;
}

static enum eg_code recorder_finish(struct eg_recorder *recorder, int64_t run,
                                    const struct eg_run_record *record, struct eg_error *err)
{
    const struct eg__ledger_board *const board = board_of(ledger_of(recorder));
    struct finish finish = {run, record, board != NULL && board->admitted, board != NULL ? board->chain : 0};

    const enum eg_code code = eg__ledger_submit(recorder, write_finish, &finish, err);
    remove_board(ledger_of(recorder));
    return code;
}

static enum eg_code recorder_seen(struct eg_recorder *recorder, const struct eg_unit *unit,
                                  struct eg_seen *seen, struct eg_error *err)
{
    struct seen query = {unit, seen};

    return eg__ledger_submit(recorder, read_seen, &query, err);
}

static enum eg_code recorder_holds(struct eg_recorder *recorder, const struct eg_unit *unit,
                                   const struct eg_region *region, bool *probably, struct eg_error *err)
{
    struct holds query = {unit, region, probably};

    return eg__ledger_submit(recorder, read_holds, &query, err);
}

static enum eg_code recorder_rates(struct eg_recorder *recorder, const char *slot,
                                   const struct eg_bridge *bridge, struct eg_rates_seen *seen,
                                   struct eg_error *err)
{
    struct rates query = {ledger_of(recorder)->station, slot, bridge, seen};

    return eg__ledger_submit(recorder, read_rates, &query, err);
}

static enum eg_code recorder_claim(struct eg_recorder *recorder, int64_t run, const struct eg_unit *unit,
                                   const struct eg_claim *claims, unsigned count, struct eg_error *err)
{
    struct claim claim = {run, unit, claims, count};

    return eg__ledger_submit(recorder, write_claim, &claim, err);
}

static enum eg_code recorder_reserve(struct eg_recorder *recorder, int64_t run,
                                     const struct eg_pool_wish *wish, struct eg_pool_row *row,
                                     struct eg_error *err)
{
    struct reserve reserve = {run, wish, row};

    *row = (struct eg_pool_row){0};
    if (eg__ledger_submit(recorder, write_reserve, &reserve, err) == EG_OK)
        return EG_OK;
    eg_pool_row_finish(row); /* it may have been read before the commit failed */
    return err->code;
}

static enum eg_code recorder_mark(struct eg_recorder *recorder, int64_t run, enum eg_pool_state state,
                                  struct eg_error *err)
{
    struct mark mark = {run, state};

    return eg__ledger_submit(recorder, write_mark, &mark, err);
}

static enum eg_code recorder_secure(struct eg_recorder *recorder, int64_t run,
                                    const struct eg_security_record *records, unsigned count,
                                    struct eg_error *err)
{
    struct secure secure = {run, records, count};

    return eg__ledger_submit(recorder, write_secure, &secure, err);
}

static enum eg_code recorder_secured(struct eg_recorder *recorder, const struct eg_unit *unit,
                                     enum eg_security_event event, const char *item, char *value, size_t room,
                                     struct eg_error *err)
{
    struct secured secured = {unit, event, item, value, room};

    return eg__ledger_submit(recorder, read_secured, &secured, err);
}

static enum eg_code recorder_fingerprint(struct eg_recorder *recorder, const uint8_t *key, size_t size,
                                         char print[EG_FINGERPRINT_TEXT], struct eg_error *err)
{
    struct eg_ledger *const ledger = ledger_of(recorder);

    pthread_mutex_lock(&ledger->lock);
    const enum eg_code code = eg__fingerprint(ledger->path, key, size, print, err);
    pthread_mutex_unlock(&ledger->lock);
    return code;
}

const struct eg_recorder_ops eg__ledger_recorder_ops = {
    .begin = recorder_begin,
    .intent = recorder_intent,
    .finish = recorder_finish,
    .seen = recorder_seen,
    .holds = recorder_holds,
    .rates = recorder_rates,
    .claim = recorder_claim,
    .reserve = recorder_reserve,
    .mark = recorder_mark,
    .secure = recorder_secure,
    .secured = recorder_secured,
    .fingerprint = recorder_fingerprint,
};
