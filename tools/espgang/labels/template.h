/* SPDX-License-Identifier: Apache-2.0 */

/* The template of a job's printed labels. */

#ifndef TOOLS_ESPGANG_LABELS_TEMPLATE_H
#define TOOLS_ESPGANG_LABELS_TEMPLATE_H

#include "engine/plan/unit.h"
#include "reports/print.h"

/** The template that a job's passes get: that of the job, else of `station`, the setting of its file or the
 * command line; size 0 = none. The strings are theirs. */
struct eg_print_form cli_label_form(const struct eg_plan *plan, const struct eg_print_form *station);

/** Check the label of a job. `row` of its pool; NULL = not known. EG_BAD_JOB. */
enum eg_code cli_label_check(const struct eg_plan *plan, const struct eg_print_form *station,
                             const struct eg_pool_row *row, struct eg_error *err) EG_CHECKED;

#endif
