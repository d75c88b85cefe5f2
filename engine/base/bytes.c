/* SPDX-License-Identifier: Apache-2.0 */

/* Hexadecimal text, growing buffers and lists, and allocation that fails with a sentence. */

#include "engine/base/bytes.h"

#include <stdlib.h>
#include <string.h>

void eg_hex(char *text, const uint8_t *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[data[i] >> 4];
        text[2 * i + 1] = digits[data[i] & 15];
    }
    text[2 * size] = '\0';
}

static int nibble(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

bool eg_hex_parse(uint8_t *data, size_t size, const char *text)
{
    if (strlen(text) != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        const int high = nibble(text[2 * i]);
        const int low = nibble(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        data[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void eg_jedec_text(char text[EG_JEDEC_TEXT], uint32_t jedec)
{
    eg_hex(text, (const uint8_t[]){(uint8_t)jedec, (uint8_t)(jedec >> 8), (uint8_t)(jedec >> 16)}, 3);
}

static enum eg_code reserve(struct eg_buffer *buffer, size_t size, struct eg_error *err)
{
    if (size <= buffer->room)
        return EG_OK;
    size_t room = buffer->room < 256 ? 256 : buffer->room;
    while (room < size) {
        if (room > SIZE_MAX / 2)
            return eg_error_set(err, EG_NO_MEMORY, "%zu bytes asked for", size);
        room *= 2;
    }
    uint8_t *data = realloc(buffer->data, room);
    if (data == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%zu bytes asked for", room);
    buffer->data = data;
    buffer->room = room;
    return EG_OK;
}

enum eg_code eg_buffer_append(struct eg_buffer *buffer, const void *data, size_t size, struct eg_error *err)
{
    if (size == 0)
        return EG_OK;
    if (size > SIZE_MAX - buffer->size)
        return eg_error_set(err, EG_NO_MEMORY, "%zu bytes asked for", size);
    EG_TRY(reserve(buffer, buffer->size + size, err));
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    return EG_OK;
}

enum eg_code eg_buffer_resize(struct eg_buffer *buffer, size_t size, uint8_t fill, struct eg_error *err)
{
    EG_TRY(reserve(buffer, size, err));
    if (size > buffer->size)
        memset(buffer->data + buffer->size, fill, size - buffer->size);
    buffer->size = size;
    return EG_OK;
}

void eg_buffer_finish(struct eg_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct eg_buffer){0};
}

enum eg_code eg_alloc(void *out, size_t count, size_t size, struct eg_error *err)
{
    void *memory = calloc(count == 0 ? 1 : count, size);

    if (memory == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%zu times %zu bytes asked for", count, size);
    memcpy(out, &memory, sizeof memory);
    return EG_OK;
}

enum eg_code eg_grow(void *list, size_t count, size_t size, struct eg_error *err)
{
    const size_t room = count == 0 ? 1 : 2 * count;
    uint8_t *items;

    memcpy(&items, list, sizeof items);
    if ((count & (count - 1)) == 0) {
        items = count > SIZE_MAX / 2 / size ? NULL : realloc(items, room * size);
        if (items == NULL)
            return eg_error_set(err, EG_NO_MEMORY, "%zu times %zu bytes asked for", room, size);
        memcpy(list, &items, sizeof items);
    }
    memset(items + count * size, 0, size);
    return EG_OK;
}

enum eg_code eg_strdup(char **out, const char *text, struct eg_error *err)
{
    char *copy = strdup(text);

    if (copy == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%zu bytes asked for", strlen(text) + 1);
    *out = copy;
    return EG_OK;
}

void eg_free_cleanup(void *variable)
{
    void *memory;

    memcpy(&memory, variable, sizeof memory);
    free(memory);
}
