/* SPDX-License-Identifier: Apache-2.0 */

/* ESP32-E22. Of its efuse nothing but the MAC and the keys is allocated yet; sizes, frequencies and the UF2
 * family are the ESP32's, since no others are known. */

#include "targets/target.h"

static const struct eg_rule packages[] = {
    {"ESP32-E22", {{EG_FIELD_PACKAGE, EG_VALUE(0)}}},
    {0},
};

static const struct eg_rule features[] = {
    {"Wi-Fi 6E (tri-band, 2x2 MU-MIMO)", {{0}}},
    {"BT 5.4 (LE) + Classic", {{0}}},
    {"Dual Core", {{0}}},
    {"500MHz", {{0}}},
    {0},
};

static const struct eg_header_code flash_freqs[] = {
    {"80m", 0xf}, {"40m", 0x0}, {"26m", 0x1}, {"20m", 0x2}, {0},
};

static const struct eg_memory_range memory[] = {
    {0x00000000, 0x00010000, "PADDING"},
    {0x3c000000, 0x40000000, "DROM"},
    {0x31000000, 0x31200000, "DRAM"},
    {0x31000000, 0x31200000, "BYTE_ACCESSIBLE"},
    {0x30000000, 0x30120000, "DROM_MASK"},
    {0x30000000, 0x30120000, "IROM_MASK"},
    {0x3c000000, 0x40000000, "IROM"},
    {0x30fe0000, 0x31200000, "IRAM"},
    {0xc0000000, 0xc0008000, "RTC_IRAM"},
    {0xc0000000, 0xc0008000, "RTC_DRAM"},
    {0},
};

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
    {0},
};

static const struct eg_field fields[EG_FIELD_COUNT] = {
    [EG_FIELD_KEY_PURPOSE] = {{{0xc4008034, 24, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 1] = {{{0xc4008034, 28, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 2] = {{{0xc4008038, 0, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 3] = {{{0xc4008038, 4, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 4] = {{{0xc4008038, 8, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 5] = {{{0xc4008038, 12, 0xf, 0}}},
    [EG_FIELD_SECURE_BOOT_V2] = {{{0xc4008038, 20, 0x1, 0}}},
    [EG_FIELD_SPI_BOOT] = {{{0xc310d000, 3, 0x1, 0}}},
};

const struct eg_target eg_target_esp32e22 = {
    .name = "esp32e22",
    .label = "ESP32-E22",
    .detect = EG_DETECT_CHIP_ID,
    .chip_id = 31,
    .image_chip_id = 31,
    .uf2_family_id = 0x1c5f21b0,
    .rom_commands = EG_ROM_SECURE,
    .rom_status_size = 4,
    .quirks = EG_QUIRK_ENCRYPT_WORD,
    .bootloader_addr = 0x0,
    .encrypted_align = 16,
    .flash_sizes = eg_flash_sizes,
    .flash_freqs = flash_freqs,
    .memory = memory,
    .irom = {0x3c000000, 0x40000000},
    .drom = {0x3c000000, 0x40000000},
    .spi =
        {
            .base = 0xc3003000,
            .cmd = 0x00,
            .addr = 0x04,
            .usr = 0x18,
            .usr1 = 0x1c,
            .usr2 = 0x20,
            .mosi_dlen = 0x24,
            .miso_dlen = 0x28,
            .w0 = 0x58,
        },
    .spi_pins = {{0, 52}},
    .spi_hd_max = 52,
    .usb_pins = {18, 19},
    .crystal = {.clkdiv_addr = 0xc3102014, .clkdiv_mask = 0x000fffff, .divisor = 1},
    .rom_baud = EG_ROM_BAUD_PLAIN,
    .uart_date_addr = 0xc310208c,
    .boot_log_baud = 115200,
    .field = fields,
    .mac_layout = EG_MAC_EFUSE,
    .mac_addr = 0xc4008044,
    .revision_rule = EG_REVISION_FIELDS,
    .packages = packages,
    .package_unknown = "unknown ESP32-E22",
    .features = features,
    .key_block_count = 6,
    .key_purposes = key_purposes,
    .key_rule = EG_KEY_PURPOSES,
    .key_rule_xts256 = true,
    .otg_reset = EG_OTG_RESET_BY_STRAP,
};
