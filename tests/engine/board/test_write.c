/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/digest_port.h"
#include "tests/fakes/fake_board.h"

#include <stdio.h>
#include <string.h>

#define MIB    (1u << 20)
#define SECTOR EG_FLASH_SECTOR

static uint8_t data[MIB + 1], before[MIB + 1];

static struct eg_flash_file app_at(uint32_t addr, size_t size)
{
    return (struct eg_flash_file){.addr = addr, .input = {.data = data, .size = size, .name = "app"}};
}

static uint32_t round_up(uint32_t value, uint32_t to)
{
    return (value + to - 1) / to * to;
}

/*
 * Check that the flash holds `size` bytes of `data` at `addr`, the rest of their sectors is blank, and all
 * other sectors are unchanged, except the next one, which the ROM of an ESP8266 may erase too.
 */
static void assert_holds(struct fake_board *fake, uint32_t addr, uint32_t size)
{
    const uint32_t from = addr / SECTOR * SECTOR, to = round_up(addr + size, SECTOR);
    const bool takes_more =
        !eg_board_has_stub(fake->board) && strcmp(eg_board_chip_name(fake->board), "esp8266") == 0;

    assert_memory_equal(fake_board_flash(fake) + addr, data, size);
    fake_board_assert_blank(fake, from, addr);
    fake_board_assert_blank(fake, addr + size, to);
    fake_board_assert_untouched_but(fake, from, to + (takes_more ? SECTOR : 0));
}

/* ---- Contents of the flash ---- */

static void write_and_look(struct fake_board *fake, uint32_t addr, uint32_t size, enum eg_compress compress)
{
    const bool stub = eg_board_has_stub(fake->board),
               esp8266 = strcmp(eg_board_chip_name(fake->board), "esp8266") == 0;
    const struct eg_flash_file file = app_at(addr, size);
    const struct eg_write_flash_options options = {.compress = compress};
    const uint32_t front = stub ? addr % 4 : addr % SECTOR;
    struct eg_flash_result result;
    struct eg_error err;

    fake_board_fill(fake);
    assert_ok(eg_board_write_flash(fake->board, &file, 1, &options, &result, &err), err);
    if (size == 0) {
        fake_board_assert_untouched(fake);
        assert_true(result.skipped && result.verified && result.sent == 0 && result.size == 0);
        assert_true(fake_board_said(fake, "note: app: is empty, nothing to write"));
        return;
    }
    assert_holds(fake, addr, size);
    assert_int_equal(result.addr, addr - front);
    assert_int_equal(result.size, round_up(front + size, 4));
    assert_int_equal(result.verified, stub || !esp8266);
    assert_false(result.skipped);
    const bool packed = compress == EG_COMPRESS_ON && size >= 4095 && (stub || !esp8266);
    if (packed)
        assert_in_range(result.sent, 1, result.size * 2 / 3);
    else if (size >= 4095 || compress == EG_COMPRESS_OFF)
        assert_int_equal(result.sent, result.size);
}

static void the_given_data_is_written_and_all_else_stays(void **state)
{
    struct fake_board *fake = *state;
    static const char *const chips[] = {"esp32", "esp32c3", "esp32s3", "esp32c6", "esp8266"};
    static const uint32_t sizes[] = {0, 1, 3, 4, 4095, 4096, 4097}, addrs[] = {0x10000, 0x20ffd};

    fake_data(data, sizeof data, 1);
    for (size_t chip = 0; chip < sizeof chips / sizeof *chips; chip++) {
        for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
            fake_board_plug(fake, chips[chip], FAKE_CONFIG(.part = &vb_flash_parts[4]), NO_FAULTS); /* 1 MB */
            fake_board_connect(fake, loader);
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
                for (size_t j = 0; j < 2; j++)
                    for (int packed = 0; packed < 2; packed++)
                        write_and_look(fake, addrs[j], sizes[i], packed ? EG_COMPRESS_ON : EG_COMPRESS_OFF);
            fake_board_unplug(fake);
        }
    }
}

