/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/clock.h"
#include "tests/fakes/check.h"
#include "tools/espgang/events/sink.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLENTY    (64u * 1024 * 1024)
#define MANY      500
#define THREADS   4
#define PATIENCE  60000
#define GOT_MAX   (THREADS * MANY + 100)
#define TEXT_SIZE 8000

/* A receiver that is sometimes away. What it got outlives the sinks of a test. */
struct receiver {
    struct cli_carrier base;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool away, holds;      /* it refuses everything; it answers nothing until it is cancelled */
    unsigned refuses_each; /* the n-th delivery is taken in part, and refused; 0 = none */
    unsigned deliveries, refused, count;
    char *got[GOT_MAX];
};

static char folder[64], path[100];
static struct receiver receiver;
static struct eg_error err;

static enum eg_code deliver(struct cli_carrier *carrier, const struct eg_queue_item *events, unsigned count,
                            const struct eg_cancel *cancel, unsigned *taken, struct eg_error *error)
{
    struct receiver *const self = (struct receiver *)carrier;

    *taken = 0;
    pthread_mutex_lock(&self->lock);
    const bool holds = self->holds;
    bool refuses = self->away || holds;
    if (!refuses) {
        self->deliveries++;
        refuses = self->refuses_each != 0 && self->deliveries % self->refuses_each == 0;
        *taken = refuses ? count / 2 : count;
        for (unsigned i = 0; i < *taken && self->count < GOT_MAX; i++)
            self->got[self->count++] = strdup(events[i].text);
    }
    self->refused += refuses;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
    if (holds)
        return eg_sleep_ms(cancel, 600000, error);
    return refuses ? eg_error_set(error, EG_IO, "it is away") : EG_OK;
}

static void idle(struct cli_carrier *carrier)
{
    (void)carrier;
}

static const struct cli_carrier_ops ops = {"fake", deliver, idle, idle};

struct heard {
    struct eg_logger logger;
    pthread_mutex_t lock;
    char text[4000];
};

static struct heard said;

static void hear(struct eg_logger *logger, const struct eg_log_record *record)
{
    struct heard *const self = (struct heard *)logger;

    pthread_mutex_lock(&self->lock);
    const size_t size = strlen(self->text);
    snprintf(self->text + size, sizeof self->text - size, "%s\n", record->text);
    pthread_mutex_unlock(&self->lock);
}

static void wait_until_something_is_said(void)
{
    bool waits = true;

    while (waits) {
        eg_clock_sleep_until_us(eg_clock_us() + 1000);
        pthread_mutex_lock(&said.lock);
        waits = said.text[0] == '\0';
        pthread_mutex_unlock(&said.lock);
    }
}

static int begin(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/eg-sink-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/queue", folder);
    receiver = (struct receiver){.base = {&ops, "nowhere"}};
    pthread_mutex_init(&receiver.lock, NULL);
    pthread_cond_init(&receiver.changed, NULL);
    said = (struct heard){.logger = {hear, NULL}};
    pthread_mutex_init(&said.lock, NULL);
    return 0;
}

static int end(void **state)
{
    char command[100];

    (void)state;
    for (unsigned i = 0; i < receiver.count; i++)
        free(receiver.got[i]);
    pthread_cond_destroy(&receiver.changed);
    pthread_mutex_destroy(&receiver.lock);
    pthread_mutex_destroy(&said.lock);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command); /* NOLINT: a folder of this test */
}

static struct cli_sink *opened(uint64_t size_max)
{
    struct cli_sink *sink;

    assert_ok(cli_sink_open(&sink, &receiver.base, path, size_max, &said.logger, &err), err);
    return sink;
}

static void give(struct cli_sink *sink, const char *text)
{
    const struct cli_event_sink events = cli_sink_events(sink);

    events.take(events.context,
                &(struct cli_event){.name = "note", .slot = "", .json = text, .size = strlen(text)});
}

static void give_number(struct cli_sink *sink, unsigned number)
{
    char text[20];

    snprintf(text, sizeof text, "%u", number);
    give(sink, text);
}

static struct cli_sink_end closed(struct cli_sink *sink)
{
    struct cli_sink_end ended;

