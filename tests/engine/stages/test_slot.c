/* SPDX-License-Identifier: Apache-2.0 */

/* Which board is in a slot: the device found at a place, and the device that is opened there. */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_plan.h"

#include "engine/base/bytes.h"
#include "engine/stages/run.h"
#include "engine/stages/slot.h"

#include <stdlib.h>
#include <string.h>

#define PLACE "1-2:1.0"
#define MAC   "24:0a:c4:00:10:00"
#define OTHER "24:0a:c4:00:10:04"

/* The device at the place, and a run there. */
struct place {
    struct eg_plan *plan;
    struct eg_port_scheme scheme;
    const struct eg_port_scheme *schemes[2];
    struct eg_found_port there;
    enum eg_code missing;         /* EG_OK = it is there */
    unsigned absent;              /* number of looks that still find nothing */
    struct eg_presence exchanged; /* the device that is opened, unless 0 */
    enum eg_code refuses;         /* opening */
    unsigned opened, open;
    char url[64]; /* that was opened last */
    struct eg_run run;
    struct eg_cancel cancel;
    struct eg_error err;
};

static enum eg_code find(struct eg_found_port *found, const char *address, void *context,
                         struct eg_error *err)
{
    struct place *const place = context;

    assert_string_equal(address, PLACE);
    if (place->absent > 0) {
        place->absent--;
        return eg_error_set(err, EG_NO_PORT, "%s: nothing is plugged in", address);
    }
    if (place->missing != EG_OK)
        return eg_error_set(err, place->missing, "%s: udev has not initialised it yet", address);
    *found = place->there;
    return EG_OK;
}

static enum eg_code set_baud(struct eg_port *port, uint32_t baud, struct eg_error *err)
{
    (void)port;
    (void)baud;
    (void)err;
    return EG_OK;
}

static unsigned *open_count; /* of the place of the test */

static void close_port(struct eg_port *port)
{
    --*open_count;
    free(port);
}

static const struct eg_port_ops ops = {.set_baud = set_baud, .close = close_port};

static enum eg_code open_port(struct eg_port **port, const char *url, void *context,
                              const struct eg_cancel *cancel, struct eg_error *err)
{
    struct place *const place = context;

    (void)cancel;
    snprintf(place->url, sizeof place->url, "%s", url);
    if (place->refuses != EG_OK)
        return eg_error_set(err, place->refuses, "%s: permission denied", url);
    EG_TRY(eg_alloc(port, 1, sizeof **port, err));
    (*port)->ops = &ops;
    (*port)->presence = place->exchanged.device != 0 ? place->exchanged : place->there.presence;
    snprintf((*port)->path, sizeof(*port)->path, "%s", url);
    snprintf((*port)->place, sizeof(*port)->place, "%s", PLACE);
    place->opened++;
    ++*open_count;
    return EG_OK;
}

/* Plug in insertion `number`, under the name /dev/ttyUSB`number`. */
static void plug(struct place *place, unsigned number, const char *serial)
{
    place->there = (struct eg_found_port){.presence = {.device = 100 + number, .initialized_us = number}};
    snprintf(place->there.path, sizeof place->there.path, "/dev/ttyUSB%u", number);
    snprintf(place->there.slot, sizeof place->there.slot, "%s", PLACE);
    snprintf(place->there.serial, sizeof place->there.serial, "%s", serial);
}

static int setup(void **state)
{
    struct place *const place = calloc(1, sizeof *place);

    assert_non_null(place);
    open_count = &place->open;
    place->plan = fake_plan_create("esp32");
    fake_plan_set(place->plan, "link.return", "200ms");
    place->scheme = (struct eg_port_scheme){.scheme = "", .open = open_port, .context = place, .find = find};
    place->schemes[0] = &place->scheme;
    plug(place, 0, "0001");
    place->run = (struct eg_run){
        .plan = place->plan,
        .schemes = place->schemes,
        .cancel = &place->cancel,
        .slot = "left",
        .address = PLACE,
        .url = "/dev/ttyUSB0",
        .presence = place->there.presence,
    };
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *const place = *state;

    eg_port_close(place->run.port);
    assert_int_equal(place->open, 0);
    eg_plan_destroy(place->plan);
    free(place);
    return 0;
}

static void identified(struct place *place, bool native)
{
    memcpy(place->run.unit.mac, MAC, sizeof MAC);
    place->run.has_unit = true;
    place->run.native_usb = native;
}

