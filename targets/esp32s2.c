/* SPDX-License-Identifier: Apache-2.0 */

/* ESP32-S2. It tells no chip id, and in secure download mode nothing else that would tell it apart. */

#include "targets/target.h"

static const struct eg_rule packages[] = {
    {"ESP32-S2", {{EG_FIELD_FLASH_CAP, EG_VALUE(0)}, {EG_FIELD_PSRAM_CAP, EG_VALUE(0)}}},
    {"ESP32-S2FH2", {{EG_FIELD_FLASH_CAP, EG_VALUE(1)}, {EG_FIELD_PSRAM_CAP, EG_VALUE(0)}}},
    {"ESP32-S2FH4", {{EG_FIELD_FLASH_CAP, EG_VALUE(2)}, {EG_FIELD_PSRAM_CAP, EG_VALUE(0)}}},
    {"ESP32-S2FNR2", {{EG_FIELD_FLASH_CAP, EG_VALUE(2)}, {EG_FIELD_PSRAM_CAP, EG_VALUE(1)}}},
    {"ESP32-S2R2", {{EG_FIELD_FLASH_CAP, EG_VALUE(0)}, {EG_FIELD_PSRAM_CAP, EG_VALUE(1)}}},
    {0},
};

static const struct eg_rule features[] = {
    {"Wi-Fi", {{0}}},
    {"Single Core", {{0}}},
    {"240MHz", {{0}}},
    {"No Embedded Flash", {{EG_FIELD_FLASH_CAP, EG_VALUE(0)}}},
    {"Embedded Flash 2MB", {{EG_FIELD_FLASH_CAP, EG_VALUE(1)}}},
    {"Embedded Flash 4MB", {{EG_FIELD_FLASH_CAP, EG_VALUE(2)}}},
    {"Unknown Embedded Flash", {{EG_FIELD_FLASH_CAP, ~(EG_VALUE(0) | EG_VALUE(1) | EG_VALUE(2))}}},
    {"No Embedded PSRAM", {{EG_FIELD_PSRAM_CAP, EG_VALUE(0)}}},
    {"Embedded PSRAM 2MB", {{EG_FIELD_PSRAM_CAP, EG_VALUE(1)}}},
    {"Embedded PSRAM 4MB", {{EG_FIELD_PSRAM_CAP, EG_VALUE(2)}}},
    {"Unknown Embedded PSRAM", {{EG_FIELD_PSRAM_CAP, ~(EG_VALUE(0) | EG_VALUE(1) | EG_VALUE(2))}}},
    {"No calibration in BLK2 of efuse", {{EG_FIELD_BLOCK2_VERSION, EG_VALUE(0)}}},
    {"ADC and temperature sensor calibration in BLK2 of eFuse V1", {{EG_FIELD_BLOCK2_VERSION, EG_VALUE(1)}}},
    {"ADC and temperature sensor calibration in BLK2 of eFuse V2", {{EG_FIELD_BLOCK2_VERSION, EG_VALUE(2)}}},
    {"Unknown calibration in BLK2", {{EG_FIELD_BLOCK2_VERSION, ~(EG_VALUE(0) | EG_VALUE(1) | EG_VALUE(2))}}},
    {0},
};

static const struct eg_psram_rule psram[] = {
    {2, {EG_FIELD_PSRAM_CAP, EG_VALUE(1)}},
    {4, {EG_FIELD_PSRAM_CAP, EG_VALUE(2)}},
    {EG_PSRAM_UNKNOWN, {EG_FIELD_PSRAM_CAP, ~(EG_VALUE(0) | EG_VALUE(1) | EG_VALUE(2))}},
    {0},
};

static const struct eg_header_code flash_freqs[] = {
    {"80m", 0xf}, {"40m", 0x0}, {"26m", 0x1}, {"20m", 0x2}, {0},
};

static const struct eg_memory_range memory[] = {
    {0x00000000, 0x00010000, "PADDING"},
    {0x3f000000, 0x3ff80000, "DROM"},
    {0x3f500000, 0x3ff80000, "EXTRAM_DATA"},
    {0x3ff9e000, 0x3ffa0000, "RTC_DRAM"},
    {0x3ff9e000, 0x40000000, "BYTE_ACCESSIBLE"},
    {0x3ff9e000, 0x40072000, "MEM_INTERNAL"},
    {0x3ffb0000, 0x40000000, "DRAM"},
    {0x40000000, 0x4001a100, "IROM_MASK"},
    {0x40020000, 0x40070000, "IRAM"},
    {0x40070000, 0x40072000, "RTC_IRAM"},
    {0x40080000, 0x40800000, "IROM"},
    {0x50000000, 0x50002000, "RTC_DATA"},
    {0},
};

static const struct eg_numbered key_purposes[] = {
    {0, "USER/EMPTY"},
    {1, "RESERVED"},
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
    {0},
};