static void a_mib_and_a_byte_lands(void **state)
{
    struct fake_board *fake = *state;
    static const char *const chips[] = {"esp32", "esp32c3", "esp8266"};

    fake_data(data, sizeof data, 1);
    for (size_t chip = 0; chip < sizeof chips / sizeof *chips; chip++) {
        for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
            fake_board_start(fake, chips[chip], loader);
            write_and_look(fake, 0x10000, MIB + 1, EG_COMPRESS_OFF);
            write_and_look(fake, 0x10000, MIB + 1, EG_COMPRESS_ON);
            write_and_look(fake, 0x1c0ffd, MIB + 1, EG_COMPRESS_ON);
            fake_board_unplug(fake);
        }
    }
}

static void compression_is_for_what_gets_smaller_and_for_stubs_unless_it_is_asked_for(void **state)
{
    struct fake_board *fake = *state;
    const struct eg_flash_file file = app_at(0x10000, 50000);
    const struct eg_write_flash_options on = {.compress = EG_COMPRESS_ON};
    struct eg_flash_result result;
    struct eg_error err;

    for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
        fake_board_start(fake, "esp32c3", loader);
        fake_data(data, 50000, 1);
        assert_ok(eg_board_write_flash(fake->board, &file, 1, NULL, &result, &err), err);
        assert_int_equal(result.sent < 50000, loader == FAKE_STUB);
        fake_noise(data, 50000, 1);
        assert_ok(eg_board_write_flash(fake->board, &file, 1, &on, &result, &err), err);
        assert_int_equal(result.sent, 50000);
        assert_true(result.verified);
        fake_board_unplug(fake);
    }
    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.secure_download = true), NO_FAULTS);
    fake_board_connect(fake, FAKE_ROM);
    fake_data(data, 50000, 1);
    assert_ok(eg_board_write_flash(fake->board, &file, 1, &on, &result, &err), err);
    assert_int_equal(result.sent, 50000);
    assert_memory_equal(fake_board_flash(fake) + 0x10000, data, 50000);
    assert_false(result.verified);
    assert_true(fake_board_said(
        fake, "warning: app: what the flash holds cannot be verified, in secure download mode"));
}

static void erased_bytes_before_a_file_are_reported(void **state)
{
    struct fake_board *fake = *state;
    const struct eg_flash_file file = app_at(0x10123, 10);
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    assert_ok(eg_board_write_flash(fake->board, &file, 1, NULL, NULL, &err), err);
    assert_true(fake_board_said(
        fake,
        "warning: app at 0x00010123 begins inside a sector, not at a multiple of 4096 (0x1000): 0x123 bytes "
        "before it are erased"));
    fake_board_unplug(fake);
    fake_board_start(fake, "esp32c3", FAKE_ROM);
    assert_ok(eg_board_write_flash(fake->board, &file, 1, NULL, NULL, &err), err);
    assert_true(fake_board_said(
        fake, "note: app begins at 0x00010000 instead: a ROM writes from the beginning of a sector"));
}

static void every_file_has_a_result_and_a_hex_file_has_one(void **state)
{
    struct fake_board *fake = *state;
    EG_CLEANUP(eg_free_cleanup) char *hex = fake_hex(0x20000, data, 5000, 0x40000, data, 100);
    const struct eg_flash_file files[] = {
        {.addr = 0x10000, .input = {.data = data, .size = 6, .name = "first"}},
        {.input = {.data = hex, .size = strlen(hex), .name = "app.hex"}},
        {.addr = 0x30000, .input = {.data = data, .size = 0, .name = "empty"}},
    };
    struct eg_flash_result results[3];
    struct eg_error err;

    memset(results, 0x5a, sizeof results);
    fake_board_start(fake, "esp32c3", FAKE_ROM);
    assert_ok(eg_board_write_flash(fake->board, files, 3, NULL, results, &err), err);
    assert_true(results[0].addr == 0x10000 && results[0].size == 8 && results[0].sent == 8 &&
                results[0].verified);
    assert_true(results[1].addr == 0x20000 && results[1].size == 5100 && results[1].sent == 5100 &&
                results[1].verified);
    assert_true(results[2].size == 0 && results[2].skipped);
    assert_ok(eg_board_write_flash(fake->board, NULL, 0, NULL, NULL, &err), err);
}

