/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The ROM loader.
 *
 * One reply buffer serves all commands: the value of the last READ_REG (or of SYNC) stays in every later
 * reply, and a command that the ROM lacks is answered from the buffer as it is, under the opcode before, with
 * status 01 05, eight times when that opcode was SYNC. The recordings show both.
 *
 * The ROM never checks which block of a write a data packet is: it appends.
 */

#include "engine/base/bytes.h"
#include "tools/vboard/board_internal.h"

#include <string.h>

#define COMMAND_NS    100000u /* reading and answering a command, at the ROM's clock */
#define SYNC_VALUE    0x20120707u
#define SYNC_REPLIES  8
#define ROM_FLASH_MAX 0x200000u /* until SPI_SET_PARAMS says otherwise */

enum {
    BAD_PARAMETER = 0x01,
    BAD_FORMAT = 0x05,
    BAD_RESULT = 0x06,
    BAD_CHECKSUM = 0x07,
    BAD_WRITE = 0x08,
    BAD_DEFLATE = 0x0b,
};

/* What secure download mode leaves. */
#define SECURE_COMMANDS                                                                                      \
    (EG_ROM_HAS(0x02) | EG_ROM_HAS(0x03) | EG_ROM_HAS(0x04) | EG_ROM_HAS(0x08) | EG_ROM_HAS(0x0b) |          \
     EG_ROM_HAS(0x0d) | EG_ROM_HAS(0x0f) | EG_ROM_HAS(0x14))

static void answer(struct vb_board *board, const uint8_t *data, size_t size, uint8_t error)
{
    const uint8_t status_size = board->target->rom_status_size;
    uint8_t reply[8 + 64 + 4] = {0x01, board->last_op};

    eg_put16(reply + 2, (uint16_t)(size + status_size));
    eg_put32(reply + 4, board->value);
    if (size != 0)
        memcpy(reply + 8, data, size);
    reply[8 + size] = error != 0;
    reply[8 + size + 1] = error;
    for (int i = 0; i < (board->last_op == 0x08 ? SYNC_REPLIES : 1); i++)
        vb__send_frame(board, reply, 8 + size + status_size);
}

void vb__rom_start(struct vb_board *board)
{
    vb__write_close(board);
    board->write.mem_left = 0;
    board->state = VB__ROM;
    board->autobaud = true;
    board->value = 0;
    board->last_op = 0;
    board->rom_flash_size =
        (board->target->rom_commands & EG_ROM_HAS(0x0b)) != 0 ? ROM_FLASH_MAX : UINT32_MAX;
    memset(board->slow, 0, sizeof board->slow);
    board->decoder.inside = false;
    board->addr_mask = VB__ADDR_24;
    board->attached_to = VB__UNATTACHED;
    vb__watchdog_unfed(board);
}

static uint8_t synchronise(struct vb_board *board, const uint8_t *payload, size_t size)
{
    if (size != 36 || eg_get32(payload) != 0x20120707)
        return BAD_FORMAT;
    if (board->autobaud) {
        board->autobaud = false;
        vb__set_baud(board, vb__usb_native(board) ? vb__log_baud(board) : board->baud);
    }
    board->value = SYNC_VALUE;
    return 0;
}

/* The ESP8266 ROM counts the sectors up to the next 64 KiB boundary twice. */
static uint32_t erase_size(const struct vb_board *board, uint32_t addr, uint32_t size)
{
    const uint32_t first = addr / EG_FLASH_SECTOR, head = 16 - first % 16;
    const uint32_t sectors = eg_div_up(addr % EG_FLASH_SECTOR + size, EG_FLASH_SECTOR);

    if ((board->target->quirks & EG_QUIRK_ERASE_SIZE_BUG) == 0)
        return sectors * EG_FLASH_SECTOR;
    return (sectors + (sectors < head ? sectors : head)) * EG_FLASH_SECTOR;
}

static uint8_t flash_begin(struct vb_board *board, const uint8_t *payload, size_t size, bool deflate)
{
    const bool long_form = (board->target->quirks & EG_QUIRK_ENCRYPT_WORD) != 0;
    uint32_t addr, bytes, erased;

    if (size != (long_form ? 20 : 16))
        return BAD_FORMAT;
    bytes = eg_get32(payload);
    addr = eg_get32(payload + 12);
    if (addr > board->rom_flash_size || bytes > board->rom_flash_size - addr)
        return BAD_RESULT;
    if ((board->target->quirks & EG_QUIRK_ATTACH_BY_BEGIN) != 0)
        vb__attach(board, VB_PINS_DEFAULT);
    vb__write_open(board, payload, deflate, long_form && eg_get32(payload + 16) != 0);
    if (!deflate)
        board->write.left = eg_get32(payload + 4) * board->write.block_size;
    erased = erase_size(board, addr, bytes);
    /* The ROM knows the 4 KiB erase only. */
    for (uint32_t done = 0; done < erased; done += EG_FLASH_SECTOR)
        vb__flash_erase(board, addr - addr % EG_FLASH_SECTOR + done, EG_FLASH_SECTOR);
    vb__flash_wait(board);
    return 0;
}

