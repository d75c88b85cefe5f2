/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Recognise the format of a build's file.
 *
 * A name says little (many tools call their file manifest.json), so JSON formats are recognised by keys that
 * only one format has. The files were written for the builder's own tool, often on another machine, so their
 * paths may mean nothing here.
 */

#include "jobs/builds.h"

#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/plan/plan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { FILE_SIZE_MAX = 1 << 20 };

/* JSON has no comments, but the reader takes some for blanks and others for values. */
static enum eg_code refuse_comments(const char *path, const char *text, struct eg_error *err)
{
    struct eg__place place = {path, 1, 1, NULL};
    bool quoted = false;

    for (; *text != '\0'; text++) {
        if (!quoted && (*text == '#' || strncmp(text, "//", 2) == 0 || strncmp(text, "/*", 2) == 0))
            return eg__refuse(&place, err, "a comment begins here, but JSON has none");
        if (*text == '"')
            quoted = !quoted;
        if (quoted && *text == '\\' && text[1] != '\0') {
            text++;
            place.column++;
        }
        if (*text == '\n')
            place = (struct eg__place){path, place.line + 1, 1, NULL};
        else if (((unsigned char)*text & 0xc0) != 0x80)
            place.column++;
    }
    return EG_OK;
}

static enum eg_code read_json(struct eg__firmware *firmware, const char *path, const struct eg_buffer *text,
                              struct eg_error *err)
{
    static const struct {
        const char *key; /* keys that only this format has */
        const char *kind;
        enum eg_code (*read)(struct eg__firmware *firmware, struct eg_error *err);
    } formats[] = {
        {"flash_files", "flasher_args.json of ESP-IDF", eg__flasher_args_read},
        {"builds", "a manifest of ESP Web Tools", eg__manifest_read},
        {"prog_path", "idedata.json of PlatformIO", eg__idedata_read},
    };

    EG_TRY(refuse_comments(path, eg__skip_bom((const char *)text->data), err));
    EG_TRY(eg__document_read(&firmware->build, path, err));
    const struct eg__node *const root = firmware->build.root;
    EG_TRY(eg__node_expect(root, EG__MAP, "the file", err));
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (eg__node_get(root, formats[i].key) == NULL)
            continue;
        firmware->build_kind = formats[i].kind;
        return formats[i].read(firmware, err);
    }
    return eg__refuse(
        &root->place, err,
        "this is neither flasher_args.json (with the key flash_files) nor a manifest of ESP Web "
        "Tools (builds) nor idedata.json of PlatformIO (prog_path)");
}

/* Return whether all bytes are text, which firmware never is. */
static bool is_text(const struct eg_buffer *file)
{
    const char *const text = (const char *)file->data;
    size_t length;

    for (size_t at = 0; at < file->size; at += length) {
        length = eg_utf8_length(text + at, file->size - at);
        if (length == 0 || text[at] == 0x7f ||
            ((unsigned char)text[at] < ' ' && strchr("\t\r\n", text[at]) == NULL) || text[at] == '\0')
            return false;
    }
    return true;
}

/* Return whether it is text in UTF-16, as PowerShell writes it; firmware may begin with the same two bytes.
 */
static bool is_utf16(const struct eg_buffer *file)
{
    return file->size >= 4 && ((memcmp(file->data, "\xff\xfe", 2) == 0 && file->data[3] == '\0') ||
                               (memcmp(file->data, "\xfe\xff", 2) == 0 && file->data[2] == '\0'));
}

static enum eg_code read_file(struct eg__firmware *firmware, const char *path, bool *is_build,
                              struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    const char *const suffix = strrchr(path, '.');

    *is_build = suffix != NULL && strcmp(suffix, ".json") == 0;
    const enum eg_code code = eg_file_read(&text, path, FILE_SIZE_MAX, err);
    if (code != EG_OK)
        return *is_build || (code != EG_IO && code != EG_BAD_ARGUMENT) ? code : EG_OK;
    if (is_utf16(&text))
        return eg_error_set(err, EG_BAD_JOB, "%s: the text is UTF-16; save it as UTF-8", path);
    if (!*is_build && !is_text(&text))
        return EG_OK;
    const char *const start = eg__skip_bom((const char *)text.data);
    if (*is_build || start[strspn(start, " \t\r\n")] == '{') {
        *is_build = true;
        return read_json(firmware, path, &text, err);
    }
    *is_build = eg__flash_args_is(&text);
    if (!*is_build)
        return EG_OK;
    EG_TRY(eg_strdup(&firmware->build.file, path, err));
    firmware->build.text = text;
    text = (struct eg_buffer){0};
    firmware->build_kind = "words for esptool, as in flash_args";
    return eg__flash_args_read(firmware, err);
}

static enum eg_code read_folder(struct eg__firmware *firmware, const char *folder, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *list = NULL;
    bool is_build;

    EG_TRY(eg__folder_list(&list, folder, err));
    if (list == NULL)
        return eg__folder_read(firmware, folder, err);
    EG_TRY(read_file(firmware, list, &is_build, err));
    if (!is_build)
        return eg_error_set(err, EG_BAD_JOB, "%s: is not what its name says, a list of files", list);
    return EG_OK;
}

enum eg_code eg__build_read(struct eg__firmware *firmware, const char *path, bool *is_build,
                            struct eg_error *err)
{
    struct stat status;

    *is_build = true;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode) ? read_folder(firmware, path, err)
                                                               : read_file(firmware, path, is_build, err);
}
