/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The port's two lines.
 *
 * Through a bridge they drive EN and the boot strap by the usual two transistors. Over the chip's own USB
 * they are requests: (RTS, DTR) = (0,1) sets a flag that leads into the loader, (0,0) clears it, (1,0) resets
 * the chip's core, (1,1) does nothing. A core reset samples no straps: the flag decides. Over USB-OTG code in
 * the ROM sees the lines, so there the flag is the register that sends the chip into its loader; chips whose
 * hard reset is by watchdog ignore them.
 */

#include "tools/vboard/board/life.h"

#include "tools/vboard/loader/loader.h"

/* EN rises over 10 kOhm and 1 uF, as Espressif's hardware guidelines have it, and counts as high at three
 * quarters: that is why DTR and RTS may change one after the other. In force in fast mode too, for the same
 * reason. */
#define EN_RISE_NS      14000000u
#define EN_SLOW_FALL_NS 50000000u

static void reset_core(struct vb_board *board)
{
    const bool sticks = (board->target->quirks & EG_QUIRK_LEAVE_FORCED_DOWNLOAD) != 0;

    if (board->config.usb == VB_USB_OTG) {
        vb__rtc_force_download(board, board->rtc.usb_download || (sticks && board->rtc.force_download));
        vb__rtc_flag_usb(board, false);
    }
    vb__reset(board, VB__CAUSE_USB);
}

static void request(struct vb_board *board, bool dtr, bool rts)
{
    const bool changed = dtr != board->port.dtr || rts != board->port.rts;

    vb__port_set_lines(board, dtr, rts);
    /* Hosts do not send the same state twice. */
    if (!changed || (board->config.usb == VB_USB_OTG && board->target->otg_reset == EG_OTG_RESET_BY_WATCHDOG))
        return;
    if (!rts)
        vb__rtc_flag_usb(board, dtr);
    else if (!dtr)
        reset_core(board);
}

void vb__pins_set(struct vb_board *board, bool dtr, bool rts)
{
    const uint64_t pulled_ns = board->port.pulled_ns;
    const bool pulls = rts && !dtr, slow = vb__faulty(board, VB__SLOW_RESET);

    if (vb__usb_native(board)) {
        request(board, dtr, rts);
        return;
    }
    vb__port_set_lines(board, dtr, rts);
    /* Slow to fall, EN is low only if it is still pulled a while later. */
    if (slow ? !pulls && pulled_ns != VB__NEVER && board->clock.now_ns - pulled_ns >= EN_SLOW_FALL_NS : pulls)
        vb__stop(board);
    if (!pulls && board->clock.state == VB__HELD && board->clock.ends_ns == VB__NEVER)
        vb__enter(board, VB__HELD, board->clock.now_ns + EN_RISE_NS);
}
