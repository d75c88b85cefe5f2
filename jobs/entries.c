/* SPDX-License-Identifier: Apache-2.0 */

/* Shared by the readers of jobs and builds: words, addresses, entries. */

#include "jobs/entries.h"

#include "engine/base/text.h"
#include "engine/plan/setting.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FILES_MAX = 1000 };

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

enum eg_code eg__build_add(struct eg__firmware *firmware, const char *name, const struct eg__word *addr,
                           const struct eg__word *file, struct eg_error *err)
{
    uint64_t flash_addr;
    char what[120];

    snprintf(what, sizeof what, "the offset of %.80s", file->text);
    EG_TRY(eg__read_addr(&flash_addr, addr->text, &addr->place, what, err));
    return eg__build_add_at(firmware, name, flash_addr, &addr->place, file, err);
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

void eg__firmware_finish(struct eg__firmware *firmware)
{
    for (unsigned i = 0; i < firmware->count; i++) {
        free(firmware->entries[i].name);
        free(firmware->entries[i].path);
    }
    free(firmware->entries);
    free(firmware->unused);
    eg__document_finish(&firmware->build);
    *firmware = (struct eg__firmware){0};
}
