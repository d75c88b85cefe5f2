/* SPDX-License-Identifier: Apache-2.0 */

/* The RTC domain's part in a reset: the sampled strap and the flags that lead into the loader. */

#include "tools/vboard/chip/chip.h"

void vb__rtc_reset(struct vb_board *board, bool strapped)
{
    board->rtc = (struct vb__rtc){.strapped = strapped};
}

void vb__rtc_flag_usb(struct vb_board *board, bool download)
{
    board->rtc.usb_download = download;
}

void vb__rtc_force_download(struct vb_board *board, bool force)
{
    board->rtc.force_download = force;
}

bool vb__rtc_downloads(const struct vb_board *board)
{
    return board->rtc.strapped || board->rtc.usb_download || board->rtc.force_download;
}

void vb__rtc_show(struct vb_board *board)
{
    vb__put_field(board, EG_FIELD_SPI_BOOT, !board->rtc.strapped);
    vb__put_field(board, EG_FIELD_FORCE_DOWNLOAD, board->rtc.force_download);
}

void vb__rtc_written(struct vb_board *board)
{
    if (eg_field_exists(&board->target->field[EG_FIELD_FORCE_DOWNLOAD]))
        board->rtc.force_download = vb__field(board, EG_FIELD_FORCE_DOWNLOAD) != 0;
}
