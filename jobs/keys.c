/* SPDX-License-Identifier: Apache-2.0 */

#include "jobs/keys.h"

#include "engine/base/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Longest path of keys; a longer unknown key is cut. */
enum { PATH_TEXT = 200, TYPO_MAX = 2, PLACE_TEXT = 4200 };

const struct eg_option eg__region_options[] = {
    {.key = "at",
     .type = EG_OPTION_TEXT,
     .without = "as the file says, else refused",
     .help =
         "address in the flash, a multiple of 4096; or the name of a partition in the partition table among "
         "the files"},
    {.key = "file", .type = EG_OPTION_FILE, .required = true, .help = "what goes there, up to 64 MiB"},
    {.key = "name",
     .type = EG_OPTION_TEXT,
     .without = "the file's name",
     .help = "for reports; `bootloader` must be at the chip's bootloader address"},
    {.key = "raw",
     .type = EG_OPTION_CHOICE,
     .fallback = "no",
     .choices = (const char *const[]){"no", "yes", NULL},
     .help = "store an Intel HEX, UF2 or ELF file as it is, as data that the application reads"},
    {.key = "encrypted",
     .type = EG_OPTION_CHOICE,
     .fallback = "no",
     .choices = (const char *const[]){"no", NULL},
     .help = "write it encrypted, which is not supported yet"},
    {.key = NULL},
};

const struct eg_option eg__firmware_options[] = {
    {.key = "from",
     .type = EG_OPTION_FILE,
     .help = "what a build tells, or its folder, see [below](#what-a-build-made); or a firmware file"},
    {.key = "at",
     .type = EG_OPTION_TEXT,
     .without = "as the file says",
     .help = "where the file of `from` goes"},
    {.key = "regions", .type = EG_OPTION_GROUPS, .group = eg__region_options, .help = "a list of regions"},
    {.key = NULL},
};

/* job.c checks these: the allowed values depend on the chip. */
const struct eg_option eg__own_options[EG__KEYS + 1] = {
    [EG__KEY_FORMAT] = {.key = "espgang",
                        .type = EG_OPTION_NUMBER,
                        .required = true,
                        .least = 1,
                        .most = 1,
                        .help = "version of the format: 1"},
    [EG__KEY_JOB] = {.key = "job",
                     .type = EG_OPTION_TEXT,
                     .required = true,
                     .help = "name of the job, in the ledger and in reports"},
    [EG__KEY_VERSION] = {.key = "version",
                         .type = EG_OPTION_TEXT,
                         .without = "none",
                         .help = "version of what is programmed, for people"},
    [EG__KEY_CHIP] = {.key = "chip",
                      .type = EG_OPTION_TEXT,
                      .without = "as the build says, else refused",
                      .help = "the only chip that is programmed: `esp32`, `esp32c3`, …"},
    [EG__KEY_FIRMWARE] = {.key = "firmware",
                          .type = EG_OPTION_GROUPS,
                          .required = true,
                          .group = eg__region_options,
                          .help =
                              "a list of regions, or a mapping with one of the keys `from` and `regions`"},
    [EG__KEY_MODE] = {.key = "flash.mode",
                      .type = EG_OPTION_TEXT,
                      .without = "as the build says, else `keep`",
                      .help = "`keep`, `qio`, `qout`, `dio`, `dout`: set in the header of the bootloader"},
    [EG__KEY_FREQ] = {.key = "flash.freq",
                      .type = EG_OPTION_TEXT,
                      .without = "the same",
                      .help = "`keep`, `80m`, `40m`, …: set there too"},
    [EG__KEY_SIZE] = {.key = "flash.size",
                      .type = EG_OPTION_TEXT,
                      .without = "the same; then 16 MB is the limit",
                      .help = "`keep`, `4MB`, …: set there too; no region may go beyond it"},
    [EG__KEYS] = {.key = NULL},
};

/* The keys of a mapping: of the whole job, of another document, or of one group. */
struct keys {
    const struct eg__node **own; /* of a job; else NULL */
    struct eg_setting *settings;
    unsigned setting_count;
};

/* Return the n-th key of all; NULL after the last. */
static const char *key_at(const struct keys *keys, unsigned n)
{
    const unsigned own = keys->own != NULL ? EG__KEYS : 0;

    if (n < own)
        return eg__own_options[n].key;
    return n - own < keys->setting_count ? keys->settings[n - own].option->key : NULL;
}

