/* SPDX-License-Identifier: Apache-2.0 */

/* The monotonic clock for durations, UTC for times of day, and a sleep that ends early on cancelling. */

#ifndef ENGINE_BASE_CLOCK_H
#define ENGINE_BASE_CLOCK_H

#include "engine/base/error.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/** Every wait checks the cancel flag at least this often. */
#define EG_CANCEL_POLL_MS 100

/** One flag per slot or board; set from any thread or a signal handler. */
struct eg_cancel {
    atomic_bool requested;
    const char *_Atomic by; /* who asked first, a static text ("Ctrl-C"); NULL = nobody has said */
};

static inline void eg_cancel_request_by(struct eg_cancel *cancel, const char *by)
{
    const char *nobody = NULL;

    atomic_compare_exchange_strong(&cancel->by, &nobody, by);
    atomic_store(&cancel->requested, true);
}

static inline void eg_cancel_request(struct eg_cancel *cancel)
{
    eg_cancel_request_by(cancel, NULL);
}

/** Hand on who asked to end. */
static inline void eg_cancel_pass_on(struct eg_cancel *to, const struct eg_cancel *from)
{
    eg_cancel_request_by(to, atomic_load(&from->by));
}

/** Take a request back, before anything new begins. */
static inline void eg_cancel_take_back(struct eg_cancel *cancel)
{
    atomic_store(&cancel->by, NULL);
    atomic_store(&cancel->requested, false);
}

/** Return whether the flag is set. `cancel` may be NULL, which is never cancelled. */
static inline bool eg_cancel_requested(const struct eg_cancel *cancel)
{
    return cancel != NULL && atomic_load(&cancel->requested);
}

/** Return microseconds of the monotonic clock. Only differences have a meaning. */
uint64_t eg_clock_us(void);

static inline uint64_t eg_clock_ms(void)
{
    return eg_clock_us() / 1000;
}

/** Return the milliseconds until `deadline_ms` of eg_clock_ms(), or 0 if it has passed. */
uint32_t eg_clock_left_ms(uint64_t deadline_ms);

#define EG_UTC_TEXT 25

/** Write the time of day in UTC: "2026-11-23T08:24:00.123Z". */
void eg_clock_utc(char text[EG_UTC_TEXT]);

/** Sleep until eg_clock_us() reaches `until_us`. Not cancellable, so only for waits below 100 ms. */
void eg_clock_sleep_until_us(uint64_t until_us);

/** Sleep. Returns EG_CANCELLED as soon as the flag is set. */
enum eg_code eg_sleep_ms(const struct eg_cancel *cancel, uint32_t duration_ms,
                         struct eg_error *err) EG_CHECKED;

#endif
