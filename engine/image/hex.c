/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Intel HEX: one record on each line: ":", then in hex a count, a 16-bit address, a type, data and a checksum
 * that makes the sum of all bytes of the record 0.
 *
 * The end record is required: without it, a file that was cut at the end of a line would not be noticed.
 */

#include "engine/image/hex.h"

#include <stdio.h>
#include <string.h>

enum {
    TYPE_DATA,
    TYPE_END,
    TYPE_SEGMENT_ADDR,
    TYPE_SEGMENT_START,
    TYPE_LINEAR_ADDR,
    TYPE_LINEAR_START,
};

enum {
    OVERHEAD = 5, /* count, address, type, sum */
    RECORD_MAX = 255 + OVERHEAD,
    WRITTEN_DATA_MAX = 16,
};

struct record {
    size_t line;
    uint8_t bytes[RECORD_MAX];
    size_t size;
};

static int nibble(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

bool eg_hex_is(const uint8_t *data, size_t size)
{
    if (size < 1 + 2 * OVERHEAD || data[0] != ':')
        return false;
    for (size_t i = 1; i < 1 + 2 * OVERHEAD; i++)
        if (nibble(data[i]) < 0)
            return false;
    return true;
}

/* `text` is the line without its end. */
static enum eg_code decode(struct record *record, const uint8_t *text, size_t size, struct eg_error *err)
{
    uint8_t sum = 0;

    if (text[0] != ':')
        return eg_error_set(err, EG_BAD_IMAGE, "line %zu does not begin with a colon", record->line);
    record->size = (size - 1) / 2;
    if (size % 2 == 0 || record->size < OVERHEAD || record->size > RECORD_MAX)
        return eg_error_set(err, EG_BAD_IMAGE, "line %zu has %zu characters, which make no record",
                            record->line, size);
    for (size_t i = 0; i < record->size; i++) {
        const int high = nibble(text[1 + 2 * i]), low = nibble(text[2 + 2 * i]);
        if (high < 0 || low < 0)
            return eg_error_set(err, EG_BAD_IMAGE, "line %zu has no hex digits in columns %zu and %zu",
                                record->line, 2 + 2 * i, 3 + 2 * i);
        record->bytes[i] = (uint8_t)(high << 4 | low);
        sum = (uint8_t)(sum + record->bytes[i]);
    }
    if (record->bytes[0] + (size_t)OVERHEAD != record->size)
        return eg_error_set(err, EG_BAD_IMAGE, "line %zu has %zu data bytes, its count says %u", record->line,
                            record->size - OVERHEAD, record->bytes[0]);
    if (sum != 0) {
        const uint8_t is = record->bytes[record->size - 1];
        return eg_error_set(err, EG_BAD_IMAGE, "line %zu has checksum 0x%02x, its bytes have 0x%02x",
                            record->line, is, (uint8_t)(is - sum));
    }
    return EG_OK;
}

static enum eg_code check_count(const struct record *record, uint8_t count, struct eg_error *err)
{
    if (record->bytes[0] == count)
        return EG_OK;
    return eg_error_set(err, EG_BAD_IMAGE, "line %zu is a record of type %u with %u data bytes, not %u",
                        record->line, record->bytes[3], record->bytes[0], count);
}

/* `*base` is from the newest address record. */
static enum eg_code apply(struct eg_pieces *pieces, const struct record *record, uint32_t *base, bool *ended,
                          struct eg_error *err)
{
    const uint32_t offset = (uint32_t)(record->bytes[1] << 8 | record->bytes[2]);
    const uint32_t word = (uint32_t)(record->bytes[4] << 8 | record->bytes[5]);

    switch (record->bytes[3]) {
    case TYPE_DATA:
        if (offset > UINT32_MAX - *base)
            return eg_error_set(err, EG_BAD_IMAGE, "line %zu: 0x%lx + 0x%lx is beyond the address space",
                                record->line, (unsigned long)*base, (unsigned long)offset);
        return eg__pieces_add(pieces, *base + offset, record->bytes + 4, record->bytes[0], "line",
                              record->line, err);
    case TYPE_END:
        *ended = true;
        return check_count(record, 0, err);
    case TYPE_SEGMENT_ADDR:
        *base = word << 4;
        return check_count(record, 2, err);
    case TYPE_LINEAR_ADDR:
        *base = word << 16;
        return check_count(record, 2, err);
    case TYPE_SEGMENT_START:
    case TYPE_LINEAR_START:
        return check_count(record, 4, err);
    default:
        return eg_error_set(err, EG_BAD_IMAGE, "line %zu is a record of unknown type %u", record->line,
                            record->bytes[3]);
    }
}

enum eg_code eg_hex_read(struct eg_pieces *pieces, const uint8_t *data, size_t size, struct eg_error *err)
{
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces found = {0};
    struct record record = {0};
    uint32_t base = 0;
    bool ended = false;

    for (size_t at = 0; at < size;) {
        const uint8_t *const text = data + at;
        const uint8_t *const newline = memchr(text, '\n', size - at);
        size_t length = newline != NULL ? (size_t)(newline - text) : size - at;
        at += length + 1;
        record.line++;
        while (length > 0 && text[length - 1] == '\r')
            length--;
        if (length == 0)
            continue;
        if (ended)
            return eg_error_set(err, EG_BAD_IMAGE, "line %zu comes after the end record", record.line);
        EG_TRY(decode(&record, text, length, err));
        EG_TRY(apply(&found, &record, &base, &ended, err));
    }
    if (!ended)
        return eg_error_set(err, EG_BAD_IMAGE, "there is no end record after line %zu: the file was cut",
                            record.line);
    if (found.count == 0)
        return eg_error_set(err, EG_BAD_IMAGE, "there are no data in the file");
    EG_TRY(eg__pieces_settle(&found, "line", err));
    eg_pieces_finish(pieces);
    *pieces = found;
    found = (struct eg_pieces){0};
    return EG_OK;
}

static enum eg_code write_record(struct eg_buffer *out, uint16_t offset, uint8_t type, const uint8_t *data,
                                 size_t size, struct eg_error *err)
{
    char line[1 + 2 * (WRITTEN_DATA_MAX + OVERHEAD) + 2];
    uint8_t sum = (uint8_t)(size + (offset >> 8) + offset + type);
    int used = snprintf(line, sizeof line, ":%02X%04X%02X", (unsigned)size, offset, type);

    for (size_t i = 0; i < size; i++) {
        used += snprintf(line + used, sizeof line - (size_t)used, "%02X", data[i]);
        sum = (uint8_t)(sum + data[i]);
    }
    used += snprintf(line + used, sizeof line - (size_t)used, "%02X\n", (uint8_t)-sum);
    return eg_buffer_append(out, line, (size_t)used, err);
}

enum eg_code eg_hex_write(struct eg_buffer *out, const struct eg_pieces *pieces, struct eg_error *err)
{
    const struct eg_piece *const last = pieces->count > 0 ? &pieces->list[pieces->count - 1] : NULL;
    /* If all addresses have 16 bits, no address record is written; otherwise there is one at the start too.
     */
    const bool extended = last != NULL && last->addr + (uint64_t)last->data.size > 0x10000;
    uint32_t high = UINT32_MAX;

    for (size_t i = 0; i < pieces->count; i++) {
        const struct eg_piece *const piece = &pieces->list[i];
        for (size_t at = 0; at < piece->data.size;) {
            const uint32_t addr = piece->addr + (uint32_t)at;
            const size_t left = piece->data.size - at, in_bank = 0x10000 - (addr & 0xffff);
            size_t size = left < in_bank ? left : in_bank;
            if (size > WRITTEN_DATA_MAX)
                size = WRITTEN_DATA_MAX;
            if (extended && addr >> 16 != high) {
                high = addr >> 16;
                EG_TRY(write_record(out, 0, TYPE_LINEAR_ADDR,
                                    (const uint8_t[]){(uint8_t)(high >> 8), (uint8_t)high}, 2, err));
            }
            EG_TRY(write_record(out, (uint16_t)addr, TYPE_DATA, piece->data.data + at, size, err));
            at += size;
        }
    }
    return write_record(out, 0, TYPE_END, NULL, 0, err);
}
