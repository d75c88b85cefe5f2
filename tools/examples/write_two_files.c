/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Two files into the flash of whichever chip is there: detect_chip(), run_stub(), attach_flash(),
 * write_flash(), reset_chip().
 *
 *     write_two_files BOOTLOADER APPLICATION [PORT]
 *
 * Every call that can fail returns a code and leaves a sentence in a struct eg_error, where Python raises.
 * run_stub() gives no new object: the board knows by itself whether its ROM or a stub answers.
 */

#include <espgang.h>

#include <stdio.h>
#include <stdlib.h>

/* Where the bootloader goes depends on the chip: an ESP32 or ESP32-S2 wants it at 0x1000, an ESP32-P4 or
 * ESP32-C5 at 0x2000. */
enum { BOOTLOADER_ADDR = 0x0, APPLICATION_ADDR = 0x10000 };

static enum eg_code write_two(struct eg_board *board, const char *bootloader, const char *application,
                              struct eg_error *err)
{
    const struct eg_flash_file files[] = {
        {.addr = BOOTLOADER_ADDR, .input = {.path = bootloader}},
        {.addr = APPLICATION_ADDR, .input = {.path = application}},
    };

    if (eg_board_run_stub(board, err) != EG_OK) /* without this the chip's ROM does the rest */
        return err->code;
    if (eg_board_attach_flash(board, NULL, err) != EG_OK) /* before anything is done with the flash */
        return err->code;
    if (eg_board_write_flash(board, files, 2, NULL, NULL, err) != EG_OK)
        return err->code;
    return eg_board_reset_chip(board, EG_AFTER_HARD_RESET, err);
}

int main(int argc, char **argv)
{
    struct eg_board_options options = {0}; /* all zero: the first port at which a board answers, any chip */
    struct eg_board *board = NULL;
    struct eg_error err;
    int status = EXIT_SUCCESS;

    if (argc < 3 || argc > 4) {
        fputs("usage: write_two_files BOOTLOADER APPLICATION [PORT]\n", stderr);
        return 2;
    }
    options.port = argc > 3 ? argv[3] : NULL;

    /* Nothing is printed unless a logger is given; this one prints as the program espgang does. */
    if (eg_console_create(&options.logger, stdout, &err) != EG_OK ||
        eg_board_detect_chip(&board, &options, &err) != EG_OK ||
        write_two(board, argv[1], argv[2], &err) != EG_OK) {
        fprintf(stderr, "write_two_files: %s\n", err.text);
        status = EXIT_FAILURE;
    }

    /* What the end of a `with` block does in Python: the port is closed, however this went. */
    eg_board_destroy(board);
    eg_console_destroy(options.logger);
    return status;
}
