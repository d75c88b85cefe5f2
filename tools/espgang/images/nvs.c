/* SPDX-License-Identifier: Apache-2.0 */

/*
 * espgang nvs: NVS partitions, without a board.
 *
 * Of many units every image is made before the first file is: a bad row far down leaves no file.
 * Images often have credentials in them, so only their owner may read them.
 */

#include "tools/espgang/images/nvs.h"

#include "engine/base/file.h"
#include "engine/image/nvs.h"
#include "engine/secure/nvs_crypt.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CSV_SIZE_MAX ((size_t)256 << 20)
#define PATH_ROOM    4096
#define KEYS_SUFFIX  "-keys.bin"
#define SIZE_LIMIT   (UINT64_C(256) << 20) /* no flash is larger */

/* The options of the command line. */
struct given {
    const char *schema, *values, *output_dir, *prefix, *file_id;
    const char *keys_path, *hmac_key_path;
    bool make_keys;
    unsigned version;
    struct eg_secret keys; /* from one of the two files; size 0 = nothing is encrypted */
};

static void given_finish(struct given *given)
{
    eg_secret_finish(&given->keys);
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
    EG_TRY(eg_nvs_schema_build(&image, schema, NULL, 0, size, given->version, err));
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

/* Return the part that makes the name of a unit's file unique. */
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

/* `forms` are the arguments after the action. */
static enum eg_code count_arguments(const struct cli_call *call, int wanted, const char *forms,
                                    struct eg_error *err)
{
    if (call->count - 1 < wanted)
        return cli_usage(call, err, "missing argument: %s takes %s", call->argument[0], forms);
    if (call->count - 1 > wanted)
        return cli_usage(call, err, "unexpected argument '%s'", call->argument[1 + wanted]);
    return EG_OK;
}

static enum eg_code build(struct cli_call *call, struct given *given, struct eg_error *err)
{
    const bool mass = has_mass_options(given);
    uint64_t size;

    if (cli_flag(call, "json"))
        return cli_usage(call, err, "--json goes with print");
    EG_TRY(count_arguments(
        call, mass ? 1 : 3,
        mass ? "SIZE" : "IN.csv OUT.bin SIZE, or --schema, --values, --output-dir and SIZE", err));
    const char *const text = call->argument[call->count - 1];
    if (!cli_number(text, SIZE_LIMIT, &size))
        return cli_usage(call, err, "size '%s' is no number up to 256M, such as 0x6000 or 24k", text);
    if (!given->make_keys)
        EG_TRY(load_keys(given, err));
    if (mass)
        return build_mass(call, given, (size_t)size, err);
    EG_TRY(eg_nvs_size_check((size_t)size, err));
    return build_one(given, call->argument[1], call->argument[2], (size_t)size, err);
}

static enum eg_code look_at(struct cli_call *call, struct given *given, struct eg_error *err)
{
    const char *const action = call->argument[0];
    const bool check = strcmp(action, "check") == 0;

    if (has_mass_options(given))
        return cli_usage(call, err, "%s takes none of the options of build", action);
    if (check && cli_flag(call, "json"))
        return cli_usage(call, err, "--json goes with print");
    EG_TRY(count_arguments(call, 1, "FILE", err));
    EG_TRY(load_keys(given, err));
    return check ? cli_nvs_check(call, call->argument[1], &given->keys, err)
                 : cli_nvs_print(call, call->argument[1], &given->keys, err);
}

static enum eg_code crypt_file(struct cli_call *call, struct given *given, struct eg_error *err)
{
    const char *const action = call->argument[0];

    if (has_mass_options(given) || cli_flag(call, "json"))
        return cli_usage(call, err, "%s takes --keys or --hmac-key and no other option", action);
    EG_TRY(count_arguments(call, 2, "IN.bin and OUT.bin", err));
    if (given->keys_path == NULL && given->hmac_key_path == NULL)
        return cli_usage(call, err, "missing option: --keys FILE or --hmac-key FILE");
    EG_TRY(load_keys(given, err));
    return cli_nvs_crypt(call->argument[1], call->argument[2], &given->keys, strcmp(action, "encrypt") == 0,
                         err);
}

static enum eg_code keys(struct cli_call *call, struct given *given, struct eg_error *err)
{
    if (has_mass_options(given) || cli_flag(call, "json") || given->keys_path != NULL)
        return cli_usage(call, err, "%s takes no option but --hmac-key", call->argument[0]);
    EG_TRY(count_arguments(call, 1, "OUT.bin", err));
    EG_TRY(given->hmac_key_path != NULL ? load_keys(given, err) : eg_nvs_keys_make(&given->keys, err));
    EG_TRY(cli_nvs_keys_write(call->argument[1], &given->keys, err));
    printf("%s: %d bytes, for a partition of type data, subtype nvs_keys\n", call->argument[1],
           EG_NVS_KEYS_FILE_SIZE);
    return EG_OK;
}

struct action {
    const char *name;
    enum eg_code (*run)(struct cli_call *call, struct given *given, struct eg_error *err);
};

static const struct action actions[] = {
    {"build", build},        {"print", look_at}, {"check", look_at}, {"encrypt", crypt_file},
    {"decrypt", crypt_file}, {"keys", keys},     {NULL, NULL},
};

static enum eg_code nvs(struct cli_call *call, struct eg_error *err)
{
    const char *const version = cli_text(call, "version");
    EG_CLEANUP(given_finish)
    struct given given = {
        .schema = cli_text(call, "schema"),
        .values = cli_text(call, "values"),
        .output_dir = cli_text(call, "output-dir"),
        .prefix = cli_text(call, "prefix"),
        .file_id = cli_text(call, "fileid"),
        .keys_path = cli_text(call, "keys"),
        .hmac_key_path = cli_text(call, "hmac-key"),
        .make_keys = cli_flag(call, "make-keys"),
        .version = version != NULL ? (unsigned)(version[0] - '0') : EG_NVS_VERSION,
    };
    const struct action *action = actions;

    while (action->name != NULL && strcmp(action->name, call->argument[0]) != 0)
        action++;
    if (action->name == NULL)
        return cli_usage(call, err, "'%s' is none of build, print, check, encrypt, decrypt, keys",
                         call->argument[0]);
    if ((given.keys_path != NULL) + (given.hmac_key_path != NULL) + given.make_keys > 1)
        return cli_usage(call, err, "--keys, --hmac-key and --make-keys exclude each other");
    return action->run(call, &given, err);
}

static const char *const versions[] = {"1", "2", NULL};
static const char *const words[] = {"build", "print", "check", "encrypt", "decrypt", "keys", NULL};

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
    {.name = "make-keys",
     .help = "build: encrypt each unit by keys of its own",
     .more = "They go to `-1-keys.bin`, `-2-keys.bin` beside the images. Files of keys that exist are never "
             "replaced."},
    {.name = "keys",
     .value = "FILE",
     .help = "Keys by which the partition is, or becomes, encrypted",
     .more = "The file is a partition of subtype `nvs_keys` that is not encrypted itself."},
    {.name = "hmac-key",
     .value = "FILE",
     .help = "HMAC key of 32 bytes from which those keys are derived",
     .more = "A chip that has it in its eFuses derives the same keys."},
    {.name = "json", .help = "print: print JSON", .more = "Numbers of 64 bits are text."},
    {.name = NULL}};

