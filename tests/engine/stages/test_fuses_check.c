/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_secure.h"

#include <stdio.h>
#include <string.h>

static void plug(struct fake_line *line)
{
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
}

/* Make a board with a burnt field, and with a word in its first key block unless that is 0. */
static void plug_burnt(struct fake_line *line, const char *name, uint32_t number, uint32_t key)
{
    const struct eg_efuse *const chip = eg_efuse_of(line->plan->target);
    const struct eg_efuse_field *field = chip->fields;

    while (strcmp(field->name, name) != 0)
        field++;
    const struct vb_register word = {chip->base + chip->blocks[field->block].read + 4 * field->word,
                                     number << field->pos};
    const struct vb_register first = {chip->base + chip->blocks[4].read, key};
    fake_line_plug(
        line,
        &(struct vb_config){.registers = {word, first}, .register_count = key != 0 ? 2 : 1, .fast = true}, 1,
        NO_FAULTS);
}

static void assert_refused(struct fake_line *line, enum eg_code code, const char *text)
{
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, code, text);
    assert_true(fake_line_blank(line, 1));
    assert_int_equal(fake_secure_field(line, 1, "SECURE_BOOT_EN"), 0);
}

static void a_board_with_the_digest_of_another_key_is_refused_before_it_is_written(void **state)
{
    struct fake_line *line = *state;

    plug_burnt(line, "KEY_PURPOSE_0", 9, 0x12345678);
    assert_refused(
        line, EG_SECURED,
        "fuses-check: BLOCK_KEY0 and BLOCK_KEY1 would both have the purpose SECURE_BOOT_DIGEST0: only "
        "one block may");
}

static void a_field_that_is_protected_is_refused_before_it_is_written(void **state)
{
    struct fake_line *line = *state;

    plug_burnt(line, "WR_DIS", 1u << 15, 0); /* of SECURE_BOOT_EN */
    assert_refused(line, EG_SECURED,
                   "fuses-check: SECURE_BOOT_EN is write-protected: it cannot be burnt any more");
}

static void a_revision_without_secure_boot_is_refused_before_it_is_written(void **state)
{
    struct fake_line *line = *state;

    eg_plan_destroy(line->plan);
    line->plan = fake_plan_create("esp32c3");
    fake_plan_add_image(line->plan, "bootloader", 0, 0x1000, 0, UINT16_MAX);
    fake_secure_sign(line->plan, "boot.pem", "rsa3072");
    fake_plan_set(line->plan, "secure.mode", "development");
    fake_line_plug(line, &(struct vb_config){.revision = 2, .fast = true}, 1, NO_FAULTS);
    assert_refused(line, EG_WRONG_REVISION,
                   "fuses-check: SECURE_BOOT_EN: secure boot v2 needs chip revision v0.3, and this one is "
                   "v0.2");
}

static void in_the_mode_check_it_tells_what_would_be_burnt_and_nothing_is(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "secure.mode", "check");
    plug(line);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_non_null(strstr(line->recorder.transcript,
                           "would burn (lock 5) SECURE_BOOT_EN 0x1: secure boot on: only what is signed "
                           "starts"));
    assert_int_equal(fake_secure_field(line, 1, "SECURE_BOOT_EN"), 0);
    assert_int_equal(fake_secure_field(line, 1, "KEY_PURPOSE_0"), 0);
}

