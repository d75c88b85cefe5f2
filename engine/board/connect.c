/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Find a board, enter its loader, and reconnect when its port was lost.
 *
 * If no port is named, the ports that look like a board are tried one after the other, in esptool's order.
 * Other ports are not touched: trying a port resets its device, and a bench has other devices than boards.
 *
 * A chip with native USB leaves the bus when it is reset, so a port that disappears during a reset is opened
 * again. Its name may have changed, so a USB port is found by its place.
 */

#include "engine/base/mac.h"
#include "engine/board/board_internal.h"

#include "engine/link/discover.h"

#include <stdio.h>
#include <string.h>

enum {
    FIRST_BAUD = 115200,
    RESET_TRIES = 3,
    RESET_PAUSE_MS = 500,
    COME_BACK_TRIES = 7,
    COME_BACK_PAUSE_MS = 1000,
    OPEN_PAUSE_MS = 100,
};

static void close_port(struct eg_board *board)
{
    eg_port_close(board->port);
    board->port = NULL;
    board->loader = (struct eg_loader){0};
    board->attached = board->has_flash = false;
    board->crystal_mhz = 0;
    board->mac_text[0] = board->url[0] = '\0';
}

static enum eg_code open_port(struct eg_board *board, const char *url, struct eg_error *err)
{
    const struct eg_port_scheme *const *schemes =
        board->options.schemes != NULL ? board->options.schemes : eg_port_schemes;

    close_port(board);
    EG_TRY(eg_port_open(&board->port, url, schemes, &board->cancel, err));
    snprintf(board->url, sizeof board->url, "%s",
             board->port->path[0] != '\0' && strcmp(url, board->port->place) == 0 ? board->port->path
                                                                                  : board->port->url);
    eg_loader_init(&board->loader, board->port);
    board->loader.settings = board->settings;
    eg__trace_init(board);
    return EG_OK;
}

static int attempts(const struct eg_board *board)
{
    return board->options.connect_attempts != 0 ? board->options.connect_attempts
                                                : board->settings.connect_attempts;
}

static enum eg_code enter_loader(struct eg_board *board, struct eg_error *err)
{
    const uint32_t baud = board->options.baud != 0 ? board->options.baud : FIRST_BAUD;
    struct eg_loader *loader = &board->loader;
    struct eg_mac mac;

    EG_TRY(eg_loader_connect(loader, board->options.before, baud, attempts(board), err));
    EG_TRY(board->wanted != NULL ? eg_loader_detect_as(loader, board->wanted, err)
                                 : eg_loader_detect(loader, NULL, err));
    if (loader->secure_download)
        return EG_OK;
    EG_TRY(eg_loader_read_mac(loader, &mac, err));
    eg_mac_text(board->mac_text, mac.base);
    return EG_OK;
}

/* Retry opening only for a port that existed before. */
static enum eg_code connect_at(struct eg_board *board, const char *url, struct eg_error *err)
{
    char place[EG_PLACE];

    EG_TRY(open_port(board, url, err));
    memcpy(place, board->port->place, sizeof place);
    for (unsigned i = 1;; i++) {
        enum eg_code code = enter_loader(board, err);
        if (code != EG_PORT_GONE || i == RESET_TRIES)
            return code;
        EG_TRY(eg_sleep_ms(&board->cancel, RESET_PAUSE_MS, err));
        for (unsigned tries = 1; open_port(board, place[0] != '\0' ? place : url, err) != EG_OK; tries++) {
            if (err->code == EG_CANCELLED || tries == COME_BACK_TRIES)
                return err->code;
            EG_TRY(eg_sleep_ms(&board->cancel, RESET_PAUSE_MS, err));
        }
    }
}

/* The setting open_port_attempts: repeat everything, opening included. */
static enum eg_code connect_over_and_over(struct eg_board *board, struct eg_error *err)
{
    const int most = board->settings.open_port_attempts;

    for (int i = 1;; i++) {
        const enum eg_code code = connect_at(board, board->port_name, err);
        if (code == EG_OK || code == EG_CANCELLED || i == most)
            return code;
        EG_TRY(eg_sleep_ms(&board->cancel, OPEN_PAUSE_MS, err));
    }
}

/* Select the ports that match the filters; without filters, those that look like a board. */
static enum eg_code candidates(const struct eg_board *board, struct eg_found_port **found, size_t *count,
                               struct eg_error *err)
{
    size_t kept = 0;

    EG_TRY(eg_discover_ports(found, count, err));
    if (board->filter_count > 0) {
        EG_TRY(
            eg_discover_filter(*found, count, (const char *const *)board->filters, board->filter_count, err));
    } else {
        for (size_t i = 0; i < *count; i++)
            if ((*found)[i].default_choice)
                (*found)[kept++] = (*found)[i];
        *count = kept;
    }
    eg_discover_order_for_search(*found, *count);
    return EG_OK;
}

/* Sentences about the port itself already begin with its name. */
static void name_port(struct eg_error *err, const char *path)
{
    if (strncmp(err->text, path, strlen(path)) != 0)
        (void)eg_error_prefix(err, "%s: ", path);
}

