/* SPDX-License-Identifier: Apache-2.0 */

#ifndef JOBS_EXPLAIN_JSON_H
#define JOBS_EXPLAIN_JSON_H

#include "engine/plan/plan.h"

#include <jansson.h>

/** Make an object of the facts that eg_job_explain() says in words; schema: reports/facts.schema.json. */
enum eg_code eg_job_facts(json_t **facts, const struct eg_plan *plan, struct eg_error *err) EG_CHECKED;

#endif
