/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/dashboard/ring.h"
#include "tests/fakes/check.h"

#include <stdlib.h>
#include <string.h>

static struct cli_ring *ring;
static uint64_t last;

static int begin(void **state)
{
    struct eg_error err;

    (void)state;
    last = 0;
    return cli_ring_create(&ring, &err) == EG_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    cli_ring_destroy(ring);
    return 0;
}

static void tell(const char *name, const char *slot, const char *json)
{
    const struct cli_event_sink sink = cli_ring_sink(ring);

    sink.take(sink.context, &(struct cli_event){.name = name,
                                                .slot = slot,
                                                .sequence = ++last,
                                                .is_progress = strcmp(name, "progress") == 0,
                                                .json = json,
                                                .size = strlen(json)});
}

static void assert_next(uint64_t *sequence, const char *wanted)
{
    char *event = NULL;

    assert_int_equal(cli_ring_next(ring, sequence, &event), CLI_RING_EVENT);
    assert_string_equal(event, wanted);
    free(event);
}

static void events_come_in_order_and_once(void **state)
{
    uint64_t sequence = 0;
    char *event;

    (void)state;
    assert_int_equal(cli_ring_next(ring, &sequence, &event), CLI_RING_NOTHING_NEW);
    tell("note", "", "1");
    tell("note", "", "2");
    assert_next(&sequence, "1");
    assert_next(&sequence, "2");
    assert_int_equal(cli_ring_next(ring, &sequence, &event), CLI_RING_NOTHING_NEW);
    tell("note", "", "3");
    assert_next(&sequence, "3");
    assert_int_equal(cli_ring_newest(ring), 3);
}

static void progress_that_is_replaced_is_left_out(void **state)
{
    uint64_t sequence = 0;

    (void)state;
    tell("stage-begin", "A1", "begin");
    tell("progress", "A1", "10 %");
    tell("progress", "A2", "other");
    tell("progress", "A1", "20 %");
    assert_next(&sequence, "begin");
    assert_next(&sequence, "other");
    assert_next(&sequence, "20 %");
    assert_int_equal(sequence, 4);
}

static void a_reader_that_is_too_slow_learns_that_his_event_is_gone(void **state)
{
    uint64_t sequence = 1, newest = 0;
    char *event;

    (void)state;
    for (unsigned i = 0; i < CLI_RING_EVENTS + 2; i++)
        tell("note", "", "x");
    assert_int_equal(cli_ring_next(ring, &sequence, &event), CLI_RING_GONE);
    sequence = cli_ring_before_oldest(ring);
    assert_int_equal(sequence, 2);
    while (cli_ring_next(ring, &sequence, &event) == CLI_RING_EVENT) {
        newest = sequence;
        free(event);
    }
    assert_int_equal(newest, CLI_RING_EVENTS + 2);
}

/* Check the events of slot A1 in the ring. */
static void assert_story(const char *wanted)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct eg_error err;

    assert_int_equal(cli_ring_story(ring, "A1", &text, &err), EG_OK);
    assert_int_equal(eg_buffer_append(&text, "", 1, &err), EG_OK);
    assert_string_equal((const char *)text.data, wanted);
}

static void a_story_is_of_the_newest_run_of_its_slot(void **state)
{
    (void)state;
    tell("run-begin", "A1", "old");
    tell("result", "A1", "old result");
    tell("run-begin", "A2", "other");
    tell("run-begin", "A1", "new");
    tell("progress", "A1", "progress");
    tell("stage-end", "A1", "connect");
    tell("result", "A1", "result");
    assert_story("new,connect,result");
}

static void a_long_story_keeps_its_beginning_and_its_end(void **state)
{
    char wanted[16 + 2 * CLI_RING_STORY] = "begin";

    (void)state;
    tell("run-begin", "A1", "begin");
    for (unsigned i = 0; i < 2 * CLI_RING_STORY; i++)
        tell("note", "A1", "n");
    tell("result", "A1", "result");
    for (unsigned i = 0; i < CLI_RING_STORY - 2; i++)
        strcat(wanted, ",n");
    strcat(wanted, ",result");
    assert_story(wanted);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(events_come_in_order_and_once),
        TEST(progress_that_is_replaced_is_left_out),
        TEST(a_reader_that_is_too_slow_learns_that_his_event_is_gone),
        TEST(a_story_is_of_the_newest_run_of_its_slot),
        TEST(a_long_story_keeps_its_beginning_and_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