static uint8_t check_data(const uint8_t *payload, size_t size, uint32_t checksum)
{
    if (size < 16 || eg_get32(payload) != size - 16)
        return BAD_FORMAT;
    return vb__checksum(payload + 16, size - 16) == checksum ? 0 : BAD_CHECKSUM;
}

static uint8_t flash_data(struct vb_board *board, const uint8_t *payload, size_t size, uint32_t checksum,
                          bool deflate)
{
    const uint8_t error = check_data(payload, size, checksum);

    if (error != 0)
        return error;
    if (!board->write.open || board->write.deflate != deflate)
        return BAD_RESULT;
    if (size - 16 > board->write.block_size)
        return BAD_PARAMETER;
    switch (vb__write_data(board, payload + 16, (uint32_t)size - 16)) {
    case VB__WRITE_OK:
        break;
    case VB__WRITE_BAD_STREAM:
        return BAD_DEFLATE;
    case VB__WRITE_TOO_MUCH:
    case VB__WRITE_REFUSED:
        return BAD_RESULT;
    case VB__WRITE_READBACK:
        vb__flash_wait(board);
        return BAD_WRITE;
    }
    vb__flash_wait(board);
    return 0;
}

static uint8_t mem_data(struct vb_board *board, const uint8_t *payload, size_t size, uint32_t checksum)
{
    const uint8_t error = check_data(payload, size, checksum);

    if (error != 0)
        return error;
    if (size - 16 > board->write.mem_left)
        return BAD_RESULT;
    vb__memory_put_bytes(board, board->write.mem_addr, payload + 16, size - 16);
    board->write.mem_addr += (uint32_t)size - 16;
    board->write.mem_left -= (uint32_t)size - 16;
    return 0;
}

static uint8_t write_reg(struct vb_board *board, const uint8_t *payload, size_t size)
{
    if (size == 0 || size % 16 != 0)
        return BAD_FORMAT;
    vb__registers_write(board, payload, size);
    return 0;
}

static uint8_t read_slow(struct vb_board *board, const uint8_t *payload, size_t size)
{
    const uint32_t length = size == 8 ? eg_get32(payload + 4) : 65;

    if (length > sizeof board->slow)
        return BAD_FORMAT;
    if (eg_get32(payload) > board->rom_flash_size || length > board->rom_flash_size - eg_get32(payload))
        return BAD_RESULT;
    vb__flash_read(board, eg_get32(payload), board->slow, length);
    return 0;
}

static void jump(struct vb_board *board, const uint8_t *payload)
{
    const uint32_t entry = eg_get32(payload + 4);
    const bool refuses =
        board->security.secure_boot &&
        (board->target->quirks & (EG_QUIRK_SECURE_BOOT_NO_STUB | EG_QUIRK_SECURE_BOOT_STUB_HOOK)) != 0;
    const bool jumps = eg_get32(payload) == 0 && entry != 0;

    if (jumps && refuses) {
        answer(board, NULL, 0, BAD_RESULT);
        return;
    }
    if (!jumps || !board->no_jump_reply)
        answer(board, NULL, 0, 0);
    if (jumps)
        vb__ram_run(board, entry);
}

static void md5(struct vb_board *board, const uint8_t *payload, size_t size)
{
    const uint32_t addr = size == 16 ? eg_get32(payload) : 0, length = size == 16 ? eg_get32(payload + 4) : 0;
    uint8_t digest[16];
    char text[33];

    if (size != 16) {
        answer(board, NULL, 0, BAD_FORMAT);
        return;
    }
    if (addr > board->rom_flash_size || length > board->rom_flash_size - addr ||
        !vb__flash_md5(board, addr, length, digest)) {
        answer(board, NULL, 0, BAD_RESULT);
        return;
    }
    eg_hex(text, digest, sizeof digest);
    answer(board, (const uint8_t *)text, 32, 0);
}