    cli_sink_close(sink, PATIENCE, NULL, &ended);
    return ended;
}

static void wait_for(const unsigned *number, unsigned least)
{
    pthread_mutex_lock(&receiver.lock);
    while (*number < least)
        pthread_cond_wait(&receiver.changed, &receiver.lock);
    pthread_mutex_unlock(&receiver.lock);
}

/* The numbers from 0 to `count` came in their order; those that came again came after a refusal. */
static void expect_all_in_order(unsigned count)
{
    unsigned next = 0;

    for (unsigned i = 0; i < receiver.count; i++) {
        const unsigned number = (unsigned)strtoul(receiver.got[i], NULL, 10);
        assert_true(number <= next);
        if (number == next)
            next++;
    }
    assert_int_equal(next, count);
}

static void events_arrive_in_their_order(void **state)
{
    (void)state;
    struct cli_sink *const sink = opened(PLENTY);
    for (unsigned i = 0; i < MANY; i++)
        give_number(sink, i);
    const struct cli_sink_end ended = closed(sink);
    assert_int_equal(ended.waiting, 0);
    assert_int_equal(ended.lost, 0);
    assert_string_equal(ended.failure, "");
    assert_int_equal(receiver.count, MANY);
    expect_all_in_order(MANY);
    assert_string_equal(said.text, "");
}

static void progress_and_talk_stay_here(void **state)
{
    (void)state;
    struct cli_sink *const sink = opened(PLENTY);
    const struct cli_event_sink events = cli_sink_events(sink);
    events.take(events.context, &(struct cli_event){.json = "p", .size = 1, .is_progress = true});
    events.take(events.context, &(struct cli_event){.json = "t", .size = 1, .is_talk = true});
    give_number(sink, 0);
    closed(sink);
    assert_int_equal(receiver.count, 1);
}

static void what_a_receiver_refuses_is_sent_again_in_its_order(void **state)
{
    (void)state;
    receiver.refuses_each = 2;
    struct cli_sink *const sink = opened(PLENTY);
    give_number(sink, 0);
    wait_for(&receiver.count, 1);
    for (unsigned i = 1; i < MANY; i++)
        give_number(sink, i);
    wait_for(&receiver.refused, 1);
    wait_for(&receiver.count, MANY);
    const struct cli_sink_end ended = closed(sink);
    assert_int_equal(ended.waiting, 0);
    assert_int_equal(receiver.count, MANY); /* what it acknowledged did not come twice */
    expect_all_in_order(MANY);
}

static void what_waits_is_sent_by_the_next_start(void **state)
{
    char expected[400];
    (void)state;

    receiver.away = true;
    struct cli_sink *sink = opened(PLENTY);
    give_number(sink, 0);
    wait_until_something_is_said();
    for (unsigned i = 1; i < MANY; i++)
        give_number(sink, i);
    struct cli_sink_end ended = closed(sink);
    assert_int_equal(ended.waiting, MANY);
    assert_string_equal(ended.failure, "it is away");
    snprintf(expected, sizeof expected, "fake: nowhere: it is away; events wait in %s\n", path);
    assert_string_equal(said.text, expected);

    receiver.away = false;
    sink = opened(PLENTY);
    give_number(sink, MANY);
    ended = closed(sink);
    assert_int_equal(ended.waiting, 0);
    expect_all_in_order(MANY + 1);
}

static void a_receiver_that_does_not_answer_does_not_hold_up_the_end(void **state)
{
    const struct eg_cancel cancel = {.requested = true};
    struct cli_sink_end ended;
    (void)state;

    receiver.holds = true;
    struct cli_sink *const sink = opened(PLENTY);
    give_number(sink, 0);
    wait_for(&receiver.refused, 1);
    cli_sink_close(sink, PATIENCE, &cancel, &ended);
    assert_int_equal(ended.waiting, 1);
}

static void two_programs_deliver_everything_once(void **state)
{
    (void)state;
    struct cli_sink *const first = opened(PLENTY);
    give(first, "0");
    wait_for(&receiver.count, 1); /* it delivers, the second one does not */
    struct cli_sink *const second = opened(PLENTY);
    for (unsigned i = 1; i < MANY; i++)
        give_number(i % 2 == 0 ? first : second, i);
    const struct cli_sink_end ended = closed(second);
    assert_true(ended.elsewhere || ended.waiting == 0);
    wait_for(&receiver.count, MANY);
    assert_int_equal(closed(first).waiting, 0);
    assert_int_equal(receiver.count, MANY);
}