static void the_rom_of_an_esp8266_erases_nothing_that_was_just_written(void **state)
{
    struct fake_board *fake = *state;
    EG_CLEANUP(eg_free_cleanup) char *hex = NULL;
    struct eg_flash_file files[2] = {app_at(0x12000, 3 * SECTOR), {0}};
    struct eg_flash_result results[2];
    struct eg_error err;

    fake_noise(data, sizeof data, 1);
    hex = fake_hex(0x11000, data, 0x800, 0x15000, data, 0x1000); /* around the other file */
    files[1] = (struct eg_flash_file){.input = {.data = hex, .size = strlen(hex), .name = "app.hex"}};
    fake_board_start(fake, "esp8266", FAKE_ROM);
    fake_board_fill(fake);
    assert_ok(eg_board_write_flash(fake->board, files, 2, NULL, results, &err), err);
    assert_memory_equal(fake_board_flash(fake) + 0x11000, data, 0x800);
    assert_memory_equal(fake_board_flash(fake) + 0x12000, data, 3 * SECTOR);
    assert_memory_equal(fake_board_flash(fake) + 0x15000, data, 0x1000);
    assert_true(results[0].addr == 0x12000 && results[0].size == 3 * SECTOR && !results[0].verified);
    assert_true(results[1].addr == 0x11000 && results[1].size == 0x1800 && !results[1].verified);
    assert_true(fake_board_said(fake, "warning: app: what the flash holds cannot be verified, by this ROM"));
}

/* ---- Erase-all, skipping ---- */

static void all_is_erased_first_when_that_is_asked_for(void **state)
{
    struct fake_board *fake = *state;
    const struct eg_flash_file file = app_at(0x10000, 5000);
    const struct eg_write_flash_options all = {.erase_all = true};
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_ROM);
    fake_board_fill(fake);
    assert_error(eg_board_write_flash(fake->board, &file, 1, &all, NULL, &err), err, EG_UNSUPPORTED,
                 "ESP32-C3 erases its whole flash only with a stub");
    fake_board_assert_untouched(fake);
    assert_ok(eg_board_run_stub(fake->board, &err), err);
    assert_ok(eg_board_write_flash(fake->board, &file, 1, &all, NULL, &err), err);
    assert_memory_equal(fake_board_flash(fake) + 0x10000, data, 5000);
    fake_board_assert_blank(fake, 0, 0x10000);
    fake_board_assert_blank(fake, 0x10000 + 5000, fake_board_flash_size(fake));
}

static void data_that_the_flash_already_holds_is_skipped(void **state)
{
    struct fake_board *fake = *state;
    const struct eg_flash_file files[] = {app_at(0x10000, 5000), app_at(0x20000, 5000)};
    const struct eg_write_flash_options skip = {.skip_flashed = true},
                                        all = {.skip_flashed = true, .erase_all = true};
    struct eg_flash_result results[2];
    struct eg_error err;

    fake_data(data, sizeof data, 1);
    for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
        fake_board_start(fake, "esp32c3", loader);
        fake_board_fill(fake);
        memcpy(fake_board_flash(fake) + 0x10000, data, 5000);
        assert_ok(eg_board_write_flash(fake->board, files, 2, &skip, results, &err), err);
        assert_true(results[0].skipped && results[0].verified && results[0].sent == 0 &&
                    results[0].size == 5000);
        assert_true(!results[1].skipped && results[1].verified && results[1].sent > 0);
        assert_true(
            fake_board_said(fake, "print: app: skipped, the flash at 0x00010000 has it already, verified"));
        assert_memory_equal(fake_board_flash(fake) + 0x10000 + 5000, fake->kept + 0x10000 + 5000,
                            1000); /* untouched */
        assert_memory_equal(fake_board_flash(fake) + 0x20000, data, 5000);
        fake_board_unplug(fake);
    }
    fake_board_start(fake, "esp32c3", FAKE_STUB);
    assert_ok(eg_board_write_flash(fake->board, files, 1, &all, results, &err), err);
    assert_true(!results[0].skipped && results[0].verified);
    assert_true(fake_board_said(
        fake, "note: app: nothing to compare it with, the flash was erased: writing all of it"));
    fake_board_unplug(fake);
    fake_board_start(fake, "esp8266", FAKE_ROM);
    assert_ok(eg_board_write_flash(fake->board, files, 1, &skip, results, &err), err);
    assert_true(!results[0].skipped && !results[0].verified);
    assert_true(fake_board_said(
        fake, "note: app: nothing to compare it with, the flash tells no digest of it: writing all of it"));
}

