/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The folder of a build.
 *
 * Most builds leave a file that lists files and addresses. PlatformIO and older versions of Arduino only use
 * fixed file names; the addresses follow from the chip and from the partition table.
 */

#include "jobs/builds.h"

#include "engine/base/file.h"
#include "engine/image/partitions.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SKETCH_SUFFIX ".ino.bin"

enum { TABLE_SIZE_MAX = 1 << 20, PATH_ROOM = 4096 };

static const char *const lists[] = {"flasher_args.json", "flash_args", "idedata.json", "manifest.json"};

/* File names of PlatformIO and Arduino. */
struct names {
    const char *kind;
    char application[256], bootloader[256], table[256];
};

static const char otadata_name[] = "boot_app0.bin";

static bool is_file(const char *folder, const char *name)
{
    char path[PATH_ROOM];
    struct stat status;

    return snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path &&
           stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static enum eg_code join(char path[PATH_ROOM], const char *folder, const char *name, struct eg_error *err)
{
    if (snprintf(path, PATH_ROOM, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", name) <
        PATH_ROOM)
        return EG_OK;
    return eg_error_set(err, EG_BAD_JOB, "%.100s...: the path is too long", folder);
}

static void close_folder(DIR **dir)
{
    if (*dir != NULL)
        closedir(*dir);
}

/* Find the name of the only sketch in the folder, without ".bin"; "" = there is none. Two are refused. */
static enum eg_code find_sketch(char stem[200], const char *folder, struct eg_error *err)
{
    EG_CLEANUP(close_folder) DIR *dir = opendir(folder);
    const struct dirent *entry;

    stem[0] = '\0';
    if (dir == NULL)
        return eg_error_errno(err, EG_IO, errno, "%s", folder);
    while ((entry = readdir(dir)) != NULL) {
        const size_t length = strlen(entry->d_name);
        if (length < sizeof SKETCH_SUFFIX || length >= 200 ||
            strcmp(entry->d_name + length - strlen(SKETCH_SUFFIX), SKETCH_SUFFIX) != 0)
            continue;
        if (stem[0] != '\0')
            return eg_error_set(err, EG_BAD_JOB, "%s: there are two sketches in this folder, %s.bin and %s",
                                folder, stem, entry->d_name);
        snprintf(stem, 200, "%.*s", (int)(length - strlen(".bin")), entry->d_name);
    }
    return EG_OK;
}

static enum eg_code find_names(struct names *names, const char *folder, struct eg_error *err)
{
    char stem[200];

    if (is_file(folder, "firmware.bin")) {
        *names = (struct names){"a build folder of PlatformIO", "firmware.bin", "bootloader.bin",
                                "partitions.bin"};
        return EG_OK;
    }
    EG_TRY(find_sketch(stem, folder, err));
    if (stem[0] == '\0')
        return eg_error_set(
            err, EG_BAD_JOB,
            "%s: this is no folder of a build. It has none of flasher_args.json, flash_args, "
            "idedata.json and manifest.json, no firmware.bin (PlatformIO: .pio/build/NAME) and no "
            "NAME.ino.bin (Arduino: Export Compiled Binary)",
            folder);
    names->kind = "a build folder of Arduino";
    snprintf(names->application, sizeof names->application, "%s.bin", stem);
    snprintf(names->bootloader, sizeof names->bootloader, "%s.bootloader.bin", stem);
    snprintf(names->table, sizeof names->table, "%s.partitions.bin", stem);
    return EG_OK;
}

static enum eg_code read_table(struct eg_partitions *table, const char *folder, const char *name,
                               struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    char path[PATH_ROOM];

    EG_TRY(join(path, folder, name, err));
    EG_TRY(eg_file_read(&file, path, TABLE_SIZE_MAX, err));
    if (eg_partitions_parse(table, file.data, file.size, err) == EG_OK)
        return EG_OK;
    err->code = EG_BAD_JOB;
    return eg_error_prefix(err, "%s: ", path);
}

/* Find the partition that a new board starts: factory, else the first OTA slot. */
static const struct eg_partition *first_application(const struct eg_partitions *table)
{
    const struct eg_partition *first = NULL;

    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].type == EG_PARTITION_APP &&
            (first == NULL || table->rows[i].subtype < first->subtype))
            first = &table->rows[i];
    return first;
}

