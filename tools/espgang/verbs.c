/* SPDX-License-Identifier: Apache-2.0 */

/* Every command for one board, in the order of the help. */

#include "tools/espgang/verbs.h"

const char *const cli_flash_modes[] = {"keep", "qio", "qout", "dio", "dout", NULL};
const char *const cli_flash_freqs[] = {"keep", "80m", "60m", "48m", "40m", "30m", "26m",
                                       "24m",  "20m", "16m", "15m", "12m", NULL};
const char *const cli_flash_sizes[] = {"detect", "keep", "256KB", "512KB", "1MB",  "2MB",   "2MB-c1", "4MB",
                                       "4MB-c1", "8MB",  "16MB",  "32MB",  "64MB", "128MB", NULL};

/* clang-format off */
const struct cli_verb *const cli_verbs[] = {
    &cli_write_flash, &cli_read_flash, &cli_verify_flash, &cli_flash_md5, &cli_erase_flash, &cli_erase_region,
    &cli_flash_id, &cli_read_flash_status, &cli_write_flash_status, &cli_read_flash_sfdp,
    &cli_read_mac, &cli_chip_id, &cli_get_security_info,
    &cli_load_ram, &cli_read_mem, &cli_write_mem, &cli_dump_mem,
    &cli_run_application, &cli_reset, &cli_monitor,
    &cli_elf2image, &cli_merge_bin, &cli_image_info,
    NULL,
};
/* clang-format on */
