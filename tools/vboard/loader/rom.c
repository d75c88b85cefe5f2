/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The ROM loader.
 *
 * One reply buffer serves all commands. The value of the last READ_REG (or of SYNC) stays in every later
 * reply. A command that the ROM lacks is answered with the buffer's previous opcode and the status 01 05,
 * eight times when that opcode was SYNC. The recordings show both.
 *
 * The ROM does not check the number of a data block: it appends.
 */

#include "tools/vboard/loader/loader.h"

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

static const struct vb__leave stays = {VB__STAYS, 0};

/* Commands that secure download mode leaves. */
#define SECURE_COMMANDS                                                                                      \
    (EG_ROM_HAS(EG_OP_FLASH_BEGIN) | EG_ROM_HAS(EG_OP_FLASH_DATA) | EG_ROM_HAS(EG_OP_FLASH_END) |            \
     EG_ROM_HAS(EG_OP_SYNC) | EG_ROM_HAS(EG_OP_SPI_SET_PARAMS) | EG_ROM_HAS(EG_OP_SPI_ATTACH) |              \
     EG_ROM_HAS(EG_OP_CHANGE_BAUDRATE) | EG_ROM_HAS(EG_OP_GET_SECURITY_INFO))

uint8_t vb__checksum(const uint8_t *data, size_t size)
{
    uint8_t sum = 0xef;

    for (size_t i = 0; i < size; i++)
        sum ^= data[i];
    return sum;
}

static void answer(struct vb_board *board, const uint8_t *data, size_t size, uint8_t error)
{
    const uint8_t status_size = board->target->rom_status_size;
    uint8_t reply[8 + 64 + 4] = {0x01, board->rom.last_op};

    eg_put16(reply + 2, (uint16_t)(size + status_size));
    eg_put32(reply + 4, board->rom.value);
    if (size != 0)
        memcpy(reply + 8, data, size);
    reply[8 + size] = error != 0;
    reply[8 + size + 1] = error;
    for (int i = 0; i < (board->rom.last_op == EG_OP_SYNC ? SYNC_REPLIES : 1); i++)
        vb__send_frame(board, reply, 8 + size + status_size);
}

void vb__rom_start(struct vb_board *board)
{
    const bool has_params = (board->target->rom_commands & EG_ROM_HAS(EG_OP_SPI_SET_PARAMS)) != 0;

    vb__write_close(board);
    vb__ram_reset(board);
    vb__enter(board, VB__ROM, VB__NEVER);
    vb__uart_autobaud(board, true);
    vb__uart_restart(board);
    board->rom = (struct vb__rom){.flash_size = has_params ? ROM_FLASH_MAX : UINT32_MAX};
    vb__attach_reset(board);
    vb__watchdog_unfed(board);
}

static uint8_t synchronise(struct vb_board *board, const uint8_t *payload, size_t size)
{
    if (size != 36 || eg_get32(payload) != SYNC_VALUE)
        return BAD_FORMAT;
    if (board->uart.autobaud) {
        vb__uart_autobaud(board, false);
        vb__set_baud(board, vb__usb_native(board) ? vb__log_baud(board) : board->uart.baud);
    }
    board->rom.value = SYNC_VALUE;
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
    if (addr > board->rom.flash_size || bytes > board->rom.flash_size - addr)
        return BAD_RESULT;
    if ((board->target->quirks & EG_QUIRK_ATTACH_BY_BEGIN) != 0)
        vb__attach(board, VB_PINS_DEFAULT);
    /* Without inflating the ROM counts blocks. */
    vb__write_open(board, payload, deflate ? bytes : eg_get32(payload + 4) * eg_get32(payload + 8), deflate,
                   long_form && eg_get32(payload + 16) != 0);
    erased = erase_size(board, addr, bytes);
    /* The ROM only knows the 4 KiB erase. */
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
    return vb__ram_data(board, payload + 16, size - 16) ? 0 : BAD_RESULT;
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

    if (length > sizeof board->rom.slow)
        return BAD_FORMAT;
    if (eg_get32(payload) > board->rom.flash_size || length > board->rom.flash_size - eg_get32(payload))
        return BAD_RESULT;
    vb__flash_read(board, eg_get32(payload), board->rom.slow, length);
    return 0;
}

static struct vb__leave jump(struct vb_board *board, const uint8_t *payload)
{
    const uint32_t entry = eg_get32(payload + 4);
    const bool refuses =
        board->security.secure_boot &&
        (board->target->quirks & (EG_QUIRK_SECURE_BOOT_NO_STUB | EG_QUIRK_SECURE_BOOT_STUB_HOOK)) != 0;
    const bool jumps = eg_get32(payload) == 0 && entry != 0;

    if (jumps && refuses) {
        answer(board, NULL, 0, BAD_RESULT);
        return stays;
    }
    if (!jumps || !vb__faulty(board, VB__NO_JUMP_REPLY))
        answer(board, NULL, 0, 0);
    return jumps ? (struct vb__leave){VB__JUMPS, entry} : stays;
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
    if (addr > board->rom.flash_size || length > board->rom.flash_size - addr ||
        !vb__flash_md5(board, addr, length, digest)) {
        answer(board, NULL, 0, BAD_RESULT);
        return;
    }
    eg_hex(text, digest, sizeof digest);
    answer(board, (const uint8_t *)text, 32, 0);
}

