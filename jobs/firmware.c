/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Lists of file and address, from a job file or from ESP-IDF's flasher_args.json, or one file that is all.
 *
 * Of flasher_args.json the files, the chip and the flash settings are taken over. How to reset and whether to
 * use a stub are in it too, but they describe the desk of whoever built it, not the line: those are the
 * job's. Its addresses are hexadecimal text in no order, `encrypted` is the text "true" or "false", flags
 * have dashes or underscores, and names are found by looking for the entry with the same address and file.
 */

#include "jobs/firmware.h"

#include "engine/stages/plan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static enum eg_code read_addr(uint64_t *addr, const char *text, const struct eg__place *place,
                              const char *what, struct eg_error *err)
{
    if (!eg_number_parse(text, addr))
        return eg__refuse(place, err, "%s is \"%.80s\", not an address such as 0x10000, 64k or 1MB", what,
                          text);
    return EG_OK;
}

/* An address, or the name of a partition, which begins otherwise than a number. `node` NULL = not given. */
static enum eg_code read_at(struct eg__entry *entry, const struct eg__node *node, struct eg_error *err)
{
    entry->at = EG__AT_FILE;
    entry->addr_place = entry->file_place;
    if (node == NULL)
        return EG_OK;
    EG_TRY(eg__node_expect(node, EG__TEXT, "at", err));
    entry->addr_place = node->place;
    entry->at = isdigit((unsigned char)node->text[0]) || strchr("+-.", node->text[0]) != NULL ? EG__AT_ADDR
                                                                                              : EG__AT_NAME;
    entry->partition = node->text;
    return entry->at == EG__AT_NAME ? EG_OK
                                    : read_addr(&entry->flash_addr, node->text, &node->place, "at", err);
}

static enum eg_code read_bool(bool *value, const struct eg__node *node, const char *what,
                              struct eg_error *err)
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

static enum eg_code refuse_encrypted(const struct eg__node *node, struct eg_error *err)
{
    bool encrypted = false;

    EG_TRY(read_bool(&encrypted, node, "encrypted", err));
    if (encrypted)
        return eg__refuse(&node->place, err, "encrypted writing is not supported by this version of espgang");
    return EG_OK;
}

/* Takes a copy of the name; NULL = the file's own. */
static enum eg_code set_names(struct eg__entry *entry, const char *name, const char *from, const char *file,
                              struct eg_error *err)
{
    const char *const slash = strrchr(file, '/');

    EG_TRY(eg__resolve(&entry->path, from, file, err));
    return eg_strdup(&entry->name, name != NULL ? name : slash != NULL ? slash + 1 : file, err);
}

static enum eg_code read_region(struct eg__entry *entry, const struct eg__node *map, const char *job_path,
                                struct eg_error *err)
{
    const struct eg__node *name = NULL, *at = NULL, *file = NULL;

    EG_TRY(eg__node_expect(map, EG__MAP, "a region", err));
    for (size_t i = 0; i < map->count; i++) {
        const struct eg__pair *const pair = &map->pairs[i];
        if (strcmp(pair->key, "encrypted") == 0) {
            EG_TRY(refuse_encrypted(pair->value, err));
            continue;
        }
        const struct eg__node **const known = strcmp(pair->key, "name") == 0   ? &name
                                              : strcmp(pair->key, "at") == 0   ? &at
                                              : strcmp(pair->key, "file") == 0 ? &file
                                                                               : NULL;
        if (known == NULL)
            return eg__refuse(&pair->place, err,
                              "a region has no key %.80s; it has name, at, file, encrypted", pair->key);
        EG_TRY(eg__node_expect(pair->value, EG__TEXT, pair->key, err));
        *known = pair->value;
    }
    if (file == NULL)
        return eg__refuse(&map->place, err, "a region needs the key file");
    entry->file_place = file->place;
    EG_TRY(read_at(entry, at, err));
    return set_names(entry, name != NULL ? name->text : NULL, job_path, file->text, err);
}

static enum eg_code read_regions(struct eg__firmware *firmware, const struct eg__node *list,
                                 const char *job_path, struct eg_error *err)
{
    EG_TRY(eg__node_expect(list, EG__LIST, "firmware.regions", err));
    if (list->count == 0)
        return eg__refuse(&list->place, err, "firmware has no regions");
    EG_TRY(eg_alloc(&firmware->entries, list->count, sizeof *firmware->entries, err));
    firmware->count = (unsigned)list->count;
    for (unsigned i = 0; i < firmware->count; i++)
        EG_TRY(read_region(&firmware->entries[i], list->items[i], job_path, err));
    return EG_OK;
}

