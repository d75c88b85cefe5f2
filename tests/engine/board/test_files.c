/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/board/board_internal.h"

#include "engine/image/uf2.h"
#include "tests/fakes/fake_board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Inputs ---- */

static void assert_piece(const struct eg__piece *piece, const char *name, uint32_t addr, const void *data,
                         size_t size)
{
    assert_string_equal(piece->name, name);
    assert_int_equal(piece->addr, addr);
    assert_int_equal(piece->data.size, size);
    assert_memory_equal(piece->data.data, data, size);
}

static void a_file_is_a_path_or_data_or_a_stream(void **state)
{
    struct fake_board *fake = *state;
    EG_CLEANUP(eg__pieces_finish) struct eg__pieces pieces = {0};
    char path[4096];
    struct eg_error err;

    fake_board_write(fake, "app.bin", "from a path", 11);
    FILE *file = fopen(fake_board_path(fake, path, "app.bin"), "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 5, SEEK_SET), 0); /* reading starts there each time */
    const struct eg_flash_file files[] = {
        {.addr = 0x10000, .input = {.path = path}, .encrypt = true},
        {.addr = 0x20000, .input = {.data = "data", .size = 4}},
        {.addr = 0x30000, .input = {.file = file, .name = "a stream"}},
        {.addr = 0x40000, .input = {.file = file}},
    };
    const enum eg_code code = eg__pieces_read(&pieces, files, 4, &err);
    assert_int_equal(ftell(file), 5);
    fclose(file);
    assert_ok(code, err);
    assert_int_equal(pieces.count, 4);
    assert_piece(&pieces.piece[0], path, 0x10000, "from a path", 11);
    assert_piece(&pieces.piece[1], "data", 0x20000, "data", 4);
    assert_piece(&pieces.piece[2], "a stream", 0x30000, "a path", 6);
    assert_piece(&pieces.piece[3], "data", 0x40000, "a path", 6);
    assert_true(pieces.piece[0].encrypt && !pieces.piece[1].encrypt);
    assert_int_equal(pieces.piece[3].file, 3);
}

static enum eg_code check_input(const struct eg_input *input, struct eg_error *err)
{
    const struct eg_flash_file file = {.input = *input};

    return eg_flash_files_check(&file, 1, err);
}

static void an_input_is_given_once(void **state)
{
    (void)state;
    static const char sentence[] = "an input is one of a path, data and a file";
    struct eg_error err;

    assert_error(check_input(&(struct eg_input){0}, &err), err, EG_BAD_ARGUMENT, sentence);
    assert_error(check_input(&(struct eg_input){.path = "a", .data = "b", .size = 1}, &err), err,
                 EG_BAD_ARGUMENT, sentence);
    assert_error(check_input(&(struct eg_input){.path = "a", .file = stdin}, &err), err, EG_BAD_ARGUMENT,
                 sentence);
    assert_ok(eg_flash_files_check(NULL, 0, &err), err);
    const struct eg_flash_file file = {
        .input = {.data = "new", .size = 3},
        .diff_with = {.path = "/nonexistent", .data = "old", .size = 3},
    };
    assert_error(eg_flash_files_check(&file, 1, &err), err, EG_BAD_ARGUMENT, sentence);
}

static void an_input_that_cannot_be_read_is_named(void **state)
{
    struct fake_board *fake = *state;
    char path[4096], sentence[4200];
    struct eg_error err;

    fake_board_path(fake, path, "none.bin");
    snprintf(sentence, sizeof sentence, "%s: No such file or directory", path);
    assert_error(check_input(&(struct eg_input){.path = path}, &err), err, EG_BAD_ARGUMENT, sentence);
    assert_error(check_input(&(struct eg_input){.path = path, .name = "not this"}, &err), err,
                 EG_BAD_ARGUMENT, sentence);
    snprintf(sentence, sizeof sentence, "%s: is a directory", fake->folder);
    assert_error(check_input(&(struct eg_input){.path = fake->folder}, &err), err, EG_BAD_ARGUMENT, sentence);

    FILE *file = fopen(fake_board_path(fake, path, "new.bin"), "wb"); /* not for reading */
    assert_non_null(file);
    const enum eg_code code = check_input(&(struct eg_input){.file = file, .name = "new"}, &err);
    fclose(file);
    assert_error(code, err, EG_IO, "new: Bad file descriptor");
}

static void a_hex_file_is_its_ranges(void **state)
{
    struct fake_board *fake = *state;
    EG_CLEANUP(eg__pieces_finish) struct eg__pieces pieces = {0};
    EG_CLEANUP(eg_free_cleanup) char *hex = fake_hex(0x11000, BYTES(1, 2, 3), 0x20ffd, BYTES(4, 5));
    struct eg_error err;

    (void)fake;
    const struct eg_flash_file files[] = {
        {.addr = 0x1000, .input = {.data = "in front", .size = 8}},
        {.addr = 0x11000, .input = {.data = hex, .size = strlen(hex), .name = "app.hex"}, .encrypt = true},
        {.addr = 0x30000, .input = {.data = ":00 no hex", .size = 10}},
    };
    assert_ok(eg__pieces_read(&pieces, files, 3, &err), err);
    assert_int_equal(pieces.count, 4);
    assert_piece(&pieces.piece[1], "app.hex", 0x11000, "\1\2\3", 3);
    assert_piece(&pieces.piece[2], "app.hex", 0x20ffd, "\4\5", 2);
    assert_int_equal(pieces.piece[1].file, 1);
    assert_int_equal(pieces.piece[2].file, 1);
    assert_true(pieces.piece[1].encrypt && pieces.piece[2].encrypt);
    assert_piece(&pieces.piece[3], "data", 0x30000, ":00 no hex", 10);
    assert_int_equal(pieces.piece[3].file, 2);
}

static void an_address_that_a_file_would_not_go_to_is_refused(void **state)
{
    struct fake_board *fake = *state;
    EG_CLEANUP(eg_free_cleanup) char *hex = fake_hex(0x11000, BYTES(1, 2, 3), 0x20ffd, BYTES(4, 5));
    EG_CLEANUP(eg__pieces_finish) struct eg__pieces pieces = {0};
    struct eg_flash_file file = {.input = {.data = hex, .size = strlen(hex), .name = "app.hex"}};
    struct eg_error err;

    (void)fake;
    assert_ok(eg_flash_files_check(&file, 1, &err), err);
    file.addr = 0x10000;
    assert_error(
        eg_flash_files_check(&file, 1, &err), err, EG_BAD_ARGUMENT,
        "app.hex is an Intel HEX file, which says itself where it goes: to 0x00011000, not to 0x00010000");
    file.addr = 0;
    file.in_partition = true;
    assert_int_equal(eg_flash_files_check(&file, 1, &err), EG_BAD_ARGUMENT);
    file = (struct eg_flash_file){.addr = 0x10000, .input = file.input, .raw = true};
    assert_ok(eg__pieces_read(&pieces, &file, 1, &err), err);
    assert_int_equal(pieces.count, 1);
    assert_piece(&pieces.piece[0], "app.hex", 0x10000, hex, strlen(hex));
}

static void a_uf2_file_that_counts_from_a_partition_needs_its_name(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer uf2 = {0};
    EG_CLEANUP(eg__pieces_finish) struct eg__pieces pieces = {0};
    uint8_t image[288] = {0xe9, 1};
    struct eg_error err;

    eg_put32(image + 32, 0xabcd5432);
    assert_ok(eg_uf2_write(&uf2, 0, 0, image, sizeof image, 0, true, &err), err);
    struct eg_flash_file file = {.input = {.data = uf2.data, .size = uf2.size, .name = "app.uf2"}};
    for (uint32_t addr = 0; addr <= 0x10000; addr += 0x10000) {
        file.addr = addr;
        assert_error(
            eg_flash_files_check(&file, 1, &err), err, EG_BAD_ARGUMENT,
            "app.uf2 is a UF2 file whose addresses count from an application partition: give the name of "
            "the partition, such as ota_0, instead of an address");
    }
    file.in_partition = true;
    assert_ok(eg__pieces_read(&pieces, &file, 1, &err), err);
    assert_int_equal(pieces.count, 1);
    assert_piece(&pieces.piece[0], "app.uf2", 0x10000, image, sizeof image);
}

static void a_damaged_hex_file_is_refused_with_its_line(void **state)
{
    struct fake_board *fake = *state;
    static const char hex[] = ":020000040001F9\n:0400000001020304F3\n:00000001FF\n";
    char path[4096], sentence[4200];
    struct eg_error err;

    fake_board_write(fake, "app.hex", hex, sizeof hex - 1);
    snprintf(sentence, sizeof sentence, "%s: line 2 has checksum 0xf3, its bytes have 0xf2",
             fake_board_path(fake, path, "app.hex"));
    assert_error(check_input(&(struct eg_input){.path = path}, &err), err, EG_BAD_IMAGE, sentence);
    assert_error(check_input(&(struct eg_input){.data = hex, .size = 16}, &err), err, EG_BAD_IMAGE,
                 "data: there is no end record after line 1: the file was cut");
}

#define PLACE(name_, addr_, size_)                                                                           \
    {                                                                                                        \
        .addr = (addr_), .input = {.data = zeros, .size = (size_), .name = (name_) }                         \
    }

static void files_that_share_a_sector_are_refused(void **state)
{
    (void)state;
    static const uint8_t zeros[0x3000];
    static const struct {
        struct eg_flash_file files[3];
        const char *sentence; /* NULL = no overlap */
    } rows[] = {
        {{PLACE("a", 0x1000, 0x1000), PLACE("b", 0x2000, 0x1000), PLACE("c", 0x3000, 1)}, NULL},
        {{PLACE("c", 0x3000, 1), PLACE("b", 0x2000, 0x1000), PLACE("a", 0x1fff, 1)}, NULL},
        {{PLACE("a", 0x1000, 0x1001), PLACE("b", 0x2fff, 1), PLACE("c", 0x8000, 1)},
         "b at 0x00002fff shares a sector with a, which takes 0x00001000 to 0x00002001"},
        {{PLACE("b", 0x1ffc, 4), PLACE("c", 0x8000, 1), PLACE("a", 0x1000, 4)},
         "b at 0x00001ffc shares a sector with a, which takes 0x00001000 to 0x00001004"},
        {{PLACE("a", 0x1000, 0x3000), PLACE("b", 0x2000, 16), PLACE("c", 0x8000, 1)},
         "b at 0x00002000 shares a sector with a, which takes 0x00001000 to 0x00004000"},
        {{PLACE("a", 0x1000, 4), PLACE("b", 0x1000, 4), PLACE("c", 0x8000, 1)},
         "b at 0x00001000 shares a sector with a, which takes 0x00001000 to 0x00001004"},
        /* An empty file occupies no address, and overlaps nothing. */
        {{PLACE("a", 0x1000, 4), PLACE("empty", 0x1000, 0), PLACE("c", 0x2000, 1)}, NULL},
        {{PLACE("a", 0x1000, 0x3000), PLACE("empty", 0x1800, 0), PLACE("b", 0x2000, 16)},
         "b at 0x00002000 shares a sector with a, which takes 0x00001000 to 0x00004000"},
        {{PLACE("a", 0xfffff000, 0x3000), PLACE("b", 0x0, 16), PLACE("c", 0x2000, 16)}, NULL},
    };
    struct eg_error err;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].sentence == NULL)
            assert_ok(eg_flash_files_check(rows[i].files, 3, &err), err);
        else
            assert_error(eg_flash_files_check(rows[i].files, 3, &err), err, EG_BAD_ARGUMENT,
                         rows[i].sentence);
    }
}

