/* SPDX-License-Identifier: Apache-2.0 */

/* Looking up targets and the codes of their image headers. */

#include "targets/target.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

const struct eg_header_code eg_flash_sizes[] = {
    {"1MB", 0x00},  {"2MB", 0x10},  {"4MB", 0x20},   {"8MB", 0x30}, {"16MB", 0x40},
    {"32MB", 0x50}, {"64MB", 0x60}, {"128MB", 0x70}, {0},
};

static bool same_name(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a == '-')
            a++;
        while (*b == '-')
            b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (*a == '\0')
            return true;
    }
}

const struct eg_target *eg_target_by_name(const char *name)
{
    for (size_t i = 0; eg_targets[i] != NULL; i++)
        if (same_name(eg_targets[i]->name, name))
            return eg_targets[i];
    return NULL;
}

const struct eg_target *eg_target_by_image_id(int image_chip_id)
{
    if (image_chip_id < 0)
        return NULL;
    for (size_t i = 0; eg_targets[i] != NULL; i++)
        if (eg_targets[i]->image_chip_id == image_chip_id)
            return eg_targets[i];
    return NULL;
}

void eg_target_names(char *text, size_t size)
{
    size_t used = 0;

    if (size > 0)
        text[0] = '\0';
    for (size_t i = 0; eg_targets[i] != NULL && used < size; i++) {
        const int length = snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", eg_targets[i]->name);
        used += length > 0 ? (size_t)length : 0;
    }
}

int eg_header_code(const struct eg_header_code *codes, const char *name)
{
    for (; codes->name != NULL; codes++)
        if (strcmp(codes->name, name) == 0)
            return codes->code;
    return -1;
}

const char *eg_target_key_purpose(const struct eg_target *target, uint32_t purpose)
{
    const struct eg_numbered *row = target->key_purposes;

    while (row != NULL && row->name != NULL && row->number != purpose)
        row++;
    return row != NULL ? row->name : NULL;
}

const char *eg_target_stub(const struct eg_target *target, uint16_t revision)
{
    return revision >= target->stub_from ? target->stub : target->stub_before;
}
