/* SPDX-License-Identifier: Apache-2.0 */

/* Boards with their own flash keys: the contents of their flash, and the next run of an interrupted board. */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_secure.h"

#include <string.h>

static int set_up(void **state)
{
    const int failed = fake_secure_setup(state);
    struct fake_line *const line = *state;

    fake_plan_set(line->plan, "secure.flash.key", "per-board");
    return failed;
}

/* Run the same board again; only the ledger remembers the first run. */
static void run_again(struct fake_line *line)
{
    line->recorder.run_count = 0;
    memset(line->recorder.runs, 0, sizeof *line->recorder.runs);
    fake_line_run(line);
}

static void the_flash_has_ciphertext_that_differs_from_board_to_board(void **state)
{
    struct fake_line *line = *state;
    const uint8_t *flash[2];
    size_t size;

    fake_plan_add(line->plan, "data", 0x200000, 0x1000); /* outside all partitions: it stays plain */
    const struct eg_region *const app = &line->plan->regions[2];
    fake_line_plug(line, &(struct vb_config){.fast = true}, 2, NO_FAULTS);
    fake_line_run(line);
    for (unsigned board = 1; board <= 2; board++) {
        fake_line_assert_result(line, board, EG_PASS, EG_OK, "");
        flash[board - 1] = vb_board_flash(vb_gang_board(line->gang, board), &size);
        assert_int_equal(fake_secure_field(line, board, "SPI_BOOT_CRYPT_CNT"), 7);
        assert_int_equal(fake_secure_field(line, board, "KEY_PURPOSE_0"), 4);
        assert_int_equal(fake_secure_field(line, board, "RD_DIS") & 1, 1);
        assert_memory_not_equal(flash[board - 1] + app->flash_addr, app->data.data, 256);
        assert_memory_equal(flash[board - 1] + 0x200000, line->plan->regions[3].data.data, 0x1000);
    }
    assert_memory_not_equal(flash[0] + app->flash_addr, flash[1] + app->flash_addr, 256);
}

static void the_same_attempt_made_again_uses_the_same_key(void **state)
{
    struct fake_line *line = *state;
    char cut[32];

    fake_plan_set(line->plan, "retry.attempts", "4");
    for (unsigned bits = 0; bits < 200; bits += 40) {
        snprintf(cut, sizeof cut, "1:efuse-cut@%ux2", bits);
        fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS(cut));
        line->recorder.transcript[0] = '\0';
        run_again(line);
        fake_line_assert_result(line, 1, EG_PASS_MARGINAL, EG_OK, "");
        assert_int_equal(fake_secure_field(line, 1, "KEY_PURPOSE_0"), 4);
        vb_gang_destroy(line->gang);
        line->gang = NULL;
    }
}

static void a_later_run_goes_on_where_the_power_failed(void **state)
{
    struct fake_line *line = *state;
    unsigned runs = 1;

    /* Each run has one attempt, and no key outlives its run. */
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS("1:efuse-cut@40x2"));
    run_again(line);
    while (line->results[0].code != EG_OK && runs++ < 20)
        run_again(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_true(runs > 1);
    assert_int_equal(fake_secure_field(line, 1, "SPI_BOOT_CRYPT_CNT"), 7);
    assert_int_equal(fake_secure_field(line, 1, "SECURE_BOOT_EN"), 1);
    assert_int_equal(fake_secure_field(line, 1, "ENABLE_SECURITY_DOWNLOAD"), 1);
}

static void a_board_whose_key_is_hidden_keeps_its_ciphertext(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "secure.download", "open");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    run_again(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    run_again(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_string_equal(line->recorder.runs[0].regions[0].verdict, "equal");
    assert_int_equal(line->recorder.runs[0].regions[0].times.blocks, 0);
}

static void another_firmware_is_not_taken_for_the_one_that_was_encrypted(void **state)
{
    struct fake_line *line = *state;
    struct eg_region *const app = &line->plan->regions[2];
    struct eg_error err;

    eg_setting_clear(eg_plan_setting(line->plan, "secure.boot.keys"));
    fake_plan_set(line->plan, "secure.mode", "development");
    fake_plan_set(line->plan, "secure.download", "open");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    run_again(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    app->data.data[0x1800] ^= 1; /* nobody starts or signs this byte */
    line->plan->wire_size -= app->zlib.size;
    eg_buffer_finish(&app->zlib);
    assert_ok(eg_region_finish(app, &err), err);
    line->plan->wire_size += app->zlib.size;
    run_again(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_SECURED,
                            "encrypt: app: the chip hides its flash key, nobody knows it any more, and the "
                            "job has another content than what was encrypted for it: the board keeps what "
                            "it has");
}

static void ciphertext_that_is_gone_is_lost_with_its_key(void **state)
{
    struct fake_line *line = *state;
    size_t size;

    fake_plan_set(line->plan, "secure.download", "open");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    run_again(line);
    ((uint8_t *)vb_board_flash(vb_gang_board(line->gang, 1), &size))[0x10010] ^= 1;
    run_again(line);
    fake_line_assert_result(
        line, 1, EG_FAIL, EG_SECURED,
        "verify: app at 0x00010000: the flash does not hold what was encrypted for the key "
        "in the chip, and nobody knows that key any more: the board is lost");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_flash_has_ciphertext_that_differs_from_board_to_board, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(the_same_attempt_made_again_uses_the_same_key, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_later_run_goes_on_where_the_power_failed, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_board_whose_key_is_hidden_keeps_its_ciphertext, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(another_firmware_is_not_taken_for_the_one_that_was_encrypted, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(ciphertext_that_is_gone_is_lost_with_its_key, set_up,
                                        fake_line_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
