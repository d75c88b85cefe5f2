/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/view.h"

#include "engine/base/bytes.h"
#include "engine/base/text.h"
#include "engine/plan/plan.h"

#include <stdlib.h>
#include <string.h>

#define RATE_MS    300 /* over which a rate is measured */
#define MINUTE_MS  60000u
#define SHORT_NAME 6 /* bytes of a name that is always shown whole */

struct cli_moment cli_moment_now(void)
{
    return (struct cli_moment){eg_clock_ms(), time(NULL)};
}

enum cli_verdict cli_verdict_of(enum eg_outcome outcome)
{
    enum cli_verdict verdict = CLI_AGAIN;

    switch (outcome) {
    case EG_PASS:
        verdict = CLI_PASSED;
        break;
    case EG_PASS_MARGINAL:
        verdict = CLI_CHECK;
        break;
    case EG_FAIL:
        verdict = CLI_FAIL;
        break;
    case EG_ERROR:
    case EG_ABORTED:
        break;
    }
    return verdict;
}

const char *cli_verdict_word(enum cli_verdict verdict)
{
    static const char *const words[] = {
        [CLI_FAIL] = "FAIL", [CLI_AGAIN] = "AGAIN", [CLI_CHECK] = "CHECK", [CLI_PASSED] = "PASS"};

    return words[verdict];
}

const char *cli_advice(enum eg_outcome outcome, enum eg_code code)
{
    static const struct {
        enum eg_code code;
        const char *text;
    } rows[] = {
        {EG_BOARD_REMOVED, "insert again"}, {EG_BOARD_EXCHANGED, "insert again"},
        {EG_CANCELLED, "insert again"},     {EG_ABANDONED, "insert again"},
        {EG_SEEN_BEFORE, "passed before"},  {EG_WRONG_CHIP, "wrong board"},
        {EG_WRONG_REVISION, "wrong board"}, {EG_NOT_ACCEPTED, "wrong board"},
    };

    if (eg_outcome_passed(outcome))
        return "";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].code == code)
            return rows[i].text;
    if (outcome == EG_FAIL)
        return "red box";
    return eg_code_blame(code) == EG_BLAME_LINK ? "clean the needles, insert again" : "call the engineer";
}

/* Copy a text from outside so that it is harmless; one that is too long is cut at a character. */
static void put_text(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);

    if (length >= size)
        for (length = size - 1; length > 0 && ((unsigned char)from[length] & 0xc0) == 0x80; length--)
            ; /* not within a character */
    memmove(to, from, length);
    to[length] = '\0';
    eg_text_make_harmless(to);
}

/* The end of a long name tells more than its beginning. */
static void put_name(char shown[CLI_VIEW_NAME], const char *name)
{
    const size_t length = strlen(name);
    const char *from = name + (length < CLI_VIEW_NAME ? 0 : length - (CLI_VIEW_NAME - 1));

    while (((unsigned char)*from & 0xc0) == 0x80)
        from++;
    put_text(shown, CLI_VIEW_NAME, from);
}

/* The bytes that all names begin with, up to a separator, if names are so long that it pays to leave them
 * out. */
static size_t common_prefix(const struct cli_view *view)
{
    size_t common = strlen(view->slots[0].name), longest = common;

    for (unsigned i = 1; i < view->slot_count; i++) {
        const char *const name = view->slots[i].name;
        size_t same = 0;
        while (same < common && name[same] == view->slots[0].name[same])
            same++;
        common = same;
        if (strlen(name) > longest)
            longest = strlen(name);
    }
    while (common > 0 && strchr("/:.-", view->slots[0].name[common - 1]) == NULL)
        common--;
    return longest > SHORT_NAME ? common : 0;
}

static void show_names(struct cli_view *view)
{
    const size_t prefix = view->slot_count > 1 ? common_prefix(view) : 0;

    for (unsigned i = 0; i < view->slot_count; i++)
        put_name(view->slots[i].shown, view->slots[i].name + prefix);
}

static struct cli_view_slot *add_slot(struct cli_view *view, const struct eg_slot *slot)
{
    struct eg_error err;

    if (eg_grow(&view->slots, view->slot_count, sizeof *view->slots, &err) != EG_OK)
        return NULL;
    struct cli_view_slot *const added = &view->slots[view->slot_count];
    added->name = strdup(slot->name);
    if (added->name == NULL)
        return NULL;
    if (slot->label != NULL)
        put_text(added->label, sizeof added->label, slot->label);
    view->slot_count++;
    return added;
}

