/* SPDX-License-Identifier: Apache-2.0 */

/* The names of one board: what it is, its row of the pool, its serial, what a program says of it, and what
 * the job makes of these. Each is there once, so that no name means two things. */

#include "engine/plan/unit.h"

#include "engine/base/program.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 64 * 1024, NAMES_MAX = 200 };

static bool is_listed(const struct eg_plan *plan, const char *key, const char *name)
{
    const struct eg_setting *const list = eg_plan_setting(plan, key);

    for (unsigned i = 0; i < list->item_count; i++)
        if (fnmatch(list->items[i].text, name, 0) == 0)
            return true;
    return false;
}

static bool listed_as_secret(const struct eg_plan *plan, const char *name)
{
    return is_listed(plan, "unit.secret", name);
}

enum eg_code eg_unit_names_give(struct eg_names *names, const struct eg_plan *plan, const char *name,
                                const char *value, bool secret, const char *source, struct eg_error *err)
{
    if (name[0] == '\0' || strpbrk(name, "{}:") != NULL || eg_given_text_check(name, err) != EG_OK)
        return eg_error_set(err, EG_BAD_UNIT_DATA, "%s has a name that no template can have", source);
    if (eg_names_find(names, name) != NULL)
        return eg_error_set(err, EG_BAD_UNIT_DATA, "%s has the name %.80s, which is there already", source,
                            name);
    if (names->count >= NAMES_MAX)
        return eg_error_set(err, EG_BAD_UNIT_DATA, "%s makes more than %d names", source, NAMES_MAX);
    if (eg_given_text_check(value, err) != EG_OK)
        return eg_error_prefix(err, "%s: %.80s ", source, name);
    return eg_names_add(
        names,
        &(struct eg_name){.name = (char *)name,
                          .value = (char *)value,
                          .given = true,
                          .secret = secret || listed_as_secret(plan, name),
                          .unique = strcmp(name, "serial") == 0 || is_listed(plan, "unit.unique", name)},
        err);
}

static enum eg_code add(struct eg_names *names, const char *name, const char *value, struct eg_error *err)
{
    return eg_names_add(names, &(struct eg_name){.name = (char *)name, .value = (char *)value}, err);
}

enum eg_code eg_unit_names_of_board(struct eg_names *names, const struct eg_plan *plan,
                                    const struct eg_unit_board *board, struct eg_error *err)
{
    const struct eg_names mac = {&(struct eg_name){.name = "mac", .value = (char *)board->mac}, 1};
    EG_CLEANUP(eg_free_cleanup) char *plain = NULL;
    char nic[16] = "";

    EG_TRY(eg_template_text(&plain, NULL, "{mac:plain}", &mac, err));
    if (strlen(plain) == (size_t)2 * EG_MAC_SIZE)
        snprintf(nic, sizeof nic, "%lu", strtoul(plain + EG_MAC_SIZE, NULL, 16));
    EG_TRY(add(names, "mac", board->mac, err));
    EG_TRY(add(names, "mac_plain", plain, err));
    EG_TRY(add(names, "mac_nic", nic, err));
    EG_TRY(add(names, "chip", board->chip, err));
    EG_TRY(add(names, "revision", board->revision, err));
    EG_TRY(add(names, "slot", board->slot, err));
    EG_TRY(add(names, "job", plan->job_name, err));
    EG_TRY(add(names, "version", plan->job_version, err));
    EG_TRY(add(names, "run", board->run, err));
    return add(names, "date", board->date, err);
}

/* The serial becomes what the format makes of it. */
static enum eg_code format_serial(struct eg_names *names, const struct eg_plan *plan, bool has_row,
                                  struct eg_error *err)
{
    const struct eg_setting *const format = eg_plan_setting(plan, "unit.serial.format");
    EG_CLEANUP(eg_free_cleanup) char *text = NULL;
    bool secret = false;

    if (!format->given)
        return EG_OK;
    if (eg_template_text(&text, &secret, format->text, names, err) != EG_OK)
        return eg_error_prefix(err, "unit.serial.format ");
    if (!has_row)
        return eg_unit_names_give(names, plan, "serial", text, secret, "unit.serial.format", err);
    if (eg_given_text_check(text, err) != EG_OK)
        return eg_error_prefix(err, "unit.serial.format ");
    struct eg_name *const serial = (struct eg_name *)eg_names_find(names, "serial");
    free(serial->value);
    serial->value = text;
    serial->secret |= secret;
    text = NULL;
    return EG_OK;
}

