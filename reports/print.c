/* SPDX-License-Identifier: Apache-2.0 */

#include "reports/print.h"

#include "db/query/questions.h"
#include "engine/base/text.h"
#include "reports/qr.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {[EG_PRINT_ZPL] = "zpl", [EG_PRINT_TEXT] = "text"};

enum eg_print_kind eg_print_kind_of(const char *path)
{
    const size_t size = strlen(path);

    return size > 4 && strcmp(path + size - 4, ".zpl") == 0 ? EG_PRINT_ZPL : EG_PRINT_TEXT;
}

const char *eg_print_kind_name(enum eg_print_kind kind)
{
    return kinds[kind];
}

enum eg_print_kind eg_print_kind_named(const char *name)
{
    return strcmp(name, kinds[EG_PRINT_ZPL]) == 0 ? EG_PRINT_ZPL : EG_PRINT_TEXT;
}

/* ---- Names ---- */

static enum eg_code add(struct eg_names *names, const char *name, const char *value, struct eg_error *err)
{
    if (eg_names_find(names, name) != NULL)
        return EG_OK; /* the job's own goes first */
    return eg_names_add(names, &(struct eg_name){.name = (char *)name, .value = (char *)value}, err);
}

enum eg_code eg_print_add_names(struct eg_names *names, struct eg_error *err)
{
    static const char *const more[] = {"label", "batch", "station", "operator", "package"};

    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        EG_TRY(add(names, more[i], "", err));
    return add(names, "time", "08:24:00", err);
}

static enum eg_code add_value(void *context, const struct eg_run_value *value, struct eg_error *err)
{
    return add(context, value->name, value->value, err);
}

struct found {
    struct eg_names *names;
    bool any;
};

static enum eg_code add_run(void *context, const void *row, struct eg_error *err)
{
    const struct eg_run_record_row *const run = row;
    struct found *const found = context;
    char number[24], nic[16] = "", plain[20] = "", date[11] = "", time[9] = "";
    size_t size = 0;

    for (const char *at = run->mac; *at != '\0' && size + 1 < sizeof plain; at++)
        if (*at != ':')
            plain[size++] = *at;
    if (size == 12)
        snprintf(nic, sizeof nic, "%lu", strtoul(plain + 6, NULL, 16));
    snprintf(number, sizeof number, "%" PRId64, run->run);
    if (strlen(run->finished_utc) > 19) {
        memcpy(date, run->finished_utc, sizeof date - 1);
        memcpy(time, run->finished_utc + sizeof date, sizeof time - 1);
    }
    const char *const revision = run->revision[0] == 'v' ? run->revision + 1 : run->revision;
    const char *const all[][2] = {
        {"mac", run->mac},
        {"mac_plain", plain},
        {"mac_nic", nic},
        {"chip", run->chip},
        {"revision", revision},
        {"package", run->package},
        {"slot", run->slot},
        {"job", run->job},
        {"version", run->job_version},
        {"run", number},
        {"date", date},
        {"time", time},
        {"label", run->label},
        {"batch", run->batch},
        {"station", run->station},
        {"serial", run->serial},
        {"operator", run->operator_name},
    };
    found->any = true;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        EG_TRY(add(found->names, all[i][0], all[i][1], err));
    return EG_OK;
}

enum eg_code eg_print_names(struct eg_names *names, struct eg_query *query, int64_t run, struct eg_error *err)
{
    struct found found = {.names = names};

    EG_TRY(eg_query_run_values(query, run, add_value, names, err));
    EG_TRY(eg_query_run_record(query, run, add_run, &found, err));
    if (found.any)
        return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT, "ledger %s: run %" PRId64 " has no end on record",
                        eg_query_path(query), run);
}

/* ---- ZPL ---- */

/* Where a text of ZPL has come to. */
struct zpl {
    bool in_data;   /* of a field */
    char indicator; /* of hexadecimal digits in the data of this field; '\0' = none */
};