/* ---- Only the changes ---- */

#define DIFF_SIZE (8 * SECTOR + 100)

/* Uncompressed, so that the bytes sent show the number of sectors. */
static const struct eg_write_flash_options plain = {.compress = EG_COMPRESS_OFF};

/*
 * Plug in a board whose flash holds `before` at `addr`, and set `data` to the same with one byte changed in
 * each given sector, counted from the sector of `addr`.
 */
static struct eg_flash_file change(struct fake_board *fake, enum fake_loader loader, uint32_t addr,
                                   const unsigned *sectors, size_t count)
{
    fake_board_unplug(fake);
    fake_board_start(fake, "esp32c3", loader);
    fake_board_fill(fake);
    fake_noise(before, DIFF_SIZE, 5);
    memset(fake_board_flash(fake) + addr / SECTOR * SECTOR, 0xff, addr % SECTOR);
    memcpy(fake_board_flash(fake) + addr, before, DIFF_SIZE);
    memcpy(data, before, DIFF_SIZE);
    for (size_t i = 0; i < count; i++)
        data[sectors[i] == 0 ? 0 : sectors[i] * SECTOR - addr % SECTOR] ^= 1;
    struct eg_flash_file file = app_at(addr, DIFF_SIZE);
    file.diff_with = (struct eg_input){.data = before, .size = DIFF_SIZE};
    return file;
}

static void only_sectors_that_have_changed_are_written(void **state)
{
    struct fake_board *fake = *state;
    static const struct {
        uint32_t addr;
        unsigned sectors[4], count, sent; /* data sectors sent over the line */
    } rows[] = {
        {0x10000, {0}, 1, 1},          {0x10000, {3, 4, 7}, 3, 3}, {0x10000, {8}, 1, 1},
        {0x10000, {0, 2, 5, 8}, 4, 4}, {0x10000, {0}, 0, 0},       {0x10104, {0}, 1, 1},
        {0x10101, {1, 8}, 2, 2},
    };
    struct eg_flash_result result;
    struct eg_error err;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
            if (loader == FAKE_ROM && rows[i].addr % SECTOR != 0)
                continue; /* it had written the whole sector before */
            const struct eg_flash_file file =
                change(fake, loader, rows[i].addr, rows[i].sectors, rows[i].count);
            assert_ok(eg_board_write_flash(fake->board, &file, 1, &plain, &result, &err), err);
            assert_int_equal(result.sent, rows[i].sent * SECTOR);
            assert_true(result.verified);
            assert_int_equal(result.skipped, rows[i].count == 0);
            assert_memory_equal(fake_board_flash(fake) + rows[i].addr, data, DIFF_SIZE);
            assert_int_equal(fake_board_count(fake, "note: app: the flash did not hold"), 0);
            fake_board_assert_untouched_but(fake, 0x10000, 0x19000);
        }
    }
}