enum eg_code eg_unit_names_of_row(struct eg_names *names, const struct eg_plan *plan,
                                  const struct eg_pool_row *row, struct eg_error *err)
{
    char source[200];
    bool secret;

    if (row == NULL)
        return format_serial(names, plan, false, err);
    snprintf(source, sizeof source, "pool %.100s", eg_plan_setting(plan, "unit.serial.pool")->text);
    if (row->count == 0)
        return eg_error_set(err, EG_BAD_UNIT_DATA, "%s has no columns", source);
    for (unsigned i = 0; i < row->count; i++) {
        secret = row->secrets != NULL && row->secrets[i];
        if (secret && strncmp(row->values[i], EG_POOL_SEALED, strlen(EG_POOL_SEALED)) == 0)
            continue;
        if (strcmp(row->names[i], "mac") != 0) /* the board's own, which the row was chosen by */
            EG_TRY(eg_unit_names_give(names, plan, row->names[i], row->values[i], secret, source, err));
        struct eg_name *const given = (struct eg_name *)eg_names_find(names, row->names[i]);
        given->unique |= row->uniques != NULL && row->uniques[i];
    }
    secret = (row->secrets != NULL && row->secrets[0]) || listed_as_secret(plan, row->names[0]);
    EG_TRY(
        eg_names_add(names, &(struct eg_name){.name = "", .value = row->values[0], .secret = secret}, err));
    if (strcmp(row->names[0], "serial") != 0)
        EG_TRY(eg_unit_names_give(names, plan, "serial", row->values[0], secret, source, err));
    return format_serial(names, plan, true, err);
}

static void json_cleanup(json_t **json)
{
    json_decref(*json);
}

/* Write the input of a program, one line: every name so far. */
static enum eg_code question(struct eg_buffer *text, const struct eg_names *names, struct eg_error *err)
{
    EG_CLEANUP(json_cleanup) json_t *object = json_object();
    bool failed = object == NULL;

    for (unsigned i = 0; i < names->count && !failed; i++) {
        const struct eg_name *const name = &names->list[i];
        if (name->name[0] == '\0')
            continue;
        json_t *const value = strcmp(name->name, "run") == 0
                                  ? json_integer((json_int_t)strtoll(name->value, NULL, 10))
                                  : json_string(name->value);
        failed = json_object_set_new(object, name->name, value) != 0;
    }
    EG_CLEANUP(eg_free_cleanup) char *dump = failed ? NULL : json_dumps(object, JSON_COMPACT);
    if (dump == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "the names of the unit's data as JSON");
    EG_TRY(eg_buffer_append(text, dump, strlen(dump), err));
    return eg_buffer_append(text, "\n", 1, err);
}

/* Text as it is, a number as JSON writes it. */
static enum eg_code take_answer(struct eg_names *names, const struct eg_plan *plan, const char *name,
                                const json_t *value, const char *source, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *number = NULL;

    if (json_is_string(value)) {
        if (strlen(json_string_value(value)) != json_string_length(value))
            return eg_error_set(err, EG_BAD_UNIT_DATA, "%s: %.80s has the control character 0x00", source,
                                name);
        return eg_unit_names_give(names, plan, name, json_string_value(value), false, source, err);
    }
    if (!json_is_number(value))
        return eg_error_set(err, EG_BAD_UNIT_DATA, "%s: %.80s is neither text nor a number", source, name);
    number = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    if (number == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "the answer of a program");
    return eg_unit_names_give(names, plan, name, number, false, source, err);
}

static enum eg_code take_answers(struct eg_names *names, const struct eg_plan *plan,
                                 const struct eg_buffer *answer, const char *source, struct eg_error *err)
{
    json_error_t fault;
    EG_CLEANUP(json_cleanup)
    json_t *object =
        json_loadb((const char *)answer->data, answer->size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &fault);
    const char *name;
    json_t *value;

    /* Not what jansson says besides: it quotes what was answered, and that may be a secret. */
    if (object == NULL)
        return eg_error_set(err, EG_BAD_UNIT_DATA, "%s is not JSON, see its line %d, column %d", source,
                            fault.line, fault.column);
    if (!json_is_object(object))
        return eg_error_set(err, EG_BAD_UNIT_DATA, "%s is JSON, but not an object of names and values",
                            source);
    json_object_foreach(object, name, value) EG_TRY(take_answer(names, plan, name, value, source, err));
    return EG_OK;
}

/* ---- What stands for an answer in a rehearsal ---- */

static const char *value_of(const struct eg_names *names, const char *name)
{
    const struct eg_name *const found = eg_names_find(names, name);

    return found != NULL ? found->value : "";
}

