/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One board, from an empty slot to a recorded outcome.
 *
 *     recorder begin ─▶ attempt ─▶ recorder finish ─▶ OUTCOME logged, result set
 *                       ▲     │
 *                       └─────┘ while the error table and the job allow it, at the next rate of retry.baud
 *
 * An attempt runs the stages in order until one fails, and starts from nothing: port closed, facts forgotten.
 * The outcome is logged and returned only when the recorder has it; when the recorder fails, its error is the
 * outcome, whatever the board did.
 *
 * A board that failed or was aborted stays as the stage left it, in the loader or half written: no
 * application starts by accident, and the next run resets it anyway.
 *
 * Hooks are programs of the job. The one before a board runs between begin and the first attempt. The one
 * after it runs once finish has the outcome, but before that is told: neither a label nor a green slot is
 * ever ahead of the record. Where the job requires it, its failure must be in the record: then it runs before
 * finish. Either way it runs for every run that has begun, also when the operator cancels, since it may
 * have to switch something off.
 *
 * Threads: all of it is the worker's. Cancelling is looked at before each stage, and inside by whatever
 * waits.
 */

#include "engine/line/pipeline.h"

#include "engine/line/hooks.h"
#include "engine/line/step.h"
#include "engine/stages/claims.h"
#include "engine/stages/erased.h"
#include "engine/stages/pace.h"
#include "engine/stages/rate.h"
#include "engine/stages/slot.h"
#include "engine/stages/unit_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room in a record besides the stages. */
#define BOARD_HOOKS 2

/* Sums over the attempts of a run. */
struct account {
    struct eg_stage_record *stages;
    unsigned stage_count;
    uint64_t bytes_sent, bytes_received;
    unsigned resends;
};

static enum eg_code refuse_twin(const struct eg_run *run, const char *rival, struct eg_error *err)
{
    return eg_error_set(err, EG_DUPLICATE_MAC, "the board in slot %s shows the same MAC %s", rival,
                        run->unit.mac);
}

/* Of two boards with one MAC the second is refused by admit, and the first here. */
static enum eg_code check_undisputed(const struct eg_run *run, struct eg_error *err)
{
    char rival[EG_CLAIM_SLOT];

    return eg_claims_disputed(run->claims, run->slot, rival) ? refuse_twin(run, rival, err) : EG_OK;
}

static enum eg_code run_stage(struct eg_run *run, const struct eg_stage *stage, struct account *account,
                              struct eg_error *err)
{
    const struct eg__step step = eg__step_begin(run, stage, &account->stages[account->stage_count++]);
    enum eg_code code = check_undisputed(run, err);

    if (eg_cancel_requested(run->cancel))
        code = eg_error_set(err, EG_CANCELLED, "cancelled");
    if (code == EG_OK)
        code = stage->run(run, err);

    if (code == EG_OK)
        run->facts |= stage->gives;
    eg__step_end(run, &step, code, EG_NORMAL, err);
    return code;
}

/* A hook is on record as a stage. EG_OK also when one failed that is not required, which is a warning. */
static enum eg_code run_hook(struct eg_run *run, enum eg_hook hook, const struct eg_run_record *ending,
                             struct account *account, struct eg_error *err)
{
    const struct eg_stage stage = {.name = eg_hook_words[hook].name};
    const struct eg_log_origin origin = eg_run_origin(run);

    if (!eg__hook_given(run->plan, hook))
        return EG_OK;
    const struct eg__step step = eg__step_begin(run, &stage, &account->stages[account->stage_count++]);
    const bool after_cancel = ending != NULL && eg_cancel_requested(run->cancel);
    const enum eg_code code = eg__hook_board(run, hook, ending, after_cancel ? NULL : run->cancel, err);
    const bool tolerated = code != EG_OK && code != EG_CANCELLED && !eg__hook_required(run->plan, hook);
    eg__step_end(run, &step, code, tolerated ? EG_VERBOSE : EG_NORMAL, err);
    run->stage = NULL;
    if (code == EG_OK)
        return EG_OK;
    (void)eg_error_prefix(err, "%s: ", stage.name);
    if (!tolerated)
        return code;
    eg_log_warning(run->logger, &origin, "%s", err->text);
    return EG_OK;
}

/* The first reason counts; a board that needed nothing of this passes plainly. */
static void note_marginal(struct eg_run *run, bool so, const char *reason)
{
    if (so && run->marginal == NULL)
        run->marginal = reason;
}

