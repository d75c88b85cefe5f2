/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A series of operations on one board whose chip is known beforehand: identify the flash, erase it, write two
 * files, verify them, read some of it back, reset.
 *
 *     flash_series CHIP BOOTLOADER APPLICATION OUTPUT [PORT]
 *
 * Naming the chip is what ESP32ROM(PORT) is in Python: another chip at this port is refused. The board is
 * made first and connected then, in two calls; eg_board_detect_chip() is both in one.
 */

#include <espgang.h>

#include <stdio.h>
#include <stdlib.h>

enum { BOOTLOADER_ADDR = 0x1000, APPLICATION_ADDR = 0x10000 }; /* as an ESP32 wants them */

enum { READ_ADDR = 0x0, READ_SIZE = 0x2400 };

static enum eg_code print_flash_id(struct eg_board *board, struct eg_error *err)
{
    struct eg_flash_id id;

    if (eg_board_flash_id(board, &id, err) != EG_OK)
        return err->code;
    printf("flash of maker 0x%02x, device 0x%04x, %u KB\n", id.maker, id.device, (unsigned)(id.size / 1024));
    return EG_OK;
}

static enum eg_code do_series(struct eg_board *board, char **paths, struct eg_error *err)
{
    const struct eg_flash_file files[] = {
        {.addr = BOOTLOADER_ADDR, .input = {.path = paths[0]}},
        {.addr = APPLICATION_ADDR, .input = {.path = paths[1]}},
    };
    const struct eg_output output = {.path = paths[2]};

    if (eg_board_connect(board, err) != EG_OK || eg_board_run_stub(board, err) != EG_OK ||
        eg_board_attach_flash(board, NULL, err) != EG_OK || print_flash_id(board, err) != EG_OK)
        return err->code;
    puts("erasing all of it");
    if (eg_board_erase_flash(board, false, err) != EG_OK ||
        eg_board_write_flash(board, files, 2, NULL, NULL, err) != EG_OK ||
        eg_board_verify_flash(board, files, 2, NULL, err) != EG_OK ||
        eg_board_read_flash(board, READ_ADDR, READ_SIZE, &output, false, err) != EG_OK)
        return err->code;
    printf("%s: %u bytes from 0x%08x\n", paths[2], (unsigned)READ_SIZE, (unsigned)READ_ADDR);
    return eg_board_reset_chip(board, EG_AFTER_HARD_RESET, err);
}

int main(int argc, char **argv)
{
    struct eg_board_options options = {0};
    struct eg_board *board = NULL;
    struct eg_error err;
    int status = EXIT_SUCCESS;

    if (argc < 5 || argc > 6) {
        fputs("usage: flash_series CHIP BOOTLOADER APPLICATION OUTPUT [PORT]\n", stderr);
        return 2;
    }
    options.chip = argv[1];
    options.port = argc > 5 ? argv[5] : NULL;
    if (eg_console_create(&options.logger, stdout, &err) != EG_OK ||
        eg_board_create(&board, &options, &err) != EG_OK || do_series(board, argv + 2, &err) != EG_OK) {
        fprintf(stderr, "flash_series: %s\n", err.text);
        status = EXIT_FAILURE;
    }
    eg_board_destroy(board);
    eg_console_destroy(options.logger);
    return status;
}
