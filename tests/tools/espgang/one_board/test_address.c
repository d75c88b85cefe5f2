/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/one_board/address.h"

#include "tests/fakes/check.h"

static const struct cli_option options[] = {CLI_OPTION_PARTITIONS, {.name = NULL}};
static const struct cli_command command = {.name = "write-flash", .options = options};

static void without_a_board_only_words_that_are_no_address_are_refused(void **state)
{
    (void)state;
    const struct cli_call call = {.command = &command};
    const char *const good[] = {"0x10000", "4096", "64k", "nvs", "ota_0"};
    struct eg_error err;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_ok(cli_address_check(&call, good[i], "address", &err), err);
    assert_error(cli_address_check(&call, "0x1g", "address", &err), err, EG_BAD_ARGUMENT,
                 "address \"0x1g\" is neither a number of 32 bits nor a name");
    assert_error(cli_address_check(&call, "-1", "address", &err), err, EG_BAD_ARGUMENT,
                 "address \"-1\" is neither a number of 32 bits nor a name");
}

static void a_number_is_its_own_address(void **state)
{
    (void)state;
    const struct cli_call call = {.command = &command};
    struct eg_error err;
    uint32_t addr, size;

    assert_ok(cli_address(&call, "0x10000", &addr, &size, &err), err);
    assert_int_equal(addr, 0x10000);
    assert_int_equal(size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_board_only_words_that_are_no_address_are_refused),
        cmocka_unit_test(a_number_is_its_own_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
