/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Why does flash not hold what it should? The first sector that differs is found by digests and read twice;
 * the flash's id and status registers tell the rest. Causes have codes of their own where they need different
 * remedies. A board that passes costs nothing of this.
 */

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/loader/loader_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    STUCK_MAX = 8,  /* wrong bits in one sector that are taken for bad cells */
    LINE_MAX = 4,   /* bits of a byte that come over a broken data line */
    CLEAR_MIN = 16, /* bytes that must differ before it is a matter of all bytes */
    SHIFT_MAX = 16, /* bits */
};

#define COMPLEMENT 0x4000u /* CMP: blocks that BP0 to BP2 do not name are protected */
#define PROTECT    0x001cu /* BP0, BP1, BP2 */

/* Bits of the status registers as most parts name them; some have other names for 5 and 6. */
static const struct {
    uint16_t bit;
    const char *name;
} status_bits[] = {
    {0x0004, "BP0"},     {0x0008, "BP1"},  {0x0010, "BP2"},  {0x0020, "BP3/TB"},
    {0x0040, "BP4/SEC"}, {0x0080, "SRP0"}, {0x0100, "SRP1"}, {0x4000, "CMP"},
};

/* Narrow `*addr`, `*size`, a stretch that differs from `*wanted`, to its first sector that does. */
static enum eg_code first_bad_sector(struct eg_loader *loader, uint32_t *addr, const uint8_t **wanted,
                                     uint32_t *size, struct eg_error *err)
{
    for (uint32_t sectors; (sectors = eg_div_up(*addr % EG_FLASH_SECTOR + *size, EG_FLASH_SECTOR)) > 1;) {
        const uint32_t half = eg_div_up(sectors, 2) * EG_FLASH_SECTOR - *addr % EG_FLASH_SECTOR;
        uint8_t chip[EG_MD5_SIZE], here[EG_MD5_SIZE];

        EG_TRY(eg_loader_md5(loader, *addr, half, chip, err));
        EG_TRY(eg_md5(here, *wanted, half, err));
        if (memcmp(chip, here, sizeof chip) != 0) {
            *size = half;
            continue;
        }
        *addr += half;
        *wanted += half;
        *size -= half;
    }
    return EG_OK;
}

static unsigned bits_of(uint8_t byte)
{
    unsigned count = 0;

    for (; byte != 0; byte &= (uint8_t)(byte - 1))
        count++;
    return count;
}

/* What differs between what a sample is and what is wanted. */
struct difference {
    uint32_t bytes, first;
    unsigned ones, zeros; /* bits that are 1, or 0, and should be the other */
    uint8_t places;       /* bits of a byte that are wrong anywhere */
};

static struct difference compare(const uint8_t *is, const uint8_t *wanted, uint32_t size)
{
    struct difference d = {.first = size};

    for (uint32_t i = 0; i < size; i++) {
        const uint8_t wrong = is[i] ^ wanted[i];
        if (wrong == 0)
            continue;
        if (d.bytes++ == 0)
            d.first = i;
        d.ones += bits_of(wrong & is[i]);
        d.zeros += bits_of(wrong & wanted[i]);
        d.places |= wrong;
    }
    return d;
}

static bool erased(const struct eg__sample *sample)
{
    for (uint32_t i = 0; i < sample->size; i++)
        if (sample->is[i] != 0xff)
            return false;
    return true;
}

/* "bit 3", "bits 1, 5". */
static void name_bits(char text[32], uint8_t bits)
{
    size_t size = (size_t)snprintf(text, 32, "bit%s", bits_of(bits) == 1 ? "" : "s");
    const char *comma = " ";

    for (unsigned i = 0; i < 8; i++) {
        if ((bits & 1u << i) == 0)
            continue;
        size += (size_t)snprintf(text + size, 32 - size, "%s%u", comma, i);
        comma = ", ";
    }
}

static enum eg_code noisy(const struct eg__sample *sample, struct eg_error *err)
{
    const struct difference d = compare(sample->is, sample->again, sample->size);

