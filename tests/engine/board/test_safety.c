/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/fake_board.h"

#include <stdio.h>
#include <string.h>

static uint8_t image[300];

static struct eg_flash_file app_at(uint32_t addr, size_t size)
{
    return (struct eg_flash_file){.addr = addr, .input = {.data = image, .size = size, .name = "app"}};
}

/*
 * Check that the files are refused like this, also with erase-all, and nothing was erased; the caller filled
 * the flash.
 */
static void assert_refused_alone(struct fake_board *fake, const struct eg_flash_file *file, enum eg_code code,
                                 const char *sentence)
{
    const struct eg_write_flash_options all = {.erase_all = eg_board_has_stub(fake->board)};
    struct eg_flash_result result;
    struct eg_error err;

    assert_error(eg_board_write_flash(fake->board, file, 1, NULL, &result, &err), err, code, sentence);
    assert_true(result.size == 0 && result.sent == 0 && !result.verified && !result.skipped);
    assert_error(eg_board_write_flash(fake->board, file, 1, &all, NULL, &err), err, code, sentence);
    fake_board_assert_untouched(fake);
}

/* Check the same for a file alone and after another file that is right. */
static void assert_refused(struct fake_board *fake, const struct eg_flash_file *file, enum eg_code code,
                           const char *sentence)
{
    const struct eg_flash_file two[] = {{.addr = 0x1c0000, .input = {.data = "first", .size = 5}}, *file};
    struct eg_flash_result results[2];
    struct eg_error err;

    assert_refused_alone(fake, file, code, sentence);
    assert_error(eg_board_write_flash(fake->board, two, 2, NULL, results, &err), err, code, sentence);
    assert_true(results[0].size == 0 && results[1].size == 0);
    fake_board_assert_untouched(fake);
}

static void assert_written(struct fake_board *fake, const struct eg_flash_file *file, bool force)
{
    const struct eg_write_flash_options options = {.force = force};
    struct eg_error err;

    fake_board_fill(fake);
    assert_ok(eg_board_write_flash(fake->board, file, 1, &options, NULL, &err), err);
    assert_memory_equal(fake_board_flash(fake) + file->addr, file->input.data, file->input.size);
}

/* ---- The image ---- */

static void an_image_for_another_chip_is_refused_unless_forced(void **state)
{
    struct fake_board *fake = *state;
    static const struct {
        const char *board, *image, *sentence;
    } rows[] = {
        {"esp32c3", "esp32s3", "app is an image for ESP32-S3, not for ESP32-C3"},
        {"esp32c3", "esp8266", "app is an image for ESP8266, not for ESP32-C3"},
        {"esp32", "esp32s2", "app is an image for ESP32-S2, not for ESP32"},
        {"esp8266", "esp32c3", "app is an image for ESP32-C3, not for ESP8266"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct eg_flash_file file =
            app_at(0x10000, fake_image_make(image, rows[i].image, &(struct fake_image){0}));
        fake_board_start(fake, rows[i].board, FAKE_STUB);
        fake_board_fill(fake);
        assert_refused(fake, &file, EG_BAD_IMAGE, rows[i].sentence);
        assert_written(fake, &file, true);
        fake_board_unplug(fake);
    }
    const struct eg_flash_file file =
        app_at(0x10000, fake_image_make(image, "esp32c3", &(struct fake_image){0}));
    image[12] = 99;
    fake_board_start(fake, "esp32c3", FAKE_STUB);
    fake_board_fill(fake);
    assert_refused(fake, &file, EG_BAD_IMAGE, "app is an image for chip id 99, not for ESP32-C3");
    fake_board_unplug(fake);

    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.secure_download = true),
                    NO_FAULTS); /* the chip itself is recognised in this mode */
    fake_board_connect(fake, FAKE_ROM);
    fake_board_fill(fake);
    assert_refused(fake, &file, EG_BAD_IMAGE, "app is an image for chip id 99, not for ESP32-C3");
}

