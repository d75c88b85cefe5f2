/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A stream of bytes with a place for each: what is printed goes to its end, the thread writes from `sent` on.
 * The stretch that is not written lies in the queue, or, from the first line that the queue had no room for,
 * in the file. There it begins with a whole line, so that the file is of use to a program that reads lines.
 *
 * The thread writes only when the descriptor has room, and `abandon_fd` ends its wait. A write that blocks
 * all the same, such as to a disk that hangs, is left alone at the end, with the thread and the memory that
 * it uses.
 *
 * fopencookie() and eventfd() are of Linux.
 */

#define _GNU_SOURCE /* fopencookie() */

#include "tools/espgang/line/outlet.h"

#include "engine/base/bytes.h"
#include "engine/base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define QUEUE_MAX    (256u * 1024)
#define CHUNK        4096 /* a pipe that is ready takes as much without blocking */
#define LOOK_MS      100
#define GRACE_MS     5000 /* without a byte being read, in the end */
#define CANCELLED_MS 500
#define STUCK_MS     1000

struct cli_outlet {
    FILE *file;
    int fd;
    char *spill;    /* own; NULL = there is none */
    int abandon_fd; /* readable = write no more */
    pthread_t thread;
    pthread_mutex_t lock; /* of what is below */
    pthread_cond_t wake;
    struct eg_buffer queue; /* the stream from `queue_begins` on, unless it is spilled */
    uint64_t queue_begins, sent, end;
    int spill_fd; /* -1 = not made yet */
    bool spilled; /* the stream from `spill_begins` on is in the file */
    uint64_t spill_begins;
    int failed, spill_failed; /* errno; 0 = it did not */
    uint64_t progress_ms;     /* when something was written last */
    bool lost, stop, over;    /* over: the thread is about to end */
    bool abandoned;           /* the thread uses nothing but `sent` any more */
};

/* Where the line begins that the stream's byte `at`, which is in the queue, belongs to. */
static size_t line_begins(const struct eg_buffer *queue, size_t at)
{
    while (at > 0 && queue->data[at - 1] != '\n')
        at--;
    return at;
}

/* Drop lines that are written. */
static void tidy(struct cli_outlet *outlet)
{
    const size_t done = line_begins(&outlet->queue, (size_t)(outlet->sent - outlet->queue_begins));

    if (done == outlet->queue.size || done > QUEUE_MAX / 4) {
        memmove(outlet->queue.data, outlet->queue.data + done, outlet->queue.size - done);
        outlet->queue.size -= done;
        outlet->queue_begins += done;
    }
}

static bool append_to_file(struct cli_outlet *outlet, const uint8_t *data, size_t size, uint64_t at)
{
    while (size > 0) {
        const ssize_t done = pwrite(outlet->spill_fd, data, size, (off_t)(at - outlet->spill_begins));
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            outlet->spill_failed = done == 0 ? EIO : errno;
            return false;
        }
        data += done;
        size -= (size_t)done;
        at += (uint64_t)done;
    }
    return true;
}

