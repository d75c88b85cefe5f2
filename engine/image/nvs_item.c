/* SPDX-License-Identifier: Apache-2.0 */

/* Items and CRCs, used by the builder and the reader of NVS partitions. */

#include "engine/image/nvs_layout.h"

#include <inttypes.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t eg__nvs_crc(const uint8_t *data, size_t size)
{
    return libdeflate_crc32(UINT32_MAX, data, size);
}

uint32_t eg__nvs_entry_crc(const uint8_t *entry)
{
    const uint32_t before = eg__nvs_crc(entry, EG__NVS_CRC_AT);

    return libdeflate_crc32(before, entry + EG__NVS_KEY_AT, EG__NVS_ENTRY_SIZE - EG__NVS_KEY_AT);
}

size_t eg__nvs_integer_size(unsigned type)
{
    switch (type) {
    case EG_NVS_U8:
    case EG_NVS_I8:
    case EG_NVS_U16:
    case EG_NVS_I16:
    case EG_NVS_U32:
    case EG_NVS_I32:
    case EG_NVS_U64:
    case EG_NVS_I64:
        return type & 0x0f;
    default: /* a byte of a file may be anything */
        return 0;
    }
}

const char *eg_nvs_type_name(enum eg_nvs_type type)
{
    switch (type) {
    case EG_NVS_U8:
        return "u8";
    case EG_NVS_I8:
        return "i8";
    case EG_NVS_U16:
        return "u16";
    case EG_NVS_I16:
        return "i16";
    case EG_NVS_U32:
        return "u32";
    case EG_NVS_I32:
        return "i32";
    case EG_NVS_U64:
        return "u64";
    case EG_NVS_I64:
        return "i64";
    case EG_NVS_STRING:
        return "string";
    case EG_NVS_BLOB:
        return "blob";
    }
    return "?";
}

void eg_nvs_integer_text(char text[24], const struct eg_nvs_item *item)
{
    uint64_t value = 0;

    for (size_t i = item->size; i > 0; i--)
        value = value << 8 | item->data[i - 1];
    const bool negative = (item->type & 0x10) != 0 && item->data[item->size - 1] & 0x80;
    if (negative)
        snprintf(text, 24, "-%" PRIu64, (UINT64_MAX >> (64 - 8 * item->size)) - value + 1);
    else
        snprintf(text, 24, "%" PRIu64, value);
}

bool eg_nvs_next_written(const uint8_t *image, size_t size, size_t *at)
{
    for (size_t page = *at / EG_NVS_PAGE_SIZE * EG_NVS_PAGE_SIZE; page < size; page += EG_NVS_PAGE_SIZE)
        for (size_t i = 0; i < EG__NVS_ENTRIES; i++) {
            const size_t entry = page + EG__NVS_ENTRIES_AT + i * EG__NVS_ENTRY_SIZE;
            const unsigned state = image[page + EG__NVS_STATES_AT + i / 4] >> i % 4 * 2 & 3;
            if (entry < *at || state != EG__NVS_WRITTEN)
                continue;
            *at = entry;
            return true;
        }
    return false;
}

enum eg_code eg__nvs_item_check(const struct eg_nvs_item *item, unsigned version, struct eg_error *err)
{
    const size_t integer_size = eg__nvs_integer_size(item->type);
    const bool string = item->type == EG_NVS_STRING;

    if (memchr(item->space, '\0', EG_NVS_NAME_SIZE) == NULL)
        return eg_error_set(err, EG_BAD_IMAGE, "is in a namespace with a name of more than %d bytes",
                            EG_NVS_NAME_SIZE - 1);
    if (memchr(item->key, '\0', EG_NVS_NAME_SIZE) == NULL)
        return eg_error_set(err, EG_BAD_IMAGE, "is longer than %d bytes", EG_NVS_NAME_SIZE - 1);
    if (item->space[0] == '\0')
        return eg_error_set(err, EG_BAD_IMAGE, "is in no namespace");
    if (item->key[0] == '\0')
        return EG_OK;
    if (integer_size == 0 && !string && item->type != EG_NVS_BLOB)
        return eg_error_set(err, EG_BAD_IMAGE, "is of the unknown type 0x%02x", item->type);
    if (integer_size != 0 && item->size != integer_size)
        return eg_error_set(err, EG_BAD_IMAGE, "is a %s of %zu bytes", eg_nvs_type_name(item->type),
                            item->size);
    if (string && item->size > 0 && memchr(item->data, '\0', item->size) != NULL)
        return eg_error_set(err, EG_BAD_IMAGE, "is a string with a NUL in it");
    const size_t size_max = version == 1 ? EG_NVS_V1_SIZE_MAX
                            : string     ? EG_NVS_STRING_SIZE_MAX
                                         : EG_NVS_BLOB_SIZE_MAX;
    if (item->size + string > size_max)
        return eg_error_set(err, EG_BAD_IMAGE, "is a %s of %zu bytes%s, the longest%s has %zu",
                            eg_nvs_type_name(item->type), item->size + string, string ? " with its NUL" : "",
                            version == 1 ? " in version 1" : "", size_max);
    return EG_OK;
}

enum eg_code eg__nvs_items_add(struct eg_nvs_items *items, const struct eg_nvs_item *item,
                               struct eg_error *err)
{
    struct eg_nvs_item *more = items->list;
    uint8_t *copy = NULL;

    if ((items->count & (items->count - 1)) == 0) /* room is a power of two */
        more = realloc(items->list, (items->count == 0 ? 1 : 2 * items->count) * sizeof *more);
    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%zu items of NVS", items->count + 1);
    items->list = more;
    EG_TRY(eg_alloc(&copy, item->size, 1, err));
    if (item->size > 0)
        memcpy(copy, item->data, item->size);
    items->list[items->count] = *item;
    items->list[items->count++].data = copy;
    return EG_OK;
}

void eg_nvs_items_finish(struct eg_nvs_items *items)
{
    for (size_t i = 0; i < items->count; i++)
        free((void *)items->list[i].data);
    free(items->list);
    *items = (struct eg_nvs_items){0};
}
