/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A sink that keeps events in a queue on disk until their receiver has them, and sends them in their order. A
 * board never waits for it: an event goes into memory, one thread puts it into the queue, another one
 * delivers it.
 *
 * Every event goes out but `progress`; at least once, so a receiver that must not count twice looks at
 * `session` and `sequence`.
 */

#ifndef TOOLS_ESPGANG_EVENTS_SINK_H
#define TOOLS_ESPGANG_EVENTS_SINK_H

#include "tools/espgang/events/carrier.h"
#include "tools/espgang/events/events.h"

#define CLI_SINK_MEMORY (8u * 1024 * 1024) /* bytes of events that the disk does not take at the moment */

struct cli_sink;

/** What a sink has come to. */
struct cli_sink_end {
    int64_t waiting;   /* events in the queue; -1 = it cannot be read */
    uint64_t lost;     /* events that did not get into the queue */
    bool elsewhere;    /* another program delivers what is in the queue */
    char failure[300]; /* why the last attempt to deliver failed; "" = it did not */
    char loss[200];    /* why the queue refused events last; "" = it did not */
};

/**
 * Open the queue and begin to deliver.
 *
 * @param carrier  the sink's from now on, whatever is returned
 * @param path  of the queue
 * @param size_max  bytes that the queue may grow to
 * @param logger  hears about failures and recoveries, from any thread, until the sink is closed
 */
enum eg_code cli_sink_open(struct cli_sink **sink, struct cli_carrier *carrier, const char *path,
                           uint64_t size_max, struct eg_logger *logger, struct eg_error *err) EG_CHECKED;

/** What to give to cli_events_add(). Take it away before the sink is closed. */
struct cli_event_sink cli_sink_events(struct cli_sink *sink);

/**
 * Deliver what is left as long as the receiver takes it, and end. It gives up at the first failure, when
 * nothing was taken for `patience_ms`, a fifth of that if the last attempt failed, or when cancelled.
 */
void cli_sink_close(struct cli_sink *sink, uint32_t patience_ms, const struct eg_cancel *cancel,
                    struct cli_sink_end *end);

#endif
