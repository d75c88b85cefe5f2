/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Reads the items of an NVS partition.
 *
 * First, every page is read in the order of the page numbers, and entries that are valid by themselves are
 * collected. Then they are sorted by namespace and key, which shows duplicate keys and chunks that are
 * missing or left over. If power failed while a page was being freed, it has copies of entries that are on
 * other pages too; these are not faults.
 */

#include "engine/image/nvs_layout.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    const uint8_t *at;
    size_t offset;
    size_t order; /* position in the order of writing */
    bool freeing; /* on a page that is being freed */
};

/* Order in which an item was written. */
struct place {
    size_t order;
    size_t index;
};

struct reader {
    const uint8_t *data;
    size_t size;
    void (*fault)(void *context, const char *sentence); /* NULL = stop at the first fault */
    void *context;
    struct entry *entries;
    size_t count;
    char spaces[256][EG_NVS_NAME_SIZE]; /* by index; "" = none */
    bool inhabited[256];
    struct eg_nvs_items items; /* by name */
    struct place *places;
    struct eg_nvs_usage usage;
};

struct page {
    const uint8_t *at;
    size_t offset;
    uint32_t number;
    uint32_t state;
};

static enum eg_code fault(const struct reader *reader, struct eg_error *err, const char *format, ...)
    EG_PRINTF(3, 4);

static enum eg_code fault(const struct reader *reader, struct eg_error *err, const char *format, ...)
{
    char text[sizeof err->text];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (reader->fault == NULL)
        return eg_error_set(err, EG_BAD_IMAGE, "%s", text);
    reader->fault(reader->context, text);
    return EG_OK;
}

static size_t first_byte_set(const uint8_t *data, size_t size)
{
    size_t i = 0;

    while (i < size && data[i] == 0xff)
        i++;
    return i;
}

/* ---- Entries by themselves ---- */

static enum eg__nvs_state state_of(const struct page *page, size_t index)
{
    return (enum eg__nvs_state)(page->at[EG__NVS_STATES_AT + index / 4] >> index % 4 * 2 & 3);
}

static size_t offset_of(const struct page *page, size_t index)
{
    return page->offset + EG__NVS_ENTRIES_AT + index * EG__NVS_ENTRY_SIZE;
}

static enum eg_code check_key(const struct reader *reader, const struct entry *entry, bool *good,
                              struct eg_error *err)
{
    const uint8_t *const key = entry->at + EG__NVS_KEY_AT;

    *good = key[0] != '\0' && memchr(key, '\0', EG_NVS_NAME_SIZE) != NULL;
    if (*good)
        return EG_OK;
    return fault(reader, err, "entry at offset 0x%zx has %s", entry->offset,
                 key[0] == '\0' ? "no key" : "a key without an end");
}

static enum eg_code check_data(const struct reader *reader, const struct entry *entry, bool *good,
                               struct eg_error *err)
{
    const size_t size = eg_get16(entry->at + EG__NVS_VALUE_AT);
    const uint8_t *const data = entry->at + EG__NVS_ENTRY_SIZE;
    const unsigned span = entry->at[EG__NVS_SPAN_AT];

    *good = false;
    if (eg__nvs_data_entries(size) + 1 != span)
        return fault(reader, err, "entry at offset 0x%zx has %zu bytes of data in a span of %u entries",
                     entry->offset, size, span);
    const uint32_t is = eg_get32(entry->at + EG__NVS_DATA_CRC_AT), must_be = eg__nvs_crc(data, size);
    if (is != must_be)
        return fault(reader, err, "data at offset 0x%zx have CRC 0x%08lx, their entry says 0x%08lx",
                     entry->offset + EG__NVS_ENTRY_SIZE, (unsigned long)must_be, (unsigned long)is);
    const uint8_t *const end = size > 0 ? memchr(data, '\0', size) : NULL;
    *good = entry->at[EG__NVS_TYPE_AT] != EG_NVS_STRING || (end != NULL && end == data + size - 1);
    if (*good)
        return EG_OK;
    return fault(reader, err, "string at offset 0x%zx does not end where its %zu bytes do",
                 entry->offset + EG__NVS_ENTRY_SIZE, size);
}

