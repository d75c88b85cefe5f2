/* SPDX-License-Identifier: Apache-2.0 */

#include "jobs/station_file.h"
#include "tests/fakes/check.h"

#include <jansson.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], path[96];
static struct eg_station_file station;
static struct eg_error err;

static int begin(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/eg-station-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/station.yaml", folder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    eg_station_file_finish(&station);
    unlink(path);
    rmdir(folder);
    return 0;
}

static enum eg_code read_text(const char *text)
{
    FILE *const file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, 0644), 0);
    eg_station_file_finish(&station);
    return eg_station_file_read(&station, path, &err);
}

static void a_station_file_has_slots_limits_and_trust(void **state)
{
    (void)state;
    assert_ok(read_text("espgang_station: 1\n"
                        "name: line-2\n"
                        "ledger: day.db\n"
                        "trigger: program\n"
                        "trigger_program: /usr/bin/fixture\n"
                        "private_key: station.key\n"
                        "slots:\n"
                        "  - {name: A1, usb: 1-1.1:1.0, group: left, baud: 460800}\n"
                        "  - {name: A2, serial: A5002, disabled: yes}\n"
                        "  - {name: B1, url: 'tcp://fixture:3001'}\n"
                        "at_once: {most: 16, per_group: 4, stagger: 200ms}\n"
                        "trust: {keys: trusted}\n"),
              err);
    char expected[128];
    assert_string_equal(station.name, "line-2");
    snprintf(expected, sizeof expected, "%s/day.db", folder);
    assert_string_equal(station.ledger, expected);
    snprintf(expected, sizeof expected, "%s/station.key", folder);
    assert_string_equal(station.private_key, expected);
    snprintf(expected, sizeof expected, "%s/trusted", folder);
    assert_string_equal(station.keys, expected);
    assert_string_equal(station.trigger, "program");
    assert_int_equal(station.slot_count, 3);
    assert_string_equal(station.slots[0].address, "1-1.1:1.0");
    assert_int_equal(station.slots[0].by, EG_SLOT_BY_USB);
    assert_string_equal(station.slots[0].group, "left");
    assert_int_equal(station.slots[0].baud, 460800);
    assert_int_equal(station.slots[1].by, EG_SLOT_BY_SERIAL);
    assert_true(station.slots[1].disabled);
    assert_int_equal(station.slots[2].by, EG_SLOT_BY_URL);
    assert_int_equal(station.at_once, 16);
    assert_int_equal(station.at_once_of_group, 4);
    assert_int_equal(station.stagger_ms, 200);
}

static void mistakes_are_reported_with_line_and_column(void **state)
{
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"name: x\n",
         ":1:1: the key espgang_station is missing: a station file begins with espgang_station: 1"},
        {"espgang_station: 2\n", ":1:18: espgang_station is \"2\", not a number from 1 to 1"},
        {"espgang_station: 1\nledgr: x\n", ":2:1: there is no key ledgr; did you mean ledger"},
        {"espgang_station: 1\nslots: [{name: A1}]\n", ":2:9: usb, serial or url is missing for slot A1"},
        {"espgang_station: 1\nslots: [{usb: 1-1}]\n", ":2:9: slots lacks the key name"},
        {"espgang_station: 1\nslots: [{name: A1, usb: 1-1, url: 'a://b'}]\n",
         ":2:9: give one of usb, serial and url, not two, for slot A1"},
        {"espgang_station: 1\nslots:\n - {name: A1, usb: 1-1}\n - {name: A1, usb: 1-2}\n",
         ":4:4: there is a slot before it with the name A1"},
        {"espgang_station: 1\nslots:\n - {name: A1, usb: 1-1}\n - {name: A2, usb: 1-1}\n",
         ":4:4: slot A2 has the port of slot A1"},
        {"espgang_station: 1\nslots: [{name: 'A 1', usb: 1-1}]\n",
         ":2:16: name is 'A 1', not a word of at most 40 bytes without blanks, quotes, = , * and \\"},
        {"espgang_station: 1\ntrigger: program\n", ":2:10: trigger: program lacks trigger_program"},
        {"espgang_station: 1\ntrigger_program: x\n", ":2:18: trigger_program goes with trigger: program"},
        {"espgang_station: 1\nat_once: {most: 0}\n",
         ":2:17: at_once.most is \"0\", not a number from 1 to 512"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[300];
        snprintf(expected, sizeof expected, "%s%s", path, cases[i].sentence);
        assert_error(read_text(cases[i].text), err, EG_BAD_JOB, expected);
    }
}

