/* SPDX-License-Identifier: Apache-2.0 */

/* ESP32. */

#include "targets/target.h"

/* `variant` is 1 when the APP CPU is disabled. */
static const struct eg_package packages[] = {
    {"ESP32-S0WDQ6", 0, -1, 1},
    {"ESP32-D0WDQ6-V3", 0, 3, -1},
    {"ESP32-D0WDQ6", 0, -1, -1},
    {"ESP32-S0WD", 1, -1, 1},
    {"ESP32-D0WD-V3", 1, 3, -1},
    {"ESP32-D0WD", 1, -1, -1},
    {"ESP32-D2WD", 2, -1, -1},
    {"ESP32-U4WDH", 4, -1, -1},
    {"ESP32-PICO-V3", 5, 3, -1},
    {"ESP32-PICO-D4", 5, -1, -1},
    {"ESP32-PICO-V3-02", 6, -1, -1},
    {"ESP32-D0WDR2-V3", 7, -1, -1},
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
    {0x00000000, 0x00010000, "PADDING"},
    {0x3f400000, 0x3f800000, "DROM"},
    {0x3f800000, 0x3fc00000, "EXTRAM_DATA"},
    {0x3ff80000, 0x3ff82000, "RTC_DRAM"},
    {0x3ff90000, 0x40000000, "BYTE_ACCESSIBLE"},
    {0x3ffae000, 0x40000000, "DRAM"},
    {0x3ffe0000, 0x3ffffffc, "DIRAM_DRAM"},
    {0x40000000, 0x40070000, "IROM"},
    {0x40070000, 0x40078000, "CACHE_PRO"},
    {0x40078000, 0x40080000, "CACHE_APP"},
    {0x40080000, 0x400a0000, "IRAM"},
    {0x400a0000, 0x400bfffc, "DIRAM_IRAM"},
    {0x400c0000, 0x400c2000, "RTC_IRAM"},
    {0x400d0000, 0x40400000, "IROM"},
    {0x50000000, 0x50002000, "RTC_DATA"},
    {0},
};

const struct eg_target eg_target_esp32 = {
    .name = "esp32",
    .label = "ESP32",
    .detect = EG_DETECT_MAGIC,
    .magic = 0x00f01d83,
    .image_chip_id = 0,
    .uf2_family_id = 0x1c5f21b0,
    .rom_commands = EG_ROM_HAS(0x02) | EG_ROM_HAS(0x03) | EG_ROM_HAS(0x04) | EG_ROM_HAS(0x05) |
                    EG_ROM_HAS(0x06) | EG_ROM_HAS(0x07) | EG_ROM_HAS(0x08) | EG_ROM_HAS(0x09) |
                    EG_ROM_HAS(0x0a) | EG_ROM_HAS(0x0b) | EG_ROM_HAS(0x0d) | EG_ROM_HAS(0x0e) |
                    EG_ROM_HAS(0x0f) | EG_ROM_HAS(0x10) | EG_ROM_HAS(0x11) | EG_ROM_HAS(0x12) |
                    EG_ROM_HAS(0x13),
    .rom_status_size = 4,
    .quirks = EG_QUIRK_EFUSE_PADS | EG_QUIRK_STUB_RESETS_RATE,
    .stub = "esp32",
    .bootloader_addr = 0x1000,
    .encrypted_align = 32,
    .flash_sizes = flash_sizes,
    .flash_freqs = flash_freqs,
    .memory = memory,
    .spi =
        {
            .base = 0x3ff42000,
            .cmd = 0x00,
            .addr = 0x04,
            .usr = 0x1c,
            .usr1 = 0x20,
            .usr2 = 0x24,
            .mosi_dlen = 0x28,
            .miso_dlen = 0x2c,
            .w0 = 0x80,
            .address_left_aligned = true,
        },
    .spi_pads =
        {
            {{{0x3ff5a014, 0, 0x1f, 0}}},
            {{{0x3ff5a014, 5, 0x1f, 0}}},
            {{{0x3ff5a014, 10, 0x1f, 0}}},
            {{{0x3ff5a00c, 4, 0x1f, 0}}},
            {{{0x3ff5a014, 15, 0x1f, 0}}},
        },
    .crystal = {.clkdiv_addr = 0x3ff40014, .clkdiv_mask = 0x000fffff, .divisor = 1},
    .rom_baud = EG_ROM_BAUD_RTC_CALIBRATION,
    .rtc_cali = {{{0x3ff5f06c, 7, 0x01ffffff, 0}}},
    .ck8m_freq = {{{0x3ff5a010, 0, 0xff, 0}}},
    .uart_date_addr = 0x60000078,
    .boot_log_baud = 115200,
    .mac_layout = EG_MAC_EFUSE,
    .mac_addr = 0x3ff5a004,
    .revision_rule = EG_REVISION_ESP32,
    .rev_major = {{{0x3ff5a00c, 15, 0x1, 0}, {0x3ff5a014, 20, 0x1, 1}, {0x3ff6607c, 31, 0x1, 2}}},
    .rev_minor = {{{0x3ff5a014, 24, 0x3, 0}}},
    .package = {{{0x3ff5a00c, 9, 0x7, 0}, {0x3ff5a00c, 2, 0x1, 3}}},
    .variant = {{{0x3ff5a00c, 0, 0x1, 0}}},
    .packages = packages,
    .package_unknown = "Unknown ESP32",
    .flash_crypt_count = {{{0x3ff5a000, 20, 0x7f, 0}}},
    .manual_encrypt_off = {{{0x3ff5a018, 7, 0x1, 0}}},
    .secure_boot_v1 = {{{0x3ff5a018, 4, 0x1, 0}}},
    .secure_boot_v2 = {{{0x3ff5a018, 5, 0x1, 0}}},
    .secure_boot_v2_from = 300,
};
