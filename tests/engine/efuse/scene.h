/* SPDX-License-Identifier: Apache-2.0 */

/* A virtual chip with a plan, and a power cut at a chosen burn. */

#ifndef TESTS_ENGINE_EFUSE_SCENE_H
#define TESTS_ENGINE_EFUSE_SCENE_H

#include "engine/base/bytes.h"
#include "engine/efuse/plan.h"
#include "engine/efuse/virt.h"
#include "tests/fakes/check.h"

#include <string.h>

struct scene {
    struct eg_efuse_virt virt;
    struct eg_efuses fuses;
    struct eg_efuse_plan plan;
    struct eg_error err;
    char said[2000];    /* all log messages */
    unsigned programs;  /* program commands so far */
    unsigned order[32]; /* their blocks */
    int cut;            /* program command at which the power is cut; negative = none */
    uint32_t subset;    /* its bits that are burnt */
    uint32_t stuck;     /* bits of the last word that never burn */
    bool dead;          /* no power */
    bool silent_after;  /* the chip does not answer after the next program command */
    int reopened; /* state that a new connection finds: 0 = nothing, 1 = loader, 2 = secure download mode, 3 =
                     no loader */
    uint32_t window_after; /* the OR of the program window after the last burn */
};

static inline struct eg_efuse_io scene_virt_io(struct scene *scene)
{
    return eg_efuse_virt_io(&scene->virt);
}

static inline enum eg_code scene_read(void *context, uint32_t addr, uint32_t *word, struct eg_error *err)
{
    struct scene *scene = context;
    const struct eg_efuse_io io = scene_virt_io(scene);

    if (scene->dead)
        return eg_error_set(err, EG_PORT_GONE, "no power");
    return io.read(io.context, addr, word, err);
}

/* Interrupt a burn, so that the block is not a code word; a complete burn repairs it. */
static inline void scene_mark(struct scene *scene, unsigned block, bool bad)
{
    const struct eg_efuse_block *of = &scene->virt.chip->blocks[block];
    uint8_t *at = scene->virt.space + of->fail_at.reg;

    if (of->fail_at.reg != 0)
        eg_put32(at, (eg_get32(at) & ~EG_BIT(of->fail_at.shift)) | (bad ? EG_BIT(of->fail_at.shift) : 0));
}

static inline unsigned scene_block(const struct scene *scene, uint32_t command)
{
    if (scene->virt.chip->family == EG_EFUSE_PROGRAM_WINDOW)
        return command >> 2;
    for (unsigned block = 0; block < 4; block++)
        for (unsigned i = 0; i < 8; i++)
            if (scene->virt.chip->blocks[block].words > i &&
                eg_get32(scene->virt.space + scene->virt.chip->blocks[block].write + 4 * i) != 0)
                return block;
    return 0;
}

static inline enum eg_code scene_program(struct scene *scene, uint32_t addr, uint32_t command,
                                         struct eg_error *err)
{
    const struct eg_efuse_io io = scene_virt_io(scene);
    const unsigned block = scene_block(scene, command);
    uint8_t *at = scene->virt.space + scene->virt.chip->blocks[block].write;
    const bool cut = scene->cut == (int)scene->programs;

    assert_true(scene->programs < 32);
    scene->order[scene->programs++] = block;
    for (unsigned i = 0; cut && i < scene->virt.chip->blocks[block].words; i++)
        eg_put32(at + 4 * i, eg_get32(at + 4 * i) & (scene->subset >> i | scene->subset << (31 - i)));
    const unsigned last = scene->virt.chip->blocks[block].words - 1u;
    eg_put32(at + 4 * last, eg_get32(at + 4 * last) & ~scene->stuck);
    assert_int_equal(io.write(io.context, addr, command, 0, err), EG_OK);
    scene_mark(scene, block, cut);
    if (!cut && !scene->silent_after)
        return EG_OK;
    scene->dead = true;
    return cut ? eg_error_set(err, EG_PORT_GONE, "no power") : EG_OK;
}

static inline enum eg_code scene_write(void *context, uint32_t addr, uint32_t word, uint32_t pause_us,
                                       struct eg_error *err)
{
    struct scene *scene = context;
    const struct eg_efuse_io io = scene_virt_io(scene);

    if (scene->dead)
        return eg_error_set(err, EG_PORT_GONE, "no power");
    if (addr == scene->virt.chip->base + scene->virt.chip->cmd && (word & 3) == 2)
        return scene_program(scene, addr, word, err);
    return io.write(io.context, addr, word, pause_us, err);
}

static inline enum eg_code scene_reconnect(void *context, bool *secure, struct eg_error *err)
{
    struct scene *scene = context;

    if (scene->reopened == 0)
        return eg_error_set(err, EG_NO_SYNC, "nothing answers");
    if (scene->reopened == 3)
        return eg_error_set(err, EG_SECURED, "download mode is disabled");
    scene->dead = false;
    scene->silent_after = false;
    *secure = scene->reopened == 2;
    return EG_OK;
}

static inline void scene_say(void *context, const char *text)
{
    struct scene *scene = context;

    strncat(scene->said, text, sizeof scene->said - strlen(scene->said) - 2);
    strcat(scene->said, "\n");
}

/** Open the eFuses, or open them again after a power cut, with a new plan. */
static inline void scene_open(struct scene *scene)
{
    const struct eg_efuse_io io = {scene_read, scene_write, NULL, scene_reconnect, scene};

    scene->dead = false;
    scene->cut = -1;
    scene->programs = 0;
    eg_efuse_plan_finish(&scene->plan);
    assert_int_equal(eg_efuse_open(&scene->fuses, scene->virt.target, &io, scene->virt.revision,
                                   scene->virt.crystal_mhz, &scene->err),
                     EG_OK);
    assert_int_equal(eg_efuse_plan_init(&scene->plan, &scene->fuses, &scene->err), EG_OK);
    scene->plan.say = scene_say;
    scene->plan.context = scene;
}

static inline void scene_begin(struct scene *scene, const char *chip)
{
    *scene = (struct scene){.cut = -1};
    assert_int_equal(eg_efuse_virt_open(&scene->virt, eg_target_by_name(chip), NULL, &scene->err), EG_OK);
    scene_open(scene);
}

static inline void scene_end(struct scene *scene)
{
    eg_efuse_plan_finish(&scene->plan);
    eg_efuse_finish(&scene->fuses);
}

static inline void scene_want(struct scene *scene, const char *name, uint32_t number)
{
    assert_int_equal(
        eg_efuse_want_number(&scene->plan, eg_efuse_find(&scene->fuses, name), number, &scene->err), EG_OK);
}

static inline enum eg_code scene_want_key(struct scene *scene, const char *block, const char *purpose,
                                          uint8_t seed, size_t size)
{
    uint8_t data[64];

    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(seed + 7 * i);
    return eg_efuse_want_key(
        &scene->plan, &(struct eg_efuse_key){.block = block, .purpose = purpose, .data = data, .size = size},
        &scene->err);
}

static inline void scene_burn(struct scene *scene)
{
    if (eg_efuse_decide(&scene->plan, &scene->err) != EG_OK ||
        eg_efuse_burn(&scene->plan, &scene->err) != EG_OK)
        fail_msg("%s", scene->err.text);
}

/** Check the code and the whole sentence. */
#define scene_refused(scene, call, expected, sentence)                                                       \
    do {                                                                                                     \
        assert_int_equal((call), (expected));                                                                \
        assert_string_equal((scene)->err.text, (sentence));                                                  \
    } while (0)

#endif
