/* SPDX-License-Identifier: Apache-2.0 */

#define _XOPEN_SOURCE 700 /* posix_openpt() */

#include "tools/espgang/line/table.h"
#include "tests/fakes/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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
    assert_ok(cli_table_create(&table, out, NULL, NULL, NULL, 0, &err), err);
    fclose(out);
    assert_null(table);
}

static void note(struct cli_table *table, unsigned number)
{
    const struct eg_log_origin origin = {"slot 1", "/dev/ttyUSB0", ""};

    eg_log_note(cli_table_logger(table), &origin, "number %u", number);
}

/* A terminal and who looks at it. */
struct screen {
    int master;
    FILE *out;
    char text[20000];
    size_t size;
};

static void screen_open(struct screen *screen, unsigned short columns)
{
    const struct winsize window = {.ws_row = 24, .ws_col = columns};

    *screen = (struct screen){.master = posix_openpt(O_RDWR | O_NOCTTY)};
    assert_true(screen->master >= 0);
    assert_int_equal(grantpt(screen->master), 0);
    assert_int_equal(unlockpt(screen->master), 0);
    assert_int_equal(ioctl(screen->master, TIOCSWINSZ, &window), 0);
    screen->out = fdopen(open(ptsname(screen->master), O_RDWR | O_NOCTTY), "w");
    assert_non_null(screen->out);
    assert_int_equal(setenv("TERM", "xterm", 1), 0);
}

static void screen_wait_for(struct screen *screen, const char *wanted)
{
    while (strstr(screen->text, wanted) == NULL) {
        const ssize_t got =
            read(screen->master, screen->text + screen->size, sizeof screen->text - 1 - screen->size);
        if (got <= 0)
            fail_msg("no '%s' in:\n%s", wanted, screen->text);
        screen->size += (size_t)got;
        screen->text[screen->size] = '\0';
    }
}

static void screen_close(struct screen *screen)
{
    fclose(screen->out);
    close(screen->master);
}

static const struct eg_target target = {.label = "ESP32"};
static const struct eg_plan plan = {.job_name = "acme-sensor", .job_version = "1.4.0", .target = &target};
static const struct eg_slot slots[] = {{.name = "slot 1", .url = "/dev/ttyUSB0"}};

static struct cli_table *live_table(struct screen *screen)
{
    struct cli_table *table;
    struct eg_error err;

    assert_ok(cli_table_create(&table, screen->out, NULL, &plan, slots, 1, &err), err);
    if (table == NULL) {
        print_message("SKIPPED: terminfo knows no xterm here\n");
        skip();
    }
    return table;
}

static void a_terminal_that_takes_nothing_holds_up_no_board(void **state)
{
    (void)state;
    struct screen screen;

    screen_open(&screen, 80);
    assert_int_equal(tcflow(fileno(screen.out), TCOOFF), 0); /* as Ctrl-S does */
    struct cli_table *table = live_table(&screen);
    for (unsigned i = 0; i < 20; i++)
        note(table, i);
    assert_int_equal(tcflow(fileno(screen.out), TCOON), 0);
    screen_wait_for(&screen, "acme-sensor 1.4.0 on ESP32: 1 slots");
    screen_wait_for(&screen, "slot 1: note: number 0\r\n");
    screen_wait_for(&screen, "slot 1: note: number 19\r\n");
    cli_table_destroy(table);
    screen_close(&screen);
}

static void a_narrow_terminal_costs_the_bar_and_then_the_board(void **state)
{
    (void)state;
    const struct {
        unsigned short columns;
        const char *header, *progress;
    } cases[] = {
        {100, "SLOT            BOARD              STAGE          PROGRESS                        TIME\r\n",
         " connect        ....................   0 % "},
        {72, "SLOT            BOARD              STAGE          PROGRESS        TIME\r\n",
         " connect        ....   0 % "},
        {60, "SLOT            STAGE          PROGRESS               TIME\r\n",
         "slot 1          connect        ...........   0 % "},
        {40, "SLOT            STAGE          PROGRESS\r\n", "slot 1          connect           0 % "},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct screen screen;
        screen_open(&screen, cases[i].columns);
        struct cli_table *table = live_table(&screen);
        const struct eg_log_record record = {.kind = EG_LOG_STAGE_BEGIN,
                                             .origin = {"slot 1", "/dev/ttyUSB0", ""},
                                             .text = "",
                                             .stage = "connect",
                                             .outcome = ""};
        eg_log_record(cli_table_logger(table), &record);
        screen_wait_for(&screen, cases[i].header);
        screen_wait_for(&screen, cases[i].progress);
        cli_table_destroy(table);
        screen_close(&screen);
    }
}

static void a_hook_is_shown_and_is_no_progress(void **state)
{
    (void)state;
    const struct eg_log_record record = {.kind = EG_LOG_STAGE_BEGIN,
                                         .origin = {"slot 1", "/dev/ttyUSB0", ""},
                                         .text = "",
                                         .stage = "before-board",
                                         .outcome = ""};
    struct screen screen;

    screen_open(&screen, 100);
    struct cli_table *table = live_table(&screen);
    eg_log_record(cli_table_logger(table), &record);
    screen_wait_for(&screen, " before-board   ");
    screen_wait_for(&screen, " %");
    assert_null(strstr(screen.text, "100 %"));
    cli_table_destroy(table);
    screen_close(&screen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_results_name_every_board_that_did_not_pass_and_why),
        cmocka_unit_test(what_is_no_terminal_gets_no_live_table),
        cmocka_unit_test(a_terminal_that_takes_nothing_holds_up_no_board),
        cmocka_unit_test(a_narrow_terminal_costs_the_bar_and_then_the_board),
        cmocka_unit_test(a_hook_is_shown_and_is_no_progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
