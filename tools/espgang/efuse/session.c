/* SPDX-License-Identifier: Apache-2.0 */

/* One use of the eFuse commands: open, collect, check, ask, burn. */

#include "tools/espgang/efuse/session.h"

#include "engine/base/bytes.h"
#include "engine/board/efuse.h"
#include "tools/espgang/one_board/connection.h"

#include <stdio.h>
#include <string.h>

static void finish(struct efuse_session *session)
{
    eg_efuse_plan_finish(&session->plan);
    eg_efuse_finish(&session->fuses);
    efuse_extension_finish(&session->extension);
    eg_wipe(session->virt.space, sizeof session->virt.space);
}

static enum eg_code open_virtual(struct efuse_session *session, const struct cli_call *call,
                                 struct eg_error *err)
{
    const char *chip = cli_text(call, "chip");
    const struct eg_target *target =
        eg_target_by_name(chip == NULL || strcmp(chip, "auto") == 0 ? "esp32" : chip);

    if (target == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "--chip: there is no chip \"%.40s\"", chip);
    session->is_virtual = true;
    EG_TRY(eg_efuse_virt_open(&session->virt, target, cli_text(call, "path-efuse-file"), err));
    const struct eg_efuse_io io = eg_efuse_virt_io(&session->virt);
    return eg_efuse_open(&session->fuses, target, &io, session->virt.revision, session->virt.crystal_mhz,
                         err);
}

static enum eg_code open_board(struct efuse_session *session, const struct cli_call *call,
                               struct eg_error *err)
{
    struct eg_board *board = call->board;
    const struct eg_efuse_io io = eg_board_efuse_io(board);
    uint16_t revision;
    uint32_t mhz;

    EG_TRY(eg_board_chip_revision(board, &revision, err));
    EG_TRY(eg_board_crystal_mhz(board, &mhz, err));
    return eg_efuse_open(&session->fuses, eg_target_by_name(eg_board_chip_name(board)), &io, revision, mhz,
                         err);
}

static void say(void *context, const char *text)
{
    cli_say(context, "%s", text);
}

static void tell_errors(const struct cli_call *call, const struct eg_efuses *fuses)
{
    for (unsigned block = 0; block < fuses->block_count; block++)
        if (fuses->block[block].errors != 0 || fuses->block[block].failed)
            cli_say(call, "%s has errors: %u, %s", fuses->chip->blocks[block].name,
                    fuses->block[block].errors,
                    fuses->block[block].failed ? "beyond correction" : "corrected");
}

/* ---- asking ---- */

static void tell_closing(const struct cli_call *call, const struct efuse_session *session,
                         const struct eg_efuse_field *field)
{
    const struct eg_efuse *chip = session->fuses.chip;

    if (chip->download_off != NULL && strcmp(chip->download_off, field->name) == 0)
        cli_say(call, "    afterwards the chip has no loader: it can be neither read nor written by this "
                      "program or any other");
    if (chip->download_secure != NULL && strcmp(chip->download_secure, field->name) == 0)
        cli_say(call,
                "    afterwards neither eFuses nor memory can be read, and no key can be burnt any more");
}

/* A field and what it becomes; the bytes of keys are not shown. */
static void tell_field(const struct cli_call *call, const struct efuse_session *session,
                       const struct eg_efuse_field *field)
{
    const struct eg_efuses *after = &session->plan.wanted->after;
    struct eg_efuse_value before, then;

    if (field->parts != NULL || !eg_efuse_has(&session->fuses, field))
        return;
    eg_efuse_value(&session->fuses, field, &before);
    eg_efuse_value(after, field, &then);
    if (strcmp(before.raw, then.raw) == 0)
        return;
    if (field->kind == EG_AS_KEY)
        cli_say(call, "  %-28s %zu bytes", field->name, eg_efuse_size(field));
    else
        cli_say(call, "  %-28s %s -> %s", field->name, before.raw, then.raw);
    tell_closing(call, session, field);
}

