/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/link/discover.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_usb.h"
#include "tests/fakes/usb_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void a_url_is_its_own_slot_and_a_path_must_be_a_serial_port(void **state)
{
    (void)state;
    static const char *const urls[] = {"rfc2217://lab:4000", "tcp://[::1]:5", "sim:esp32c3"};
    struct eg_found_port found;
    struct eg_error err;

    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        assert_ok(eg_discover_at(&found, urls[i], &err), err);
        assert_string_equal(found.slot, urls[i]);
        assert_int_equal(found.vid, 0);
    }
    assert_ok(eg_discover_at(&found, "/dev/null", &err), err);
    assert_string_equal(found.slot, "/dev/null");
    assert_int_equal(eg_discover_at(&found, "/nonexistent/ttyUSB0", &err), EG_NO_PORT);
    assert_string_equal(err.text, "/nonexistent/ttyUSB0: No such file or directory");
}

/* True on every machine, whatever ports it has. */
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

/* Any tty will do, because it is not opened. */
#define TERMINAL "/dev/null"

static void assert_found(const struct eg_found_port *found, const char *path, const char *slot,
                         const char *bridge, uint16_t vid, uint16_t pid, const char *serial)
{
    assert_string_equal(found->path, path);
    assert_string_equal(found->slot, slot);
    assert_string_equal(found->bridge, bridge);
    assert_int_equal(found->vid, vid);
    assert_int_equal(found->pid, pid);
    assert_string_equal(found->serial, serial);
    assert_int_equal(found->default_choice, bridge[0] != '\0');
}

static void usb_ports_are_listed_by_slot_with_what_their_device_says(void **state)
{
    (void)state;
    struct fake_usb usb;
    struct eg_found_port *found;
    struct eg_error err;
    size_t count;

    fake_usb_begin(&usb);
    assert_ok(eg_discover_ports(&found, &count, &err), err);
    assert_int_equal(count, 0);
    assert_null(found);
    fake_usb_plug(&usb, "ttyACM3", "303a:1001", "7C:DF:A1:00:11:22", "1-4.3", TERMINAL);
    fake_usb_plug(&usb, "ttyUSB12", "10c4:ea60", "A5001", "1-2", TERMINAL);
    fake_usb_plug(&usb, "ttyUSB7", "1a86:55d4", "", "1-3", TERMINAL);
    fake_usb_plug(&usb, "ttyUSB8", "10c4:ea64", "0001", "2-1", TERMINAL);
    fake_usb_plug(&usb, "ttyACM0", "2341:0043", "uno", "1-1", TERMINAL);
    assert_ok(eg_discover_ports(&found, &count, &err), err);
    assert_int_equal(count, 5);
    assert_found(&found[0], "/dev/ttyACM0", "1-1:1.0", "", 0x2341, 0x0043, "uno");
    assert_found(&found[1], "/dev/ttyUSB12", "1-2:1.0", "CP210x", 0x10c4, 0xea60, "A5001");
    assert_found(&found[2], "/dev/ttyUSB7", "1-3:1.0", "CH9102", 0x1a86, 0x55d4, "");
    assert_found(&found[3], "/dev/ttyACM3", "1-4.3:1.0", "USB-Serial/JTAG", 0x303a, 0x1001,
                 "7C:DF:A1:00:11:22");
    assert_found(&found[4], "/dev/ttyUSB8", "2-1:1.0", "CP2102C", 0x10c4, 0xea64, "0001");
    free(found);
    fake_usb_end(&usb);
}

static void assert_at(const char *address, const char *slot, uint16_t vid, uint16_t pid, const char *serial)
{
    struct eg_found_port found;
    struct eg_error err;

    assert_ok(eg_discover_at(&found, address, &err), err);
    assert_string_equal(found.slot, slot);
    assert_int_equal(found.vid, vid);
    assert_int_equal(found.pid, pid);
    assert_string_equal(found.serial, serial);
}

static void a_port_has_its_place_and_its_bridge_under_every_name(void **state)
{
    (void)state;
    struct fake_usb usb;
    char link[64];

    fake_usb_begin(&usb);
    fake_usb_plug(&usb, "ttyUSB7", "10c4:ea60", "A5001", "1-2", TERMINAL);
    fake_usb_plug(&usb, "ttyACM3", "303a:1001", "", "1-4.3", TERMINAL);
    snprintf(link, sizeof link, "%s/by-another-name", usb.folder);
    assert_int_equal(symlink("/dev/ttyUSB7", link), 0);
    assert_at("/dev/ttyUSB7", "1-2:1.0", 0x10c4, 0xea60, "A5001");
    assert_at(link, "1-2:1.0", 0x10c4, 0xea60, "A5001");
    assert_at("/dev/ttyACM3", "1-4.3:1.0", 0x303a, 0x1001, "");
    fake_usb_end(&usb);
}

