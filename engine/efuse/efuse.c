/* SPDX-License-Identifier: Apache-2.0 */

/* Blocks, fields, errors and protection as they are read. */

#include "engine/efuse/efuse.h"

#include "engine/base/bytes.h"
#include "engine/efuse/efuse_internal.h"
#include "engine/secure/secret.h"

#include <stdio.h>
#include <string.h>

enum {
    APB_CTRL_DATE = 0x3ff6607c, /* bit 31: third bit of the ESP32's revision */
    DEC_STATUS_MASK = 0xfff,
    COUNT_MASK = 7,
    WORDS_3_4 = 6,
};

void eg_efuse_finish(struct eg_efuses *fuses)
{
    eg_wipe(fuses->block, sizeof fuses->block);
}

/* Which fields there are can depend on fields that are always there. */
bool eg_efuse_has(const struct eg_efuses *fuses, const struct eg_efuse_field *field)
{
    switch (field->when.what) {
    case EG_WHEN_ALWAYS:
        return true;
    case EG_WHEN_BLOCK_VERSION:
        return eg_efuse_number(fuses, "BLK_VERSION_MAJOR") * 100 +
                   eg_efuse_number(fuses, "BLK_VERSION_MINOR") >=
               field->when.number;
    case EG_WHEN_REVISION_TO:
        return eg_efuse_number(fuses, "WAFER_VERSION_MAJOR") * 100 +
                   eg_efuse_number(fuses, "WAFER_VERSION_MINOR") <=
               field->when.number;
    case EG_WHEN_CODING:
        return (fuses->coding == EG_CODING_3_4) == (field->when.number == EG_CODING_3_4);
    case EG_WHEN_BLOCK3_RESERVED:
        return eg_efuse_number(fuses, "BLK3_PART_RESERVE") == field->when.number;
    case EG_WHEN_NEVER:
        break;
    }
    return false;
}

const struct eg_efuse_field *eg_efuse_find(const struct eg_efuses *fuses, const char *name)
{
    for (const struct eg_efuse_field *field = fuses->fields; field->name != NULL; field++)
        if ((strcmp(field->name, name) == 0 || eg_efuse_listed(field->alt, name)) &&
            eg_efuse_has(fuses, field))
            return field;
    return NULL;
}

enum eg_code eg_efuse_get_field(const struct eg_efuses *fuses, const char *name,
                                const struct eg_efuse_field **field, struct eg_error *err)
{
    *field = eg_efuse_find(fuses, name);
    if (*field == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s has no eFuse field %.60s; 'summary' lists them",
                            fuses->label, name);
    return EG_OK;
}

enum eg_code eg_efuse_get_block(const struct eg_efuses *fuses, const char *name, unsigned *block,
                                struct eg_error *err)
{
    for (*block = 0; *block < fuses->block_count; ++*block)
        if (strcmp(fuses->chip->blocks[*block].name, name) == 0 ||
            eg_efuse_listed(fuses->chip->blocks[*block].alt, name))
            return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT, "%s has no eFuse block %.60s; 'dump' lists them", fuses->label,
                        name);
}

size_t eg_efuse_size(const struct eg_efuse_field *field)
{
    return (field->bits + 7u) / 8;
}

static void put_bit(uint8_t *bits, unsigned at)
{
    bits[at / 8] |= (uint8_t)(1u << at % 8);
}

/* The fields of `parts`, the lowest first. */
static void join_parts(const struct eg_efuses *fuses, const struct eg_efuse_field *field,
                       uint8_t bits[EG_EFUSE_BYTES_MAX])
{
    unsigned at = 0;

    for (const char *from = field->parts; *from != '\0'; from += strspn(from, " ")) {
        uint8_t of_part[EG_EFUSE_BYTES_MAX];
        char name[64];

        snprintf(name, sizeof name, "%.*s", (int)strcspn(from, " "), from);
        from += strlen(name);
        const struct eg_efuse_field *part = eg_efuse_find(fuses, name);
        if (part == NULL)
            return;
        eg_efuse_bits(fuses, part, of_part);
        for (unsigned i = 0; i < part->bits; i++)
            if ((of_part[i / 8] >> i % 8 & 1) != 0)
                put_bit(bits, at + i);
        at += part->bits;
    }
}

