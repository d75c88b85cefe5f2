/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Registers as a loader sees them: their values after a reset, and what a write to one sets off.
 *
 * Identity words (MAC, revision, package, security) are computed from the target's fields. The rest comes
 * from the recordings in tests/recordings/ and is in `reset_values`: what the ESP32's clock calibration,
 * straps and SPI registers hold; other registers read zero. The words of the configuration come last. What is
 * in eFuse words then becomes the fuses of a new board; later resets read the fuses. The board reads its own
 * state from its registers, so that eFuses and behaviour agree.
 */

#include "tools/vboard/loader/loader.h"

#include <string.h>

static const struct {
    const char *target;
    uint32_t addr, word;
} reset_values[] = {
    {"esp32", 0x3ff4201c, 0x80000000}, /* SPI_USER */
    {"esp32", 0x3ff42024, 0x70000000}, /* SPI_USER2 */
    {"esp32", 0x3ff44038, 0x0000000f}, /* GPIO_STRAP */
    {"esp32", 0x3ff5a010, 0x00000050}, /* efuse word 4: 8 MHz clock, 80 tenths */
    {"esp32", 0x3ff5f06c, 0x00028000}, /* RTC calibration: with the above a crystal of 40 MHz */
    {"esp32", 0x3ff6607c, 0x16042000}, /* APB_CTRL date; bit 31 is a revision bit */
    /* Code of the ROM, by which some hosts know the chip; of several a chip has had, one. */
    {"esp32c2", 0x40001000, 0x6f51306f},
    {"esp32c3", 0x40001000, 0x1b31506f},
    {"esp32c3", 0x60002014,
     0x00030103}, /* SPI_CLOCK: 10 MHz; of the next, the reset value of ESP-IDF's header */
    {"esp32c2", 0x60002014, 0x00030103},
    {"esp32c5", 0x60003014, 0x00030103},
    {"esp32c6", 0x60003014, 0x00030103},
    {"esp32c61", 0x60003014, 0x00030103},
    {"esp32h2", 0x60003014, 0x00030103},
    {"esp32c3", 0x60002018, 0x800000c0}, /* SPI_USER */
    {"esp32c3", 0x60002020, 0x70000000}, /* SPI_USER2 */
    {"esp32c5", 0x40001000, 0x63e1406f},
    {"esp32c6", 0x40001000, 0x2ce0806f},
    {"esp32c61", 0x40001000, 0x2421606f},
    {"esp32h2", 0x40001000, 0xd7b73e80},
    {"esp32s3", 0x40001000, 0x00000009},
    {"esp8266", 0x6000021c, 0x80000000}, /* as the ESP32's, which has the same controller */
    {"esp8266", 0x60000224, 0x70000000},
};

void vb__registers_reset(struct vb_board *board)
{
    const struct eg_target *target = board->target;

    vb__memory_clear(board);
    for (size_t i = 0; i < sizeof reset_values / sizeof reset_values[0]; i++) {
        if (strcmp(reset_values[i].target, target->name) == 0)
            vb__memory_put(board, reset_values[i].addr, reset_values[i].word);
    }
    vb__identity_burn(board);
    vb__identity_read(board);
    vb__crystal_burn(board);
    vb__attach_burn(board);
    vb__security_burn(board);
    vb__rtc_show(board);
    vb__watchdog_show(board);
    for (unsigned i = 0; i < board->config.register_count; i++)
        vb__memory_put(board, board->config.registers[i].addr, board->config.registers[i].word);
    vb__efuse_reset(board);
    vb__identity_read(board);
    vb__security_reset(board);
    vb__supply_show(board);
}

/* The ESP32 has its peripherals at 0x60000000 too, by another bus; esptool up to 2.8 asks for them there. */
static uint32_t place_of(const struct vb_board *board, uint32_t addr)
{
    const bool other_bus = addr >= 0x60000000 && addr < 0x60040000;

    return other_bus && strcmp(board->target->name, "esp32") == 0 ? addr - 0x60000000 + 0x3ff40000 : addr;
}

uint32_t vb__registers_read(struct vb_board *board, uint32_t addr)
{
    return vb__efuse_look(board, place_of(board, addr));
}

void vb__registers_write(struct vb_board *board, const uint8_t *entries, size_t size)
{
    const uint32_t spi_cmd = board->target->spi.base + board->target->spi.cmd;

    for (size_t at = 0; at + 16 <= size; at += 16) {
        const uint32_t addr = place_of(board, eg_get32(entries + at) & ~UINT32_C(3));
        const uint32_t mask = eg_get32(entries + at + 8);

        vb__busy(board, (uint64_t)eg_get32(entries + at + 12) * 1000);
        if (!vb__watchdog_takes(board, addr) || !vb__efuse_takes(board, addr))
            continue;
        vb__memory_put(board, addr,
                       (vb__memory_get(board, addr) & ~mask) | (eg_get32(entries + at + 4) & mask));
        if (addr == spi_cmd)
            vb__spi_run(board);
        if (vb__efuse_written(board, addr)) {
            vb__identity_read(board);
            vb__security_read(board);
        }
        vb__watchdog_written(board, addr);
        vb__supply_written(board, addr);
        vb__rtc_written(board);
    }
}
