/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/tools/vboard/serving.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

#define QUIET_MS 300

static struct vb_config esp32(void)
{
    return (struct vb_config){.target = eg_target_by_name("esp32")};
}

static void begin(struct serving *serving, unsigned count, const char *fault)
{
    const struct vb_config config = esp32();
    struct eg_error err;

    *serving = (struct serving){0};
    assert_ok(vb_gang_create(&serving->gang, &config, count, &fault, fault != NULL, &err), err);
    assert_ok(vb_rfc2217_create(&serving->rfc2217, serving->gang, "127.0.0.1", 0, &err), err);
    serving_begin(serving);
}

/* Connect; -1 and errno if no server listens. */
static int dial(uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int client = socket(AF_INET, SOCK_STREAM, 0);

    if (connect(client, (const struct sockaddr *)&address, sizeof address) == 0)
        return client;
    close(client);
    return -1;
}

static int dial_board(const struct serving *serving, unsigned number)
{
    const int client = dial(vb_rfc2217_port(serving->rfc2217, number));

    assert_true(client >= 0);
    return client;
}

/* Send one request of the COM port option with one byte. */
static void ask(int client, uint8_t command, uint8_t value)
{
    say(client, BYTES(255, 250, 44, command, value, 255, 240));
}

static void set_baud(int client, uint32_t baud)
{
    say(client, BYTES(255, 250, 44, 1, (uint8_t)(baud >> 24), (uint8_t)(baud >> 16), (uint8_t)(baud >> 8),
                      (uint8_t)baud, 255, 240));
}

/*
 * Reset into the loader. RTS is EN, DTR is the strap. Both change in one packet: between two packets, a busy
 * machine may let EN rise.
 */
static void reset_into_loader(int client, struct heard *heard)
{
    ask(client, 5, 9);
    ask(client, 5, 11);
    hear_until_quiet(client, heard, 100);
    const unsigned before = heard_text(heard, "waiting for download\r\n");
    say(client, BYTES(255, 250, 44, 5, 8, 255, 240, 255, 250, 44, 5, 12, 255, 240));
    hear_text(client, heard, "waiting for download\r\n", before + 1);
    ask(client, 5, 9);
    hear_until_quiet(client, heard, 100);
}

/* Return how often it answers. */
static unsigned sync_board(int client)
{
    struct heard heard = {.size = 0};

    say(client, sync_request, sizeof sync_request);
    hear_until_quiet(client, &heard, QUIET_MS);
    return heard_syncs(&heard);
}

/* Check that it answers the expected number of times. */
static void assert_syncs(int client)
{
    struct heard heard = {.size = 0};

    say(client, sync_request, sizeof sync_request);
    hear_times(client, &heard, sync_reply, sizeof sync_reply, SYNC_REPLIES);
    hear_until_quiet(client, &heard, QUIET_MS);
    assert_int_equal(heard_syncs(&heard), SYNC_REPLIES);
}

static void modem_lines_reset_the_board_into_its_loader(void **state)
{
    (void)state;
    struct serving serving;
    struct heard heard = {.size = 0};

    begin(&serving, 2, NULL);
    const int client = dial_board(&serving, 2);
    reset_into_loader(client, &heard);
    assert_int_equal(heard_count(&heard, BYTES(255, 253, 44)), 1); /* the offer */
    assert_int_equal(heard_count(&heard, BYTES(255, 250, 44, 105, 8, 255, 240)), 1);
    assert_int_equal(heard_text(&heard, "waiting for download"), 1);
    assert_syncs(client);
    close(client);
    serving_end(&serving);
}

/* More boards than one thread serves. */
static void the_first_and_the_last_of_many_boards_answer(void **state)
{
    (void)state;
    struct vb_config config = esp32();
    struct serving serving = {0};
    struct eg_error err;

    config.part = &vb_flash_parts[4]; /* 1 MB */
    config.fast = config.strap_low = true;
    assert_ok(vb_gang_create(&serving.gang, &config, 70, NULL, 0, &err), err);
    assert_ok(vb_rfc2217_create(&serving.rfc2217, serving.gang, "127.0.0.1", 0, &err), err);
    serving_begin(&serving);
    for (unsigned number = 1; number <= 70; number += number == 1 ? 34 : 35) {
        const int client = dial_board(&serving, number);

        assert_syncs(client);
        close(client);
    }
    serving_end(&serving);
}

