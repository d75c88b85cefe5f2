/* SPDX-License-Identifier: Apache-2.0 */

/*
 * monitor: what the board prints, and keys to it.
 *
 * The board is reset first, so that its log begins at the beginning. On a terminal keys go to the board, but
 * for two: Ctrl-R resets it again, Ctrl-C or Ctrl-] ends. A board that is unplugged, or whose own USB leaves
 * the bus with a reset, is awaited.
 */

#define _DEFAULT_SOURCE /* cfmakeraw() */

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/link/discover.h"
#include "engine/link/port.h"
#include "engine/link/reset.h"
#include "tools/espgang/command.h"
#include "tools/espgang/one_board/sim.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum {
    BAUD_DEFAULT = 115200,
    BAUD_MAX = 5000000,
    SECONDS_MAX = 1000000,
    READ_MS = 50,
    COME_BACK_MS = 200,
    WRITE_MS = 1000,
    KEY_QUIT = 0x1d, /* Ctrl-] */
    KEY_INTERRUPT = 0x03,
    KEY_RESET = 0x12, /* Ctrl-R */
};

struct monitor {
    const struct cli_call *call;
    struct cli_sim sim;
    char url[256];
    uint32_t baud;
    struct eg_port *port; /* NULL = away */
    bool keys;            /* standard input is a terminal, in raw mode */
    struct termios former;
};

static void monitor_finish(struct monitor *monitor)
{
    eg_port_close(monitor->port);
    if (monitor->keys)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &monitor->former);
    cli_sim_finish(&monitor->sim);
}

/* The only board that is attached, when none is named. */
static enum eg_code choose_port(struct monitor *monitor, struct eg_error *err)
{
    const char *port = cli_text(monitor->call, "port");
    EG_CLEANUP(eg_free_cleanup) struct eg_found_port *found = NULL;
    const struct eg_found_port *only = NULL;
    size_t count;

    if (monitor->sim.gang != NULL)
        port = monitor->sim.url;
    if (port != NULL) {
        snprintf(monitor->url, sizeof monitor->url, "%s", port);
        return EG_OK;
    }
    EG_TRY(eg_discover_ports(&found, &count, err));
    for (size_t i = 0; i < count; i++) {
        if (!found[i].default_choice)
            continue;
        if (only != NULL)
            return eg_error_set(err, EG_BAD_ARGUMENT, "boards at %s and %s: name one with --port", only->path,
                                found[i].path);
        only = &found[i];
    }
    if (only == NULL)
        return eg_error_set(err, EG_NO_PORT, "no port looks like a board: name one with --port");
    snprintf(monitor->url, sizeof monitor->url, "%s", only->path);
    return EG_OK;
}

static enum eg_code open_port(struct monitor *monitor, struct eg_error *err)
{
    EG_TRY(eg_port_open(&monitor->port, monitor->url, monitor->sim.schemes, cli_cancel(), err));
    return eg_port_set_baud(monitor->port, monitor->baud, err);
}

static enum eg_code reset_board(struct monitor *monitor, struct eg_error *err)
{
    const bool usb = monitor->port->vid == 0x303a;

    return eg_reset_run(monitor->port, usb ? EG_RESET_HARD_USB : EG_RESET_HARD,
                        &(struct eg_reset_times){.low_ms = EG_RESET_LOW_MS}, err);
}

static void raw_keys(struct monitor *monitor)
{
    struct termios raw;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &monitor->former) != 0)
        return;
    raw = monitor->former;
    cfmakeraw(&raw);
    raw.c_oflag = monitor->former.c_oflag;
    monitor->keys = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

/* `*quit` when the user wants to. */
static enum eg_code take_keys(struct monitor *monitor, bool *quit, struct eg_error *err)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    uint8_t keys[64];

    *quit = false;
    if (!monitor->keys || poll(&input, 1, 0) <= 0)
        return EG_OK;
    const ssize_t count = read(STDIN_FILENO, keys, sizeof keys);
    *quit = count <= 0;
    for (ssize_t i = 0; i < count && !*quit; i++) {
        if (keys[i] == KEY_QUIT || keys[i] == KEY_INTERRUPT)
            *quit = true;
        else if (monitor->port == NULL)
            continue;
        else if (keys[i] == KEY_RESET)
            EG_TRY(reset_board(monitor, err));
        else
            EG_TRY(eg_port_write(monitor->port, &keys[i], 1, WRITE_MS, err));
    }
    return EG_OK;
}

