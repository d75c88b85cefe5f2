/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The eFuses of a run's board, for the stages that read and burn them.
 *
 * Nothing is remembered from one attempt to the next: what is burnt already is read from the chip.
 */

#ifndef ENGINE_STAGES_SECURE_H
#define ENGINE_STAGES_SECURE_H

#include "engine/provision/provision.h"
#include "engine/stages/run.h"

/** Read the eFuses of the connected board. EG_CLEANUP(eg_efuse_finish) also after a failure. EG_SECURED in
 * secure download mode. */
enum eg_code eg_run_fuses(struct eg_run *run, struct eg_efuses *fuses, struct eg_error *err) EG_CHECKED;

/** Return whether a block was burnt badly, or its burn was interrupted. */
bool eg_run_is_damaged(const struct eg_efuses *fuses, unsigned block);

/** Make the wishes of the job, which has been checked. */
enum eg_code eg_run_wishes(const struct eg_run *run, struct eg_provision *wishes,
                           struct eg_error *err) EG_CHECKED;

#define EG_CIPHERTEXT "ciphertext" /* its MD5 */
#define EG_PLAINTEXT  "plaintext"  /* SHA-256 of a region, before it was encrypted if it is */

/** Name what the flash holds at an address when the first eFuse is burnt, as it is on record. */
void eg_run_content_name(char name[EG_SECURITY_VALUE], const char *what, uint32_t flash_addr);

/** Put the words of every block on record; key blocks that are not digests are masked. */
enum eg_code eg_run_record_blocks(struct eg_run *run, const struct eg_efuses *fuses,
                                  enum eg_security_event event, struct eg_error *err) EG_CHECKED;

/**
 * Burn what is missing of a step: the intent is on the disk before the first burn, and what is read back is
 * on record after the last. A board that has it all is only read.
 *
 * @return EG_OK; EG_NOT_BURNT not everything reads as the job wants it; EG_SECURED, EG_WRONG_REVISION, ...
 * this chip cannot become it
 */
enum eg_code eg_run_burn(struct eg_run *run, enum eg_provision_step step, struct eg_error *err) EG_CHECKED;

/** Reset a board whose application runs into its loader again. */
enum eg_code eg_run_enter_loader(struct eg_run *run, struct eg_error *err) EG_CHECKED;

#endif
