/* SPDX-License-Identifier: Apache-2.0 */

/* ESP32-S3. */

#include "targets/target.h"

static const struct eg_rule packages[] = {
    {"ESP32-S3 (QFN56)", {{EG_FIELD_PACKAGE, EG_VALUE(0)}}},
    {"ESP32-S3-PICO-1 (LGA56)", {{EG_FIELD_PACKAGE, EG_VALUE(1)}}},
    {0},
};

static const struct eg_rule features[] = {
    {"Wi-Fi", {{0}}},
    {"BT 5 (LE)", {{0}}},
    {"Dual Core + LP Core", {{0}}},
    {"240MHz", {{0}}},
    {"Embedded Flash 8MB", {{EG_FIELD_FLASH_CAP, EG_VALUE(1)}}},
    {"Embedded Flash 4MB", {{EG_FIELD_FLASH_CAP, EG_VALUE(2)}}},
    {"Unknown Embedded Flash", {{EG_FIELD_FLASH_CAP, ~(EG_VALUE(0) | EG_VALUE(1) | EG_VALUE(2))}}},
    {" (XMC)", {{EG_FIELD_FLASH_VENDOR, EG_VALUE(1)}, {EG_FIELD_FLASH_CAP, ~EG_VALUE(0)}}},
    {" (GD)", {{EG_FIELD_FLASH_VENDOR, EG_VALUE(2)}, {EG_FIELD_FLASH_CAP, ~EG_VALUE(0)}}},
    {" (FM)", {{EG_FIELD_FLASH_VENDOR, EG_VALUE(3)}, {EG_FIELD_FLASH_CAP, ~EG_VALUE(0)}}},
    {" (TT)", {{EG_FIELD_FLASH_VENDOR, EG_VALUE(4)}, {EG_FIELD_FLASH_CAP, ~EG_VALUE(0)}}},
    {" (BY)", {{EG_FIELD_FLASH_VENDOR, EG_VALUE(5)}, {EG_FIELD_FLASH_CAP, ~EG_VALUE(0)}}},
    {"Embedded PSRAM 8MB", {{EG_FIELD_PSRAM_CAP, EG_VALUE(1)}}},
    {"Embedded PSRAM 2MB", {{EG_FIELD_PSRAM_CAP, EG_VALUE(2)}}},
    {"Embedded PSRAM 16MB", {{EG_FIELD_PSRAM_CAP, EG_VALUE(3)}}},
    {"Embedded PSRAM 4MB", {{EG_FIELD_PSRAM_CAP, EG_VALUE(4)}}},
    {"Unknown Embedded PSRAM",
     {{EG_FIELD_PSRAM_CAP, ~(EG_VALUE(0) | EG_VALUE(1) | EG_VALUE(2) | EG_VALUE(3) | EG_VALUE(4))}}},
    {" (AP_3v3)", {{EG_FIELD_PSRAM_VENDOR, EG_VALUE(1)}, {EG_FIELD_PSRAM_CAP, ~EG_VALUE(0)}}},
    {" (AP_1v8)", {{EG_FIELD_PSRAM_VENDOR, EG_VALUE(2)}, {EG_FIELD_PSRAM_CAP, ~EG_VALUE(0)}}},
    {0},
};

static const struct eg_psram_rule psram[] = {
    {8, {EG_FIELD_PSRAM_CAP, EG_VALUE(1)}},
    {2, {EG_FIELD_PSRAM_CAP, EG_VALUE(2)}},
    {16, {EG_FIELD_PSRAM_CAP, EG_VALUE(3)}},
    {4, {EG_FIELD_PSRAM_CAP, EG_VALUE(4)}},
    {EG_PSRAM_UNKNOWN,
     {EG_FIELD_PSRAM_CAP, ~(EG_VALUE(0) | EG_VALUE(1) | EG_VALUE(2) | EG_VALUE(3) | EG_VALUE(4))}},
    {0},
};

static const struct eg_header_code flash_freqs[] = {
    {"80m", 0xf}, {"40m", 0x0}, {"26m", 0x1}, {"20m", 0x2}, {0},
};