static void where_udev_names_the_place_the_slot_has_that_name(void **state)
{
    (void)state;
    struct fake_usb usb;

    fake_usb_begin(&usb);
    assert_int_equal(usb_tree_udev(usb.folder, false), 0);
    fake_usb_plug(&usb, "ttyACM3", "303a:1001", "", "1-4.3", TERMINAL);
    assert_at("/dev/ttyACM3", "pci-0000:00:14.0-usb-0:4.3:1.0", 0x303a, 0x1001, "");
    fake_usb_end(&usb);
}

static size_t count_ports(void)
{
    struct eg_found_port *found;
    struct eg_error err;
    size_t count;

    assert_ok(eg_discover_ports(&found, &count, &err), err);
    free(found);
    return count;
}

static struct eg_found_port port_at(const char *address)
{
    struct eg_found_port found;
    struct eg_error err;

    assert_ok(eg_discover_at(&found, address, &err), err);
    return found;
}

static void a_port_counts_once_udev_has_initialised_it(void **state)
{
    (void)state;
    struct fake_usb usb;
    struct eg_found_port found;
    struct eg_error err;

    fake_usb_begin(&usb);
    assert_int_equal(usb_tree_udev(usb.folder, true), 0);
    fake_usb_plug(&usb, "ttyUSB7", "10c4:ea60", "A5001", "1-2", TERMINAL);
    assert_int_equal(count_ports(), 0);
    assert_error(eg_discover_at(&found, "/dev/ttyUSB7", &err), err, EG_NO_PORT,
                 "/dev/ttyUSB7: udev has not set it up yet");
    assert_error(eg_discover_at(&found, "1-2:1.0", &err), err, EG_NO_PORT,
                 "1-2:1.0: no serial port is plugged in there");
    assert_int_equal(usb_tree_udev(usb.folder, false), 0);
    assert_int_equal(count_ports(), 1);
    assert_string_equal(port_at("/dev/ttyUSB7").slot, "pci-0000:00:14.0-usb-0:2:1.0");
    fake_usb_end(&usb);
}

static void the_port_at_a_place_is_found_under_the_name_it_has_now(void **state)
{
    (void)state;
    struct fake_usb usb;
    struct eg_found_port found;
    struct eg_error err;

    fake_usb_begin(&usb);
    fake_usb_plug(&usb, "ttyUSB", "10c4:ea60", "A5001", "1-2", TERMINAL);
    fake_usb_plug(&usb, "ttyUSB", "10c4:ea60", "A5002", "1-3", TERMINAL);
    assert_string_equal(port_at("1-2:1.0").path, "/dev/ttyUSB0");
    assert_string_equal(port_at("1-3:1.0").path, "/dev/ttyUSB1");
    assert_int_equal(usb_tree_swap(usb.folder, "1-2", "1-3"), 0);
    assert_string_equal(port_at("1-2:1.0").path, "/dev/ttyUSB1");
    assert_string_equal(port_at("1-2:1.0").serial, "A5001");
    assert_string_equal(port_at("1-3:1.0").path, "/dev/ttyUSB0");
    fake_usb_unplug(&usb, "1-3");
    assert_error(eg_discover_at(&found, "1-3:1.0", &err), err, EG_NO_PORT,
                 "1-3:1.0: no serial port is plugged in there");
    fake_usb_plug(&usb, "ttyUSB", "10c4:ea60", "A5003", "1-4", TERMINAL);
    assert_string_equal(port_at("1-4:1.0").path, "/dev/ttyUSB0"); /* the lowest free number */
    assert_string_equal(port_at("rfc2217://lab:4000").path, "rfc2217://lab:4000");
    assert_string_equal(port_at("sim:esp32c3").slot, "sim:esp32c3");
    assert_error(eg_discover_at(&found, "/nonexistent/ttyUSB0", &err), err, EG_NO_PORT,
                 "/nonexistent/ttyUSB0: No such file or directory");
    fake_usb_end(&usb);
}

