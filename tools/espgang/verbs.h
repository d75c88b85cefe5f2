/* SPDX-License-Identifier: Apache-2.0 */

/* The commands for one board, by the files they are in. */

#ifndef TOOLS_ESPGANG_VERBS_H
#define TOOLS_ESPGANG_VERBS_H

#include "tools/espgang/verb.h"

/* verbs_files.c */
extern const struct cli_verb cli_write_flash, cli_read_flash, cli_verify_flash;

/* verbs_flash.c */
extern const struct cli_verb cli_erase_flash, cli_erase_region, cli_flash_id, cli_read_flash_status,
    cli_write_flash_status, cli_read_flash_sfdp, cli_flash_md5;

/* verbs_chip.c */
extern const struct cli_verb cli_read_mac, cli_chip_id, cli_get_security_info, cli_run_application, cli_reset;

/* verbs_memory.c */
extern const struct cli_verb cli_load_ram, cli_read_mem, cli_write_mem, cli_dump_mem;

/* verbs_images.c, image_info.c */
extern const struct cli_verb cli_elf2image, cli_merge_bin, cli_image_info;

/* monitor.c */
extern const struct cli_verb cli_monitor;

#endif
