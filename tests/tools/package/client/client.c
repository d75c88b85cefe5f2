/* SPDX-License-Identifier: Apache-2.0 */

/* A program that uses only the installed library, as C and as C++. */

#include <espgang.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    char program[] = "espgang", option[] = "--version";
    char *words[] = {program, option, NULL};
    struct eg_board *board = NULL;
    struct eg_board_options options;
    struct eg_error err;

    memset(&options, 0, sizeof options);
    options.port = "/nowhere/ttyUSB0";
    const enum eg_code code = eg_board_detect_chip(&board, &options, &err);

    printf("%s\n%s: %s\n", eg_version(), eg_code_name(code), code != EG_OK ? err.text : "");
    fflush(stdout);
    eg_board_destroy(board);
    return eg_main(2, words);
}
