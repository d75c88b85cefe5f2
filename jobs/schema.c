/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Write the tables of options in two forms. Keys of stages are paths ("link.baud"), which the schema nests.
 *
 * espgang reads every scalar of a job file as text, but to YAML it may be a number, a boolean or text. So the
 * schema allows every type that the text of a value can have.
 */

#include "jobs/schema.h"

#include "engine/guard/guard.h"
#include "engine/plan/pipeline.h"
#include "jobs/keys.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_PATTERN   "^(0[xX][0-9a-fA-F]+|[0-9]+)([kKmM]([iI]?[bB])?)?$"
#define DURATION_PATTERN "^[0-9]+(ms|s|min|h)$"

static void json_cleanup(json_t **json)
{
    json_decref(*json);
}

static json_t *scalar(void)
{
    return json_pack("{s[sss]}", "type", "string", "number", "boolean");
}

static json_t *number(const struct eg_option *option)
{
    return json_pack("{s[{sssIsI}{ssss}]}", "anyOf", "type", "integer", "minimum", (json_int_t)option->least,
                     "maximum", (json_int_t)option->most, "type", "string", "pattern", NUMBER_PATTERN);
}

static json_t *one_or_list(json_t *one)
{
    return json_pack("{s[O{sssosi}]}", "anyOf", one, "type", "array", "items", one, "minItems", 1);
}

/* YAML reads "on" and "no" as boolean; espgang reads the word. */
static json_t *choice(const struct eg_option *option)
{
    json_t *const words = json_array();
    bool boolean[2] = {false, false};

    for (const char *const *word = option->choices; *word != NULL; word++) {
        json_array_append_new(words, json_string(*word));
        boolean[0] |= strcmp(*word, "no") == 0 || strcmp(*word, "off") == 0;
        boolean[1] |= strcmp(*word, "yes") == 0 || strcmp(*word, "on") == 0;
    }
    for (int i = 0; i < 2; i++)
        if (boolean[i])
            json_array_append_new(words, json_boolean(i));
    return json_pack("{so}", "enum", words);
}

static json_t *table(const struct eg_option *options);

static json_t *value(const struct eg_option *option)
{
    switch (option->type) {
    case EG_OPTION_TEXT:
        return scalar();
    case EG_OPTION_FILE:
        return json_pack("{ss}", "type", "string");
    case EG_OPTION_CHOICE:
        return choice(option);
    case EG_OPTION_NUMBER:
        return number(option);
    case EG_OPTION_NUMBER_LIST:
        return one_or_list(number(option));
    case EG_OPTION_DURATION:
        return json_pack("{ssss}", "type", "string", "pattern", DURATION_PATTERN);
    case EG_OPTION_FILE_LIST:
        return one_or_list(json_pack("{ss}", "type", "string"));
    case EG_OPTION_TEXT_LIST:
    case EG_OPTION_PROGRAM:
        return one_or_list(scalar());
    case EG_OPTION_MAP:
        return json_pack("{ssso}", "type", "object", "additionalProperties", scalar());
    case EG_OPTION_GROUPS:
        return one_or_list(table(option->group));
    }
    return NULL;
}

/* Take over the value. Editors show the default with the help. */
static json_t *described(json_t *schema, const struct eg_option *option)
{
    json_object_set_new(schema, "description", json_string(option->help));
    if (option->fallback != NULL && option->fallback[0] != '\0')
        json_object_set_new(schema, "default", json_string(option->fallback));
    return schema;
}

static json_t *closed_object(void)
{
    return json_pack("{sss{}s[]sb}", "type", "object", "properties", "required", "additionalProperties", 0);
}

/* Return the object of a path's last key ("link" of "link.baud"), and make it if it is missing; `*name` is
 * the last key. */
static json_t *parent_of(json_t *root, const char *path, const char **name)
{
    const char *const dot = strchr(path, '.');

    *name = path;
    if (dot == NULL)
        return root;
    json_t *const properties = json_object_get(root, "properties");
    json_t *child = json_object_getn(properties, path, (size_t)(dot - path));
    if (child == NULL) {
        child = closed_object();
        json_object_setn_new(properties, path, (size_t)(dot - path), child);
    }
    return parent_of(child, dot + 1, name);
}

static void add(json_t *root, const struct eg_option *options)
{
    for (const struct eg_option *option = options; option != NULL && option->key != NULL; option++) {
        const char *name;
        json_t *const object = parent_of(root, option->key, &name);
        json_object_set_new(json_object_get(object, "properties"), name, described(value(option), option));
        if (option->required)
            json_array_append_new(json_object_get(object, "required"), json_string(name));
    }
}

static json_t *table(const struct eg_option *options)
{
    json_t *const object = closed_object();

    add(object, options);
    return object;
}

/* `firmware` is a list of regions or a mapping. */
static void add_firmware(json_t *root)
{
    const struct eg_option *const option = &eg__own_options[EG__KEY_FIRMWARE];
    json_t *const both = json_pack("{s[{sssosi}o]}", "anyOf", "type", "array", "items", table(option->group),
                                   "minItems", 1, table(eg__firmware_options));

    json_object_set_new(json_object_get(root, "properties"), option->key, described(both, option));
}

/* Print a schema whose properties are complete. */
static enum eg_code print(FILE *out, json_t *root, const char *title, struct eg_error *err)
{
    json_object_set_new(root, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
    json_object_set_new(root, "title", json_string(title));
    if (json_dumpf(root, out, JSON_INDENT(2) | JSON_SORT_KEYS) != 0 || fputc('\n', out) == EOF ||
        fflush(out) != 0)
        return eg_error_errno(err, EG_IO, errno, "writing the schema");
    return EG_OK;
}

enum eg_code eg__schema_print(FILE *out, const char *title, const struct eg_option *options,
                              struct eg_error *err)
{
    EG_CLEANUP(json_cleanup) json_t *root = table(options);

