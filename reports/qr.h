/* SPDX-License-Identifier: Apache-2.0 */

/* A QR code (ISO/IEC 18004) as an SVG or as text. */

#ifndef REPORTS_QR_H
#define REPORTS_QR_H

#include "engine/base/bytes.h"
#include "reports/out.h"

/**
 * Write the SVG of a QR code with error correction M (15 %): black on white, a module is 1 by 1 units, with
 * the margin of 4 modules that scanners need.
 *
 * @param text  from 1 to 2331 bytes
 * @param name  what a reader who cannot see it is told; no text from outside
 *
 * @return EG_OK; EG_BAD_ARGUMENT: the text is empty or too long; EG_NO_MEMORY
 */
enum eg_code eg__qr(struct eg__out *out, const char *text, const char *name, struct eg_error *err) EG_CHECKED;

/** Append the same code as lines of text, two modules high, of the blocks U+2580, U+2584 and U+2588. */
enum eg_code eg__qr_blocks(struct eg_buffer *out, const char *text, struct eg_error *err) EG_CHECKED;

#endif
