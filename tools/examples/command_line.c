/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A command line from inside a program, as esptool.main(command) is from Python.
 *
 *     command_line OUTPUT [PORT]
 *
 * Reads the first 2 MB of the flash into a file. eg_main() prints what the program espgang would print and
 * returns the status that it would end with. Who wants codes and data instead uses the calls that the other
 * examples show.
 */

#include <espgang.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3) {
        fputs("usage: command_line OUTPUT [PORT]\n", stderr);
        return 2;
    }

    /* Without a port espgang tries those that look like a board. */
    char *command[] = {"espgang",
                       "--baud",
                       "460800",
                       "read-flash",
                       "0",
                       "0x200000",
                       argv[1],
                       argc > 2 ? "--port" : NULL,
                       argc > 2 ? argv[2] : NULL,
                       NULL};
    int count = 0;

    fputs("running", stdout);
    for (; command[count] != NULL; count++)
        printf(" %s", command[count]);
    puts("");
    return eg_main(count, command);
}