/* NULL for what the station itself says, and when there is no memory for a new slot. */
static struct cli_view_slot *slot_of(struct cli_view *view, const char *name)
{
    const unsigned index = cli_view_find(view, name);

    if (index < view->slot_count)
        return &view->slots[index];
    struct cli_view_slot *const added =
        name[0] != '\0' ? add_slot(view, &(struct eg_slot){.name = name}) : NULL;
    if (added != NULL)
        show_names(view);
    return added;
}

/* The slot has another board, or none. The label that the command line gave stays until the first board ends.
 */
static void clear_slot(struct cli_view_slot *slot)
{
    struct cli_view_slot cleared = {
        .name = slot->name,
        .state = slot->disabled ? CLI_SLOT_OFF : CLI_SLOT_EMPTY,
        .disabled = slot->disabled,
        .runs = slot->runs,
        .passed = slot->passed,
        .log = slot->log,
        .log_first = slot->log_first,
        .log_count = slot->log_count,
    };

    memcpy(cleared.shown, slot->shown, sizeof cleared.shown);
    if (slot->runs == 0)
        memcpy(cleared.label, slot->label, sizeof cleared.label);
    *slot = cleared;
}

static void begin_run(struct cli_view_slot *slot, uint64_t now_ms)
{
    clear_slot(slot);
    slot->state = CLI_SLOT_AT_WORK;
    slot->begun_ms = now_ms;
}

static void keep_line(struct cli_view_slot *slot, time_t at, const char *kind, const char *text)
{
    char line[CLI_VIEW_LINE + 16];

    if (slot->log == NULL)
        slot->log = calloc(CLI_VIEW_LOG, sizeof *slot->log);
    if (slot->log == NULL)
        return; /* without memory the slot's state still tells how it stands */
    if (slot->log_count == CLI_VIEW_LOG)
        slot->log_first = (slot->log_first + 1) % CLI_VIEW_LOG;
    else
        slot->log_count++;
    struct cli_view_line *const kept = &slot->log[(slot->log_first + slot->log_count - 1) % CLI_VIEW_LOG];
    kept->at = at;
    snprintf(line, sizeof line, "%s%.*s", kind, CLI_VIEW_LINE, text);
    put_text(kept->text, sizeof kept->text, line);
}

/* What was said: by a board into its log, by the station as the message of the moment. */
static void say(struct cli_view *view, struct cli_view_slot *slot, const struct eg_log_record *record,
                const char *kind, struct cli_moment now)
{
    char line[CLI_VIEW_LINE + 16];

    if (slot != NULL) {
        keep_line(slot, now.at, kind, record->text);
    } else if (record->level <= EG_NORMAL) {
        snprintf(line, sizeof line, "%s%.*s", kind, CLI_VIEW_LINE, record->text);
        put_text(view->message, sizeof view->message, line);
        view->message_ms = now.ms;
    }
}

/* The share of all stages, in percent, that is done before one, and its own; 0 for a hook. */
static void share_of(const struct cli_view *view, const char *name, unsigned *before, unsigned *own)
{
    unsigned sum = 0;

    *own = 0;
    for (unsigned i = 0; view->stages[i] != NULL; i++) {
        *before = sum * 100 / view->weight;
        if (strcmp(view->stages[i]->name, name) == 0) {
            *own = view->stages[i]->weight * 100 / view->weight;
            return;
        }
        sum += view->stages[i]->weight;
    }
}

static void begin_stage(const struct cli_view *view, struct cli_view_slot *slot,
                        const struct eg_log_record *record, struct cli_moment now)
{
    unsigned before = 0, own = 0;

    if (slot->state != CLI_SLOT_AT_WORK)
        begin_run(slot, now.ms);
    put_text(slot->stage, sizeof slot->stage, record->stage);
    slot->what[0] = '\0';
    slot->attempt = record->attempt;
    slot->rate = 0;
    slot->moved_ms = 0;
    share_of(view, record->stage, &before, &own);
    if (own != 0)
        slot->percent = before;
}