static void place_text(char text[PLACE_TEXT], const struct eg__place *place)
{
    snprintf(text, PLACE_TEXT, "%s:%d:%d", place->file, place->line, place->column);
}

void eg__append(char *text, size_t size, const char *more, size_t more_size)
{
    const size_t used = strlen(text);
    const size_t room = size - used - 1;

    snprintf(text + used, room + 1, "%.*s", (int)(more_size < room ? more_size : room), more);
}

/* List the keys allowed under `prefix` ("" or "link."), each once: "baud, before, after". */
static void list_keys(const struct keys *keys, const char *prefix, char *text, size_t size)
{
    const size_t skip = strlen(prefix);
    const char *key;

    text[0] = '\0';
    for (unsigned n = 0; (key = key_at(keys, n)) != NULL; n++) {
        const size_t length = strncmp(key, prefix, skip) == 0 ? strcspn(key + skip, ".") : 0;
        bool listed = length == 0;
        for (unsigned before = 0; before < n && !listed; before++)
            listed = strncmp(key_at(keys, before), key, skip + length) == 0 &&
                     strcspn(key_at(keys, before) + skip, ".") == length;
        if (listed)
            continue;
        if (text[0] != '\0')
            eg__append(text, size, ", ", 2);
        eg__append(text, size, key + skip, length);
    }
}

static enum eg_code refuse_unknown(const struct keys *keys, const struct eg__place *place, const char *prefix,
                                   const char *path, struct eg_error *err)
{
    char known[300];
    char nearest[PATH_TEXT] = "";
    unsigned least = TYPO_MAX + 1;
    const char *key;

    for (unsigned n = 0; (key = key_at(keys, n)) != NULL; n++) {
        /* The name of a group is suggested too: "link" for "lnik". */
        char start[PATH_TEXT];
        const size_t skip = strncmp(key, prefix, strlen(prefix)) == 0 ? strlen(prefix) : 0;
        snprintf(start, sizeof start, "%.*s", (int)(skip + strcspn(key + skip, ".")), key);
        const unsigned whole = eg_text_distance(path, key), part = eg_text_distance(path, start);
        if (part < least || whole < least) {
            least = part < whole ? part : whole;
            snprintf(nearest, sizeof nearest, "%s", part < whole ? start : key);
        }
    }
    /* If half of a short word differs, it is another word. */
    if (nearest[0] != '\0' && 2 * least <= strlen(path + strlen(prefix)))
        return eg__refuse(place, err, "there is no key %.80s; did you mean %s", path, nearest);
    list_keys(keys, prefix, known, sizeof known);
    return eg__refuse(place, err, "there is no key %.80s; known here are %s", path, known);
}

/* Join the numbers of a list into one text, the form that settings read. */
static enum eg_code join(struct eg_buffer *text, const struct eg__node *list, const char *path,
                         struct eg_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        EG_TRY(eg__node_expect(list->items[i], EG__TEXT, path, err));
        if (i > 0)
            EG_TRY(eg_buffer_append(text, " ", 1, err));
        EG_TRY(eg_buffer_append(text, list->items[i]->text, strlen(list->items[i]->text), err));
    }
    return eg_buffer_append(text, "", 1, err);
}

/* Put the place before the setting's own refusal. */
static enum eg_code at_place(enum eg_code code, const struct eg__node *node, struct eg_error *err)
{
    if (code == EG_BAD_JOB)
        return eg_error_prefix(err, "%s:%d:%d: ", node->place.file, node->place.line, node->place.column);
    return code;
}

static enum eg_code set_text(struct eg_setting *setting, const struct eg__node *node, const char *path,
                             struct eg_error *err)
{
    EG_TRY(eg__node_expect(node, EG__TEXT, path, err));
    return at_place(eg_setting_set(setting, node->text, err), node, err);
}

static enum eg_code set_numbers(struct eg_setting *setting, const struct eg__node *node, const char *path,
                                struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer joined = {0};

    if (node->kind != EG__LIST)
        return set_text(setting, node, path, err);
    EG_TRY(join(&joined, node, path, err));
    return at_place(eg_setting_set(setting, (const char *)joined.data, err), node, err);
}

