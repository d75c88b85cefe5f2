/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/run.h"
#include "tests/fakes/check.h"

static int setup(void **state)
{
    *state = eg_claims_create();
    return *state == NULL;
}

static int teardown(void **state)
{
    eg_claims_destroy(*state);
    return 0;
}

static void a_mac_in_another_slot_is_refused_with_that_slot_s_name(void **state)
{
    char holder[128];

    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:00", "left", holder));
    assert_false(eg_claims_take(*state, "24:0a:c4:00:10:00", "right", holder));
    assert_string_equal(holder, "left");
}

static void the_same_slot_may_claim_its_mac_again(void **state)
{
    char holder[128];

    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:00", "left", holder));
    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:00", "left", holder));
}

static void a_slot_that_takes_another_mac_lets_go_of_the_first(void **state)
{
    char holder[128];

    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:00", "left", holder));
    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:04", "left", holder));
    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:00", "right", holder));
}

static void a_released_mac_is_free(void **state)
{
    char holder[128];

    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:00", "left", holder));
    eg_claims_release(*state, "left");
    eg_claims_release(*state, "never seen");
    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:00", "right", holder));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_mac_in_another_slot_is_refused_with_that_slot_s_name),
        TEST(the_same_slot_may_claim_its_mac_again),
        TEST(a_slot_that_takes_another_mac_lets_go_of_the_first),
        TEST(a_released_mac_is_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