/* Return whether the attempt, which ended well, took long to write a region. */
static bool wrote_slowly(const struct eg_run *run)
{
    bool slow = false;

    for (unsigned i = 0; i < eg_run_region_count(run); i++) {
        const struct eg_region_record *const record = &run->regions[i];
        const struct eg_pace_work work = {.plan = run->plan,
                                          .region = i,
                                          .flash_jedec = run->unit.flash_jedec,
                                          .written = record->written,
                                          .baud = run->loader.baud};
        if (record->region != NULL && record->times.blocks > 0 &&
            eg_pace_take(run->pace, &work, record->times.wire_us, record->times.total_us))
            slow = true;
    }
    return slow;
}

/* Return whether an attempt that failed with `code` speaks against its rate: not if the board could not be
 * connected, was taken out, or has USB of its own. */
static bool blames_rate(const struct eg_run *run, enum eg_code code)
{
    const bool worked = (run->facts & EG_FACT_CONNECTED) != 0 ||
                        (run->loader.baud == run->baud && run->baud > EG_PORT_OPEN_BAUD);

    return worked && code != EG_PORT_GONE && !run->native_usb;
}

/* The rate after `attempt` - 1 attempts whose failures spoke against theirs. */
static uint32_t baud_of_attempt(const struct eg_run *run, unsigned attempt)
{
    const struct eg_setting *list = eg_plan_setting(run->plan, "retry.baud");
    const uint64_t baud = eg_rate_of_job(run->plan);
    const uint64_t most = list->number[(attempt < list->count ? attempt : list->count) - 1];
    uint32_t chosen = (uint32_t)(baud < most || (attempt == 1 && !list->given) ? baud : most);

    if (run->baud_most != 0 && run->baud_most < chosen)
        chosen = run->baud_most;
    return run->link.baud_most != 0 && run->link.baud_most < chosen ? run->link.baud_most : chosen;
}

/* Return whether a stage has work for the job and this board. */
static bool has_work(const struct eg_run *run, const struct eg_stage *stage)
{
    const bool closed = (run->facts & EG_FACT_CLOSED) != 0;

    if (stage->boards != EG_BOARDS_ALL && closed != (stage->boards == EG_BOARDS_CLOSED))
        return false;
    return stage->applies == NULL || stage->applies(run->plan);
}

static enum eg_code run_attempt(struct eg_run *run, const struct eg_stage *const *stages,
                                struct account *account, struct eg_error *err)
{
    enum eg_code code = EG_OK;

    run->facts = 0;
    run->rate = 0;
    run->loader = (struct eg_loader){0};
    run->chip = (struct eg_chip_info){0};
    run->flash = (struct eg_flash_info){0};
    run->crystal_mhz = 0;
    eg_run_forget(run);

    for (unsigned i = 0; stages[i] != NULL && code == EG_OK; i++)
        if (has_work(run, stages[i]))
            code = run_stage(run, stages[i], account, err);
    if (code != EG_OK)
        (void)eg_error_prefix(err, "%s: ", run->stage->name);

    const struct eg__traffic total = eg__traffic_of(run);
    account->bytes_sent += total.sent;
    account->bytes_received += total.received;
    account->resends += total.resends;
    note_marginal(run, run->loader.baud_failed != 0, "the rate was lowered in mid-write");
    note_marginal(run, run->loader.region_redos != 0, "a region was written again");
    note_marginal(run, run->loader.resends != 0, "blocks were sent again");
    note_marginal(run, run->loader.digest_redos != 0, "a digest was asked for again");
    if (code == EG_OK && run->loader.baud_failed == 0 && run->loader.resends == 0 &&
        run->loader.region_redos == 0) /* else the link may have taken the time */
        note_marginal(run, wrote_slowly(run), EG_MARGINAL_SLOW);
    eg_port_close(run->port);
    run->port = NULL;
    return code;
}

/* A later attempt may fail because of the first. Its code is the result, but the sentence has both causes. */
static enum eg_code tell_first(const struct eg_error *first, struct eg_error *err)
{
    if (first->code == EG_OK || strcmp(first->text, err->text) == 0)
        return err->code;
    return eg_error_prefix(err, "first %s; then ", first->text);
}

