/* SPDX-License-Identifier: Apache-2.0 */

#include "jobs/entries.h"
#include "tests/fakes/check.h"

#define PLACE(line_) ((struct eg__place){"build.json", line_, 5, NULL})

static void an_address_has_one_file(void **state)
{
    (void)state;
    EG_CLEANUP(eg__firmware_finish) struct eg__firmware firmware = {.paths = EG__PATHS_FILES};
    const struct eg__word first = {"out/app.bin", PLACE(2)}, second = {"other.bin", PLACE(3)};
    const struct eg__word addr = {"64k", PLACE(2)}, same = {"0x10000", PLACE(3)}, none = {"-1", PLACE(3)};
    struct eg_error err;

    assert_ok(eg_strdup(&firmware.build.file, "folder/build.json", &err), err);
    assert_ok(eg__build_add(&firmware, NULL, &addr, &first, &err), err);
    assert_int_equal(firmware.entries[0].flash_addr, 0x10000);
    assert_string_equal(firmware.entries[0].name, "app.bin");
    assert_string_equal(firmware.entries[0].path, "folder/out/app.bin");
    assert_error(eg__build_add(&firmware, NULL, &same, &second, &err), err, EG_BAD_JOB,
                 "build.json:3:5: other.bin goes to 0x00010000, where app.bin goes already (build.json:2:5)");
    assert_error(eg__build_add(&firmware, NULL, &none, &second, &err), err, EG_BAD_JOB,
                 "build.json:3:5: the offset of other.bin is \"-1\", not an address such as 0x10000, 64k or "
                 "1MB");
    assert_int_equal(firmware.count, 1);
}

static void booleans_are_words(void **state)
{
    (void)state;
    struct eg__node node = {.kind = EG__TEXT, .place = PLACE(1)};
    struct eg_error err;
    bool value = false;

    node.text = "Yes";
    assert_ok(eg__read_bool(&value, &node, "raw", &err), err);
    assert_true(value);
    node.text = "off";
    assert_ok(eg__read_bool(&value, &node, "raw", &err), err);
    assert_false(value);
    node.text = "2";
    assert_error(eg__read_bool(&value, &node, "raw", &err), err, EG_BAD_JOB,
                 "build.json:1:5: raw is \"2\", not true or false");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_has_one_file),
        cmocka_unit_test(booleans_are_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
