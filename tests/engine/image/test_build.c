/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/build.h"

#include "engine/image/inspect.h"
#include "tests/engine/image/elf_maker.h"
#include "tests/engine/image/goldens.h"

static void build_as_the_reference(const struct golden *golden)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer elf = {0};
    EG_CLEANUP(eg_image_files_finish) struct eg_image_files files = {0};
    struct eg_error err;
    char name[64];

    assert_int_equal(golden->input_count, 1);
    golden_load(&elf, golden->inputs[0].path);
    assert_ok(eg_image_build(&files, golden->target, elf.data, elf.size, &golden->build, &err), err);
    assert_int_equal(files.warning_count, 0);
    assert_int_equal(files.count, json_object_size(golden->files));
    for (unsigned i = 0; i < files.count; i++) {
        snprintf(name, sizeof name, "%s", golden->output);
        if (files.file[i].has_addr && golden->build.version != 2)
            snprintf(name, sizeof name, "%s0x%05lx.bin", golden->output,
                     (unsigned long)files.file[i].flash_addr);
        golden_assert_file(golden, name, &files.file[i].data);
    }
}

static void every_elf2image_of_the_reference_gives_the_same_bytes(void **state)
{
    (void)state;
    golden_each("elf2image", build_as_the_reference);
}

/* Write an application descriptor: magic, a name, page size; zeros in place of the ELF's SHA-256. */
static const uint8_t *descriptor(uint8_t page_log2)
{
    static uint8_t bytes[EG_APP_DESCRIPTOR_SIZE];

    memset(bytes, 0, sizeof bytes);
    eg_put32(bytes, 0xabcd5432);
    memcpy(bytes + 16, "1.2.3", 5);
    memcpy(bytes + 48, "blink", 5);
    bytes[180] = page_log2;
    return bytes;
}

static const struct eg_memory_range *find_memory(const struct eg_target *target, const char *name)
{
    for (const struct eg_memory_range *range = target->memory; range->name != NULL; range++)
        if (strcmp(range->name, name) == 0)
            return range;
    return NULL;
}

/* Check that every byte of the section is in a segment of the image, and count them. */
static size_t assert_loaded(const struct eg_image_details *details, const uint8_t *image,
                            const struct made_section *section, uint32_t skip)
{
    size_t found = 0;

    for (uint32_t n = skip; n < section->size; n++) {
        const uint32_t addr = section->addr + n - skip;
        const uint8_t byte =
            section->data != NULL ? ((const uint8_t *)section->data)[n] : made_byte(section->addr + n);
        bool covered = false;
        for (unsigned i = 0; i < details->segment_count; i++) {
            const struct eg_image_segment *const segment = &details->segments[i];
            if (segment->addr == 0 || addr < segment->addr || addr - segment->addr >= segment->size)
                continue;
            assert_false(covered);
            covered = true;
            /* The descriptor contains the SHA-256 of the ELF. */
            if (strcmp(section->name, ".flash.appdesc") != 0 || n < 144 || n >= 144 + EG_SHA256_SIZE)
                assert_int_equal(image[segment->file_offset + 8 + (addr - segment->addr)], byte);
        }
        if (!covered)
            fail_msg("%s: 0x%08x of %s is in no segment", details->target, (unsigned)addr, section->name);
        found++;
    }
    return found;
}

/*
 * Lay out sections as linkers do for an application: descriptor and constants, code, RAM, a few bytes kept
 * over deep sleep. Sizes are such that RAM segments fill gaps, are split and are left over. Return the number
 * of sections.
 */
