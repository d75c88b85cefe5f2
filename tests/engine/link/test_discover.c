/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/link/discover.h"
#include "tests/fakes/check.h"

#include <stdlib.h>
#include <string.h>

static void what_is_not_plugged_is_its_own_slot(void **state)
{
    (void)state;
    static const char *const urls[] = {"rfc2217://lab:4000", "tcp://[::1]:5", "sim:esp32c3", "/dev/null",
                                       "/nonexistent/ttyUSB0"};
    char slot[128];

    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        eg_discover_slot(slot, sizeof slot, urls[i]);
        assert_string_equal(slot, urls[i]);
    }
}

/* True on every machine, whatever is plugged in. */
static void only_ports_with_a_known_bridge_are_chosen(void **state)
{
    (void)state;
    struct eg_found_port *found;
    struct eg_error err;
    size_t count;

    assert_ok(eg_discover_ports(&found, &count, &err), err);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(found[i].default_choice, found[i].bridge[0] != '\0');
        if (found[i].default_choice)
            assert_int_not_equal(found[i].vid, 0);
        assert_false(found[i].default_choice && strncmp(found[i].path, "/dev/ttyS", 9) == 0);
        assert_int_not_equal(found[i].slot[0], '\0');
        assert_true(i == 0 || strcmp(found[i - 1].slot, found[i].slot) <= 0);
    }
    free(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_plugged_is_its_own_slot),
        cmocka_unit_test(only_ports_with_a_known_bridge_are_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