static void files_flashed_before_must_have_the_same_pieces(void **state)
{
    (void)state;
    EG_CLEANUP(eg__pieces_finish) struct eg__pieces pieces = {0};
    EG_CLEANUP(eg_free_cleanup) char *hex = fake_hex(0x11000, BYTES(1, 2), 0x20000, BYTES(4, 5));
    EG_CLEANUP(eg_free_cleanup) char *moved = fake_hex(0x11000, BYTES(1, 3), 0x21000, BYTES(4, 5));
    const struct eg_input before = {.data = "old", .size = 3, .name = "old.bin"};
    struct eg_error err;

    struct eg_flash_file file = {.input = {.data = hex, .size = strlen(hex), .name = "new.hex"},
                                 .diff_with = before};
    assert_error(eg_flash_files_check(&file, 1, &err), err, EG_BAD_ARGUMENT,
                 "old.bin has 1 ranges of addresses, new.hex has 2");
    file.diff_with = (struct eg_input){.data = moved, .size = strlen(moved), .name = "old.hex"};
    assert_ok(eg__pieces_read(&pieces, &file, 1, &err), err);
    assert_true(pieces.piece[0].is_diff);
    assert_memory_equal(pieces.piece[0].before.data, "\1\3", 2);
    assert_false(pieces.piece[1].is_diff); /* it was elsewhere */
    assert_int_equal(pieces.piece[1].before.size, 0);
    eg__pieces_finish(&pieces);
    pieces = (struct eg__pieces){0};

    /* A file without addresses at the address that the next file wants. */
    static const char one[] = ":020000040001F9\n:0400000001020304F2\n:00000001FF\n";
    file = (struct eg_flash_file){
        .addr = 0x10000, .input = {.data = one, .size = sizeof one - 1}, .diff_with = before};
    assert_ok(eg__pieces_read(&pieces, &file, 1, &err), err);
    assert_int_equal(pieces.piece[0].addr, 0x10000);
    assert_true(pieces.piece[0].is_diff);
    assert_memory_equal(pieces.piece[0].before.data, "old", 3);
}

