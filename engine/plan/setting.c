/* SPDX-License-Identifier: Apache-2.0 */

/* Values of options: parsed from text, kept, freed. Not here: which options there are, and reading job files.
 */

#include "engine/plan/setting.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A whole number, up to `*end`; false = none, or too large. */
static bool parse_digits(const char *text, uint64_t *value, const char **end)
{
    const bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const uint64_t base = hex ? 16 : 10;
    const char *const digits = hex ? text + 2 : text;
    const char *at = digits;

    for (*value = 0;; at++) {
        uint64_t digit;
        if (*at >= '0' && *at <= '9')
            digit = (uint64_t)(*at - '0');
        else if (hex && ((*at >= 'a' && *at <= 'f') || (*at >= 'A' && *at <= 'F')))
            digit = (uint64_t)((*at | 0x20) - 'a') + 10;
        else
            break;
        if (*value > (UINT64_MAX - digit) / base)
            return false;
        *value = *value * base + digit;
    }
    *end = at;
    return at != digits;
}

bool eg_number_parse(const char *text, uint64_t *number)
{
    static const struct {
        const char *name;
        unsigned shift;
    } units[] = {{"", 0}, {"k", 10}, {"kb", 10}, {"kib", 10}, {"m", 20}, {"mb", 20}, {"mib", 20}};
    const char *unit;
    uint64_t value;

    if (!parse_digits(text, &value, &unit))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcasecmp(unit, units[i].name) != 0)
            continue;
        if (value > UINT64_MAX >> units[i].shift)
            return false;
        *number = value << units[i].shift;
        return true;
    }
    return false;
}

bool eg_duration_parse(const char *text, uint64_t *milliseconds)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"min", 60 * 1000}, {"h", 60 * 60 * 1000}};
    const char *unit;
    uint64_t value;

    if (!parse_digits(text, &value, &unit))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(unit, units[i].name) != 0)
            continue;
        if (value > UINT64_MAX / units[i].ms)
            return false;
        *milliseconds = value * units[i].ms;
        return true;
    }
    return false;
}

enum eg_code eg_settings_add(struct eg_setting **settings, unsigned *count, const struct eg_option *options,
                             struct eg_error *err)
{
    for (const struct eg_option *option = options; option != NULL && option->key != NULL; option++) {
        if (eg_settings_find(*settings, *count, option->key) != NULL)
            return eg_error_set(err, EG_INTERNAL, "two options have the key %s", option->key);
        EG_TRY(eg_grow(settings, *count, sizeof **settings, err));
        struct eg_setting *const setting = &(*settings)[(*count)++];
        setting->option = option;
        if (option->fallback != NULL)
            EG_TRY(eg_setting_set(setting, option->fallback, err));
        setting->given = false;
    }
    return EG_OK;
}

struct eg_setting *eg_settings_find(const struct eg_setting *settings, unsigned count, const char *key)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(settings[i].option->key, key) == 0)
            return (struct eg_setting *)&settings[i];
    return NULL;
}

const struct eg_setting *eg_group_setting(const struct eg_setting_group *group, const char *key)
{
    const struct eg_setting *const setting = eg_settings_find(group->settings, group->setting_count, key);

    if (setting == NULL)
        abort();
    return setting;
}

static void finish(struct eg_setting *setting)
{
    for (unsigned i = 0; i < setting->item_count; i++) {
        free(setting->items[i].name);
        free(setting->items[i].text);
        free(setting->items[i].place);
        eg_buffer_finish(&setting->items[i].content);
    }
    for (unsigned i = 0; i < setting->group_count; i++) {
        free(setting->groups[i].place);
        eg_settings_destroy(setting->groups[i].settings, setting->groups[i].setting_count);
    }
    eg_buffer_finish(&setting->content);
    free(setting->items);
    free(setting->groups);
    free(setting->place);
    free(setting->text);
}

void eg_setting_clear(struct eg_setting *setting)
{
    finish(setting);
    *setting = (struct eg_setting){.option = setting->option};
}

