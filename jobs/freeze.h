/* SPDX-License-Identifier: Apache-2.0 */

/* Turn a job file and its plan into the files of a bundle. */

#ifndef JOBS_FREEZE_H
#define JOBS_FREEZE_H

#include "jobs/bundle_internal.h"

#include <stdio.h>

/** Fill the members of a bundle: the frozen job first, then the files it names. */
enum eg_code eg__freeze(struct eg__bundle *bundle, const struct eg__document *document,
                        const struct eg_plan *plan, struct eg_error *err) EG_CHECKED;

/** Write a text in double quotes for YAML and JSON; documents have no control characters. */
void eg__put_quoted(FILE *out, const char *text);

#endif