/* Move the queue to the file. */
static bool spill(struct cli_outlet *outlet)
{
    if (outlet->spilled)
        return true;
    if (outlet->spill == NULL || outlet->spill_failed != 0)
        return false;
    if (outlet->spill_fd < 0)
        outlet->spill_fd = open(outlet->spill, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (outlet->spill_fd < 0) {
        outlet->spill_failed = errno;
        return false;
    }
    const size_t from = line_begins(&outlet->queue, (size_t)(outlet->sent - outlet->queue_begins));
    outlet->spill_begins = outlet->queue_begins + from;
    if (!append_to_file(outlet, outlet->queue.data + from, outlet->queue.size - from, outlet->spill_begins))
        return false;
    outlet->spilled = true;
    outlet->queue.size = 0;
    return true;
}

/* What a cookie's stream prints. It never fails: a stream that has failed once takes no more. */
static ssize_t print(void *cookie, const char *data, size_t size)
{
    struct cli_outlet *const outlet = cookie;
    struct eg_error ignored;

    pthread_mutex_lock(&outlet->lock);
    const uint64_t waiting = outlet->end - outlet->sent;
    bool kept;
    if (!outlet->spilled && outlet->failed == 0 && waiting + size <= QUEUE_MAX)
        kept = eg_buffer_append(&outlet->queue, data, size, &ignored) == EG_OK;
    else
        kept = spill(outlet) && append_to_file(outlet, (const uint8_t *)data, size, outlet->end);
    if (kept)
        outlet->end += size;
    outlet->lost |= !kept;
    pthread_cond_signal(&outlet->wake);
    pthread_mutex_unlock(&outlet->lock);
    return (ssize_t)size;
}

/* Copy the next bytes to write; 0 = they cannot be read. With the lock held. */
static size_t take(struct cli_outlet *outlet, uint8_t chunk[CHUNK])
{
    const uint64_t waiting = outlet->end - outlet->sent;
    const size_t size = waiting < CHUNK ? (size_t)waiting : CHUNK;

    if (!outlet->spilled) {
        memcpy(chunk, outlet->queue.data + (outlet->sent - outlet->queue_begins), size);
        return size;
    }
    const ssize_t got = pread(outlet->spill_fd, chunk, size, (off_t)(outlet->sent - outlet->spill_begins));
    return got > 0 ? (size_t)got : 0;
}

/* The reader has caught up with the file. */
static void unspill(struct cli_outlet *outlet)
{
    if (ftruncate(outlet->spill_fd, 0) != 0)
        return; /* it goes on in the file */
    outlet->spilled = false;
    outlet->queue_begins = outlet->sent;
}

/* Write as the reader reads. -1 = errno has the failure, or the stream is abandoned. */
static ssize_t write_out(const struct cli_outlet *outlet, const uint8_t *data, size_t size)
{
    struct pollfd ready[] = {{.fd = outlet->fd, .events = POLLOUT},
                             {.fd = outlet->abandon_fd, .events = POLLIN}};

    for (;;) {
        if (poll(ready, 2, -1) < 0 && errno == EINTR)
            continue;
        if (ready[1].revents != 0)
            return -1;
        const ssize_t done = write(outlet->fd, data, size);
        if (done >= 0 || (errno != EINTR && errno != EAGAIN))
            return done;
        if (errno == EAGAIN) /* a terminal whose room is gone again */
            (void)!poll(&ready[1], 1, LOOK_MS);
    }
}

static void *work(void *argument)
{
    struct cli_outlet *const outlet = argument;
    uint8_t chunk[CHUNK];

    pthread_mutex_lock(&outlet->lock);
    for (;;) {
        while (outlet->sent == outlet->end && !outlet->stop)
            pthread_cond_wait(&outlet->wake, &outlet->lock);
        if (outlet->sent == outlet->end)
            break;
        const size_t size = take(outlet, chunk);
        pthread_mutex_unlock(&outlet->lock);
        const ssize_t done = size > 0 ? write_out(outlet, chunk, size) : -1;
        const int failed = errno;
        pthread_mutex_lock(&outlet->lock);
        if (outlet->abandoned) {
            outlet->sent += done > 0 ? (uint64_t)done : 0;
            break;
        }
        if (done < 0) {
            outlet->failed = failed != 0 ? failed : EIO;
            outlet->lost |= !spill(outlet);
            break;
        }
        outlet->sent += (uint64_t)done;
        outlet->progress_ms = eg_clock_ms();
        if (!outlet->spilled)
            tidy(outlet);
        else if (outlet->sent == outlet->end)
            unspill(outlet);
        pthread_cond_signal(&outlet->wake);
    }
    outlet->over = true;
    pthread_cond_broadcast(&outlet->wake);
    pthread_mutex_unlock(&outlet->lock);
    return NULL;
}

static enum eg_code start(struct cli_outlet *outlet, struct eg_error *err)
{
    outlet->abandon_fd = eventfd(0, EFD_CLOEXEC);
    if (outlet->abandon_fd < 0)
        return eg_error_errno(err, EG_IO, errno, "a thread for standard output");
    pthread_mutex_init(&outlet->lock, NULL);
    eg_cond_init(&outlet->wake);
    const int failed = eg_thread_start(&outlet->thread, 0, work, outlet);
    if (failed == 0)
        return EG_OK;
    close(outlet->abandon_fd);
    pthread_cond_destroy(&outlet->wake);
    pthread_mutex_destroy(&outlet->lock);
    return eg_error_errno(err, EG_IO, failed, "starting a thread for standard output");
}

static void release(struct cli_outlet *outlet)
{
    eg_buffer_finish(&outlet->queue);
    free(outlet->spill);
    free(outlet);
}

enum eg_code cli_outlet_open(struct cli_outlet **outlet, int fd, const char *spill_path, struct eg_error *err)
{
    struct cli_outlet *made;

    EG_TRY(eg_alloc(&made, 1, sizeof *made, err));
    made->fd = fd;
    made->spill_fd = -1;
    if ((spill_path != NULL && eg_strdup(&made->spill, spill_path, err) != EG_OK) ||
        start(made, err) != EG_OK) {
        release(made);
        return err->code;
    }
    made->file = fopencookie(made, "w", (cookie_io_functions_t){.write = print});
    if (made->file == NULL) {
        struct cli_outlet_end ignored;
        cli_outlet_close(made, NULL, &ignored);
        return eg_error_set(err, EG_NO_MEMORY, "out of memory for standard output");
    }
    *outlet = made;
    return EG_OK;
}

FILE *cli_outlet_file(struct cli_outlet *outlet)
{
    return outlet->file;
}

int cli_outlet_fd(const struct cli_outlet *outlet)
{
    return outlet->fd;
}

bool cli_outlet_idle(struct cli_outlet *outlet)
{
    pthread_mutex_lock(&outlet->lock);
    const bool idle = outlet->sent == outlet->end || outlet->failed != 0;
    pthread_mutex_unlock(&outlet->lock);
    return idle;
}

/* Wait for the thread as long as it makes headway. With the lock held. */
static void drain(struct cli_outlet *outlet, const struct eg_cancel *cancel)
{
    outlet->progress_ms = eg_clock_ms();
    while (outlet->sent != outlet->end && outlet->failed == 0 &&
           eg_clock_ms() - outlet->progress_ms < (eg_cancel_requested(cancel) ? CANCELLED_MS : GRACE_MS))
        eg_cond_wait_ms(&outlet->wake, &outlet->lock, LOOK_MS);
}

static void tell(const struct cli_outlet *outlet, bool written, struct cli_outlet_end *end)
{
    const char *const cause = outlet->failed != 0 ? strerror(outlet->failed) : "nobody reads it";

    *end = (struct cli_outlet_end){.whole = outlet->failed == 0 && outlet->spill_failed == 0};
    if (outlet->spill_failed != 0)
        snprintf(end->said, sizeof end->said, "standard output: %s; what is missing there is lost: %s: %s",
                 cause, outlet->spill, strerror(outlet->spill_failed));
    else if (!written && outlet->spill != NULL)
        snprintf(end->said, sizeof end->said, "standard output: %s; what is missing there is in %s", cause,
                 outlet->spill);
    else if (outlet->failed != 0)
        snprintf(end->said, sizeof end->said, "standard output: %s", cause);
}

/* Let the thread write no more, and wait for its end. false = it is stuck in a write. */
static bool end_thread(struct cli_outlet *outlet)
{
    const uint64_t until_ms = eg_clock_ms() + STUCK_MS;

    (void)!eventfd_write(outlet->abandon_fd, 1);
    pthread_mutex_lock(&outlet->lock);
    while (!outlet->over && eg_clock_left_ms(until_ms) > 0)
        eg_cond_wait_ms(&outlet->wake, &outlet->lock, eg_clock_left_ms(until_ms));
    const bool over = outlet->over;
    pthread_mutex_unlock(&outlet->lock);
    return over && pthread_join(outlet->thread, NULL) == 0;
}

void cli_outlet_close(struct cli_outlet *outlet, const struct eg_cancel *cancel, struct cli_outlet_end *end)
{
    *end = (struct cli_outlet_end){.whole = true};
    if (outlet == NULL)
        return;
    if (outlet->file != NULL)
        fclose(outlet->file);
    pthread_mutex_lock(&outlet->lock);
    outlet->stop = true;
    pthread_cond_broadcast(&outlet->wake);
    drain(outlet, cancel);
    outlet->abandoned = true;
    pthread_mutex_unlock(&outlet->lock);
    const bool ended = end_thread(outlet);
    pthread_mutex_lock(&outlet->lock);
    const bool written = outlet->sent == outlet->end && !outlet->lost;
    if (!written)
        spill(outlet);
    tell(outlet, written, end);
    if (outlet->spill_fd >= 0) {
        if (!written && fsync(outlet->spill_fd) != 0 && outlet->spill_failed == 0) {
            outlet->spill_failed = errno;
            tell(outlet, written, end);
        }
        close(outlet->spill_fd);
        if (written)
            unlink(outlet->spill);
    }
    pthread_mutex_unlock(&outlet->lock);
    if (!ended)
        return;
    pthread_cond_destroy(&outlet->wake);
    pthread_mutex_destroy(&outlet->lock);
    close(outlet->abandon_fd);
    release(outlet);
}
