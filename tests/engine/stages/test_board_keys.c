/* SPDX-License-Identifier: Apache-2.0 */

/* Boards that arrive with a flash key, or with part of one, and keys shared by two boards. */

#include "tests/engine/stages/board_keys.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Plug in a board with burnt fields: names end with NULL. */
static void plug_burnt(struct fake_line *line, const char *const *names, const uint32_t *numbers)
{
    const struct eg_efuse *const chip = eg_efuse_of(line->plan->target);
    struct vb_config config = {.fast = true};

    for (; *names != NULL; names++, numbers++) {
        const struct eg_efuse_field *field = chip->fields;
        while (strcmp(field->name, *names) != 0)
            field++;
        config.registers[config.register_count++] = (struct vb_register){
            chip->base + chip->blocks[field->block].read + 4 * field->word, *numbers << field->pos};
    }
    fake_line_plug(line, &config, 1, NO_FAULTS);
}

static void a_key_that_this_ledger_does_not_know_is_refused(void **state)
{
    struct fake_line *line = *state;

    plug_burnt(line, (const char *const[]){"KEY_PURPOSE_0", "RD_DIS", NULL}, (const uint32_t[]){4, 1});
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_SECURED,
                            "fuses-check: the chip hides a flash key that this ledger does not know: it was "
                            "burnt elsewhere");
    assert_true(fake_line_blank(line, 1));
}

static void flash_encryption_that_is_on_without_a_key_is_refused(void **state)
{
    struct fake_line *line = *state;

    plug_burnt(line, (const char *const[]){"SPI_BOOT_CRYPT_CNT", NULL}, (const uint32_t[]){1});
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_SECURED,
                            "fuses-check: SPI_BOOT_CRYPT_CNT is 0x1 and no block hides a flash key: flash "
                            "encryption was switched on without one, and a key cannot come later");
    assert_true(fake_line_blank(line, 1));
}

static void the_block_that_the_flash_cipher_cannot_use_is_no_free_block(void **state)
{
    struct fake_line *line = *state;

    plug_burnt(
        line,
        (const char *const[]){"BLOCK_KEY0", "BLOCK_KEY1", "BLOCK_KEY2", "BLOCK_KEY3", "BLOCK_KEY4", NULL},
        (const uint32_t[]){1, 1, 1, 1, 1});
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_SECURED,
                            "fuses-check: XTS_AES_128_KEY needs a free key block, and there is none");
    assert_true(fake_line_blank(line, 1));
}

static void each_board_claims_its_key_by_a_fingerprint(void **state)
{
    struct fake_line *line = *state;
    const char *first, *second;

    fake_line_plug(line, &(struct vb_config){.fast = true}, 2, NO_FAULTS);
    fake_line_run(line);
    first = strstr(line->recorder.transcript, "claim flash key ");
    assert_non_null(first);
    second = strstr(first + 1, "claim flash key ");
    assert_non_null(second);
    assert_memory_not_equal(first, second, strlen("claim flash key ") + 16);
    assert_non_null(strstr(line->recorder.transcript, "intended XTS_AES_128_KEY "));
    assert_non_null(strstr(line->recorder.transcript, "observed XTS_AES_128_KEY yes\n"));
}

static void no_key_is_made_in_the_mode_check(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "secure.mode", "check");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
    assert_null(strstr(line->recorder.transcript, "claim flash key"));
}

static void a_key_in_two_blocks_and_one_of_another_purpose_are_burnt_and_hidden(void **state)
{
    struct fake_line *line = *state;

    want_three_keys(line);
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_int_equal(fake_secure_field(line, 1, "KEY_PURPOSE_0"), 2);
    assert_int_equal(fake_secure_field(line, 1, "KEY_PURPOSE_1"), 3);
    assert_int_equal(fake_secure_field(line, 1, "KEY_PURPOSE_4"), 8);
    assert_int_equal(fake_secure_field(line, 1, "RD_DIS"), 0x13);
    assert_non_null(strstr(line->recorder.transcript, "claim HMAC_UP in BLOCK_KEY4 "));
    assert_non_null(strstr(line->recorder.transcript, "observed HMAC_UP in BLOCK_KEY4 yes\n"));
    assert_non_null(strstr(line->recorder.transcript, "observed XTS_AES_256_KEY_2 yes\n"));
}

