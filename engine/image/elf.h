/* SPDX-License-Identifier: Apache-2.0 */

/* The parts of an ELF file that are loaded into memory. */

#ifndef ENGINE_IMAGE_ELF_H
#define ENGINE_IMAGE_ELF_H

#include "engine/base/digest.h"
#include "engine/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EG_ELF_NAME_SIZE 48

/** A section with data and an address, or a program header of type LOAD with data and a physical address. */
struct eg_elf_part {
    char
        name[EG_ELF_NAME_SIZE]; /* name of the section, printable, cut if too long; "" for a program header */
    uint32_t addr;
    uint32_t align;      /* as in the file; 0 and 1 = no alignment */
    const uint8_t *data; /* points into the parsed bytes */
    uint32_t size;       /* at least 1 */
};

/** Zero-initialise it; EG_CLEANUP(eg_elf_finish) frees it. Points into the parsed bytes. */
struct eg_elf {
    uint32_t entry;
    bool xtensa;                  /* machine; false = RISC-V */
    struct eg_elf_part *sections; /* in file order */
    size_t section_count;
    struct eg_elf_part *segments; /* in file order */
    size_t segment_count;
    char odd_section[EG_ELF_NAME_SIZE]; /* a section with an address and data but of a type that is not
                                           loaded; "" = none */
    uint8_t sha256[EG_SHA256_SIZE];     /* of the whole file */
};

/** Return whether the bytes begin like an ELF file. */
bool eg_elf_is(const uint8_t *data, size_t size);

/**
 * Read the headers of a little-endian 32-bit ELF file for Xtensa or RISC-V.
 *
 * Every part lies within the data, and the sizes of all sections, or of all segments, add up to no more than
 * the file.
 *
 * @return EG_OK; EG_BAD_IMAGE with the error and its offset; EG_NO_MEMORY. Callable from any thread.
 */
enum eg_code eg_elf_parse(struct eg_elf *elf, const uint8_t *data, size_t size,
                          struct eg_error *err) EG_CHECKED;

void eg_elf_finish(struct eg_elf *elf);

#endif
