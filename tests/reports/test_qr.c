/* SPDX-License-Identifier: Apache-2.0 */

/* QR codes, read back by another program. */

#include "reports/qr.h"

#include "tests/db/sample.h"
#include "tests/reports/qr_read.h"

/* Write the code of `text` into memory; the caller frees it. */
static enum eg_code make(char **svg, const char *text, struct eg_error *err)
{
    size_t size = 0;
    struct eg__out out = {.file = open_memstream(svg, &size)};

    assert_non_null(out.file);
    const enum eg_code code = eg__qr(&out, text, "a name", err);
    fclose(out.file);
    return code;
}

static void a_code_says_its_text_to_a_scanner(void **state)
{
    static const char *const texts[] = {
        "5cbd1ac422b5da3f1449da7c8607488ac3c4fcc64261372ad13a5363f9db9e63", "x",
        "a longer text, with \"quotes\" & <signs>, in which more than one block of error correction is "
        "needed: "
        "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789"};
    const struct sample *sample = *state;
    struct eg_error err;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char *svg = NULL;
        assert_ok(make(&svg, texts[i], &err), err);
        assert_qr(svg, sample->folder, texts[i]);
        free(svg);
    }
}

static void a_code_has_a_margin_of_four_white_modules(void **state)
{
    struct qr_picture picture;
    struct eg_error err;
    char *svg = NULL;

    (void)state;
    assert_ok(make(&svg, "x", &err), err);
    qr_draw(&picture, svg);
    free(svg);
    assert_int_equal(picture.size, 21 + 8);
    assert_true(picture.black[4][4]);
    for (long i = 0; i < picture.size; i++)
        for (long edge = 0; edge < 4; edge++)
            assert_false(picture.black[edge][i] || picture.black[i][edge] ||
                         picture.black[picture.size - 1 - edge][i] ||
                         picture.black[i][picture.size - 1 - edge]);
}

static void a_code_in_blocks_is_the_same_as_the_drawn_one(void **state)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    static struct qr_picture picture, read;
    struct eg_error err;
    char *svg = NULL;

    (void)state;
    assert_ok(make(&svg, "ACME-000001", &err), err);
    qr_draw(&picture, svg);
    free(svg);
    assert_ok(eg__qr_blocks(&text, "ACME-000001", &err), err);
    long x = 0, y = 0;
    for (size_t at = 0; at < text.size;) {
        const unsigned char c = text.data[at];
        if (c == '\n') {
            assert_int_equal(x, picture.size);
            x = 0;
            y += 2;
            at++;
            continue;
        }
        assert_true(c == ' ' || at + 3 <= text.size);
        const unsigned char last = c == ' ' ? 0 : text.data[at + 2]; /* U+2580, U+2584, U+2588 */
        read.black[y][x] = last == 0x80 || last == 0x88;
        read.black[y + 1][x] = last == 0x84 || last == 0x88;
        x++;
        at += c == ' ' ? 1 : 3;
    }
    read.size = picture.size;
    assert_memory_equal(read.black, picture.black, sizeof read.black);
}

static void a_text_that_no_code_holds_is_refused(void **state)
{
    char text[2400];
    struct eg_error err;
    char *svg = NULL;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(make(&svg, text, &err), EG_BAD_ARGUMENT);
    assert_string_equal(err.text, "a QR code holds 1 to 2331 bytes");
    free(svg);
    assert_int_equal(make(&svg, "", &err), EG_BAD_ARGUMENT);
    free(svg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_code_says_its_text_to_a_scanner, sample_setup, sample_teardown),
        cmocka_unit_test(a_code_has_a_margin_of_four_white_modules),
        cmocka_unit_test(a_code_in_blocks_is_the_same_as_the_drawn_one),
        cmocka_unit_test(a_text_that_no_code_holds_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
