/* SPDX-License-Identifier: Apache-2.0 */

/* The MAC address that the job gives a board in its eFuses, besides that of the factory. */

#ifndef ENGINE_STAGES_CUSTOM_MAC_H
#define ENGINE_STAGES_CUSTOM_MAC_H

#include "engine/stages/secure.h"

/**
 * Find the board's custom MAC, if the job has `secure.mac`, and claim it for the board, unless nothing is
 * burnt.
 *
 * @return EG_OK; EG_BAD_UNIT_DATA it is no MAC, multicast, or of the factory's range; EG_NOT_UNIQUE another
 * board has it; EG_SECURED another one is burnt
 */
enum eg_code eg_run_find_mac(struct eg_run *run, const struct eg_provision *wishes,
                             const struct eg_efuses *fuses, struct eg_error *err) EG_CHECKED;

/**
 * Find the custom MAC of a board in secure download mode, if the job has `secure.mac`: the job must give it
 * the one that the ledger has on record, since its eFuses cannot be read.
 *
 * @return EG_OK; EG_SECURED another one or none is on record; EG_BAD_UNIT_DATA it is no MAC; what
 * eg_board_names_make() returns
 */
enum eg_code eg_run_recall_mac(struct eg_run *run, struct eg_error *err) EG_CHECKED;

#endif
