/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The vectors of espefuse: for every chip, command lines with the memory before and after, the program
 * registers at each burn, the values of a summary before and after, and traces of register accesses. The
 * commands run in this process, on virtual memories.
 */

#define _GNU_SOURCE /* mkdtemp() */

#include "engine/base/bytes.h"
#include "engine/efuse/virt.h"
#include "targets/efuse.h"
#include "tests/fakes/check.h"
#include "tools/espgang/cli.h"

#include <jansson.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BURNS_MAX 32
#define CASES_MAX 100

/* ---- Burns, as the controller receives them: linked with --wrap=eg_efuse_virt_io ---- */

static struct {
    struct eg_efuse_io io; /* the real one */
    struct eg_efuse_virt *virt;
    unsigned count;
    struct {
        unsigned block;
        uint32_t word[EG_EFUSE_CODED_MAX];
    } burn[BURNS_MAX];
} seen;

struct eg_efuse_io __real_eg_efuse_virt_io(struct eg_efuse_virt *virt);
struct eg_efuse_io __wrap_eg_efuse_virt_io(struct eg_efuse_virt *virt);

static void note(unsigned block)
{
    const unsigned from = seen.virt->chip->blocks[block].write;
    uint32_t any = 0;

    assert_true(seen.count < BURNS_MAX);
    const unsigned words = seen.virt->chip->family == EG_EFUSE_PROGRAM_WINDOW
                               ? EG_EFUSE_CODED_MAX
                               : seen.virt->chip->blocks[block].words;
    memset(seen.burn[seen.count].word, 0, sizeof seen.burn[seen.count].word);
    for (unsigned i = 0; i < words; i++) {
        seen.burn[seen.count].word[i] = eg_get32(seen.virt->space + from + 4 * i);
        any |= seen.burn[seen.count].word[i];
    }
    seen.burn[seen.count].block = block;
    seen.count += any != 0;
}

static enum eg_code watched_write(void *context, uint32_t addr, uint32_t word, uint32_t pause_us,
                                  struct eg_error *err)
{
    const struct eg_efuse *chip = seen.virt->chip;

    if (addr == chip->base + chip->cmd && (word & 3) == 2) {
        if (chip->family == EG_EFUSE_PROGRAM_WINDOW)
            note(word >> 2);
        else /* one command for all blocks: the block that is not zero */
            for (unsigned block = 0; block < 4; block++) {
                const struct eg_efuse_block *of = &chip->blocks[block];
                uint32_t any = 0;

                for (unsigned i = 0; i < of->words; i++)
                    any |= eg_get32(seen.virt->space + of->write + 4 * i);
                if (any != 0)
                    note(block);
            }
    }
    return seen.io.write(context, addr, word, pause_us, err);
}

struct eg_efuse_io __wrap_eg_efuse_virt_io(struct eg_efuse_virt *virt)
{
    struct eg_efuse_io io = __real_eg_efuse_virt_io(virt);

    seen.io = io;
    seen.virt = virt;
    io.write = watched_write;
    return io;
}

/* ---- memories ---- */

struct memory {
    uint8_t space[EG_EFUSE_SPACE_MAX];
};

static struct {
    const char *name; /* of a case */
    struct memory after;
    json_t *summary;
} results[CASES_MAX];
static size_t result_count;
static char folder[] = "/dev/shm/eg-efuse-XXXXXX", path[64], output[64];

static void store(const struct eg_efuse *chip, const struct memory *memory)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    for (size_t i = chip->size; i-- > 0;)
        fputc(memory->space[i], file);
    assert_int_equal(fclose(file), 0);
}

static void load(const struct eg_efuse *chip, struct memory *memory)
{
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    for (size_t i = chip->size; i-- > 0;)
        memory->space[i] = (uint8_t)fgetc(file);
    assert_int_equal(fclose(file), 0);
}

