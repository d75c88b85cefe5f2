/* SPDX-License-Identifier: Apache-2.0 */

/* The rows of the guard's tests: each scene with its rule, code, piece and sentence. */

#ifndef TESTS_ENGINE_GUARD_ROWS_H
#define TESTS_ENGINE_GUARD_ROWS_H

#include "tests/engine/guard/scene.h"

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
    {"erased-start", erased_bootloader, EG_BAD_JOB, 0,
     "erasing the whole flash takes away the bootloader at 0x00001000, and the job brings none: the ESP32 "
     "would "
     "not start"},
    {"erased-start", erased_table, EG_BAD_JOB, 0,
     "erasing the whole flash takes away the partition table at 0x00008000, and the job brings none: the "
     "bootloader would find no application"},
    {"erased-start", erased_app, EG_BAD_JOB, 0,
     "erasing factory takes away the application in partition factory, and the job brings none"},
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
    {"app-partition", outside_on_board, EG_BAD_JOB, 0,
     "app.bin is an application and goes to 0x00300000, where the board's partition table has no partition"},
    {"app-partition", too_large_on_board, EG_BAD_JOB, 0,
     "app.bin has 5424 bytes, partition factory has room for 4096"},
    {"partition-cut", cuts_on_board, EG_BAD_JOB, 1,
     "other.bin at 0x0000a000 begins inside partition nvs, which takes 0x00009000 to 0x0000f000"},
    {"board-bootloader", board_without_bootloader, EG_NOT_ACCEPTED, 9,
     "neither the job nor the board has a bootloader at 0x00001000: the ESP32 would not start"},
    {"no-bootloader", without_bootloader, EG_BAD_JOB, 9,
     "nothing goes to 0x00001000, where the ESP32 starts its bootloader: a blank board will not start"},
};

static const struct row table_rows[] = {
    {"table-image", csv_table, EG_BAD_IMAGE, TABLE,
     "table.bin is a partition table as CSV text, the flash holds a binary one; 'espgang partition-table' "
     "makes it"},
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
    {"board-table", board_without_table, EG_NOT_ACCEPTED, 9,
     "neither the job nor the board has a partition table: the bootloader would find no application"},
    {"board-table", board_with_damaged_table, EG_NOT_ACCEPTED, 9, NULL},
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

/* The first finding of the rule. */
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

/* Check that each rule refuses, or warns the user of one board, with its code and sentence. */
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
        if (rule->weight == EG_GUARD_REFUSES || (rule->weight == EG_GUARD_WARNS && scene->request.job)) {
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

/* Check that a warning for the user of one board is a refusal in a job that does not allow it. */
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
            continue; /* in a job an earlier rule refuses */
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
        } else if (allowed != EG_OK) { /* one mistake may break two rules */
            assert_string_not_equal(found.rule->name, rows[i].rule);
        } else {
            assert_true(heard.count > 0 && heard.allowed);
        }
    }
}

#endif
