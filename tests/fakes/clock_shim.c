/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Shifts the time of day of the program that loads it by EG_CLOCK_SHIM seconds, "-3600"; with
 * EG_CLOCK_SHIM_FROM=FILE from the moment that FILE exists.
 */

#define _GNU_SOURCE /* RTLD_NEXT */

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef int gettime(clockid_t clock, struct timespec *now);

int clock_gettime(clockid_t clock, struct timespec *now)
{
    void *const found = dlsym(RTLD_NEXT, "clock_gettime");
    const char *const beside = getenv("EG_CLOCK_SHIM"), *const from = getenv("EG_CLOCK_SHIM_FROM");
    gettime *real;

    memcpy(&real, &found, sizeof real);
    const int result = real(clock, now);
    if (clock == CLOCK_REALTIME && beside != NULL && (from == NULL || access(from, F_OK) == 0))
        now->tv_sec += atol(beside);
    return result;
}

time_t time(time_t *out)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL)
        *out = now.tv_sec;
    return now.tv_sec;
}
