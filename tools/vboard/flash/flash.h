/* SPDX-License-Identifier: Apache-2.0 */

/* The flash: contents and times, status registers, commands, and how the controller reaches it. */

#ifndef TOOLS_VBOARD_FLASH_FLASH_H
#define TOOLS_VBOARD_FLASH_FLASH_H

#include "tools/vboard/model/model.h"

/* status.c */
void vb__status_init(struct vb_board *board);
/** Load the registers that power-on and the part's own reset restore. */
void vb__status_reset(struct vb_board *board);
/** Return register `number`, from 0. */
uint8_t vb__status_read(const struct vb_board *board, size_t number, bool busy);
void vb__status_enable_write(struct vb_board *board, bool enable);
void vb__status_enable_volatile(struct vb_board *board);
/** Write registers from `first`, as write-enable allows; return whether the part is busy with it. */
bool vb__status_write(struct vb_board *board, size_t first, const uint8_t *data, size_t size);
/** Return whether erasing and programming have no effect. */
bool vb__status_protects(const struct vb_board *board);
/** Take protection off as a loader does: everything but quad-enable is cleared. Return as vb__status_write().
 */
bool vb__status_unlock(struct vb_board *board);

/* attach.c */
void vb__attach_burn(struct vb_board *board);
/** Start unattached, with three address bytes. */
void vb__attach_reset(struct vb_board *board);
/** Attach to the pins of SPI_ATTACH's word. */
void vb__attach(struct vb_board *board, uint32_t word);
/** Attach as a stub does when it starts. */
void vb__attach_itself(struct vb_board *board);
/** Set the address lines that the controller drives; return those it drove. */
uint32_t vb__attach_drive(struct vb_board *board, uint32_t addr_mask);
/** Set the flash size that a stub assumes. */
void vb__attach_size(struct vb_board *board, uint32_t size);
/** Return whether the stub reads and writes there; it refuses otherwise. */
bool vb__attach_reaches(const struct vb_board *board, uint32_t addr, uint32_t size);
/** Switch the flash's supply off where the chip's loader starts so. */
void vb__supply_reset(struct vb_board *board);
/** Show that in the registers. */
void vb__supply_show(struct vb_board *board);
void vb__supply_written(struct vb_board *board, uint32_t addr);
/** Return whether the flash answers the controller. */
bool vb__flash_answers(struct vb_board *board);

/* flash.c */
enum eg_code vb__flash_open(struct vb_board *board, const char *path, struct eg_error *err) EG_CHECKED;
void vb__flash_close(struct vb_board *board);
/** NOR: programming clears bits only. Erasing and programming wrap at the part's end or at the last address
 * line that is driven, and make the flash busy. Where no part answers, the loader hangs. `chunk` is the most
 * that one program command carries. */
void vb__flash_program(struct vb_board *board, uint32_t addr, const uint8_t *data, uint32_t size,
                       uint32_t chunk);
void vb__flash_erase(struct vb_board *board, uint32_t addr, uint32_t size);
void vb__flash_erase_chip(struct vb_board *board);
void vb__flash_read(struct vb_board *board, uint32_t addr, uint8_t *data, uint32_t size);
bool vb__flash_holds(const struct vb_board *board, uint32_t addr, const uint8_t *data, uint32_t size);
bool vb__flash_md5(struct vb_board *board, uint32_t addr, uint32_t size, uint8_t md5[16]);
/** Clear block protection as a loader does. */
void vb__flash_unlock(struct vb_board *board);
/** Write status registers, which makes the flash busy. */
void vb__flash_write_status(struct vb_board *board, size_t first, const uint8_t *data, size_t size);
/** Let the loader wait until the flash is idle. */
void vb__flash_wait(struct vb_board *board);
/** End what the flash is busy with, as a reset does. */
void vb__flash_stop(struct vb_board *board);

/* spi.c */
/** Power on; wake up. */
void vb__spi_power_on(struct vb_board *board);
void vb__spi_wake(struct vb_board *board);
/** Return the JEDEC id that the part gives now. */
uint32_t vb__spi_jedec(const struct vb_board *board);
/** Run the command that the controller's registers describe. */
void vb__spi_run(struct vb_board *board);

#endif
