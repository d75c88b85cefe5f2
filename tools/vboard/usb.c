/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The chip's own USB in place of a bridge.
 *
 * Its lines are requests: (RTS, DTR) = (0,1) sets a flag that leads into the loader, (0,0) clears it, (1,0)
 * resets the chip's core, (1,1) does nothing. A core reset samples no straps: the flag decides. Over USB-OTG
 * code in the ROM sees the lines, so there the flag is the register that sends the chip into its loader; on
 * chips whose hard reset is by watchdog nobody looks at them. The rate means nothing.
 */

#include "tools/vboard/board_internal.h"

#include <string.h>

#define BRIDGE_VID      0x10c4 /* CP2102N */
#define BRIDGE_PID      0xea60
#define ESPRESSIF_VID   0x303a
#define SERIAL_JTAG_PID 0x1001

#define OTG_DATA_MAX (8u + 16u + 0x800u)

/* Chips with USB pins but without USB-Serial/JTAG; of the ESP32-E22 it is not known. */
static const char *const no_serial_jtag[] = {"esp32s2", "esp32e22"};

bool vb__usb_native(const struct vb_board *board)
{
    return board->config.usb != VB_USB_BRIDGE;
}

bool vb__usb_has_serial_jtag(const struct eg_target *target)
{
    for (size_t i = 0; i < sizeof no_serial_jtag / sizeof no_serial_jtag[0]; i++) {
        if (strcmp(no_serial_jtag[i], target->name) == 0)
            return false;
    }
    return target->usb_pins.last != 0;
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

static void core_reset(struct vb_board *board)
{
    const bool sticks = (board->target->quirks & EG_QUIRK_LEAVE_FORCED_DOWNLOAD) != 0;

    if (board->config.usb == VB_USB_OTG) {
        board->rtc.force_download = board->usb_download || (sticks && board->rtc.force_download);
        board->usb_download = false;
    }
    vb__reset(board, VB__CAUSE_USB);
}

void vb__usb_lines(struct vb_board *board, bool dtr, bool rts)
{
    const bool changed = dtr != board->dtr || rts != board->rts;

    board->dtr = dtr;
    board->rts = rts;
    /* Hosts send a state they have sent before no second time. */
    if (!changed || (board->config.usb == VB_USB_OTG && board->target->otg_reset == EG_OTG_RESET_BY_WATCHDOG))
        return;
    if (!rts)
        board->usb_download = dtr;
    else if (!dtr)
        core_reset(board);
}

/* A buffer of the ROM's USB code holds no more; what does not fit is lost without a word. */
bool vb__usb_loses(const struct vb_board *board, size_t frame_size)
{
    const bool small = board->state == VB__STUB || (board->target->quirks & EG_QUIRK_SMALL_ROM_BLOCKS) != 0;

    return board->config.usb == VB_USB_OTG && small && frame_size > OTG_DATA_MAX;
}