/* The entry of flasher_args.json for this address and file, such as "bootloader"; NULL = none. */
static const struct eg__pair *find_named(const struct eg__node *root, uint64_t flash_addr, const char *file)
{
    for (size_t i = 0; i < root->count; i++) {
        const struct eg__node *const value = root->pairs[i].value;
        if (value->kind != EG__MAP)
            continue;
        const struct eg__node *const offset = eg__node_get(value, "offset");
        const struct eg__node *const same = eg__node_get(value, "file");
        uint64_t addr;
        if (offset == NULL || offset->kind != EG__TEXT || !eg_number_parse(offset->text, &addr) ||
            addr != flash_addr)
            continue;
        if (same != NULL && same->kind == EG__TEXT && strcmp(same->text, file) == 0)
            return &root->pairs[i];
    }
    return NULL;
}

static enum eg_code read_build_files(struct eg__firmware *firmware, struct eg_error *err)
{
    const struct eg__node *const root = firmware->build.root;
    const struct eg__node *const files = eg__node_get(root, "flash_files");

    if (files == NULL)
        return eg__refuse(&root->place, err, "this is no flasher_args.json: the key flash_files is missing");
    EG_TRY(eg__node_expect(files, EG__MAP, "flash_files", err));
    if (files->count == 0)
        return eg__refuse(&files->place, err, "flash_files names no file");
    EG_TRY(eg_alloc(&firmware->entries, files->count, sizeof *firmware->entries, err));
    firmware->count = (unsigned)files->count;
    for (unsigned i = 0; i < firmware->count; i++) {
        const struct eg__pair *const pair = &files->pairs[i];
        struct eg__entry *const entry = &firmware->entries[i];
        entry->addr_place = pair->place;
        entry->file_place = pair->value->place;
        EG_TRY(read_addr(&entry->flash_addr, pair->key, &pair->place, "a key of flash_files", err));
        EG_TRY(eg__node_expect(pair->value, EG__TEXT, pair->key, err));
        const struct eg__pair *const named = find_named(root, entry->flash_addr, pair->value->text);
        const struct eg__node *const encrypted =
            named != NULL ? eg__node_get(named->value, "encrypted") : NULL;
        if (encrypted != NULL)
            EG_TRY(refuse_encrypted(encrypted, err));
        EG_TRY(set_names(entry, named != NULL ? named->key : NULL, firmware->build.file, pair->value->text,
                         err));
    }
    return EG_OK;
}

static enum eg_code take_word(struct eg__word *word, const struct eg__node *node, const char *what,
                              struct eg_error *err)
{
    EG_TRY(eg__node_expect(node, EG__TEXT, what, err));
    *word = (struct eg__word){node->text, node->place};
    return EG_OK;
}

/* "--flash_mode" and "--flash-mode" are the same flag. */
static bool same_flag(const char *text, const char *flag)
{
    while (*text != '\0' && (*text == '_' ? '-' : *text) == *flag) {
        text++;
        flag++;
    }
    return *text == '\0' && *flag == '\0';
}

static enum eg_code read_build_flags(struct eg__firmware *firmware, const struct eg__node *flags,
                                     struct eg_error *err)
{
    const struct {
        const char *flag;
        struct eg__word *word;
    } known[] = {
        {"--flash-mode", &firmware->flash_mode},
        {"--flash-freq", &firmware->flash_freq},
        {"--flash-size", &firmware->flash_size},
    };

    EG_TRY(eg__node_expect(flags, EG__LIST, "write_flash_args", err));
    for (size_t i = 0; i < flags->count; i++) {
        EG_TRY(eg__node_expect(flags->items[i], EG__TEXT, "a word of write_flash_args", err));
        if (same_flag(flags->items[i]->text, "--encrypt"))
            return eg__refuse(&flags->items[i]->place, err,
                              "encrypted writing is not supported by this version of espgang");
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            if (same_flag(flags->items[i]->text, known[k].flag) && i + 1 < flags->count)
                EG_TRY(take_word(known[k].word, flags->items[i + 1], known[k].flag, err));
    }
    return EG_OK;
}

static enum eg_code read_build_settings(struct eg__firmware *firmware, const struct eg__node *settings,
                                        struct eg_error *err)
{
    const struct {
        const char *key;
        struct eg__word *word;
    } known[] = {
        {"flash_mode", &firmware->flash_mode},
        {"flash_freq", &firmware->flash_freq},
        {"flash_size", &firmware->flash_size},
    };

