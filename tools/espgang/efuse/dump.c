/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/bytes.h"
#include "engine/base/file.h"
#include "tools/espgang/document.h"
#include "tools/espgang/efuse/session.h"

#include <stdio.h>
#include <string.h>

static size_t bytes_of(const struct eg_efuses *fuses, unsigned block, uint8_t bytes[4 * EG_EFUSE_WORDS_MAX])
{
    for (unsigned i = 0; i < fuses->block[block].words; i++)
        eg_put32(bytes + 4 * i, fuses->block[block].word[i]);
    return 4 * fuses->block[block].words;
}

/* "base.ext" becomes "base3.ext". */
static void numbered(char path[4096], const char *name, unsigned block)
{
    const char *slash = strrchr(name, '/'), *dot = strrchr(slash != NULL ? slash : name, '.');
    const int base = dot != NULL ? (int)(dot - name) : (int)strlen(name);

    snprintf(path, 4096, "%.*s%u%s", base, name, block, dot != NULL ? dot : "");
}

static enum eg_code write_files(const struct eg_efuses *fuses, const char *name, bool joint,
                                struct eg_error *err)
{
    const struct eg_file_options file = {.mode = 0600, .replace = true};
    uint8_t all[EG_EFUSE_BLOCKS_MAX * 4 * EG_EFUSE_WORDS_MAX];
    char path[4096];
    size_t size = 0;

    for (unsigned block = 0; block < fuses->block_count; block++) {
        const size_t added = bytes_of(fuses, block, all + size);

        numbered(path, name, block);
        if (!joint)
            EG_TRY(eg_file_write(path, all + size, added, &file, err));
        size += added;
    }
    const enum eg_code code = joint ? eg_file_write(name, all, size, &file, err) : EG_OK;
    eg_wipe(all, sizeof all);
    return code;
}

static json_t *block_row(const struct eg_efuses *fuses, unsigned block)
{
    const struct eg_efuse_block *const of = &fuses->chip->blocks[block];
    json_t *const words = json_array();

    for (unsigned i = 0; i < fuses->block[block].words; i++)
        json_array_append_new(words, json_integer(fuses->block[block].word[i]));
    return json_pack("{s:s, s:o, s:i, s:o}", "block", of->name, "alternative", cli_json_text(of->alt),
                     "number", (int)block, "words", words);
}

static enum eg_code step(struct cli_call *call, void *context, struct eg_error *err)
{
    const struct efuse_session *session = context;
    const struct eg_efuses *fuses = &session->fuses;
    const char *format = cli_text(call, "format"), *name = cli_text(call, "file-name");
    const bool words = format == NULL || strcmp(format, "default") == 0;
    const bool joint = !words && strcmp(format, "joint") == 0;

    json_t *const rows = cli_flag(call, "json") ? json_array() : NULL;
    for (unsigned block = 0; block < fuses->block_count; block++) {
        uint8_t bytes[4 * EG_EFUSE_WORDS_MAX];
        char hex[8 * EG_EFUSE_WORDS_MAX + 1];

        eg_hex(hex, bytes, bytes_of(fuses, block, bytes));
        if (rows != NULL)
            json_array_append_new(rows, block_row(fuses, block));
        else if (words)
            efuse_print_words(call, fuses, block);
        else
            cli_say(call, "%s", hex);
    }
    if (rows != NULL)
        EG_TRY(cli_print_document(call, json_pack("{s:o}", "blocks", rows), err));
    return name != NULL ? write_files(fuses, name, joint, err) : EG_OK;
}

static enum eg_code check(struct cli_call *call, struct eg_error *err)
{
    const char *name = cli_text(call, "file-name");

    return name != NULL ? cli_output_check(name, err) : EG_OK;
}

static const char *const formats[] = {"default", "split", "joint", NULL};

static const struct cli_option options[] = {
    {.name = "format",
     .value = "FORMAT",
     .help = "Words of a block (default), or its bytes; into a file per block (split) or one (joint)",
     .choices = formats},
    {.name = "file-name",
     .value = "FILE",
     .help = "Also write the bytes: FILE with the block's number in it"},
    EFUSE_OPTIONS,
    CLI_OPTION_JSON,
    {.name = NULL}};

const struct cli_command cli_command_dump = {
    .name = "efuse dump",
    .group = CLI_SECURITY,
    .summary = "Show the eFuse blocks as numbers",
    .arguments = "",
    .details =
        "Files of a dump can only be read by their owner: a block that is not read-protected yet may hold "
        "a key.",
    .options = options,
    .least = 0,
    .most = 0,
    .flags = EFUSE_FLAGS,
    .check = check,
    .run = efuse_run,
    .step = step,
};
