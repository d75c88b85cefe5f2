/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/slots.h"
#include "tests/fakes/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/eg-slots-XXXXXX";

/* The other ends of the ports. */
static int masters[3];

static int make_ports(void **state)
{
    char path[64];

    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/tty%d", folder, i);
        masters[i] = posix_openpt(O_RDWR | O_NOCTTY);
        if (masters[i] < 0 || grantpt(masters[i]) != 0 || unlockpt(masters[i]) != 0 ||
            symlink(ptsname(masters[i]), path) != 0)
            return -1;
    }
    return 0;
}

static int remove_ports(void **state)
{
    char path[64];

    (void)state;
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/tty%d", folder, i);
        unlink(path);
        close(masters[i]);
    }
    return rmdir(folder);
}

static void wildcards_urls_and_commas_make_one_slot_each(void **state)
{
    (void)state;
    EG_CLEANUP(cli_slots_finish) struct cli_slots slots = {0};
    struct eg_error err;
    char pattern[128], first[64];

    snprintf(pattern, sizeof pattern, "rfc2217://127.0.0.1:4000,%s/tty*", folder);
    snprintf(first, sizeof first, "%s/tty0", folder);
    const char *const patterns[] = {pattern, "tcp://[::1]:5000", first, NULL};
    assert_ok(cli_slots_choose(&slots, patterns, &err), err);
    assert_int_equal(slots.count, 5);
    assert_string_equal(slots.slots[0].url, "rfc2217://127.0.0.1:4000");
    assert_string_equal(slots.slots[1].url, first);
    assert_string_equal(slots.slots[4].url, "tcp://[::1]:5000");
    assert_string_equal(slots.slots[4].name, "tcp://[::1]:5000");
}

static void a_label_goes_to_the_slot_that_is_named(void **state)
{
    (void)state;
    EG_CLEANUP(cli_slots_finish) struct cli_slots slots = {0};
    struct eg_error err;

    assert_ok(cli_slots_add(&slots, "left", "tcp://a:1", &err), err);
    assert_ok(cli_slots_add(&slots, "right", "tcp://a:2", &err), err);
    assert_ok(cli_slots_label(&slots, "right=SN 17=b", &err), err);
    assert_ok(cli_slots_label(&slots, "tcp://a:1=SN 16", &err), err);
    assert_string_equal(slots.slots[0].label, "SN 16");
    assert_string_equal(slots.slots[1].label, "SN 17=b");
    assert_error(cli_slots_label(&slots, "right=SN 18", &err), err, EG_BAD_JOB,
                 "--label: slot right has the label SN 17=b already");
}

static void a_label_that_is_for_nobody_or_no_text_is_refused(void **state)
{
    static const struct {
        const char *text, *sentence;
    } rows[] = {{"left", "--label is 'left', not SLOT=TEXT"},
                {"left=", "--label is 'left=', not SLOT=TEXT"},
                {"=A", "--label is '=A', not SLOT=TEXT"},
                {"", "--label is '', not SLOT=TEXT"},
                {"top=A", "--label: no board is in slot top"},
                {"left=A\tB", "--label: that of slot left has the control character 0x09"},
                {"left=\xff", "--label: that of slot left is not UTF-8"}};
    EG_CLEANUP(cli_slots_finish) struct cli_slots slots = {0};
    char longest[600] = "left=";
    struct eg_error err;

    (void)state;
    assert_ok(cli_slots_add(&slots, "left", "tcp://a:1", &err), err);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_error(cli_slots_label(&slots, rows[i].text, &err), err, EG_BAD_JOB, rows[i].sentence);
    memset(longest + 5, 'x', 501);
    assert_error(cli_slots_label(&slots, longest, &err), err, EG_BAD_JOB,
                 "--label: that of slot left has 501 bytes, more than 500");
    assert_null(slots.slots[0].label);
}

static void a_pattern_without_a_port_is_named(void **state)
{
    (void)state;
    EG_CLEANUP(cli_slots_finish) struct cli_slots slots = {0};
    const char *const patterns[] = {"/nowhere/ttyUSB*", NULL};
    const char *const empty[] = {",", NULL};
    struct eg_error err;

    assert_error(cli_slots_choose(&slots, patterns, &err), err, EG_NO_PORT,
                 "no port matches '/nowhere/ttyUSB*'");
    assert_error(cli_slots_choose(&slots, empty, &err), err, EG_NO_PORT, "--ports names no port");
}

static void a_url_that_nothing_opens_is_named(void **state)
{
    (void)state;
    EG_CLEANUP(cli_slots_finish) struct cli_slots slots = {0};
    const char *const patterns[] = {"rfc2271://127.0.0.1:4000", NULL};
    struct eg_error err;

    assert_error(cli_slots_choose(&slots, patterns, &err), err, EG_NO_PORT,
                 "nothing opens 'rfc2271://127.0.0.1:4000'; 'espgang ports' shows the forms of ports");
}

static void one_port_by_two_paths_is_one_slot(void **state)
{
    (void)state;
    EG_CLEANUP(cli_slots_finish) struct cli_slots slots = {0};
    struct eg_error err;
    char link[64];

    snprintf(link, sizeof link, "%s/link", folder);
    assert_int_equal(symlink("/dev/null", link), 0);
    const char *const patterns[] = {"/dev/null", link, "/dev/zero", NULL};
    const enum eg_code code = cli_slots_choose(&slots, patterns, &err);
    unlink(link);
    assert_ok(code, err);
    assert_int_equal(slots.count, 2);
    assert_string_equal(slots.slots[0].url, "/dev/null");
    assert_string_equal(slots.slots[1].url, "/dev/zero");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wildcards_urls_and_commas_make_one_slot_each),
        cmocka_unit_test(a_label_goes_to_the_slot_that_is_named),
        cmocka_unit_test(a_label_that_is_for_nobody_or_no_text_is_refused),
        cmocka_unit_test(a_pattern_without_a_port_is_named),
        cmocka_unit_test(a_url_that_nothing_opens_is_named),
        cmocka_unit_test(one_port_by_two_paths_is_one_slot),
    };
    return cmocka_run_group_tests(tests, make_ports, remove_ports);
}