static void the_port_of_the_place_is_opened_whatever_its_name_is(void **state)
{
    struct place *const place = *state;

    snprintf(place->there.path, sizeof place->there.path, "/dev/ttyUSB7");
    assert_ok(eg_run_open(&place->run, &place->err), place->err);
    assert_string_equal(place->url, "/dev/ttyUSB7");
    assert_string_equal(place->run.url, "/dev/ttyUSB7");
    assert_ok(eg_run_check_board(&place->run, &place->err), place->err);
}

static void another_insertion_before_the_mac_is_known_is_a_board_that_was_taken_out(void **state)
{
    struct place *const place = *state;

    plug(place, 1, "0001");
    assert_error(eg_run_open(&place->run, &place->err), place->err, EG_BOARD_REMOVED,
                 "the board was taken out, and something else is in its place");
    assert_int_equal(place->opened, 0);
    assert_error(eg_run_check_board(&place->run, &place->err), place->err, EG_BOARD_REMOVED,
                 "the board was taken out before it was done");
}

static void in_a_fixture_another_insertion_is_taken_until_the_mac_is_known(void **state)
{
    struct place *const place = *state;

    place->run.replaceable = true;
    plug(place, 1, "0001");
    assert_ok(eg_run_open(&place->run, &place->err), place->err);
}

static void once_the_mac_is_known_another_insertion_is_opened_so_that_the_loader_can_be_asked(void **state)
{
    struct place *const place = *state;

    identified(place, false);
    plug(place, 1, "0001");
    assert_ok(eg_run_open(&place->run, &place->err), place->err);
    assert_false(eg_presence_same(&place->run.presence, &place->there.presence));
    assert_int_equal(eg_run_check_board(&place->run, &place->err), EG_BOARD_REMOVED);
    eg_run_confirm(&place->run); /* the loader reported the same MAC */
    assert_ok(eg_run_check_board(&place->run, &place->err), place->err);
}

static void an_application_cannot_be_asked_so_another_insertion_is_not_reopened(void **state)
{
    struct place *const place = *state;

    identified(place, false);
    assert_ok(eg_run_open(&place->run, &place->err), place->err);
    plug(place, 1, "0001");
    assert_error(eg_run_reopen(&place->run, &place->err), place->err, EG_BOARD_REMOVED,
                 "the board was taken out, and something else is in its place");
}

static void a_chip_with_usb_of_its_own_is_known_again_under_another_name(void **state)
{
    struct place *const place = *state;

    plug(place, 0, "24:0A:C4:00:10:00");
    place->run.presence = place->there.presence;
    identified(place, true);
    assert_ok(eg_run_open(&place->run, &place->err), place->err);
    plug(place, 3, "24:0A:C4:00:10:00");
    assert_ok(eg_run_check_board(&place->run, &place->err), place->err);
    assert_ok(eg_run_reopen(&place->run, &place->err), place->err);
    assert_true(eg_presence_same(&place->run.presence, &place->there.presence));
    assert_string_equal(place->run.url, "/dev/ttyUSB3");
    assert_true(eg_slot_holds(PLACE, &(struct eg_presence){.device = 9}, MAC, place->schemes));
    assert_false(eg_slot_holds(PLACE, &(struct eg_presence){.device = 9}, OTHER, place->schemes));
}

static void another_chip_with_usb_of_its_own_is_a_board_that_was_exchanged(void **state)
{
    struct place *const place = *state;

    identified(place, true);
    plug(place, 1, OTHER);
    assert_error(eg_run_open(&place->run, &place->err), place->err, EG_BOARD_EXCHANGED,
                 "the board in the slot is now 24:0a:c4:00:10:04, the run began with 24:0a:c4:00:10:00");
    assert_int_equal(eg_run_check_board(&place->run, &place->err), EG_BOARD_REMOVED);
    assert_int_equal(place->opened, 0);
}

static void a_chip_that_was_reset_into_its_application_may_be_away_and_a_bridge_may_not(void **state)
{
    struct place *const place = *state;

    identified(place, true);
    place->missing = EG_NO_PORT;
    assert_error(eg_run_check_board(&place->run, &place->err), place->err, EG_BOARD_REMOVED,
                 "the board was taken out before it was done");
    place->run.facts = EG_FACT_LEFT;
    assert_ok(eg_run_check_board(&place->run, &place->err), place->err);
    place->run.native_usb = false;
    assert_int_equal(eg_run_check_board(&place->run, &place->err), EG_BOARD_REMOVED);
}