static const struct eg_partition *otadata_of(const struct eg_partitions *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].type == EG_PARTITION_DATA && table->rows[i].subtype == 0)
            return &table->rows[i];
    return NULL;
}

static enum eg_code add(struct eg__firmware *firmware, const char *name, uint32_t flash_addr,
                        const char *file, struct eg_error *err)
{
    const struct eg__place place = {firmware->build.file, 0, 0, NULL};
    const struct eg__word word = {file, place};

    return eg__build_add_at(firmware, name, flash_addr, &place, &word, err);
}

static enum eg_code add_files(struct eg__firmware *firmware, const struct names *names, const char *folder,
                              const struct eg_target *target, struct eg_error *err)
{
    const char *const needed[] = {names->bootloader, names->table};
    struct eg_partitions table;

    if (eg__starts_application(target))
        return add(firmware, NULL, 0, names->application, err);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!is_file(folder, needed[i]))
            return eg_error_set(err, EG_BAD_JOB, "%s: this is %s, but %s is missing", folder, names->kind,
                                needed[i]);
    EG_TRY(read_table(&table, folder, names->table, err));
    const struct eg_partition *const application = first_application(&table);
    const struct eg_partition *const otadata = otadata_of(&table);
    if (application == NULL)
        return eg_error_set(err, EG_BAD_JOB, "%s/%s: the table has no partition for an application", folder,
                            names->table);
    EG_TRY(add(firmware, "bootloader", target->bootloader_addr, names->bootloader, err));
    EG_TRY(add(firmware, "partition-table", EG_PARTITIONS_ADDR, names->table, err));
    if (otadata != NULL && is_file(folder, otadata_name))
        EG_TRY(add(firmware, NULL, otadata->flash_addr, otadata_name, err));
    else if (otadata != NULL)
        firmware->build_note = "Nothing is written to the partition of OTA data (boot_app0.bin is not in the "
                               "folder): a board\n# that was updated over the air may start its other slot.";
    return add(firmware, NULL, application->flash_addr, names->application, err);
}

static enum eg_code read_names(struct eg__firmware *firmware, const char *folder, struct eg_error *err)
{
    const struct eg__node *const chip = firmware->job_chip;
    const struct eg_target *target = NULL;
    struct names names = {0};
    char path[PATH_ROOM];

    if (chip != NULL && (chip->kind != EG__TEXT || eg_target_by_name(chip->text) == NULL))
        return EG_OK; /* the caller refuses the job */
    EG_TRY(find_names(&names, folder, err));
    EG_TRY(join(path, folder, names.application, err));
    EG_TRY(eg_strdup(&firmware->build.file, path, err));
    firmware->build_kind = names.kind;
    target = chip != NULL ? eg_target_by_name(chip->text) : eg__chip_of_file(path, false);
    if (target == NULL)
        return eg_error_set(err, EG_BAD_JOB, "%s: does not say which chip it is for; is it an application?",
                            path);
    firmware->chip = (struct eg__word){target->name, {firmware->build.file, 0, 0, NULL}};
    return add_files(firmware, &names, folder, target, err);
}

enum eg_code eg__folder_list(char **list, const char *folder, struct eg_error *err)
{
    char path[PATH_ROOM];

    *list = NULL;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (!is_file(folder, lists[i]))
            continue;
        EG_TRY(join(path, folder, lists[i], err));
        return eg_strdup(list, path, err);
    }
    return EG_OK;
}

enum eg_code eg__folder_read(struct eg__firmware *firmware, const char *folder, struct eg_error *err)
{
    const enum eg_code code = read_names(firmware, folder, err);

    if (code == EG_IO)
        err->code = EG_BAD_JOB;
    return code == EG_OK ? EG_OK : err->code;
}
