/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/pattern.h"

#include <string.h>

enum eg_code eg_pattern_init(struct eg_pattern *pattern, const char *text, bool literal, struct eg_error *err)
{
    char cause[120];

    if (text[0] == '\0')
        return eg_error_set(err, EG_BAD_JOB, "is empty, which every line matches");
    if (strlen(text) > EG_PATTERN_MAX)
        return eg_error_set(err, EG_BAD_JOB, "has %zu bytes, more than %d", strlen(text), EG_PATTERN_MAX);
    *pattern = (struct eg_pattern){.text = text, .literal = literal};
    if (literal)
        return EG_OK;
    const int failed = regcomp(&pattern->regex, text, REG_EXTENDED);
    if (failed == 0)
        return EG_OK;
    regerror(failed, &pattern->regex, cause, sizeof cause);
    pattern->literal = true; /* there is nothing to free */
    return eg_error_set(err, EG_BAD_JOB, "is \"%.80s\", no POSIX extended regular expression: %s", text,
                        cause);
}

void eg_pattern_finish(struct eg_pattern *pattern)
{
    if (pattern->text != NULL && !pattern->literal)
        regfree(&pattern->regex);
    pattern->text = NULL;
}

size_t eg_pattern_groups(const struct eg_pattern *pattern)
{
    return pattern->literal ? 0 : pattern->regex.re_nsub;
}

bool eg_pattern_matches(const struct eg_pattern *pattern, const char *line)
{
    return pattern->literal ? strstr(line, pattern->text) != NULL
                            : regexec(&pattern->regex, line, 0, NULL, 0) == 0;
}

const char *eg_pattern_group(const struct eg_pattern *pattern, const char *line, size_t *size)
{
    regmatch_t match[2];

    if (eg_pattern_groups(pattern) == 0 || regexec(&pattern->regex, line, 2, match, 0) != 0 ||
        match[1].rm_so < 0)
        return NULL;
    *size = (size_t)(match[1].rm_eo - match[1].rm_so);
    return line + match[1].rm_so;
}
