/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "engine/image/hex.h"
#include "tests/fakes/chips.h"
#include "tests/fakes/fake_board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- From an ELF to an image ---- */

/* Copy a fixture under a name of the test's own; skip without fixtures. */
static void put_elf(struct fake_board *fake, const char *name, const char *fixture)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer elf = {0};
    char path[4096];
    struct eg_error err;

    assert_ok(eg_file_read(&elf, fixture_path(path, fixture), 1 << 24, &err), err);
    fake_board_write(fake, name, elf.data, elf.size);
}

static void an_image_is_named_as_the_reference_tool_names_it(void **state)
{
    struct fake_board *fake = *state;
    static const struct {
        const char *chip, *elf;
        unsigned version;
        const char *output, *files[2];
    } rows[] = {
        {"esp32c6", "app.elf", 0, "", {"app.bin"}},
        {"esp32c6", "app", 0, "", {"app.bin"}},
        {"esp32c6", "my.app.elf", 0, "", {"my.app.bin"}},
        {"esp32c6", "build.d/app", 0, "", {"build.d/app.bin"}},
        {"esp32c6", "build.d/.elf", 0, "", {"build.d/.elf.bin"}},
        {"esp32c6", ".elf", 0, "", {".elf.bin"}},
        {"esp32c6", "app.elf", 0, "out", {"out"}},
        {"esp8266", "app.elf", 0, "", {"app.elf-0x00000.bin", "app.elf-0x40000.bin"}},
        {"esp8266", "app.elf", 1, "", {"app.elf-0x00000.bin", "app.elf-0x40000.bin"}},
        {"esp8266", "app.elf", 1, "out-", {"out-0x00000.bin", "out-0x40000.bin"}},
        {"esp8266", "app.elf", 2, "", {"app-0x40000.bin"}},
        {"esp8266", "app.elf", 2, "out.bin", {"out.bin"}},
        {"esp8266", "app.elf", 3, "", {"app.bin"}},
        {"esp8266", "app.elf", 3, "out.bin", {"out.bin"}},
    };
    char path[4096];
    struct eg_error err;

    assert_int_equal(mkdir(fake_board_path(fake, path, "build.d"), 0777), 0);
    assert_int_equal(chdir(fake->folder), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EG_CLEANUP(eg_elf_image_free) struct eg_elf_image image = {.count = 0};
        const struct eg_image_options options = {.version = rows[i].version};
        const struct eg_input elf = {.path = rows[i].elf};

        put_elf(fake, rows[i].elf,
                strcmp(rows[i].chip, "esp8266") == 0 ? "elf/esp8266-nonossdkv12-example.elf"
                                                     : "elf/esp32c6-appdesc.elf");
        assert_ok(eg_elf2image(&image, &elf, rows[i].chip, &options, rows[i].output, &fake->log.logger, &err),
                  err);
        assert_int_equal(image.count, 1 + (rows[i].files[1] != NULL));
        for (unsigned n = 0; n < image.count; n++) {
            assert_string_equal(image.file[n].path, rows[i].files[n]);
            fake_board_assert_file(fake, rows[i].files[n], image.file[n].data, image.file[n].size);
            remove(rows[i].files[n]);
        }
        assert_int_equal(image.file[0].has_addr, strcmp(rows[i].chip, "esp8266") == 0 && rows[i].version < 3);
    }
}

static void an_image_may_stay_in_memory_or_go_to_a_file_alone(void **state)
{
    struct fake_board *fake = *state;
    struct eg_elf_image image;
    char elf_path[4096], path[4096];
    struct eg_error err;

    put_elf(fake, "app.elf", "elf/esp32-app-template.elf");
    const struct eg_input elf = {.path = fake_board_path(fake, elf_path, "app.elf")};
    fake_board_path(fake, path, "app.bin");
    assert_ok(eg_elf2image(&image, &elf, "ESP32", NULL, NULL, NULL, &err), err);
    assert_int_equal(image.count, 1);
    assert_int_equal(image.file[0].size, 601808);
    assert_null(image.file[0].path);
    fake_board_assert_file(fake, "app.bin", NULL, 0);
    assert_ok(eg_elf2image(NULL, &elf, "esp32", NULL, path, NULL, &err), err);
    fake_board_assert_file(fake, "app.bin", image.file[0].data, image.file[0].size);
    eg_elf_image_free(&image);
    assert_true(image.count == 0 && image.file[0].data == NULL);

    FILE *file = fopen(elf_path, "rb");
    assert_non_null(file);
    const struct eg_input stream = {.file = file, .name = "an ELF"};
    assert_error(eg_elf2image(NULL, &stream, "esp32", NULL, "", NULL, &err), err, EG_BAD_ARGUMENT,
                 "an ELF that has no path gives its image no name");
    rewind(file);
    const enum eg_code code = eg_elf2image(NULL, &stream, "esp32", NULL, path, NULL, &err);
    fclose(file);
    assert_ok(code, err);
}

