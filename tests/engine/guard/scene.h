/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A scene for each mistake: an ESP32 unless the name says otherwise, with a correct bootloader at 0x1000,
 * table at 0x8000 and application at 0x10000, and one thing wrong. The scenes are grouped by the file of the
 * check.
 */

#ifndef TESTS_ENGINE_GUARD_SCENE_H
#define TESTS_ENGINE_GUARD_SCENE_H

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/guard/guard.h"
#include "tests/fakes/fake_board.h"

#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 0x20000, PIECES = 5, BOOT = 0, TABLE = 1, APP = 2, OTHER = 3 };

/* The state that a row changes. */
struct scene {
    uint8_t bytes[PIECES][ROOM];
    struct eg_guard_piece pieces[PIECES];
    struct eg_guard_piece written[PIECES]; /* of a job that erases */
    struct eg_guard_request request;
    struct eg_guard_chip chip;
    struct eg_flash_info flash;
    struct eg_guard_board board; /* its table is that of the pieces, if a row gives it to the board */
};

static inline void set_table(struct scene *scene, const struct eg_partition *rows, size_t count)
{
    struct eg_partitions table = {.count = count};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer binary = {0};
    struct eg_error err;

    memcpy(table.rows, rows, count * sizeof *rows);
    assert_ok(eg_partitions_write(&binary, &table, true, &err), err);
    memcpy(scene->bytes[TABLE], binary.data, binary.size);
    scene->pieces[TABLE].size = binary.size;
}

static inline void set_bytes(struct scene *scene, size_t piece, const char *text)
{
    strcpy((char *)scene->bytes[piece], text);
    scene->pieces[piece].size = strlen(text);
}

static inline void set_image(struct scene *scene, size_t piece, const char *chip,
                             const struct fake_image *image)
{
    scene->pieces[piece].size = fake_image_make(scene->bytes[piece], chip, image);
}

/* Make a correct scene. The flash has 4 MB, as the bootloader's header says. */
static inline struct scene *right(void)
{
    static const struct eg_partition rows[] = {{"nvs", EG_PARTITION_DATA, 2, 0x9000, 0x6000, 0},
                                               {"phy_init", EG_PARTITION_DATA, 1, 0xf000, 0x1000, 0},
                                               {"factory", EG_PARTITION_APP, 0, 0x10000, 0x10000, 0}};
    static const char *const names[PIECES] = {"boot.bin", "table.bin", "app.bin", "other.bin", "unit"};
    static const uint32_t addrs[PIECES] = {0x1000, 0x8000, 0x10000, 0x200000, 0x210000};
    struct scene *const scene = calloc(1, sizeof *scene);

    assert_non_null(scene);
    for (size_t i = 0; i < PIECES; i++)
        scene->pieces[i] =
            (struct eg_guard_piece){.name = names[i], .flash_addr = addrs[i], .data = scene->bytes[i]};
    set_image(scene, BOOT, "esp32", &(struct fake_image){.load_addr = 0x40078000, .hash = true});
    scene->bytes[BOOT][3] = 0x20;
    struct eg_error err;
    const size_t hashed = scene->pieces[BOOT].size - EG_SHA256_SIZE;
    assert_ok(eg_sha256(scene->bytes[BOOT] + hashed, scene->bytes[BOOT], hashed, &err), err);
    set_table(scene, rows, 3);
    set_image(scene, APP, "esp32", &(struct fake_image){.load_addr = 0x3f400020, .size = 300, .hash = true});
    scene->flash = (struct eg_flash_info){.jedec = 0x1640c8, .size = 4 << 20};
    scene->chip = (struct eg_guard_chip){.info = {.has_mac = true, .revision = 301}};
    scene->request = (struct eg_guard_request){.target = eg_target_by_name("esp32"),
                                               .pieces = scene->pieces,
                                               .count = 3,
                                               .chip = &scene->chip,
                                               .flash = &scene->flash,
                                               .settings = {-1, -1, -1}};
    return scene;
}

