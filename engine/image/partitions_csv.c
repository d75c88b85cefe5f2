/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Partition tables in the CSV format of ESP-IDF projects.
 *
 * Offsets may be in any order. Partitions that overlap are refused; eg_partitions_check() checks all else.
 */

#include "engine/image/csv.h"
#include "engine/image/partitions.h"

#include "engine/base/text.h"
#include "targets/target.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELD_NAME, FIELD_TYPE, FIELD_SUBTYPE, FIELD_OFFSET, FIELD_SIZE, FIELD_FLAGS, FIELD_COUNT };

enum {
    SUBTYPE_UNDEFINED = 0x06,
};

static const char *const flag_names[] = {"encrypted", "readonly"}; /* by bit */

struct reader {
    struct eg__csv csv;
    const struct eg_partitions_place *place;
    uint32_t table_addr;
    uint64_t next_addr; /* the end of the row before */
    bool floating;      /* next_addr is derived from table_addr */
    char *field[FIELD_COUNT];
};

static void reader_finish(struct reader *reader)
{
    for (unsigned i = 0; i < FIELD_COUNT; i++)
        free(reader->field[i]);
    eg__csv_close(&reader->csv);
}

static enum eg_code check_text(const char *text, struct eg_error *err)
{
    if (eg_text_check(text, strlen(text), err) == EG_OK)
        return EG_OK;
    err->code = EG_BAD_IMAGE;
    return err->code;
}

static enum eg_code take_fields(struct reader *reader, struct eg_error *err)
{
    const struct eg__csv *const csv = &reader->csv;

    if (csv->count == 1)
        EG_TRY(eg_csv_check_separator(csv->field[0], err));
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        free(reader->field[i]);
        reader->field[i] = NULL;
        EG_TRY(eg__csv_trim(&reader->field[i], i < csv->count ? csv->field[i] : "", err));
        EG_TRY(check_text(reader->field[i], err));
    }
    for (size_t i = FIELD_COUNT; i < csv->count; i++)
        if (csv->field[i][strspn(csv->field[i], " \t")] != '\0')
            return eg_error_set(err, EG_BAD_IMAGE, "\"%.60s\" stands after the flags", csv->field[i]);
    return EG_OK;
}

/* ESP-IDF cuts names that do not fit; never in the middle of a character. */
static enum eg_code take_name(struct eg_partition *row, struct eg_partitions *table, const char *text,
                              struct eg_error *err)
{
    size_t size = 0;

    for (size_t step; (step = eg_utf8_length(text + size, strlen(text + size))) != 0; size += step)
        if (size + step >= sizeof row->name)
            break;
    memcpy(row->name, text, size);
    table->name_cut[table->count] = text[size] != '\0';
    for (size_t i = 0; i < table->count; i++)
        if ((table->name_cut[table->count] || table->name_cut[i]) &&
            strcmp(table->rows[i].name, row->name) == 0)
            return eg_error_set(
                err, EG_BAD_IMAGE,
                "name %.60s is the same as that of another partition once it is cut to %zu bytes", text,
                sizeof row->name - 1);
    return EG_OK;
}

/* Read a number: decimal, 0x, 0o or 0b, then optionally k or M. Return false if it is not a number or has
 * more than 33 bits. */
static bool parse_number(int64_t *value, const char *text)
{
    const bool negative = text[0] == '-';
    const char *at = text + negative;
    unsigned base = 10;
    uint64_t number = 0, unit = 1;
    size_t digits = 0;

    if (at[0] == '0' && at[1] != '\0' && strchr("xXoObB", at[1]) != NULL) {
        const int letter = tolower((unsigned char)at[1]);
        base = letter == 'x' ? 16 : letter == 'o' ? 8 : 2;
        at += 2;
    }
    for (; isxdigit((unsigned char)*at); at++, digits++) {
        const char digit[] = {*at, '\0'};
        const unsigned long n = strtoul(digit, NULL, 16);
        if (n >= base || number > UINT32_MAX)
            return false;
        number = number * base + n;
    }
    if (*at == 'k' || *at == 'K')
        unit = 1024, at++;
    else if (*at == 'm' || *at == 'M')
        unit = UINT64_C(1) << 20, at++;
    if (digits == 0 || *at != '\0' || number * unit > UINT64_C(1) << 32)
        return false;
    *value = negative ? -(int64_t)(number * unit) : (int64_t)(number * unit);
    return true;
}

static enum eg_code parse_address(uint32_t *addr, const char *what, const char *text, struct eg_error *err)
{
    int64_t value;

