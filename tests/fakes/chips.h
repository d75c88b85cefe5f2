/* SPDX-License-Identifier: Apache-2.0 */

/* Sentences that list the chips, built from the targets, so that no test has its own list. */

#ifndef TESTS_FAKES_CHIPS_H
#define TESTS_FAKES_CHIPS_H

#include "targets/target.h"

#include <stdio.h>

/** Write `sentence` and the names of all chips into `text`, and return it. */
static inline const char *with_chips(char *text, size_t size, const char *sentence)
{
    const int length = snprintf(text, size, "%s", sentence);

    eg_target_names(text + length, size - (size_t)length);
    return text;
}

/** Do the same in a text that lives as long as the block. */
#define WITH_CHIPS(sentence) with_chips((char[512]){0}, 512, sentence)

#endif