static void what_was_exchanged_while_it_was_opened_is_closed_again(void **state)
{
    struct place *const place = *state;

    place->exchanged.device = 555;
    assert_error(eg_run_open(&place->run, &place->err), place->err, EG_NO_PORT,
                 "/dev/ttyUSB0: the port was exchanged while it was opened");
    assert_null(place->run.port);
    assert_int_equal(place->opened, 1);
    assert_int_equal(place->open, 0);
}

static void a_port_that_udev_has_not_initialised_is_not_opened(void **state)
{
    struct place *const place = *state;

    place->missing = EG_NO_PORT;
    assert_error(eg_run_open(&place->run, &place->err), place->err, EG_NO_PORT,
                 "1-2:1.0: udev has not initialised it yet");
    assert_int_equal(place->opened, 0);
}

static void a_port_that_comes_back_within_the_limit_is_opened_again(void **state)
{
    struct place *const place = *state;

    place->absent = 1;
    assert_ok(eg_run_open_again(&place->run, &place->err), place->err);
    assert_int_equal(place->absent, 0);
}

static void a_port_that_stays_away_is_gone_after_what_the_job_allows(void **state)
{
    struct place *const place = *state;

    place->missing = EG_NO_PORT;
    assert_error(eg_run_open_again(&place->run, &place->err), place->err, EG_PORT_GONE,
                 "the port did not come back in 0.2 s: 1-2:1.0: udev has not initialised it yet");
    place->missing = EG_OK;
    place->refuses = EG_PORT_REFUSED;
    assert_error(eg_run_open_again(&place->run, &place->err), place->err, EG_PORT_GONE,
                 "the port did not come back in 0.2 s: /dev/ttyUSB0: permission denied");
}

static void waiting_for_a_port_ends_with_a_cancel_and_with_another_board(void **state)
{
    struct place *const place = *state;

    identified(place, true);
    plug(place, 1, OTHER);
    assert_int_equal(eg_run_open_again(&place->run, &place->err), EG_BOARD_EXCHANGED);
    place->missing = EG_NO_PORT;
    fake_plan_set(place->plan, "link.return", "60s");
    eg_cancel_request(&place->cancel);
    assert_int_equal(eg_run_open_again(&place->run, &place->err), EG_CANCELLED);
}

static void where_insertions_are_not_known_the_slot_always_holds_its_board(void **state)
{
    struct place *const place = *state;
    const struct eg_presence unknown = {.device = 0};

    place->missing = EG_NO_PORT;
    assert_true(eg_slot_holds(PLACE, &unknown, MAC, place->schemes));
    assert_false(eg_slot_holds(PLACE, &place->run.presence, MAC, place->schemes));
    place->run.presence = unknown;
    assert_ok(eg_run_check_board(&place->run, &place->err), place->err);
}

static void a_serial_number_is_a_mac_with_or_without_separators(void **state)
{
    (void)state;
    assert_true(eg_serial_is_mac("24:0A:C4:00:10:00", MAC));
    assert_true(eg_serial_is_mac("240ac4001000", MAC));
    assert_false(eg_serial_is_mac("240ac4001004", MAC));
    assert_false(eg_serial_is_mac("0001", MAC));
    assert_false(eg_serial_is_mac("", ""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_port_of_the_place_is_opened_whatever_its_name_is),
        TEST(another_insertion_before_the_mac_is_known_is_a_board_that_was_taken_out),
        TEST(in_a_fixture_another_insertion_is_taken_until_the_mac_is_known),
        TEST(once_the_mac_is_known_another_insertion_is_opened_so_that_the_loader_can_be_asked),
        TEST(an_application_cannot_be_asked_so_another_insertion_is_not_reopened),
        TEST(a_chip_with_usb_of_its_own_is_known_again_under_another_name),
        TEST(another_chip_with_usb_of_its_own_is_a_board_that_was_exchanged),
        TEST(a_chip_that_was_reset_into_its_application_may_be_away_and_a_bridge_may_not),
        TEST(what_was_exchanged_while_it_was_opened_is_closed_again),
        TEST(a_port_that_udev_has_not_initialised_is_not_opened),
        TEST(a_port_that_comes_back_within_the_limit_is_opened_again),
        TEST(a_port_that_stays_away_is_gone_after_what_the_job_allows),
        TEST(waiting_for_a_port_ends_with_a_cancel_and_with_another_board),
        TEST(where_insertions_are_not_known_the_slot_always_holds_its_board),
        cmocka_unit_test(a_serial_number_is_a_mac_with_or_without_separators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
