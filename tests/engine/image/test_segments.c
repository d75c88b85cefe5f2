/* SPDX-License-Identifier: Apache-2.0 */

/* Segments of ELF files, and options, from which no image can be made; through eg_image_build(). */

#include "tests/engine/image/elf_maker.h"

#include <stdio.h>

static void impossible_builds_are_refused_with_the_reason(void **state)
{
    (void)state;
    const struct made_section outside = {".data", 0x10000000, 0x40, 0, 0, NULL};
    const struct made_section overlapping[] = {
        {".iram", 0x40380000, 0x100, 0, 0, NULL},
        {".more", 0x403800fc, 0x100, 0, 0, NULL},
    };
    const struct made_section same_page[] = {
        {".rodata", 0x3c000020, 0x100, 0, 0, NULL},
        {".more", 0x3c008000, 0x100, 0, 0, NULL},
    };
    const struct made_section misaligned = {".rodata", 0x3c000022, 0x100, 0, 0, NULL};
    const struct made_section empty = {".bss", 0x3fc80000, 0x100, MADE_NOBITS, 0, NULL};
    const struct made_section flash_only = {".rodata", 0x3c000020, 0x100, 0, 0, NULL};
    const struct made_section two_in_flash[] = {
        {".irom0.text", 0x40210000, 0x100, 0, 0, NULL},
        {".irom1.text", 0x40220000, 0x100, 0, 0, NULL},
    };
    const struct made_section plain = {".iram", 0x40380000, 0x100, 0, 0, NULL};
    struct made_section many[17];
    char names[17][8];
    for (unsigned i = 0; i < 17; i++) {
        snprintf(names[i], sizeof names[i], ".s%u", i);
        many[i] = (struct made_section){names[i], 0x40380000 + i * 0x100, 0x20, 0, 0, NULL};
    }
    struct made_section padded[12];
    for (unsigned i = 0; i < 12; i++)
        padded[i] = (struct made_section){names[i], 0x3c000000 + i * 0x10000, 0x20, 0, 0, NULL};

    const struct {
        const char *chip;
        const struct made_section *sections;
        size_t count;
        struct eg_image_options options;
        enum eg_code code;
        const char *text;
    } rows[] = {
        {"esp32c3",
         &outside,
         1,
         {0},
         EG_BAD_IMAGE,
         ".data of 64 bytes at 0x10000000 lies outside every memory of ESP32-C3"},
        {"esp32c3",
         overlapping,
         2,
         {0},
         EG_BAD_IMAGE,
         ".more of 256 bytes at 0x403800fc overlaps .iram of 256 at 0x40380000"},
        {"esp32c3",
         same_page,
         2,
         {0},
         EG_BAD_IMAGE,
         ".more at 0x3c008000 begins in the same MMU page of 64KB as .rodata at 0x3c000020"},
        {"esp32c3", &misaligned, 1, {0}, EG_BAD_IMAGE, ".rodata at 0x3c000022 in flash is not aligned to 4"},
        {"esp32c3",
         &empty,
         1,
         {0},
         EG_BAD_IMAGE,
         "has nothing to load: no part with both an address and data"},
        {"esp32c3",
         &flash_only,
         1,
         {.ram_only_header = true},
         EG_BAD_IMAGE,
         "has no segment in RAM, which is all a RAM-only header counts"},
        {"esp32c3", many, 17, {0}, EG_BAD_IMAGE, "has 17 segments, more than the 16 of an image"},
        {"esp32c3",
         padded,
         12,
         {0},
         EG_BAD_IMAGE,
         "the image would have 24 segments with those that align flash pages, more than 16"},
        {"esp8266",
         two_in_flash,
         2,
         {0},
         EG_BAD_IMAGE,
         ".irom0.text at 0x40210000 and .irom1.text at 0x40220000 are both in flash; the image has room for "
         "one"},
        {"esp8266", two_in_flash, 1, {0}, EG_BAD_IMAGE, "has no segment in RAM, which is all the ROM loads"},
        {"esp8266",
         esp8266_sections,
         1,
         {.version = 2},
         EG_BAD_IMAGE,
         "has no segment in flash, which an image of version 2 begins with"},
        {"esp32c3",
         &plain,
         1,
         {.flash_size = "3MB"},
         EG_BAD_JOB,
         "flash size \"3MB\" is none of ESP32-C3: 1MB, 2MB, 4MB, 8MB, 16MB, 32MB, 64MB, 128MB"},
        {"esp32c3",
         &plain,
         1,
         {.flash_mode = "dual"},
         EG_BAD_JOB,
         "flash mode \"dual\" is none of qio, qout, dio, dout"},
        {"esp32c3",
         &plain,
         1,
         {.flash_mode = "keep"},
         EG_BAD_JOB,
         "\"keep\" means nothing for an image that is just being made"},
        {"esp32c3", &plain, 1, {.min_rev = 256}, EG_BAD_JOB, "legacy minimum revision 256 is more than 255"},
        {"esp32c3",
         &plain,
         1,
         {.min_rev_full = 65536},
         EG_BAD_JOB,
         "minimum revision 65536 is more than 65535"},
        {"esp32c3",
         &plain,
         1,
         {.has_max_rev_full = true, .max_rev_full = 65536},
         EG_BAD_JOB,
         "maximum revision 65536 is more than 65535"},
        {"esp8266", esp8266_sections, 4, {.version = 4}, EG_BAD_JOB, "image version 4 is more than 3"},
        {"esp32c3",
         &plain,
         1,
         {.secure_pad = EG_SECURE_PAD_V2, .no_digest = true},
         EG_BAD_JOB,
         "secure padding needs the SHA-256 at the end of the image"},
        {"esp32c3", &plain, 1, {.pad_to_size = "4"}, EG_BAD_JOB, "\"4\" is not a size such as 512KB or 4MB"},
        {"esp32c6",
         &plain,
         1,
         {.mmu_page_size = "128KB"},
         EG_BAD_IMAGE,
         "MMU page size of 131072 bytes is none of ESP32-C6: 8KB, 16KB, 32KB, 64KB"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct eg_image_files files = {0};
        struct eg_error err;
        print_message("%s\n", rows[i].text);
        assert_error(
            build(&files, chip(rows[i].chip), rows[i].sections, rows[i].count, &rows[i].options, &err), err,
            rows[i].code, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(impossible_builds_are_refused_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
