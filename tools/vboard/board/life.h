/* SPDX-License-Identifier: Apache-2.0 */

/* What happens to the whole board: resets, booting, the application, the lines. */

#ifndef TOOLS_VBOARD_BOARD_LIFE_H
#define TOOLS_VBOARD_BOARD_LIFE_H

#include "tools/vboard/model/model.h"

/* What restarts the chip; reset.c says how deep each goes. */
enum vb__cause {
    VB__CAUSE_POWER, /* plugged in */
    VB__CAUSE_EN,    /* the reset pin */
    VB__CAUSE_BROWNOUT,
    VB__CAUSE_WATCHDOG,
    VB__CAUSE_USB, /* a request over the chip's own USB */
    VB__CAUSE_SOFTWARE,
};

/* config.c */
enum eg_code vb__config_check(const struct vb_config *config, struct eg_error *err) EG_CHECKED;

/* app.c */
enum eg_code vb__app_init(struct vb_board *board, const char *path, struct eg_error *err) EG_CHECKED;
void vb__app_finish(struct vb_board *board);
/** The application in the flash begins to run; it ends. */
void vb__app_start(struct vb_board *board);
void vb__app_stop(struct vb_board *board);
/** Print the next line, which is due; return whether the application restarts the chip instead. */
bool vb__app_go_on(struct vb_board *board);
bool vb__app_awaits(const struct vb_board *board);
/** Take bytes from the host. */
void vb__app_hear(struct vb_board *board, const uint8_t *data, size_t size);

/* look.c */
/** Print at the board's rate. */
EG_PRINTF(2, 3) void vb__print(struct vb_board *board, const char *format, ...);
/** Read flash as running code does: through the cipher when that is on. */
void vb__look(const struct vb_board *board, uint32_t addr, uint8_t *data, uint32_t size);

/* secure_boot.c */
enum vb__signature {
    VB__SIGNATURE_GOOD,
    VB__SIGNATURE_ABSENT, /* `magic` is what stands in its place */
    VB__SIGNATURE_BAD,
};
/** Check the image at an address by version 2. */
enum vb__signature vb__signature_check(struct vb_board *board, uint32_t addr, uint8_t *magic);
/** Return a bit for each digest that counts. */
unsigned vb__signature_slots(struct vb_board *board);
/** Return whether the bootloader has the digest of version 1. */
bool vb__digest_passes(struct vb_board *board);

/* boot.c */
void vb__boot(struct vb_board *board, bool download, enum vb__cause cause);
/** Jump to a program in RAM. */
void vb__boot_jump(struct vb_board *board, uint32_t entry);
/** Print the complaint about the missing bootloader again. */
void vb__boot_complain(struct vb_board *board);

/* reset.c */
void vb__reset(struct vb_board *board, enum vb__cause cause);
/** EN goes low. */
void vb__stop(struct vb_board *board);

/* pins.c */
/** The host sets the port's lines. */
void vb__pins_set(struct vb_board *board, bool dtr, bool rts);

#endif
