/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/link/bridges.h"

const struct eg_bridge_kind eg_bridge_kinds[] = {
    {EG_ESPRESSIF_VID, 0x1001, "USB-Serial/JTAG"},
    {EG_ESPRESSIF_VID, EG_BRIDGE_ANY_PID, "Espressif USB"},
    {0x10c4, 0xea60, "CP210x"},
    {0x10c4, 0xea61, "CP210x"},
    {0x10c4, 0xea63, "CP210x"},
    {0x10c4, 0xea64, "CP2102C"},
    {0x10c4, 0xea70, "CP2105"},
    {0x10c4, 0xea71, "CP2108"},
    {0x1a86, 0x5523, "CH341"},
    {0x1a86, 0x7522, "CH340"},
    {0x1a86, 0x7523, "CH340"},
    {0x1a86, 0x55d2, "CH342"},
    {0x1a86, 0x55d3, "CH343"},
    {0x1a86, 0x55d4, "CH9102"},
    {0x1a86, 0x55d5, "CH344"},
    {0x0403, 0x6001, "FT232R"},
    {0x0403, 0x6010, "FT2232"},
    {0x0403, 0x6011, "FT4232"},
    {0x0403, 0x6014, "FT232H"},
    {0x0403, 0x6015, "FT230X"},
    {0x067b, 0x2303, "PL2303"},
    {0x067b, 0x23a3, "PL2303"},
    {0x067b, 0x23d3, "PL2303"},
    {0, 0, NULL},
};

const struct eg_bridge_kind *eg_bridge_find(uint16_t vid, uint16_t pid)
{
    for (const struct eg_bridge_kind *kind = eg_bridge_kinds; kind->vid != 0; kind++)
        if (kind->vid == vid && (kind->pid == pid || kind->pid == EG_BRIDGE_ANY_PID))
            return kind;
    return NULL;
}
