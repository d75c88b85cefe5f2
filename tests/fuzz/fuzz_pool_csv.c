/* SPDX-License-Identifier: Apache-2.0 */

/* Rows of a pool as CSV: they are the same after they are written, each field in quotes, and read again. */

#include "db/files/csv.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static bool parse(struct eg__csv *csv, const void *data, size_t size)
{
    struct eg_error err;

    *csv = (struct eg__csv){.path = "fuzz.csv"};
    HOLDS(eg_buffer_append(&csv->text, data, size, &err) == EG_OK);
    HOLDS(eg_buffer_append(&csv->text, "", 1, &err) == EG_OK);
    csv->text.size--;
    return eg__csv_parse(csv, &err) == EG_OK;
}

static void write_line(struct eg_buffer *out, const char *const *fields, unsigned count)
{
    struct eg_error err;

    for (unsigned i = 0; i < count; i++) {
        HOLDS(eg_buffer_append(out, i > 0 ? ",\"" : "\"", i > 0 ? 2 : 1, &err) == EG_OK);
        for (const char *at = fields[i]; *at != '\0'; at++)
            HOLDS(eg_buffer_append(out, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1, &err) == EG_OK);
        HOLDS(eg_buffer_append(out, "\"", 1, &err) == EG_OK);
    }
    HOLDS(eg_buffer_append(out, "\r\n", 2, &err) == EG_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer written = {0};
    EG_CLEANUP(eg__csv_finish) struct eg__csv csv, again = {0};

    if (!parse(&csv, data, size))
        return 0;
    write_line(&written, eg__csv_names(&csv), csv.columns);
    for (size_t i = 0; i < csv.rows; i++) {
        HOLDS(eg__csv_line(&csv, i) > i + 1);
        write_line(&written, eg__csv_row(&csv, i), csv.columns);
    }
    HOLDS(parse(&again, written.data, written.size));
    HOLDS(again.columns == csv.columns && again.rows == csv.rows);
    for (size_t i = 0; i < csv.rows; i++)
        for (unsigned k = 0; k < csv.columns; k++)
            HOLDS(strcmp(eg__csv_row(&again, i)[k], eg__csv_row(&csv, i)[k]) == 0);
    return 0;
}
