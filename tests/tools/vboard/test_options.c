/* SPDX-License-Identifier: Apache-2.0 */

/* The command line of vboard: its options for the boards, and refusals. */

#include "tests/fakes/check.h"
#include "tools/vboard/options.h"

#define ARGS(...)                                                                                            \
    (const char *[]){"vboard", __VA_ARGS__, NULL},                                                           \
        sizeof(const char *[]){"vboard", __VA_ARGS__} / sizeof(char *)

static void check_refused(const char **argv, size_t count, const char *sentence)
{
    EG_CLEANUP(vb_options_finish) struct vb_options options = {0};
    struct eg_error err;

    assert_error(vb_options_read(&options, (int)count, argv, &err), err, EG_BAD_JOB, sentence);
}

static void options_describe_the_boards(void **state)
{
    EG_CLEANUP(vb_options_finish) struct vb_options options = {0};
    struct eg_error err;

    (void)state;
    assert_ok(vb_options_read(&options, 16,
                              (const char *[]){"vboard", "--boards", "3", "--chip", "esp32c3", "--used",
                                               "--latency", "16", "--wire-baud", "2000000", "--bridge-clock",
                                               "24000000", "--fault", "2:lie", "--seed", "7", NULL},
                              &err),
              err);
    assert_int_equal(options.boards, 3);
    assert_string_equal(options.config.target->name, "esp32c3");
    assert_true(options.config.used);
    assert_int_equal(options.config.latency_us, 16000);
    assert_int_equal(options.config.wire_baud, 2000000);
    assert_int_equal(options.config.bridge_clock, 24000000);
    assert_int_equal(options.config.seed, 7);
    assert_int_equal(options.fault_count, 1);
    assert_string_equal(options.faults[0], "2:lie");
    assert_string_equal(options.bind, "127.0.0.1");
}

static void impossible_values_are_refused_with_the_allowed_ones(void **state)
{
    (void)state;
    check_refused(ARGS("--boards", "0"), "--boards 0: 1 to 256");
    check_refused(ARGS("--latency", "-1"), "--latency -1: 0 to 1000 ms");
    check_refused(ARGS("--wire-baud", "-1"), "--wire-baud -1: 0 to 2147483647");
    check_refused(ARGS("--part", "W25Q99"), "--part W25Q99: see --list-parts");
    check_refused(ARGS("--lines"), "--lines: only together with --link");
    check_refused(ARGS("--bords", "2"), "--bords: unknown option; see 'vboard --help'");
    check_refused(ARGS("board"), "\"board\": vboard takes options only");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_describe_the_boards),
        cmocka_unit_test(impossible_values_are_refused_with_the_allowed_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
