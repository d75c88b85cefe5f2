/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Compresses with libdeflate at its highest level. A plan is compressed once and sent to every board, so time
 * spent here is saved on each board.
 */

#include "engine/image/compress.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { DENSEST = 12 };

static void compressor_cleanup(struct libdeflate_compressor **compressor)
{
    if (*compressor != NULL)
        libdeflate_free_compressor(*compressor);
}

enum eg_code eg_compress(struct eg_buffer *out, const uint8_t *data, size_t size, struct eg_error *err)
{
    EG_CLEANUP(compressor_cleanup)
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(DENSEST);

    if (compressor == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "compressing %zu bytes", size);
    EG_TRY(eg_buffer_resize(out, libdeflate_zlib_compress_bound(compressor, size), 0, err));
    const size_t compressed = libdeflate_zlib_compress(compressor, data, size, out->data, out->size);
    if (compressed == 0)
        return eg_error_set(err, EG_INTERNAL, "%zu bytes of room are too few for %zu bytes compressed",
                            out->size, size);
    return eg_buffer_resize(out, compressed, 0, err);
}

static void inflater_cleanup(z_stream *stream)
{
    inflateEnd(stream);
}

/* Inflate one step of a stream. Z_BUF_ERROR: it needs more. */
static int inflate_step(z_stream *stream, const uint8_t *zlib, size_t size)
{
    uint8_t scratch[16384];
    int result;

    stream->next_in = (z_const Bytef *)zlib;
    stream->avail_in = (uInt)size;
    do {
        stream->next_out = scratch;
        stream->avail_out = sizeof scratch;
        result = inflate(stream, Z_NO_FLUSH);
    } while (result == Z_OK && (stream->avail_in > 0 || stream->avail_out == 0));
    return result;
}

enum eg_code eg_inflate_marks(uint32_t **marks, const uint8_t *zlib, size_t size, struct eg_error *err)
{
    EG_CLEANUP(inflater_cleanup) z_stream stream = {.next_in = NULL};
    EG_CLEANUP(eg_free_cleanup) uint32_t *made = NULL;
    const size_t count = (size + EG_INFLATE_STEP - 1) / EG_INFLATE_STEP;

    EG_TRY(eg_alloc(&made, count + 1, sizeof *made, err));
    if (inflateInit(&stream) != Z_OK)
        return eg_error_set(err, EG_NO_MEMORY, "an inflate stream");
    for (size_t i = 0; i < count; i++) {
        const size_t at = i * EG_INFLATE_STEP, left = size - at;
        const int result = inflate_step(&stream, zlib + at, left < EG_INFLATE_STEP ? left : EG_INFLATE_STEP);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return eg_error_set(err, EG_BAD_IMAGE, "the compressed data is damaged");
        made[i] = (uint32_t)stream.total_out;
    }
    *marks = made;
    made = NULL;
    return EG_OK;
}

bool eg_inflates_to(const uint8_t *zlib, size_t zlib_size, const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg_free_cleanup) uint8_t *plain = malloc(size + 1);
    struct libdeflate_decompressor *const inflater = libdeflate_alloc_decompressor();
    size_t used = 0, got = 0;

    const bool inflates = plain != NULL && inflater != NULL &&
                          libdeflate_zlib_decompress_ex(inflater, zlib, zlib_size, plain, size, &used,
                                                        &got) == LIBDEFLATE_SUCCESS;
    if (inflater != NULL)
        libdeflate_free_decompressor(inflater);
    return inflates && used == zlib_size && got == size && memcmp(plain, data, size) == 0;
}
