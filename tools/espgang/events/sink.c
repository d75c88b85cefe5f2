/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/events/sink.h"

#include "engine/base/thread.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_MAX   64           /* events of one transaction, */
#define BATCH_SIZE  (64u * 1024) /* and their bytes, unless it is one */
#define FLIGHT_MAX  256
#define FLIGHT_SIZE (256u * 1024)
#define LOOK_MS     1000 /* for events of other programs, and for the role of the one who delivers */
#define RETRY_MS    1000
#define PAUSE_MS    1000 /* after a failure; doubled by each further one */
#define PAUSE_MOST  30000
#define HASTE       5 /* at the end a receiver that took nothing before gets this part of the time */
#define STUCK_MS    3000

struct cli_sink {
    struct cli_carrier *carrier;
    struct eg_logger *logger;
    char *path;
    struct eg_queue *in, *out; /* of the writer, of the sender */
    pthread_t writer, sender;
    int64_t sent;            /* the sender's: id of the last event that the receiver has */
    bool leads;              /* this program delivers what is in the queue; set at the sender's end */
    struct eg_cancel cancel; /* of the carrier */
    pthread_mutex_t lock;    /* of what is below */
    pthread_cond_t wake;
    struct eg_queue_item *events; /* not on the disk yet, the oldest first */
    unsigned count;
    size_t size;      /* of their texts */
    uint64_t written; /* grows with each batch that is on the disk */
    uint64_t lost, progress_ms;
    char failure[300]; /* why the last attempt to deliver failed; "" = it did not */
    char loss[200];    /* why the queue refused events last */
    bool failing;
    bool stop;      /* no further event comes; deliver what there is */
    bool abandoned; /* both threads use nothing but this struct any more, and say nothing */
    bool writer_over, sender_over, talking;
};

static void wait_ms(struct cli_sink *sink, uint32_t duration_ms)
{
    eg_cond_wait_ms(&sink->wake, &sink->lock, duration_ms);
}

/* Wait, whatever happens meanwhile; the end of the line ends it. */
static void pause_for(struct cli_sink *sink, uint32_t duration_ms)
{
    const uint64_t until_ms = eg_clock_ms() + duration_ms;

    while (!sink->stop && eg_clock_left_ms(until_ms) > 0)
        wait_ms(sink, eg_clock_left_ms(until_ms));
}

/* Log without the lock, which is held before and after: a logger's events come back to take(). */
static void say(struct cli_sink *sink, bool warns, const char *text)
{
    while (sink->talking)
        pthread_cond_wait(&sink->wake, &sink->lock);
    if (sink->abandoned)
        return;
    sink->talking = true;
    pthread_mutex_unlock(&sink->lock);
    if (warns)
        eg_log_warning(sink->logger, NULL, "%s: %s", sink->carrier->ops->name, text);
    else
        eg_log_note(sink->logger, NULL, "%s: %s", sink->carrier->ops->name, text);
    pthread_mutex_lock(&sink->lock);
    sink->talking = false;
    pthread_cond_broadcast(&sink->wake);
}

/* ---- From the line to the disk ---- */

static bool keep(struct cli_sink *sink, const struct cli_event *event)
{
    struct eg_error err;

    if (sink->size + event->size > CLI_SINK_MEMORY)
        return false;
    if (eg_grow(&sink->events, sink->count, sizeof *sink->events, &err) != EG_OK)
        return false;
    char *const text = strndup(event->json, event->size);
    if (text == NULL)
        return false;
    sink->events[sink->count++] = (struct eg_queue_item){.text = text, .size = event->size};
    sink->size += event->size;
    return true;
}

static void take(void *context, const struct cli_event *event)
{
    struct cli_sink *const sink = context;

    if (event->is_progress || event->is_talk)
        return;
    pthread_mutex_lock(&sink->lock);
    sink->lost += !keep(sink, event);
    pthread_cond_broadcast(&sink->wake);
    pthread_mutex_unlock(&sink->lock);
}

struct cli_event_sink cli_sink_events(struct cli_sink *sink)
{
    return (struct cli_event_sink){take, sink};
}

