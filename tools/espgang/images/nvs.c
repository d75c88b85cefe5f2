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
#include "engine/secure/nvs_crypt.h"
#include "tools/espgang/arguments.h"
#include "tools/espgang/verb.h"

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
#define KEYS_SUFFIX  "-keys.bin"
#define SIZE_LIMIT   (UINT64_C(256) << 20) /* no flash is larger */

static const char usage[] = "build IN.csv OUT.bin SIZE | build SIZE | print FILE | check FILE |\n"
                            "        encrypt IN.bin OUT.bin | decrypt IN.bin OUT.bin | keys OUT.bin";

/* What is on the command line. */
struct given {
    char *schema, *values, *output_dir, *prefix, *file_id;
    char *keys_path, *hmac_key_path;
    int make_keys;
    int version;
    int json;
    struct eg_secret keys; /* from one of the two files; size 0 = nothing is encrypted */
};

static void given_finish(struct given *given)
{
    free(given->schema);
    free(given->values);
    free(given->output_dir);
    free(given->prefix);
    free(given->file_id);
    free(given->keys_path);
    free(given->hmac_key_path);
    eg_secret_finish(&given->keys);
}

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

enum eg_code cli_nvs_write(const char *path, const struct eg_buffer *image, struct eg_error *err)
{
    EG_CLEANUP(part_finish) struct part part = {.fd = -1};
    struct stat info;

