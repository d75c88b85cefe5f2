/* SPDX-License-Identifier: Apache-2.0 */

/* Boards whose flash keys are their own. */

#ifndef TESTS_ENGINE_STAGES_BOARD_KEYS_H
#define TESTS_ENGINE_STAGES_BOARD_KEYS_H

#include "tests/fakes/check.h"
#include "tests/fakes/fake_secure.h"

static inline int set_up(void **state)
{
    const int failed = fake_secure_setup(state);
    struct fake_line *const line = *state;

    fake_plan_set(line->plan, "secure.flash.key", "per-board");
    return failed;
}

/* Make the line's job one for an ESP32-S3 with a flash key in two blocks and a key of the HMAC peripheral. */
static inline void want_three_keys(struct fake_line *line)
{
    line->plan->target = eg_target_by_name("esp32s3");
    eg_setting_clear(eg_plan_setting(line->plan, "secure.boot.keys"));
    fake_plan_set(line->plan, "secure.flash.bits", "512");
    fake_plan_add_group(line->plan, "secure.keys",
                        (const char *const[]){"purpose", "HMAC_UP", "block", "BLOCK_KEY4", NULL});
}

#endif
