/* SPDX-License-Identifier: Apache-2.0 */

/* The detection of a chip at the other end of a conversation. */

#ifndef TESTS_ENGINE_LOADER_DETECTING_H
#define TESTS_ENGINE_LOADER_DETECTING_H

#include "tests/engine/loader/talk.h"

static inline void security_request(struct talk *talk)
{
    const uint8_t frame[] = {0, 0x14, 0, 0, 0, 0, 0, 0};

    talk_host(talk, frame, sizeof frame);
}

/* Ask for security info and answer. */
static inline void security(struct talk *talk, uint32_t flags, uint32_t chip_id, size_t info_size)
{
    uint8_t frame[8 + 20 + 4] = {1, 0x14};

    eg_put32(frame + 8, flags);
    frame[12] = 7;
    eg_put32(frame + 20, chip_id);
    eg_put32(frame + 24, 3);
    memset(frame + 8 + info_size, 0, talk->status_size);
    security_request(talk);
    talk_board(talk, frame, 8 + info_size + talk->status_size);
}

/* Detect over a USB product at the other end of the conversation, which has a chip of this name. */
static inline void detect_over(uint16_t pid, struct talk *talk, bool stub, const char *expected,
                               struct eg_loader *loader)
{
    struct scripted_port script;
    struct eg_error err;

    talk_begin(talk, &script, loader, NULL, stub);
    script.port.pid = pid;
    assert_ok(eg_loader_detect(loader, NULL, &err), err);
    assert_string_equal(loader->target->name, expected);
    talk_end(&script);
}

static inline void detect(struct talk *talk, bool stub, const char *expected, struct eg_loader *loader)
{
    detect_over(0, talk, stub, expected, loader);
}

#endif
