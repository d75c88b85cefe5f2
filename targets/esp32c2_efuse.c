/* SPDX-License-Identifier: Apache-2.0 */

/* The eFuses of the ESP32-C2. */

#include "targets/efuse.h"

static const struct eg_numbered wdt_delay_sel[] = {
    {0, "40000"}, {1, "80000"}, {2, "160000"}, {3, "320000"}, {0},
};

static const struct eg_numbered spi_boot_crypt_cnt[] = {
    {0, "Disable"}, {1, "Enable"}, {3, "Disable"}, {7, "Enable"}, {0},
};

static const struct eg_numbered xts_key_length_256[] = {
    {0, "128 bits key"},
    {1, "256 bits key"},
    {0},
};

static const struct eg_numbered uart_print_control[] = {
    {0, "Enable"},
    {1, "Enable when GPIO8 is low at reset"},
    {2, "Enable when GPIO8 is high at reset"},
    {3, "Disable"},
    {0},
};

static const struct eg_numbered blk_version_minor[] = {
    {0, "No calib"},
    {1, "With calib"},
    {0},
};

static const struct eg_efuse_field fields[] = {
    {"WR_DIS", EG_CAT_CONFIG, 0, 0, 0, 8, EG_AS_NUMBER, 0, 0,
     .help = "write-protect mask, one bit per group of fields or block"},
    {"RD_DIS", EG_CAT_CONFIG, 0, 1, 0, 2, EG_AS_NUMBER, EG_BIT(0), 0,
     .help = "read-protect mask, one bit per readable-or-not block"},
    {"WDT_DELAY_SEL", EG_CAT_WDT, 0, 1, 2, 2, EG_AS_NUMBER, EG_BIT(1), 0,
     .help = "first watchdog stage, multiplier of slow clock", .values = wdt_delay_sel},
    {"DIS_PAD_JTAG", EG_CAT_JTAG, 0, 1, 4, 1, EG_AS_NUMBER, EG_BIT(1), 0,
     .help = "JTAG on pins off for good"},
    {"DIS_DOWNLOAD_ICACHE", EG_CAT_SECURITY, 0, 1, 5, 1, EG_AS_NUMBER, EG_BIT(1), 0,
     .help = "no instruction cache in the loader"},
    {"DIS_DOWNLOAD_MANUAL_ENCRYPT", EG_CAT_SECURITY, 0, 1, 6, 1, EG_AS_NUMBER, EG_BIT(2), 0,
     .help = "loader may not encrypt flash"},
    {"SPI_BOOT_CRYPT_CNT", EG_CAT_SECURITY, 0, 1, 7, 3, EG_AS_COUNTER, EG_BIT(2), 0,
     .help = "flash encryption counter; on while an odd number of bits is set", .values = spi_boot_crypt_cnt},
    {"XTS_KEY_LENGTH_256", EG_CAT_SECURITY, 0, 1, 10, 1, EG_AS_NUMBER, EG_BIT(2), 0,
     .help = "length of the flash key", .values = xts_key_length_256},
    {"UART_PRINT_CONTROL", EG_CAT_CONFIG, 0, 1, 11, 2, EG_AS_NUMBER, EG_BIT(3), 0,
     .help = "ROM boot messages: on, by strap level, or off", .values = uart_print_control},
    {"FORCE_SEND_RESUME", EG_CAT_FLASH, 0, 1, 13, 1, EG_AS_NUMBER, EG_BIT(3), 0,
     .help = "ROM sends resume before flash boot"},
    {"DIS_DOWNLOAD_MODE", EG_CAT_SECURITY, 0, 1, 14, 1, EG_AS_NUMBER, EG_BIT(3), 0,
     .help = "loader off for good"},
    {"DIS_DIRECT_BOOT", EG_CAT_CONFIG, 0, 1, 15, 1, EG_AS_NUMBER, EG_BIT(3), 0,
     .help = "no boot without image header"},
    {"ENABLE_SECURITY_DOWNLOAD", EG_CAT_SECURITY, 0, 1, 16, 1, EG_AS_NUMBER, EG_BIT(3), 0,
     .help = "secure download mode: loader keeps only a few flash commands"},
    {"FLASH_TPUW", EG_CAT_FLASH, 0, 1, 17, 4, EG_AS_NUMBER, EG_BIT(3), 0,
     .help = "wait for the flash after power-up"},
    {"SECURE_BOOT_EN", EG_CAT_SECURITY, 0, 1, 21, 1, EG_AS_NUMBER, EG_BIT(2), 0, .help = "secure boot v2 on"},
    {"SECURE_VERSION", EG_CAT_SECURITY, 0, 1, 22, 4, EG_AS_COUNTER, EG_BIT(4), 0,
     .help = "anti-rollback number of the application, one bit per step"},
    {"CUSTOM_MAC_USED", EG_CAT_MAC, 0, 1, 26, 1, EG_AS_NUMBER, EG_BIT(4), 0, .help = "custom MAC is valid",
     .alt = "ENABLE_CUSTOM_MAC"},
    {"DISABLE_WAFER_VERSION_MAJOR", EG_CAT_IDENTITY, 0, 1, 27, 1, EG_AS_NUMBER, EG_BIT(4), 0,
     .help = "software ignores the major chip revision"},
    {"DISABLE_BLK_VERSION_MAJOR", EG_CAT_IDENTITY, 0, 1, 28, 1, EG_AS_NUMBER, EG_BIT(4), 0,
     .help = "software ignores the major eFuse data version"},
    {"CUSTOM_MAC", EG_CAT_MAC, 1, 0, 0, 48, EG_AS_MAC, EG_BIT(5), 0, .help = "MAC given by the product maker",
     .alt = "MAC_CUSTOM USER_DATA_MAC_CUSTOM"},
    {"MAC", EG_CAT_MAC, 2, 0, 0, 48, EG_AS_MAC, EG_BIT(6), 0, .help = "factory MAC", .alt = "MAC_FACTORY"},
    {"WAFER_VERSION_MINOR", EG_CAT_IDENTITY, 2, 1, 16, 4, EG_AS_NUMBER, EG_BIT(6), 0,
     .help = "chip revision, minor"},
    {"WAFER_VERSION_MAJOR", EG_CAT_IDENTITY, 2, 1, 20, 2, EG_AS_NUMBER, EG_BIT(6), 0,
     .help = "chip revision, major"},
    {"PKG_VERSION", EG_CAT_IDENTITY, 2, 1, 22, 3, EG_AS_NUMBER, EG_BIT(6), 0, .help = "package code"},
    {"BLK_VERSION_MINOR", EG_CAT_IDENTITY, 2, 1, 25, 3, EG_AS_NUMBER, EG_BIT(6), 0,
     .help = "eFuse data version, minor", .values = blk_version_minor},
    {"BLK_VERSION_MAJOR", EG_CAT_IDENTITY, 2, 1, 28, 2, EG_AS_NUMBER, EG_BIT(6), 0,
     .help = "eFuse data version, major"},
    {"FLASH_VENDOR", EG_CAT_FLASH, 2, 7, 24, 3, EG_AS_NUMBER, EG_BIT(6), 0,
     .help = "maker of the flash inside"},
    {"FLASH_TEMP", EG_CAT_FLASH, 2, 7, 27, 2, EG_AS_NUMBER, EG_BIT(6), 0,
     .help = "temperature class of the flash inside"},
    {"FLASH_CAP", EG_CAT_FLASH, 2, 7, 29, 3, EG_AS_NUMBER, EG_BIT(6), 0, .help = "size of the flash inside"},
    {"BLOCK_KEY0", EG_CAT_SECURITY, 3, 0, 0, 256, EG_AS_KEY, EG_BIT(7), EG_BIT(0) | EG_BIT(1),
     .help = "key block 0", .alt = "KEY0"},
    {"BLOCK_KEY0_LOW_128", EG_CAT_SECURITY, 3, 0, 0, 128, EG_AS_KEY, EG_BIT(7), EG_BIT(0),
     .help = "lower half of the only key block: 128-bit flash key", .alt = "KEY0"},
    {"BLOCK_KEY0_HI_128", EG_CAT_SECURITY, 3, 4, 0, 128, EG_AS_KEY, EG_BIT(7), EG_BIT(1),
     .help = "upper half of the only key block: first 16 bytes of the secure boot digest", .alt = "KEY0"},
    {"OCODE", EG_CAT_CALIBRATION, 2, 1, 30, 7, EG_AS_NUMBER, EG_BIT(6), 0, EG_TRIM(1)},
    {"TEMP_CALIB", EG_CAT_CALIBRATION, 2, 2, 5, 9, EG_AS_TEMPERATURE, EG_BIT(6), 0, EG_TRIM(1)},
    {"ADC1_INIT_CODE_ATTEN0", EG_CAT_CALIBRATION, 2, 2, 14, 8, EG_AS_ADC, EG_BIT(6), 0, EG_TRIM(1)},
    {"ADC1_INIT_CODE_ATTEN3", EG_CAT_CALIBRATION, 2, 2, 22, 5, EG_AS_ADC, EG_BIT(6), 0, EG_TRIM(1)},
    {"ADC1_CAL_VOL_ATTEN0", EG_CAT_CALIBRATION, 2, 2, 27, 8, EG_AS_ADC, EG_BIT(6), 0, EG_TRIM(1)},
    {"ADC1_CAL_VOL_ATTEN3", EG_CAT_CALIBRATION, 2, 3, 3, 6, EG_AS_ADC, EG_BIT(6), 0, EG_TRIM(1)},
    {"DIG_DBIAS_HVT", EG_CAT_CALIBRATION, 2, 3, 9, 5, EG_AS_ADC, EG_BIT(6), 0, EG_TRIM(1)},
    {"DIG_LDO_SLP_DBIAS2", EG_CAT_CALIBRATION, 2, 3, 14, 7, EG_AS_ADC, EG_BIT(6), 0, EG_TRIM(1)},
    {"DIG_LDO_SLP_DBIAS26", EG_CAT_CALIBRATION, 2, 3, 21, 8, EG_AS_ADC, EG_BIT(6), 0, EG_TRIM(1)},
    {"DIG_LDO_ACT_DBIAS26", EG_CAT_CALIBRATION, 2, 3, 29, 6, EG_AS_ADC, EG_BIT(6), 0, EG_TRIM(1)},
    {"DIG_LDO_ACT_STEPD10", EG_CAT_CALIBRATION, 2, 4, 3, 4, EG_AS_ADC, EG_BIT(6), 0, EG_TRIM(1)},
    {"RTC_LDO_SLP_DBIAS13", EG_CAT_CALIBRATION, 2, 4, 7, 7, EG_AS_ADC, EG_BIT(6), 0, EG_TRIM(1)},
    {"RTC_LDO_SLP_DBIAS29", EG_CAT_CALIBRATION, 2, 4, 14, 9, EG_AS_ADC, EG_BIT(6), 0, EG_TRIM(1)},
    {"RTC_LDO_SLP_DBIAS31", EG_CAT_CALIBRATION, 2, 4, 23, 6, EG_AS_ADC, EG_BIT(6), 0, EG_TRIM(1)},
    {"RTC_LDO_ACT_DBIAS31", EG_CAT_CALIBRATION, 2, 4, 29, 6, EG_AS_ADC, EG_BIT(6), 0, EG_TRIM(1)},
    {"RTC_LDO_ACT_DBIAS13", EG_CAT_CALIBRATION, 2, 5, 3, 8, EG_AS_ADC, EG_BIT(6), 0, EG_TRIM(1)},
    {"ADC_CALIBRATION_3", EG_CAT_CALIBRATION, 2, 6, 0, 11, EG_AS_ADC, EG_BIT(6), 0, EG_TRIM(1)},
    {0},
};

