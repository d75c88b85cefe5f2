/* SPDX-License-Identifier: Apache-2.0 */

/* The schema as an editor reads it. */

#include "jobs/schema.h"

#include "engine/stages/stages.h"
#include "tests/fakes/check.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *schema(void)
{
    char *text = NULL;
    size_t size = 0;
    struct eg_error err;
    FILE *const out = open_memstream(&text, &size);

    assert_non_null(out);
    assert_ok(eg_job_schema(out, eg_stages, &err), err);
    fclose(out);
    json_t *const root = json_loads(text, 0, NULL);
    free(text);
    assert_non_null(root);
    return root;
}

/* Return the schema of a key, by its path. */
static const json_t *at(const json_t *root, const char *path)
{
    const json_t *node = root;

    for (const char *key = path; node != NULL; key += strcspn(key, ".") + 1) {
        const size_t length = strcspn(key, ".");
        const json_t *const mapping = json_array_get(json_object_get(node, "anyOf"), 1); /* beside a word */
        const json_t *properties = json_object_get(node, "properties");
        if (properties == NULL)
            properties = json_object_get(mapping, "properties");
        node = json_object_getn(properties, key, length);
        if (key[length] == '\0')
            return node;
    }
    return NULL;
}

static const char *text_at(const json_t *root, const char *path, const char *key)
{
    return json_string_value(json_object_get(at(root, path), key));
}

static void every_option_stands_at_its_path_with_its_help(void **state)
{
    (void)state;
    json_t *const root = schema();

    for (const struct eg_stage *const *stage = eg_stages; *stage != NULL; stage++)
        for (const struct eg_option *option = (*stage)->options; option != NULL && option->key != NULL;
             option++)
            assert_string_equal(text_at(root, option->key, "description"), option->help);
    assert_string_equal(text_at(root, "retry.attempts", "default"), "2");
    json_decref(root);
}

static void what_is_not_a_key_is_refused_and_what_must_be_is_required(void **state)
{
    (void)state;
    json_t *const root = schema();

    assert_true(json_is_false(json_object_get(root, "additionalProperties")));
    assert_true(json_is_false(json_object_get(at(root, "link"), "additionalProperties")));
    json_t *const required = json_pack("[sss]", "espgang", "job", "firmware");
    assert_true(json_equal(json_object_get(root, "required"), required));
    json_decref(required);
    json_decref(root);
}

static void firmware_is_a_list_or_a_mapping(void **state)
{
    (void)state;
    json_t *const root = schema();
    const json_t *const ways = json_object_get(at(root, "firmware"), "anyOf");
    const json_t *const region = json_object_get(json_array_get(ways, 0), "items");

    assert_non_null(at(region, "at"));
    assert_string_equal(json_string_value(json_array_get(json_object_get(region, "required"), 0)), "file");
    assert_non_null(at(json_array_get(ways, 1), "from"));
    json_decref(root);
}

static void a_choice_lists_its_words_also_as_yaml_reads_them(void **state)
{
    (void)state;
    json_t *const root = schema();
    json_t *const words = json_pack("[sssbb]", "auto", "on", "off", 0, 1);

    assert_true(json_equal(json_object_get(at(root, "link.stub"), "enum"), words));
    json_decref(words);
    json_decref(root);
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    struct eg_error err;
    FILE *const full = fopen("/dev/full", "w");

    assert_non_null(full);
    assert_int_equal(eg_job_schema(full, eg_stages, &err), EG_NO_ROOM);
    fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_stands_at_its_path_with_its_help),
        cmocka_unit_test(what_is_not_a_key_is_refused_and_what_must_be_is_required),
        cmocka_unit_test(firmware_is_a_list_or_a_mapping),
        cmocka_unit_test(a_choice_lists_its_words_also_as_yaml_reads_them),
        cmocka_unit_test(a_full_disk_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