void eg_efuse_mac_bytes(const struct eg_efuses *fuses, const struct eg_efuse_field *field, uint8_t bytes[8])
{
    const struct eg_efuse_field *mac = eg_efuse_find(fuses, "MAC"), *extension = NULL;
    uint8_t bits[EG_EFUSE_BYTES_MAX], more[EG_EFUSE_BYTES_MAX];

    memset(bytes, 0, 8);
    if (field->kind != EG_AS_EUI64) {
        eg_efuse_bits(fuses, field, bits);
        for (size_t i = 0; i < eg_efuse_size(field); i++)
            bytes[i] = field == mac ? bits[5 - i] : bits[i];
        return;
    }
    extension = eg_efuse_find(fuses, "MAC_EXT");
    eg_efuse_bits(fuses, mac, bits);
    eg_efuse_bits(fuses, extension, more);
    for (size_t i = 0; i < 3; i++) {
        bytes[i] = bits[5 - i];
        bytes[5 + i] = bits[2 - i];
    }
    bytes[3] = more[0];
    bytes[4] = more[1];
}

void eg_efuse_bits(const struct eg_efuses *fuses, const struct eg_efuse_field *field,
                   uint8_t bits[EG_EFUSE_BYTES_MAX])
{
    static const uint8_t revisions[8] = {[1] = 1, [3] = 2, [7] = 3};
    const uint32_t *word = fuses->block[field->block].word;

    memset(bits, 0, EG_EFUSE_BYTES_MAX);
    switch ((enum eg_efuse_kind)field->kind) {
    case EG_AS_PARTS:
        join_parts(fuses, field, bits);
        return;
    case EG_AS_WAFER:
        join_parts(fuses, field, bits);
        bits[0] = revisions[bits[0] | fuses->date >> 31 << 2];
        return;
    case EG_AS_EUI64:
        eg_efuse_mac_bytes(fuses, field, bits);
        return;
    case EG_AS_NUMBER:
    case EG_AS_COUNTER:
    case EG_AS_BYTES:
    case EG_AS_KEY:
    case EG_AS_MAC:
    case EG_AS_PURPOSE:
    case EG_AS_PIN:
    case EG_AS_ADC:
    case EG_AS_TEMPERATURE:
    case EG_AS_VREF:
        break;
    }
    for (unsigned i = 0; i < field->bits; i++) {
        const unsigned at = field->word * 32u + field->pos + i;

        if ((word[at / 32] >> at % 32 & 1) != 0)
            put_bit(bits, i);
    }
}

uint32_t eg_efuse_number(const struct eg_efuses *fuses, const char *name)
{
    const struct eg_efuse_field *field = eg_efuse_find(fuses, name);
    uint8_t bits[EG_EFUSE_BYTES_MAX] = {0};

    if (field != NULL)
        eg_efuse_bits(fuses, field, bits);
    return eg_get32(bits);
}

bool eg_efuse_readable(const struct eg_efuses *fuses, uint32_t rd)
{
    return (eg_efuse_number(fuses, "RD_DIS") & rd) == 0;
}

bool eg_efuse_writable(const struct eg_efuses *fuses, uint32_t wr)
{
    return (eg_efuse_number(fuses, "WR_DIS") & wr) == 0;
}

int eg_efuse_block_purpose(const struct eg_efuses *fuses, unsigned block)
{
    const char *purpose = fuses->chip->blocks[block].purpose;
    char high[40];

    if (purpose == NULL)
        return -1;
    snprintf(high, sizeof high, "%s_H", purpose);
    return (int)(eg_efuse_number(fuses, high) << 4 | eg_efuse_number(fuses, purpose));
}

void eg_efuse_purpose_text(const struct eg_efuses *fuses, int number, char text[64])
{
    text[0] = '\0';
    for (const struct eg_efuse_purpose *purpose = fuses->chip->purposes;
         purpose != NULL && purpose->name != NULL; purpose++) {
        if (purpose->number == number) {
            snprintf(text, 64, "%s", purpose->name);
            return;
        }
    }
    if (number >= 0 && number < 32 && (fuses->chip->custom_purposes >> number & 1) != 0)
        snprintf(text, 64, "CUSTOM_%d", number);
}

bool eg_efuse_has_errors(const struct eg_efuses *fuses)
{
    for (unsigned block = 0; block < fuses->block_count; block++)
        if (fuses->block[block].errors != 0 || fuses->block[block].failed)
            return true;
    return false;
}

static enum eg_code read_block0_errors(struct eg_efuses *fuses, struct eg_error *err)
{
    struct eg_efuse_content *block = &fuses->block[0];

