/* SPDX-License-Identifier: Apache-2.0 */

/* Recognise files that are mistaken for firmware, such as failed downloads and exports. */

#include "engine/guard/guard_internal.h"

#include "engine/image/kind.h"

#include <string.h>
#include <strings.h>

enum { TEXT_MAX = 64 << 10 };

static size_t skip_space(const uint8_t *data, uint64_t size)
{
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf}; /* byte order mark before UTF-8 */
    size_t at = size >= sizeof mark && memcmp(data, mark, sizeof mark) == 0 ? sizeof mark : 0;

    while (at < size && strchr(" \t\r\n", data[at]) != NULL && data[at] != '\0')
        at++;
    return at;
}

static bool begins(const uint8_t *data, uint64_t size, const char *text)
{
    const size_t at = skip_space(data, size);

    return size - at >= strlen(text) && strncasecmp((const char *)data + at, text, strlen(text)) == 0;
}

bool eg__guard_is_web_page(const uint8_t *data, uint64_t size)
{
    return begins(data, size, "<!doctype html") || begins(data, size, "<html");
}

bool eg__guard_is_lfs_pointer(const uint8_t *data, uint64_t size)
{
    return begins(data, size, "version https://git-lfs.github.com/spec/");
}

static bool is_text(const uint8_t *data, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++)
        if (data[i] < ' ' && (data[i] == '\0' || strchr("\t\r\n\f", data[i]) == NULL))
            return false;
    return size > 0 && data[0] < 0xf8;
}

bool eg__guard_is_csv_table(const uint8_t *data, uint64_t size)
{
    const struct eg_partitions_place place = {0};
    struct eg_partitions table;
    struct eg_error ignored;

    return size <= TEXT_MAX && is_text(data, size) &&
           eg_partitions_parse_csv(&table, (const char *)data, size, &place, &ignored) == EG_OK;
}

const char *eg_guard_kind(const uint8_t *data, uint64_t size)
{
    const enum eg_file_kind kind = eg_file_kind(data, size);

    if (kind != EG_FILE_OTHER && kind != EG_FILE_IMAGE)
        return eg_file_kind_text(kind);
    if (eg__guard_is_web_page(data, size))
        return "a web page";
    if (eg__guard_is_lfs_pointer(data, size))
        return "a Git LFS pointer";
    if (eg__guard_is_csv_table(data, size))
        return "a partition table as CSV";
    return size <= TEXT_MAX && is_text(data, size) ? "text" : NULL;
}
