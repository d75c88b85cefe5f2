/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Builds an NVS partition from items.
 *
 * Pages are filled in order, each as far as ESP-IDF's generator fills it: integers and blobs up to the last
 * entry, strings and blobs of version 1 so that one entry stays free, unless they need the whole page. The
 * size of the partition is not considered, so that an error can say which size is needed.
 */

#include "engine/image/nvs_layout.h"

#include <stdlib.h>
#include <string.h>

struct builder {
    struct eg_buffer pages;
    size_t used; /* entries of the last page */
    unsigned version;
    const char *spaces[EG_NVS_NAMESPACES_MAX]; /* by index - 1 */
    size_t space_count;
};

static uint8_t *last_page(const struct builder *builder)
{
    return builder->pages.data + builder->pages.size - EG_NVS_PAGE_SIZE;
}

static enum eg_code new_page(struct builder *builder, struct eg_error *err)
{
    const size_t number = builder->pages.size / EG_NVS_PAGE_SIZE;

    if (number > 0)
        eg_put32(last_page(builder) + EG__NVS_PAGE_STATE_AT, EG__NVS_PAGE_FULL);
    EG_TRY(eg_buffer_resize(&builder->pages, builder->pages.size + EG_NVS_PAGE_SIZE, 0xff, err));
    uint8_t *const page = last_page(builder);
    eg_put32(page + EG__NVS_PAGE_STATE_AT, EG__NVS_PAGE_ACTIVE);
    eg_put32(page + EG__NVS_PAGE_NUMBER_AT, (uint32_t)number);
    page[EG__NVS_PAGE_VERSION_AT] = builder->version == 1 ? EG__NVS_VERSION_1 : EG__NVS_VERSION_2;
    eg_put32(page + EG__NVS_PAGE_CRC_AT,
             eg__nvs_crc(page + EG__NVS_PAGE_NUMBER_AT, EG__NVS_PAGE_CRC_AT - EG__NVS_PAGE_NUMBER_AT));
    builder->used = 0;
    return EG_OK;
}

/* Make sure that the last page has room for an entry and `data_entries` more. */
static enum eg_code make_room(struct builder *builder, bool fits, struct eg_error *err)
{
    return fits && builder->used < EG__NVS_ENTRIES ? EG_OK : new_page(builder, err);
}

/* Take the next entry of the last page and the `data_entries` after it. The caller sets its CRC when it is
 * complete. */
static uint8_t *take(struct builder *builder, unsigned space, unsigned type, const char *key,
                     size_t data_entries)
{
    uint8_t *const page = last_page(builder);
    uint8_t *const entry = page + EG__NVS_ENTRIES_AT + builder->used * EG__NVS_ENTRY_SIZE;

    entry[EG__NVS_SPACE_AT] = (uint8_t)space;
    entry[EG__NVS_TYPE_AT] = (uint8_t)type;
    entry[EG__NVS_SPAN_AT] = (uint8_t)(1 + data_entries);
    memset(entry + EG__NVS_KEY_AT, 0, EG_NVS_NAME_SIZE);
    memcpy(entry + EG__NVS_KEY_AT, key, strlen(key)); /* NOLINT(bugprone-not-null-terminated-result): is 0 */
    for (size_t i = 0; i <= data_entries; i++, builder->used++)
        page[EG__NVS_STATES_AT + builder->used / 4] &= (uint8_t) ~(1u << builder->used % 4 * 2);
    return entry;
}

static void finish_entry(uint8_t *entry)
{
    eg_put32(entry + EG__NVS_CRC_AT, eg__nvs_entry_crc(entry));
}

/* Write an entry and its data, for which there is room. Strings get a NUL. */
static uint8_t *put_data(struct builder *builder, unsigned space, unsigned type, const char *key,
                         const uint8_t *data, size_t size)
{
    const size_t whole = size + (type == EG_NVS_STRING);
    uint8_t *const entry = take(builder, space, type, key, eg__nvs_data_entries(whole));
    uint8_t *const to = entry + EG__NVS_ENTRY_SIZE;

    if (size > 0)
        memcpy(to, data, size);
    if (whole > size)
        to[size] = '\0';
    eg_put16(entry + EG__NVS_VALUE_AT, (uint16_t)whole);
    eg_put32(entry + EG__NVS_DATA_CRC_AT, eg__nvs_crc(to, whole));
    return entry;
}

static enum eg_code put_integer(struct builder *builder, unsigned space, unsigned type, const char *key,
                                const uint8_t *data, size_t size, struct eg_error *err)
{
    EG_TRY(make_room(builder, true, err));
    uint8_t *const entry = take(builder, space, type, key, 0);
    memcpy(entry + EG__NVS_VALUE_AT, data, size);
    finish_entry(entry);
    return EG_OK;
}

static enum eg_code put_whole(struct builder *builder, unsigned space, const struct eg_nvs_item *item,
                              struct eg_error *err)
{
    const size_t entries = 1 + eg__nvs_data_entries(item->size + (item->type == EG_NVS_STRING));

    EG_TRY(make_room(builder, builder->used == 0 || builder->used + entries < EG__NVS_ENTRIES, err));
    finish_entry(put_data(builder, space, item->type, item->key, item->data, item->size));
    return EG_OK;
}

/* Write chunks up to the end of each page, then the index entry with their number. */
static enum eg_code put_chunks(struct builder *builder, unsigned space, const struct eg_nvs_item *item,
                               struct eg_error *err)
{
    size_t done = 0;
    unsigned count = 0;