static size_t lay_out(struct made_section sections[MADE_SECTIONS_MAX], const struct eg_target *target,
                      uint32_t page)
{
    const bool one_window = target->irom.start == target->drom.start;
    const uint32_t drom = target->drom.end != 0 ? target->drom.start : target->irom.start;
    const uint32_t irom = one_window ? drom + 8 * page : target->irom.start + 3 * page;
    const struct eg_memory_range *const dram = find_memory(target, "DRAM");
    const struct eg_memory_range *const iram = find_memory(target, "IRAM");
    const struct eg_memory_range *const rtc = find_memory(target, "RTC_DATA") != NULL
                                                  ? find_memory(target, "RTC_DATA")
                                                  : find_memory(target, "RTC_DRAM");
    size_t count = 0;

    assert_non_null(dram);
    assert_non_null(iram);
    const uint32_t ram = dram->start + 0x100;
    const uint32_t code =
        iram->start + (iram->start <= dram->start && iram->end > dram->start ? 0x9000 : 0x400);
    sections[count++] = (struct made_section){".iram0.vectors", code, 0x403, 0, 0, NULL};
    sections[count++] = (struct made_section){".iram0.text", code + 0x404, 0x3001, 0, 0, NULL};
    sections[count++] = (struct made_section){".dram0.data", ram, 0x2222, 0, 16, NULL};
    sections[count++] = (struct made_section){".dram0.bss", ram + 0x3000, 0x1000, MADE_NOBITS, 16, NULL};
    sections[count++] = (struct made_section){".flash.appdesc", drom + 0x20, 256, 0, 0, descriptor(0)};
    sections[count++] = (struct made_section){".flash.rodata", drom + 0x120, 2 * page + 0x77, 0, 16, NULL};
    sections[count++] = (struct made_section){".flash.text", irom + 0x20, page + 0x1005, 0, 0, NULL};
    sections[count++] = (struct made_section){".comment", 0, 40, 0, 1, NULL};
    if (rtc != NULL)
        sections[count++] = (struct made_section){".rtc.data", rtc->start, 21, 0, 0, NULL};
    return count;
}

static void assert_round_trip(const struct eg_target *target, const struct eg_image_options *options)
{
    struct made_section sections[MADE_SECTIONS_MAX];
    EG_CLEANUP(eg_image_files_finish) struct eg_image_files files = {0};
    struct eg_image_details details;
    struct eg_error err;
    uint32_t page = 0x10000;
    size_t found = 0, there = 0;

    if (options->mmu_page_size != NULL)
        assert_ok(eg_size_parse(&page, options->mmu_page_size, &err), err);
    const size_t count = lay_out(sections, target, page);
    assert_ok(build(&files, target, sections, count, options, &err), err);
    assert_int_equal(files.count, 1);
    assert_int_equal(files.warning_count, 0);
    const struct eg_buffer *const image = &files.file[0].data;
    assert_ok(eg_image_inspect(&details, NULL, image->data, image->size, &err), err);

    assert_string_equal(details.target, target->name);
    assert_int_equal(details.end, image->size);
    assert_int_equal(details.entry, MADE_ENTRY);
    assert_string_equal(details.flash_mode_name, "qio");
    assert_string_equal(details.flash_size_name, "1MB");
    assert_int_equal(details.checksum, details.actual_checksum);
    assert_true(details.hash_appended);
    assert_memory_equal(details.hash, details.actual_hash, sizeof details.hash);
    assert_true(details.has_app);
    assert_string_equal(details.app.project, "blink");
    assert_string_equal(details.app.version, "1.2.3");
    for (size_t i = 0; i < count; i++)
        if (sections[i].addr != 0 && sections[i].type != MADE_NOBITS)
            found += assert_loaded(&details, image->data, &sections[i], 0);
    for (unsigned i = 0; i < details.segment_count; i++) {
        const struct eg_image_segment *const segment = &details.segments[i];
        if (segment->addr != 0)
            there += segment->size;
        if (eg_memory_is_flash(target, segment->addr))
            assert_int_equal((segment->file_offset + 8) % page, segment->addr % page);
    }
    /* The remaining bytes are padding of words, and the ESP32's short tail. */
    assert_in_range(there - found, 0, 3 * 6 + 0x24);
}

static void every_chip_gets_back_what_its_elf_file_loads(void **state)
{
    (void)state;
    for (const struct eg_target *const *target = eg_targets; *target != NULL; target++) {
        if ((*target)->image_chip_id < 0)
            continue;
        print_message("%s\n", (*target)->name);
        assert_round_trip(*target, &(struct eg_image_options){0});
        for (const uint32_t *size = (*target)->mmu_page_sizes; size != NULL && *size != 0; size++) {
            char name[16];
            snprintf(name, sizeof name, "%luKB", (unsigned long)*size / 1024);
            print_message("  %s\n", name);
            assert_round_trip(*target, &(struct eg_image_options){.mmu_page_size = name});
        }
    }
}