void eg_settings_destroy(struct eg_setting *settings, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        finish(&settings[i]);
    free(settings);
}

static enum eg_code not_a_duration(const struct eg_option *option, const char *text, struct eg_error *err)
{
    return eg_error_set(
        err, EG_BAD_JOB, "%s is \"%.80s\", not a time such as 500ms or 10s from %llu ms to %llu s",
        option->key, text, (unsigned long long)option->least, (unsigned long long)option->most / 1000);
}

static enum eg_code set_duration(struct eg_setting *setting, const char *text, struct eg_error *err)
{
    const struct eg_option *const option = setting->option;
    uint64_t ms;

    if (!eg_duration_parse(text, &ms) || ms < option->least || ms > option->most)
        return not_a_duration(option, text, err);
    setting->number[0] = ms;
    setting->count = 1;
    return EG_OK;
}

static enum eg_code not_a_number(const struct eg_option *option, const char *text, struct eg_error *err)
{
    return eg_error_set(err, EG_BAD_JOB, "%s is \"%.80s\", not %s%sa number from %llu to %llu", option->key,
                        text, option->word != NULL ? option->word : "", option->word != NULL ? " or " : "",
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
        if (option->word != NULL && strcmp(word, option->word) == 0)
            number = 0;
        else if (!eg_number_parse(word, &number) || number < option->least || number > option->most)
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

static enum eg_code check_text(const struct eg_option *option, const char *name, const char *text,
                               struct eg_error *err)
{
    if (option->check == NULL || option->check(text, err) == EG_OK)
        return EG_OK;
    return name == NULL ? eg_error_prefix(err, "%s ", option->key)
                        : eg_error_prefix(err, "%s.%.80s ", option->key, name);
}

enum eg_code eg_setting_add_item(struct eg_setting *setting, const char *name, const char *text,
                                 const char *place, struct eg_error *err)
{
    EG_TRY(check_text(setting->option, name, text, err));
    EG_TRY(eg_grow(&setting->items, setting->item_count, sizeof *setting->items, err));
    struct eg_setting_item *const item = &setting->items[setting->item_count++];
    if (name != NULL)
        EG_TRY(eg_strdup(&item->name, name, err));
    if (place != NULL)
        EG_TRY(eg_strdup(&item->place, place, err));
    EG_TRY(eg_strdup(&item->text, text, err));
    setting->given = true;
    return EG_OK;
}

enum eg_code eg_setting_add_group(struct eg_setting *setting, const char *place,
                                  struct eg_setting_group **group, struct eg_error *err)
{
    EG_TRY(eg_grow(&setting->groups, setting->group_count, sizeof *setting->groups, err));
    *group = &setting->groups[setting->group_count++];
    setting->given = true;
    EG_TRY(eg_strdup(&(*group)->place, place, err));
    return eg_settings_add(&(*group)->settings, &(*group)->setting_count, setting->option->group, err);
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
    case EG_OPTION_DURATION:
        EG_TRY(set_duration(setting, text, err));
        break;
    case EG_OPTION_CHOICE:
        EG_TRY(set_choice(setting, text, err));
        break;
    case EG_OPTION_TEXT:
        EG_TRY(check_text(setting->option, NULL, text, err));
        break;
    case EG_OPTION_FILE:
    case EG_OPTION_SECRET_FILE:
        break;
    case EG_OPTION_TEXT_LIST:
    case EG_OPTION_FILE_LIST:
    case EG_OPTION_PROGRAM:
        EG_TRY(eg_setting_add_item(setting, NULL, text, NULL, err));
        break;
    case EG_OPTION_MAP:
    case EG_OPTION_GROUPS:
        return eg_error_set(err, EG_INTERNAL, "%s takes no text", setting->option->key);
    }
    free(setting->text);
    setting->text = copy;
    copy = NULL;
    setting->given = true;
    return EG_OK;
}
