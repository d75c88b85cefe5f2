/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/fake_board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (1u << 20)

static enum eg_code read_to(struct fake_board *fake, uint32_t addr, uint32_t size, const char *path,
                            bool resume, struct eg_error *err)
{
    const struct eg_output output = {.path = path};

    return eg_board_read_flash(fake->board, addr, size, &output, resume, err);
}

/* ---- Reading ---- */

static void any_address_and_length_is_read(void **state)
{
    struct fake_board *fake = *state;
    static const struct {
        uint32_t addr, size;
    } rows[] = {
        {0, 0},       {0, 1},         {1, 1},     {3, 63},        {0x1fff, 3},          {0x1001, 4095},
        {0x10, 4096}, {0x2ffe, 4097}, {7, 10001}, {0x3ffff0, 16}, {0x1ff3, 0x40000 + 5}};
    static uint8_t got[0x50000];
    struct eg_error err;

    for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
        fake_board_start(fake, "esp32", loader);
        fake_board_fill(fake);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            const struct eg_output output = {.data = got, .size = sizeof got};
            memset(got, 0x5a, sizeof got);
            assert_ok(eg_board_read_flash(fake->board, rows[i].addr, rows[i].size, &output, false, &err),
                      err);
            assert_memory_equal(got, fake->kept + rows[i].addr, rows[i].size);
            assert_int_equal(got[rows[i].size], 0x5a);
        }
        assert_int_equal(fake->log.done, 0x40000 + 5); /* of the last read, the only one long enough */
        assert_int_equal(fake->log.total, 0x40000 + 5);
        fake_board_assert_untouched(fake);
        fake_board_unplug(fake);
    }
}

static void flash_is_read_into_a_file_and_a_stream(void **state)
{
    struct fake_board *fake = *state;
    char path[4096];
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    fake_board_fill(fake);
    assert_ok(read_to(fake, 0x1000, 100000, fake_board_path(fake, path, "flash.bin"), false, &err), err);
    fake_board_assert_file(fake, "flash.bin", fake->kept + 0x1000, 100000);
    fake_board_assert_file(fake, "flash.bin.part", NULL, 0);

    FILE *file = fopen(fake_board_path(fake, path, "stream"), "wb");
    assert_non_null(file);
    const struct eg_output output = {.file = file};
    const enum eg_code code = eg_board_read_flash(fake->board, 5, 77, &output, false, &err);
    fclose(file);
    assert_ok(code, err);
    fake_board_assert_file(fake, "stream", fake->kept + 5, 77);
}

static void an_impossible_read_is_refused_and_leaves_no_file(void **state)
{
    struct fake_board *fake = *state;
    uint8_t room[16] = "as it was";
    const struct eg_output memory = {.data = room, .size = sizeof room};
    char path[4096];
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    fake_board_path(fake, path, "flash.bin");
    assert_error(read_to(fake, 0x3ff000, 0x1001, path, false, &err), err, EG_FLASH_TOO_SMALL,
                 "0x003ff000 to 0x00400001 goes beyond the end of the flash at 0x00400000");
    assert_error(read_to(fake, 0x1000000, 1, path, false, &err), err, EG_FLASH_TOO_SMALL,
                 "0x01000000 to 0x01000001 goes beyond the 16 MB that the stub of ESP32-C3 reaches");
    assert_error(eg_board_read_flash(fake->board, 0, 17, &memory, false, &err), err, EG_BAD_ARGUMENT,
                 "17 bytes do not fit into memory of 16");
    assert_error(eg_board_read_flash(fake->board, 0, 16, &memory, true, &err), err, EG_BAD_ARGUMENT,
                 "only a file that is named by its path can be resumed");
    assert_string_equal((char *)room, "as it was");
    fake_board_unplug(fake);

    fake_board_start(fake, "esp8266", FAKE_ROM);
    assert_error(read_to(fake, 0, 16, path, false, &err), err, EG_UNSUPPORTED,
                 "ESP8266 reads no flash without a stub");
    fake_board_unplug(fake);

    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.secure_download = true), NO_FAULTS);
    fake_board_connect(fake, FAKE_ROM);
    assert_error(read_to(fake, 0, 16, path, false, &err), err, EG_SECURED,
                 "ESP32-C3 is in secure download mode: its flash cannot be read");
    fake_board_assert_file(fake, "flash.bin", NULL, 0);
    fake_board_assert_file(fake, "flash.bin.part", NULL, 0);
}

