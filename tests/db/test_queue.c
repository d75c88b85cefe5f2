/* SPDX-License-Identifier: Apache-2.0 */

#include "db/queue.h"
#include "tests/db/sample.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLENTY (64u * 1024 * 1024)
#define MANY   50

static char path[200];

static void name_file(const struct sample *sample)
{
    snprintf(path, sizeof path, "%s.queue", sample->path);
}

static struct eg_queue *opened(uint64_t size_max)
{
    struct eg_queue *queue;
    struct eg_error err;

    assert_ok(eg_queue_open(&queue, path, size_max, &err), err);
    return queue;
}

static enum eg_code put_text(struct eg_queue *queue, const char *text, struct eg_error *err)
{
    char copy[64 * 1024];

    snprintf(copy, sizeof copy, "%s", text);
    return eg_queue_put(queue, &(struct eg_queue_item){.text = copy, .size = strlen(copy)}, 1, err);
}

static int64_t count_of(struct eg_queue *queue)
{
    struct eg_error err;
    int64_t count;

    assert_ok(eg_queue_count(queue, 0, &count, &err), err);
    return count;
}

static void texts_come_out_in_their_order_after_reopening(void **state)
{
    struct eg_queue_item items[4];
    struct eg_error err;
    unsigned count;

    name_file(*state);
    struct eg_queue *queue = opened(PLENTY);
    assert_ok(put_text(queue, "one", &err), err);
    assert_ok(put_text(queue, "two", &err), err);
    eg_queue_close(queue);
    queue = opened(PLENTY);
    assert_ok(put_text(queue, "three", &err), err);
    assert_ok(eg_queue_read(queue, 0, 4, 1000, items, &count, &err), err);
    assert_int_equal(count, 3);
    assert_string_equal(items[0].text, "one");
    assert_string_equal(items[1].text, "two");
    assert_string_equal(items[2].text, "three");
    const int64_t second = items[1].id, third = items[2].id;
    eg_queue_items_free(items, count);

    /* Reading takes nothing away, and ends before the texts are too large together. */
    assert_ok(eg_queue_read(queue, 0, 4, 6, items, &count, &err), err);
    assert_int_equal(count, 2);
    eg_queue_items_free(items, count);
    assert_ok(eg_queue_read(queue, second, 4, 1, items, &count, &err), err);
    assert_int_equal(count, 1);
    assert_string_equal(items[0].text, "three");
    eg_queue_items_free(items, count);

    /* The id of a removed text is not used again. */
    assert_ok(eg_queue_drop(queue, third, &err), err);
    assert_int_equal(count_of(queue), 0);
    assert_ok(put_text(queue, "four", &err), err);
    assert_ok(eg_queue_read(queue, third, 4, 1000, items, &count, &err), err);
    assert_int_equal(count, 1);
    assert_string_equal(items[0].text, "four");
    eg_queue_items_free(items, count);
    eg_queue_close(queue);
}

static void a_full_queue_refuses_and_takes_again_when_something_is_removed(void **state)
{
    char text[8000];
    struct eg_error err;
    unsigned fit = 0;

    name_file(*state);
    struct eg_queue *const queue = opened(EG_QUEUE_LEAST);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    while (put_text(queue, text, &err) == EG_OK && fit < 1000)
        fit++;
    assert_int_equal(err.code, EG_NO_ROOM);
    assert_in_range(fit, 20, EG_QUEUE_LEAST / sizeof text);
    assert_int_equal(count_of(queue), fit);

    struct eg_queue_item item;
    unsigned count;
    assert_ok(eg_queue_read(queue, 0, 1, 1, &item, &count, &err), err);
    eg_queue_items_free(&item, count);
    assert_ok(eg_queue_drop(queue, item.id + 1, &err), err);
    assert_ok(put_text(queue, text, &err), err);
    eg_queue_close(queue);
}

static void texts_are_appended_together_or_not_at_all(void **state)
{
    static char large[EG_QUEUE_LEAST], small[] = "small";
    const struct eg_queue_item items[] = {{.text = small, .size = 5},
                                          {.text = large, .size = sizeof large - 1}};
    struct eg_error err;

    name_file(*state);
    struct eg_queue *const queue = opened(EG_QUEUE_LEAST);
    memset(large, 'x', sizeof large - 1);
    assert_int_equal(eg_queue_put(queue, items, 2, &err), EG_NO_ROOM);
    assert_int_equal(count_of(queue), 0);
    assert_ok(eg_queue_put(queue, items, 1, &err), err);
    assert_int_equal(count_of(queue), 1);
    eg_queue_close(queue);
}

static void several_programs_put_into_one_file_and_one_takes_out(void **state)
{
    struct eg_error err;
    int status;

    name_file(*state);
    for (unsigned program = 0; program < 2; program++) {
        if (fork() == 0) {
            struct eg_queue *queue = NULL;
            bool good = eg_queue_open(&queue, path, PLENTY, &err) == EG_OK;
            for (unsigned i = 0; i < MANY && good; i++)
                good = put_text(queue, "text", &err) == EG_OK;
            if (!good)
                fprintf(stderr, "%s\n", err.text);
            eg_queue_close(queue);
            _exit(!good);
        }
    }
    for (unsigned program = 0; program < 2; program++) {
        wait(&status);
        assert_int_equal(status, 0);
    }
    struct eg_queue *const first = opened(PLENTY), *const second = opened(PLENTY);
    assert_int_equal(count_of(first), 2 * MANY);
    assert_true(eg_queue_lead(first));
    assert_true(eg_queue_lead(first));
    assert_false(eg_queue_lead(second));
    eg_queue_close(first);
    assert_true(eg_queue_lead(second));
    eg_queue_close(second);
}

static void the_waiting_texts_are_counted_without_making_a_file(void **state)
{
    struct eg_error err;
    struct stat info;
    int64_t count = 1;

    name_file(*state);
    assert_ok(eg_queue_waiting(path, &count, &err), err);
    assert_int_equal(count, 0);
    assert_int_not_equal(stat(path, &info), 0);
    struct eg_queue *const queue = opened(PLENTY);
    assert_ok(put_text(queue, "text", &err), err);
    assert_ok(eg_queue_waiting(path, &count, &err), err);
    assert_int_equal(count, 1);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    eg_queue_close(queue);
}

static void a_file_that_is_no_queue_is_refused(void **state)
{
    struct eg_queue *queue;
    struct eg_error err;
    char expected[300];

    name_file(*state);
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    for (unsigned i = 0; i < 300; i++)
        fputs("this is not a database", file);
    fclose(file);
    chmod(path, 0600);
    snprintf(expected, sizeof expected, "%s: file is not a database", path);
    assert_error(eg_queue_open(&queue, path, PLENTY, &err), err, EG_LEDGER, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(texts_come_out_in_their_order_after_reopening),
        with_sample(a_full_queue_refuses_and_takes_again_when_something_is_removed),
        with_sample(texts_are_appended_together_or_not_at_all),
        with_sample(several_programs_put_into_one_file_and_one_takes_out),
        with_sample(the_waiting_texts_are_counted_without_making_a_file),
        with_sample(a_file_that_is_no_queue_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
