/* SPDX-License-Identifier: Apache-2.0 */

/*
 * NVS partitions: the items read without an error are the same after they are built and read again.
 *
 * Each input is read as it is, and with corrected CRCs, because they would catch most changes.
 */

#include "engine/image/nvs_layout.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void count(void *context, const char *sentence)
{
    HOLDS(sentence[0] != '\0');
    ++*(size_t *)context;
}

static void same(const struct eg_nvs_items *a, const struct eg_nvs_items *b)
{
    HOLDS(a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct eg_nvs_item *const left = &a->list[i], *const right = &b->list[i];
        HOLDS(strcmp(left->space, right->space) == 0 && strcmp(left->key, right->key) == 0);
        HOLDS(left->type == right->type && left->size == right->size);
        HOLDS(left->size == 0 || memcmp(left->data, right->data, left->size) == 0);
    }
}

static void mend_page(uint8_t *page)
{
    size_t span;

    eg_put32(page + EG__NVS_PAGE_CRC_AT,
             eg__nvs_crc(page + EG__NVS_PAGE_NUMBER_AT, EG__NVS_PAGE_CRC_AT - EG__NVS_PAGE_NUMBER_AT));
    for (size_t i = 0; i < EG__NVS_ENTRIES; i += span) {
        uint8_t *const entry = page + EG__NVS_ENTRIES_AT + i * EG__NVS_ENTRY_SIZE;
        const size_t size = eg_get16(entry + EG__NVS_VALUE_AT);
        span = 1;
        if ((page[EG__NVS_STATES_AT + i / 4] >> i % 4 * 2 & 3) != EG__NVS_WRITTEN)
            continue;
        span = entry[EG__NVS_SPAN_AT];
        if (span == 0 || span > EG__NVS_ENTRIES - i)
            span = 1;
        if (span > 1 && size <= (span - 1) * EG__NVS_ENTRY_SIZE)
            eg_put32(entry + EG__NVS_DATA_CRC_AT, eg__nvs_crc(entry + EG__NVS_ENTRY_SIZE, size));
        eg_put32(entry + EG__NVS_CRC_AT, eg__nvs_entry_crc(entry));
    }
}

static void read_and_build(const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items whole = {0};
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items again = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    size_t faults = 0;
    struct eg_error err;

    HOLDS(eg_nvs_examine(&whole, NULL, data, size, count, &faults, &err) == EG_OK);
    if (eg_nvs_read(&items, NULL, data, size, &err) != EG_OK) {
        HOLDS(err.code == EG_BAD_IMAGE && faults > 0);
        return;
    }
    HOLDS(faults == 0);
    same(&items, &whole);
    if (eg_nvs_build(&image, items.list, items.count, 3 * (size / EG_NVS_PAGE_SIZE + 1) * EG_NVS_PAGE_SIZE, 2,
                     &err) != EG_OK) {
        HOLDS(err.code == EG_BAD_IMAGE); /* a blob with more chunks than can be written */
        return;
    }
    HOLDS(eg_nvs_read(&again, NULL, image.data, image.size, &err) == EG_OK);
    same(&items, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *const copy = malloc(size > 0 ? size : 1);

    read_and_build(data, size);
    HOLDS(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    for (size_t at = 0; size - at >= EG_NVS_PAGE_SIZE; at += EG_NVS_PAGE_SIZE)
        if (eg_get32(copy + at) != EG__NVS_PAGE_EMPTY)
            mend_page(copy + at);
    read_and_build(copy, size);
    free(copy);
    return 0;
}
