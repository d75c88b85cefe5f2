/* SPDX-License-Identifier: Apache-2.0 */

/* Ways to reach simulated boards: in this process (sim:), by RFC 2217 on loopback, by pseudo-terminal. */

#ifndef TOOLS_VBOARD_CARRIER_H
#define TOOLS_VBOARD_CARRIER_H

#include "engine/link/port.h"
#include "tools/vboard/board.h"

/** Boards in this process, reached as "sim:CHIP/NUMBER" through the scheme. */
struct vb_gang;

/**
 * Make `count` boards numbered from 1; `config` is the pattern (number and mac are set per board), `faults`
 * one string per fault, "3:lie" = board 3 lies, without a number = every board.
 */
enum eg_code vb_gang_create(struct vb_gang **gang, const struct vb_config *config, unsigned count,
                            const char *const *faults, unsigned fault_count, struct eg_error *err) EG_CHECKED;
void vb_gang_destroy(struct vb_gang *gang);

/** The board with this number, from 1. */
struct vb_board *vb_gang_board(struct vb_gang *gang, unsigned number);

/** URL of a board for the scheme, "sim:esp32/3". */
void vb_gang_url(const struct vb_gang *gang, unsigned number, char *url, size_t size);

/** Scheme "sim:" over these boards; lives as long as the gang. A board is open once at a time. */
const struct eg_port_scheme *vb_gang_scheme(struct vb_gang *gang);

#endif
