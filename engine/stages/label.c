/* SPDX-License-Identifier: Apache-2.0 */

/*
 * label: the text that was scanned for the board, held against what the job says of labels.
 *
 * It comes after unit, whose names the label may have to agree with, and before anything is erased. A row of
 * a pool that was reserved for a board with a wrong label is free again when the run ends.
 */

#include "engine/stages/label.h"

#include "engine/base/mac.h"
#include "engine/stages/pattern.h"
#include "engine/stages/unit_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of the choices. */
static const char *const no_yes[] = {"no", "yes", NULL};

/* A pattern as it is compiled: it must match the whole label. */
#define WHOLE_PATTERN (EG_PATTERN_MAX + 16)

static void make_whole(char whole[WHOLE_PATTERN], const char *text)
{
    snprintf(whole, WHOLE_PATTERN, "\\A(?:%s)\\z", text);
}

static enum eg_code check_pattern(const char *text, struct eg_error *err)
{
    EG_CLEANUP(eg_pattern_finish) struct eg_pattern pattern = {0};
    char whole[WHOLE_PATTERN];

    EG_TRY(eg_pattern_init(&pattern, text, false, err)); /* whose sentence has the job's own text */
    eg_pattern_finish(&pattern);
    pattern = (struct eg_pattern){0};
    make_whole(whole, text);
    return eg_pattern_init(&pattern, whole, false, err);
}

static const struct eg_option options[] = {
    {.key = "label.required",
     .type = EG_OPTION_CHOICE,
     .fallback = "no",
     .choices = no_yes,
     .help = "whether a board without a label, scanned or typed, is refused"},
    {.key = "label.pattern",
     .type = EG_OPTION_TEXT,
     .check = check_pattern,
     .without = "any text",
     .help = "regular expression that the whole label must match; its first group in parentheses, if any, is "
             "what `label.equals` is compared with"},
    {.key = "label.equals",
     .type = EG_OPTION_TEXT,
     .check = eg_template_check,
     .without = "not compared",
     .help =
         "template of what the label must be: `{mac}`, `{serial}`, a column of the pool; a MAC in any usual "
         "form"},
    {.key = NULL},
};

bool eg_label_required(const struct eg_plan *plan)
{
    return eg_plan_choice(plan, "label.required") != 0;
}

bool eg_label_used(const struct eg_plan *plan)
{
    return eg_label_required(plan) || eg_plan_setting(plan, "label.pattern")->given ||
           eg_plan_setting(plan, "label.equals")->given;
}

/* Copy what of the label is compared: the pattern's first group, or all of it. */
static enum eg_code take_part(char **part, const struct eg_plan *plan, const char *label,
                              struct eg_error *err)
{
    const struct eg_setting *const setting = eg_plan_setting(plan, "label.pattern");
    EG_CLEANUP(eg_pattern_finish) struct eg_pattern pattern = {0};
    char whole[WHOLE_PATTERN];
    const char *group;
    size_t size;
    bool matches;

    if (!setting->given)
        return eg_strdup(part, label, err);
    make_whole(whole, setting->text);
    EG_TRY(eg_pattern_init(&pattern, whole, false, err));
    EG_TRY(eg_pattern_match(&pattern, label, &matches, err));
    if (!matches)
        return eg_error_set(err, EG_NOT_ACCEPTED, "label '%.80s' is not as label.pattern has it: %.200s",
                            label, setting->text);
    EG_TRY(eg_pattern_group(&pattern, label, &group, &size, err));
    if (group == NULL)
        return eg_strdup(part, label, err);
    EG_TRY(eg_alloc(part, size + 1, 1, err));
    memcpy(*part, group, size);
    return EG_OK;
}

enum eg_code eg_label_check(const struct eg_plan *plan, const char *label, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *part = NULL;

    if (label != NULL && label[0] != '\0')
        return take_part(&part, plan, label, err);
    if (eg_label_required(plan))
        return eg_error_set(err, EG_NOT_ACCEPTED, "the board has no label, and the job requires one");
    return EG_OK;
}

/* MACs are written in several forms. */
static bool is_same(const char *part, const char *wanted)
{
    char mac[EG_MAC_TEXT], wanted_mac[EG_MAC_TEXT];

    if (eg_mac_normalise(mac, part) && eg_mac_normalise(wanted_mac, wanted))
        return strcmp(mac, wanted_mac) == 0;
    return strcmp(part, wanted) == 0;
}

static enum eg_code compare(const struct eg_run *run, const char *part, struct eg_error *err)
{
    const struct eg_setting *const equals = eg_plan_setting(run->plan, "label.equals");
    EG_CLEANUP(eg_free_cleanup) char *wanted = NULL;
    bool secret = false;

    if (!equals->given)
        return EG_OK;
    EG_TRY(eg_unit_expand(&wanted, &secret, equals, run, err));
    if (is_same(part, wanted))
        return EG_OK;
    if (secret)
        return eg_error_set(err, EG_NOT_ACCEPTED, "the label is not %s of this board, which is secret",
                            equals->text);
    return eg_error_set(err, EG_NOT_ACCEPTED, "label '%.80s' is not %.80s, which is %s of this board", part,
                        wanted, equals->text);
}

static enum eg_code check_label(struct eg_run *run, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *part = NULL;

    EG_TRY(eg_label_check(run->plan, run->label, err));
    if (run->label == NULL)
        return EG_OK;
    EG_TRY(take_part(&part, run->plan, run->label, err));
    return compare(run, part, err);
}

const struct eg_stage eg_stage_label = {
    .name = "label",
    .summary = "hold the label that was scanned against the job and the board",
    .order = 37,
    .options = options,
    .needs = EG_FACT_IDENTIFIED | EG_FACT_ADMITTED,
    .weight = 1,
    .applies = eg_label_used,
    .run = check_label,
};
