/* SPDX-License-Identifier: Apache-2.0 */

/* Clocks and sleeping. */

#include "engine/base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

uint64_t eg_clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint32_t eg_clock_left_ms(uint64_t deadline_ms)
{
    const uint64_t now_ms = eg_clock_ms();

    return deadline_ms > now_ms ? (uint32_t)(deadline_ms - now_ms) : 0;
}

void eg_clock_utc(char text[EG_UTC_TEXT])
{
    struct timespec now;
    struct tm utc;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    const size_t size = strftime(text, EG_UTC_TEXT, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + size, EG_UTC_TEXT - size, ".%03dZ", (int)(now.tv_nsec / 1000000) % 1000);
}

void eg_clock_sleep_until_us(uint64_t until_us)
{
    for (uint64_t now_us = eg_clock_us(); now_us < until_us; now_us = eg_clock_us()) {
        const uint64_t left_us = until_us - now_us;
        const struct timespec left = {(time_t)(left_us / 1000000), (long)(left_us % 1000000) * 1000};
        nanosleep(&left, NULL);
    }
}

enum eg_code eg_sleep_ms(const struct eg_cancel *cancel, uint32_t duration_ms, struct eg_error *err)
{
    const uint64_t until_us = eg_clock_us() + (uint64_t)duration_ms * 1000;

    for (;;) {
        if (eg_cancel_requested(cancel))
            return eg_error_set(err, EG_CANCELLED, "cancelled");
        const uint64_t now_us = eg_clock_us();
        if (now_us >= until_us)
            return EG_OK;
        const uint64_t slice_us = now_us + EG_CANCEL_POLL_MS * 1000;
        eg_clock_sleep_until_us(slice_us < until_us ? slice_us : until_us);
    }
}
