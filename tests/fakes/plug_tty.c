/* SPDX-License-Identifier: Apache-2.0 */

/* The program plug_tty: what scripts plug USB serial ports into the shim's folder with. */

#include "tests/fakes/usb_tree.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "Usage: plug_tty FOLDER NAME VID:PID SERIAL PLACE TERMINAL\n"
                        "  plug_tty usb ttyUSB7 10c4:ea60 A5001 1-2 \"$PWD/boards/board1\"\n");
        return 2;
    }
    const struct usb_port port = {argv[2], argv[3], argv[4], argv[5], argv[6]};
    const int errnum = usb_tree_plug(argv[1], &port);

    if (errnum != 0)
        fprintf(stderr, "plug_tty: %s in %s: %s\n", argv[2], argv[1], strerror(errnum));
    return errnum != 0;
}