static void files_that_make_no_image_are_refused_and_existing_files_stay(void **state)
{
    struct fake_board *fake = *state;
    struct eg_elf_image image = {.count = 7};
    const struct eg_input no_elf = {.data =
                                        "no ELF at all, but as long as one would be at the very least.......",
                                    .size = 64,
                                    .name = "app"};
    char path[4096], sentence[4200];
    struct eg_error err;

    fake_board_write(fake, "app.bin", "old", 3);
    fake_board_path(fake, path, "app.bin");
    assert_error(eg_elf2image(&image, &no_elf, "esp99", NULL, path, NULL, &err), err, EG_BAD_ARGUMENT,
                 WITH_CHIPS("chip \"esp99\" is none of "));
    assert_error(eg_elf2image(&image, &no_elf, NULL, NULL, path, NULL, &err), err, EG_BAD_ARGUMENT,
                 WITH_CHIPS("chip \"\" is none of "));
    assert_error(eg_elf2image(&image, &no_elf, "esp32", NULL, path, NULL, &err), err, EG_BAD_IMAGE,
                 "app: is no ELF file: it does not begin with 7f 45 4c 46");
    assert_error(eg_elf2image(&image, &(struct eg_input){0}, "esp32", NULL, path, NULL, &err), err,
                 EG_BAD_ARGUMENT, "an input is one of a path, data and a file");
    fake_board_assert_file(fake, "app.bin", "old", 3);

    put_elf(fake, "app.elf", "elf/esp32c6-appdesc.elf");
    const struct eg_input elf = {.path = fake_board_path(fake, path, "app.elf")};
    snprintf(sentence, sizeof sentence, "%s/none/app.bin.part: No such file or directory", fake->folder);
    char none[4096];
    assert_error(
        eg_elf2image(&image, &elf, "esp32c6", NULL, fake_board_path(fake, none, "none/app.bin"), NULL, &err),
        err, EG_BAD_ARGUMENT, sentence);
    snprintf(sentence, sizeof sentence, "%s: flash mode \"fast\" is none of qio, qout, dio, dout", path);
    assert_error(eg_elf2image(&image, &elf, "esp32c6", &(struct eg_image_options){.flash_mode = "fast"}, NULL,
                              NULL, &err),
                 err, EG_BAD_JOB, sentence);
    assert_int_equal(image.count, 7);
}

/* ---- Several files become one ---- */

static void files_are_merged_into_whatever_is_wanted(void **state)
{
    struct fake_board *fake = *state;
    const struct eg_flash_file files[] = {
        {.addr = 0x3000, .input = {.data = "second", .size = 6}},
        {.addr = 0x1000, .input = {.data = "first", .size = 5}},
        {.addr = 0x2000, .input = {.data = "", .size = 0}},
    };
    const struct eg_merge_options from_first = {.target_offset = 0x1000};
    uint8_t room[0x2008], expected[0x2006];
    char path[4096];
    struct eg_error err;

    memset(expected, 0xff, sizeof expected);
    memcpy(expected, "first", 5);
    memcpy(expected + 0x2000, "second", 6);
    memset(room, 0x5a, sizeof room);
    struct eg_output output = {.data = room, .size = 0x2006};
    assert_ok(eg_merge_bin(files, 3, "esp32", &from_first, &output, NULL, &err), err);
    assert_memory_equal(room, expected, sizeof expected);
    assert_int_equal(room[0x2006], 0x5a);

    memset(room, 0x5a, sizeof room);
    output.size--;
    assert_error(eg_merge_bin(files, 3, "esp32", &from_first, &output, NULL, &err), err, EG_BAD_ARGUMENT,
                 "8198 bytes do not fit into memory of 8197");
    assert_int_equal(room[0], 0x5a);

    output = (struct eg_output){.path = fake_board_path(fake, path, "merged.bin")};
    assert_ok(eg_merge_bin(files, 3, "esp32", &from_first, &output, NULL, &err), err);
    fake_board_assert_file(fake, "merged.bin", expected, sizeof expected);
    output = (struct eg_output){.file = fopen(path, "wb")};
    assert_non_null(output.file);
    const enum eg_code code = eg_merge_bin(files, 2, "esp32", NULL, &output, NULL, &err);
    fclose(output.file);
    assert_ok(code, err);
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer merged = {0};
    assert_ok(eg_file_read(&merged, path, 1 << 20, &err), err);
    assert_int_equal(merged.size, 0x3006);
    assert_memory_equal(merged.data + 0x1000, expected, sizeof expected);
}