    if (lstat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return eg_error_set(err, EG_IO, "%s: is there and not a regular file", path);
    if (snprintf(part.path, sizeof part.path, "%s.part", path) >= (int)sizeof part.path)
        return eg_error_set(err, EG_IO, "%.100s...: the path is too long", path);
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

static void note_readonly(size_t size)
{
    if (eg_nvs_needs_readonly(size))
        printf("note: an NVS partition of 0x%zx bytes must be flagged readonly in the partition table\n",
               size);
}

static enum eg_code encrypt(struct eg_buffer *image, const struct eg_secret *keys, struct eg_error *err)
{
    return keys->size == 0 ? EG_OK : eg_nvs_encrypt(image->data, image->size, keys, err);
}

static enum eg_code build_one(const struct given *given, const char *input, const char *output, size_t size,
                              struct eg_error *err)
{
    EG_CLEANUP(eg_nvs_schema_cleanup) struct eg_nvs_schema *schema = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};

    EG_TRY(read_schema(&schema, input, err));
    EG_TRY(eg_nvs_schema_build(&image, schema, NULL, 0, size, (unsigned)given->version, err));
    EG_TRY(encrypt(&image, &given->keys, err));
    EG_TRY(cli_nvs_write(output, &image, err));
    printf("%s: %zu bytes\n", output, image.size);
    note_readonly(size);
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

/* DIR/PREFIX-ID and a suffix. */
static enum eg_code name_of(const struct mass *mass, size_t unit, const char *suffix, char path[PATH_ROOM],
                            struct eg_error *err)
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
    if (snprintf(path, PATH_ROOM, "%s/%s-%s%s", mass->given->output_dir, mass->given->prefix, id, suffix) >=
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
    if (name_of(mass, unit, ".bin", path, err) != EG_OK ||
        eg_nvs_schema_build(image, mass->schema, values, count, mass->size, (unsigned)mass->given->version,
                            err) != EG_OK)
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
        return eg_error_set(err, EG_IO, "%s: is not a folder", path);
    return EG_OK;
}

/* Keys that are there already belong to a board, and are never replaced. */
static enum eg_code check_no_keys(const struct mass *mass, size_t unit, struct eg_error *err)
{
    char path[PATH_ROOM];
    struct stat info;

    if (!mass->given->make_keys)
        return EG_OK;
    EG_TRY(name_of(mass, unit, KEYS_SUFFIX, path, err));
    if (lstat(path, &info) == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is there already, and keys are never replaced", path);
    return EG_OK;
}

/* By the keys that are given, or by its own, which are written first. */
static enum eg_code encrypt_unit(const struct mass *mass, size_t unit, struct eg_buffer *image,
                                 struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret keys = {0};
    char path[PATH_ROOM];

    if (!mass->given->make_keys)
        return encrypt(image, &mass->given->keys, err);
    EG_TRY(name_of(mass, unit, KEYS_SUFFIX, path, err));
    EG_TRY(eg_nvs_keys_make(&keys, err));
    EG_TRY(cli_nvs_keys_write(path, &keys, err));
    return encrypt(image, &keys, err);
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
    for (size_t i = 0; i < units; i++)
        EG_TRY(check_no_keys(mass, i, err));
    EG_TRY(check_ids(mass, err));
    EG_TRY(make_folder(mass->given->output_dir, err));
    for (size_t i = 0; i < units; i++) {
        EG_TRY(build_unit(mass, i, &image, path, err));
        EG_TRY(encrypt_unit(mass, i, &image, err));
        EG_TRY(cli_nvs_write(path, &image, err));
        printf("%s: %zu bytes\n", path, image.size);
    }
    note_readonly(mass->size);
    return EG_OK;
}

static enum cli_status build_mass(poptContext context, struct given *given, size_t size)
{
    EG_CLEANUP(mass_finish) struct mass mass = {.given = given, .size = size};
    struct eg_error err;

    if (given->schema == NULL || given->values == NULL || given->output_dir == NULL)
        return cli_usage(context, "--schema, --values and --output-dir go together");
    if (given->prefix == NULL && eg_strdup(&given->prefix, "nvs", &err) != EG_OK)
        return cli_fail(&err);
    if (strchr(given->prefix, '/') != NULL)
        return cli_usage(context, "--prefix: '%s' is no beginning of a file's name", given->prefix);
    return build_units(&mass, &err) == EG_OK ? CLI_OK : cli_fail(&err);
}

/* ---- The command line ---- */

static bool has_mass_options(const struct given *given)
{
    return given->schema != NULL || given->values != NULL || given->output_dir != NULL ||
           given->prefix != NULL || given->file_id != NULL || given->make_keys;
}

static enum eg_code load_keys(struct given *given, struct eg_error *err)
{
    return cli_nvs_keys_load(&given->keys, given->keys_path, given->hmac_key_path, err);
}

static enum cli_status build(poptContext context, struct given *given, const char *verb)
{
    const bool mass = has_mass_options(given);
    const char *const input = mass ? NULL : poptGetArg(context);
    const char *const output = mass ? NULL : poptGetArg(context);
    const char *const size_text = poptGetArg(context);
    struct eg_error err;
    uint64_t size;

    (void)verb;
    if (given->json)
        return cli_usage(context, "--json goes with print");
    if (given->version != 1 && given->version != 2)
        return cli_usage(context, "--version: there are 1 and 2, not %d", given->version);
    if (size_text == NULL)
        return cli_usage(
            context, mass ? "how large? name the size of the partition"
                          : "build wants IN.csv OUT.bin SIZE, or --schema, --values, --output-dir and SIZE");
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "'%s' is one argument too many", poptPeekArg(context));
    if (!cli_number(size_text, SIZE_LIMIT, &size))
        return cli_usage(context, "size '%s' is no number up to 256M, such as 0x6000 or 24k", size_text);
    if (!given->make_keys && load_keys(given, &err) != EG_OK)
        return cli_fail(&err);
    if (mass)
        return build_mass(context, given, (size_t)size);
    if (eg_nvs_size_check((size_t)size, &err) != EG_OK ||
        build_one(given, input, output, (size_t)size, &err) != EG_OK)
        return cli_fail(&err);
    return CLI_OK;
}

static enum cli_status look_at(poptContext context, struct given *given, const char *verb)
{
    const char *const path = poptGetArg(context);
    const bool check = strcmp(verb, "check") == 0;
    struct eg_error err;

    if (has_mass_options(given))
        return cli_usage(context, "%s takes none of the options of build", verb);
    if (check && given->json)
        return cli_usage(context, "--json goes with print");
    if (path == NULL)
        return cli_usage(context, "%s what? name a file", verb);
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "one file at a time, not '%s' too", poptPeekArg(context));
    if (load_keys(given, &err) != EG_OK)
        return cli_fail(&err);
    return check ? cli_nvs_check(path, &given->keys) : cli_nvs_print(path, &given->keys, given->json);
}

static enum cli_status crypt_file(poptContext context, struct given *given, const char *verb)
{
    const char *const input = poptGetArg(context), *const output = poptGetArg(context);
    struct eg_error err;

