/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Reads ELF files, for building images.
 *
 * libelf reads the headers. Data and names are then taken from the bytes themselves, after checking each
 * position against the size, so that libelf never converts or decompresses anything.
 *
 * Not here: which parts become which segments (segments.c), symbols and debug information.
 */

#include "engine/image/elf.h"

#include "engine/base/bytes.h"

#include <gelf.h>
#include <libelf.h>

#include <stdlib.h>
#include <string.h>

enum {
    HEADER_SIZE = 52,
    SECTION_HEADER_SIZE = 40,
    PROGRAM_HEADER_SIZE = 32,
    XTENSA = 94,
    RISCV = 243,
};

struct file {
    const uint8_t *data;
    size_t size;
    Elf *handle;
    const uint8_t *names; /* string table of section names */
    size_t names_size;
};

static void handle_cleanup(Elf **handle)
{
    if (*handle != NULL)
        elf_end(*handle);
}

bool eg_elf_is(const uint8_t *data, size_t size)
{
    return size >= SELFMAG && memcmp(data, ELFMAG, SELFMAG) == 0;
}

static enum eg_code check_ident(const uint8_t *data, size_t size, struct eg_error *err)
{
    if (!eg_elf_is(data, size))
        return eg_error_set(err, EG_BAD_IMAGE, "is no ELF file: it does not begin with 7f 45 4c 46");
    if (size < HEADER_SIZE)
        return eg_error_set(err, EG_BAD_IMAGE, "%zu bytes are too few for an ELF header of %d", size,
                            HEADER_SIZE);
    if (data[EI_CLASS] != ELFCLASS32)
        return eg_error_set(err, EG_BAD_IMAGE,
                            "class at offset 0x%x of the ELF header is %u, not 1 (32 bits)", EI_CLASS,
                            data[EI_CLASS]);
    if (data[EI_DATA] != ELFDATA2LSB)
        return eg_error_set(err, EG_BAD_IMAGE,
                            "byte order at offset 0x%x of the ELF header is %u, not 1 (little-endian)",
                            EI_DATA, data[EI_DATA]);
    return EG_OK;
}

static bool within(const struct file *file, uint64_t offset, uint64_t size)
{
    return offset <= file->size && size <= file->size - offset;
}

/* libelf treats a table that does not lie within the file as absent. */
static enum eg_code check_tables(const struct file *file, const GElf_Ehdr *header, struct eg_error *err)
{
    if (header->e_shoff != 0 && header->e_shentsize != SECTION_HEADER_SIZE)
        return eg_error_set(err, EG_BAD_IMAGE, "section headers have %u bytes each, not %d",
                            header->e_shentsize, SECTION_HEADER_SIZE);
    if (!within(file, header->e_shoff, (uint64_t)header->e_shnum * SECTION_HEADER_SIZE))
        return eg_error_set(err, EG_BAD_IMAGE,
                            "%u section headers at offset 0x%llx lie beyond the end at 0x%zx",
                            header->e_shnum, (unsigned long long)header->e_shoff, file->size);
    if (header->e_phnum != 0 && header->e_phentsize != PROGRAM_HEADER_SIZE)
        return eg_error_set(err, EG_BAD_IMAGE, "program headers have %u bytes each, not %d",
                            header->e_phentsize, PROGRAM_HEADER_SIZE);
    if (!within(file, header->e_phoff, (uint64_t)header->e_phnum * PROGRAM_HEADER_SIZE))
        return eg_error_set(err, EG_BAD_IMAGE,
                            "%u program headers at offset 0x%llx lie beyond the end at 0x%zx",
                            header->e_phnum, (unsigned long long)header->e_phoff, file->size);
    return EG_OK;
}

static enum eg_code find_names(struct file *file, struct eg_error *err)
{
    size_t index;
    GElf_Shdr section;

