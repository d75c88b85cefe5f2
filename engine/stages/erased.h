/* SPDX-License-Identifier: Apache-2.0 */

/* The stretches of flash that a run erases and does not write: their blankness, on record and verified. */

#ifndef ENGINE_STAGES_ERASED_H
#define ENGINE_STAGES_ERASED_H

#include "engine/stages/run.h"

/** Put on record what this attempt will erase: what the job names, without what is written. */
enum eg_code eg__erased_find(struct eg_run *run, struct eg_error *err) EG_CHECKED;

/** Find by the chip's digest whether a stretch is blank; false if the loader computes none. */
enum eg_code eg__erased_is_blank(struct eg_run *run, const struct eg_erased_record *record, bool *blank,
                                 struct eg_error *err) EG_CHECKED;

/**
 * Verify that every stretch is blank, by the chip's digest or by reading it.
 *
 * @return EG_OK; what eg_loader_diagnose() finds
 */
enum eg_code eg__erased_verify(struct eg_run *run, bool by_reading, struct eg_error *err) EG_CHECKED;

/** Free the record. */
void eg__erased_forget(struct eg_run *run);

#endif
