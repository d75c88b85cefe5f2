/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Whether the loader's flash controller reaches the flash: its pins, its address lines, the flash's supply.
 *
 * A ROM starts unattached and takes the pins from SPI_ATTACH (the ESP8266's from any FLASH_BEGIN). A stub
 * attaches itself as it starts, to the pads in eFuse or the strap where its chip has them. When nothing
 * answers, the line reads as ones; a status register of ones says busy, so a loader that erases or programs
 * waits for ever.
 *
 * The ESP32-P4 of certain revisions starts its loader with the flash's supply off. The supply is on once the
 * writes of the target's list have been made, in their order.
 */

#include "tools/vboard/flash/flash.h"

#include "tools/vboard/chip/chip.h"

#include <string.h>

#define PACK(clk, q, d, hd, cs)                                                                              \
    ((uint32_t)(clk) | (uint32_t)(q) << 6 | (uint32_t)(d) << 12 | (uint32_t)(cs) << 18 | (uint32_t)(hd) << 24)

/* Pins that VB_PINS_DEFAULT and VB_PINS_HSPI mean, from the pin headers of esp-stub-lib. */
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

/* The pads in eFuse and their places in the word. They have five bits: 30 and 31 mean 32 and 33. */
static const struct {
    enum eg_field_id field;
    unsigned shift;
} pads[] = {
    {EG_FIELD_PAD_CLK, 0}, {EG_FIELD_PAD_Q, 6},   {EG_FIELD_PAD_D, 12},
    {EG_FIELD_PAD_CS, 18}, {EG_FIELD_PAD_HD, 24},
};

#define PAD_MAX_PLAIN 29u

/* The ESP32's strapping register: bits 2 to 4 say whether the flash is at HSPI. */
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

void vb__attach_burn(struct vb_board *board)
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

void vb__attach_reset(struct vb_board *board)
{
    board->attach.pins = VB__UNATTACHED;
    board->attach.addr_mask = VB__ADDR_24;
}

uint32_t vb__attach_drive(struct vb_board *board, uint32_t addr_mask)
{
    const uint32_t before = board->attach.addr_mask;

    board->attach.addr_mask = addr_mask;
    return before;
}

void vb__attach_size(struct vb_board *board, uint32_t size)
{
    board->attach.size = size;
}

bool vb__attach_reaches(const struct vb_board *board, uint32_t addr, uint32_t size)
{
    return board->attach.addr_mask == UINT32_MAX ||
           (size <= board->attach.size && addr <= board->attach.size - size);
}

void vb__attach(struct vb_board *board, uint32_t word)
{
    board->attach.pins = normal(board, word);
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

/* The list of writes that switches this board's flash on; NULL = it is on. */
static const struct eg_register_write *supply_list(struct vb_board *board)
{
    const struct eg_target *target = board->target;

    if (target->flash_on == NULL || board->identity.revision < target->flash_on_from ||
        board->identity.revision > target->flash_on_to)
        return NULL;
    return board->identity.revision == target->flash_on_to && vb__field(board, EG_FIELD_DOWNLOAD_XPD_ON) != 0
               ? target->flash_on_already
               : target->flash_on;
}

void vb__supply_reset(struct vb_board *board)
{
    board->attach.supplied = false;
    board->attach.step = 0;
}

void vb__supply_show(struct vb_board *board)
{
    const struct eg_register_write *list = supply_list(board);

    if (list == NULL || board->attach.supplied)
        return;
    board->attach.step = 0;
    /* The bits that must be cleared are set. */
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
void vb__supply_written(struct vb_board *board, uint32_t addr)
{
    const struct eg_register_write *list = supply_list(board);
    struct vb__attach *const attach = &board->attach;

    if (list == NULL || attach->supplied)
        return;
    while (list[attach->step].addr == addr && done(&list[attach->step], vb__memory_get(board, addr)))
        attach->step++;
    attach->supplied = list[attach->step].addr == 0;
}

bool vb__flash_answers(struct vb_board *board)
{
    if (board->part->jedec == VB_NO_FLASH || board->spi.asleep || vb__faulty(board, VB__FLASH_OFF))
        return false;
    if (!vb__listening(board))
        return true;
    return board->attach.pins == normal(board, board->config.spi_pins) &&
           (supply_list(board) == NULL || board->attach.supplied);
}