    if (elf_getshdrstrndx(file->handle, &index) != 0 ||
        gelf_getshdr(elf_getscn(file->handle, index), &section) == NULL)
        return eg_error_set(err, EG_BAD_IMAGE, "there is no string table with the names of the sections");
    if (!within(file, section.sh_offset, section.sh_size))
        return eg_error_set(
            err, EG_BAD_IMAGE, "string table at offset 0x%llx has %llu bytes, beyond the end at 0x%zx",
            (unsigned long long)section.sh_offset, (unsigned long long)section.sh_size, file->size);
    file->names = file->data + section.sh_offset;
    file->names_size = section.sh_size;
    return EG_OK;
}

static enum eg_code copy_name(char name[EG_ELF_NAME_SIZE], const struct file *file, size_t index, uint32_t at,
                              struct eg_error *err)
{
    if (at >= file->names_size || memchr(file->names + at, '\0', file->names_size - at) == NULL)
        return eg_error_set(err, EG_BAD_IMAGE, "name of section %zu is not in the string table of %zu bytes",
                            index, file->names_size);
    const char *const text = (const char *)file->names + at;
    size_t length = strlen(text);
    if (length >= EG_ELF_NAME_SIZE)
        length = EG_ELF_NAME_SIZE - 1;
    for (size_t i = 0; i < length; i++)
        name[i] = (char)(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?');
    name[length] = '\0';
    return EG_OK;
}

/* `part` has its name; `*sum` is the size of the parts so far. */
static enum eg_code fill_part(struct eg_elf_part *part, const struct file *file, uint64_t addr,
                              uint64_t offset, uint64_t size, uint64_t align, uint64_t *sum,
                              struct eg_error *err)
{
    const char *const name = part->name[0] != '\0' ? part->name : "program header";

    if (!within(file, offset, size))
        return eg_error_set(err, EG_BAD_IMAGE, "%s at offset 0x%llx has %llu bytes, beyond the end at 0x%zx",
                            name, (unsigned long long)offset, (unsigned long long)size, file->size);
    if (addr + size > UINT64_C(1) << 32)
        return eg_error_set(err, EG_BAD_IMAGE, "%s of %llu bytes at 0x%08llx runs out of the address space",
                            name, (unsigned long long)size, (unsigned long long)addr);
    *sum += size;
    if (*sum > file->size)
        return eg_error_set(err, EG_BAD_IMAGE, "%s at offset 0x%llx shares its bytes with others in the file",
                            name, (unsigned long long)offset);
    part->addr = (uint32_t)addr;
    part->align = (uint32_t)align;
    part->data = file->data + offset;
    part->size = (uint32_t)size;
    return EG_OK;
}

/* Section types that linkers use for data that is loaded. */
static bool is_loaded_type(uint32_t type)
{
    return type == SHT_PROGBITS || type == SHT_INIT_ARRAY || type == SHT_FINI_ARRAY ||
           type == SHT_PREINIT_ARRAY;
}

static enum eg_code read_sections(struct eg_elf *elf, struct file *file, struct eg_error *err)
{
    uint64_t sum = 0;
    size_t count;
    Elf_Scn *section = NULL;
    GElf_Shdr header;

