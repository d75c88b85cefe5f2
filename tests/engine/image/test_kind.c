/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/kind.h"

#include "tests/fakes/check.h"

#include <string.h>

static void files_are_told_apart_by_their_first_bytes(void **state)
{
    (void)state;
    static const uint8_t row[32] = {0xaa, 0x50};
    uint8_t erased[16];
    memset(erased, 0xff, sizeof erased);
    const struct {
        const void *data;
        size_t size;
        enum eg_file_kind kind;
        const char *text;
    } rows[] = {
        {"", 0, EG_FILE_EMPTY, "empty"},
        {"\xe9", 1, EG_FILE_IMAGE, "an image"},
        {"\xea", 1, EG_FILE_IMAGE, "an image"},
        {"\x7f"
         "ELF",
         4, EG_FILE_ELF, "an ELF file"},
        {":00000001FF", 11, EG_FILE_HEX, "an Intel HEX file"},
        {"UF2\nWQ]\x9e", 8, EG_FILE_UF2, "a UF2 file"},
        {row, sizeof row, EG_FILE_PARTITIONS, "a partition table"},
        {row, sizeof row - 1, EG_FILE_OTHER, "of an unknown kind"},
        {erased, sizeof erased, EG_FILE_ERASED, "erased flash at its beginning"},
        {erased, 3, EG_FILE_ERASED, "erased flash at its beginning"},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe", 16, EG_FILE_OTHER,
         "of an unknown kind"},
        {":-)", 3, EG_FILE_OTHER, "of an unknown kind"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(eg_file_kind(rows[i].data, rows[i].size), rows[i].kind);
        assert_string_equal(eg_file_kind_text(rows[i].kind), rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_told_apart_by_their_first_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