static void an_image_for_other_revisions_is_refused_unless_forced(void **state)
{
    struct fake_board *fake = *state;
    static const struct {
        const char *chip; /* an ESP32-C3 v0.4 or an ESP32 v3.1 */
        struct fake_image image;
        const char *sentence; /* NULL = it may run */
    } rows[] = {
        {"esp32c3", {.min_rev_full = 5}, "app needs revision v0.5 or later, the chip is v0.4"},
        {"esp32c3", {.min_rev_full = 101}, "app needs revision v1.1 or later, the chip is v0.4"},
        {"esp32c3", {.min_rev_full = 4}, NULL},
        {"esp32c3", {.max_rev_full = 3}, "app runs up to revision v0.3, the chip is v0.4"},
        {"esp32c3", {.max_rev_full = 4}, NULL},
        {"esp32c3", {.min_rev = 5}, "app needs revision v0.5 or later, the chip is v0.4"}, /* the minor one */
        {"esp32c3", {.min_rev = 4}, NULL},
        {"esp32c3", {.min_rev = 5, .old = true}, "app needs revision v0.5 or later, the chip is v0.4"},
        {"esp32c3", {.min_rev = 9, .min_rev_full = 3}, NULL}, /* the full one counts */
        {"esp32c3", {.min_rev = 9, .max_rev_full = 99}, NULL},
        {"esp32", {.min_rev = 3}, NULL}, /* the major one */
        {"esp32", {.min_rev = 3, .old = true}, NULL},
        {"esp32", {.min_rev = 4}, "app needs revision v4.0 or later, the chip is v3.1"},
        {"esp32", {.min_rev_full = 302}, "app needs revision v3.2 or later, the chip is v3.1"},
        {"esp32", {.max_rev_full = 300}, "app runs up to revision v3.0, the chip is v3.1"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct eg_flash_file file =
            app_at(0x10000, fake_image_make(image, rows[i].chip, &rows[i].image));
        fake_board_start(fake, rows[i].chip, i % 2 == 0 ? FAKE_ROM : FAKE_STUB);
        fake_board_fill(fake);
        if (rows[i].sentence != NULL)
            assert_refused(fake, &file, EG_WRONG_REVISION, rows[i].sentence);
        assert_written(fake, &file, rows[i].sentence != NULL);
        fake_board_unplug(fake);
    }
}

static void a_file_that_is_not_an_image_is_written_anywhere(void **state)
{
    struct fake_board *fake = *state;
    const struct eg_flash_file file = app_at(0, 200);

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    fake_noise(image, sizeof image, 7);
    assert_written(fake, &file, false);
    image[0] = 0xe9; /* and even this */
    assert_written(fake, &file, false);
}

/* ---- The place ---- */

static void data_past_the_end_of_the_flash_is_refused(void **state)
{
    struct fake_board *fake = *state;
    struct eg_flash_file file = app_at(0x3fffc0, 65);
    struct eg_error err;

    memset(image, 1, sizeof image);
    fake_board_start(fake, "esp32c3", FAKE_STUB);
    fake_board_fill(fake);
    assert_refused(
        fake, &file, EG_FLASH_TOO_SMALL,
        "app: 0x003fffc0 to 0x00400004 goes beyond the end of the flash at 0x00400000"); /* with its padding
                                                                                          */
    file.addr = 0xfffffff0;
    assert_refused(fake, &file, EG_FLASH_TOO_SMALL,
                   "app: 0xfffffff0 to 0x100000034 goes beyond the 16 MB that the stub of ESP32-C3 reaches");
    file.addr = 0x1ff000;
    file.input.size = 300;
    const struct eg_write_flash_options small = {.flash_size = "2MB"}, large = {.flash_size = "8MB"};
    assert_written(fake, &file, false);
    file.addr = 0x1fff00;
    fake_board_fill(fake);
    assert_error(eg_board_write_flash(fake->board, &file, 1, &small, NULL, &err), err, EG_FLASH_TOO_SMALL,
                 "app: 0x001fff00 to 0x0020002c goes beyond the given flash size of 2 MB, 0x00200000");
    file.addr = 0x3fff00;
    assert_error(eg_board_write_flash(fake->board, &file, 1, &large, NULL, &err), err, EG_FLASH_TOO_SMALL,
                 "app: 0x003fff00 to 0x0040002c goes beyond the end of the flash at 0x00400000");
    fake_board_assert_untouched(fake);
    fake_board_unplug(fake);

    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.secure_download = true),
                    NO_FAULTS); /* only the caller's statement counts */
    fake_board_connect(fake, FAKE_ROM);
    fake_board_fill(fake);
    file.addr = 0x1fff00;
    assert_error(eg_board_write_flash(fake->board, &file, 1, &small, NULL, &err), err, EG_FLASH_TOO_SMALL,
                 "app: 0x001fff00 to 0x0020002c goes beyond the given flash size of 2 MB, 0x00200000");
    assert_refused(
        fake, &file, EG_FLASH_TOO_SMALL,
        "app: 0x001fff00 to 0x0020002c goes beyond the 2 MB, 0x00200000, that a flash is taken for in secure "
        "download mode unless its size is given");
    const struct eg_write_flash_options given = {.flash_size = "4MB"};
    assert_ok(eg_board_write_flash(fake->board, &file, 1, &given, NULL, &err), err);
    assert_memory_equal(fake_board_flash(fake) + file.addr, image, 300);
}