/* Check that the same device, name and place give another presence with every insertion. */
static void assert_every_insertion_is_another_presence(bool udev)
{
    struct fake_usb usb;

    fake_usb_begin(&usb);
    if (udev)
        assert_int_equal(usb_tree_udev(usb.folder, false), 0);
    fake_usb_plug(&usb, "ttyUSB0", "10c4:ea60", "A5001", "1-2", TERMINAL);
    const struct eg_presence first = port_at("/dev/ttyUSB0").presence;
    const struct eg_presence again = port_at("/dev/ttyUSB0").presence;
    assert_true(eg_presence_same(&first, &again));
    assert_int_equal(first.initialized_us != 0, udev);
    assert_int_equal(first.changed_ns != 0, !udev);
    assert_int_equal(first.usb_bus, 1);
    assert_int_equal(first.usb_address, 1);
    fake_usb_unplug(&usb, "1-2");
    fake_usb_plug(&usb, "ttyUSB0", "10c4:ea60", "A5001", "1-2", TERMINAL);
    const struct eg_presence second = port_at("/dev/ttyUSB0").presence;
    assert_false(eg_presence_same(&first, &second));
    assert_int_equal(second.usb_address, 2);
    assert_int_equal(first.device, second.device);
    assert_true(udev ? second.initialized_us > first.initialized_us : second.changed_ns > first.changed_ns);
    fake_usb_end(&usb);
}

static void every_insertion_is_another_presence(void **state)
{
    (void)state;
    assert_every_insertion_is_another_presence(true);
    assert_every_insertion_is_another_presence(false);
}

static void the_serial_number_of_a_device_is_harmless_to_print(void **state)
{
    (void)state;
    struct fake_usb usb;

    fake_usb_begin(&usb);
    fake_usb_plug(&usb, "ttyUSB0", "10c4:ea60",
                  "A\x1b[2J\xc2\x9b"
                  "1m\xff",
                  "1-2", TERMINAL);
    assert_string_equal(port_at("/dev/ttyUSB0").serial, "A?[2J?1m?");
    fake_usb_end(&usb);
}

/* Three USB ports and one other. */
#define LIST                                                                                                 \
    {                                                                                                        \
        {.path = "/dev/ttyUSB0", .vid = 0x10c4, .pid = 0xea60, .serial = "A5001"}, {.path = "/dev/ttyS0"},   \
            {.path = "/dev/ttyACM0", .vid = 0x303a, .pid = 0x1001, .serial = "7C:DF:A1:00:11:22"},           \
            {.path = "/dev/ttyUSB1", .vid = 0x1a86, .pid = 0x7523},                                          \
    }

/* Check the paths that remain, without "/dev/tty". */
static void assert_left(const char *const *filters, size_t filter_count, const char *expected)
{
    struct eg_found_port found[] = LIST;
    size_t count = sizeof found / sizeof *found;
    char left[64] = "";
    struct eg_error err;

    assert_ok(eg_discover_filter(found, &count, filters, filter_count, &err), err);
    for (size_t i = 0; i < count; i++)
        snprintf(left + strlen(left), sizeof left - strlen(left), "%s%s", i > 0 ? " " : "",
                 found[i].path + strlen("/dev/tty"));
    assert_string_equal(left, expected);
}

#define FILTERS(...)                                                                                         \
    (const char *const[]){__VA_ARGS__}, sizeof(const char *const[]){__VA_ARGS__} / sizeof(char *)

static void filters_leave_the_ports_that_meet_them(void **state)
{
    (void)state;
    assert_left(NULL, 0, "USB0 S0 ACM0 USB1");
    assert_left(FILTERS("vid=0x303a"), "ACM0");
    assert_left(FILTERS("vid=4292"), "USB0");
    assert_left(FILTERS("pid=0o72443"), "USB1");
    assert_left(FILTERS("pid=0b1000000000001"), "ACM0");
    assert_left(FILTERS("pid=0X1001"), "ACM0");
    assert_left(FILTERS("name=USB"), "USB0 USB1");
    assert_left(FILTERS("serial=DF:A1"), "ACM0");
    assert_left(FILTERS("vid=0xffff"), "");
}

static void within_a_kind_any_filter_may_match_but_of_every_kind_one_must(void **state)
{
    (void)state;
    assert_left(FILTERS("vid=0x303a", "vid=0x10c4"), "USB0 ACM0");
    assert_left(FILTERS("vid=0x303a", "name=USB", "vid=0x10c4"), "USB0");
    assert_left(FILTERS("vid=0x303a", "name=USB"), "");
    assert_left(FILTERS("serial=A5", "serial=7C", "name=ttyACM"), "ACM0");
}

static void a_property_that_a_port_lacks_matches_nothing(void **state)
{
    (void)state;
    assert_left(FILTERS("serial="), "USB0 ACM0");
    assert_left(FILTERS("vid=0"), "");
    assert_left(FILTERS("pid=0"), "");
}

