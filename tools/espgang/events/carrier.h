/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A way for events to their receiver: MQTT (carrier_mqtt.c) or a webhook (carrier_webhook.c).
 *
 * Threads: a carrier belongs to the thread of its sink (sink.h). It may wait; it looks at the cancel flag
 * every 100 ms, except while the system resolves a name.
 */

#ifndef TOOLS_ESPGANG_EVENTS_CARRIER_H
#define TOOLS_ESPGANG_EVENTS_CARRIER_H

#include "db/queue.h"
#include "engine/base/clock.h"
#include "jobs/station_file.h"

struct cli_carrier;

struct cli_carrier_ops {
    const char *name; /* "mqtt" */
    /**
     * Deliver events in their order.
     *
     * @param taken  how many of them, from the first, the receiver has acknowledged; also when it fails
     */
    enum eg_code (*deliver)(struct cli_carrier *carrier, const struct eg_queue_item *events, unsigned count,
                            const struct eg_cancel *cancel, unsigned *taken, struct eg_error *err) EG_CHECKED;
    /** Keep the connection alive; called every second while there is nothing to deliver. */
    void (*idle)(struct cli_carrier *carrier);
    void (*destroy)(struct cli_carrier *carrier);
};

struct cli_carrier {
    const struct cli_carrier_ops *ops;
    char where[400]; /* for people: the receiver, and whether the way is encrypted; no secret */
};

/**
 * Make a carrier: read its files, connect to nothing.
 *
 * @return EG_OK; EG_BAD_ARGUMENT a file of it is missing, wrong or readable by others; EG_IO, EG_NO_MEMORY
 */
enum eg_code cli_carrier_mqtt(struct cli_carrier **carrier, const struct eg_mqtt_options *options,
                              struct eg_error *err) EG_CHECKED;
enum eg_code cli_carrier_webhook(struct cli_carrier **carrier, const struct eg_webhook_options *options,
                                 struct eg_error *err) EG_CHECKED;

#endif
