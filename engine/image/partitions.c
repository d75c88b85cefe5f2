/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The binary partition table: rows of 32 bytes (AA 50, type, subtype, offset, size, name, flags), then a row
 * EB EB with the MD5 of those before it, then FF up to 0xC00.
 *
 * Older tables without an MD5 row, and tables that end at the last row, are read too.
 *
 * Not here: CSV (partitions_csv.c), and reading a table out of a chip.
 */

#include "engine/image/partitions.h"

#include "engine/base/digest.h"
#include "engine/base/text.h"
#include "targets/target.h"

#include <string.h>
#include <strings.h>

enum {
    ROW_SIZE = 32,
    ROW_MAGIC_0 = 0xaa,
    ROW_MAGIC_1 = 0x50,
    MD5_MAGIC = 0xeb,
    MD5_AT = 16,
    NAME_AT = 12,
    OTA_DATA_SIZE = 2 * EG_FLASH_SECTOR,
};

struct name {
    int type; /* -1 = this is a type */
    uint8_t code;
    const char *name;
};

static const struct name names[] = {
    {-1, EG_PARTITION_APP, "app"},
    {-1, EG_PARTITION_DATA, "data"},
    {-1, EG_PARTITION_BOOTLOADER, "bootloader"},
    {-1, EG_PARTITION_TABLE, "partition_table"},
    {EG_PARTITION_APP, 0x00, "factory"},
    {EG_PARTITION_APP, 0x10, "ota_0"},
    {EG_PARTITION_APP, 0x11, "ota_1"},
    {EG_PARTITION_APP, 0x12, "ota_2"},
    {EG_PARTITION_APP, 0x13, "ota_3"},
    {EG_PARTITION_APP, 0x14, "ota_4"},
    {EG_PARTITION_APP, 0x15, "ota_5"},
    {EG_PARTITION_APP, 0x16, "ota_6"},
    {EG_PARTITION_APP, 0x17, "ota_7"},
    {EG_PARTITION_APP, 0x18, "ota_8"},
    {EG_PARTITION_APP, 0x19, "ota_9"},
    {EG_PARTITION_APP, 0x1a, "ota_10"},
    {EG_PARTITION_APP, 0x1b, "ota_11"},
    {EG_PARTITION_APP, 0x1c, "ota_12"},
    {EG_PARTITION_APP, 0x1d, "ota_13"},
    {EG_PARTITION_APP, 0x1e, "ota_14"},
    {EG_PARTITION_APP, 0x1f, "ota_15"},
    {EG_PARTITION_APP, 0x20, "test"},
    {EG_PARTITION_APP, 0x30, "tee_0"},
    {EG_PARTITION_APP, 0x31, "tee_1"},
    {EG_PARTITION_DATA, 0x00, "ota"},
    {EG_PARTITION_DATA, 0x01, "phy"},
    {EG_PARTITION_DATA, 0x02, "nvs"},
    {EG_PARTITION_DATA, 0x03, "coredump"},
    {EG_PARTITION_DATA, 0x04, "nvs_keys"},
    {EG_PARTITION_DATA, 0x05, "efuse"},
    {EG_PARTITION_DATA, 0x06, "undefined"},
    {EG_PARTITION_DATA, 0x80, "esphttpd"},
    {EG_PARTITION_DATA, 0x81, "fat"},
    {EG_PARTITION_DATA, 0x82, "spiffs"},
    {EG_PARTITION_DATA, 0x83, "littlefs"},
    {EG_PARTITION_DATA, 0x90, "tee_ota"},
    {EG_PARTITION_BOOTLOADER, 0x00, "primary"},
    {EG_PARTITION_BOOTLOADER, 0x01, "ota"},
    {EG_PARTITION_BOOTLOADER, 0x02, "recovery"},
    {EG_PARTITION_TABLE, 0x00, "primary"},
    {EG_PARTITION_TABLE, 0x01, "ota"},
};

static const char *name_of(int type, uint8_t code)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].type == type && names[i].code == code)
            return names[i].name;
    return NULL;
}

static int code_of(int type, const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].type == type && strcasecmp(names[i].name, name) == 0)
            return names[i].code;
    return -1;
}

const char *eg_partition_type_name(uint8_t type)
{
    return name_of(-1, type);
}

const char *eg_partition_subtype_name(uint8_t type, uint8_t subtype)
{
    return name_of(type, subtype);
}

int eg_partition_type_code(const char *name)
{
    return code_of(-1, name);
}

int eg_partition_subtype_code(uint8_t type, const char *name)
{
    return code_of(type, name);
}

uint32_t eg_partition_align(uint8_t type)
{
    return type == EG_PARTITION_APP ? 0x10000 : EG_FLASH_SECTOR;
}

const struct eg_partition *eg_partitions_find(const struct eg_partitions *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    return NULL;
}

const struct eg_partition *eg_partitions_at(const struct eg_partitions *table, uint64_t flash_addr)
{
    for (size_t i = 0; i < table->count; i++)
        if (flash_addr >= table->rows[i].flash_addr &&
            flash_addr - table->rows[i].flash_addr < table->rows[i].size)
            return &table->rows[i];
    return NULL;
}