static void tell_burns(const struct cli_call *call, const struct efuse_session *session)
{
    const struct eg_efuse *chip = session->fuses.chip;

    cli_say(call, "To be burnt, which cannot be undone:");
    for (const struct eg_efuse_field *field = session->fuses.fields; field->name != NULL; field++)
        tell_field(call, session, field);
    for (unsigned i = 0; i < session->plan.burns; i++) {
        const unsigned block = session->plan.wanted->burn[i].block;

        if (block != 0 && chip->family == EG_EFUSE_PROGRAM_WINDOW)
            cli_say(call, "  %s can be burnt only this once: its other bits stay 0",
                    chip->blocks[block].name);
    }
}

static enum eg_code confirm(const struct cli_call *call, const struct efuse_session *session,
                            struct eg_error *err)
{
    char answer[16] = "";

    tell_burns(call, session);
    if (cli_flag(call, "do-not-confirm"))
        return EG_OK;
    fputs("Type BURN (all capitals) to go on: ", stdout);
    fflush(stdout);
    if (fgets(answer, sizeof answer, stdin) == NULL || strcmp(answer, "BURN\n") != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "not confirmed: nothing was burnt");
    return EG_OK;
}

/* ---- running ---- */

static bool has_flag_somewhere(const struct cli_call *call, const char *option)
{
    for (; call != NULL; call = call->next)
        if (cli_flag(call, option))
            return true;
    return false;
}

static bool may_hold_key(const struct eg_efuses *fuses, unsigned block)
{
    for (const struct eg_efuse_field *field = fuses->fields; field->name != NULL; field++)
        if (field->kind == EG_AS_KEY && field->block == block && eg_efuse_has(fuses, field))
            return true;
    return false;
}

static void show_blocks(const struct cli_call *call, const struct eg_efuses *fuses, const char *title)
{
    if (!has_flag_somewhere(call, "debug"))
        return;
    cli_say(call, "%s:", title);
    for (unsigned block = 0; block < fuses->block_count; block++)
        if (!may_hold_key(fuses, block))
            efuse_print_words(call, fuses, block);
}

static enum eg_code burn(struct cli_call *call, struct efuse_session *session, struct eg_error *err)
{
    EG_TRY(eg_efuse_decide(&session->plan, err));
    if (session->plan.burns == 0) {
        cli_say(call, "Nothing is left to burn");
        return EG_OK;
    }
    EG_TRY(confirm(call, session, err));
    EG_TRY(eg_efuse_burn(&session->plan, err));
    switch (session->plan.end) {
    case EG_EFUSE_OPEN:
        cli_say(call, "Burnt, and read back: every wanted bit is set");
        show_blocks(call, &session->fuses, "Blocks after burning");
        break;
    case EG_EFUSE_SECURE_DOWNLOAD:
        cli_say(call, "Burnt: the chip is in secure download mode now, so the last burn cannot be read back");
        break;
    case EG_EFUSE_CLOSED:
        cli_say(call, "Burnt: the chip's loader is off now, so the last burn cannot be read back");
        break;
    }
    return EG_OK;
}

static enum eg_code steps(struct cli_call *from, const struct cli_call *to, struct efuse_session *session,
                          bool burning, struct eg_error *err)
{
    for (struct cli_call *call = from; call != to; call = call->next)
        if (((call->command->flags & CLI_BURNS) != 0) == burning)
            EG_TRY(call->command->step(call, session, err));
    return EG_OK;
}

static enum eg_code run_all(struct cli_call *call, struct efuse_session *session, struct eg_error *err)
{
    struct cli_call *first = call;

    while (first != NULL && (first->command->flags & CLI_BURNS) == 0)
        first = first->next;
    EG_TRY(steps(call, first, session, false, err));
    if (first == NULL)
        return EG_OK;
    EG_TRY(steps(first, NULL, session, true, err));
    EG_TRY(burn(call, session, err));
    if (session->plan.end != EG_EFUSE_OPEN)
        return EG_OK;
    return steps(first, NULL, session, false, err);
}

