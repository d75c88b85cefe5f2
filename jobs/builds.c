/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which format a file has, and what the formats share.
 *
 * A name says little (every second tool calls its file manifest.json), so JSON is told by the keys that only
 * this format has. The files were written for the tool of the one who built, often on another machine: its
 * paths are not trusted to mean something here.
 */

#include "jobs/builds.h"

#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/plan/plan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { FILE_SIZE_MAX = 1 << 20, FILES_MAX = 1000 };

const char *eg__skip_bom(const char *text)
{
    return strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;
}

enum eg_code eg__take_word(struct eg__word *word, const struct eg__node *node, const char *what,
                           struct eg_error *err)
{
    EG_TRY(eg__node_expect(node, EG__TEXT, what, err));
    *word = (struct eg__word){node->text, node->place};
    return EG_OK;
}

enum eg_code eg__need(const struct eg__node **value, const struct eg__node *map, const char *key,
                      enum eg__kind kind, struct eg_error *err)
{
    *value = eg__node_get(map, key);
    if (*value == NULL)
        return eg__refuse(&map->place, err, "the key %s is missing here", key);
    return eg__node_expect(*value, kind, key, err);
}

enum eg_code eg__read_addr(uint64_t *addr, const char *text, const struct eg__place *place, const char *what,
                           struct eg_error *err)
{
    if (!eg_number_parse(text, addr))
        return eg__refuse(place, err, "%s is \"%.80s\", not an address such as 0x10000, 64k or 1MB", what,
                          text);
    return EG_OK;
}

enum eg_code eg__read_bool(bool *value, const struct eg__node *node, const char *what, struct eg_error *err)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};

    EG_TRY(eg__node_expect(node, EG__TEXT, what, err));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(node->text, words[i]) == 0) {
            *value = i % 2 == 1;
            return EG_OK;
        }
    }
    return eg__refuse(&node->place, err, "%s is \"%.80s\", not true or false", what, node->text);
}

enum eg_code eg__refuse_encrypted(const struct eg__place *place, const char *entry, struct eg_error *err)
{
    return eg__refuse(place, err, "%.80s: encrypted writing is not supported by this version of espgang",
                      entry);
}

enum eg_code eg__check_encrypted(const struct eg__node *node, const char *entry, struct eg_error *err)
{
    bool encrypted = false;

    EG_TRY(eg__read_bool(&encrypted, node, "encrypted", err));
    return encrypted ? eg__refuse_encrypted(&node->place, entry, err) : EG_OK;
}

enum eg_code eg__entry_set_file(struct eg__entry *entry, const char *name, const char *from, const char *file,
                                struct eg_error *err)
{
    const char *const slash = strrchr(file, '/');

    EG_TRY(eg__resolve(&entry->path, from, file, err));
    return eg_strdup(&entry->name, name != NULL ? name : slash != NULL ? slash + 1 : file, err);
}

static enum eg_code check_free(const struct eg__firmware *firmware, uint64_t flash_addr,
                               const struct eg__place *addr_place, const struct eg__word *file,
                               struct eg_error *err)
{
    if (firmware->count == FILES_MAX)
        return eg__refuse(addr_place, err, "there are more than %d files", FILES_MAX);
    for (unsigned i = 0; i < firmware->count; i++) {
        const struct eg__entry *const entry = &firmware->entries[i];
        if (entry->flash_addr == flash_addr)
            return eg__refuse(addr_place, err, "%.80s goes to 0x%08llx, where %.80s goes already (%s:%d:%d)",
                              file->text, (unsigned long long)flash_addr, entry->name, entry->addr_place.file,
                              entry->addr_place.line, entry->addr_place.column);
    }
    return EG_OK;
}

enum eg_code eg__build_add(struct eg__firmware *firmware, const char *name, const struct eg__word *addr,
                           const struct eg__word *file, struct eg_error *err)
{
    uint64_t flash_addr;
    char what[120];

    snprintf(what, sizeof what, "the offset of %.80s", file->text);
    EG_TRY(eg__read_addr(&flash_addr, addr->text, &addr->place, what, err));
    return eg__build_add_at(firmware, name, flash_addr, &addr->place, file, err);
}

enum eg_code eg__build_add_at(struct eg__firmware *firmware, const char *name, uint64_t flash_addr,
                              const struct eg__place *addr_place, const struct eg__word *file,
                              struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;
    const struct eg__entry entry = {
        .at = EG__AT_ADDR, .flash_addr = flash_addr, .addr_place = *addr_place, .file_place = file->place};

    EG_TRY(check_free(firmware, flash_addr, addr_place, file, err));
    EG_TRY(eg__local_path(&path, firmware, file, err));
    struct eg__entry *const more = realloc(firmware->entries, (firmware->count + 1) * sizeof *more);
    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%u files of a build", firmware->count + 1);
    firmware->entries = more;
    more[firmware->count++] = entry;
    return eg__entry_set_file(&more[firmware->count - 1], name, firmware->build.file, path, err);
}

enum eg_code eg__build_add_list(struct eg__firmware *firmware, const struct eg__node *list, const char *what,
                                struct eg_error *err)
{
    const struct eg__node *path, *offset;

    if (list->count == 0)
        return eg__refuse(&list->place, err, "%s names no file", what);
    for (size_t i = 0; i < list->count; i++) {
        EG_TRY(eg__node_expect(list->items[i], EG__MAP, "a file", err));
        EG_TRY(eg__need(&path, list->items[i], "path", EG__TEXT, err));
        EG_TRY(eg__need(&offset, list->items[i], "offset", EG__TEXT, err));
        const struct eg__word addr = {offset->text, offset->place}, file = {path->text, path->place};
        EG_TRY(eg__build_add(firmware, NULL, &addr, &file, err));
    }
    return EG_OK;
}

enum eg_code eg__build_unused(struct eg__firmware *firmware, const char *key, const char *value,
                              struct eg_error *err)
{
    struct eg__unused *const more = realloc(firmware->unused, (firmware->unused_count + 1) * sizeof *more);

    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%u settings of a build", firmware->unused_count + 1);
    firmware->unused = more;
    more[firmware->unused_count++] = (struct eg__unused){key, value};
    return EG_OK;
}

/* No format that is JSON has comments, but the reader takes some for blanks and others for odd values. */
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
        const char *key; /* that only this format has */
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

/* Text throughout, as no firmware is. */
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

/* Text in UTF-16, as PowerShell writes it; a firmware may begin with the same two bytes. */
static bool is_utf16(const struct eg_buffer *file)
{
    return file->size >= 4 && ((memcmp(file->data, "\xff\xfe", 2) == 0 && file->data[3] == '\0') ||
                               (memcmp(file->data, "\xfe\xff", 2) == 0 && file->data[2] == '\0'));
}

enum eg_code eg__build_read(struct eg__firmware *firmware, const char *path, bool *is_build,
                            struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    const char *const suffix = strrchr(path, '.');
    struct stat status;

    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        *is_build = true;
        return eg__folder_read(firmware, path, err);
    }
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
