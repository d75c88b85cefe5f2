/* SPDX-License-Identifier: Apache-2.0 */

#include "reports/qr.h"

#include <errno.h>
#include <qrencode.h>
#include <string.h>

#define MARGIN 4 /* modules, ISO/IEC 18004, 9.1 */

static enum eg_code encode(QRcode **code, const char *text, struct eg_error *err)
{
    *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (*code != NULL)
        return EG_OK;
    return errno == ENOMEM ? eg_error_set(err, EG_NO_MEMORY, "out of memory")
                           : eg_error_set(err, EG_BAD_ARGUMENT, "a QR code holds 1 to 2331 bytes");
}

static bool is_dark(const QRcode *code, int x, int y)
{
    return x >= 0 && y >= 0 && x < code->width && y < code->width &&
           (code->data[y * code->width + x] & 1) != 0;
}

enum eg_code eg__qr_blocks(struct eg_buffer *out, const char *text, struct eg_error *err)
{
    static const char *const blocks[] = {" ", "\u2580", "\u2584", "\u2588"}; /* upper half 1, lower half 2 */
    QRcode *code;

    EG_TRY(encode(&code, text, err));
    enum eg_code done = EG_OK;
    for (int y = -MARGIN; y < code->width + MARGIN && done == EG_OK; y += 2) {
        for (int x = -MARGIN; x < code->width + MARGIN && done == EG_OK; x++) {
            const char *const block = blocks[is_dark(code, x, y) + 2 * is_dark(code, x, y + 1)];
            done = eg_buffer_append(out, block, strlen(block), err);
        }
        if (done == EG_OK)
            done = eg_buffer_append(out, "\n", 1, err);
    }
    QRcode_free(code);
    return done;
}

enum eg_code eg__qr(struct eg__out *out, const char *text, const char *name, struct eg_error *err)
{
    QRcode *code;

    EG_TRY(encode(&code, text, err));
    const int width = code->width, size = width + 2 * MARGIN;
    fprintf(
        out->file,
        "<svg class=\"qr\" role=\"img\" aria-label=\"%s\" viewBox=\"0 0 %d %d\" "
        "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path fill=\"#000\" d=\"",
        name, size, size, size, size);
    for (int y = 0; y < width; y++)
        for (int x = 0, end; x < width; x = end + 1) {
            for (end = x; end < width && (code->data[y * width + end] & 1) != 0; end++)
                ;
            if (end > x)
                fprintf(out->file, "M%d %dh%dv1h-%dz", x + MARGIN, y + MARGIN, end - x, end - x);
        }
    fputs("\"/></svg>\n", out->file);
    QRcode_free(code);
    return EG_OK;
}
