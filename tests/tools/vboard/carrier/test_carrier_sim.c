/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/tools/vboard/talk.h"
#include "tools/vboard/carrier/adapter.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS 16

static struct vb_gang *make_gang(const struct vb_config *config, unsigned count, const char *fault)
{
    struct vb_gang *gang = NULL;
    struct eg_error err;

    assert_ok(vb_gang_create(&gang, config, count, &fault, fault != NULL, &err), err);
    return gang;
}

static enum eg_code open_board(struct eg_port **port, struct vb_gang *gang, const char *url,
                               struct eg_error *err)
{
    const struct eg_port_scheme *schemes[] = {vb_gang_scheme(gang), NULL};

    return eg_port_open(port, url, schemes, NULL, err);
}

/* Read until nothing arrives for a tenth of a second of the board's time. */
static enum eg_code hear(struct eg_port *port, struct heard *heard, struct eg_error *err)
{
    size_t got;

    do {
        EG_TRY(
            eg_port_read(port, heard->data + heard->size, sizeof heard->data - heard->size, &got, 100, err));
        heard->size += got;
    } while (got > 0);
    return EG_OK;
}

static enum eg_code reset_into_loader(struct eg_port *port, struct heard *heard, struct eg_error *err)
{
    EG_TRY(eg_port_set_lines(port, false, true, err));
    EG_TRY(hear(port, heard, err));
    EG_TRY(eg_port_set_lines(port, true, false, err));
    EG_TRY(hear(port, heard, err));
    return eg_port_set_lines(port, false, false, err);
}

static enum eg_code sync_board(struct eg_port *port, unsigned *replies, struct eg_error *err)
{
    struct heard heard = {.size = 0};

    EG_TRY(eg_port_write(port, sync_request, sizeof sync_request, 1000, err));
    EG_TRY(hear(port, &heard, err));
    *replies = heard_syncs(&heard);
    return EG_OK;
}

static void a_board_resets_into_its_loader_and_answers(void **state)
{
    (void)state;
    const struct vb_config config = fast_esp32();
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = make_gang(&config, 3, NULL);
    EG_CLEANUP(eg_port_close_cleanup) struct eg_port *port = NULL;
    struct heard heard = {.size = 0};
    struct eg_error err;
    unsigned replies = 0;

    assert_ok(open_board(&port, gang, "sim:esp32/2", &err), err);
    assert_true(eg_port_has_lines(port));
    assert_ok(reset_into_loader(port, &heard, &err), err);
    assert_int_equal(heard_text(&heard, "waiting for download"), 1);
    assert_ok(sync_board(port, &replies, &err), err);
    assert_int_equal(replies, SYNC_REPLIES);
}

static void a_board_with_time_answers_too(void **state)
{
    (void)state;
    struct vb_config config = fast_esp32();
    config.fast = false;
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = make_gang(&config, 1, NULL);
    EG_CLEANUP(eg_port_close_cleanup) struct eg_port *port = NULL;
    struct heard heard = {.size = 0};
    struct eg_error err;
    unsigned replies = 0;

    assert_ok(open_board(&port, gang, "sim:esp32/1", &err), err);
    assert_ok(reset_into_loader(port, &heard, &err), err);
    assert_int_equal(heard_text(&heard, "waiting for download"), 1);
    assert_ok(sync_board(port, &replies, &err), err);
    assert_int_equal(replies, SYNC_REPLIES);
    assert_ok(eg_port_drain(port, 1000, &err), err);
}

static void an_unknown_board_is_named(void **state)
{
    (void)state;
    const struct vb_config config = fast_esp32();
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = make_gang(&config, 3, NULL);
    struct eg_port *port;
    struct eg_error err;

    assert_error(open_board(&port, gang, "sim:esp32/4", &err), err, EG_NO_PORT,
                 "sim:esp32/4: there is no such simulated board, only sim:esp32/1 to sim:esp32/3");
    assert_error(open_board(&port, gang, "sim:esp8266/1", &err), err, EG_NO_PORT,
                 "sim:esp8266/1: there is no such simulated board, only sim:esp32/1 to sim:esp32/3");
}

