/* SPDX-License-Identifier: Apache-2.0 */

/*
 * NVS (non-volatile storage) partitions of ESP-IDF: build and read them, and read the CSV files that define
 * them.
 *
 *     eg_nvs_schema_parse(&schema, "nvs.csv", text, size, NULL, err);       once, before the boards
 *
 *     const struct eg_nvs_value values[] = {{"serial", "A-000001"}};       per board, in its worker
 *     eg_nvs_schema_build(&image, schema, values, 1, 0x6000, EG_NVS_VERSION, err);
 *
 * Images are byte for byte those of ESP-IDF's own generator, without encryption (engine/secure/nvs.h
 * adds it), except where that one is wrong:
 * - if a namespace is opened a second time, the keys after it belong to it; the generator gives them to the
 *   newest namespace;
 * - strings of 3968 to 3999 bytes, for which the generator fails, get a page of their own;
 * - the length of a blob made from text that is not ASCII is in bytes; the generator's is in characters;
 * - keys that the generator adds for the Wi-Fi driver (sta.apinfo, sta.pmk, sta.apsw, ap.pmk_info) are added
 * by eg_nvs_schema_items(), but not where the project has them itself.
 *
 * Threads: there is no state outside the structs. Any number of threads may use a parsed schema at the same
 * time.
 */

#ifndef ENGINE_IMAGE_NVS_H
#define ENGINE_IMAGE_NVS_H

#include "engine/base/bytes.h"

#include <stdbool.h>

#define EG_NVS_NAME_SIZE       16     /* of a key or namespace: 1 to 15 bytes and a NUL */
#define EG_NVS_PAGE_SIZE       0x1000 /* a partition is a multiple of it */
#define EG_NVS_PAGES_MIN       3      /* of a partition that can be written to */
#define EG_NVS_STRING_SIZE_MAX 4000   /* with its NUL */
#define EG_NVS_V1_SIZE_MAX     1984   /* of a string, with its NUL, or blob of version 1 */
#define EG_NVS_BLOB_SIZE_MAX   508000
#define EG_NVS_NAMESPACES_MAX  254
#define EG_NVS_VERSION         2 /* default of ESP-IDF; in version 1 a blob cannot span pages */

/** Types as in the image, except that blobs of both versions are one type. */
enum eg_nvs_type {
    EG_NVS_U8 = 0x01,
    EG_NVS_I8 = 0x11,
    EG_NVS_U16 = 0x02,
    EG_NVS_I16 = 0x12,
    EG_NVS_U32 = 0x04,
    EG_NVS_I32 = 0x14,
    EG_NVS_U64 = 0x08,
    EG_NVS_I64 = 0x18,
    EG_NVS_STRING = 0x21,
    EG_NVS_BLOB = 0x41,
};

/** A key and its value. With an empty key: a namespace, which may have no keys. */
struct eg_nvs_item {
    char space[EG_NVS_NAME_SIZE]; /* the namespace */
    char key[EG_NVS_NAME_SIZE];
    enum eg_nvs_type type;
    const uint8_t *data; /* integers little-endian, strings without a NUL */
    size_t size;         /* 1, 2, 4, 8 for integers */
};

/** Return the name of a type: "u8", "i64", "string", "blob". */
const char *eg_nvs_type_name(enum eg_nvs_type type);

/** Write an integer item as decimal text. */
void eg_nvs_integer_text(char text[24], const struct eg_nvs_item *item);

/** Items that own their data. Zero-initialise it; EG_CLEANUP(eg_nvs_items_finish) frees them. */
struct eg_nvs_items {
    struct eg_nvs_item *list;
    size_t count;
};

void eg_nvs_items_finish(struct eg_nvs_items *items);

/** Check the size of a partition. EG_BAD_ARGUMENT: 0 or not a multiple of 4096. */
enum eg_code eg_nvs_size_check(size_t size, struct eg_error *err) EG_CHECKED;

