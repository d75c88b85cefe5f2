/* SPDX-License-Identifier: Apache-2.0 */

/* From the options of a board to a connected board, and back to a board that runs its application, in
 * esptool's order. */

#include "tools/espgang/one_board/connection.h"

#include "engine/base/log.h"
#include "engine/base/mac.h"
#include "engine/link/port.h"
#include "tools/espgang/one_board/sim.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define FILTERS_MAX  16
#define BAUD_MAX     5000000
#define BAUD_DEFAULT 115200

/* The place of the value among those that the option may have; without a value the first. */
static unsigned choice(const struct cli_call *call, const char *name)
{
    const char *const text = cli_text(call, name);
    const struct cli_option *option = cli_board_options;
    unsigned index = 0;

    while (strcmp(option->name, name) != 0)
        option++;
    while (text != NULL && option->choices[index] != NULL && strcmp(option->choices[index], text) != 0)
        index++;
    return index;
}

/* Data of the signal handler. */
static struct eg_board *_Atomic current;

static void cancel_board(void)
{
    struct eg_board *board = atomic_load(&current);

    if (board != NULL)
        eg_board_cancel(board);
}

static enum eg_code tell_chip(const struct cli_call *call, struct eg_error *err)
{
    char description[EG_DESCRIPTION_TEXT], features[EG_FEATURES_TEXT], mac_text[EG_MAC_TEXT];
    struct eg_board *board = call->board;
    struct eg_mac mac;
    uint32_t mhz;

    cli_say(call, "Connected to %s on %s:", eg_board_chip_label(board), eg_board_port(board));
    if (eg_board_secure_download(board)) {
        cli_say(call, "Chip type:          %s in Secure Download Mode", eg_board_chip_label(board));
        return EG_OK;
    }
    EG_TRY(eg_board_chip_description(board, description, err));
    EG_TRY(eg_board_chip_features(board, features, err));
    const enum eg_code measured = eg_board_crystal_mhz(board, &mhz, err);
    if (measured != EG_UNSUPPORTED) /* a stub that was met running can make it so */
        EG_TRY(measured);
    EG_TRY(eg_board_read_mac(board, &mac, err));
    eg_mac_text(mac_text, mac.base);
    cli_say(call, "Chip type:          %s", description);
    cli_say(call, "Features:           %s", features);
    if (measured == EG_OK)
        cli_say(call, "Crystal frequency:  %uMHz", (unsigned)mhz);
    if (eg_board_usb_mode(board) != NULL)
        cli_say(call, "USB mode:           %s", eg_board_usb_mode(board));
    cli_say(call, "MAC:                %s", mac_text);
    return EG_OK;
}

static enum eg_code create_board(struct cli_call *call, const struct eg_settings *settings,
                                 const struct cli_sim *sim, const char **filters, uint64_t *baud,
                                 struct eg_error *err)
{
    struct eg_board_options options = {
        .port = sim->gang != NULL ? sim->url : cli_text(call, "port"),
        .port_filters = filters,
        .chip = cli_text(call, "chip"),
        .before = (enum eg_before)choice(call, "before"),
        .stub_dir = cli_text(call, "stub-dir"),
        .settings = settings,
        .logger = call->logger,
        .trace = cli_flag(call, "trace"),
        .schemes = sim->schemes,
    };
    const char *attempts = cli_text(call, "connect-attempts");

    EG_TRY(cli_option_number(call, "baud", BAUD_MAX, BAUD_DEFAULT, baud, err));
    if (*baud == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "--baud: 0 is no rate");
    options.baud = (uint32_t)*baud;
    if (attempts != NULL) {
        char *end;
        const long number = strtol(attempts, &end, 0);
        if (end == attempts || *end != '\0' || number > INT_MAX)
            return eg_error_set(err, EG_BAD_ARGUMENT, "--connect-attempts: \"%.40s\" is no number", attempts);
        options.connect_attempts = number > 0 ? (int)number : -1;
    }
    for (int i = 0; i < FILTERS_MAX && (filters[i] = cli_texts(call, "port-filter", i)) != NULL; i++)
        ;
    return eg_board_create(&call->board, &options, err);
}