/* Keep what is told of a stage's time, and of the slowest stage also beside the board's result. */
static void end_stage(struct cli_view_slot *slot, const struct eg_log_record *record, struct cli_moment now)
{
    char text[CLI_VIEW_LINE];

    snprintf(text, sizeof text, "%s %.2f s%s%s", record->stage, (double)record->duration_ms / 1000,
             record->text[0] != '\0' ? ", " : "", record->text);
    if (record->text[0] != '\0')
        keep_line(slot, now.at, "", text);
    if (record->duration_ms < slot->slowest_ms)
        return;
    slot->slowest_ms = record->duration_ms;
    put_text(slot->slowest, sizeof slot->slowest, text);
}

static void measure(struct cli_view_slot *slot, uint64_t done, uint64_t now_ms)
{
    if (slot->moved_ms == 0 || done < slot->moved_bytes) {
        slot->moved_ms = now_ms;
        slot->moved_bytes = done;
    } else if (now_ms - slot->moved_ms >= RATE_MS) {
        slot->rate = (uint32_t)((done - slot->moved_bytes) * 1000 / (now_ms - slot->moved_ms));
        slot->moved_ms = now_ms;
        slot->moved_bytes = done;
    }
}

static void progress(const struct cli_view *view, struct cli_view_slot *slot,
                     const struct eg_log_record *record, struct cli_moment now)
{
    unsigned before = 0, own = 0;

    if (slot->state != CLI_SLOT_AT_WORK)
        return;
    put_text(slot->what, sizeof slot->what, record->text);
    share_of(view, record->stage, &before, &own);
    if (own != 0 && record->total != 0)
        slot->percent = before + (unsigned)(own * record->done / record->total);
    measure(slot, record->done, now.ms);
}

static bool any_failed(const struct cli_view *view)
{
    for (unsigned i = 0; i < view->slot_count; i++)
        if (view->slots[i].state == CLI_SLOT_DONE && cli_verdict_of(view->slots[i].outcome) == CLI_FAIL)
            return true;
    return false;
}

static void keep_failure(struct cli_view *view, const struct cli_view_slot *slot, time_t at)
{
    if (view->failure_count == CLI_VIEW_FAILURES)
        view->failure_first = (view->failure_first + 1) % CLI_VIEW_FAILURES;
    else
        view->failure_count++;
    struct cli_view_failure *const kept =
        &view->failures[(view->failure_first + view->failure_count - 1) % CLI_VIEW_FAILURES];
    *kept =
        (struct cli_view_failure){.run = slot->run, .at = at, .outcome = slot->outcome, .code = slot->code};
    memcpy(kept->slot, slot->shown, sizeof kept->slot);
    memcpy(kept->mac, slot->mac, sizeof kept->mac);
    memcpy(kept->label, slot->label, sizeof kept->label);
    memcpy(kept->text, slot->text, sizeof kept->text);
}

/* The buckets of the minutes that have begun since the last result are empty. */
static void count_good(struct cli_view *view, uint64_t now_ms, int change)
{
    const uint64_t minute = (now_ms - view->begun_ms) / MINUTE_MS;

    if (minute - view->good_minute >= CLI_VIEW_MINUTES)
        memset(view->good_in, 0, sizeof view->good_in);
    else
        while (view->good_minute < minute)
            view->good_in[++view->good_minute % CLI_VIEW_MINUTES] = 0;
    view->good_minute = minute;
    unsigned *const bucket = &view->good_in[minute % CLI_VIEW_MINUTES];
    if (change > 0 || *bucket > 0)
        *bucket = (unsigned)((int)*bucket + change);
}

static void end_run(struct cli_view *view, struct cli_view_slot *slot, const struct eg_log_record *record,
                    struct cli_moment now)
{
    const bool failed_before = any_failed(view);
    char kind[32];

    if (record->attempt == 0 && slot->state == CLI_SLOT_DONE && eg_outcome_passed(slot->outcome)) {
        view->ended--; /* a pass is taken back */
        view->passed--;
        slot->runs--;
        slot->passed--;
        count_good(view, now.ms, -1);
    }
    if (view->begun_ms == 0)
        view->begun_ms = now.ms;
    for (enum eg_outcome outcome = EG_PASS; outcome <= EG_ABORTED; outcome++)
        if (strcmp(eg_outcome_name(outcome), record->outcome) == 0)
            slot->outcome = outcome;
    slot->state = CLI_SLOT_DONE;
    slot->code = record->code;
    slot->duration_ms = record->duration_ms;
    put_text(slot->text, sizeof slot->text, record->text);
    const bool passed = eg_outcome_passed(slot->outcome);
    view->stale = true;
    view->ended++;
    view->passed += passed;
    slot->runs++;
    slot->passed += passed;
    if (passed)
        count_good(view, now.ms, 1);
    else
        keep_failure(view, slot, now.at);
    snprintf(kind, sizeof kind, "%s%s", eg_outcome_name(slot->outcome), slot->text[0] != '\0' ? ": " : "");
    keep_line(slot, now.at, kind, slot->text);
    view->failed_rounds += !failed_before && any_failed(view);
}

