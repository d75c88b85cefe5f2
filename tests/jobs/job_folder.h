/* SPDX-License-Identifier: Apache-2.0 */

/* Job files and valid firmware in a separate folder for each test. Include it first: nftw() is XSI. */

#ifndef TESTS_JOBS_JOB_FOLDER_H
#define TESTS_JOBS_JOB_FOLDER_H

#define _XOPEN_SOURCE 700

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/stages/stages.h"
#include "jobs/job.h"
#include "tests/fakes/check.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Folder of the running test. */
static char job_folder[64];

static inline void path_of(char path[256], const char *name)
{
    snprintf(path, 256, "%s/%s", job_folder, name);
}

static inline void put_bytes(const char *name, const void *data, size_t size)
{
    char path[256];

    path_of(path, name);
    FILE *const out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}

static inline void put(const char *name, const char *text)
{
    put_bytes(name, text, strlen(text));
}

struct image {
    uint8_t data[5000];
    size_t size;
};

/*
 * Make a valid image of one segment; for the ESP8266 if chip_id is negative. With the hash, the file ends
 * after it.
 */
static inline struct image image_at(uint32_t addr, int chip_id, uint32_t segment_size, bool hash)
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
    eg_put32(segment, addr);
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

/* Make an image that is loaded into RAM, as bootloaders are. */
static inline struct image image(int chip_id, uint32_t segment_size, bool hash)
{
    return image_at(0x40080400, chip_id, segment_size, hash);
}

/* Make an image for the ESP32 whose segment is mapped from flash, as an application's. */
static inline struct image application(uint32_t segment_size)
{
    return image_at(0x3f400020, 0, segment_size, true);
}

/* Write bootloader and application of an ESP32 to the addresses where it expects them, from `start` on. */
static inline void merge(struct eg_buffer *out, uint32_t start)
{
    const struct image boot = image(0, 3000, true), app = application(4500);
    struct eg_error err;

    assert_ok(eg_buffer_resize(out, 0x10000 - start, 0xff, &err), err);
    memcpy(out->data + 0x1000 - start, boot.data, boot.size);
    assert_ok(eg_buffer_append(out, app.data, app.size, &err), err);
}

static inline void put_image(const char *name, struct image content)
{
    put_bytes(name, content.data, content.size);
}

static inline int make_folder(void **state)
{
    (void)state;
    strcpy(job_folder, "/tmp/eg-job-XXXXXX");
    if (mkdtemp(job_folder) == NULL)
        return 1;
    put_image("boot.bin", image(0, 3000, true));
    put_image("app.bin", application(4500));
    put_image("boot_c3.bin", image(5, 100, true));
    put("data.bin", "12345");
    return 0;
}

static inline int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline int remove_folder(void **state)
{
    (void)state;
    return nftw(job_folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline struct eg_plan *loaded(const char *job_name)
{
    struct eg_plan *plan = NULL;
    struct eg_error err;
    char path[256];

    path_of(path, job_name);
    assert_ok(eg_job_load(&plan, path, eg_stages, &err), err);
    return plan;
}

/* Replace @ in a sentence by the folder. */
static inline void with_folder(char expected[1024], const char *sentence)
{
    size_t used = 0;

    for (const char *at = sentence; *at != '\0'; at++)
        used += (size_t)snprintf(expected + used, 1024 - used, "%.*s",
                                 *at == '@' ? (int)strlen(job_folder) : 1, *at == '@' ? job_folder : at);
}

/* Check that loading fails with this code and sentence; @ stands for the folder. */
static inline void assert_job_file_refused(const char *job_name, enum eg_code code, const char *sentence)
{
    struct eg_plan *plan = NULL;
    struct eg_error err = {0};
    char path[256], expected[1024] = "";

    with_folder(expected, sentence);
    path_of(path, job_name);
    assert_error(eg_job_load(&plan, path, eg_stages, &err), err, code, expected);
    assert_null(plan);
}

static inline void assert_refused(const char *job, enum eg_code code, const char *sentence)
{
    put("job.yaml", job);
    assert_job_file_refused("job.yaml", code, sentence);
}

/* A complete job with these additional lines; the first of them is line 4. */
#define JOB(lines) "espgang: 1\njob: x\nchip: esp32\n" lines "\n"
#define FIRMWARE   "firmware: [{at: 0x10000, file: app.bin}]\n"

/** Set up a test in a separate folder: boot.bin, app.bin (ESP32), boot_c3.bin, data.bin (five bytes). */
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

#endif