static json_t *read_summary(const char *chip)
{
    const char *argv[] = {"espgang", "--chip",  chip,       "efuse", "--virt", "--path-efuse-file",
                          path,      "summary", "--format", "json",  "--file", output,
                          NULL};
    json_error_t problem;

    assert_int_equal(cli_main(12, argv), CLI_OK);
    json_t *json = json_load_file(output, 0, &problem);
    assert_non_null(json);
    return json;
}

/* ---- comparing ---- */

/* Block 0 is burnt in more steps than in espefuse, so one burn of the reference may be several of ours. */
static void same_burns(const char *chip, const char *name, const json_t *burns)
{
    unsigned at = 0;

    for (size_t i = 0; i < json_array_size(burns); i++) {
        const json_t *burn = json_array_get(burns, i), *words = json_object_get(burn, "words");
        const unsigned block = (unsigned)json_integer_value(json_object_get(burn, "block"));
        uint32_t expected[EG_EFUSE_CODED_MAX] = {0}, sum[EG_EFUSE_CODED_MAX] = {0};

        for (size_t j = 0; j < json_array_size(words); j++)
            expected[j] = (uint32_t)strtoul(json_string_value(json_array_get(words, j)), NULL, 16);
        do {
            if (at == seen.count || seen.burn[at].block != block)
                fail_msg("%s %s: burn %zu of block %u is another one", chip, name, i, block);
            for (size_t j = 0; j < EG_EFUSE_CODED_MAX; j++)
                sum[j] |= seen.burn[at].word[j];
            at++;
        } while (block == 0 && memcmp(sum, expected, sizeof sum) != 0);
        for (size_t j = 0; j < json_array_size(words); j++)
            if (sum[j] != expected[j])
                fail_msg("%s %s: burn %zu, word %zu is %08x, not %08x", chip, name, i, j, (unsigned)sum[j],
                         (unsigned)expected[j]);
    }
    if (at != seen.count)
        fail_msg("%s %s: %u burns too many", chip, name, seen.count - at);
}

static void same_memory(const struct eg_efuse *chip, const char *name, const struct memory *before,
                        const struct memory *after, const json_t *changes)
{
    struct memory expected = *before;

    for (size_t i = 0; i < json_array_size(changes); i++) {
        const json_t *change = json_array_get(changes, i);
        const char *at = json_string_value(json_array_get(change, 0));
        const char *word = json_string_value(json_array_get(change, 2));

        eg_put32(expected.space + strtoul(at, NULL, 16), (uint32_t)strtoul(word, NULL, 16));
    }
    for (const struct eg_efuse_block *block = chip->blocks; block->name != NULL; block++)
        for (unsigned i = 0; i < 4u * block->words; i++)
            if (expected.space[block->read + i] != after->space[block->read + i])
                fail_msg("%s %s: byte %u of %s is %02x, not %02x", chip->name, name, i, block->name,
                         after->space[block->read + i], expected.space[block->read + i]);
}

/* Compare the members that the reference has for each field. */
static void same_summary(const char *chip, const char *name, const json_t *ours, const json_t *theirs)
{
    const char *field, *member;
    json_t *members, *value;

    json_object_foreach((json_t *)theirs, field, members)
    {
        const json_t *mine = json_object_get(ours, field);

        json_object_foreach(members, member, value)
        {
            if (!json_equal(json_object_get(mine, member), value))
                fail_msg("%s %s: %s of %s is %s, not %s", chip, name, member, field,
                         json_dumps(json_object_get(mine, member), JSON_ENCODE_ANY),
                         json_dumps(value, JSON_ENCODE_ANY));
        }
    }
}

static const struct memory *start_of(const json_t *file, const char *name, struct memory *memory)
{
    char key[100];

    for (size_t i = 0; i < result_count; i++)
        if (strcmp(results[i].name, name) == 0)
            return &results[i].after;
    memset(memory, 0, sizeof *memory);
    snprintf(key, sizeof key, "%s", name);
    const char *hex = json_string_value(
        json_object_get(json_object_get(json_object_get(file, "states"), key), "registers_hex"));
    assert_non_null(hex);
    assert_true(eg_hex_parse(memory->space, strlen(hex) / 2, hex));
    return memory;
}

