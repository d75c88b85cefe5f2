/* SPDX-License-Identifier: Apache-2.0 */

/* Memory and registers of the chip, and programs in its RAM. */

#include "tools/espgang/verbs.h"

#define PER_WORD 0xffffffffu

static enum eg_code check_address(struct cli_call *call, struct eg_error *err)
{
    uint32_t number;

    return cli_argument_number(call, 0, "address", &number, err);
}

static enum eg_code read_mem(struct cli_call *call, struct eg_error *err)
{
    uint32_t addr, word;

    EG_TRY(cli_argument_number(call, 0, "address", &addr, err));
    EG_TRY(eg_board_read_mem(call->board, addr, &word, err));
    cli_say(call, "0x%08x = 0x%08x", (unsigned)addr, (unsigned)word);
    return EG_OK;
}

const struct cli_verb cli_read_mem = {
    .name = "read-mem",
    .summary = "read a word of memory or a register",
    .arguments = "ADDRESS",
    .least = 1,
    .most = 1,
    .check = check_address,
    .run = read_mem,
};

struct write {
    uint32_t addr, word, mask;
};

static enum eg_code write_of(const struct cli_call *call, struct write *write, struct eg_error *err)
{
    write->mask = PER_WORD;
    EG_TRY(cli_argument_number(call, 0, "address", &write->addr, err));
    EG_TRY(cli_argument_number(call, 1, "value", &write->word, err));
    return call->count > 2 ? cli_argument_number(call, 2, "mask", &write->mask, err) : EG_OK;
}

static enum eg_code check_write(struct cli_call *call, struct eg_error *err)
{
    struct write write;

    return write_of(call, &write, err);
}

static enum eg_code write_mem(struct cli_call *call, struct eg_error *err)
{
    struct write write;

    EG_TRY(write_of(call, &write, err));
    EG_TRY(eg_board_write_mem(call->board, write.addr, write.word, write.mask, err));
    cli_say(call, "wrote 0x%08x, mask 0x%08x, to 0x%08x", (unsigned)write.word, (unsigned)write.mask,
            (unsigned)write.addr);
    return EG_OK;
}

const struct cli_verb cli_write_mem = {
    .name = "write-mem",
    .summary = "write a word of memory or a register, or some of its bits",
    .arguments = "ADDRESS VALUE [MASK]",
    .least = 2,
    .most = 3,
    .check = check_write,
    .run = write_mem,
};

static enum eg_code check_dump(struct cli_call *call, struct eg_error *err)
{
    uint32_t number;

    EG_TRY(cli_argument_number(call, 0, "address", &number, err));
    return cli_argument_number(call, 1, "size", &number, err);
}

static enum eg_code dump_mem(struct cli_call *call, struct eg_error *err)
{
    const struct eg_output output = {.path = call->argument[2]};
    uint32_t addr, size;

    EG_TRY(cli_argument_number(call, 0, "address", &addr, err));
    EG_TRY(cli_argument_number(call, 1, "size", &size, err));
    EG_TRY(eg_board_dump_mem(call->board, addr, size, &output, err));
    cli_say(call, "%s: %u bytes from 0x%08x", output.path, (unsigned)size, (unsigned)addr);
    return EG_OK;
}

const struct cli_verb cli_dump_mem = {
    .name = "dump-mem",
    .summary = "read memory into a file, word by word",
    .arguments = "ADDRESS SIZE OUTPUT",
    .least = 3,
    .most = 3,
    .check = check_dump,
    .run = dump_mem,
};

static enum eg_code load_ram(struct cli_call *call, struct eg_error *err)
{
    const struct eg_input image = {.path = call->argument[0]};

    EG_TRY(eg_board_load_ram(call->board, &image, err));
    cli_say(call, "%s runs", image.path);
    return EG_OK;
}

const struct cli_verb cli_load_ram = {
    .name = "load-ram",
    .summary = "load an image into RAM and run it",
    .arguments = "IMAGE",
    .least = 1,
    .most = 1,
    .flags = CLI_VERB_STAYS,
    .check = cli_first_file_check,
    .run = load_ram,
};