/* Forget the oldest events. With the lock held. */
static void forget(struct cli_sink *sink, unsigned count)
{
    if (count == 0)
        return; /* there may be no list */
    for (unsigned i = 0; i < count; i++)
        sink->size -= sink->events[i].size;
    eg_queue_items_free(sink->events, count);
    sink->count -= count;
    memmove(sink->events, sink->events + count, sink->count * sizeof *sink->events);
}

/* What the operator hears of a disk that takes nothing. */
struct trouble {
    bool told, told_loss;
    uint64_t lost; /* told already */
};

static void tell_trouble(struct cli_sink *sink, struct trouble *trouble, const struct eg_error *err)
{
    char text[600];

    snprintf(sink->loss, sizeof sink->loss, "%.199s", err->text);
    if (!trouble->told) {
        trouble->told = true;
        snprintf(text, sizeof text, "%.300s takes no more events, so they are kept in memory for now: %s",
                 sink->path, sink->loss);
        say(sink, true, text);
    } else if (sink->lost > trouble->lost && !trouble->told_loss) {
        trouble->told_loss = true;
        snprintf(text, sizeof text, "events are being lost: %s: %.300s", sink->loss, sink->path);
        say(sink, true, text);
    }
}

static void tell_recovery(struct cli_sink *sink, struct trouble *trouble)
{
    char text[600];

    if (sink->lost > trouble->lost) {
        snprintf(text, sizeof text, "%" PRIu64 " events were lost before this one: %s",
                 sink->lost - trouble->lost, sink->loss[0] != '\0' ? sink->loss : "out of memory");
        say(sink, true, text);
    } else if (trouble->told) {
        say(sink, false, "no event is lost, the queue takes them again");
    }
    *trouble = (struct trouble){.lost = sink->lost};
}

/* Once something did not fit, one event at a time: it may. With the lock held. */
static unsigned next_batch(const struct cli_sink *sink, bool in_trouble)
{
    const unsigned most = in_trouble ? 1 : BATCH_MAX;
    size_t size = sink->events[0].size;
    unsigned count = 1;

    while (count < sink->count && count < most && size + sink->events[count].size <= BATCH_SIZE)
        size += sink->events[count++].size;
    return count;
}

/* The copy of the items stays valid while take() moves the array that it comes from. */
static enum eg_code write_batch(struct cli_sink *sink, unsigned count, struct eg_error *err)
{
    struct eg_queue_item batch[BATCH_MAX];

    memcpy(batch, sink->events, count * sizeof batch[0]);
    pthread_mutex_unlock(&sink->lock);
    const enum eg_code code = eg_queue_put(sink->in, batch, count, err);
    pthread_mutex_lock(&sink->lock);
    return code;
}

static void *write_events(void *context)
{
    struct cli_sink *const sink = context;
    struct trouble trouble = {.lost = 0};
    struct eg_error err;

    pthread_mutex_lock(&sink->lock);
    while (!sink->abandoned && (sink->count > 0 || !sink->stop)) {
        if (sink->count == 0) {
            pthread_cond_wait(&sink->wake, &sink->lock);
            continue;
        }
        const unsigned count = next_batch(sink, trouble.told);
        if (write_batch(sink, count, &err) == EG_OK) {
            forget(sink, count);
            sink->written++;
            pthread_cond_broadcast(&sink->wake);
            if (sink->count == 0 && (trouble.told || sink->lost > trouble.lost))
                tell_recovery(sink, &trouble);
            continue;
        }
        if (sink->stop) {
            snprintf(sink->loss, sizeof sink->loss, "%.199s", err.text);
            sink->lost += sink->count;
            forget(sink, sink->count);
            break;
        }
        tell_trouble(sink, &trouble, &err);
        pause_for(sink, RETRY_MS);
    }
    sink->writer_over = true;
    pthread_cond_broadcast(&sink->wake);
    pthread_mutex_unlock(&sink->lock);
    return NULL;
}

/* ---- From the disk to the receiver ---- */

struct delivery {
    bool leads; /* this program delivers what is in the queue; else another one does */
    bool empty; /* so was the queue */
    uint32_t pause_ms;
};

