/* SPDX-License-Identifier: Apache-2.0 */

/* Register sequences of both families of controllers: wait, read, burn. */

#include "engine/base/clock.h"
#include "engine/efuse/efuse_internal.h"

enum {
    CONF_READ = 0x5aa5,
    CONF_WRITE = 0x5a5a,
    CMD_READ = 1,
    CMD_PROGRAM = 2,
    CMD_BUSY = 3,
    CMD_BLOCK_SHIFT = 2,
    IDLE_MS = 250,
    PAUSE_US = 1000, /* after a read command nothing may reach the eFuses of a program window controller */
};

enum eg_code eg__efuse_get(const struct eg_efuses *fuses, unsigned reg, uint32_t *word, struct eg_error *err)
{
    return fuses->io.read(fuses->io.context, fuses->chip->base + reg, word, err);
}

static enum eg_code put(const struct eg_efuses *fuses, unsigned reg, uint32_t word, struct eg_error *err)
{
    return fuses->io.write(fuses->io.context, fuses->chip->base + reg, word, 0, err);
}

void eg__efuse_hide(const struct eg_efuses *fuses, bool on)
{
    if (fuses->io.hide != NULL)
        fuses->io.hide(fuses->io.context, on);
}

/* A program window controller may show a false idle once. */
static enum eg_code wait_idle(const struct eg_efuses *fuses, struct eg_error *err)
{
    const bool window = fuses->chip->family == EG_EFUSE_PROGRAM_WINDOW;
    const uint64_t end = eg_clock_ms() + IDLE_MS;
    unsigned idle = 0;

    for (bool late = false;; late = eg_clock_ms() > end) {
        uint32_t word;

        EG_TRY(eg__efuse_get(fuses, fuses->chip->cmd, &word, err));
        idle = (window ? word & CMD_BUSY : word) == 0 ? idle + 1 : 0;
        if (idle == (window ? 2 : 1))
            return EG_OK;
        if (late)
            return eg_error_set(err, EG_TIMEOUT, "the eFuse controller stays busy (command 0x%x)",
                                (unsigned)word);
    }
}

enum eg_code eg__efuse_read_command(const struct eg_efuses *fuses, struct eg_error *err)
{
    const uint32_t pause_us = fuses->chip->family == EG_EFUSE_PROGRAM_WINDOW ? PAUSE_US : 0;

    EG_TRY(wait_idle(fuses, err));
    EG_TRY(put(fuses, fuses->chip->conf, CONF_READ, err));
    EG_TRY(fuses->io.write(fuses->io.context, fuses->chip->base + fuses->chip->cmd, CMD_READ, pause_us, err));
    return wait_idle(fuses, err);
}

const struct eg_efuse_timing *eg__efuse_timing(const struct eg_efuses *fuses)
{
    for (const struct eg_efuse_timing *timing = fuses->chip->timing; timing->mhz != 0; timing++)
        if (timing->mhz == fuses->crystal_mhz)
            return timing;
    return NULL;
}

static enum eg_code set_timing(const struct eg_efuses *fuses, struct eg_error *err)
{
    const struct eg_efuse_timing *timing = eg__efuse_timing(fuses);

    if (timing == NULL)
        return eg_error_set(err, EG_UNSUPPORTED, "%s with a crystal of %u MHz: how to burn is not known",
                            fuses->label, (unsigned)fuses->crystal_mhz);
    for (const struct eg_efuse_step *step = timing->steps; step != NULL && step->mask != 0; step++) {
        uint32_t word;

        EG_TRY(eg__efuse_get(fuses, step->reg, &word, err));
        word = (word & ~step->mask) | (step->value << __builtin_ctz(step->mask) & step->mask);
        EG_TRY(put(fuses, step->reg, word, err));
    }
    return EG_OK;
}

/* One command burns all blocks: those that are not meant must have zeros, even what an earlier program left.
 */
static enum eg_code program_registers(const struct eg_efuses *fuses, unsigned block, const uint32_t *word,
                                      unsigned count, struct eg_error *err)
{
    for (unsigned other = 0; other < fuses->block_count; other++)
        for (unsigned i = 0; i < fuses->chip->blocks[other].words; i++)
            EG_TRY(put(fuses, fuses->chip->blocks[other].write + 4 * i,
                       other == block && i < count ? word[i] : 0, err));
    EG_TRY(set_timing(fuses, err));
    EG_TRY(put(fuses, fuses->chip->conf, CONF_WRITE, err));
    EG_TRY(put(fuses, fuses->chip->cmd, CMD_PROGRAM, err));
    EG_TRY(wait_idle(fuses, err));
    for (unsigned i = 0; i < count; i++)
        EG_TRY(put(fuses, fuses->chip->blocks[block].write + 4 * i, 0, err));
    return EG_OK;
}

/* The whole window: its check bytes would else keep those of a key. */
static enum eg_code clear_window(const struct eg_efuses *fuses, struct eg_error *err)
{
    for (unsigned i = 0; i < EG_EFUSE_CODED_MAX; i++)
        EG_TRY(put(fuses, 4 * i, 0, err));
    return wait_idle(fuses, err);
}

static enum eg_code program_window(const struct eg_efuses *fuses, unsigned block, const uint32_t *word,
                                   unsigned count, struct eg_error *err)
{
    EG_TRY(set_timing(fuses, err));
    EG_TRY(wait_idle(fuses, err));
    EG_TRY(clear_window(fuses, err));
    for (unsigned i = 0; i < count; i++)
        EG_TRY(put(fuses, 4 * i, word[i], err));
    EG_TRY(wait_idle(fuses, err));
    EG_TRY(put(fuses, fuses->chip->conf, CONF_WRITE, err));
    EG_TRY(put(fuses, fuses->chip->cmd, CMD_PROGRAM | block << CMD_BLOCK_SHIFT, err));
    EG_TRY(wait_idle(fuses, err));
    return clear_window(fuses, err);
}

enum eg_code eg__efuse_program(const struct eg_efuses *fuses, unsigned block, const uint32_t *word,
                               unsigned count, struct eg_error *err)
{
    enum eg_code code = EG_OK;

    eg__efuse_hide(fuses, block != 0);
    switch (fuses->chip->family) {
    case EG_EFUSE_BLOCK_REGISTERS:
        code = program_registers(fuses, block, word, count, err);
        break;
    case EG_EFUSE_PROGRAM_WINDOW:
        code = program_window(fuses, block, word, count, err);
        break;
    }
    eg__efuse_hide(fuses, false);
    return code;
}
