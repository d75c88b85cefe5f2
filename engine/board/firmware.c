/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The calls for firmware files that need no board: they read and write files around engine/image/, which
 * works on bytes.
 */

#include "engine/board/board_internal.h"

#include "engine/image/build.h"
#include "engine/image/hex.h"
#include "engine/image/inspect.h"
#include "engine/image/merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum eg_code find_target(const char *name, const struct eg_target **target, struct eg_error *err)
{
    char names[256];

    *target = name != NULL ? eg_target_by_name(name) : NULL;
    if (*target != NULL)
        return EG_OK;
    eg_target_names(names, sizeof names);
    return eg_error_set(err, EG_BAD_ARGUMENT, "chip \"%.40s\" is none of %s", name != NULL ? name : "",
                        names);
}

/* Make esptool's output name for file `index` from a prefix, or without one. */
static enum eg_code output_path(const struct eg_image_files *files, unsigned index, const char *elf,
                                const char *output, unsigned version, char *path, size_t room,
                                struct eg_error *err)
{
    const struct eg_image_file *file = &files->file[index];
    const char *dot = strrchr(elf, '.'), *slash = strrchr(elf, '/');
    const char *base = slash != NULL ? slash + 1 : elf;
    const bool named = output[0] != '\0', has_suffix = dot != NULL && dot > base;
    const int stem = has_suffix ? (int)(dot - elf) : (int)strlen(elf);
    int length;

    if (!file->has_addr)
        length = named ? snprintf(path, room, "%s", output) : snprintf(path, room, "%.*s.bin", stem, elf);
    else if (version == 2)
        length = named ? snprintf(path, room, "%s", output)
                       : snprintf(path, room, "%.*s-0x%05x.bin", stem, elf, (unsigned)file->flash_addr);
    else if (named)
        length = snprintf(path, room, "%s0x%05x.bin", output, (unsigned)file->flash_addr);
    else
        length = snprintf(path, room, "%s-0x%05x.bin", elf, (unsigned)file->flash_addr);
    if (length < 0 || (size_t)length >= room)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%.100s...: the path is too long", named ? output : elf);
    return EG_OK;
}

static enum eg_code write_file(const char *path, const struct eg_buffer *data, struct eg_error *err)
{
    EG_CLEANUP(eg__sink_close) struct eg__sink sink = {0};
    const struct eg_output output = {.path = path};

    EG_TRY(eg__sink_open(&sink, &output, 0, data->size, err));
    EG_TRY(eg__sink_put(&sink, data->data, data->size, err));
    return eg__sink_commit(&sink, err);
}

static enum eg_code write_files(const struct eg_image_files *files, const struct eg_input *elf,
                                const char *output, unsigned version, struct eg_elf_image *image,
                                struct eg_error *err)
{
    char path[4096];

    if (output == NULL)
        return EG_OK;
    if (output[0] == '\0' && elf->path == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "an ELF that has no path gives its image no name");
    for (unsigned i = 0; i < files->count; i++) {
        EG_TRY(output_path(files, i, elf->path != NULL ? elf->path : "", output, version, path, sizeof path,
                           err));
        EG_TRY(write_file(path, &files->file[i].data, err));
        EG_TRY(eg_strdup(&image->file[i].path, path, err));
    }
    return EG_OK;
}

