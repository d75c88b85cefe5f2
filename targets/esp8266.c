/* SPDX-License-Identifier: Apache-2.0 */

/* ESP8266 and ESP8285: OTP words instead of efuse, a ROM that knows little more than writing. */

#include "targets/target.h"

/* EG_FIELD_PACKAGE: bit 0 is bit 4 of OTP word 0, bit 1 its bit 5 (high temperature), bit 2 is bit 16 of word
 * 2; EG_FIELD_VARIANT: bits 25 to 27 of word 3. With bits 0 and 2 clear there is no flash inside. The flash
 * inside has 1 MB for bit 0 and variant 0, 2 MB for bit 0 and variant 2, or for variant 1 without bit 0. */
static const struct eg_rule packages[] = {
    {"ESP8266EX", {{EG_FIELD_PACKAGE, EG_VALUE(0) | EG_VALUE(2)}}},
    {"ESP8285H08", {{EG_FIELD_PACKAGE, EG_VALUE(3) | EG_VALUE(7)}, {EG_FIELD_VARIANT, EG_VALUE(0)}}},
    {"ESP8285N08", {{EG_FIELD_PACKAGE, EG_VALUE(1) | EG_VALUE(5)}, {EG_FIELD_VARIANT, EG_VALUE(0)}}},
    {"ESP8285H16", {{EG_FIELD_PACKAGE, EG_VALUE(3) | EG_VALUE(7)}, {EG_FIELD_VARIANT, EG_VALUE(2)}}},
    {"ESP8285H16", {{EG_FIELD_PACKAGE, EG_VALUE(6)}, {EG_FIELD_VARIANT, EG_VALUE(1)}}},
    {"ESP8285N16", {{EG_FIELD_PACKAGE, EG_VALUE(1) | EG_VALUE(5)}, {EG_FIELD_VARIANT, EG_VALUE(2)}}},
    {"ESP8285N16", {{EG_FIELD_PACKAGE, EG_VALUE(4)}, {EG_FIELD_VARIANT, EG_VALUE(1)}}},
    {0},
};

static const struct eg_rule features[] = {
    {"Wi-Fi", {{0}}},
    {"160MHz", {{0}}},
    {"Embedded Flash",
     {{EG_FIELD_PACKAGE, EG_VALUE(1) | EG_VALUE(3) | EG_VALUE(4) | EG_VALUE(5) | EG_VALUE(6) | EG_VALUE(7)}}},
    {0},
};

static const struct eg_header_code flash_sizes[] = {
    {"512KB", 0x00},  {"256KB", 0x10},  {"1MB", 0x20}, {"2MB", 0x30},  {"4MB", 0x40},
    {"2MB-c1", 0x50}, {"4MB-c1", 0x60}, {"8MB", 0x80}, {"16MB", 0x90}, {0},
};

static const struct eg_header_code flash_freqs[] = {
    {"80m", 0xf}, {"40m", 0x0}, {"26m", 0x1}, {"20m", 0x2}, {0},
};

static const struct eg_memory_range memory[] = {
    {0x3ff00000, 0x3ff00010, "DPORT"},
    {0x3ffe8000, 0x40000000, "DRAM"},
    {0x40100000, 0x40108000, "IRAM"},
    {0x40201010, 0x402e1010, "IROM"},
    {0},
};

static const struct eg_field fields[EG_FIELD_COUNT] = {
    [EG_FIELD_PACKAGE] = {{{0x3ff00050, 4, 0x3, 0}, {0x3ff00058, 16, 0x1, 2}}},
    [EG_FIELD_VARIANT] = {{{0x3ff0005c, 25, 0x7, 0}}},
};

const struct eg_target eg_target_esp8266 = {
    .name = "esp8266",
    .label = "ESP8266",
    .xtensa = true,
    .detect = EG_DETECT_MAGIC,
    .magic = 0xfff0c101,
    .image_chip_id = -1,
    .uf2_family_id = 0x7eab61ed,
    .rom_commands = EG_ROM_BASIC,
    .rom_status_size = 2,
    .quirks = EG_QUIRK_ERASE_SIZE_BUG | EG_QUIRK_ATTACH_BY_BEGIN | EG_QUIRK_ONE_REGISTER,
    .stub = "esp8266",
    .bootloader_addr = 0x0,
    .encrypted_align = 16,
    .flash_sizes = flash_sizes,
    .flash_freqs = flash_freqs,
    .memory = memory,
    .irom = {0x40200000, 0x40300000},
    .spi =
        {
            .base = 0x60000200,
            .cmd = 0x00,
            .addr = 0x04,
            .usr = 0x1c,
            .usr1 = 0x20,
            .usr2 = 0x24,
            .w0 = 0x40,
            .address_left_aligned = true,
        },
    .crystal = {.clkdiv_addr = 0x60000014, .clkdiv_mask = 0x000fffff, .divisor = 2},
    .rom_baud = EG_ROM_BAUD_NONE,
    .uart_date_addr = 0x60000078,
    .boot_log_baud = 74880,
    .field = fields,
    .mac_layout = EG_MAC_ESP8266_OTP,
    .mac_addr = 0x3ff00050,
    .revision_rule = EG_REVISION_NONE,
    .packages = packages,
    .package_unknown = "ESP8285",
    .features = features,
};
