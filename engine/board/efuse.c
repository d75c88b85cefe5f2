/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/board/efuse.h"

#include "engine/board/board_internal.h"
#include "engine/efuse/plan.h"

#include <stdio.h>

#define CANNOT_BE_READ "its eFuses can be neither read nor burnt"

static enum eg_code read_register(void *context, uint32_t addr, uint32_t *word, struct eg_error *err)
{
    struct eg_board *board = context;

    EG_TRY(eg__need_readable(board, CANNOT_BE_READ, err));
    return eg_loader_read_reg(&board->loader, addr, word, err);
}

static enum eg_code write_register(void *context, uint32_t addr, uint32_t word, uint32_t pause_us,
                                   struct eg_error *err)
{
    struct eg_board *board = context;

    EG_TRY(eg__need_readable(board, CANNOT_BE_READ, err));
    if (pause_us > 0)
        return eg_loader_write_reg_and_pause(&board->loader, addr, word, pause_us, err);
    return eg_loader_write_reg(&board->loader, addr, word, 0xffffffff, 0, err);
}

static void hide(void *context, bool on)
{
    ((struct eg_board *)context)->trace_hidden = on;
}

static enum eg_code reconnect(void *context, bool *secure_download, struct eg_error *err)
{
    struct eg_board *board = context;

    EG_TRY(eg_board_connect(board, err));
    *secure_download = eg_board_secure_download(board);
    return EG_OK;
}

struct eg_efuse_io eg_board_efuse_io(struct eg_board *board)
{
    return (struct eg_efuse_io){read_register, write_register, hide, reconnect, board};
}

static enum eg_code open_fuses(struct eg_board *board, struct eg_efuses *fuses, struct eg_error *err)
{
    const struct eg_efuse_io io = eg_board_efuse_io(board);
    uint16_t revision;
    uint32_t mhz;

    EG_TRY(eg__need_readable(board, CANNOT_BE_READ, err));
    EG_TRY(eg_board_chip_revision(board, &revision, err));
    EG_TRY(eg_board_crystal_mhz(board, &mhz, err));
    return eg_efuse_open(fuses, board->loader.target, &io, revision, mhz, err);
}

enum eg_code eg_board_efuse_read(struct eg_board *board, const char *name, struct eg_efuse_reading *reading,
                                 struct eg_error *err)
{
    EG_CLEANUP(eg_efuse_finish) struct eg_efuses fuses = {0};
    const struct eg_efuse_field *field;
    struct eg_efuse_value value;

    EG_TRY(open_fuses(board, &fuses, err));
    EG_TRY(eg_efuse_get_field(&fuses, name, &field, err));
    eg_efuse_value(&fuses, field, &value);
    snprintf(reading->value, sizeof reading->value, "%s", value.text);
    reading->number = eg_efuse_number(&fuses, name);
    reading->readable = eg_efuse_readable(&fuses, field->rd);
    reading->writable = eg_efuse_writable(&fuses, field->wr);
    return EG_OK;
}

static enum eg_code want(struct eg_efuse_plan *plan, const struct eg_efuse_wish *wish, struct eg_error *err)
{
    const struct eg_efuse_field *field;

    if ((wish->field == NULL) == (wish->block == NULL))
        return eg_error_set(err, EG_BAD_ARGUMENT, "a wish for the eFuses names a field or a block");
    if (wish->block != NULL) {
        const struct eg_efuse_key key = {
            .block = wish->block, .purpose = wish->purpose, .data = wish->key, .size = wish->key_size};

        if (wish->key == NULL || (wish->purpose == NULL) != (plan->fuses->chip->purposes == NULL))
            return eg_error_set(err, EG_BAD_ARGUMENT, "%s: a key needs its bytes%s", wish->block,
                                plan->fuses->chip->purposes != NULL ? " and a purpose"
                                                                    : ", and has no purpose");
        return eg_efuse_want_key(plan, &key, err);
    }
    EG_TRY(eg_efuse_get_field(plan->fuses, wish->field, &field, err));
    if (wish->number != 0)
        EG_TRY(eg_efuse_want_number(plan, field, wish->number, err));
    if (!wish->write_protect)
        return EG_OK;
    if (field->wr == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s cannot be write-protected", field->name);
    return eg_efuse_want_write_protection(plan, field->wr, field->name, err);
}

enum eg_code eg_board_efuse_burn(struct eg_board *board, const struct eg_efuse_wish *wishes, size_t count,
                                 bool dry_run, struct eg_error *err)
{
    EG_CLEANUP(eg_efuse_finish) struct eg_efuses fuses = {0};
    EG_CLEANUP(eg_efuse_plan_finish) struct eg_efuse_plan plan = {0};

    EG_TRY(open_fuses(board, &fuses, err));
    EG_TRY(eg_efuse_plan_init(&plan, &fuses, err));
    for (size_t i = 0; i < count; i++)
        EG_TRY(want(&plan, &wishes[i], err));
    EG_TRY(eg_efuse_decide(&plan, err));
    if (dry_run || plan.burns == 0)
        return EG_OK;
    const struct eg__stage stage = eg__stage_begin(board, "efuse");
    return eg__stage_end(&stage, eg_efuse_burn(&plan, err), err);
}