static void a_single_range_is_asked_for(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer data = {0};
    EG_CLEANUP(eg_free_cleanup) char *name = NULL;
    EG_CLEANUP(eg_free_cleanup) char *hex = fake_hex(0x11000, BYTES(1, 2), 0x11100, BYTES(4, 5));
    const struct eg_input two = {.data = hex, .size = strlen(hex), .name = "two.hex"};
    static const char one[] = ":020000040001F9\n:0400000001020304F2\n:00000001FF\n";
    struct eg_error err;

    assert_error(eg__input_read_range(&two, &data, &name, &err), err, EG_BAD_IMAGE,
                 "two.hex has 2 ranges of addresses, not one");
    assert_null(name);
    assert_ok(eg__input_read_range(&(struct eg_input){.data = one, .size = sizeof one - 1, .name = "one.hex"},
                                   &data, &name, &err),
              err);
    assert_string_equal(name, "one.hex");
    assert_int_equal(data.size, 4);
    assert_memory_equal(data.data, "\1\2\3\4", 4);
}

/* ---- Outputs ---- */

/* Write the text in two parts; fail after the first if `fail`. */
static enum eg_code put_text(const struct eg_output *output, const char *text, bool fail, bool keep,
                             struct eg_error *err)
{
    EG_CLEANUP(eg__sink_close) struct eg__sink sink = {0};
    const size_t size = strlen(text);

