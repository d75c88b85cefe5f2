/* SPDX-License-Identifier: Apache-2.0 */

/* A board in all stages that read and burn its eFuses. */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_secure.h"

#include <stdio.h>
#include <string.h>

static void plug(struct fake_line *line, const char *const *faults)
{
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, faults);
}

/* Check that the transcript has the texts in this order. */
static void assert_order(const struct fake_line *line, const char *const *texts)
{
    const char *at = line->recorder.transcript;

    for (; *texts != NULL; texts++) {
        const char *const found = strstr(at, *texts);
        if (found == NULL)
            fail_msg("no '%s' after what comes before it in:\n%s", *texts, line->recorder.transcript);
        at = found;
    }
}

static void what_the_line_did_before_a_burn_is_told_after_it(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "link.baud", "auto");
    fake_plan_add(line->plan, "more", 0x200000, 0x40000);
    line->recorder.rates = (struct eg_rates_seen){2000000, 3};
    plug(line, FAULTS("flip@90000x4"));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS_MARGINAL, EG_OK, "");
    const struct fake_run *const run = fake_recorder_run(&line->recorder, "1");
    assert_string_equal(run->marginal, "the rate was lowered in mid-write");
    assert_true(run->link.baud_failed > 0);
}

static void a_board_ends_locked_and_closed_and_every_step_is_on_record(void **state)
{
    struct fake_line *line = *state;

    plug(line, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
    assert_int_equal(fake_secure_field(line, 1, "SECURE_BOOT_EN"), 1);
    assert_int_equal(fake_secure_field(line, 1, "KEY_PURPOSE_0"), 9);
    assert_int_equal(fake_secure_field(line, 1, "SECURE_BOOT_KEY_REVOKE0"), 0);
    assert_int_equal(fake_secure_field(line, 1, "SECURE_BOOT_KEY_REVOKE1"), 1);
    assert_int_equal(fake_secure_field(line, 1, "SECURE_BOOT_KEY_REVOKE2"), 1);
    assert_int_equal(fake_secure_field(line, 1, "DIS_PAD_JTAG"), 1);
    assert_int_equal(fake_secure_field(line, 1, "ENABLE_SECURITY_DOWNLOAD"), 1);
    assert_int_equal(fake_secure_field(line, 1, "WR_DIS") & 1, 1); /* of RD_DIS */
    assert_order(line, (const char *const[]){"intent 02:",
                                             "stage-begin fuses-check",
                                             "found BLOCK0 ",
                                             "stage-end verify",
                                             "stage-begin keys",
                                             "wanted SECURE_BOOT_DIGEST0 ",
                                             "intended SECURE_BOOT_DIGEST0 ",
                                             "observed SECURE_BOOT_DIGEST0 yes\n",
                                             "reached release keys\n",
                                             "stage-begin lock",
                                             "intended SECURE_BOOT_EN 1\n",
                                             "observed SECURE_BOOT_EN yes\n",
                                             "reached release lock\n",
                                             "stage-end test 1 ok",
                                             "stage-begin close",
                                             "intended ENABLE_SECURITY_DOWNLOAD 1\n",
                                             "observed ENABLE_SECURITY_DOWNLOAD yes\n",
                                             "reached release close\n",
                                             "finish pass\n",
                                             NULL});
}

static void burnt_items_are_not_intended_again(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "secure.download", "open");
    plug(line, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    line->recorder.transcript[0] = '\0';
    line->recorder.run_count = 0;
    memset(line->recorder.runs, 0, sizeof *line->recorder.runs);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_order(line, (const char *const[]){"wanted SECURE_BOOT_DIGEST0 ", "reached release keys\n",
                                             "wanted SECURE_BOOT_EN 1\n", "reached release lock\n", NULL});
    assert_null(strstr(line->recorder.transcript, "intended "));
}

/* Interrupt each burn of the board once; the next attempt burns the missing bits. */
static void power_cut_in_any_burn_is_made_good_by_another_attempt(void **state)
{
    struct fake_line *line = *state;
    char cuts[32];

    fake_plan_set(line->plan, "retry.attempts", "5");
    for (unsigned bits = 0; bits < 24; bits += 4) {
        snprintf(cuts, sizeof cuts, "1:efuse-cut@%ux3", bits);
        plug(line, FAULTS(cuts));
        fake_line_run(line);
        fake_line_assert_result(line, 1, EG_PASS_MARGINAL, EG_OK, "");
        assert_int_equal(fake_secure_field(line, 1, "SECURE_BOOT_EN"), 1);
        assert_int_equal(fake_secure_field(line, 1, "ENABLE_SECURITY_DOWNLOAD"), 1);
        vb_gang_destroy(line->gang);
        line->gang = NULL;
        line->recorder.run_count = 0;
        memset(line->recorder.runs, 0, sizeof *line->recorder.runs);
    }
}

static void burns_that_are_acknowledged_and_not_done_fail_the_board(void **state)
{
    struct fake_line *line = *state;

    plug(line, FAULTS("1:efuse-lie"));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_NOT_BURNT,
                            "keys: BLOCK_KEY0: not every wanted bit is set after it was burnt 3 times");
    assert_null(strstr(line->recorder.transcript, "reached"));
}

