/* SPDX-License-Identifier: Apache-2.0 */

/* eFuses of a simulated board, read and burnt through its loader. */

#define _GNU_SOURCE /* memmem() */

#include "engine/board/efuse.h"
#include "engine/efuse/plan.h"
#include "tests/fakes/fake_board.h"
#include "tools/vboard/chip/chip.h"

#include <string.h>

static void open_fuses(struct fake_board *fake, struct eg_efuses *fuses)
{
    const struct eg_efuse_io io = eg_board_efuse_io(fake->board);
    struct eg_error err;
    uint16_t revision;

    assert_ok(eg_board_chip_revision(fake->board, &revision, &err), err);
    assert_ok(
        eg_efuse_open(fuses, eg_target_by_name(eg_board_chip_name(fake->board)), &io, revision, 40, &err),
        err);
}

static bool was_printed(const struct fake_board *fake, const char *text)
{
    return memmem(fake->log.text.data, fake->log.text.size, text, strlen(text)) != NULL;
}

static void a_key_is_burnt_and_hidden_and_never_in_the_trace(void **state)
{
    struct fake_board *fake = *state;
    EG_CLEANUP(eg_efuse_plan_finish) struct eg_efuse_plan plan;
    EG_CLEANUP(eg_efuse_finish) struct eg_efuses fuses;
    const uint8_t key[32] = "\x5a\xc3\x17\x99 a key of thirty-two bytes!";
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_USUAL, NO_FAULTS);
    fake->options.trace = true;
    fake_board_connect(fake, FAKE_ROM);
    open_fuses(fake, &fuses);
    assert_ok(eg_efuse_plan_init(&plan, &fuses, &err), err);
    fake->log.text.size = 0;
    const struct eg_efuse_key wanted = {
        .block = "BLOCK_KEY0", .purpose = "HMAC_UP", .data = key, .size = sizeof key};
    assert_ok(eg_efuse_want_key(&plan, &wanted, &err), err);
    assert_ok(eg_efuse_decide(&plan, &err), err);
    assert_ok(eg_efuse_burn(&plan, &err), err);
    assert_int_equal(eg_efuse_number(&fuses, "KEY_PURPOSE_0"), 8);
    assert_false(eg_efuse_readable(&fuses, 1));
    assert_int_equal(fuses.block[4].word[0], 0);
    assert_true(was_printed(fake, "(part of a key)"));
    assert_false(was_printed(fake, "5ac31799"));
}

static void a_board_in_secure_download_mode_tells_nothing(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;
    uint32_t word;

    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.secure_download = true), NO_FAULTS);
    fake_board_connect(fake, FAKE_ROM);
    const struct eg_efuse_io io = eg_board_efuse_io(fake->board);
    assert_error(io.read(io.context, 0x6000882c, &word, &err), err, EG_SECURED,
                 "ESP32-C3 is in secure download mode: its eFuses can be neither read nor burnt");
}

