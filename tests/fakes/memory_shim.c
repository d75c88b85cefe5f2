/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Failing allocations, for programs under LD_PRELOAD: the allocation with number EG_FAIL_ALLOC fails, and no
 * other. Without a number all are counted, and the count goes to the file that EG_COUNT_ALLOC names. On
 * x86-64 a crash is reported with the file that contains the code: "crash in /lib/…/libfyaml.so.0". For
 * glibc, and programs without sanitizers, which have their own allocators.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static atomic_ulong allocations;
static unsigned long wanted; /* number of the failing allocation; 0 = none */

static void tell_crash(int number, siginfo_t *info, void *context)
{
    Dl_info where = {.dli_fname = NULL};

    (void)info;
#ifdef __x86_64__
    const ucontext_t *const machine = context;
    dladdr((const void *)machine->uc_mcontext.gregs[REG_RIP], &where);
#else
    (void)context;
#endif
    dprintf(STDERR_FILENO, "crash in %s\n", where.dli_fname != NULL ? where.dli_fname : "a place not known");
    _exit(128 + number);
}

__attribute__((constructor)) static void begin(void)
{
    const struct sigaction action = {.sa_sigaction = tell_crash, .sa_flags = SA_SIGINFO};
    const char *const text = getenv("EG_FAIL_ALLOC");

    sigaction(SIGSEGV, &action, NULL);
    atomic_store(&allocations, 0);
    wanted = text != NULL ? strtoul(text, NULL, 10) : 0;
    unsetenv("EG_FAIL_ALLOC"); /* hooks are others */
}

__attribute__((destructor)) static void end(void)
{
    const unsigned long count = atomic_load(&allocations);
    const char *const path = getenv("EG_COUNT_ALLOC");
    FILE *const out = path != NULL && wanted == 0 ? fopen(path, "w") : NULL;

    if (out == NULL)
        return;
    fprintf(out, "%lu\n", count);
    fclose(out);
}

static int fails(void)
{
    if (atomic_fetch_add(&allocations, 1) + 1 != wanted)
        return 0;
    errno = ENOMEM;
    return 1;
}

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

__attribute__((visibility("default"))) void *realloc(void *old, size_t size)
{
    return fails() ? NULL : __libc_realloc(old, size);
}
