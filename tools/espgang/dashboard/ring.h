/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The newest events, for streams: whoever reads too slowly finds that his next one is gone, and nobody waits
 * for him. Besides, of each slot the events of its newest run that tell its story.
 *
 * Threads: any; no call waits.
 */

#ifndef TOOLS_ESPGANG_DASHBOARD_RING_H
#define TOOLS_ESPGANG_DASHBOARD_RING_H

#include "engine/base/bytes.h"
#include "tools/espgang/events/events.h"

#define CLI_RING_EVENTS 4096
#define CLI_RING_STORY  96 /* events of a slot's newest run */

struct cli_ring;

enum eg_code cli_ring_create(struct cli_ring **ring, struct eg_error *err) EG_CHECKED;
/** NULL is allowed. */
void cli_ring_destroy(struct cli_ring *ring);

/** A sink that keeps events. */
struct cli_event_sink cli_ring_sink(struct cli_ring *ring);

enum cli_ring_got { CLI_RING_EVENT, CLI_RING_NOTHING_NEW, CLI_RING_GONE };

/**
 * Get the first event after `sequence`; progress that newer progress of the same slot has replaced is left
 * out.
 *
 * @param sequence  becomes that of the event; moves also past events that are left out
 * @param event     a copy to be freed, when CLI_RING_EVENT is returned
 *
 * @return CLI_RING_GONE: it is not kept any more, or there is no memory for it
 */
enum cli_ring_got cli_ring_next(struct cli_ring *ring, uint64_t *sequence, char **event);

/** The sequence of the newest event; 0 = none yet. */
uint64_t cli_ring_newest(struct cli_ring *ring);

/** The sequence after which every event is kept. */
uint64_t cli_ring_before_oldest(struct cli_ring *ring);

/** Append the events "run-begin", "stage-end", "note", "warning" and "result" of a slot's newest run,
 * separated by commas. */
enum eg_code cli_ring_story(struct cli_ring *ring, const char *slot, struct eg_buffer *text,
                            struct eg_error *err) EG_CHECKED;

#endif
