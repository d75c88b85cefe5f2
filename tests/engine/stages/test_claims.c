/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/claims.h"

#include "tests/fakes/check.h"

/* Places whose boards cannot be told apart: a claim holds until it is released. */
static const struct eg_claimant left = {"left", "tcp://left:1", {0}, eg_port_schemes},
                                right = {"right", "tcp://right:1", {0}, eg_port_schemes};

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
    char rival[EG_CLAIM_SLOT];

    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:00", &left, rival));
    assert_false(eg_claims_take(*state, "24:0a:c4:00:10:00", &right, rival));
    assert_string_equal(rival, "left");
}

static void of_two_boards_with_one_mac_the_first_is_disputed_too(void **state)
{
    char rival[EG_CLAIM_SLOT];

    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:00", &left, rival));
    assert_false(eg_claims_disputed(*state, "left", rival));
    assert_false(eg_claims_take(*state, "24:0a:c4:00:10:00", &right, rival));
    assert_true(eg_claims_disputed(*state, "left", rival));
    assert_string_equal(rival, "right");
    assert_false(eg_claims_disputed(*state, "right", rival));
    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:04", &left, rival)); /* another board came */
    assert_false(eg_claims_disputed(*state, "left", rival));
}

static void a_claim_ends_with_the_insertion_that_holds_it(void **state)
{
    const struct eg_claimant gone = {"gone", "1-9:1.0", {.device = 1}, eg_port_schemes};
    char rival[EG_CLAIM_SLOT];

    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:00", &gone, rival));
    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:00", &right, rival));
    assert_false(eg_claims_disputed(*state, "gone", rival));
}

static void the_same_slot_may_claim_its_mac_again(void **state)
{
    char rival[EG_CLAIM_SLOT];

    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:00", &left, rival));
    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:00", &left, rival));
}

static void a_slot_that_takes_another_mac_lets_go_of_the_first(void **state)
{
    char rival[EG_CLAIM_SLOT];

    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:00", &left, rival));
    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:04", &left, rival));
    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:00", &right, rival));
}

static void a_released_mac_is_free(void **state)
{
    char rival[EG_CLAIM_SLOT];

    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:00", &left, rival));
    eg_claims_release(*state, "left");
    eg_claims_release(*state, "never seen");
    assert_true(eg_claims_take(*state, "24:0a:c4:00:10:00", &right, rival));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_mac_in_another_slot_is_refused_with_that_slot_s_name),
        TEST(of_two_boards_with_one_mac_the_first_is_disputed_too),
        TEST(a_claim_ends_with_the_insertion_that_holds_it),
        TEST(the_same_slot_may_claim_its_mac_again),
        TEST(a_slot_that_takes_another_mac_lets_go_of_the_first),
        TEST(a_released_mac_is_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