static void a_pulse_of_rts_alone_starts_the_application(void **state)
{
    (void)state;
    struct serving serving;
    struct heard heard = {.size = 0};

    begin(&serving, 1, NULL);
    const int client = dial_board(&serving, 1);
    ask(client, 5, 11);
    hear_until_quiet(client, &heard, 100);
    const unsigned before = heard_text(&heard, "boot:0x13");
    ask(client, 5, 12);
    hear_text(client, &heard, "boot:0x13", before + 1);
    assert_int_equal(heard_text(&heard, "waiting for download"), 0);
    assert_int_equal(sync_board(client), 0);
    close(client);
    serving_end(&serving);
}

static void a_byte_ff_of_the_board_is_doubled(void **state)
{
    (void)state;
    struct serving serving;
    struct heard heard = {.size = 0};

    begin(&serving, 1, NULL);
    const int client = dial_board(&serving, 1);
    reset_into_loader(client, &heard);
    assert_syncs(client);
    /* Write 0x01ff02ff to RAM, with each 0xff doubled for telnet, and read it back. */
    say(client, BYTES(0xc0, 0, 9, 16, 0, 0, 0, 0, 0, 0, 0, 0xfb, 0x3f, 255, 255, 2, 255, 255, 1, 255, 255,
                      255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0xc0));
    hear_until_quiet(client, &heard, QUIET_MS);
    heard.size = 0;
    say(client, BYTES(0xc0, 0, 10, 4, 0, 0, 0, 0, 0, 0, 0, 0xfb, 0x3f, 0xc0));
    hear_until_quiet(client, &heard, QUIET_MS);
    assert_int_equal(heard_count(&heard, BYTES(0xc0, 1, 10, 4, 0, 255, 255, 2, 255, 255, 1)), 1);
    close(client);
    serving_end(&serving);
}

static void a_rate_that_is_not_the_boards_makes_garbage(void **state)
{
    (void)state;
    struct serving serving;
    struct heard heard = {.size = 0};

    begin(&serving, 1, NULL);
    const int client = dial_board(&serving, 1);
    reset_into_loader(client, &heard);
    assert_syncs(client);
    set_baud(client, 460800);
    assert_int_equal(sync_board(client), 0);
    set_baud(client, 115200);
    heard.size = 0;
    say(client, sync_request, sizeof sync_request); /* ends the frame that the garbage began */
    hear_until_quiet(client, &heard, 1000);
    assert_syncs(client);
    close(client);
    serving_end(&serving);
}

static void a_second_client_is_turned_away_and_the_first_goes_on(void **state)
{
    (void)state;
    struct serving serving;
    struct heard heard = {.size = 0};

    begin(&serving, 1, NULL);
    const int first = dial_board(&serving, 1);
    reset_into_loader(first, &heard);
    const int second = dial_board(&serving, 1);
    heard.size = 0;
    assert_false(hear_until_quiet(second, &heard, 10000));
    assert_int_equal(heard.size, 0);
    close(second);
    assert_syncs(first);
    close(first);
    serving_end(&serving);
}

static void the_board_goes_on_between_two_clients(void **state)
{
    (void)state;
    struct serving serving;
    struct heard heard = {.size = 0};

    begin(&serving, 1, NULL);
    const int first = dial_board(&serving, 1);
    reset_into_loader(first, &heard);
    close(first);
    const int second = dial_board(&serving, 1);
    assert_syncs(second);
    close(second);
    serving_end(&serving);
}

static void bytes_written_right_before_leaving_arrive(void **state)
{
    (void)state;
    static const uint8_t much[20000];
    struct serving serving;
    struct heard heard = {.size = 0};

    begin(&serving, 1, NULL);
    const int first = dial_board(&serving, 1);
    reset_into_loader(first, &heard);
    assert_syncs(first);
    /* Read a word of RAM after 20000 meaningless bytes, which are more than the adapter can hold. */
    say(first, much, sizeof much);
    say(first, BYTES(0xc0, 0, 9, 16, 0, 0, 0, 0, 0, 0, 0, 0xfb, 0x3f, 0x44, 0x33, 0x22, 0x11, 255, 255, 255,
                     255, 255, 255, 255, 255, 0, 0, 0, 0, 0xc0));
    close(first);
    const int second = dial_board(&serving, 1);
    heard.size = 0;
    while (heard_count(&heard, BYTES(255, 253, 44)) == 0) /* its turn has come */
        assert_true(hear_until_quiet(second, &heard, 100));
    hear_until_quiet(second, &heard, 1000);
    say(second, BYTES(0xc0, 0, 10, 4, 0, 0, 0, 0, 0, 0, 0, 0xfb, 0x3f, 0xc0));
    hear_times(second, &heard, BYTES(0xc0, 1, 10, 4, 0, 0x44, 0x33, 0x22, 0x11), 1);
    close(second);
    serving_end(&serving);
}