/* Leave the loader: 1 starts what is in flash, 0 restarts without sampling the straps again. */
static struct vb__leave flash_end(struct vb_board *board, const uint8_t *payload, size_t size)
{
    if (size != 4) {
        answer(board, NULL, 0, BAD_FORMAT);
        return stays;
    }
    answer(board, NULL, 0, 0);
    return (struct vb__leave){eg_get32(payload) == 0 ? VB__RESTARTS : VB__BOOTS, 0};
}

static void change_rate(struct vb_board *board, const uint8_t *payload, size_t size)
{
    if (size == 8 && vb__faulty(board, VB__NO_RATE)) {
        answer(board, NULL, 0, BAD_RESULT);
        return;
    }
    answer(board, NULL, 0, size == 8 ? 0 : BAD_FORMAT);
    if (size != 8 || eg_get32(payload) == 0)
        return;
    vb__set_baud(board, vb__rom_baud(board, eg_get32(payload)));
    /* Recorded on both chips: an empty frame after the reply, taken to be sent at the new rate. */
    vb__send(board, (const uint8_t[]){0xc0, 0xc0}, 2);
}

/* The ROM reads flash through a pointer in RAM; with an entry point written there it makes a call. */
static struct vb__leave read_or_call(struct vb_board *board, const uint8_t *payload, size_t size)
{
    const uint32_t hook = (board->target->quirks & EG_QUIRK_SECURE_BOOT_STUB_HOOK) != 0
                              ? vb__memory_get(board, board->target->stub_hook_addr)
                              : 0;

    if (hook != 0)
        return (struct vb__leave){VB__JUMPS, hook};
    const uint8_t error = read_slow(board, payload, size);

    answer(board, board->rom.slow, error == 0 ? sizeof board->rom.slow : 0, error);
    return stays;
}

static struct vb__leave run(struct vb_board *board, const uint8_t *payload, size_t size, uint32_t checksum)
{
    const uint8_t op = board->rom.last_op;
    uint8_t info[20];

    switch (op) {
    case EG_OP_FLASH_BEGIN:
    case EG_OP_FLASH_DEFL_BEGIN:
        answer(board, NULL, 0, flash_begin(board, payload, size, op == EG_OP_FLASH_DEFL_BEGIN));
        break;
    case EG_OP_FLASH_DATA:
    case EG_OP_FLASH_DEFL_DATA:
        answer(board, NULL, 0, flash_data(board, payload, size, checksum, op == EG_OP_FLASH_DEFL_DATA));
        break;
    case EG_OP_FLASH_END:
    case EG_OP_FLASH_DEFL_END:
        return flash_end(board, payload, size);
    case EG_OP_MEM_BEGIN:
        if (size == 16)
            vb__ram_begin(board, payload);
        answer(board, NULL, 0, size == 16 ? 0 : BAD_FORMAT);
        break;
    case EG_OP_MEM_END:
        if (size == 8)
            return jump(board, payload);
        answer(board, NULL, 0, BAD_FORMAT);
        break;
    case EG_OP_MEM_DATA:
        answer(board, NULL, 0, mem_data(board, payload, size, checksum));
        break;
    case EG_OP_SYNC:
        answer(board, NULL, 0, synchronise(board, payload, size));
        break;
    case EG_OP_WRITE_REG:
        answer(board, NULL, 0, write_reg(board, payload, size));
        break;
    case EG_OP_READ_REG:
        if (size == 4)
            board->rom.value = vb__registers_read(board, eg_get32(payload));
        answer(board, NULL, 0, size == 4 ? 0 : BAD_FORMAT);
        break;
    case EG_OP_SPI_SET_PARAMS:
        if (size == 24)
            board->rom.flash_size = eg_get32(payload + 4);
        answer(board, NULL, 0, size == 24 ? 0 : BAD_FORMAT);
        break;
    case EG_OP_SPI_ATTACH:
        if (size == 8)
            vb__attach(board, eg_get32(payload));
        answer(board, NULL, 0, size == 8 ? 0 : BAD_FORMAT);
        break;
    case EG_OP_READ_FLASH_SLOW:
        return read_or_call(board, payload, size);
    case EG_OP_CHANGE_BAUDRATE:
        change_rate(board, payload, size);
        break;
    case EG_OP_SPI_FLASH_MD5:
        md5(board, payload, size);
        break;
    case EG_OP_GET_SECURITY_INFO:
        answer(board, info, size == 0 ? vb__security_info(board, info) : 0, size == 0 ? 0 : BAD_FORMAT);
        break;
    default:
        break;
    }
    return stays;
}

struct vb__leave vb__rom_frame(struct vb_board *board, const uint8_t *frame, size_t size)
{
    uint32_t known = board->target->rom_commands;

    if (size < 8 || frame[0] != 0x00)
        return stays;
    vb__busy(board, COMMAND_NS);
    /* The ESP8266's ROM has SPI_SET_PARAMS, too. Targets leave it out, because hosts need not send it. */
    if ((board->target->quirks & EG_QUIRK_ERASE_SIZE_BUG) != 0)
        known |= EG_ROM_HAS(EG_OP_SPI_SET_PARAMS);
    if (board->security.secure_download)
        known &= SECURE_COMMANDS;
    if (frame[1] >= 0x20 || (known & EG_ROM_HAS(frame[1])) == 0) {
        answer(board, NULL, 0, BAD_FORMAT);
        return stays;
    }
    board->rom.last_op = frame[1];
    if (vb__faults_take(board, VB__REFUSE)) {
        answer(board, NULL, 0, BAD_CHECKSUM);
        return stays;
    }
    if (eg_get16(frame + 2) == size - 8)
        return run(board, frame + 8, size - 8, eg_get32(frame + 4));
    answer(board, NULL, 0, BAD_FORMAT);
    return stays;
}
