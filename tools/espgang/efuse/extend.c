/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/efuse/extend.h"

#include "engine/base/bytes.h"
#include "engine/base/file.h"
#include "engine/base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_SIZE_MAX = 1 << 20, COLUMNS = 5, NAME_SIZE = 64, UINT_BITS_MAX = 32 };

/* A line of the table. */
struct row {
    const char *name; /* "" = a further part of the field before */
    unsigned block, start, bits;
    const char *comment;
};

struct reader {
    struct efuse_extension *extension;
    struct eg_efuses *fuses;
    size_t count;         /* of fields so far */
    size_t begun;         /* index of the field that parts may follow; SIZE_MAX = none */
    unsigned parts;       /* of that field */
    unsigned block, next; /* where a part without bit_start goes on */
    char name[NAME_SIZE]; /* of that field */
};

void efuse_extension_finish(struct efuse_extension *extension)
{
    for (size_t i = 0; i < extension->text_count; i++)
        free(extension->texts[i]);
    free(extension->texts);
    free(extension->fields);
    *extension = (struct efuse_extension){0};
}

static enum eg_code keep_text(struct efuse_extension *extension, const char **kept, const char *text,
                              struct eg_error *err)
{
    EG_TRY(eg_grow(&extension->texts, extension->text_count, sizeof *extension->texts, err));
    EG_TRY(eg_strdup(&extension->texts[extension->text_count], text, err));
    *kept = extension->texts[extension->text_count++];
    return EG_OK;
}

static enum eg_code read_number(unsigned *number, const char *what, const char *text, struct eg_error *err)
{
    char *end;
    const unsigned long value = strtoul(text, &end, 10);

    if (!isdigit((unsigned char)text[0]) || *end != '\0' || value > 1024)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s \"%.40s\" is not a number up to 1024", what, text);
    *number = (unsigned)value;
    return EG_OK;
}

/* "EFUSE_BLK3" or "3". */
static enum eg_code read_block(unsigned *block, const struct eg_efuses *fuses, const char *text,
                               struct eg_error *err)
{
    static const char prefix[] = "EFUSE_BLK";
    const bool named = strncmp(text, prefix, sizeof prefix - 1) == 0;

    EG_TRY(read_number(block, "efuse_block", named ? text + sizeof prefix - 1 : text, err));
    if (*block >= fuses->block_count)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s has no eFuse block %u", fuses->chip->name, *block);
    return EG_OK;
}

/* The comment may have commas. */
static enum eg_code split(char *line, char *cell[COLUMNS], struct eg_error *err)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        char *const comma = i + 1 < COLUMNS ? strchr(line, ',') : NULL;
        if (comma != NULL)
            *comma = '\0';
        cell[i] = eg_text_trim(line);
        line = comma != NULL ? comma + 1 : line + strlen(line);
    }
    return cell[3][0] != '\0'
               ? EG_OK
               : eg_error_set(err, EG_BAD_ARGUMENT,
                              "a field has field_name, efuse_block, bit_start, bit_count, comment");
}

static enum eg_code parse_row(const struct reader *reader, struct row *row, char *line, struct eg_error *err)
{
    char *cell[COLUMNS];

    EG_TRY(split(line, cell, err));
    row->name = cell[0];
    row->comment = cell[4];
    EG_TRY(read_block(&row->block, reader->fuses, cell[1], err));
    EG_TRY(read_number(&row->bits, "bit_count", cell[3], err));
    row->start = row->block == reader->block ? reader->next : 0;
    if (cell[2][0] != '\0')
        EG_TRY(read_number(&row->start, "bit_start", cell[2], err));
    const unsigned room = reader->fuses->chip->blocks[row->block].words * 32u;
    if (row->bits == 0 || row->start + row->bits > room)
        return eg_error_set(err, EG_BAD_ARGUMENT, "bits %u to %u are beyond block %u, which has %u",
                            row->start, row->start + row->bits, row->block, room);
    return EG_OK;
}

/* What stands in brackets before the comment are further names, with blanks between them. */
static enum eg_code take_old_names(struct efuse_extension *extension, struct eg_efuse_field *field,
                                   const char *comment, struct eg_error *err)
{
    const char *const end = comment[0] == '[' ? strchr(comment, ']') : NULL;
    char names[256];

    if (end != NULL) {
        snprintf(names, sizeof names, "%.*s", (int)(end - comment - 1), comment + 1);
        for (char *at = names; *at != '\0'; at++)
            *at = *at == '.' ? '_' : *at == ',' ? ' ' : *at;
        EG_TRY(keep_text(extension, &field->alt, names, err));
        comment = end + 1 + strspn(end + 1, " ");
    }
    return keep_text(extension, &field->help, comment, err);
}