/* After how many attempts a failure is final. */
static unsigned attempts_of(const struct eg_plan *plan, enum eg_code code)
{
    const struct eg_setting *const codes = eg_plan_setting(plan, "retry.codes");
    uint64_t attempts = eg_plan_number(plan, "retry.attempts");

    if (!eg_code_may_retry(code))
        return 1;
    for (unsigned i = 0; i < codes->item_count; i++) {
        if (strcmp(codes->items[i].name, eg_code_name(code)) == 0)
            (void)eg_number_parse(codes->items[i].text, &attempts);
    }
    return (unsigned)attempts;
}

/* Return whether the port failed because the board is away; drivers report that differently. */
static bool lost_board(const struct eg_run *run, enum eg_code code)
{
    struct eg_error ignored;

    return eg_port_may_come_back(code) && eg_run_check_board(run, &ignored) != EG_OK;
}

/* A socket whose switch fails is tried again as it is, and the operator told. */
static enum eg_code cycle_power(const struct eg_run *run)
{
    const struct eg_log_origin origin = eg_run_origin(run);
    struct eg_error err;

    if (run->power == NULL)
        return EG_OK;
    const enum eg_code code = eg__power_cycle(run, &err);
    if (code == EG_OK)
        eg_log_note(run->logger, &origin, "the supply of the socket was switched off and on");
    else if (code != EG_CANCELLED)
        eg_log_warning(run->logger, &origin, "switching the supply of the socket: %s", err.text);
    return code;
}

static enum eg_code run_attempts(struct eg_run *run, const struct eg_stage *const *stages,
                                 struct account *account, struct eg_error *err)
{
    const uint32_t delay_ms = (uint32_t)eg_plan_number(run->plan, "retry.delay");
    unsigned attempts = 1, rate = 1;
    struct eg_error first = {.code = EG_OK}, cancelled;

    EG_TRY(eg_rate_begin(run, err));
    for (run->attempt = 1;; run->attempt++) {
        const uint32_t former_baud = run->baud;

        run->baud = baud_of_attempt(run, rate);
        if (run->attempt > 1) {
            const struct eg_log_origin origin = eg_run_origin(run);
            if (run->native_usb)
                eg_log_note(run->logger, &origin, "attempt %u of %u", run->attempt, attempts);
            else
                eg_log_note(run->logger, &origin, "attempt %u of %u at %u baud", run->attempt, attempts,
                            (unsigned)run->baud);
            note_marginal(run, run->baud < former_baud, "needed another attempt at a lower rate");
            note_marginal(run, true, "needed another attempt");
        }
        const enum eg_code code = run_attempt(run, stages, account, err);
        const enum eg_code seen = lost_board(run, code) ? EG_PORT_GONE : code;
        const bool above = eg_rate_end(run, seen);
        if (code == EG_OK)
            return EG_OK;
        rate += !above && blames_rate(run, seen);
        attempts = attempts_of(run->plan, seen);
        if (run->attempt >= attempts)
            return tell_first(&first, err);
        if (first.code == EG_OK)
            first = *err;
        if (eg_sleep_ms(run->cancel, delay_ms, &cancelled) != EG_OK || cycle_power(run) == EG_CANCELLED) {
            err->code = EG_CANCELLED;
            return eg_error_prefix(err, "cancelled before another attempt, after ");
        }
    }
}

/* Regions are written in order, so those never begun are at the end. */
static unsigned regions_begun(const struct eg_run *run)
{
    unsigned count = 0;

    while (count < eg_run_region_count(run) && run->regions[count].region != NULL)
        count++;
    return count;
}

static void set_result(struct eg_result *result, const struct eg_run *run, const struct eg_run_record *record)
{
    *result = (struct eg_result){
        .slot = run->slot,
        .plan = run->plan,
        .run = run->number,
        .outcome = record->outcome,
        .code = record->code,
        .chip = run->has_unit ? run->unit.chip : "",
        .revision = run->unit.revision,
        .package = run->has_unit && run->unit.package != NULL ? run->unit.package : "",
        .attempts = record->attempts,
        .duration_us = record->duration_us,
        .bytes_sent = record->bytes_sent,
    };
    snprintf(result->text, sizeof result->text, "%s", record->text);
    snprintf(result->marginal, sizeof result->marginal, "%s", record->marginal);
    snprintf(result->mac, sizeof result->mac, "%s", run->unit.mac);

    eg_log_record(run->logger,
                  &(struct eg_log_record){
                      .kind = EG_LOG_OUTCOME,
                      .level = EG_NORMAL,
                      .origin = eg_run_origin(run),
                      .text = record->outcome == EG_PASS_MARGINAL ? record->marginal : record->text,
                      .stage = "",
                      .outcome = eg_outcome_name(record->outcome),
                      .code = record->code,
                      .attempt = record->attempts,
                      .duration_ms = record->duration_us / 1000,
                  });
}