static const struct eg_register_write watchdog_reset[] = {
    {0x3f4080ac, 0x50d83aa1, 0, 0, 0},
    {0x3f408098, 0x000007d0, 0, 0, 0},
    {0x3f408094, 0xd0000102, 0, 0, 0},
    {0x3f4080ac, 0x00000000, 0, 0, 0},
    {0},
};

static const struct eg_field fields[EG_FIELD_COUNT] = {
    [EG_FIELD_PACKAGE] = {{{0x3f41a054, 0, 0xf, 0}}},
    [EG_FIELD_FLASH_CAP] = {{{0x3f41a050, 21, 0xf, 0}}},
    [EG_FIELD_PSRAM_CAP] = {{{0x3f41a050, 28, 0xf, 0}}},
    [EG_FIELD_BLOCK2_VERSION] = {{{0x3f41a06c, 4, 0x7, 0}}},
    [EG_FIELD_FLASH_OCTAL] = {{{0x3f41a03c, 9, 0x1, 0}}},
    [EG_FIELD_REV_MAJOR] = {{{0x3f41a050, 18, 0x3, 0}}},
    [EG_FIELD_REV_MINOR] = {{{0x3f41a054, 4, 0x7, 0}, {0x3f41a050, 20, 0x1, 3}}},
    [EG_FIELD_FLASH_CRYPT_COUNT] = {{{0x3f41a034, 18, 0x7, 0}}},
    [EG_FIELD_MANUAL_ENCRYPT_OFF] = {{{0x3f41a030, 19, 0x1, 0}}},
    [EG_FIELD_KEY_PURPOSE] = {{{0x3f41a034, 24, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 1] = {{{0x3f41a034, 28, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 2] = {{{0x3f41a038, 0, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 3] = {{{0x3f41a038, 4, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 4] = {{{0x3f41a038, 8, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 5] = {{{0x3f41a038, 12, 0xf, 0}}},
    [EG_FIELD_SECURE_BOOT_V2] = {{{0x3f41a038, 20, 0x1, 0}}},
    [EG_FIELD_VDD_FORCE] = {{{0x3f41a034, 6, 0x1, 0}}},
    [EG_FIELD_VDD_XPD] = {{{0x3f41a034, 4, 0x1, 0}}},
    [EG_FIELD_VDD_TIEH] = {{{0x3f41a034, 5, 0x1, 0}}},
    [EG_FIELD_VDD_STRAP] = {{{0x3f404038, 4, 0x1, 0}}},
    [EG_FIELD_SPI_BOOT] = {{{0x3f404038, 3, 0x1, 0}}},
    [EG_FIELD_FORCE_DOWNLOAD] = {{{0x3f408128, 0, 0x1, 0}}},
};

const struct eg_target eg_target_esp32s2 = {
    .name = "esp32s2",
    .label = "ESP32-S2",
    .xtensa = true,
    .detect = EG_DETECT_MAGIC,
    .magic = 0x000007c6,
    .image_chip_id = 2,
    .uf2_family_id = 0xbfdd4eee,
    .rom_commands = EG_ROM_SECURE,
    .rom_status_size = 4,
    .quirks = EG_QUIRK_ENCRYPT_WORD | EG_QUIRK_STUB_RESETS_RATE | EG_QUIRK_SMALL_ROM_BLOCKS,
    .stub = "esp32s2",
    .bootloader_addr = 0x1000,
    .encrypted_align = 16,
    .flash_sizes = eg_flash_sizes,
    .flash_freqs = flash_freqs,
    .memory = memory,
    .irom = {0x40080000, 0x40b80000},
    .drom = {0x3f000000, 0x3f3f0000},
    .spi =
        {
            .base = 0x3f402000,
            .cmd = 0x00,
            .addr = 0x04,
            .usr = 0x18,
            .usr1 = 0x1c,
            .usr2 = 0x20,
            .mosi_dlen = 0x24,
            .miso_dlen = 0x28,
            .w0 = 0x58,
        },
    .spi_pins = {{0, 21}, {26, 46}},
    .spi_hd_max = 46,
    .usb_pins = {19, 20},
    .crystal = {.fixed_mhz = 40},
    .rom_baud = EG_ROM_BAUD_PLAIN,
    .uart_date_addr = 0x60000078,
    .boot_log_baud = 115200,
    .field = fields,
    .mac_layout = EG_MAC_EFUSE,
    .mac_addr = 0x3f41a044,
    .revision_rule = EG_REVISION_FIELDS,
    .packages = packages,
    .package_unknown = "Unknown ESP32-S2",
    .features = features,
    .psram = psram,
    .key_block_count = 6,
    .key_purposes = key_purposes,
    .key_rule = EG_KEY_PURPOSES,
    .key_rule_xts256 = true,
    .otg_reset = EG_OTG_RESET_BY_STRAP,
    .watchdog_reset = watchdog_reset,
};
