/* SPDX-License-Identifier: Apache-2.0 */

/* Serves a carrier in a separate thread while a test is its client through a plain descriptor. */

#ifndef TESTS_TOOLS_VBOARD_SERVING_H
#define TESTS_TOOLS_VBOARD_SERVING_H

#include "tests/tools/vboard/talk.h"

#include "tools/vboard/carrier/lines.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HEAR_MAX_MS 20000

struct serving {
    struct vb_gang *gang;
    struct vb_rfc2217 *rfc2217; /* one of the two */
    struct vb_pty *pty;
    int stop[2];
    pthread_t thread;
    enum eg_code code;
    struct eg_error err;
};

static inline void *serve_thread(void *context)
{
    struct serving *serving = context;

    serving->code = serving->rfc2217 != NULL
                        ? vb_rfc2217_run(serving->rfc2217, serving->stop[0], &serving->err)
                        : vb_pty_run(serving->pty, serving->stop[0], &serving->err);
    return NULL;
}

/** Start serving, after `gang` and one of the carriers have been created. */
static inline void serving_begin(struct serving *serving)
{
    assert_int_equal(pipe(serving->stop), 0);
    assert_int_equal(pthread_create(&serving->thread, NULL, serve_thread, serving), 0);
}

static inline void serving_end(struct serving *serving)
{
    close(serving->stop[1]);
    pthread_join(serving->thread, NULL);
    close(serving->stop[0]);
    vb_rfc2217_destroy(serving->rfc2217);
    vb_pty_destroy(serving->pty);
    vb_gang_destroy(serving->gang);
    assert_ok(serving->code, serving->err);
}

/** Read until nothing arrives for `quiet_ms`; false = the other end has closed. */
static inline bool hear_until_quiet(int fd, struct heard *heard, int quiet_ms)
{
    struct pollfd input = {.fd = fd, .events = POLLIN};

    while (poll(&input, 1, quiet_ms) > 0) {
        const ssize_t got = read(fd, heard->data + heard->size, sizeof heard->data - heard->size);
        if (got <= 0)
            return false;
        heard->size += (size_t)got;
    }
    return true;
}

/**
 * Read until `part` has arrived `times` times, however long that takes on a busy machine; fail if it does not
 * arrive.
 */
static inline void hear_times(int fd, struct heard *heard, const void *part, size_t size, unsigned times)
{
    while (heard_count(heard, part, size) < times) {
        struct pollfd input = {.fd = fd, .events = POLLIN};

        if (poll(&input, 1, HEAR_MAX_MS) <= 0)
            fail_msg("heard %u of %u in %d ms", heard_count(heard, part, size), times, HEAR_MAX_MS);
        const ssize_t got = read(fd, heard->data + heard->size, sizeof heard->data - heard->size);
        assert_true(got > 0);
        heard->size += (size_t)got;
    }
}

static inline void hear_text(int fd, struct heard *heard, const char *text, unsigned times)
{
    hear_times(fd, heard, text, strlen(text), times);
}

static inline void say(int fd, const void *data, size_t size)
{
    assert_int_equal(write(fd, data, size), size);
}

/** Ask the modem lines of the terminal at `path`, and return the answer. */
static inline unsigned char serving_ask(const char *path, unsigned char request)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    unsigned char answer;

    snprintf(address.sun_path, sizeof address.sun_path, "%s%s", path, VB_LINES_SUFFIX);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(write(fd, &request, 1), 1);
    assert_int_equal(read(fd, &answer, 1), 1);
    close(fd);
    return answer;
}

#endif
