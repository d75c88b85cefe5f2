/* SPDX-License-Identifier: Apache-2.0 */

/* Little-endian words, hexadecimal text, growing buffers and lists, and allocation. */

#ifndef ENGINE_BASE_BYTES_H
#define ENGINE_BASE_BYTES_H

#include "engine/base/error.h"

#include <stddef.h>
#include <stdint.h>

static inline uint16_t eg_get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t eg_get32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline void eg_put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static inline void eg_put32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    at[2] = (uint8_t)(value >> 16);
    at[3] = (uint8_t)(value >> 24);
}

static inline uint32_t eg_div_up(uint32_t value, uint32_t by)
{
    return value / by + (value % by != 0);
}

/** Write `size` bytes as lower-case hex digits and a NUL; `text` has room for 2 * size + 1. */
void eg_hex(char *text, const uint8_t *data, size_t size);

/** Read hex digits. Returns false unless `text` is exactly 2 * size hex digits of either case. */
bool eg_hex_parse(uint8_t *data, size_t size, const char *text);

#define EG_JEDEC_TEXT 7

/** Write a flash id as datasheets do, "c84016": manufacturer, type, capacity. The lowest byte of `jedec` is
 * the first. */
void eg_jedec_text(char text[EG_JEDEC_TEXT], uint32_t jedec);

/** Bytes on the heap. Zero-initialise it; EG_CLEANUP(eg_buffer_finish) frees them. */
struct eg_buffer {
    uint8_t *data;
    size_t size;
    size_t room;
};

/** Append. After a failure the buffer is unchanged. */
enum eg_code eg_buffer_append(struct eg_buffer *buffer, const void *data, size_t size,
                              struct eg_error *err) EG_CHECKED;

/** Set the size. New bytes are set to `fill`. */
enum eg_code eg_buffer_resize(struct eg_buffer *buffer, size_t size, uint8_t fill,
                              struct eg_error *err) EG_CHECKED;

void eg_buffer_finish(struct eg_buffer *buffer);

/** Allocate zeroed memory like calloc(), but fail with a sentence. */
enum eg_code eg_alloc(void *out, size_t count, size_t size, struct eg_error *err) EG_CHECKED;

/**
 * Append an item of zeros to a list that only this function makes longer. The caller counts it.
 *
 * @param list   address of the pointer to the items; the pointer is NULL while there are none
 * @param count  items so far; the room is the power of two from there up
 */
enum eg_code eg_grow(void *list, size_t count, size_t size, struct eg_error *err) EG_CHECKED;

/** Copy a string like strdup(), but fail with a sentence. The caller frees `*out` with free(). */
enum eg_code eg_strdup(char **out, const char *text, struct eg_error *err) EG_CHECKED;

/** Free what the variable points to; for EG_CLEANUP on memory from malloc(). */
void eg_free_cleanup(void *variable);

#endif
