/* SPDX-License-Identifier: Apache-2.0 */

/* ESP32-S31. */

#include "targets/target.h"

static const struct eg_rule packages[] = {
    {"ESP32-S31", {{EG_FIELD_PACKAGE, EG_VALUE(0)}}},
    {0},
};

static const struct eg_rule features[] = {
    {"Wi-Fi 6", {{0}}},      {"BT 5.4 (LE)", {{0}}},
    {"IEEE802.15.4", {{0}}}, {"Dual Core + LP Core", {{0}}},
    {"300MHz", {{0}}},       {0},
};

static const struct eg_header_code flash_freqs[] = {
    {"80m", 0xf},
    {"40m", 0x0},
    {"20m", 0x2},
    {0},
};

static const struct eg_memory_range memory[] = {
    {0x00000000, 0x00010000, "PADDING"},
    {0x40000000, 0x54000000, "DROM"},
    {0x2f000000, 0x2f080000, "DRAM"},
    {0x2f000000, 0x2f080000, "BYTE_ACCESSIBLE"},
    {0x2f800000, 0x2f850000, "DROM_MASK"},
    {0x2f800000, 0x2f850000, "IROM_MASK"},
    {0x40000000, 0x54000000, "IROM"},
    {0x2f000000, 0x2f080000, "IRAM"},
    {0x2e000000, 0x2e008000, "RTC_IRAM"},
    {0x2e000000, 0x2e008000, "RTC_DRAM"},
    {0},
};

static const uint32_t mmu_page_sizes[] = {0x08000, 0x10000, 0x20000, 0x40000, 0};

static const struct eg_numbered key_purposes[] = {
    {0, "USER/EMPTY"},
    {1, "ECDSA_KEY"},
    {2, "XTS_AES_256_KEY_1"},
    {3, "XTS_AES_256_KEY_2"},
    {4, "XTS_AES_128_KEY"},
    {5, "HMAC_DOWN_ALL"},
    {6, "HMAC_DOWN_JTAG"},
    {7, "HMAC_DOWN_DIGITAL_SIGNATURE"},
    {8, "HMAC_UP"},
    {9, "SECURE_BOOT_DIGEST0"},
    {10, "SECURE_BOOT_DIGEST1"},
    {11, "SECURE_BOOT_DIGEST2"},
    {12, "KM_INIT_KEY"},
    {13, "XTS_AES_256_PSRAM_KEY_1"},
    {14, "XTS_AES_256_PSRAM_KEY_2"},
    {15, "XTS_AES_128_PSRAM_KEY"},
    {16, "ECDSA_KEY_P192"},
    {17, "ECDSA_KEY_P384_L"},
    {18, "ECDSA_KEY_P384_H"},
    {19, "SDC_KEY_DIGEST"},
    {0},
};

static const struct eg_register_write watchdog_reset[] = {
    {0x20801018, 0x50d83aa1, 0, 0, 0},
    {0x20801004, 0x000007d0, 0, 0, 0},
    {0x20801000, 0xd0000102, 0, 0, 0},
    {0x20801018, 0x00000000, 0, 0, 0},
    {0},
};

static const struct eg_field fields[EG_FIELD_COUNT] = {
    [EG_FIELD_PACKAGE] = {{{0x20715060, 6, 0x3, 0}}},
    [EG_FIELD_REV_MAJOR] = {{{0x2071505c, 22, 0x3, 0}}},
    [EG_FIELD_REV_MINOR] = {{{0x2071505c, 18, 0xf, 0}}},
    [EG_FIELD_FLASH_CRYPT_COUNT] = {{{0x20715034, 21, 0x7, 0}}},
    [EG_FIELD_MANUAL_ENCRYPT_OFF] = {{{0x20715030, 20, 0x1, 0}}},
    [EG_FIELD_KEY_MANAGER] = {{{0x20715034, 12, 0x2, 0}}},
    [EG_FIELD_KEY_PURPOSE] = {{{0x20715038, 0, 0x1f, 0}}},
    [EG_FIELD_KEY_PURPOSE + 1] = {{{0x20715038, 5, 0x1f, 0}}},
    [EG_FIELD_KEY_PURPOSE + 2] = {{{0x20715038, 10, 0x1f, 0}}},
    [EG_FIELD_KEY_PURPOSE + 3] = {{{0x20715038, 15, 0x1f, 0}}},
    [EG_FIELD_KEY_PURPOSE + 4] = {{{0x20715038, 20, 0x1f, 0}}},
    [EG_FIELD_SECURE_BOOT_V2] = {{{0x2071503c, 2, 0x1, 0}}},
};

const struct eg_target eg_target_esp32s31 = {
    .name = "esp32s31",
    .label = "ESP32-S31",
    .detect = EG_DETECT_CHIP_ID,
    .chip_id = 32,
    .image_chip_id = 32,
    .uf2_family_id = 0x3101f7c1,
    .rom_commands = EG_ROM_SECURE,
    .rom_status_size = 4,
    .quirks = EG_QUIRK_ENCRYPT_WORD | EG_QUIRK_SMALL_ROM_BLOCKS,
    .stub = "esp32s31",
    .bootloader_addr = 0x2000,
    .encrypted_align = 16,
    .flash_sizes = eg_flash_sizes,
    .flash_freqs = flash_freqs,
    .memory = memory,
    .irom = {0x40000000, 0x54000000},
    .drom = {0x40000000, 0x54000000},
    .mmu_page_sizes = mmu_page_sizes,
    .spi =
        {
            .base = 0x20501000,
            .cmd = 0x00,
            .addr = 0x04,
            .usr = 0x18,
            .usr1 = 0x1c,
            .usr2 = 0x20,
            .mosi_dlen = 0x24,
            .miso_dlen = 0x28,
            .w0 = 0x58,
        },
    .spi_pins = {{0, 60}},
    .spi_hd_max = 60,
    .usb_pins = {33, 34},
    .usb_serial_jtag = true,
    .crystal = {.fixed_mhz = 40},
    .rom_baud = EG_ROM_BAUD_PLAIN,
    .uart_date_addr = 0x2038a08c,
    .boot_log_baud = 115200,
    .field = fields,
    .mac_layout = EG_MAC_EFUSE,
    .mac_addr = 0x20715050,
    .revision_rule = EG_REVISION_FIELDS,
    .packages = packages,
    .package_unknown = "unknown ESP32-S31",
    .features = features,
    .key_block_count = 5,
    .key_purposes = key_purposes,
    .key_rule = EG_KEY_PURPOSES,
    .key_rule_xts256 = true,
    .otg_reset = EG_OTG_RESET_BY_WATCHDOG,
    .watchdog_reset = watchdog_reset,
};
