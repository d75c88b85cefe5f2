/* SPDX-License-Identifier: Apache-2.0 */

/* A line of fixtures that are polled until a board answers. */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include "engine/line/trigger.h"

#include <stdatomic.h>
#include <string.h>

/* One fixture with board `board` in it, 0 = none. The board is changed after each run. */
struct fixture {
    struct fake_line *line;
    atomic_uint board;
    unsigned next[3]; /* board after each run; then the line is cancelled */
    unsigned ended;
    char results[200];
};

static enum eg_code open_fixture(struct eg_port **port, const char *url, void *context,
                                 const struct eg_cancel *cancel, struct eg_error *err)
{
    struct fixture *fixture = context;
    const unsigned board = atomic_load(&fixture->board);
    const struct eg_port_scheme *const schemes[] = {vb_gang_scheme(fixture->line->gang), NULL};

    if (board == 0)
        return eg_error_set(err, EG_NO_PORT, "%s: empty", url);
    return eg_port_open(port, fixture->line->urls[board - 1], schemes, cancel, err);
}

static void ended(void *context, const struct eg_result *result)
{
    struct fixture *fixture = context;
    const size_t used = strlen(fixture->results);

    snprintf(fixture->results + used, sizeof fixture->results - used, "%s %s\n",
             eg_outcome_name(result->outcome), result->mac);
    atomic_store(&fixture->board, fixture->next[fixture->ended]);
    if (fixture->next[fixture->ended++] == 0)
        eg_cancel_request(&fixture->line->cancel);
}

static void another_board_that_answers_gets_the_next_run_and_the_same_does_not(void **state)
{
    struct fixture fixture = {.line = *state, .board = 1, .next = {2, 0}};
    const struct eg_port_scheme scheme = {
        .scheme = "fixture:", .help = "", .open = open_fixture, .context = &fixture};
    struct eg_error err;

    fake_line_plug(fixture.line, &(struct vb_config){.fast = true}, 2, NO_FAULTS);
    fixture.line->slots[0].url = "fixture:";
    fixture.line->schemes[0] = &scheme;
    fixture.line->station.slot_count = 1;
    const struct eg_trigger trigger = eg_trigger_poll(&fixture.line->station);
    assert_ok(
        eg_station_serve(&fixture.line->station, &trigger, &fixture.line->cancel, ended, &fixture, &err),
        err);
    assert_string_equal(fixture.results, "pass 02:65:67:00:00:01\npass 02:65:67:00:00:02\n");
    assert_non_null(strstr(fixture.line->recorder.transcript, "unplugged 1\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(another_board_that_answers_gets_the_next_run_and_the_same_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