static void a_full_disk_ends_the_reading(void **state)
{
    struct fake_board *fake = *state;
    FILE *full = fopen("/dev/full", "wb");
    const struct eg_output output = {.file = full};
    struct eg_error err;

    assert_non_null(full);
    fake_board_start(fake, "esp32c3", FAKE_STUB);
    const enum eg_code code = eg_board_read_flash(fake->board, 0, MIB, &output, false, &err);
    fclose(full);
    assert_error(code, err, EG_NO_ROOM, "the output: No space left on device");
    assert_error(read_to(fake, 0, MIB, "/dev/full", false, &err), err, EG_NO_ROOM,
                 "/dev/full: No space left on device");
}

/* Plug in, connect, and read a few bytes, so that later reads need no preparation. */
static void start_reading(struct fake_board *fake, const char *chip, enum fake_loader loader,
                          const char *const *faults)
{
    const struct eg_output output = {.data = (uint8_t[16]){0}, .size = 16};
    struct eg_error err;

    fake_board_unplug(fake);
    fake_board_plug(fake, chip, FAKE_CONFIG(.part = &vb_flash_parts[1]), faults);
    fake_board_connect(fake, loader);
    assert_ok(eg_board_read_flash(fake->board, 0, 16, &output, false, &err), err);
}

/* Do the same with a fault that strikes after `after` more bytes. */
static void start_with_fault(struct fake_board *fake, const char *chip, const char *kind, unsigned after,
                             const char *more)
{
    char fault[64];

    start_reading(fake, chip, FAKE_STUB, NO_FAULTS);
    snprintf(fault, sizeof fault, "1:%s@%u%s", kind, fake_board_received(fake) + after, more);
    start_reading(fake, chip, FAKE_STUB, FAULTS(fault));
    fake_board_fill(fake);
}

/*
 * Bytes that the board receives for a read: SPI_SET_PARAMS with the flash size, the command, then an
 * acknowledgement of four bytes for every 4 KiB.
 */
#define SET_PARAMS_FRAME 34u
#define READ_FRAME       26u
#define ACKNOWLEDGEMENT  6u
#define STRETCH          0x40000u

static void an_interrupted_read_is_resumed(void **state)
{
    struct fake_board *fake = *state;
    char path[4096], note[4200];
    struct eg_settings settings;
    struct eg_error err;

    eg_settings_init(&settings);
    settings.open_port_attempts = 0; /* the port is gone for a moment */
    fake->options.settings = &settings;
    fake->options.chip = "esp32c3";
    start_with_fault(fake, "esp32c3", "gone",
                     SET_PARAMS_FRAME + 2 * READ_FRAME + (STRETCH / 4096 + 32) * ACKNOWLEDGEMENT, ":100");
    fake_board_path(fake, path, "flash.bin");
    fake_board_write(fake, "flash.bin", "old", 3);
    assert_int_equal(read_to(fake, 0x1234, MIB, path, false, &err), EG_PORT_GONE);
    fake_board_assert_file(fake, "flash.bin", "old", 3);
    fake_board_assert_file(fake, "flash.bin.part", fake->kept + 0x1234, STRETCH);

    assert_ok(eg_board_connect(fake->board, &err), err);
    assert_ok(eg_board_run_stub(fake->board, &err), err);
    assert_ok(eg_board_attach_flash(fake->board, NULL, &err), err);
    fake->log.text.size = fake->log.progress = 0;
    assert_ok(read_to(fake, 0x1234, MIB, path, true, &err), err);
    snprintf(note, sizeof note, "note: %s.part: 262144 bytes are there already", path);
    assert_true(fake_board_said(fake, note));
    assert_int_equal(fake->log.progress, (MIB - STRETCH) / 4096);
    fake_board_assert_file(fake, "flash.bin", fake->kept + 0x1234, MIB);
    fake_board_assert_file(fake, "flash.bin.part", NULL, 0);
}