static enum eg_code read_file(struct eg_buffer *content, char **resolved, const struct eg__node *node,
                              const char *path, struct eg_error *err)
{
    EG_TRY(eg__node_expect(node, EG__TEXT, path, err));
    EG_TRY(eg__resolve(resolved, node->place.file, node->text, err));
    if (eg__file_read(content, &node->place, *resolved, EG__OPTION_FILE_MAX, err) != EG_OK)
        return eg_error_prefix(err, "%s:%d:%d: %s: ", node->place.file, node->place.line, node->place.column,
                               path);
    return EG_OK;
}

static enum eg_code set_file(struct eg_setting *setting, const struct eg__node *node, const char *path,
                             struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *resolved = NULL;

    EG_TRY(read_file(&setting->content, &resolved, node, path, err));
    return eg_setting_set(setting, resolved, err);
}

static enum eg_code set_secret(struct eg_setting *setting, const struct eg__node *node, const char *path,
                               struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *resolved = NULL;

    EG_TRY(eg__node_expect(node, EG__TEXT, path, err));
    EG_TRY(eg__resolve(&resolved, node->place.file, node->text, err));
    return eg_setting_set(setting, resolved, err);
}

static enum eg_code add_item(struct eg_setting *setting, const char *name, const struct eg__node *node,
                             const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *resolved = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer content = {0};
    char place[PLACE_TEXT];

    if (node->kind != EG__TEXT ||
        setting->option->type != EG_OPTION_MAP) /* the value of a map may be empty */
        EG_TRY(eg__node_expect(node, EG__TEXT, path, err));
    if (setting->option->type == EG_OPTION_PROGRAM && setting->item_count == 0) {
        EG_TRY(eg__program_path(&resolved, node, err));
        name = node->place.bundle != NULL ? node->text : NULL;
    }
    if (setting->option->type == EG_OPTION_FILE_LIST)
        EG_TRY(read_file(&content, &resolved, node, path, err));
    place_text(place, &node->place);
    EG_TRY(at_place(eg_setting_add_item(setting, name, resolved != NULL ? resolved : node->text, place, err),
                    node, err));
    setting->items[setting->item_count - 1].content = content;
    content = (struct eg_buffer){0};
    return EG_OK;
}

static enum eg_code add_items(struct eg_setting *setting, const struct eg__node *node, const char *path,
                              struct eg_error *err)
{
    if (node->kind != EG__LIST)
        return add_item(setting, NULL, node, path, err);
    if (node->count == 0)
        return eg__refuse(&node->place, err, "%s is an empty list", path);
    for (size_t i = 0; i < node->count; i++)
        EG_TRY(add_item(setting, NULL, node->items[i], path, err));
    return EG_OK;
}

static enum eg_code add_map(struct eg_setting *setting, const struct eg__node *node, const char *path,
                            struct eg_error *err)
{
    EG_TRY(eg__node_expect(node, EG__MAP, path, err));
    for (size_t i = 0; i < node->count; i++) {
        char inner[PATH_TEXT];
        snprintf(inner, sizeof inner, "%s.%s", path, node->pairs[i].key);
        EG_TRY(add_item(setting, node->pairs[i].key, node->pairs[i].value, inner, err));
    }
    return EG_OK;
}

static enum eg_code set(struct eg_setting *setting, const struct eg__node *node, const char *path,
                        struct eg_error *err);

static enum eg_code add_group(struct eg_setting *setting, const struct eg__node *node, const char *path,
                              struct eg_error *err)
{
    struct eg_setting_group *group;
    char place[PLACE_TEXT];

    EG_TRY(eg__node_expect(node, EG__MAP, path, err));
    place_text(place, &node->place);
    EG_TRY(eg_setting_add_group(setting, place, &group, err));
    struct keys keys = {.settings = group->settings, .setting_count = group->setting_count};
    for (size_t i = 0; i < node->count; i++) {
        const struct eg__pair *const pair = &node->pairs[i];
        struct eg_setting *const inner = eg_settings_find(group->settings, group->setting_count, pair->key);
        if (inner == NULL)
            return refuse_unknown(&keys, &pair->place, "", pair->key, err);
        EG_TRY(set(inner, pair->value, pair->key, err));
    }
    for (unsigned i = 0; i < group->setting_count; i++)
        if (group->settings[i].option->required && !group->settings[i].given)
            return eg__refuse(&node->place, err, "%s lacks the key %s", path, group->settings[i].option->key);
    return EG_OK;
}

