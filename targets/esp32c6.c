/* SPDX-License-Identifier: Apache-2.0 */

/* ESP32-C6. */

#include "targets/target.h"

static const struct eg_rule packages[] = {
    {"ESP32-C6 (QFN40)", {{EG_FIELD_PACKAGE, EG_VALUE(0)}}},
    {"ESP32-C6FH4 (QFN32)", {{EG_FIELD_PACKAGE, EG_VALUE(1)}, {EG_FIELD_FLASH_CAP, EG_VALUE(1)}}},
    {"ESP32-C6FH8 (QFN32)", {{EG_FIELD_PACKAGE, EG_VALUE(1)}, {EG_FIELD_FLASH_CAP, EG_VALUE(2)}}},
    {0},
};

static const struct eg_rule features[] = {
    {"Wi-Fi 6", {{0}}},
    {"BT 5 (LE)", {{0}}},
    {"IEEE802.15.4", {{0}}},
    {"Single Core + LP Core", {{0}}},
    {"160MHz", {{0}}},
    {"Embedded Flash 4MB", {{EG_FIELD_FLASH_CAP, EG_VALUE(1)}}},
    {"Embedded Flash 8MB", {{EG_FIELD_FLASH_CAP, EG_VALUE(2)}}},
    {"Unknown Embedded Flash", {{EG_FIELD_FLASH_CAP, ~(EG_VALUE(1) | EG_VALUE(2))}}},
    {0},
};

static const struct eg_header_code flash_freqs[] = {
    {"80m", 0x0},
    {"40m", 0x0},
    {"20m", 0x2},
    {0},
};

static const struct eg_memory_range memory[] = {
    {0x00000000, 0x00010000, "PADDING"},       {0x42000000, 0x43000000, "DROM"},
    {0x40800000, 0x40880000, "DRAM"},          {0x40800000, 0x40880000, "BYTE_ACCESSIBLE"},
    {0x4004ac00, 0x40050000, "DROM_MASK"},     {0x40000000, 0x4004ac00, "IROM_MASK"},
    {0x42000000, 0x43000000, "IROM"},          {0x40800000, 0x40880000, "IRAM"},
    {0x50000000, 0x50004000, "RTC_IRAM"},      {0x50000000, 0x50004000, "RTC_DRAM"},
    {0x600fe000, 0x60100000, "MEM_INTERNAL2"}, {0},
};

static const uint32_t mmu_page_sizes[] = {0x02000, 0x04000, 0x08000, 0x10000, 0};

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
    {0x600b1c18, 0x50d83aa1, 0, 0, 0},
    {0x600b1c00, 0x00000000, 0, 0, 0},
    {0x600b1c18, 0x00000000, 0, 0, 0},
    {0x600b1c20, 0x50d83aa1, 0, 0, 0},
    {0x600b1c1c, 0, 0x00040000, 0, 0},
    {0x600b1c20, 0x00000000, 0, 0, 0},
    {0},
};

static const struct eg_field fields[EG_FIELD_COUNT] = {
    [EG_FIELD_PACKAGE] = {{{0x600b0850, 24, 0x7, 0}}},
    [EG_FIELD_FLASH_CAP] = {{{0x600b0854, 0, 0x7, 0}}},
    [EG_FIELD_REV_MAJOR] = {{{0x600b0850, 22, 0x3, 0}}},
    [EG_FIELD_REV_MINOR] = {{{0x600b0850, 18, 0xf, 0}}},
    [EG_FIELD_FLASH_CRYPT_COUNT] = {{{0x600b0834, 18, 0x7, 0}}},
    [EG_FIELD_MANUAL_ENCRYPT_OFF] = {{{0x600b0830, 20, 0x1, 0}}},
    [EG_FIELD_KEY_PURPOSE] = {{{0x600b0834, 24, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 1] = {{{0x600b0834, 28, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 2] = {{{0x600b0838, 0, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 3] = {{{0x600b0838, 4, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 4] = {{{0x600b0838, 8, 0xf, 0}}},
    [EG_FIELD_KEY_PURPOSE + 5] = {{{0x600b0838, 12, 0xf, 0}}},
    [EG_FIELD_SECURE_BOOT_V2] = {{{0x600b0838, 20, 0x1, 0}}},
};

/* As the stub does it over USB; tried on no chip over its UART. */
static const struct eg_register_write cpu_fast[] = {
    {0x60096110, 0, 1u << 16, 2u << 16, 0}, /* PCR_SOC_CLK_SEL: PLL, 160 MHz */
    {0},
};

const struct eg_target eg_target_esp32c6 = {
    .name = "esp32c6",
    .label = "ESP32-C6",
    .detect = EG_DETECT_CHIP_ID,
    .chip_id = 13,
    .image_chip_id = 13,
    .uf2_family_id = 0x540ddf62,
    .rom_commands = EG_ROM_SECURE,
    .rom_status_size = 4,
    .quirks = EG_QUIRK_ENCRYPT_WORD | EG_QUIRK_USB_WATCHDOGS | EG_QUIRK_MAC_EXTENSION,
    .stub = "esp32c6",
    .bootloader_addr = 0x0,
    .encrypted_align = 16,
    .flash_sizes = eg_flash_sizes,
    .flash_freqs = flash_freqs,
    .memory = memory,
    .irom = {0x42000000, 0x42800000},
    .drom = {0x42800000, 0x43000000},
    .mmu_page_sizes = mmu_page_sizes,
    .spi =
        {
            .base = 0x60003000,
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
    .spi_pins = {{0, 30}},
    .spi_hd_max = 30,
    .usb_pins = {12, 13},
    .usb_serial_jtag = true,
    .crystal = {.fixed_mhz = 40},
    .rom_baud = EG_ROM_BAUD_PLAIN,
    .uart_date_addr = 0x6000007c,
    .boot_log_baud = 115200,
    .field = fields,
    .mac_layout = EG_MAC_EFUSE,
    .mac_addr = 0x600b0844,
    .revision_rule = EG_REVISION_FIELDS,
    .packages = packages,
    .package_unknown = "Unknown ESP32-C6",
    .features = features,
    .key_block_count = 6,
    .key_purposes = key_purposes,
    .key_rule = EG_KEY_PURPOSES,
    .watchdogs_off = watchdogs_off,
    .cpu_fast = cpu_fast,
};
