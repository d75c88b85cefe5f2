/* SPDX-License-Identifier: Apache-2.0 */

/* Layout and CRC of an NVS page; for nvs_build.c and nvs_read.c. */

#ifndef ENGINE_IMAGE_NVS_LAYOUT_H
#define ENGINE_IMAGE_NVS_LAYOUT_H

#include "engine/image/nvs.h"

/* A page: a header of 32 bytes, two bits of state for each entry, 126 entries of 32 bytes. */
enum {
    EG__NVS_PAGE_STATE_AT = 0,
    EG__NVS_PAGE_NUMBER_AT = 4,
    EG__NVS_PAGE_VERSION_AT = 8,
    EG__NVS_PAGE_CRC_AT = 28, /* of the bytes between the number and itself */
    EG__NVS_STATES_AT = 32,
    EG__NVS_ENTRIES_AT = 64,
    EG__NVS_ENTRIES = 126,
};

#define EG__NVS_PAGE_EMPTY   UINT32_C(0xffffffff)
#define EG__NVS_PAGE_ACTIVE  UINT32_C(0xfffffffe)
#define EG__NVS_PAGE_FULL    UINT32_C(0xfffffffc)
#define EG__NVS_PAGE_FREEING UINT32_C(0xfffffff8)

enum { EG__NVS_VERSION_1 = 0xff, EG__NVS_VERSION_2 = 0xfe };

enum eg__nvs_state { EG__NVS_ERASED = 0, EG__NVS_NO_STATE = 1, EG__NVS_WRITTEN = 2, EG__NVS_EMPTY = 3 };

/* An entry. If its span n is greater than 1, n - 1 data entries follow it. */
enum {
    EG__NVS_SPACE_AT = 0, /* index of the namespace; 0 = the entry defines a namespace */
    EG__NVS_TYPE_AT = 1,
    EG__NVS_SPAN_AT = 2,
    EG__NVS_CHUNK_AT = 3,
    EG__NVS_CRC_AT = 4, /* of all other bytes of the entry */
    EG__NVS_KEY_AT = 8,
    EG__NVS_VALUE_AT = 24, /* value of an integer; for other types the size and the fields below */
    EG__NVS_DATA_CRC_AT = 28,
    EG__NVS_CHUNK_COUNT_AT = 28, /* EG__NVS_BLOB_INDEX */
    EG__NVS_CHUNK_FIRST_AT = 29,
    EG__NVS_ENTRY_SIZE = EG_NVS_ENTRY_SIZE,
};

/* Types of version 2, for one blob. */
enum { EG__NVS_BLOB_DATA = 0x42, EG__NVS_BLOB_INDEX = 0x48 };

enum {
    EG__NVS_NO_CHUNK = 0xff,
    EG__NVS_CHUNKS_MAX = 127, /* half of the numbers: the firmware alternates between halves */
};

/** Compute the usual CRC-32, but with all bits clear at the start. */
uint32_t eg__nvs_crc(const uint8_t *data, size_t size);

/** Compute the CRC of an entry. */
uint32_t eg__nvs_entry_crc(const uint8_t *entry);

/** Return how many data entries a size needs. */
static inline size_t eg__nvs_data_entries(size_t size)
{
    return (size + EG__NVS_ENTRY_SIZE - 1) / EG__NVS_ENTRY_SIZE;
}

/** Return the size in bytes of an integer type; 0 = not an integer type. */
size_t eg__nvs_integer_size(unsigned type);

/** Check that NVS can hold an item. EG_BAD_IMAGE; the sentence is about the key and does not name it. */
enum eg_code eg__nvs_item_check(const struct eg_nvs_item *item, unsigned version,
                                struct eg_error *err) EG_CHECKED;

/** Append an item with a copy of its data. */
enum eg_code eg__nvs_items_add(struct eg_nvs_items *items, const struct eg_nvs_item *item,
                               struct eg_error *err) EG_CHECKED;

/** Add to the keys of the Wi-Fi driver what ESP-IDF's generator adds. */
enum eg_code eg__nvs_wifi_complete(struct eg_nvs_items *items, struct eg_error *err) EG_CHECKED;

/** Return whether there is such an encoding. */
enum eg_code eg__nvs_encoding_check(const char *encoding, struct eg_error *err) EG_CHECKED;

#endif
