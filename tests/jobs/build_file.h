/* SPDX-License-Identifier: Apache-2.0 */

/* Files in which a build tells what goes where: what a job makes of them. */

#ifndef TESTS_JOBS_BUILD_FILE_H
#define TESTS_JOBS_BUILD_FILE_H

#include "tests/jobs/job_folder.h"

/* The job for ESP32 that takes the file, which gets this content. */
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

/* The job that takes it is refused with a sentence about it; @ stands for the folder. */
static inline void assert_build_refused(const char *name, const char *content, enum eg_code code,
                                        const char *sentence)
{
    put_job_from(name, content);
    assert_job_file_refused("job.yaml", code, sentence);
}

/* "boot.bin 0x1000 3072, app.bin 0x10000 4544": names, addresses, sizes. */
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

/* Bytes 2 and 3 of the first region, where mode, size and frequency are. */
#define assert_header(plan, mode, size_freq)                                                                 \
    do {                                                                                                     \
        assert_int_equal((plan)->regions[0].data.data[2], mode);                                             \
        assert_int_equal((plan)->regions[0].data.data[3], size_freq);                                        \
    } while (0)

#endif
