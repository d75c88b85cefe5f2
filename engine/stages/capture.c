/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/capture.h"

#include "engine/base/text.h"

#include <stdio.h>
#include <string.h>

/* A double holds every decimal number of so many digits, and tells any two of them apart. */
#define DIGITS_MAX 15

#define LIMITS_TEXT 160

/* "-3.30"; false = it is no decimal number, or too long for one. */
static bool parse_decimal(const char *text, double *value)
{
    const char *at = text + (text[0] == '-' || text[0] == '+');
    double scale = 1;
    unsigned digits = 0;
    bool fraction = false;

    for (*value = 0; *at != '\0'; at++) {
        if (*at == '.' && !fraction && digits > 0 && at[1] != '\0') {
            fraction = true;
            continue;
        }
        if (*at < '0' || *at > '9' || ++digits > DIGITS_MAX)
            return false;
        *value = *value * 10 + (*at - '0');
        scale *= fraction ? 10 : 1;
    }
    *value /= text[0] == '-' ? -scale : scale;
    return digits > 0;
}

static enum eg_code check_decimal(const char *text, struct eg_error *err)
{
    double ignored;

    if (!parse_decimal(text, &ignored))
        return eg_error_set(err, EG_BAD_JOB, "is \"%.80s\", not a decimal number such as -3.30", text);
    return EG_OK;
}

static enum eg_code check_word(const char *text, struct eg_error *err)
{
    if (text[0] == '\0' || strlen(text) > 60)
        return eg_error_set(err, EG_BAD_JOB, "is \"%.80s\", not 1 to 60 bytes", text);
    if (eg_text_check(text, strlen(text), err) == EG_OK)
        return EG_OK;
    err->code = EG_BAD_JOB;
    return eg_error_prefix(err, "is no text: ");
}

static const char *const yes_no[] = {"yes", "no", NULL};

const struct eg_option eg_capture_options[] = {
    {.key = "name",
     .type = EG_OPTION_TEXT,
     .required = true,
     .check = check_word,
     .help = "name of the value, in the ledger and in reports"},
    {.key = "pattern",
     .type = EG_OPTION_TEXT,
     .required = true,
     .help = "regular expression whose first group in parentheses is the value, such as "
             "`3v3=([0-9.]+)`; the first whole line that matches counts"},
    {.key = "unit",
     .type = EG_OPTION_TEXT,
     .without = "none",
     .check = check_word,
     .help = "its unit, such as V"},
    {.key = "least",
     .type = EG_OPTION_TEXT,
     .without = "no limit",
     .check = check_decimal,
     .help = "the least that passes, a decimal number"},
    {.key = "most",
     .type = EG_OPTION_TEXT,
     .without = "no limit",
     .check = check_decimal,
     .help = "the most that passes"},
    {.key = "required",
     .type = EG_OPTION_CHOICE,
     .fallback = "yes",
     .choices = yes_no,
     .help = "whether a log without it fails the test"},
    {.key = NULL},
};

enum eg_code eg_capture_init(struct eg_capture *capture, const struct eg_setting_group *group,
                             const char **place, struct eg_error *err)
{
    const struct eg_setting *const pattern = eg_group_setting(group, "pattern");
    const struct eg_setting *const most = eg_group_setting(group, "most");
    const char *const unit = eg_group_setting(group, "unit")->text;
    double least_value, most_value;

    *capture = (struct eg_capture){
        .name = eg_group_setting(group, "name")->text,
        .unit = unit != NULL ? unit : "",
        .least = eg_group_setting(group, "least")->text,
        .most = most->text,
        .required = eg_group_setting(group, "required")->choice == 0,
    };
    *place = pattern->place;
    if (eg_pattern_init(&capture->pattern, pattern->text, false, err) != EG_OK)
        return eg_error_prefix(err, "pattern ");
    if (eg_pattern_groups(&capture->pattern) == 0)
        return eg_error_set(err, EG_BAD_JOB,
                            "pattern is \"%.80s\", without a group in parentheses that would be the value",
                            pattern->text);
    *place = most->place;
    if (capture->least != NULL && capture->most != NULL && parse_decimal(capture->least, &least_value) &&
        parse_decimal(capture->most, &most_value) && least_value > most_value)
        return eg_error_set(err, EG_BAD_JOB, "most is %s, less than least, which is %s", capture->most,
                            capture->least);
    *place = NULL;
    return EG_OK;
}

void eg_capture_finish(struct eg_capture *capture)
{
    eg_pattern_finish(&capture->pattern);
}

enum eg_code eg_capture_look(struct eg_capture *capture, const char *line, struct eg_error *err)
{
    const char *value;
    size_t size;

    if (capture->found)
        return EG_OK;
    if (eg_pattern_group(&capture->pattern, line, &value, &size, err) != EG_OK)
        return eg_error_prefix(err, "value %s: ", capture->name);
    if (value == NULL)
        return EG_OK;
    eg_app_quote(capture->value, value, size);
    capture->found = true;
    return EG_OK;
}

/* "3.0 to 3.6 V"; "" = none. */
static void limits_text(char text[LIMITS_TEXT], const struct eg_capture *capture)
{
    const char *const space = capture->unit[0] != '\0' ? " " : "";

    text[0] = '\0';
    if (capture->least != NULL && capture->most != NULL)
        snprintf(text, LIMITS_TEXT, "%s to %s%s%s", capture->least, capture->most, space, capture->unit);
    else if (capture->least != NULL)
        snprintf(text, LIMITS_TEXT, "at least %s%s%s", capture->least, space, capture->unit);
    else if (capture->most != NULL)
        snprintf(text, LIMITS_TEXT, "at most %s%s%s", capture->most, space, capture->unit);
}

enum eg_code eg_capture_judge(const struct eg_capture *capture, struct eg_error *err)
{
    char limits[LIMITS_TEXT];
    double value, limit;

    if (!capture->found && capture->required)
        return eg_error_set(err, EG_TEST_FAILED, "%s is not in the log: no line matched \"%.80s\"",
                            capture->name, capture->pattern.text);
    if (!capture->found || (capture->least == NULL && capture->most == NULL))
        return EG_OK;
    limits_text(limits, capture);
    if (!parse_decimal(capture->value, &value))
        return eg_error_set(err, EG_TEST_FAILED, "%s is \"%.80s\", no number and so not %s", capture->name,
                            capture->value, limits);
    if ((capture->least != NULL && parse_decimal(capture->least, &limit) && value < limit) ||
        (capture->most != NULL && parse_decimal(capture->most, &limit) && value > limit))
        return eg_error_set(err, EG_TEST_FAILED, "%s is %s%s%s, not %s", capture->name, capture->value,
                            capture->unit[0] != '\0' ? " " : "", capture->unit, limits);
    return EG_OK;
}

enum eg_code eg_capture_record(const struct eg_capture *capture, struct eg_run *run, struct eg_error *err)
{
    struct eg_value_record record = {.kind = EG_VALUE_MEASURED,
                                     .name = capture->name,
                                     .value = capture->value,
                                     .unit = capture->unit,
                                     .lower = capture->least,
                                     .upper = capture->most};
    char limits[LIMITS_TEXT];
    struct eg_error ignored;

    if (!capture->found)
        return EG_OK;
    limits_text(limits, capture);
    record.limits = limits;
    record.is_number = parse_decimal(capture->value, &record.number);
    record.passed = eg_capture_judge(capture, &ignored) == EG_OK;
    return eg_run_add_value(run, &record, err);
}