static void beyond_16_mb_only_some_stubs_reach(void **state)
{
    struct fake_board *fake = *state;
    static const struct vb_flash_part big = {
        .name = "GD25Q256", .jedec = 0x1940c8, .size = 32 << 20, .sfdp = true};
    const struct eg_flash_file file = app_at(0xffff00, 300);

    memset(image, 1, sizeof image);
    fake_board_plug(fake, "esp32s3", FAKE_CONFIG(.part = &big), NO_FAULTS);
    fake_board_connect(fake, FAKE_ROM);
    fake_board_fill(fake);
    assert_refused(fake, &file, EG_FLASH_TOO_SMALL,
                   "app: 0x00ffff00 to 0x0100002c goes beyond the 16 MB that the ROM of ESP32-S3 reaches");
    struct eg_error err;
    assert_ok(eg_board_run_stub(fake->board, &err), err);
    assert_written(fake, &file, false);
    fake_board_assert_untouched_but(fake, 0xfff000, 0x1001000);
    fake_board_unplug(fake);

    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.part = &big), NO_FAULTS);
    fake_board_connect(fake, FAKE_STUB);
    fake_board_fill(fake);
    assert_refused(fake, &file, EG_FLASH_TOO_SMALL,
                   "app: 0x00ffff00 to 0x0100002c goes beyond the 16 MB that the stub of ESP32-C3 reaches");
}

static void the_first_secure_boots_bootloader_is_not_overwritten_unless_forced(void **state)
{
    struct fake_board *fake = *state;
    struct eg_flash_file file = app_at(0x7fff, 4);

    fake_board_plug(fake, "esp32", FAKE_USUAL, NO_FAULTS);
    fake_board_burn(fake, EG_FIELD_SECURE_BOOT_V1, 1);
    fake_board_connect(fake, FAKE_STUB);
    fake_board_fill(fake);
    assert_refused(fake, &file, EG_SECURED,
                   "secure boot is on and app at 0x00007fff would overwrite the bootloader it trusts");
    assert_written(fake, &file, true);
    file.addr = 0x8000;
    assert_written(fake, &file, false);
}