static void a_full_queue_loses_nothing_that_memory_can_hold(void **state)
{
    char text[TEXT_SIZE + 1];
    (void)state;

    receiver.away = true;
    memset(text, 'x', TEXT_SIZE);
    text[TEXT_SIZE] = '\0';
    struct cli_sink *const sink = opened(EG_QUEUE_LEAST);
    for (unsigned i = 0; i < 2 * EG_QUEUE_LEAST / TEXT_SIZE; i++)
        give(sink, text);
    for (bool told = false; !told;) {
        pthread_mutex_lock(&said.lock);
        told = strstr(said.text,
                      "takes no more events, so they are kept in memory for now: database or disk is full") !=
               NULL;
        pthread_mutex_unlock(&said.lock);
        (void)!eg_sleep_ms(NULL, 10, &err);
    }
    pthread_mutex_lock(&receiver.lock);
    receiver.away = false;
    pthread_mutex_unlock(&receiver.lock);
    wait_for(&receiver.count, 2 * EG_QUEUE_LEAST / TEXT_SIZE);
    const struct cli_sink_end ended = closed(sink);
    assert_int_equal(ended.lost, 0);
    assert_int_equal(ended.waiting, 0);
}

static void events_that_neither_disk_nor_memory_takes_are_counted(void **state)
{
    const unsigned count = (CLI_SINK_MEMORY + EG_QUEUE_LEAST) / TEXT_SIZE + 100;
    char text[TEXT_SIZE + 1];
    (void)state;

    receiver.away = true;
    memset(text, 'x', TEXT_SIZE);
    text[TEXT_SIZE] = '\0';
    struct cli_sink *const sink = opened(EG_QUEUE_LEAST);
    for (unsigned i = 0; i < count; i++)
        give(sink, text);
    const struct cli_sink_end ended = closed(sink);
    assert_true(ended.lost >= 100);
    assert_int_equal(ended.lost + (uint64_t)ended.waiting, count);
    assert_string_equal(ended.loss, "database or disk is full");
}

struct giver {
    struct cli_sink *sink;
    unsigned number;
};

static void *give_many(void *context)
{
    const struct giver *const giver = context;

    for (unsigned i = 0; i < MANY; i++) {
        char text[40];
        snprintf(text, sizeof text, "%u/%u", giver->number, i);
        give(giver->sink, text);
    }
    return NULL;
}

static void events_of_many_boards_keep_the_order_of_each(void **state)
{
    struct giver givers[THREADS];
    pthread_t threads[THREADS];
    unsigned next[THREADS] = {0};
    (void)state;

    struct cli_sink *const sink = opened(PLENTY);
    for (unsigned i = 0; i < THREADS; i++) {
        givers[i] = (struct giver){sink, i};
        assert_int_equal(pthread_create(&threads[i], NULL, give_many, &givers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(closed(sink).waiting, 0);
    assert_int_equal(receiver.count, THREADS * MANY);
    for (unsigned i = 0; i < receiver.count; i++) {
        unsigned thread, number;
        assert_int_equal(sscanf(receiver.got[i], "%u/%u", &thread, &number), 2); /* NOLINT: written above */
        assert_int_equal(number, next[thread]++);
    }
}

#define with_receiver(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_receiver(events_arrive_in_their_order),
        with_receiver(progress_and_talk_stay_here),
        with_receiver(what_a_receiver_refuses_is_sent_again_in_its_order),
        with_receiver(what_waits_is_sent_by_the_next_start),
        with_receiver(a_receiver_that_does_not_answer_does_not_hold_up_the_end),
        with_receiver(two_programs_deliver_everything_once),
        with_receiver(a_full_queue_loses_nothing_that_memory_can_hold),
        with_receiver(events_that_neither_disk_nor_memory_takes_are_counted),
        with_receiver(events_of_many_boards_keep_the_order_of_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