static void fields_are_read_and_burnt_by_their_names(void **state)
{
    struct fake_board *fake = *state;
    const uint8_t key[32] = "\x5a\xc3\x17\x99 a key of thirty-two bytes!";
    const struct eg_efuse_wish wishes[] = {
        {.field = "DIS_PAD_JTAG", .number = 1},
        {.block = "BLOCK_KEY0", .purpose = "HMAC_UP", .key = key, .key_size = sizeof key},
        {.field = "RD_DIS", .write_protect = true}};
    const struct eg_efuse_wish wrong = {.field = "SPI_BOOT_CRYPT_CNT", .number = 8};
    struct eg_efuse_reading reading;
    struct eg_error err;

    for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
        fake_board_start(fake, "esp32c3", loader);
        assert_ok(eg_board_efuse_burn(fake->board, wishes, 3, true, &err), err);
        assert_ok(eg_board_efuse_read(fake->board, "DIS_PAD_JTAG", &reading, &err), err);
        assert_string_equal(reading.value, "False");
        assert_true(reading.writable);
        assert_ok(eg_board_efuse_burn(fake->board, wishes, 3, false, &err), err);
        assert_ok(eg_board_efuse_read(fake->board, "DIS_PAD_JTAG", &reading, &err), err);
        assert_int_equal(reading.number, 1);
        assert_ok(eg_board_efuse_read(fake->board, "RD_DIS", &reading, &err), err);
        assert_false(reading.writable);
        assert_int_equal(reading.number, 1);
        assert_ok(eg_board_efuse_read(fake->board, "BLOCK_KEY0", &reading, &err), err);
        assert_false(reading.readable);
        assert_error(eg_board_efuse_burn(fake->board, &wrong, 1, false, &err), err, EG_BAD_ARGUMENT,
                     "SPI_BOOT_CRYPT_CNT has 3 bits: 0x8 does not fit");
        assert_error(eg_board_efuse_burn(fake->board, &(struct eg_efuse_wish){0}, 1, false, &err), err,
                     EG_BAD_ARGUMENT, "a wish for the eFuses names a field or a block");
        assert_error(
            eg_board_efuse_burn(fake->board, &(struct eg_efuse_wish){.block = "BLOCK_KEY1"}, 1, false, &err),
            err, EG_BAD_ARGUMENT, "BLOCK_KEY1: a key needs its bytes and a purpose");
        assert_error(eg_board_efuse_read(fake->board, "NONE", &reading, &err), err, EG_BAD_ARGUMENT,
                     "ESP32-C3 has no eFuse field NONE; 'summary' lists them");
        fake_board_unplug(fake);
    }
}

/* Burn a field of a board that restarts once when `bytes` more have come. */
static enum eg_code burn_and_restart(struct fake_board *fake, enum fake_loader loader, const char *field,
                                     unsigned bytes, struct eg_error *err)
{
    const struct eg_efuse_wish wish = {.field = field, .number = 1};

    fake_board_plug(fake, "esp32c3", FAKE_APP, FAULTS("1:brownout@1000000"));
    fake->options.before = EG_BEFORE_DEFAULT_RESET;
    fake->options.connect_attempts = 2;
    fake_board_connect(fake, loader);
    struct vb__faults *const faults = &vb_gang_board(fake->gang, 1)->faults;
    faults->next = faults->states[0].next = faults->received + bytes;
    const enum eg_code code = eg_board_efuse_burn(fake->board, &wish, 1, false, err);
    if (code == EG_OK)
        assert_int_equal(vb__efuse_field(vb_gang_board(fake->gang, 1), field), 1);
    return code;
}

static void a_burn_whose_board_restarts_is_repeated_or_done(void **state)
{
    struct fake_board *fake = *state;
    unsigned repeated = 0, secured = 0, closed = 0;
    struct eg_efuse_reading reading;
    struct eg_error err;

    for (unsigned bytes = 1800; bytes < 2600; bytes += 300) {
        assert_ok(burn_and_restart(fake, FAKE_STUB, "ENABLE_SECURITY_DOWNLOAD", bytes, &err), err);
        repeated += !eg_board_secure_download(fake->board);
        secured += eg_board_secure_download(fake->board);
        fake_board_unplug(fake);
        assert_ok(burn_and_restart(fake, FAKE_ROM, "DIS_DOWNLOAD_MODE", bytes, &err), err);
        if (eg_board_efuse_read(fake->board, "DIS_DOWNLOAD_MODE", &reading, &err) != EG_OK) {
            assert_error(eg_board_connect(fake->board, &err), err, EG_SECURED,
                         "the chip says \"Download mode is disabled\": an eFuse has switched its loader off "
                         "for good");
            closed++;
        }
        fake_board_unplug(fake);
    }
    assert_true(repeated > 0 && secured > 0 && closed > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(a_key_is_burnt_and_hidden_and_never_in_the_trace),
        FAKE_TEST(fields_are_read_and_burnt_by_their_names),
        FAKE_TEST(a_board_in_secure_download_mode_tells_nothing),
        FAKE_TEST(a_burn_whose_board_restarts_is_repeated_or_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
