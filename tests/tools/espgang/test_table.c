/* SPDX-License-Identifier: Apache-2.0 */

#define _XOPEN_SOURCE 700 /* posix_openpt() */

#include "tools/espgang/table.h"
#include "tests/fakes/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static void the_results_name_every_board_that_did_not_pass_and_why(void **state)
{
    (void)state;
    const struct eg_result results[] = {
        {.slot = "1-1",
         .run = 41,
         .outcome = EG_PASS,
         .mac = "24:0a:c4:00:10:01",
         .chip = "esp32",
         .revision = 301,
         .package = "ESP32-D0WD-V3",
         .attempts = 1,
         .duration_us = 8100000},
        {.slot = "1-2",
         .run = 42,
         .outcome = EG_PASS_MARGINAL,
         .marginal = "blocks were sent again",
         .chip = "",
         .package = "",
         .attempts = 1},
        {.slot = "1-3",
         .run = 43,
         .outcome = EG_FAIL,
         .code = EG_STUCK_BITS,
         .text = "verify: app: bit 3 of 0x00010010 stays 1",
         .chip = "",
         .package = "",
         .attempts = 2},
    };
    char *text;
    size_t size;

    FILE *out = open_memstream(&text, &size);
    cli_table_results(out, results, 3);
    cli_table_counts(out, &(struct cli_counts){{1, 1, 1}}, 9500);
    fclose(out);
    const char *const expected[] = {
        "ESP32-D0WD-V3 v3.1",
        "flash-stuck-bits",
        "1-2: passed, but blocks were sent again\n",
        "1-3: verify: app: bit 3 of 0x00010010 stays 1\n",
        "2 of 3 passed in 9.5 s, 1 pass-marginal, 1 fail\n",
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        if (strstr(text, expected[i]) == NULL)
            fail_msg("no '%s' in:\n%s", expected[i], text);
    }
    free(text);
}

static void what_is_no_terminal_gets_no_live_table(void **state)
{
    (void)state;
    struct cli_table *table = (struct cli_table *)1;
    struct eg_error err;
    FILE *out = tmpfile();

    assert_non_null(out);
    assert_ok(cli_table_create(&table, out, NULL, NULL, 0, &err), err);
    fclose(out);
    assert_null(table);
}

static void note(struct cli_table *table, unsigned number)
{
    const struct eg_log_origin origin = {"slot 1", "/dev/ttyUSB0", ""};

    eg_log_note(cli_table_logger(table), &origin, "number %u", number);
}

static void a_terminal_that_takes_nothing_holds_up_no_board(void **state)
{
    (void)state;
    const struct eg_target target = {.label = "ESP32"};
    const struct eg_plan plan = {.job_name = "acme-sensor", .job_version = "1.4.0", .target = &target};
    const struct eg_slot slots[] = {{"slot 1", "/dev/ttyUSB0"}};
    struct cli_table *table;
    struct eg_error err;
    char text[20000] = "";
    size_t size = 0;
    ssize_t got;

    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0);
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    FILE *out = fdopen(terminal, "w");
    assert_non_null(out);
    assert_int_equal(setenv("TERM", "xterm", 1), 0);
    assert_int_equal(tcflow(terminal, TCOOFF), 0); /* as Ctrl-S does */
    assert_ok(cli_table_create(&table, out, &plan, slots, 1, &err), err);
    if (table == NULL)
        skip();
    for (unsigned i = 0; i < 20; i++)
        note(table, i);
    assert_int_equal(tcflow(terminal, TCOON), 0);
    while (strstr(text, "acme-sensor 1.4.0 on ESP32: 1 slots") == NULL ||
           strstr(text, "slot 1: note: number 19\r\n") == NULL) {
        got = read(master, text + size, sizeof text - 1 - size);
        assert_true(got > 0);
        size += (size_t)got;
        text[size] = '\0';
    }
    assert_non_null(strstr(text, "slot 1: note: number 0\r\n"));
    cli_table_destroy(table);
    fclose(out);
    close(master);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_results_name_every_board_that_did_not_pass_and_why),
        cmocka_unit_test(what_is_no_terminal_gets_no_live_table),
        cmocka_unit_test(a_terminal_that_takes_nothing_holds_up_no_board),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
