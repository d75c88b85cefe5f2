/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How long the boards of a line take to write a region, so that a flash that is slower than the others of its
 * kind is noticed before it fails.
 *
 * Times are compared that can be: of the same region and flash part, of as many bytes, at the same rate. A
 * time is slow if it is above the median of the last ones by more than EG_PACE_SPREADS times their spread.
 * Median and spread (the median distance from the median) are of the middle, so a few slow boards do not hide
 * the next.
 *
 * Threads: every function but create and destroy may be called by many workers at once.
 */

#ifndef ENGINE_STAGES_PACE_H
#define ENGINE_STAGES_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define EG_PACE_FEW     20 /* with fewer times before it nothing is said of one */
#define EG_PACE_KEPT    64 /* times that are compared with, the newest */
#define EG_PACE_SPREADS 9  /* of 0.67 standard deviations each: 6 of those, if the times are normal */

struct eg_pace;

/** What is written: times of the same are compared. */
struct eg_pace_work {
    const void *plan; /* its address is all that counts */
    unsigned region;  /* of it */
    uint32_t flash_jedec, written, baud;
};

/** NULL = no memory. */
struct eg_pace *eg_pace_create(void);
void eg_pace_destroy(struct eg_pace *pace);

/**
 * Take a time, and say whether it is slow.
 *
 * @param pace     NULL = nothing is slow
 * @param wire_us  least time on the wire. A simulated board without times of its own is faster, and its time
 *                 says nothing
 */
bool eg_pace_take(struct eg_pace *pace, const struct eg_pace_work *work, uint64_t wire_us, uint64_t total_us);

#endif
