/* SPDX-License-Identifier: Apache-2.0 */

/* The key `firmware` of a job: a list of regions, a build (builds.c), or one merged file. */

#include "jobs/firmware.h"

#include "jobs/builds.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Read an address, or the name of a partition, which does not begin like a number. `node` NULL = not given.
 */
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
                                    : eg__read_addr(&entry->flash_addr, node->text, &node->place, "at", err);
}

static enum eg_code read_region(struct eg__entry *entry, const struct eg__node *map, const char *job_path,
                                struct eg_error *err)
{
    const struct eg__node *name = NULL, *at = NULL, *file = NULL, *raw = NULL, *encrypted = NULL;

    EG_TRY(eg__node_expect(map, EG__MAP, "a region", err));
    for (size_t i = 0; i < map->count; i++) {
        const struct eg__pair *const pair = &map->pairs[i];
        const struct eg__node **const known = strcmp(pair->key, "name") == 0        ? &name
                                              : strcmp(pair->key, "at") == 0        ? &at
                                              : strcmp(pair->key, "file") == 0      ? &file
                                              : strcmp(pair->key, "raw") == 0       ? &raw
                                              : strcmp(pair->key, "encrypted") == 0 ? &encrypted
                                                                                    : NULL;
        if (known == NULL)
            return eg__refuse(&pair->place, err,
                              "a region has no key %.80s; it has name, at, file, raw, encrypted", pair->key);
        EG_TRY(eg__node_expect(pair->value, EG__TEXT, pair->key, err));
        *known = pair->value;
    }
    if (file == NULL)
        return eg__refuse(&map->place, err, "a region needs the key file");
    if (encrypted != NULL)
        EG_TRY(eg__check_encrypted(encrypted, name != NULL ? name->text : file->text, err));
    entry->file_place = file->place;
    EG_TRY(read_at(entry, at, err));
    if (raw != NULL)
        EG_TRY(eg__read_bool(&entry->raw, raw, "raw", err));
    if (entry->raw && entry->at == EG__AT_FILE)
        return eg__refuse(&raw->place, err, "raw needs the key at: the file does not say where it goes then");
    return eg__entry_set_file(entry, name != NULL ? name->text : NULL, job_path, file->text, err);
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

/* Read one file: a build's file, or merged firmware. */
static enum eg_code read_from(struct eg__firmware *firmware, const struct eg__node *from,
                              const struct eg__node *at, const char *job_path, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;
    bool is_build;

    EG_TRY(eg__node_expect(from, EG__TEXT, "firmware.from", err));
    EG_TRY(eg__resolve(&path, job_path, from->text, err));
    const enum eg_code code = eg__build_read(firmware, path, &is_build, err);
    if (code == EG_IO || code == EG_BAD_ARGUMENT) { /* the missing file is one that the job names */
        const struct eg_error cause = *err;
        return eg__refuse(&from->place, err, "%s", cause.text);
    }
    EG_TRY(code);
    if (is_build && at != NULL)
        return eg__refuse(&at->place, err, "%.200s says itself where its files go; leave out at", from->text);
    if (is_build)
        return EG_OK;
    EG_TRY(eg_alloc(&firmware->entries, 1, sizeof *firmware->entries, err));
    firmware->count = 1;
    firmware->entries[0].file_place = from->place;
    EG_TRY(read_at(&firmware->entries[0], at, err));
    return eg__entry_set_file(&firmware->entries[0], NULL, job_path, from->text, err);
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
