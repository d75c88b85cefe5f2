/* SPDX-License-Identifier: Apache-2.0 */

/*
 * espgang nvs: NVS partitions, without a board.
 *
 * Of many units every image is made before the first file is: a bad row far down leaves nothing behind.
 * Images often have credentials in them, so only their owner may read them.
 */

#include "tools/espgang/images/nvs.h"

#include "engine/base/file.h"
#include "engine/image/nvs.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CSV_SIZE_MAX ((size_t)256 << 20)
#define PATH_ROOM    4096
#define SIZE_LIMIT   (UINT64_C(256) << 20) /* no flash is larger */

/* What is on the command line. */
struct given {
    const char *schema, *values, *output_dir, *prefix, *file_id;
    unsigned version;
};

/* ---- Files ---- */

/* PATH.part, which becomes PATH when it is whole. */
struct part {
    char path[PATH_ROOM];
    int fd; /* -1 = there is none */
};

static void part_finish(struct part *part)
{
    if (part->fd < 0)
        return;
    close(part->fd);
    unlink(part->path);
}

static enum eg_code put(int fd, const uint8_t *data, size_t size)
{
    while (size > 0) {
        const ssize_t put = write(fd, data, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return EG_IO;
        data += put, size -= (size_t)put;
    }
    return EG_OK;
}

static enum eg_code write_file(const char *path, const struct eg_buffer *image, struct eg_error *err)
{
    EG_CLEANUP(part_finish) struct part part = {.fd = -1};
    struct stat info;

    if (lstat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is there and not a regular file", path);
    if (snprintf(part.path, sizeof part.path, "%s.part", path) >= (int)sizeof part.path)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%.100s...: the path is too long", path);
    unlink(part.path); /* of a program that was killed */
    part.fd = open(part.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (part.fd < 0)
        return eg_error_errno(err, EG_IO, errno, "%s", part.path);
    if (put(part.fd, image->data, image->size) != EG_OK || fsync(part.fd) != 0 ||
        rename(part.path, path) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s", path);
    close(part.fd);
    part.fd = -1;
    return EG_OK;
}

static enum eg_code read_csv(struct eg_buffer *file, const char *path, struct eg_error *err)
{
    EG_TRY(cli_file_check(path, err));
    return eg_file_read(file, path, CSV_SIZE_MAX, err);
}

static enum eg_code read_schema(struct eg_nvs_schema **schema, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};

    EG_TRY(read_csv(&file, path, err));
    return eg_nvs_schema_parse(schema, path, (const char *)file.data, file.size, NULL, err);
}

/* ---- One image ---- */

static enum eg_code build_one(const char *input, const char *output, size_t size, unsigned version,
                              struct eg_error *err)
{
    EG_CLEANUP(eg_nvs_schema_cleanup) struct eg_nvs_schema *schema = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};

    EG_TRY(read_schema(&schema, input, err));
    EG_TRY(eg_nvs_schema_build(&image, schema, NULL, 0, size, version, err));
    EG_TRY(write_file(output, &image, err));
    printf("%s: %zu bytes\n", output, image.size);
    return EG_OK;
}

/* ---- An image for each unit ---- */

struct mass {
    const struct given *given;
    struct eg_nvs_schema *schema;
    struct eg_nvs_table *table;
    size_t id_column; /* SIZE_MAX = units are counted from 1 */
    size_t size;
};

static void mass_finish(struct mass *mass)
{
    eg_nvs_table_destroy(mass->table);
    eg_nvs_schema_destroy(mass->schema);
}

static enum eg_code find_id(struct mass *mass, struct eg_error *err)
{
    size_t count;
    const struct eg_nvs_value *const cells = eg_nvs_table_unit(mass->table, 0, &count);

    mass->id_column = SIZE_MAX;
    if (mass->given->file_id == NULL)
        return EG_OK;
    for (size_t i = 0; i < count; i++)
        if (strcmp(cells[i].name, mass->given->file_id) == 0) {
            mass->id_column = i;
            return EG_OK;
        }
    return eg_error_set(err, EG_BAD_ARGUMENT, "--fileid: %s has no column \"%.60s\"", mass->given->values,
                        mass->given->file_id);
}

/* What makes the name of a unit's file its own. */
static void id_of(const struct mass *mass, size_t unit, char number[24], const char **id)
{
    size_t count;

    snprintf(number, 24, "%zu", unit + 1);
    *id = mass->id_column == SIZE_MAX ? number
                                      : eg_nvs_table_unit(mass->table, unit, &count)[mass->id_column].text;
}

static enum eg_code name_of(const struct mass *mass, size_t unit, char path[PATH_ROOM], struct eg_error *err)
{
    char number[24];
    const char *id;