    EG_TRY(make_room(builder, true, err));
    do {
        const size_t room = (EG__NVS_ENTRIES - builder->used - 1) * EG__NVS_ENTRY_SIZE;
        const size_t size = item->size - done < room ? item->size - done : room;
        uint8_t *const entry =
            put_data(builder, space, EG__NVS_BLOB_DATA, item->key, size > 0 ? item->data + done : NULL, size);
        if (count == EG__NVS_CHUNKS_MAX)
            return eg_error_set(err, EG_BAD_IMAGE, "is a blob on more than %d pages", EG__NVS_CHUNKS_MAX);
        entry[EG__NVS_CHUNK_AT] = (uint8_t)count++;
        finish_entry(entry);
        done += size;
        EG_TRY(make_room(builder, done == item->size, err));
    } while (done < item->size);
    uint8_t *const index = take(builder, space, EG__NVS_BLOB_INDEX, item->key, 0);
    eg_put32(index + EG__NVS_VALUE_AT, (uint32_t)item->size);
    index[EG__NVS_CHUNK_COUNT_AT] = (uint8_t)count;
    index[EG__NVS_CHUNK_FIRST_AT] = 0;
    finish_entry(index);
    return EG_OK;
}

/* Return the index of a namespace, after writing it if it is new. */
static enum eg_code find_space(struct builder *builder, const char *name, unsigned *space,
                               struct eg_error *err)
{
    size_t i = builder->space_count;

    while (i > 0 && strcmp(builder->spaces[i - 1], name) != 0)
        i--;
    *space = (unsigned)i;
    if (i > 0)
        return EG_OK;
    if (builder->space_count == EG_NVS_NAMESPACES_MAX)
        return eg_error_set(err, EG_BAD_IMAGE, "is one namespace more than the %d there can be",
                            EG_NVS_NAMESPACES_MAX);
    builder->spaces[builder->space_count++] = name;
    *space = (unsigned)builder->space_count;
    return put_integer(builder, 0, EG_NVS_U8, name, &(uint8_t){(uint8_t)*space}, 1, err);
}

static enum eg_code put_item(struct builder *builder, const struct eg_nvs_item *item, struct eg_error *err)
{
    unsigned space;

    EG_TRY(eg__nvs_item_check(item, builder->version, err));
    EG_TRY(find_space(builder, item->space, &space, err));
    if (item->key[0] == '\0')
        return EG_OK;
    if (eg__nvs_integer_size(item->type) != 0)
        return put_integer(builder, space, item->type, item->key, item->data, item->size, err);
    if (item->type == EG_NVS_STRING || builder->version == 1)
        return put_whole(builder, space, item, err);
    return put_chunks(builder, space, item, err);
}

static int by_name(const void *a, const void *b)
{
    const struct eg_nvs_item *const *first = a, *const *second = b;
    const int order = strcmp((*first)->space, (*second)->space);

    return order != 0 ? order : strcmp((*first)->key, (*second)->key);
}

static enum eg_code check_unique(const struct eg_nvs_item *items, size_t count, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) const struct eg_nvs_item **sorted = NULL;

    EG_TRY(eg_alloc(&sorted, count, sizeof *sorted, err));
    for (size_t i = 0; i < count; i++)
        sorted[i] = &items[i];
    qsort(sorted, count, sizeof *sorted, by_name);
    for (size_t i = 1; i < count; i++)
        if (sorted[i]->key[0] != '\0' && by_name(&sorted[i - 1], &sorted[i]) == 0)
            return eg_error_set(err, EG_BAD_IMAGE, "there are two keys \"%s\" in namespace \"%s\"",
                                sorted[i]->key, sorted[i]->space);
    return EG_OK;
}

enum eg_code eg_nvs_size_check(size_t size, struct eg_error *err)
{
    if (size == 0 || size % EG_NVS_PAGE_SIZE != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "size 0x%zx of an NVS partition is not a multiple of 0x%x",
                            size, EG_NVS_PAGE_SIZE);
    return EG_OK;
}

bool eg_nvs_needs_readonly(size_t size)
{
    return size < (size_t)EG_NVS_PAGES_MIN * EG_NVS_PAGE_SIZE;
}

static void finish(struct builder *builder)
{
    eg_buffer_finish(&builder->pages);
}

enum eg_code eg_nvs_build(struct eg_buffer *image, const struct eg_nvs_item *items, size_t count, size_t size,
                          unsigned version, struct eg_error *err)
{
    EG_CLEANUP(finish) struct builder builder = {.version = version};

    EG_TRY(eg_nvs_size_check(size, err));
    if (version != 1 && version != 2)
        return eg_error_set(err, EG_BAD_ARGUMENT, "there is no version %u of NVS, only 1 and 2", version);
    EG_TRY(new_page(&builder, err));
    for (size_t i = 0; i < count; i++)
        if (put_item(&builder, &items[i], err) != EG_OK)
            return eg_error_prefix(err, "%s \"%.*s\" ", items[i].key[0] != '\0' ? "key" : "namespace",
                                   EG_NVS_NAME_SIZE, items[i].key[0] != '\0' ? items[i].key : items[i].space);
    EG_TRY(check_unique(items, count, err));
    const bool keeps_free = !eg_nvs_needs_readonly(size) || !eg_nvs_needs_readonly(builder.pages.size);
    const size_t needed = builder.pages.size + (keeps_free ? EG_NVS_PAGE_SIZE : 0);
    if (needed > size)
        return eg_error_set(err, EG_BAD_IMAGE,
                            "an NVS partition of 0x%zx bytes is too small: its items need 0x%zx", size,
                            needed);
    EG_TRY(eg_buffer_resize(&builder.pages, size, 0xff, err));
    return eg_buffer_append(image, builder.pages.data, builder.pages.size, err);
}
