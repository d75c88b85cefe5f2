/* SPDX-License-Identifier: Apache-2.0 */

/* The input of the rules: the request, and the images and tables found in its pieces. */

#ifndef ENGINE_GUARD_GUARD_INTERNAL_H
#define ENGINE_GUARD_GUARD_INTERNAL_H

#include "engine/guard/guard.h"

#include "engine/image/image.h"

#define EG__GUARD_NAME 200

/** An image of the chip that lies in a piece: at its beginning, or in a merged file. */
struct eg__guard_image {
    size_t piece;
    char name[EG__GUARD_NAME]; /* "app.bin", "merged.bin at 0x00010000" */
    uint64_t flash_addr;
    const uint8_t *data;
    size_t size; /* from its first byte to the end of the piece */
    struct eg_image_info info;
    bool application; /* has a part that is mapped from flash, or an application's descriptor */
    bool bootloader;  /* has a bootloader's descriptor */
};

struct eg__guard_view {
    const struct eg_guard_request *request;
    struct eg_guard_table table; /* of the pieces, else of the board; then `piece` is the count of pieces */
    enum eg_code table_code;     /* what is wrong with it */
    struct eg_error table_error;
    struct eg__guard_image *images;
    size_t image_count;
};

/** Look for the table and the images. EG_NO_MEMORY. */
enum eg_code eg__guard_view_make(struct eg__guard_view *view, const struct eg_guard_request *request,
                                 struct eg_error *err) EG_CHECKED;
void eg__guard_view_finish(struct eg__guard_view *view);

/** Its name in sentences: that of its file, or "the board's partition table". */
const char *eg__guard_table_name(const struct eg__guard_view *view);

/** The bytes that go to an address, up to the end of their piece; NULL = none. */
const uint8_t *eg__guard_bytes_at(const struct eg__guard_view *view, uint64_t flash_addr, size_t *size,
                                  size_t *piece);

/** The image that begins at an address; NULL = none. */
const struct eg__guard_image *eg__guard_image_at(const struct eg__guard_view *view, uint64_t flash_addr);

/** Whether one of the images is an application. */
bool eg__guard_has_application(const struct eg__guard_view *view);

/** The partition that an address lies in; NULL = none. */
const struct eg_partition *eg__guard_partition_at(const struct eg__guard_view *view, uint64_t flash_addr);

/** First byte after a piece as it will be in the flash, which takes whole words, or blocks of the cipher. */
uint64_t eg__guard_end(const struct eg__guard_view *view, const struct eg_guard_piece *piece);

/** Bytes of flash that the header of the bootloader will tell; 0 = there is no bootloader, or it tells none.
 */
uint32_t eg__guard_header_size(const struct eg__guard_view *view, const struct eg__guard_image *bootloader);

/** Return whether all of these bytes are FF. */
bool eg__guard_is_blank(const uint8_t *data, uint64_t size);

/** A number of bytes as people say it: "4 MB", "64 KB", "7328 bytes". */
#define EG__GUARD_SIZE_TEXT 32
const char *eg__guard_size(char text[EG__GUARD_SIZE_TEXT], uint64_t size);

/* Files that are not firmware (kind.c). */
bool eg__guard_is_web_page(const uint8_t *data, uint64_t size);
bool eg__guard_is_lfs_pointer(const uint8_t *data, uint64_t size);
bool eg__guard_is_csv_table(const uint8_t *data, uint64_t size);

/* The checks, by file; what they refuse is in the table of rules.c. */
#define EG__GUARD_PIECE_CHECK(name)                                                                          \
    enum eg_code name(const struct eg__guard_view *view, const struct eg_guard_piece *piece,                 \
                      struct eg_error *err)
#define EG__GUARD_IMAGE_CHECK(name)                                                                          \
    enum eg_code name(const struct eg__guard_view *view, const struct eg__guard_image *image,                \
                      struct eg_error *err)
#define EG__GUARD_WHOLE_CHECK(name)                                                                          \
    enum eg_code name(const struct eg__guard_view *view, size_t *piece, struct eg_error *err)