static enum eg_code check_space(struct reader *reader, const struct entry *entry, bool *good,
                                struct eg_error *err)
{
    const unsigned index = entry->at[EG__NVS_VALUE_AT];
    char *const name = reader->spaces[index];
    const char *const key = (const char *)entry->at + EG__NVS_KEY_AT;

    *good = false;
    if (entry->at[EG__NVS_TYPE_AT] != EG_NVS_U8 || index == 0 || index > EG_NVS_NAMESPACES_MAX)
        return fault(reader, err, "namespace at offset 0x%zx has type 0x%02x and number %u", entry->offset,
                     entry->at[EG__NVS_TYPE_AT], index);
    if (name[0] != '\0' && strcmp(name, key) != 0)
        return fault(reader, err, "namespace at offset 0x%zx has number %u, as has another", entry->offset,
                     index);
    *good = true;
    memcpy(name, key, EG_NVS_NAME_SIZE);
    return EG_OK;
}

/* Check the rules of its type; `*good` = the entry is usable. */
static enum eg_code check_entry(struct reader *reader, const struct entry *entry, bool *good,
                                struct eg_error *err)
{
    const unsigned type = entry->at[EG__NVS_TYPE_AT], span = entry->at[EG__NVS_SPAN_AT];

    EG_TRY(check_key(reader, entry, good, err));
    if (!*good)
        return EG_OK;
    if (type == EG_NVS_STRING || type == EG_NVS_BLOB || type == EG__NVS_BLOB_DATA)
        return check_data(reader, entry, good, err);
    *good = false;
    if (eg__nvs_integer_size(type) == 0 && type != EG__NVS_BLOB_INDEX)
        return fault(reader, err, "entry at offset 0x%zx has the unknown type 0x%02x", entry->offset, type);
    if (span != 1)
        return fault(reader, err, "entry at offset 0x%zx is of type 0x%02x and has a span of %u entries",
                     entry->offset, type, span);
    *good = true;
    return EG_OK;
}

static enum eg_code keep(struct reader *reader, const struct entry *entry, struct eg_error *err)
{
    struct entry *more = reader->entries;

    if ((reader->count & (reader->count - 1)) == 0) /* room is a power of two */
        more = realloc(reader->entries, (reader->count == 0 ? 1 : 2 * reader->count) * sizeof *more);
    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%zu entries of NVS", reader->count + 1);
    reader->entries = more;
    more[reader->count++] = *entry;
    return EG_OK;
}

/* Read a written entry; `*span` is the number of entries to skip. */
static enum eg_code read_entry(struct reader *reader, const struct page *page, size_t index, size_t *span,
                               struct eg_error *err)
{
    const size_t offset = offset_of(page, index);
    const struct entry entry = {.at = reader->data + offset,
                                .offset = offset,
                                .order = reader->count,
                                .freeing = page->state == EG__NVS_PAGE_FREEING};
    const uint32_t is = eg_get32(entry.at + EG__NVS_CRC_AT), must_be = eg__nvs_entry_crc(entry.at);
    bool good;

    *span = 1;
    if (is != must_be)
        return fault(reader, err, "entry at offset 0x%zx has CRC 0x%08lx, its bytes have 0x%08lx", offset,
                     (unsigned long)is, (unsigned long)must_be);
    const size_t says = entry.at[EG__NVS_SPAN_AT];
    if (says == 0 || says > EG__NVS_ENTRIES - index)
        return fault(reader, err, "entry at offset 0x%zx has a span of %zu entries, the page has %zu left",
                     offset, says, EG__NVS_ENTRIES - index);
    *span = says;
    for (size_t i = 1; i < says; i++)
        if (state_of(page, index + i) != EG__NVS_WRITTEN)
            return fault(reader, err,
                         "entry at offset 0x%zx, data of that at 0x%zx, is not marked as written",
                         offset_of(page, index + i), offset);
    reader->usage.entries += says;
    EG_TRY(check_entry(reader, &entry, &good, err));
    if (good && entry.at[EG__NVS_SPACE_AT] == 0)
        EG_TRY(check_space(reader, &entry, &good, err));
    return good ? keep(reader, &entry, err) : EG_OK;
}