/* Take literal text. */
static enum eg_code follow(struct zpl *zpl, const char *text, size_t size, struct eg_error *err)
{
    for (size_t at = 0; at < size; at++) {
        if (text[at] != '^' && text[at] != '~')
            continue;
        if (size - at < 3) { /* a command that a name would complete: not in the data of a field */
            zpl->in_data = false;
            return EG_OK;
        }
        const char command[3] = {(char)toupper((unsigned char)text[at + 1]),
                                 (char)toupper((unsigned char)text[at + 2]), '\0'};
        if (strcmp(command, "CC") == 0 || strcmp(command, "CT") == 0)
            return eg_error_set(err, EG_BAD_JOB,
                                "has %c%s, which changes the characters of commands, so values cannot be "
                                "kept from being commands",
                                text[at], command);
        zpl->in_data = text[at] == '^' && (strcmp(command, "FD") == 0 || strcmp(command, "FV") == 0);
        if (text[at] == '^' && strcmp(command, "FH") == 0) {
            const char given = at + 3 < size ? text[at + 3] : '^';
            zpl->indicator = isgraph((unsigned char)given) && given != '^' && given != '~' ? given : '_';
        } else if (!zpl->in_data && (strcmp(command, "FS") == 0 || strcmp(command, "XA") == 0)) {
            zpl->indicator = '\0';
        }
        at += 2;
    }
    return EG_OK;
}

static enum eg_code check_place(const struct zpl *zpl, const struct eg_template_piece *piece,
                                struct eg_error *err)
{
    const int size = piece->size < 80 ? (int)piece->size : 80;

    if (!zpl->in_data)
        return eg_error_set(err, EG_BAD_JOB,
                            "has %.*s outside the data of a field: a name may only stand after ^FD", size,
                            piece->text);
    if (zpl->indicator == '\0')
        return eg_error_set(err, EG_BAD_JOB,
                            "has %.*s in a field without ^FH: write ^FH^FD, so that its value cannot be "
                            "taken for a command",
                            size, piece->text);
    return EG_OK;
}

static enum eg_code escape_zpl(struct eg_buffer *label, const struct eg_buffer *value, char indicator,
                               struct eg_error *err)
{
    for (size_t i = 0; i < value->size; i++) {
        const unsigned char c = value->data[i];
        char hex[4];
        if (c >= 0x20 && c != 0x7f && c != '^' && c != '~' && c != (unsigned char)indicator) {
            EG_TRY(eg_buffer_append(label, &c, 1, err));
            continue;
        }
        snprintf(hex, sizeof hex, "%c%02X", indicator, c);
        EG_TRY(eg_buffer_append(label, hex, 3, err));
    }
    return EG_OK;
}

/* ---- Both ---- */

static enum eg_code escape_text(struct eg_buffer *label, struct eg_buffer *value, struct eg_error *err)
{
    EG_TRY(eg_buffer_append(value, "", 1, err));
    eg_text_make_harmless((char *)value->data);
    return eg_buffer_append(label, value->data, strlen((char *)value->data), err);
}

static enum eg_code expand(struct eg_buffer *label, const struct eg_print_form *form, struct zpl *zpl,
                           const struct eg_template_piece *piece, const struct eg_names *names,
                           struct eg_error *err)
{
    const struct eg_template name = {EG_TEMPLATE_FILE, piece->text, piece->size};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer value = {0};

    if (form->kind == EG_PRINT_ZPL)
        EG_TRY(check_place(zpl, piece, err));
    EG_TRY(eg_template_expand(&value, NULL, &name, names, err));
    return form->kind == EG_PRINT_ZPL ? escape_zpl(label, &value, zpl->indicator, err)
                                      : escape_text(label, &value, err);
}

static enum eg_code expand_all(struct eg_buffer *label, const struct eg_print_form *form,
                               const struct eg_names *names, struct eg_error *err)
{
    const struct eg_template template = {EG_TEMPLATE_FILE, form->text, form->size};
    struct eg_template_piece piece;
    struct zpl zpl = {0};

    for (size_t at = 0; at < template.size;) {
        EG_TRY(eg_template_next(&piece, &template, &at, err));
        if (piece.is_name) {
            EG_TRY(expand(label, form, &zpl, &piece, names, err));
            continue;
        }
        if (form->kind == EG_PRINT_ZPL)
            EG_TRY(follow(&zpl, piece.text, piece.size, err));
        EG_TRY(eg_buffer_append(label, piece.text, piece.size, err));
    }
    return EG_OK;
}

/* Return the size of the line at the start of a text, without its end. */
static size_t line_of(const char *text, size_t size)
{
    const char *const end = memchr(text, '\n', size);

    return end != NULL ? (size_t)(end - text) : size;
}

static const char qr_mark[] = "@qr ";