static void a_hex_file_brings_its_addresses_to_the_merge(void **state)
{
    struct fake_board *fake = *state;
    EG_CLEANUP(eg_free_cleanup) char *hex = fake_hex(0x1000, BYTES(1, 2), 0x3000, BYTES(3, 4));
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer merged = {0};
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
    const struct eg_flash_file files[] = {{.addr = 0x1000, .input = {.data = hex, .size = strlen(hex)}},
                                          {.addr = 0x2000, .input = {.data = "between", .size = 7}}};
    const struct eg_merge_options as_hex = {.format = EG_MERGE_HEX};
    char path[4096];
    struct eg_error err;

    const struct eg_output output = {.path = fake_board_path(fake, path, "merged.hex")};
    assert_ok(eg_merge_bin(files, 2, "esp32", &as_hex, &output, NULL, &err), err);
    assert_ok(eg_file_read(&merged, path, 1 << 20, &err), err);
    assert_ok(eg_hex_read(&pieces, merged.data, merged.size, &err), err);
    assert_int_equal(pieces.count, 3);
    assert_memory_equal(pieces.list[0].data.data, "\1\2", 2);
    assert_memory_equal(pieces.list[1].data.data, "between", 7);
    assert_memory_equal(pieces.list[2].data.data, "\3\4", 2);
}

static void flash_settings_without_a_header_to_go_to_are_noted(void **state)
{
    struct fake_board *fake = *state;
    uint8_t image[300], room[0x1200];
    const struct eg_output output = {.data = room, .size = sizeof room};
    const struct eg_merge_options dio = {.flash_mode = "dio", .flash_freq = "keep", .flash_size = "keep"},
                                  keep = {.flash_mode = "keep", .flash_freq = "keep", .flash_size = "keep"};
    struct eg_flash_file file = {
        .addr = 0x1000,
        .input = {.data = image,
                  .size = fake_image_make(image, "esp32", &(struct fake_image){.hash = true})}};
    struct eg_error err;

    assert_ok(eg_merge_bin(&file, 1, "esp32", &dio, &output, &fake->log.logger, &err), err);
    assert_int_equal(room[0x1002], 2);
    assert_int_equal(fake->log.text.size, 0);
    file.addr = 0;
    assert_ok(eg_merge_bin(&file, 1, "esp32", &keep, &output, &fake->log.logger, &err), err);
    assert_int_equal(fake->log.text.size, 0);
    assert_ok(eg_merge_bin(&file, 1, "esp32", &dio, &output, &fake->log.logger, &err), err);
    assert_true(fake_board_said(
        fake, "note: no bootloader at 0x1000: there is no header to put flash settings into"));
}

static void an_impossible_merge_is_refused_and_leaves_existing_files(void **state)
{
    struct fake_board *fake = *state;
    const struct eg_flash_file files[] = {
        {.addr = 0x1000, .input = {.data = "first", .size = 5, .name = "a"}},
        {.addr = 0x1800, .input = {.data = "second", .size = 6, .name = "b"}}};
    const struct eg_flash_file hidden[] = {
        files[0], {.addr = 0x1400, .input = {.data = "", .size = 0}}, files[1]};
    static const char overlap[] =
        "b at 0x00001800 shares a sector with a, which takes 0x00001000 to 0x00001005";
    const struct eg_merge_options past = {.target_offset = 0x1001};
    char path[4096];
    struct eg_error err;

    fake_board_write(fake, "merged.bin", "old", 3);
    const struct eg_output output = {.path = fake_board_path(fake, path, "merged.bin")};
    assert_error(eg_merge_bin(files, 2, "esp32", NULL, &output, NULL, &err), err, EG_BAD_ARGUMENT, overlap);
    assert_error(eg_merge_bin(hidden, 3, "esp32", NULL, &output, NULL, &err), err, EG_BAD_ARGUMENT, overlap);
    assert_error(eg_merge_bin(files, 1, "esp32", &past, &output, NULL, &err), err, EG_BAD_JOB,
                 "a at 0x00001000 lies before the target offset 0x00001001");
    assert_error(eg_merge_bin(files, 1, "", NULL, &output, NULL, &err), err, EG_BAD_ARGUMENT,
                 WITH_CHIPS("chip \"\" is none of "));
    assert_error(eg_merge_bin(NULL, 0, "esp32", NULL, &output, NULL, &err), err, EG_BAD_JOB,
                 "there is nothing to merge");
    assert_error(eg_merge_bin(files, 1, "esp32", NULL, &(struct eg_output){0}, NULL, &err), err,
                 EG_BAD_ARGUMENT, "an output is one of a path, data and a file");
    fake_board_assert_file(fake, "merged.bin", "old", 3);
    fake_board_assert_file(fake, "merged.bin.part", NULL, 0);
}