static const json_t *summary_of(const json_t *file, const char *name)
{
    for (size_t i = 0; i < result_count; i++)
        if (strcmp(results[i].name, name) == 0)
            return results[i].summary;
    return json_object_get(json_object_get(json_object_get(file, "states"), name), "summary");
}

/* Run a command without its output. */
static enum cli_status quietly(int argc, const char **argv)
{
    fflush(NULL);
    const int out = dup(1), err = dup(2), nowhere = open("/dev/null", O_WRONLY);

    dup2(nowhere, 1);
    dup2(nowhere, 2);
    const enum cli_status status = cli_main(argc, argv);
    fflush(NULL);
    dup2(out, 1);
    dup2(err, 2);
    close(out);
    close(err);
    close(nowhere);
    return status;
}

static void run_case(const struct eg_efuse *chip, const json_t *file, const json_t *row)
{
    const char *argv[100] = {"espgang",           "--chip", chip->name,        "efuse", "--virt",
                             "--path-efuse-file", path,     "--do-not-confirm"};
    const json_t *words = json_object_get(row, "argv");
    const char *name = json_string_value(json_object_get(row, "name"));
    const char *start = json_string_value(json_object_get(row, "start"));
    const bool refused = json_integer_value(json_object_get(row, "exit")) != 0;
    struct memory blank, after;
    int argc = 8;

    const struct memory *before = start_of(file, start, &blank);
    for (size_t i = 0; i < json_array_size(words); i++)
        argv[argc++] = json_string_value(json_array_get(words, i));
    store(chip, before);
    seen.count = 0;
    const enum cli_status status = quietly(argc, argv);
    if ((status != CLI_OK) != refused)
        fail_msg("%s %s: exit status %d", chip->name, name, (int)status);
    load(chip, &after);
    same_burns(chip->name, name, json_object_get(row, "burns"));
    same_memory(chip, name, before, &after, json_object_get(row, "changed_words"));
    json_t *summary = json_deep_copy(summary_of(file, start)), *mine = read_summary(chip->name);
    const char *field;
    json_t *members;

    json_object_foreach(json_object_get(row, "summary_changed"), field, members)
    {
        if (json_object_get(summary, field) == NULL)
            json_object_set(summary, field, members);
        else
            json_object_update(json_object_get(summary, field), members);
    }
    same_summary(chip->name, name, mine, summary);
    json_decref(mine);
    assert_true(result_count < CASES_MAX);
    results[result_count].name = name;
    results[result_count].summary = summary;
    results[result_count++].after = after;
}

static void every_command_line_of_espefuse_burns_what_espefuse_burns(void **state)
{
    (void)state;
    char keys[4096], name[4096];
    size_t cases = 0;

    if (chdir(fixture_path(keys, "security/keys")) != 0) {
        print_message("SKIPPED: no fixtures at %s\n", keys);
        skip();
    }
    for (size_t i = 0; eg_efuses[i] != NULL; i++) {
        const struct eg_efuse *chip = eg_efuses[i];
        json_error_t problem;

        snprintf(name, sizeof name, "../virt/%s.json", chip->name);
        json_t *file = json_load_file(name, 0, &problem);
        assert_non_null(file);
        const json_t *rows = json_object_get(file, "cases");
        for (size_t row = 0; row < json_array_size(rows); row++, cases++)
            run_case(chip, file, json_array_get(rows, row));
        while (result_count > 0)
            json_decref(results[--result_count].summary);
        json_decref(file);
    }
    print_message("%zu command lines\n", cases);
    assert_int_equal(cases, 544);
}

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/memory", folder);
    snprintf(output, sizeof output, "%s/summary", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    unlink(output);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_line_of_espefuse_burns_what_espefuse_burns),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