void cli_view_take(struct cli_view *view, const struct eg_log_record *record, struct cli_moment now)
{
    struct cli_view_slot *const slot = slot_of(view, record->origin.slot);

    if (slot != NULL && record->origin.board[0] != '\0')
        put_text(slot->mac, sizeof slot->mac, record->origin.board);
    switch (record->kind) {
    case EG_LOG_PRINT:
        say(view, slot, record, "", now);
        break;
    case EG_LOG_NOTE:
        say(view, slot, record, "note: ", now);
        break;
    case EG_LOG_WARNING:
        say(view, slot, record, "warning: ", now);
        break;
    case EG_LOG_ERROR:
        say(view, slot, record, "error: ", now);
        break;
    case EG_LOG_STAGE_BEGIN:
        if (slot != NULL) {
            if (view->begun_ms == 0)
                view->begun_ms = now.ms;
            begin_stage(view, slot, record, now);
            if (record->origin.board[0] != '\0')
                put_text(slot->mac, sizeof slot->mac, record->origin.board);
            keep_line(slot, now.at, record->stage, "");
        }
        break;
    case EG_LOG_PROGRESS:
        if (slot != NULL)
            progress(view, slot, record, now);
        break;
    case EG_LOG_STAGE_END:
        if (slot != NULL)
            slot->rate = 0;
        if (record->code != EG_OK)
            say(view, slot, record, "", now);
        else if (slot != NULL)
            end_stage(slot, record, now);
        break;
    case EG_LOG_OUTCOME:
        if (slot != NULL)
            end_run(view, slot, record, now);
        break;
    case EG_LOG_UNPLUGGED:
        if (slot != NULL)
            clear_slot(slot);
        break;
    }
}

void cli_view_run_begun(struct cli_view *view, const char *name, int64_t run, const char *label)
{
    cli_view_lock(view);
    struct cli_view_slot *const slot = slot_of(view, name);
    if (slot != NULL) {
        if (slot->state !=
            CLI_SLOT_DONE) /* a run that takes a pass back leaves the board's result until its end */
            begin_run(slot, eg_clock_ms());
        slot->run = run;
        if (label[0] != '\0')
            put_text(slot->label, sizeof slot->label, label);
    }
    cli_view_unlock(view);
}

void cli_view_serial(struct cli_view *view, const char *name, const char *serial)
{
    cli_view_lock(view);
    struct cli_view_slot *const slot = slot_of(view, name);
    if (slot != NULL)
        put_text(slot->label, sizeof slot->label, serial);
    cli_view_unlock(view);
}

static void view_log(struct eg_logger *logger, const struct eg_log_record *record)
{
    struct cli_view *const view = (struct cli_view *)logger;
    const struct cli_moment now = cli_moment_now();

    cli_view_lock(view);
    cli_view_take(view, record, now);
    cli_view_unlock(view);
}

enum eg_code cli_view_init(struct cli_view *view, const struct eg_plan *plan, const struct eg_slot *slots,
                           unsigned slot_count, struct eg_error *err)
{
    char title[300];

    *view = (struct cli_view){.logger = {.log = view_log}, .stale = true};
    pthread_mutex_init(&view->lock, NULL);
    snprintf(title, sizeof title, "%.150s%s%.100s", plan->job_name, plan->job_version[0] != '\0' ? " " : "",
             plan->job_version);
    put_text(view->title, sizeof view->title, title);
    put_text(view->chip, sizeof view->chip, plan->target->label);
    EG_TRY(eg_stages_order(eg_stages, view->stages, err));
    for (unsigned i = 0; view->stages[i] != NULL; i++)
        view->weight += view->stages[i]->weight;
    for (unsigned i = 0; i < slot_count; i++)
        if (add_slot(view, &slots[i]) == NULL)
            return eg_error_set(err, EG_NO_MEMORY, "the state of %u slots", slot_count);
    show_names(view);
    return EG_OK;
}

