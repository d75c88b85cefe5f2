/* SPDX-License-Identifier: Apache-2.0 */

/* Jobs with rules on boards, and boards that are held against them. */

#ifndef TESTS_ENGINE_STAGES_ACCEPTING_H
#define TESTS_ENGINE_STAGES_ACCEPTING_H

#include "engine/plan/pipeline.h"
#include "engine/stages/accept.h"
#include "engine/stages/stages.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <stdlib.h>

/* An identified board: ESP32, revision 3.0, 4 MB of GigaDevice's flash, no eFuse burnt. */
struct board {
    struct eg_plan *plan;
    struct eg_run run;
    struct eg_seen seen;
};

static inline int make_board(void **state)
{
    struct board *board = calloc(1, sizeof *board);

    assert_non_null(board);
    board->plan = fake_plan_create("esp32");
    board->run = (struct eg_run){
        .plan = board->plan,
        .chip = {.has_mac = true,
                 .mac = {0x24, 0x0a, 0xc4, 0x00, 0x10, 0x01},
                 .revision = 300,
                 .package = "ESP32-D0WD-V3"},
        .flash = {.jedec = 0x1640c8, .size = 4 << 20},
        .unit = {.mac = "24:0a:c4:00:10:01"},
    };
    *state = board;
    return 0;
}

static inline int drop_board(void **state)
{
    struct board *board = *state;

    eg_plan_destroy(board->plan);
    free(board);
    return 0;
}

/* Give a key of the job its values. */
static inline void set_rule(struct board *board, const char *key, const char *const *values)
{
    struct eg_setting *const setting = eg_plan_setting(board->plan, key);
    struct eg_error err;

    assert_non_null(setting);
    if (setting->option->type == EG_OPTION_CHOICE) {
        fake_plan_set(board->plan, key, values[0]);
        return;
    }
    for (; *values != NULL; values++)
        assert_ok(eg_setting_add_item(setting, NULL, *values, "job.yaml:7:9", &err), err);
}

static inline void forget_rules(struct board *board)
{
    struct eg_error err;

    eg_settings_destroy(board->plan->settings, board->plan->setting_count);
    board->plan->settings = NULL;
    board->plan->setting_count = 0;
    assert_ok(eg_plan_init_settings(board->plan, eg_stages, &err), err);
}

#define VALUES(...) ((const char *const[]){__VA_ARGS__, NULL})

static inline void takes(struct board *board, const char *key, const char *const *values)
{
    const char *place = NULL;
    struct eg_error err;

    set_rule(board, key, values);
    assert_ok(eg__accept_check(board->plan, &place, &err), err);
    assert_ok(eg__accept(&board->run, &board->seen, &err), err);
    forget_rules(board);
}

static inline void refuses(struct board *board, const char *key, const char *const *values,
                           const char *sentence)
{
    struct eg_error err = {0};

    set_rule(board, key, values);
    assert_error(eg__accept(&board->run, &board->seen, &err), err, EG_NOT_ACCEPTED, sentence);
    forget_rules(board);
}

/* Check that a refused board is unchanged, and no intent to erase it is recorded. */
static inline void assert_refused(struct fake_line *line, enum eg_code code, const char *text)
{
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, code, text);
    assert_int_equal(fake_recorder_run(&line->recorder, "1")->intents, 0);
    assert_true(fake_line_blank(line, 1));
}

#define RULE(name) cmocka_unit_test_setup_teardown(name, make_board, drop_board)

#endif
