/* SPDX-License-Identifier: Apache-2.0 */

/* File lists of builds, and the jobs made from them. */

#ifndef TESTS_JOBS_BUILD_FILE_H
#define TESTS_JOBS_BUILD_FILE_H

#include "tests/jobs/job_folder.h"

/* Write a file list with this content, and a job for the ESP32 that takes it. */
static inline void put_job_from(const char *name, const char *content)
{
    char job[200];

    put(name, content);
    snprintf(job, sizeof job, JOB("firmware: {from: %s}"), name);
    put("job.yaml", job);
}

static inline struct eg_plan *loaded_from(const char *name, const char *content)
{
    put_job_from(name, content);
    return loaded("job.yaml");
}

/* Check that such a job is refused with a sentence about the file; @ stands for the folder. */
static inline void assert_build_refused(const char *name, const char *content, enum eg_code code,
                                        const char *sentence)
{
    put_job_from(name, content);
    assert_job_file_refused("job.yaml", code, sentence);
}

/* Check names, addresses and sizes: "boot.bin 0x1000 3072, app.bin 0x10000 4544". */
static inline void assert_regions(const struct eg_plan *plan, const char *expected)
{
    char text[2000] = "";
    size_t used = 0;

    for (unsigned i = 0; i < plan->region_count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s 0x%lx %zu", i > 0 ? ", " : "",
                                 plan->regions[i].name, (unsigned long)plan->regions[i].flash_addr,
                                 plan->regions[i].data.size);
    assert_string_equal(text, expected);
}

/* Check bytes 2 and 3 of the first region: mode, size and frequency. */
#define assert_header(plan, mode, size_freq)                                                                 \
    do {                                                                                                     \
        assert_int_equal((plan)->regions[0].data.data[2], mode);                                             \
        assert_int_equal((plan)->regions[0].data.data[3], size_freq);                                        \
    } while (0)

#endif
