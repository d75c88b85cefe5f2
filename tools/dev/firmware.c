/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Writes a folder like a build of ESP-IDF.
 *
 * Every file is valid (headers, segments in the chip's memory, checksums, digests), but no chip would run it.
 *
 * Not here: what the segments are filled with, see filling.h.
 */

#include "tools/dev/firmware.h"

#include "tools/dev/filling.h"

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "targets/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define TABLE_ADDR     0x8000u
#define APP_ADDR       0x10000u
#define MMU_PAGE       0x10000u
#define MIB            0x100000u
#define TABLE_SIZE     0xc00u
#define TABLE_ROW_SIZE 32u
#define APP_DESC_SIZE  256u
#define APP_DESC_MAGIC 0xabcd5432u
#define SEGMENTS_MAX   4

#define APP_SIZE_MIN 65536L
#define APP_SIZE_MAX (15L * 1024 * 1024) /* so that 16 MB of flash hold its partition */

/* Where a linker could put things: chip, read-only data (0 = with the code), data, fast code, code in flash.
 */
struct layout {
    const char *chip;
    uint32_t drom, dram, iram, irom;
    uint32_t boot_dram, boot_iram;
    long app_size;
    bool one_mmu; /* read-only data and code must not use the same pages */
};

static const struct layout layouts[] = {
    {"esp8266", 0, 0x3ffe8000, 0x40100000, 0x40210010, 0x3ffe8000, 0x40100000, 0x80000, false},
    {"esp32", 0x3f400020, 0x3ffb0000, 0x40080000, 0x400d0000, 0x3fff0030, 0x40078000, 0x100000, false},
    {"esp32s3", 0x3c000020, 0x3fc92000, 0x40374000, 0x42000000, 0x3fce2820, 0x403c8700, 0x100000, true},
    {"esp32c3", 0x3c000020, 0x3fc8c000, 0x40380000, 0x42000000, 0x3fcd5820, 0x403cc710, 0x100000, true},
    {"esp32s2", 0x3f000020, 0x3ffbe000, 0x40024000, 0x40080000, 0x3ffe6100, 0x4004c000, 0x100000, false},
    {"esp32s31", 0x40000020, 0x2f040000, 0x2f000000, 0x40000000, 0x2f070000, 0x2f078000, 0x100000, true},
    {"esp32c2", 0x3c000020, 0x3fca8000, 0x40380000, 0x42000000, 0x3fcd5000, 0x403ae000, 0x100000, true},
    {"esp32c5", 0x42000020, 0x40820000, 0x40810000, 0x42000000, 0x4084b000, 0x40850000, 0x100000, true},
    {"esp32c6", 0x42000020, 0x40820000, 0x40800000, 0x42000000, 0x4084b000, 0x40850000, 0x100000, true},
    {"esp32c61", 0x42000020, 0x40820000, 0x40800000, 0x42000000, 0x4084b000, 0x40850000, 0x100000, true},
    {"esp32h2", 0x42000020, 0x40820000, 0x40800000, 0x42000000, 0x4084b000, 0x40850000, 0x100000, true},
    {"esp32h21", 0x42000020, 0x40820000, 0x40800000, 0x42000000, 0x4084b000, 0x40850000, 0x100000, true},
    {"esp32h4", 0x42000020, 0x40820000, 0x40810000, 0x42000000, 0x4084b000, 0x40850000, 0x100000, true},
    {"esp32p4", 0x40000020, 0x4ff40000, 0x4ff00000, 0x40000000, 0x4ff90000, 0x4ff98000, 0x100000, true},
    {"esp32e22", 0x3c000020, 0x31100000, 0x31000000, 0x3c000000, 0x311f0000, 0x311f8000, 0x100000, true},
};

static const struct {
    const char *name;
    uint32_t size;
} flash_sizes[] = {{"2MB", 2 << 20}, {"4MB", 4 << 20}, {"8MB", 8 << 20}, {"16MB", 16 << 20}};

struct segment {
    uint32_t addr;
    uint32_t size;
    enum filling filling;
};

struct firmware {
    const struct eg_target *target;
    const struct layout *layout;
    const char *folder;
    const char *flash_size;
    uint32_t app_size;
    uint32_t app_room; /* of its partition */
    uint64_t seed;
};

static void file_cleanup(FILE **file)
{
    if (*file != NULL)
        fclose(*file);
}

static enum eg_code make_folder(const char *path, struct eg_error *err)
{
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return eg_error_errno(err, EG_IO, errno, "making %s", path);
    return EG_OK;
}

static enum eg_code write_file(const char *folder, const char *name, const void *data, size_t size,
                               struct eg_error *err)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    EG_CLEANUP(file_cleanup) FILE *file = fopen(path, "wb");
    if (file == NULL)
        return eg_error_errno(err, EG_IO, errno, "writing %s", path);
    if (fwrite(data, 1, size, file) != size || fflush(file) != 0)
        return eg_error_errno(err, EG_IO, errno, "writing %s", path);
    return EG_OK;
}

