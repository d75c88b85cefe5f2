/* SPDX-License-Identifier: Apache-2.0 */

/* Requests of the carriers' tests to a board, and the replies they search for. */

#ifndef TESTS_TOOLS_VBOARD_TALK_H
#define TESTS_TOOLS_VBOARD_TALK_H

#include "engine/base/error.h"
#include "tools/vboard/carrier.h"

#include "tests/fakes/check.h"

#include <string.h>

/** A SYNC request as sent over the wire. */
static const uint8_t sync_request[46] = {
    0xc0, 0x00, 0x08, 0x24, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07, 0x07, 0x12, 0x20, 0x55, 0x55, 0x55,
    0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
    0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xc0,
};

#define SYNC_REPLIES 8

/** Bytes received from a board so far. */
struct heard {
    uint8_t data[16384];
    size_t size;
};

/** Return how often `part` occurs. */
static inline unsigned heard_count(const struct heard *heard, const void *part, size_t size)
{
    unsigned count = 0;

    for (size_t at = 0; at + size <= heard->size; at++)
        count += memcmp(heard->data + at, part, size) == 0;
    return count;
}

static inline unsigned heard_text(const struct heard *heard, const char *text)
{
    return heard_count(heard, text, strlen(text));
}

/** First bytes of a reply to SYNC. */
static const uint8_t sync_reply[3] = {0xc0, 0x01, 0x08};

static inline unsigned heard_syncs(const struct heard *heard)
{
    return heard_count(heard, sync_reply, sizeof sync_reply);
}

/** Configure ESP32 boards without faults that leave time out. */
static inline struct vb_config fast_esp32(void)
{
    return (struct vb_config){.target = eg_target_by_name("esp32"), .fast = true};
}

#endif
