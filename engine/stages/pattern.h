/* SPDX-License-Identifier: Apache-2.0 */

/* What a job looks for in a line of text: a POSIX extended regular expression, or the text itself. */

#ifndef ENGINE_STAGES_PATTERN_H
#define ENGINE_STAGES_PATTERN_H

#include "engine/base/error.h"

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#define EG_PATTERN_MAX 500 /* bytes; the C library's parser recurses */

/** eg_pattern_finish() frees what is in it. Each worker makes its own: matching takes a lock in the C
 * library. */
struct eg_pattern {
    const char *text; /* the caller's, as long as the pattern lives */
    bool literal;
    regex_t regex;
};

/** EG_BAD_JOB with a sentence that follows the name of the pattern ("is ..."). */
enum eg_code eg_pattern_init(struct eg_pattern *pattern, const char *text, bool literal,
                             struct eg_error *err) EG_CHECKED;
void eg_pattern_finish(struct eg_pattern *pattern);

/** How many parenthesised groups there are. */
size_t eg_pattern_groups(const struct eg_pattern *pattern);

bool eg_pattern_matches(const struct eg_pattern *pattern, const char *line);

/** The first group, where the pattern has one, matches and takes part: `*size` bytes of `line`; else NULL. */
const char *eg_pattern_group(const struct eg_pattern *pattern, const char *line, size_t *size);

#endif
