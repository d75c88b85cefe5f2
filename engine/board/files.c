/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Firmware files, read whole, and output files.
 *
 * An output that is a path is written as PATH.part and renamed when it is whole, so that a failure, a full
 * disk or a Ctrl-C leaves the old file. PATH.part stays where a later call can resume it.
 */

#include "engine/board/board_internal.h"

#include "engine/base/file.h"
#include "engine/image/hex.h"
#include "engine/image/uf2.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SIZE_MAX                                                                                        \
    ((size_t)256 << 20) /* the largest flash; as HEX it takes a little more than twice that */
#define HEX_SIZE_MAX (3 * FILE_SIZE_MAX)

/* A stream without a position, such as a pipe, can be read only once. */
static enum eg_code read_stream(struct eg_buffer *data, FILE *file, const char *name, struct eg_error *err)
{
    const off_t began = ftello(file);
    uint8_t chunk[65536];
    size_t got;

    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0) {
        if (data->size + got > HEX_SIZE_MAX)
            return eg_error_set(err, EG_IO, "%s: more than %zu bytes", name, HEX_SIZE_MAX);
        EG_TRY(eg_buffer_append(data, chunk, got, err));
    }
    if (ferror(file) || (began >= 0 && fseeko(file, began, SEEK_SET) != 0))
        return eg_error_errno(err, EG_IO, errno, "%s", name);
    return EG_OK;
}

enum eg_code eg__input_read(const struct eg_input *input, struct eg_buffer *data, char **name,
                            struct eg_error *err)
{
    const char *called = input->name != NULL ? input->name : "data";

    if ((input->path != NULL) + (input->data != NULL) + (input->file != NULL) != 1)
        return eg_error_set(err, EG_BAD_ARGUMENT, "an input is one of a path, data and a file");
    EG_TRY(eg_strdup(name, input->path != NULL ? input->path : called, err));
    if (input->path != NULL)
        return eg_file_read(data, input->path, HEX_SIZE_MAX, err);
    if (input->file != NULL)
        return read_stream(data, input->file, *name, err);
    return eg_buffer_append(data, input->data, input->size, err);
}

static enum eg_code add_piece(struct eg__pieces *pieces, const char *name, size_t file, uint32_t addr,
                              const void *data, size_t size, struct eg_error *err)
{
    struct eg__piece *more = realloc(pieces->piece, (pieces->count + 1) * sizeof *more);

    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%s: one more piece of it", name);
    pieces->piece = more;
    struct eg__piece *piece = &pieces->piece[pieces->count++];
    *piece = (struct eg__piece){.file = file, .addr = addr};
    EG_TRY(eg_strdup(&piece->name, name, err));
    return eg_buffer_append(&piece->data, data, size, err);
}

/* The address of a file; Intel HEX and UF2 files have their own, unless they are `raw`. */
struct place {
    uint32_t addr;
    bool in_partition, raw;
    bool any_addr; /* use the file's own addresses and ignore `addr` */
};

/* Return the offset to add to a file's own addresses. */
static enum eg_code find_base(uint32_t *base, const char *name, const struct eg_pieces *ranges, bool is_uf2,
                              const struct place *place, struct eg_error *err)
{
    const uint32_t lowest = ranges->list[0].addr;
    const struct eg_piece *const last = &ranges->list[ranges->count - 1];
    const bool relative = is_uf2 && eg_uf2_is_relative(ranges, NULL);

    *base = 0;
    if (relative && !place->in_partition)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s is a UF2 file whose addresses count from an application partition: give the "
                            "name of the partition, such as ota_0, instead of an address",
                            name);
    if (!relative) {
        if (place->any_addr || place->addr == lowest || (place->addr == 0 && !place->in_partition))
            return EG_OK;
        return eg_error_set(
            err, EG_BAD_ARGUMENT, "%s is %s, which says itself where it goes: to 0x%08x, not to 0x%08x", name,
            is_uf2 ? "a UF2 file" : "an Intel HEX file", (unsigned)lowest, (unsigned)place->addr);
    }
    *base = place->addr;
    if (last->addr + (uint64_t)last->data.size + *base > UINT64_C(1) << 32)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s at 0x%08x runs out of the address space", name,
                            (unsigned)*base);
    return EG_OK;
}

