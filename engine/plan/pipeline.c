/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/plan/pipeline.h"

#include "engine/base/program.h"
#include "engine/base/text.h"
#include "engine/plan/look.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define ATTEMPTS_MAX 10
#define CUSTOMER_MAX 200 /* bytes */

#define WORDS(name, word, stage, help) [EG_##name] = {"hooks." #word, #word, stage},
const struct eg_hook_words eg_hook_words[EG_HOOKS] = {EG_HOOK_LIST(WORDS)};
#undef WORDS

static enum eg_code check_attempts(const char *text, struct eg_error *err)
{
    uint64_t number;

    if (eg_number_parse(text, &number) && number >= 1 && number <= ATTEMPTS_MAX)
        return EG_OK;
    return eg_error_set(err, EG_BAD_JOB, "is \"%.80s\", not a number from 1 to %d", text, ATTEMPTS_MAX);
}

static enum eg_code check_hook(const char *text, struct eg_error *err)
{
    char all[80] = "";

    for (int i = 0; i < EG_HOOKS; i++) {
        const size_t used = strlen(all);
        if (strcmp(text, eg_hook_words[i].word) == 0)
            return EG_OK;
        snprintf(all + used, sizeof all - used, "%s%s", i == 0 ? "" : ", ", eg_hook_words[i].word);
    }
    return eg_error_set(err, EG_BAD_JOB, "is \"%.80s\", not one of %s", text, all);
}

static enum eg_code check_customer(const char *text, struct eg_error *err)
{
    return strlen(text) <= CUSTOMER_MAX
               ? EG_OK
               : eg_error_set(err, EG_BAD_JOB, "has %zu bytes, more than %d", strlen(text), CUSTOMER_MAX);
}

static enum eg_code check_target(const char *text, struct eg_error *err)
{
    double ignored;

    return eg_look_target(&ignored, text)
               ? EG_OK
               : eg_error_set(err, EG_BAD_JOB,
                              "is \"%.80s\", not a yield in percent, more than 0 and at most 100", text);
}

#define OPTION(name, word, stage, text)                                                                      \
    {.key = "hooks." #word, .type = EG_OPTION_PROGRAM, .without = "none", .help = text},

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
     .without = "`retry.attempts` for every retryable code",
     .check = check_attempts,
     .help =
         "after how many attempts a failure of this code is final, 1 to 10: `{no-sync: 5, test-failed: 1}`"},
    {.key = "retry.delay",
     .type = EG_OPTION_DURATION,
     .fallback = "0ms",
     .least = 0,
     .most = 60 * 1000,
     .help = "how long to wait before another attempt"},
    EG_HOOK_LIST(OPTION){.key = "hooks.timeout",
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
    {.key = "report.customer",
     .type = EG_OPTION_TEXT,
     .without = "none",
     .check = check_customer,
     .help = "customer, shown on top of reports"},
    {.key = "report.logo",
     .type = EG_OPTION_FILE,
     .without = "none",
     .help = "PNG, JPEG or SVG file, shown on top of reports, up to 256 KiB, without scripts"},
    {.key = "report.target",
     .type = EG_OPTION_TEXT,
     .without = "none",
     .check = check_target,
     .help = "yield in percent that a batch must reach, such as `98.5`; the report says whether it did"},
    {.key = NULL},
};

enum eg_code eg_plan_init_settings(struct eg_plan *plan, const struct eg_stage *const *stages,
                                   struct eg_error *err)
{
    for (const struct eg_stage *const *stage = stages; *stage != NULL; stage++)
        EG_TRY(eg_settings_add(&plan->settings, &plan->setting_count, (*stage)->options, err));
    return eg_settings_add(&plan->settings, &plan->setting_count, eg_pipeline_options, err);
}

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

static const struct eg_hook_words *hook_of(const char *word)
{
    const struct eg_hook_words *hook = eg_hook_words;

    while (strcmp(hook->word, word) != 0)
        hook++;
    return hook;
}

enum eg_code eg_pipeline_check(const struct eg_plan *plan, const char **place, struct eg_error *err)
{
    const struct eg_setting *const required = eg_plan_setting(plan, "hooks.required");

    EG_TRY(check_codes(eg_plan_setting(plan, "retry.codes"), place, err));
    for (int i = 0; i < EG_HOOKS; i++) {
        const struct eg_setting *const hook = eg_plan_setting(plan, eg_hook_words[i].key);
        *place = hook->place;
        if (hook->item_count > 0 && eg_program_check(hook->items[0].text, err) != EG_OK) {
            err->code = EG_BAD_JOB;
            return eg_error_prefix(err, "%s: ", eg_hook_words[i].key);
        }
    }
    for (unsigned i = 0; i < required->item_count; i++) {
        const struct eg_hook_words *const hook = hook_of(required->items[i].text);
        *place = required->items[i].place;
        if (eg_plan_setting(plan, hook->key)->item_count == 0)
            return eg_error_set(err, EG_BAD_JOB, "hooks.required has %s, but there is no %s", hook->word,
                                hook->key);
    }
    const struct eg_setting *const logo = eg_plan_setting(plan, "report.logo");
    *place = logo->place;
    const char *kind;
    if (logo->given && eg_look_logo(&kind, &logo->content, err) != EG_OK) {
        err->code = EG_BAD_JOB;
        return eg_error_prefix(err, "report.logo: %s: ", logo->text);
    }
    return EG_OK;
}
