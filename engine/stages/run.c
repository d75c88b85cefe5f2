/* SPDX-License-Identifier: Apache-2.0 */

/* What every stage can ask of its run, and the job-file keys of the pipeline, which live here because a plan
 * needs the keys but not the line. */

#include "engine/stages/unit.h"

#include "engine/base/program.h"
#include "engine/base/text.h"
#include "engine/stages/hook.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS_MAX 10

static const char *const hooks[] = {
#define WORD(enumerator, word, name, help) word,
    EG_HOOKS(WORD)
#undef WORD
};
enum { HOOK_COUNT = sizeof hooks / sizeof *hooks };

static enum eg_code check_attempts(const char *text, struct eg_error *err)
{
    uint64_t number;

    if (eg_number_parse(text, &number) && number >= 1 && number <= ATTEMPTS_MAX)
        return EG_OK;
    return eg_error_set(err, EG_BAD_JOB, "is \"%.80s\", not a number from 1 to %d", text, ATTEMPTS_MAX);
}

static enum eg_code check_hook(const char *text, struct eg_error *err)
{
    char names[100] = "";

    for (int i = 0; i < HOOK_COUNT; i++) {
        if (strcmp(text, hooks[i]) == 0)
            return EG_OK;
        const size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "", hooks[i]);
    }
    return eg_error_set(err, EG_BAD_JOB, "is \"%.80s\", not one of %s", text, names);
}

const struct eg_option eg_pipeline_options[] = {
    {.key = "retry.attempts",
     .type = EG_OPTION_NUMBER,
     .fallback = "2",
     .least = 1,
     .most = ATTEMPTS_MAX,
     .help = "how often a board is tried before it counts as failed"},
    {.key = "retry.baud",
     .type = EG_OPTION_NUMBER_LIST,
     .fallback = "921600 460800 115200",
     .least = 9600,
     .most = 4000000,
     .help = "highest rate of the first, second, … attempt, the last for all further ones; not given: "
             "link.baud first"},
    {.key = "retry.codes",
     .type = EG_OPTION_MAP,
     .without = "`retry.attempts` for each that may pass",
     .check = check_attempts,
     .help =
         "after how many attempts a failure of this code is final, 1 to 10: `{no-sync: 5, test-failed: 1}`"},
    {.key = "retry.delay",
     .type = EG_OPTION_DURATION,
     .fallback = "0ms",
     .least = 0,
     .most = 60 * 1000,
     .help = "how long to wait before another attempt"},
#define KEY(enumerator, word, name, text)                                                                    \
    {.key = "hooks." word, .type = EG_OPTION_PROGRAM, .without = "none", .help = text},
    EG_HOOKS(KEY)
#undef KEY
        {.key = "hooks.timeout",
         .type = EG_OPTION_DURATION,
         .fallback = "10s",
         .least = 100,
         .most = 60 * 60 * 1000,
         .help = "how long a hook may take before it is ended"},
    {.key = "hooks.required",
     .type = EG_OPTION_TEXT_LIST,
     .without = "a hook that fails is a warning",
     .check = check_hook,
     .help = "hooks whose failure fails the board or the batch, such as `after_board`"},
    {.key = NULL},
};

/* EG_OK = no code has the name. */
static enum eg_code code_of(const char *name)
{
    for (enum eg_code code = EG_OK + 1; code <= EG_INTERNAL; code++) {
        if (strcmp(eg_code_name(code), name) == 0)
            return code;
    }
    return EG_OK;
}

static enum eg_code refuse_code(const char *name, struct eg_error *err)
{
    enum eg_code nearest = EG_OK;
    unsigned least = UINT_MAX;
    char all[300] = "";

    for (enum eg_code code = EG_OK + 1; code <= EG_INTERNAL; code++) {
        const unsigned distance = eg_text_distance(name, eg_code_name(code));
        const size_t used = strlen(all);
        if (distance < least) {
            least = distance;
            nearest = code;
        }
        if (eg_code_may_retry(code))
            snprintf(all + used, sizeof all - used, "%s%s", used > 0 ? ", " : "", eg_code_name(code));
    }
    if (least <= 2)
        return eg_error_set(err, EG_BAD_JOB, "retry.codes: there is no code %.80s; did you mean %s", name,
                            eg_code_name(nearest));
    return eg_error_set(err, EG_BAD_JOB,
                        "retry.codes: there is no code %.80s; those that may be tried again are %s", name,
                        all);
}