    block->errors = 0;
    for (unsigned i = 0; i < fuses->chip->repeat_error_words; i++) {
        uint32_t word;

        EG_TRY(eg__efuse_get(fuses, fuses->chip->repeat_errors + 4 * i, &word, err));
        block->errors += (unsigned)__builtin_popcount(word);
    }
    block->failed = block->errors != 0;
    return EG_OK;
}

static enum eg_code read_coded_errors(struct eg_efuses *fuses, unsigned block, struct eg_error *err)
{
    const struct eg_efuse_block *of = &fuses->chip->blocks[block];
    uint32_t word;

    EG_TRY(eg__efuse_get(fuses, of->count_at.reg, &word, err));
    fuses->block[block].errors = word >> of->count_at.shift & COUNT_MASK;
    if (of->fail_at.reg != 0 && of->fail_at.reg != of->count_at.reg)
        EG_TRY(eg__efuse_get(fuses, of->fail_at.reg, &word, err));
    fuses->block[block].failed = of->fail_at.reg != 0 && (word >> of->fail_at.shift & 1) != 0;
    return EG_OK;
}

enum eg_code eg_efuse_read_errors(struct eg_efuses *fuses, struct eg_error *err)
{
    if (fuses->chip->family == EG_EFUSE_BLOCK_REGISTERS) {
        uint32_t status;

        EG_TRY(eg__efuse_get(fuses, fuses->chip->dec_status, &status, err));
        for (unsigned block = 1; block < fuses->block_count; block++)
            fuses->block[block].failed = (status & DEC_STATUS_MASK) != 0;
        return EG_OK;
    }
    EG_TRY(read_block0_errors(fuses, err));
    for (unsigned block = 1; block < fuses->block_count; block++)
        EG_TRY(read_coded_errors(fuses, block, err));
    return EG_OK;
}

static enum eg_code read_block(struct eg_efuses *fuses, unsigned block, struct eg_error *err)
{
    const struct eg_efuse_block *of = &fuses->chip->blocks[block];
    struct eg_efuse_content *content = &fuses->block[block];

    content->words = block != 0 && fuses->coding == EG_CODING_3_4 ? WORDS_3_4 : of->words;
    for (unsigned i = 0; i < content->words; i++)
        EG_TRY(eg__efuse_get(fuses, of->read + 4 * i, &content->word[i], err));
    return EG_OK;
}

enum eg_code eg_efuse_read(struct eg_efuses *fuses, struct eg_error *err)
{
    enum eg_code code = EG_OK;

    memset(fuses->block, 0, sizeof fuses->block);
    EG_TRY(read_block(fuses, 0, err));
    if (fuses->chip->family == EG_EFUSE_BLOCK_REGISTERS) {
        fuses->coding = (enum eg_efuse_coding)eg_efuse_number(fuses, "CODING_SCHEME");
        EG_TRY(fuses->io.read(fuses->io.context, APB_CTRL_DATE, &fuses->date, err));
    }
    for (unsigned block = 1; block < fuses->block_count && code == EG_OK; block++) {
        eg__efuse_hide(fuses, fuses->chip->blocks[block].rd != 0);
        code = read_block(fuses, block, err);
        eg__efuse_hide(fuses, false);
    }
    return code == EG_OK ? eg_efuse_read_errors(fuses, err) : code;
}

enum eg_code eg_efuse_open(struct eg_efuses *fuses, const struct eg_target *target,
                           const struct eg_efuse_io *io, uint16_t revision, uint32_t crystal_mhz,
                           struct eg_error *err)
{
    *fuses = (struct eg_efuses){.chip = eg_efuse_of(target),
                                .io = *io,
                                .label = target->label,
                                .revision = revision,
                                .crystal_mhz = crystal_mhz};
    if (fuses->chip == NULL)
        return eg_error_set(err, EG_UNSUPPORTED, "%s has no eFuses that can be read or burnt", target->label);
    fuses->fields = fuses->chip->fields_before != NULL && revision < fuses->chip->fields_from
                        ? fuses->chip->fields_before
                        : fuses->chip->fields;
    while (fuses->chip->blocks[fuses->block_count].name != NULL)
        fuses->block_count++;
    if (eg_efuse_read(fuses, err) != EG_OK)
        return eg_error_prefix(err, "reading eFuses: ");
    return EG_OK;
}