static void a_resumed_read_that_fails_keeps_the_partial_file(void **state)
{
    struct fake_board *fake = *state;
    char path[4096];
    struct eg_error err;

    /* The digest of the part arrives, the first data do not. */
    start_with_fault(fake, "esp32c3", "gone", SET_PARAMS_FRAME + 26 + 5, "");
    fake_board_write(fake, "flash.bin.part", fake->kept, 5000);
    assert_int_equal(read_to(fake, 0, MIB, fake_board_path(fake, path, "flash.bin"), true, &err),
                     EG_PORT_GONE);
    assert_int_equal(fake_board_count(fake, "note: "), 1);
    fake_board_assert_file(fake, "flash.bin.part", fake->kept, 5000);
}

static void a_part_of_another_flash_is_started_again(void **state)
{
    struct fake_board *fake = *state;
    char path[4096], note[4200];
    struct eg_error err;

    for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
        fake_board_start(fake, "esp32c3", loader);
        fake_board_fill(fake);
        fake_board_path(fake, path, "flash.bin");
        fake_board_write(fake, "flash.bin.part", fake->kept + 1, 3000);
        assert_ok(read_to(fake, 0, 10000, path, true, &err), err);
        snprintf(note, sizeof note, "note: %s.part is not what the flash holds: beginning anew", path);
        assert_true(fake_board_said(fake, note));
        fake_board_assert_file(fake, "flash.bin", fake->kept, 10000);

        fake_board_write(fake, "flash.bin.part", fake->kept, 10001);
        assert_ok(read_to(fake, 0, 10000, path, true, &err), err);
        snprintf(note, sizeof note, "note: %s.part is longer than what is read: beginning anew", path);
        assert_true(fake_board_said(fake, note));
        fake_board_assert_file(fake, "flash.bin", fake->kept, 10000);

        fake_board_write(fake, "flash.bin.part", fake->kept, 10000); /* only its name is missing */
        fake->log.text.size = 0;
        assert_ok(read_to(fake, 0, 10000, path, true, &err), err);
        snprintf(note, sizeof note, "note: %s.part: 10000 bytes are there already", path);
        assert_true(fake_board_said(fake, note));
        fake_board_assert_file(fake, "flash.bin", fake->kept, 10000);

        fake_board_write(fake, "flash.bin.part", "", 0);
        assert_ok(read_to(fake, 0, 10000, path, true, &err), err);
        fake_board_assert_file(fake, "flash.bin", fake->kept, 10000);
        assert_ok(read_to(fake, 0, 10000, path, true, &err), err); /* without a part */
        fake_board_assert_file(fake, "flash.bin", fake->kept, 10000);
        fake_board_assert_file(fake, "flash.bin.part", NULL, 0);
        fake_board_unplug(fake);
    }
}

/* ---- A bad line ---- */

/* Read 10000 bytes, with a fault at each byte from `first` up to `end` that the board receives meanwhile. */
static void read_with_faults(struct fake_board *fake, enum fake_loader loader, const char *kind,
                             unsigned first, unsigned end, unsigned step)
{
    static uint8_t got[10000];
    const struct eg_output output = {.data = got, .size = sizeof got};
    char fault[64];
    struct eg_error err;

    start_reading(fake, "esp32", loader, NO_FAULTS);
    const unsigned before = fake_board_received(fake);
    for (unsigned at = first; at < end; at += step) {
        snprintf(fault, sizeof fault, "1:%s@%u", kind, before + at);
        start_reading(fake, "esp32", loader, FAULTS(fault));
        fake_noise(fake_board_flash(fake), 0x8000, at);
        memset(got, 0, sizeof got);
        const enum eg_code code = eg_board_read_flash(fake->board, 0x1234, sizeof got, &output, false, &err);
        if (code != EG_OK || memcmp(got, fake_board_flash(fake) + 0x1234, sizeof got) != 0)
            fail_msg("%s %u: %s: %s", kind, at, eg_code_name(code), code == EG_OK ? "other bytes" : err.text);
    }
}

static void damaged_data_from_a_stub_is_read_again(void **state)
{
    struct fake_board *fake = *state;
    const unsigned data = SET_PARAMS_FRAME + READ_FRAME, end = data + 3 * ACKNOWLEDGEMENT;

    read_with_faults(fake, FAKE_STUB, "flip", data, end, 1);
    read_with_faults(fake, FAKE_STUB, "lose", SET_PARAMS_FRAME, end, 3);
    read_with_faults(fake, FAKE_STUB, "drop", SET_PARAMS_FRAME, end, 5);
}

