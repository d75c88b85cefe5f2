/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/guard/rows.h"

static void files_that_are_not_firmware_are_named_by_their_kind(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *kind; /* NULL = no known format */
    } rows[] = {
        {"<!DOCTYPE html><html>", "a web page"},
        {"\xef\xbb\xbf\r\n <HTML>", "a web page"},
        {"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"},
        {"nvs,data,nvs,0x9000,0x6000\n", "a partition table as CSV"},
        {"404: Not Found", "text"},
        {":00000001FF\n", "an Intel HEX file"},
        {"\x7f\x01\x02", NULL},
        {"", "empty"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *const kind = eg_guard_kind((const uint8_t *)rows[i].bytes, strlen(rows[i].bytes));
        if (rows[i].kind == NULL)
            assert_null(kind);
        else
            assert_string_equal(kind, rows[i].kind);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_that_are_not_firmware_are_named_by_their_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