enum eg_code efuse_run(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(finish) struct efuse_session session = {.is_virtual = false};
    const bool is_virtual = has_flag_somewhere(call, "virt");

    if (!is_virtual && call->board == NULL)
        return cli_with_board(call, err);
    EG_TRY(is_virtual ? open_virtual(&session, call, err) : open_board(&session, call, err));
    tell_errors(call, &session.fuses);
    show_blocks(call, &session.fuses, "Blocks");
    if (cli_text(call, "extend-efuse-table") != NULL) {
        EG_TRY(cli_file_check(cli_text(call, "extend-efuse-table"), err));
        EG_TRY(efuse_extend(&session.extension, &session.fuses, cli_text(call, "extend-efuse-table"), err));
    }
    EG_TRY(eg_efuse_plan_init(&session.plan, &session.fuses, err));
    session.plan.at_once = has_flag_somewhere(call, "no-postpone");
    session.plan.say = say;
    session.plan.context = call;
    return run_all(call, &session, err);
}

/* ---- for the commands ---- */

json_t *efuse_json(const struct eg_efuse_value *value)
{
    switch (value->form) {
    case EG_FORM_YES_NO:
        return json_boolean(value->yes);
    case EG_FORM_INTEGER:
        return json_integer(value->integer);
    case EG_FORM_FRACTION:
        return json_real(value->fraction);
    case EG_FORM_TEXT:
        break;
    }
    return json_string(value->text);
}

const char *efuse_text(const struct efuse_session *session, const struct eg_efuse_field *field,
                       struct eg_efuse_value *value)
{
    eg_efuse_value(&session->fuses, field, value);
    return value->text;
}

void efuse_shared(const struct efuse_session *session, const struct eg_efuse_field *field, bool write,
                  char text[400])
{
    text[0] = '\0';
    for (const struct eg_efuse_field *other = session->fuses.fields; other->name != NULL; other++) {
        const uint32_t shared = write ? other->wr & field->wr : other->rd & field->rd;

        if (other != field && shared != 0 && eg_efuse_has(&session->fuses, other))
            snprintf(text + strlen(text), 400 - strlen(text), "%s%s", text[0] != '\0' ? ", " : "",
                     other->name);
    }
}

enum eg_code efuse_mac(const char *text, uint8_t mac[6], struct eg_error *err)
{
    unsigned part[6];
    int end = 0;

    if (strlen(text) != 17 ||
        sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &part[0], &part[1], &part[2], &part[3], &part[4], &part[5],
               &end) != 6 ||
        end != 17)
        return eg_error_set(err, EG_BAD_ARGUMENT, "\"%.40s\" is no MAC address such as 22:60:3b:2b:d5:34",
                            text);
    for (size_t i = 0; i < 6; i++)
        mac[i] = (uint8_t)part[i];
    return EG_OK;
}

void efuse_print_words(const struct cli_call *call, const struct eg_efuses *fuses, unsigned block)
{
    const struct eg_efuse_block *of = &fuses->chip->blocks[block];
    char text[10 * EG_EFUSE_WORDS_MAX] = "", alt[40];

    snprintf(alt, sizeof alt, "(%s)", of->alt != NULL ? of->alt : "");
    for (unsigned i = 0; i < fuses->block[block].words; i++)
        sprintf(text + strlen(text), " %08x", (unsigned)fuses->block[block].word[i]);
    cli_say(call, "%-16s %-16s [%-2u]%s", of->name, alt, block, text);
}

enum eg_code efuse_check_blocks(const struct cli_call *call, int step, struct eg_error *err)
{
    if (call->count % step != 0)
        return cli_usage(call, err, "arguments come in groups of %d, and there are %d", step, call->count);
    for (int i = 0; i < call->count; i += step)
        for (int j = 0; j < i; j += step)
            if (strcmp(call->argument[i], call->argument[j]) == 0 && call->count / step > 1 && step < 3)
                return cli_usage(call, err, "block %s is named twice", call->argument[i]);
    return EG_OK;
}
