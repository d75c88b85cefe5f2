/* SPDX-License-Identifier: Apache-2.0 */

/* Default time limits and attempts: those of esptool 5.3.1, except for erasing, which has more time because
 * slow flash exceeded esptool's. */

#include "engine/espgang.h"

void eg_settings_init(struct eg_settings *settings)
{
    *settings = (struct eg_settings){
        .timeout_ms = 3000,
        .chip_erase_timeout_ms = 120000,
        .max_timeout_ms = 240000,
        .sync_timeout_ms = 100,
        .md5_timeout_per_mb_ms = 8000,
        .erase_region_timeout_per_mb_ms = 40000,
        .erase_write_timeout_per_mb_ms = 40000,
        .mem_end_rom_timeout_ms = 200,
        .serial_write_timeout_ms = 10000,
        .connect_attempts = 7,
        .write_block_attempts = 3,
        .open_port_attempts = 1,
    };
}
