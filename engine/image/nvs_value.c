/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Converts text from CSV files, jobs and other files to the bytes of a value.
 *
 * Values may be secret and sentences reach logs, so sentences show only numbers.
 */

#include "engine/image/nvs_layout.h"

#include "engine/base/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum method { INTEGER, STRING, BINARY, HEX, BASE64, FILL, SIZE_FILL };

struct encoding {
    enum method method;
    enum eg_nvs_type type;
    size_t size;  /* FILL, SIZE_FILL: number of bytes */
    uint8_t with; /* FILL, SIZE_FILL: the byte */
};

static const struct {
    const char *name;
    struct encoding encoding;
} encodings[] = {
    {"u8", {INTEGER, EG_NVS_U8, 0, 0}},        {"i8", {INTEGER, EG_NVS_I8, 0, 0}},
    {"u16", {INTEGER, EG_NVS_U16, 0, 0}},      {"i16", {INTEGER, EG_NVS_I16, 0, 0}},
    {"u32", {INTEGER, EG_NVS_U32, 0, 0}},      {"i32", {INTEGER, EG_NVS_I32, 0, 0}},
    {"u64", {INTEGER, EG_NVS_U64, 0, 0}},      {"i64", {INTEGER, EG_NVS_I64, 0, 0}},
    {"string", {STRING, EG_NVS_STRING, 0, 0}}, {"binary", {BINARY, EG_NVS_BLOB, 0, 0}},
    {"hex2bin", {HEX, EG_NVS_BLOB, 0, 0}},     {"base64", {BASE64, EG_NVS_BLOB, 0, 0}},
};

/* "blob_fill(64;0xff)" */
static bool parse_fill(struct encoding *encoding, const char *text, const char *name, enum method method)
{
    const size_t length = strlen(name);
    char *end;

    if (strncmp(text, name, length) != 0 || !isdigit((unsigned char)text[length]))
        return false;
    const unsigned long long size = strtoull(text + length, &end, 10);
    if (size > EG_NVS_BLOB_SIZE_MAX || strncmp(end, ";0x", 3) != 0 || strlen(end) != 6 || end[5] != ')')
        return false;
    *encoding = (struct encoding){method, EG_NVS_BLOB, (size_t)size, 0};
    return eg_hex_parse(&encoding->with, 1, (const char[]){end[3], end[4], '\0'});
}

static enum eg_code parse_encoding(struct encoding *encoding, const char *text, struct eg_error *err)
{
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
        if (strcasecmp(encodings[i].name, text) == 0) {
            *encoding = encodings[i].encoding;
            return EG_OK;
        }
    if (parse_fill(encoding, text, "blob_fill(", FILL) ||
        parse_fill(encoding, text, "blob_sz_fill(", SIZE_FILL))
        return EG_OK;
    return eg_error_set(err, EG_BAD_IMAGE,
                        "encoding \"%.40s\" is none of u8, i8, u16, i16, u32, i32, u64, i64, string, binary, "
                        "hex2bin, base64, blob_fill(SIZE;0xNN), blob_sz_fill(SIZE;0xNN)",
                        text);
}

enum eg_code eg__nvs_encoding_check(const char *encoding, struct eg_error *err)
{
    return parse_encoding(&(struct encoding){0}, encoding, err);
}

static void trim(const char **text, size_t *size)
{
    while (*size > 0 && isspace((unsigned char)**text))
        (*text)++, (*size)--;
    while (*size > 0 && isspace((unsigned char)(*text)[*size - 1]))
        (*size)--;
}

/* Read a sign and digits; `*large` = more than 64 bits. Return false if it is not a number. */
static bool read_number(const char *text, size_t size, bool *negative, uint64_t *magnitude, bool *large)
{
    unsigned base = 10;

    *negative = size > 0 && *text == '-';
    if (size > 0 && (*text == '-' || *text == '+'))
        text++, size--;
    if (size > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        base = 16, text += 2, size -= 2;
    *magnitude = 0;
    *large = false;
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (!isdigit(c) && !(base == 16 && isxdigit(c)))
            return false;
        const unsigned digit = (unsigned)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
        if (*magnitude > (UINT64_MAX - digit) / base)
            *large = true;
        *magnitude = *magnitude * base + digit;
    }
    return size > 0;
}

