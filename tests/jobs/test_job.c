/* SPDX-License-Identifier: Apache-2.0 */

/* nftw() is XSI. */
#define _XOPEN_SOURCE 700

#include "jobs/job.h"

#include "engine/base/file.h"
#include "engine/image/compress.h"
#include "engine/image/image.h"
#include "engine/stages/stage.h"
#include "tests/fakes/check.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every test has a folder of its own with the files below; in texts, @ stands for its path. */
static char folder[64];

static void path_of(char path[256], const char *name)
{
    snprintf(path, 256, "%s/%s", folder, name);
}

static void put_bytes(const char *name, const void *data, size_t size)
{
    char path[256];

    path_of(path, name);
    FILE *const out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}

static void put(const char *name, const char *text)
{
    put_bytes(name, text, strlen(text));
}

struct image {
    uint8_t data[5000];
    size_t size;
};

/* A valid image of one segment; ESP8266 when chip_id is negative. With the hash, the file ends behind it. */
static struct image image(int chip_id, uint32_t segment_size, bool hash)
{
    struct image image = {.data = {0xe9, 1, 2, 0x10, 0x00, 0x04, 0x08, 0x40}};
    const size_t header = chip_id < 0 ? 8 : 24;
    uint8_t *const segment = image.data + header;
    uint8_t checksum = 0xef;
    struct eg_error err;

    if (chip_id >= 0) {
        image.data[12] = (uint8_t)chip_id;
        eg_put16(image.data + 15, 100);
        eg_put16(image.data + 17, 399);
        image.data[23] = hash;
    }
    eg_put32(segment, 0x40080400);
    eg_put32(segment + 4, segment_size);
    for (uint32_t i = 0; i < segment_size; i++) {
        segment[8 + i] = (uint8_t)(i / 16);
        checksum ^= segment[8 + i];
    }
    image.size = (header + 8 + segment_size) / 16 * 16 + 16;
    image.data[image.size - 1] = checksum;
    if (hash) {
        assert_ok(eg_sha256(image.data + image.size, image.data, image.size, &err), err);
        image.size += EG_SHA256_SIZE;
    }
    return image;
}

