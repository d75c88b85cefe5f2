/* SPDX-License-Identifier: Apache-2.0 */

/* ESP32-H4. */

#include "targets/target.h"

static const struct eg_rule packages[] = {
    {"ESP32-H4 (QFN40)", {{EG_FIELD_PACKAGE, EG_VALUE(0)}}},
    {0},
};

static const struct eg_rule features[] = {
    {"BT 5 (LE)", {{0}}}, {"IEEE802.15.4", {{0}}}, {"Dual Core", {{0}}}, {"96MHz", {{0}}}, {0},
};

static const struct eg_header_code flash_freqs[] = {
    {"48m", 0xf}, {"24m", 0x0}, {"16m", 0x1}, {"12m", 0x2}, {0},
};

static const struct eg_memory_range memory[] = {
    {0x00000000, 0x00010000, "PADDING"},       {0x42000000, 0x44000000, "DROM"},
    {0x40810000, 0x40860000, "DRAM"},          {0x40810000, 0x40860000, "BYTE_ACCESSIBLE"},
    {0x40000000, 0x40050000, "DROM_MASK"},     {0x40000000, 0x40050000, "IROM_MASK"},
    {0x42000000, 0x44000000, "IROM"},          {0x40810000, 0x40860000, "IRAM"},
    {0x50000000, 0x50004000, "RTC_IRAM"},      {0x50000000, 0x50004000, "RTC_DRAM"},
    {0x60000000, 0x60100000, "MEM_INTERNAL2"}, {0},
};

static const uint32_t mmu_page_sizes[] = {0x02000, 0x04000, 0x08000, 0x10000, 0};

static const struct eg_numbered key_purposes[] = {
    {0, "USER/EMPTY"},
    {1, "ECDSA_KEY"},
    {2, "XTS_AES_256_KEY_FLASH_1"},
    {3, "XTS_AES_256_KEY_FLASH_2"},
    {4, "XTS_AES_128_KEY"},
    {5, "HMAC_DOWN_ALL"},
    {6, "HMAC_DOWN_JTAG"},
    {7, "HMAC_DOWN_DIGITAL_SIGNATURE"},
    {8, "HMAC_UP"},
    {9, "SECURE_BOOT_DIGEST0"},
    {10, "SECURE_BOOT_DIGEST1"},
    {11, "SECURE_BOOT_DIGEST2"},
    {12, "KM_INIT_KEY"},
    {13, "XTS_AES_256_KEY_PSRAM_1"},
    {14, "XTS_AES_256_KEY_PSRAM_2"},
    {15, "XTS_AES_128_KEY_PSRAM"},
    {16, "ECDSA_KEY_P192"},
    {17, "ECDSA_KEY_P384_L"},
    {18, "ECDSA_KEY_P384_H"},
    {0},
};

/* Disable the RTC watchdog, then let the super watchdog feed itself; each after removing its write
 * protection. */
static const struct eg_register_write watchdogs_off[] = {
    {0x60090064, 0x50d83aa1, 0, 0, 0},
    {0x60090048, 0x00000000, 0, 0, 0},
    {0x60090064, 0x00000000, 0, 0, 0},
    {0x600b5420, 0x50d83aa1, 0, 0, 0},
    {0x600b541c, 0, 0x00040000, 0, 0},
    {0x600b5420, 0x00000000, 0, 0, 0},
    {0},
};

static const struct eg_field fields[EG_FIELD_COUNT] = {
    [EG_FIELD_PACKAGE] = {{{0x600b1854, 12, 0x7, 0}}},
    [EG_FIELD_REV_MAJOR] = {{{0x600b1850, 22, 0x3, 0}}},
    [EG_FIELD_REV_MINOR] = {{{0x600b1850, 18, 0xf, 0}}},
    [EG_FIELD_FLASH_CRYPT_COUNT] = {{{0x600b1830, 23, 0x7, 0}}},
    [EG_FIELD_MANUAL_ENCRYPT_OFF] = {{{0x600b1830, 14, 0x1, 0}}},
    [EG_FIELD_KEY_MANAGER] = {{{0x600b1838, 19, 0x2, 0}}},
    [EG_FIELD_KEY_PURPOSE] = {{{0x600b1834, 0, 0x1f, 0}}},
    [EG_FIELD_KEY_PURPOSE + 1] = {{{0x600b1834, 5, 0x1f, 0}}},
    [EG_FIELD_KEY_PURPOSE + 2] = {{{0x600b1834, 10, 0x1f, 0}}},
    [EG_FIELD_KEY_PURPOSE + 3] = {{{0x600b1834, 15, 0x1f, 0}}},
    [EG_FIELD_KEY_PURPOSE + 4] = {{{0x600b1834, 20, 0x1f, 0}}},
    [EG_FIELD_KEY_PURPOSE + 5] = {{{0x600b1834, 25, 0x1f, 0}}},
    [EG_FIELD_SECURE_BOOT_V2] = {{{0x600b1838, 5, 0x1, 0}}},
};

const struct eg_target eg_target_esp32h4 = {
    .name = "esp32h4",
    .label = "ESP32-H4",
    .detect = EG_DETECT_CHIP_ID,
    .chip_id = 28,
    .image_chip_id = 28,
    .uf2_family_id = 0x9e0baa8a,
    .rom_commands = EG_ROM_SECURE,
    .rom_status_size = 4,
    .quirks = EG_QUIRK_ENCRYPT_WORD | EG_QUIRK_USB_WATCHDOGS | EG_QUIRK_MAC_EXTENSION,
    .stub = "esp32h4",
    .bootloader_addr = 0x2000,
    .encrypted_align = 16,
    .flash_sizes = eg_flash_sizes,
    .flash_freqs = flash_freqs,
    .memory = memory,
    .irom = {0x42000000, 0x42800000},
    .drom = {0x42800000, 0x43000000},
    .mmu_page_sizes = mmu_page_sizes,
    .spi =
        {
            .base = 0x60099000,
            .cmd = 0x00,
            .addr = 0x04,
            .usr = 0x18,
            .usr1 = 0x1c,
            .usr2 = 0x20,
            .mosi_dlen = 0x24,
            .miso_dlen = 0x28,
            .w0 = 0x58,
        },
    .spi_pins = {{0, 39}},
    .spi_hd_max = 39,
    .usb_pins = {13, 14},
    .usb_serial_jtag = true,
    .crystal = {.fixed_mhz = 32},
    .rom_baud = EG_ROM_BAUD_PLAIN,
    .uart_date_addr = 0x6001207c,
    .boot_log_baud = 115200,
    .field = fields,
    .mac_layout = EG_MAC_EFUSE,
    .mac_addr = 0x600b1844,
    .revision_rule = EG_REVISION_FIELDS,
    .packages = packages,
    .package_unknown = "Unknown ESP32-H4",
    .features = features,
    .key_block_count = 6,
    .key_purposes = key_purposes,
    .key_rule = EG_KEY_PURPOSES,
    .key_rule_xts256 = true,
    .watchdogs_off = watchdogs_off,
};
