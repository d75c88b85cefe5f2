/* SPDX-License-Identifier: Apache-2.0 */

/* A simulated board for a command of one board: --port sim:CHIP. */

#ifndef TOOLS_ESPGANG_ONE_BOARD_SIM_H
#define TOOLS_ESPGANG_ONE_BOARD_SIM_H

#include "engine/link/port.h"
#include "tools/vboard/carrier.h"

#define CLI_SIM_SCHEMES 8

struct cli_sim {
    struct vb_gang *gang; /* NULL = the port is a real one */
    char url[64];         /* of its board; "" = none */
    const struct eg_port_scheme *schemes[CLI_SIM_SCHEMES + 1];
};

/** Make the board when `port` names one; the schemes are the engine's in any case. EG_NO_PORT for a chip that
 * does not exist. */
enum eg_code cli_sim_init(struct cli_sim *sim, const char *port, const char *stub_dir,
                          struct eg_error *err) EG_CHECKED;
void cli_sim_finish(struct cli_sim *sim);

#endif
