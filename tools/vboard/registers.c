/* SPDX-License-Identifier: Apache-2.0 */

/*
 * RAM and registers: words that hold what was written to them, with the chip's values after a reset.
 *
 * Identity words (MAC, revision, package, security) are computed by turning the target's fields round. The
 * rest comes from the recordings in the fixtures and is in `reset_values`: what the ESP32's clock
 * calibration, straps and SPI registers hold; a chip without rows reads zero there. What the configuration
 * overrides comes last, and what the board then is, is read off its registers: efuse and effect agree.
 *
 * The SPI controller (spi.c), the watchdogs (watchdog.c) and the flash's supply (attach.c) act on writes.
 */

#include "engine/base/bytes.h"
#include "tools/vboard/board_internal.h"

#include <stdlib.h>
#include <string.h>

/* Pages a board may touch; a host that writes all over the address space gets zeros back. */
#define PAGES_MAX 1024u

#define MAGIC_ADDR 0x40001000u

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

/* Revision a board has when the configuration does not say, as major * 100 + minor: the recordings' chips,
 * and what is sold of the others. Chips without a row are at v0.0. */
static const struct {
    const char *target;
    uint16_t revision;
    uint8_t package;
} usual[] = {
    {"esp32", 301, 1},    {"esp32c2", 102, 0}, {"esp32c3", 4, 0},   {"esp32c5", 100, 0}, {"esp32c6", 2, 0},
    {"esp32c61", 100, 0}, {"esp32h2", 102, 0}, {"esp32p4", 103, 0}, {"esp32s2", 100, 0}, {"esp32s3", 2, 0},
};

static struct vb__page *find_page(struct vb_board *board, uint32_t number)
{
    struct vb__memory *memory = &board->memory;

    if (memory->last < memory->count && memory->pages[memory->last]->number == number)
        return memory->pages[memory->last];
    for (size_t i = 0; i < memory->count; i++) {
        if (memory->pages[i]->number == number) {
            memory->last = i;
            return memory->pages[i];
        }
    }
    return NULL;
}

static struct vb__page *make_page(struct vb_board *board, uint32_t number)
{
    struct vb__memory *memory = &board->memory;
    struct vb__page *page = find_page(board, number);

    if (page != NULL || memory->count == PAGES_MAX)
        return page;
    if (memory->count == memory->room) {
        const size_t room = memory->room != 0 ? 2 * memory->room : 16;
        void *moved = realloc(memory->pages, room * sizeof(struct vb__page *));

        if (moved == NULL)
            return NULL;
        memory->pages = moved;
        memory->room = room;
    }
    page = calloc(1, sizeof *page);
    if (page == NULL)
        return NULL;
    page->number = number;
    memory->pages[memory->count++] = page;
    return page;
}

uint32_t vb__memory_get(struct vb_board *board, uint32_t addr)
{
    const struct vb__page *page = find_page(board, addr >> 12);

    return page != NULL ? page->word[addr % EG_FLASH_SECTOR / 4] : 0;
}

void vb__memory_put(struct vb_board *board, uint32_t addr, uint32_t word)
{
    struct vb__page *page = make_page(board, addr >> 12);

    if (page != NULL)
        page->word[addr % EG_FLASH_SECTOR / 4] = word;
}

void vb__memory_put_bytes(struct vb_board *board, uint32_t addr, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++, addr++) {
        const unsigned shift = 8 * (addr % 4);
        const uint32_t word = vb__memory_get(board, addr);

        vb__memory_put(board, addr, (word & ~(UINT32_C(0xff) << shift)) | (uint32_t)data[i] << shift);
    }
}

bool vb__memory_equal(struct vb_board *board, uint32_t addr, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++, addr++) {
        if ((uint8_t)(vb__memory_get(board, addr) >> 8 * (addr % 4)) != data[i])
            return false;
    }
    return true;
}

static void clear(struct vb_board *board)
{
    for (size_t i = 0; i < board->memory.count; i++)
        free(board->memory.pages[i]);
    board->memory.count = 0;
    board->memory.last = 0;
}

void vb__memory_finish(struct vb_board *board)
{
    clear(board);
    free(board->memory.pages);
    board->memory = (struct vb__memory){0};
}

static bool read_word(void *board, uint32_t addr, uint32_t *word)
{
    *word = vb__memory_get(board, addr);
    return true;
}

uint32_t vb__field(struct vb_board *board, enum eg_field_id field)
{
    uint32_t value = 0;

    eg_field_read(&board->target->field[field], read_word, board, &value);
    return value;
}

/* The reverse of eg_field_read(). */
void vb__put_field(struct vb_board *board, enum eg_field_id field, uint32_t value)
{
    for (size_t i = 0; i < EG_FIELD_PARTS_MAX; i++) {
        const struct eg_field_part *part = &board->target->field[field].part[i];
        const uint32_t bits = value >> part->out_shift & part->mask;

        if (part->mask != 0)
            vb__memory_put(board, part->addr,
                           (vb__memory_get(board, part->addr) & ~(part->mask << part->shift)) |
                               bits << part->shift);
    }
}