static void the_key_managers_data_is_not_overwritten_unless_forced(void **state)
{
    struct fake_board *fake = *state;
    struct eg_flash_file file = app_at(0x1fff, 4);
    struct eg_error err;

    fake_board_plug(fake, "esp32c5", FAKE_USUAL, NO_FAULTS);
    fake_board_burn(fake, EG_FIELD_KEY_MANAGER, 2);
    fake_board_connect(fake, FAKE_STUB);
    fake_board_fill(fake);
    assert_refused(
        fake, &file, EG_SECURED,
        "app at 0x00001fff would overwrite the key manager's data below 0x00002000, which flash encryption "
        "needs");
    assert_error(eg_board_erase_region(fake->board, 0x1000, 0x2000, false, &err), err, EG_SECURED,
                 "erasing at 0x00001000 would overwrite the key manager's data below 0x00002000, which flash "
                 "encryption needs");
    assert_error(eg_board_erase_flash(fake->board, false, &err), err, EG_SECURED,
                 "erasing at 0x00000000 would overwrite the key manager's data below 0x00002000, which flash "
                 "encryption needs");
    fake_board_assert_untouched(fake);
    assert_ok(eg_board_erase_region(fake->board, 0x2000, 0x1000, false, &err), err);
    assert_written(fake, &file, true);
    file.addr = 0x2000;
    assert_written(fake, &file, false);
}

/* ---- Encryption ---- */

/* Encrypted writing: the flash holds other data than was given, and the chip cannot confirm it. */
static void assert_encrypted(struct fake_board *fake, const struct eg_flash_file *file,
                             const struct eg_write_flash_options *options, uint32_t padded)
{
    struct eg_flash_result result;
    struct eg_error err;

    fake_board_fill(fake);
    fake->log.text.size = 0;
    assert_ok(eg_board_write_flash(fake->board, file, 1, options, &result, &err), err);
    assert_int_equal(result.addr, file->addr);
    assert_int_equal(result.size, padded);
    assert_true(!result.verified && !result.skipped && result.sent > 0);
    assert_memory_not_equal(fake_board_flash(fake) + file->addr, file->input.data, file->input.size);
    assert_memory_not_equal(fake_board_flash(fake) + file->addr, fake->kept + file->addr, padded);
    const uint32_t end = (file->addr + padded + 0xfff) & ~0xfffu;
    if (eg_board_has_stub(fake->board)) /* a ROM encrypts the rest of its block as well */
        fake_board_assert_blank(fake, file->addr + padded, end);
    fake_board_assert_untouched_but(fake, file->addr, end);
}

static void data_is_encrypted_by_a_chip_with_a_key(void **state)
{
    struct fake_board *fake = *state;
    static const struct {
        const char *chip;
        enum fake_loader loader;
        uint32_t addr, padded; /* padded to 16, on the ESP32 to 32 */
    } rows[] = {{"esp32c3", FAKE_ROM, 0x11000, 304},
                {"esp32c3", FAKE_STUB, 0x11000, 304},
                {"esp32", FAKE_STUB, 0x11000, 320},
                {"esp32s3", FAKE_STUB, 0x11000, 304}};
    uint8_t cipher[300];

    fake_noise(image, sizeof image, 3);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct eg_flash_file file = app_at(rows[i].addr, sizeof image);
        const struct eg_write_flash_options every = {.encrypt = true}, packed = {.compress = EG_COMPRESS_ON};
        fake_board_plug(fake, rows[i].chip, FAKE_CONFIG(.flash_encryption = true), NO_FAULTS);
        fake_board_connect(fake, rows[i].loader);
        assert_encrypted(fake, &file, &every, rows[i].padded);
        assert_true(
            fake_board_said(fake, "warning: app: what the flash holds cannot be verified, it is encrypted"));
        memcpy(cipher, fake_board_flash(fake) + rows[i].addr, sizeof cipher);
        file.encrypt = true;
        assert_encrypted(fake, &file, NULL, rows[i].padded);
        assert_memory_equal(fake_board_flash(fake) + rows[i].addr, cipher, sizeof cipher);
        assert_encrypted(fake, &file, &packed, rows[i].padded);
        assert_memory_equal(fake_board_flash(fake) + rows[i].addr, cipher, sizeof cipher);
        /* The chip still accepts plain data. */
        file.encrypt = false;
        assert_written(fake, &file, false);
        fake_board_unplug(fake);
    }
}

