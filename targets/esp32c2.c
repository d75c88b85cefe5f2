/* SPDX-License-Identifier: Apache-2.0 */

/* ESP32-C2, sold as ESP8684 too. One key block for everything. */

#include "targets/target.h"

static const struct eg_rule packages[] = {
    {"ESP32-C2", {{EG_FIELD_PACKAGE, EG_VALUE(0)}}},
    {"ESP8684H", {{EG_FIELD_PACKAGE, EG_VALUE(1)}}},
    {0},
};

static const struct eg_rule features[] = {
    {"Wi-Fi", {{0}}},
    {"BT 5 (LE)", {{0}}},
    {"Single Core", {{0}}},
    {"120MHz", {{0}}},
    {"Embedded Flash 4MB", {{EG_FIELD_FLASH_CAP, EG_VALUE(1)}}},
    {"Embedded Flash 2MB", {{EG_FIELD_FLASH_CAP, EG_VALUE(2)}}},
    {"Embedded Flash 1MB", {{EG_FIELD_FLASH_CAP, EG_VALUE(3)}}},
    {"Unknown Embedded Flash",
     {{EG_FIELD_FLASH_CAP, ~(EG_VALUE(0) | EG_VALUE(1) | EG_VALUE(2) | EG_VALUE(3))}}},
    {" (XMC)", {{EG_FIELD_FLASH_VENDOR, EG_VALUE(1)}, {EG_FIELD_FLASH_CAP, ~EG_VALUE(0)}}},
    {" (GD)", {{EG_FIELD_FLASH_VENDOR, EG_VALUE(2)}, {EG_FIELD_FLASH_CAP, ~EG_VALUE(0)}}},
    {" (FM)", {{EG_FIELD_FLASH_VENDOR, EG_VALUE(3)}, {EG_FIELD_FLASH_CAP, ~EG_VALUE(0)}}},
    {" (TT)", {{EG_FIELD_FLASH_VENDOR, EG_VALUE(4)}, {EG_FIELD_FLASH_CAP, ~EG_VALUE(0)}}},
    {" (ZBIT)", {{EG_FIELD_FLASH_VENDOR, EG_VALUE(5)}, {EG_FIELD_FLASH_CAP, ~EG_VALUE(0)}}},
    {0},
};

static const struct eg_header_code flash_freqs[] = {
    {"60m", 0xf}, {"30m", 0x0}, {"20m", 0x1}, {"15m", 0x2}, {0},
};

static const struct eg_memory_range memory[] = {
    {0x00000000, 0x00010000, "PADDING"},
    {0x3c000000, 0x3c400000, "DROM"},
    {0x3fca0000, 0x3fce0000, "DRAM"},
    {0x3fc88000, 0x3fd00000, "BYTE_ACCESSIBLE"},
    {0x3ff00000, 0x3ff50000, "DROM_MASK"},
    {0x40000000, 0x40090000, "IROM_MASK"},
    {0x42000000, 0x42400000, "IROM"},
    {0x4037c000, 0x403c0000, "IRAM"},
    {0},
};

static const uint32_t mmu_page_sizes[] = {0x04000, 0x08000, 0x10000, 0};

static const struct eg_mistaken_crystal mistaken[] = {{26, 40}, {0}};

static const struct eg_register_write watchdog_reset[] = {
    {0x6000809c, 0x50d83aa1, 0, 0, 0},
    {0x60008088, 0x000007d0, 0, 0, 0},
    {0x60008084, 0xd0000102, 0, 0, 0},
    {0x6000809c, 0x00000000, 0, 0, 0},
    {0},
};

static const struct eg_field fields[EG_FIELD_COUNT] = {
    [EG_FIELD_PACKAGE] = {{{0x60008844, 22, 0x7, 0}}},
    [EG_FIELD_FLASH_CAP] = {{{0x6000885c, 29, 0x7, 0}}},
    [EG_FIELD_FLASH_VENDOR] = {{{0x6000885c, 24, 0x7, 0}}},
    [EG_FIELD_REV_MAJOR] = {{{0x60008844, 20, 0x3, 0}}},
    [EG_FIELD_REV_MINOR] = {{{0x60008844, 16, 0xf, 0}}},
    [EG_FIELD_FLASH_CRYPT_COUNT] = {{{0x60008830, 7, 0x7, 0}}},
    [EG_FIELD_MANUAL_ENCRYPT_OFF] = {{{0x60008830, 6, 0x1, 0}}},
    [EG_FIELD_KEY_HIDDEN] = {{{0x60008830, 0, 0x3, 0}}},
    [EG_FIELD_KEY_256] = {{{0x60008830, 10, 0x1, 0}}},
    [EG_FIELD_SECURE_BOOT_V2] = {{{0x60008830, 21, 0x1, 0}}},
};

const struct eg_target eg_target_esp32c2 = {
    .name = "esp32c2",
    .label = "ESP32-C2",
    .detect = EG_DETECT_CHIP_ID,
    .chip_id = 12,
    .image_chip_id = 12,
    .uf2_family_id = 0x2b88d29c,
    .rom_commands = EG_ROM_SECURE,
    .rom_status_size = 4,
    .quirks = EG_QUIRK_ENCRYPT_WORD | EG_QUIRK_SECURE_RATE_KEPT,
    .stub = "esp32c2",
    .stub_from = 1, /* v0.0 runs none */
    .bootloader_addr = 0x0,
    .encrypted_align = 16,
    .flash_sizes = eg_flash_sizes,
    .flash_freqs = flash_freqs,
    .memory = memory,
    .irom = {0x42000000, 0x42400000},
    .drom = {0x3c000000, 0x3c400000},
    .mmu_page_sizes = mmu_page_sizes,
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
            .clock = 0x14, /* by ESP-IDF's register header; not tried on the chip */
            .clock_of_rom = EG_SPI_CLOCK_RESET,
            .clock_fast = EG_SPI_CLOCK_HALF,
        },
    .spi_pins = {{0, 20}},
    .spi_hd_max = 20,
    .crystal = {.clkdiv_addr = 0x60000014, .clkdiv_mask = 0x000fffff, .divisor = 1, .mistaken = mistaken},
    .rom_baud = EG_ROM_BAUD_CRYSTAL_RATIO,
    .uart_date_addr = 0x6000007c,
    .boot_log_baud = 115200,
    .field = fields,
    .mac_layout = EG_MAC_EFUSE,
    .mac_addr = 0x60008840,
    .revision_rule = EG_REVISION_FIELDS,
    .packages = packages,
    .package_unknown = "Unknown ESP32-C2",
    .features = features,
    .key_rule = EG_KEY_WORDS,
    .key_block = {0x60008860, 4},
    .watchdog_reset = watchdog_reset,
};
