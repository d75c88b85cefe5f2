/* SPDX-License-Identifier: Apache-2.0 */

/* What code that runs from flash reads and prints. */

#include "tools/vboard/board/life.h"

#include "tools/vboard/chip/chip.h"
#include "tools/vboard/uart/uart.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PIECE 0x400u /* of flash looked at together */

void vb__print(struct vb_board *board, const char *format, ...)
{
    char text[400];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length > 0)
        vb__send(board, (const uint8_t *)text,
                 (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

void vb__look(const struct vb_board *board, uint32_t addr, uint8_t *data, uint32_t size)
{
    const bool absent = board->part->jedec == VB_NO_FLASH;

    for (uint32_t done = 0, length; done < size; done += length) {
        uint8_t piece[PIECE];
        const uint32_t at = addr + done, from = at - at % VB__CIPHER_BLOCK;

        length = PIECE - (at - from) < size - done ? PIECE - (at - from) : size - done;
        for (uint32_t i = 0; i < at - from + length + VB__CIPHER_BLOCK && i < PIECE; i++)
            piece[i] = absent ? 0xff : board->flash.data[(from + i) % board->flash.size];
        if (board->security.flash_encrypted)
            vb__decrypt(board, from, piece,
                        (at - from + length + VB__CIPHER_BLOCK - 1) / VB__CIPHER_BLOCK * VB__CIPHER_BLOCK);
        memcpy(data + done, piece + (at - from), length);
    }
}