static enum eg_code check_codes(const struct eg_setting *codes, const char **place, struct eg_error *err)
{
    for (unsigned i = 0; i < codes->item_count; i++) {
        const struct eg_setting_item *const item = &codes->items[i];
        const enum eg_code code = code_of(item->name);
        uint64_t attempts;
        *place = item->place;
        if (code == EG_OK)
            return refuse_code(item->name, err);
        if (!eg_code_may_retry(code) && eg_number_parse(item->text, &attempts) && attempts != 1)
            return eg_error_set(err, EG_BAD_JOB,
                                "retry.codes.%s is %s, but what fails so fails again; only 1 is possible",
                                item->name, item->text);
    }
    return EG_OK;
}

#define HOOK_KEY 40

static const struct eg_setting *hook_of(const struct eg_plan *plan, const char *word, char key[HOOK_KEY])
{
    snprintf(key, HOOK_KEY, "hooks.%s", word);
    return eg_plan_setting(plan, key);
}

enum eg_code eg_pipeline_check(const struct eg_plan *plan, const char **place, struct eg_error *err)
{
    const struct eg_setting *const required = eg_plan_setting(plan, "hooks.required");
    char key[HOOK_KEY];

    EG_TRY(check_codes(eg_plan_setting(plan, "retry.codes"), place, err));
    for (int i = 0; i < HOOK_COUNT; i++) {
        const struct eg_setting *const hook = hook_of(plan, hooks[i], key);
        *place = hook->place;
        if (hook->item_count > 0 && eg_program_check(hook->items[0].text, err) != EG_OK) {
            err->code = EG_BAD_JOB;
            return eg_error_prefix(err, "%s: ", key);
        }
    }
    for (unsigned i = 0; i < required->item_count; i++) {
        *place = required->items[i].place;
        if (hook_of(plan, required->items[i].text, key)->item_count == 0)
            return eg_error_set(err, EG_BAD_JOB, "hooks.required has %s, but there is no %s",
                                required->items[i].text, key);
    }
    return EG_OK;
}

struct eg_log_origin eg_run_origin(const struct eg_run *run)
{
    return (struct eg_log_origin){run->slot, run->url, run->unit.mac};
}

enum eg_code eg_run_add_value(struct eg_run *run, const struct eg_value_record *value, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *name = NULL;
    EG_CLEANUP(eg_free_cleanup) char *text = NULL;
    EG_CLEANUP(eg_free_cleanup) char *limits = NULL;

    EG_TRY(eg_strdup(&name, value->name, err));
    EG_TRY(eg_strdup(&text, value->value, err));
    EG_TRY(eg_strdup(&limits, value->limits, err));
    struct eg_value_record *const more = realloc(run->values, (run->value_count + 1) * sizeof *more);
    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "values of the run");
    run->values = more;
    run->values[run->value_count++] =
        (struct eg_value_record){value->kind, name, text, limits, value->passed};
    name = text = limits = NULL;
    return EG_OK;
}

void eg_run_forget(struct eg_run *run)
{
    for (unsigned i = 0; i < run->value_count; i++) {
        free((char *)run->values[i].name);
        free((char *)run->values[i].value);
        free((char *)run->values[i].limits);
    }
    free(run->values);
    run->values = NULL;
    run->value_count = 0;
    eg_buffer_finish(&run->log);
}

unsigned eg_run_region_room(const struct eg_plan *plan)
{
    return plan->region_count + 1 + eg_plan_setting(plan, "unit.raw")->group_count +
           eg_plan_setting(plan, "unit.file")->group_count;
}

unsigned eg_run_region_count(const struct eg_run *run)
{
    return run->plan->region_count + (run->unit_data != NULL ? run->unit_data->region_count : 0);
}

const struct eg_region *eg_run_region(const struct eg_run *run, unsigned index)
{
    const unsigned of_plan = run->plan->region_count;

    return index < of_plan ? &run->plan->regions[index] : &run->unit_data->regions[index - of_plan];
}

enum eg_code eg_run_mark_rows(struct eg_run *run, enum eg_pool_state state, struct eg_error *err)
{
    if (run->unit_data == NULL || !run->unit_data->from_pool)
        return EG_OK;
    return run->recorder->ops->mark(run->recorder, run->number, state, err);
}

static uint64_t data_size(const struct eg_run *run)
{
    uint64_t size = run->plan->data_size;

    for (unsigned i = run->plan->region_count; i < eg_run_region_count(run); i++)
        size += eg_run_region(run, i)->data.size;
    return size;
}

void eg_run_progress(struct eg_run *run, const char *what, uint64_t done, uint64_t total)
{
    const struct eg_log_origin origin = eg_run_origin(run);

    eg_log_progress(run->logger, &origin, run->stage->name, what, done, total);
}

void eg_region_progress(void *context, uint64_t done, uint64_t total)
{
    const struct eg_region_progress *progress = context;

    (void)total;
    eg_run_progress(progress->run, progress->what, progress->done_before + done, data_size(progress->run));
}
