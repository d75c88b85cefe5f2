/* SPDX-License-Identifier: Apache-2.0 */

/* Boards in secure download mode that come back to the line that finished them. */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_secure.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char app_log[] = "/tmp/eg-app-XXXXXX";

static int set_up(void **state)
{
    const int failed = fake_secure_setup(state);
    struct fake_line *const line = *state;

    fake_plan_set(line->plan, "secure.flash.key", "per-board");
    fake_plan_set(line->plan, "accept.secure_download", "prove");
    fake_plan_add_group(line->plan, "capture",
                        (const char *const[]){"name", "mac", "pattern", "my MAC is ([0-9a-f:]+)", NULL});
    return failed;
}

static void run(struct fake_line *line)
{
    line->recorder.run_count = 0;
    memset(line->recorder.runs, 0, sizeof *line->recorder.runs);
    fake_line_run(line);
}

/* Take a board through the whole job; its application tells its MAC. */
static void finish_board(struct fake_line *line, const char *log)
{
    strcpy(app_log + strlen(app_log) - 6, "XXXXXX");
    const int fd = mkstemp(app_log);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, log, strlen(log)), strlen(log));
    close(fd);
    fake_line_plug(line, &(struct vb_config){.fast = true, .app_log = app_log}, 1, NO_FAULTS);
    unlink(app_log);
    run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_int_equal(fake_secure_field(line, 1, "ENABLE_SECURITY_DOWNLOAD"), 1);
}

#define OWN_MAC "@mac my MAC is \n"

static void a_finished_board_is_proved_again_without_a_write(void **state)
{
    struct fake_line *line = *state;
    char mac[EG_MAC_TEXT];

    finish_board(line, OWN_MAC);
    memcpy(mac, line->recorder.runs[0].unit.mac, sizeof mac);
    char *const again = line->recorder.transcript + strlen(line->recorder.transcript);
    run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_string_equal(line->recorder.runs[0].unit.mac, mac);
    assert_true(line->recorder.runs[0].unit.secure_download);
    assert_int_equal(line->recorder.runs[0].intents, 0);
    assert_int_equal(line->recorder.runs[0].record.region_count, 0);
    assert_null(strstr(again, "stage-begin write"));
    assert_null(strstr(again, "intended"));
    assert_non_null(
        strstr(again, "wanted ENABLE_SECURITY_DOWNLOAD 1\nobserved ENABLE_SECURITY_DOWNLOAD yes\n"));
    assert_non_null(strstr(again, "observed SECURE_BOOT_DIGEST0 yes\n"));
    assert_non_null(strstr(again, "observed XTS_AES_128_KEY yes\n"));
    assert_non_null(strstr(again, "reached release close\n"));
}

static void without_the_jobs_leave_it_is_refused(void **state)
{
    struct fake_line *line = *state;

    finish_board(line, OWN_MAC);
    fake_plan_set(line->plan, "accept.secure_download", "refuse");
    run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_SECURED,
                            "admit: the chip is in secure download mode: its MAC cannot be read and what is "
                            "written cannot be verified");
}

static void a_board_that_another_line_closed_is_refused(void **state)
{
    struct fake_line *line = *state;

    finish_board(line, OWN_MAC);
    line->recorder.transcript[0] = '\0';
    run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_SECURED,
                            "prove: the chip is in secure download mode, and no run of this ledger has read "
                            "back * as the job wants it: the board was not finished here");
}

static void another_firmware_is_not_proved_by_a_start(void **state)
{
    struct fake_line *line = *state;
    struct eg_region *const app = &line->plan->regions[2];

    finish_board(line, OWN_MAC);
    app->sha256[0] ^= 1;
    run(line);
    app->sha256[0] ^= 1;
    fake_line_assert_result(line, 1, EG_FAIL, EG_SECURED,
                            "prove: app at 0x00010000: the board was finished with another content than the "
                            "job's, and nothing can be written or read any more");
}

static void other_wishes_than_those_that_were_burnt_are_refused(void **state)
{
    struct fake_line *line = *state;

    finish_board(line, OWN_MAC);
    fake_plan_add_item(line->plan, "secure.efuses", "DIS_FORCE_DOWNLOAD", "1");
    run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_SECURED, "prove: * has read back DIS_FORCE_DOWNLOAD as *");
}

static void what_the_chip_tells_counts_more_than_the_ledger(void **state)
{
    struct fake_line *line = *state;

    finish_board(line, OWN_MAC);
    fake_plan_add_item(line->plan, "secure.efuses", "SECURE_BOOT_AGGRESSIVE_REVOKE", "1");
    run(line);
    fake_line_assert_result(
        line, 1, EG_FAIL, EG_SECURED,
        "prove: the chip tells that SECURE_BOOT_AGGRESSIVE_REVOKE is not as the job wants it");
}

static void a_board_that_tells_no_mac_is_nobody(void **state)
{
    struct fake_line *line = *state;

    finish_board(line, "@mac my MAC is \n");
    eg_setting_clear(eg_plan_setting(line->plan, "capture"));
    run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_NOT_ACCEPTED,
                            "prove: in secure download mode the chip tells no MAC, and the log gave no value "
                            "mac that is one: nobody knows which board it is");
}

static void a_board_that_does_not_start_is_not_proved(void **state)
{
    struct fake_line *line = *state;
    size_t size;

    finish_board(line, OWN_MAC);
    ((uint8_t *)vb_board_flash(vb_gang_board(line->gang, 1), &size))[0x10000] ^= 1;
    run(line);
    assert_int_equal(line->results[0].code, EG_TEST_FAILED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_finished_board_is_proved_again_without_a_write),
        TEST(without_the_jobs_leave_it_is_refused),
        TEST(a_board_that_another_line_closed_is_refused),
        TEST(another_firmware_is_not_proved_by_a_start),
        TEST(other_wishes_than_those_that_were_burnt_are_refused),
        TEST(what_the_chip_tells_counts_more_than_the_ledger),
        TEST(a_board_that_tells_no_mac_is_nobody),
        TEST(a_board_that_does_not_start_is_not_proved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
