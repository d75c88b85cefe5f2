/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Flash parts and their times: programming a chunk of 32 bytes and a page of 256, erasing a sector of 4 KiB
 * and a block of 64 KiB, each typical and maximum.
 *
 * Winbond: datasheets of the W25QxxJV family; a chunk is the first byte plus 31 further ones (30 + 31 x 2.5
 * us, 50 + 31 x 12 us); chip erase of the small parts scaled from the 64 Mbit part's. GigaDevice: typical
 * figures of the GD25Q family, maxima and chunk as Winbond's, because its datasheet's were not at hand. XMC,
 * Macronix, Adesto: Winbond's times, because only their ids were at hand. "ESP": flash inside Espressif's
 * chips and modules, from the flash table of the ESP32-S3 datasheet; the chunk scaled from the page as
 * Winbond's.
 *
 * Ids: most give their size as a power of two. W25Q512JV and the Macronix parts use other codes, Adesto has
 * the size in its second byte, and NO-SIZE has an id that is in no table.
 *
 * Not here: how fast a loader reads, which is the chip's (chip/speed.c).
 */

#include "tools/vboard/board.h"

#define MB(count) ((uint32_t)(count) << 20)

#define QUAD 0x0200u /* quad-enable is set when it is sold */

/* clang-format off */
#define WINBOND {107, 422}, {400, 3000}, {45000, 400000}, {150000, 2000000}
#define GIGA    {107, 422}, {500, 3000}, {45000, 400000}, {250000, 2000000}
#define ESP     {214, 703}, {800, 5000}, {70000, 500000}, {300000, 3000000}

const struct vb_flash_part vb_flash_parts[] = {
    {"GD25Q32",      0x1640c8, MB(4),  GIGA,    {12500, 50000},    false, false, 0, true},
    {"GD25Q16",      0x1540c8, MB(2),  GIGA,    {6250, 25000},     true,  false, 0, true},
    {"GD25Q64",      0x1740c8, MB(8),  GIGA,    {25000, 100000},   true,  false, 0, true},
    {"GD25Q128",     0x1840c8, MB(16), GIGA,    {50000, 200000},   true,  false, 0, true},
    {"W25Q80DV",     0x1440ef, MB(1),  WINBOND, {2500, 12500},     true,  false, 0, true},
    {"W25Q16JV",     0x1540ef, MB(2),  WINBOND, {5000, 25000},     true,  false, QUAD, true},
    {"W25Q32JV",     0x1640ef, MB(4),  WINBOND, {10000, 50000},    true,  false, QUAD, true},
    {"W25Q64JV",     0x1740ef, MB(8),  WINBOND, {20000, 100000},   true,  false, QUAD, true},
    {"W25Q128JV",    0x1840ef, MB(16), WINBOND, {40000, 200000},   true,  false, QUAD, true},
    {"W25Q256JV",    0x1940ef, MB(32), WINBOND, {80000, 400000},   true,  false, QUAD, true},
    {"W25Q512JV",    0x2040ef, MB(64), WINBOND, {200000, 1000000}, true,  false, QUAD, true},
    {"XM25QH32",     0x164020, MB(4),  WINBOND, {10000, 50000},    true,  false, 0, true},
    {"XM25QH32-ODD", 0x164020, MB(4),  WINBOND, {10000, 50000},    true,  true,  0, false},
    {"MX25U6435F",   0x3725c2, MB(8),  WINBOND, {20000, 100000},   true,  false, 0, true},
    {"MX25U25645G",  0x3925c2, MB(32), WINBOND, {80000, 400000},   true,  false, 0, true},
    {"AT25SF321",    0x01871f, MB(4),  WINBOND, {10000, 50000},    true,  false, 0, false},
    {"ESP-2MB",      0x154020, MB(2),  ESP,     {7000, 20000},     true,  false, 0, true},
    {"ESP-4MB",      0x164020, MB(4),  ESP,     {20000, 60000},    true,  false, 0, true},
    {"ESP-8MB",      0x174020, MB(8),  ESP,     {25000, 100000},   true,  false, 0, true},
    {"ESP-16MB",     0x184020, MB(16), ESP,     {60000, 200000},   true,  false, 0, true},
    {"NO-SIZE",      0x7f40c8, MB(4),  GIGA,    {12500, 50000},    true,  false, 0, true},
    {"none",         VB_NO_FLASH, MB(4), GIGA,  {12500, 50000},    false, false, 0, false},
    {0},
};
/* clang-format on */