static enum eg_code make_text(struct eg_buffer *label, const struct eg_print_form *form,
                              const struct eg_names *names, struct eg_error *err)
{
    struct eg_print_form line = *form;

    for (size_t at = 0; at < form->size; at += line.size + 1) {
        const size_t mark = sizeof qr_mark - 1;
        line.text = form->text + at;
        line.size = line_of(line.text, form->size - at);
        if (line.size > mark && memcmp(line.text, qr_mark, mark) == 0) {
            EG_CLEANUP(eg_buffer_finish) struct eg_buffer code = {0};
            const size_t cr = line.text[line.size - 1] == '\r';
            const struct eg_print_form rest = {form->kind, form->path, line.text + mark,
                                               line.size - mark - cr};
            EG_TRY(expand_all(&code, &rest, names, err));
            EG_TRY(eg_buffer_append(&code, "", 1, err));
            EG_TRY(eg__qr_blocks(label, (const char *)code.data, err));
            continue;
        }
        EG_TRY(expand_all(label, &line, names, err));
        if (at + line.size < form->size)
            EG_TRY(eg_buffer_append(label, "\n", 1, err));
    }
    return EG_OK;
}

enum eg_code eg_print_make(struct eg_buffer *label, const struct eg_print_form *form,
                           const struct eg_names *names, struct eg_error *err)
{
    const enum eg_code code =
        form->kind == EG_PRINT_ZPL ? expand_all(label, form, names, err) : make_text(label, form, names, err);

    return code == EG_OK ? EG_OK : eg_error_prefix(err, "%s: ", form->path);
}

/* ---- Checking ---- */

static enum eg_code check_name(const struct eg_template_piece *piece, const struct eg_names *names,
                               bool all_known, struct eg_error *err)
{
    const struct eg_template name = {EG_TEMPLATE_FILE, piece->text, piece->size};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer value = {0};
    struct eg_unknown_name unknown;
    bool secret = false;

    if (eg_template_unknown(&unknown, &name, names))
        return all_known ? eg_template_check_names(&name, names, err) : EG_OK;
    struct eg_error ignored; /* a placeholder value may be no number */
    if (eg_template_expand(&value, &secret, &name, names, &ignored) == EG_OK && secret)
        return eg_error_set(err, EG_BAD_JOB, "has %.*s, which is secret, so the ledger has no value of it",
                            piece->size < 80 ? (int)piece->size : 80, piece->text);
    return EG_OK;
}

static enum eg_code check_piece(const struct eg_print_form *form, struct zpl *zpl,
                                const struct eg_template_piece *piece, const struct eg_names *names,
                                bool all_known, struct eg_error *err)
{
    if (!piece->is_name)
        return form->kind == EG_PRINT_ZPL ? follow(zpl, piece->text, piece->size, err) : EG_OK;
    if (form->kind == EG_PRINT_ZPL)
        EG_TRY(check_place(zpl, piece, err));
    return check_name(piece, names, all_known, err);
}

static enum eg_code find_fault(const struct eg_print_form *form, const struct eg_names *names, bool all_known,
                               size_t *at, struct eg_error *err)
{
    const struct eg_template template = {EG_TEMPLATE_FILE, form->text, form->size};
    struct eg_template_piece piece;
    struct zpl zpl = {0};

    for (size_t next = 0; next < template.size;) {
        *at = next;
        EG_TRY(eg_template_next(&piece, &template, &next, err));
        EG_TRY(check_piece(form, &zpl, &piece, names, all_known, err));
    }
    return EG_OK;
}

enum eg_code eg_print_check(const struct eg_print_form *form, const struct eg_names *names, bool all_known,
                            struct eg_error *err)
{
    unsigned line = 1;
    size_t at = 0;

    if (form->size == 0 || memchr(form->text, '\0', form->size) != NULL)
        return eg_error_set(err, EG_BAD_JOB, "%s: is %s, not a template of a label", form->path,
                            form->size == 0 ? "empty" : "binary");
    if (form->size > EG_PRINT_TEMPLATE_MAX)
        return eg_error_set(err, EG_BAD_JOB, "%s: is longer than the 64 KiB of a template", form->path);
    if (find_fault(form, names, all_known, &at, err) == EG_OK)
        return EG_OK;
    for (size_t i = 0; i < at; i++)
        line += form->text[i] == '\n';
    err->code = err->code == EG_NO_MEMORY ? EG_NO_MEMORY : EG_BAD_JOB;
    return eg_error_prefix(err, "%s:%u: ", form->path, line);
}