static void a_cut_burn_of_three_keys_is_made_whole_in_the_next_attempt(void **state)
{
    struct fake_line *line = *state;
    char cut[32];

    want_three_keys(line);
    fake_plan_set(line->plan, "retry.attempts", "6");
    for (unsigned bits = 3; bits < 450; bits += 61) {
        snprintf(cut, sizeof cut, "1:efuse-cut@%ux2", bits);
        fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS(cut));
        line->recorder.transcript[0] = '\0';
        fake_line_run_again(line);
        fake_line_assert_result(line, 1, EG_PASS_MARGINAL, EG_OK, "");
        assert_int_equal(fake_secure_field(line, 1, "RD_DIS"), 0x13);
        vb_gang_destroy(line->gang);
        line->gang = NULL;
    }
}

/* No key outlives its run: boards end proved, or lost with a reason, and never green without their keys. */
static void a_board_that_is_cut_run_after_run_is_proved_or_lost(void **state)
{
    struct fake_line *line = *state;
    char cut[32];
    unsigned passed = 0;

    want_three_keys(line);
    for (unsigned bits = 5; bits < 700; bits += 97) {
        snprintf(cut, sizeof cut, "1:efuse-cut@%ux1", bits);
        fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS(cut));
        line->recorder.transcript[0] = '\0';
        for (unsigned runs = 0; runs < 4 && (runs == 0 || line->results[0].code != EG_OK); runs++)
            fake_line_run_again(line);
        if (line->results[0].code == EG_OK) {
            passed++;
            assert_int_equal(fake_secure_field(line, 1, "KEY_PURPOSE_4"), 8);
            assert_int_equal(fake_secure_field(line, 1, "RD_DIS") & 0x10, 0x10);
            assert_int_equal(fake_secure_field(line, 1, "SPI_BOOT_CRYPT_CNT"), 7);
        } else {
            assert_int_equal(line->results[0].code, EG_SECURED);
            assert_non_null(strstr(line->results[0].text, "the board is lost for this job"));
        }
        vb_gang_destroy(line->gang);
        line->gang = NULL;
    }
    assert_true(passed > 0);
}

static void a_key_from_a_file_is_on_all_boards_and_claimed_for_none(void **state)
{
    struct fake_line *line = *state;
    char folder[] = "/tmp/eg-shared-XXXXXX", path[64];
    const uint8_t *flash[2];
    uint8_t key[32];
    struct eg_error err;
    size_t size;

    for (unsigned i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(7 * i + 3);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/flash.key", folder);
    assert_ok(eg_secret_write(path, key, sizeof key, &err), err);
    eg_setting_clear(eg_plan_setting(line->plan, "secure.flash.key"));
    fake_plan_set(line->plan, "secure.flash.key.file", path);
    fake_plan_set(line->plan, "secure.flash.key.shared", "yes");
    fake_plan_set(line->plan, "secure.download", "open");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 2, NO_FAULTS);
    fake_line_run(line);
    for (unsigned board = 1; board <= 2; board++) {
        fake_line_assert_result(line, board, EG_PASS, EG_OK, "");
        flash[board - 1] = vb_board_flash(vb_gang_board(line->gang, board), &size);
    }
    assert_memory_equal(flash[0] + 0x10000, flash[1] + 0x10000, 0x1000);
    assert_null(strstr(line->recorder.transcript, "claim flash key"));

    /* Its file makes the ciphertext again, and another file is another job's. */
    ((uint8_t *)flash[0])[0x10010] ^= 1;
    line->recorder.run_count = 0;
    memset(line->recorder.runs, 0, 2 * sizeof *line->recorder.runs);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_memory_equal(flash[0] + 0x10000, flash[1] + 0x10000, 0x1000);
    key[5] ^= 1;
    assert_int_equal(unlink(path), 0);
    assert_ok(eg_secret_write(path, key, sizeof key, &err), err);
    line->recorder.run_count = 0;
    memset(line->recorder.runs, 0, 2 * sizeof *line->recorder.runs);
    fake_line_run(line);
    fake_line_assert_result(
        line, 1, EG_FAIL, EG_SECURED,
        "fuses-check: the chip hides a flash key that is not that of */flash.key: it was burnt by "
        "another job");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_that_this_ledger_does_not_know_is_refused, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(flash_encryption_that_is_on_without_a_key_is_refused, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(the_block_that_the_flash_cipher_cannot_use_is_no_free_block, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(each_board_claims_its_key_by_a_fingerprint, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(no_key_is_made_in_the_mode_check, set_up, fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_key_in_two_blocks_and_one_of_another_purpose_are_burnt_and_hidden,
                                        set_up, fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_cut_burn_of_three_keys_is_made_whole_in_the_next_attempt, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_board_that_is_cut_run_after_run_is_proved_or_lost, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_key_from_a_file_is_on_all_boards_and_claimed_for_none, set_up,
                                        fake_line_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
