/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The idedata.json of PlatformIO (`pio run -t idedata`).
 *
 * Its list of files lacks the application: only the ELF file is named, and the .bin is beside it. On an
 * ESP8266 the application at 0 is the only file. Flash settings are not in it; the bootloader was built with
 * them. Paths are absolute, and often those of another machine.
 */

#include "jobs/builds.h"

#include "targets/target.h"

#include <string.h>

/* Return whether the chip is an ESP8266, by the compiler or by the job. */
static bool is_esp8266(const struct eg__firmware *firmware)
{
    const struct eg__node *const compiler = eg__node_get(firmware->build.root, "cc_path");
    const struct eg__node *const chip = firmware->job_chip;

    if (chip != NULL)
        return chip->kind == EG__TEXT && eg__starts_application(eg_target_by_name(chip->text));
    return compiler != NULL && compiler->kind == EG__TEXT && strstr(compiler->text, "xtensa-lx106") != NULL;
}

/* `offset` NULL = address 0. */
static enum eg_code read_application(struct eg__firmware *firmware, const struct eg__node *offset,
                                     struct eg_error *err)
{
    struct eg__node *const program = eg__node_get(firmware->build.root, "prog_path");

    EG_TRY(eg__node_expect(program, EG__TEXT, "prog_path", err));
    char *const suffix = strrchr(program->text, '.');
    if (suffix == NULL || (strcmp(suffix, ".elf") != 0 && strcmp(suffix, ".bin") != 0))
        return eg__refuse(&program->place, err,
                          "prog_path is \"%.120s\", which ends neither in .elf nor in .bin", program->text);
    strcpy(suffix, ".bin");
    const struct eg__word file = {program->text, program->place};
    if (offset == NULL)
        return eg__build_add_at(firmware, NULL, 0, &program->place, &file, err);
    const struct eg__word addr = {offset->text, offset->place};
    return eg__build_add(firmware, NULL, &addr, &file, err);
}

enum eg_code eg__idedata_read(struct eg__firmware *firmware, struct eg_error *err)
{
    const struct eg__node *const name = eg__node_get(firmware->build.root, "env_name");
    const struct eg__node *extra, *images, *offset;

    firmware->paths = EG__PATHS_BESIDE;
    EG_TRY(eg__need(&extra, firmware->build.root, "extra", EG__MAP, err));
    EG_TRY(eg__need(&images, extra, "flash_images", EG__LIST, err));
    if (name != NULL)
        EG_TRY(eg__take_word(&firmware->build_name, name, "env_name", err));
    if (images->count == 0 && eg__node_get(extra, "application_offset") == NULL) {
        if (!is_esp8266(firmware))
            return eg__refuse(
                &images->place, err,
                "flash_images names no file, which is right for an ESP8266 alone: there firmware.bin "
                "is all, and the chip must be said (chip: esp8266)");
        firmware->chip = (struct eg__word){"esp8266", images->place};
        return read_application(firmware, NULL, err);
    }
    EG_TRY(eg__build_add_list(firmware, images, "flash_images", err));
    EG_TRY(eg__need(&offset, extra, "application_offset", EG__TEXT, err));
    return read_application(firmware, offset, err);
}