/* ---- Pages ---- */

static enum eg_code read_page(struct reader *reader, const struct page *page, struct eg_error *err)
{
    bool ended = false;
    size_t span;

    for (size_t i = 0; i < EG__NVS_ENTRIES; i += span) {
        const size_t offset = offset_of(page, i);
        const enum eg__nvs_state state = state_of(page, i);
        span = 1;
        if (ended && state != EG__NVS_EMPTY)
            return fault(reader, err, "entry at offset 0x%zx is in use after an empty one", offset);
        switch (state) {
        case EG__NVS_ERASED:
            break;
        case EG__NVS_NO_STATE:
            EG_TRY(fault(reader, err,
                         "entry at offset 0x%zx is marked as neither empty nor written nor erased", offset));
            break;
        case EG__NVS_WRITTEN:
            EG_TRY(read_entry(reader, page, i, &span, err));
            break;
        case EG__NVS_EMPTY:
            ended = true;
            const size_t at = first_byte_set(reader->data + offset, EG__NVS_ENTRY_SIZE);
            if (at < EG__NVS_ENTRY_SIZE)
                EG_TRY(fault(reader, err, "entry at offset 0x%zx is marked as empty and is not", offset));
            break;
        }
    }
    return EG_OK;
}

/* Read the header; `*used` = the page has entries to read. */
static enum eg_code read_header(struct reader *reader, struct page *page, bool *used, struct eg_error *err)
{
    const uint8_t *const at = page->at;

    *used = false;
    page->state = eg_get32(at + EG__NVS_PAGE_STATE_AT);
    page->number = eg_get32(at + EG__NVS_PAGE_NUMBER_AT);
    if (page->state == EG__NVS_PAGE_EMPTY) {
        const size_t set = first_byte_set(at, EG_NVS_PAGE_SIZE);
        return set == EG_NVS_PAGE_SIZE
                   ? EG_OK
                   : fault(reader, err, "page at offset 0x%zx is marked as empty, but has 0x%02x at 0x%zx",
                           page->offset, at[set], page->offset + set);
    }
    reader->usage.pages_used++;
    if (page->state != EG__NVS_PAGE_ACTIVE && page->state != EG__NVS_PAGE_FULL &&
        page->state != EG__NVS_PAGE_FREEING)
        return fault(reader, err, "page at offset 0x%zx has the unknown state 0x%08lx", page->offset,
                     (unsigned long)page->state);
    const uint32_t is = eg_get32(at + EG__NVS_PAGE_CRC_AT);
    const uint32_t must_be =
        eg__nvs_crc(at + EG__NVS_PAGE_NUMBER_AT, EG__NVS_PAGE_CRC_AT - EG__NVS_PAGE_NUMBER_AT);
    if (is != must_be)
        return fault(reader, err,
                     "header of the page at offset 0x%zx has CRC 0x%08lx, its bytes have 0x%08lx",
                     page->offset, (unsigned long)is, (unsigned long)must_be);
    const unsigned version = at[EG__NVS_PAGE_VERSION_AT];
    if (version != EG__NVS_VERSION_1 && version != EG__NVS_VERSION_2)
        return fault(reader, err, "page at offset 0x%zx is of version 0x%02x, which is not known",
                     page->offset, version);
    *used = true;
    return EG_OK;
}

static int by_number(const void *a, const void *b)
{
    const struct page *const first = a, *const second = b;

    if (first->number != second->number)
        return first->number < second->number ? -1 : 1;
    return first->offset < second->offset ? -1 : first->offset > second->offset;
}

