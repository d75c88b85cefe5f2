/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a job looks for in a line of text: a Perl-compatible regular expression (PCRE2), or the text itself.
 *
 * Expressions work on bytes: "." is one byte, whatever its value, so a line that is not UTF-8 hides nothing.
 * Each match has a limit of steps and of memory, as expressions exist that take years on a line of 50 bytes.
 * A match that is given up is an error, neither a match nor none.
 */

#ifndef ENGINE_STAGES_PATTERN_H
#define ENGINE_STAGES_PATTERN_H

#include "engine/base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define EG_PATTERN_MAX       500 /* bytes */
#define EG_PATTERN_STEPS_MAX 1000000

struct eg__regex;

/** Zero-initialise it; eg_pattern_finish() frees what is in it. For one thread at a time. */
struct eg_pattern {
    const char *text;        /* the caller's, as long as the pattern lives */
    struct eg__regex *regex; /* NULL = a literal text */
};

/**
 * Compile a pattern and try it on lines that make bad expressions slow.
 *
 * @return EG_OK; EG_BAD_JOB with a sentence that follows the name of the pattern ("is ..."): no expression,
 *         or too slow; EG_NO_MEMORY
 */
enum eg_code eg_pattern_init(struct eg_pattern *pattern, const char *text, bool literal,
                             struct eg_error *err) EG_CHECKED;
void eg_pattern_finish(struct eg_pattern *pattern);

/** Return how many parenthesised groups there are. */
size_t eg_pattern_groups(const struct eg_pattern *pattern);

/**
 * Find the pattern in a line that ends with NUL.
 *
 * @return EG_OK; EG_PATTERN_LIMIT it takes too many steps; EG_NO_MEMORY
 */
enum eg_code eg_pattern_match(const struct eg_pattern *pattern, const char *line, bool *matches,
                              struct eg_error *err) EG_CHECKED;

/** Do the same and find the first group: `*size` bytes at `*group` in `line`; NULL = no match, or the group
 * takes no part in it. */
enum eg_code eg_pattern_group(const struct eg_pattern *pattern, const char *line, const char **group,
                              size_t *size, struct eg_error *err) EG_CHECKED;

#endif
