/* SPDX-License-Identifier: Apache-2.0 */

/* ESP32-C3 and its smaller packages, ESP8685 and ESP8686. */

#include "targets/target.h"

static const struct eg_package packages[] = {
    {"ESP32-C3 (QFN32)", 0, -1, -1},
    {"ESP8685 (QFN28)", 1, -1, -1},
    {"ESP32-C3 AZ (QFN32)", 2, -1, -1},
    {"ESP8686 (QFN24)", 3, -1, -1},
    {0},
};

static const struct eg_header_code flash_sizes[] = {
    {"1MB", 0x00},  {"2MB", 0x10},  {"4MB", 0x20},   {"8MB", 0x30}, {"16MB", 0x40},
    {"32MB", 0x50}, {"64MB", 0x60}, {"128MB", 0x70}, {0},
};

static const struct eg_header_code flash_freqs[] = {
    {"80m", 0xf}, {"40m", 0x0}, {"26m", 0x1}, {"20m", 0x2}, {0},
};

static const struct eg_memory_range memory[] = {
    {0x00000000, 0x00010000, "PADDING"},       {0x3c000000, 0x3c800000, "DROM"},
    {0x3fc80000, 0x3fce0000, "DRAM"},          {0x3fc88000, 0x3fd00000, "BYTE_ACCESSIBLE"},
    {0x3ff00000, 0x3ff20000, "DROM_MASK"},     {0x40000000, 0x40060000, "IROM_MASK"},
    {0x42000000, 0x42800000, "IROM"},          {0x4037c000, 0x403e0000, "IRAM"},
    {0x50000000, 0x50002000, "RTC_IRAM"},      {0x50000000, 0x50002000, "RTC_DRAM"},
    {0x600fe000, 0x60100000, "MEM_INTERNAL2"}, {0},
};

/* The RTC watchdog off, then the super watchdog to feeding itself; each behind its write protection. */
static const struct eg_register_write watchdogs_off[] = {
    {0x600080a8, 0x50d83aa1, 0},
    {0x60008090, 0x00000000, 0},
    {0x600080a8, 0x00000000, 0},
    {0x600080b0, 0x8f1d312a, 0},
    {0x600080ac, 0x00000000, 0x80000000},
    {0x600080b0, 0x00000000, 0},
    {0},
};

static const struct eg_register_write watchdog_reset[] = {
    {0x600080a8, 0x50d83aa1, 0},
    {0x60008094, 0x000007d0, 0},
    {0x60008090, 0xd0000102, 0},
    {0x600080a8, 0x00000000, 0},
    {0},
};

const struct eg_target eg_target_esp32c3 = {
    .name = "esp32c3",
    .label = "ESP32-C3",
    .detect = EG_DETECT_CHIP_ID,
    .chip_id = 5,
    .image_chip_id = 5,
    .uf2_family_id = 0xd42ba06c,
    .rom_commands = EG_ROM_HAS(0x02) | EG_ROM_HAS(0x03) | EG_ROM_HAS(0x04) | EG_ROM_HAS(0x05) |
                    EG_ROM_HAS(0x06) | EG_ROM_HAS(0x07) | EG_ROM_HAS(0x08) | EG_ROM_HAS(0x09) |
                    EG_ROM_HAS(0x0a) | EG_ROM_HAS(0x0b) | EG_ROM_HAS(0x0d) | EG_ROM_HAS(0x0e) |
                    EG_ROM_HAS(0x0f) | EG_ROM_HAS(0x10) | EG_ROM_HAS(0x11) | EG_ROM_HAS(0x12) |
                    EG_ROM_HAS(0x13) | EG_ROM_HAS(0x14),
    .rom_status_size = 4,
    .quirks = EG_QUIRK_ENCRYPT_WORD | EG_QUIRK_SECURE_BOOT_NO_STUB | EG_QUIRK_USB_WATCHDOGS |
              EG_QUIRK_LEGACY_REV_IS_MINOR,
    .stub = "esp32c3",
    .bootloader_addr = 0x0,
    .encrypted_align = 16,
    .flash_sizes = flash_sizes,
    .flash_freqs = flash_freqs,
    .memory = memory,
    .spi =
        {
            .base = 0x60002000,
            .cmd = 0x00,
            .addr = 0x04,
            .usr = 0x18,
            .usr1 = 0x1c,
            .usr2 = 0x20,
            .mosi_dlen = 0x24,
            .miso_dlen = 0x28,
            .w0 = 0x58,
        },
    .crystal = {.fixed_mhz = 40},
    .rom_baud = EG_ROM_BAUD_PLAIN,
    .uart_date_addr = 0x6000007c,
    .boot_log_baud = 115200,
    .mac_layout = EG_MAC_EFUSE,
    .mac_addr = 0x60008844,
    .revision_rule = EG_REVISION_FIELDS,
    .rev_major = {{{0x60008858, 24, 0x3, 0}}},
    .rev_minor = {{{0x60008850, 18, 0x7, 0}, {0x60008858, 23, 0x1, 3}}},
    .package = {{{0x60008850, 21, 0x7, 0}}},
    .packages = packages,
    .package_unknown = "Unknown ESP32-C3",
    .flash_crypt_count = {{{0x60008834, 18, 0x7, 0}}},
    .manual_encrypt_off = {{{0x60008830, 20, 0x1, 0}}},
    .secure_boot_v2 = {{{0x60008838, 20, 0x1, 0}}},
    .key_block_count = 6,
    .watchdogs_off = watchdogs_off,
    .watchdog_reset = watchdog_reset,
};