    return print(out, root, title, err);
}

enum eg_code eg_job_schema(FILE *out, const struct eg_stage *const *stages, struct eg_error *err)
{
    EG_CLEANUP(json_cleanup) json_t *root = table(eg__own_options);

    add_firmware(root);
    for (const struct eg_stage *const *stage = stages; *stage != NULL; stage++)
        add(root, (*stage)->options);
    add(root, eg_pipeline_options);
    return print(out, root, "espgang job file", err);
}

static void put_rows(FILE *out, const struct eg_option *options)
{
    for (const struct eg_option *option = options; option != NULL && option->key != NULL; option++) {
        fprintf(out, "| `%s` | %s", option->key, option->help);
        for (unsigned i = 0; option->type == EG_OPTION_CHOICE && option->choices[i] != NULL; i++)
            fprintf(out, "%s`%s`", i == 0 ? ": " : ", ", option->choices[i]);
        fputs(" |", out);
        if (option->required)
            fputs(" refused |\n", out);
        else if (option->without != NULL)
            fprintf(out, " %s |\n", option->without);
        else if (option->fallback != NULL && option->fallback[0] != '\0')
            fprintf(out, " `%s` |\n", option->fallback);
        else
            fputs(" |\n", out);
    }
}

static void put_table(FILE *out, const char *title, const struct eg_option *options)
{
    fprintf(out, "\n%s\n\n| Key | Meaning | Without it |\n|---|---|---|\n", title);
    put_rows(out, options);
}

static void put_groups(FILE *out, const struct eg_option *options)
{
    for (const struct eg_option *option = options; option != NULL && option->key != NULL; option++) {
        char title[100];
        if (option->type != EG_OPTION_GROUPS)
            continue;
        snprintf(title, sizeof title, "In `%s`:", option->key);
        put_table(out, title, option->group);
    }
}

static const char *needs_text(const struct eg_guard_rule *rule)
{
    switch (rule->needs) {
    case EG_GUARD_NEEDS_NOTHING:
    case EG_GUARD_NEEDS_FILES:
        return rule->of_board ? "the job, then the board" : "the job";
    case EG_GUARD_NEEDS_SIZE:
        return "the job, then the board";
    case EG_GUARD_NEEDS_CHIP:
    case EG_GUARD_NEEDS_FLASH:
    case EG_GUARD_NEEDS_BOARD:
        return "the board";
    }
    return "";
}

static const char *one_board_text(const struct eg_guard_rule *rule)
{
    if (rule->job_only)
        return "";
    if (rule->weight != EG_GUARD_REFUSES)
        return "warns";
    return (rule->waiver & EG_GUARD_IGNORE_KEY) != 0 ? "`--force`, `--ignore-flash-enc-efuse`"
           : (rule->waiver & (EG_GUARD_FORCE_WRITE | EG_GUARD_FORCE_ERASE)) != 0 ? "`--force`"
                                                                                 : "always refuses";
}

/* The rules of the guard, by the names that `allow` takes. */
static void put_rules(FILE *out)
{
    const unsigned of_jobs = EG_GUARD_ON(EG_GUARD_WRITE) | EG_GUARD_ON(EG_GUARD_ERASE);

    fputs("\nRules that jobs are held against; `allow` takes their names:\n\n"
          "| Rule | Against | Asked of | A command for one board | A job |\n|---|---|---|---|---|\n",
          out);
    for (const struct eg_guard_rule *rule = eg_guard_rules; rule->name != NULL; rule++)
        fprintf(out, "| `%s` | %s | %s | %s | %s |\n", rule->name, rule->summary, needs_text(rule),
                one_board_text(rule),
                (rule->actions & of_jobs) == 0 || rule->one_board_only ? ""
                : rule->weight == EG_GUARD_MENTIONS                    ? "warns"
                : (rule->waiver & EG_GUARD_ALLOW) != 0                 ? "`allow`"
                                                                       : "always refuses");
}

enum eg_code eg__keys_print(FILE *out, const char *title, const struct eg_option *options,
                            struct eg_error *err)
{
    put_table(out, title, options);
    put_groups(out, options);
    if (fflush(out) != 0 || ferror(out))
        return eg_error_errno(err, EG_IO, errno, "writing the table of keys");
    return EG_OK;
}

enum eg_code eg_job_keys(FILE *out, const struct eg_stage *const *stages, struct eg_error *err)
{
    const struct eg_stage *ordered[EG_STAGES_MAX];

    EG_TRY(eg_stages_order(stages, ordered, err));
    put_table(out, "In the job file:", eg__own_options);
    for (const struct eg_stage *const *stage = ordered; *stage != NULL; stage++)
        put_rows(out, (*stage)->options);
    put_rows(out, eg_pipeline_options);
    put_table(out, "In `firmware`, when it is a mapping:", eg__firmware_options);
    put_groups(out, eg__own_options);
    for (const struct eg_stage *const *stage = ordered; *stage != NULL; stage++)
        put_groups(out, (*stage)->options);
    put_groups(out, eg_pipeline_options);
    put_rules(out);
    if (fflush(out) != 0 || ferror(out))
        return eg_error_errno(err, EG_IO, errno, "writing the table of keys");
    return EG_OK;
}
