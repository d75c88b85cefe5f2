/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/bytes.h"
#include "tools/espgang/efuse/session.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const categories[EG_CATS] = {"calibration", "config", "flash",    "identity",
                                                "jtag",        "MAC",    "security", "spi pad",
                                                "usb",         "vdd",    "wdt",      "user"};
static const char *const headings[EG_CATS] = {"Calibration", "Config",  "Flash", "Identity", "Jtag", "Mac",
                                              "Security",    "Spi Pad", "Usb",   "Vdd",      "Wdt",  "User"};

/* Whether the field is asked for: no name is every field. */
static bool is_asked(const struct cli_call *call, const struct efuse_session *session,
                     const struct eg_efuse_field *field)
{
    bool asked = call->count == 0;

    for (int i = 0; i < call->count; i++)
        asked = asked || eg_efuse_find(&session->fuses, call->argument[i]) == field;
    return asked && eg_efuse_has(&session->fuses, field);
}

static const char *type_text(const struct eg_efuse_field *field, char text[20])
{
    if (field->kind == EG_AS_BYTES || field->kind == EG_AS_KEY || field->kind == EG_AS_MAC ||
        field->kind == EG_AS_EUI64)
        snprintf(text, 20, "bytes:%zu", eg_efuse_size(field));
    else if (field->bits == 1)
        snprintf(text, 20, "bool");
    else
        snprintf(text, 20, "uint:%u", field->bits);
    return text;
}

static json_t *json_field(const struct efuse_session *session, const struct eg_efuse_field *field)
{
    struct eg_efuse_value value;
    char type[20];

    eg_efuse_value(&session->fuses, field, &value);
    json_t *json = json_pack("{s:s, s:o, s:s, s:b, s:b, s:s, s:s, s:i, s:o, s:o, s:s, s:i}", "name",
                             field->name, "value", efuse_json(&value), "raw_value", value.raw, "readable",
                             eg_efuse_readable(&session->fuses, field->rd), "writeable",
                             eg_efuse_writable(&session->fuses, field->wr), "description", field->help,
                             "category", categories[field->category], "block", field->block, "word",
                             field->parts != NULL ? json_null() : json_integer(field->word), "pos",
                             field->parts != NULL ? json_null() : json_integer(field->pos), "efuse_type",
                             type_text(field, type), "bit_len", field->bits);
    return json;
}

static enum eg_code print_json(const struct cli_call *call, const struct efuse_session *session, FILE *to,
                               struct eg_error *err)
{
    json_t *all = json_object();

    for (const struct eg_efuse_field *field = session->fuses.fields; field->name != NULL; field++)
        if (is_asked(call, session, field))
            json_object_set_new(all, field->name, json_field(session, field));
    const int status = json_dumpf(all, to, JSON_INDENT(4) | JSON_SORT_KEYS);
    json_decref(all);
    if (status != 0 || fputc('\n', to) == EOF)
        return eg_error_set(err, EG_NO_MEMORY, "summary as JSON");
    return EG_OK;
}

static void print_field(const struct efuse_session *session, const struct eg_efuse_field *field, FILE *to)
{
    const struct eg_efuses *fuses = &session->fuses;
    const struct eg_efuse_block *block = &fuses->chip->blocks[field->block];
    struct eg_efuse_value value;
    char place[80];

    snprintf(place, sizeof place, "%s (%s)%s", field->name, block->name,
             fuses->block[field->block].failed || fuses->block[field->block].errors != 0 ? " [error]" : "");
    fprintf(to, "%-46s %s\n", place, field->help);
    if (field->kind == EG_AS_KEY && block->purpose != NULL && field->bits == 256) {
        char purpose[64];

        eg_efuse_purpose_text(fuses, eg_efuse_block_purpose(fuses, field->block), purpose);
        fprintf(to, "    Purpose: %s\n", purpose);
    }
    fprintf(to, "    = %s %c/%c", efuse_text(session, field, &value),
            eg_efuse_readable(fuses, field->rd) ? 'R' : '-', eg_efuse_writable(fuses, field->wr) ? 'W' : '-');
    if (field->kind != EG_AS_BYTES && field->kind != EG_AS_KEY && field->kind != EG_AS_MAC)
        fprintf(to, " (%s)", value.raw);
    fputc('\n', to);
}

