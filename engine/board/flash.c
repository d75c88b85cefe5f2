/* SPDX-License-Identifier: Apache-2.0 */

/* The flash of a connected board: attaching, id, erasing, digests, raw commands. Files are in read.c and
 * write.c. */

#include "engine/board/board_internal.h"

#include "engine/image/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ATTACH_HSPI    1
#define SFDP_SIGNATURE 0x50444653u

enum { SIZE_WHEN_UNKNOWN = 4 << 20 };

/* "6,17,8,11,16" */
static enum eg_code parse_pins(uint8_t pins[5], const char *text, struct eg_error *err)
{
    const char *at = text;

    for (unsigned i = 0; i < 5; i++) {
        char *end;
        const unsigned long pin = strtoul(at, &end, 0);
        const bool last = i == 4;
        if (*at < '0' || *at > '9' || pin > UINT8_MAX || *end != (last ? '\0' : ','))
            return eg_error_set(err, EG_BAD_ARGUMENT,
                                "SPI connection \"%.60s\" is none of SPI, HSPI and CLK,Q,D,HD,CS", text);
        pins[i] = (uint8_t)pin;
        at = end + 1;
    }
    return EG_OK;
}

static enum eg_code spi_word(const struct eg_board *board, const char *text, uint32_t *word,
                             struct eg_error *err)
{
    const struct eg_target *target = board->loader.target;
    uint8_t pins[5];

    *word = 0;
    if (text == NULL || strcasecmp(text, "SPI") == 0)
        return EG_OK;
    if (target->spi_pins[0].last == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s has its flash at fixed pins", target->label);
    if (strcasecmp(text, "HSPI") == 0) {
        *word = ATTACH_HSPI;
        return EG_OK;
    }
    EG_TRY(parse_pins(pins, text, err));
    for (unsigned i = 0; i < 5; i++) {
        if (target->usb_pins.last != 0 &&
            (pins[i] == target->usb_pins.first || pins[i] == target->usb_pins.last)) {
            const struct eg_log_origin origin = eg__origin(board);
            eg_log_warning(board->options.logger, &origin, "GPIO %u is USB's on %s", pins[i], target->label);
        }
    }
    return eg_loader_spi_pins(target, pins, word, err);
}

/* Warn if no flash answers; each call that needs the flash then fails by itself. */
static enum eg_code look_for_flash(struct eg_board *board, struct eg_error *err)
{
    const struct eg_log_origin origin = eg__origin(board);
    struct eg_flash_info info;
    uint32_t signature;

    if (board->loader.secure_download)
        return EG_OK;
    EG_TRY(eg_loader_read_sfdp(&board->loader, 0, 4, &signature, err));
    if (signature == SFDP_SIGNATURE)
        return EG_OK;
    const enum eg_code code = eg_loader_flash_info(&board->loader, &info, err);
    if (code == EG_FLASH_ABSENT) {
        eg_log_warning(board->options.logger, &origin, "%s: check its connections and its supply", err->text);
        return EG_OK;
    }
    return code;
}

static enum eg_code attach(struct eg_board *board, const char *spi_connection, struct eg_error *err)
{
    uint32_t word;

    EG_TRY(eg__need_connected(board, err));
    EG_TRY(spi_word(board, spi_connection, &word, err));
    board->attached = board->has_flash = false;
    board->pins_given = spi_connection != NULL;
    board->spi_word = word;
    EG_TRY(eg__attach(board, err));
    board->attached = true;
    return look_for_flash(board, err);
}

enum eg_code eg_board_attach_flash(struct eg_board *board, const char *spi_connection, struct eg_error *err)
{
    const struct eg__stage stage = eg__stage_begin(board, "attach");

    return eg__stage_end(&stage, attach(board, spi_connection, err), err);
}

/* Tell the loader the flash size. Otherwise a ROM assumes 2 MB; in secure download mode only the caller
 * knows it. */
enum eg_code eg__set_flash_size(struct eg_board *board, uint32_t declared, struct eg_error *err)
{
    const struct eg_log_origin origin = eg__origin(board);
    struct eg_flash_info info;
    uint32_t size = declared;

    if (size == 0 && board->loader.secure_download)
        return EG_OK;
    if (size == 0) {
        EG_TRY(eg__flash_info(board, &info, err));
        size = info.size;
    }
    if (size == 0) {
        size = SIZE_WHEN_UNKNOWN;
        eg_log_warning(board->options.logger, &origin,
                       "the flash id does not tell a size: taken for %d MB, unless a size is given",
                       SIZE_WHEN_UNKNOWN >> 20);
    }
    return eg_loader_set_flash_size(&board->loader, size, err);
}

enum eg_code eg_board_flash_id(struct eg_board *board, struct eg_flash_id *id, struct eg_error *err)
{
    struct eg_flash_info info;
    struct eg_flash_id got;