/* ---- Facts about an image ---- */

static void an_image_says_what_it_is(void **state)
{
    struct fake_board *fake = *state;
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer hex = {0};
    struct eg_image_details details;
    uint8_t image[300];
    struct eg_error err;

    (void)fake;
    const size_t size =
        fake_image_make(image, "esp32c3", &(struct fake_image){.hash = true, .min_rev_full = 3});
    const struct eg_input input = {.data = image, .size = size};
    static const char *const chips[] = {NULL, "auto", "esp32c3", "ESP32-C3"};
    for (size_t i = 0; i < sizeof chips / sizeof *chips; i++) {
        assert_ok(eg_image_info(&details, &input, chips[i], &err), err);
        assert_string_equal(details.target, "esp32c3");
        assert_int_equal(details.size, size);
        assert_int_equal(details.segment_count, 1);
        assert_int_equal(details.min_rev_full, 3);
        assert_memory_equal(details.hash, details.actual_hash, EG_SHA256_SIZE);
        assert_int_equal(details.checksum, details.actual_checksum);
    }
    image[60] ^= 1; /* reported, not refused */
    assert_ok(eg_image_info(&details, &input, NULL, &err), err);
    assert_int_not_equal(details.checksum, details.actual_checksum);
    image[60] ^= 1;

    assert_ok(eg__pieces_add(&pieces, 0x10000, image, size, "range", 1, &err), err);
    assert_ok(eg_hex_write(&hex, &pieces, &err), err);
    assert_ok(eg_image_info(&details, &(struct eg_input){.data = hex.data, .size = hex.size}, NULL, &err),
              err);
    assert_string_equal(details.target, "esp32c3");
    assert_int_equal(details.size, size);
}

static void a_file_that_is_not_an_image_is_reported(void **state)
{
    struct fake_board *fake = *state;
    EG_CLEANUP(eg_free_cleanup) char *hex = fake_hex(0x1000, BYTES(1, 2), 0x1100, BYTES(3, 4));
    struct eg_image_details details, untouched;
    char path[4096], sentence[4200];
    struct eg_error err;

    memset(&details, 0x5a, sizeof details);
    untouched = details;
    assert_error(eg_image_info(&details, &(struct eg_input){.data = "x", .size = 1}, "esp99", &err), err,
                 EG_BAD_ARGUMENT, WITH_CHIPS("chip \"esp99\" is none of "));
    assert_error(eg_image_info(&details,
                               &(struct eg_input){.data = hex, .size = strlen(hex), .name = "two.hex"}, NULL,
                               &err),
                 err, EG_BAD_IMAGE, "two.hex has 2 ranges of addresses, not one");
    assert_error(eg_image_info(&details, &(struct eg_input){.data = "text", .size = 4, .name = "a text"},
                               "esp32", &err),
                 err, EG_BAD_IMAGE, "a text: byte at offset 0x0 is 0x74, not the 0xe9 of an image");
    snprintf(sentence, sizeof sentence, "%s: No such file or directory",
             fake_board_path(fake, path, "none.bin"));
    assert_error(eg_image_info(&details, &(struct eg_input){.path = path}, NULL, &err), err, EG_BAD_ARGUMENT,
                 sentence);
    assert_memory_equal(&details, &untouched, sizeof details);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(an_image_is_named_as_the_reference_tool_names_it),
        FAKE_TEST(an_image_may_stay_in_memory_or_go_to_a_file_alone),
        FAKE_TEST(files_that_make_no_image_are_refused_and_existing_files_stay),
        FAKE_TEST(files_are_merged_into_whatever_is_wanted),
        FAKE_TEST(a_hex_file_brings_its_addresses_to_the_merge),
        FAKE_TEST(flash_settings_without_a_header_to_go_to_are_noted),
        FAKE_TEST(an_impossible_merge_is_refused_and_leaves_existing_files),
        FAKE_TEST(an_image_says_what_it_is),
        FAKE_TEST(a_file_that_is_not_an_image_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
