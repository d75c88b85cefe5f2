/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Addresses in the flash: numbers and partitions.
 *
 * A name is looked up in the partition table in the board's flash, which its application uses; for a blank
 * board a file can be given.
 */

#include "tools/espgang/one_board/address.h"

#include "engine/base/file.h"
#include "engine/guard/guard.h"
#include "engine/image/partitions.h"
#include "targets/target.h"
#include "tools/espgang/command.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define FILE_SIZE_MAX ((size_t)1 << 20)

#define LAST_TABLE_ADDR 0x20000

/* A name begins with neither a digit nor a sign, so that a mistyped number is not taken for one. */
static bool may_be_name(const char *word)
{
    return word[0] != '\0' && !isdigit((unsigned char)word[0]) && strchr("-+.", word[0]) == NULL;
}

static enum eg_code find_partition(const struct eg_partition **partition, const struct eg_partitions *table,
                                   const char *name, struct eg_error *err)
{
    *partition = eg_partitions_find(table, name);
    if (*partition != NULL)
        return EG_OK;
    for (size_t i = 0; i < table->count; i++)
        if (table->name_cut[i] && strncmp(table->rows[i].name, name, strlen(table->rows[i].name)) == 0)
            return eg_error_set(
                err, EG_BAD_ARGUMENT,
                "the partition table has no \"%.60s\": names are cut to %d bytes, so it is %s", name,
                EG_PARTITION_NAME_SIZE - 1, table->rows[i].name);
    return eg_error_set(err, EG_BAD_ARGUMENT, "the partition table has no \"%.60s\"", name);
}

/* ---- The table of a file ---- */

/* `table_addr` counts in a CSV that leaves offsets out. */
static enum eg_code parse_file(struct eg_partitions *table, const struct eg_buffer *file, const char *path,
                               const struct eg_target *target, uint32_t table_addr, struct eg_error *err)
{
    const struct eg_partitions_place place = {
        .table_addr = table_addr, .bootloader_addr = target != NULL ? target->bootloader_addr : 0};
    const enum eg_code code =
        eg_partitions_is(file->data, file->size)
            ? eg_partitions_parse(table, file->data, file->size, err)
            : eg_partitions_parse_csv(table, (const char *)file->data, file->size, &place, err);

    return code == EG_OK ? EG_OK : eg_error_prefix(err, "%s: ", path);
}

static enum eg_code offset_option(const struct cli_call *call, const char *where, uint32_t *table_addr,
                                  struct eg_error *err)
{
    const char *const text = cli_text(call, "partition-table-offset");
    uint64_t number, ignored;

    *table_addr = 0;
    if (text == NULL)
        return EG_OK;
    if (!cli_number(text, UINT32_MAX, &number) || number == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "--partition-table-offset \"%.60s\" is not an address such as 0x8000", text);
    if (where == NULL || cli_number(where, UINT32_MAX, &ignored))
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "--partition-table-offset goes with a file in --partition-table");
    *table_addr = (uint32_t)number;
    return EG_OK;
}

enum eg_code cli_address_check(const struct cli_call *call, const char *word, const char *what,
                               struct eg_error *err)
{
    const char *const where = cli_text(call, "partition-table");
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    const struct eg_partition *partition;
    struct eg_partitions table;
    uint64_t number;
    uint32_t table_addr;

    EG_TRY(offset_option(call, where, &table_addr, err));
    if (cli_number(word, UINT32_MAX, &number))
        return EG_OK;
    if (!may_be_name(word))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s \"%.60s\" is neither a number of 32 bits nor a name",
                            what, word);
    if (where == NULL || cli_number(where, UINT32_MAX, &number))
        return EG_OK;
    EG_TRY(cli_file_check(where, err));
    EG_TRY(eg_file_read(&file, where, FILE_SIZE_MAX, err));
    EG_TRY(parse_file(&table, &file, where, NULL, table_addr, err));
    return find_partition(&partition, &table, word, err);
}

/* ---- The table of the flash ---- */

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

/* Find the partition table in the flash, at its usual place first; `*addr` is 0 when there is none. */
static enum eg_code find_in_flash(const struct cli_call *call, struct eg_partitions *table, uint32_t *addr,
                                  struct eg_error *err)
{
    uint8_t begin[32];
    const struct eg_output output = {.data = begin, .size = sizeof begin};

