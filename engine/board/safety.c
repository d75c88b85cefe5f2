/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Ask the guard what may be written to or erased on this board, with the facts of this board. Nothing has
 * been erased by then.
 */

#include "engine/board/board_internal.h"

/* Read the facts of the chip. Reading flash needs none; an ESP8266 has no security, and may not even have a
 * MAC. */
static enum eg_code read_chip(struct eg_board *board, const struct eg_guard_request *request,
                              struct eg_guard_chip *chip, struct eg_error *err)
{
    struct eg_loader *const loader = &board->loader;
    bool encrypts = false;

    *chip =
        (struct eg_guard_chip){.info = {.secure_download = loader->secure_download}, .rom = !loader->stub};
    if (request->action == EG_GUARD_READ ||
        (request->action == EG_GUARD_ERASE && loader->target->mac_layout == EG_MAC_ESP8266_OTP))
        return EG_OK;
    EG_TRY(eg_loader_identify(loader, &chip->info, err));
    for (size_t i = 0; i < request->count; i++)
        encrypts = encrypts || request->pieces[i].encrypted;
    if (!encrypts || loader->secure_download || request->force || request->ignore_flash_key ||
        loader->target->key_rule == EG_KEY_NONE)
        return EG_OK;
    chip->has_keys = true;
    EG_TRY(eg_loader_crypt_config_ok(loader, &chip->crypt_config_ok, err));
    return eg_loader_has_flash_key(loader, &chip->flash_key, err);
}

static void warn(void *context, const struct eg_guard_finding *finding)
{
    struct eg_board *const board = context;
    const struct eg_log_origin origin = eg__origin(board);

    eg_log_warning(board->options.logger, &origin, "%s", finding->text);
}

enum eg_code eg__ask(struct eg_board *board, struct eg_guard_request *request, struct eg_guard_chip *chip,
                     struct eg_error *err)
{
    struct eg_flash_info flash = {.size = 0};

    EG_TRY(read_chip(board, request, chip, err));
    if (!board->loader.secure_download)
        EG_TRY(eg__flash_info(board, &flash, err));
    if (!board->loader.secure_download || board->loader.flash_size != 0)
        request->flash = &flash;
    request->target = board->loader.target;
    request->chip = chip;
    request->say = warn;
    request->context = board;
    const enum eg_code code = eg_guard_ask(request, NULL, err);
    request->flash = NULL;
    return code;
}

enum eg_code eg__ask_pieces(struct eg_board *board, struct eg_guard_request *request,
                            const struct eg__pieces *pieces, struct eg_guard_chip *chip, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_guard_piece *list = NULL;

    EG_TRY(eg__guard_pieces(pieces, &list, err));
    request->pieces = list;
    request->count = pieces->count;
    const enum eg_code code = eg__ask(board, request, chip, err);
    request->pieces = NULL;
    return code;
}

enum eg_code eg__ask_range(struct eg_board *board, enum eg_guard_action action, uint32_t addr, uint32_t size,
                           bool force, struct eg_error *err)
{
    const struct eg_guard_piece range = {.flash_addr = addr, .size = size};
    struct eg_guard_request request = {.action = action, .pieces = &range, .count = 1, .force = force};
    struct eg_guard_chip chip;

    return eg__ask(board, &request, &chip, err);
}
