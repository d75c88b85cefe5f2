/* SPDX-License-Identifier: Apache-2.0 */

/*
 * make_firmware: something to program boards with, since no firmware is committed.
 *
 * The demonstration, the end-to-end tests and the bench use it. It compresses like the real thing, for what a
 * gang programmer does is mostly moving compressed bytes.
 */

#include "tools/dev/firmware.h"

#include "engine/base/bytes.h"

#include <popt.h>
#include <stdio.h>

static void popt_cleanup(poptContext *context)
{
    poptFreeContext(*context);
}

int main(int argc, char **argv)
{
    EG_CLEANUP(eg_free_cleanup) char *chip = NULL;
    long size = 0, seed = 1;
    const struct poptOption options[] = {
        {"chip", 'c', POPT_ARG_STRING, &chip, 0, "which chip it is for (default esp32)", "NAME"},
        {"size", 's', POPT_ARG_LONG, &size, 0,
         "size of app.bin in bytes, a multiple of 16 (default 1 MiB; ESP8266: 512 KiB)", "BYTES"},
        {"seed", '\0', POPT_ARG_LONG, &seed, 0, "another seed, other bytes (default 1)", "NUMBER"},
        POPT_AUTOHELP POPT_TABLEEND,
    };
    EG_CLEANUP(popt_cleanup)
    poptContext context = poptGetContext("make_firmware", argc, (const char **)argv, options, 0);
    struct eg_error err;

    poptSetOtherOptionHelp(context, "[OPTION...] FOLDER");
    const int status = poptGetNextOpt(context);
    if (status < -1) {
        fprintf(stderr, "make_firmware: %s: %s; see --help\n", poptBadOption(context, 0),
                poptStrerror(status));
        return 2;
    }
    const char *folder = poptGetArg(context);
    if (folder == NULL || poptPeekArg(context) != NULL) {
        fprintf(stderr, "make_firmware: give one folder to write to; see --help\n");
        return 2;
    }
    const enum eg_code code =
        firmware_write(folder, chip != NULL ? chip : "esp32", size, (uint64_t)seed, &err);
    if (code != EG_OK)
        fprintf(stderr, "make_firmware: %s\n", err.text);
    return code == EG_OK ? 0 : code == EG_BAD_JOB ? 2 : 1;
}