static void put_image(const char *name, struct image content)
{
    put_bytes(name, content.data, content.size);
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/eg-job-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return 1;
    put_image("boot.bin", image(0, 3000, true));
    put_image("app.bin", image(0, 4500, true));
    put_image("boot_c3.bin", image(5, 100, true));
    put("data.bin", "12345");
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static int remove_folder(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct eg_plan *loaded(const char *job_name)
{
    struct eg_plan *plan = NULL;
    struct eg_error err;
    char path[256];

    path_of(path, job_name);
    assert_ok(eg_job_load(&plan, path, &err), err);
    return plan;
}

static void assert_job_file_refused(const char *job_name, enum eg_code code, const char *sentence)
{
    struct eg_plan *plan = NULL;
    struct eg_error err = {0};
    char path[256], expected[1024] = "";

    size_t used = 0;
    for (const char *at = sentence; *at != '\0'; at++)
        used += (size_t)snprintf(expected + used, sizeof expected - used, "%.*s",
                                 *at == '@' ? (int)strlen(folder) : 1, *at == '@' ? folder : at);
    path_of(path, job_name);
    assert_error(eg_job_load(&plan, path, &err), err, code, expected);
    assert_null(plan);
}

static void assert_refused(const char *job, enum eg_code code, const char *sentence)
{
    put("job.yaml", job);
    assert_job_file_refused("job.yaml", code, sentence);
}

/* A job that is whole but for the lines given; the first of them is line 4. */
#define JOB(lines) "espgang: 1\njob: x\nchip: esp32\n" lines "\n"
#define FIRMWARE   "firmware: [{at: 0x10000, file: app.bin}]\n"

/* ---- what is accepted ---- */

static void a_job_becomes_a_plan_of_regions_by_address(void **state)
{
    (void)state;
    put("job.yaml", "# A comment.\n"
                    "espgang: 1\n"
                    "job: acme-sensor\n"
                    "version: 1.10\n"
                    "chip: ESP32\n"
                    "firmware:\n"
                    "  regions:\n"
                    "    - {name: app, at: 64k, file: app.bin}\n"
                    "    - name: bootloader\n"
                    "      at: 0x1000\n"
                    "      file: ./boot.bin\n"
                    "      encrypted: no\n"
                    "    - {at: 0x200000, file: data.bin}\n"
                    "link: {baud: 460800, stub: \"off\"}\n"
                    "retry:\n"
                    "  baud: [460800, 115200]\n"
                    "verify: digest\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    char expected[300];
    uint8_t digest[EG_SHA256_SIZE];
    struct eg_error err;

    assert_string_equal(plan->job_name, "acme-sensor");
    assert_string_equal(plan->job_version, "1.10");
    assert_ok(eg_sha256(digest, plan->job_text.data, plan->job_text.size, &err), err);
    assert_memory_equal(plan->job_sha256, digest, sizeof digest);
    assert_memory_equal(plan->job_text.data, "# A comment.\n", 13);
    assert_string_equal(plan->target->name, "esp32");
    assert_int_equal(plan->declared_flash_size, 0);

    assert_int_equal(plan->region_count, 3);
    assert_string_equal(plan->regions[0].name, "bootloader");
    assert_int_equal(plan->regions[0].flash_addr, 0x1000);
    snprintf(expected, sizeof expected, "%s/./boot.bin", folder);
    assert_string_equal(plan->regions[0].path, expected);
    assert_true(plan->regions[0].is_image);
    assert_int_equal(plan->regions[0].min_rev, 100);
    assert_int_equal(plan->regions[0].max_rev, 399);
    assert_string_equal(plan->regions[1].name, "app");
    assert_int_equal(plan->regions[1].flash_addr, 0x10000);
    assert_string_equal(plan->regions[2].name, "data.bin");
    assert_int_equal(plan->regions[2].flash_addr, 0x200000);

    assert_int_equal(eg_plan_number(plan, "link.baud"), 460800);
    assert_string_equal(eg_plan_setting(plan, "link.stub")->text, "off");
    assert_int_equal(eg_plan_setting(plan, "retry.baud")->count, 2);
    assert_int_equal(eg_plan_setting(plan, "retry.baud")->number[1], 115200);
    assert_true(eg_plan_setting(plan, "verify")->given);
    assert_false(eg_plan_setting(plan, "retry.attempts")->given);
}

static void regions_are_padded_hashed_and_compressed_where_that_is_smaller(void **state)
{
    (void)state;
    put("job.yaml", JOB("firmware: [{at: 0x10000, file: app.bin}, {at: 0x20000, file: data.bin}]"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    const struct eg_region *const app = &plan->regions[0], *const data = &plan->regions[1];
    const struct image content = image(0, 4500, true);
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer zlib = {0};
    uint8_t digest[EG_SHA256_SIZE];
    struct eg_error err;

    assert_int_equal(app->file_size, content.size);
    assert_int_equal(app->data.size, content.size);
    assert_memory_equal(app->data.data, content.data, content.size);
    assert_in_range(app->zlib.size, 1, app->data.size - 1);
    assert_ok(eg_compress(&zlib, content.data, content.size, &err), err);
    assert_int_equal(app->zlib.size, zlib.size);
    assert_memory_equal(app->zlib.data, zlib.data, zlib.size);

    assert_int_equal(data->file_size, 5);
    assert_int_equal(data->data.size, 8);
    assert_memory_equal(data->data.data, "12345\xff\xff\xff", 8);
    assert_int_equal(data->zlib.size, 0);
    assert_false(data->is_image);
    assert_ok(eg_md5(digest, "12345\xff\xff\xff", 8, &err), err);
    assert_memory_equal(data->md5, digest, EG_MD5_SIZE);
    assert_ok(eg_sha256(digest, "12345\xff\xff\xff", 8, &err), err);
    assert_memory_equal(data->sha256, digest, EG_SHA256_SIZE);

    assert_int_equal(plan->data_size, app->data.size + 8);
    assert_int_equal(plan->wire_size, app->zlib.size + 8);
}

static void flash_settings_go_into_the_bootloader_alone(void **state)
{
    (void)state;
    put("job.yaml", JOB("flash: {mode: dout, freq: 80m, size: 4MB}\n"
                        "firmware: [{at: 0x1000, file: boot.bin}, {at: 0x10000, file: app.bin}]"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    const struct eg_buffer *const boot = &plan->regions[0].data;
    const struct image app = image(0, 4500, true);
    struct eg_image_info info;
    struct eg_error err;

    assert_int_equal(plan->declared_flash_size, 4 << 20);
    assert_int_equal(boot->data[2], 3);
    assert_int_equal(boot->data[3], 0x2f);
    assert_ok(eg_image_parse(&info, plan->target, boot->data, boot->size, &err), err);
    assert_ok(eg_image_check(&info, boot->data, boot->size, &err), err);
    assert_memory_equal(plan->regions[1].data.data, app.data, app.size);
}

static void an_esp8266_job_has_images_without_a_chip_id(void **state)
{
    (void)state;
    put_image("old.bin", image(-1, 1000, false));
    put("job.yaml", "espgang: 1\njob: x\nchip: esp8266\nflash: {size: 2MB-c1}\n"
                    "firmware: [{at: 0, file: old.bin}]\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_true(plan->regions[0].is_image);
    assert_int_equal(plan->regions[0].min_rev, 0);
    assert_int_equal(plan->regions[0].max_rev, 65535);
    assert_int_equal(plan->regions[0].data.data[3], 0x50);
    assert_int_equal(plan->declared_flash_size, 2 << 20);
}

static void a_job_may_be_json(void **state)
{
    (void)state;
    put("job.json", "{\n\t\"espgang\": 1, \"job\": \"x\", \"chip\": \"esp32\",\n"
                    "\t\"firmware\": [{\"at\": \"0x10000\", \"file\": \"app.bin\"}, {\"at\": 8192, \"file\": "
                    "\"data.bin\"}],\n"
                    "\t\"retry\": {\"attempts\": 3}\n}\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.json");

    assert_int_equal(plan->region_count, 2);
    assert_int_equal(plan->regions[0].flash_addr, 8192);
    assert_int_equal(eg_plan_number(plan, "retry.attempts"), 3);
}

static void a_byte_order_mark_and_windows_line_ends_do_not_matter(void **state)
{
    (void)state;
    put("job.yaml", "\xef\xbb\xbf"
                    "espgang: 1\r\njob: K\xc3\xbchlung\r\nchip: esp32\r\nfirmware:\r\n"
                    "  - at: 0x10000\r\n    file: app.bin\r\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_string_equal(plan->job_name, "K\xc3\xbchlung");
    assert_int_equal(plan->region_count, 1);
}

static void anchors_and_merge_keys_are_followed(void **state)
{
    (void)state;
    put("job.yaml", "espgang: 1\njob: &name x\nversion: *name\nchip: esp32\n"
                    "firmware:\n"
                    "  - &first {name: one, at: 0x10000, file: data.bin}\n"
                    "  - {<<: *first, name: two, at: 0x20000}\n"
                    "  - {at: 0x30000, <<: [{name: three}, *first]}\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_string_equal(plan->job_version, "x");
    assert_string_equal(plan->regions[1].name, "two");
    assert_int_equal(plan->regions[1].file_size, 5);
    assert_string_equal(plan->regions[2].name, "three");
    assert_int_equal(plan->regions[2].flash_addr, 0x30000);
}

#define BUILD(chip, rest)                                                                                    \
    "{\n"                                                                                                    \
    "  \"flash_files\": {\"0x10000\": \"app.bin\", \"0x1000\": \"bootloader/boot.bin\"},\n"                  \
    "  \"bootloader\": {\"offset\": \"0x1000\", \"file\": \"bootloader/boot.bin\", \"encrypted\": "          \
    "\"false\"},\n"                                                                                          \
    "  \"extra_esptool_args\": {\"stub\": false, \"after\": \"no_reset\"" chip "}" rest "\n}\n"
#define FROM_BUILD "firmware: {from: build/flasher_args.json}"

static void put_build(const char *text)
{
    char path[256];

    path_of(path, "build");
    assert_true(mkdir(path, 0700) == 0 || access(path, W_OK) == 0);
    path_of(path, "build/bootloader");
    assert_true(mkdir(path, 0700) == 0 || access(path, W_OK) == 0);
    put_image("build/bootloader/boot.bin", image(0, 3000, true));
    put_image("build/app.bin", image(0, 4500, true));
    put("build/flasher_args.json", text);
}

static void a_build_folder_gives_files_chip_and_flash_settings(void **state)
{
    (void)state;
    put_build(BUILD(
        ", \"chip\": \"esp32\"",
        ", \"flash_settings\": {\"flash_mode\": \"qio\", \"flash_freq\": \"80m\", \"flash_size\": \"8MB\"}"));
    put("job.yaml", "espgang: 1\njob: x\n" FROM_BUILD "\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    char expected[300];

    assert_string_equal(plan->target->name, "esp32");
    assert_int_equal(plan->declared_flash_size, 8 << 20);
    assert_int_equal(plan->region_count, 2);
    assert_string_equal(plan->regions[0].name, "bootloader");
    snprintf(expected, sizeof expected, "%s/build/bootloader/boot.bin", folder);
    assert_string_equal(plan->regions[0].path, expected);
    assert_int_equal(plan->regions[0].data.data[2], 0);
    assert_int_equal(plan->regions[0].data.data[3], 0x3f);
    assert_string_equal(plan->regions[1].name, "app.bin");
    assert_false(eg_plan_setting(plan, "link.after")->given);
    assert_false(eg_plan_setting(plan, "link.stub")->given);
}

static void flags_of_a_build_may_have_dashes_or_underscores(void **state)
{
    (void)state;
    put_build(BUILD("", ", \"write_flash_args\": [\"--flash-mode\", \"dout\", \"--flash_freq\", \"20m\", "
                        "\"--flash-size\", \"detect\"]"));
    put("job.yaml", JOB(FROM_BUILD));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_int_equal(plan->declared_flash_size, 0);
    assert_int_equal(plan->regions[0].data.data[2], 3);
    assert_int_equal(plan->regions[0].data.data[3], 0x12);
}

static void the_job_has_the_last_word_on_flash_settings(void **state)
{
    (void)state;
    put_build(BUILD("", ", \"flash_settings\": {\"flash_mode\": \"qio\", \"flash_freq\": \"80m\", "
                        "\"flash_size\": \"8MB\"}"));
    put("job.yaml", JOB(FROM_BUILD "\nflash: {mode: dout, freq: keep, size: 2MB}"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_int_equal(plan->declared_flash_size, 2 << 20);
    assert_int_equal(plan->regions[0].data.data[2], 3);
    assert_int_equal(plan->regions[0].data.data[3], 0x10);
}

static void a_real_build_folder_is_understood(void **state)
{
    (void)state;
    char path[4096], text[5000];

    fixture_path(path, "jobs/esp32-idf/flasher_args.json");
    snprintf(text, sizeof text, "espgang: 1\njob: real\nfirmware: {from: %s}\n", path);
    put("job.yaml", text);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    const struct {
        const char *name;
        uint32_t flash_addr, size;
        const char *md5;
    } rows[] = {
        {"bootloader", 0x1000, 26768, "3d01ff6abe2d900243a6c3f51b0054ff"}, /* dio, 40m, 4MB */
        {"partition-table", 0x8000, 3072, "5d61d196adc3dba01928f264eb169be7"},
        {"app", 0x10000, 601808, "b6ad29b82302c1030f6091787358f28d"},
    };

    assert_string_equal(plan->target->name, "esp32");
    assert_int_equal(plan->declared_flash_size, 4 << 20);
    assert_int_equal(plan->region_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        char md5[EG_MD5_TEXT];
        eg_hex(md5, plan->regions[i].md5, EG_MD5_SIZE);
        assert_string_equal(plan->regions[i].name, rows[i].name);
        assert_int_equal(plan->regions[i].flash_addr, rows[i].flash_addr);
        assert_int_equal(plan->regions[i].data.size, rows[i].size);
        assert_string_equal(md5, rows[i].md5);
    }
    assert_int_equal(plan->data_size, 631648);
    assert_in_range(plan->wire_size, 300000, 380000);
}

/* ---- the file as such ---- */

static void a_file_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    char path[256];
    static char large[(1 << 20) + 2];

    assert_job_file_refused("absent.yaml", EG_IO, "@/absent.yaml: No such file or directory");
    path_of(path, "folder.yaml");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_job_file_refused("folder.yaml", EG_IO, "@/folder.yaml: is a directory");
    path_of(path, "fifo.yaml");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_job_file_refused("fifo.yaml", EG_IO, "@/fifo.yaml: is not a regular file");
    memset(large, '#', sizeof large - 1);
    assert_refused(large, EG_IO, "@/job.yaml: 1048577 bytes, more than the 1048576 that are allowed");
}

static void what_is_not_one_document_of_text_is_refused(void **state)
{
    (void)state;
    static char deep[200];

    assert_refused("", EG_BAD_JOB, "@/job.yaml:1:1: the file is empty");
    assert_refused("# only words\n", EG_BAD_JOB, "@/job.yaml:1:1: the file is empty");
    assert_refused("\xef\xbb\xbf", EG_BAD_JOB, "@/job.yaml:1:1: the file is empty");
    assert_refused(JOB(FIRMWARE) "---\nespgang: 1\n", EG_BAD_JOB,
                   "@/job.yaml:6:1: a second document begins here; there may be only one");
    assert_refused("job: a\njob\xff: b\n", EG_BAD_JOB, "@/job.yaml:2:4: byte 0xff is not UTF-8 text");
    assert_refused("\xc3\xa4\xc3", EG_BAD_JOB, "@/job.yaml:1:2: byte 0xc3 is not UTF-8 text");
    assert_refused("\xed\xa0\x80", EG_BAD_JOB, "@/job.yaml:1:1: byte 0xed is not UTF-8 text");
    assert_refused("\xe0\x80\x80", EG_BAD_JOB, "@/job.yaml:1:1: byte 0xe0 is not UTF-8 text");
    put_bytes("job.yaml", "a: \0", 4);
    assert_job_file_refused("job.yaml", EG_BAD_JOB, "@/job.yaml:1:4: the file has a control character, 0x00");
    assert_refused("a: \x1b[1m\n", EG_BAD_JOB, "@/job.yaml:1:4: the file has a control character, 0x1b");
    assert_refused("espgang: 1\njob: \"a\\0b\"\n", EG_BAD_JOB,
                   "@/job.yaml:2:6: the value has a control character, 0x00");
    assert_refused("espgang: 1\njob: \"a\\nb\"\n", EG_BAD_JOB,
                   "@/job.yaml:2:6: the value has a control character, 0x0a");
    assert_refused("[1, 2]\n", EG_BAD_JOB, "@/job.yaml:1:1: the job is a list, not a mapping");
    assert_refused("hello\n", EG_BAD_JOB, "@/job.yaml:1:1: the job is text, not a mapping");
    memset(deep, '[', sizeof deep - 1);
    assert_refused(deep, EG_BAD_JOB, "@/job.yaml:1:33: lists and mappings are nested more than 32 deep");
}

static void a_syntax_error_has_the_line_and_column_of_the_parser(void **state)
{
    (void)state;
    assert_refused("espgang: 1\njob: \"abc\n", EG_BAD_JOB,
                   "@/job.yaml:2:7: double-quoted scalar without closing quote");
    assert_refused("espgang: 1\n\tjob: x\n", EG_BAD_JOB, "@/job.yaml:1:10: invalid multiline plain key");
    assert_refused("espgang: [1, 2\n", EG_BAD_JOB, "@/job.yaml:2:1: flow sequence without a closing bracket");
    assert_refused("%YAML 9.9\n---\nespgang: 1\n", EG_BAD_JOB, "@/job.yaml:1:1: this is not a YAML file");
    put("job.json", "{\"espgang\": 1,}");
    assert_job_file_refused("job.json", EG_BAD_JOB,
                            "@/job.json:1:14: JSON disallows trailing comma before closing brace");
}

static void aliases_cannot_make_a_file_grow(void **state)
{
    (void)state;
    static char text[1 << 17];

    assert_refused("espgang: 1\njob: *nowhere\n", EG_BAD_JOB,
                   "@/job.yaml:2:6: there is no anchor &nowhere before this alias");
    assert_refused("espgang: 1\njob: &self [*self]\n", EG_BAD_JOB,
                   "@/job.yaml:2:13: there is no anchor &self before this alias");
    assert_refused("espgang: 1\njob: !!str x\n", EG_BAD_JOB, "@/job.yaml:2:12: tags have no meaning here");
    assert_refused("espgang: 1\njob: {<<: x}\n", EG_BAD_JOB,
                   "@/job.yaml:2:7: << takes a mapping or a list of them");
    assert_refused("espgang: 1\njob: {<<: {a: 1}, <<: {b: 1}}\n", EG_BAD_JOB,
                   "@/job.yaml:2:19: key << is given twice, first in line 2");
    strcpy(text, "a: [");
    for (size_t at = 4, i = 0; i < 20000; i++)
        at += (size_t)sprintf(text + at, " 0,\n");
    assert_refused(text, EG_BAD_JOB, "@/job.yaml:19998:2: the file has more than 20000 values");
    text[0] = '\0';
    for (size_t at = 0, i = 0; i <= 1000; i++)
        at += (size_t)sprintf(text + at, "k%zu: 1\n", i);
    assert_refused(text, EG_BAD_JOB, "@/job.yaml:1001:1: a mapping has more than 1000 keys");
}

/* ---- keys ---- */

static void the_format_version_comes_first(void **state)
{
    (void)state;
    assert_refused("job: x\nnew-key: 1\n", EG_BAD_JOB,
                   "@/job.yaml:1:1: the key espgang is missing; a job file says espgang: 1");
    assert_refused("espgang: 2\nnew-key: 1\n", EG_BAD_JOB,
                   "@/job.yaml:1:10: espgang is \"2\"; this version of espgang reads job files of format 1");
    assert_refused("espgang:\n", EG_BAD_JOB, "@/job.yaml:1:1: espgang has no value");
    assert_refused("espgang: [1]\n", EG_BAD_JOB, "@/job.yaml:1:10: espgang is a list, not text");
}

static void an_unknown_key_is_answered_with_known_ones(void **state)
{
    (void)state;
    assert_refused(JOB("verfy: digest"), EG_BAD_JOB,
                   "@/job.yaml:4:1: there is no key verfy; did you mean verify");
    assert_refused(JOB("lnik: {}"), EG_BAD_JOB, "@/job.yaml:4:1: there is no key lnik; did you mean link");
    assert_refused(JOB("link: {buad: 1}"), EG_BAD_JOB,
                   "@/job.yaml:4:8: there is no key link.buad; did you mean link.baud");
    assert_refused(JOB("flash:\n  modus: dio"), EG_BAD_JOB,
                   "@/job.yaml:5:3: there is no key flash.modus; did you mean flash.mode");
    assert_refused(JOB("flash: {speed: 1}"), EG_BAD_JOB,
                   "@/job.yaml:4:9: there is no key flash.speed; known here are mode, freq, size");
    assert_refused(JOB("link.baud: 1"), EG_BAD_JOB,
                   "@/job.yaml:4:1: there is no key link.baud; did you mean link.baud");
    assert_refused(JOB("erase: all"), EG_BAD_JOB,
                   "@/job.yaml:4:1: there is no key erase; known here are espgang, job, version, chip, "
                   "firmware, flash, link, verify, retry");
}

static void a_key_given_twice_is_refused(void **state)
{
    (void)state;
    assert_refused(JOB("job: y"), EG_BAD_JOB, "@/job.yaml:4:1: key job is given twice, first in line 2");
    assert_refused(JOB("link:\n  baud: 9600\n  baud: 9601"), EG_BAD_JOB,
                   "@/job.yaml:6:3: key baud is given twice, first in line 5");
    assert_refused(JOB("? [a]\n: b"), EG_BAD_JOB, "@/job.yaml:4:3: a key is a list, not text");
}

static void a_missing_key_is_named(void **state)
{
    (void)state;
    assert_refused("espgang: 1\nchip: esp32\n" FIRMWARE, EG_BAD_JOB,
                   "@/job.yaml:1:1: the key job, the name of the job, is missing");
    assert_refused("espgang: 1\njob: x\n" FIRMWARE, EG_BAD_JOB, "@/job.yaml:1:1: the key chip is missing");
    assert_refused(JOB(""), EG_BAD_JOB, "@/job.yaml:1:1: the key firmware is missing");
    assert_refused(JOB("firmware: [{at: 0}]"), EG_BAD_JOB, "@/job.yaml:4:12: a region needs the key file");
    assert_refused(JOB("firmware:\n  - file: x"), EG_BAD_JOB, "@/job.yaml:5:5: a region needs the key at");
}

static void a_value_of_the_wrong_type_is_refused(void **state)
{
    (void)state;
    assert_refused("espgang: 1\njob: [x]\n", EG_BAD_JOB, "@/job.yaml:2:6: job is a list, not text");
    assert_refused("espgang: 1\njob:\nchip: esp32\n", EG_BAD_JOB, "@/job.yaml:2:1: job has no value");
    assert_refused("espgang: 1\njob: ''\nchip: esp32\n", EG_BAD_JOB, "@/job.yaml:2:6: job has no value");
    assert_refused(JOB("version: {a: b}"), EG_BAD_JOB, "@/job.yaml:4:10: version is a mapping, not text");
    assert_refused(JOB("link: 921600"), EG_BAD_JOB, "@/job.yaml:4:7: link is text, not a mapping");
    assert_refused(JOB("link:"), EG_BAD_JOB, "@/job.yaml:4:1: link has no value");
    assert_refused(JOB("link: {baud: [1]}"), EG_BAD_JOB, "@/job.yaml:4:14: link.baud is a list, not text");
    assert_refused(JOB("retry: {baud: {a: b}}"), EG_BAD_JOB,
                   "@/job.yaml:4:15: retry.baud is a mapping, not text");
    assert_refused(JOB("retry: {baud: [[1]]}"), EG_BAD_JOB,
                   "@/job.yaml:4:16: retry.baud is a list, not text");
    assert_refused(JOB("firmware: app.bin"), EG_BAD_JOB, "@/job.yaml:4:11: firmware is text, not a mapping");
    assert_refused(JOB("firmware: [app.bin]"), EG_BAD_JOB,
                   "@/job.yaml:4:12: a region is text, not a mapping");
    assert_refused(JOB("firmware: [{at: 0, file: [a]}]"), EG_BAD_JOB,
                   "@/job.yaml:4:26: file is a list, not text");
}

static void a_bad_value_is_answered_with_what_is_allowed(void **state)
{
    (void)state;
    assert_refused(JOB("link: {baud: fast}"), EG_BAD_JOB,
                   "@/job.yaml:4:14: link.baud is \"fast\", not a number from 9600 to 4000000");
    assert_refused(JOB("link: {baud: -1}"), EG_BAD_JOB,
                   "@/job.yaml:4:14: link.baud is \"-1\", not a number from 9600 to 4000000");
    assert_refused(JOB("retry: {attempts: 0}"), EG_BAD_JOB,
                   "@/job.yaml:4:19: retry.attempts is \"0\", not a number from 1 to 10");
    assert_refused(JOB("retry: {baud: [921600, 5]}"), EG_BAD_JOB,
                   "@/job.yaml:4:15: retry.baud is \"5\", not a number from 9600 to 4000000");
    assert_refused(JOB("retry: {baud: []}"), EG_BAD_JOB,
                   "@/job.yaml:4:15: retry.baud is \"\", not a number from 9600 to 4000000");
    assert_refused(JOB("link: {stub: maybe}"), EG_BAD_JOB,
                   "@/job.yaml:4:14: link.stub is \"maybe\", not one of auto, on, off");
    assert_refused("espgang: 1\njob: x\nchip: esp99\n" FIRMWARE, EG_BAD_JOB,
                   "@/job.yaml:3:7: chip is \"esp99\", not one of esp32, esp32c3, esp32s3, esp8266");
    assert_refused(JOB(FIRMWARE "flash: {mode: fast}"), EG_BAD_JOB,
                   "@/job.yaml:5:15: flash.mode is \"fast\", not one of keep, qio, qout, dio, dout");
    assert_refused(JOB(FIRMWARE "flash: {freq: 60m}"), EG_BAD_JOB,
                   "@/job.yaml:5:15: flash.freq is \"60m\", not one of keep, 80m, 40m, 26m, 20m");
    assert_refused(JOB(FIRMWARE "flash: {size: 3MB}"), EG_BAD_JOB,
                   "@/job.yaml:5:15: flash.size is \"3MB\", not one of keep, 1MB, 2MB, 4MB, 8MB, 16MB, 32MB, "
                   "64MB, 128MB");
    assert_refused(JOB(FIRMWARE "flash: {size: detect}"), EG_BAD_JOB,
                   "@/job.yaml:5:15: flash.size is detect, but one image serves all boards; give a size such "
                   "as 4MB");
    assert_refused(JOB(FIRMWARE "flash: {freq: 40m}"), EG_BAD_JOB,
                   "@/job.yaml:5:15: flash.freq is set in the bootloader, but no bootloader goes to "
                   "0x00001000");
}

static void a_name_that_is_too_long_is_refused(void **state)
{
    (void)state;
    char job[300] = "espgang: 1\njob: ";

    memset(job + strlen(job), 'x', 201);
    assert_refused(job, EG_BAD_JOB, "@/job.yaml:2:6: job has 201 bytes, more than 200");
}

/* ---- firmware ---- */

static void firmware_has_regions_or_a_build_folder(void **state)
{
    (void)state;
    assert_refused(JOB("firmware: []"), EG_BAD_JOB, "@/job.yaml:4:11: firmware has no regions");
    assert_refused(JOB("firmware: {}"), EG_BAD_JOB,
                   "@/job.yaml:4:11: firmware takes one of the keys from and regions");
    assert_refused(JOB("firmware: {from: a.json, regions: []}"), EG_BAD_JOB,
                   "@/job.yaml:4:11: firmware takes one of the keys from and regions");
    assert_refused(JOB("firmware: {form: a.json}"), EG_BAD_JOB,
                   "@/job.yaml:4:12: firmware has no key form; it has from, regions");
    assert_refused(JOB("firmware: [{adr: 0, file: a}]"), EG_BAD_JOB,
                   "@/job.yaml:4:13: a region has no key adr; it has name, at, file, encrypted");
    assert_refused(JOB("firmware: {from: merged.bin}"), EG_BAD_JOB,
                   "@/job.yaml:4:18: firmware.from is \"merged.bin\", not a flasher_args.json");
    assert_refused(JOB("firmware: [{at: 0, file: data.bin, encrypted: yes}]"), EG_BAD_JOB,
                   "@/job.yaml:4:47: encrypted writing is not supported by this version of espgang");
    assert_refused(JOB("firmware: [{at: 0, file: data.bin, encrypted: 1}]"), EG_BAD_JOB,
                   "@/job.yaml:4:47: encrypted is \"1\", not true or false");
}

static void an_address_that_cannot_be_used_is_refused(void **state)
{
    (void)state;
    assert_refused(JOB("firmware: [{at: nvs, file: data.bin}]"), EG_BAD_JOB,
                   "@/job.yaml:4:17: at is \"nvs\", not an address such as 0x10000, 64k or 1MB");
    assert_refused(JOB("firmware: [{at: -1, file: data.bin}]"), EG_BAD_JOB,
                   "@/job.yaml:4:17: at is \"-1\", not an address such as 0x10000, 64k or 1MB");
    assert_refused(JOB("firmware: [{at: 0x10010, file: data.bin}]"), EG_BAD_JOB,
                   "@/job.yaml:4:17: region data.bin is at 0x00010010, which is not a multiple of 4096 "
                   "(0x1000)");
    assert_refused(JOB("firmware: [{at: 0, file: boot.bin, name: bootloader}]"), EG_BAD_JOB,
                   "@/job.yaml:4:17: region bootloader is at 0x00000000, but the ESP32 starts its bootloader "
                   "at 0x00001000");
    assert_refused(JOB("firmware:\n- {at: 0x11000, file: data.bin}\n- {at: 0x10000, file: app.bin}"),
                   EG_BAD_JOB,
                   "@/job.yaml:5:8: region data.bin at 0x00011000 overlaps region app.bin, which takes "
                   "0x00010000 to 0x00011fff");
    assert_refused(JOB("firmware: [{at: 4k, file: data.bin, name: a}, {at: 4096, file: data.bin, name: b}]"),
                   EG_BAD_JOB,
                   "@/job.yaml:4:52: region b at 0x00001000 overlaps region a, which takes 0x00001000 to "
                   "0x00001fff");
}

static void a_region_beyond_the_flash_is_refused(void **state)
{
    (void)state;
    assert_refused(JOB("flash: {size: 1MB}\nfirmware: [{at: 0xff000, file: app.bin}]"), EG_BAD_JOB,
                   "@/job.yaml:5:17: region app.bin at 0x000ff000 with 4576 bytes goes beyond 0x00100000 "
                   "(flash.size)");
    assert_refused(JOB("firmware: [{at: 16MB, file: data.bin}]"), EG_BAD_JOB,
                   "@/job.yaml:4:17: region data.bin at 0x01000000 with 5 bytes goes beyond 0x01000000 (the "
                   "most that can be written on this chip)");
    assert_refused(JOB("flash: {size: 32MB}\nfirmware: [{at: 16MB, file: data.bin}]"), EG_BAD_JOB,
                   "@/job.yaml:5:17: region data.bin at 0x01000000 with 5 bytes goes beyond 0x01000000 (the "
                   "most that can be written on this chip)");
    assert_refused("espgang: 1\njob: x\nchip: esp32s3\nfirmware: [{at: 16MB, file: data.bin}]\n", EG_BAD_JOB,
                   "@/job.yaml:4:17: region data.bin at 0x01000000 with 5 bytes goes beyond 0x01000000 (the "
                   "most without flash.size)");
    assert_refused(
        JOB("firmware: [{at: 0xfffffffffffff000, file: data.bin}]"), EG_BAD_JOB,
        "@/job.yaml:4:17: region data.bin at 0xfffffffffffff000 with 5 bytes goes beyond 0x01000000 "
        "(the most that can be written on this chip)");
    put("job.yaml", "espgang: 1\njob: x\nchip: esp32s3\nflash: {size: 32MB}\nfirmware: [{at: 0x1fff000, "
                    "file: data.bin}]\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    assert_int_equal(plan->regions[0].flash_addr, 0x1fff000);
}

static void a_firmware_file_that_cannot_be_read_is_named_where_the_job_names_it(void **state)
{
    (void)state;
    char path[256];

    assert_refused(JOB("firmware: [{at: 0, file: no/such.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:26: @/no/such.bin: No such file or directory");
    put("empty.bin", "");
    assert_refused(JOB("firmware: [{at: 0, file: empty.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:26: @/empty.bin: is empty");
    path_of(path, "dir.bin");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_refused(JOB("firmware: [{at: 0, file: dir.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:26: @/dir.bin: is a directory");
    path_of(path, "fifo.bin");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(JOB("firmware: [{at: 0, file: fifo.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:26: @/fifo.bin: is not a regular file");
    put("large.bin", "");
    path_of(path, "large.bin");
    assert_int_equal(truncate(path, (64 << 20) + 1), 0);
    assert_refused(JOB("firmware: [{at: 0, file: large.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:26: @/large.bin: 67108865 bytes, more than the 67108864 that are allowed");
    assert_refused(JOB("firmware: [{at: 0, file: /dev/null}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:26: /dev/null: is not a regular file");
}

static void an_image_that_is_damaged_or_of_another_chip_is_refused(void **state)
{
    (void)state;
    struct image bad = image(0, 3000, true);

    assert_refused(JOB("firmware: [{at: 0x1000, file: boot_c3.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:31: @/boot_c3.bin: is an image for ESP32-C3, not for ESP32");
    put_image("old.bin", image(-1, 1000, false));
    assert_refused(JOB("firmware: [{at: 0x1000, file: old.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:31: @/old.bin: is an image for ESP8266, not for ESP32");
    bad.data[100] ^= 0x40;
    put_image("bad.bin", bad);
    assert_refused(JOB("firmware: [{at: 0x1000, file: bad.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:31: @/bad.bin: checksum at offset 0xbdf is 0xef, the segments have 0xaf");
    bad = image(0, 3000, true);
    bad.size = 2000;
    put_image("bad.bin", bad);
    assert_refused(JOB("firmware: [{at: 0x10000, file: bad.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:32: @/bad.bin: segment 1 of 1 at offset 0x18 has 3000 bytes, beyond the end "
                   "at 0x7d0");
    bad = image(0, 16, true);
    bad.data[8] ^= 1;
    put_image("bad.bin", bad);
    assert_refused(JOB("firmware: [{at: 0x10000, file: bad.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:32: @/bad.bin: SHA-256 at offset 0x40 is "
                   "d5196cf74b4fd256fe65189f30091b81ce56beb368800ff12c99400958886de1, the data have "
                   "7fdc9810164804eab560f1580a901c847e00a9c901e8b5dbbfd487d594820893");
}

static void data_that_happens_to_begin_with_e9_is_data(void **state)
{
    (void)state;
    put("odd.bin", "\xe9\x03 not an image of any chip");
    put("job.yaml", JOB("firmware: [{at: 0x10000, file: odd.bin}]"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_false(plan->regions[0].is_image);
}

static void a_build_folder_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    assert_refused(JOB("firmware: {from: no/flasher_args.json}"), EG_BAD_JOB,
                   "@/job.yaml:4:18: @/no/flasher_args.json: No such file or directory");
    put_build(BUILD(", \"chip\": \"esp32c3\"", ""));
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB,
                   "@/job.yaml:3:7: chip is esp32, but @/build/flasher_args.json:4:70 is for esp32c3");
    put_build(BUILD(", \"chip\": \"linux\"", ""));
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB,
                   "@/build/flasher_args.json:4:70: chip is \"linux\", not one of esp32, esp32c3, esp32s3, "
                   "esp8266");
    put_build(BUILD("", ""));
    assert_refused("espgang: 1\njob: x\n" FROM_BUILD "\n", EG_BAD_JOB,
                   "@/job.yaml:1:1: the key chip is missing");
    put_build(BUILD("", ", \"write_flash_args\": [\"--encrypt\"]"));
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB,
                   "@/build/flasher_args.json:4:84: encrypted writing is not supported by this version of "
                   "espgang");
    put_build("{\"flash_files\": {\"0x0\": \"a\"}, \"a\": {\"offset\": \"0\", \"file\": \"a\", "
              "\"encrypted\": \"true\"}}");
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB,
                   "@/build/flasher_args.json:1:78: encrypted writing is not supported by this version of "
                   "espgang");
    put_build("{\"flash_files\": {\"start\": \"a\"}}");
    assert_refused(
        JOB(FROM_BUILD), EG_BAD_JOB,
        "@/build/flasher_args.json:1:18: a key of flash_files is \"start\", not an address such as "
        "0x10000, 64k or 1MB");
    put_build("{\"flash_files\": {}}");
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB, "@/build/flasher_args.json:1:17: flash_files names no file");
    put_build("{\"builds\": []}");
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB,
                   "@/build/flasher_args.json:1:1: this is no flasher_args.json: the key flash_files is "
                   "missing");
    put_build("[1]");
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB,
                   "@/build/flasher_args.json:1:1: flasher_args.json is a list, not a mapping");
    put_build(BUILD("", ", \"flash_settings\": {\"flash_size\": \"5MB\"}"));
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB,
                   "@/build/flasher_args.json:4:96: flash.size is \"5MB\", not one of keep, 1MB, 2MB, 4MB, "
                   "8MB, 16MB, 32MB, 64MB, 128MB");
}

/* ---- for people ---- */

static void a_plan_is_explained(void **state)
{
    (void)state;
    put("job.yaml", JOB("version: 2\nflash: {size: 4MB}\nfirmware: [{at: 0x20000, file: data.bin}]\n"
                        "link: {baud: 115200}"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    char path[256], expected[2000], sha256[EG_SHA256_TEXT];
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct eg_error err;

    path_of(path, "plan.txt");
    FILE *const out = fopen(path, "w");
    assert_non_null(out);
    assert_ok(eg_job_explain(plan, out, &err), err);
    fclose(out);
    assert_ok(eg_file_read(&text, path, 100000, &err), err);
    eg_hex(sha256, plan->job_sha256, EG_SHA256_SIZE);
    snprintf(expected, sizeof expected,
             "job    x 2\n"
             "file   %s/job.yaml, SHA-256 %s\n"
             "chip   ESP32\n"
             "flash  4 MB\n"
             "\n"
             "  address          bytes              sent  MD5                               region\n"
             "  0x00020000           8          8 (100%%)  c8895859c840901b2c2cad8bc9017df7  data.bin "
             "(%s/data.bin)\n"
             "  all                  8          8 (100%%)\n"
             "\n"
             "  link.baud         115200                rate to work at, in bits per second\n",
             folder, sha256, folder);
    text.data[strlen(expected) < text.size ? strlen(expected) : text.size] = '\0';
    assert_string_equal((char *)text.data, expected);
}

static void a_plan_that_cannot_be_printed_is_an_error(void **state)
{
    (void)state;
    put("job.yaml", JOB(FIRMWARE));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    FILE *const full = fopen("/dev/full", "w");
    char expected[300];
    struct eg_error err;

    if (full == NULL)
        skip();
    const enum eg_code code = eg_job_explain(plan, full, &err);
    fclose(full);
    snprintf(expected, sizeof expected, "writing the plan of %s/job.yaml: No space left on device", folder);
    assert_int_equal(code, EG_NO_ROOM);
    assert_string_equal(err.text, expected);
}

static void every_option_is_in_the_readme(void **state)
{
    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = calloc(1, sizeof *plan);
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer readme = {0};
    char path[] = __FILE__;
    char key[100], readme_path[4096];
    struct eg_error err;

    *strstr(path, "tests/jobs/") = '\0';
    snprintf(readme_path, sizeof readme_path, "%sjobs/README.md", path);
    assert_ok(eg_file_read(&readme, readme_path, 1 << 20, &err), err);
    assert_non_null(plan);
    assert_ok(eg_plan_init_settings(plan, &err), err);
    assert_true(plan->setting_count > 0);
    for (unsigned i = 0; i < plan->setting_count; i++) {
        snprintf(key, sizeof key, "| `%s` |", plan->settings[i].option->key);
        if (strstr((char *)readme.data, key) == NULL)
            fail_msg("%s has no row %s", readme_path, key);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_becomes_a_plan_of_regions_by_address),
        TEST(regions_are_padded_hashed_and_compressed_where_that_is_smaller),
        TEST(flash_settings_go_into_the_bootloader_alone),
        TEST(an_esp8266_job_has_images_without_a_chip_id),
        TEST(a_job_may_be_json),
        TEST(a_byte_order_mark_and_windows_line_ends_do_not_matter),
        TEST(anchors_and_merge_keys_are_followed),
        TEST(a_build_folder_gives_files_chip_and_flash_settings),
        TEST(flags_of_a_build_may_have_dashes_or_underscores),
        TEST(the_job_has_the_last_word_on_flash_settings),
        TEST(a_real_build_folder_is_understood),
        TEST(a_file_that_cannot_be_read_is_named),
        TEST(what_is_not_one_document_of_text_is_refused),
        TEST(a_syntax_error_has_the_line_and_column_of_the_parser),
        TEST(aliases_cannot_make_a_file_grow),
        TEST(the_format_version_comes_first),
        TEST(an_unknown_key_is_answered_with_known_ones),
        TEST(a_key_given_twice_is_refused),
        TEST(a_missing_key_is_named),
        TEST(a_value_of_the_wrong_type_is_refused),
        TEST(a_bad_value_is_answered_with_what_is_allowed),
        TEST(a_name_that_is_too_long_is_refused),
        TEST(firmware_has_regions_or_a_build_folder),
        TEST(an_address_that_cannot_be_used_is_refused),
        TEST(a_region_beyond_the_flash_is_refused),
        TEST(a_firmware_file_that_cannot_be_read_is_named_where_the_job_names_it),
        TEST(an_image_that_is_damaged_or_of_another_chip_is_refused),
        TEST(data_that_happens_to_begin_with_e9_is_data),
        TEST(a_build_folder_that_does_not_fit_is_refused),
        TEST(a_plan_is_explained),
        TEST(a_plan_that_cannot_be_printed_is_an_error),
        TEST(every_option_is_in_the_readme),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