static const struct eg_efuse_block blocks[] = {
    {"BLOCK0", 0x02c, 0x000, 2, 0, .rd = 0},
    {"BLOCK1", 0x034, 0x000, 3, EG_BIT(5), .rd = 0, .count_at = {0x084, 0}, .fail_at = {0x084, 3}},
    {"BLOCK2", 0x040, 0x000, 8, EG_BIT(6), .rd = 0, .count_at = {0x084, 4}, .fail_at = {0x084, 7}},
    {"BLOCK_KEY0", 0x060, 0x000, 8, EG_BIT(7), .rd = EG_BIT(0) | EG_BIT(1), .alt = "BLOCK3",
     .count_at = {0x084, 8}, .fail_at = {0x084, 11}},
    {0},
};

static const struct eg_efuse_purpose purposes[] = {
    {"USER", 0, 0},
    {"XTS_AES_128_KEY", 1, EG_PURPOSE_REVERSED | EG_PURPOSE_HIDDEN},
    {"XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS", 2, EG_PURPOSE_REVERSED | EG_PURPOSE_HIDDEN},
    {"SECURE_BOOT_DIGEST", 3, EG_PURPOSE_DIGEST},
    {0},
};

static const struct eg_efuse_step timing_26[] = {
    {0x108, 0x0001fe00, 255}, {0x108, 0x000000ff, 40},  {0x114, 0x00ffff00, 12288},
    {0x118, 0x0000ffff, 400}, {0x110, 0x0000ff00, 130}, {0},
};