/** Return whether a partition of this size has too few pages for writing: it must be flagged read-only. */
bool eg_nvs_needs_readonly(size_t size);

/**
 * Append the image of a partition of `size` bytes: items in their order, then erased pages.
 *
 * A namespace is written before its first item. The last page stays empty, as NVS needs it, unless the
 * partition must be read-only.
 *
 * @param version  2 or 1
 *
 * @return EG_OK; EG_BAD_IMAGE: an item that NVS cannot hold (the sentence names the key, never the value), or
 * too many items for the size (it says which size is needed); EG_BAD_ARGUMENT: size or version. After a
 * failure the image is unchanged.
 */
enum eg_code eg_nvs_build(struct eg_buffer *image, const struct eg_nvs_item *items, size_t count, size_t size,
                          unsigned version, struct eg_error *err) EG_CHECKED;

/* ---- Reading ---- */

#define EG_NVS_ENTRY_SIZE 32

/** Find the first written entry at offset `*at` or after it; false = there is none. For encryption: the
 * states of entries are never encrypted. `size` is a multiple of a page. */
bool eg_nvs_next_written(const uint8_t *image, size_t size, size_t *at);

/** Facts about an image besides its items. */
struct eg_nvs_usage {
    unsigned version;           /* of its newest page: 1 or 2; 0 = all pages are empty */
    size_t pages, pages_used;   /* all pages, and those that are not erased */
    size_t entries, entries_of; /* 32-byte entries written, and capacity of the used pages in entries */
    size_t namespaces;
};

/**
 * Decode an image like the firmware does, and check everything in it.
 *
 * Items are in the order in which they were written, without erased ones. A namespace without keys is an item
 * with an empty key.
 *
 * @param usage  may be NULL
 *
 * @return EG_OK; EG_BAD_IMAGE with the first fault and its offset. Outputs are written only on EG_OK.
 * Callable from any thread.
 */
enum eg_code eg_nvs_read(struct eg_nvs_items *items, struct eg_nvs_usage *usage, const uint8_t *data,
                         size_t size, struct eg_error *err) EG_CHECKED;

/**
 * Do the same, but continue after faults: pass each one to `fault` as a sentence, and return the items that
 * are intact.
 *
 * @return EG_OK, with or without faults; EG_NO_MEMORY
 */
enum eg_code eg_nvs_examine(struct eg_nvs_items *items, struct eg_nvs_usage *usage, const uint8_t *data,
                            size_t size, void (*fault)(void *context, const char *sentence), void *context,
                            struct eg_error *err) EG_CHECKED;

/* ---- Values and files of text ---- */

/**
 * Convert a text to bytes in an encoding: u8, u16, u32, u64, i8 ... i64 (decimal, or 0x), string, binary
 * (the text itself), hex2bin, base64, and the generator's blob_fill(SIZE;0xNN) and blob_sz_fill(SIZE;0xNN).
 *
 * @param value  replaced on EG_OK
 *
 * @return EG_OK; EG_BAD_IMAGE; the sentence describes the error and shows the value only if it is a number
 */
enum eg_code eg_nvs_value_parse(enum eg_nvs_type *type, struct eg_buffer *value, const char *encoding,
                                const char *text, size_t size, struct eg_error *err) EG_CHECKED;

/** A value of one unit. Its name is the key, or "namespace/key" if several namespaces have the key. Neither
 * is NULL. */
struct eg_nvs_value {
    const char *name;
    const char *text;
};

/** A row of a schema. */
struct eg_nvs_row {
    char space[EG_NVS_NAME_SIZE];
    char key[EG_NVS_NAME_SIZE]; /* "" = the row only opens the namespace; the members below are unused */
    const char *encoding;
    const char *text; /* its value, or with `is_file` a path; NULL = each unit has its own value */
    bool is_file;     /* the value is the content of the file named by `text` */
    bool repeat;      /* REPEAT: in a file of values, every unit has the value of the first */
    size_t line;
};

/** The checked rows of a CSV file. */
struct eg_nvs_schema;

