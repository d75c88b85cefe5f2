/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/document.h"
#include "tools/espgang/efuse/session.h"

static bool is_damaged(const struct eg_efuse_content *block)
{
    return block->errors != 0 || block->failed;
}

static bool is_empty(const struct eg_efuse_content *block)
{
    for (unsigned i = 0; i < block->words; i++)
        if (block->word[i] != 0)
            return false;
    return true;
}

/* What is read is burnt again, coded anew, where the block can be written. */
static enum eg_code repair(struct cli_call *call, struct efuse_session *session, unsigned block,
                           struct eg_error *err)
{
    const struct eg_efuse_content *content = &session->fuses.block[block];
    const struct eg_efuse_block *of = &session->fuses.chip->blocks[block];

    if (is_empty(content))
        return EG_OK;
    if (!eg_efuse_writable(&session->fuses, of->wr) || !eg_efuse_readable(&session->fuses, of->rd)) {
        cli_say(call, "%s: is protected and stays as it is", of->name);
        return EG_OK;
    }
    session->plan.repair = true;
    return eg_efuse_want_block(&session->plan, block, content->word, err);
}

static enum eg_code recover(struct cli_call *call, struct efuse_session *session, struct eg_error *err)
{
    for (unsigned block = session->fuses.block_count; block-- > 0;)
        if (is_damaged(&session->fuses.block[block]))
            EG_TRY(repair(call, session, block, err));
    EG_TRY(eg_efuse_decide(&session->plan, err));
    for (unsigned i = 0; i < session->plan.burns; i++)
        cli_say(call, "%s: what is read is burnt again",
                session->fuses.chip->blocks[session->plan.wanted->burn[i].block].name);
    return eg_efuse_burn(&session->plan, err);
}

static void say_block(struct cli_call *call, const struct efuse_session *session, unsigned block,
                      json_t *rows)
{
    const struct eg_efuse_content *const content = &session->fuses.block[block];
    const struct eg_efuse_block *const of = &session->fuses.chip->blocks[block];
    const bool writable = eg_efuse_writable(&session->fuses, of->wr);

    if (rows != NULL)
        json_array_append_new(rows, json_pack("{s:s, s:i, s:b, s:b}", "block", of->name, "errors",
                                              (int)content->errors, "corrected", !content->failed, "writable",
                                              writable));
    else
        cli_say(call, "%s: %u error%s, %s, %s", of->name, content->errors, content->errors == 1 ? "" : "s",
                content->failed ? "beyond correction" : "corrected",
                writable ? "can be burnt again" : "write-protected");
}

static enum eg_code step(struct cli_call *call, void *context, struct eg_error *err)
{
    struct efuse_session *session = context;
    json_t *const rows = cli_flag(call, "json") ? json_array() : NULL;
    unsigned damaged = 0;

    if (cli_flag(call, "recovery") && eg_efuse_has_errors(&session->fuses)) {
        const enum eg_code code = recover(call, session, err);
        if (code != EG_OK) {
            json_decref(rows);
            return code;
        }
    }
    for (unsigned block = 0; block < session->fuses.block_count; block++)
        if (is_damaged(&session->fuses.block[block])) {
            damaged++;
            say_block(call, session, block, rows);
        }
    if (rows != NULL)
        EG_TRY(cli_print_document(call, json_pack("{s:o}", "blocks", rows), err));
    if (damaged > 0)
        return eg_error_set(err, EG_NOT_BURNT, "eFuse blocks with errors: %u", damaged);
    if (rows == NULL)
        cli_say(call, "No errors detected");
    return EG_OK;
}

static const struct cli_option options[] = {
    {.name = "recovery", .help = "Burn again what is read of blocks with errors, where they can be written"},
    EFUSE_OPTIONS,
    CLI_OPTION_JSON,
    {.name = NULL}};

const struct cli_command cli_command_check_error = {
    .name = "efuse check-error",
    .group = CLI_SECURITY,
    .summary = "Show eFuse blocks with errors, and repair them",
    .arguments = "",
    .details =
        "A burn that was interrupted leaves errors. If its data is at hand, give the same burn "
        "command again: "
        "that is better than --recovery, which knows only what can be read. With errors the exit status is "
        "1, also with `--json`, which lists the blocks that have any.",
    .options = options,
    .least = 0,
    .most = 0,
    .flags = EFUSE_FLAGS,
    .run = efuse_run,
    .step = step,
};