static enum eg_code parse_integer(struct eg_buffer *value, enum eg_nvs_type type, const char *text,
                                  size_t size, struct eg_error *err)
{
    const size_t bytes = eg__nvs_integer_size(type);
    const bool is_signed = (type & 0x10) != 0;
    const uint64_t most = UINT64_MAX >> (64 - 8 * bytes) >> is_signed;
    const uint64_t least = is_signed ? most + 1 : 0; /* below zero */
    uint64_t magnitude;
    bool negative, large;

    trim(&text, &size);
    if (size == 0)
        return eg_error_set(err, EG_BAD_IMAGE, "the value is empty, a %s is a number",
                            eg_nvs_type_name(type));
    if (!read_number(text, size, &negative, &magnitude, &large))
        return eg_error_set(err, EG_BAD_IMAGE, "the value is no number, such as 42 or 0x2a, as a %s is",
                            eg_nvs_type_name(type));
    if (large || magnitude > (negative ? least : most))
        return eg_error_set(
            err, EG_BAD_IMAGE, "value %.*s is out of the range of a %s, %s%" PRIu64 " to %" PRIu64,
            size > 40 ? 40 : (int)size, text, eg_nvs_type_name(type), is_signed ? "-" : "", least, most);
    if (negative)
        magnitude = 0 - magnitude;
    uint8_t little[8];
    for (size_t i = 0; i < bytes; i++)
        little[i] = (uint8_t)(magnitude >> 8 * i);
    return eg_buffer_append(value, little, bytes, err);
}

static enum eg_code parse_string(struct eg_buffer *value, const char *text, size_t size, struct eg_error *err)
{
    for (size_t i = 0, step; i < size; i += step) {
        step = eg_utf8_length(text + i, size - i);
        if (step == 0 || text[i] == '\0')
            return eg_error_set(err, EG_BAD_IMAGE, "byte %zu of the value, 0x%02x, is no text in UTF-8",
                                i + 1, (unsigned char)text[i]);
    }
    return eg_buffer_append(value, text, size, err);
}

static enum eg_code parse_hex(struct eg_buffer *value, const char *text, size_t size, struct eg_error *err)
{
    trim(&text, &size);
    for (size_t i = 0; i < size; i++)
        if (!isxdigit((unsigned char)text[i]))
            return eg_error_set(err, EG_BAD_IMAGE, "character %zu of the value is no hex digit", i + 1);
    if (size % 2 != 0)
        return eg_error_set(err, EG_BAD_IMAGE, "the value has %zu hex digits, an odd number", size);
    EG_TRY(eg_buffer_resize(value, size / 2, 0, err));
    for (size_t i = 0; i < size / 2; i++)
        eg_hex_parse(value->data + i, 1, (const char[]){text[2 * i], text[2 * i + 1], '\0'});
    return EG_OK;
}

/* White space is allowed anywhere, as in PEM files. */
static enum eg_code parse_base64(struct eg_buffer *value, const char *text, size_t size, struct eg_error *err)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    size_t count = 0, padding = 0;

    for (size_t i = 0; i < size; i++) {
        if (isspace((unsigned char)text[i]))
            continue;
        const char *const digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;
        if (digit == NULL ? text[i] != '=' : padding > 0)
            return eg_error_set(err, EG_BAD_IMAGE, "character %zu of the value cannot be there in base64",
                                i + 1);
        padding += digit == NULL;
        bits = bits << 6 | (digit != NULL ? (uint32_t)(digit - digits) : 0);
        if (++count % 4 == 0)
            EG_TRY(eg_buffer_append(
                value, (const uint8_t[]){(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits}, 3,
                err));
    }
    if (count % 4 != 0 || padding > 2)
        return eg_error_set(err, EG_BAD_IMAGE,
                            "the value is cut off or badly padded base64, of %zu characters", count);
    value->size -= padding;
    return EG_OK;
}

static enum eg_code parse_filled(struct eg_buffer *value, const struct encoding *encoding, const char *text,
                                 size_t size, struct eg_error *err)
{
    uint8_t count[4];

    if (size > encoding->size)
        return eg_error_set(err, EG_BAD_IMAGE, "the value has %zu bytes, more than the %zu to be filled",
                            size, encoding->size);
    eg_put32(count, (uint32_t)size);
    if (encoding->method == SIZE_FILL)
        EG_TRY(eg_buffer_append(value, count, sizeof count, err));
    EG_TRY(eg_buffer_append(value, text, size, err));
    return eg_buffer_resize(value, value->size + encoding->size - size, encoding->with, err);
}

static enum eg_code parse(struct eg_buffer *value, const struct encoding *encoding, const char *text,
                          size_t size, struct eg_error *err)
{
    switch (encoding->method) {
    case INTEGER:
        return parse_integer(value, encoding->type, text, size, err);
    case STRING:
        return parse_string(value, text, size, err);
    case BINARY:
        return eg_buffer_append(value, text, size, err);
    case HEX:
        return parse_hex(value, text, size, err);
    case BASE64:
        return parse_base64(value, text, size, err);
    case FILL:
    case SIZE_FILL:
        return parse_filled(value, encoding, text, size, err);
    }
    return eg_error_set(err, EG_INTERNAL, "encoding of no kind");
}

enum eg_code eg_nvs_value_parse(enum eg_nvs_type *type, struct eg_buffer *value, const char *encoding,
                                const char *text, size_t size, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer whole = {0};
    struct encoding how;

    EG_TRY(parse_encoding(&how, encoding, err));
    EG_TRY(parse(&whole, &how, text, size, err));
    eg_buffer_finish(value);
    *value = whole;
    whole = (struct eg_buffer){0};
    *type = how.type;
    return EG_OK;
}