/* What security.md calls the state of a board that must be refused before the first burn. */
static void boards_that_cannot_become_what_the_job_says_are_refused_as_they_came(void **state)
{
    static const struct {
        const char *chip, *scheme, *field;
        uint32_t number, key; /* burnt before: in a field, and in the first word of the first key block */
        enum eg_code code;
        const char *sentence;
    } rows[] = {
        {"esp32c6", "ecdsa256", "SPI_BOOT_CRYPT_CNT", 1, 0, EG_SECURED,
         "SPI_BOOT_CRYPT_CNT is 0x1 and no block hides a flash key: *"},
        {"esp32c6", "ecdsa256", "SPI_BOOT_CRYPT_CNT", 3, 0, EG_SECURED,
         "SPI_BOOT_CRYPT_CNT is 0x3 and no block hides a flash key: *"},
        {"esp32c2", "ecdsa256", "SPI_BOOT_CRYPT_CNT", 1, 0, EG_SECURED,
         "SPI_BOOT_CRYPT_CNT is 0x1 and no block hides a flash key: *"},
        {"esp32c6", "ecdsa256", "WR_DIS", 1u << 0, 0, EG_SECURED,
         "RD_DIS is write-protected: BLOCK_KEY0 can no longer be read-protected"},
        {"esp32c6", "ecdsa256", "WR_DIS", 1u << 4, 0, EG_SECURED,
         "SPI_BOOT_CRYPT_CNT is write-protected: it cannot be burnt any more"},
        {"esp32c6", "ecdsa256", "WR_DIS", 1u << 18, 0, EG_SECURED,
         "DIS_DIRECT_BOOT is write-protected: it cannot be burnt any more"},
        {"esp32", "rsa3072", "WR_DIS", 1u << 7, 0, EG_SECURED,
         "BLOCK1 is write-protected: it cannot be burnt any more"},
        {"esp32c6", "ecdsa256", "KEY_PURPOSE_0", 2, 0, EG_SECURED,
         "BLOCK_KEY0 and BLOCK_KEY1 would have flash keys of 128 and of 256 bits: a board has one or the "
         "other"},
        {"esp32s3", "rsa3072", "KEY_PURPOSE_1", 2, 0, EG_SECURED,
         "BLOCK_KEY0 and BLOCK_KEY1 would have flash keys of 128 and of 256 bits: a board has one or the "
         "other"},
        {"esp32c6", "ecdsa256", "KEY_PURPOSE_0", 4, 0x12345678, EG_SECURED,
         "BLOCK_KEY0 and BLOCK_KEY1 would both have the purpose XTS_AES_128_KEY: only one block may"},
        {"esp32c6", "ecdsa256", "RD_DIS", 1u << 1, 0, EG_SECURED,
         "the chip hides a flash key that this ledger does not know: it was burnt elsewhere"},
        {"esp32c2", "ecdsa256", "RD_DIS", 1u << 0, 0, EG_SECURED,
         "the chip hides a flash key that this ledger does not know: it was burnt elsewhere"},
        {"esp32", "rsa3072", "RD_DIS", 1u << 1, 0, EG_SECURED,
         "BLOCK2 is read-protected: what it holds cannot be seen, so it must not be burnt"},
        {"esp32", "rsa3072", "RD_DIS", 1u << 3, 0, EG_SECURED,
         "FLASH_CRYPT_CONFIG is read-protected: what it holds cannot be seen, so it must not be burnt"},
        {"esp32c6", "ecdsa256", "SECURE_BOOT_KEY_REVOKE0", 1, 0, EG_SECURED,
         "SECURE_BOOT_KEY_REVOKE0 is burnt: the chip would take nothing that boot.pem has signed"},
        {"esp32s3", "rsa3072", "DIS_USB_SERIAL_JTAG", 1, 0, EG_SECURED,
         "DIS_USB_JTAG and DIS_USB_SERIAL_JTAG together: the ROM of an ESP32-S3 then crashes in its loader"},
        {"esp32", "rsa3072", "CODING_SCHEME", 2, 0, EG_UNSUPPORTED,
         "CODING_SCHEME is 2 (repeat): how such blocks are burnt is not known"},
    };
    struct fake_line *line = *state;
    char sentence[400];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        eg_plan_destroy(line->plan);
        line->plan = fake_secure_plan_of(rows[i].chip, rows[i].scheme);
        fake_plan_set(line->plan, "secure.flash.key", "per-board");
        line->recorder.run_count = 0;
        memset(line->recorder.runs, 0, sizeof *line->recorder.runs);
        plug_burnt(line, rows[i].field, rows[i].number, rows[i].key);
        print_message("%s with %s %u\n", rows[i].chip, rows[i].field, (unsigned)rows[i].number);
        snprintf(sentence, sizeof sentence, "fuses-check: %s", rows[i].sentence);
        fake_line_run(line);
        fake_line_assert_result(line, 1, eg_outcome_of(rows[i].code), rows[i].code, sentence);
        assert_true(fake_line_blank(line, 1));
        assert_null(strstr(line->recorder.transcript, "intended"));
        vb_gang_destroy(line->gang);
        line->gang = NULL;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(boards_that_cannot_become_what_the_job_says_are_refused_as_they_came,
                                        fake_secure_setup, fake_line_teardown),
        cmocka_unit_test_setup_teardown(
            a_board_with_the_digest_of_another_key_is_refused_before_it_is_written, fake_secure_setup,
            fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_field_that_is_protected_is_refused_before_it_is_written,
                                        fake_secure_setup, fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_revision_without_secure_boot_is_refused_before_it_is_written,
                                        fake_secure_setup, fake_line_teardown),
        cmocka_unit_test_setup_teardown(in_the_mode_check_it_tells_what_would_be_burnt_and_nothing_is,
                                        fake_secure_setup, fake_line_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