static enum eg_code add_groups(struct eg_setting *setting, const struct eg__node *node, const char *path,
                               struct eg_error *err)
{
    if (node->kind != EG__LIST)
        return add_group(setting, node, path, err);
    for (size_t i = 0; i < node->count; i++)
        EG_TRY(add_group(setting, node->items[i], path, err));
    return EG_OK;
}

static enum eg_code set(struct eg_setting *setting, const struct eg__node *node, const char *path,
                        struct eg_error *err)
{
    char place[PLACE_TEXT];

    place_text(place, &node->place);
    EG_TRY(eg_strdup(&setting->place, place, err));
    switch (setting->option->type) {
    case EG_OPTION_TEXT:
    case EG_OPTION_CHOICE:
    case EG_OPTION_NUMBER:
    case EG_OPTION_DURATION:
        return set_text(setting, node, path, err);
    case EG_OPTION_NUMBER_LIST:
        return set_numbers(setting, node, path, err);
    case EG_OPTION_FILE:
        return set_file(setting, node, path, err);
    case EG_OPTION_SECRET_FILE:
        return set_secret(setting, node, path, err);
    case EG_OPTION_TEXT_LIST:
    case EG_OPTION_FILE_LIST:
    case EG_OPTION_PROGRAM:
        return add_items(setting, node, path, err);
    case EG_OPTION_MAP:
        return add_map(setting, node, path, err);
    case EG_OPTION_GROUPS:
        return add_groups(setting, node, path, err);
    }
    return eg_error_set(err, EG_INTERNAL, "%s has no type", path);
}

bool eg__keys_nest(const struct eg_setting *setting, const struct eg__node *value)
{
    return value->kind == EG__MAP && setting->option->type == EG_OPTION_CHOICE;
}

static enum eg_code read_keys(struct keys *keys, const struct eg__node *map, const char *prefix,
                              struct eg_error *err)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct eg__pair *const pair = &map->pairs[i];
        char path[PATH_TEXT], inner[PATH_TEXT + 1];
        bool is_key = false, is_map = false;
        const int length = snprintf(path, sizeof path, "%s%s", prefix, pair->key);

        if (strchr(pair->key, '.') != NULL)
            return eg__refuse(&pair->place, err,
                              "key %.80s has a dot; write a mapping, such as link: {baud: 115200}",
                              pair->key);
        if (length < 0 || length >= (int)sizeof path)
            return refuse_unknown(keys, &pair->place, prefix, path, err);
        snprintf(inner, sizeof inner, "%s.", path);
        for (unsigned k = 0; keys->own != NULL && k < EG__KEYS; k++) {
            if (strcmp(eg__own_options[k].key, path) != 0)
                continue;
            keys->own[k] = pair->value;
            is_key = true;
        }
        struct eg_setting *const setting = eg_settings_find(keys->settings, keys->setting_count, path);
        const bool is_value = setting != NULL && !eg__keys_nest(setting, pair->value);
        if (is_value)
            EG_TRY(set(setting, pair->value, path, err));
        if (is_key || is_value)
            continue;
        for (unsigned n = 0; key_at(keys, n) != NULL && !is_map; n++)
            is_map = strncmp(key_at(keys, n), inner, strlen(inner)) == 0;
        if (!is_map && setting != NULL)
            EG_TRY(set(setting, pair->value, path, err)); /* it says which form the value has */
        if (!is_map)
            return refuse_unknown(keys, &pair->place, prefix, path, err);
        EG_TRY(eg__node_expect(pair->value, EG__MAP, path, err));
        EG_TRY(read_keys(keys, pair->value, inner, err));
    }
    return EG_OK;
}

enum eg_code eg__keys_read(const struct eg__node *own[EG__KEYS], struct eg_plan *plan,
                           const struct eg__node *root, struct eg_error *err)
{
    struct keys keys = {.own = own, .settings = plan->settings, .setting_count = plan->setting_count};

    return read_keys(&keys, root, "", err);
}

enum eg_code eg__settings_read(struct eg_setting *settings, unsigned count, const struct eg__node *root,
                               struct eg_error *err)
{
    struct keys keys = {.settings = settings, .setting_count = count};

    return read_keys(&keys, root, "", err);
}
