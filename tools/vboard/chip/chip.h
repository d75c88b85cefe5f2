/* SPDX-License-Identifier: Apache-2.0 */

/* The chip besides its loaders: memory and registers, eFuses, crystal, watchdogs, its own USB. */

#ifndef TOOLS_VBOARD_CHIP_CHIP_H
#define TOOLS_VBOARD_CHIP_CHIP_H

#include "tools/vboard/model/model.h"

#define VB__USB_BAUD 8000000u /* native USB: full speed less the overhead of its packets */

/* memory.c */
uint32_t vb__memory_get(struct vb_board *board, uint32_t addr);
void vb__memory_put(struct vb_board *board, uint32_t addr, uint32_t word);
void vb__memory_put_bytes(struct vb_board *board, uint32_t addr, const uint8_t *data, size_t size);
bool vb__memory_equal(struct vb_board *board, uint32_t addr, const uint8_t *data, size_t size);
/** Set everything to zero. */
void vb__memory_clear(struct vb_board *board);
void vb__memory_finish(struct vb_board *board);
/** Return the value of a field as the registers are now; 0 where the chip lacks it. */
uint32_t vb__field(struct vb_board *board, enum eg_field_id field);
void vb__put_field(struct vb_board *board, enum eg_field_id field, uint32_t value);
/** An eg_target_reader; `board` is a struct vb_board. */
bool vb__memory_read(void *board, uint32_t addr, uint32_t *word);

/* coding.c */
/** Compute the check bytes of the data before them. */
void vb__rs_check(uint8_t coded[VB__CODED_SIZE]);
/** Correct up to 6 bytes; return how many, -1 = beyond correction, and nothing was changed. */
int vb__rs_correct(uint8_t coded[VB__CODED_SIZE]);
void vb__three_quarters_encode(uint8_t raw[32], const uint8_t data[24]);
/** Take the data out, with one wrong bit in each group of eight bytes corrected; return a bit per group that
 * was wrong. */
unsigned vb__three_quarters_decode(uint8_t data[24], const uint8_t raw[32]);

/* efuse.c */
/** Take the fuses from a file; NULL = blank ones in memory. */
enum eg_code vb__efuse_open(struct vb_board *board, const char *path, struct eg_error *err) EG_CHECKED;
void vb__efuse_close(struct vb_board *board);
/** Fill the read registers; the first time burn what they hold if the fuses are blank. */
void vb__efuse_reset(struct vb_board *board);
/** Return whether the register takes a word now. */
bool vb__efuse_takes(const struct vb_board *board, uint32_t addr);
/** Obey what was written; return whether the fuses were read anew. */
bool vb__efuse_written(struct vb_board *board, uint32_t addr);
/** Return the register's word as a reader sees it. */
uint32_t vb__efuse_look(struct vb_board *board, uint32_t addr);
/** Put a field into the registers that a new board is burnt from; nothing where the chip lacks it. */
void vb__efuse_put(struct vb_board *board, const char *name, uint32_t value);
/** Return a field of at most 32 bits as last read, hidden or not; 0 where the chip lacks it. */
uint32_t vb__efuse_field(const struct vb_board *board, const char *name);

/** Put a key into a block of a new board, its last byte first, and hide it, of a block with two halves the
 * lower one. */
void vb__efuse_put_key(struct vb_board *board, unsigned block, const uint8_t *key, size_t size);
/** The first bytes of a block as last read, hidden or not, the last one first. */
void vb__efuse_key(const struct vb_board *board, unsigned block, uint8_t *key, size_t size);

/* cipher.c: `addr` and `size` are multiples of VB__CIPHER_BLOCK, keys as hosts have them */
/** Units of 128 bytes, reversed, with AES-XTS; a key of 32 or 64 bytes. */
void vb__cipher_xts(const uint8_t *key, size_t key_size, bool encrypts, uint32_t addr, uint8_t *data,
                    uint32_t size);
/** The ESP32's; `config` is FLASH_CRYPT_CONFIG. */
void vb__cipher_esp32(const uint8_t key[32], unsigned config, bool encrypts, uint32_t addr, uint8_t *data,
                      uint32_t size);

/* identity.c */
/** Take the configured MAC, or make one from the board's number. */
void vb__identity_init(struct vb_board *board);
/** Burn MAC, package and revision into the eFuses. */
void vb__identity_burn(struct vb_board *board);
/** Read MAC and revision back from the eFuses. */
void vb__identity_read(struct vb_board *board);

/* crystal.c */
enum eg_code vb__crystal_check(const struct vb_config *config, struct eg_error *err) EG_CHECKED;
void vb__crystal_burn(struct vb_board *board);
uint32_t vb__crystal_mhz(const struct vb_board *board);
/** Return the rate that results when the ROM is told this one. */
uint32_t vb__rom_baud(struct vb_board *board, uint32_t word);
/** Return the rate of the ROM's log. */
uint32_t vb__log_baud(struct vb_board *board);
/** Return whether the ROM finds the host's rate. */
bool vb__autobauds(const struct vb_board *board, uint32_t baud);
/** Set the divider register of the UART to what this rate needs. */
void vb__crystal_divide(struct vb_board *board, uint32_t baud);

/* security.c */
void vb__security_burn(struct vb_board *board);
/** Take over what the eFuses say; what closes the loader counts from the next reset. */
void vb__security_read(struct vb_board *board);
void vb__security_reset(struct vb_board *board);
/** Return the size, 12 or 20. */
size_t vb__security_info(const struct vb_board *board, uint8_t info[20]);
/** Bytes as the chip writes or sees them through its cipher; whole blocks of VB__CIPHER_BLOCK. */
void vb__encrypt(const struct vb_board *board, uint32_t addr, uint8_t *data, uint32_t size);
void vb__decrypt(const struct vb_board *board, uint32_t addr, uint8_t *data, uint32_t size);

/* speed.c */
/** Return the time of a byte that a loader reads and hashes; that it inflates. */
uint32_t vb__read_ns(struct vb_board *board);
uint32_t vb__inflate_ns(const struct vb_board *board);

/* rtc.c */
/** Reset the RTC domain; the strap is sampled. */
void vb__rtc_reset(struct vb_board *board, bool strapped);
void vb__rtc_flag_usb(struct vb_board *board, bool download);
void vb__rtc_force_download(struct vb_board *board, bool force);
/** Return whether the next reset ends in the loader. */
bool vb__rtc_downloads(const struct vb_board *board);
/** Show it in the registers, and take over what was written there. */
void vb__rtc_show(struct vb_board *board);
void vb__rtc_written(struct vb_board *board);

/* watchdog.c */
/** Switch both off, as a reset of the RTC domain does. */
void vb__watchdog_reset(struct vb_board *board);
/** Show their state in the registers. */
void vb__watchdog_show(struct vb_board *board);
/** Code that feeds them begins to run; code that does not. */
void vb__watchdog_fed(struct vb_board *board);
void vb__watchdog_unfed(struct vb_board *board);
/** The chip is held in reset: neither bites. */
void vb__watchdog_hold(struct vb_board *board);
/** Return when one bites; VB__NEVER. */
uint64_t vb__watchdog_next(const struct vb_board *board);
/** Return whether the register takes a word now. */
bool vb__watchdog_takes(struct vb_board *board, uint32_t addr);
void vb__watchdog_written(struct vb_board *board, uint32_t addr);

/* usb.c */
bool vb__usb_native(const struct vb_board *board);
/** Return whether a frame of this size does not fit the USB buffer of the loader. */
bool vb__usb_loses(const struct vb_board *board, size_t frame_size);

#endif
