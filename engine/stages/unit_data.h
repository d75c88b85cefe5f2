/* SPDX-License-Identifier: Apache-2.0 */

/* The bytes of one board's own data: regions of flash made from its names, and reading them back. Threads:
 * nothing here is shared but the plan, which is only read. */

#ifndef ENGINE_STAGES_UNIT_DATA_H
#define ENGINE_STAGES_UNIT_DATA_H

#include "engine/stages/run.h"

/** Add the built-in names of the run's board, which is identified. EG_NO_MEMORY. */
enum eg_code eg_unit_name_board(struct eg_names *names, const struct eg_run *run,
                                struct eg_error *err) EG_CHECKED;

/** The schema of the job's NVS data, checked against `unit.nvs.values`. EG_BAD_JOB, EG_BAD_IMAGE; `*place` as
 * above. */
enum eg_code eg_unit_nvs_check(const struct eg_plan *plan, const char **place,
                               struct eg_error *err) EG_CHECKED;

/** Make the regions from the names; places get their sizes. EG_BAD_UNIT_DATA. */
enum eg_code eg_unit_data_make(struct eg_unit_data *data, const struct eg_plan *plan,
                               struct eg_unit_places *places, struct eg_error *err) EG_CHECKED;

/** Fill in a template of the job with the names of the run's board. The text is for free(). EG_BAD_UNIT_DATA
 */
enum eg_code eg_unit_expand(char **text, bool *secret, const struct eg_setting *template,
                            const struct eg_run *run, struct eg_error *err) EG_CHECKED;

/** NULL is allowed. */
void eg_unit_data_destroy(struct eg_unit_data *data);

/** Check that an NVS image decodes to these keys and no others. EG_VERIFY_MISMATCH; the sentence shows no
 * value.
 */
enum eg_code eg_unit_nvs_compare(const uint8_t *image, size_t size, const struct eg_nvs_items *wanted,
                                 struct eg_error *err) EG_CHECKED;

/** Read the NVS region back and hold it against what the board was given. EG_VERIFY_MISMATCH. */
enum eg_code eg_unit_nvs_read_back(struct eg_run *run, struct eg_error *err) EG_CHECKED;

#endif