    id_of(mass, unit, number, &id);
    if (id[0] == '\0')
        return eg_error_set(err, EG_BAD_IMAGE, "column \"%s\" is empty, and names the unit's file",
                            mass->given->file_id);
    for (const char *at = id; *at != '\0'; at++)
        if (*at == '/' || iscntrl((unsigned char)*at))
            return eg_error_set(err, EG_BAD_IMAGE, "column \"%s\" has byte 0x%02x, and names the unit's file",
                                mass->given->file_id, (unsigned char)*at);
    if (snprintf(path, PATH_ROOM, "%s/%s-%s.bin", mass->given->output_dir, mass->given->prefix, id) >=
        PATH_ROOM)
        return eg_error_set(err, EG_BAD_IMAGE, "%.100s...: the path is too long", path);
    return EG_OK;
}

static enum eg_code build_unit(const struct mass *mass, size_t unit, struct eg_buffer *image,
                               char path[PATH_ROOM], struct eg_error *err)
{
    size_t count;
    const struct eg_nvs_value *const values = eg_nvs_table_unit(mass->table, unit, &count);

    image->size = 0;
    if (name_of(mass, unit, path, err) != EG_OK ||
        eg_nvs_schema_build(image, mass->schema, values, count, mass->size, mass->given->version, err) !=
            EG_OK)
        return eg_error_prefix(err, "%s:%zu: ", mass->given->values, eg_nvs_table_line(mass->table, unit));
    return EG_OK;
}

struct unit_id {
    const char *id;
    size_t line;
};

static int by_id(const void *a, const void *b)
{
    const struct unit_id *const first = a, *const second = b;
    const int order = strcmp(first->id, second->id);

    return order != 0 ? order : first->line < second->line ? -1 : first->line > second->line;
}

static enum eg_code check_ids(const struct mass *mass, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct unit_id *ids = NULL;
    const size_t units = eg_nvs_table_count(mass->table);
    char number[24];

    if (mass->id_column == SIZE_MAX)
        return EG_OK;
    EG_TRY(eg_alloc(&ids, units, sizeof *ids, err));
    for (size_t i = 0; i < units; i++) {
        id_of(mass, i, number, &ids[i].id);
        ids[i].line = eg_nvs_table_line(mass->table, i);
    }
    qsort(ids, units, sizeof *ids, by_id);
    for (size_t i = 1; i < units; i++)
        if (strcmp(ids[i - 1].id, ids[i].id) == 0)
            return eg_error_set(
                err, EG_BAD_IMAGE,
                "%s:%zu: \"%.60s\" in column \"%s\" is on line %zu, too, and names the unit's file",
                mass->given->values, ids[i].line, ids[i].id, mass->given->file_id, ids[i - 1].line);
    return EG_OK;
}

static enum eg_code make_folder(const char *path, struct eg_error *err)
{
    struct stat info;

    if (mkdir(path, 0777) == 0)
        return EG_OK;
    if (errno != EEXIST)
        return eg_error_errno(err, EG_IO, errno, "%s", path);
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is not a folder", path);
    return EG_OK;
}

static enum eg_code build_units(struct mass *mass, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    char path[PATH_ROOM];

    EG_TRY(eg_nvs_size_check(mass->size, err));
    EG_TRY(read_schema(&mass->schema, mass->given->schema, err));
    EG_TRY(read_csv(&file, mass->given->values, err));
    EG_TRY(eg_nvs_table_parse(&mass->table, mass->schema, mass->given->values, (const char *)file.data,
                              file.size, err));
    const size_t units = eg_nvs_table_count(mass->table);
    if (units == 0)
        return eg_error_set(err, EG_BAD_IMAGE, "%s: there is no unit in it", mass->given->values);
    EG_TRY(find_id(mass, err));
    for (size_t i = 0; i < units; i++)
        EG_TRY(build_unit(mass, i, &image, path, err));
    EG_TRY(check_ids(mass, err));
    EG_TRY(make_folder(mass->given->output_dir, err));
    for (size_t i = 0; i < units; i++) {
        EG_TRY(build_unit(mass, i, &image, path, err));
        EG_TRY(write_file(path, &image, err));
        printf("%s: %zu bytes\n", path, image.size);
    }
    return EG_OK;
}

/* ---- The command line ---- */

static enum eg_code build_mass(const struct cli_call *call, struct given *given, size_t size,
                               struct eg_error *err)
{
    EG_CLEANUP(mass_finish) struct mass mass = {.given = given, .size = size};

    if (given->schema == NULL || given->values == NULL || given->output_dir == NULL)
        return cli_usage(call, err, "--schema, --values and --output-dir go together");
    if (given->prefix == NULL)
        given->prefix = "nvs";
    if (strchr(given->prefix, '/') != NULL)
        return cli_usage(call, err, "--prefix: '%s' is not the beginning of a file name", given->prefix);
    return build_units(&mass, err);
}

static enum eg_code build(const struct cli_call *call, struct given *given, bool mass, struct eg_error *err)
{
    const int arguments = mass ? 2 : 4;
    uint64_t size;