static void the_three_versions_of_the_esp8266_hold_what_its_elf_file_loads(void **state)
{
    (void)state;
    const struct eg_target *const esp8266 = chip("esp8266");
    struct eg_image_details details;
    struct eg_error err;

    for (unsigned version = 1; version <= 3; version++) {
        EG_CLEANUP(eg_image_files_finish) struct eg_image_files files = {0};
        struct eg_image_options options = {.version = version};
        assert_ok(BUILD(&files, esp8266, esp8266_sections, &options, &err), err);
        const struct eg_buffer *const image = &files.file[0].data;
        assert_ok(eg_image_inspect(&details, NULL, image->data, image->size, &err), err);
        assert_string_equal(details.target, esp8266->name);
        assert_false(details.extended);
        assert_int_equal(details.version, version == 2 ? 2 : 1);
        assert_int_equal(details.checksum, details.actual_checksum);
        for (size_t i = 0; i < 3; i++)
            assert_loaded(&details, image->data, &esp8266_sections[i], 0);
        if (version == 1) {
            assert_int_equal(files.count, 2);
            assert_true(files.file[0].has_addr && files.file[1].has_addr);
            assert_int_equal(files.file[0].flash_addr, 0);
            assert_int_equal(files.file[1].flash_addr, 0x10010);
            assert_int_equal(files.file[1].data.size, 0x200c);
            assert_int_equal(files.file[1].data.data[1], made_byte(0x40210011));
        } else if (version == 2) {
            assert_int_equal(files.count, 1);
            assert_true(files.file[0].has_addr);
            assert_int_equal(files.file[0].flash_addr, 0x10000);
            assert_int_equal(details.segments[0].addr, 0);
            assert_int_equal(details.segments[0].size, 0x2010);
            assert_true(details.has_crc);
            assert_int_equal(details.crc, details.actual_crc);
            assert_int_equal(details.end, image->size);
        } else {
            assert_int_equal(files.count, 1);
            assert_false(files.file[0].has_addr);
            assert_loaded(&details, image->data, &esp8266_sections[3], 0);
            assert_int_equal(image->size, details.end + EG_SHA256_SIZE);
        }
    }
}

static void a_ram_only_header_shows_the_rom_nothing_but_ram(void **state)
{
    (void)state;
    const struct eg_target *const esp32c3 = chip("esp32c3");
    const struct made_section sections[] = {
        {".text", 0x42010020, 0x100, 0, 0, NULL},
        {".iram", 0x40380000, 0x101, 0, 0, NULL},
        {".iram.2", 0x40380200, 0x20, 0, 0x200, NULL}, /* only its alignment is between them */
        {".rodata", 0x3c000020, 0x80, 0, 0, NULL},
    };
    EG_CLEANUP(eg_image_files_finish) struct eg_image_files files = {0};
    struct eg_image_details details;
    struct eg_error err;

    assert_ok(BUILD(&files, esp32c3, sections, &(struct eg_image_options){.ram_only_header = true}, &err),
              err);
    const struct eg_buffer *const image = &files.file[0].data;
    assert_ok(eg_image_inspect(&details, NULL, image->data, image->size, &err), err);
    assert_int_equal(files.merged, 1);
    assert_int_equal(details.segment_count, 1);
    assert_int_equal(details.segments[0].size, 0x220);
    assert_int_equal(details.checksum, details.actual_checksum);
    assert_false(details.hash_appended);
    /* .text, then .rodata, each in its place within a page of 64 KB. */
    assert_int_equal(eg_get32(image->data + 0x10020 - 8), 0x42010020);
    assert_int_equal(image->data[0x10020], made_byte(0x42010020));
    assert_int_equal(eg_get32(image->data + 0x20020 - 8), 0x3c000020);
    assert_int_equal(image->size, 0x200a0);
}

