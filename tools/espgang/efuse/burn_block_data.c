/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/efuse/session.h"

static enum eg_code want_file(struct efuse_session *session, const char *name, const char *path,
                              uint64_t offset, bool whole, struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret data = {0};
    uint32_t word[EG_EFUSE_WORDS_MAX] = {0};
    unsigned block;

    EG_TRY(eg_efuse_get_block(&session->fuses, name, &block, err));
    EG_TRY(cli_file_check(path, err));
    EG_TRY(eg_secret_read(&data, path, 4096, NULL, err));
    const size_t size = 4 * session->fuses.block[block].words;
    if (whole && data.size != size)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: has %zu bytes, and %s has %zu; --offset burns a part",
                            path, data.size, name, size);
    if (offset + data.size > size)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: %zu bytes at offset %u do not fit into the %zu of %s",
                            path, data.size, (unsigned)offset, size, name);
    for (size_t i = 0; i < data.size; i++)
        word[(offset + i) / 4] |= (uint32_t)data.data[i] << (offset + i) % 4 * 8;
    const enum eg_code code = eg_efuse_want_block(&session->plan, block, word, err);
    eg_wipe(word, sizeof word);
    return code;
}

static enum eg_code check(struct cli_call *call, struct eg_error *err)
{
    if (cli_text(call, "offset") != NULL && call->count != 2)
        return cli_usage(call, err, "--offset takes one BLOCK and one FILE");
    return efuse_check_blocks(call, 2, err);
}

static enum eg_code step(struct cli_call *call, void *context, struct eg_error *err)
{
    struct efuse_session *session = context;
    uint64_t offset;

    EG_TRY(cli_option_number(call, "offset", 31, 0, &offset, err));
    session->plan.force = session->plan.force || cli_flag(call, "force-write-always");
    for (int i = 0; i < call->count; i += 2)
        EG_TRY(want_file(session, call->argument[i], call->argument[i + 1], offset,
                         cli_text(call, "offset") == NULL, err));
    return EG_OK;
}

static const struct cli_option options[] = {{.name = "offset",
                                             .letter = 'o',
                                             .value = "BYTES",
                                             .help = "Where in the block the data go; the rest stays 0"},
                                            EFUSE_FORCE,
                                            EFUSE_OPTIONS,
                                            {.name = NULL}};

const struct cli_command cli_command_burn_block_data = {
    .name = "efuse burn-block-data",
    .group = CLI_SECURITY,
    .summary = "Burn files into eFuse blocks as they are",
    .arguments = "BLOCK FILE...",
    .details = "Nothing is reversed, protected or given a purpose: for keys there is `burn-key`.",
    .options = options,
    .least = 2,
    .most = -1,
    .flags = EFUSE_FLAGS | CLI_BURNS,
    .check = check,
    .run = efuse_run,
    .step = step,
};