/* Deliver the next events. Without the lock. */
static enum eg_code deliver_some(struct cli_sink *sink, struct delivery *delivery, struct eg_error *err)
{
    struct eg_queue_item items[FLIGHT_MAX];
    unsigned count, taken = 0;

    EG_TRY(eg_queue_read(sink->out, sink->sent, FLIGHT_MAX, FLIGHT_SIZE, items, &count, err));
    delivery->empty = count == 0;
    if (count == 0) {
        sink->carrier->ops->idle(sink->carrier);
        return EG_OK;
    }
    const enum eg_code code =
        sink->carrier->ops->deliver(sink->carrier, items, count, &sink->cancel, &taken, err);
    if (taken > 0) {
        struct eg_error ignored;
        sink->sent = items[taken - 1].id;
        /* If they stay in the file, the next start of the program sends them once more. */
        (void)!eg_queue_drop(sink->out, sink->sent, &ignored);
        pthread_mutex_lock(&sink->lock);
        sink->progress_ms = eg_clock_ms();
        pthread_mutex_unlock(&sink->lock);
    }
    eg_queue_items_free(items, count);
    return code;
}

static void tell_failure(struct cli_sink *sink, const struct eg_error *err)
{
    const bool is_new = !sink->failing;
    char text[1000];

    if (err->code == EG_CANCELLED) { /* at the end; why it was tried again stays */
        if (sink->failure[0] == '\0')
            snprintf(sink->failure, sizeof sink->failure, "no answer yet");
        return;
    }
    sink->failing = true;
    snprintf(sink->failure, sizeof sink->failure, "%.299s", err->text);
    if (!is_new || sink->stop)
        return;
    snprintf(text, sizeof text, "%s: %s; events wait in %.250s", sink->carrier->where, sink->failure,
             sink->path);
    say(sink, true, text);
}

static void tell_success(struct cli_sink *sink)
{
    if (!sink->failing)
        return;
    sink->failing = false;
    sink->failure[0] = '\0';
    if (!sink->stop)
        say(sink, false, "the receiver takes events again");
}

static void wait_after_failure(struct cli_sink *sink, struct delivery *delivery)
{
    const uint32_t twice_ms = 2 * delivery->pause_ms;

    delivery->pause_ms = twice_ms == 0 ? PAUSE_MS : twice_ms < PAUSE_MOST ? twice_ms : PAUSE_MOST;
    pause_for(sink, delivery->pause_ms);
}

static void *send_events(void *context)
{
    struct cli_sink *const sink = context;
    struct delivery delivery = {.leads = false};
    struct eg_error err;

    pthread_mutex_lock(&sink->lock);
    for (;;) {
        const uint64_t written = sink->written;
        const bool is_all = sink->writer_over, ends = sink->stop;
        pthread_mutex_unlock(&sink->lock);
        delivery.leads = delivery.leads || eg_queue_lead(sink->out);
        const enum eg_code code = delivery.leads ? deliver_some(sink, &delivery, &err) : EG_OK;
        const bool waits = !delivery.leads || delivery.empty;
        pthread_mutex_lock(&sink->lock);
        if (code != EG_OK)
            tell_failure(sink, &err);
        else if (!waits)
            tell_success(sink);
        if (sink->abandoned || (ends && (code != EG_OK || !delivery.leads || (delivery.empty && is_all))))
            break;
        if (code != EG_OK) {
            wait_after_failure(sink, &delivery);
            continue;
        }
        delivery.pause_ms = 0;
        if (waits && sink->written == written && sink->writer_over == is_all && sink->stop == ends)
            wait_ms(sink, LOOK_MS);
    }
    sink->leads = delivery.leads;
    sink->sender_over = true;
    pthread_cond_broadcast(&sink->wake);
    pthread_mutex_unlock(&sink->lock);
    return NULL;
}

/* ---- Beginning and end ---- */

static void release(struct cli_sink *sink)
{
    forget(sink, sink->count);
    free(sink->events);
    eg_queue_close(sink->in);
    eg_queue_close(sink->out);
    sink->carrier->ops->destroy(sink->carrier);
    free(sink->path);
    free(sink);
}

