/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Templates, as text and as file: a well-formed one can be expanded, and one without names expands to itself.
 */

#include "tests/fuzz/fuzz.h"

#include "engine/plan/template.h"

#include <string.h>

static struct eg_name board[] = {
    {.name = "serial", .value = "A-17"},
    {.name = "n", .value = "18446744073709551615"},
    {.name = "", .value = "7"},
};

static void expand(const struct eg_template *template)
{
    static const struct eg_names names = {board, sizeof board / sizeof board[0]}, none = {NULL, 0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer out = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer same = {0};
    struct eg_error err;

    const bool known = eg_template_check_names(template, &names, &err) == EG_OK;
    const enum eg_code code = eg_template_expand(&out, NULL, template, &names, &err);
    HOLDS(code != EG_OK || known);
    HOLDS(!known || code == EG_OK || strstr(err.text, "is no whole number") != NULL);
    if (template->kind == EG_TEMPLATE_FILE && eg_template_expand(&same, NULL, template, &none, &err) == EG_OK)
        HOLDS(same.size == template->size &&
              (same.size == 0 || memcmp(same.data, template->text, same.size) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct eg_template file = {EG_TEMPLATE_FILE, (const char *)data, size};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct eg_error err;

    expand(&file);
    if (eg_buffer_append(&text, data, size, &err) != EG_OK || eg_buffer_append(&text, "", 1, &err) != EG_OK)
        return 0;
    if (eg_template_check((const char *)text.data, &err) == EG_OK) {
        const struct eg_template template = eg_template_of((const char *)text.data);
        expand(&template);
    }
    return 0;
}
