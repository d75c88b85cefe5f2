/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/tools/vboard/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void check_refused(const char *fault, const char *sentence)
{
    const struct vb_config config = fast_esp32();
    struct vb_gang *gang;
    struct eg_error err;

    assert_error(vb_gang_create(&gang, &config, 4, &fault, 1, &err), err, EG_BAD_JOB, sentence);
}

static void every_board_has_its_own_mac(void **state)
{
    (void)state;
    const struct vb_config config = fast_esp32();
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = NULL;
    struct eg_error err;

    assert_ok(vb_gang_create(&gang, &config, 64, NULL, 0, &err), err);
    assert_int_equal(vb_gang_count(gang), 64);
    for (unsigned a = 1; a <= 64; a++)
        for (unsigned b = a + 1; b <= 64; b++)
            assert_memory_not_equal(vb_board_mac(vb_gang_board(gang, a)),
                                    vb_board_mac(vb_gang_board(gang, b)), 6);
}

static void macs_count_up_from_the_first_board_s(void **state)
{
    (void)state;
    struct vb_config config = fast_esp32();
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = NULL;
    struct eg_error err;

    memcpy(config.mac, (const uint8_t[]){0x24, 0x0a, 0xc4, 0x00, 0x10, 0xff}, 6);
    assert_ok(vb_gang_create(&gang, &config, 2, NULL, 0, &err), err);
    assert_memory_equal(vb_board_mac(vb_gang_board(gang, 1)), config.mac, 6);
    assert_memory_equal(vb_board_mac(vb_gang_board(gang, 2)),
                        ((const uint8_t[]){0x24, 0x0a, 0xc4, 0x00, 0x11, 0x00}), 6);
}

static void a_board_may_show_the_mac_of_another(void **state)
{
    (void)state;
    const struct vb_config config = fast_esp32();
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = NULL;
    struct eg_error err;

    assert_ok(vb_gang_create(&gang, &config, 4, (const char *[]){"2:mac=4"}, 1, &err), err);
    assert_memory_equal(vb_board_mac(vb_gang_board(gang, 2)), vb_board_mac(vb_gang_board(gang, 4)), 6);
    assert_memory_not_equal(vb_board_mac(vb_gang_board(gang, 1)), vb_board_mac(vb_gang_board(gang, 4)), 6);
}

static void a_mac_for_every_board_is_that_of_one(void **state)
{
    (void)state;
    const struct vb_config config = fast_esp32();
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = NULL;
    struct eg_error err;

    assert_ok(vb_gang_create(&gang, &config, 3, (const char *[]){"mac=3"}, 1, &err), err);
    assert_memory_equal(vb_board_mac(vb_gang_board(gang, 1)), vb_board_mac(vb_gang_board(gang, 3)), 6);
    assert_memory_equal(vb_board_mac(vb_gang_board(gang, 2)), vb_board_mac(vb_gang_board(gang, 3)), 6);
}

static void faults_of_boards_that_are_not_there_are_refused(void **state)
{
    (void)state;

    check_refused("5:lie", "fault \"5:lie\": there are boards 1 to 4");
    check_refused("0:lie", "fault \"0:lie\": there are boards 1 to 4");
    check_refused("1:mac=9", "fault \"1:mac=9\": there are boards 1 to 4");
    check_refused("1:mac=", "fault 'mac=': not of the form mac=BOARD");
}

static void macs_in_a_circle_are_refused(void **state)
{
    (void)state;
    const struct vb_config config = fast_esp32();
    struct vb_gang *gang;
    struct eg_error err;

    assert_error(vb_gang_create(&gang, &config, 4, (const char *[]){"1:mac=2", "2:mac=1"}, 2, &err), err,
                 EG_BAD_JOB, "board 1: board 2 shows the MAC of another board itself");
}

static void flash_is_kept_in_a_file_per_board(void **state)
{
    (void)state;
    char folder[] = "/tmp/vb-gang-XXXXXX";
    struct vb_config config = fast_esp32();
    struct vb_gang *gang = NULL;
    struct eg_error err;

    assert_non_null(mkdtemp(folder));
    config.flash_path = folder;
    assert_ok(vb_gang_create(&gang, &config, 2, NULL, 0, &err), err);
    vb_gang_destroy(gang);
    for (unsigned number = 1; number <= 2; number++) {
        struct stat file;
        char path[64];

        snprintf(path, sizeof path, "%s/board%u.bin", folder, number);
        assert_int_equal(stat(path, &file), 0);
        assert_int_equal(file.st_size, vb_flash_parts[0].size);
        unlink(path);
    }
    rmdir(folder);
}

static void urls_name_chip_and_number(void **state)
{
    (void)state;
    const struct vb_config config = fast_esp32();
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = NULL;
    struct eg_error err;
    char url[64];

    assert_ok(vb_gang_create(&gang, &config, 2, NULL, 0, &err), err);
    vb_gang_url(gang, 2, url, sizeof url);
    assert_string_equal(url, "sim:esp32/2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_board_has_its_own_mac),
        cmocka_unit_test(macs_count_up_from_the_first_board_s),
        cmocka_unit_test(a_board_may_show_the_mac_of_another),
        cmocka_unit_test(a_mac_for_every_board_is_that_of_one),
        cmocka_unit_test(faults_of_boards_that_are_not_there_are_refused),
        cmocka_unit_test(macs_in_a_circle_are_refused),
        cmocka_unit_test(flash_is_kept_in_a_file_per_board),
        cmocka_unit_test(urls_name_chip_and_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
