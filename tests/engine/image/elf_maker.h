/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Made-to-order ELF files: sections with any address, type and data, a program header for each; and images
 * built from them.
 */

#ifndef TESTS_ENGINE_IMAGE_ELF_MAKER_H
#define TESTS_ENGINE_IMAGE_ELF_MAKER_H

#include "engine/base/bytes.h"
#include "engine/image/build.h"
#include "tests/fakes/check.h"

#include <string.h>

enum { MADE_PROGBITS = 1, MADE_STRTAB = 3, MADE_NOTE = 7, MADE_NOBITS = 8 };

enum { MADE_EHDR = 52, MADE_PHDR = 32, MADE_SHDR = 40, MADE_SECTIONS_MAX = 24 };

struct made_section {
    const char *name;
    uint32_t addr;
    uint32_t size;
    uint32_t type;    /* 0 = MADE_PROGBITS */
    uint32_t align;   /* 0 = 4 */
    const void *data; /* NULL = bytes that depend on the address, none of them 0 */
};

#define MADE_ENTRY 0x40080400u

/** Return the byte at an address of a section without data. */
static inline uint8_t made_byte(uint32_t addr)
{
    return (uint8_t)(1 + (addr * 2654435761u >> 16) % 255);
}

static inline void made_put(struct eg_buffer *elf, const void *data, size_t size)
{
    struct eg_error err;

    assert_ok(eg_buffer_append(elf, data, size, &err), err);
}

static inline void made_put32(struct eg_buffer *elf, uint32_t value)
{
    uint8_t bytes[4];

    eg_put32(bytes, value);
    made_put(elf, bytes, sizeof bytes);
}

static inline void made_put_data(struct eg_buffer *elf, const struct made_section *section)
{
    for (uint32_t i = 0; i < section->size; i++) {
        const uint8_t byte =
            section->data != NULL ? ((const uint8_t *)section->data)[i] : made_byte(section->addr + i);
        made_put(elf, &byte, 1);
    }
    while (elf->size % 4 != 0)
        made_put(elf, "", 1);
}

static inline void made_put_section(struct eg_buffer *elf, uint32_t name, uint32_t type, uint32_t addr,
                                    uint32_t offset, uint32_t size, uint32_t align)
{
    const uint32_t words[] = {name, type, type == MADE_STRTAB ? 0 : 3, addr, offset, size, 0, 0, align, 0};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        made_put32(elf, words[i]);
}

/**
 * Replace the buffer's content with an ELF file: header, program headers, data, names, section headers, in
 * this order.
 */
static inline void make_elf(struct eg_buffer *elf, bool xtensa, const struct made_section *sections,
                            size_t count)
{
    static const uint8_t ident[16] = {0x7f, 'E', 'L', 'F', 1, 1, 1};
    uint32_t offset[MADE_SECTIONS_MAX], name[MADE_SECTIONS_MAX];
    uint8_t half[2];
    struct eg_error err;

    assert_true(count <= MADE_SECTIONS_MAX);
    elf->size = 0;
    assert_ok(eg_buffer_resize(elf, MADE_EHDR + count * MADE_PHDR, 0, &err), err);
    for (size_t i = 0; i < count; i++) {
        offset[i] = (uint32_t)elf->size;
        if (sections[i].type != MADE_NOBITS)
            made_put_data(elf, &sections[i]);
    }
    const uint32_t names = (uint32_t)elf->size;
    made_put(elf, "", 1);
    for (size_t i = 0; i < count; i++) {
        name[i] = (uint32_t)elf->size - names;
        made_put(elf, sections[i].name, strlen(sections[i].name) + 1);
    }
    const uint32_t names_size = (uint32_t)elf->size - names;
    while (elf->size % 4 != 0)
        made_put(elf, "", 1);
    const uint32_t headers = (uint32_t)elf->size;
    made_put_section(elf, 0, 0, 0, 0, 0, 0);
    for (size_t i = 0; i < count; i++)
        made_put_section(elf, name[i], sections[i].type != 0 ? sections[i].type : MADE_PROGBITS,
                         sections[i].addr, offset[i], sections[i].size,
                         sections[i].align != 0 ? sections[i].align : 4);
    made_put_section(elf, 0, MADE_STRTAB, 0, names, names_size, 1);

    uint8_t *const header = elf->data;
    memcpy(header, ident, sizeof ident);
    eg_put16(header + 16, 2); /* executable */
    eg_put16(header + 18, xtensa ? 94 : 243);
    eg_put32(header + 20, 1);
    eg_put32(header + 24, MADE_ENTRY);
    eg_put32(header + 28, MADE_EHDR);
    eg_put32(header + 32, headers);
    eg_put16(header + 40, MADE_EHDR);
    eg_put16(header + 42, MADE_PHDR);
    eg_put16(header + 44, (uint16_t)count);
    eg_put16(header + 46, MADE_SHDR);
    eg_put16(header + 48, (uint16_t)(count + 2));
    eg_put16(half, (uint16_t)(count + 1));
    memcpy(header + 50, half, sizeof half);
    for (size_t i = 0; i < count; i++) {
        uint8_t *const segment = header + MADE_EHDR + i * MADE_PHDR;
        eg_put32(segment, 1); /* LOAD */
        eg_put32(segment + 4, offset[i]);
        eg_put32(segment + 8, sections[i].addr);
        eg_put32(segment + 12, sections[i].addr);
        eg_put32(segment + 16, sections[i].type == MADE_NOBITS ? 0 : sections[i].size);
        eg_put32(segment + 20, sections[i].size);
    }
}

/** Return the offset of the header of section `index`, counted as in the call of make_elf(). */
static inline uint8_t *made_section_header(struct eg_buffer *elf, size_t index)
{
    return elf->data + eg_get32(elf->data + 32) + (index + 1) * MADE_SHDR;
}

static inline const struct eg_target *chip(const char *name)
{
    const struct eg_target *target = eg_target_by_name(name);

    assert_non_null(target);
    return target;
}

/* Build an image from sections; `files` is for eg_image_files_finish(). */
static inline enum eg_code build(struct eg_image_files *files, const struct eg_target *target,
                                 const struct made_section *sections, size_t count,
                                 const struct eg_image_options *options, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer elf = {0};

    make_elf(&elf, target->xtensa, sections, count);
    return eg_image_build(files, target, elf.data, elf.size, options, err);
}

#define BUILD(files, target, sections, options, err)                                                         \
    build(files, target, sections, sizeof(sections) / sizeof *(sections), options, err)

/** A small program for the ESP8266: RAM data, code, and a part in flash. */
static const struct made_section esp8266_sections[4] = {
    {".data", 0x3ffe8000, 0x555, 0, 16, NULL},
    {".rodata", 0x3ffe8558, 0x321, 0, 8, NULL},
    {".text", 0x40100000, 0x1003, 0, 0, NULL},
    {".irom0.text", 0x40210010, 0x2009, 0, 16, NULL},
};

#endif