static void data_that_cannot_be_encrypted_is_refused(void **state)
{
    struct fake_board *fake = *state;
    static const struct {
        const char *chip;
        enum fake_loader loader;
        bool encryption;
        enum eg_field_id field; /* field that gets the value; 0 = none */
        uint32_t value, addr;
        bool ignorable;
        enum eg_code code;
        const char *sentence;
    } rows[] = {
        {"esp8266", FAKE_STUB, false, 0, 0, 0x10000, false, EG_SECURED,
         "app cannot be encrypted: ESP8266 encrypts no flash"},
        {"esp32", FAKE_ROM, true, 0, 0, 0x10000, false, EG_UNSUPPORTED,
         "app cannot be encrypted: the ROM of ESP32 cannot, its stub can"},
        {"esp32c3", FAKE_STUB, true, EG_FIELD_MANUAL_ENCRYPT_OFF, 1, 0x10000, false, EG_SECURED,
         "app cannot be encrypted: on this ESP32-C3 the loader may no longer encrypt"},
        {"esp32c3", FAKE_STUB, false, 0, 0, 0x10000, true, EG_SECURED,
         "app cannot be encrypted: this ESP32-C3 has no key for its flash"},
        {"esp32", FAKE_STUB, false, EG_FIELD_CRYPT_CONFIG, 15, 0x10000, true, EG_SECURED,
         "app cannot be encrypted: this ESP32 has no key for its flash"},
        {"esp32", FAKE_STUB, true, EG_FIELD_CRYPT_CONFIG, 7, 0x10000, true, EG_SECURED,
         "app cannot be encrypted: FLASH_CRYPT_CONFIG of this ESP32 is not 0xf"},
        {"esp32c3", FAKE_STUB, true, 0, 0, 0x10008, false, EG_BAD_ARGUMENT,
         "app at 0x00010008: encrypted data begins at a multiple of 16"},
        {"esp32", FAKE_STUB, true, 0, 0, 0x10010, false, EG_BAD_ARGUMENT,
         "app at 0x00010010: encrypted data begins at a multiple of 32"},
    };
    const struct eg_write_flash_options ignore = {.ignore_flash_enc_efuse = true};
    struct eg_error err;

    fake_noise(image, sizeof image, 3);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct eg_flash_file file = app_at(rows[i].addr, 320 - 20);
        file.encrypt = true;
        fake_board_plug(fake, rows[i].chip, FAKE_CONFIG(.flash_encryption = rows[i].encryption), NO_FAULTS);
        if (rows[i].field != 0)
            fake_board_burn(fake, rows[i].field, rows[i].value);
        fake_board_connect(fake, rows[i].loader);
        fake_board_fill(fake);
        assert_refused_alone(fake, &file, rows[i].code, rows[i].sentence);
        const enum eg_code code = eg_board_write_flash(fake->board, &file, 1, &ignore, NULL, &err);
        if (rows[i].ignorable) {
            assert_ok(code, err);
        } else {
            assert_error(code, err, rows[i].code, rows[i].sentence);
            fake_board_assert_untouched(fake);
        }
        fake_board_unplug(fake);
    }
}

