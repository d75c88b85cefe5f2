/* SPDX-License-Identifier: Apache-2.0 */

/* Boards in secure download mode that come back to the line that finished them. */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_secure.h"
#include "tools/vboard/model/model.h"

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

static void plug_app(struct fake_line *line, const char *log, const char *const *faults)
{
    strcpy(app_log + strlen(app_log) - 6, "XXXXXX");
    const int fd = mkstemp(app_log);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, log, strlen(log)), strlen(log));
    close(fd);
    fake_line_plug(line, &(struct vb_config){.fast = true, .app_log = app_log}, 1, faults);
    unlink(app_log);
}

/* Take a board through the whole job; its application tells its MAC. */
static void finish_board(struct fake_line *line, const char *log)
{
    plug_app(line, log, NO_FAULTS);
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
                            "prove: the ledger has no run that burnt * of this board to what the job wants, "
                            "and a chip in secure download mode does not show it");
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
    fake_line_assert_result(line, 1, EG_FAIL, EG_SECURED,
                            "prove: * no run that burnt DIS_FORCE_DOWNLOAD of *");
}

static void what_the_chip_tells_counts_more_than_the_ledger(void **state)
{
    struct fake_line *line = *state;

    finish_board(line, OWN_MAC);
    fake_plan_add_item(line->plan, "secure.efuses", "SECURE_BOOT_AGGRESSIVE_REVOKE", "1");
    run(line);
    fake_line_assert_result(
        line, 1, EG_FAIL, EG_SECURED,
        "prove: by its security info, SECURE_BOOT_AGGRESSIVE_REVOKE of the chip is not what the job wants");
}

#define USER "000102030405060708090a0b0c0d0e0f101112131415161718000000000000ff"

static void a_custom_mac_is_proved_by_the_ledger(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "unit.serial.pool", "macs");
    fake_plan_set(line->plan, "secure.mac", "0200000000{serial}");
    fake_plan_add_item(line->plan, "secure.efuses", "BLOCK_USR_DATA", USER);
    line->recorder.serial = "17";
    finish_board(line, OWN_MAC);
    char *const again = line->recorder.transcript + strlen(line->recorder.transcript);
    run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_non_null(strstr(again, "wanted CUSTOM_MAC 02:00:00:00:00:17\nobserved CUSTOM_MAC yes\n"));
    assert_non_null(strstr(again, "held macs\n"));
    assert_null(strstr(again, "reserve"));
    assert_null(strstr(again, "mark"));

    line->recorder.serial = "18";
    run(line);
    fake_line_assert_result(
        line, 1, EG_FAIL, EG_SECURED,
        "prove: the board was finished with the custom MAC 02:00:00:00:00:17, and the job "
        "gives it 02:00:00:00:00:18");
}

static void a_custom_mac_that_is_not_on_record_takes_no_row_of_the_pool(void **state)
{
    struct fake_line *line = *state;

    finish_board(line, OWN_MAC);
    fake_plan_set(line->plan, "unit.serial.pool", "macs");
    fake_plan_set(line->plan, "secure.mac", "0200000000{serial}");
    line->recorder.serial = "17";
    run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_SECURED,
                            "prove: the ledger has no custom MAC of this board on record: the board was not "
                            "finished by this ledger");
    assert_null(strstr(line->recorder.transcript, "held"));
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

/* A reply is lost once the loader is reduced. */
static void lose_reply(void *context, const struct eg_log_record *record)
{
    struct fake_line *const line = context;
    struct vb__faults *const faults = &vb_gang_board(line->gang, 1)->faults;

    if (record->kind == EG_LOG_STAGE_BEGIN && strcmp(record->stage, "close") == 0)
        faults->next = faults->states[0].next = faults->received + 3100;
}

static void finish_in_two(struct fake_line *line, const char *log)
{
    fake_plan_set(line->plan, "retry.attempts", "2");
    line->recorder.at_log = lose_reply;
    line->recorder.context = line;
    plug_app(line, log, FAULTS("1:drop@1000000"));
    run(line);
}

static void a_board_whose_loader_is_reduced_is_proved_when_it_is_tried_again(void **state)
{
    struct fake_line *line = *state;

    finish_in_two(line, OWN_MAC);
    fake_line_assert_result(line, 1, EG_PASS_MARGINAL, EG_OK, "");
    assert_true(line->recorder.runs[0].unit.secure_download);
}

/* The board whose loader was reduced is taken out before it is tried again, and the other one starts. */
static void another_board_is_not_proved_in_place_of_the_one_that_was_begun(void **state)
{
    struct fake_line *line = *state;

    finish_in_two(line, "my MAC is 60:55:f9:00:00:01\n");
    fake_line_assert_result(
        line, 1, EG_ERROR, EG_BOARD_EXCHANGED,
        "first close: burning BLOCK0: *; then prove: the board in the slot is now 60:55:f9:00:00:01, the run "
        "began with 02:65:67:00:00:01");
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
        TEST(a_custom_mac_is_proved_by_the_ledger),
        TEST(a_custom_mac_that_is_not_on_record_takes_no_row_of_the_pool),
        TEST(a_board_that_tells_no_mac_is_nobody),
        TEST(a_board_whose_loader_is_reduced_is_proved_when_it_is_tried_again),
        TEST(another_board_is_not_proved_in_place_of_the_one_that_was_begun),
        TEST(a_board_that_does_not_start_is_not_proved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