    return eg_error_set(err, EG_FLASH_NOISY,
                        "sector 0x%08" PRIx32 " reads differently each time, in %" PRIu32 " of %" PRIu32
                        " bytes: check the flash's supply and wiring%s",
                        sample->flash_addr, d.bytes, sample->size,
                        sample->checked ? "" : ", and the cable, as a ROM sends no checksum");
}

/* The byte at a number of bits after the beginning; it lies inside. */
static uint8_t byte_at_bit(const uint8_t *data, uint32_t bit)
{
    return (uint8_t)((data[bit / 8] << 8 | data[bit / 8 + 1]) >> (8 - bit % 8));
}

static bool is_shifted_by(const struct eg__sample *sample, int bits)
{
    const uint32_t edge = SHIFT_MAX / 8;

    for (uint32_t i = edge; i + edge + 1 < sample->size; i++)
        if (sample->is[i] != byte_at_bit(sample->wanted, (uint32_t)((int32_t)(8 * i) + bits)))
            return false;
    return true;
}

/* By how many bits it reads too late (or too early, if negative); 0 = something else. */
static int shift_of(const struct eg__sample *sample)
{
    for (int bits = 1; bits <= SHIFT_MAX; bits++) {
        if (is_shifted_by(sample, bits))
            return bits;
        if (is_shifted_by(sample, -bits))
            return -bits;
    }
    return 0;
}

static enum eg_code shifted(const struct eg__sample *sample, int bits, struct eg_error *err)
{
    return eg_error_set(err, EG_FLASH_SHIFTED,
                        "sector 0x%08" PRIx32
                        " reads shifted by %d bit%s: the flash is read in a mode that it "
                        "is not in; reset it by a power cycle, and check its WP and HOLD pins and what is "
                        "burned for them",
                        sample->flash_addr, bits < 0 ? -bits : bits, bits == 1 || bits == -1 ? "" : "s");
}

/* The bits of a byte that are 1, or 0, in every byte. */
static uint8_t always(const uint8_t *data, uint32_t size, bool value)
{
    uint8_t bits = 0xff;

    for (uint32_t i = 0; i < size; i++)
        bits &= value ? data[i] : (uint8_t)~data[i];
    return bits;
}

/* Whether the bits at these places always read `value`, and should not. */
static bool is_broken_line(const struct eg__sample *sample, uint8_t places, bool value)
{
    return bits_of(places) <= LINE_MAX && (always(sample->is, sample->size, value) & places) == places &&
           (always(sample->wanted, sample->size, !value) & places) == 0;
}

static enum eg_code broken_line(const struct eg__sample *sample, uint8_t places, bool value,
                                struct eg_error *err)
{
    char bits[32];

    name_bits(bits, places);
    return eg_error_set(err, EG_STUCK_BITS,
                        "%s of every byte from 0x%08" PRIx32 " read%s %d: check the solder joints of the "
                        "flash's data pins",
                        bits, sample->flash_addr, bits_of(places) == 1 ? "s" : "", value);
}

static enum eg_code stuck(const struct eg__sample *sample, const struct difference *d, struct eg_error *err)
{
    const uint8_t wrong = sample->is[d->first] ^ sample->wanted[d->first];
    char bits[32], more[48] = "";

    if (d->bytes > 1)
        snprintf(more, sizeof more, ", and so in %" PRIu32 " more byte%s of its sector", d->bytes - 1,
                 d->bytes == 2 ? "" : "s");
    name_bits(bits, wrong);
    return eg_error_set(err, EG_STUCK_BITS, "%s of 0x%08" PRIx32 " stay%s %d%s: replace the flash", bits,
                        sample->flash_addr + d->first, bits_of(wrong) == 1 ? "s" : "", d->ones != 0, more);
}

static bool is_protected(const struct eg__sample *sample)
{
    return sample->has_status && (sample->status & (PROTECT | COMPLEMENT)) != 0;
}

static enum eg_code protected(const struct eg__sample *sample, struct eg_error *err) {
    char names[64] = ""; size_t size = 0;

    for (size_t i = 0; i < sizeof status_bits / sizeof status_bits[0];
         i++) if ((sample->status & status_bits[i].bit) != 0) size +=
    (size_t)snprintf(names + size, sizeof names - size, "%s%s", size > 0 ? ", " : "", status_bits[i].name);
    return eg_error_set(err, EG_FLASH_PROTECTED,
                        "sector 0x%08" PRIx32
                        " is unchanged, the flash is write-protected (its status is 0x%04x: "
                        "%s): pull its WP pin high and clear these bits with write-flash-status",
                        sample->flash_addr, (unsigned)sample->status, names);
}

