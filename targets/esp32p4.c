/* SPDX-License-Identifier: Apache-2.0 */

/* ESP32-P4. Revisions 3.1 and 3.2 begin with their flash switched off. */

#include "targets/target.h"

static const struct eg_rule packages[] = {
    {"ESP32-P4", {{EG_FIELD_PACKAGE, EG_VALUE(0)}}},
    {0},
};

static const struct eg_rule features[] = {
    {"Dual Core + LP Core", {{0}}},
    {"400MHz", {{0}}},
    {0},
};

static const struct eg_header_code flash_freqs[] = {
    {"80m", 0xf}, {"40m", 0x0}, {"26m", 0x1}, {"20m", 0x2}, {0},
};

static const struct eg_memory_range memory[] = {
    {0x00000000, 0x00010000, "PADDING"},       {0x40000000, 0x4c000000, "DROM"},
    {0x4ff00000, 0x4ffa0000, "DRAM"},          {0x4ff00000, 0x4ffa0000, "BYTE_ACCESSIBLE"},
    {0x4fc00000, 0x4fc20000, "DROM_MASK"},     {0x4fc00000, 0x4fc20000, "IROM_MASK"},
    {0x40000000, 0x4c000000, "IROM"},          {0x4ff00000, 0x4ffa0000, "IRAM"},
    {0x50108000, 0x50110000, "RTC_IRAM"},      {0x50108000, 0x50110000, "RTC_DRAM"},
    {0x600fe000, 0x60100000, "MEM_INTERNAL2"}, {0},
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

/* Disable the RTC watchdog, then let the super watchdog feed itself; each after removing its write
 * protection. */
static const struct eg_register_write watchdogs_off[] = {
    {0x50116018, 0x50d83aa1, 0, 0, 0},
    {0x50116000, 0x00000000, 0, 0, 0},
    {0x50116018, 0x00000000, 0, 0, 0},
    {0x50116020, 0x50d83aa1, 0, 0, 0},
    {0x5011601c, 0, 0x00040000, 0, 0},
    {0x50116020, 0x00000000, 0, 0, 0},
    {0},
};

static const struct eg_register_write watchdog_reset[] = {
    {0x50116018, 0x50d83aa1, 0, 0, 0},
    {0x50116004, 0x000007d0, 0, 0, 0},
    {0x50116000, 0xd0000102, 0, 0, 0},
    {0x50116018, 0x00000000, 0, 0, 0},
    {0},
};

/* Pads, then the regulator: its current limit on while it settles. */
static const struct eg_register_write flash_on[] = {
    {0x5011010c, 0x00000001, 0, 0, 10000},
    {0x501151bc, 0, 0x08000000, 0, 0},
    {0x501151b8, 0, 0x00000080, 0, 0},
    {0x501153fc, 0, 0x00000003, 0, 50},
    {0x501151bc, 0, 0, 0x08000000, 0},
    {0x501151b8, 0, 0, 0x7f800000, 0},
    {0x501151b8, 0, 0x00000080, 0, 0},
    {0x501151b8, 0, 0, 0x00000080, 1800},
    {0},
};

/* The ROM has forced the supply on, and would again; that must be taken back (esptool after 5.3.1). */
static const struct eg_register_write flash_on_already[] = {{0x501153fc, 0, 0, 0x3, 0}, {0}};

static const struct eg_field fields[EG_FIELD_COUNT] = {
    [EG_FIELD_PACKAGE] = {{{0x5012d04c, 20, 0x7, 0}}},
    [EG_FIELD_REV_MAJOR] = {{{0x5012d04c, 4, 0x3, 0}, {0x5012d04c, 23, 0x1, 2}}},
    [EG_FIELD_REV_MINOR] = {{{0x5012d04c, 0, 0xf, 0}}},
    [EG_FIELD_FLASH_CRYPT_COUNT] = {{{0x5012d034, 18, 0x7, 0}}},
    [EG_FIELD_MANUAL_ENCRYPT_OFF] = {{{0x5012d030, 20, 0x1, 0}}},
    [EG_FIELD_KEY_MANAGER] = {{{0x5012d034, 9, 0x2, 0}}},
    [EG_FIELD_KEY_PURPOSE] = {{{0x5012d034, 24, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 1] = {{{0x5012d034, 28, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 2] = {{{0x5012d038, 0, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 3] = {{{0x5012d038, 4, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 4] = {{{0x5012d038, 8, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 5] = {{{0x5012d038, 12, 0xf, 0}}},
    [EG_FIELD_SECURE_BOOT_V2] = {{{0x5012d038, 20, 0x1, 0}}},
    [EG_FIELD_SPI_BOOT] = {{{0x500e0038, 3, 0x1, 0}}},
    [EG_FIELD_FORCE_DOWNLOAD] = {{{0x50110008, 2, 0x1, 0}}},
    [EG_FIELD_DOWNLOAD_XPD_ON] = {{{0x5012d034, 16, 0x1, 0}}},
};

const struct eg_target eg_target_esp32p4 = {
    .name = "esp32p4",
    .label = "ESP32-P4",
    .detect = EG_DETECT_CHIP_ID,
    .chip_id = 18,
    .image_chip_id = 18,
    .uf2_family_id = 0x3d308e94,
    .rom_commands = EG_ROM_SECURE,
    .rom_status_size = 4,
    .quirks = EG_QUIRK_ENCRYPT_WORD | EG_QUIRK_USB_WATCHDOGS | EG_QUIRK_BIG_FLASH_BY_STUB |
              EG_QUIRK_STUB_RESETS_RATE | EG_QUIRK_SMALL_ROM_BLOCKS,
    .stub = "esp32p4",
    .stub_from = 300,
    .stub_before = "esp32p4-rev1",
    .bootloader_addr = 0x2000,
    .encrypted_align = 16,
    .flash_sizes = eg_flash_sizes,
    .flash_freqs = flash_freqs,
    .memory = memory,
    .irom = {0x40000000, 0x4c000000},
    .drom = {0x40000000, 0x4c000000},
    .tcm = {0x30100000, 0x30102000},
    .spi =
        {
            .base = 0x5008d000,
            .cmd = 0x00,
            .addr = 0x04,
            .usr = 0x18,
            .usr1 = 0x1c,
            .usr2 = 0x20,
            .mosi_dlen = 0x24,
            .miso_dlen = 0x28,
            .w0 = 0x58,
        },
    .spi_pins = {{0, 54}},
    .spi_hd_max = 54,
    .usb_pins = {24, 25},
    .usb_serial_jtag = true,
    .crystal = {.fixed_mhz = 40},
    .rom_baud = EG_ROM_BAUD_PLAIN,
    .uart_date_addr = 0x500ca08c,
    .boot_log_baud = 115200,
    .field = fields,
    .mac_layout = EG_MAC_EFUSE,
    .mac_addr = 0x5012d044,
    .revision_rule = EG_REVISION_FIELDS,
    .packages = packages,
    .package_unknown = "Unknown ESP32-P4",
    .features = features,
    .key_block_count = 6,
    .key_purposes = key_purposes,
    .key_rule = EG_KEY_PURPOSES,
    .key_rule_xts256 = true,
    .otg_reset = EG_OTG_RESET_BY_WATCHDOG,
    .watchdogs_off = watchdogs_off,
    .watchdog_reset = watchdog_reset,
    .flash_on = flash_on,
    .flash_on_already = flash_on_already,
    .flash_on_from = 301,
    .flash_on_to = 302,
};