static bool in_memory(const struct eg_target *target, const struct segment *segment)
{
    for (const struct eg_memory_range *range = target->memory; range->name != NULL; range++)
        if (segment->addr >= range->start && segment->addr < range->end &&
            segment->size <= range->end - segment->addr)
            return true;
    return false;
}

/* 40 MHz where the chip's flash can have it, as in most projects. */
static const char *flash_freq(const struct eg_target *target)
{
    return eg_header_code(target->flash_freqs, "40m") >= 0 ? "40m" : target->flash_freqs[0].name;
}

static enum eg_code append_header(struct eg_buffer *image, const struct firmware *firmware, uint8_t segments,
                                  uint32_t entry, struct eg_error *err)
{
    const struct eg_target *target = firmware->target;
    uint8_t header[24] = {0};

    header[0] = 0xe9;
    header[1] = segments;
    header[2] = 2; /* dio */
    header[3] = (uint8_t)(eg_header_code(target->flash_sizes, firmware->flash_size) |
                          eg_header_code(target->flash_freqs, flash_freq(target)));
    eg_put32(header + 4, entry);
    if (target->image_chip_id < 0)
        return eg_buffer_append(image, header, 8, err);
    header[8] = 0xee; /* no write-protect pin */
    eg_put16(header + 12, (uint16_t)target->image_chip_id);
    eg_put16(header + 17, 0xffff); /* up to any revision */
    header[23] = 1;                /* a SHA-256 follows */
    return eg_buffer_append(image, header, sizeof header, err);
}

/* Into a field that is zero and longer. */
static void put_text(uint8_t *field, const char *text)
{
    for (; *text != '\0'; text++)
        *field++ = (uint8_t)*text;
}

static void put_app_desc(uint8_t *at, const struct firmware *firmware)
{
    struct random random = {firmware->seed};

    memset(at, 0, APP_DESC_SIZE);
    eg_put32(at, APP_DESC_MAGIC);
    put_text(at + 16, "1.0.0");
    put_text(at + 48, "espgang-demo");
    put_text(at + 80, "12:00:00");
    put_text(at + 96, "Jan  1 2026");
    put_text(at + 112, "generated");
    for (size_t i = 0; i < EG_SHA256_SIZE; i++) /* of an ELF file that does not exist */
        at[144 + i] = (uint8_t)random_next(&random);
    eg_put16(at + 178, 0xffff); /* up to any efuse block revision */
    at[180] = 16;               /* MMU page size as a power of two */
}

static enum eg_code make_image(struct eg_buffer *image, const struct firmware *firmware,
                               const struct segment *segments, uint8_t count, uint32_t entry, bool is_app,
                               struct eg_error *err)
{
    struct random random = {firmware->seed + is_app};
    uint8_t checksum = 0xef, digest[EG_SHA256_SIZE];

    EG_TRY(append_header(image, firmware, count, entry, err));
    for (uint8_t i = 0; i < count; i++) {
        uint8_t header[8];
        if (!in_memory(firmware->target, &segments[i]))
            return eg_error_set(err, EG_BAD_IMAGE, "%u bytes at 0x%08x are more than an %s has room for",
                                (unsigned)segments[i].size, (unsigned)segments[i].addr,
                                firmware->target->label);
        eg_put32(header, segments[i].addr);
        eg_put32(header + 4, segments[i].size);
        EG_TRY(eg_buffer_append(image, header, sizeof header, err));
        const size_t start = image->size;
        EG_TRY(eg_buffer_resize(image, start + segments[i].size, 0, err));
        fill(&random, segments[i].filling, image->data + start, segments[i].size);
        if (is_app && i == 0)
            put_app_desc(image->data + start, firmware);
        for (size_t at = start; at < image->size; at++)
            checksum ^= image->data[at];
    }
    /* Zeros until the checksum is the last byte of sixteen. */
    EG_TRY(eg_buffer_resize(image, image->size / 16 * 16 + 16, 0, err));
    image->data[image->size - 1] = checksum;
    if (firmware->target->image_chip_id < 0)
        return EG_OK;
    EG_TRY(eg_sha256(digest, image->data, image->size, err));
    return eg_buffer_append(image, digest, sizeof digest, err);
}