    if (!parse_number(&value, text) || value < 0 || value > UINT32_MAX)
        return eg_error_set(err, EG_BAD_IMAGE, "%s \"%.60s\" is not a number such as 0x9000, 64K or 1M", what,
                            text);
    *addr = (uint32_t)value;
    return EG_OK;
}

static enum eg_code parse_code(uint8_t *code, const char *what, const char *text, int by_name,
                               struct eg_error *err)
{
    int64_t value;

    if (!parse_number(&value, text))
        value = by_name;
    if (value < 0 || value > UINT8_MAX)
        return eg_error_set(err, EG_BAD_IMAGE, "%s \"%.60s\" is neither a known name nor a number to 255",
                            what, text);
    *code = (uint8_t)value;
    return EG_OK;
}

static enum eg_code parse_types(struct eg_partition *row, const struct reader *reader, struct eg_error *err)
{
    const char *const type = reader->field[FIELD_TYPE], *const subtype = reader->field[FIELD_SUBTYPE];

    if (type[0] == '\0')
        return eg_error_set(err, EG_BAD_IMAGE, "partition %s has no type", row->name);
    EG_TRY(parse_code(&row->type, "type", type, eg_partition_type_code(type), err));
    if (subtype[0] != '\0')
        return parse_code(&row->subtype, "subtype", subtype, eg_partition_subtype_code(row->type, subtype),
                          err);
    if (row->type != EG_PARTITION_DATA && eg_partition_type_name(row->type) != NULL)
        return eg_error_set(err, EG_BAD_IMAGE, "partition %s has no subtype", row->name);
    row->subtype = SUBTYPE_UNDEFINED;
    return EG_OK;
}

static enum eg_code parse_flags(struct eg_partition *row, char *text, struct eg_error *err)
{
    char *rest = NULL;

    for (char *word = strtok_r(text, ":", &rest); word != NULL; word = strtok_r(NULL, ":", &rest)) {
        unsigned bit = 0;
        while (bit < sizeof flag_names / sizeof *flag_names && strcmp(flag_names[bit], word) != 0)
            bit++;
        if (bit == sizeof flag_names / sizeof *flag_names)
            return eg_error_set(err, EG_BAD_IMAGE, "flag \"%.60s\" is neither encrypted nor readonly", word);
        row->flags |= 1u << bit;
    }
    return EG_OK;
}

/* `*floating` becomes true when the place of the row depends on where the table is. */
static enum eg_code place_row(struct eg_partition *row, struct reader *reader, bool *floating,
                              struct eg_error *err)
{
    const char *const offset = reader->field[FIELD_OFFSET], *const size = reader->field[FIELD_SIZE];
    const uint32_t align = eg_partition_align(row->type);
    const bool primary = eg_partition_type_name(row->type) != NULL && row->type >= EG_PARTITION_BOOTLOADER &&
                         row->subtype == 0;
    uint64_t addr = (reader->next_addr + align - 1) / align * align;
    int64_t value = 0;

    if (primary)
        addr = row->type == EG_PARTITION_TABLE ? reader->table_addr : reader->place->bootloader_addr;
    if (offset[0] != '\0' && !primary)
        EG_TRY(parse_address(&row->flash_addr, "offset", offset, err));
    else if (addr > UINT32_MAX)
        return eg_error_set(err, EG_BAD_IMAGE, "there is no address left for partition %s", row->name);
    else
        row->flash_addr = (uint32_t)addr;
    if (row->type == EG_PARTITION_BOOTLOADER)
        value = (int64_t)reader->table_addr - reader->place->bootloader_addr;
    else if (row->type == EG_PARTITION_TABLE)
        value = EG_FLASH_SECTOR;
    else if (size[0] == '\0')
        return eg_error_set(err, EG_BAD_IMAGE, "partition %s has no size", row->name);
    else if (!parse_number(&value, size))
        return eg_error_set(err, EG_BAD_IMAGE, "size \"%.60s\" is not a number such as 0x6000, 64K or 1M",
                            size);
    else if (value < 0)
        value = -value - row->flash_addr;
    if (value < 0 || value > UINT32_MAX)
        return eg_error_set(err, EG_BAD_IMAGE, "partition %s at 0x%08lx has no room for its size", row->name,
                            (unsigned long)row->flash_addr);
    row->size = (uint32_t)value;
    if (primary) {
        *floating = true;
        return EG_OK;
    }
    reader->floating = reader->floating && offset[0] == '\0';
    *floating = *floating || reader->floating;
    reader->next_addr = row->flash_addr + (uint64_t)row->size;
    return EG_OK;
}

static enum eg_code read_row(struct eg_partitions *table, struct reader *reader, struct eg_error *err)
{
    struct eg_partition row = {0};