static enum eg_code connect_somewhere(struct eg_board *board, struct eg_error *err)
{
    const struct eg_log_origin origin = eg__origin(board);
    EG_CLEANUP(eg_free_cleanup) struct eg_found_port *found = NULL;
    size_t count;

    EG_TRY(candidates(board, &found, &count, err));
    if (count == 0)
        return eg_error_set(err, EG_NO_PORT, "no port %s: name one",
                            board->filter_count > 0 ? "passes the filters" : "looks like a board");
    for (size_t i = 0; i < count; i++) {
        const enum eg_code code = connect_at(board, found[i].path, err);
        if (code == EG_OK || code == EG_CANCELLED)
            return code;
        name_port(err, found[i].path);
        if (count > 1)
            eg_log_note(board->options.logger, &origin, "%s", err->text);
    }
    if (count > 1)
        return eg_error_set(err, err->code, "no %s answers at any of %zu ports",
                            board->wanted != NULL ? board->wanted->label : "board", count);
    return err->code;
}

static void tell_connected(const struct eg_board *board)
{
    const struct eg_log_origin origin = eg__origin(board);

    eg_log_verbose(board->options.logger, &origin, "%s answers at %s, %u baud, after %u SYNC%s",
                   board->loader.target->label, board->url, (unsigned)board->loader.baud, board->loader.syncs,
                   board->loader.syncs == 1 ? "" : "s");
}

static enum eg_code connect_board(struct eg_board *board, struct eg_error *err)
{
    enum eg_code code;

    EG_TRY(eg__check_cancelled(board, err));
    board->baud = 0;
    if (board->port_name == NULL)
        code = connect_somewhere(board, err);
    else if (board->settings.open_port_attempts != 1 && board->wanted != NULL)
        code = connect_over_and_over(board, err);
    else
        code = connect_at(board, board->port_name, err);
    if (code != EG_OK)
        close_port(board);
    else
        tell_connected(board);
    return code;
}

enum eg_code eg_board_connect(struct eg_board *board, struct eg_error *err)
{
    const struct eg__stage stage = eg__stage_begin(board, "connect");

    if (board->began)
        eg_cancel_take_back(&board->cancel);
    board->began = true;
    return eg__stage_end(&stage, connect_board(board, err), err);
}

enum eg_code eg_board_detect_chip(struct eg_board **board, const struct eg_board_options *options,
                                  struct eg_error *err)
{
    *board = NULL;
    EG_TRY(eg_board_create(board, options, err));
    if (eg_board_connect(*board, err) == EG_OK)
        return EG_OK;
    eg_board_destroy(*board);
    *board = NULL;
    return err->code;
}

/* Find the stub for this chip revision; NULL = none. A chip whose revision cannot be read runs no stub
 * either. */
static enum eg_code stub_name(struct eg_board *board, const char **name, struct eg_error *err)
{
    uint16_t revision = UINT16_MAX;

    if (!board->loader.secure_download)
        EG_TRY(eg_loader_revision(&board->loader, &revision, err));
    *name = eg_target_stub(board->loader.target, revision);
    return EG_OK;
}

/* A stub may run the UART from another clock, so the crystal cannot be measured afterwards. */
static void remember_crystal(struct eg_board *board)
{
    struct eg_error ignored;

    if (board->crystal_mhz == 0 && !board->loader.secure_download &&
        eg_loader_crystal_mhz(&board->loader, &board->crystal_mhz, &ignored) != EG_OK)
        board->crystal_mhz = 0;
}

static enum eg_code run_stub(struct eg_board *board, struct eg_error *err)
{
    const struct eg_log_origin origin = eg__origin(board);
    EG_CLEANUP(eg_stub_destroy_cleanup) struct eg_stub *loaded = NULL;
    const struct eg_stub *stub = NULL;
    const char *name;

    EG_TRY(eg__need_connected(board, err));
    const bool running = board->loader.stub;
    if (running && board->loader.stub_ram[0].end != 0)
        return EG_OK;
    EG_TRY(stub_name(board, &name, err));
    if (name != NULL)
        EG_TRY(eg_stub_find(&stub, &loaded, board->stub_dir, name, err));
    if (stub == NULL && running)
        return EG_OK;
    if (stub == NULL) {
        eg_log_warning(board->options.logger, &origin, "there is no stub for this %s, its ROM goes on",
                       board->loader.target->label);
        return EG_OK;
    }
    if (!running)
        remember_crystal(board);
    const enum eg_code code = eg_loader_run_stub(&board->loader, stub, err);
    if (code == EG_SECURED) {
        eg_log_warning(board->options.logger, &origin, "%s; its ROM goes on", err->text);
        return EG_OK;
    }
    EG_TRY(code);
    if (!running)
        board->attached = board->has_flash = false;
    eg_log_verbose(board->options.logger, &origin, "stub %s runs", name);
    return EG_OK;
}

enum eg_code eg_board_run_stub(struct eg_board *board, struct eg_error *err)
{
    const struct eg__stage stage = eg__stage_begin(board, "stub");

    return eg__stage_end(&stage, run_stub(board, err), err);
}

