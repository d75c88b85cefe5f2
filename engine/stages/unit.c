/* SPDX-License-Identifier: Apache-2.0 */

/*
 * unit: the data of this one board, made before anything is erased.
 *
 * It comes after admit, so that no board that is refused takes a serial from the pool, and before stub and
 * write, so that an empty pool or an unusable value leaves the board as it came. A later attempt of the run
 * writes the same bytes.
 */

#include "engine/stages/board_names.h"
#include "engine/stages/unit_data.h"

#include "engine/base/program.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLASH_SIZE_MAX UINT64_C(0x100000000)

static enum eg_code check_pool(const char *text, struct eg_error *err)
{
    return text[0] != '\0' ? EG_OK : eg_error_set(err, EG_BAD_JOB, "is empty");
}

static const struct eg_option raw_options[] = {
    {.key = "at",
     .type = EG_OPTION_TEXT,
     .required = true,
     .help =
         "address in the flash, a multiple of 4096; or the name of a partition in the partition table among "
         "the files"},
    {.key = "value",
     .type = EG_OPTION_TEXT,
     .check = eg_template_check,
     .without = "`hex`",
     .help = "template of the text that goes there"},
    {.key = "hex",
     .type = EG_OPTION_TEXT,
     .check = eg_template_check,
     .without = "`value`",
     .help = "template of the bytes that go there, as hexadecimal digits"},
    {.key = "size",
     .type = EG_OPTION_NUMBER,
     .without = "as many bytes as it comes to",
     .least = 1,
     .most = FLASH_SIZE_MAX,
     .help = "bytes to fill up to, with FF"},
    {.key = NULL},
};

static const struct eg_option file_options[] = {
    {.key = "at",
     .type = EG_OPTION_TEXT,
     .required = true,
     .help =
         "address in the flash, a multiple of 4096; or the name of a partition in the partition table among "
         "the files"},
    {.key = "template",
     .type = EG_OPTION_FILE,
     .required = true,
     .help = "file that goes there, with every `{name}` in it replaced"},
    {.key = NULL},
};

static const struct eg_option options[] = {
    {.key = "unit.serial.pool",
     .type = EG_OPTION_TEXT,
     .check = check_pool,
     .without = "none",
     .help = "pool of the ledger that each board gets a row of; its columns are names for templates, the "
             "first is "
             "the serial"},
    {.key = "unit.serial.format",
     .type = EG_OPTION_TEXT,
     .check = eg_template_check,
     .without = "the pool's first column",
     .help = "template of the serial; `{}` is the pool's first column, as in `ACME-{:06d}`"},
    {.key = "unit.values",
     .type = EG_OPTION_MAP,
     .check = eg_template_check,
     .without = "none",
     .help = "more names, each with its template, which may use those before it"},
    {.key = "unit.generate.program",
     .type = EG_OPTION_PROGRAM,
     .without = "none",
     .help = "program that is given the board's names as a JSON object and answers with one of more names"},
    {.key = "unit.generate.timeout",
     .type = EG_OPTION_DURATION,
     .fallback = "10s",
     .least = 100,
     .most = 600000,
     .help = "how long it may take"},
    {.key = "unit.secret",
     .type = EG_OPTION_TEXT_LIST,
     .without = "none",
     .help =
         "names whose values, and what is made of them, are left out of the records; `key_*` for all that "
         "begin so"},
    {.key = "unit.unique",
     .type = EG_OPTION_TEXT_LIST,
     .without = "the serial and unique columns of the pool",
     .help = "more names whose values belong to one board each; `key_*` for all that begin so"},
    {.key = "unit.nvs.at",
     .type = EG_OPTION_TEXT,
     .without = "no NVS",
     .help = "partition or address that gets NVS data of the board"},
    {.key = "unit.nvs.size",
     .type = EG_OPTION_NUMBER,
     .without = "the partition's",
     .least = 1,
     .most = FLASH_SIZE_MAX,
     .help = "its size, when `unit.nvs.at` is an address"},
    {.key = "unit.nvs.schema",
     .type = EG_OPTION_FILE,
     .help =
         "its namespaces and keys: CSV with key, type, encoding, as ESP-IDF's partition generator takes it"},
    {.key = "unit.nvs.values",
     .type = EG_OPTION_MAP,
     .check = eg_template_check,
     .without = "none",
     .help = "template of each key that the schema gives no value; `namespace/key` where two have the key"},
    {.key = "unit.raw",
     .type = EG_OPTION_GROUPS,
     .group = raw_options,
     .without = "none",
     .help = "text or bytes of the board at an address or in a partition; one mapping or a list"},
    {.key = "unit.file",
     .type = EG_OPTION_GROUPS,
     .group = file_options,
     .without = "none",
     .help = "a file with the board's values in it, likewise"},
    {.key = NULL},
};

