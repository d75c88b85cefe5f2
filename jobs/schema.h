/* SPDX-License-Identifier: Apache-2.0 */

/* The keys of job files, made from the tables of options: as JSON Schema for editors, as tables for people.
 */

#ifndef JOBS_SCHEMA_H
#define JOBS_SCHEMA_H

#include "engine/plan/stage.h"

#include <stdio.h>

/** Write the JSON Schema (draft 2020-12) of job files; `stages` as for eg_job_load(). EG_IO when `out` fails,
 * EG_NO_MEMORY. */
enum eg_code eg_job_schema(FILE *out, const struct eg_stage *const *stages, struct eg_error *err) EG_CHECKED;

/** Write every key with its meaning, as tables in Markdown. As above. */
enum eg_code eg_job_keys(FILE *out, const struct eg_stage *const *stages, struct eg_error *err) EG_CHECKED;

/** Print the JSON Schema of another document, whose keys are these options. EG_IO: `out` fails. */
enum eg_code eg__schema_print(FILE *out, const char *title, const struct eg_option *options,
                              struct eg_error *err) EG_CHECKED;

/** Print its tables for people. EG_IO: `out` fails. */
enum eg_code eg__keys_print(FILE *out, const char *title, const struct eg_option *options,
                            struct eg_error *err) EG_CHECKED;

#endif
