/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A row for each thing that can be wrong: an ESP32 unless said otherwise, with a bootloader at 0x1000, a
 * table at 0x8000 and an application at 0x10000 that are right, and one thing that is not. The rows are
 * grouped by the file of the check.
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

/* What a row changes. */
struct scene {
    uint8_t bytes[PIECES][ROOM];
    struct eg_guard_piece pieces[PIECES];
    struct eg_guard_request request;
    struct eg_guard_chip chip;
    struct eg_flash_info flash;
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

/* A flash that says it has 4 MB, as the header of the bootloader does. */
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

/* A signature sector of secure boot v2, whose signature nobody here verifies. */
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

/* ---- What is wrong ---- */

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
static inline void without_table(struct scene *s)
{
    s->pieces[TABLE] = s->pieces[APP];
    s->request.count = 2;
    s->request.job = true;
}

/* ---- What is said of it ---- */

struct row {
    const char *rule;
    void (*change)(struct scene *scene);
    enum eg_code code;
    size_t piece; /* at fault; 9 = none */
    const char *text;
};

static const struct row extent_rows[] = {
    {"named-partition", named_too_large, EG_BAD_ARGUMENT, APP,
     "app.bin has 368 bytes, partition phy_init has room for 100"},
    {"named-partition", range_too_large, EG_BAD_ARGUMENT, 0,
     "8192 bytes (0x2000) are more than the 4096 that partition nvs has"},
    {"shared-sector", shared, EG_BAD_ARGUMENT, TABLE,
     "table.bin at 0x00001800 shares a sector with boot.bin, which takes 0x00001000 to 0x000010b0"},
    {"shared-sector", shared_with_unit, EG_BAD_ARGUMENT, OTHER,
     "unit at 0x00010000 shares a sector with app.bin, which takes 0x00010000 to 0x00010170"},
    {"sector-begin", inside_sector, EG_BAD_ARGUMENT, OTHER,
     "other.bin at 0x00200010 begins inside a sector, not at a multiple of 4096 (0x1000): 0x10 bytes before "
     "it are erased"},
    {"erase-align", erase_inside_sector, EG_BAD_ARGUMENT, 0,
     "erasing 0x1000 bytes at 0x00001800: both must be multiples of 0x1000"},
    {"erase-align", erase_half_sector, EG_BAD_ARGUMENT, 0,
     "erasing 0x64 bytes at 0x00000000: both must be multiples of 0x1000"},
    {"loader-reach", far, EG_FLASH_TOO_SMALL, OTHER,
     "other.bin: 0x00fff000 to 0x01000004 goes beyond the 16 MB that the stub of ESP32 reaches"},
    {"loader-reach", far_for_the_rom, EG_FLASH_TOO_SMALL, 0,
     "other.bin: 0x00fff000 to 0x01000004 goes beyond the 16 MB that the ROM of ESP32-S3 reaches"},
    {"declared-end", beyond_declared, EG_FLASH_TOO_SMALL, OTHER,
     "other.bin: 0x00200000 to 0x00200004 goes beyond the given flash size of 2 MB, 0x00200000"},
    {"declared-end", beyond_unknown, EG_FLASH_TOO_SMALL, 0,
     "other.bin: 0x01000000 to 0x01000004 goes beyond the 16 MB, 0x01000000, that a flash is taken for "
     "without a given size"},
    {"declared-end", beyond_secure_download, EG_FLASH_TOO_SMALL, OTHER,
     "other.bin: 0x00200000 to 0x00200004 goes beyond the 2 MB, 0x00200000, that a flash is taken for in "
     "secure download mode unless its size is given"},
    {"flash-end", beyond_flash, EG_FLASH_TOO_SMALL, OTHER,
     "other.bin: 0x003ff000 to 0x00400004 goes beyond the end of the flash at 0x00400000"},
    {"declared-flash", declared_more, EG_FLASH_TOO_SMALL, 9,
     "the flash has 4 MB, the given flash size is 8 MB"},
    {"flash-size", unknown_size, EG_FLASH_TOO_SMALL, 9,
     "flash id c84016 does not tell a size and none is given"},
};

static const struct row secure_rows[] = {
    {"secure-download", secure_download, EG_SECURED, 9,
     "the chip is in secure download mode: its MAC cannot be read and what is written cannot be verified"},
    {"secured-erase", erase, EG_SECURED, 9, "erasing would take away what flash encryption needs to start"},
    {"key-manager", key_manager, EG_SECURED, BOOT,
     "boot.bin at 0x00001000 would overwrite the key manager's data below 0x00002000, which flash encryption "
     "needs"},
    {"secure-boot-v1", secure_boot_v1, EG_SECURED, BOOT,
     "secure boot is on and boot.bin at 0x00001000 would overwrite the bootloader it trusts"},
    {"plain-unreadable", plain_off, EG_SECURED, BOOT,
     "boot.bin is plain, flash encryption is on, and the loader may no longer encrypt: the chip could not "
     "run it"},
    {"plain-unreadable", plain_hidden, EG_SECURED, BOOT,
     "boot.bin is plain, and flash encryption is on: in secure download mode nothing tells whether the chip "
     "could run it"},
    {"plain-on-encrypted", plain, EG_SECURED, BOOT,
     "flash encryption is on and boot.bin is written plain: the chip runs it only if it was encrypted "
     "before"},
    {"no-encryption", cannot_encrypt, EG_SECURED, 0,
     "boot.bin cannot be encrypted: ESP8266 encrypts no flash"},
    {"rom-encryption", rom_encrypts, EG_UNSUPPORTED, BOOT,
     "boot.bin cannot be encrypted: the ROM of ESP32 cannot, its stub can"},
    {"encryption-off", encrypt_off, EG_SECURED, BOOT,
     "boot.bin cannot be encrypted: on this ESP32 the loader may no longer encrypt"},
    {"encryption-align", encrypt_at, EG_BAD_ARGUMENT, OTHER,
     "other.bin at 0x00200004: encrypted data begins at a multiple of 32"},
    {"crypt-config", crypt_config, EG_SECURED, BOOT,
     "boot.bin cannot be encrypted: FLASH_CRYPT_CONFIG of this ESP32 is not 0xf"},
    {"flash-key", no_key, EG_SECURED, BOOT,
     "boot.bin cannot be encrypted: this ESP32 has no key for its flash"},
};

static const struct row chip_rows[] = {
    {"elf", elf, EG_BAD_IMAGE, OTHER,
     "other.bin is an ELF file; a chip runs the image that elf2image makes of it"},
    {"uf2-family", family, EG_BAD_IMAGE, APP,
     "app.bin is for chips of family 0x00001234, ESP32 has 0x1c5f21b0"},
    {"image-chip", other_chip, EG_BAD_IMAGE, APP, "app.bin is an image for ESP32-S3, not for ESP32"},
    {"image-chip", other_chip_inside, EG_BAD_IMAGE, 0,
     "other.bin at 0x00001000 is an image for ESP32-S3, not for ESP32"},
    {"image-damage", cut, EG_BAD_IMAGE, APP,
     "app.bin is a damaged image: segment 1 of 1 at offset 0x18 has 300 bytes, beyond the end at 0xc8"},
    {"image-sums", wrong_sum, EG_BAD_IMAGE, APP, NULL},
    {"image-revision", too_new, EG_WRONG_REVISION, APP,
     "app.bin needs revision v3.2 or later, the chip is v3.1"},
    {"image-revision", too_old, EG_WRONG_REVISION, APP,
     "app.bin runs up to revision v2.99, the chip is v3.1"},
};

static const struct row signed_rows[] = {
    {"signed-header", signed_header, EG_BAD_ARGUMENT, BOOT,
     "boot.bin is signed: the given flash mode, frequency or size would change its header, and the signature "
     "would no longer fit"},
    {"signature", changed_after_signing, EG_BAD_IMAGE, APP,
     "app.bin was changed after it was signed: its SHA-256 is not that of the signature block at offset "
     "0x1000"},
    {"signature", damaged_block, EG_BAD_IMAGE, APP, NULL},
    {"unsigned-image", unsigned_image, EG_SECURED, APP,
     "secure boot is on and app.bin is not signed: the chip would not start it"},
};

static const struct row layout_rows[] = {
    {"empty-file", empty, EG_BAD_IMAGE, OTHER, "other.bin is empty: there is nothing to write"},
    {"placeholder", lfs, EG_BAD_IMAGE, OTHER,
     "other.bin is a Git LFS pointer, not the file itself; 'git lfs pull' fetches that"},
    {"placeholder", web_page, EG_BAD_IMAGE, OTHER,
     "other.bin is a web page, not firmware; the download went wrong"},
    {"bootloader-image", no_bootloader_image, EG_BAD_IMAGE, BOOT,
     "boot.bin is text, not an image, and goes to 0x00001000, where the ESP32 starts its bootloader"},
    {"bootloader-place", bootloader_elsewhere, EG_BAD_JOB, BOOT,
     "boot.bin at 0x00002000 is a bootloader, but the ESP32 starts its bootloader at 0x00001000"},
    {"header-flash", header_too_large, EG_FLASH_TOO_SMALL, BOOT,
     "the header of boot.bin tells of a flash of 8 MB, the flash has 4 MB: the application would not start"},
    {"app-image", no_application, EG_BAD_IMAGE, APP,
     "app.bin is a web page, not an image, and goes to partition factory, which holds an application"},
    {"app-partition", outside, EG_BAD_JOB, APP,
     "app.bin is an application and goes to 0x00300000, where the partition table has no partition"},
    {"app-partition", among_data, EG_BAD_JOB, APP,
     "app.bin is an application and goes to 0x00009000, in partition nvs, which holds none"},
    {"app-partition", app_too_large, EG_BAD_JOB, APP,
     "app.bin has 5424 bytes, partition factory has room for 4096"},
    {"partition-cut", begins_inside, EG_BAD_JOB, OTHER,
     "other.bin at 0x0000a000 begins inside partition nvs, which takes 0x00009000 to 0x0000f000"},
    {"partition-cut", ends_inside, EG_BAD_JOB, OTHER,
     "other.bin at 0x00009000 has 24580 bytes and ends inside partition phy_init, which takes 0x0000f000 to "
     "0x00010000"},
    {"no-bootloader", without_bootloader, EG_BAD_JOB, 9,
     "nothing goes to 0x00001000, where the ESP32 starts its bootloader: a blank board will not start"},
};

static const struct row table_rows[] = {
    {"table-image", csv_table, EG_BAD_IMAGE, TABLE,
     "table.bin is a partition table as CSV text, the flash holds a binary one; gen_esp32part makes it"},
    {"table-image", no_table_there, EG_BAD_IMAGE, TABLE,
     "table.bin is something else, not a partition table, which belongs at 0x00008000"},
    {"table-damage", damaged_table, EG_BAD_IMAGE, TABLE, NULL},
    {"table-damage", overlapping_table, EG_BAD_IMAGE, TABLE,
     "table.bin: partition factory of 0x10000 bytes at 0x00010000 overlaps nvs of 0x8000 at 0x00009000"},
    {"table-place", table_elsewhere, EG_BAD_JOB, TABLE,
     "table.bin at 0x00008000 is a partition table that the bootloader looks for at 0x00009000"},
    {"table-layout", not_aligned, EG_BAD_IMAGE, TABLE,
     "table.bin: partition nvs at 0x00009800 is not aligned to 0x1000"},
    {"table-flash", table_too_large, EG_FLASH_TOO_SMALL, TABLE,
     "table.bin: partition big ends at 0x00d10000, beyond the flash, 4 MB (0x00400000)"},
    {"table-header", header_too_small, EG_FLASH_TOO_SMALL, TABLE,
     "table.bin: partition big ends at 0x00310000, beyond the flash size in the bootloader's header, 2 MB "
     "(0x00200000)"},
    {"no-table", without_table, EG_BAD_JOB, 9,
     "there is no partition table among the files: on a blank board the bootloader finds no application"},
};

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static const struct section {
    const struct row *rows;
    size_t count;
} sections[] = {
    {extent_rows, COUNT(extent_rows)}, {secure_rows, COUNT(secure_rows)}, {chip_rows, COUNT(chip_rows)},
    {signed_rows, COUNT(signed_rows)}, {layout_rows, COUNT(layout_rows)}, {table_rows, COUNT(table_rows)},
};

/* What was said: the rule's finding is kept. */
struct heard {
    const char *rule;
    char text[480];
    size_t piece;
    bool allowed;
    unsigned count;
};

static inline void hear(void *context, const struct eg_guard_finding *finding)
{
    struct heard *const heard = context;

    if (strcmp(finding->rule->name, heard->rule) != 0)
        return;
    if (heard->count++ > 0)
        return;
    snprintf(heard->text, sizeof heard->text, "%s", finding->text);
    heard->piece = finding->piece;
    heard->allowed = finding->allowed;
}

static inline void assert_said(const struct row *row, const char *text, size_t piece, size_t count)
{
    if (row->text != NULL && strcmp(text, row->text) != 0)
        fail_msg("%s said \"%s\" instead of \"%s\"", row->rule, text, row->text);
    assert_int_equal(piece, row->piece == 9 ? count : row->piece);
}

/* Each rule refuses, or warns the user of one board, with its code and its sentence. */
static inline void assert_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        EG_CLEANUP(scene_cleanup) struct scene *scene = right();
        const struct eg_guard_rule *const rule = eg_guard_rule_by_name(rows[i].rule);
        struct heard heard = {.rule = rows[i].rule};
        struct eg_guard_finding found;
        struct eg_error err;

