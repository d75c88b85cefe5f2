/* SPDX-License-Identifier: Apache-2.0 */

/* Two tables compared row by row. */

#ifndef TESTS_FUZZ_SAME_PARTITIONS_H
#define TESTS_FUZZ_SAME_PARTITIONS_H

#include "engine/image/partitions.h"

#include <string.h>

static inline bool same_partitions(const struct eg_partitions *a, const struct eg_partitions *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct eg_partition *const left = &a->rows[i], *const right = &b->rows[i];
        if (strcmp(left->name, right->name) != 0 || left->type != right->type ||
            left->subtype != right->subtype || left->flash_addr != right->flash_addr ||
            left->size != right->size || left->flags != right->flags)
            return false;
    }
    return true;
}

#endif
