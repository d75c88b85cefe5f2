/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Resets: how deep each goes, and where it leads.
 *
 * The pin, the supply and the RTC watchdog reset everything and have the straps sampled anew. A core reset
 * leaves what is in the RTC domain (struct vb__rtc) and goes by the straps as they were, by the flag of the
 * chip's own USB and by the register that forces the chip into its loader.
 */

#include "tools/vboard/board_internal.h"

/* The port of native USB is away for so long after a reset that takes the USB along. */
#define OFF_BUS_NS 400000000u

static bool is_core_reset(enum vb__cause cause)
{
    return cause == VB__CAUSE_USB || cause == VB__CAUSE_SOFTWARE;
}

/* A bridge drives the strap, low when DTR is asserted alone. */
static bool strap_low(const struct vb_board *board)
{
    return board->config.strap_low || (!vb__usb_native(board) && board->dtr && !board->rts);
}

/* USB-Serial/JTAG survives a core reset, code that runs USB-OTG does not. */
static bool leaves_bus(const struct vb_board *board, enum vb__cause cause)
{
    switch (board->config.usb) {
    case VB_USB_BRIDGE:
        return false;
    case VB_USB_SERIAL_JTAG:
        return !is_core_reset(cause);
    case VB_USB_OTG:
        return true;
    }
    return false;
}

void vb__reset(struct vb_board *board, enum vb__cause cause)
{
    /* Code that restarts the chip waits until what it has said has left. */
    if (cause != VB__CAUSE_SOFTWARE)
        vb__stop(board);
    if (!is_core_reset(cause)) {
        board->strapped = strap_low(board);
        board->usb_download = false;
        board->rtc = (struct vb__rtc){0};
    }
    if (cause != VB__CAUSE_POWER && leaves_bus(board, cause))
        board->off_bus_ns = board->now_ns + OFF_BUS_NS;
    if (cause == VB__CAUSE_POWER || cause == VB__CAUSE_BROWNOUT)
        vb__status_power_on(board);
    vb__boot(board, board->strapped || board->usb_download || board->rtc.force_download, cause);
}

void vb__reset_put(struct vb_board *board)
{
    vb__put_field(board, EG_FIELD_SPI_BOOT, !board->strapped);
    vb__put_field(board, EG_FIELD_FORCE_DOWNLOAD, board->rtc.force_download);
    vb__watchdog_reset(board);
}

void vb__reset_written(struct vb_board *board)
{
    if (eg_field_exists(&board->target->field[EG_FIELD_FORCE_DOWNLOAD]))
        board->rtc.force_download = vb__field(board, EG_FIELD_FORCE_DOWNLOAD) != 0;
}