/* Give the board what the template wants. `known` has every name that something else gives. */
static enum eg_code simulate(struct eg_names *names, struct eg_names *known, const struct eg_plan *plan,
                             const struct eg_template *template, bool hex, struct eg_error *err)
{
    struct eg_unknown_name wanted;
    char text[160], digits[2 * sizeof text];

    while (eg_template_unknown(&wanted, template, known)) {
        snprintf(text, sizeof text, "SIMULATED-%s-%s", wanted.name, value_of(names, "mac_plain"));
        eg_hex(digits, (const uint8_t *)text, strlen(text));
        EG_TRY(eg_unit_names_give(names, plan, wanted.name,
                                  wanted.number ? value_of(names, "mac_nic")
                                  : hex         ? digits
                                                : text,
                                  false, "the rehearsal", err));
        EG_TRY(add(known, wanted.name, "", err));
    }
    return EG_OK;
}

static enum eg_code simulate_for_map(struct eg_names *names, struct eg_names *known,
                                     const struct eg_plan *plan, const char *key, struct eg_error *err)
{
    const struct eg_setting *const map = eg_plan_setting(plan, key);

    for (unsigned i = 0; i < map->item_count; i++) {
        const struct eg_template template = eg_template_of(map->items[i].text);
        EG_TRY(simulate(names, known, plan, &template, false, err));
    }
    return EG_OK;
}

static enum eg_code simulate_answer(struct eg_names *names, const struct eg_plan *plan, struct eg_error *err)
{
    const struct eg_setting *const values = eg_plan_setting(plan, "unit.values");
    EG_CLEANUP(eg_unit_places_finish) struct eg_unit_places places = {0};
    EG_CLEANUP(eg_names_finish) struct eg_names known = {0};
    const char *place;

    for (unsigned i = 0; i < names->count; i++)
        EG_TRY(eg_names_add(&known, &names->list[i], err));
    for (unsigned i = 0; i < values->item_count; i++)
        EG_TRY(add(&known, values->items[i].name, "", err));
    EG_TRY(eg_unit_places_find(&places, plan, &place, err));
    for (unsigned i = 0; i < places.count; i++) {
        const struct eg_unit_place *const at = &places.list[i];
        const struct eg_buffer *const content = &at->template->content;
        if (at->kind == EG_UNIT_NVS)
            continue;
        const struct eg_template template =
            at->kind == EG_UNIT_FILE
                ? (struct eg_template){EG_TEMPLATE_FILE, (const char *)content->data, content->size}
                : eg_template_of(at->template->text);
        EG_TRY(simulate(names, &known, plan, &template, at->kind == EG_UNIT_HEX, err));
    }
    EG_TRY(simulate_for_map(names, &known, plan, "unit.nvs.values", err));
    return simulate_for_map(names, &known, plan, "unit.values", err);
}

enum eg_code eg_unit_names_of_program(struct eg_names *names, const struct eg_plan *plan,
                                      const struct eg_cancel *cancel, struct eg_error *err)
{
    const struct eg_setting *const program = eg_plan_setting(plan, "unit.generate.program");
    EG_CLEANUP(eg_free_cleanup) const char **argv = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer input = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer answer = {0};
    char source[200];

    if (program->item_count == 0)
        return EG_OK;
    if (plan->programs_left_out)
        return simulate_answer(names, plan, err);
    EG_TRY(eg_alloc(&argv, program->item_count + 1, sizeof *argv, err));
    for (unsigned i = 0; i < program->item_count; i++)
        argv[i] = program->items[i].text;
    EG_TRY(question(&input, names, err));
    const struct eg_program run = {
        .argv = argv,
        .name = program->items[0].name,
        .input = input.data,
        .input_size = input.size,
        .output_max = ANSWER_MAX,
        .timeout_ms = (uint32_t)eg_plan_number(plan, "unit.generate.timeout"),
    };
    EG_TRY(eg_program_run(&run, &answer, cancel, err));
    const char *const called = program->items[0].name != NULL ? program->items[0].name : argv[0];
    const char *const slash = strrchr(called, '/');
    snprintf(source, sizeof source, "the answer of %.100s", slash != NULL ? slash + 1 : called);
    return take_answers(names, plan, &answer, source, err);
}

enum eg_code eg_unit_names_of_values(struct eg_names *names, const struct eg_plan *plan, struct eg_error *err)
{
    const struct eg_setting *const values = eg_plan_setting(plan, "unit.values");

    for (unsigned i = 0; i < values->item_count; i++) {
        const struct eg_setting_item *const item = &values->items[i];
        EG_CLEANUP(eg_free_cleanup) char *text = NULL;
        bool secret = false;
        if (eg_template_text(&text, &secret, item->text, names, err) != EG_OK)
            return eg_error_prefix(err, "unit.values.%.80s ", item->name);
        EG_TRY(eg_unit_names_give(names, plan, item->name, text, secret, "unit.values", err));
    }
    return EG_OK;
}

