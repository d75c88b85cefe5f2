/* SPDX-License-Identifier: Apache-2.0 */

/*
 * ESP-IDF's flasher_args.json.
 *
 * Files, chip and flash settings are used. Its settings for reset and stub are ignored: they describe the
 * developer's desk, and the job has its own. Addresses are hexadecimal text in any order, `encrypted` is the
 * text "true" or "false", flags have dashes or underscores, and the name of a file is that of the entry with
 * the same address and file.
 */

#include "jobs/builds.h"

#include "engine/plan/plan.h"

#include <string.h>

/* Find the next entry from `*at` on for this address and file, such as "bootloader"; NULL = none. */
static const struct eg__pair *find_named(const struct eg__node *root, size_t *at, const char *addr_text,
                                         const char *file)
{
    uint64_t wanted, addr;

    while (*at < root->count) {
        const struct eg__pair *const pair = &root->pairs[(*at)++];
        if (pair->value->kind != EG__MAP)
            continue;
        const struct eg__node *const offset = eg__node_get(pair->value, "offset");
        const struct eg__node *const same = eg__node_get(pair->value, "file");
        if (offset != NULL && offset->kind == EG__TEXT && same != NULL && same->kind == EG__TEXT &&
            strcmp(same->text, file) == 0 && eg_number_parse(offset->text, &addr) &&
            eg_number_parse(addr_text, &wanted) && addr == wanted)
            return pair;
    }
    return NULL;
}

static enum eg_code read_file(struct eg__firmware *firmware, const struct eg__pair *pair,
                              struct eg_error *err)
{
    const struct eg__node *const root = firmware->build.root;
    const struct eg__word addr = {pair->key, pair->place};
    const struct eg__pair *named;
    const char *name = NULL;
    struct eg__word file;
    size_t at = 0;

    EG_TRY(eg__take_word(&file, pair->value, pair->key, err));
    while ((named = find_named(root, &at, pair->key, file.text)) != NULL) {
        const struct eg__node *const encrypted = eg__node_get(named->value, "encrypted");
        if (encrypted != NULL)
            EG_TRY(eg__check_encrypted(encrypted, named->key, err));
        if (name == NULL)
            name = named->key;
    }
    return eg__build_add(firmware, name, &addr, &file, err);
}

static enum eg_code read_flags(struct eg__firmware *firmware, const struct eg__node *flags,
                               struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg__word *words = NULL;

    EG_TRY(eg__node_expect(flags, EG__LIST, "write_flash_args", err));
    EG_TRY(eg_alloc(&words, flags->count + 1, sizeof *words, err));
    for (size_t i = 0; i < flags->count; i++)
        EG_TRY(eg__take_word(&words[i], flags->items[i], "a word of write_flash_args", err));
    return eg__flash_args_words(firmware, words, flags->count, err);
}

/* "flash_mode" and "flash-mode" are the same key. */
static bool same_key(const char *text, const char *key)
{
    while (*text != '\0' && (*text == '-' ? '_' : *text) == *key) {
        text++;
        key++;
    }
    return *text == '\0' && *key == '\0';
}

static enum eg_code read_settings(struct eg__firmware *firmware, const struct eg__node *settings,
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
    for (size_t i = 0; i < settings->count; i++)
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            if (same_key(settings->pairs[i].key, known[k].key))
                EG_TRY(eg__take_word(known[k].word, settings->pairs[i].value, known[k].key, err));
    return EG_OK;
}

static enum eg_code read_extra(struct eg__firmware *firmware, const struct eg__node *extra,
                               struct eg_error *err)
{
    EG_TRY(eg__node_expect(extra, EG__MAP, "extra_esptool_args", err));
    for (size_t i = 0; i < extra->count; i++) {
        const struct eg__pair *const pair = &extra->pairs[i];
        if (strcmp(pair->key, "chip") == 0)
            EG_TRY(eg__take_word(&firmware->chip, pair->value, "extra_esptool_args.chip", err));
        else if (pair->value->kind == EG__TEXT)
            EG_TRY(eg__build_unused(firmware, pair->key, pair->value->text, err));
    }
    return EG_OK;
}

enum eg_code eg__flasher_args_read(struct eg__firmware *firmware, struct eg_error *err)
{
    const struct eg__node *const root = firmware->build.root;
    const struct eg__node *const files = eg__node_get(root, "flash_files");
    const struct eg__node *const flags = eg__node_get(root, "write_flash_args");
    const struct eg__node *const settings = eg__node_get(root, "flash_settings");
    const struct eg__node *const extra = eg__node_get(root, "extra_esptool_args");

    EG_TRY(eg__node_expect(files, EG__MAP, "flash_files", err));
    if (files->count == 0)
        return eg__refuse(&files->place, err, "flash_files names no file");
    for (size_t i = 0; i < files->count; i++)
        EG_TRY(read_file(firmware, &files->pairs[i], err));
    if (flags != NULL)
        EG_TRY(read_flags(firmware, flags, err));
    if (settings != NULL)
        EG_TRY(read_settings(firmware, settings, err));
    return extra != NULL ? read_extra(firmware, extra, err) : EG_OK;
}