    if (cli_flag(call, "json"))
        return cli_usage(call, err, "--json goes with print");
    if (call->count < arguments)
        return cli_usage(
            call, err, "missing argument: %s",
            mass ? "SIZE" : "build takes IN.csv OUT.bin SIZE, or --schema, --values, --output-dir and SIZE");
    if (call->count > arguments)
        return cli_usage(call, err, "unexpected argument '%s'", call->argument[arguments]);
    const char *const text = call->argument[arguments - 1];
    if (!cli_number(text, SIZE_LIMIT, &size))
        return cli_usage(call, err, "size '%s' is no number up to 256M, such as 0x6000 or 24k", text);
    if (mass)
        return build_mass(call, given, (size_t)size, err);
    EG_TRY(eg_nvs_size_check((size_t)size, err));
    return build_one(call->argument[1], call->argument[2], (size_t)size, given->version, err);
}

static enum eg_code look_at(struct cli_call *call, bool mass, struct eg_error *err)
{
    const char *const action = call->argument[0];
    const bool check = strcmp(action, "check") == 0;

    if (mass)
        return cli_usage(call, err, "%s takes none of the options of build", action);
    if (check && cli_flag(call, "json"))
        return cli_usage(call, err, "--json goes with print");
    if (call->count < 2)
        return cli_usage(call, err, "missing argument: FILE");
    if (call->count > 2)
        return cli_usage(call, err, "unexpected argument '%s'", call->argument[2]);
    return check ? cli_nvs_check(call, call->argument[1], err) : cli_nvs_print(call, call->argument[1], err);
}

static enum eg_code nvs(struct cli_call *call, struct eg_error *err)
{
    const char *const version = cli_text(call, "version");
    struct given given = {
        .schema = cli_text(call, "schema"),
        .values = cli_text(call, "values"),
        .output_dir = cli_text(call, "output-dir"),
        .prefix = cli_text(call, "prefix"),
        .file_id = cli_text(call, "fileid"),
        .version = version != NULL ? (unsigned)(version[0] - '0') : EG_NVS_VERSION,
    };
    const bool mass = given.schema != NULL || given.values != NULL || given.output_dir != NULL ||
                      given.prefix != NULL || given.file_id != NULL;
    const char *const action = call->argument[0];

    if (strcmp(action, "build") == 0)
        return build(call, &given, mass, err);
    if (strcmp(action, "print") == 0 || strcmp(action, "check") == 0)
        return look_at(call, mass, err);
    return cli_usage(call, err, "'%s' is none of build, print and check", action);
}

static const char *const versions[] = {"1", "2", NULL};
static const char *const actions[] = {"build", "print", "check", NULL};

static const struct cli_option options[] = {
    {.name = "version",
     .value = "N",
     .help = "build: format version (default: 2)",
     .more = "Version 1 has no blobs of more than 1984 bytes.",
     .choices = versions},
    {.name = "schema", .value = "FILE", .help = "build: keys that every unit has"},
    {.name = "values", .value = "FILE", .help = "build: values of the keys, one row for each unit"},
    {.name = "output-dir",
     .value = "DIR",
     .help = "build: folder for the images; it is made when it is missing"},
    {.name = "prefix",
     .value = "TEXT",
     .help = "build: prefix of the names, before -1.bin, -2.bin (default: nvs)"},
    {.name = "fileid", .value = "KEY", .help = "build: name each image by its value of this key"},
    {.name = "json", .help = "print: print JSON", .more = "Numbers of 64 bits are text."},
    {.name = NULL}};

const struct cli_command cli_command_nvs = {
    .name = "nvs",
    .group = CLI_IMAGES,
    .summary = "Build, show and check NVS partitions",
    .arguments = "build IN.csv OUT.bin SIZE\n"
                 "build --schema FILE --values FILE --output-dir DIR SIZE\n"
                 "print FILE\n"
                 "check FILE",
    .details =
        "`build` makes an image of SIZE bytes (hexadecimal, decimal, `24k`, `1M`; a multiple of 4096, at "
        "least "
        "0x3000), byte for byte that of ESP-IDF's partition generator, without encryption. IN.csv has the "
        "columns `key,type,encoding,value`. Types are `namespace`, `data` and `file`; encodings `u8`, `i8` "
        "to "
        "`u64`, `i64`, `string`, `binary`, `hex2bin`, `base64`, `blob_fill(SIZE;0xNN)` and "
        "`blob_sz_fill(SIZE;0xNN)`. Relative paths of files begin at the working directory.\n"
        "\n"
        "With a schema and values it makes an image for each unit, as ESP-IDF's mass manufacturing tool "
        "does. "
        "The schema has rows `key,type,encoding` and may have `REPEAT`. The first row of the values names "
        "keys; "
        "each further row is a unit. Columns that are not keys are ignored. Nothing is written before every "
        "unit "
        "has been checked.\n"
        "\n"
        "Images may contain credentials: only their owner may read them. The generator's additions for the "
        "Wi-Fi "
        "driver to the keys `sta.ssid`, `sta.pswd`, `ap.ssid`, `ap.passwd` and `ap.authmode` are not made.\n"
        "\n"
        "`print` shows the keys and values of an image, whatever made it, also one read back from a flash. "
        "`check` shows whether it is whole: marks, checksums, lengths, chunks of blobs, duplicate keys. Both "
        "name "
        "every fault with its offset, and then exit with 1.",
    .options = options,
    .words = actions,
    .least = 1,
    .most = -1,
    .run = nvs,
};