/* ---- Without a board ---- */

enum eg_code eg_unit_names_of_nobody(struct eg_names *names, const struct eg_plan *plan, struct eg_error *err)
{
    const struct eg_unit_board nobody = {.mac = "24:0a:c4:00:10:00",
                                         .chip = plan->target->name,
                                         .revision = "3.0",
                                         .slot = "1",
                                         .run = "1",
                                         .date = "2026-01-31"};

    return eg_unit_names_of_board(names, plan, &nobody, err);
}

static bool given(const struct eg_plan *plan, const char *key)
{
    return eg_plan_setting(plan, key)->given;
}

static enum eg_code check_template(const struct eg_template *template, const struct eg_names *names,
                                   const char *key, const char *name, struct eg_error *err)
{
    if (eg_template_check_names(template, names, err) == EG_OK)
        return EG_OK;
    err->code = EG_BAD_JOB;
    return name == NULL ? eg_error_prefix(err, "%s ", key) : eg_error_prefix(err, "%s.%.80s ", key, name);
}

static enum eg_code check_map(const struct eg_setting *map, const struct eg_names *names, const char **place,
                              struct eg_error *err)
{
    for (unsigned i = 0; i < map->item_count; i++) {
        const struct eg_template template = eg_template_of(map->items[i].text);
        *place = map->items[i].place;
        EG_TRY(check_template(&template, names, map->option->key, map->items[i].name, err));
    }
    return EG_OK;
}

static enum eg_code check_groups(const struct eg_setting *groups, const struct eg_names *names,
                                 const char **place, struct eg_error *err)
{
    for (unsigned i = 0; i < groups->group_count; i++)
        for (unsigned k = 0; k < groups->groups[i].setting_count; k++) {
            const struct eg_setting *const setting = &groups->groups[i].settings[k];
            const char *const key = setting->option->key;
            const bool is_file = strcmp(key, "template") == 0;
            if (!setting->given || !(is_file || strcmp(key, "value") == 0 || strcmp(key, "hex") == 0))
                continue;
            const struct eg_template template =
                is_file ? (struct eg_template){EG_TEMPLATE_FILE, (const char *)setting->content.data,
                                               setting->content.size}
                        : eg_template_of(setting->text);
            *place = setting->place;
            if (check_template(&template, names, key, NULL, err) != EG_OK)
                return eg_error_prefix(err, "%s.", groups->option->key);
        }
    return EG_OK;
}

/* A serial that is made of nothing but what many boards share would go to all of them. */
static enum eg_code check_varies(const struct eg_setting *format, struct eg_error *err)
{
    static const char *const shared[] = {"chip", "revision", "slot", "job", "version", "date"};
    const struct eg_template template = eg_template_of(format->text);
    EG_CLEANUP(eg_names_finish) struct eg_names names = {0};
    struct eg_error ignored;

    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        EG_TRY(add(&names, shared[i], "1", err));
    if (eg_template_check_names(&template, &names, &ignored) != EG_OK)
        return EG_OK;
    return eg_error_set(
        err, EG_BAD_JOB,
        "unit.serial.format \"%.80s\" has no name that differs from board to board, so every "
        "board would get the same serial; add {} (the pool's first column), {mac} or {mac_nic}",
        format->text);
}

/* Names of values are new ones; what they are made of comes before them, unless it is not known yet. */
static enum eg_code check_values(struct eg_names *names, const struct eg_plan *plan, bool all_known,
                                 const char **place, struct eg_error *err)
{
    const struct eg_setting *const values = eg_plan_setting(plan, "unit.values");

    for (unsigned i = 0; i < values->item_count; i++) {
        const struct eg_setting_item *const item = &values->items[i];
        const struct eg_template template = eg_template_of(item->text);
        *place = item->place;
        if (all_known)
            EG_TRY(check_template(&template, names, "unit.values", item->name, err));
        if (eg_unit_names_give(names, plan, item->name, "", false, "unit.values", err) != EG_OK) {
            err->code = err->code == EG_BAD_UNIT_DATA ? EG_BAD_JOB : err->code;
            return err->code;
        }
    }
    return EG_OK;
}

