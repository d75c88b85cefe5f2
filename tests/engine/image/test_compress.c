/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/compress.h"

#include "engine/base/file.h"
#include "tests/fakes/check.h"

#include <stdlib.h>
#include <zlib.h>

static void assert_inflates_to(const struct eg_buffer *zlib, const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg_free_cleanup) uint8_t *back = malloc(size + 1);
    uLongf back_size = size + 1;

    assert_non_null(back);
    assert_int_equal(uncompress(back, &back_size, zlib->data, zlib->size), Z_OK);
    assert_int_equal(back_size, size);
    assert_memory_equal(back, data, size);
}

static void zlib_unpacks_what_was_compressed(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer zlib = {0};
    struct eg_error err;
    uint8_t data[10000];

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * i >> 7);
    for (size_t size = 0; size <= sizeof data; size += 2500) {
        assert_ok(eg_compress(&zlib, data, size, &err), err);
        assert_inflates_to(&zlib, data, size);
    }
}

static void marks_say_what_the_stream_gives_up_to_each_step(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer zlib = {0};
    EG_CLEANUP(eg_free_cleanup) uint32_t *marks = NULL;
    static uint8_t data[40000], plain[40000];
    struct eg_error err;
    uint32_t seed = 1;

    for (size_t i = 0; i < sizeof data; i++) {
        seed = seed * 1103515245 + 12345;
        data[i] = i < 20000 ? (uint8_t)(seed >> 16) : 0xff; /* first hardly to compress, then very well */
    }
    assert_ok(eg_compress(&zlib, data, sizeof data, &err), err);
    assert_ok(eg_inflate_marks(&marks, zlib.data, zlib.size, &err), err);
    const size_t count = (zlib.size + EG_INFLATE_STEP - 1) / EG_INFLATE_STEP;
    assert_true(count > 15);
    assert_int_equal(marks[count - 1], sizeof data);
    for (size_t i = 0; i < count; i++) {
        z_stream stream = {.next_in = zlib.data,
                           .avail_in = (uInt)(i + 1 < count ? (i + 1) * EG_INFLATE_STEP : zlib.size),
                           .next_out = plain,
                           .avail_out = sizeof plain};
        assert_int_equal(inflateInit(&stream), Z_OK);
        inflate(&stream, Z_SYNC_FLUSH);
        assert_int_equal(marks[i], stream.total_out);
        inflateEnd(&stream);
    }
    zlib.data[zlib.size / 2] ^= 0x55;
    zlib.data[3] = 0xff;
    EG_CLEANUP(eg_free_cleanup) uint32_t *none = NULL;
    assert_int_equal(eg_inflate_marks(&none, zlib.data, zlib.size, &err), EG_BAD_IMAGE);
    assert_string_equal(err.text, "the compressed data is damaged");
}

static void a_stream_differs_from_one_of_other_bytes_and_from_a_longer_one(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer zlib = {0};
    struct eg_error err;
    uint8_t data[3000];

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * i >> 5);
    assert_ok(eg_compress(&zlib, data, sizeof data, &err), err);
    assert_true(eg_inflates_to(zlib.data, zlib.size, data, sizeof data));
    assert_false(eg_inflates_to(zlib.data, zlib.size - 1, data, sizeof data));
    assert_false(eg_inflates_to(zlib.data, zlib.size, data, sizeof data - 1));
    data[7] ^= 1;
    assert_false(eg_inflates_to(zlib.data, zlib.size, data, sizeof data));
    data[7] ^= 1;
    assert_ok(eg_buffer_append(&zlib, "x", 1, &err), err);
    assert_false(eg_inflates_to(zlib.data, zlib.size, data, sizeof data));
}

static void a_real_application_is_smaller_than_by_zlib_9(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer app = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer ours = {0};
    char path[4096];
    struct eg_error err;

    assert_ok(eg_file_read(&app, fixture_path(path, "jobs/esp32-idf/app-template.bin"), 1 << 20, &err), err);
    assert_ok(eg_compress(&ours, app.data, app.size, &err), err);
    assert_inflates_to(&ours, app.data, app.size);

    uLongf theirs_size = compressBound(app.size);
    EG_CLEANUP(eg_free_cleanup) uint8_t *theirs = malloc(theirs_size);
    assert_non_null(theirs);
    assert_int_equal(compress2(theirs, &theirs_size, app.data, app.size, 9), Z_OK);
    print_message("%zu bytes, zlib 9: %lu, ratio %.4f\n", ours.size, theirs_size,
                  (double)ours.size / (double)theirs_size);
    assert_true(ours.size * 1000 <= theirs_size * 985);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zlib_unpacks_what_was_compressed),
        cmocka_unit_test(marks_say_what_the_stream_gives_up_to_each_step),
        cmocka_unit_test(a_stream_differs_from_one_of_other_bytes_and_from_a_longer_one),
        cmocka_unit_test(a_real_application_is_smaller_than_by_zlib_9),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
