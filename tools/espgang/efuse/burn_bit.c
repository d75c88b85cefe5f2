/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/efuse/session.h"

static enum eg_code step(struct cli_call *call, void *context, struct eg_error *err)
{
    struct efuse_session *session = context;
    uint32_t word[EG_EFUSE_WORDS_MAX] = {0};
    unsigned block;

    EG_TRY(eg_efuse_get_block(&session->fuses, call->argument[0], &block, err));
    const unsigned bits = 32 * session->fuses.block[block].words;
    for (int i = 1; i < call->count; i++) {
        uint32_t bit;

        EG_TRY(cli_argument_number(call, i, "bit", &bit, err));
        if (bit >= bits)
            return eg_error_set(err, EG_BAD_ARGUMENT, "%s has no bit %u: its highest is %u",
                                session->fuses.chip->blocks[block].name, (unsigned)bit, bits - 1);
        word[bit / 32] |= EG_BIT(bit % 32);
    }
    session->plan.force = session->plan.force || cli_flag(call, "force-write-always");
    return eg_efuse_want_block(&session->plan, block, word, err);
}

static const struct cli_option options[] = {EFUSE_FORCE, EFUSE_OPTIONS, {.name = NULL}};

const struct cli_command cli_command_burn_bit = {
    .name = "efuse burn-bit",
    .group = CLI_SECURITY,
    .summary = "Burn single bits of an eFuse block",
    .arguments = "BLOCK BIT...",
    .details = "Bits are numbered from 0 over the whole block.",
    .options = options,
    .least = 2,
    .most = -1,
    .flags = EFUSE_FLAGS | CLI_BURNS,
    .run = efuse_run,
    .step = step,
};
