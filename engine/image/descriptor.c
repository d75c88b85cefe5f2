/* SPDX-License-Identifier: Apache-2.0 */

/* Layouts: esp_app_desc_t and esp_bootloader_desc_t of ESP-IDF. */

#include "engine/image/descriptor.h"

#include "engine/base/bytes.h"
#include "engine/base/text.h"

#include <string.h>

#define APP_MAGIC        UINT32_C(0xabcd5432)
#define BOOTLOADER_MAGIC 0x50

/* Copy up to `size` bytes or to the first NUL; `text` has room for one more byte. */
static void copy_text(char *text, const uint8_t *data, size_t size)
{
    size_t i = 0;

    while (i < size && data[i] != '\0') {
        const size_t length = eg_utf8_length((const char *)data + i, size - i);
        if (length == 0 || eg_utf8_is_control((const char *)data + i, length)) {
            text[i++] = '?';
            continue;
        }
        memcpy(text + i, data + i, length);
        i += length;
    }
    text[i] = '\0';
}

bool eg_app_descriptor_read(struct eg_app_descriptor *descriptor, const uint8_t *data, size_t size)
{
    if (size < EG_APP_DESCRIPTOR_SIZE || eg_get32(data) != APP_MAGIC)
        return false;
    const uint8_t page_log2 = data[180];
    descriptor->secure_version = eg_get32(data + 4);
    copy_text(descriptor->version, data + 16, 32);
    copy_text(descriptor->project, data + 48, 32);
    copy_text(descriptor->time, data + 80, 16);
    copy_text(descriptor->date, data + 96, 16);
    copy_text(descriptor->idf_version, data + 112, 32);
    memcpy(descriptor->elf_sha256, data + 144, sizeof descriptor->elf_sha256);
    descriptor->min_efuse_block_rev = eg_get16(data + 176);
    descriptor->max_efuse_block_rev = eg_get16(data + 178);
    descriptor->mmu_page_size = page_log2 > 0 && page_log2 < 32 ? UINT32_C(1) << page_log2 : 0;
    return true;
}

bool eg_bootloader_descriptor_read(struct eg_bootloader_descriptor *descriptor, const uint8_t *data,
                                   size_t size)
{
    struct eg_bootloader_descriptor found;

    if (size < EG_BOOTLOADER_DESCRIPTOR_SIZE || data[0] != BOOTLOADER_MAGIC)
        return false;
    found.version = eg_get32(data + 4);
    copy_text(found.idf_version, data + 8, 32);
    copy_text(found.date_time, data + 40, 24);
    /* A magic of one byte proves little: data without these texts are not a descriptor. */
    if (found.idf_version[0] == '\0' || strchr(found.idf_version, '?') != NULL ||
        found.date_time[0] == '\0' || strchr(found.date_time, '?') != NULL)
        return false;
    *descriptor = found;
    return true;
}