static void a_file_that_got_longer_or_shorter_is_compared_up_to_its_last_sector(void **state)
{
    struct fake_board *fake = *state;
    static const struct {
        size_t size, before_size;
        unsigned sent;
    } rows[] = {
        {2 * SECTOR, 2 * SECTOR + 100, 0},      /* data after it does not matter */
        {2 * SECTOR + 50, 2 * SECTOR + 100, 1}, /* the last sector loses bytes */
        {2 * SECTOR + 50, 2 * SECTOR, 1},       {2 * SECTOR, SECTOR, 1}, {SECTOR, 0, 1},
    };
    struct eg_flash_result result;
    struct eg_error err;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct eg_flash_file file = change(fake, FAKE_STUB, 0x10000, NULL, 0);
        file.input.size = rows[i].size;
        file.diff_with.size = rows[i].before_size;
        memset(fake_board_flash(fake) + 0x10000 + rows[i].before_size, 0xff, DIFF_SIZE - rows[i].before_size);
        assert_ok(eg_board_write_flash(fake->board, &file, 1, &plain, &result, &err), err);
        assert_int_equal(result.sent, rows[i].sent * SECTOR);
        assert_true(result.verified);
        assert_memory_equal(fake_board_flash(fake) + 0x10000, data, rows[i].size);
        if (rows[i].sent > 0)
            fake_board_assert_blank(fake, 0x10000 + rows[i].size,
                                    0x10000 + round_up((uint32_t)rows[i].size, SECTOR));
    }
}

static void a_flash_that_held_something_else_is_written_whole(void **state)
{
    struct fake_board *fake = *state;
    struct eg_flash_result result;
    struct eg_error err;

    for (unsigned changed = 0; changed < 2; changed++) {
        const struct eg_flash_file file = change(fake, FAKE_STUB, 0x10000, &changed, changed);
        fake_board_flash(fake)[0x15000] ^= 1;
        assert_ok(eg_board_write_flash(fake->board, &file, 1, &plain, &result, &err), err);
        assert_true(result.verified && !result.skipped);
        assert_int_equal(result.sent, changed * SECTOR + DIFF_SIZE);
        assert_memory_equal(fake_board_flash(fake) + 0x10000, data, DIFF_SIZE);
        assert_true(fake_board_said(
            fake, "note: app: the flash did not hold what was flashed before: writing all of it"));
    }
}

static void a_caller_may_have_the_flash_trusted(void **state)
{
    struct fake_board *fake = *state;
    const struct eg_write_flash_options trust = {.trust_flash_content = true};
    const unsigned third = 3;
    struct eg_flash_result result;
    struct eg_error err;

    struct eg_flash_file file = change(fake, FAKE_STUB, 0x10000, NULL, 0);
    fake_board_flash(fake)[0x15000] ^= 1; /* so trust was wrong here */
    assert_ok(eg_board_write_flash(fake->board, &file, 1, &trust, &result, &err), err);
    assert_true(result.skipped && !result.verified && result.sent == 0);
    assert_true(fake_board_said(fake, "print: app: skipped, it has not changed"));
    assert_int_not_equal(fake_board_flash(fake)[0x15000], data[0x5000]);

    file = change(fake, FAKE_STUB, 0x10000, &third, 1); /* the written data is confirmed as a whole */
    fake_board_flash(fake)[0x15000] ^= 1;
    assert_ok(eg_board_write_flash(fake->board, &file, 1, &trust, &result, &err), err);
    assert_true(!result.skipped && result.verified);
    assert_memory_equal(fake_board_flash(fake) + 0x10000, data, DIFF_SIZE);
}