static void a_rom_read_with_damaged_request_or_answer_is_repeated(void **state)
{
    struct fake_board *fake = *state;
    /* After the opcode, which one flipped bit turns into CHANGE_BAUDRATE. After the address, too: a
     * damaged address gives other bytes without an error. */
    const unsigned first = SET_PARAMS_FRAME + 3, end = SET_PARAMS_FRAME + 2 * 18;

    read_with_faults(fake, FAKE_ROM, "flip", first, SET_PARAMS_FRAME + 18, 1);
    read_with_faults(fake, FAKE_ROM, "lose", first - 1, end, 3);
    read_with_faults(fake, FAKE_ROM, "drop", first, end, 9);
}

static void a_line_that_does_not_get_better_is_given_up(void **state)
{
    struct fake_board *fake = *state;
    char path[4096];
    struct eg_error err;

    start_with_fault(fake, "esp32c3", "silent", 100, "");
    assert_error(read_to(fake, 0, MIB, fake_board_path(fake, path, "flash.bin"), false, &err), err,
                 EG_TIMEOUT, "reading 262144 bytes at 0x00000000: no answer within 3711 ms");
    fake_board_assert_file(fake, "flash.bin", NULL, 0);
    fake_board_assert_file(fake, "flash.bin.part", NULL, 0);
}

static void a_port_lost_during_a_retry_is_reported(void **state)
{
    struct fake_board *fake = *state;
    char path[4096], drop[64], gone[64];
    struct eg_error err;

    start_reading(fake, "esp32c3", FAKE_STUB, NO_FAULTS);
    const unsigned command = fake_board_received(fake) + SET_PARAMS_FRAME;
    snprintf(drop, sizeof drop, "1:drop@%u", command + 5);
    snprintf(gone, sizeof gone, "1:gone@%u", command + READ_FRAME + 20); /* in the SYNC that follows */
    start_reading(fake, "esp32c3", FAKE_STUB, FAULTS(drop, gone));
    assert_error(read_to(fake, 0, MIB, fake_board_path(fake, path, "flash.bin"), false, &err), err,
                 EG_PORT_GONE, FAKE_PORT ": the simulated board was unplugged");
}

static void a_board_that_restarts_while_it_is_read_says_so(void **state)
{
    struct fake_board *fake = *state;
    char path[4096];
    struct eg_error err;

    start_with_fault(fake, "esp32c3", "brownout", 100, "");
    assert_int_equal(read_to(fake, 0, MIB, fake_board_path(fake, path, "flash.bin"), false, &err),
                     EG_BOARD_RESET);
}

static void cancel_here(void *context, uint64_t done, uint64_t total)
{
    struct fake_board *fake = context;

    if (done > total / 2)
        eg_board_cancel(fake->board);
}

static void a_cancelled_read_ends_and_can_be_resumed(void **state)
{
    struct fake_board *fake = *state;
    char path[4096];
    struct eg_error err;

    fake->options.progress = cancel_here;
    fake->options.progress_context = fake;
    fake_board_start(fake, "esp32c3", FAKE_STUB);
    fake_board_fill(fake);
    assert_int_equal(read_to(fake, 0, MIB, fake_board_path(fake, path, "flash.bin"), false, &err),
                     EG_CANCELLED);
    fake_board_assert_file(fake, "flash.bin", NULL, 0);
    fake_board_assert_file(fake, "flash.bin.part", fake->kept, MIB / 2);
}

/* ---- Verifying ---- */

static struct eg_flash_file at(uint32_t addr, const uint8_t *data, size_t size, const char *name)
{
    return (struct eg_flash_file){.addr = addr, .input = {.data = data, .size = size, .name = name}};
}