    if (table->count == EG_PARTITIONS_MAX)
        return eg_error_set(err, EG_BAD_IMAGE, "there are more than %d partitions", EG_PARTITIONS_MAX);
    EG_TRY(take_fields(reader, err));
    EG_TRY(take_name(&row, table, reader->field[FIELD_NAME], err));
    EG_TRY(parse_types(&row, reader, err));
    EG_TRY(place_row(&row, reader, &table->floating, err));
    EG_TRY(parse_flags(&row, reader->field[FIELD_FLAGS], err));
    table->rows[table->count++] = row;
    return EG_OK;
}

static enum eg_code read_rows(struct eg_partitions *table, struct reader *reader, const char *text,
                              size_t size, struct eg_error *err)
{
    bool got = true;

    EG_TRY(eg__csv_open(&reader->csv, text, size, err));
    for (;;) {
        EG_TRY(eg__csv_next(&reader->csv, &got, err));
        if (!got)
            return EG_OK;
        EG_TRY(read_row(table, reader, err));
    }
}

enum eg_code eg_partitions_parse_csv(struct eg_partitions *table, const char *text, size_t size,
                                     const struct eg_partitions_place *place, struct eg_error *err)
{
    struct eg_partitions found = {0};
    EG_CLEANUP(reader_finish) struct reader reader = {.place = place, .floating = true};

    reader.table_addr = place->table_addr != 0 ? place->table_addr : EG_PARTITIONS_ADDR;
    reader.next_addr = (uint64_t)reader.table_addr + EG_FLASH_SECTOR;
    if (read_rows(&found, &reader, text, size, err) != EG_OK)
        return eg_error_prefix(err, "line %zu: ", reader.csv.line);
    if (found.count == 0)
        return eg_error_set(err, EG_BAD_IMAGE, "there is no partition in the table");
    EG_TRY(eg__partitions_check_overlap(&found, err));
    *table = found;
    return EG_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* "4K", "1M", "0x123": the largest unit that leaves no rest. */
static void format_size(char text[16], uint32_t size)
{
    if (size % 0x100000 == 0)
        snprintf(text, 16, "%luM", (unsigned long)size / 0x100000);
    else if (size % 0x400 == 0)
        snprintf(text, 16, "%luK", (unsigned long)size / 0x400);
    else
        snprintf(text, 16, "0x%lx", (unsigned long)size);
}

static void format_code(char text[24], const char *name, uint8_t code)
{
    if (name != NULL)
        snprintf(text, 24, "%s", name);
    else
        snprintf(text, 24, "%u", code);
}

static enum eg_code write_row(struct eg_buffer *out, const struct eg_partition *row, struct eg_error *err)
{
    char line[160], type[24], subtype[24], size[16];

    if (strchr(row->name, ',') != NULL || row->name[0] == '#' || row->name[0] == '"' ||
        is_blank(row->name[0]) || (row->name[0] != '\0' && is_blank(row->name[strlen(row->name) - 1])))
        return eg_error_set(err, EG_BAD_IMAGE, "name \"%s\" cannot be written as CSV", row->name);
    if ((row->flags & ~(uint32_t)(EG_PARTITION_ENCRYPTED | EG_PARTITION_READONLY)) != 0)
        return eg_error_set(err, EG_BAD_IMAGE, "flags 0x%08lx of partition %s have no names in CSV",
                            (unsigned long)row->flags, row->name);
    format_code(type, eg_partition_type_name(row->type), row->type);
    format_code(subtype, eg_partition_subtype_name(row->type, row->subtype), row->subtype);
    format_size(size, row->size);
    const bool both = (row->flags & EG_PARTITION_ENCRYPTED) && (row->flags & EG_PARTITION_READONLY);
    const int length = snprintf(line, sizeof line, "%s,%s,%s,0x%lx,%s,%s%s%s\n", row->name, type, subtype,
                                (unsigned long)row->flash_addr, size,
                                row->flags & EG_PARTITION_ENCRYPTED ? flag_names[0] : "", both ? ":" : "",
                                row->flags & EG_PARTITION_READONLY ? flag_names[1] : "");
    return eg_buffer_append(out, line, (size_t)length, err);
}

enum eg_code eg_partitions_write_csv(struct eg_buffer *out, const struct eg_partitions *table,
                                     struct eg_error *err)
{
    static const char head[] = "# ESP-IDF Partition Table\n# Name, Type, SubType, Offset, Size, Flags\n";

    EG_TRY(eg_buffer_append(out, head, sizeof head - 1, err));
    for (size_t i = 0; i < table->count; i++)
        EG_TRY(write_row(out, &table->rows[i], err));
    return EG_OK;
}