static void plain_data_that_could_not_run_is_refused_unless_forced(void **state)
{
    struct fake_board *fake = *state;
    struct eg_flash_file file = app_at(0x10000, 100);

    fake_noise(image, sizeof image, 3);
    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.flash_encryption = true), NO_FAULTS);
    fake_board_burn(fake, EG_FIELD_MANUAL_ENCRYPT_OFF, 1);
    fake_board_connect(fake, FAKE_STUB);
    fake_board_fill(fake);
    assert_refused_alone(
        fake, &file, EG_SECURED,
        "app is plain, flash encryption is on, and the loader may no longer encrypt: the chip "
        "could not run it");
    assert_written(fake, &file, true);
    fake_board_unplug(fake);

    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.flash_encryption = true, .secure_download = true),
                    NO_FAULTS);
    fake_board_connect(fake, FAKE_ROM);
    fake_board_fill(fake);
    assert_refused_alone(
        fake, &file, EG_SECURED,
        "app is plain, and flash encryption is on: in secure download mode nothing tells whether "
        "the chip could "
        "run it");
    assert_written(fake, &file, true);
    file.encrypt = true;
    assert_encrypted(fake, &file, NULL, 112);
    assert_true(
        fake_board_said(fake, "warning: app: what the flash holds cannot be verified, it is encrypted"));
}

/* ---- Erasing ---- */

static void what_security_needs_is_not_erased_unless_forced(void **state)
{
    struct fake_board *fake = *state;
    static const struct {
        struct vb_config config;
        const char *what;
    } rows[] = {
        {{.secure_boot = true}, "secure boot"},
        {{.flash_encryption = true}, "flash encryption"},
        {{.secure_boot = true, .flash_encryption = true}, "secure boot"},
    };
    const struct eg_flash_file file = app_at(0x10000, 100);
    const struct eg_write_flash_options all = {.erase_all = true},
                                        forced = {.erase_all = true, .force = true};
    char sentence[200];
    struct eg_error err;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vb_config config = rows[i].config;
        config.fast = config.strap_low = true;
        fake_board_plug(fake, "esp32s3", &config, NO_FAULTS);
        fake_board_connect(fake, FAKE_STUB);
        fake_board_fill(fake);
        snprintf(sentence, sizeof sentence, "erasing would take away what %s needs to start", rows[i].what);
        assert_error(eg_board_erase_flash(fake->board, false, &err), err, EG_SECURED, sentence);
        assert_error(eg_board_write_flash(fake->board, &file, 1, &all, NULL, &err), err, EG_SECURED,
                     sentence);
        assert_error(eg_board_erase_region(fake->board, 0x300000, 0x1000, false, &err), err, EG_SECURED,
                     sentence);
        fake_board_assert_untouched(fake);

        assert_ok(eg_board_erase_region(fake->board, 0x300000, 0x1000, true, &err), err);
        fake_board_assert_untouched_but(fake, 0x300000, 0x301000);
        assert_ok(eg_board_write_flash(fake->board, &file, 1, &forced, NULL, &err), err);
        fake_board_assert_blank(fake, 0x11000, fake_board_flash_size(fake));
        fake_board_fill(fake);
        assert_ok(eg_board_erase_flash(fake->board, true, &err), err);
        fake_board_assert_blank(fake, 0, fake_board_flash_size(fake));
        fake_board_unplug(fake);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(an_image_for_another_chip_is_refused_unless_forced),
        FAKE_TEST(an_image_for_other_revisions_is_refused_unless_forced),
        FAKE_TEST(a_file_that_is_not_an_image_is_written_anywhere),
        FAKE_TEST(data_past_the_end_of_the_flash_is_refused),
        FAKE_TEST(beyond_16_mb_only_some_stubs_reach),
        FAKE_TEST(the_first_secure_boots_bootloader_is_not_overwritten_unless_forced),
        FAKE_TEST(the_key_managers_data_is_not_overwritten_unless_forced),
        FAKE_TEST(data_is_encrypted_by_a_chip_with_a_key),
        FAKE_TEST(data_that_cannot_be_encrypted_is_refused),
        FAKE_TEST(plain_data_that_could_not_run_is_refused_unless_forced),
        FAKE_TEST(what_security_needs_is_not_erased_unless_forced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