/* Read one file: raw bytes, or the ranges of an Intel HEX or UF2 file. */
static enum eg_code split(struct eg__pieces *pieces, const char *name, size_t file, const struct place *place,
                          const struct eg_buffer *data, struct eg_error *err)
{
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces ranges = {0};
    const bool is_hex = !place->raw && eg_hex_is(data->data, data->size);
    const bool is_uf2 = !place->raw && !is_hex && eg_uf2_is(data->data, data->size);
    uint32_t uf2_family_id = 0, base;

    if (!is_hex && !is_uf2)
        return add_piece(pieces, name, file, place->addr, data->data, data->size, err);
    if ((is_hex ? eg_hex_read(&ranges, data->data, data->size, err)
                : eg_uf2_read(&ranges, &uf2_family_id, data->data, data->size, err)) != EG_OK)
        return eg_error_prefix(err, "%s: ", name);
    EG_TRY(find_base(&base, name, &ranges, is_uf2, place, err));
    for (size_t i = 0; i < ranges.count; i++) {
        EG_TRY(add_piece(pieces, name, file, base + ranges.list[i].addr, ranges.list[i].data.data,
                         ranges.list[i].data.size, err));
        pieces->piece[pieces->count - 1].uf2_family_id = uf2_family_id;
    }
    return EG_OK;
}

static enum eg_code read_one(struct eg__pieces *pieces, const struct eg_input *input, size_t file,
                             const struct place *place, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer data = {0};
    EG_CLEANUP(eg_free_cleanup) char *name = NULL;

    EG_TRY(eg__input_read(input, &data, &name, err));
    return split(pieces, name, file, place, &data, err);
}

bool eg__input_is_given(const struct eg_input *input)
{
    return input->path != NULL || input->data != NULL || input->file != NULL;
}

enum eg_code eg__input_read_range(const struct eg_input *input, struct eg_buffer *data, char **name,
                                  struct eg_error *err)
{
    EG_CLEANUP(eg__pieces_finish) struct eg__pieces pieces = {0};

    EG_TRY(read_one(&pieces, input, 0, &(struct place){.any_addr = true}, err));
    if (pieces.count > 1)
        return eg_error_set(err, EG_BAD_IMAGE, "%s has %zu ranges of addresses, not one",
                            pieces.piece[0].name, pieces.count);
    *data = pieces.piece[0].data;
    *name = pieces.piece[0].name;
    pieces.count = 0;
    return EG_OK;
}

/* Read what was flashed earlier, piece by piece. A HEX file must be split like the new one; its other ranges
 * say nothing about the flash here. */
static enum eg_code read_before(struct eg__pieces *pieces, size_t first, const struct eg_flash_file *file,
                                size_t number, struct eg_error *err)
{
    EG_CLEANUP(eg__pieces_finish) struct eg__pieces before = {0};

    if (!eg__input_is_given(&file->diff_with))
        return EG_OK;
    const struct place place = {.addr = pieces->piece[first].addr,
                                .in_partition = file->in_partition,
                                .raw = file->raw,
                                .any_addr = true};
    EG_TRY(read_one(&before, &file->diff_with, number, &place, err));
    if (before.count != pieces->count - first)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s has %zu ranges of addresses, %s has %zu",
                            before.piece[0].name, before.count, pieces->piece[first].name,
                            pieces->count - first);
    for (size_t i = 0; i < before.count; i++) {
        struct eg__piece *piece = &pieces->piece[first + i];
        if (before.piece[i].addr != piece->addr)
            continue;
        piece->is_diff = true;
        piece->before = before.piece[i].data;
        before.piece[i].data = (struct eg_buffer){0};
    }
    return EG_OK;
}

enum eg_code eg__pieces_read(struct eg__pieces *pieces, const struct eg_flash_file *files, size_t count,
                             struct eg_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const size_t first = pieces->count;
        const struct place place = {
            .addr = files[i].addr, .in_partition = files[i].in_partition, .raw = files[i].raw};
        EG_TRY(read_one(pieces, &files[i].input, i, &place, err));
        EG_TRY(read_before(pieces, first, &files[i], i, err));
        for (size_t j = first; j < pieces->count; j++) {
            pieces->piece[j].encrypt = files[i].encrypt;
            pieces->piece[j].raw = files[i].raw;
        }
    }
    return EG_OK;
}

