/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TOOLS_ESPGANG_ONE_BOARD_MAC_H
#define TOOLS_ESPGANG_ONE_BOARD_MAC_H

#include "tools/espgang/document.h"

/** Show the MAC of the connected board; the `run` of read-mac. */
enum eg_code cli_show_mac(struct cli_call *call, struct eg_error *err) EG_CHECKED;

/** Make the members of a document about the MAC. NULL = no memory. */
json_t *cli_mac_members(const struct eg_mac *mac);

#endif