static void a_board_is_open_once_at_a_time(void **state)
{
    (void)state;
    const struct vb_config config = fast_esp32();
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = make_gang(&config, 2, NULL);
    struct eg_port *first, *second;
    struct eg_error err;

    assert_ok(open_board(&first, gang, "sim:esp32/1", &err), err);
    assert_error(open_board(&second, gang, "sim:esp32/1", &err), err, EG_PORT_BUSY,
                 "sim:esp32/1: the simulated board is open already");
    assert_ok(open_board(&second, gang, "sim:esp32/2", &err), err);
    eg_port_close(second);
    eg_port_close(first);
    assert_ok(open_board(&first, gang, "sim:esp32/1", &err), err);
    eg_port_close(first);
}

static void no_more_than_the_adapter_holds_is_taken_at_once(void **state)
{
    (void)state;
    struct vb_config config = fast_esp32();
    config.fast = false;
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = make_gang(&config, 1, NULL);
    EG_CLEANUP(eg_port_close_cleanup) struct eg_port *port = NULL;
    static const uint8_t nothing[10000];
    struct eg_error err;

    assert_ok(open_board(&port, gang, "sim:esp32/1", &err), err);
    assert_error(eg_port_write(port, nothing, sizeof nothing, 0, &err), err, EG_TIMEOUT,
                 "sim:esp32/1: 5904 of 10000 bytes left to send after 0 ms");
    assert_ok(eg_port_write(port, nothing, 5904, 5000, &err), err);
}

static void an_unplugged_board_is_gone_and_stays_so(void **state)
{
    (void)state;
    const struct vb_config config = fast_esp32();
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = make_gang(&config, 2, "1:gone@10");
    struct eg_port *port;
    struct eg_error err;
    uint8_t byte;
    size_t got;

    assert_ok(open_board(&port, gang, "sim:esp32/1", &err), err);
    assert_ok(eg_port_write(port, sync_request, sizeof sync_request, 1000, &err), err);
    assert_error(eg_port_read(port, &byte, 1, &got, 100, &err), err, EG_PORT_GONE,
                 "sim:esp32/1: the simulated board was unplugged");
    eg_port_close(port);
    assert_error(open_board(&port, gang, "sim:esp32/1", &err), err, EG_NO_PORT,
                 "sim:esp32/1: the simulated board is unplugged");
    assert_ok(open_board(&port, gang, "sim:esp32/2", &err), err);
    eg_port_close(port);
}

static void a_board_that_is_plugged_in_again_can_be_opened_again(void **state)
{
    (void)state;
    const struct vb_config config = fast_esp32();
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = make_gang(&config, 1, "gone@10:200");
    struct heard heard = {.size = 0};
    struct eg_port *port;
    struct eg_error err;
    unsigned replies = 0;
    uint8_t byte;
    size_t got;

    assert_ok(open_board(&port, gang, "sim:esp32/1", &err), err);
    assert_ok(eg_port_write(port, sync_request, sizeof sync_request, 1000, &err), err);
    assert_int_equal(eg_port_read(port, &byte, 1, &got, 100, &err), EG_PORT_GONE);
    eg_port_close(port);
    while (open_board(&port, gang, "sim:esp32/1", &err) != EG_OK)
        assert_ok(eg_sleep_ms(NULL, 20, &err), err);
    assert_ok(reset_into_loader(port, &heard, &err), err);
    assert_ok(sync_board(port, &replies, &err), err);
    assert_int_equal(replies, SYNC_REPLIES);
    eg_port_close(port);
}

static void discarded_input_is_not_read(void **state)
{
    (void)state;
    const struct vb_config config = fast_esp32();
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = make_gang(&config, 1, NULL);
    EG_CLEANUP(eg_port_close_cleanup) struct eg_port *port = NULL;
    struct heard heard = {.size = 0};
    struct eg_error err;
    unsigned replies = 0;

    assert_ok(open_board(&port, gang, "sim:esp32/1", &err), err);
    assert_ok(reset_into_loader(port, &heard, &err), err);
    assert_ok(eg_port_write(port, sync_request, sizeof sync_request, 1000, &err), err);
    assert_ok(eg_port_discard(port, &err), err);
    heard.size = 0;
    assert_ok(hear(port, &heard, &err), err);
    assert_int_equal(heard.size, 0);
    assert_ok(sync_board(port, &replies, &err), err);
    assert_int_equal(replies, SYNC_REPLIES);
}

/* One worker; it records, the test asserts after the join. */
struct worker {
    pthread_t thread;
    struct vb_gang *gang;
    char url[64];
    enum eg_code code;
    struct eg_error err;
    unsigned replies;
};

static enum eg_code work(struct worker *worker)
{
    EG_CLEANUP(eg_port_close_cleanup) struct eg_port *port = NULL;
    struct heard heard = {.size = 0};

