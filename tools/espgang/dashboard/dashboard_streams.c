/* SPDX-License-Identifier: Apache-2.0 */

/* What streams send: frames of the state, which a slow client gets less often, and events, of which it must
 * not miss one. */

#include "tools/espgang/dashboard/dashboard_internal.h"
#include "tools/espgang/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAMS_MAX 64
#define CHUNK       4096 /* bytes that libmicrohttpd asks for at once */
#define BEAT_MS     5000 /* an event in a quiet stream shows that it lives */

struct cli_stream {
    struct cli_stream *next;
    struct cli_dashboard *dashboard;
    struct MHD_Connection *connection;
    enum cli_stream_kind kind;
    bool suspended;
    bool last;        /* what is pending ends it */
    uint64_t version; /* of the frames that it has */
    uint64_t sequence;
    uint64_t beat_ms;
    struct eg_buffer pending;
    size_t sent; /* of `pending` */
};

/* Takes the text over. With the lock held. */
static void set_frame(struct cli_dashboard *self, struct cli_frame *frame, char *text)
{
    if (text == NULL || (frame->text != NULL && strcmp(frame->text, text) == 0)) {
        free(text);
        return;
    }
    free(frame->text);
    *frame = (struct cli_frame){text, ++self->version};
}

struct cli_may cli__may(const struct cli_dashboard *self)
{
    return (struct cli_may){.start = self->options.control && self->control != NULL,
                            .drain = self->options.control};
}

static void update_slots(struct cli_dashboard *self, const struct cli_view_slot *slots, unsigned count)
{
    if (count > self->slot_count) {
        struct cli_frame *const more = realloc(self->slots, count * sizeof *more);
        if (more == NULL)
            return;
        memset(more + self->slot_count, 0, (count - self->slot_count) * sizeof *more);
        self->slots = more;
        self->slot_count = count;
    }
    for (unsigned i = 0; i < count; i++)
        set_frame(self, &self->slots[i], cli_document_slot(&slots[i], i));
}

void cli__frames_update(struct cli_dashboard *self)
{
    struct cli_view *const view = self->line.view;

    pthread_mutex_lock(&self->update_lock);
    pthread_mutex_lock(&self->lock);
    const struct cli_may may = cli__may(self);
    pthread_mutex_unlock(&self->lock);
    cli_view_lock(view);
    const unsigned count = view->slot_count;
    struct cli_view_slot *const slots = calloc(count + 1, sizeof *slots);
    if (slots != NULL)
        memcpy(slots, view->slots, count * sizeof *slots);
    char *const head =
        cli_document_line(view, self->line.operator_name, may, eg_cancel_requested(cli_ending()),
                          cli_paused(), eg_clock_ms() / 1000 * 1000);
    cli_view_unlock(view);
    pthread_mutex_lock(&self->lock);
    set_frame(self, &self->head, head);
    if (slots != NULL)
        update_slots(self, slots, count);
    pthread_mutex_unlock(&self->lock);
    free(slots);
    pthread_mutex_unlock(&self->update_lock);
}

void cli__frames_update_batch(struct cli_dashboard *self)
{
    struct eg_error ignored; /* what is wrong with the ledger the boards' own records tell */
    char *document;

    if (cli_document_batch(&document, self->line.ledger, self->line.batch, &ignored) != EG_OK)
        return;
    pthread_mutex_lock(&self->lock);
    set_frame(self, &self->batch, document);
    pthread_mutex_unlock(&self->lock);
}

void cli__frames_finish(struct cli_dashboard *self)
{
    for (unsigned i = 0; i < self->slot_count; i++)
        free(self->slots[i].text);
    free(self->slots);
    free(self->head.text);
    free(self->batch.text);
}

void cli__streams_wake(struct cli_dashboard *self)
{
    pthread_mutex_lock(&self->lock);
    for (struct cli_stream *stream = self->streams; stream != NULL; stream = stream->next) {
        if (!stream->suspended)
            continue;
        stream->suspended = false;
        MHD_resume_connection(stream->connection);
    }
    pthread_mutex_unlock(&self->lock);
}

static enum eg_code put_frame(struct cli_stream *stream, const char *event, const struct cli_frame *frame,
                              struct eg_error *err)
{
    char begin[48];

    if (frame->text == NULL || frame->version <= stream->version)
        return EG_OK;
    const int size = snprintf(begin, sizeof begin, "event: %s\ndata: ", event);
    EG_TRY(eg_buffer_append(&stream->pending, begin, (size_t)size, err));
    EG_TRY(eg_buffer_append(&stream->pending, frame->text, strlen(frame->text), err));
    return eg_buffer_append(&stream->pending, "\n\n", 2, err);
}

static enum eg_code put_state(struct cli_stream *stream, struct eg_error *err)
{
    struct cli_dashboard *const self = stream->dashboard;