bool eg_partitions_is(const uint8_t *data, size_t size)
{
    return size >= ROW_SIZE && data[0] == ROW_MAGIC_0 && data[1] == ROW_MAGIC_1;
}

static bool is_end(const uint8_t *row)
{
    for (size_t i = 0; i < ROW_SIZE; i++)
        if (row[i] != 0xff)
            return false;
    return true;
}

static enum eg_code read_row(struct eg_partition *partition, const uint8_t *row, size_t at,
                             struct eg_error *err)
{
    if (row[0] != ROW_MAGIC_0 || row[1] != ROW_MAGIC_1)
        return eg_error_set(err, EG_BAD_IMAGE,
                            "row at offset 0x%zx of the partition table begins with %02x %02x, not aa 50", at,
                            row[0], row[1]);
    *partition = (struct eg_partition){
        .type = row[2],
        .subtype = row[3],
        .flash_addr = eg_get32(row + 4),
        .size = eg_get32(row + 8),
        .flags = eg_get32(row + 28),
    };
    memcpy(partition->name, row + NAME_AT, strnlen((const char *)row + NAME_AT, EG_PARTITION_NAME_SIZE - 1));
    for (size_t i = 0, length = strlen(partition->name), step; i < length; i += step) {
        step = eg_utf8_length(partition->name + i, length - i);
        if (step == 0 || eg_utf8_is_control(partition->name + i, step))
            return eg_error_set(err, EG_BAD_IMAGE,
                                "row at offset 0x%zx of the partition table has a name that is no text", at);
    }
    return EG_OK;
}

static enum eg_code check_md5(const uint8_t *data, size_t at, struct eg_error *err)
{
    char is[EG_MD5_TEXT], must_be[EG_MD5_TEXT];
    uint8_t md5[EG_MD5_SIZE];

    EG_TRY(eg_md5(md5, data, at, err));
    if (memcmp(md5, data + at + MD5_AT, sizeof md5) == 0)
        return EG_OK;
    eg_hex(is, data + at + MD5_AT, EG_MD5_SIZE);
    eg_hex(must_be, md5, sizeof md5);
    return eg_error_set(err, EG_BAD_IMAGE,
                        "MD5 at offset 0x%zx of the partition table is %s, the rows have %s", at + MD5_AT, is,
                        must_be);
}

enum eg_code eg__partitions_check_overlap(const struct eg_partitions *table, struct eg_error *err)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct eg_partition *const b = &table->rows[i];
        for (size_t j = 0; j < i; j++) {
            const struct eg_partition *const a = &table->rows[j];
            if (a->flash_addr < b->flash_addr + (uint64_t)b->size &&
                b->flash_addr < a->flash_addr + (uint64_t)a->size)
                return eg_error_set(err, EG_BAD_IMAGE,
                                    "partition %s of 0x%lx bytes at 0x%08lx overlaps %s of 0x%lx at 0x%08lx",
                                    b->name, (unsigned long)b->size, (unsigned long)b->flash_addr, a->name,
                                    (unsigned long)a->size, (unsigned long)a->flash_addr);
        }
    }
    return EG_OK;
}

/* A bootloader stops at the end row, so that partitions after it would be missing. */
static enum eg_code check_end(const uint8_t *data, size_t size, size_t end, struct eg_error *err)
{
    for (size_t at = end; at + ROW_SIZE <= size; at += ROW_SIZE)
        if (eg_partitions_is(data + at, ROW_SIZE))
            return eg_error_set(err, EG_BAD_IMAGE,
                                "row at offset 0x%zx of the partition table comes after its end at 0x%zx", at,
                                end);
    return EG_OK;
}

enum eg_code eg_partitions_parse(struct eg_partitions *table, const uint8_t *data, size_t size,
                                 struct eg_error *err)
{
    struct eg_partitions found = {0};
    size_t at;

    if (size > EG_PARTITIONS_SIZE)
        size = EG_PARTITIONS_SIZE;
    for (at = 0; at < size; at += ROW_SIZE) {
        if (size - at < ROW_SIZE)
            return eg_error_set(err, EG_BAD_IMAGE,
                                "row at offset 0x%zx of the partition table has %zu bytes, not %d", at,
                                size - at, ROW_SIZE);
        if (is_end(data + at))
            break;
        if (found.has_md5)
            return eg_error_set(err, EG_BAD_IMAGE,
                                "row at offset 0x%zx of the partition table comes after the MD5", at);
        if (data[at] == MD5_MAGIC && data[at + 1] == MD5_MAGIC) {
            EG_TRY(check_md5(data, at, err));
            found.has_md5 = true;
            continue;
        }
        EG_TRY(read_row(&found.rows[found.count++], data + at, at, err));
    }
    if (found.count == 0)
        return eg_error_set(err, EG_BAD_IMAGE, "there is no partition in the table");
    EG_TRY(check_end(data, size, at, err));
    EG_TRY(eg__partitions_check_overlap(&found, err));
    *table = found;
    return EG_OK;
}