static inline void scene_cleanup(struct scene **scene)
{
    free(*scene);
}

/* Add a signature sector of secure boot v2; the signature is not verified here. */
static inline void sign(struct scene *scene, size_t piece)
{
    uint8_t *const bytes = scene->bytes[piece], *const block = bytes + 0x1000;
    const size_t size = scene->pieces[piece].size;
    struct eg_error err;

    memset(bytes + size, 0xff, 0x2000 - size);
    memset(block, 0, 1216);
    block[0] = 0xe7;
    block[1] = 2;
    assert_ok(eg_sha256(block + 4, bytes, 0x1000, &err), err);
    eg_put32(block + 1196, libdeflate_crc32(0, block, 1196));
    scene->pieces[piece].size = 0x2000;
}

/* ---- Mistakes ---- */

static inline void named_too_large(struct scene *s)
{
    s->pieces[APP].partition = "phy_init";
    s->pieces[APP].room = 100;
}
static inline void range_too_large(struct scene *s)
{
    s->request.action = EG_GUARD_ERASE;
    s->pieces[0] =
        (struct eg_guard_piece){.size = 0x2000, .flash_addr = 0x9000, .partition = "nvs", .room = 0x1000};
    s->request.count = 1;
}
static inline void shared(struct scene *s)
{
    s->pieces[TABLE].flash_addr = 0x1800;
}
static inline void shared_with_unit(struct scene *s)
{
    s->pieces[OTHER] = s->pieces[APP];
    s->pieces[OTHER].of_unit = true;
    s->pieces[OTHER].name = "unit";
    s->request.count = 4;
}
static inline void inside_sector(struct scene *s)
{
    s->pieces[OTHER].flash_addr = 0x200010;
    s->pieces[OTHER].size = 4;
    s->request.count = 4;
}
static inline void empty(struct scene *s)
{
    s->request.count = 4;
}
static inline void far(struct scene *s)
{
    s->flash.size = 32 << 20;
    s->pieces[OTHER].flash_addr = 0xfff000;
    s->pieces[OTHER].size = 0x1001;
    s->request.count = 4;
}
static inline void far_for_the_rom(struct scene *s)
{
    far(s);
    s->request.target = eg_target_by_name("esp32s3");
    s->chip.rom = true;
    s->request.count = 1;
    s->pieces[0] = s->pieces[OTHER];
}
static inline void beyond_declared(struct scene *s)
{
    s->request.declared_size = 2 << 20;
    s->bytes[BOOT][3] = 0x10;
    s->pieces[OTHER].size = 1;
    s->request.count = 4;
}
static inline void beyond_unknown(struct scene *s)
{
    s->request.target = eg_target_by_name("esp32s3");
    s->request.flash = NULL;
    s->pieces[0] = (struct eg_guard_piece){.name = "other.bin", .flash_addr = 0x1000000, .size = 4};
    s->request.count = 1;
    s->request.job = true;
}
static inline void beyond_secure_download(struct scene *s)
{
    s->chip.info = (struct eg_chip_info){.secure_download = true};
    s->request.flash = NULL;
    s->pieces[OTHER].size = 1;
    s->request.count = 4;
}
static inline void beyond_flash(struct scene *s)
{
    s->pieces[OTHER].flash_addr = 0x3ff000;
    s->pieces[OTHER].size = 0x1001;
    s->request.count = 4;
}
static inline void declared_more(struct scene *s)
{
    s->request.declared_size = 8 << 20;
}
static inline void unknown_size(struct scene *s)
{
    s->flash.size = 0;
    s->request.job = true;
}
static inline void secure_download(struct scene *s)
{
    s->chip.info.secure_download = true;
    s->request.job = true;
}
static inline void erase(struct scene *s)
{
    s->request.action = EG_GUARD_ERASE;
    s->request.count = 1;
    s->pieces[0] = (struct eg_guard_piece){.flash_addr = 0x1000, .size = 0x1000};
    s->chip.info.flash_encryption = true;
}
/* A job erases a stretch, and writes all pieces but one. */
static inline void erase_and_write_without(struct scene *s, size_t piece, const struct eg_guard_piece *erased)
{
    for (size_t i = 0; i < 3; i++)
        if (i != piece)
            s->written[s->request.written_count++] = s->pieces[i];
    s->request.written = s->written;
    s->request.action = EG_GUARD_ERASE;
    s->request.count = 1;
    s->pieces[0] = *erased;
}
static inline void erased_bootloader(struct scene *s)
{
    erase_and_write_without(s, BOOT, &(struct eg_guard_piece){.name = "the whole flash", .size = 4 << 20});
}
static inline void erased_table(struct scene *s)
{
    erase_and_write_without(s, TABLE, &(struct eg_guard_piece){.name = "the whole flash", .size = 4 << 20});
}
static inline void erased_app(struct scene *s)
{
    erase_and_write_without(
        s, APP, &(struct eg_guard_piece){.name = "factory", .flash_addr = 0x10000, .size = 0x10000});
}
static inline void erase_inside_sector(struct scene *s)
{
    s->request.action = EG_GUARD_ERASE;
    s->request.count = 1;
    s->pieces[0] = (struct eg_guard_piece){.flash_addr = 0x1800, .size = 0x1000};
}
static inline void erase_half_sector(struct scene *s)
{
    erase_inside_sector(s);
    s->pieces[0] = (struct eg_guard_piece){.flash_addr = 0, .size = 100};
}
static inline void key_manager(struct scene *s)
{
    s->chip.info.key_manager = true;
}
static inline void secure_boot_v1(struct scene *s)
{
    s->chip.info.secure_boot = s->chip.info.secure_boot_v1 = true;
}
static inline void plain_off(struct scene *s)
{
    s->chip.info.flash_encryption = s->chip.info.manual_encrypt_off = true;
}
static inline void plain_hidden(struct scene *s)
{
    s->chip.info.flash_encryption = s->chip.info.secure_download = true;
}
static inline void plain(struct scene *s)
{
    s->chip.info.flash_encryption = true;
}
static inline void encrypted(struct scene *s)
{
    for (size_t i = 0; i < PIECES; i++)
        s->pieces[i].encrypted = true;
    s->chip.has_keys = s->chip.crypt_config_ok = s->chip.flash_key = true;
}
static inline void cannot_encrypt(struct scene *s)
{
    encrypted(s);
    s->request.target = eg_target_by_name("esp8266");
    set_image(s, 0, "esp8266", &(struct fake_image){0});
    s->request.count = 1;
}
static inline void rom_encrypts(struct scene *s)
{
    encrypted(s);
    s->chip.rom = true;
}
static inline void encrypt_off(struct scene *s)
{
    encrypted(s);
    s->chip.info.manual_encrypt_off = true;
}
static inline void encrypt_at(struct scene *s)
{
    encrypted(s);
    s->pieces[OTHER].flash_addr = 0x200004;
    s->pieces[OTHER].size = 4;
    s->request.count = 4;
}
static inline void crypt_config(struct scene *s)
{
    encrypted(s);
    s->chip.crypt_config_ok = false;
}
static inline void no_key(struct scene *s)
{
    encrypted(s);
    s->chip.flash_key = false;
}
static inline void elf(struct scene *s)
{
    set_bytes(s, OTHER,
              "\x7f"
              "ELF\1\1\1");
    s->pieces[OTHER].size = 100;
    s->request.count = 4;
}
static inline void lfs(struct scene *s)
{
    set_bytes(s, OTHER, "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
    s->request.count = 4;
}
static inline void web_page(struct scene *s)
{
    set_bytes(s, OTHER, "\n <!DOCTYPE html>\n");
    s->request.count = 4;
}
static inline void family(struct scene *s)
{
    s->pieces[APP].uf2_family_id = 0x1234;
}
static inline void other_chip(struct scene *s)
{
    set_image(s, APP, "esp32s3", &(struct fake_image){0});
}
static inline void other_chip_inside(struct scene *s)
{
    memset(s->bytes[OTHER], 0xff, ROOM);
    memcpy(s->bytes[OTHER] + 0x1000, s->bytes[BOOT], s->pieces[BOOT].size);
    s->bytes[OTHER][0x1000 + 12] = 9;
    s->pieces[0] = s->pieces[OTHER];
    s->pieces[0].flash_addr = 0;
    s->pieces[0].size = 0x2000;
    s->request.count = 1;
}
static inline void cut(struct scene *s)
{
    s->pieces[APP].size = 200;
}
static inline void wrong_sum(struct scene *s)
{
    s->bytes[APP][100] ^= 1;
}
static inline void too_new(struct scene *s)
{
    set_image(s, APP, "esp32", &(struct fake_image){.load_addr = 0x3f400020, .min_rev_full = 302});
}
static inline void too_old(struct scene *s)
{
    set_image(s, APP, "esp32", &(struct fake_image){.load_addr = 0x3f400020, .max_rev_full = 299});
}
static inline void signed_header(struct scene *s)
{
    sign(s, BOOT);
    s->request.settings.mode = 3;
}
static inline void changed_after_signing(struct scene *s)
{
    sign(s, APP);
    s->bytes[APP][0x800] ^= 1;
}
static inline void damaged_block(struct scene *s)
{
    sign(s, APP);
    s->bytes[APP][0x1000 + 40] ^= 1;
}
static inline void unsigned_image(struct scene *s)
{
    sign(s, BOOT);
    s->chip.info.secure_boot = true;
}
static inline void no_bootloader_image(struct scene *s)
{
    set_bytes(s, BOOT, "404: Not Found");
}
static inline void bootloader_elsewhere(struct scene *s)
{
    s->pieces[BOOT].flash_addr = 0x2000;
}
static inline void header_too_large(struct scene *s)
{
    s->bytes[BOOT][3] = 0x30;
    struct eg_error err;
    const size_t hashed = s->pieces[BOOT].size - EG_SHA256_SIZE;
    assert_ok(eg_sha256(s->bytes[BOOT] + hashed, s->bytes[BOOT], hashed, &err), err);
}
static inline void header_too_small(struct scene *s)
{
    static const struct eg_partition rows[] = {{"factory", EG_PARTITION_APP, 0, 0x10000, 0x10000, 0},
                                               {"big", EG_PARTITION_DATA, 0x82, 0x110000, 0x200000, 0}};
    set_table(s, rows, 2);
    s->bytes[BOOT][3] = 0x10;
    struct eg_error err;
    const size_t hashed = s->pieces[BOOT].size - EG_SHA256_SIZE;
    assert_ok(eg_sha256(s->bytes[BOOT] + hashed, s->bytes[BOOT], hashed, &err), err);
}
static inline void csv_table(struct scene *s)
{
    set_bytes(s, TABLE, "# Name, Type, SubType, Offset, Size\nnvs, data, nvs, 0x9000, 0x6000\n");
}
static inline void no_table_there(struct scene *s)
{
    set_bytes(s, TABLE, "<html>");
    s->pieces[TABLE].partition = NULL;
    s->bytes[TABLE][0] = 0;
}
static inline void damaged_table(struct scene *s)
{
    s->bytes[TABLE][4] ^= 1;
}
static inline void overlapping_table(struct scene *s)
{
    static const struct eg_partition rows[] = {{"nvs", EG_PARTITION_DATA, 2, 0x9000, 0x8000, 0},
                                               {"factory", EG_PARTITION_APP, 0, 0x10000, 0x10000, 0}};
    set_table(s, rows, 2);
}
static inline void table_elsewhere(struct scene *s)
{
    static const struct eg_partition rows[] = {{"table", EG_PARTITION_TABLE, 0, 0x9000, 0x1000, 0},
                                               {"factory", EG_PARTITION_APP, 0, 0x10000, 0x10000, 0}};
    set_table(s, rows, 2);
}
static inline void not_aligned(struct scene *s)
{
    static const struct eg_partition rows[] = {{"nvs", EG_PARTITION_DATA, 2, 0x9800, 0x1000, 0},
                                               {"factory", EG_PARTITION_APP, 0, 0x10000, 0x10000, 0}};
    set_table(s, rows, 2);
}
static inline void table_too_large(struct scene *s)
{
    static const struct eg_partition rows[] = {{"factory", EG_PARTITION_APP, 0, 0x10000, 0x10000, 0},
                                               {"big", EG_PARTITION_DATA, 0x82, 0x110000, 0xc00000, 0}};
    set_table(s, rows, 2);
}
static inline void no_application(struct scene *s)
{
    set_bytes(s, APP, "<!doctype html><title>404</title>");
    s->pieces[APP].partition = "factory";
    s->pieces[APP].room = 0x10000;
}
static inline void outside(struct scene *s)
{
    s->pieces[APP].flash_addr = 0x300000;
}
static inline void among_data(struct scene *s)
{
    s->pieces[APP].flash_addr = 0x9000;
}
static inline void app_too_large(struct scene *s)
{
    static const struct eg_partition rows[] = {{"factory", EG_PARTITION_APP, 0, 0x10000, 0x1000, 0}};
    set_table(s, rows, 1);
    set_image(s, APP, "esp32", &(struct fake_image){.load_addr = 0x3f400020, .size = 0x1500});
}
static inline void begins_inside(struct scene *s)
{
    s->pieces[OTHER].flash_addr = 0xa000;
    s->pieces[OTHER].size = 16;
    s->request.count = 4;
}
static inline void ends_inside(struct scene *s)
{
    s->pieces[OTHER].flash_addr = 0x9000;
    s->pieces[OTHER].size = 0x6004;
    s->request.count = 4;
}
static inline void without_bootloader(struct scene *s)
{
    s->pieces[BOOT] = s->pieces[APP];
    s->request.count = 1;
    s->request.job = true;
}
/* Let the job write only the application; the board has the rest. */
static inline void app_alone(struct scene *s)
{
    memset(s->bytes[TABLE] + s->pieces[TABLE].size, 0xff, ROOM - s->pieces[TABLE].size);
    s->board = (struct eg_guard_board){.table = s->bytes[TABLE], .table_addr = 0x8000};
    s->request.board = &s->board;
    s->pieces[0] = s->pieces[APP];
    s->request.count = 1;
    s->request.job = true;
}
static inline void board_without_bootloader(struct scene *s)
{
    app_alone(s);
    s->board.no_bootloader = true;
}
static inline void board_without_table(struct scene *s)
{
    app_alone(s);
    memset(s->bytes[TABLE], 0xff, ROOM);
}
static inline void board_with_damaged_table(struct scene *s)
{
    app_alone(s);
    s->bytes[TABLE][4] ^= 1;
}
static inline void outside_on_board(struct scene *s)
{
    app_alone(s);
    s->pieces[0].flash_addr = 0x300000;
}
static inline void too_large_on_board(struct scene *s)
{
    app_too_large(s);
    app_alone(s);
}
static inline void cuts_on_board(struct scene *s)
{
    app_alone(s);
    begins_inside(s);
    s->pieces[1] = s->pieces[OTHER];
    s->request.count = 2;
}
static inline void without_table(struct scene *s)
{
    s->pieces[TABLE] = s->pieces[APP];
    s->request.count = 2;
    s->request.job = true;
}

#endif
