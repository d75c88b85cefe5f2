/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/elf.h"

#include "tests/engine/image/elf_maker.h"

static const struct made_section sections[] = {
    {".text", 0x40380000, 0x101, 0, 8, NULL},
    {".comment", 0, 0x10, 0, 0, NULL},
    {".bss", 0x3fc80000, 0x100, MADE_NOBITS, 0, NULL},
    {".with.a.name.that.is.longer.than.anybody.would.want.it", 0x3fc81000, 4, 0, 0, NULL},
};

enum { COUNT = sizeof sections / sizeof *sections };

static void sections_and_program_headers_with_address_and_data_are_read(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    EG_CLEANUP(eg_elf_finish) struct eg_elf elf = {0};
    struct eg_error err;

    make_elf(&file, false, sections, COUNT);
    assert_ok(eg_elf_parse(&elf, file.data, file.size, &err), err);
    assert_int_equal(elf.entry, MADE_ENTRY);
    assert_false(elf.xtensa);
    assert_string_equal(elf.odd_section, "");
    assert_int_equal(elf.section_count, 2);
    assert_string_equal(elf.sections[0].name, ".text");
    assert_int_equal(elf.sections[0].addr, 0x40380000);
    assert_int_equal(elf.sections[0].size, 0x101);
    assert_int_equal(elf.sections[0].align, 8);
    assert_int_equal(elf.sections[0].data[0x100], made_byte(0x40380100));
    assert_string_equal(elf.sections[1].name, ".with.a.name.that.is.longer.than.anybody.would.");
    assert_int_equal(elf.segment_count, 2);
    assert_string_equal(elf.segments[1].name, "");
    assert_int_equal(elf.segments[1].addr, 0x3fc81000);
    assert_int_equal(elf.segments[1].size, 4);
}

/* One change to a correct file, and the resulting sentence. */
struct change {
    size_t at;
    uint32_t value;
    unsigned size; /* of the value, 1, 2 or 4 bytes */
    const char *text;
};

static void assert_refused(const struct eg_buffer *good, size_t size, const struct change *change)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer bad = {0};
    EG_CLEANUP(eg_elf_finish) struct eg_elf elf = {0};
    uint8_t value[4];
    struct eg_error err;

    print_message("%s\n", change->text);
    eg_put32(value, change->value);
    made_put(&bad, good->data, size);
    memcpy(bad.data + change->at, value, change->size);
    assert_error(eg_elf_parse(&elf, bad.data, bad.size, &err), err, EG_BAD_IMAGE, change->text);
}

static void mistakes_in_an_elf_file_are_named(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    make_elf(&file, false, sections, COUNT);
    const size_t text = (size_t)(made_section_header(&file, 0) - file.data);
    const size_t names = (size_t)(made_section_header(&file, COUNT) - file.data);
    const struct change rows[] = {
        {1, 'e', 1, "is no ELF file: it does not begin with 7f 45 4c 46"},
        {4, 2, 1, "class at offset 0x4 of the ELF header is 2, not 1 (32 bits)"},
        {5, 2, 1, "byte order at offset 0x5 of the ELF header is 2, not 1 (little-endian)"},
        {18, 62, 2,
         "machine at offset 0x12 of the ELF header is 0x3e, neither Xtensa (0x5e) nor RISC-V (0xf3)"},
        {32, 0x10000, 4, "6 section headers at offset 0x10000 lie beyond the end at 0x308"},
        {46, 64, 2, "section headers have 64 bytes each, not 40"},
        {48, 60000, 2, "60000 section headers at offset 0x218 lie beyond the end at 0x308"},
        {50, 77, 2, "there is no string table with the names of the sections"},
        {28, 0x10000, 4, "4 program headers at offset 0x10000 lie beyond the end at 0x308"},
        {42, 56, 2, "program headers have 56 bytes each, not 32"},
        {text, 0x1000, 4, "name of section 1 is not in the string table of 76 bytes"},
        {text + 16, 0x208, 4, ".text at offset 0x208 has 257 bytes, beyond the end at 0x308"},
        {text + 20, 0xffffffff, 4, ".text at offset 0xb4 has 4294967295 bytes, beyond the end at 0x308"},
        {text + 12, 0xffffff00, 4, ".text of 257 bytes at 0xffffff00 runs out of the address space"},
        {names + 20, 0x1000, 4, "string table at offset 0x1cc has 4096 bytes, beyond the end at 0x308"},
        {MADE_EHDR + 16, 0x1000, 4, "program header at offset 0xb4 has 4096 bytes, beyond the end at 0x308"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_refused(&file, file.size, &rows[i]);
    assert_refused(&file, 51, &(struct change){0, 0x7f, 1, "51 bytes are too few for an ELF header of 52"});
    assert_refused(&file, 3,
                   &(struct change){0, 0x7f, 1, "is no ELF file: it does not begin with 7f 45 4c 46"});
    assert_refused(
        &file, file.size - 1,
        &(struct change){0, 0x7f, 1, "6 section headers at offset 0x218 lie beyond the end at 0x307"});
}

static void sections_that_share_their_bytes_cannot_make_a_small_file_large(void **state)
{
    (void)state;
    struct made_section many[20];
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    EG_CLEANUP(eg_elf_finish) struct eg_elf elf = {0};
    struct eg_error err;

    for (size_t i = 0; i < 20; i++)
        many[i] = (struct made_section){".s", (uint32_t)(0x40380000 + i * 0x10000), 4, 0, 0, NULL};
    many[0].size = 0x1000;
    make_elf(&file, false, many, 20);
    const uint32_t offset = eg_get32(made_section_header(&file, 0) + 16);
    for (size_t i = 1; i < 20; i++) {
        eg_put32(made_section_header(&file, i) + 16, offset);
        eg_put32(made_section_header(&file, i) + 20, 0x1000);
    }
    assert_error(eg_elf_parse(&elf, file.data, file.size, &err), err, EG_BAD_IMAGE,
                 ".s at offset 0x2b4 shares its bytes with others in the file");
}

static void a_name_that_is_not_printable_is_shown_with_question_marks(void **state)
{
    (void)state;
    const struct made_section section = {"\x1b[31m\xff", 0x40380000, 4, 0, 0, NULL};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    EG_CLEANUP(eg_elf_finish) struct eg_elf elf = {0};
    struct eg_error err;

    make_elf(&file, true, &section, 1);
    assert_ok(eg_elf_parse(&elf, file.data, file.size, &err), err);
    assert_true(elf.xtensa);
    assert_string_equal(elf.sections[0].name, "?[31m?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_and_program_headers_with_address_and_data_are_read),
        cmocka_unit_test(mistakes_in_an_elf_file_are_named),
        cmocka_unit_test(sections_that_share_their_bytes_cannot_make_a_small_file_large),
        cmocka_unit_test(a_name_that_is_not_printable_is_shown_with_question_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
