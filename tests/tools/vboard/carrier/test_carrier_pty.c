/* SPDX-License-Identifier: Apache-2.0 */

#define _DEFAULT_SOURCE /* TCSETS2 */

#include "tests/tools/vboard/serving.h"
#include "tools/vboard/carrier/termios2.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define QUIET_MS 300

/* Serve boards with their strap held low, because a pty has no lines to reset them. */
static void begin(struct serving *serving, unsigned count, const char *fault, const char *link_dir)
{
    const struct vb_config config = {.target = eg_target_by_name("esp32"), .strap_low = true};
    struct eg_error err;

    *serving = (struct serving){0};
    assert_ok(vb_gang_create(&serving->gang, &config, count, &fault, fault != NULL, &err), err);
    assert_ok(vb_pty_create(&serving->pty, serving->gang, link_dir, false, &err), err);
    serving_begin(serving);
}

static int open_terminal(const char *path)
{
    const int client = open(path, O_RDWR | O_NOCTTY);

    assert_true(client >= 0);
    return client;
}

/*
 * Connect, and try again: a board that was just powered up, or had another client, needs a moment. It answers
 * each request eight times; on a busy machine several requests may be pending.
 */
static void assert_syncs(int client)
{
    struct heard heard = {.size = 0};

    for (unsigned attempt = 0; attempt < 40 && heard_syncs(&heard) == 0; attempt++) {
        say(client, sync_request, sizeof sync_request);
        hear_until_quiet(client, &heard, QUIET_MS);
    }
    hear_times(client, &heard, sync_reply, sizeof sync_reply, SYNC_REPLIES);
    while (heard_syncs(&heard) % SYNC_REPLIES != 0)
        hear_times(client, &heard, sync_reply, sizeof sync_reply, heard_syncs(&heard) + 1);
}

static void a_board_answers_on_its_terminal(void **state)
{
    (void)state;
    struct serving serving;

    begin(&serving, 2, NULL, NULL);
    const int client = open_terminal(vb_pty_path(serving.pty, 2));
    assert_syncs(client);
    close(client);
    serving_end(&serving);
}

static void the_terminal_passes_every_byte_as_it_is(void **state)
{
    (void)state;
    struct serving serving;
    struct heard heard = {.size = 0};

    begin(&serving, 1, NULL, NULL);
    const int client = open_terminal(vb_pty_path(serving.pty, 1));
    assert_syncs(client);
    /* A terminal that is not raw would interpret 0x0d, 0x0a, 0x03 and 0x11. */
    say(client, BYTES(0xc0, 0, 9, 16, 0, 0, 0, 0, 0, 0, 0, 0xfb, 0x3f, 0x0d, 0x0a, 0x03, 0x11, 255, 255, 255,
                      255, 0, 0, 0, 0, 0xc0));
    hear_times(client, &heard, BYTES(0xc0, 1, 9), 1);
    say(client, BYTES(0xc0, 0, 10, 4, 0, 0, 0, 0, 0, 0, 0, 0xfb, 0x3f, 0xc0));
    hear_times(client, &heard, BYTES(0xc0, 1, 10, 4, 0, 0x0d, 0x0a, 0x03, 0x11), 1);
    close(client);
    serving_end(&serving);
}

static void another_client_may_follow(void **state)
{
    (void)state;
    struct serving serving;

    begin(&serving, 1, NULL, NULL);
    for (unsigned turn = 0; turn < 3; turn++) {
        const int client = open_terminal(vb_pty_path(serving.pty, 1));

        assert_syncs(client);
        close(client);
    }
    serving_end(&serving);
}

static void links_name_the_boards_and_go_at_the_end(void **state)
{
    (void)state;
    char folder[] = "/tmp/vb-pty-XXXXXX";
    char path[64];
    struct serving serving;
    struct stat there;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/board2", folder);
    assert_int_equal(symlink("/nowhere", path), 0); /* left by a killed program */
    begin(&serving, 2, NULL, folder);
    assert_string_equal(vb_pty_path(serving.pty, 2), path);
    const int client = open_terminal(path);
    assert_syncs(client);
    close(client);
    serving_end(&serving);
    assert_int_equal(lstat(path, &there), -1);
    assert_int_equal(rmdir(folder), 0);
}

