/* SPDX-License-Identifier: Apache-2.0 */

/* The parts of the server. Only for this module. */

#ifndef TOOLS_ESPGANG_DASHBOARD_DASHBOARD_INTERNAL_H
#define TOOLS_ESPGANG_DASHBOARD_DASHBOARD_INTERNAL_H

#include "tools/espgang/dashboard/dashboard.h"
#include "tools/espgang/dashboard/documents.h"
#include "tools/espgang/dashboard/guard.h"
#include "tools/espgang/dashboard/ring.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

/** Memory of a connection for its request, in bytes, and what a stream takes from the ring at once. */
#define CLI_HTTP_CONNECTION_SIZE (32 * 1024)

extern const unsigned char cli_page[]; /* page.html, made by the build */
extern const size_t cli_page_size;

/* A text that streams send when it has changed. */
struct cli_frame {
    char *text;       /* own; NULL = nothing to tell yet */
    uint64_t version; /* of the frames when it changed last */
};

enum cli_stream_kind { CLI_STREAM_STATE, CLI_STREAM_EVENTS };

/** Tokens that requests take. */
struct cli_bucket {
    double tokens;
    uint64_t filled_ms;
};

struct cli_dashboard {
    struct cli_dashboard_options options;
    struct cli_dashboard_line line;
    char token[CLI_HTTP_TOKEN_MAX + 1]; /* "" = none */
    char page_policy[400];
    struct MHD_Daemon *daemon;
    struct cli_ring *ring;
    pthread_t pump, counter;
    bool pumping, counting;
    atomic_bool stop;
    pthread_mutex_t report_lock; /* one report at a time */
    pthread_mutex_t
        update_lock;      /* one update of the frames at a time, or an older state could follow a newer */
    pthread_mutex_t lock; /* of all below */
    uint64_t version;
    struct cli_frame head, batch, *slots;
    unsigned slot_count;
    struct cli_stream *streams;
    unsigned stream_count;
    bool ended; /* the line: streams say so and end */
    struct cli_bucket requests, failures;
    const struct cli_dashboard_control *control;
    unsigned controlling; /* calls of it in progress */
    pthread_cond_t idle;  /* no call of control is in progress */
};

/** With the lock held. */
struct cli_may cli__may(const struct cli_dashboard *dashboard);

/** Copy what the view shows into frames. The view is locked only to be copied. */
void cli__frames_update(struct cli_dashboard *dashboard);

/** Ask the ledger for the batch's frame. */
void cli__frames_update_batch(struct cli_dashboard *dashboard);

void cli__frames_finish(struct cli_dashboard *dashboard);

/** Let every stream look for something to send. */
void cli__streams_wake(struct cli_dashboard *dashboard);

/**
 * Make the response of a new stream.
 *
 * @param sequence  of the last event that the client has; of events only
 *
 * @return NULL: too many streams are open, the line has ended, or there is no memory
 */
struct MHD_Response *cli__stream_create(struct cli_dashboard *dashboard, struct MHD_Connection *connection,
                                        enum cli_stream_kind kind, uint64_t sequence);

/** The handler of requests, and what it keeps of one; as MHD_start_daemon() takes them. */
enum MHD_Result cli__request(void *context, struct MHD_Connection *connection, const char *path,
                             const char *method, const char *version, const char *data, size_t *data_size,
                             void **kept);
void cli__request_forget(void *context, struct MHD_Connection *connection, void **kept,
                         enum MHD_RequestTerminationCode why);

#endif
