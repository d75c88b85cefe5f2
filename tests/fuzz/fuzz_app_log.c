/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The log of an application: the verdict does not depend on how its bytes are cut, and a crash never passes.
 */

#include "tests/fuzz/fuzz.h"

#include "engine/stages/judge.h"

#include <string.h>

struct verdict {
    enum eg_code code;
    unsigned at;
    char value[EG_APP_QUOTE_MAX];
    struct eg_error err;
};

/* Compiled once, because that takes a hundred times as long as judging a log. */
struct patterns {
    struct eg_pattern expect, forbid, value;
};

static const struct patterns *prepare(void)
{
    static struct patterns patterns;
    struct eg_error err;

    if (patterns.expect.text != NULL)
        return &patterns;
    HOLDS(eg_pattern_init(&patterns.expect, "^(.*[a-z] )?OK$", false, &err) == EG_OK);
    HOLDS(eg_pattern_init(&patterns.forbid, "E \\([0-9]+\\)", false, &err) == EG_OK);
    HOLDS(eg_pattern_init(&patterns.value, "v=([0-9]+)", false, &err) == EG_OK);
    return &patterns;
}

static enum eg_code take(struct eg_judge *judge, const uint8_t *data, size_t size, struct eg_error *err)
{
    for (size_t at = 0; at < size;) {
        const size_t eaten = eg_app_log_feed(judge->log, data + at, size - at);

        HOLDS(eaten > 0);
        HOLDS(judge->log->line_size <= EG_APP_LINE_MAX && judge->log->line[judge->log->line_size] == '\0');
        at += eaten;
        if (judge->log->complete)
            EG_TRY(eg_judge_line(judge, err));
    }
    return EG_OK;
}

/* Run one step and its settling time, with the log in pieces of `step` bytes. */
static void judge_log(const uint8_t *data, size_t size, size_t step, struct verdict *verdict)
{
    const struct patterns *const patterns = prepare();
    static struct eg_app_log log;
    struct eg_pattern forbid = patterns->forbid;
    struct eg_step list[2] = {{.expect = patterns->expect, .forbid = &forbid, .forbid_count = 1}};
    struct eg_capture value = {.name = "v", .pattern = patterns->value};
    const struct eg_steps steps = {.list = list, .count = 1};
    struct eg_judge judge = {.steps = &steps, .captures = &value, .capture_count = 1, .log = &log};

    log = (struct eg_app_log){0};
    *verdict = (struct verdict){0};
    for (size_t at = 0; at < size && verdict->code == EG_OK; at += step)
        verdict->code = take(&judge, data + at, size - at < step ? size - at : step, &verdict->err);
    if (verdict->code == EG_OK)
        verdict->code = eg_judge_unfinished(&judge, &verdict->err);
    verdict->at = judge.at;
    memcpy(verdict->value, value.value, sizeof value.value);
}

static bool contains(const uint8_t *data, size_t size, const char *text)
{
    const size_t length = strlen(text);

    for (size_t at = 0; at + length <= size; at++)
        if (memcmp(data + at, text, length) == 0)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct verdict whole, cut;

    judge_log(data, size, size + 1, &whole);
    judge_log(data, size, size > 0 ? 1 + data[0] % 7 : 1, &cut);
    HOLDS(whole.code == cut.code && whole.at == cut.at && strcmp(whole.value, cut.value) == 0);
    HOLDS(whole.code == EG_OK || strcmp(whole.err.text, cut.err.text) == 0);
    HOLDS(whole.code != EG_OK || !contains(data, size, "Guru Meditation Error"));
    return 0;
}