static enum eg_code read_pages(struct reader *reader, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct page *pages = NULL;
    size_t count = 0;

    if (reader->size == 0 || reader->size % EG_NVS_PAGE_SIZE != 0)
        EG_TRY(fault(reader, err, "0x%zx bytes are no whole number of pages of 0x%x", reader->size,
                     EG_NVS_PAGE_SIZE));
    reader->usage.pages = reader->size / EG_NVS_PAGE_SIZE;
    EG_TRY(eg_alloc(&pages, reader->usage.pages, sizeof *pages, err));
    for (size_t i = 0; i < reader->usage.pages; i++) {
        struct page page = {.at = reader->data + i * EG_NVS_PAGE_SIZE, .offset = i * EG_NVS_PAGE_SIZE};
        bool used;
        EG_TRY(read_header(reader, &page, &used, err));
        if (used)
            pages[count++] = page;
    }
    qsort(pages, count, sizeof *pages, by_number);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && pages[i - 1].number == pages[i].number)
            EG_TRY(fault(reader, err, "pages at offsets 0x%zx and 0x%zx both have number %lu",
                         pages[i - 1].offset, pages[i].offset, (unsigned long)pages[i].number));
        reader->usage.version = pages[i].at[EG__NVS_PAGE_VERSION_AT] == EG__NVS_VERSION_1 ? 1 : 2;
        EG_TRY(read_page(reader, &pages[i], err));
    }
    reader->usage.entries_of = reader->usage.pages_used * EG__NVS_ENTRIES;
    return EG_OK;
}

/* ---- What belongs together ---- */

static bool is_chunk(const struct entry *entry)
{
    return entry->at[EG__NVS_TYPE_AT] == EG__NVS_BLOB_DATA && entry->at[EG__NVS_SPACE_AT] != 0;
}

static bool same_name(const struct entry *first, const struct entry *second)
{
    return first->at[EG__NVS_SPACE_AT] == second->at[EG__NVS_SPACE_AT] &&
           strcmp((const char *)first->at + EG__NVS_KEY_AT, (const char *)second->at + EG__NVS_KEY_AT) == 0;
}

/* Sort chunks after their index, by chunk number; of duplicates, the valid one last. */
static int by_name(const void *a, const void *b)
{
    const struct entry *const first = a, *const second = b;
    int order = first->at[EG__NVS_SPACE_AT] - second->at[EG__NVS_SPACE_AT];

    if (order == 0)
        order = strcmp((const char *)first->at + EG__NVS_KEY_AT, (const char *)second->at + EG__NVS_KEY_AT);
    if (order == 0)
        order = is_chunk(first) - is_chunk(second);
    if (order == 0 && is_chunk(first))
        order = first->at[EG__NVS_CHUNK_AT] - second->at[EG__NVS_CHUNK_AT];
    if (order == 0)
        order = second->freeing - first->freeing;
    return order != 0 ? order : first->order < second->order ? -1 : 1;
}

static const char *key_of(const struct entry *entry)
{
    return (const char *)entry->at + EG__NVS_KEY_AT;
}

/* Of duplicate entries from `first`, the last one is valid; all others must be on pages that are being freed.
 */
static enum eg_code check_single(const struct reader *reader, const struct entry *first,
                                 const struct entry *last, struct eg_error *err)
{
    const unsigned space = last->at[EG__NVS_SPACE_AT];

    for (; first < last; first++) {
        if (first->freeing)
            continue;
        if (space == 0)
            EG_TRY(fault(reader, err, "namespace \"%s\" is there twice, at offsets 0x%zx and 0x%zx",
                         key_of(last), first->offset, last->offset));
        else
            EG_TRY(fault(reader, err,
                         "%s \"%s\" of namespace \"%s\" is there twice, at offsets 0x%zx and 0x%zx",
                         is_chunk(last) ? "a chunk of key" : "key", key_of(last), reader->spaces[space],
                         first->offset, last->offset));
    }
    return EG_OK;
}