    if (has_mass_options(given) || given->json)
        return cli_usage(context, "%s takes --keys or --hmac-key and no other option", verb);
    if (output == NULL || poptPeekArg(context) != NULL)
        return cli_usage(context, "%s wants IN.bin and OUT.bin", verb);
    if (given->keys_path == NULL && given->hmac_key_path == NULL)
        return cli_usage(context, "by which keys? name their file with --keys or --hmac-key");
    if (load_keys(given, &err) != EG_OK)
        return cli_fail(&err);
    return cli_nvs_crypt(input, output, &given->keys, strcmp(verb, "encrypt") == 0);
}

static enum cli_status keys(poptContext context, struct given *given, const char *verb)
{
    const char *const output = poptGetArg(context);
    struct eg_error err;

    if (has_mass_options(given) || given->json || given->keys_path != NULL)
        return cli_usage(context, "%s takes no option but --hmac-key", verb);
    if (output == NULL || poptPeekArg(context) != NULL)
        return cli_usage(context, "%s wants OUT.bin", verb);
    if ((given->hmac_key_path != NULL ? load_keys(given, &err) : eg_nvs_keys_make(&given->keys, &err)) !=
            EG_OK ||
        cli_nvs_keys_write(output, &given->keys, &err) != EG_OK)
        return cli_fail(&err);
    printf("%s: %d bytes, for a partition of type data, subtype nvs_keys\n", output, EG_NVS_KEYS_FILE_SIZE);
    return CLI_OK;
}

struct verb {
    const char *name;
    enum cli_status (*run)(poptContext context, struct given *given, const char *verb);
};

static const struct verb verbs[] = {
    {"build", build},        {"print", look_at}, {"check", look_at}, {"encrypt", crypt_file},
    {"decrypt", crypt_file}, {"keys", keys},     {NULL, NULL},
};

enum cli_status cli_nvs(int argc, const char **argv)
{
    EG_CLEANUP(given_finish) struct given given = {.version = EG_NVS_VERSION};
    const struct poptOption options[] = {
        {"version", 0, POPT_ARG_INT, &given.version, 0, "build: 2, or 1 without blobs over several pages",
         "N"},
        {"schema", 0, POPT_ARG_STRING, &given.schema, 0, "build: the keys of every unit", "FILE"},
        {"values", 0, POPT_ARG_STRING, &given.values, 0, "build: a row of values for each unit", "FILE"},
        {"output-dir", 0, POPT_ARG_STRING, &given.output_dir, 0,
         "build: where the images go; made if it is not there", "DIR"},
        {"prefix", 0, POPT_ARG_STRING, &given.prefix, 0,
         "build: how their names begin, in front of -1.bin, -2.bin (default: nvs)", "TEXT"},
        {"fileid", 0, POPT_ARG_STRING, &given.file_id, 0,
         "build: take the value of this key instead of the number of the unit", "KEY"},
        {"keys", 0, POPT_ARG_STRING, &given.keys_path, 0,
         "the partition is, or becomes, encrypted by the keys in this file", "FILE"},
        {"hmac-key", 0, POPT_ARG_STRING, &given.hmac_key_path, 0,
         "the same by keys derived from this HMAC key of 32 bytes", "FILE"},
        {"make-keys", 0, POPT_ARG_NONE, &given.make_keys, 0,
         "build: encrypt each unit by keys of its own, written beside its image", NULL},
        {"json", 0, POPT_ARG_NONE, &given.json, 0, "print: as JSON", NULL},
        POPT_AUTOHELP POPT_TABLEEND};
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;

    if (!cli_options(&context, argc, argv, options, usage))
        return CLI_USAGE;
    const char *const verb = poptGetArg(context);
    if (verb == NULL)
        return cli_usage(context, "build, print, check, encrypt, decrypt or keys?");
    const struct verb *row = verbs;
    while (row->name != NULL && strcmp(row->name, verb) != 0)
        row++;
    if (row->name == NULL)
        return cli_usage(context, "'%s' is none of build, print, check, encrypt, decrypt, keys", verb);
    if ((given.keys_path != NULL) + (given.hmac_key_path != NULL) + given.make_keys > 1)
        return cli_usage(context, "--keys, --hmac-key and --make-keys exclude each other");
    return row->run(context, &given, verb);
}