/* Leaves the loader: 1 starts what is in flash, 0 restarts without looking at the straps again. */
static void flash_end(struct vb_board *board, const uint8_t *payload, size_t size)
{
    if (size != 4) {
        answer(board, NULL, 0, BAD_FORMAT);
        return;
    }
    answer(board, NULL, 0, 0);
    if (eg_get32(payload) == 0)
        vb__reset(board, VB__CAUSE_SOFTWARE);
    else
        vb__boot(board, false, VB__CAUSE_SOFTWARE);
}

static void run(struct vb_board *board, const uint8_t *payload, size_t size, uint32_t checksum)
{
    uint8_t info[20];

    switch (board->last_op) {
    case 0x02:
    case 0x10:
        answer(board, NULL, 0, flash_begin(board, payload, size, board->last_op == 0x10));
        break;
    case 0x03:
    case 0x11:
        answer(board, NULL, 0, flash_data(board, payload, size, checksum, board->last_op == 0x11));
        break;
    case 0x04:
    case 0x12:
        flash_end(board, payload, size);
        break;
    case 0x05:
        if (size == 16)
            vb__ram_begin(board, payload);
        answer(board, NULL, 0, size == 16 ? 0 : BAD_FORMAT);
        break;
    case 0x06:
        if (size == 8)
            jump(board, payload);
        else
            answer(board, NULL, 0, BAD_FORMAT);
        break;
    case 0x07:
        answer(board, NULL, 0, mem_data(board, payload, size, checksum));
        break;
    case 0x08:
        answer(board, NULL, 0, synchronise(board, payload, size));
        break;
    case 0x09:
        answer(board, NULL, 0, write_reg(board, payload, size));
        break;
    case 0x0a:
        if (size == 4)
            board->value = vb__memory_get(board, eg_get32(payload));
        answer(board, NULL, 0, size == 4 ? 0 : BAD_FORMAT);
        break;
    case 0x0b:
        if (size == 24)
            board->rom_flash_size = eg_get32(payload + 4);
        answer(board, NULL, 0, size == 24 ? 0 : BAD_FORMAT);
        break;
    case 0x0d:
        if (size == 8)
            vb__attach(board, eg_get32(payload));
        answer(board, NULL, 0, size == 8 ? 0 : BAD_FORMAT);
        break;
    case 0x0e: {
        const uint32_t hook = (board->target->quirks & EG_QUIRK_SECURE_BOOT_STUB_HOOK) != 0
                                  ? vb__memory_get(board, board->target->stub_hook_addr)
                                  : 0;

        /* The ROM reads flash through a pointer in RAM; a host that has put an entry point there gets a call.
         */
        if (hook != 0) {
            vb__ram_run(board, hook);
            break;
        }
        const uint8_t error = read_slow(board, payload, size);

        answer(board, board->slow, error == 0 ? sizeof board->slow : 0, error);
        break;
    }
    case 0x0f:
        answer(board, NULL, 0, size == 8 ? 0 : BAD_FORMAT);
        if (size == 8 && eg_get32(payload) != 0) {
            vb__set_baud(board, vb__rom_baud(board, eg_get32(payload)));
            /* Recorded on both chips: an empty frame behind the reply; taken to be sent at the new rate. */
            vb__send(board, (const uint8_t[]){0xc0, 0xc0}, 2);
        }
        break;
    case 0x13:
        md5(board, payload, size);
        break;
    case 0x14:
        answer(board, info, size == 0 ? vb__security_info(board, info) : 0, size == 0 ? 0 : BAD_FORMAT);
        break;
    default:
        break;
    }
}

void vb__rom_frame(struct vb_board *board, const uint8_t *frame, size_t size)
{
    uint32_t known = board->target->rom_commands;

    if (size < 8 || frame[0] != 0x00)
        return;
    vb__busy(board, COMMAND_NS);
    /* The ESP8266's ROM takes SPI_SET_PARAMS as well. Targets leave it out, since nobody needs to send it. */
    if ((board->target->quirks & EG_QUIRK_ERASE_SIZE_BUG) != 0)
        known |= EG_ROM_HAS(0x0b);
    if (board->config.secure_download && (known & EG_ROM_HAS(0x14)) != 0)
        known &= SECURE_COMMANDS;
    if (frame[1] >= 0x20 || (known & EG_ROM_HAS(frame[1])) == 0) {
        answer(board, NULL, 0, BAD_FORMAT);
        return;
    }
    board->last_op = frame[1];
    if (eg_get16(frame + 2) != size - 8)
        answer(board, NULL, 0, BAD_FORMAT);
    else
        run(board, frame + 8, size - 8, eg_get32(frame + 4));
}