/* Report chunks that belong to no index. */
static enum eg_code check_orphans(const struct reader *reader, const struct entry *chunk,
                                  const struct entry *end, unsigned from, unsigned to, struct eg_error *err)
{
    for (; chunk < end; chunk++) {
        const unsigned number = chunk->at[EG__NVS_CHUNK_AT];
        if (!chunk->freeing && (number < from || number >= to))
            EG_TRY(fault(reader, err,
                         "chunk %u of key \"%s\" of namespace \"%s\" at offset 0x%zx belongs to no blob",
                         number, key_of(chunk), reader->spaces[chunk->at[EG__NVS_SPACE_AT]], chunk->offset));
    }
    return EG_OK;
}

/* Collect the bytes of a blob from its index and the chunks after it; `*good` = complete. */
static enum eg_code join(const struct reader *reader, const struct entry *index, const struct entry *end,
                         struct eg_buffer *data, bool *good, struct eg_error *err)
{
    const unsigned from = index->at[EG__NVS_CHUNK_FIRST_AT], to = from + index->at[EG__NVS_CHUNK_COUNT_AT];
    const char *const space = reader->spaces[index->at[EG__NVS_SPACE_AT]];
    const size_t size = eg_get32(index->at + EG__NVS_VALUE_AT);
    const struct entry *chunk = index + 1;

    *good = false;
    EG_TRY(check_orphans(reader, chunk, end, from, to, err));
    for (unsigned number = from; number < to; number++) {
        while (chunk < end && chunk->at[EG__NVS_CHUNK_AT] < number)
            chunk++;
        const struct entry *last = chunk;
        while (last + 1 < end && last[1].at[EG__NVS_CHUNK_AT] == number)
            last++;
        if (chunk == end || chunk->at[EG__NVS_CHUNK_AT] != number)
            return fault(reader, err,
                         "key \"%s\" of namespace \"%s\" at offset 0x%zx lacks chunk %u of its blob",
                         key_of(index), space, index->offset, number);
        EG_TRY(check_single(reader, chunk, last, err));
        EG_TRY(eg_buffer_append(data, last->at + EG__NVS_ENTRY_SIZE, eg_get16(last->at + EG__NVS_VALUE_AT),
                                err));
        chunk = last + 1;
    }
    if (data->size != size)
        return fault(
            reader, err,
            "key \"%s\" of namespace \"%s\" at offset 0x%zx is a blob of %zu bytes, its chunks have %zu",
            key_of(index), space, index->offset, size, data->size);
    *good = true;
    return EG_OK;
}

static enum eg_code add(struct reader *reader, const struct entry *entry, const uint8_t *data, size_t size,
                        struct eg_error *err)
{
    const unsigned type = entry->at[EG__NVS_TYPE_AT];
    struct eg_nvs_item item = {
        .type = type == EG__NVS_BLOB_INDEX ? EG_NVS_BLOB : (enum eg_nvs_type)type,
        .data = data,
        .size = size,
    };

    memcpy(item.space, reader->spaces[entry->at[EG__NVS_SPACE_AT]], sizeof item.space);
    memcpy(item.key, key_of(entry), sizeof item.key);
    reader->places[reader->items.count] = (struct place){entry->order, reader->items.count};
    return eg__nvs_items_add(&reader->items, &item, err);
}

static enum eg_code add_space(struct reader *reader, const struct entry *entry, struct eg_error *err)
{
    struct eg_nvs_item item = {.type = EG_NVS_U8};

    reader->usage.namespaces++;
    if (reader->inhabited[entry->at[EG__NVS_VALUE_AT]])
        return EG_OK;
    memcpy(item.space, key_of(entry), sizeof item.space);
    reader->places[reader->items.count] = (struct place){entry->order, reader->items.count};
    return eg__nvs_items_add(&reader->items, &item, err);
}