static void the_ranges_of_a_hex_file_are_compared_one_by_one(void **state)
{
    struct fake_board *fake = *state;
    EG_CLEANUP(eg_free_cleanup) char *was = NULL;
    EG_CLEANUP(eg_free_cleanup) char *is = NULL;
    EG_CLEANUP(eg_free_cleanup) char *moved = NULL;
    const struct eg_write_flash_options trust = {.trust_flash_content = true};
    const unsigned first = 1;
    struct eg_flash_result result;
    struct eg_error err;

    (void)change(fake, FAKE_STUB, 0x10000, &first, 1);
    memcpy(fake_board_flash(fake) + 0x30000, before, SECTOR);
    was = fake_hex(0x10000, before, DIFF_SIZE, 0x30000, before, SECTOR);
    is = fake_hex(0x10000, data, DIFF_SIZE, 0x30000, before, SECTOR);
    moved = fake_hex(0x20000, data, DIFF_SIZE, 0x31000, before, SECTOR);
    const struct eg_flash_file file = {.input = {.data = is, .size = strlen(is), .name = "app.hex"},
                                       .diff_with = {.data = was, .size = strlen(was)}};
    assert_ok(eg_board_write_flash(fake->board, &file, 1, &trust, &result, &err), err);
    assert_true(result.sent == SECTOR && result.size == DIFF_SIZE + SECTOR && !result.skipped);
    assert_false(result.verified); /* the second range was not checked */
    assert_memory_equal(fake_board_flash(fake) + 0x10000, data, DIFF_SIZE);

    const struct eg_flash_file elsewhere = {
        .input = {.data = moved, .size = strlen(moved), .name = "app.hex"},
        .diff_with = {.data = is, .size = strlen(is)}};
    assert_ok(eg_board_write_flash(fake->board, &elsewhere, 1, &trust, &result, &err), err);
    assert_int_equal(result.sent, DIFF_SIZE + SECTOR);
    assert_memory_equal(fake_board_flash(fake) + 0x20000, data, DIFF_SIZE);
    assert_memory_equal(fake_board_flash(fake) + 0x31000, before, SECTOR);
}

static void comparing_that_makes_no_sense_is_refused(void **state)
{
    struct fake_board *fake = *state;
    struct eg_flash_file file = change(fake, FAKE_STUB, 0x10000, NULL, 0);
    struct eg_error err;

    fake_board_fill(fake);
    assert_error(eg_board_write_flash(fake->board, &file, 1,
                                      &(struct eg_write_flash_options){.skip_flashed = true}, NULL, &err),
                 err, EG_BAD_ARGUMENT,
                 "files are either compared with what was flashed before or with the flash, not both");
    file.diff_with = (struct eg_input){0};
    assert_error(eg_board_write_flash(fake->board, &file, 1,
                                      &(struct eg_write_flash_options){.trust_flash_content = true}, NULL,
                                      &err),
                 err, EG_BAD_ARGUMENT, "there is nothing to trust: what was flashed before is not given");
    file.diff_with = (struct eg_input){.path = "/nonexistent/before.bin"};
    assert_error(eg_board_write_flash(fake->board, &file, 1, NULL, NULL, &err), err, EG_BAD_ARGUMENT,
                 "/nonexistent/before.bin: No such file or directory");
    fake_board_assert_untouched(fake);
}

/* ---- A flash that loses its data ---- */

static void a_flash_that_lies_is_never_said_to_be_verified(void **state)
{
    struct fake_board *fake = *state;
    struct eg_flash_file file = app_at(0x10000, 16);
    struct eg_flash_result result;
    struct eg_error err;

    memset(data, 'a', 16);
    for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
        fake_board_plug(fake, "esp32c3", FAKE_USUAL, FAULTS("lie"));
        fake_board_connect(fake, loader);
        assert_error(eg_board_write_flash(fake->board, &file, 1, NULL, &result, &err), err, EG_NOT_WRITTEN,
                     "app at 0x00010000: sector 0x00010000 is still erased, the board answered OK but wrote "
                     "nothing: check the flash's supply, or replace the flash");
        assert_true(result.addr == 0x10000 && result.size == 16 && !result.verified && !result.skipped);
        memset(fake_board_flash(fake) + 0x10000, 'b', 16);
        assert_error(eg_board_write_flash(fake->board, &file, 1, NULL, &result, &err), err,
                     EG_VERIFY_MISMATCH,
                     "app at 0x00010000: 0x00010000 holds 0x62 instead of 0x61, 16 of 16 bytes of sector "
                     "0x00010000 differ");
        assert_false(result.verified);
        file.diff_with =
            (struct eg_input){.data = data, .size = 16}; /* the caller says that nothing has changed */
        assert_int_equal(eg_board_write_flash(fake->board, &file, 1, NULL, &result, &err),
                         EG_VERIFY_MISMATCH);
        assert_true(!result.verified && !result.skipped);
        file.diff_with = (struct eg_input){0};
        fake_board_unplug(fake);
    }
    fake_board_plug(fake, "esp8266", FAKE_USUAL, FAULTS("lie"));
    fake_board_connect(fake, FAKE_ROM);
    assert_ok(eg_board_write_flash(fake->board, &file, 1, NULL, &result, &err), err);
    assert_false(result.verified);
}