static void the_name_is_without_its_folder_and_case_matters(void **state)
{
    (void)state;
    assert_left(FILTERS("name=dev"), "");
    assert_left(FILTERS("name=usb"), "");
    assert_left(FILTERS("serial=df:a1"), "");
}

static void a_filter_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *filter, *sentence;
    } bad[] = {
        {"vid", "is none of vid=NUMBER, pid=NUMBER, name=TEXT, serial=TEXT"},
        {"VID=1", "is none of vid=NUMBER, pid=NUMBER, name=TEXT, serial=TEXT"},
        {"port=1", "is none of vid=NUMBER, pid=NUMBER, name=TEXT, serial=TEXT"},
        {"", "is none of vid=NUMBER, pid=NUMBER, name=TEXT, serial=TEXT"},
        {"vid=303a", "\"303a\" is not a number from 0 to 0xffff"},
        {"vid=", "\"\" is not a number from 0 to 0xffff"},
        {"vid=0x", "\"0x\" is not a number from 0 to 0xffff"},
        {"pid=-1", "\"-1\" is not a number from 0 to 0xffff"},
        {"pid= 1", "\" 1\" is not a number from 0 to 0xffff"},
        {"pid=0x0x1", "\"0x0x1\" is not a number from 0 to 0xffff"},
        {"pid=0x10000", "\"0x10000\" is not a number from 0 to 0xffff"},
        {"pid=99999999999999999999999", "\"99999999999999999999999\" is not a number from 0 to 0xffff"},
        {"pid=0b2", "\"0b2\" is not a number from 0 to 0xffff"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *const filters[] = {"name=nothing", bad[i].filter};
        struct eg_found_port found[] = LIST;
        size_t count = sizeof found / sizeof *found;
        size_t none = 0;
        char expected[160];
        struct eg_error err;

        snprintf(expected, sizeof expected, "port filter \"%s\": %s", bad[i].filter, bad[i].sentence);
        assert_error(eg_discover_filter(found, &count, filters, 2, &err), err, EG_BAD_JOB, expected);
        assert_int_equal(count, sizeof found / sizeof *found);
        assert_int_equal(eg_discover_filter(NULL, &none, filters, 2, &err), EG_BAD_JOB);
    }
}

static void espressif_is_searched_first_then_usb_names_highest_name_first(void **state)
{
    (void)state;
    static const char *const expected[] = {"/dev/ttyUSB3", "/dev/ttyACM0",  "/dev/ttyUSB2", "/dev/ttyUSB10",
                                           "/dev/ttyACM1", "/dev/ttyAMA10", "/dev/ttyAMA0"};
    struct eg_found_port found[] = {
        {.path = "/dev/ttyAMA0"},
        {.path = "/dev/ttyACM0", .vid = 0x303a, .pid = 0x1001},
        {.path = "/dev/ttyUSB2", .vid = 0x10c4, .pid = 0xea60},
        {.path = "/dev/ttyAMA10"},
        {.path = "/dev/ttyUSB10"},
        {.path = "/dev/ttyUSB3", .vid = 0x303a, .pid = 0x4001},
        {.path = "/dev/ttyACM1", .vid = 0x1a86, .pid = 0x55d4},
    };

    eg_discover_order_for_search(found, sizeof found / sizeof *found);
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        assert_string_equal(found[i].path, expected[i]);
    eg_discover_order_for_search(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_is_its_own_slot_and_a_path_must_be_a_serial_port),
        cmocka_unit_test(only_ports_with_a_known_bridge_are_chosen),
        cmocka_unit_test(usb_ports_are_listed_by_slot_with_what_their_device_says),
        cmocka_unit_test(a_port_has_its_place_and_its_bridge_under_every_name),
        cmocka_unit_test(where_udev_names_the_place_the_slot_has_that_name),
        cmocka_unit_test(a_port_counts_once_udev_has_initialised_it),
        cmocka_unit_test(the_port_at_a_place_is_found_under_the_name_it_has_now),
        cmocka_unit_test(every_insertion_is_another_presence),
        cmocka_unit_test(the_serial_number_of_a_device_is_harmless_to_print),
        cmocka_unit_test(filters_leave_the_ports_that_meet_them),
        cmocka_unit_test(within_a_kind_any_filter_may_match_but_of_every_kind_one_must),
        cmocka_unit_test(a_property_that_a_port_lacks_matches_nothing),
        cmocka_unit_test(the_name_is_without_its_folder_and_case_matters),
        cmocka_unit_test(a_filter_that_cannot_be_read_is_named),
        cmocka_unit_test(espressif_is_searched_first_then_usb_names_highest_name_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