/* Handle the entries of one name; `end` is the position after them. */
static enum eg_code read_group(struct reader *reader, const struct entry *first, const struct entry *end,
                               struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer blob = {0};
    const unsigned space = first->at[EG__NVS_SPACE_AT];
    const struct entry *chunks = first;
    bool good;

    while (chunks < end && !is_chunk(chunks))
        chunks++;
    if (space != 0 && reader->spaces[space][0] == '\0')
        return fault(reader, err, "key \"%s\" at offset 0x%zx is in namespace number %u, which is not there",
                     key_of(first), first->offset, space);
    if (chunks == first)
        return check_orphans(reader, chunks, end, 0, 0, err);
    const struct entry *const entry = chunks - 1;
    const unsigned type = entry->at[EG__NVS_TYPE_AT];
    EG_TRY(check_single(reader, first, entry, err));
    if (space == 0)
        return add_space(reader, entry, err);
    if (type == EG__NVS_BLOB_INDEX) {
        EG_TRY(join(reader, entry, end, &blob, &good, err));
        return good ? add(reader, entry, blob.data, blob.size, err) : EG_OK;
    }
    EG_TRY(check_orphans(reader, chunks, end, 0, 0, err));
    const size_t integer_size = eg__nvs_integer_size(type);
    if (integer_size != 0)
        return add(reader, entry, entry->at + EG__NVS_VALUE_AT, integer_size, err);
    return add(reader, entry, entry->at + EG__NVS_ENTRY_SIZE,
               eg_get16(entry->at + EG__NVS_VALUE_AT) - (size_t)(type == EG_NVS_STRING), err);
}

static int by_order(const void *a, const void *b)
{
    const struct place *const first = a, *const second = b;

    return first->order < second->order ? -1 : first->order > second->order;
}

static enum eg_code read_all(struct reader *reader, struct eg_error *err)
{
    EG_TRY(read_pages(reader, err));
    EG_TRY(eg_alloc(&reader->places, reader->count, sizeof *reader->places, err));
    if (reader->count > 0)
        qsort(reader->entries, reader->count, sizeof *reader->entries, by_name);
    for (size_t i = 0; i < reader->count; i++)
        if (!is_chunk(&reader->entries[i]))
            reader->inhabited[reader->entries[i].at[EG__NVS_SPACE_AT]] = true;
    for (size_t i = 0, end; i < reader->count; i = end) {
        for (end = i + 1; end < reader->count && same_name(&reader->entries[i], &reader->entries[end]);)
            end++;
        EG_TRY(read_group(reader, reader->entries + i, reader->entries + end, err));
    }
    if (reader->items.count > 0)
        qsort(reader->places, reader->items.count, sizeof *reader->places, by_order);
    return EG_OK;
}

static void finish(struct reader *reader)
{
    free(reader->entries);
    free(reader->places);
    eg_nvs_items_finish(&reader->items);
}

static enum eg_code read_image(struct reader *reader, struct eg_nvs_items *items, struct eg_nvs_usage *usage,
                               struct eg_error *err)
{
    struct eg_nvs_item *sorted;

    EG_TRY(read_all(reader, err));
    EG_TRY(eg_alloc(&sorted, reader->items.count, sizeof *sorted, err));
    for (size_t i = 0; i < reader->items.count; i++)
        sorted[i] = reader->items.list[reader->places[i].index];
    *items = (struct eg_nvs_items){sorted, reader->items.count};
    reader->items.count = 0; /* the caller owns their data now */
    if (usage != NULL)
        *usage = reader->usage;
    return EG_OK;
}

enum eg_code eg_nvs_read(struct eg_nvs_items *items, struct eg_nvs_usage *usage, const uint8_t *data,
                         size_t size, struct eg_error *err)
{
    return eg_nvs_examine(items, usage, data, size, NULL, NULL, err);
}

enum eg_code eg_nvs_examine(struct eg_nvs_items *items, struct eg_nvs_usage *usage, const uint8_t *data,
                            size_t size, void (*told)(void *context, const char *sentence), void *context,
                            struct eg_error *err)
{
    EG_CLEANUP(finish) struct reader reader = {.data = data, .size = size, .fault = told, .context = context};

    return read_image(&reader, items, usage, err);
}