static void nothing_is_burnt_when_the_intent_cannot_be_recorded(void **state)
{
    struct fake_line *line = *state;

    line->recorder.fail_secure = EG_LEDGER;
    plug(line, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_ERROR, EG_LEDGER, "fuses-check: the disk is on fire");
    assert_int_equal(fake_secure_field(line, 1, "KEY_PURPOSE_0"), 0);
}

/* One board of a chip goes through a job with secure boot and a flash key of its own. */
static void secure_chip(struct fake_line *line, const struct eg_efuse *chip, const char *scheme,
                        uint16_t revision)
{
    eg_plan_destroy(line->plan);
    line->plan = fake_secure_plan_of(chip->name, scheme);
    line->recorder.run_count = 0;
    line->recorder.transcript[0] = '\0';
    memset(line->recorder.runs, 0, sizeof *line->recorder.runs);
    fake_plan_set(line->plan, "secure.flash.key", "per-board");
    fake_line_plug(line, &(struct vb_config){.fast = true, .revision = revision}, 1, NO_FAULTS);
    print_message("%s, %s, revision %u\n", chip->name, scheme, revision);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_int_equal(fake_secure_field(line, 1, chip->secure_boot), 1);
    assert_int_equal(fake_secure_field(line, 1, chip->crypt_count), chip->enables.crypt_release);
    assert_int_equal(fake_secure_field(
                         line, 1, chip->download_secure != NULL ? chip->download_secure : chip->download_off),
                     1);
    assert_non_null(strstr(line->recorder.transcript, "stage-end restart 1 ok\n"));
    assert_null(strstr(line->recorder.transcript, " no\n"));
    vb_gang_destroy(line->gang);
    line->gang = NULL;
}

static void every_chip_and_scheme_goes_through_a_release(void **state)
{
    struct fake_line *line = *state;
    unsigned chips = 0;

    for (size_t i = 0; eg_efuses[i] != NULL; i++) {
        char schemes[80], *rest = schemes;
        if (eg_efuses[i]->boot_schemes == NULL)
            continue; /* nobody knows what its ROM takes */
        snprintf(schemes, sizeof schemes, "%s", eg_efuses[i]->boot_schemes);
        for (char *scheme = strtok_r(rest, " ", &rest); scheme != NULL; scheme = strtok_r(rest, " ", &rest))
            secure_chip(line, eg_efuses[i], scheme,
                        strcmp(scheme, "ecdsa384") == 0 ? eg_efuses[i]->fields_from : 0);
        chips++;
    }
    assert_true(chips >= 13);
}

/* Its eFuses are another table from revision 3.0 on. */
static void the_esp32p4_is_secured_in_both_kinds_of_revision(void **state)
{
    const struct eg_efuse *const p4 = eg_efuse_of(eg_target_by_name("esp32p4"));

    assert_int_equal(p4->fields_from, 300);
    secure_chip(*state, p4, "rsa3072", 103);
    secure_chip(*state, p4, "rsa3072", 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_chip_and_scheme_goes_through_a_release, fake_secure_setup,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(the_esp32p4_is_secured_in_both_kinds_of_revision, fake_secure_setup,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(what_the_line_did_before_a_burn_is_told_after_it, fake_secure_setup,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_board_ends_locked_and_closed_and_every_step_is_on_record,
                                        fake_secure_setup, fake_line_teardown),
        cmocka_unit_test_setup_teardown(burnt_items_are_not_intended_again, fake_secure_setup,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(power_cut_in_any_burn_is_made_good_by_another_attempt,
                                        fake_secure_setup, fake_line_teardown),
        cmocka_unit_test_setup_teardown(burns_that_are_acknowledged_and_not_done_fail_the_board,
                                        fake_secure_setup, fake_line_teardown),
        cmocka_unit_test_setup_teardown(nothing_is_burnt_when_the_intent_cannot_be_recorded,
                                        fake_secure_setup, fake_line_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
