/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/digest.h"
#include "tests/fakes/fake_board.h"

#include <string.h>

static uint8_t image[400];

static enum eg_code write_words(struct fake_board *fake, uint32_t addr, size_t size, const char *mode,
                                const char *freq, const char *flash_size, struct eg_error *err)
{
    const struct eg_flash_file file = {.addr = addr,
                                       .input = {.data = image, .size = size, .name = "bootloader"}};
    const struct eg_write_flash_options options = {
        .flash_mode = mode, .flash_freq = freq, .flash_size = flash_size};

    return eg_board_write_flash(fake->board, &file, 1, &options, NULL, err);
}

/* Check that the flash holds the image with these two bytes changed and a right hash. */
static void assert_header(struct fake_board *fake, uint32_t addr, size_t size, bool hash, uint8_t mode,
                          uint8_t size_freq)
{
    const uint8_t *flash = fake_board_flash(fake) + addr;
    const size_t hashed = hash ? size - EG_SHA256_SIZE : size;
    uint8_t expected[EG_SHA256_SIZE];
    struct eg_error err;

    assert_int_equal(flash[2], mode);
    assert_int_equal(flash[3], size_freq);
    assert_memory_equal(flash, image, 2);
    assert_memory_equal(flash + 4, image + 4, hashed - 4);
    if (!hash)
        return;
    assert_ok(eg_sha256(expected, flash, hashed, &err), err);
    assert_memory_equal(flash + hashed, expected, sizeof expected);
}

static void the_header_of_a_bootloader_gets_what_is_asked_for(void **state)
{
    struct fake_board *fake = *state;
    static const struct {
        const char *chip;
        uint32_t addr;
        const char *mode, *freq, *size;
        uint8_t mode_byte, size_freq; /* the image has 1 and 0x4f: "qout", and codes that no option gives */
    } rows[] = {
        {"esp32c3", 0, NULL, NULL, NULL, 1, 0x4f},       {"esp32c3", 0, "keep", "keep", "keep", 1, 0x4f},
        {"esp32c3", 0, "qio", NULL, NULL, 0, 0x4f},      {"esp32c3", 0, "dio", "keep", "keep", 2, 0x4f},
        {"esp32c3", 0, "dout", "80m", "1MB", 3, 0x0f},   {"esp32c3", 0, NULL, "26m", NULL, 1, 0x41},
        {"esp32c3", 0, NULL, NULL, "2MB", 1, 0x1f},      {"esp32c3", 0, NULL, NULL, "detect", 1, 0x2f},
        {"esp32", 0x1000, "dio", "40m", "4MB", 2, 0x20}, {"esp32c5", 0x2000, "dio", "80m", "detect", 2, 0x2f},
    };
    struct eg_error err;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const bool hash = i % 2 == 0;
        size_t size = fake_image_make(image, rows[i].chip, &(struct fake_image){0});
        image[2] = 1;
        image[3] = 0x4f;
        image[23] = hash;
        if (hash) {
            assert_ok(eg_sha256(image + size, image, size, &err), err);
            size += EG_SHA256_SIZE;
        }
        fake_board_start(fake, rows[i].chip, i % 3 == 0 ? FAKE_ROM : FAKE_STUB);
        assert_ok(write_words(fake, rows[i].addr, size, rows[i].mode, rows[i].freq, rows[i].size, &err), err);
        assert_header(fake, rows[i].addr, size, hash, rows[i].mode_byte, rows[i].size_freq);
        fake_board_unplug(fake);
    }
}

static void an_esp8266s_header_has_codes_of_its_own_and_no_hash(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;
    const size_t size = fake_image_make(image, "esp8266", &(struct fake_image){0});

    image[size - 1] ^= image[23] ^ 1;
    image[23] = 1; /* byte of a segment, not the hash flag */
    fake_board_start(fake, "esp8266", FAKE_STUB);
    assert_ok(write_words(fake, 0, size, "dout", "26m", "2MB-c1", &err), err);
    assert_header(fake, 0, size, false, 3, 0x51);
    assert_ok(write_words(fake, 0, size, "qio", "80m", "512KB", &err), err);
    assert_header(fake, 0, size, false, 0, 0x0f);
    assert_ok(write_words(fake, 0, size, NULL, "40m", "detect", &err), err);
    assert_header(fake, 0, size, false, 0, 0x40);
}

