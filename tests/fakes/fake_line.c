/* SPDX-License-Identifier: Apache-2.0 */

/* A station with simulated boards; see the header. */

#include "tests/fakes/fake_line.h"

#include "tests/fakes/check.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

int fake_line_setup(void **state)
{
    struct fake_line *line = calloc(1, sizeof *line);

    assert_non_null(line);
    line->plan = fake_plan_create("esp32");
    fake_plan_add(line->plan, "bootloader", 0x1000, 0x3000);
    fake_plan_add(line->plan, "app", 0x10000, 0x10000);
    fake_plan_set(line->plan, "retry.attempts", "1");
    fake_recorder_init(&line->recorder);
    *state = line;
    return 0;
}

int fake_line_teardown(void **state)
{
    struct fake_line *line = *state;

    vb_gang_destroy(line->gang);
    fake_recorder_finish(&line->recorder);
    eg_plan_destroy(line->plan);
    free(line);
    return 0;
}

void fake_line_plug(struct fake_line *line, const struct vb_config *config, unsigned count,
                    const char *const *faults)
{
    struct vb_config pattern = *config;
    struct eg_error err;
    unsigned fault_count = 0;

    assert_in_range(count, 1, FAKE_LINE_MAX);
    if (pattern.target == NULL)
        pattern.target = line->plan->target;
    while (faults[fault_count] != NULL)
        fault_count++;
    assert_ok(vb_gang_create(&line->gang, &pattern, count, faults, fault_count, &err), err);
    line->schemes[0] = vb_gang_scheme(line->gang);
    for (unsigned i = 0; i < count; i++) {
        snprintf(line->names[i], sizeof line->names[i], "%u", i + 1);
        vb_gang_url(line->gang, i + 1, line->urls[i], sizeof line->urls[i]);
        line->slots[i] = (struct eg_slot){.name = line->names[i], .url = line->urls[i]};
    }
    line->station = (struct eg_station){
        .private_key = line->private_key,
        .plan = line->plan,
        .recorder = &line->recorder.recorder,
        .logger = &line->recorder.logger,
        .schemes = line->schemes,
        .slots = line->slots,
        .slot_count = count,
    };
}

void fake_line_run(struct fake_line *line)
{
    struct eg_error err;

    assert_ok(eg_station_run(&line->station, &line->cancel, line->results, &err), err);
}

void fake_line_run_again(struct fake_line *line)
{
    line->recorder.run_count = 0;
    memset(line->recorder.runs, 0, sizeof *line->recorder.runs);
    fake_line_run(line);
}

bool fake_line_blank(const struct fake_line *line, unsigned board)
{
    size_t size;
    const uint8_t *flash = vb_board_flash(vb_gang_board(line->gang, board), &size);

    for (size_t i = 0; i < size; i++)
        if (flash[i] != 0xff)
            return false;
    return true;
}

void fake_line_assert_written(const struct fake_line *line, unsigned board)
{
    size_t size;
    const uint8_t *flash = vb_board_flash(vb_gang_board(line->gang, board), &size);

    for (unsigned i = 0; i < line->plan->region_count; i++) {
        const struct eg_region *region = &line->plan->regions[i];
        assert_memory_equal(flash + region->flash_addr, region->data.data, region->data.size);
    }
}

void fake_line_assert_result(const struct fake_line *line, unsigned board, enum eg_outcome outcome,
                             enum eg_code code, const char *text)
{
    const struct eg_result *result = &line->results[board - 1];
    const struct fake_run *run = fake_recorder_run(&line->recorder, line->names[board - 1]);

    if (fnmatch(text, result->text, 0) != 0)
        assert_string_equal(result->text, text);
    assert_string_equal(eg_code_name(result->code), eg_code_name(code));
    assert_string_equal(eg_outcome_name(result->outcome), eg_outcome_name(outcome));
    assert_int_equal(run->finishes, 1);
    assert_string_equal(run->text, result->text);
    assert_string_equal(eg_code_name(run->record.code), eg_code_name(code));
    assert_string_equal(eg_outcome_name(run->record.outcome), eg_outcome_name(outcome));
}