        print_message("%s\n", rows[i].rule);
        assert_non_null(rule);
        scene->request.say = hear;
        scene->request.context = &heard;
        rows[i].change(scene);
        scene->request.job = scene->request.job || rule->job_only;
        if (rule->weight == EG_GUARD_REFUSES) {
            assert_int_equal(eg_guard_ask(&scene->request, &found, &err), rows[i].code);
            assert_string_equal(found.rule->name, rows[i].rule);
            assert_said(&rows[i], err.text, found.piece, scene->request.count);
        } else {
            assert_ok(eg_guard_ask(&scene->request, &found, &err), err);
            assert_int_not_equal(heard.count, 0);
            assert_false(heard.allowed);
            assert_said(&rows[i], heard.text, heard.piece, scene->request.count);
        }
    }
}

/* What warns the user of one board refuses in a job that does not allow it. */
static inline void assert_rows_of_jobs(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        EG_CLEANUP(scene_cleanup) struct scene *scene = right();
        const struct eg_guard_rule *const rule = eg_guard_rule_by_name(rows[i].rule);
        struct heard heard = {.rule = rows[i].rule};
        struct eg_guard_finding found = {.rule = rule};
        struct eg_error err;

        if ((rule->actions & EG_GUARD_ON(EG_GUARD_WRITE)) == 0 || rule->one_board_only)
            continue;
        rows[i].change(scene);
        if (scene->request.action != EG_GUARD_WRITE ||
            (scene->chip.info.secure_download && !rule->job_only) ||
            strcmp(rows[i].rule, "encryption-align") == 0)
            continue; /* in a job a rule before it refuses */
        print_message("%s\n", rows[i].rule);
        scene->request.job = true;
        scene->request.say = hear;
        scene->request.context = &heard;
        const enum eg_code code = eg_guard_ask(&scene->request, &found, &err);
        assert_int_equal(code, rule->weight == EG_GUARD_MENTIONS ? EG_OK : rows[i].code);
        if (code != EG_OK)
            assert_string_equal(found.rule->name, rows[i].rule);

        heard.count = 0;
        scene->request.allowed = eg_guard_bit(rule);
        const enum eg_code allowed = eg_guard_ask(&scene->request, &found, &err);
        if ((rule->waiver & EG_GUARD_ALLOW) == 0) {
            assert_int_equal(allowed, rows[i].code);
        } else if (allowed != EG_OK) { /* one wrong thing may break two rules */
            assert_string_not_equal(found.rule->name, rows[i].rule);
        } else {
            assert_true(heard.count > 0 && heard.allowed);
        }
    }
}

#endif