void cli_view_finish(struct cli_view *view)
{
    if (view->logger.log == NULL)
        return;
    for (unsigned i = 0; i < view->slot_count; i++) {
        free(view->slots[i].name);
        free(view->slots[i].log);
    }
    free(view->slots);
    pthread_mutex_destroy(&view->lock);
    view->logger.log = NULL;
}

void cli_view_lock(struct cli_view *view)
{
    pthread_mutex_lock(&view->lock);
}

void cli_view_unlock(struct cli_view *view)
{
    pthread_mutex_unlock(&view->lock);
}

enum eg_code cli_view_add(struct cli_view *view, const char *slot, bool off, struct eg_error *err)
{
    struct cli_view_slot *const added = slot_of(view, slot);

    if (added == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "the state of slot %s", slot);
    added->state = off ? CLI_SLOT_OFF : CLI_SLOT_EMPTY;
    return EG_OK;
}

static void append(char *text, size_t size, const char *more)
{
    const size_t used = strlen(text);

    put_text(text + used, size - used, ", ");
    put_text(text + strlen(text), size - strlen(text), more);
}

void cli_view_add_job(struct cli_view *view, const struct eg_plan *plan)
{
    append(view->title, sizeof view->title, plan->job_name);
    append(view->chip, sizeof view->chip, plan->target->label);
}

void cli_view_disable(struct cli_view *view, const char *name)
{
    cli_view_lock(view);
    struct cli_view_slot *const slot = slot_of(view, name);
    if (slot != NULL)
        slot->disabled = true;
    cli_view_unlock(view);
}

void cli_view_name(struct cli_view *view, const char *station, const char *batch)
{
    put_text(view->station, sizeof view->station, station != NULL ? station : "");
    put_text(view->batch, sizeof view->batch, batch != NULL ? batch : "");
}

void cli_view_set_batch(struct cli_view *view, const struct eg_batch *batch)
{
    view->counts.good = batch->passed + batch->marginal;
    view->counts.not_good = batch->units - view->counts.good;
}

unsigned cli_view_find(const struct cli_view *view, const char *name)
{
    unsigned index = 0;

    while (index < view->slot_count && strcmp(view->slots[index].name, name) != 0)
        index++;
    return index;
}

const struct cli_view_failure *cli_view_failure(const struct cli_view *view, unsigned index)
{
    return &view->failures[(view->failure_first + view->failure_count - 1 - index) % CLI_VIEW_FAILURES];
}

const struct cli_view_line *cli_view_log_line(const struct cli_view_slot *slot, unsigned index)
{
    return &slot->log[(slot->log_first + index) % CLI_VIEW_LOG];
}

int cli_view_yield(const struct cli_view *view)
{
    const int64_t all = view->counts.good + view->counts.not_good;

    return all > 0 ? (int)((view->counts.good * 1000 + all / 2) / all) : -1;
}

unsigned cli_view_rate(const struct cli_view *view, uint64_t now_ms)
{
    uint64_t good = 0;

    if (view->begun_ms == 0 || now_ms < view->begun_ms + MINUTE_MS)
        return 0;
    const uint64_t minute = (now_ms - view->begun_ms) / MINUTE_MS;
    const uint64_t oldest = minute >= CLI_VIEW_MINUTES ? minute - (CLI_VIEW_MINUTES - 1) : 0;
    for (uint64_t at = oldest; at <= view->good_minute && at <= minute; at++)
        good += view->good_in[at % CLI_VIEW_MINUTES];
    /* All minutes are whole but the newest. */
    const uint64_t window_ms = minute >= CLI_VIEW_MINUTES ? (CLI_VIEW_MINUTES - 1) * MINUTE_MS +
                                                                (now_ms - view->begun_ms) % MINUTE_MS
                                                          : now_ms - view->begun_ms;
    return (unsigned)(good * 3600000u / window_ms);
}

int64_t cli_view_minutes_left(const struct cli_view *view, uint64_t now_ms)
{
    const unsigned rate = cli_view_rate(view, now_ms);

    if (view->target == 0 || rate == 0)
        return -1;
    return view->counts.good < view->target ? ((view->target - view->counts.good) * 60 + rate - 1) / rate : 0;
}
