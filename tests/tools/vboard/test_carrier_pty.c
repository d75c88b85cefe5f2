/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/tools/vboard/serving.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define QUIET_MS 300

/* Boards with their strap held low: a pty has no lines to reset them with. */
static void begin(struct serving *serving, unsigned count, const char *fault, const char *link_dir)
{
    const struct vb_config config = {.target = eg_target_by_name("esp32"), .strap_low = true};
    struct eg_error err;

    *serving = (struct serving){0};
    assert_ok(vb_gang_create(&serving->gang, &config, count, &fault, fault != NULL, &err), err);
    assert_ok(vb_pty_create(&serving->pty, serving->gang, link_dir, &err), err);
    serving_begin(serving);
}

static int open_terminal(const char *path)
{
    const int client = open(path, O_RDWR | O_NOCTTY);

    assert_true(client >= 0);
    return client;
}

/*
 * A board that has just got power or another client needs a moment, as with any client: try again. What it
 * hears it answers eight times; on a busy machine that may be more than one request.
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
    /* 0x0d, 0x0a, 0x03 and 0x11 mean something to a terminal that is not raw. */
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
    assert_int_equal(symlink("/nowhere", path), 0); /* left by a program that was killed */
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
    assert_error(vb_pty_create(&server, gang, folder, &err), err, EG_NO_PORT, expected);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_board_answers_on_its_terminal),
        cmocka_unit_test(the_terminal_passes_every_byte_as_it_is),
        cmocka_unit_test(another_client_may_follow),
        cmocka_unit_test(links_name_the_boards_and_go_at_the_end),
        cmocka_unit_test(a_file_in_the_way_of_a_link_is_left_alone),
        cmocka_unit_test(a_board_that_comes_back_has_its_link_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