static void data_after_the_hash_stays(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;
    const size_t size = fake_image_make(image, "esp32c3", &(struct fake_image){.hash = true});

    memset(image + size, 0x5a, 40);
    fake_board_start(fake, "esp32c3", FAKE_STUB);
    assert_ok(write_words(fake, 0, size + 40, "dout", NULL, NULL, &err), err);
    assert_header(fake, 0, size, true, 3, 0);
    assert_memory_equal(fake_board_flash(fake) + size, image + size, 40);
}

/* Check that the flash holds the image byte for byte. */
static void assert_kept(struct fake_board *fake, uint32_t addr, size_t size)
{
    assert_memory_equal(fake_board_flash(fake) + addr, image, size);
}

static void a_header_that_is_none_of_a_bootloader_is_kept(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;
    const size_t size = fake_image_make(image, "esp32c3", &(struct fake_image){.hash = true});

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    assert_ok(write_words(fake, 0x10000, size, "dout", "20m", "1MB", &err), err); /* an application */
    assert_kept(fake, 0x10000, size);
    image[1] = 0;
    assert_ok(write_words(fake, 0, size, "dout", "20m", "2MB", &err), err); /* no image */
    assert_kept(fake, 0, size);
    assert_int_equal(fake_board_count(fake, "warning: "), 1);
    assert_true(fake_board_said(
        fake, "warning: bootloader is not an image (segment count at offset 0x1 is 0, not 1 to 16), "
              "and goes to 0x00000000, where the ESP32-C3 starts its bootloader"));

    fake_image_make(image, "esp32c3", &(struct fake_image){.hash = true});
    eg_put32(image + 28, 5000); /* a segment longer than the file */
    assert_ok(write_words(fake, 0, size, "dout", NULL, NULL, &err), err);
    assert_kept(fake, 0, size);
    assert_true(fake_board_said(
        fake, "warning: bootloader is a damaged image: segment 1 of 1 at offset 0x18 has 5000 "
              "bytes, beyond the end at 0xb0"));
}

static void what_is_signed_or_cannot_be_asked_about_is_kept(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    for (int i = 0; i < 2; i++) {
        const size_t size = fake_image_make(image, "esp32s3", &(struct fake_image){.hash = true});
        fake_board_plug(fake, "esp32s3", FAKE_CONFIG(.secure_boot = i == 0, .secure_download = i == 1),
                        NO_FAULTS);
        fake_board_connect(fake, i == 0 ? FAKE_STUB : FAKE_ROM);
        assert_ok(write_words(fake, 0, size, "dout", "20m", "2MB", &err), err);
        assert_kept(fake, 0, size);
        fake_board_unplug(fake);
    }
}

static void a_hash_that_is_missing_is_said(void **state)
{
    struct fake_board *fake = *state;
    const size_t size = fake_image_make(image, "esp32c3", &(struct fake_image){.hash = true});
    struct eg_flash_file file = {.input = {.data = image, .size = size - 32, .name = "bootloader"}};
    const struct eg_write_flash_options options = {.flash_mode = "dout"};
    uint8_t whole[400];
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    fake_board_fill(fake);
    assert_error(eg_board_write_flash(fake->board, &file, 1, &options, NULL, &err), err, EG_BAD_IMAGE,
                 "bootloader: SHA-256 at offset 0x90 lies beyond the end at 0x90");
    memcpy(whole, image, size);
    file.input = (struct eg_input){.data = whole, .size = size, .name = "bootloader"};
    file.diff_with = (struct eg_input){.data = image, .size = size - 32};
    assert_error(eg_board_write_flash(fake->board, &file, 1, &options, NULL, &err), err, EG_BAD_IMAGE,
                 "what was flashed before bootloader: SHA-256 at offset 0x90 lies beyond the end at 0x90");
    fake_board_assert_untouched(fake);
}