enum eg_code eg_elf2image(struct eg_elf_image *image, const struct eg_input *elf, const char *chip,
                          const struct eg_image_options *options, const char *output,
                          struct eg_logger *logger, struct eg_error *err)
{
    EG_CLEANUP(eg_image_files_finish) struct eg_image_files files = {0};
    EG_CLEANUP(eg_elf_image_free) struct eg_elf_image made = {.count = 0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer data = {0};
    EG_CLEANUP(eg_free_cleanup) char *name = NULL;
    const struct eg_image_options defaults = {0};
    const struct eg_target *target;

    if (options == NULL)
        options = &defaults;
    EG_TRY(find_target(chip, &target, err));
    EG_TRY(eg__input_read(elf, &data, &name, err));
    if (eg_image_build(&files, target, data.data, data.size, options, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", name);
    for (unsigned i = 0; i < files.warning_count; i++)
        eg_log_warning(logger, NULL, "%s: %s", name, files.warning[i]);
    EG_TRY(write_files(&files, elf, output, options->version, &made, err));
    for (; made.count < files.count; made.count++) {
        struct eg_image_file *file = &files.file[made.count];
        made.file[made.count].has_addr = file->has_addr;
        made.file[made.count].flash_addr = file->flash_addr;
        made.file[made.count].size = file->data.size;
        made.file[made.count].data = file->data.data;
        file->data = (struct eg_buffer){0};
    }
    if (image != NULL) {
        *image = made;
        made = (struct eg_elf_image){.count = 0};
    }
    return EG_OK;
}

void eg_elf_image_free(struct eg_elf_image *image)
{
    for (unsigned i = 0; i < EG_ELF_IMAGE_FILES; i++) {
        free(image->file[i].data);
        free(image->file[i].path);
    }
    *image = (struct eg_elf_image){.count = 0};
}

static void warn(void *context, const struct eg_guard_finding *finding)
{
    eg_log_warning(context, NULL, "%s", finding->text);
}

/* Ask the guard about the merge. A signed bootloader keeps its header, whatever `options` say. */
static enum eg_code ask_guard(const struct eg__pieces *pieces, const struct eg_target *target,
                              struct eg_merge_options *options, struct eg_logger *logger,
                              struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_guard_piece *list = NULL;
    struct eg_guard_request request = {
        .target = target, .action = EG_GUARD_MERGE, .count = pieces->count, .say = warn, .context = logger};

    EG_TRY(eg_flash_settings_parse(&request.settings, target, options->flash_mode, options->flash_freq,
                                   options->flash_size, err));
    EG_TRY(eg__guard_pieces(pieces, &list, err));
    request.pieces = list;
    EG_TRY(eg_guard_ask(&request, NULL, err));
    for (size_t i = 0; i < pieces->count; i++)
        if (list[i].flash_addr == target->bootloader_addr &&
            !eg_guard_may_patch(target, NULL, list[i].data, list[i].size))
            options->flash_mode = options->flash_freq = options->flash_size = NULL;
    return EG_OK;
}

enum eg_code eg_merge_bin(const struct eg_flash_file *files, size_t count, const char *chip,
                          const struct eg_merge_options *options, const struct eg_output *output,
                          struct eg_logger *logger, struct eg_error *err)
{
    EG_CLEANUP(eg__pieces_finish) struct eg__pieces pieces = {0};
    EG_CLEANUP(eg_free_cleanup) struct eg_merge_input *inputs = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer merged = {0};
    EG_CLEANUP(eg__sink_close) struct eg__sink sink = {0};
    struct eg_merge_options chosen = options != NULL ? *options : (struct eg_merge_options){0};
    const struct eg_target *target;
    bool applied;

    EG_TRY(find_target(chip, &target, err));
    EG_TRY(eg__pieces_read(&pieces, files, count, err));
    EG_TRY(ask_guard(&pieces, target, &chosen, logger, err));
    EG_TRY(eg_alloc(&inputs, pieces.count + 1, sizeof *inputs, err));
    for (size_t i = 0; i < pieces.count; i++)
        inputs[i] = (struct eg_merge_input){pieces.piece[i].addr, pieces.piece[i].data.data,
                                            pieces.piece[i].data.size, pieces.piece[i].name};
    EG_TRY(eg_merge(&merged, target, inputs, pieces.count, &chosen, &applied, err));
    if (!applied && (!eg__is_keep(chosen.flash_mode) || !eg__is_keep(chosen.flash_freq) ||
                     !eg__is_keep(chosen.flash_size)))
        eg_log_note(logger, NULL, "no bootloader at 0x%x: there is no header to put flash settings into",
                    (unsigned)target->bootloader_addr);
    EG_TRY(eg__sink_open(&sink, output, 0, merged.size, err));
    EG_TRY(eg__sink_put(&sink, merged.data, merged.size, err));
    return eg__sink_commit(&sink, err);
}

enum eg_code eg_image_info(struct eg_image_details *details, const struct eg_input *input, const char *chip,
                           struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer data = {0};
    EG_CLEANUP(eg_free_cleanup) char *name = NULL;
    const struct eg_target *target = NULL;

    if (chip != NULL && strcmp(chip, "auto") != 0)
        EG_TRY(find_target(chip, &target, err));
    EG_TRY(eg__input_read_range(input, &data, &name, err));
    if (eg_image_inspect(details, target, data.data, data.size, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", name);
    return EG_OK;
}