/* extent.c */
EG__GUARD_PIECE_CHECK(eg__guard_sector_begin);
EG__GUARD_PIECE_CHECK(eg__guard_erase_align);
EG__GUARD_WHOLE_CHECK(eg__guard_shared_sector);
EG__GUARD_PIECE_CHECK(eg__guard_named_partition);
EG__GUARD_PIECE_CHECK(eg__guard_loader_reach);
EG__GUARD_PIECE_CHECK(eg__guard_declared_end);
EG__GUARD_PIECE_CHECK(eg__guard_flash_end);
EG__GUARD_WHOLE_CHECK(eg__guard_declared_flash);
EG__GUARD_WHOLE_CHECK(eg__guard_flash_size);

/* chip.c */
EG__GUARD_PIECE_CHECK(eg__guard_elf);
EG__GUARD_PIECE_CHECK(eg__guard_uf2_family);
EG__GUARD_PIECE_CHECK(eg__guard_image_chip);
EG__GUARD_IMAGE_CHECK(eg__guard_inner_image_chip);
EG__GUARD_PIECE_CHECK(eg__guard_image_damage);
EG__GUARD_IMAGE_CHECK(eg__guard_image_sums);
EG__GUARD_IMAGE_CHECK(eg__guard_image_revision);

/* secure.c */
EG__GUARD_PIECE_CHECK(eg__guard_secure_boot_v1);
EG__GUARD_PIECE_CHECK(eg__guard_key_manager);
EG__GUARD_WHOLE_CHECK(eg__guard_secured_erase);
EG__GUARD_WHOLE_CHECK(eg__guard_secure_download);
EG__GUARD_PIECE_CHECK(eg__guard_plain_unreadable);
EG__GUARD_PIECE_CHECK(eg__guard_plain_encrypted);
EG__GUARD_PIECE_CHECK(eg__guard_no_encryption);
EG__GUARD_PIECE_CHECK(eg__guard_rom_encryption);
EG__GUARD_PIECE_CHECK(eg__guard_encryption_off);
EG__GUARD_PIECE_CHECK(eg__guard_encryption_align);
EG__GUARD_PIECE_CHECK(eg__guard_crypt_config);
EG__GUARD_PIECE_CHECK(eg__guard_flash_key);

/* signed.c */
EG__GUARD_IMAGE_CHECK(eg__guard_signed_header);
EG__GUARD_IMAGE_CHECK(eg__guard_signature);
EG__GUARD_IMAGE_CHECK(eg__guard_unsigned);

/* layout.c */
EG__GUARD_PIECE_CHECK(eg__guard_empty_file);
EG__GUARD_PIECE_CHECK(eg__guard_placeholder);
EG__GUARD_WHOLE_CHECK(eg__guard_bootloader_image);
EG__GUARD_PIECE_CHECK(eg__guard_bootloader_place);
EG__GUARD_WHOLE_CHECK(eg__guard_bootloader_missing);
EG__GUARD_WHOLE_CHECK(eg__guard_board_bootloader);
EG__GUARD_WHOLE_CHECK(eg__guard_erased_start);
EG__GUARD_IMAGE_CHECK(eg__guard_header_flash);
EG__GUARD_WHOLE_CHECK(eg__guard_app_image);
EG__GUARD_IMAGE_CHECK(eg__guard_app_partition);
EG__GUARD_PIECE_CHECK(eg__guard_partition_cut);

/* table.c */
EG__GUARD_PIECE_CHECK(eg__guard_table_image);
EG__GUARD_WHOLE_CHECK(eg__guard_table_damage);
EG__GUARD_WHOLE_CHECK(eg__guard_table_place);
EG__GUARD_WHOLE_CHECK(eg__guard_table_layout);
EG__GUARD_WHOLE_CHECK(eg__guard_table_flash);
EG__GUARD_WHOLE_CHECK(eg__guard_table_header);
EG__GUARD_WHOLE_CHECK(eg__guard_table_missing);
EG__GUARD_WHOLE_CHECK(eg__guard_board_table);

#endif
