/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/link/bridges.h"

/* USB of its own has no rate. */
#define ANY UINT32_MAX

/*
 * Highest rates: CP210x by the limits in Linux's driver, which tells the parts apart by more than their ids
 * (CP2102 1 M, CP2104 2 M, CP2102N 3 M, both channels of a CP2108 2 M, the faster of a CP2105 2 M); PL2303 by
 * that of its driver (HX and TA 6 M, HXN 12 M); CH340, CH342 and CH343 by their data sheets. CH341 has the
 * circuit of the CH340, CH344 and CH9102 are taken for a CH342, FTDI's parts for an FT232R.
 */
const struct eg_bridge_kind eg_bridge_kinds[] = {
    {EG_ESPRESSIF_VID, 0x1001, "USB-Serial/JTAG", ANY},
    {EG_ESPRESSIF_VID, EG_BRIDGE_ANY_PID, "Espressif USB", ANY},
    {0x10c4, 0xea60, "CP210x", 3000000},
    {0x10c4, 0xea61, "CP210x", 3000000},
    {0x10c4, 0xea63, "CP210x", 3000000},
    {0x10c4, 0xea64, "CP2102C", 2000000},
    {0x10c4, 0xea70, "CP2105", 2000000},
    {0x10c4, 0xea71, "CP2108", 2000000},
    {0x1a86, 0x5523, "CH341", 2000000},
    {0x1a86, 0x7522, "CH340", 2000000},
    {0x1a86, 0x7523, "CH340", 2000000},
    {0x1a86, 0x55d2, "CH342", 3000000},
    {0x1a86, 0x55d3, "CH343", 6000000},
    {0x1a86, 0x55d4, "CH9102", 3000000},
    {0x1a86, 0x55d5, "CH344", 3000000},
    {0x0403, 0x6001, "FT232R", 3000000},
    {0x0403, 0x6010, "FT2232", 3000000},
    {0x0403, 0x6011, "FT4232", 3000000},
    {0x0403, 0x6014, "FT232H", 3000000},
    {0x0403, 0x6015, "FT230X", 3000000},
    {0x067b, 0x2303, "PL2303", 6000000},
    {0x067b, 0x23a3, "PL2303", 12000000},
    {0x067b, 0x23d3, "PL2303", 12000000},
    {0, 0, NULL, 0},
};

const struct eg_bridge_kind *eg_bridge_find(uint16_t vid, uint16_t pid)
{
    for (const struct eg_bridge_kind *kind = eg_bridge_kinds; kind->vid != 0; kind++)
        if (kind->vid == vid && (kind->pid == pid || kind->pid == EG_BRIDGE_ANY_PID))
            return kind;
    return NULL;
}

const uint32_t eg_rates[] = {3000000, 2000000, 1500000, 921600, 460800, 230400, 115200, 0};

uint32_t eg_rate_at_most(uint32_t baud)
{
    const uint32_t *rate = eg_rates;

    while (*rate > baud)
        rate++;
    return *rate;
}

uint32_t eg_rate_above(uint32_t baud)
{
    uint32_t above = eg_rates[0];

    for (const uint32_t *rate = eg_rates; *rate > baud; rate++)
        above = *rate;
    return above;
}

uint32_t eg_bridge_baud_most(uint16_t vid, uint16_t pid)
{
    const struct eg_bridge_kind *const kind = eg_bridge_find(vid, pid);

    return kind != NULL ? kind->baud_most : ANY;
}
