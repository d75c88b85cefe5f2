/* SPDX-License-Identifier: Apache-2.0 */

/* Find the memory of a chip in which an address lies. */

#ifndef ENGINE_IMAGE_MEMORY_H
#define ENGINE_IMAGE_MEMORY_H

#include "targets/target.h"

/** List the names of the memories at `addr` ("IRAM", "DIRAM_IRAM"), in the order of the target. Return how
 * many.
 */
unsigned eg_memory_names(const char *names[EG_MEMORY_NAMES_MAX], const struct eg_target *target,
                         uint32_t addr);

/** Return whether flash is mapped at `addr`. */
bool eg_memory_is_flash(const struct eg_target *target, uint32_t addr);

/** Return whether any of `size` bytes at `addr` lies in a memory of the chip, or in flash. `size` is at
 * least 1.
 */
bool eg_memory_touches(const struct eg_target *target, uint32_t addr, uint64_t size);

#endif
