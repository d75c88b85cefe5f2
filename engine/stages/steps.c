/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/steps.h"

#include "engine/base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The bytes of a text with \n, \r, \t, \\ and \xNN; false = another escape. `bytes` has room for all of
 * `text`. */
static bool unescape(const char *text, uint8_t *bytes, size_t *size)
{
    static const char letters[] = "nrt\\", meant[] = "\n\r\t\\";

    for (*size = 0; *text != '\0'; (*size)++) {
        const char *const letter = text[0] == '\\' && text[1] != '\0' ? strchr(letters, text[1]) : NULL;
        char hex[3] = "";

        if (text[0] != '\\') {
            bytes[*size] = (uint8_t)*text++;
        } else if (letter != NULL) {
            bytes[*size] = (uint8_t)meant[letter - letters];
            text += 2;
        } else {
            if (text[1] == 'x')
                snprintf(hex, sizeof hex, "%s", text + 2);
            if (!eg_hex_parse(&bytes[*size], 1, hex))
                return false;
            text += 4;
        }
    }
    return true;
}

static enum eg_code check_send(const char *text, struct eg_error *err)
{
    uint8_t bytes[EG_STEP_SEND_MAX];
    size_t size;

    if (strlen(text) > EG_STEP_SEND_MAX)
        return eg_error_set(err, EG_BAD_JOB, "has %zu bytes, more than %d", strlen(text), EG_STEP_SEND_MAX);
    if (!unescape(text, bytes, &size))
        return eg_error_set(err, EG_BAD_JOB,
                            "is \"%.80s\", with an escape that is none of \\n \\r \\t \\\\ \\xNN", text);
    return EG_OK;
}

size_t eg_step_bytes(const struct eg_step *step, uint8_t bytes[EG_STEP_SEND_MAX])
{
    size_t size = 0;

    if (step->send != NULL)
        (void)unescape(step->send, bytes, &size); /* check_send() has had it */
    return size;
}

static const char *const no_yes[] = {"no", "yes", NULL};

const struct eg_option eg_step_options[] = {
    {.key = "expect",
     .type = EG_OPTION_TEXT,
     .without = "the step lasts its whole time",
     .help = "regular expression that a line of the log must match within the time; a last line without an "
             "end counts once the time is over"},
    {.key = "forbid",
     .type = EG_OPTION_TEXT_LIST,
     .without = "none",
     .help = "what no line may match meanwhile, one or a list; a crash (Guru Meditation, abort(), brown-out, "
             "…) fails the test without it"},
    {.key = "literal",
     .type = EG_OPTION_CHOICE,
     .fallback = "no",
     .choices = no_yes,
     .help = "whether `expect` and `forbid` are texts to be found as they are, not regular expressions"},
    {.key = "timeout",
     .type = EG_OPTION_DURATION,
     .fallback = "10s",
     .least = 1,
     .most = 60 * 60 * 1000,
     .help = "how long to wait for it, up to an hour"},
    {.key = "baud",
     .type = EG_OPTION_NUMBER,
     .fallback = "115200",
     .least = 300,
     .most = 5000000,
     .help = "rate of the log; the ROM of an ESP8266, and of an ESP32-C2 with a crystal of 26 MHz, prints at "
             "74880"},
    {.key = "send",
     .type = EG_OPTION_TEXT,
     .without = "nothing",
     .check = check_send,
     .help = "what to send to the application as the step begins, with `\\n`, `\\r`, `\\t`, `\\\\`, `\\xNN`; "
             "let a step before it wait until the application listens"},
    {.key = NULL},
};

static enum eg_code init_step(struct eg_step *step, const struct eg_setting_group *group, const char **place,
                              struct eg_error *err)
{
    const struct eg_setting *const expect = eg_group_setting(group, "expect");
    const struct eg_setting *const forbid = eg_group_setting(group, "forbid");
    const bool literal = eg_group_setting(group, "literal")->choice == 1;

    step->timeout_ms = (uint32_t)eg_group_setting(group, "timeout")->number[0];
    step->baud = (uint32_t)eg_group_setting(group, "baud")->number[0];
    step->send = eg_group_setting(group, "send")->text;
    *place = group->place;
    if (expect->text == NULL && forbid->item_count == 0)
        return eg_error_set(err, EG_BAD_JOB, "a step of the test has neither expect nor forbid");
    *place = expect->place;
    if (expect->text != NULL && eg_pattern_init(&step->expect, expect->text, literal, err) != EG_OK)
        return eg_error_prefix(err, "expect ");
    EG_TRY(eg_alloc(&step->forbid, forbid->item_count, sizeof *step->forbid, err));
    for (; step->forbid_count < forbid->item_count; step->forbid_count++) {
        const struct eg_setting_item *const item = &forbid->items[step->forbid_count];
        *place = item->place;
        if (eg_pattern_init(&step->forbid[step->forbid_count], item->text, literal, err) != EG_OK) {
            eg_pattern_finish(&step->forbid[step->forbid_count]);
            return eg_error_prefix(err, "forbid ");
        }
    }
    *place = NULL;
    return EG_OK;
}

enum eg_code eg_steps_init(struct eg_steps *steps, const struct eg_plan *plan, const char **place,
                           struct eg_error *err)
{
    const struct eg_setting *const groups = eg_plan_setting(plan, "test");

    EG_TRY(eg_alloc(&steps->list, groups->group_count + 1, sizeof *steps->list, err));
    for (unsigned i = 0; i < groups->group_count; i++) {
        steps->count++;
        EG_TRY(init_step(&steps->list[i], &groups->groups[i], place, err));
        steps->list[i + 1].baud = steps->list[i].baud;
    }
    steps->list[steps->count].timeout_ms = (uint32_t)eg_plan_number(plan, "settle");
    return EG_OK;
}

void eg_steps_finish(struct eg_steps *steps)
{
    for (unsigned i = 0; i < steps->count; i++) {
        struct eg_step *const step = &steps->list[i];

        eg_pattern_finish(&step->expect);
        for (unsigned j = 0; j < step->forbid_count; j++)
            eg_pattern_finish(&step->forbid[j]);
        free(step->forbid);
    }
    free(steps->list);
    *steps = (struct eg_steps){0};
}
