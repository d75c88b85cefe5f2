/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Schemas and, after a NUL, values for them: every image that can be built can be read. Files that rows name
 * are not read.
 */

#include "engine/image/nvs.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static bool names_files(const struct eg_nvs_schema *schema)
{
    for (size_t i = 0; i < eg_nvs_schema_count(schema); i++)
        if (eg_nvs_schema_row(schema, i)->is_file)
            return true;
    return false;
}

static void build(const struct eg_nvs_schema *schema, const struct eg_nvs_value *values, size_t count)
{
    for (unsigned version = 1; version <= 2; version++) {
        EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
        struct eg_nvs_usage usage;
        struct eg_error err;
        if (eg_nvs_schema_build(&image, schema, values, count, 0x10000, version, &err) != EG_OK) {
            HOLDS(err.code == EG_BAD_IMAGE);
            continue;
        }
        HOLDS(image.size == 0x10000);
        HOLDS(eg_nvs_read(&items, &usage, image.data, image.size, &err) == EG_OK);
        HOLDS(usage.version == version && items.count <= eg_nvs_schema_count(schema));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg_nvs_schema_cleanup) struct eg_nvs_schema *schema = NULL;
    EG_CLEANUP(eg_nvs_table_cleanup) struct eg_nvs_table *table = NULL;
    const uint8_t *const nul = size > 0 ? memchr(data, '\0', size) : NULL;
    const size_t schema_size = nul != NULL ? (size_t)(nul - data) : size;
    struct eg_error err;

    if (eg_nvs_schema_parse(&schema, "s", (const char *)data, schema_size, NULL, &err) != EG_OK) {
        HOLDS(memcmp(err.text, "s:", 2) == 0);
        return 0;
    }
    if (names_files(schema))
        return 0;
    build(schema, NULL, 0);
    if (nul == NULL)
        return 0;
    if (eg_nvs_table_parse(&table, schema, "v", (const char *)nul + 1, size - schema_size - 1, &err) !=
        EG_OK) {
        HOLDS(memcmp(err.text, "v:", 2) == 0);
        return 0;
    }
    for (size_t i = 0; i < eg_nvs_table_count(table); i++) {
        size_t count;
        const struct eg_nvs_value *const values = eg_nvs_table_unit(table, i, &count);
        build(schema, values, count);
    }
    return 0;
}
