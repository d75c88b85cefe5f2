/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Where labels go: a TCP printer, a file, a folder or a program.
 *
 *     tcp://HOST[:PORT]   PORT is 9100 unless given
 *     file:PATH           each label is appended
 *     folder:PATH         a file RUN.zpl or RUN.txt for each label
 *     program:PATH        the label is its standard input
 *
 * Threads: a printer is only read once it is parsed.
 */

#ifndef TOOLS_ESPGANG_LABELS_PRINTER_H
#define TOOLS_ESPGANG_LABELS_PRINTER_H

#include "engine/base/clock.h"

#define CLI_PRINTER_FORMS "tcp://HOST[:PORT], file:PATH, folder:PATH or program:PATH"

enum cli_printer_way { CLI_PRINTER_TCP, CLI_PRINTER_FILE, CLI_PRINTER_FOLDER, CLI_PRINTER_PROGRAM };

struct cli_printer {
    enum cli_printer_way way;
    char text[300];  /* as it was given */
    char place[256]; /* host, or path */
    char port[8];
    uint32_t timeout_ms;
};

/** Read the form of a printer: EG_BAD_ARGUMENT. */
enum eg_code cli_printer_parse(struct cli_printer *printer, const char *text,
                               struct eg_error *err) EG_CHECKED;

/** Check what can be checked without printing: folder and program are there. EG_BAD_ARGUMENT. */
enum eg_code cli_printer_check(const struct cli_printer *printer, struct eg_error *err) EG_CHECKED;

struct cli_print_job {
    const void *data;
    size_t size;
    const char *name; /* of its file: "12.zpl" */
    /** Called once the printer takes data, before the first byte is sent; what it returns ends the print. */
    enum eg_code (*begin)(void *context, struct eg_error *err);
    void *context;
};

/**
 * Print a label.
 *
 * @param begun  set once begin() was called: bytes may have reached the printer
 *
 * @return EG_OK: the printer's end of the connection, the disk, or the program has it; what begin() returned;
 * EG_IO, EG_TIMEOUT, EG_PROGRAM_FAILED, EG_CANCELLED with "printer tcp://…: " before the cause
 */
enum eg_code cli_printer_print(const struct cli_printer *printer, const struct cli_print_job *job,
                               bool *begun, const struct eg_cancel *cancel, struct eg_error *err) EG_CHECKED;

#endif
