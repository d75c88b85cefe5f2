/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The settings of a plan, and its end. What goes into regions is made by jobs/.
 *
 * A value is parsed when it is given, so that a worker never meets text that means nothing; a plan without
 * settings from a job has the fallbacks of every option.
 */

#include "engine/stages/plan.h"

#include "engine/stages/stage.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool eg_number_parse(const char *text, uint64_t *number)
{
    static const struct {
        const char *name;
        unsigned shift;
    } units[] = {{"", 0}, {"k", 10}, {"kb", 10}, {"kib", 10}, {"m", 20}, {"mb", 20}, {"mib", 20}};
    const bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *const digits = hex ? text + 2 : text;
    const char *at = digits;
    uint64_t value = 0;

    for (;; at++) {
        const uint64_t base = hex ? 16 : 10;
        uint64_t digit;
        if (*at >= '0' && *at <= '9')
            digit = (uint64_t)(*at - '0');
        else if (hex && ((*at >= 'a' && *at <= 'f') || (*at >= 'A' && *at <= 'F')))
            digit = (uint64_t)((*at | 0x20) - 'a' + 10);
        else
            break;
        if (value > (UINT64_MAX - digit) / base)
            return false;
        value = value * base + digit;
    }
    if (at == digits)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcasecmp(at, units[i].name) != 0)
            continue;
        if (value > UINT64_MAX >> units[i].shift)
            return false;
        *number = value << units[i].shift;
        return true;
    }
    return false;
}

static enum eg_code add_settings(struct eg_plan *plan, const struct eg_option *options, struct eg_error *err)
{
    for (const struct eg_option *option = options; option != NULL && option->key != NULL; option++) {
        if (eg_plan_setting(plan, option->key) != NULL)
            return eg_error_set(err, EG_INTERNAL, "two options have the key %s", option->key);
        struct eg_setting *const more =
            realloc(plan->settings, (plan->setting_count + 1) * sizeof *plan->settings);
        if (more == NULL)
            return eg_error_set(err, EG_NO_MEMORY, "settings of the plan");
        plan->settings = more;
        struct eg_setting *const setting = &plan->settings[plan->setting_count++];
        *setting = (struct eg_setting){.option = option};
        EG_TRY(eg_setting_set(setting, option->fallback, err));
        setting->given = false;
    }
    return EG_OK;
}

enum eg_code eg_plan_init_settings(struct eg_plan *plan, struct eg_error *err)
{
    for (const struct eg_stage *const *stage = eg_stages; *stage != NULL; stage++)
        EG_TRY(add_settings(plan, (*stage)->options, err));
    return add_settings(plan, eg_pipeline_options, err);
}

struct eg_setting *eg_plan_setting(const struct eg_plan *plan, const char *key)
{
    for (unsigned i = 0; i < plan->setting_count; i++)
        if (strcmp(plan->settings[i].option->key, key) == 0)
            return &plan->settings[i];
    return NULL;
}

static enum eg_code not_a_number(const struct eg_option *option, const char *text, struct eg_error *err)
{
    return eg_error_set(err, EG_BAD_JOB, "%s is \"%.80s\", not a number from %llu to %llu", option->key, text,
                        (unsigned long long)option->least, (unsigned long long)option->most);
}

static enum eg_code set_numbers(struct eg_setting *setting, const char *text, unsigned most,
                                struct eg_error *err)
{
    const struct eg_option *const option = setting->option;
    struct eg_setting parsed = *setting;
    EG_CLEANUP(eg_free_cleanup) char *copy = NULL;
    char *rest;

    EG_TRY(eg_strdup(&copy, text, err));
    parsed.count = 0;
    for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        uint64_t number;
        if (!eg_number_parse(word, &number) || number < option->least || number > option->most)
            return not_a_number(option, word, err);
        if (parsed.count == most)
            return eg_error_set(err, EG_BAD_JOB, "%s has more than %u number%s", option->key, most,
                                most == 1 ? "" : "s");
        parsed.number[parsed.count++] = number;
    }
    if (parsed.count == 0)
        return not_a_number(option, text, err);
    *setting = parsed;
    return EG_OK;
}

static enum eg_code set_choice(struct eg_setting *setting, const char *text, struct eg_error *err)
{
    char allowed[300] = "";

    for (unsigned i = 0; setting->option->choices[i] != NULL; i++) {
        const char *const choice = setting->option->choices[i];
        if (strcmp(choice, text) == 0) {
            setting->choice = i;
            return EG_OK;
        }
        if (i > 0)
            strncat(allowed, ", ", sizeof allowed - strlen(allowed) - 1);
        strncat(allowed, choice, sizeof allowed - strlen(allowed) - 1);
    }
    return eg_error_set(err, EG_BAD_JOB, "%s is \"%.80s\", not one of %s", setting->option->key, text,
                        allowed);
}

enum eg_code eg_setting_set(struct eg_setting *setting, const char *text, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *copy = NULL;

    EG_TRY(eg_strdup(&copy, text, err));
    switch (setting->option->type) {
    case EG_OPTION_NUMBER:
        EG_TRY(set_numbers(setting, text, 1, err));
        break;
    case EG_OPTION_NUMBER_LIST:
        EG_TRY(set_numbers(setting, text, EG_SETTING_LIST_MAX, err));
        break;
    case EG_OPTION_CHOICE:
        EG_TRY(set_choice(setting, text, err));
        break;
    case EG_OPTION_TEXT:
        break;
    }
    free(setting->text);
    setting->text = copy;
    copy = NULL;
    setting->given = true;
    return EG_OK;
}

/* The key is a constant in the code of a stage: one that does not exist cannot be met by any job. */
static const struct eg_setting *of_type(const struct eg_plan *plan, const char *key, enum eg_option_type type)
{
    const struct eg_setting *const setting = eg_plan_setting(plan, key);

    if (setting == NULL || setting->option->type != type)
        abort();
    return setting;
}

uint64_t eg_plan_number(const struct eg_plan *plan, const char *key)
{
    return of_type(plan, key, EG_OPTION_NUMBER)->number[0];
}

unsigned eg_plan_choice(const struct eg_plan *plan, const char *key)
{
    return of_type(plan, key, EG_OPTION_CHOICE)->choice;
}

void eg_plan_destroy(struct eg_plan *plan)
{
    if (plan == NULL)
        return;
    for (unsigned i = 0; i < plan->region_count; i++) {
        free(plan->regions[i].name);
        free(plan->regions[i].path);
        eg_buffer_finish(&plan->regions[i].data);
        eg_buffer_finish(&plan->regions[i].zlib);
    }
    for (unsigned i = 0; i < plan->setting_count; i++)
        free(plan->settings[i].text);
    free(plan->regions);
    free(plan->settings);
    free(plan->job_name);
    free(plan->job_version);
    free(plan->job_path);
    eg_buffer_finish(&plan->job_text);
    free(plan);
}

void eg_plan_destroy_cleanup(struct eg_plan **plan)
{
    eg_plan_destroy(*plan);
}