enum eg_code eg__guard_pieces(const struct eg__pieces *pieces, struct eg_guard_piece **list,
                              struct eg_error *err)
{
    EG_TRY(eg_alloc(list, pieces->count + 1, sizeof **list, err));
    for (size_t i = 0; i < pieces->count; i++) {
        const struct eg__piece *const piece = &pieces->piece[i];
        (*list)[i] = (struct eg_guard_piece){.name = piece->name,
                                             .flash_addr = piece->addr,
                                             .data = piece->data.data,
                                             .size = piece->data.size,
                                             .encrypted = piece->encrypt,
                                             .raw = piece->raw,
                                             .uf2_family_id = piece->uf2_family_id};
    }
    return EG_OK;
}

enum eg_code eg_flash_files_check(const struct eg_flash_file *files, size_t count, struct eg_error *err)
{
    EG_CLEANUP(eg__pieces_finish) struct eg__pieces pieces = {0};
    EG_CLEANUP(eg_free_cleanup) struct eg_guard_piece *list = NULL;

    EG_TRY(eg__pieces_read(&pieces, files, count, err));
    EG_TRY(eg__guard_pieces(&pieces, &list, err));
    const struct eg_guard_request request = {.action = EG_GUARD_WRITE, .pieces = list, .count = pieces.count};
    return eg_guard_ask(&request, NULL, err);
}

void eg__pieces_finish(struct eg__pieces *pieces)
{
    for (size_t i = 0; i < pieces->count; i++) {
        free(pieces->piece[i].name);
        eg_buffer_finish(&pieces->piece[i].data);
        eg_buffer_finish(&pieces->piece[i].before);
    }
    free(pieces->piece);
}

/* Return whether the path is a pipe, /dev/null or the like, which cannot be renamed. */
static bool is_device(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

static enum eg_code open_part(struct eg__sink *sink, struct eg_error *err)
{
    const bool resume = sink->done > 0;
    const char *path = sink->output->path;
    char part[4096];

    if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%.100s...: the path is too long", path);
    EG_TRY(eg_strdup(&sink->path, path, err));
    if (is_device(path)) {
        sink->file = fopen(path, "wb");
        return sink->file != NULL ? EG_OK : eg_error_errno(err, EG_IO, errno, "%s", path);
    }
    const int fd =
        open(part, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (resume ? O_APPEND : O_TRUNC), 0666);
    if (fd < 0)
        return eg_error_errno(err, EG_IO, errno, "%s", part);
    sink->file = fdopen(fd, resume ? "ab" : "wb");
    if (sink->file == NULL) {
        close(fd);
        return eg_error_errno(err, EG_IO, errno, "%s", part);
    }
    return eg_strdup(&sink->part, part, err);
}

enum eg_code eg__sink_open(struct eg__sink *sink, const struct eg_output *output, uint64_t done,
                           uint64_t size, struct eg_error *err)
{
    if ((output->path != NULL) + (output->data != NULL) + (output->file != NULL) != 1)
        return eg_error_set(err, EG_BAD_ARGUMENT, "an output is one of a path, data and a file");
    if (output->data != NULL && size > output->size)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%llu bytes do not fit into memory of %zu",
                            (unsigned long long)size, output->size);
    sink->output = output;
    sink->file = output->file;
    sink->done = done;
    return output->path != NULL ? open_part(sink, err) : EG_OK;
}

static const char *sink_name(const struct eg__sink *sink)
{
    if (sink->part != NULL)
        return sink->part;
    return sink->path != NULL ? sink->path : "the output";
}

enum eg_code eg__sink_put(struct eg__sink *sink, const void *data, size_t size, struct eg_error *err)
{
    if (sink->output->data != NULL)
        memcpy((uint8_t *)sink->output->data + sink->done, data, size);
    else if (fwrite(data, 1, size, sink->file) != size)
        return eg_error_errno(err, EG_IO, errno, "%s", sink_name(sink));
    sink->done += size;
    return EG_OK;
}

enum eg_code eg__sink_commit(struct eg__sink *sink, struct eg_error *err)
{
    if (sink->file == NULL)
        return EG_OK;
    if (fflush(sink->file) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s", sink_name(sink));
    if (sink->part == NULL)
        return EG_OK;
    if (fsync(fileno(sink->file)) != 0 || rename(sink->part, sink->path) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s", sink->path);
    free(sink->part);
    sink->part = NULL;
    return EG_OK;
}

void eg__sink_close(struct eg__sink *sink)
{
    if (sink->path != NULL && sink->file != NULL)
        fclose(sink->file);
    if (sink->part != NULL && !(sink->keep && sink->done > 0))
        unlink(sink->part);
    free(sink->path);
    free(sink->part);
    *sink = (struct eg__sink){0};
}
