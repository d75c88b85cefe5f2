/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The idedata.json of PlatformIO (`pio run -t idedata`).
 *
 * Its list of files lacks the application. That is only named as the ELF file it was made from, and lies next
 * to it as .bin. Neither chip nor flash settings are in it; the bootloader was built with the latter.
 */

#include "jobs/builds.h"

#include <string.h>

static enum eg_code read_application(struct eg__firmware *firmware, const struct eg__node *extra,
                                     struct eg_error *err)
{
    struct eg__node *const program = eg__node_get(firmware->build.root, "prog_path");
    const struct eg__node *offset;

    EG_TRY(eg__need(&offset, extra, "application_offset", EG__TEXT, err));
    EG_TRY(eg__node_expect(program, EG__TEXT, "prog_path", err));
    char *const suffix = strrchr(program->text, '.');
    if (suffix == NULL || (strcmp(suffix, ".elf") != 0 && strcmp(suffix, ".bin") != 0))
        return eg__refuse(&program->place, err,
                          "prog_path is \"%.120s\", which ends neither in .elf nor in .bin", program->text);
    strcpy(suffix, ".bin");
    const struct eg__word addr = {offset->text, offset->place}, file = {program->text, program->place};
    return eg__build_add(firmware, NULL, &addr, &file, err);
}

enum eg_code eg__idedata_read(struct eg__firmware *firmware, struct eg_error *err)
{
    const struct eg__node *const name = eg__node_get(firmware->build.root, "env_name");
    const struct eg__node *extra, *images;

    EG_TRY(eg__need(&extra, firmware->build.root, "extra", EG__MAP, err));
    EG_TRY(eg__need(&images, extra, "flash_images", EG__LIST, err));
    EG_TRY(eg__build_add_list(firmware, images, "flash_images", err));
    if (name != NULL)
        EG_TRY(eg__take_word(&firmware->build_name, name, "env_name", err));
    return read_application(firmware, extra, err);
}
