/* SPDX-License-Identifier: Apache-2.0 */

/* Reads the QR code of a page as a scanner does: its shapes as a picture, which zbarimg decodes. */

#ifndef TESTS_REPORTS_QR_READ_H
#define TESTS_REPORTS_QR_READ_H

#include "engine/base/bytes.h"
#include "engine/base/program.h"
#include "tests/fakes/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define QR_SIZE_MAX 200 /* modules with their margin; the largest code has 177 + 8 */
#define QR_SCALE    4   /* pixels of a module */

struct qr_picture {
    long size;
    bool black[QR_SIZE_MAX][QR_SIZE_MAX];
};

/* Draw the bars "Mx yhNv1h-Nz" of the black path. */
static inline void qr_draw(struct qr_picture *picture, const char *page)
{
    const char *at = strstr(page, "<svg class=\"qr\"");
    char *end;

    *picture = (struct qr_picture){0};
    assert_non_null(at);
    at = strstr(at, "viewBox=\"0 0 ");
    assert_non_null(at);
    picture->size = strtol(at + strlen("viewBox=\"0 0 "), NULL, 10);
    assert_in_range(picture->size, 21, QR_SIZE_MAX);
    at = strstr(at, "fill=\"#000\" d=\"");
    assert_non_null(at);
    for (at += strlen("fill=\"#000\" d=\""); *at == 'M'; at = strchr(at, 'z') + 1) {
        const long x = strtol(at + 1, &end, 10);
        const long y = strtol(end, &end, 10);
        assert_int_equal(*end, 'h');
        const long width = strtol(end + 1, &end, 10);
        assert_in_range(x + width, 1, picture->size);
        assert_in_range(y, 0, picture->size - 1);
        for (long i = 0; i < width; i++)
            picture->black[y][x + i] = true;
    }
    assert_int_equal(*at, '"');
}

/** The text of the page's QR code must be `wanted`. Where there is no zbarimg, only the drawing is checked.
 */
static inline void assert_qr(const char *page, const char *folder, const char *wanted)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct qr_picture picture;
    struct eg_error err;
    char path[200];

    qr_draw(&picture, page);
    snprintf(path, sizeof path, "%s/qr.pgm", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "P2 %ld %ld 1\n", picture.size * QR_SCALE, picture.size * QR_SCALE);
    for (long y = 0; y < picture.size * QR_SCALE; y++) {
        for (long x = 0; x < picture.size * QR_SCALE; x++)
            fputs(picture.black[y / QR_SCALE][x / QR_SCALE] ? "0 " : "1 ", file);
        putc('\n', file);
    }
    assert_int_equal(fclose(file), 0);
    const char *const argv[] = {"zbarimg", "--quiet", "--raw", path, NULL};
    const struct eg_program zbarimg = {.argv = argv, .output_max = 4096, .timeout_ms = 120000};
    if (eg_program_check("zbarimg", &err) != EG_OK) {
        print_message("there is no zbarimg: the QR code was not decoded\n");
        return;
    }
    assert_ok(eg_program_run(&zbarimg, &text, NULL, &err), err);
    assert_ok(eg_buffer_append(&text, "", 1, &err), err);
    text.data[strcspn((char *)text.data, "\n")] = '\0';
    assert_string_equal((char *)text.data, wanted);
}

#endif
