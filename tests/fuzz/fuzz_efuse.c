/* SPDX-License-Identifier: Apache-2.0 */

/*
 * eFuses: whatever is in them, every field can be read and printed, and what burns well is there afterwards.
 *
 * The input: chip, field, a number of four bytes, then the virtual memory, or what of it does not begin with
 * 0.
 */

#include "engine/base/bytes.h"
#include "engine/efuse/plan.h"
#include "engine/efuse/virt.h"
#include "targets/target.h"
#include "tests/fuzz/file.h"

#include <string.h>

#define HEAD 6

/* Open a virtual memory with this content; false if the chip has no eFuses. */
static bool open_memory(struct eg_efuse_virt *virt, uint8_t chip, const uint8_t *data, size_t size)
{
    unsigned count = 0;
    struct eg_error err;

    while (eg_targets[count] != NULL)
        count++;
    if (eg_efuse_virt_open(virt, eg_targets[chip % count], fuzz_file("efuse.bin", data, size), &err) != EG_OK)
        return false;
    memcpy(virt->space, data, size < sizeof virt->space ? size : sizeof virt->space);
    return true;
}

static void read_all(const struct eg_efuses *fuses)
{
    for (const struct eg_efuse_field *field = fuses->fields; field->name != NULL; field++) {
        struct eg_efuse_value value;
        uint8_t stored, computed;

        HOLDS(!eg_efuse_has(fuses, field) || eg_efuse_find(fuses, field->name) != NULL);
        eg_efuse_value(fuses, field, &value);
        HOLDS(memchr(value.text, '\0', sizeof value.text) != NULL);
        HOLDS(memchr(value.raw, '\0', sizeof value.raw) != NULL);
        if (field->kind == EG_AS_MAC)
            eg_efuse_mac_is_right(fuses, field, &stored, &computed);
    }
    for (unsigned block = 0; block < fuses->block_count; block++) {
        char purpose[64];

        eg_efuse_purpose_text(fuses, eg_efuse_block_purpose(fuses, block), purpose);
    }
}

/* Return whether every bit that is wanted is set. */
static bool is_burnt(const struct eg_efuses *fuses, const struct eg_efuse_field *field, uint32_t number)
{
    uint8_t bits[EG_EFUSE_BYTES_MAX + 4] = {0};

    eg_efuse_bits(fuses, field, bits);
    return (eg_get32(bits) & number) == number;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg_efuse_finish) struct eg_efuses fuses = {0};
    EG_CLEANUP(eg_efuse_plan_finish) struct eg_efuse_plan plan = {0};
    struct eg_efuse_virt virt;
    struct eg_error err;
    unsigned count = 0;

    if (size < HEAD || !open_memory(&virt, data[0], data + HEAD, size - HEAD))
        return 0;
    const struct eg_efuse_io io = eg_efuse_virt_io(&virt);
    if (eg_efuse_open(&fuses, virt.target, &io, virt.revision, virt.crystal_mhz, &err) != EG_OK)
        return 0;
    read_all(&fuses);

    while (fuses.fields[count].name != NULL)
        count++;
    const struct eg_efuse_field *const field = &fuses.fields[data[1] % count];
    const uint32_t number = eg_get32(data + 2);
    HOLDS(eg_efuse_plan_init(&plan, &fuses, &err) == EG_OK);
    if (!eg_efuse_has(&fuses, field) || field->bits > 32 ||
        eg_efuse_want_number(&plan, field, number, &err) != EG_OK || eg_efuse_decide(&plan, &err) != EG_OK ||
        eg_efuse_burn(&plan, &err) != EG_OK || plan.end != EG_EFUSE_OPEN)
        return 0;
    HOLDS(eg_efuse_read(&fuses, &err) == EG_OK);
    HOLDS(!eg_efuse_readable(&fuses, field->rd) || is_burnt(&fuses, field, number));
    read_all(&fuses);
    return 0;
}