static const struct eg_efuse_step timing_40[] = {
    {0x108, 0x0001fe00, 255}, {0x108, 0x000000ff, 40},  {0x114, 0x00ffff00, 12288},
    {0x118, 0x0000ffff, 400}, {0x110, 0x0000ff00, 200}, {0},
};

static const struct eg_efuse_timing timing[] = {
    {26, timing_26},
    {40, timing_40},
    {0},
};

const struct eg_efuse eg_target_esp32c2_efuse = {
    .name = "esp32c2",
    .family = EG_EFUSE_PROGRAM_WINDOW,
    .base = 0x60008800,
    .size = 0x200,
    .conf = 0x08c,
    .cmd = 0x094,
    .check = 0x020,
    .repeat_errors = 0x080,
    .repeat_error_words = 1,
    .blocks = blocks,
    .fields = fields,
    .purposes = purposes,
    .timing = timing,
    .boot_schemes = "ecdsa256",
    .postponed = "WR_DIS RD_DIS ENABLE_SECURITY_DOWNLOAD DIS_DOWNLOAD_MODE SPI_BOOT_CRYPT_CNT SECURE_BOOT_EN",
    .crypt_count = "SPI_BOOT_CRYPT_CNT",
    .secure_boot = "SECURE_BOOT_EN",
    .download_off = "DIS_DOWNLOAD_MODE",
    .download_secure = "ENABLE_SECURITY_DOWNLOAD",
    .enables = {.crypt_release = 7,
                .encryption = "DIS_DOWNLOAD_MANUAL_ENCRYPT DIS_DOWNLOAD_ICACHE DIS_PAD_JTAG DIS_DIRECT_BOOT",
                .encryption_protects = "",
                .boot = "DIS_DIRECT_BOOT DIS_PAD_JTAG"},
};