static void the_descriptors_stand_at_the_front(void **state)
{
    (void)state;
    uint8_t bootloader[EG_BOOTLOADER_DESCRIPTOR_SIZE] = {0x50, [4] = 7,    [8] = 'v', '5', '.',
                                                         '5',  [40] = 'M', 'a',       'y'};
    const struct made_section sections[] = {
        {".dram0.data", 0x40801000, 0x30000, 0, 0, NULL},
        {".dram0.bootdesc", 0x40850000, sizeof bootloader, 0, 0, bootloader},
        {".flash.text", 0x42000020, 0x1000, 0, 0, NULL},
        {".flash.appdesc", 0x42020020, 256, 0, 0, descriptor(0)},
    };
    EG_CLEANUP(eg_image_files_finish) struct eg_image_files files = {0};
    struct eg_image_details details;
    struct eg_error err;

    assert_ok(BUILD(&files, chip("esp32c6"), sections, &(struct eg_image_options){0}, &err), err);
    assert_ok(eg_image_inspect(&details, NULL, files.file[0].data.data, files.file[0].data.size, &err), err);
    assert_int_equal(details.segments[0].addr, 0x42020020);
    assert_int_equal(details.segments[0].file_offset, 0x18);
    assert_int_equal(details.segments[1].addr, 0x40850000);
    assert_true(details.has_app);
    assert_true(details.has_bootloader);
    assert_int_equal(details.bootloader.version, 7);
    assert_string_equal(details.bootloader.idf_version, "v5.5");
    assert_string_equal(details.bootloader.date_time, "May");
}

