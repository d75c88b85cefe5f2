/* SPDX-License-Identifier: Apache-2.0 */

/* Boards that arrive with a flash key, or with part of one, and keys shared by two boards. */

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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