    if (elf_getshdrnum(file->handle, &count) != 0)
        return eg_error_set(err, EG_BAD_IMAGE, "the section headers cannot be read: %s", elf_errmsg(-1));
    if (count == 0)
        return EG_OK;
    if (count > file->size / SECTION_HEADER_SIZE)
        return eg_error_set(err, EG_BAD_IMAGE, "%zu section headers are more than %zu bytes can hold", count,
                            file->size);
    EG_TRY(find_names(file, err));
    EG_TRY(eg_alloc(&elf->sections, count, sizeof *elf->sections, err));
    while ((section = elf_nextscn(file->handle, section)) != NULL) {
        struct eg_elf_part *const part = &elf->sections[elf->section_count];
        if (gelf_getshdr(section, &header) == NULL || elf->section_count == count)
            return eg_error_set(err, EG_BAD_IMAGE, "the header of section %zu cannot be read",
                                elf_ndxscn(section));
        if (header.sh_addr == 0 || header.sh_size == 0 || header.sh_type == SHT_NOBITS ||
            header.sh_type == SHT_STRTAB)
            continue;
        EG_TRY(copy_name(part->name, file, elf_ndxscn(section), header.sh_name, err));
        if (!is_loaded_type(header.sh_type)) {
            memcpy(elf->odd_section, part->name, sizeof elf->odd_section);
            continue;
        }
        EG_TRY(fill_part(part, file, header.sh_addr, header.sh_offset, header.sh_size, header.sh_addralign,
                         &sum, err));
        elf->section_count++;
    }
    return EG_OK;
}

static enum eg_code read_segments(struct eg_elf *elf, const struct file *file, struct eg_error *err)
{
    uint64_t sum = 0;
    size_t count;
    GElf_Phdr header;

    if (elf_getphdrnum(file->handle, &count) != 0)
        return eg_error_set(err, EG_BAD_IMAGE, "the program headers cannot be read: %s", elf_errmsg(-1));
    if (count == 0)
        return EG_OK;
    if (count > file->size / PROGRAM_HEADER_SIZE)
        return eg_error_set(err, EG_BAD_IMAGE, "%zu program headers are more than %zu bytes can hold", count,
                            file->size);
    EG_TRY(eg_alloc(&elf->segments, count, sizeof *elf->segments, err));
    for (size_t i = 0; i < count; i++) {
        if (gelf_getphdr(file->handle, (int)i, &header) == NULL)
            return eg_error_set(err, EG_BAD_IMAGE, "program header %zu cannot be read", i);
        if (header.p_type != PT_LOAD || header.p_paddr == 0 || header.p_filesz == 0)
            continue;
        EG_TRY(fill_part(&elf->segments[elf->segment_count], file, header.p_paddr, header.p_offset,
                         header.p_filesz, header.p_align, &sum, err));
        elf->segment_count++;
    }
    return EG_OK;
}

enum eg_code eg_elf_parse(struct eg_elf *elf, const uint8_t *data, size_t size, struct eg_error *err)
{
    EG_CLEANUP(eg_elf_finish) struct eg_elf found = {0};
    EG_CLEANUP(handle_cleanup) Elf *handle = NULL;
    GElf_Ehdr header;

    EG_TRY(check_ident(data, size, err));
    if (elf_version(EV_CURRENT) == EV_NONE)
        return eg_error_set(err, EG_INTERNAL, "libelf is older than its headers");
    /* It only reads, although its argument is not const. */
    handle = elf_memory((char *)data, size);
    if (handle == NULL || gelf_getehdr(handle, &header) == NULL)
        return eg_error_set(err, EG_BAD_IMAGE, "the ELF header cannot be read: %s", elf_errmsg(-1));
    if (header.e_machine != XTENSA && header.e_machine != RISCV)
        return eg_error_set(err, EG_BAD_IMAGE,
                            "machine at offset 0x12 of the ELF header is 0x%x, neither Xtensa (0x%x) nor "
                            "RISC-V (0x%x)",
                            header.e_machine, XTENSA, RISCV);
    struct file file = {.data = data, .size = size, .handle = handle};
    EG_TRY(check_tables(&file, &header, err));
    found.entry = (uint32_t)header.e_entry;
    found.xtensa = header.e_machine == XTENSA;
    EG_TRY(read_sections(&found, &file, err));
    EG_TRY(read_segments(&found, &file, err));
    EG_TRY(eg_sha256(found.sha256, data, size, err));
    *elf = found;
    found = (struct eg_elf){0};
    return EG_OK;
}

void eg_elf_finish(struct eg_elf *elf)
{
    free(elf->sections);
    free(elf->segments);
    *elf = (struct eg_elf){0};
}
