/* SPDX-License-Identifier: Apache-2.0 */

#include "reports/qr.h"

#include <errno.h>
#include <qrencode.h>

#define MARGIN 4 /* modules, ISO/IEC 18004, 9.1 */

enum eg_code eg__qr(struct eg__out *out, const char *text, const char *name, struct eg_error *err)
{
    QRcode *const code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);

    if (code == NULL)
        return errno == ENOMEM ? eg_error_set(err, EG_NO_MEMORY, "out of memory")
                               : eg_error_set(err, EG_BAD_ARGUMENT, "a QR code holds 1 to 2331 bytes");
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
