/* SPDX-License-Identifier: Apache-2.0 */

#include "stubs/stub.h"
#include "targets/target.h"
#include "tests/fakes/check.h"

#include <string.h>

static void skip_without_stubs(void)
{
    if (eg_stubs[0] != NULL)
        return;
    print_message("SKIPPED: this build has no stubs\n");
    skip();
}

static void the_source_tells_whether_stubs_are_built_in(void **state)
{
    (void)state;
    assert_int_equal(strcmp(eg_stub_source(), "none") == 0, eg_stubs[0] == NULL);
    if (eg_stubs[0] != NULL)
        assert_string_equal(eg_stub_source(), "esptool-js 0.7.0");
}

static void every_target_with_a_stub_finds_it(void **state)
{
    (void)state;
    skip_without_stubs();
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        const char *name = eg_targets[i]->stub;
        if (name == NULL)
            continue;
        const struct eg_stub *stub = eg_stub_by_name(name);
        if (stub == NULL)
            fail_msg("%s: there is no stub %s", eg_targets[i]->name, name);
        assert_string_equal(stub->name, name);
    }
}

static void the_stub_of_the_esp32_has_the_numbers_of_its_file(void **state)
{
    (void)state;
    const uint8_t begin[] = {0x36, 0x41, 0x00, 0x1d};
    skip_without_stubs();
    const struct eg_stub *stub = eg_stub_by_name("esp32");
    assert_non_null(stub);
    assert_int_equal(stub->text_addr, 0x400a8000);
    assert_int_equal(stub->text_size, 6456);
    assert_memory_equal(stub->text, begin, sizeof begin);
    assert_int_equal(stub->data_addr, 0x3ffded6c);
    assert_int_equal(stub->data_size, 212);
    assert_int_equal(stub->bss_addr, 0x3ffcc000);
    assert_int_equal(stub->entry, 0x400a902c);
    assert_string_equal(stub->sha256, "efd74134f076953c209277a85959ea832ad1e29a5a2aa55eec4175dccd8a05c5");
}

static void an_unknown_name_has_no_stub(void **state)
{
    (void)state;
    assert_null(eg_stub_by_name("esp31"));
    assert_null(eg_stub_by_name(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_source_tells_whether_stubs_are_built_in),
        cmocka_unit_test(every_target_with_a_stub_finds_it),
        cmocka_unit_test(the_stub_of_the_esp32_has_the_numbers_of_its_file),
        cmocka_unit_test(an_unknown_name_has_no_stub),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
