/* SPDX-License-Identifier: Apache-2.0 */

/* ESP32-C3 and its smaller packages, ESP8685 and ESP8686. */

#include "targets/target.h"

static const struct eg_rule packages[] = {
    {"ESP32-C3 (QFN32)", {{EG_FIELD_PACKAGE, EG_VALUE(0)}}},
    {"ESP8685 (QFN28)", {{EG_FIELD_PACKAGE, EG_VALUE(1)}}},
    {"ESP32-C3 AZ (QFN32)", {{EG_FIELD_PACKAGE, EG_VALUE(2)}}},
    {"ESP8686 (QFN24)", {{EG_FIELD_PACKAGE, EG_VALUE(3)}}},
    {0},
};

static const struct eg_rule features[] = {
    {"Wi-Fi", {{0}}},
    {"BT 5 (LE)", {{0}}},
    {"Single Core", {{0}}},
    {"160MHz", {{0}}},
    {"Embedded Flash 4MB", {{EG_FIELD_FLASH_CAP, EG_VALUE(1)}}},
    {"Embedded Flash 2MB", {{EG_FIELD_FLASH_CAP, EG_VALUE(2)}}},
    {"Embedded Flash 1MB", {{EG_FIELD_FLASH_CAP, EG_VALUE(3)}}},
    {"Embedded Flash 8MB", {{EG_FIELD_FLASH_CAP, EG_VALUE(4)}}},
    {"Unknown Embedded Flash",
     {{EG_FIELD_FLASH_CAP, ~(EG_VALUE(0) | EG_VALUE(1) | EG_VALUE(2) | EG_VALUE(3) | EG_VALUE(4))}}},
    {" (XMC)", {{EG_FIELD_FLASH_VENDOR, EG_VALUE(1)}, {EG_FIELD_FLASH_CAP, ~EG_VALUE(0)}}},
    {" (GD)", {{EG_FIELD_FLASH_VENDOR, EG_VALUE(2)}, {EG_FIELD_FLASH_CAP, ~EG_VALUE(0)}}},
    {" (FM)", {{EG_FIELD_FLASH_VENDOR, EG_VALUE(3)}, {EG_FIELD_FLASH_CAP, ~EG_VALUE(0)}}},
    {" (TT)", {{EG_FIELD_FLASH_VENDOR, EG_VALUE(4)}, {EG_FIELD_FLASH_CAP, ~EG_VALUE(0)}}},
    {" (ZBIT)", {{EG_FIELD_FLASH_VENDOR, EG_VALUE(5)}, {EG_FIELD_FLASH_CAP, ~EG_VALUE(0)}}},
    {0},
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

static const struct eg_numbered key_purposes[] = {
    {0, "USER/EMPTY"},
    {1, "RESERVED"},
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
    {0x600080a8, 0x50d83aa1, 0, 0, 0},
    {0x60008090, 0x00000000, 0, 0, 0},
    {0x600080a8, 0x00000000, 0, 0, 0},
    {0x600080b0, 0x8f1d312a, 0, 0, 0},
    {0x600080ac, 0, 0x80000000, 0, 0},
    {0x600080b0, 0x00000000, 0, 0, 0},
    {0},
};

static const struct eg_register_write watchdog_reset[] = {
    {0x600080a8, 0x50d83aa1, 0, 0, 0},
    {0x60008094, 0x000007d0, 0, 0, 0},
    {0x60008090, 0xd0000102, 0, 0, 0},
    {0x600080a8, 0x00000000, 0, 0, 0},
    {0},
};

static const struct eg_field fields[EG_FIELD_COUNT] = {
    [EG_FIELD_PACKAGE] = {{{0x60008850, 21, 0x7, 0}}},
    [EG_FIELD_FLASH_CAP] = {{{0x60008850, 27, 0x7, 0}}},
    [EG_FIELD_FLASH_VENDOR] = {{{0x60008854, 0, 0x7, 0}}},
    [EG_FIELD_REV_MAJOR] = {{{0x60008858, 24, 0x3, 0}}},
    [EG_FIELD_REV_MINOR] = {{{0x60008850, 18, 0x7, 0}, {0x60008858, 23, 0x1, 3}}},
    [EG_FIELD_FLASH_CRYPT_COUNT] = {{{0x60008834, 18, 0x7, 0}}},
    [EG_FIELD_MANUAL_ENCRYPT_OFF] = {{{0x60008830, 20, 0x1, 0}}},
    [EG_FIELD_KEY_PURPOSE] = {{{0x60008834, 24, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 1] = {{{0x60008834, 28, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 2] = {{{0x60008838, 0, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 3] = {{{0x60008838, 4, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 4] = {{{0x60008838, 8, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 5] = {{{0x60008838, 12, 0xf, 0}}},
    [EG_FIELD_SECURE_BOOT_V2] = {{{0x60008838, 20, 0x1, 0}}},
};

/* As the stub does it over USB; tried on no chip over its UART. */
static const struct eg_register_write cpu_fast[] = {
    {0x600c0058, 0, 1u << 10, 2u << 10, 0}, /* SYSTEM_SOC_CLK_SEL: PLL */
    {0x600c0008, 0, 1u << 2 | 1u, 2u, 0},   /* PLL_FREQ_SEL 480 MHz, CPUPERIOD_SEL 160 MHz */
    {0},
};

const struct eg_target eg_target_esp32c3 = {
    .name = "esp32c3",
    .label = "ESP32-C3",
    .detect = EG_DETECT_CHIP_ID,
    .chip_id = 5,
    .image_chip_id = 5,
    .uf2_family_id = 0xd42ba06c,
    .rom_commands = EG_ROM_SECURE,
    .rom_status_size = 4,
    .quirks = EG_QUIRK_ENCRYPT_WORD | EG_QUIRK_SECURE_BOOT_NO_STUB | EG_QUIRK_USB_WATCHDOGS |
              EG_QUIRK_LEGACY_REV_IS_MINOR,
    .stub = "esp32c3",
    .bootloader_addr = 0x0,
    .encrypted_align = 16,
    .flash_sizes = eg_flash_sizes,
    .flash_freqs = flash_freqs,
    .memory = memory,
    .irom = {0x42000000, 0x42800000},
    .drom = {0x3c000000, 0x3c800000},
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
            .clock = 0x14, /* both values tried on real ROM and stub code, in an emulator */
            .clock_of_rom = EG_SPI_CLOCK_RESET,
            .clock_fast = EG_SPI_CLOCK_HALF,
        },
    .spi_pins = {{0, 21}},
    .spi_hd_max = 21,
    .usb_pins = {18, 19},
    .usb_serial_jtag = true,
    .crystal = {.fixed_mhz = 40},
    .rom_baud = EG_ROM_BAUD_PLAIN,
    .uart_date_addr = 0x6000007c,
    .boot_log_baud = 115200,
    .field = fields,
    .mac_layout = EG_MAC_EFUSE,
    .mac_addr = 0x60008844,
    .revision_rule = EG_REVISION_FIELDS,
    .packages = packages,
    .package_unknown = "Unknown ESP32-C3",
    .features = features,
    .key_block_count = 6,
    .key_purposes = key_purposes,
    .key_rule = EG_KEY_PURPOSES,
    .watchdogs_off = watchdogs_off,
    .watchdog_reset = watchdog_reset,
    .cpu_fast = cpu_fast,
};
