/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Simulated hands that insert and remove boards, as a port sees it; tests/engine/line/test_watch.c tests a
 * line.
 */

#include "tests/tools/vboard/talk.h"
#include "tools/vboard/hands.h"

#include <string.h>

static struct vb_hands *make_hands(enum vb_hands_way way, unsigned insertions, const char *fault)
{
    const struct vb_hands_config config = {
        .way = way, .sockets = 2, .insertions = insertions, .pace = 100000};
    const struct vb_config pattern = fast_esp32();
    struct vb_hands *hands = NULL;
    struct eg_error err;

    assert_ok(vb_hands_create(&hands, &config, &pattern, &fault, fault != NULL, &err), err);
    return hands;
}

static enum eg_code find(struct eg_found_port *found, struct vb_hands *hands, unsigned socket,
                         struct eg_error *err)
{
    const struct eg_port_scheme *const schemes[] = {vb_hands_scheme(hands), NULL};
    char url[64];

    vb_hands_url(hands, socket, url, sizeof url);
    return eg_port_find(found, url, schemes, err);
}

static struct eg_port *open_socket(struct vb_hands *hands, unsigned socket)
{
    const struct eg_port_scheme *const schemes[] = {vb_hands_scheme(hands), NULL};
    struct eg_port *port;
    struct eg_error err;
    char url[64];

    vb_hands_url(hands, socket, url, sizeof url);
    assert_ok(eg_port_open(&port, url, schemes, NULL, &err), err);
    return port;
}

static const struct vb_insertion *newest(struct vb_hands *hands, unsigned socket)
{
    unsigned count;
    const struct vb_insertion *const all = vb_hands_insertions(hands, &count);

    while (count > 0 && all[count - 1].socket != socket)
        count--;
    assert_true(count > 0);
    return &all[count - 1];
}

static void another_board_is_another_insertion_and_its_port_is_gone(void **state)
{
    (void)state;
    EG_CLEANUP(vb_hands_destroy_cleanup) struct vb_hands *hands = make_hands(VB_HANDS_PLUG, 0, NULL);
    struct eg_found_port before, after;
    struct eg_error err;
    uint8_t byte = 0;
    size_t got;

    assert_ok(find(&before, hands, 2, &err), err);
    assert_int_equal(before.vid, 0x10c4);
    assert_int_equal(newest(hands, 2)->board, 2);
    EG_CLEANUP(eg_port_close_cleanup) struct eg_port *port = open_socket(hands, 2);
    assert_true(eg_presence_same(&port->presence, &before.presence));
    assert_ok(eg_port_write(port, &byte, 1, 1000, &err), err);
    vb_hands_tell(hands, "sim:esp32/2", newest(hands, 2)->mac);
    assert_ok(find(&after, hands, 2, &err), err); /* the fast hand has inserted the next one */
    assert_false(eg_presence_same(&after.presence, &before.presence));
    assert_error(eg_port_read(port, &byte, 1, &got, 100, &err), err, EG_PORT_GONE,
                 "sim:esp32/2: the simulated board was taken out");
}

static void a_hand_takes_a_board_out_when_it_has_received_so_many_bytes(void **state)
{
    (void)state;
    unsigned pulled = 0;

    EG_CLEANUP(vb_hands_destroy_cleanup) struct vb_hands *hands = make_hands(VB_HANDS_PLUG, 0, NULL);
    for (unsigned i = 0; i < 40; i++) {
        static const uint8_t block[4096];
        struct eg_found_port found;
        struct eg_error err;

        assert_ok(find(&found, hands, 1, &err), err);
        const struct vb_insertion one = *newest(hands, 1);
        EG_CLEANUP(eg_port_close_cleanup) struct eg_port *port = open_socket(hands, 1);
        enum eg_code code = EG_OK;
        for (unsigned sent = 0; code == EG_OK && sent < 32; sent++)
            code = eg_port_write(port, block, sizeof block, 1000, &err);
        pulled += code == EG_PORT_GONE;
        vb_hands_tell(hands, "sim:esp32/1", one.mac);
    }
    assert_in_range(pulled, 1, 20);
}

