/* SPDX-License-Identifier: Apache-2.0 */

/* ESP-IDF partition tables, binary and CSV. */

#ifndef ENGINE_IMAGE_PARTITIONS_H
#define ENGINE_IMAGE_PARTITIONS_H

#include "engine/base/bytes.h"

#include <stdbool.h>

#define EG_PARTITIONS_MAX      96     /* most rows of a table */
#define EG_PARTITIONS_SIZE     0xc00  /* bytes of a binary table */
#define EG_PARTITIONS_ADDR     0x8000 /* default address of the table */
#define EG_PARTITION_NAME_SIZE 17

enum eg_partition_type {
    EG_PARTITION_APP = 0,
    EG_PARTITION_DATA = 1,
    EG_PARTITION_BOOTLOADER = 2,
    EG_PARTITION_TABLE = 3,
};

enum { EG_PARTITION_ENCRYPTED = 1u << 0, EG_PARTITION_READONLY = 1u << 1 };

struct eg_partition {
    char name[EG_PARTITION_NAME_SIZE]; /* UTF-8 without control characters, 0 to 16 bytes */
    uint8_t type, subtype;
    uint32_t flash_addr, size;
    uint32_t flags; /* EG_PARTITION_*, or bits of a newer ESP-IDF */
};

/** Needs no clean-up. */
struct eg_partitions {
    struct eg_partition rows[EG_PARTITIONS_MAX]; /* in the order of the table */
    size_t count;
    bool has_md5;  /* there was an MD5 row, and it is right */
    bool floating; /* the CSV leaves addresses out, and they follow from where the table is */
    bool name_cut[EG_PARTITIONS_MAX]; /* by row: the CSV has a longer name; ESP-IDF cuts it, too */
};

/** Facts about the flash that the table does not contain. */
struct eg_partitions_place {
    uint32_t table_addr;      /* 0 = EG_PARTITIONS_ADDR */
    uint32_t bootloader_addr; /* of the target */
    uint32_t flash_size;      /* 0 = not known */
};

/** Return whether the bytes begin like a binary table. */
bool eg_partitions_is(const uint8_t *data, size_t size);

/**
 * Read a binary table, up to its end row, the end of the data or EG_PARTITIONS_SIZE.
 *
 * @return EG_OK; EG_BAD_IMAGE: a row is not a partition or comes after the end, the MD5 is wrong, or two
 * partitions overlap. Callable from any thread.
 */
enum eg_code eg_partitions_parse(struct eg_partitions *table, const uint8_t *data, size_t size,
                                 struct eg_error *err) EG_CHECKED;

/**
 * Read a CSV table: "name, type, subtype, offset, size, flags" per line, "#" before comments.
 *
 * An empty offset is the end of the row before, aligned as the type needs, and of the table for the first
 * row; a negative size is the address to end at; numbers may end in k or M. Bootloader and partition table
 * get their size, and as "primary" their offset, from `place`. Names are cut at 16 bytes.
 *
 * @return EG_OK; EG_BAD_IMAGE, the sentence names the line; two names are the same once they are cut. Any
 * thread.
 */
enum eg_code eg_partitions_parse_csv(struct eg_partitions *table, const char *text, size_t size,
                                     const struct eg_partitions_place *place,
                                     struct eg_error *err) EG_CHECKED;

/**
 * Check a table: names are unique, offsets and sizes are aligned, no partition overlaps another or the table
 * or ends beyond the flash, and there is at most one OTA data partition, of two sectors.
 *
 * @return EG_OK; EG_BAD_IMAGE, the sentence names the partitions
 */
enum eg_code eg_partitions_check(const struct eg_partitions *table, const struct eg_partitions_place *place,
                                 struct eg_error *err) EG_CHECKED;

/** The part of that which every reader does: nothing overlaps. EG_BAD_IMAGE. */
enum eg_code eg__partitions_check_overlap(const struct eg_partitions *table, struct eg_error *err) EG_CHECKED;

/** Append the EG_PARTITIONS_SIZE bytes of the binary table. EG_BAD_IMAGE: too many rows. */
enum eg_code eg_partitions_write(struct eg_buffer *out, const struct eg_partitions *table, bool md5,
                                 struct eg_error *err) EG_CHECKED;

/** Append the CSV. EG_BAD_IMAGE: a name or flags that CSV cannot express. */
enum eg_code eg_partitions_write_csv(struct eg_buffer *out, const struct eg_partitions *table,
                                     struct eg_error *err) EG_CHECKED;

/** Return the first partition of this name, or NULL. */
const struct eg_partition *eg_partitions_find(const struct eg_partitions *table, const char *name);

/** Return the partition that an address lies in, or NULL. */
const struct eg_partition *eg_partitions_at(const struct eg_partitions *table, uint64_t flash_addr);

/** Return "app", "data", "bootloader" or "partition_table"; NULL = a type of the project. */
const char *eg_partition_type_name(uint8_t type);

/** Return the name of a subtype, such as "factory", "ota_0", "nvs", or NULL. */
const char *eg_partition_subtype_name(uint8_t type, uint8_t subtype);

/** Return the number of a name, in any letter case, or -1. */
int eg_partition_type_code(const char *name);
int eg_partition_subtype_code(uint8_t type, const char *name);

/** Return the alignment of offsets of a type: 64 KB for applications, else 4 KB. */
uint32_t eg_partition_align(uint8_t type);

#endif
