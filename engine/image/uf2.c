/* SPDX-License-Identifier: Apache-2.0 */

/*
 * UF2: blocks of 512 bytes, each with its address, its number and how many there are.
 *
 * Files by Espressif's tools have the MD5 right after the data, not at the end of the data area as the
 * format's description says. Both positions are read.
 */

#include "engine/image/uf2.h"

#include "engine/base/digest.h"
#include "engine/image/descriptor.h"
#include "engine/image/image.h"

#include <string.h>

#define MAGIC_0   UINT32_C(0x0a324655)
#define MAGIC_1   UINT32_C(0x9e5d5157)
#define MAGIC_END UINT32_C(0x0ab16f30)

enum {
    FLAG_NOT_FLASH = 0x1,
    FLAG_FILE = 0x1000, /* files in a file system, not flash */
    FLAG_FAMILY = 0x2000,
    FLAG_MD5 = 0x4000,
    DATA_AT = 32,
    MAGIC_END_AT = 508,
    FIRST_SEGMENT_AT = 32, /* in an image: the data after both headers */
};

/* The sequence of numbered blocks that is being read. */
struct run {
    uint32_t next, count; /* next 0 = no sequence yet */
};

bool eg_uf2_is(const uint8_t *data, size_t size)
{
    return size >= 8 && eg_get32(data) == MAGIC_0 && eg_get32(data + 4) == MAGIC_1;
}

static enum eg_code check_header(const uint8_t *block, size_t at, struct eg_error *err)
{
    const uint32_t flags = eg_get32(block + 8), length = eg_get32(block + 16);
    const uint32_t room = flags & FLAG_MD5 ? EG_UF2_DATA_MAX - EG_UF2_MD5_SIZE : EG_UF2_DATA_MAX;

    if (!eg_uf2_is(block, EG_UF2_BLOCK_SIZE) || eg_get32(block + MAGIC_END_AT) != MAGIC_END)
        return eg_error_set(err, EG_BAD_IMAGE, "block at offset 0x%zx lacks the marks of a UF2 block", at);
    if (flags & FLAG_FILE)
        return eg_error_set(err, EG_BAD_IMAGE, "block at offset 0x%zx is of a file system, not of a flash",
                            at);
    if (length > room)
        return eg_error_set(err, EG_BAD_IMAGE, "block at offset 0x%zx has %lu data bytes, more than %lu", at,
                            (unsigned long)length, (unsigned long)room);
    return EG_OK;
}

static enum eg_code check_number(struct run *run, const uint8_t *block, size_t at, struct eg_error *err)
{
    const uint32_t number = eg_get32(block + 20), count = eg_get32(block + 24);

    if (run->next == 0)
        run->count = count;
    if (number != run->next || count != run->count || number >= count)
        return eg_error_set(err, EG_BAD_IMAGE,
                            "block at offset 0x%zx is number %lu of %lu where %lu of %lu is next: a block is "
                            "missing",
                            at, (unsigned long)number, (unsigned long)count, (unsigned long)run->next,
                            (unsigned long)run->count);
    run->next = number + 1 < count ? number + 1 : 0;
    return EG_OK;
}

static bool describes(const uint8_t *record, const uint8_t *block)
{
    return eg_get32(record) == eg_get32(block + 12) && eg_get32(record + 4) == eg_get32(block + 16);
}

static enum eg_code check_md5(const uint8_t *block, size_t at, struct eg_error *err)
{
    const uint32_t length = eg_get32(block + 16);
    const uint8_t *record = block + DATA_AT + length;
    uint8_t md5[EG_MD5_SIZE];

    if (!(eg_get32(block + 8) & FLAG_MD5))
        return EG_OK;
    if (!describes(record, block))
        record = block + DATA_AT + EG_UF2_DATA_MAX - EG_UF2_MD5_SIZE;
    if (!describes(record, block))
        return eg_error_set(err, EG_BAD_IMAGE, "block at offset 0x%zx has an MD5 of other data than its own",
                            at);
    EG_TRY(eg_md5(md5, block + DATA_AT, length, err));
    if (memcmp(md5, record + 8, sizeof md5) == 0)
        return EG_OK;
    char is[EG_MD5_TEXT], must_be[EG_MD5_TEXT];
    eg_hex(is, record + 8, EG_MD5_SIZE);
    eg_hex(must_be, md5, sizeof md5);
    return eg_error_set(err, EG_BAD_IMAGE, "block at offset 0x%zx has MD5 %s, its data have %s", at, is,
                        must_be);
}

static enum eg_code check_family(uint32_t *family_id, const uint8_t *block, size_t at, struct eg_error *err)
{
    const uint32_t family = eg_get32(block + 8) & FLAG_FAMILY ? eg_get32(block + 28) : 0;

