/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the sections of a firmware are filled with.
 *
 * The figures were set by comparing with real ESP-IDF applications, section by section: code is what zlib can
 * make least of, messages and tables what it can make most of. Instructions are words from a vocabulary in
 * which few are frequent and many are rare; often an operand differs, and now and then a whole sequence comes
 * again with small changes, as inlined functions and similar switches do.
 */

#include "tools/dev/filling.h"

#include "engine/base/bytes.h"

#include <string.h>

#define VOCABULARY 4096u

/* SplitMix64. */
uint64_t random_next(struct random *random)
{
    uint64_t value = random->state += 0x9e3779b97f4a7c15u;

    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

static uint32_t below(struct random *random, uint32_t limit)
{
    return (uint32_t)(random_next(random) % limit);
}

/* Small numbers are frequent, those near the limit rare. */
static uint32_t skewed(struct random *random, uint32_t limit)
{
    const uint64_t a = below(random, limit), b = below(random, limit), c = below(random, limit);

    return (uint32_t)(a * b / limit * c / limit);
}

static void fill_code(struct random *random, uint8_t *at, size_t size)
{
    uint32_t vocabulary[VOCABULARY];
    size_t done = 0;

    for (size_t i = 0; i < VOCABULARY; i++)
        vocabulary[i] = (uint32_t)random_next(random);
    while (done + 4 <= size) {
        uint32_t repeat = 0;
        size_t from = 0;
        if (done >= 4096 && below(random, 100) < 2) {
            repeat = 8 + skewed(random, 64);
            from = done - (size_t)4 * (1 + skewed(random, 8000 < done / 4 ? 8000 : (uint32_t)done / 4));
        }
        do {
            uint32_t word = vocabulary[skewed(random, VOCABULARY)];
            if (repeat > 0 && below(random, 8) > 0)
                word = eg_get32(at + from);
            else if (below(random, 100) < 48)
                word ^= below(random, 256) << 8 * below(random, 4);
            eg_put32(at + done, word);
            done += 4;
            from += 4;
        } while (repeat-- > 1 && done + 4 <= size);
    }
}

static void fill_strings(struct random *random, uint8_t *at, size_t size)
{
    static const char *const words[] = {
        "failed",  "to",     "the",     "%d",     "%s",     "0x%08x",  "invalid", "partition",
        "timeout", "buffer", "state",   "wifi",   "task",   "init",    "read",    "write",
        "flash",   "memory", "error",   "event",  "queue",  "length",  "bytes",   "not",
        "found",   "config", "channel", "handle", "driver", "address", "of",      "for",
        "with",    "is",     "sensor",  "value",  "start",  "stop",    "nvs",     "esp_err_t",
    };
    size_t done = 0;

    while (done < size) {
        char text[256] = "";
        size_t length = 0;
        const uint32_t kind = below(random, 10);
        if (kind < 5) {
            for (uint32_t i = 2 + below(random, 7); i > 0; i--) {
                const char *word = words[below(random, sizeof words / sizeof words[0])];
                memcpy(text + length, word, strlen(word));
                length += strlen(word);
                text[length++] = ' ';
            }
            text[length - 1] = '\0';
        } else if (kind < 7) {
            length = (size_t)4 * (1 + below(random, 60));
        } else {
            for (length = 0; length < 64; length += 4)
                eg_put32((uint8_t *)text + length, 0x400d0000 + 4 * below(random, 1 << 14));
        }
        if (length > size - done)
            length = size - done;
        memcpy(at + done, text, length);
        done += length;
    }
}

static void fill_tables(struct random *random, uint8_t *at, size_t size)
{
    memset(at, 0, size);
    for (size_t done = 0; done + 4 <= size; done += 4) {
        if (below(random, 12) == 0)
            done += 4 * (size_t)below(random, 40);
        if (done + 4 <= size)
            eg_put32(at + done,
                     below(random, 3) == 0 ? below(random, 256) : 0x3ffb0000 + 4 * below(random, 4096));
    }
}

void fill(struct random *random, enum filling filling, uint8_t *at, size_t size)
{
    switch (filling) {
    case FILLING_CODE:
        fill_code(random, at, size);
        break;
    case FILLING_STRINGS:
        fill_strings(random, at, size);
        break;
    case FILLING_TABLES:
        fill_tables(random, at, size);
        break;
    case FILLING_CODE_AND_STRINGS:
        fill_code(random, at, size - size / 6);
        fill_strings(random, at + (size - size / 6), size / 6);
        break;
    }
}
