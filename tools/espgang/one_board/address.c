/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Where in the flash: numbers and partitions.
 *
 * A name is looked up in the table that the board's flash holds, because that is the one its application goes
 * by; a file can take its place for a board that is still blank.
 */

#include "tools/espgang/one_board/address.h"

#include "engine/base/file.h"
#include "engine/guard/guard.h"
#include "engine/image/partitions.h"
#include "targets/target.h"
#include "tools/espgang/arguments.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define FILE_SIZE_MAX ((size_t)1 << 20)

/* A name begins with neither a digit nor a sign, so that a mistyped number is not taken for one. */
static bool may_be_name(const char *word)
{
    return word[0] != '\0' && !isdigit((unsigned char)word[0]) && strchr("-+.", word[0]) == NULL;
}

enum eg_code cli_address_check(const char *word, const char *what, struct eg_error *err)
{
    uint64_t number;

    if (cli_number(word, UINT32_MAX, &number) || may_be_name(word))
        return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT, "%s \"%.60s\" is neither a number of 32 bits nor a name", what,
                        word);
}

static enum eg_code table_of_flash(const struct cli_call *call, struct eg_partitions *table, uint32_t addr,
                                   struct eg_error *err)
{
    uint8_t data[EG_PARTITIONS_SIZE];
    const struct eg_output output = {.data = data, .size = sizeof data};

    EG_TRY(eg_board_read_flash(call->board, addr, sizeof data, &output, false, err));
    if (!eg_partitions_is(data, sizeof data))
        return eg_error_set(err, EG_BAD_ARGUMENT, "there is no partition table at 0x%08x of the flash",
                            (unsigned)addr);
    if (eg_partitions_parse(table, data, sizeof data, err) != EG_OK)
        return eg_error_prefix(err, "partition table at 0x%08x: ", (unsigned)addr);
    return EG_OK;
}

static enum eg_code table_of_file(const struct cli_call *call, struct eg_partitions *table, const char *path,
                                  struct eg_error *err)
{
    const struct eg_target *target = eg_target_by_name(eg_board_chip_name(call->board));
    const struct eg_partitions_place place = {.bootloader_addr =
                                                  target != NULL ? target->bootloader_addr : 0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    enum eg_code code;

    EG_TRY(eg_file_read(&file, path, FILE_SIZE_MAX, err));
    if (eg_partitions_is(file.data, file.size))
        code = eg_partitions_parse(table, file.data, file.size, err);
    else
        code = eg_partitions_parse_csv(table, (const char *)file.data, file.size, &place, err);
    return code == EG_OK ? EG_OK : eg_error_prefix(err, "%s: ", path);
}

enum eg_code cli_address(const struct cli_call *call, const char *word, uint32_t *addr, uint32_t *size,
                         struct eg_error *err)
{
    const char *where = cli_text(call, "partition-table");
    uint64_t number, table_addr = EG_PARTITIONS_ADDR;
    struct eg_partitions table;

    if (size != NULL)
        *size = 0;
    if (cli_number(word, UINT32_MAX, &number)) {
        *addr = (uint32_t)number;
        return EG_OK;
    }
    if (where == NULL || cli_number(where, UINT32_MAX, &table_addr))
        EG_TRY(table_of_flash(call, &table, (uint32_t)table_addr, err));
    else
        EG_TRY(table_of_file(call, &table, where, err));
    const struct eg_partition *partition = eg_partitions_find(&table, word);
    if (partition == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "the partition table has no \"%.60s\"", word);
    *addr = partition->flash_addr;
    if (size != NULL)
        *size = partition->size;
    return EG_OK;
}

/* Whether `size` bytes fit into the partition that `word` names; of_partition 0 = it is a number. */
static enum eg_code check_room(const char *word, const char *name, uint32_t addr, uint64_t size,
                               uint32_t of_partition, struct eg_error *err)
{
    const struct eg_guard_piece piece = {
        .name = name, .flash_addr = addr, .size = size, .partition = word, .room = of_partition};
    const struct eg_guard_request request = {.action = EG_GUARD_READ, .pieces = &piece, .count = 1};

    return of_partition == 0 ? EG_OK : eg_guard_ask(&request, NULL, err);
}

enum eg_code cli_file_address(const struct cli_call *call, const char *word, const char *path, uint32_t *addr,
                              struct eg_error *err)
{
    uint32_t of_partition;
    struct stat status;

    EG_TRY(cli_address(call, word, addr, &of_partition, err));
    if (stat(path, &status) != 0)
        return eg_error_errno(err, EG_BAD_ARGUMENT, errno, "%s", path);
    return check_room(word, path, *addr, (uint64_t)status.st_size, of_partition, err);
}

enum eg_code cli_region_check(const struct cli_call *call, int addr_at, int size_at, struct eg_error *err)
{
    uint32_t number;

    EG_TRY(cli_address_check(call->argument[addr_at], "address", err));
    if (strcasecmp(call->argument[size_at], "all") == 0)
        return EG_OK;
    return cli_argument_number(call, size_at, "size", &number, err);
}

enum eg_code cli_region(const struct cli_call *call, int addr_at, int size_at, uint32_t *addr, uint32_t *size,
                        struct eg_error *err)
{
    struct eg_flash_id id;
    uint32_t of_partition;

    EG_TRY(cli_address(call, call->argument[addr_at], addr, &of_partition, err));
    if (strcasecmp(call->argument[size_at], "all") != 0) {
        EG_TRY(cli_argument_number(call, size_at, "size", size, err));
        return check_room(call->argument[addr_at], NULL, *addr, *size, of_partition, err);
    }
    *size = of_partition;
    if (*size != 0)
        return EG_OK;
    EG_TRY(eg_board_flash_id(call->board, &id, err));
    if (id.size == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "the flash id does not tell a size: give one instead of all");
    if (*addr >= id.size)
        return eg_error_set(err, EG_FLASH_TOO_SMALL, "0x%08x lies beyond the end of the flash at 0x%08x",
                            (unsigned)*addr, (unsigned)id.size);
    *size = id.size - *addr;
    return EG_OK;
}
