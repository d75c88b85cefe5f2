/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/one_board/flash_files.h"

#include "engine/base/bytes.h"
#include "tools/espgang/one_board/address.h"

#include <strings.h>

enum eg_code cli_flash_files_check_words(const struct cli_call *call, const char *const *words, int count,
                                         struct eg_error *err)
{
    if (count % 2 != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "\"%.60s\" is not followed by a file", words[count - 1]);
    for (int i = 0; i < count; i += 2) {
        EG_TRY(cli_address_check(call, words[i], "address", err));
        EG_TRY(cli_file_check(words[i + 1], err));
    }
    return EG_OK;
}

/* Addresses and files, those to be encrypted last. Without a connected board files that go to a partition are
 * left out. */
static enum eg_code files_of(const struct cli_call *call, bool connected, struct eg_flash_file **files,
                             size_t *count, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) const char **encrypted = NULL;
    int encrypted_count;
    uint64_t number;

    EG_TRY(cli_list(call, "encrypt-files", &encrypted, &encrypted_count, err));
    *count = 0;
    EG_TRY(eg_alloc(files, (size_t)(call->count + encrypted_count) / 2 + 1, sizeof **files, err));
    for (int at = 0; at < call->count + encrypted_count; at += 2) {
        const bool encrypt = at >= call->count;
        const char *const *words = encrypt ? encrypted + (at - call->count) : call->argument + at;
        struct eg_flash_file *file = &(*files)[*count];

        if (!connected && !cli_number(words[0], UINT32_MAX, &number))
            continue;
        (*count)++;
        EG_TRY(cli_file_address(call, words[0], words[1], &file->addr, err));
        file->input.path = words[1];
        file->in_partition = !cli_number(words[0], UINT32_MAX, &number);
        file->raw = cli_flag(call, "raw");
        file->encrypt = encrypt;
        const char *before = encrypt ? NULL : cli_texts(call, "diff-with", at / 2);
        if (before != NULL && strcasecmp(before, "skip") != 0)
            file->diff_with.path = before;
    }
    return EG_OK;
}

enum eg_code cli_flash_files_check(const struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_flash_file *files = NULL;
    size_t count;

    EG_TRY(cli_partition_table_check(call, err));
    EG_TRY(files_of(call, false, &files, &count, err));
    return eg_flash_files_check(files, count, err);
}

enum eg_code cli_flash_files(const struct cli_call *call, struct eg_flash_file **files, size_t *count,
                             struct eg_error *err)
{
    return files_of(call, true, files, count, err);
}