static void end_locks(struct cli_sink *sink)
{
    pthread_cond_destroy(&sink->wake);
    pthread_mutex_destroy(&sink->lock);
}

static enum eg_code start(struct cli_sink *sink, struct eg_error *err)
{
    pthread_mutex_init(&sink->lock, NULL);
    eg_cond_init(&sink->wake);
    const bool writes = eg_thread_start(&sink->writer, 0, write_events, sink) == 0;
    if (writes && eg_thread_start(&sink->sender, 0, send_events, sink) == 0)
        return EG_OK;
    if (writes) {
        pthread_mutex_lock(&sink->lock);
        sink->stop = true;
        pthread_cond_broadcast(&sink->wake);
        pthread_mutex_unlock(&sink->lock);
        pthread_join(sink->writer, NULL);
    }
    end_locks(sink);
    return eg_error_set(err, EG_IO, "no thread for %s", sink->carrier->ops->name);
}

enum eg_code cli_sink_open(struct cli_sink **sink, struct cli_carrier *carrier, const char *path,
                           uint64_t size_max, struct eg_logger *logger, struct eg_error *err)
{
    struct cli_sink *made;

    if (eg_alloc(&made, 1, sizeof *made, err) != EG_OK) {
        carrier->ops->destroy(carrier);
        return err->code;
    }
    made->carrier = carrier;
    made->logger = logger;
    if (eg_strdup(&made->path, path, err) != EG_OK ||
        eg_queue_open(&made->in, path, size_max, err) != EG_OK ||
        eg_queue_open(&made->out, path, size_max, err) != EG_OK || start(made, err) != EG_OK) {
        release(made);
        return err->code;
    }
    *sink = made;
    return EG_OK;
}

static bool is_over(const struct cli_sink *sink)
{
    return sink->writer_over && sink->sender_over;
}

/* Wait for both threads as long as events are taken, then stop the carrier. false = one of them is stuck, in
 * the system, and is left alone with the memory that it uses. */
static bool end_threads(struct cli_sink *sink, uint32_t patience_ms, const struct eg_cancel *cancel)
{
    pthread_mutex_lock(&sink->lock);
    sink->stop = true;
    sink->progress_ms = eg_clock_ms();
    pthread_cond_broadcast(&sink->wake);
    while (!is_over(sink) && !eg_cancel_requested(cancel) &&
           eg_clock_ms() - sink->progress_ms < (sink->failing ? patience_ms / HASTE : patience_ms))
        wait_ms(sink, EG_CANCEL_POLL_MS);
    eg_cancel_request(&sink->cancel);
    const uint64_t until_ms = eg_clock_ms() + STUCK_MS;
    while (!is_over(sink) && eg_clock_left_ms(until_ms) > 0)
        wait_ms(sink, EG_CANCEL_POLL_MS);
    while (sink->talking)
        pthread_cond_wait(&sink->wake, &sink->lock);
    sink->abandoned = true;
    const bool over = is_over(sink);
    pthread_mutex_unlock(&sink->lock);
    if (!over)
        return false;
    pthread_join(sink->writer, NULL);
    pthread_join(sink->sender, NULL);
    return true;
}

void cli_sink_close(struct cli_sink *sink, uint32_t patience_ms, const struct eg_cancel *cancel,
                    struct cli_sink_end *end)
{
    struct eg_error err;

    if (!end_threads(sink, patience_ms, cancel)) {
        pthread_mutex_lock(&sink->lock);
        *end = (struct cli_sink_end){.waiting = -1, .lost = sink->lost + sink->count};
        snprintf(end->failure, sizeof end->failure, "it is stuck in the system");
        pthread_mutex_unlock(&sink->lock);
        return;
    }
    *end = (struct cli_sink_end){.lost = sink->lost, .elsewhere = !sink->leads};
    memcpy(end->failure, sink->failure, sizeof end->failure);
    memcpy(end->loss, sink->loss, sizeof end->loss);
    if (eg_queue_count(sink->out, sink->sent, &end->waiting, &err) != EG_OK) {
        end->waiting = -1;
        snprintf(end->failure, sizeof end->failure, "%.299s", err.text);
    }
    end_locks(sink);
    release(sink);
}