const struct cli_command cli_command_nvs = {
    .name = "nvs",
    .group = CLI_IMAGES,
    .summary = "Build, show and check NVS partitions",
    .arguments = "build IN.csv OUT.bin SIZE\n"
                 "build --schema FILE --values FILE --output-dir DIR SIZE\n"
                 "print FILE\n"
                 "check FILE\n"
                 "encrypt --keys FILE IN.bin OUT.bin\n"
                 "decrypt --keys FILE IN.bin OUT.bin\n"
                 "keys OUT.bin",
    .details =
        "`build` makes an image of SIZE bytes (hexadecimal, decimal, `24k`, `1M`; a multiple of 4096), byte "
        "for byte "
        "that of ESP-IDF's partition generator. A partition of less than 0x3000 bytes must be flagged "
        "`readonly` in "
        "the partition table. IN.csv has the columns `key,type,encoding,value`. Types are `namespace`, "
        "`data` and "
        "`file`; encodings `u8`, `i8` to `u64`, `i64`, `string`, `binary`, `hex2bin`, `base64`, "
        "`blob_fill(SIZE;0xNN)` and `blob_sz_fill(SIZE;0xNN)`. Relative paths of files begin at the working "
        "directory.\n"
        "\n"
        "With a schema and values it makes an image for each unit, as ESP-IDF's mass manufacturing tool "
        "does. The "
        "schema has rows `key,type,encoding` and may have `REPEAT`. The first row of the values names keys; "
        "each "
        "further row is a unit. Columns that are not keys are ignored. Nothing is written before every unit "
        "has been "
        "checked.\n"
        "\n"
        "Images may contain credentials: only their owner may read them. As the generator does, `build` adds "
        "to "
        "`sta.ssid` and `sta.pswd` the keys `sta.apinfo`, `sta.pmk` and `sta.apsw`, and to `ap.ssid` and "
        "`ap.passwd`, "
        "unless `ap.authmode` is missing or 0, `ap.pmk_info`, each only if the file lacks it.\n"
        "\n"
        "`print` shows the keys and values of an image, whatever made it, also one read back from a flash. "
        "`check` "
        "shows whether it is whole: marks, checksums, lengths, chunks of blobs, duplicate keys. Both name "
        "every fault "
        "with its offset, and then exit with 1.\n"
        "\n"
        "`keys` makes a file of new keys from the system's random source; with `--hmac-key` it writes those "
        "that a "
        "chip derives. Only its owner may read it. `encrypt` and `decrypt` convert a plain image to an "
        "encrypted one "
        "and back.",
    .options = options,
    .words = words,
    .least = 1,
    .most = -1,
    .run = nvs,
};