static void a_fixture_keeps_its_port_and_has_the_next_board_after_the_result(void **state)
{
    (void)state;
    EG_CLEANUP(vb_hands_destroy_cleanup) struct vb_hands *hands = make_hands(VB_HANDS_READY, 3, NULL);
    struct eg_found_port found;
    struct eg_error err;
    uint8_t byte = 0;

    assert_ok(find(&found, hands, 1, &err), err);
    assert_int_equal(found.presence.device, 0);
    EG_CLEANUP(eg_port_close_cleanup) struct eg_port *port = open_socket(hands, 1);
    assert_ok(eg_port_write(port, &byte, 1, 1000, &err), err);
    assert_int_equal(newest(hands, 1)->board, 1);
    vb_hands_tell(hands, "sim:esp32/1", newest(hands, 1)->mac);
    assert_ok(eg_port_write(port, &byte, 1, 1000, &err), err);
    assert_int_equal(newest(hands, 1)->board, 3);
    assert_false(vb_hands_done(hands));
    vb_hands_tell(hands, "sim:esp32/1", newest(hands, 1)->mac);
    assert_ok(find(&found, hands, 2, &err), err);
    vb_hands_tell(hands, "sim:esp32/2", "");
    assert_true(vb_hands_done(hands));
    assert_ok(eg_port_write(port, &byte, 1, 1000, &err), err); /* to nobody */
}

static void a_board_can_show_the_mac_of_an_earlier_one(void **state)
{
    (void)state;
    EG_CLEANUP(vb_hands_destroy_cleanup) struct vb_hands *hands = make_hands(VB_HANDS_PLUG, 0, "2:mac=1");
    struct eg_found_port found;
    struct eg_error err;

    assert_ok(find(&found, hands, 1, &err), err);
    const struct vb_insertion first = *newest(hands, 1);
    assert_ok(find(&found, hands, 2, &err), err);
    assert_string_equal(newest(hands, 2)->mac, first.mac);
}

static void what_is_not_there_is_said(void **state)
{
    (void)state;
    EG_CLEANUP(vb_hands_destroy_cleanup) struct vb_hands *hands = make_hands(VB_HANDS_PLUG, 1, NULL);
    const struct eg_port_scheme *const schemes[] = {vb_hands_scheme(hands), NULL};
    struct eg_found_port found;
    struct eg_port *port;
    struct eg_error err;

    assert_error(find(&found, hands, 3, &err), err, EG_NO_PORT,
                 "sim:esp32/3: there is no such simulated socket, only sim:esp32/1 to sim:esp32/2");
    assert_error(find(&found, hands, 2, &err), err, EG_NO_PORT, "sim:esp32/2: no simulated board is in it");
    assert_error(eg_port_open(&port, "sim:esp32/2", schemes, NULL, &err), err, EG_NO_PORT,
                 "sim:esp32/2: no simulated board is in it");
    EG_CLEANUP(eg_port_close_cleanup) struct eg_port *first = open_socket(hands, 1);
    assert_non_null(first);
    assert_error(eg_port_open(&port, "sim:esp32/1", schemes, NULL, &err), err, EG_PORT_BUSY,
                 "sim:esp32/1: the simulated board is open already");
}

static void a_fault_that_does_not_exist_is_refused_at_once(void **state)
{
    (void)state;
    const struct vb_hands_config config = {.sockets = 1, .pace = 1};
    const struct vb_config pattern = fast_esp32();
    const char *const fault = "101%:lie";
    struct vb_hands *hands;
    struct eg_error err;

    assert_error(vb_hands_create(&hands, &config, &pattern, &fault, 1, &err), err, EG_BAD_JOB,
                 "fault \"101%:lie\": a share of boards is 1% to 100%");
}

static void a_board_with_the_mac_of_a_board_without_its_own_is_refused_at_once(void **state)
{
    (void)state;
    const struct vb_hands_config config = {.sockets = 1, .pace = 1};
    const struct vb_config pattern = fast_esp32();
    struct vb_hands *hands;
    struct eg_error err;

    assert_error(vb_hands_create(&hands, &config, &pattern, (const char *[]){"4:mac=5", "5:mac=4"}, 2, &err),
                 err, EG_BAD_JOB, "board 4: board 5 shows the MAC of another board itself");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_board_is_another_insertion_and_its_port_is_gone),
        cmocka_unit_test(a_hand_takes_a_board_out_when_it_has_received_so_many_bytes),
        cmocka_unit_test(a_fixture_keeps_its_port_and_has_the_next_board_after_the_result),
        cmocka_unit_test(a_board_can_show_the_mac_of_an_earlier_one),
        cmocka_unit_test(what_is_not_there_is_said),
        cmocka_unit_test(a_board_with_the_mac_of_a_board_without_its_own_is_refused_at_once),
        cmocka_unit_test(a_fault_that_does_not_exist_is_refused_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