/* The sentence of an aborted run says who stopped it. */
static void tell_who(const struct eg_run *run, struct eg_error *err)
{
    const char *const by = run->cancel != NULL ? atomic_load(&run->cancel->by) : NULL;

    if (err->code == EG_CANCELLED && by != NULL)
        (void)eg_error_prefix(err, "stopped by %s: ", by);
}

static void set_failed(struct eg_run_record *record, const struct eg_error *err)
{
    record->outcome = eg_outcome_of(err->code);
    record->code = err->code;
    record->text = err->text;
    record->marginal = "";
}

static enum eg_code begin_record(struct eg_run *run, struct eg_error *err)
{
    const struct eg_run_begin begin = {
        .slot = run->slot, .port = run->url, .label = run->label, .bridge = run->bridge};

    return run->recorder->ops->begin(run->recorder, &begin, &run->number, err);
}

/* Room for the records of every attempt, so that a run never fails for want of it after the board was
 * touched. */
static enum eg_code prepare(struct eg_run *run, const struct eg_stage *const *stages, struct account *account,
                            struct eg_error *err)
{
    unsigned stage_count = 0, attempts = 0;

    while (stages[stage_count] != NULL)
        stage_count++;
    for (enum eg_code code = EG_OK; code <= EG_INTERNAL; code++) {
        if (attempts_of(run->plan, code) > attempts)
            attempts = attempts_of(run->plan, code);
    }
    EG_TRY(eg_alloc(&account->stages, attempts * stage_count + BOARD_HOOKS, sizeof account->stages[0], err));
    EG_TRY(eg_alloc(&run->regions, eg_run_region_room(run->plan), sizeof run->regions[0], err));
    return begin_record(run, err);
}

/* Failures that may mean no more than that the board is gone. */
static bool may_be_removal(enum eg_code code)
{
    return eg_port_may_come_back(code) ||
           (eg_code_blame(code) == EG_BLAME_LINK && code != EG_BOARD_REMOVED && code != EG_BOARD_EXCHANGED);
}

/* A board that is no longer there must not be green, and a link lost because the board was removed must say
 * so.
 */
static enum eg_code check_presence(const struct eg_run *run, enum eg_code code, struct eg_error *err)
{
    struct eg_error removed;

    if ((code != EG_OK && !may_be_removal(code)) || eg_run_check_board(run, &removed) == EG_OK)
        return code;
    if (code == EG_OK) {
        *err = removed;
        return err->code;
    }
    err->code = removed.code;
    return eg_error_prefix(err, "%s: ", removed.text);
}

static enum eg_code run_board(struct eg_run *run, const struct eg_stage *const *stages,
                              struct account *account, struct eg_error *err)
{
    run->attempt = 1;
    EG_TRY(run_hook(run, EG_BEFORE_BOARD, NULL, account, err));
    const enum eg_code code = check_presence(run, run_attempts(run, stages, account, err), err);
    return code == EG_OK ? check_undisputed(run, err) : code;
}

/* A board that has failed already stays with its own failure. */
static void run_required_hook(struct eg_run *run, struct account *account, struct eg_run_record *record,
                              struct eg_error *err)
{
    struct eg_error failure;

    if (run_hook(run, EG_AFTER_BOARD, record, account, &failure) != EG_OK &&
        eg_outcome_passed(record->outcome)) {
        *err = failure;
        set_failed(record, err);
    }
    record->stage_count = account->stage_count;
}

/* Make a failure of an outcome that was not recorded. A required hook was told a pass already. */
static void take_back(struct eg_run_record *record, bool hook_told, struct eg_error *err)
{
    if (hook_told)
        (void)eg_error_prefix(
            err, "after-board was told that this board passed, and any label it printed is wrong: ");
    set_failed(record, err);
}

/* Put the outcome on record. A pass of which the recorder knows that another program has had the MAC, too,
 * is none. */
static void record_outcome(const struct eg_run *run, struct eg_run_record *record, bool hook_told,
                           struct eg_error *err)
{
    const struct eg_recorder_ops *const ops = run->recorder->ops;
    enum eg_code code = ops->finish(run->recorder, run->number, record, err);