enum eg_code eg__flash_cause(const struct eg__sample *sample, struct eg_error *err)
{
    const struct difference d = compare(sample->is, sample->wanted, sample->size);
    const bool much = d.bytes >= CLEAR_MIN;

    if (memcmp(sample->is, sample->again, sample->size) != 0)
        return noisy(sample, err);
    if (d.bytes == 0)
        return eg_error_set(err, EG_VERIFY_MISMATCH,
                            "the chip's digest is not the job's, but sector 0x%08" PRIx32
                            " reads as it should",
                            sample->flash_addr);
    const int shift = much ? shift_of(sample) : 0;
    if (shift != 0)
        return shifted(sample, shift, err);
    for (int value = 0; much && value <= 1; value++)
        if (is_broken_line(sample, d.places, value == 1))
            return broken_line(sample, d.places, value == 1, err);
    if (sample->written && d.ones + d.zeros <= STUCK_MAX && (d.ones == 0 || d.zeros == 0))
        return stuck(sample, &d, err);
    if (is_protected(sample) && (sample->written || erased(sample)))
        return protected(sample, err);
    if (sample->written && erased(sample))
        return eg_error_set(err, EG_NOT_WRITTEN,
                            "sector 0x%08" PRIx32
                            " is still erased, the board answered OK but wrote nothing: "
                            "check the flash's supply, or replace the flash",
                            sample->flash_addr);
    return eg_error_set(err, EG_VERIFY_MISMATCH,
                        "0x%08" PRIx32 " holds 0x%02x instead of 0x%02x, %" PRIu32 " of %" PRIu32
                        " bytes of sector 0x%08" PRIx32 " differ",
                        sample->flash_addr + d.first, sample->is[d.first], sample->wanted[d.first], d.bytes,
                        sample->size, sample->flash_addr & ~(uint32_t)(EG_FLASH_SECTOR - 1));
}

/* EG_OK: the sample is there. EG_FLASH_ABSENT, with its sentence, when the flash is gone. */
static enum eg_code look(struct eg_loader *loader, struct eg__sample *sample, uint8_t is[EG_FLASH_SECTOR],
                         uint8_t again[EG_FLASH_SECTOR], struct eg_error *err)
{
    struct eg_flash_info ignored;

    const enum eg_code code = eg_loader_flash_info(loader, &ignored, err);
    if (code == EG_FLASH_ABSENT)
        return eg_error_set(err, EG_FLASH_ABSENT,
                            "the flash does not answer any more: check its supply and its solder joints");
    EG_TRY(code);
    EG_TRY(first_bad_sector(loader, &sample->flash_addr, &sample->wanted, &sample->size, err));
    EG_TRY(eg_loader_read_flash(loader, sample->flash_addr, is, sample->size, NULL, NULL, err));
    EG_TRY(eg_loader_read_flash(loader, sample->flash_addr, again, sample->size, NULL, NULL, err));
    sample->has_status = !loader->secure_download;
    if (sample->has_status)
        EG_TRY(eg_loader_read_status(loader, 2, &sample->status, err));
    return EG_OK;
}

enum eg_code eg_loader_diagnose(struct eg_loader *loader, uint32_t flash_addr, const uint8_t *wanted,
                                uint32_t size, bool written, struct eg_error *err)
{
    uint8_t is[EG_FLASH_SECTOR], again[EG_FLASH_SECTOR];
    struct eg__sample sample = {.flash_addr = flash_addr,
                                .is = is,
                                .again = again,
                                .wanted = wanted,
                                .size = size,
                                .written = written,
                                .checked = loader->stub};
    struct eg_error why;

    const enum eg_code code = look(loader, &sample, is, again, &why);
    if (code == EG_OK)
        return eg__flash_cause(&sample, err);
    if (code == EG_CANCELLED || code == EG_FLASH_ABSENT)
        *err = why;
    return err->code;
}