    EG_TRY(open_board(&port, worker->gang, worker->url, &worker->err));
    EG_TRY(reset_into_loader(port, &heard, &worker->err));
    return sync_board(port, &worker->replies, &worker->err);
}

static void *run_worker(void *context)
{
    struct worker *worker = context;

    worker->code = work(worker);
    return NULL;
}

static void every_board_may_have_its_own_thread(void **state)
{
    (void)state;
    struct vb_config config = fast_esp32();
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = make_gang(&config, THREADS, NULL);
    struct worker workers[THREADS];

    /* Twice, so that every board changes its thread. */
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < THREADS; i++) {
            workers[i] = (struct worker){.gang = gang};
            vb_gang_url(gang, (i + round) % THREADS + 1, workers[i].url, sizeof workers[i].url);
            assert_int_equal(pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]), 0);
        }
        for (unsigned i = 0; i < THREADS; i++)
            pthread_join(workers[i].thread, NULL);
        for (unsigned i = 0; i < THREADS; i++) {
            assert_ok(workers[i].code, workers[i].err);
            assert_int_equal(workers[i].replies, SYNC_REPLIES);
        }
    }
}

static void a_port_has_the_ids_of_what_carries_it(void **state)
{
    static const struct {
        const char *target;
        enum vb_usb usb;
        uint16_t vid, pid;
    } rows[] = {{"esp32", VB_USB_BRIDGE, 0x10c4, 0xea60},
                {"esp32c3", VB_USB_SERIAL_JTAG, 0x303a, 0x1001},
                {"esp32p4", VB_USB_OTG, 0x303a, 0x0012}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct vb_config config = {
            .target = eg_target_by_name(rows[i].target), .usb = rows[i].usb, .fast = true};
        EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = make_gang(&config, 1, NULL);
        EG_CLEANUP(eg_port_close_cleanup) struct eg_port *port = NULL;
        struct eg_error err;
        char url[64];

        vb_gang_url(gang, 1, url, sizeof url);
        assert_ok(open_board(&port, gang, url, &err), err);
        assert_int_equal(port->vid, rows[i].vid);
        assert_int_equal(port->pid, rows[i].pid);
    }
}

static void a_board_that_resets_over_otg_is_gone_and_comes_back(void **state)
{
    const struct vb_config config = {
        .target = eg_target_by_name("esp32s2"), .usb = VB_USB_OTG, .force_download = true, .fast = true};
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = make_gang(&config, 1, NULL);
    EG_CLEANUP(eg_port_close_cleanup) struct eg_port *port = NULL;
    struct eg_error err;
    unsigned replies = 0;
    size_t got;
    uint8_t byte;

    (void)state;
    assert_ok(open_board(&port, gang, "sim:esp32s2/1", &err), err);
    assert_ok(sync_board(port, &replies, &err), err);
    assert_int_equal(replies, SYNC_REPLIES);
    assert_ok(eg_port_set_lines(port, false, true, &err), err);
    assert_error(eg_port_read(port, &byte, 1, &got, 100, &err), err, EG_PORT_GONE,
                 "sim:esp32s2/1: the simulated board was unplugged");
    eg_port_close(port);
    port = NULL;
    vb_adapter_skip_to_us(vb_gang_adapter(gang, 1), vb_adapter_now_us(vb_gang_adapter(gang, 1)) + 1000000);
    assert_ok(open_board(&port, gang, "sim:esp32s2/1", &err), err);
    assert_ok(sync_board(port, &replies, &err), err);
    assert_int_equal(replies, 0); /* the application runs */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_board_resets_into_its_loader_and_answers),
        cmocka_unit_test(a_board_with_time_answers_too),
        cmocka_unit_test(an_unknown_board_is_named),
        cmocka_unit_test(a_board_is_open_once_at_a_time),
        cmocka_unit_test(no_more_than_the_adapter_holds_is_taken_at_once),
        cmocka_unit_test(an_unplugged_board_is_gone_and_stays_so),
        cmocka_unit_test(a_board_that_is_plugged_in_again_can_be_opened_again),
        cmocka_unit_test(discarded_input_is_not_read),
        cmocka_unit_test(every_board_may_have_its_own_thread),
        cmocka_unit_test(a_port_has_the_ids_of_what_carries_it),
        cmocka_unit_test(a_board_that_resets_over_otg_is_gone_and_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
