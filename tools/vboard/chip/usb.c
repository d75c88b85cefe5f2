/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The chip's own USB: which chips have it, its ids, and the size of its buffers.
 *
 * Not here: what its lines request (board/pins.c).
 */

#include "tools/vboard/chip/chip.h"

#include <string.h>

#define BRIDGE_VID      0x10c4 /* CP2102N */
#define BRIDGE_PID      0xea60
#define ESPRESSIF_VID   0x303a
#define SERIAL_JTAG_PID 0x1001

#define OTG_DATA_MAX (8u + 16u + 0x800u)

bool vb__usb_native(const struct vb_board *board)
{
    return board->config.usb != VB_USB_BRIDGE;
}

void vb_board_usb_ids(const struct vb_board *board, uint16_t *vid, uint16_t *pid)
{
    *vid = ESPRESSIF_VID;
    switch (board->config.usb) {
    case VB_USB_BRIDGE:
        *vid = BRIDGE_VID;
        *pid = BRIDGE_PID;
        break;
    case VB_USB_SERIAL_JTAG:
        *pid = SERIAL_JTAG_PID;
        break;
    case VB_USB_OTG:
        *pid = (uint16_t)board->target->image_chip_id;
        break;
    }
}

/* The buffer of the ROM's USB code; what does not fit is lost silently. */
bool vb__usb_loses(const struct vb_board *board, size_t frame_size)
{
    const bool small =
        board->clock.state == VB__STUB || (board->target->quirks & EG_QUIRK_SMALL_ROM_BLOCKS) != 0;

    return board->config.usb == VB_USB_OTG && small && frame_size > OTG_DATA_MAX;
}