static enum eg_code check_uses(struct eg_names *names, const struct eg_plan *plan, bool all_known,
                               const char **place, struct eg_error *err)
{
    static const char *const texts[] = {"label.equals", "secure.mac"};

    EG_TRY(check_values(names, plan, all_known, place, err));
    if (all_known) {
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            const struct eg_setting *const text = eg_plan_setting(plan, texts[i]);
            const struct eg_template template = eg_template_of(text->given ? text->text : "");
            *place = text->place;
            EG_TRY(check_template(&template, names, texts[i], NULL, err));
        }
        EG_TRY(check_map(eg_plan_setting(plan, "unit.nvs.values"), names, place, err));
        EG_TRY(check_groups(eg_plan_setting(plan, "unit.raw"), names, place, err));
        EG_TRY(check_groups(eg_plan_setting(plan, "unit.file"), names, place, err));
    }
    *place = NULL;
    return EG_OK;
}

enum eg_code eg_unit_names_check_row(const struct eg_plan *plan, const struct eg_pool_row *row,
                                     const char **place, struct eg_error *err)
{
    const struct eg_setting *const format = eg_plan_setting(plan, "unit.serial.format");
    EG_CLEANUP(eg_names_finish) struct eg_names names = {0};

    *place = format->given ? format->place : eg_plan_setting(plan, "unit.serial.pool")->place;
    EG_TRY(eg_unit_names_of_nobody(&names, plan, err));
    if (eg_unit_names_of_row(&names, plan, row, err) != EG_OK) {
        err->code = err->code == EG_BAD_UNIT_DATA ? EG_BAD_JOB : err->code;
        return err->code;
    }
    return check_uses(&names, plan, !given(plan, "unit.generate.program"), place, err);
}

enum eg_code eg_unit_names_check(const struct eg_plan *plan, const char **place, struct eg_error *err)
{
    const struct eg_setting *const format = eg_plan_setting(plan, "unit.serial.format");
    const bool pool = given(plan, "unit.serial.pool");
    const bool all_known = !pool && !given(plan, "unit.generate.program");
    EG_CLEANUP(eg_names_finish) struct eg_names names = {0};

    EG_TRY(eg_unit_names_of_nobody(&names, plan, err));
    if (format->given) {
        *place = format->place;
        EG_TRY(check_varies(format, err));
    }
    if (format->given && !pool) {
        const struct eg_template template = eg_template_of(format->text);
        *place = format->place;
        EG_TRY(check_template(&template, &names, format->option->key, NULL, err));
    }
    if (format->given || pool)
        EG_TRY(add(&names, "serial", "", err));
    return check_uses(&names, plan, all_known, place, err);
}

enum eg_code eg_unit_names_known(struct eg_names *names, bool *all_known, const struct eg_plan *plan,
                                 const struct eg_pool_row *row, struct eg_error *err)
{
    const struct eg_setting *const values = eg_plan_setting(plan, "unit.values");
    const bool pool = given(plan, "unit.serial.pool");
    struct eg_error ignored;

    *all_known = (row != NULL || !pool) && !given(plan, "unit.generate.program");
    EG_TRY(eg_unit_names_of_nobody(names, plan, err));
    if (row != NULL || !pool)
        EG_TRY(eg_unit_names_of_row(names, plan, row, err));
    for (unsigned i = 0; i < values->item_count; i++) {
        EG_CLEANUP(eg_free_cleanup) char *text = NULL;
        bool secret = false;
        /* What a program or a pool brings later has no value yet. */
        const bool known = eg_template_text(&text, &secret, values->items[i].text, names, &ignored) == EG_OK;
        EG_TRY(eg_unit_names_give(names, plan, values->items[i].name, known ? text : "", secret,
                                  "unit.values", err));
    }
    return EG_OK;
}

enum eg_code eg_unit_names_example(struct eg_names *names, const struct eg_plan *plan, struct eg_error *err)
{
    const struct eg_setting *const values = eg_plan_setting(plan, "unit.values");
    const bool pool = given(plan, "unit.serial.pool");
    char *columns[] = {"serial"}, *first[] = {"1"};
    const struct eg_pool_row row = {.names = columns, .values = first, .count = 1};
    struct eg_error ignored;

    EG_TRY(eg_unit_names_of_nobody(names, plan, err));
    if (eg_unit_names_of_row(names, plan, pool ? &row : NULL, &ignored) == EG_NO_MEMORY)
        return eg_error_set(err, EG_NO_MEMORY, "names for an example");
    for (unsigned i = 0; i < values->item_count; i++) {
        EG_CLEANUP(eg_free_cleanup) char *text = NULL;
        /* Names that need a pool column or a program have no example. */
        if (eg_template_text(&text, NULL, values->items[i].text, names, &ignored) == EG_OK)
            EG_TRY(add(names, values->items[i].name, text, err));
    }
    return EG_OK;
}