/* The flash's supply, as eFuses decide it: ESP32, S2, S3. */
static const char *supply_text(const struct eg_efuses *fuses)
{
    const bool old = eg_efuse_find(fuses, "XPD_SDIO_FORCE") != NULL;

    if (!old && eg_efuse_find(fuses, "VDD_SPI_FORCE") == NULL)
        return NULL;
    if (eg_efuse_number(fuses, old ? "XPD_SDIO_FORCE" : "VDD_SPI_FORCE") == 0)
        return old ? "Flash voltage (VDD_SDIO) is chosen by GPIO12 at reset: high is 1.8 V, low or open 3.3 V"
                   : "Flash voltage (VDD_SPI) is chosen by GPIO45 at reset: high is 1.8 V, low or open 3.3 V";
    if (eg_efuse_number(fuses, old ? "XPD_SDIO_REG" : "VDD_SPI_XPD") == 0)
        return "Flash voltage: the regulator is off by eFuse";
    if (eg_efuse_number(fuses, old ? "XPD_SDIO_TIEH" : "VDD_SPI_TIEH") == 0)
        return "Flash voltage is 1.8 V by eFuse";
    return "Flash voltage is 3.3 V by eFuse";
}

static void print_text(const struct cli_call *call, const struct efuse_session *session, FILE *to)
{
    for (int category = 0; category < EG_CATS; category++) {
        bool headed = false;

        for (const struct eg_efuse_field *field = session->fuses.fields; field->name != NULL; field++) {
            if (field->category != category || !is_asked(call, session, field))
                continue;
            if (!headed)
                fprintf(to, "%s fuses:\n", headings[category]);
            headed = true;
            print_field(session, field, to);
        }
        if (headed)
            fputc('\n', to);
    }
    if (call->count == 0 && supply_text(&session->fuses) != NULL)
        fprintf(to, "%s\n", supply_text(&session->fuses));
}

static enum eg_code print(const struct cli_call *call, const struct efuse_session *session, FILE *to,
                          struct eg_error *err)
{
    const char *format = cli_text(call, "format");
    struct eg_efuse_value value;

    if (format != NULL && strcmp(format, "json") == 0)
        return print_json(call, session, to, err);
    if (format != NULL && strcmp(format, "value_only") == 0)
        fprintf(to, "%s\n", efuse_text(session, eg_efuse_find(&session->fuses, call->argument[0]), &value));
    else
        print_text(call, session, to);
    return EG_OK;
}

static enum eg_code check(struct cli_call *call, struct eg_error *err)
{
    const char *format = cli_text(call, "format"), *file = cli_text(call, "file");

    if (format != NULL && strcmp(format, "value_only") == 0 && call->count != 1)
        return cli_usage(call, err, "--format value_only takes one NAME, not %d", call->count);
    return file != NULL ? cli_output_check(file, err) : EG_OK;
}

static enum eg_code step(struct cli_call *call, void *context, struct eg_error *err)
{
    const struct efuse_session *session = context;
    const char *path = cli_text(call, "file");
    const struct eg_efuse_field *field;

    for (int i = 0; i < call->count; i++)
        EG_TRY(eg_efuse_get_field(&session->fuses, call->argument[i], &field, err));
    if (path == NULL)
        return print(call, session, stdout, err);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return eg_error_set(err, EG_IO, "%s: cannot be written", path);
    const enum eg_code code = print(call, session, file, err);
    if (fclose(file) != 0 && code == EG_OK)
        return eg_error_set(err, EG_IO, "%s: not everything could be written", path);
    return code;
}

static const char *const formats[] = {"summary", "json", "value_only", NULL};

static const struct cli_option options[] = {
    {.name = "format", .value = "FORMAT", .help = "How to show it (default: summary)", .choices = formats},
    {.name = "file", .value = "FILE", .help = "Write it to a file"},
    EFUSE_OPTIONS,
    {.name = NULL}};

const struct cli_command cli_command_summary = {
    .name = "efuse summary",
    .group = CLI_SECURITY,
    .summary = "Show the fields of the eFuses",
    .arguments = "[NAME...]",
    .details =
        "`R/W` after a value says that the field can be read and written. A value that cannot be read is "
        "`?`.",
    .options = options,
    .least = 0,
    .most = -1,
    .flags = EFUSE_FLAGS,
    .check = check,
    .run = efuse_run,
    .step = step,
};
