/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/efuse/virt.h"

#include "engine/base/bytes.h"
#include "engine/base/file.h"
#include "engine/secure/secret.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { CMD_PROGRAM = 2, CMD_OPERATION = 3, CMD_BLOCK_SHIFT = 2, CRYSTAL_MHZ = 40 };

static uint8_t *at(struct eg_efuse_virt *virt, unsigned reg)
{
    return &virt->space[reg];
}

/* Bits of a field of block 0 as it is read: WR_DIS or RD_DIS. */
static uint32_t mask_of(struct eg_efuse_virt *virt, const char *name)
{
    const struct eg_efuse_field *field = virt->chip->fields;

    while (strcmp(field->name, name) != 0)
        field++;
    const uint32_t word = eg_get32(at(virt, virt->chip->blocks[0].read + 4u * field->word));
    return word >> field->pos & (field->bits < 32 ? (1u << field->bits) - 1 : UINT32_MAX);
}

/* What is read-protected reads as zeros: blocks, and fields of blocks that are not. */
static void protect(struct eg_efuse_virt *virt)
{
    const uint32_t hidden = mask_of(virt, "RD_DIS");

    for (const struct eg_efuse_field *field = virt->chip->fields; field->name != NULL; field++) {
        const struct eg_efuse_block *block = &virt->chip->blocks[field->block];

        for (unsigned i = 0; (field->rd & hidden) != 0 && field->parts == NULL && i < field->bits; i++) {
            const unsigned bit = field->word * 32u + field->pos + i;

            /* Halves of a block have protection bits of their own. */
            if (__builtin_popcount(field->rd) == 1)
                *at(virt, block->read + bit / 8) &= (uint8_t) ~(1u << bit % 8);
        }
    }
}

/* Bits of a word of a block that `off`, the bits of WR_DIS, write-protects. */
static uint32_t locked(const struct eg_efuse_virt *virt, uint32_t off, unsigned block, unsigned word)
{
    uint32_t bits = (virt->chip->blocks[block].wr & off) != 0 ? UINT32_MAX : 0;

    for (const struct eg_efuse_field *field = virt->chip->fields; field->name != NULL; field++)
        for (unsigned i = 0; field->block == block && (field->wr & off) != 0 && i < field->bits; i++)
            if (field->parts == NULL && (field->word * 32u + field->pos + i) / 32 == word)
                bits |= 1u << (field->pos + i) % 32;
    return bits;
}

/* 3/4 coding: of eight bytes the first six are seen. */
static uint32_t seen(struct eg_efuse_virt *virt, unsigned from, unsigned word)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < 4; i++) {
        const unsigned byte = 4 * word + i;

        value |= (uint32_t)*at(virt, from + byte / 6 * 8 + byte % 6) << 8 * i;
    }
    return value;
}

/* Protection that is burnt by the same command takes effect afterwards. */
static void burn(struct eg_efuse_virt *virt, unsigned block)
{
    const uint32_t off = mask_of(virt, "WR_DIS");
    const struct eg_efuse_block *of = &virt->chip->blocks[block];
    const bool window = virt->chip->family == EG_EFUSE_PROGRAM_WINDOW;
    const bool coded = !window && block != 0 && mask_of(virt, "CODING_SCHEME") == EG_CODING_3_4;

    for (unsigned i = 0; i < (coded ? 6u : of->words); i++) {
        uint8_t *to = at(virt, of->read + 4 * i);
        const uint32_t word = coded ? seen(virt, of->write, i) : eg_get32(at(virt, of->write + 4 * i));

        eg_put32(to, eg_get32(to) | (word & ~locked(virt, off, block, i)));
    }
}

static enum eg_code store(struct eg_efuse_virt *virt, struct eg_error *err)
{
    const struct eg_file_options options = {.mode = 0600, .replace = true};
    uint8_t reversed[EG_EFUSE_SPACE_MAX];

    if (virt->path == NULL)
        return EG_OK;
    for (size_t i = 0; i < virt->chip->size; i++)
        reversed[i] = virt->space[virt->chip->size - 1u - i];
    const enum eg_code code = eg_file_write(virt->path, reversed, virt->chip->size, &options, err);
    eg_wipe(reversed, sizeof reversed);
    return code;
}

static enum eg_code command(struct eg_efuse_virt *virt, uint32_t word, struct eg_error *err)
{
    if ((word & CMD_OPERATION) == CMD_PROGRAM) {
        if (virt->chip->family == EG_EFUSE_PROGRAM_WINDOW)
            burn(virt, word >> CMD_BLOCK_SHIFT);
        else
            for (unsigned block = 4; block-- > 0;)
                burn(virt, block);
    }
    protect(virt);
    eg_put32(at(virt, virt->chip->cmd), 0);
    return store(virt, err);
}

static bool is_inside(const struct eg_efuse_virt *virt, uint32_t addr)
{
    return addr >= virt->chip->base && addr - virt->chip->base + 4 <= virt->chip->size;
}

/* Other registers read as all ones: they have the last bit of the ESP32's revision 3. */
static enum eg_code virt_read(void *context, uint32_t addr, uint32_t *word, struct eg_error *err)
{
    struct eg_efuse_virt *virt = context;

    (void)err;
    *word = is_inside(virt, addr) ? eg_get32(at(virt, addr - virt->chip->base)) : UINT32_MAX;
    return EG_OK;
}

static enum eg_code virt_write(void *context, uint32_t addr, uint32_t word, uint32_t pause_us,
                               struct eg_error *err)
{
    struct eg_efuse_virt *virt = context;

    (void)pause_us;
    if (!is_inside(virt, addr))
        return EG_OK;
    eg_put32(at(virt, addr - virt->chip->base), word);
    return addr - virt->chip->base == virt->chip->cmd ? command(virt, word, err) : EG_OK;
}

struct eg_efuse_io eg_efuse_virt_io(struct eg_efuse_virt *virt)
{
    return (struct eg_efuse_io){.read = virt_read, .write = virt_write, .context = virt};
}

enum eg_code eg_efuse_virt_open(struct eg_efuse_virt *virt, const struct eg_target *target, const char *path,
                                struct eg_error *err)
{
    static const struct {
        const char *name;
        uint16_t revision;
    } chips[] = {{"esp32", 300}, {"esp32s2", 100}, {"esp32c2", 100}, {"esp32c3", 4}, {"esp32p4", 300}};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    struct stat status;

    *virt = (struct eg_efuse_virt){.target = target, .chip = eg_efuse_of(target), .path = path};
    if (virt->chip == NULL)
        return eg_error_set(err, EG_UNSUPPORTED, "%s has no eFuses that can be read or burnt", target->label);
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++)
        if (strcmp(chips[i].name, target->name) == 0)
            virt->revision = chips[i].revision;
    for (const struct eg_efuse_timing *timing = virt->chip->timing; timing->mhz != 0; timing++)
        if (timing->mhz == CRYSTAL_MHZ || virt->crystal_mhz == 0)
            virt->crystal_mhz = timing->mhz;
    if (path == NULL || stat(path, &status) != 0 || status.st_size != virt->chip->size)
        return EG_OK;
    EG_TRY(eg_file_read(&file, path, EG_EFUSE_SPACE_MAX, err));
    for (size_t i = 0; i < virt->chip->size && i < file.size; i++)
        virt->space[virt->chip->size - 1u - i] = file.data[i];
    eg_wipe(file.data, file.size);
    return EG_OK;
}