/**
 * Read a schema: the partition generator's CSV, whose header "key,type,encoding,value" comes first, or the
 * mass manufacturing tool's, "key,type,encoding[,REPEAT]" without header and values.
 *
 * Quoted fields, a byte order mark, CR LF, blank lines and comments ("#" at the start of a line) are
 * understood. With a header, columns are found by name and unknown columns are ignored; without a column
 * "value" each unit has its own values.
 *
 * @param schema  the caller frees it with eg_nvs_schema_destroy()
 * @param name    of the file; every error sentence begins with "NAME:LINE: "
 * @param folder  base of relative paths in rows of type "file"; NULL = the working directory
 *
 * @return EG_OK; EG_BAD_IMAGE
 */
enum eg_code eg_nvs_schema_parse(struct eg_nvs_schema **schema, const char *name, const char *text,
                                 size_t size, const char *folder, struct eg_error *err) EG_CHECKED;
void eg_nvs_schema_destroy(struct eg_nvs_schema *schema);
void eg_nvs_schema_cleanup(struct eg_nvs_schema **schema);

size_t eg_nvs_schema_count(const struct eg_nvs_schema *schema);
const struct eg_nvs_row *eg_nvs_schema_row(const struct eg_nvs_schema *schema, size_t index);

/** Return the name of its file, as given. */
const char *eg_nvs_schema_name(const struct eg_nvs_schema *schema);

/** Return the row for the value number `nth` (from 0) of this name, or NULL. */
const struct eg_nvs_row *eg_nvs_schema_find(const struct eg_nvs_schema *schema, const char *name, size_t nth);

/**
 * Make the items of one unit: each row with the unit's value of that name, or else with the value in the
 * schema.
 *
 * Keys that ESP-IDF's generator adds for the Wi-Fi driver are added. Values with unknown names are ignored.
 * Of several values with one name, the first is for the first
 * row with that key, the second for the second. Files are read here.
 *
 * @param version  2 or 1; decides the longest value
 *
 * @return EG_OK; EG_BAD_IMAGE "nvs.csv:4: key \"serial\": ...", also when a file cannot be read. Any thread.
 */
enum eg_code eg_nvs_schema_items(struct eg_nvs_items *items, const struct eg_nvs_schema *schema,
                                 const struct eg_nvs_value *values, size_t count, unsigned version,
                                 struct eg_error *err) EG_CHECKED;

/** Do eg_nvs_schema_items(), then eg_nvs_build(). */
enum eg_code eg_nvs_schema_build(struct eg_buffer *image, const struct eg_nvs_schema *schema,
                                 const struct eg_nvs_value *values, size_t count, size_t size,
                                 unsigned version, struct eg_error *err) EG_CHECKED;

/** A file of values: keys in the first row, one unit in each further row. */
struct eg_nvs_table;

/**
 * Read a file of values. Every row must have as many fields as the first. Columns that are not keys of the
 * schema are ignored. Every unit gets the first unit's value in columns of REPEAT rows.
 *
 * @param schema  every key without a value in it must be a column
 *
 * @return EG_OK; EG_BAD_IMAGE; the sentence begins with "NAME:LINE: "
 */
enum eg_code eg_nvs_table_parse(struct eg_nvs_table **table, const struct eg_nvs_schema *schema,
                                const char *name, const char *text, size_t size,
                                struct eg_error *err) EG_CHECKED;
void eg_nvs_table_destroy(struct eg_nvs_table *table);
void eg_nvs_table_cleanup(struct eg_nvs_table **table);

/** Return the number of units. */
size_t eg_nvs_table_count(const struct eg_nvs_table *table);

/** Return the values of a unit, one for each column. The table owns them. */
const struct eg_nvs_value *eg_nvs_table_unit(const struct eg_nvs_table *table, size_t unit, size_t *count);

/** Return the line at which a unit begins. */
size_t eg_nvs_table_line(const struct eg_nvs_table *table, size_t unit);

#endif
