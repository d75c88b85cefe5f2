/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A board of the public interface: its options, its port, its stub.
 *
 * A struct eg_board combines the parts of the loader: it finds and opens the port, chooses the stub,
 * remembers the settings so that a board whose port was lost can be restored, and reports its work to a
 * logger.
 *
 * Not here: finding and connecting (connect.c), and the calls for a connected board.
 */

#include "engine/board/board_internal.h"

#include "engine/link/discover.h"
#include "engine/link/reset.h"

#include <stdlib.h>
#include <string.h>

static enum eg_code copy_filters(struct eg_board *board, const char *const *filters, struct eg_error *err)
{
    size_t count = 0;

    while (filters != NULL && filters[count] != NULL)
        count++;
    if (count == 0)
        return EG_OK;
    EG_TRY(eg_alloc(&board->filters, count, sizeof *board->filters, err));
    for (; board->filter_count < count; board->filter_count++)
        EG_TRY(eg_strdup(&board->filters[board->filter_count], filters[board->filter_count], err));
    return EG_OK;
}

static enum eg_code copy_text(char **copy, const char *text, struct eg_error *err)
{
    return text != NULL ? eg_strdup(copy, text, err) : EG_OK;
}

static enum eg_code find_target(struct eg_board *board, struct eg_error *err)
{
    char names[256];

    if (board->chip_name == NULL || strcmp(board->chip_name, "auto") == 0)
        return EG_OK;
    board->wanted = eg_target_by_name(board->chip_name);
    if (board->wanted != NULL)
        return EG_OK;
    eg_target_names(names, sizeof names);
    return eg_error_set(err, EG_BAD_ARGUMENT, "chip \"%.40s\" is none of %s", board->chip_name, names);
}

/* EG_BAD_JOB of the layers below is EG_BAD_ARGUMENT here: the mistake is in an argument. */
static enum eg_code as_argument(enum eg_code code, struct eg_error *err)
{
    if (code == EG_BAD_JOB)
        err->code = code = EG_BAD_ARGUMENT;
    return code;
}

static enum eg_code check_sequence(const char *sequence, struct eg_error *err)
{
    return sequence[0] == '\0' ? EG_OK : as_argument(eg_reset_check_custom(sequence, err), err);
}

static enum eg_code set_up(struct eg_board *board, const struct eg_board_options *options,
                           struct eg_error *err)
{
    if (options != NULL)
        board->options = *options;
    EG_TRY(copy_text(&board->port_name, board->options.port, err));
    EG_TRY(copy_text(&board->chip_name, board->options.chip, err));
    EG_TRY(copy_text(&board->stub_dir, board->options.stub_dir, err));
    EG_TRY(copy_filters(board, board->options.port_filters, err));
    if (board->options.settings != NULL)
        board->settings = *board->options.settings;
    else
        eg_settings_init(&board->settings);
    EG_TRY(check_sequence(board->settings.custom_reset_sequence, err));
    EG_TRY(check_sequence(board->settings.custom_hard_reset_sequence, err));
    size_t none = 0;
    EG_TRY(as_argument(
        eg_discover_filter(NULL, &none, (const char *const *)board->filters, board->filter_count, err), err));
    return find_target(board, err);
}

enum eg_code eg_board_create(struct eg_board **board, const struct eg_board_options *options,
                             struct eg_error *err)
{
    struct eg_board *made;

    EG_TRY(eg_alloc(&made, 1, sizeof *made, err));
    if (set_up(made, options, err) != EG_OK) {
        eg_board_destroy(made);
        return err->code;
    }
    *board = made;
    return EG_OK;
}

void eg_board_cancel(struct eg_board *board)
{
    eg_cancel_request(&board->cancel);
}

void eg_board_destroy(struct eg_board *board)
{
    if (board == NULL)
        return;
    eg_port_close(board->port);
    for (size_t i = 0; i < board->filter_count; i++)
        free(board->filters[i]);
    free(board->filters);
    free(board->port_name);
    free(board->chip_name);
    free(board->stub_dir);
    free(board);
}

enum eg_code eg__check_cancelled(const struct eg_board *board, struct eg_error *err)
{
    return eg_cancel_requested(&board->cancel) ? eg_error_set(err, EG_CANCELLED, "cancelled") : EG_OK;
}

enum eg_code eg__need_connected(const struct eg_board *board, struct eg_error *err)
{
    EG_TRY(eg__check_cancelled(board, err));
    if (board->port != NULL && board->loader.target != NULL)
        return EG_OK;
    return eg_error_set(err, EG_NO_PORT, "the board is not connected");
}

enum eg_code eg__need_readable(const struct eg_board *board, const char *what, struct eg_error *err)
{
    EG_TRY(eg__need_connected(board, err));
    if (!board->loader.secure_download)
        return EG_OK;
    return eg_error_set(err, EG_SECURED, "%s is in secure download mode: %s", board->loader.target->label,
                        what);
}

const char *eg_board_port(const struct eg_board *board)
{
    return board->url;
}

bool eg_board_has_stub(const struct eg_board *board)
{
    return board->loader.stub;
}

uint32_t eg_board_baud(const struct eg_board *board)
{
    return board->loader.baud;
}