enum eg_after cli_after(const struct cli_call *call)
{
    return (enum eg_after)choice(call, "after");
}

/* An explicit --after must be possible; the default does what it can. */
static enum eg_code check_after(const struct cli_call *call, struct eg_error *err)
{
    const char *after = cli_text(call, "after");

    if (after == NULL || (call->command->flags & CLI_STAYS) != 0)
        return EG_OK;
    if (eg_board_can_leave(call->board, cli_after(call), err) != EG_OK)
        return eg_error_prefix(err, "--after %s: ", after);
    return EG_OK;
}

/* esptool's steps 1 to 7. */
static enum eg_code bring_up(struct cli_call *call, uint64_t baud, struct eg_error *err)
{
    const struct cli_command *command = call->command;
    struct eg_board *board = call->board;
    const char *supply = cli_text(call, "override-vddsdio");
    const char *pins = cli_has_option(call, "spi-connection") ? cli_text(call, "spi-connection") : NULL;

    EG_TRY(eg_board_connect(board, err));
    EG_TRY(check_after(call, err));
    EG_TRY(tell_chip(call, err));
    if (eg_board_secure_download(board) && (command->flags & CLI_SECURE) == 0)
        return eg_error_set(err, EG_SECURED, "%s is not possible in secure download mode", command->name);
    if (!cli_flag(call, "no-stub") && (command->flags & CLI_ROM) == 0) {
        EG_TRY(eg_board_run_stub(board, err));
        if (eg_board_has_stub(board))
            cli_say(call, "Stub flasher running");
    }
    if (supply != NULL)
        EG_TRY(eg_board_override_vddsdio(board, supply, err));
    if (baud > eg_board_baud(board)) {
        const enum eg_code code = eg_board_change_baud(board, (uint32_t)baud, err);
        if (code == EG_UNSUPPORTED)
            eg_log_warning(call->logger, NULL, "%s", err->text);
        else
            EG_TRY(code);
    }
    if ((command->flags & CLI_FLASH) != 0)
        EG_TRY(eg_board_attach_flash(board, pins, err));
    return EG_OK;
}

/* Done after a failure too, as in esptool; the first failure is the one that is reported. */
static enum eg_code leave(struct cli_call *call, enum eg_code code, struct eg_error *err)
{
    struct eg_error second;

    if ((call->command->flags & CLI_STAYS) != 0 ||
        ((call->command->flags & CLI_ROM) != 0 && cli_text(call, "after") == NULL) ||
        (code == EG_OK && (call->command->flags & CLI_LEAVES) != 0) || code == EG_PORT_GONE ||
        code == EG_CANCELLED)
        return code;
    if (eg_board_reset_chip(call->board, cli_after(call), &second) == EG_OK)
        return code;
    if (code == EG_OK)
        *err = second;
    return err->code;
}

enum eg_code cli_with_board(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(cli_sim_finish) struct cli_sim sim = {0};
    const char *filters[FILTERS_MAX + 1] = {NULL};
    struct eg_settings settings;
    uint64_t baud;

    EG_TRY(cli_folder_check(call, "stub-dir", err));
    EG_TRY(eg_settings_load(&settings, call->logger, err));
    EG_TRY(cli_sim_init(&sim, cli_text(call, "port"), cli_text(call, "stub-dir"), err));
    EG_TRY(create_board(call, &settings, &sim, filters, &baud, err));
    atomic_store(&current, call->board);
    cli_catch_signals("\nespgang: interrupted; the board may still be in its loader\n", cancel_board);
    enum eg_code code = bring_up(call, baud, err);
    if (code == EG_OK)
        code = call->command->run(call, err);
    if (eg_board_chip_name(call->board)[0] != '\0')
        code = leave(call, code, err);
    atomic_store(&current, NULL);
    eg_board_destroy(call->board);
    call->board = NULL;
    return code;
}