enum eg_code eg_board_change_baud(struct eg_board *board, uint32_t baud, struct eg_error *err)
{
    EG_TRY(eg__need_connected(board, err));
    if (baud == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "a rate of 0 baud");
    if (!eg_port_has_baud(board->port))
        return eg_error_set(err, EG_UNSUPPORTED, "%s has no rate that could be changed", board->port->url);
    EG_TRY(eg_loader_change_baud(&board->loader, baud, err));
    if (board->loader.baud != baud)
        return eg_error_set(err, EG_UNSUPPORTED, "the ROM of %s keeps its %u baud%s",
                            board->loader.target->label, (unsigned)board->loader.baud,
                            board->loader.secure_download ? " in secure download mode" : "");
    board->baud = baud;
    return EG_OK;
}

enum eg_code eg__attach(struct eg_board *board, struct eg_error *err)
{
    return board->pins_given ? eg_loader_attach_flash_at(&board->loader, board->spi_word, err)
                             : eg_loader_attach_flash(&board->loader, NULL, err);
}

static enum eg_code come_back(struct eg_board *board, struct eg_error *err)
{
    const struct eg_target *target = board->loader.target;
    const bool stub = board->loader.stub, attached = board->attached;
    const uint32_t baud = board->baud;
    const struct eg_port *port = board->port;
    EG_CLEANUP(eg_free_cleanup) char *url = NULL;
    char mac_text[EG_MAC_TEXT];

    /* Wait for a USB port at its place: it may come back under another name. */
    EG_TRY(eg_strdup(&url, port != NULL && port->place[0] != '\0' ? port->place : eg_board_port(board), err));
    memcpy(mac_text, board->mac_text, sizeof mac_text);
    for (unsigned i = 1;; i++) {
        EG_TRY(eg_sleep_ms(&board->cancel, COME_BACK_PAUSE_MS, err));
        const enum eg_code code = connect_at(board, url, err);
        if (code == EG_OK)
            break;
        if (!eg_port_may_come_back(code) || i == COME_BACK_TRIES)
            return code;
    }
    if (board->loader.target != target || strcmp(board->mac_text, mac_text) != 0)
        return eg_error_set(err, EG_WRONG_CHIP, "the board is now an %s with MAC %s, it was %s",
                            board->loader.target->label, board->mac_text, mac_text);
    if (stub)
        EG_TRY(eg_board_run_stub(board, err));
    if (baud != 0)
        EG_TRY(eg_board_change_baud(board, baud, err));
    if (!attached)
        return EG_OK;
    board->attached = true;
    return eg__attach(board, err);
}

enum eg_code eg__reconnect(struct eg_board *board, struct eg_error *err)
{
    const enum eg_code code = come_back(board, err);

    if (code != EG_OK)
        close_port(board);
    return code;
}

static bool is_what_was_asked(enum eg_after after, enum eg_left left)
{
    switch (after) {
    case EG_AFTER_HARD_RESET:
        return left == EG_LEFT_BY_RTS || left == EG_LEFT_BY_WATCHDOG;
    case EG_AFTER_SOFT_RESET:
        return left == EG_LEFT_BY_COMMAND;
    case EG_AFTER_NO_RESET:
        return left == EG_LEFT_IN_ROM;
    case EG_AFTER_NO_RESET_STUB:
        return left == EG_LEFT_IN_STUB || left == EG_LEFT_IN_ROM;
    case EG_AFTER_WATCHDOG_RESET:
        return left == EG_LEFT_BY_WATCHDOG;
    }
    return false;
}

enum eg_code eg_board_reset_chip(struct eg_board *board, enum eg_after after, struct eg_error *err)
{
    const struct eg_log_origin origin = eg__origin(board);

    EG_TRY(eg__need_connected(board, err));
    EG_TRY(eg_loader_leave(&board->loader, after, err));
    if (is_what_was_asked(after, board->loader.left))
        eg_log_verbose(board->options.logger, &origin, "leaving the loader: %s", eg_board_left_by(board));
    else
        eg_log_note(board->options.logger, &origin, "leaving the loader: %s", eg_board_left_by(board));
    return EG_OK;
}

enum eg_code eg_board_can_leave(struct eg_board *board, enum eg_after after, struct eg_error *err)
{
    EG_TRY(eg__need_connected(board, err));
    if (eg_loader_will_leave(&board->loader, after) != EG_LEFT_WITHOUT_LINES)
        return EG_OK;
    return eg_error_set(
        err, EG_PORT_REFUSED,
        "%s has no DTR and RTS, so the board cannot be reset: leave it with no-reset, or with "
        "watchdog-reset where the chip has it",
        board->url);
}

const char *eg_board_left_by(const struct eg_board *board)
{
    return eg_left_text(board->loader.left);
}

enum eg_code eg_board_run(struct eg_board *board, struct eg_error *err)
{
    EG_TRY(eg__need_connected(board, err));
    if (board->loader.stub)
        return eg_loader_leave(&board->loader, EG_AFTER_HARD_RESET, err);
    return eg_loader_run(&board->loader, err);
}