static void a_port_that_is_gone_refuses_until_it_is_back(void **state)
{
    (void)state;
    struct serving serving;
    struct heard heard = {.size = 0};

    begin(&serving, 2, "1:gone@10:3000");
    const int first = dial_board(&serving, 1);
    reset_into_loader(first, &heard);
    say(first, sync_request, sizeof sync_request);
    assert_false(hear_until_quiet(first, &heard, 10000));
    close(first);
    assert_int_equal(dial(vb_rfc2217_port(serving.rfc2217, 1)), -1);
    assert_int_equal(errno, ECONNREFUSED);

    const int other = dial_board(&serving, 2);
    close(other);
    int again;
    while ((again = dial(vb_rfc2217_port(serving.rfc2217, 1))) < 0)
        poll(NULL, 0, 20);
    reset_into_loader(again, &heard);
    assert_syncs(again);
    close(again);
    serving_end(&serving);
}

static void urls_have_address_and_port(void **state)
{
    (void)state;
    struct serving serving;
    char url[64], expected[64];

    begin(&serving, 2, NULL);
    vb_rfc2217_url(serving.rfc2217, 2, url, sizeof url);
    snprintf(expected, sizeof expected, "rfc2217://127.0.0.1:%u", vb_rfc2217_port(serving.rfc2217, 2));
    assert_string_equal(url, expected);
    assert_int_not_equal(vb_rfc2217_port(serving.rfc2217, 1), vb_rfc2217_port(serving.rfc2217, 2));
    serving_end(&serving);
}

static void a_taken_port_is_named(void **state)
{
    (void)state;
    struct serving serving;
    struct vb_rfc2217 *other;
    struct eg_error err;
    char expected[128];

    begin(&serving, 1, NULL);
    const uint16_t port = vb_rfc2217_port(serving.rfc2217, 1);
    snprintf(expected, sizeof expected, "127.0.0.1 port %u for board 1: Address already in use", port);
    assert_error(vb_rfc2217_create(&other, serving.gang, "127.0.0.1", port, &err), err, EG_NO_PORT, expected);
    serving_end(&serving);
}

static void bad_addresses_and_ports_are_named(void **state)
{
    (void)state;
    const struct vb_config config = esp32();
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = NULL;
    struct vb_rfc2217 *server;
    struct eg_error err;

    assert_ok(vb_gang_create(&gang, &config, 2, NULL, 0, &err), err);
    assert_error(vb_rfc2217_create(&server, gang, "localhost", 0, &err), err, EG_BAD_JOB,
                 "\"localhost\": not a numeric address");
    assert_error(vb_rfc2217_create(&server, gang, "127.0.0.1", 65535, &err), err, EG_BAD_JOB,
                 "port 65535: 2 boards need ports beyond 65535");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modem_lines_reset_the_board_into_its_loader),
        cmocka_unit_test(the_first_and_the_last_of_many_boards_answer),
        cmocka_unit_test(a_pulse_of_rts_alone_starts_the_application),
        cmocka_unit_test(a_byte_ff_of_the_board_is_doubled),
        cmocka_unit_test(a_rate_that_is_not_the_boards_makes_garbage),
        cmocka_unit_test(a_second_client_is_turned_away_and_the_first_goes_on),
        cmocka_unit_test(the_board_goes_on_between_two_clients),
        cmocka_unit_test(bytes_written_right_before_leaving_arrive),
        cmocka_unit_test(a_port_that_is_gone_refuses_until_it_is_back),
        cmocka_unit_test(urls_have_address_and_port),
        cmocka_unit_test(a_taken_port_is_named),
        cmocka_unit_test(bad_addresses_and_ports_are_named),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