/* The check byte behind the MAC in efuse: CRC-8 with the polynomial 0x31, least bit first, over the six
 * bytes. */
static uint8_t mac_crc(const uint8_t mac[6])
{
    unsigned crc = 0;

    for (size_t i = 0; i < 6; i++) {
        crc ^= mac[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0x8c : crc >> 1;
    }
    return (uint8_t)crc;
}

static void put_mac(struct vb_board *board)
{
    const uint8_t *mac = board->mac;
    const uint32_t addr = board->target->mac_addr;

    switch (board->target->mac_layout) {
    case EG_MAC_EFUSE:
        vb__memory_put(board, addr,
                       (uint32_t)mac[2] << 24 | (uint32_t)mac[3] << 16 | (uint32_t)mac[4] << 8 | mac[5]);
        vb__memory_put(board, addr + 4, (uint32_t)mac[0] << 8 | mac[1]);
        if ((board->target->quirks & EG_QUIRK_MAC_EXTENSION) != 0) /* as it makes an EUI-64 of any MAC */
            vb__memory_put(board, addr + 4, vb__memory_get(board, addr + 4) | UINT32_C(0xfffe) << 16);
        if (board->target->revision_rule == EG_REVISION_ESP32)
            vb__memory_put(board, addr + 4, vb__memory_get(board, addr + 4) | (uint32_t)mac_crc(mac) << 16);
        break;
    case EG_MAC_ESP8266_OTP:
        /* Bytes 3 to 5 are mac[3..5]; the vendor part stands in word 3, its low three bytes. */
        vb__memory_put(board, addr, (uint32_t)mac[5] << 24);
        vb__memory_put(board, addr + 4, (uint32_t)mac[3] << 8 | mac[4]);
        vb__memory_put(board, addr + 12, (uint32_t)mac[0] << 16 | (uint32_t)mac[1] << 8 | mac[2]);
        break;
    }
}

static void put_revision(struct vb_board *board, uint16_t revision)
{
    const struct eg_target *target = board->target;
    uint32_t major = revision / 100;

    switch (target->revision_rule) {
    case EG_REVISION_NONE:
        return;
    case EG_REVISION_ESP32: /* thermometer code */
        major = (UINT32_C(1) << (major < 3 ? major : 3)) - 1;
        break;
    case EG_REVISION_FIELDS:
    case EG_REVISION_ESP32_S3:
        break;
    }
    vb__put_field(board, EG_FIELD_REV_MAJOR, major);
    vb__put_field(board, EG_FIELD_REV_MINOR, revision % 100);
}

static void put_identity(struct vb_board *board)
{
    const struct eg_target *target = board->target;
    uint16_t revision = board->config.revision;

    put_mac(board);
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        if (strcmp(usual[i].target, target->name) != 0)
            continue;
        vb__put_field(board, EG_FIELD_PACKAGE, usual[i].package);
        if (revision == 0)
            revision = usual[i].revision;
    }
    put_revision(board, revision == VB_REVISION_0 ? 0 : revision);
    if (target->detect == EG_DETECT_MAGIC)
        vb__memory_put(board, MAGIC_ADDR, target->magic);
}

static void read_revision(struct vb_board *board)
{
    if (!eg_target_revision(board->target, read_word, board, &board->revision))
        board->revision = 0;
}

void vb__memory_reset(struct vb_board *board)
{
    const struct eg_target *target = board->target;

    clear(board);
    for (size_t i = 0; i < sizeof reset_values / sizeof reset_values[0]; i++) {
        if (strcmp(reset_values[i].target, target->name) == 0)
            vb__memory_put(board, reset_values[i].addr, reset_values[i].word);
    }
    put_identity(board);
    read_revision(board);
    vb__crystal_reset(board);
    vb__attach_reset(board);
    vb__security_burn(board);
    vb__reset_put(board);
    for (unsigned i = 0; i < board->config.register_count; i++)
        vb__memory_put(board, board->config.registers[i].addr, board->config.registers[i].word);
    read_revision(board);
    vb__security_read(board);
    vb__power_reset(board);
}

void vb__registers_write(struct vb_board *board, const uint8_t *entries, size_t size)
{
    const uint32_t spi_cmd = board->target->spi.base + board->target->spi.cmd;

    for (size_t at = 0; at + 16 <= size; at += 16) {
        const uint32_t addr = eg_get32(entries + at) & ~UINT32_C(3), mask = eg_get32(entries + at + 8);

        vb__busy(board, (uint64_t)eg_get32(entries + at + 12) * 1000);
        if (!vb__watchdog_takes(board, addr))
            continue;
        vb__memory_put(board, addr,
                       (vb__memory_get(board, addr) & ~mask) | (eg_get32(entries + at + 4) & mask));
        if (addr == spi_cmd)
            vb__spi_run(board);
        vb__watchdog_written(board, addr);
        vb__power_written(board, addr);
        vb__reset_written(board);
    }
}