    if (code == EG_DUPLICATE_MAC) {
        take_back(record, hook_told, err);
        struct eg_error again;
        code = ops->finish(run->recorder, run->number, record, &again);
        if (code != EG_OK)
            *err = again;
    }
    if (code != EG_OK) {
        (void)eg_error_prefix(err, "recording the outcome: ");
        take_back(record, hook_told, err);
    }
}

/* The end of a run, whose hook is before the record or after it. */
static void end_record(struct eg_run *run, struct account *account, struct eg_run_record *record,
                       struct eg_error *err)
{
    const bool required = eg__hook_required(run->plan, EG_AFTER_BOARD);
    struct eg_error told;

    record->unit = run->has_unit ? &run->unit : NULL;
    record->stages = account->stages;
    record->stage_count = account->stage_count;
    if (required)
        run_required_hook(run, account, record, err);
    record_outcome(
        run, record,
        required && eg_outcome_passed(record->outcome) && eg__hook_given(run->plan, EG_AFTER_BOARD), err);
    if (!required)
        (void)!run_hook(run, EG_AFTER_BOARD, record, account, &told);
}

static void run_and_record(struct eg_run *run, const struct eg_stage *const *stages, struct account *account,
                           struct eg_run_record *record, struct eg_error *err)
{
    const uint64_t start_us = eg_clock_us();

    if (prepare(run, stages, account, err) != EG_OK) {
        run->number = 0;
        set_failed(record, err);
        return;
    }
    eg_claims_release(run->claims, run->slot);
    if (run_board(run, stages, account, err) != EG_OK) {
        tell_who(run, err);
        set_failed(record, err);
    } else if (run->marginal != NULL) {
        *record = (struct eg_run_record){.outcome = EG_PASS_MARGINAL, .text = "", .marginal = run->marginal};
    } else {
        *record = (struct eg_run_record){.outcome = EG_PASS, .text = "", .marginal = ""};
    }

    record->attempts = run->attempt;
    record->duration_us = eg_clock_us() - start_us;
    record->bytes_sent = account->bytes_sent;
    record->bytes_received = account->bytes_received;
    record->resends = account->resends;
    record->link = &run->link;
    record->regions = run->regions;
    record->region_count = regions_begun(run);
    record->erased = run->erased;
    record->erased_count = run->erased_count;
    record->values = run->values;
    record->value_count = run->value_count;
    record->log = run->log.data;
    record->log_size = run->log.size;
    end_record(run, account, record, err);
}

void eg__pipeline_run(struct eg_run *run, const struct eg_stage *const *stages, struct eg_result *result)
{
    struct account account = {0};
    struct eg_run_record record = {0};
    struct eg_error err = {0};

    run_and_record(run, stages, &account, &record, &err);
    set_result(result, run, &record);
    free(account.stages);
    free(run->regions);
    run->regions = NULL;
    eg__erased_forget(run);
    eg_run_forget_keys(run);
    eg_unit_data_destroy(run->unit_data);
    run->unit_data = NULL;
    eg_run_forget(run);
}

/* Record a run without an attempt. What is wrong is `cause`, or the board in the slot `rival`. */
static void record_refusal(struct eg_run *run, const char *rival, const struct eg_error *cause,
                           struct eg_result *result)
{
    struct account account = {0};
    struct eg_run_record record = {0};
    struct eg_error err = {0};

    run->number = 0;
    run->attempt = 1; /* of the hook */
    if (eg_alloc(&account.stages, BOARD_HOOKS, sizeof account.stages[0], &err) == EG_OK)
        (void)!begin_record(run, &err);
    const bool begun = run->number != 0;
    if (begun && cause != NULL)
        err = *cause;
    else if (begun)
        (void)!refuse_twin(run, rival, &err);
    set_failed(&record, &err);
    if (begun)
        end_record(run, &account, &record, &err);
    set_result(result, run, &record);
    free(account.stages);
}

void eg__pipeline_refuse(struct eg_run *run, const struct eg_error *cause, struct eg_result *result)
{
    record_refusal(run, NULL, cause, result);
}

void eg__pipeline_withdraw(struct eg_run *run, const char *rival, struct eg_result *result)
{
    const enum eg_outcome former = result->outcome;

    record_refusal(run, rival, NULL, result);
    result->withdraws = true;
    result->former = former;
}