    EG_TRY(eg__sink_open(&sink, output, 0, size, err));
    sink.keep = keep;
    EG_TRY(eg__sink_put(&sink, text, size / 2, err));
    if (fail)
        return eg_error_set(err, EG_TIMEOUT, "no more");
    EG_TRY(eg__sink_put(&sink, text + size / 2, size - size / 2, err));
    return eg__sink_commit(&sink, err);
}

static void a_path_gets_its_name_when_all_is_there(void **state)
{
    struct fake_board *fake = *state;
    char path[4096];
    const struct eg_output output = {.path = fake_board_path(fake, path, "out")};
    struct eg_error err;

    assert_ok(put_text(&output, "the first", false, false, &err), err);
    fake_board_assert_file(fake, "out", "the first", 9);
    fake_board_assert_file(fake, "out.part", NULL, 0);

    assert_error(put_text(&output, "other", true, false, &err), err, EG_TIMEOUT, "no more");
    fake_board_assert_file(fake, "out", "the first", 9);
    fake_board_assert_file(fake, "out.part", NULL, 0);

    assert_error(put_text(&output, "another", true, true, &err), err, EG_TIMEOUT, "no more");
    fake_board_assert_file(fake, "out", "the first", 9);
    fake_board_assert_file(fake, "out.part", "ano", 3);

    assert_ok(put_text(&output, "last", false, true, &err), err);
    fake_board_assert_file(fake, "out", "last", 4);
    fake_board_assert_file(fake, "out.part", NULL, 0);
}

