/* SPDX-License-Identifier: Apache-2.0 */

/* The MAC address that the job gives each board. */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_secure.h"

#include <string.h>

#define USER "000102030405060708090a0b0c0d0e0f101112131415161718000000000000ff"

static void forget(struct fake_line *line)
{
    line->recorder.run_count = 0;
    line->recorder.transcript[0] = '\0';
    memset(line->recorder.runs, 0, sizeof *line->recorder.runs);
}

static void run_one(struct fake_line *line, const char *template)
{
    fake_plan_set(line->plan, "secure.mac", template);
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
}

static void each_board_gets_a_mac_of_its_own(void **state)
{
    struct fake_line *line = *state;
    uint32_t last[2];

    fake_plan_set(line->plan, "secure.mac", "020000{mac_nic:06x}");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 2, NO_FAULTS);
    fake_line_run(line);
    for (unsigned board = 1; board <= 2; board++) {
        fake_line_assert_result(line, board, EG_PASS, EG_OK, "");
        last[board - 1] = fake_secure_field(line, board, "CUSTOM_MAC");
        assert_int_equal(last[board - 1] & 0xffffff, 0x000002);
    }
    assert_int_not_equal(last[0], 0);
    assert_non_null(strstr(line->recorder.transcript, "claim custom MAC 02:00:00:"));
    assert_non_null(strstr(line->recorder.transcript, "wanted CUSTOM_MAC 02:00:00:"));
    assert_non_null(strstr(line->recorder.transcript, "observed CUSTOM_MAC yes\n"));
}

static void what_is_no_mac_of_a_board_is_refused_before_it_is_written(void **state)
{
    static const struct {
        const char *template, *sentence;
    } rows[] = {
        {"hello", "fuses-check: secure.mac is \"hello\", which is no MAC address"},
        {"01:00:00:00:00:01",
         "fuses-check: secure.mac: 01:00:00:00:00:01 is a multicast address: the lowest bit "
         "of its first byte must be 0"},
        {"{mac}", NULL},
    };
    struct fake_line *line = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        forget(line);
        run_one(line, rows[i].template);
        if (rows[i].sentence != NULL)
            fake_line_assert_result(line, 1, EG_ERROR, EG_BAD_UNIT_DATA, rows[i].sentence);
        assert_int_equal(line->results[0].code, EG_BAD_UNIT_DATA);
        assert_true(fake_line_blank(line, 1));
        assert_null(strstr(line->recorder.transcript, "claim custom MAC"));
        vb_gang_destroy(line->gang);
        line->gang = NULL;
    }
}

static void a_mac_that_the_ledger_knows_as_a_boards_own_is_refused(void **state)
{
    struct fake_line *line = *state;

    line->recorder.seen.mac_known = true;
    run_one(line, "02:00:00:00:00:01");
    fake_line_assert_result(
        line, 1, EG_ERROR, EG_NOT_UNIQUE,
        "fuses-check: secure.mac: 02:00:00:00:00:01 is the factory's MAC of a board in the "
        "ledger");
    assert_true(fake_line_blank(line, 1));
}

static void a_board_with_another_custom_mac_is_refused_before_it_is_written(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "secure.download", "open");
    run_one(line, "02:00:00:00:00:01");
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    forget(line);
    fake_plan_set(line->plan, "secure.mac", "02:00:00:00:00:02");
    fake_line_run(line);
    fake_line_assert_result(
        line, 1, EG_FAIL, EG_SECURED,
        "fuses-check: the board has the custom MAC 02:00:00:00:00:01, and the job gives it "
        "02:00:00:00:00:02");
    assert_null(strstr(line->recorder.transcript, "claim custom MAC"));
}

static void a_burn_that_is_cut_is_made_whole_in_the_next_attempt(void **state)
{
    struct fake_line *line = *state;
    char cut[32];

    fake_plan_set(line->plan, "secure.mac", "02:11:22:33:44:55");
    fake_plan_add_item(line->plan, "secure.efuses", "BLOCK_USR_DATA", USER);
    eg_setting_clear(eg_plan_setting(line->plan, "secure.boot.keys"));
    fake_plan_set(line->plan, "retry.attempts", "6");
    for (unsigned bits = 1; bits < 120; bits += 17) {
        snprintf(cut, sizeof cut, "1:efuse-cut@%ux2", bits);
        fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS(cut));
        forget(line);
        fake_line_run(line);
        fake_line_assert_result(line, 1, EG_PASS_MARGINAL, EG_OK, "");
        assert_non_null(strstr(line->recorder.transcript, "observed CUSTOM_MAC yes\n"));
        assert_non_null(strstr(line->recorder.transcript, "observed BLOCK_USR_DATA yes\n"));
        vb_gang_destroy(line->gang);
        line->gang = NULL;
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_secure_setup, fake_line_teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_board_gets_a_mac_of_its_own),
        TEST(what_is_no_mac_of_a_board_is_refused_before_it_is_written),
        TEST(a_mac_that_the_ledger_knows_as_a_boards_own_is_refused),
        TEST(a_board_with_another_custom_mac_is_refused_before_it_is_written),
        TEST(a_burn_that_is_cut_is_made_whole_in_the_next_attempt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
