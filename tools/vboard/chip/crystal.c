/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The crystal, and the UART rates that result from it.
 *
 * A ROM computes its divider for the crystal it expects. With another crystal the rate is off by the ratio of
 * the two. That is why the boot log of an ESP8266 or an ESP32-C2 with 26 MHz comes at 74880 baud, and why
 * hosts send such ROMs another number than the rate they want. The ESP32's ROM measures its crystal against
 * an RC oscillator and inherits the error of that. Stubs compute the right rate.
 */

#include "tools/vboard/chip/chip.h"

#include <string.h>

#define LOG_BAUD     115200u
#define MHZ          1000000u
#define EXPECTED_MHZ 40u /* by ROMs that do not say */
#define CRYSTALS_MAX 3

/* Crystals a chip comes with, the usual one first. Chips without a row have the one of their target, or 40
 * MHz. */
static const struct {
    const char *target;
    uint8_t mhz[CRYSTALS_MAX];
} crystals[] = {
    {"esp8266", {26, 40, 24}},
    {"esp32", {40, 26, 24}},
    {"esp32c2", {40, 26}},
    {"esp32c5", {48, 40}},
};

/* What an ESP32 with such a crystal measures: a little too much, because of its RC oscillator. The value for
 * 40 MHz is in the recordings. */
static const struct {
    uint8_t mhz;
    uint32_t cali;
} measured[] = {{26, 840}, {24, 776}};

/* Rates below which a ROM does not find the host's rate. */
static const struct {
    const char *target;
    uint32_t baud;
} lowest[] = {{"esp32c2", 115200}};

static const uint8_t *crystals_of(const struct eg_target *target)
{
    for (size_t i = 0; i < sizeof crystals / sizeof crystals[0]; i++) {
        if (strcmp(crystals[i].target, target->name) == 0)
            return crystals[i].mhz;
    }
    return NULL;
}

static uint32_t usual(const struct eg_target *target)
{
    const uint8_t *known = crystals_of(target);

    if (target->crystal.fixed_mhz != 0)
        return target->crystal.fixed_mhz;
    return known != NULL ? known[0] : EXPECTED_MHZ;
}

uint32_t vb__crystal_mhz(const struct vb_board *board)
{
    return board->config.crystal_mhz != 0 ? board->config.crystal_mhz : usual(board->target);
}

static bool comes_with(const struct eg_target *target, uint32_t mhz)
{
    const uint8_t *known = crystals_of(target);

    if (mhz == usual(target))
        return true;
    for (size_t i = 0; known != NULL && i < CRYSTALS_MAX; i++) {
        if (known[i] == mhz)
            return true;
    }
    return false;
}

enum eg_code vb__crystal_check(const struct vb_config *config, struct eg_error *err)
{
    const struct eg_target *target = config->target;

    if (config->crystal_mhz != 0 && !comes_with(target, config->crystal_mhz))
        return eg_error_set(err, EG_BAD_JOB, "%s comes with no crystal of %u MHz", target->label,
                            config->crystal_mhz);
    if (config->rom_crystal_mhz == 0)
        return EG_OK;
    if (!eg_field_exists(&target->field[EG_FIELD_ROM_CRYSTAL]))
        return eg_error_set(err, EG_BAD_JOB, "the ROM of %s does not say which crystal it expects",
                            target->label);
    if (!comes_with(target, config->rom_crystal_mhz))
        return eg_error_set(err, EG_BAD_JOB, "the ROM of %s expects no crystal of %u MHz", target->label,
                            config->rom_crystal_mhz);
    return EG_OK;
}

void vb__crystal_burn(struct vb_board *board)
{
    const uint8_t expected = board->config.rom_crystal_mhz;

    vb__put_field(board, EG_FIELD_ROM_CRYSTAL, expected != 0 ? expected : vb__crystal_mhz(board));
    for (size_t i = 0; i < sizeof measured / sizeof measured[0]; i++) {
        if (measured[i].mhz == vb__crystal_mhz(board))
            vb__put_field(board, EG_FIELD_RTC_CALI, measured[i].cali);
    }
}

/* What the ROM takes the crystal for. */
static uint64_t expected_hz(struct vb_board *board)
{
    uint64_t hz = 0;

    switch (board->target->rom_baud) {
    case EG_ROM_BAUD_PLAIN:
        hz = (uint64_t)vb__crystal_mhz(board) * MHZ;
        break;
    case EG_ROM_BAUD_RTC_CALIBRATION:
        hz =
            (uint64_t)vb__field(board, EG_FIELD_RTC_CALI) * 15625 * vb__field(board, EG_FIELD_CK8M_FREQ) / 40;
        break;
    case EG_ROM_BAUD_NONE:
    case EG_ROM_BAUD_CRYSTAL_RATIO:
        hz = (uint64_t)vb__field(board, EG_FIELD_ROM_CRYSTAL) * MHZ;
        break;
    }
    return hz != 0 ? hz : EXPECTED_MHZ * MHZ;
}

uint32_t vb__rom_baud(struct vb_board *board, uint32_t word)
{
    return (uint32_t)((uint64_t)word * vb__crystal_mhz(board) * MHZ / expected_hz(board));
}

/* The ESP32's ROM knows its crystal well enough for its log. */
uint32_t vb__log_baud(struct vb_board *board)
{
    return board->target->rom_baud == EG_ROM_BAUD_RTC_CALIBRATION ? LOG_BAUD : vb__rom_baud(board, LOG_BAUD);
}

void vb__crystal_divide(struct vb_board *board, uint32_t baud)
{
    const struct eg_target *target = board->target;
    const uint32_t clocks = vb__crystal_mhz(board) * MHZ / baud * target->crystal.divisor;

    /* The ROM's measurement comes out one short: 0x15a at 115200 baud in the recordings. */
    if (target->crystal.clkdiv_addr != 0 && clocks != 0)
        vb__memory_put(board, target->crystal.clkdiv_addr, clocks - 1);
}

bool vb__autobauds(const struct vb_board *board, uint32_t baud)
{
    for (size_t i = 0; i < sizeof lowest / sizeof lowest[0]; i++) {
        if (strcmp(lowest[i].target, board->target->name) == 0 && baud < lowest[i].baud)
            return false;
    }
    return true;
}