    if (at > 0 && family != *family_id)
        return eg_error_set(err, EG_BAD_IMAGE,
                            "block at offset 0x%zx is for family 0x%08lx, those before for 0x%08lx", at,
                            (unsigned long)family, (unsigned long)*family_id);
    *family_id = family;
    return EG_OK;
}

enum eg_code eg_uf2_read(struct eg_pieces *pieces, uint32_t *family_id, const uint8_t *data, size_t size,
                         struct eg_error *err)
{
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces found = {0};
    struct run run = {0};
    uint32_t family = 0;

    if (!eg_uf2_is(data, size))
        return eg_error_set(err, EG_BAD_IMAGE, "is no UF2 file: it does not begin with the marks of a block");
    for (size_t at = 0; at < size; at += EG_UF2_BLOCK_SIZE) {
        const uint8_t *const block = data + at;
        if (size - at < EG_UF2_BLOCK_SIZE)
            return eg_error_set(err, EG_BAD_IMAGE,
                                "block at offset 0x%zx has %zu bytes, not %d: the file was cut", at,
                                size - at, EG_UF2_BLOCK_SIZE);
        EG_TRY(check_header(block, at, err));
        EG_TRY(check_number(&run, block, at, err));
        EG_TRY(check_family(&family, block, at, err));
        EG_TRY(check_md5(block, at, err));
        if (!(eg_get32(block + 8) & FLAG_NOT_FLASH))
            EG_TRY(eg__pieces_add(&found, eg_get32(block + 12), block + DATA_AT, eg_get32(block + 16),
                                  "offset", at, err));
    }
    if (run.next != 0)
        return eg_error_set(err, EG_BAD_IMAGE, "block %lu of %lu is missing at the end of the file",
                            (unsigned long)run.next, (unsigned long)run.count);
    if (found.count == 0)
        return eg_error_set(err, EG_BAD_IMAGE, "there are no data for the flash in the file");
    EG_TRY(eg__pieces_settle(&found, "offset", err));
    eg_pieces_finish(pieces);
    *pieces = found;
    found = (struct eg_pieces){0};
    *family_id = family;
    return EG_OK;
}

bool eg_uf2_is_relative(const struct eg_pieces *pieces, const struct eg_target *target)
{
    struct eg_app_descriptor app;

    if (pieces->count == 0 || pieces->list[0].addr != 0 || pieces->list[0].data.data[0] != EG_IMAGE_MAGIC)
        return false;
    if (target != NULL && target->bootloader_addr != 0)
        return true;
    const struct eg_buffer *const data = &pieces->list[0].data;
    return data->size > FIRST_SEGMENT_AT &&
           eg_app_descriptor_read(&app, data->data + FIRST_SEGMENT_AT, data->size - FIRST_SEGMENT_AT);
}

enum eg_code eg_uf2_write(struct eg_buffer *out, uint32_t family_id, uint32_t addr, const uint8_t *data,
                          size_t size, uint32_t chunk_size, bool md5, struct eg_error *err)
{
    const uint32_t room = md5 ? EG_UF2_DATA_MAX - EG_UF2_MD5_SIZE : EG_UF2_DATA_MAX;
    const uint32_t chunk = chunk_size != 0 ? chunk_size : room;
    const size_t start = out->size;

    if (chunk % 4 != 0 || chunk > room)
        return eg_error_set(err, EG_BAD_JOB, "chunk size %lu is not a multiple of 4 up to %lu",
                            (unsigned long)chunk, (unsigned long)room);
    if (size > (UINT64_C(1) << 32) - addr)
        return eg_error_set(err, EG_BAD_IMAGE, "%zu bytes at 0x%08lx run out of the address space", size,
                            (unsigned long)addr);
    const uint32_t count = (uint32_t)((size + chunk - 1) / chunk);
    EG_TRY(eg_buffer_resize(out, start + (size_t)count * EG_UF2_BLOCK_SIZE, 0, err));
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *const block = out->data + start + (size_t)i * EG_UF2_BLOCK_SIZE;
        const size_t at = (size_t)i * chunk;
        const uint32_t length = size - at < chunk ? (uint32_t)(size - at) : chunk;
        eg_put32(block, MAGIC_0);
        eg_put32(block + 4, MAGIC_1);
        eg_put32(block + 8, md5 ? FLAG_FAMILY | FLAG_MD5 : FLAG_FAMILY);
        eg_put32(block + 12, addr + (uint32_t)at);
        eg_put32(block + 16, length);
        eg_put32(block + 20, i);
        eg_put32(block + 24, count);
        eg_put32(block + 28, family_id);
        memcpy(block + DATA_AT, data + at, length);
        if (md5) {
            uint8_t *const record = block + DATA_AT + length;
            eg_put32(record, addr + (uint32_t)at);
            eg_put32(record + 4, length);
            EG_TRY(eg_md5(record + 8, data + at, length, err));
        }
        eg_put32(block + MAGIC_END_AT, MAGIC_END);
    }
    return EG_OK;
}
