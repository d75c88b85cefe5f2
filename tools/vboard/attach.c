/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Whether the loader's flash controller reaches the flash: the pins it was attached to, and the supply.
 *
 * A ROM begins unattached and takes the pins from SPI_ATTACH (the ESP8266's from any FLASH_BEGIN); a stub
 * attaches itself as it starts, to the pads in efuse or the strap where its chip has them. Where nothing
 * answers the line reads as ones, a status register of ones says busy, and so whoever erases or programs
 * waits for ever.
 *
 * The ESP32-P4 of certain revisions comes up in its loader with the flash's supply off; it is on once the
 * writes of the target's list have been made, in their order.
 */

#include "tools/vboard/board_internal.h"

#include <string.h>

#define PACK(clk, q, d, hd, cs)                                                                              \
    ((uint32_t)(clk) | (uint32_t)(q) << 6 | (uint32_t)(d) << 12 | (uint32_t)(cs) << 18 | (uint32_t)(hd) << 24)

/* Pins that a word without pins stands for: from the pin headers of esp-stub-lib. */
static const struct {
    const char *target;
    uint32_t word, pins;
} named[] = {
    {"esp32", VB_PINS_DEFAULT, PACK(6, 7, 8, 9, 11)},
    {"esp32", VB_PINS_HSPI, PACK(14, 12, 13, 4, 15)},
    {"esp32c2", VB_PINS_DEFAULT, PACK(15, 17, 16, 12, 14)},
    {"esp32c3", VB_PINS_DEFAULT, PACK(15, 17, 16, 12, 14)},
    {"esp32c5", VB_PINS_DEFAULT, PACK(21, 17, 22, 20, 16)},
    {"esp32c6", VB_PINS_DEFAULT, PACK(29, 25, 30, 28, 24)},
    {"esp32h2", VB_PINS_DEFAULT, PACK(19, 16, 20, 18, 15)},
    {"esp32s2", VB_PINS_DEFAULT, PACK(30, 31, 32, 27, 29)},
    {"esp32s3", VB_PINS_DEFAULT, PACK(30, 31, 32, 27, 29)},
};

/* The pads in efuse, in the order of the word, and their places in it. Five bits: 30 and 31 stand for 32 and
 * 33. */
static const struct {
    enum eg_field_id field;
    unsigned shift;
} pads[] = {
    {EG_FIELD_PAD_CLK, 0}, {EG_FIELD_PAD_Q, 6},   {EG_FIELD_PAD_D, 12},
    {EG_FIELD_PAD_CS, 18}, {EG_FIELD_PAD_HD, 24},
};

#define PAD_MAX_PLAIN 29u

/* The ESP32's strapping register, where "flash at HSPI" is told by bits 2 to 4. */
#define STRAP_ADDR      0x3ff44038u
#define STRAP_BOOT_MASK 0x1cu
#define STRAP_HSPI      0x08u

static uint32_t normal(const struct vb_board *board, uint32_t word)
{
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (named[i].pins == word && strcmp(named[i].target, board->target->name) == 0)
            return named[i].word;
    }
    return word;
}

static bool has_pads(const struct vb_board *board)
{
    return (board->target->quirks & EG_QUIRK_EFUSE_PADS) != 0;
}

void vb__attach_reset(struct vb_board *board)
{
    const uint32_t pins = normal(board, board->config.spi_pins);

    if (!has_pads(board) || pins == VB_PINS_DEFAULT)
        return;
    if (pins == VB_PINS_HSPI) {
        vb__memory_put(board, STRAP_ADDR,
                       (vb__memory_get(board, STRAP_ADDR) & ~STRAP_BOOT_MASK) | STRAP_HSPI);
        return;
    }
    for (size_t i = 0; i < sizeof pads / sizeof pads[0]; i++) {
        const uint32_t pin = pins >> pads[i].shift & VB__PIN_MASK;

        vb__put_field(board, pads[i].field, pin > PAD_MAX_PLAIN ? pin - 2 : pin);
    }
}

void vb__attach(struct vb_board *board, uint32_t word)
{
    board->attached_to = normal(board, word);
}

void vb__attach_itself(struct vb_board *board)
{
    uint32_t word = 0;

    for (size_t i = 0; i < sizeof pads / sizeof pads[0] && has_pads(board); i++) {
        const uint32_t pad = vb__field(board, pads[i].field);

        word |= (pad > PAD_MAX_PLAIN ? pad + 2 : pad) << pads[i].shift;
    }
    if (has_pads(board) && word == 0 && (vb__memory_get(board, STRAP_ADDR) & STRAP_BOOT_MASK) == STRAP_HSPI)
        word = VB_PINS_HSPI;
    vb__attach(board, word);
}

/* The list that switches this board's flash on; NULL = it is on. */
static const struct eg_register_write *power_list(struct vb_board *board)
{
    const struct eg_target *target = board->target;

    if (target->flash_on == NULL || board->revision < target->flash_on_from ||
        board->revision > target->flash_on_to)
        return NULL;
    return board->revision == target->flash_on_to && vb__field(board, EG_FIELD_DOWNLOAD_XPD_ON) != 0
               ? target->flash_on_already
               : target->flash_on;
}

void vb__power_reset(struct vb_board *board)
{
    const struct eg_register_write *list = power_list(board);

    if (list == NULL || board->rtc.flash_on)
        return;
    board->rtc.flash_step = 0;
    /* What must be cleared is set. */
    for (; list->addr != 0; list++)
        vb__memory_put(board, list->addr, vb__memory_get(board, list->addr) | list->clear_mask);
}

static bool done(const struct eg_register_write *row, uint32_t word)
{
    if (row->set_mask == 0 && row->clear_mask == 0)
        return word == row->value;
    return (word & row->set_mask) == row->set_mask && (word & row->clear_mask) == 0;
}

/* One write may do the work of several rows. */
void vb__power_written(struct vb_board *board, uint32_t addr)
{
    const struct eg_register_write *list = power_list(board);
    struct vb__rtc *rtc = &board->rtc;

    if (list == NULL || rtc->flash_on)
        return;
    while (list[rtc->flash_step].addr == addr && done(&list[rtc->flash_step], vb__memory_get(board, addr)))
        rtc->flash_step++;
    rtc->flash_on = list[rtc->flash_step].addr == 0;
}

bool vb__flash_answers(struct vb_board *board)
{
    if (board->part->jedec == VB_NO_FLASH || board->asleep)
        return false;
    if (board->state != VB__ROM && board->state != VB__STUB)
        return true;
    return board->attached_to == normal(board, board->config.spi_pins) &&
           (power_list(board) == NULL || board->rtc.flash_on);
}