/* Names have dots in ESP-IDF's tables, and none in commands. */
static enum eg_code set_name(struct reader *reader, const char *name, struct eg_error *err)
{
    if (strlen(name) >= NAME_SIZE - 8)
        return eg_error_set(err, EG_BAD_ARGUMENT, "a name of %zu characters is too long", strlen(name));
    snprintf(reader->name, sizeof reader->name, "%s", name);
    for (char *at = reader->name; *at != '\0'; at++)
        if (*at == '.')
            *at = '_';
        else if (!isalnum((unsigned char)*at) && *at != '_')
            return eg_error_set(err, EG_BAD_ARGUMENT, "\"%s\" is not a name of letters, digits, dots and _",
                                name);
    return EG_OK;
}

static enum eg_code name_field(struct reader *reader, struct eg_efuse_field *field, const char *name,
                               struct eg_error *err)
{
    if (eg_efuse_find(reader->fuses, name) != NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "there is a field %s already", name);
    return keep_text(reader->extension, &field->name, name, err);
}

/* The first part of a field gets its number when a second one comes. */
static enum eg_code name_part(struct reader *reader, struct eg_efuse_field *field, struct eg_error *err)
{
    char name[NAME_SIZE + 12];

    if (reader->begun == SIZE_MAX)
        return eg_error_set(err, EG_BAD_ARGUMENT, "the first field has no name");
    if (reader->parts == 1) {
        struct eg_efuse_field *const first = &reader->extension->fields[reader->begun];
        snprintf(name, sizeof name, "%s_0", reader->name);
        EG_TRY(name_field(reader, first, name, err));
    }
    snprintf(name, sizeof name, "%s_%u", reader->name, reader->parts);
    return name_field(reader, field, name, err);
}

static enum eg_code add_field(struct reader *reader, const struct row *row, struct eg_error *err)
{
    const struct eg_efuse_block *const block = &reader->fuses->chip->blocks[row->block];
    struct eg_efuse_field field = {.category = EG_CAT_USER,
                                   .block = (uint8_t)row->block,
                                   .word = (uint8_t)(row->start / 32),
                                   .pos = (uint8_t)(row->start % 32),
                                   .bits = (uint16_t)row->bits,
                                   .kind = row->bits > UINT_BITS_MAX && row->bits % 8 == 0 ? EG_AS_BYTES
                                                                                           : EG_AS_NUMBER,
                                   .wr = row->block != 0 ? block->wr : 0,
                                   .rd = row->block != 0 ? block->rd : 0};

    if (row->bits > UINT_BITS_MAX && row->bits % 8 != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%u bits are more than 32 and not whole bytes", row->bits);
    struct eg_efuse_field *const more =
        realloc(reader->extension->fields, (reader->count + 2) * sizeof *more);
    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "eFuse fields");
    reader->extension->fields = more;
    reader->fuses->fields = more;
    if (row->name[0] != '\0') {
        EG_TRY(set_name(reader, row->name, err));
        EG_TRY(name_field(reader, &field, reader->name, err));
        reader->begun = reader->count;
        reader->parts = 0;
    } else {
        EG_TRY(name_part(reader, &field, err));
    }
    EG_TRY(take_old_names(reader->extension, &field, row->comment, err));
    more[reader->count++] = field;
    more[reader->count] = (struct eg_efuse_field){.name = NULL};
    reader->parts++;
    reader->block = row->block;
    reader->next = row->start + row->bits;
    return EG_OK;
}

static enum eg_code add_line(struct reader *reader, char *line, struct eg_error *err)
{
    struct row row;

    line = eg_text_trim(line);
    if (line[0] == '\0' || line[0] == '#')
        return EG_OK;
    EG_TRY(parse_row(reader, &row, line, err));
    return add_field(reader, &row, err);
}

static enum eg_code begin(struct reader *reader, struct eg_error *err)
{
    while (reader->fuses->fields[reader->count].name != NULL)
        reader->count++;
    EG_TRY(eg_alloc(&reader->extension->fields, reader->count + 1, sizeof *reader->extension->fields, err));
    memcpy(reader->extension->fields, reader->fuses->fields,
           (reader->count + 1) * sizeof *reader->extension->fields);
    reader->fuses->fields = reader->extension->fields;
    return EG_OK;
}

enum eg_code efuse_extend(struct efuse_extension *extension, struct eg_efuses *fuses, const char *path,
                          struct eg_error *err)
{
    struct reader reader = {.extension = extension, .fuses = fuses, .begun = SIZE_MAX};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    unsigned number = 0;

    EG_TRY(begin(&reader, err));
    EG_TRY(eg_file_read(&file, path, TABLE_SIZE_MAX, err));
    if (file.size > 0 && memchr(file.data, '\0', file.size) != NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is not a text", path);
    EG_TRY(eg_buffer_append(&file, "", 1, err));
    for (char *line = (char *)file.data, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        number++;
        if (add_line(&reader, line, err) != EG_OK)
            return eg_error_prefix(err, "%s:%u: ", path, number);
    }
    return EG_OK;
}
