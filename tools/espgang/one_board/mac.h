/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TOOLS_ESPGANG_ONE_BOARD_MAC_H
#define TOOLS_ESPGANG_ONE_BOARD_MAC_H

#include "tools/espgang/command.h"

/** Show the MAC of the connected board; the `run` of read-mac. */
enum eg_code cli_show_mac(struct cli_call *call, struct eg_error *err) EG_CHECKED;

#endif