    for (*addr = EG_PARTITIONS_ADDR; *addr <= LAST_TABLE_ADDR; *addr += EG_FLASH_SECTOR) {
        EG_TRY(eg_board_read_flash(call->board, *addr, sizeof begin, &output, false, err));
        if (eg_partitions_is(begin, sizeof begin))
            return table_of_flash(call, table, *addr, err);
    }
    *addr = 0;
    return EG_OK;
}

/* The first partition that the flash has not, or elsewhere; NULL = they agree. */
static const struct eg_partition *first_difference(const struct eg_partitions *file,
                                                   const struct eg_partitions *flash)
{
    for (size_t i = 0; i < file->count; i++) {
        const struct eg_partition *const row = &file->rows[i];
        const struct eg_partition *const same = eg_partitions_find(flash, row->name);
        const bool in_table = row->type != EG_PARTITION_BOOTLOADER && row->type != EG_PARTITION_TABLE;
        if (same == NULL ? in_table : same->flash_addr != row->flash_addr || same->size != row->size)
            return row;
    }
    return NULL;
}

/* The addresses in a CSV that leaves offsets out depend on where the table is: let the flash say it. */
static enum eg_code settle(const struct cli_call *call, struct eg_partitions *table,
                           const struct eg_buffer *file, const char *path, const struct eg_target *target,
                           struct eg_error *err)
{
    struct eg_partitions flash;
    uint32_t addr;

    if (find_in_flash(call, &flash, &addr, err) != EG_OK)
        return eg_error_prefix(
            err,
            "%s leaves offsets out; say where its table goes with --partition-table-offset, for: ", path);
    if (addr == 0) {
        eg_log_warning(call->logger, NULL,
                       "%s leaves offsets out, and the flash has no partition table; they are counted for a "
                       "table at 0x%08x, so %s is at 0x%08x. If the table goes elsewhere, say so with "
                       "--partition-table-offset",
                       path, EG_PARTITIONS_ADDR, table->rows[0].name, (unsigned)table->rows[0].flash_addr);
        return EG_OK;
    }
    EG_TRY(parse_file(table, file, path, target, addr, err));
    const struct eg_partition *const other = first_difference(table, &flash);
    if (other != NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s leaves offsets out, and the table of the flash at 0x%08x has no partition %s "
                            "of 0x%x bytes at 0x%08x; say where the table of the file goes with "
                            "--partition-table-offset",
                            path, (unsigned)addr, other->name, (unsigned)other->size,
                            (unsigned)other->flash_addr);
    if (addr != EG_PARTITIONS_ADDR)
        eg_log_note(call->logger, NULL, "the partition table of the flash is at 0x%08x", (unsigned)addr);
    return EG_OK;
}

static enum eg_code table_of_file(const struct cli_call *call, struct eg_partitions *table, const char *path,
                                  struct eg_error *err)
{
    const struct eg_target *const target = eg_target_by_name(eg_board_chip_name(call->board));
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    uint32_t table_addr;

    EG_TRY(offset_option(call, path, &table_addr, err));
    EG_TRY(eg_file_read(&file, path, FILE_SIZE_MAX, err));
    EG_TRY(parse_file(table, &file, path, target, table_addr, err));
    for (size_t i = 0; i < table->count; i++)
        if (table->name_cut[i])
            eg_log_note(call->logger, NULL, "%s: the name of partition %s is longer and cut to %d bytes",
                        path, table->rows[i].name, EG_PARTITION_NAME_SIZE - 1);
    return table->floating && table_addr == 0 ? settle(call, table, &file, path, target, err) : EG_OK;
}

enum eg_code cli_address(const struct cli_call *call, const char *word, uint32_t *addr, uint32_t *size,
                         struct eg_error *err)
{
    const char *where = cli_text(call, "partition-table");
    uint64_t number, table_addr = EG_PARTITIONS_ADDR;
    const struct eg_partition *partition;
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
    EG_TRY(find_partition(&partition, &table, word, err));
    *addr = partition->flash_addr;
    if (size != NULL)
        *size = partition->size;
    return EG_OK;
}

enum eg_code cli_partition_table_check(const struct cli_call *call, struct eg_error *err)
{
    const char *const where = cli_text(call, "partition-table");
    uint64_t number;

    return where == NULL || cli_number(where, UINT32_MAX, &number) ? EG_OK : cli_file_check(where, err);
}

/* Check that `size` bytes fit into the partition that `word` names; of_partition 0 = it is a number. */
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

    EG_TRY(cli_partition_table_check(call, err));
    EG_TRY(cli_address_check(call, call->argument[addr_at], "address", err));
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