static void a_file_in_the_way_of_a_link_is_left_alone(void **state)
{
    (void)state;
    const struct vb_config config = {.target = eg_target_by_name("esp32")};
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = NULL;
    char folder[] = "/tmp/vb-pty-XXXXXX";
    char path[64], expected[128];
    struct vb_pty *server;
    struct eg_error err;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/board1", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(expected, sizeof expected, "link %s: File exists", path);
    assert_ok(vb_gang_create(&gang, &config, 1, NULL, 0, &err), err);
    assert_error(vb_pty_create(&server, gang, folder, false, &err), err, EG_NO_PORT, expected);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void a_board_that_comes_back_has_its_link_again(void **state)
{
    (void)state;
    char folder[] = "/tmp/vb-pty-XXXXXX";
    char path[64];
    struct serving serving;
    struct heard heard = {.size = 0};
    int client;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/board1", folder);
    begin(&serving, 1, "gone@10:500", folder);
    client = open_terminal(path);
    say(client, sync_request, sizeof sync_request);
    assert_false(hear_until_quiet(client, &heard, 10000));
    close(client);
    while ((client = open(path, O_RDWR | O_NOCTTY)) < 0)
        poll(NULL, 0, 20);
    assert_syncs(client);
    close(client);
    serving_end(&serving);
    assert_int_equal(rmdir(folder), 0);
}

/* A board with modem lines, in a separate folder, and its client. */
struct wired {
    char folder[32], path[64];
    struct serving serving;
    int client;
    struct heard heard;
};

static void wire_board(struct wired *wired, const struct vb_config *config)
{
    struct eg_error err;

    *wired = (struct wired){.folder = "/tmp/vb-pty-XXXXXX"};
    assert_non_null(mkdtemp(wired->folder));
    snprintf(wired->path, sizeof wired->path, "%s/board1", wired->folder);
    assert_ok(vb_gang_create(&wired->serving.gang, config, 1, NULL, 0, &err), err);
    assert_ok(vb_pty_create(&wired->serving.pty, wired->serving.gang, wired->folder, true, &err), err);
    serving_begin(&wired->serving);
    wired->client = open_terminal(wired->path);
}

static void wire(struct wired *wired, const char *chip, enum vb_usb usb)
{
    wire_board(wired, &(struct vb_config){.target = eg_target_by_name(chip), .usb = usb});
}

static void unwire(struct wired *wired)
{
    close(wired->client);
    serving_end(&wired->serving);
    assert_int_equal(rmdir(wired->folder), 0);
}

static unsigned char ask(const struct wired *wired, char request)
{
    return serving_ask(wired->path, (unsigned char)request);
}

static void ask_all(const struct wired *wired, const char *requests)
{
    for (; *requests != '\0'; requests++)
        assert_int_equal(ask(wired, *requests), *requests);
}

static void set_rate(const struct wired *wired, unsigned baud, bool hang_up)
{
    struct termios2 settings;

    assert_int_equal(ioctl(wired->client, TCGETS2, &settings), 0);
    settings.c_cflag = (settings.c_cflag & ~(tcflag_t)(CBAUD | HUPCL)) | BOTHER | (hang_up ? HUPCL : 0);
    settings.c_ispeed = settings.c_ospeed = baud;
    assert_int_equal(ioctl(wired->client, TCSETS2, &settings), 0);
}

static void the_lines_of_a_bridge_choose_loader_or_application(void **state)
{
    (void)state;
    struct wired wired;

    wire(&wired, "esp32", VB_USB_BRIDGE);
    set_rate(&wired, 115200, false);
    ask_all(&wired, "21"); /* EN low, then high with the strap low */
    hear_text(wired.client, &wired.heard, "(DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))", 1);
    ask_all(&wired, "20");
    hear_text(wired.client, &wired.heard, "(SPI_FAST_FLASH_BOOT)", 1);
    unwire(&wired);
}

static void the_lines_of_the_chips_own_usb_are_requests(void **state)
{
    (void)state;
    struct wired wired;

    wire(&wired, "esp32c3", VB_USB_SERIAL_JTAG);
    ask_all(&wired, "01320");
    hear_text(wired.client, &wired.heard, "(DOWNLOAD(USB/UART0/1))", 1);
    ask_all(&wired, "20");
    hear_text(wired.client, &wired.heard, "(SPI_FAST_FLASH_BOOT)", 1);
    unwire(&wired);
}

static void both_lines_ask_the_chips_own_usb_for_nothing(void **state)
{
    (void)state;
    struct wired wired;

    wire(&wired, "esp32c3", VB_USB_SERIAL_JTAG);
    ask_all(&wired, "13");
    hear_text(wired.client, &wired.heard, "(TG0WDT_SYS_RST)", 2); /* it keeps searching for an application */
    unwire(&wired);
}

static void every_request_is_answered_with_the_state_of_the_lines(void **state)
{
    (void)state;
    struct wired wired;

    wire(&wired, "esp32", VB_USB_BRIDGE);
    ask_all(&wired, "0123");
    for (const char *request = "?xlz"; *request != '\0'; request++)
        assert_int_equal(ask(&wired, *request), '3');
    unwire(&wired);
}

static void what_was_written_before_a_request_is_with_the_board_or_its_adapter(void **state)
{
    (void)state;
    struct wired wired;

    wire(&wired, "esp32", VB_USB_BRIDGE);
    set_rate(&wired, 300, false); /* 3.3 s for these bytes */
    say(wired.client, (const uint8_t[100]){0}, 100);
    assert_in_range(ask(&wired, 'q'), 1, 100);
    say(wired.client, (const uint8_t[1000]){0}, 1000);
    assert_int_equal(ask(&wired, 'q'), 255);
    unwire(&wired);
}

static void at_another_rate_the_board_is_not_understood(void **state)
{
    (void)state;
    struct wired wired;

    wire(&wired, "esp32", VB_USB_BRIDGE);
    set_rate(&wired, 460800, false);
    ask_all(&wired, "20");
    assert_true(hear_until_quiet(wired.client, &wired.heard, QUIET_MS));
    assert_true(wired.heard.size > 0);
    assert_int_equal(heard_text(&wired.heard, "SPI_FAST_FLASH_BOOT"), 0);
    set_rate(&wired, 115200, false);
    ask_all(&wired, "20");
    hear_text(wired.client, &wired.heard, "SPI_FAST_FLASH_BOOT", 1);
    unwire(&wired);
}

static void what_was_written_before_a_request_was_sent_at_the_rate_of_then(void **state)
{
    (void)state;
    static const uint8_t read_reg[] = {0xc0, 0, 10, 4, 0, 0, 0, 0, 0, 0, 0, 0xfb, 0x3f, 0xc0};
    struct vb_config config = fast_esp32();
    struct wired wired;
    uint8_t requests[1000][sizeof read_reg];

    config.strap_low = true;
    wire_board(&wired, &config);
    set_rate(&wired, 115200, false);
    assert_syncs(wired.client);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        memcpy(requests[i], read_reg, sizeof read_reg);
    say(wired.client, requests, sizeof requests);
    assert_int_equal(ask(&wired, 'q'), 0);
    set_rate(&wired, 9600, false);
    hear_times(wired.client, &wired.heard, BYTES(0xc0, 1, 10), sizeof requests / sizeof *requests);
    unwire(&wired);
}

static void a_rate_without_a_name_is_one(void **state)
{
    (void)state;
    struct wired wired;

    wire(&wired, "esp8266", VB_USB_BRIDGE);
    set_rate(&wired, 74880, false);
    ask_all(&wired, "20");
    hear_text(wired.client, &wired.heard, "boot mode:(3,6)", 1);
    unwire(&wired);
}

static void the_chips_own_usb_has_no_rate(void **state)
{
    (void)state;
    struct wired wired;

    wire(&wired, "esp32c3", VB_USB_SERIAL_JTAG);
    set_rate(&wired, 9600, false);
    ask_all(&wired, "20");
    hear_text(wired.client, &wired.heard, "(SPI_FAST_FLASH_BOOT)", 1);
    unwire(&wired);
}

/* Return the state; three requests make the server poll three times. */
static unsigned char state_after_closing(struct wired *wired)
{
    close(wired->client);
    ask(wired, '?');
    ask(wired, '?');
    return ask(wired, '?');
}

static void closing_releases_the_lines_if_the_client_lets_it(void **state)
{
    (void)state;
    struct wired wired;

    wire(&wired, "esp32", VB_USB_BRIDGE);
    set_rate(&wired, 115200, false);
    ask_all(&wired, "1");
    assert_int_equal(state_after_closing(&wired), '1');
    wired.client = open_terminal(wired.path);
    set_rate(&wired, 115200, true);
    assert_int_equal(state_after_closing(&wired), '0');
    wired.client = open_terminal(wired.path);
    unwire(&wired);
}

static void a_client_of_the_lines_that_says_nothing_keeps_nobody(void **state)
{
    (void)state;
    struct wired wired;
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    wire(&wired, "esp32", VB_USB_BRIDGE);
    for (unsigned i = 0; i < 20; i++) {
        const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        snprintf(address.sun_path, sizeof address.sun_path, "%s" VB_LINES_SUFFIX, wired.path);
        assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
        close(fd);
    }
    assert_int_equal(ask(&wired, '?'), '0');
    unwire(&wired);
}

static void a_file_in_place_of_the_socket_is_left_alone(void **state)
{
    (void)state;
    const struct vb_config config = {.target = eg_target_by_name("esp32")};
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = NULL;
    char folder[] = "/tmp/vb-pty-XXXXXX";
    char path[64], expected[256];
    struct vb_pty *server;
    struct eg_error err;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/board1.lines", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(expected, sizeof expected, "socket %s: Address already in use", path);
    assert_ok(vb_gang_create(&gang, &config, 1, NULL, 0, &err), err);
    assert_error(vb_pty_create(&server, gang, folder, true, &err), err, EG_NO_PORT, expected);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_board_answers_on_its_terminal),
        cmocka_unit_test(the_terminal_passes_every_byte_as_it_is),
        cmocka_unit_test(another_client_may_follow),
        cmocka_unit_test(links_name_the_boards_and_go_at_the_end),
        cmocka_unit_test(a_file_in_the_way_of_a_link_is_left_alone),
        cmocka_unit_test(a_board_that_comes_back_has_its_link_again),
        cmocka_unit_test(the_lines_of_a_bridge_choose_loader_or_application),
        cmocka_unit_test(the_lines_of_the_chips_own_usb_are_requests),
        cmocka_unit_test(both_lines_ask_the_chips_own_usb_for_nothing),
        cmocka_unit_test(every_request_is_answered_with_the_state_of_the_lines),
        cmocka_unit_test(what_was_written_before_a_request_is_with_the_board_or_its_adapter),
        cmocka_unit_test(at_another_rate_the_board_is_not_understood),
        cmocka_unit_test(what_was_written_before_a_request_was_sent_at_the_rate_of_then),
        cmocka_unit_test(a_rate_without_a_name_is_one),
        cmocka_unit_test(the_chips_own_usb_has_no_rate),
        cmocka_unit_test(closing_releases_the_lines_if_the_client_lets_it),
        cmocka_unit_test(a_client_of_the_lines_that_says_nothing_keeps_nobody),
        cmocka_unit_test(a_file_in_place_of_the_socket_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