static void words_that_the_chip_does_not_have_are_refused(void **state)
{
    struct fake_board *fake = *state;
    static const struct {
        const char *mode, *freq, *size, *sentence;
    } rows[] = {
        {"fast", NULL, NULL, "flash mode \"fast\" is none of qio, qout, dio, dout"},
        {"DIO", NULL, NULL, "flash mode \"DIO\" is none of qio, qout, dio, dout"},
        {NULL, "60m", NULL, "flash frequency \"60m\": ESP32-C3 has 80m, 40m, 26m, 20m"},
        {NULL, "", NULL, "flash frequency \"\": ESP32-C3 has 80m, 40m, 26m, 20m"},
        {NULL, NULL, "512KB",
         "flash size \"512KB\": ESP32-C3 has 1MB, 2MB, 4MB, 8MB, 16MB, 32MB, 64MB, 128MB"},
        {NULL, NULL, "4mb", "flash size \"4mb\": ESP32-C3 has 1MB, 2MB, 4MB, 8MB, 16MB, 32MB, 64MB, 128MB"},
    };
    const size_t size = fake_image_make(image, "esp32c3", &(struct fake_image){0});
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    fake_board_fill(fake);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_error(write_words(fake, 0, size, rows[i].mode, rows[i].freq, rows[i].size, &err), err,
                     EG_BAD_ARGUMENT, rows[i].sentence);
        assert_error(write_words(fake, 0x10000, size, rows[i].mode, rows[i].freq, rows[i].size, &err), err,
                     EG_BAD_ARGUMENT, rows[i].sentence); /* with or without a header to change */
    }
    fake_board_assert_untouched(fake);
    fake_board_unplug(fake);

    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.secure_download = true), NO_FAULTS);
    fake_board_connect(fake, FAKE_ROM);
    fake_board_fill(fake);
    assert_error(write_words(fake, 0, size, NULL, NULL, "detect", &err), err, EG_SECURED,
                 "in secure download mode the flash size cannot be detected: give it");
    fake_board_assert_untouched(fake);
}

static void a_size_that_no_header_can_tell_is_kept(void **state)
{
    struct fake_board *fake = *state;
    static const struct vb_flash_part small = {
        .name = "small", .jedec = 0x1240c8, .size = 256 << 10, .sfdp = true};
    struct eg_error err;

    const size_t size = fake_image_make(image, "esp32c3", &(struct fake_image){.hash = true});
    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.part = &small), NO_FAULTS);
    fake_board_connect(fake, FAKE_STUB);
    assert_ok(write_words(fake, 0, size, "dio", NULL, "detect", &err), err);
    assert_header(fake, 0, size, true, 2, 0);
    assert_true(fake_board_said(fake, "warning: no header of ESP32-C3 can tell a flash of 256KB: kept"));
}

static void a_flash_that_tells_no_size_is_taken_for_one_of_4_mb(void **state)
{
    struct fake_board *fake = *state;
    static const struct vb_flash_part odd = {.name = "odd", .jedec = 0x0540c8, .size = 4 << 20, .sfdp = true};
    struct eg_error err;

    const size_t size = fake_image_make(image, "esp32", &(struct fake_image){.hash = true});
    fake_board_plug(fake, "esp32", FAKE_CONFIG(.part = &odd), NO_FAULTS);
    fake_board_connect(fake, FAKE_ROM); /* the ROM loader uses the given values */
    assert_ok(write_words(fake, 0x1000, size, "dio", NULL, "detect", &err), err);
    assert_header(fake, 0x1000, size, true, 2, 0);
    assert_true(fake_board_said(
        fake, "warning: the flash id does not tell a size: taken for 4 MB, unless a size is given"));
    assert_ok(write_words(fake, 0x3ff000, size, NULL, NULL, NULL, &err), err);
    fake->log.text.size = 0;
    assert_ok(write_words(fake, 0x3ff000, size, NULL, NULL, "4MB", &err), err);
    assert_int_equal(fake_board_count(fake, "warning: "), 0);
}

static void a_size_that_the_flash_does_not_have_is_warned_of(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    const size_t size = fake_image_make(image, "esp32c3", &(struct fake_image){.hash = true});
    fake_board_plug(fake, "esp32c3", FAKE_USUAL, NO_FAULTS);
    fake_board_connect(fake, FAKE_STUB);
    assert_ok(write_words(fake, 0, size, NULL, NULL, "4MB", &err), err);
    assert_int_equal(fake_board_count(fake, "warning: "), 0);
    assert_ok(write_words(fake, 0, size, NULL, NULL, "8MB", &err), err);
    assert_true(fake_board_said(fake, "warning: the flash has 4 MB, the given flash size is 8 MB"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(the_header_of_a_bootloader_gets_what_is_asked_for),
        FAKE_TEST(an_esp8266s_header_has_codes_of_its_own_and_no_hash),
        FAKE_TEST(data_after_the_hash_stays),
        FAKE_TEST(a_header_that_is_none_of_a_bootloader_is_kept),
        FAKE_TEST(what_is_signed_or_cannot_be_asked_about_is_kept),
        FAKE_TEST(a_hash_that_is_missing_is_said),
        FAKE_TEST(words_that_the_chip_does_not_have_are_refused),
        FAKE_TEST(a_size_that_no_header_can_tell_is_kept),
        FAKE_TEST(a_flash_that_tells_no_size_is_taken_for_one_of_4_mb),
        FAKE_TEST(a_size_that_the_flash_does_not_have_is_warned_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