    EG_TRY(put_frame(stream, "line", &self->head, err));
    for (unsigned i = 0; i < self->slot_count; i++)
        EG_TRY(put_frame(stream, "slot", &self->slots[i], err));
    EG_TRY(put_frame(stream, "batch", &self->batch, err));
    stream->version = self->version;
    return EG_OK;
}

static enum eg_code put_events(struct cli_stream *stream, struct eg_error *err)
{
    struct cli_dashboard *const self = stream->dashboard;
    char begin[80], *json = NULL;
    enum cli_ring_got got = CLI_RING_NOTHING_NEW;

    while (stream->pending.size < CLI_HTTP_CONNECTION_SIZE &&
           (got = cli_ring_next(self->ring, &stream->sequence, &json)) == CLI_RING_EVENT) {
        const int size = snprintf(begin, sizeof begin, "id: %s-%llu\ndata: ", self->line.events->session,
                                  (unsigned long long)stream->sequence);
        enum eg_code code = eg_buffer_append(&stream->pending, begin, (size_t)size, err);
        if (code == EG_OK)
            code = eg_buffer_append(&stream->pending, json, strlen(json), err);
        free(json);
        EG_TRY(code);
        EG_TRY(eg_buffer_append(&stream->pending, "\n\n", 2, err));
    }
    return got == CLI_RING_GONE ? eg_error_set(err, EG_TIMEOUT, "the client reads too slowly") : EG_OK;
}

/* What there is to send next; EG_OK also if it is nothing. With the lock held. */
static enum eg_code refill(struct cli_stream *stream, struct eg_error *err)
{
    static const char end[] = "event: end\ndata: {}\n\n", beat[] = "event: beat\ndata: {}\n\n";
    const uint64_t now_ms = eg_clock_ms();

    stream->pending.size = 0;
    stream->sent = 0;
    EG_TRY(stream->kind == CLI_STREAM_STATE ? put_state(stream, err) : put_events(stream, err));
    if (stream->pending.size == 0 && stream->dashboard->ended) {
        stream->last = true;
        return eg_buffer_append(&stream->pending, end, sizeof end - 1, err);
    }
    if (stream->pending.size == 0 && now_ms - stream->beat_ms >= BEAT_MS)
        EG_TRY(eg_buffer_append(&stream->pending, beat, sizeof beat - 1, err));
    if (stream->pending.size > 0)
        stream->beat_ms = now_ms;
    return EG_OK;
}

/* libmicrohttpd asks for the next bytes of a stream. */
static ssize_t read_stream(void *context, uint64_t position, char *buffer, size_t size)
{
    struct cli_stream *const stream = context;
    struct cli_dashboard *const self = stream->dashboard;
    struct eg_error ignored;
    ssize_t got = 0;

    (void)position;
    pthread_mutex_lock(&self->lock);
    const bool refilled =
        stream->sent < stream->pending.size || stream->last || refill(stream, &ignored) == EG_OK;
    const size_t left = stream->pending.size - stream->sent;
    if (!refilled || (stream->last && left == 0)) {
        got = MHD_CONTENT_READER_END_OF_STREAM;
    } else if (left == 0) {
        stream->suspended = true;
        MHD_suspend_connection(stream->connection);
    } else {
        got = (ssize_t)(left < size ? left : size);
        memcpy(buffer, stream->pending.data + stream->sent, (size_t)got);
        stream->sent += (size_t)got;
    }
    pthread_mutex_unlock(&self->lock);
    return got;
}

static void end_stream(void *context)
{
    struct cli_stream *const stream = context;
    struct cli_dashboard *const self = stream->dashboard;

    pthread_mutex_lock(&self->lock);
    for (struct cli_stream **at = &self->streams; *at != NULL; at = &(*at)->next) {
        if (*at != stream)
            continue;
        *at = stream->next;
        break;
    }
    self->stream_count--;
    pthread_mutex_unlock(&self->lock);
    eg_buffer_finish(&stream->pending);
    free(stream);
}

struct MHD_Response *cli__stream_create(struct cli_dashboard *self, struct MHD_Connection *connection,
                                        enum cli_stream_kind kind, uint64_t sequence)
{
    struct cli_stream *const stream = calloc(1, sizeof *stream);

    if (stream == NULL)
        return NULL;
    *stream = (struct cli_stream){.dashboard = self,
                                  .connection = connection,
                                  .kind = kind,
                                  .sequence = sequence,
                                  .beat_ms = eg_clock_ms()};
    pthread_mutex_lock(&self->lock);
    const bool full = self->stream_count >= STREAMS_MAX || self->ended;
    if (!full) {
        stream->next = self->streams;
        self->streams = stream;
        self->stream_count++;
    }
    pthread_mutex_unlock(&self->lock);
    if (full) {
        free(stream);
        return NULL;
    }
    struct MHD_Response *const response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, CHUNK, read_stream, stream, end_stream);
    if (response == NULL)
        end_stream(stream);
    return response;
}