enum eg_code eg_partitions_write(struct eg_buffer *out, const struct eg_partitions *table, bool md5,
                                 struct eg_error *err)
{
    const size_t rows_max = EG_PARTITIONS_MAX - 1 - md5; /* followed by an end row */
    const size_t start = out->size;

    if (table->count > rows_max)
        return eg_error_set(err, EG_BAD_IMAGE, "%zu partitions are more than the %zu a table has room for",
                            table->count, rows_max);
    EG_TRY(eg_buffer_resize(out, start + EG_PARTITIONS_SIZE, 0xff, err));
    uint8_t *const bytes = out->data + start;
    for (size_t i = 0; i < table->count; i++) {
        const struct eg_partition *const partition = &table->rows[i];
        uint8_t *const row = bytes + i * ROW_SIZE;
        row[0] = ROW_MAGIC_0;
        row[1] = ROW_MAGIC_1;
        row[2] = partition->type;
        row[3] = partition->subtype;
        eg_put32(row + 4, partition->flash_addr);
        eg_put32(row + 8, partition->size);
        memset(row + NAME_AT, 0, EG_PARTITION_NAME_SIZE - 1);
        memcpy(row + NAME_AT, partition->name, strnlen(partition->name, EG_PARTITION_NAME_SIZE - 1));
        eg_put32(row + 28, partition->flags);
    }
    if (!md5)
        return EG_OK;
    uint8_t *const row = bytes + table->count * ROW_SIZE;
    row[0] = row[1] = MD5_MAGIC;
    return eg_md5(row + MD5_AT, bytes, table->count * ROW_SIZE, err);
}

static bool is_primary(const struct eg_partition *partition)
{
    return (partition->type == EG_PARTITION_BOOTLOADER || partition->type == EG_PARTITION_TABLE) &&
           partition->subtype == 0;
}

static enum eg_code check_row(const struct eg_partition *row, const struct eg_partitions_place *place,
                              struct eg_error *err)
{
    const uint32_t table_addr = place->table_addr != 0 ? place->table_addr : EG_PARTITIONS_ADDR;
    const uint32_t align = eg_partition_align(row->type);
    const uint64_t end = row->flash_addr + (uint64_t)row->size;

    if (row->size == 0)
        return eg_error_set(err, EG_BAD_IMAGE, "partition %s has no size", row->name);
    if (row->flash_addr % align != 0)
        return eg_error_set(err, EG_BAD_IMAGE, "partition %s at 0x%08lx is not aligned to 0x%lx", row->name,
                            (unsigned long)row->flash_addr, (unsigned long)align);
    if (row->type == EG_PARTITION_APP && row->size % EG_FLASH_SECTOR != 0)
        return eg_error_set(err, EG_BAD_IMAGE, "size 0x%lx of partition %s is not a multiple of 0x%x",
                            (unsigned long)row->size, row->name, EG_FLASH_SECTOR);
    if (!is_primary(row) && row->flash_addr < table_addr + EG_FLASH_SECTOR)
        return eg_error_set(err, EG_BAD_IMAGE,
                            "partition %s at 0x%08lx begins before the end of the partition table at 0x%08lx",
                            row->name, (unsigned long)row->flash_addr,
                            (unsigned long)table_addr + EG_FLASH_SECTOR);
    if (end > UINT64_C(1) << 32 || (place->flash_size != 0 && end > place->flash_size))
        return eg_error_set(err, EG_BAD_IMAGE,
                            "partition %s of 0x%lx bytes at 0x%08lx ends beyond the flash of 0x%llx",
                            row->name, (unsigned long)row->size, (unsigned long)row->flash_addr,
                            place->flash_size != 0 ? (unsigned long long)place->flash_size : 1ull << 32);
    return EG_OK;
}

static bool is_ota_data(const struct eg_partition *row)
{
    return row->type == EG_PARTITION_DATA && (row->subtype == 0x00 || row->subtype == 0x90);
}

static enum eg_code check_pair(const struct eg_partition *a, const struct eg_partition *b,
                               struct eg_error *err)
{
    if (strcmp(a->name, b->name) == 0)
        return eg_error_set(err, EG_BAD_IMAGE, "two partitions are called %s", a->name);
    if (is_ota_data(a) && is_ota_data(b) && a->subtype == b->subtype)
        return eg_error_set(err, EG_BAD_IMAGE, "%s and %s are both OTA data, of which there can be one",
                            b->name, a->name);
    return EG_OK;
}

enum eg_code eg_partitions_check(const struct eg_partitions *table, const struct eg_partitions_place *place,
                                 struct eg_error *err)
{
    EG_TRY(eg__partitions_check_overlap(table, err));
    for (size_t i = 0; i < table->count; i++) {
        const struct eg_partition *const row = &table->rows[i];
        EG_TRY(check_row(row, place, err));
        for (size_t j = 0; j < i; j++)
            EG_TRY(check_pair(row, &table->rows[j], err));
        if (is_ota_data(row) && row->size != OTA_DATA_SIZE)
            return eg_error_set(err, EG_BAD_IMAGE, "OTA data partition %s has size 0x%lx, not 0x%x",
                                row->name, (unsigned long)row->size, OTA_DATA_SIZE);
    }
    return EG_OK;
}