static void files_that_the_flash_holds_are_verified(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
        fake_board_start(fake, "esp32", loader);
        fake_board_fill(fake);
        memset(fake_board_flash(fake) + 0x2001 + 4095, 0xff,
               1); /* a file whose size is not a multiple of 4 is followed by FF */
        const struct eg_flash_file files[] = {
            at(0x2001, fake->kept + 0x2001, 4095, "odd"), at(0x10000, fake->kept + 0x10000, MIB, "long"),
            at(0x3ffffc, fake->kept + 0x3ffffc, 4, "last"), at(0x3000, (const uint8_t *)"", 0, "empty")};
        assert_ok(eg_board_verify_flash(fake->board, files, 4, NULL, &err), err);
        assert_true(fake_board_said(fake, "print: odd: 4096 bytes at 0x00002001 are in the flash"));
        assert_true(fake_board_said(fake, "print: long: 1048576 bytes at 0x00010000 are in the flash"));
        assert_error(eg_board_verify_flash(fake->board, NULL, 0, NULL, &err), err, EG_BAD_ARGUMENT,
                     "nothing to verify: no file is given");
        assert_error(eg_board_verify_flash(fake->board, files + 3, 1, NULL, &err), err, EG_BAD_ARGUMENT,
                     "nothing to verify: every file is empty");
        fake_board_unplug(fake);
    }
}

static void the_first_file_that_differs_is_named_and_all_are_looked_at(void **state)
{
    struct fake_board *fake = *state;
    static uint8_t files_data[3][5000];
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    fake_board_fill(fake);
    for (int i = 0; i < 3; i++)
        memcpy(files_data[i], fake->kept + 0x10000 * i, 5000);
    files_data[1][4999] ^= 1;
    files_data[2][0] ^= 1;
    const struct eg_flash_file files[] = {at(0, files_data[0], 5000, "same"),
                                          at(0x10000, files_data[1], 5000, "other"),
                                          at(0x20000, files_data[2], 5000, "third")};
    assert_error(eg_board_verify_flash(fake->board, files, 3, NULL, &err), err, EG_VERIFY_MISMATCH,
                 "other at 0x00010000 is not what the flash holds: 0x00011387 holds 0xab instead of 0xaa, 1 "
                 "of 904 bytes of sector 0x00011000 differ");
    assert_true(fake_board_said(fake, "print: same: 5000 bytes at 0x00000000 are in the flash"));
    assert_true(fake_board_said(fake, "print: other: 5000 bytes at 0x00010000 are not what the flash holds"));
    assert_true(fake_board_said(fake, "print: third: 5000 bytes at 0x00020000 are not what the flash holds"));
    assert_int_equal(fake_board_count(fake, "print:   0x"), 0);
    fake_board_assert_untouched(fake);
}

static void with_diff_the_bytes_that_differ_are_listed(void **state)
{
    struct fake_board *fake = *state;
    const struct eg_verify_flash_options diff = {.diff = true};
    static uint8_t data[300000];
    char line[100];
    struct eg_error err;

    for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
        fake_board_start(fake, "esp32c3", loader);
        fake_board_fill(fake);
        memcpy(data, fake->kept + 0x1003, sizeof data);
        data[0] ^= 0x80;
        data[sizeof data - 1] ^= 1;
        const struct eg_flash_file file = at(0x1003, data, sizeof data, "app");
        assert_error(eg_board_verify_flash(fake->board, &file, 1, &diff, &err), err, EG_VERIFY_MISMATCH,
                     "app at 0x00001003 is not what the flash holds: 0x00001003 holds 0x63 instead of 0xe3, "
                     "1 of 4093 bytes of sector 0x00001000 differ");
        for (size_t i = 0; i < sizeof data; i += sizeof data - 1) {
            snprintf(line, sizeof line, "print:   0x%08x: 0x%02x instead of 0x%02x", (unsigned)(0x1003 + i),
                     fake->kept[0x1003 + i], data[i]);
            assert_true(fake_board_said(fake, line));
        }
        assert_int_equal(fake_board_count(fake, "print:   0x"), 2);
        assert_true(fake_board_said(fake, "print: app: 2 of 300000 bytes differ"));

        fake->log.text.size = 0;
        for (int i = 0; i < 100; i++)
            data[1000 + i] ^= 1;
        assert_int_equal(eg_board_verify_flash(fake->board, &file, 1, &diff, &err), EG_VERIFY_MISMATCH);
        assert_int_equal(fake_board_count(fake, "print:   0x"), 64);
        assert_true(
            fake_board_said(fake, "print: app: 102 of 300000 bytes differ, the first of them are listed"));
        fake->log.text.size = 0;
        fake_board_unplug(fake);
    }
}