static void every_byte_of_a_digest_is_compared(void **state)
{
    struct fake_board *fake = *state;
    static const unsigned bytes[] = {0, 1, 7, 8, EG_MD5_SIZE - 1};
    const struct eg_flash_file file = app_at(0x10000, 16);
    const struct eg_write_flash_options skip = {.skip_flashed = true};
    struct digest_scheme digest;
    struct eg_flash_result result;
    struct eg_error err;

    memset(data, 'a', 16);
    digest_scheme_init(&digest, &fake->scheme, 0);
    fake->schemes[0] = &digest.scheme;
    fake_board_plug(fake, "esp32c3", FAKE_USUAL, NO_FAULTS);
    fake_board_connect(fake, FAKE_STUB);
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        digest.byte = bytes[i];
        digest.changed = 0;
        assert_int_equal(eg_board_write_flash(fake->board, &file, 1, NULL, &result, &err),
                         EG_VERIFY_MISMATCH);
        assert_true(!result.verified && digest.changed == 1);
        assert_memory_equal(fake_board_flash(fake) + 0x10000, data, 16); /* although the data is there */
        assert_int_equal(eg_board_write_flash(fake->board, &file, 1, &skip, &result, &err),
                         EG_VERIFY_MISMATCH);
        assert_true(!result.skipped && result.sent > 0);
    }
}

static void files_after_a_failed_one_are_not_reached(void **state)
{
    struct fake_board *fake = *state;
    const struct eg_flash_file files[] = {app_at(0x10000, 5000), app_at(0x20000, 5000),
                                          app_at(0x30000, 5000)};
    struct eg_flash_result results[3];
    struct eg_error err;

    fake_noise(data, 5000, 1);
    data[1000] = 0;
    fake_board_plug(fake, "esp32c3", FAKE_USUAL, FAULTS("stuck@0x203e8.3=1"));
    fake_board_fill(fake);
    fake_board_connect(fake, FAKE_STUB);
    assert_int_equal(eg_board_write_flash(fake->board, files, 3, NULL, results, &err), EG_STUCK_BITS);
    assert_true(results[0].verified && results[0].sent == 5000);
    assert_true(!results[1].verified && results[1].addr == 0x20000 && results[1].sent == 5000);
    assert_true(results[2].size == 0 && results[2].addr == 0);
    assert_memory_equal(fake_board_flash(fake) + 0x30000, fake->kept + 0x30000, 0x10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(the_given_data_is_written_and_all_else_stays),
        FAKE_TEST(a_mib_and_a_byte_lands),
        FAKE_TEST(compression_is_for_what_gets_smaller_and_for_stubs_unless_it_is_asked_for),
        FAKE_TEST(erased_bytes_before_a_file_are_reported),
        FAKE_TEST(every_file_has_a_result_and_a_hex_file_has_one),
        FAKE_TEST(the_rom_of_an_esp8266_erases_nothing_that_was_just_written),
        FAKE_TEST(all_is_erased_first_when_that_is_asked_for),
        FAKE_TEST(data_that_the_flash_already_holds_is_skipped),
        FAKE_TEST(only_sectors_that_have_changed_are_written),
        FAKE_TEST(a_file_that_got_longer_or_shorter_is_compared_up_to_its_last_sector),
        FAKE_TEST(a_flash_that_held_something_else_is_written_whole),
        FAKE_TEST(a_caller_may_have_the_flash_trusted),
        FAKE_TEST(the_ranges_of_a_hex_file_are_compared_one_by_one),
        FAKE_TEST(comparing_that_makes_no_sense_is_refused),
        FAKE_TEST(a_flash_that_lies_is_never_said_to_be_verified),
        FAKE_TEST(every_byte_of_a_digest_is_compared),
        FAKE_TEST(files_after_a_failed_one_are_not_reached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