static enum eg_code show(struct monitor *monitor, struct eg_error *err)
{
    uint8_t data[1024];
    size_t got;

    EG_TRY(eg_port_read(monitor->port, data, sizeof data, &got, READ_MS, err));
    if (fwrite(data, 1, got, stdout) != got || fflush(stdout) != 0)
        return eg_error_errno(err, EG_IO, errno, "standard output");
    return EG_OK;
}

/* One look at everything. */
static enum eg_code step(struct monitor *monitor, bool *quit, struct eg_error *err)
{
    EG_TRY(take_keys(monitor, quit, err));
    if (*quit)
        return EG_OK;
    if (monitor->port != NULL)
        return show(monitor, err);
    EG_TRY(eg_sleep_ms(cli_cancel(), COME_BACK_MS, err));
    return open_port(monitor, err);
}

static enum eg_code watch(struct monitor *monitor, uint64_t until_ms, struct eg_error *err)
{
    for (bool quit = false; !quit && eg_clock_ms() < until_ms;) {
        const enum eg_code code = step(monitor, &quit, err);

        if (code == EG_CANCELLED)
            return EG_OK; /* a signal is how it ends */
        if (!eg_port_may_come_back(code)) {
            EG_TRY(code);
            continue;
        }
        if (monitor->port != NULL)
            eg_log_note(monitor->call->logger, NULL, "%s: waiting for it to come back", err->text);
        eg_port_close(monitor->port);
        monitor->port = NULL;
    }
    return EG_OK;
}

static enum eg_code run_monitor(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(monitor_finish) struct monitor monitor = {.call = call};
    uint64_t baud, seconds;

    EG_TRY(cli_option_number(call, "baud", BAUD_MAX, BAUD_DEFAULT, &baud, err));
    EG_TRY(cli_option_number(call, "seconds", SECONDS_MAX, 0, &seconds, err));
    if (baud == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "--baud: 0 is no rate");
    monitor.baud = (uint32_t)baud;
    EG_TRY(cli_sim_init(&monitor.sim, cli_text(call, "port"), NULL, err));
    EG_TRY(choose_port(&monitor, err));
    cli_catch_signals(NULL, NULL);
    EG_TRY(open_port(&monitor, err));
    raw_keys(&monitor);
    if (monitor.keys)
        eg_log_note(call->logger, NULL, "%s at %u baud; Ctrl-] or Ctrl-C ends, Ctrl-R resets the board",
                    monitor.url, (unsigned)monitor.baud);
    if (!cli_flag(call, "no-reset"))
        EG_TRY(reset_board(&monitor, err));
    return watch(&monitor, seconds != 0 ? eg_clock_ms() + seconds * 1000 : UINT64_MAX, err);
}

static const struct cli_option options[] = {
    {.name = "port",
     .letter = 'p',
     .value = "PORT",
     .help = "Path or URL of the port (default: the only board's)",
     .env = "ESPTOOL_PORT"},
    {.name = "baud",
     .letter = 'b',
     .value = "RATE",
     .help = "Baud rate of the application's log (default: 115200)"},
    {.name = "no-reset", .help = "Do not reset the board"},
    {.name = "seconds", .value = "N", .help = "Stop after this many seconds"},
    {.name = NULL}};

const struct cli_command cli_command_monitor = {
    .name = "monitor",
    .group = CLI_ONE_BOARD,
    .summary = "Reset the board and show what it prints",
    .arguments = "",
    .details =
        "On a terminal keys go to the board, except Ctrl-R, which resets it, and Ctrl-] and Ctrl-C, which "
        "end the monitor. A board that is unplugged is awaited.",
    .options = options,
    .flags = CLI_OFFLINE,
    .run = run_monitor,
};
