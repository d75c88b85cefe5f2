/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/guard/rows.h"

static void every_rule_has_a_row_here_and_a_name_of_its_own(void **state)
{
    (void)state;
    unsigned count = 0;

    for (const struct eg_guard_rule *rule = eg_guard_rules; rule->name != NULL; rule++, count++) {
        bool tested = false;
        for (size_t i = 0; i < COUNT(sections); i++)
            for (size_t j = 0; j < sections[i].count; j++)
                tested = tested || strcmp(sections[i].rows[j].rule, rule->name) == 0;
        if (!tested)
            fail_msg("no row for %s", rule->name);
        assert_ptr_equal(eg_guard_rule_by_name(rule->name), rule);
        assert_int_equal(rule->name[strspn(rule->name, "abcdefghijklmnopqrstuvwxyz0123456789-")], '\0');
        assert_non_null(rule->summary);
    }
    assert_true(count <= 64);
    assert_null(eg_guard_rule_by_name("no-such-rule"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_has_a_row_here_and_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