static void with_trust_only_named_users_may_use_commands_of_one_board(void **state)
{
    const struct passwd *const user = getpwuid(getuid());
    char text[300];
    (void)state;

    assert_ok(read_text("espgang_station: 1\n"), err);
    assert_true(eg_station_file_allows(&station, EG_STATION_ONE_BOARD));
    assert_ok(read_text("espgang_station: 1\ntrust: {keys: /nowhere}\n"), err);
    assert_false(eg_station_file_allows(&station, EG_STATION_ONE_BOARD));
    assert_ok(read_text("espgang_station: 1\ntrust: {one_board: [nobody-of-that-name, '@no-such-group']}\n"),
              err);
    assert_false(eg_station_file_allows(&station, EG_STATION_ONE_BOARD));
    assert_ok(read_text("espgang_station: 1\ntrust: {keys: /nowhere, one_board: '*'}\n"), err);
    assert_true(eg_station_file_allows(&station, EG_STATION_ONE_BOARD));
    assert_true(eg_station_file_allows(&station, EG_STATION_LINE));
    assert_ok(read_text("espgang_station: 1\ntrust: {line: nobody-of-that-name, ledger: '*'}\n"), err);
    assert_false(eg_station_file_allows(&station, EG_STATION_LINE));
    assert_true(eg_station_file_allows(&station, EG_STATION_LEDGER));
    assert_true(eg_station_file_allows(&station, EG_STATION_JOBS));
    if (user == NULL)
        return;
    snprintf(text, sizeof text, "espgang_station: 1\ntrust: {keys: /nowhere, one_board: [%s]}\n",
             user->pw_name);
    assert_ok(read_text(text), err);
    assert_true(eg_station_file_allows(&station, EG_STATION_ONE_BOARD));
}

static void a_file_that_sets_trust_and_that_others_may_write_to_is_refused(void **state)
{
    char expected[300];
    (void)state;

    assert_ok(read_text("espgang_station: 1\ntrust: {keys: /nowhere}\n"), err);
    assert_int_equal(chmod(path, 0664), 0);
    eg_station_file_finish(&station);
    snprintf(expected, sizeof expected,
             "%s: sets trust, and others may write to it: chown root and chmod go-w", path);
    assert_error(eg_station_file_read(&station, path, &err), err, EG_IO, expected);
}

static void the_schema_has_every_key_that_is_read(void **state)
{
    static const char *const keys[] = {"espgang_station", "name",    "ledger", "trigger",
                                       "slots",           "at_once", "trust"};
    char *text = NULL;
    size_t size = 0;
    FILE *const out = open_memstream(&text, &size);
    (void)state;

    assert_non_null(out);
    assert_ok(eg_station_file_schema(out, &err), err);
    fclose(out);
    json_t *const schema = json_loads(text, 0, NULL);
    assert_non_null(schema);
    const json_t *const properties = json_object_get(schema, "properties");
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        assert_non_null(json_object_get(properties, keys[i]));
    json_decref(schema);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_station_file_has_slots_limits_and_trust, begin, end),
        cmocka_unit_test_setup_teardown(mistakes_are_reported_with_line_and_column, begin, end),
        cmocka_unit_test_setup_teardown(with_trust_only_named_users_may_use_commands_of_one_board, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_file_that_sets_trust_and_that_others_may_write_to_is_refused, begin,
                                        end),
        cmocka_unit_test(the_schema_has_every_key_that_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
