/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Recordings of real loaders, tests/recordings/NAME.txt: one turn per line, "> " from the host, "< " from the
 * chip; the README there describes the tokens. Firmware and stubs are not in them: the player puts bytes of
 * its own and of the built-in stubs in their places.
 */

#ifndef TESTS_TOOLS_VBOARD_RECORDING_H
#define TESTS_TOOLS_VBOARD_RECORDING_H

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "stubs/stub.h"
#include "tests/fakes/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDING_TURN_MAX 40000u
#define RECORDING_PART     20000u /* bytes of part20k */
#define RECORDING_ODD      4099u  /* bytes of odd4099 */

/** Byte `at` of a named source; past its end, FF. */
static inline uint8_t recording_byte(const struct eg_stub *stub, const char *name, uint32_t at)
{
    const uint32_t mixed = (at + (strcmp(name, "odd4099") == 0 ? 0x5000 : 0)) * UINT32_C(2654435761);

    if (strcmp(name, "part20k") == 0)
        return at < RECORDING_PART ? (uint8_t)(mixed >> 24) : 0xff;
    if (strcmp(name, "odd4099") == 0)
        return at < RECORDING_ODD ? (uint8_t)(mixed >> 24) : 0xff;
    assert_non_null(stub);
    if (strcmp(name, "text") == 0) {
        assert_true(at < stub->text_size);
        return stub->text[at];
    }
    assert_string_equal(name, "data");
    assert_true(at < stub->data_size);
    return stub->data[at];
}

/* "NAME:AT:SIZE" to bytes; returns how many. */
static inline size_t recording_source(uint8_t *out, const struct eg_stub *stub, const char *token)
{
    char name[16];
    unsigned at, size;

    if (sscanf(token, "%15[^:]:%u:%u", name, &at, &size) != 3)
        fail_msg("%s: not NAME:AT:SIZE", token);
    assert_true(size <= RECORDING_TURN_MAX / 2);
    for (unsigned i = 0; i < size; i++)
        out[i] = recording_byte(stub, name, at + i);
    return size;
}

/* "md5:..." to the digest, "MD5:..." to its digits. */
static inline size_t recording_digest(uint8_t *out, const struct eg_stub *stub, const char *token)
{
    static uint8_t data[RECORDING_TURN_MAX];
    uint8_t digest[16];
    char text[33];
    struct eg_error err;

    assert_ok(eg_md5(digest, data, recording_source(data, stub, token + 4), &err), err);
    if (token[0] == 'm') {
        memcpy(out, digest, sizeof digest);
        return sizeof digest;
    }
    eg_hex(text, digest, sizeof digest);
    memcpy(out, text, 32);
    return 32;
}

static inline size_t recording_hex(uint8_t *out, const char *token, size_t digits)
{
    assert_int_equal(digits % 2, 0);
    for (size_t i = 0; i < digits; i += 2) {
        const char pair[3] = {token[i], token[i + 1], '\0'};

        assert_true(eg_hex_parse(out + i / 2, 1, pair));
    }
    return digits / 2;
}

/* Puts the checksum of its data into a frame and encodes it. */
static inline size_t recording_frame(uint8_t *out, uint8_t *frame, size_t size, bool summed)
{
    size_t at = 0;
    uint8_t sum = 0xef;

    for (size_t i = 24; summed && i < size; i++)
        sum ^= frame[i];
    if (summed)
        eg_put32(frame + 4, sum);
    out[at++] = 0xc0;
    for (size_t i = 0; i < size; i++) {
        const bool escaped = frame[i] == 0xc0 || frame[i] == 0xdb;

        if (escaped)
            out[at++] = 0xdb;
        out[at++] = !escaped ? frame[i] : frame[i] == 0xc0 ? 0xdc : 0xdd;
    }
    out[at++] = 0xc0;
    return at;
}

/** The bytes of a turn, RECORDING_TURN_MAX at most; `line` begins after the mark and is cut up. */
static inline size_t recording_turn(uint8_t *out, char *line, const struct eg_stub *stub)
{
    static uint8_t frame[RECORDING_TURN_MAX];
    size_t size = 0, inside = 0;
    bool framed = false, summed = false;
    char *rest;

    for (char *token = strtok_r(line, " ", &rest); token != NULL; token = strtok_r(NULL, " ", &rest)) {
        uint8_t *const to = framed ? frame + inside : out + size;
        size_t *const count = framed ? &inside : &size;
        const size_t digits = strcspn(token, "*");

        assert_true(*count < RECORDING_TURN_MAX / 2);
        if (strcmp(token, "[") == 0) {
            framed = true;
            summed = false;
            inside = 0;
        } else if (strcmp(token, "]") == 0) {
            framed = false;
            size += recording_frame(out + size, frame, inside, summed);
        } else if (strcmp(token, "sum") == 0) {
            summed = true;
            inside += 4;
        } else if (strncmp(token, "md5:", 4) == 0 || strncmp(token, "MD5:", 4) == 0) {
            *count += recording_digest(to, stub, token);
        } else if (strchr(token, ':') != NULL) {
            *count += recording_source(to, stub, token);
        } else {
            const unsigned long times = token[digits] == '*' ? strtoul(token + digits + 1, NULL, 10) : 1;
            const size_t once = recording_hex(to, token, digits);

            for (unsigned long i = 1; i < times; i++)
                memcpy(to + i * once, to, once);
            *count += once * times;
        }
    }
    assert_false(framed);
    return size;
}

#endif