    EG_TRY(eg__node_expect(settings, EG__MAP, "flash_settings", err));
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        const struct eg__node *const node = eg__node_get(settings, known[k].key);
        if (node != NULL)
            EG_TRY(take_word(known[k].word, node, known[k].key, err));
    }
    return EG_OK;
}

static enum eg_code read_build(struct eg__firmware *firmware, const struct eg__node *from,
                               const char *job_path, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;

    EG_TRY(eg__resolve(&path, job_path, from->text, err));
    const enum eg_code code = eg__document_read(&firmware->build, path, err);
    if (code == EG_IO) { /* the file that is missing is one the job names */
        const struct eg_error cause = *err;
        return eg__refuse(&from->place, err, "%s", cause.text);
    }
    EG_TRY(code);

    const struct eg__node *const root = firmware->build.root;
    EG_TRY(eg__node_expect(root, EG__MAP, "flasher_args.json", err));
    EG_TRY(read_build_files(firmware, err));
    const struct eg__node *const flags = eg__node_get(root, "write_flash_args");
    const struct eg__node *const settings = eg__node_get(root, "flash_settings");
    const struct eg__node *const extra = eg__node_get(root, "extra_esptool_args");
    if (flags != NULL)
        EG_TRY(read_build_flags(firmware, flags, err));
    if (settings != NULL)
        EG_TRY(read_build_settings(firmware, settings, err));
    if (extra == NULL)
        return EG_OK;
    EG_TRY(eg__node_expect(extra, EG__MAP, "extra_esptool_args", err));
    const struct eg__node *const chip = eg__node_get(extra, "chip");
    return chip != NULL ? take_word(&firmware->chip, chip, "extra_esptool_args.chip", err) : EG_OK;
}

/* One file, of a build folder or with everything in it. */
static enum eg_code read_from(struct eg__firmware *firmware, const struct eg__node *from,
                              const struct eg__node *at, const char *job_path, struct eg_error *err)
{
    EG_TRY(eg__node_expect(from, EG__TEXT, "firmware.from", err));
    const char *const suffix = strrchr(from->text, '.');
    if (suffix != NULL && strcmp(suffix, ".json") == 0) {
        if (at != NULL)
            return eg__refuse(&at->place, err, "%.200s says itself where its files go; leave out at",
                              from->text);
        return read_build(firmware, from, job_path, err);
    }
    EG_TRY(eg_alloc(&firmware->entries, 1, sizeof *firmware->entries, err));
    firmware->count = 1;
    firmware->entries[0].file_place = from->place;
    EG_TRY(read_at(&firmware->entries[0], at, err));
    return set_names(&firmware->entries[0], NULL, job_path, from->text, err);
}

enum eg_code eg__firmware_read(struct eg__firmware *firmware, const struct eg__node *node,
                               const char *job_path, struct eg_error *err)
{
    if (node->kind == EG__LIST)
        return read_regions(firmware, node, job_path, err);
    EG_TRY(eg__node_expect(node, EG__MAP, "firmware", err));
    for (size_t i = 0; i < node->count; i++) {
        const struct eg__pair *const pair = &node->pairs[i];
        if (strcmp(pair->key, "from") != 0 && strcmp(pair->key, "at") != 0 &&
            strcmp(pair->key, "regions") != 0)
            return eg__refuse(&pair->place, err, "firmware has no key %.80s; it has from, at, regions",
                              pair->key);
    }
    const struct eg__node *const from = eg__node_get(node, "from"), *const at = eg__node_get(node, "at"),
                                 *const regions = eg__node_get(node, "regions");
    if ((from == NULL) == (regions == NULL))
        return eg__refuse(&node->place, err, "firmware takes one of the keys from and regions");
    if (from != NULL)
        return read_from(firmware, from, at, job_path, err);
    if (at != NULL)
        return eg__refuse(&at->place, err, "at goes with from; each of the regions has its own");
    return read_regions(firmware, regions, job_path, err);
}

void eg__firmware_finish(struct eg__firmware *firmware)
{
    for (unsigned i = 0; i < firmware->count; i++) {
        free(firmware->entries[i].name);
        free(firmware->entries[i].path);
    }
    free(firmware->entries);
    eg__document_finish(&firmware->build);
    *firmware = (struct eg__firmware){0};
}