static void a_continued_part_stays_even_if_no_more_data_came(void **state)
{
    struct fake_board *fake = *state;
    char path[4096];
    const struct eg_output output = {.path = fake_board_path(fake, path, "out")};
    struct eg__sink sink = {0};
    struct eg_error err;

    fake_board_write(fake, "out.part", "half of", 7);
    assert_ok(eg__sink_open(&sink, &output, 7, 10, &err), err);
    sink.keep = true;
    eg__sink_close(&sink);
    fake_board_assert_file(fake, "out.part", "half of", 7);

    assert_ok(eg__sink_open(&sink, &output, 7, 10, &err), err);
    assert_ok(eg__sink_put(&sink, " it", 3, &err), err);
    assert_ok(eg__sink_commit(&sink, &err), err);
    eg__sink_close(&sink);
    fake_board_assert_file(fake, "out", "half of it", 10);

    /* A new file to which no data came is removed. */
    assert_ok(eg__sink_open(&sink, &output, 0, 10, &err), err);
    sink.keep = true;
    eg__sink_close(&sink);
    fake_board_assert_file(fake, "out.part", NULL, 0);
}

static void memory_takes_what_it_has_room_for(void **state)
{
    (void)state;
    char room[8] = "........";
    struct eg_output output = {.data = room, .size = 5};
    struct eg_error err;

    assert_ok(put_text(&output, "12345", false, false, &err), err);
    assert_memory_equal(room, "12345...", 8);
    assert_error(put_text(&output, "abcdef", false, false, &err), err, EG_BAD_ARGUMENT,
                 "6 bytes do not fit into memory of 5");
    assert_memory_equal(room, "12345...", 8);
}

static void a_stream_is_written_where_it_stands_and_left_open(void **state)
{
    struct fake_board *fake = *state;
    char path[4096];
    FILE *file = fopen(fake_board_path(fake, path, "out"), "wb");
    struct eg_error err;

    assert_non_null(file);
    fputs("<", file);
    assert_ok(put_text(&(struct eg_output){.file = file}, "text", false, false, &err), err);
    fputs(">", file);
    assert_int_equal(fclose(file), 0);
    fake_board_assert_file(fake, "out", "<text>", 6);
}

static void a_device_is_written_as_it_is(void **state)
{
    (void)state;
    struct stat facts;
    struct eg_error err;

    assert_ok(put_text(&(struct eg_output){.path = "/dev/null"}, "text", false, false, &err), err);
    assert_int_equal(stat("/dev/null", &facts), 0);
    assert_true(S_ISCHR(facts.st_mode));
    assert_int_not_equal(access("/dev/null.part", F_OK), 0);
}

