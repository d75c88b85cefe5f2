/* SPDX-License-Identifier: Apache-2.0 */

/* A station with simulated boards in this process, a plan without a job file and a recorder in memory. Board
 * 1 is in slot "1" and so on. Boards leave time out unless a test asks for it. */

#ifndef TESTS_FAKES_FAKE_LINE_H
#define TESTS_FAKES_FAKE_LINE_H

#include "engine/line/station.h"
#include "tests/fakes/fake_plan.h"
#include "tests/fakes/fake_recorder.h"
#include "tools/vboard/carrier.h"

#define FAKE_LINE_MAX 32

struct fake_line {
    struct eg_plan *plan;
    struct fake_recorder recorder; /* its context belongs to the test */
    struct vb_gang *gang;
    const struct eg_port_scheme *schemes[2];
    struct eg_slot slots[FAKE_LINE_MAX];
    char names[FAKE_LINE_MAX][16], urls[FAKE_LINE_MAX][64];
    struct eg_cancel cancel;
    const char *private_key; /* of the station; NULL = none */
    struct eg_station station;
    struct eg_result results[FAKE_LINE_MAX]; /* result of the newest run, by board */
};

/** Faults as vb_gang_create() takes them. */
#define FAULTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_FAULTS   ((const char *const[]){NULL})

/**
 * cmocka setup: make a line with a plan for the ESP32: "bootloader" (12 KiB at 0x1000), "app" (64 KiB at
 * 0x10000), one attempt.
 */
int fake_line_setup(void **state);
int fake_line_teardown(void **state);

/** Plug in boards, all configured by `config`; target NULL = the plan's. */
void fake_line_plug(struct fake_line *line, const struct vb_config *config, unsigned count,
                    const char *const *faults);

/** Run the station; assert that it ran. */
void fake_line_run(struct fake_line *line);

/** Run the same boards again; only the ledger remembers the first run. */
void fake_line_run_again(struct fake_line *line);

/** Return whether the board's flash was never written. */
bool fake_line_blank(const struct fake_line *line, unsigned board);

/** Check that the board's flash holds every region of the plan. */
void fake_line_assert_written(const struct fake_line *line, unsigned board);

/**
 * Check outcome, code and sentence of a board's run, as returned and as recorded. `text` may have wildcards
 * of fnmatch(), for faults that strike at a byte count.
 */
void fake_line_assert_result(const struct fake_line *line, unsigned board, enum eg_outcome outcome,
                             enum eg_code code, const char *text);

#endif