    EG_TRY(eg__need_readable(board, "the id of its flash cannot be read", err));
    EG_TRY(eg__flash_info(board, &info, err));
    got = (struct eg_flash_id){.maker = (uint8_t)info.jedec,
                               .device = (uint16_t)((info.jedec & 0xff00) | (info.jedec >> 16 & 0xff)),
                               .size = info.size};
    EG_TRY(eg_loader_flash_type(&board->loader, &got.type, err));
    EG_TRY(eg_loader_flash_voltage(&board->loader, &got.voltage, err));
    *id = got;
    return EG_OK;
}

enum eg_code eg_board_erase_flash(struct eg_board *board, bool force, struct eg_error *err)
{
    EG_TRY(eg__need_readable(board, "its flash cannot be erased as a whole", err));
    EG_TRY(eg__ask_range(board, EG_GUARD_ERASE, 0, EG_FLASH_SECTOR, force,
                         err)); /* checking the first sector is enough */
    return eg_loader_erase_flash(&board->loader, err);
}

enum eg_code eg_board_erase_region(struct eg_board *board, uint32_t addr, uint32_t size, bool force,
                                   struct eg_error *err)
{
    EG_TRY(eg__need_connected(board, err));
    EG_TRY(eg__ask_range(board, EG_GUARD_ERASE, addr, size, force, err));
    return eg_loader_erase_region(&board->loader, addr, size, err);
}

enum eg_code eg_board_flash_md5(struct eg_board *board, uint32_t addr, uint32_t size,
                                uint8_t md5[EG_MD5_SIZE], struct eg_error *err)
{
    EG_TRY(eg__need_connected(board, err));
    EG_TRY(eg__ask_range(board, EG_GUARD_READ, addr, size, false, err));
    EG_TRY(eg__set_flash_size(board, 0, err));
    return eg_loader_md5(&board->loader, addr, size, md5, err);
}

#define CANNOT_BE_ASKED "its flash cannot be sent commands"

enum eg_code eg_board_read_flash_status(struct eg_board *board, unsigned bytes, uint32_t *status,
                                        struct eg_error *err)
{
    EG_TRY(eg__need_readable(board, CANNOT_BE_ASKED, err));
    return eg_loader_read_status(&board->loader, bytes, status, err);
}

enum eg_code eg_board_write_flash_status(struct eg_board *board, uint32_t status, unsigned bytes,
                                         bool non_volatile, struct eg_error *err)
{
    EG_TRY(eg__need_readable(board, CANNOT_BE_ASKED, err));
    return eg_loader_write_status(&board->loader, status, bytes, non_volatile, err);
}

enum eg_code eg_board_read_flash_sfdp(struct eg_board *board, uint32_t addr, unsigned bytes, uint32_t *word,
                                      struct eg_error *err)
{
    EG_TRY(eg__need_readable(board, CANNOT_BE_ASKED, err));
    return eg_loader_read_sfdp(&board->loader, addr, bytes, word, err);
}

enum eg_code eg_board_spi_command(struct eg_board *board, uint8_t opcode, const void *data, size_t size,
                                  unsigned read_bits, uint32_t addr, unsigned addr_bits, unsigned dummy_bits,
                                  uint32_t *result, struct eg_error *err)
{
    EG_TRY(eg__need_readable(board, CANNOT_BE_ASKED, err));
    if (size > 0 && data == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "flash command 0x%02x: %zu bytes out and no data", opcode,
                            size);
    const struct eg_spi_command command = {.opcode = opcode,
                                           .data = data,
                                           .size = size,
                                           .read_bits = read_bits,
                                           .addr = addr,
                                           .addr_bits = addr_bits,
                                           .dummy_bits = dummy_bits};
    return eg_loader_spi_command(&board->loader, &command, result, err);
}

enum eg_code eg_board_override_vddsdio(struct eg_board *board, const char *voltage, struct eg_error *err)
{
    EG_TRY(eg__need_readable(board, "the supply of its flash cannot be set", err));
    return eg_loader_override_vddsdio(&board->loader, voltage, err);
}

uint32_t eg_board_flash_block_size(const struct eg_board *board)
{
    return board->port != NULL ? eg_loader_flash_block_size(&board->loader) : 0;
}

enum eg_code eg_board_flash_begin(struct eg_board *board, uint32_t size, uint32_t addr, bool encrypt,
                                  struct eg_error *err)
{
    EG_TRY(eg__need_connected(board, err));
    return eg_loader_flash_begin(&board->loader, size, addr, encrypt, err);
}

enum eg_code eg_board_flash_block(struct eg_board *board, const void *data, uint32_t size,
                                  struct eg_error *err)
{
    EG_TRY(eg__need_connected(board, err));
    return eg_loader_flash_block(&board->loader, data, size, err);
}

enum eg_code eg_board_flash_finish(struct eg_board *board, bool reboot, struct eg_error *err)
{
    EG_TRY(eg__need_connected(board, err));
    return eg_loader_flash_finish(&board->loader, reboot, err);
}

enum eg_code eg_board_flash_defl_begin(struct eg_board *board, uint32_t size, uint32_t compressed_size,
                                       uint32_t addr, bool encrypt, struct eg_error *err)
{
    EG_TRY(eg__need_connected(board, err));
    return eg_loader_flash_defl_begin(&board->loader, size, compressed_size, addr, encrypt, err);
}

enum eg_code eg_board_flash_defl_block(struct eg_board *board, const void *data, uint32_t size,
                                       struct eg_error *err)
{
    return eg_board_flash_block(board, data, size, err);
}

enum eg_code eg_board_flash_defl_finish(struct eg_board *board, bool reboot, struct eg_error *err)
{
    return eg_board_flash_finish(board, reboot, err);
}