static void a_header_is_compared_as_it_was_written(void **state)
{
    struct fake_board *fake = *state;
    uint8_t image[300];
    const size_t size = fake_image_make(image, "esp32c3", &(struct fake_image){.hash = true});
    const struct eg_flash_file file = at(0, image, size, "bootloader");
    const struct eg_write_flash_options written = {
        .flash_mode = "dout", .flash_freq = "20m", .flash_size = "8MB", .force = true};
    const struct eg_verify_flash_options same = {
        .flash_mode = "dout", .flash_freq = "20m", .flash_size = "8MB"};
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    assert_ok(eg_board_write_flash(fake->board, &file, 1, &written, NULL, &err), err);
    assert_ok(eg_board_verify_flash(fake->board, &file, 1, &same, &err), err);
    assert_error(eg_board_verify_flash(fake->board, &file, 1, NULL, &err), err, EG_VERIFY_MISMATCH,
                 "bootloader at 0x00000000 is not what the flash holds: 0x00000002 holds 0x03 instead of "
                 "0x00, 33 of 176 bytes of sector 0x00000000 differ");
}

static void what_cannot_be_verified_is_refused(void **state)
{
    struct fake_board *fake = *state;
    const struct eg_flash_file file = at(0x3ff000, (const uint8_t *)"data", 4, "app");
    struct eg_flash_file beyond = at(0x3fffff, (const uint8_t *)"data", 4, "app");
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    assert_error(eg_board_verify_flash(fake->board, &beyond, 1, NULL, &err), err, EG_FLASH_TOO_SMALL,
                 "app: 0x003fffff to 0x00400003 goes beyond the end of the flash at 0x00400000");
    assert_error(eg_board_verify_flash(fake->board, &file, 1,
                                       &(struct eg_verify_flash_options){.flash_size = "3MB"}, &err),
                 err, EG_BAD_ARGUMENT,
                 "flash size \"3MB\": ESP32-C3 has 1MB, 2MB, 4MB, 8MB, 16MB, 32MB, 64MB, 128MB");
    fake_board_unplug(fake);

    fake_board_start(fake, "esp8266", FAKE_ROM);
    assert_error(eg_board_verify_flash(fake->board, &file, 1, NULL, &err), err, EG_CANNOT_VERIFY,
                 "the ROM of ESP8266 computes no digest");
    fake_board_unplug(fake);
    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.secure_download = true), NO_FAULTS);
    fake_board_connect(fake, FAKE_ROM);
    assert_error(eg_board_verify_flash(fake->board, &file, 1, NULL, &err), err, EG_CANNOT_VERIFY,
                 "ESP32-C3 computes no digest in secure download mode");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(any_address_and_length_is_read),
        FAKE_TEST(flash_is_read_into_a_file_and_a_stream),
        FAKE_TEST(an_impossible_read_is_refused_and_leaves_no_file),
        FAKE_TEST(a_full_disk_ends_the_reading),
        FAKE_TEST(an_interrupted_read_is_resumed),
        FAKE_TEST(a_resumed_read_that_fails_keeps_the_partial_file),
        FAKE_TEST(a_part_of_another_flash_is_started_again),
        FAKE_TEST(damaged_data_from_a_stub_is_read_again),
        FAKE_TEST(a_rom_read_with_damaged_request_or_answer_is_repeated),
        FAKE_TEST(a_line_that_does_not_get_better_is_given_up),
        FAKE_TEST(a_port_lost_during_a_retry_is_reported),
        FAKE_TEST(a_board_that_restarts_while_it_is_read_says_so),
        FAKE_TEST(a_cancelled_read_ends_and_can_be_resumed),
        FAKE_TEST(files_that_the_flash_holds_are_verified),
        FAKE_TEST(the_first_file_that_differs_is_named_and_all_are_looked_at),
        FAKE_TEST(with_diff_the_bytes_that_differ_are_listed),
        FAKE_TEST(a_header_is_compared_as_it_was_written),
        FAKE_TEST(what_cannot_be_verified_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