static bool applies(const struct eg_plan *plan)
{
    static const char *const keys[] = {
        "unit.serial.pool", "unit.serial.format", "unit.values", "unit.generate.program",
        "unit.nvs.at",      "unit.raw",           "unit.file"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (eg_plan_setting(plan, keys[i])->given)
            return true;
    return false;
}

static enum eg_code check(const struct eg_plan *plan, const char **place, struct eg_error *err)
{
    const struct eg_setting *const program = eg_plan_setting(plan, "unit.generate.program");
    EG_CLEANUP(eg_unit_places_finish) struct eg_unit_places places = {0};

    *place = program->place;
    if (program->item_count > 0 && eg_program_check(program->items[0].text, err) != EG_OK) {
        err->code = EG_BAD_JOB;
        return eg_error_prefix(err, "unit.generate.program: ");
    }
    EG_TRY(eg_unit_names_check(plan, place, err));
    EG_TRY(eg_unit_places_find(&places, plan, place, err));
    if (places.count != 0 && places.list[0].kind == EG_UNIT_NVS)
        return eg_unit_nvs_check(plan, place, err);
    return EG_OK;
}

static void data_cleanup(struct eg_unit_data **data)
{
    eg_unit_data_destroy(*data);
}

/* What a rehearsal puts in the place of an answer may not fit. */
static enum eg_code blame_rehearsal(const struct eg_plan *plan, struct eg_error *err)
{
    if (!plan->programs_left_out || !eg_plan_setting(plan, "unit.generate.program")->given ||
        err->code != EG_BAD_UNIT_DATA)
        return err->code;
    return eg_error_prefix(err,
                           "unit.generate.program runs in a rehearsal with --hooks only, and what stands for "
                           "its answer does not fit: ");
}

static enum eg_code make(struct eg_run *run, struct eg_error *err)
{
    EG_CLEANUP(eg_unit_places_finish) struct eg_unit_places places = {0};
    EG_CLEANUP(data_cleanup) struct eg_unit_data *data = NULL;
    const char *place = NULL;

    EG_TRY(eg_alloc(&data, 1, sizeof *data, err));
    EG_TRY(eg_unit_places_find(&places, run->plan, &place, err));
    EG_TRY(eg_board_names_make(&data->names, run, EG_BOARD_ROW_RESERVED, err));
    if (eg_unit_data_make(data, run->plan, &places, err) != EG_OK)
        return blame_rehearsal(run->plan, err);
    EG_TRY(eg_board_names_claim(run, &data->names, err));
    run->unit_data = data;
    enum eg_code code = eg_run_ask_guard(run, NULL, err);
    if (code == EG_OK)
        code = eg_board_names_claim(run, &data->names, err);
    if (code != EG_OK)
        run->unit_data = NULL;
    else
        data = NULL;
    return code;
}

static enum eg_code record(struct eg_run *run, struct eg_error *err)
{
    const struct eg_names *const names = &run->unit_data->names;

    for (unsigned i = 0; i < names->count; i++) {
        const struct eg_name *const name = &names->list[i];
        if (!name->given)
            continue;
        const struct eg_value_record value = {.kind = EG_VALUE_UNIT,
                                              .name = name->name,
                                              .value = name->secret ? "" : name->value,
                                              .limits = "",
                                              .passed = true};
        EG_TRY(eg_run_add_value(run, &value, err));
    }
    return EG_OK;
}

static enum eg_code prepare(struct eg_run *run, struct eg_error *err)
{
    if (run->unit_data == NULL)
        EG_TRY(make(run, err));
    return record(run, err);
}

const struct eg_stage eg_stage_unit = {
    .name = "unit",
    .summary = "make the data of this board alone: serial, values, NVS",
    .order = 35,
    .options = options,
    .needs = EG_FACT_IDENTIFIED | EG_FACT_ADMITTED,
    .gives = 0,
    .weight = 1,
    .applies = applies,
    .check = check,
    .run = prepare,
};