static void a_full_disk_is_said(void **state)
{
    struct fake_board *fake = *state;
    EG_CLEANUP(eg_free_cleanup) char *text = malloc(1 << 20);
    FILE *full = fopen("/dev/full", "wb");
    struct eg_error err;

    (void)fake;
    assert_non_null(full);
    memset(text, 'x', (1 << 20) - 1);
    text[(1 << 20) - 1] = '\0';
    for (int i = 0; i < 2; i++) { /* fails at once, and when buffered data is written */
        assert_error(
            put_text(&(struct eg_output){.path = "/dev/full"}, i == 0 ? text : "short", false, false, &err),
            err, EG_NO_ROOM, "/dev/full: No space left on device");
        const enum eg_code code =
            put_text(&(struct eg_output){.file = full}, i == 0 ? text : "short", false, false, &err);
        assert_error(code, err, EG_NO_ROOM, "the output: No space left on device");
    }
    fclose(full);
}

static void an_output_that_cannot_be_made_is_named(void **state)
{
    struct fake_board *fake = *state;
    static const char one_of[] = "an output is one of a path, data and a file";
    char path[4096], long_path[5000], sentence[5100];
    struct eg_error err;

    assert_error(put_text(&(struct eg_output){0}, "text", false, false, &err), err, EG_BAD_ARGUMENT, one_of);
    assert_error(put_text(&(struct eg_output){.path = "a", .file = stdout}, "text", false, false, &err), err,
                 EG_BAD_ARGUMENT, one_of);

    fake_board_path(fake, path, "none/out");
    snprintf(sentence, sizeof sentence, "%s.part: No such file or directory", path);
    assert_error(put_text(&(struct eg_output){.path = path}, "text", false, false, &err), err,
                 EG_BAD_ARGUMENT, sentence);

    snprintf(sentence, sizeof sentence, "%s: Is a directory", fake->folder);
    assert_error(put_text(&(struct eg_output){.path = fake->folder}, "text", false, false, &err), err,
                 EG_BAD_ARGUMENT, sentence);

    /* A symbolic link in place of the .part file is not followed. */
    fake_board_write(fake, "other", "other", 5);
    assert_int_equal(
        symlink(fake_board_path(fake, path, "other"), fake_board_path(fake, long_path, "out.part")), 0);
    snprintf(sentence, sizeof sentence, "%s: Too many levels of symbolic links", long_path);
    assert_error(
        put_text(&(struct eg_output){.path = fake_board_path(fake, path, "out")}, "text", false, false, &err),
        err, EG_BAD_ARGUMENT, sentence);
    fake_board_assert_file(fake, "other", "other", 5);

    memset(long_path, 'a', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    snprintf(sentence, sizeof sentence, "%.100s...: the path is too long", long_path);
    assert_error(put_text(&(struct eg_output){.path = long_path}, "text", false, false, &err), err,
                 EG_BAD_ARGUMENT, sentence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(a_file_is_a_path_or_data_or_a_stream),
        FAKE_TEST(an_input_is_given_once),
        FAKE_TEST(an_input_that_cannot_be_read_is_named),
        FAKE_TEST(a_hex_file_is_its_ranges),
        FAKE_TEST(an_address_that_a_file_would_not_go_to_is_refused),
        FAKE_TEST(a_uf2_file_that_counts_from_a_partition_needs_its_name),
        FAKE_TEST(a_damaged_hex_file_is_refused_with_its_line),
        FAKE_TEST(files_that_share_a_sector_are_refused),
        FAKE_TEST(files_flashed_before_must_have_the_same_pieces),
        FAKE_TEST(a_single_range_is_asked_for),
        FAKE_TEST(a_path_gets_its_name_when_all_is_there),
        FAKE_TEST(a_continued_part_stays_even_if_no_more_data_came),
        FAKE_TEST(memory_takes_what_it_has_room_for),
        FAKE_TEST(a_stream_is_written_where_it_stands_and_left_open),
        FAKE_TEST(a_device_is_written_as_it_is),
        FAKE_TEST(a_full_disk_is_said),
        FAKE_TEST(an_output_that_cannot_be_made_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