static const struct eg_memory_range memory[] = {
    {0x00000000, 0x00010000, "PADDING"},
    {0x3c000000, 0x3d000000, "DROM"},
    {0x3d000000, 0x3e000000, "EXTRAM_DATA"},
    {0x600fe000, 0x60100000, "RTC_DRAM"},
    {0x3fc88000, 0x3fd00000, "BYTE_ACCESSIBLE"},
    {0x3fc88000, 0x403e2000, "MEM_INTERNAL"},
    {0x3fc88000, 0x3fd00000, "DRAM"},
    {0x40000000, 0x4001a100, "IROM_MASK"},
    {0x40370000, 0x403e0000, "IRAM"},
    {0x600fe000, 0x60100000, "RTC_IRAM"},
    {0x42000000, 0x42800000, "IROM"},
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

/* Disable the RTC watchdog, then let the super watchdog feed itself; each after removing its write
 * protection. */
static const struct eg_register_write watchdogs_off[] = {
    {0x600080b0, 0x50d83aa1, 0, 0, 0},
    {0x60008098, 0x00000000, 0, 0, 0},
    {0x600080b0, 0x00000000, 0, 0, 0},
    {0x600080b8, 0x8f1d312a, 0, 0, 0},
    {0x600080b4, 0, 0x80000000, 0, 0},
    {0x600080b8, 0x00000000, 0, 0, 0},
    {0},
};

static const struct eg_register_write watchdog_reset[] = {
    {0x600080b0, 0x50d83aa1, 0, 0, 0},
    {0x6000809c, 0x000007d0, 0, 0, 0},
    {0x60008098, 0xd0000102, 0, 0, 0},
    {0x600080b0, 0x00000000, 0, 0, 0},
    {0},
};

static const struct eg_field fields[EG_FIELD_COUNT] = {
    [EG_FIELD_PACKAGE] = {{{0x60007050, 21, 0x7, 0}}},
    [EG_FIELD_BLOCK_MAJOR] = {{{0x6000706c, 0, 0x3, 0}}},
    [EG_FIELD_BLOCK_MINOR] = {{{0x60007050, 24, 0x7, 0}}},
    [EG_FIELD_FLASH_CAP] = {{{0x60007050, 27, 0x7, 0}}},
    [EG_FIELD_PSRAM_CAP] = {{{0x60007054, 3, 0x3, 0}, {0x60007058, 19, 0x1, 2}}},
    [EG_FIELD_FLASH_VENDOR] = {{{0x60007054, 0, 0x7, 0}}},
    [EG_FIELD_PSRAM_VENDOR] = {{{0x60007054, 7, 0x3, 0}}},
    [EG_FIELD_FLASH_OCTAL] = {{{0x6000703c, 9, 0x1, 0}}},
    [EG_FIELD_REV_MAJOR] = {{{0x60007058, 24, 0x3, 0}}},
    [EG_FIELD_REV_MINOR] = {{{0x60007050, 18, 0x7, 0}, {0x60007058, 23, 0x1, 3}}},
    [EG_FIELD_FLASH_CRYPT_COUNT] = {{{0x60007034, 18, 0x7, 0}}},
    [EG_FIELD_MANUAL_ENCRYPT_OFF] = {{{0x60007030, 20, 0x1, 0}}},
    [EG_FIELD_KEY_PURPOSE] = {{{0x60007034, 24, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 1] = {{{0x60007034, 28, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 2] = {{{0x60007038, 0, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 3] = {{{0x60007038, 4, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 4] = {{{0x60007038, 8, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 5] = {{{0x60007038, 12, 0xf, 0}}},
    [EG_FIELD_SECURE_BOOT_V2] = {{{0x60007038, 20, 0x1, 0}}},
    [EG_FIELD_VDD_FORCE] = {{{0x60007034, 6, 0x1, 0}}},
    [EG_FIELD_VDD_XPD] = {{{0x60007034, 4, 0x1, 0}}},
    [EG_FIELD_VDD_TIEH] = {{{0x60007034, 5, 0x1, 0}}},
    [EG_FIELD_VDD_STRAP] = {{{0x60004038, 4, 0x1, 0}}},
    [EG_FIELD_SPI_BOOT] = {{{0x60004038, 3, 0x1, 0}}},
    [EG_FIELD_FORCE_DOWNLOAD] = {{{0x6000812c, 0, 0x1, 0}}},
};

const struct eg_target eg_target_esp32s3 = {
    .name = "esp32s3",
    .label = "ESP32-S3",
    .xtensa = true,
    .detect = EG_DETECT_CHIP_ID,
    .chip_id = 9,
    .image_chip_id = 9,
    .uf2_family_id = 0xc47e5767,
    .rom_commands = EG_ROM_SECURE,
    .rom_status_size = 4,
    .quirks = EG_QUIRK_ENCRYPT_WORD | EG_QUIRK_LEAVE_FORCED_DOWNLOAD | EG_QUIRK_SECURE_BOOT_STUB_HOOK |
              EG_QUIRK_USB_WATCHDOGS | EG_QUIRK_BIG_FLASH_BY_STUB | EG_QUIRK_SMALL_ROM_BLOCKS,
    .stub = "esp32s3",
    .stub_hook_addr = 0x3fcef688,
    .bootloader_addr = 0x0,
    .encrypted_align = 16,
    .flash_sizes = eg_flash_sizes,
    .flash_freqs = flash_freqs,
    .memory = memory,
    .irom = {0x42000000, 0x44000000},
    .drom = {0x3c000000, 0x3e000000},
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
    .spi_pins = {{0, 21}, {26, 48}},
    .spi_hd_max = 46,
    .usb_pins = {19, 20},
    .usb_serial_jtag = true,
    .crystal = {.fixed_mhz = 40},
    .rom_baud = EG_ROM_BAUD_PLAIN,
    .uart_date_addr = 0x60000080,
    .boot_log_baud = 115200,
    .field = fields,
    .mac_layout = EG_MAC_EFUSE,
    .mac_addr = 0x60007044,
    .revision_rule = EG_REVISION_ESP32_S3,
    .packages = packages,
    .package_unknown = "Unknown ESP32-S3",
    .features = features,
    .psram = psram,
    .key_block_count = 6,
    .key_purposes = key_purposes,
    .key_rule = EG_KEY_PURPOSES,
    .key_rule_xts256 = true,
    .otg_reset = EG_OTG_RESET_BY_STRAP,
    .watchdogs_off = watchdogs_off,
    .watchdog_reset = watchdog_reset,
};