static void the_page_size_is_the_descriptors_or_where_it_stands(void **state)
{
    (void)state;
    const struct {
        const char *chip, *option;
        uint32_t addr;
        uint8_t log2;
        uint32_t page_size;
        const char *warning;
    } rows[] = {
        {"esp32c6", NULL, 0x42000020, 0, 0x10000, ""},
        {"esp32c6", NULL, 0x42008020, 0, 0x8000, ""},
        {"esp32c6", NULL, 0x42002020, 0, 0x2000, ""},
        {"esp32c6", NULL, 0x42000020, 14, 0x4000, ""},
        {"esp32c6", "32KB", 0x42000020, 14, 0x8000, ""},
        {"esp32c6", NULL, 0x42000120, 0, 0x10000,
         ".flash.appdesc at 0x42000120 is on no MMU page of ESP32-C6; the page size is taken for 64KB"},
        {"esp32s31", NULL, 0x40040020, 0, 0x40000, ""},
        {"esp32c3", "32KB", 0x3c000020, 0, 0x10000, "the MMU page size of ESP32-C3 is always 64KB"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EG_CLEANUP(eg_image_files_finish) struct eg_image_files files = {0};
        const struct made_section section = {".flash.appdesc",        rows[i].addr, 256, 0, 0,
                                             descriptor(rows[i].log2)};
        const struct eg_image_options options = {.mmu_page_size = rows[i].option};
        struct eg_error err;
        print_message("row %zu\n", i);
        assert_ok(build(&files, chip(rows[i].chip), &section, 1, &options, &err), err);
        assert_int_equal(files.mmu_page_size, rows[i].page_size);
        assert_int_equal(files.warning_count, rows[i].warning[0] != '\0');
        assert_string_equal(files.warning[0], rows[i].warning);
    }
}

static void revisions_and_flash_settings_are_in_the_header(void **state)
{
    (void)state;
    const struct made_section section = {".iram", 0x40380000, 0x100, 0, 0, NULL};
    const struct eg_image_options options = {
        .flash_mode = "dout",
        .flash_freq = "20m",
        .flash_size = "16MB",
        .min_rev = 3,
        .min_rev_full = 101,
        .has_max_rev_full = true,
        .max_rev_full = 199,
        .no_digest = true,
    };
    EG_CLEANUP(eg_image_files_finish) struct eg_image_files files = {0};
    struct eg_image_details details;
    struct eg_error err;

    assert_ok(build(&files, chip("esp32c3"), &section, 1, &options, &err), err);
    assert_ok(eg_image_inspect(&details, NULL, files.file[0].data.data, files.file[0].data.size, &err), err);
    assert_string_equal(details.flash_mode_name, "dout");
    assert_string_equal(details.flash_freq_name, "20m");
    assert_string_equal(details.flash_size_name, "16MB");
    assert_int_equal(details.wp_pin, 0xee);
    assert_int_equal(details.min_rev, 3);
    assert_int_equal(details.min_rev_full, 101);
    assert_int_equal(details.max_rev_full, 199);
    assert_false(details.hash_appended);
    assert_int_equal(details.end, files.file[0].data.size);
}

static void secure_padding_ends_the_signed_image_on_a_page(void **state)
{
    (void)state;
    const struct made_section sections[] = {
        {".iram", 0x40080000, 0x1000, 0, 0, NULL},
        {".rodata", 0x3f400020, 0x20000, 0, 0, NULL},
    };
    struct eg_error err;

    for (int version = 1; version <= 2; version++) {
        EG_CLEANUP(eg_image_files_finish) struct eg_image_files files = {0};
        const struct eg_image_options options = {.secure_pad =
                                                     version == 1 ? EG_SECURE_PAD_V1 : EG_SECURE_PAD_V2};
        assert_ok(BUILD(&files, chip("esp32"), sections, &options, &err), err);
        /* Signing v1 appends a version, a signature and 12 bytes; v2 a sector after the padded page. */
        assert_int_equal((files.file[0].data.size + (version == 1 ? 4 + 64 + 12 : 0)) % 0x10000, 0);
    }
    EG_CLEANUP(eg_image_files_finish) struct eg_image_files files = {0};
    const struct made_section section = {".iram", 0x40380000, 0x100, 0, 0, NULL};
    assert_ok(build(&files, chip("esp32c3"), &section, 1,
                    &(struct eg_image_options){.secure_pad = EG_SECURE_PAD_V1}, &err),
              err);
    assert_int_equal(files.warning_count, 1);
    assert_string_equal(files.warning[0],
                        "padding for secure boot v1 is the ESP32's and left out on ESP32-C3");
}

static void the_elfs_sha256_is_put_where_it_was_asked_for(void **state)
{
    (void)state;
    uint8_t zeros[0x100] = {0};
    const struct made_section sections[] = {
        {".iram", 0x40380000, sizeof zeros, 0, 0, zeros},
        {".dram", 0x3fc80000, 0x100, 0, 0, NULL},
    };
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer elf = {0};
    EG_CLEANUP(eg_image_files_finish) struct eg_image_files files = {0};
    const struct eg_target *const esp32c3 = chip("esp32c3");
    uint8_t sha256[EG_SHA256_SIZE];
    struct eg_error err;

    make_elf(&elf, false, sections, 2);
    assert_ok(eg_sha256(sha256, elf.data, elf.size, &err), err);
    /* Sorted by address, .dram comes first: headers 0x18 to 0x20, data to 0x120, then 0x128 to 0x228. */
    struct eg_image_options options = {.elf_sha256_offset = 0x228 - 32};
    assert_ok(eg_image_build(&files, esp32c3, elf.data, elf.size, &options, &err), err);
    assert_memory_equal(files.file[0].data.data + 0x208, sha256, sizeof sha256);

    struct eg_image_files none = {0};
    options.elf_sha256_offset = 0x228 - 31;
    assert_error(eg_image_build(&none, esp32c3, elf.data, elf.size, &options, &err), err, EG_BAD_IMAGE,
                 "SHA-256 of the ELF file at offset 0x209 does not lie within .iram, which has offsets 0x128 "
                 "to 0x228");
    options.elf_sha256_offset = 0x122;
    assert_error(eg_image_build(&none, esp32c3, elf.data, elf.size, &options, &err), err, EG_BAD_IMAGE,
                 "SHA-256 of the ELF file at offset 0x122 does not lie within .iram, which has offsets 0x128 "
                 "to 0x228");
    options.elf_sha256_offset = 0x20;
    assert_error(eg_image_build(&none, esp32c3, elf.data, elf.size, &options, &err), err, EG_BAD_IMAGE,
                 "SHA-256 of the ELF file at offset 0x20 would replace data of .dram that are not zero");
    options.elf_sha256_offset = 0x1000;
    assert_error(eg_image_build(&none, esp32c3, elf.data, elf.size, &options, &err), err, EG_BAD_JOB,
                 "SHA-256 of the ELF file at offset 0x1000 lies in no segment of the image");
}

static void an_image_is_padded_with_ff_to_a_multiple(void **state)
{
    (void)state;
    const struct made_section section = {".iram", 0x40380000, 0x10, 0, 0, NULL};
    EG_CLEANUP(eg_image_files_finish) struct eg_image_files files = {0};
    struct eg_error err;

    assert_ok(
        build(&files, chip("esp32c3"), &section, 1, &(struct eg_image_options){.pad_to_size = "256KB"}, &err),
        err);
    assert_int_equal(files.file[0].data.size, 0x40000);
    assert_int_equal(files.file[0].data.data[0x3ffff], 0xff);
}

static void a_gap_of_exactly_a_segments_header_is_filled_with_one(void **state)
{
    (void)state;
    /* .rodata ends 16 bytes before a page: room for the header of .text and 8 more bytes. */
    const struct made_section sections[] = {
        {".rodata", 0x3c000020, 0xffd0, 0, 0, NULL},
        {".text", 0x42010000, 0x10, 0, 0, NULL},
    };
    EG_CLEANUP(eg_image_files_finish) struct eg_image_files files = {0};
    struct eg_image_details details;
    struct eg_error err;

    assert_ok(BUILD(&files, chip("esp32c3"), sections, &(struct eg_image_options){0}, &err), err);
    assert_ok(eg_image_inspect(&details, NULL, files.file[0].data.data, files.file[0].data.size, &err), err);
    assert_int_equal(details.segment_count, 3);
    assert_int_equal(details.segments[1].addr, 0);
    assert_int_equal(details.segments[1].size, 0);
    assert_int_equal(details.segments[2].file_offset, 0xfff8);
}

static void an_elf_file_for_the_other_instruction_set_is_refused(void **state)
{
    (void)state;
    const struct made_section section = {".iram", 0x40380000, 0x100, 0, 0, NULL};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer elf = {0};
    struct eg_image_files files = {0};
    const struct eg_image_options options = {0};
    struct eg_error err;

    make_elf(&elf, true, &section, 1);
    assert_error(eg_image_build(&files, chip("esp32c3"), elf.data, elf.size, &options, &err), err,
                 EG_BAD_IMAGE, "is an ELF file for Xtensa, while ESP32-C3 is RISC-V");
    make_elf(&elf, false, &section, 1);
    assert_error(eg_image_build(&files, chip("esp32s3"), elf.data, elf.size, &options, &err), err,
                 EG_BAD_IMAGE, "is an ELF file for RISC-V, while ESP32-S3 is Xtensa");
}

static void four_chips_are_xtensa_and_all_others_risc_v(void **state)
{
    (void)state;
    unsigned count = 0;

    for (const struct eg_target *const *target = eg_targets; *target != NULL; target++)
        count += (*target)->xtensa;
    assert_int_equal(count, 4);
    assert_true(chip("esp8266")->xtensa && chip("esp32")->xtensa && chip("esp32s2")->xtensa &&
                chip("esp32s3")->xtensa);
}

static void a_section_of_another_type_is_left_out_with_a_warning(void **state)
{
    (void)state;
    const struct made_section sections[] = {
        {".iram", 0x40380000, 0x100, 0, 0, NULL},
        {".note.build-id", 0x3fc80000, 0x24, MADE_NOTE, 0, NULL},
    };
    EG_CLEANUP(eg_image_files_finish) struct eg_image_files files = {0};
    struct eg_error err;

    assert_ok(BUILD(&files, chip("esp32c3"), sections, &(struct eg_image_options){0}, &err), err);
    assert_int_equal(files.warning_count, 1);
    assert_string_equal(files.warning[0],
                        "section .note.build-id is of a type that is not loaded and is left out");
    assert_int_equal(files.file[0].data.data[1], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_elf2image_of_the_reference_gives_the_same_bytes),
        cmocka_unit_test(every_chip_gets_back_what_its_elf_file_loads),
        cmocka_unit_test(the_three_versions_of_the_esp8266_hold_what_its_elf_file_loads),
        cmocka_unit_test(a_ram_only_header_shows_the_rom_nothing_but_ram),
        cmocka_unit_test(the_descriptors_stand_at_the_front),
        cmocka_unit_test(the_page_size_is_the_descriptors_or_where_it_stands),
        cmocka_unit_test(revisions_and_flash_settings_are_in_the_header),
        cmocka_unit_test(secure_padding_ends_the_signed_image_on_a_page),
        cmocka_unit_test(the_elfs_sha256_is_put_where_it_was_asked_for),
        cmocka_unit_test(an_image_is_padded_with_ff_to_a_multiple),
        cmocka_unit_test(a_gap_of_exactly_a_segments_header_is_filled_with_one),
        cmocka_unit_test(an_elf_file_for_the_other_instruction_set_is_refused),
        cmocka_unit_test(four_chips_are_xtensa_and_all_others_risc_v),
        cmocka_unit_test(a_section_of_another_type_is_left_out_with_a_warning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
