/* SPDX-License-Identifier: Apache-2.0 */

/* The way from engine/efuse/ to the registers of a board. */

#ifndef ENGINE_BOARD_EFUSE_H
#define ENGINE_BOARD_EFUSE_H

#include "engine/efuse/efuse.h"

/** It points to the board, which must be connected and stay so. While parts of keys go over the wire the
 * trace shows no bytes. EG_SECURED in secure download mode, where nothing can be read. */
struct eg_efuse_io eg_board_efuse_io(struct eg_board *board);

#endif