/* The file is to have firmware->app_size bytes exactly: what lies in flash takes up what is left. */
static enum eg_code make_app(struct eg_buffer *image, const struct firmware *firmware, struct eg_error *err)
{
    const struct layout *layout = firmware->layout;
    const uint32_t dram = 12 * 1024, iram = 28 * 1024;
    struct segment segments[SEGMENTS_MAX];
    uint8_t count = 0;

    if (layout->drom == 0) {
        /* header, three segment headers, padding with the checksum */
        const uint32_t irom = firmware->app_size - 8 - 3 * 8 - 4 - dram - iram;
        segments[count++] = (struct segment){layout->irom, irom, FILLING_CODE_AND_STRINGS};
        segments[count++] = (struct segment){layout->dram, dram, FILLING_TABLES};
        segments[count++] = (struct segment){layout->iram, iram, FILLING_CODE};
    } else {
        /* header, four segment headers, padding with the checksum, digest */
        const uint32_t in_flash = firmware->app_size - 24 - 4 * 8 - 4 - EG_SHA256_SIZE - dram - iram;
        /* A sixth, as in a real application; more in a large one, whose code alone would not fit. */
        const uint32_t drom = in_flash / (firmware->app_size > 3 * MIB ? 3 : 6) / 4 * 4;
        /* The MMU maps whole pages of the file. */
        const uint32_t offset = 24 + 4 * 8 + drom + dram + iram;
        const uint32_t irom =
            layout->irom + offset % MMU_PAGE + (layout->one_mmu ? eg_div_up(offset, MMU_PAGE) * MMU_PAGE : 0);
        segments[count++] = (struct segment){layout->drom, drom, FILLING_STRINGS};
        segments[count++] = (struct segment){layout->dram, dram, FILLING_TABLES};
        segments[count++] = (struct segment){layout->iram, iram, FILLING_CODE};
        segments[count++] = (struct segment){irom, in_flash - drom, FILLING_CODE};
    }
    return make_image(image, firmware, segments, count, layout->iram + 0x404, true, err);
}

static enum eg_code make_bootloader(struct eg_buffer *image, const struct firmware *firmware,
                                    struct eg_error *err)
{
    /* With the signature of secure boot it must end before the partition table at 0x8000. */
    const uint32_t code_size = firmware->target->bootloader_addr < 0x2000 ? 18 * 1024 : 14 * 1024;
    const struct segment segments[] = {
        {firmware->layout->boot_dram, 5 * 1024, FILLING_STRINGS},
        {firmware->layout->boot_iram, code_size, FILLING_CODE},
    };

    return make_image(image, firmware, segments, 2, firmware->layout->boot_iram + 0x84, false, err);
}

static void put_partition(uint8_t *row, uint8_t type, uint8_t subtype, uint32_t addr, uint32_t size,
                          const char *name)
{
    memset(row, 0, TABLE_ROW_SIZE);
    row[0] = 0xaa;
    row[1] = 0x50;
    row[2] = type;
    row[3] = subtype;
    eg_put32(row + 4, addr);
    eg_put32(row + 8, size);
    put_text(row + 12, name);
}

static enum eg_code make_table(uint8_t table[TABLE_SIZE], const struct firmware *firmware,
                               struct eg_error *err)
{
    uint8_t *row = table;

    memset(table, 0xff, TABLE_SIZE);
    put_partition(row, 1, 2, 0x9000, 0x6000, "nvs");
    put_partition(row += TABLE_ROW_SIZE, 1, 1, 0xf000, 0x1000, "phy_init");
    put_partition(row += TABLE_ROW_SIZE, 0, 0, APP_ADDR, firmware->app_room, "factory");
    row += TABLE_ROW_SIZE;
    row[0] = row[1] = 0xeb; /* then fourteen times FF, then the MD5 of the rows above */
    return eg_md5(row + 16, table, (size_t)(row - table), err);
}

static enum eg_code write_flasher_args(const struct firmware *firmware, struct eg_error *err)
{
    static const char format[] =
        "{\n"
        "    \"write_flash_args\": [\"--flash_mode\", \"dio\", \"--flash_size\", \"%s\", \"--flash_freq\","
        " \"%s\"],\n"
        "    \"flash_settings\": {\"flash_mode\": \"dio\", \"flash_size\": \"%s\", \"flash_freq\": "
        "\"%s\"},\n"
        "    \"flash_files\": {\n"
        "        \"0x%x\": \"bootloader/bootloader.bin\",\n"
        "        \"0x%x\": \"partition_table/partition-table.bin\",\n"
        "        \"0x%x\": \"app.bin\"\n"
        "    },\n"
        "    \"bootloader\": {\"offset\": \"0x%x\", \"file\": \"bootloader/bootloader.bin\", \"encrypted\":"
        " \"false\"},\n"
        "    \"app\": {\"offset\": \"0x%x\", \"file\": \"app.bin\", \"encrypted\": \"false\"},\n"
        "    \"partition-table\": {\"offset\": \"0x%x\", \"file\": \"partition_table/partition-table.bin\","
        " \"encrypted\": \"false\"},\n"
        "    \"extra_esptool_args\": {\"after\": \"hard_reset\", \"before\": \"default_reset\", \"stub\": "
        "true,"
        " \"chip\": \"%s\"}\n"
        "}\n";
    const unsigned boot = firmware->target->bootloader_addr;
    char text[2000];
    const char *const freq = flash_freq(firmware->target);
    const int size =
        snprintf(text, sizeof text, format, firmware->flash_size, freq, firmware->flash_size, freq, boot,
                 TABLE_ADDR, APP_ADDR, boot, APP_ADDR, TABLE_ADDR, firmware->target->name);

    return write_file(firmware->folder, "flasher_args.json", text, (size_t)size, err);
}

static enum eg_code write_all(const struct firmware *firmware, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer bootloader = {0}, app = {0};
    uint8_t table[TABLE_SIZE];
    char path[4096];

    EG_TRY(make_bootloader(&bootloader, firmware, err));
    EG_TRY(make_table(table, firmware, err));
    EG_TRY(make_app(&app, firmware, err));

    EG_TRY(make_folder(firmware->folder, err));
    snprintf(path, sizeof path, "%s/bootloader", firmware->folder);
    EG_TRY(make_folder(path, err));
    snprintf(path, sizeof path, "%s/partition_table", firmware->folder);
    EG_TRY(make_folder(path, err));
    EG_TRY(write_file(firmware->folder, "bootloader/bootloader.bin", bootloader.data, bootloader.size, err));
    EG_TRY(write_file(firmware->folder, "partition_table/partition-table.bin", table, sizeof table, err));
    EG_TRY(write_file(firmware->folder, "app.bin", app.data, app.size, err));
    return write_flasher_args(firmware, err);
}

enum eg_code firmware_write(const char *folder, const char *chip, long app_size, uint64_t seed,
                            struct eg_error *err)
{
    struct firmware firmware = {.target = eg_target_by_name(chip), .folder = folder, .seed = seed};

    for (size_t i = 0; firmware.target != NULL && i < sizeof layouts / sizeof layouts[0]; i++)
        if (strcmp(layouts[i].chip, firmware.target->name) == 0)
            firmware.layout = &layouts[i];
    if (firmware.layout == NULL)
        return eg_error_set(err, EG_BAD_JOB, "no layout is known for the chip %s", chip);
    if (app_size == 0)
        app_size = firmware.layout->app_size;
    if (app_size % 16 != 0 || app_size < APP_SIZE_MIN || app_size > APP_SIZE_MAX)
        return eg_error_set(err, EG_BAD_JOB,
                            "an application of %ld bytes: not a multiple of 16 from %ld to %ld", app_size,
                            APP_SIZE_MIN, APP_SIZE_MAX);
    firmware.app_size = (uint32_t)app_size;
    firmware.app_room = eg_div_up(firmware.app_size, MIB) * MIB;
    size_t flash = 0;
    while (APP_ADDR + firmware.app_room > flash_sizes[flash].size)
        flash++;
    firmware.flash_size = flash_sizes[flash].name;
    return write_all(&firmware, err);
}
