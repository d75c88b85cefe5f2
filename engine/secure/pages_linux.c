/* SPDX-License-Identifier: Apache-2.0 */

#define _GNU_SOURCE /* MAP_ANONYMOUS, madvise() */

#include "engine/secure/pages.h"

#include <errno.h>
#include <sys/mman.h>

enum eg_code eg__pages_map(void **pages, size_t size, struct eg_error *err)
{
    void *const data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (data == MAP_FAILED)
        return eg_error_errno(err, EG_NO_MEMORY, errno, "%zu bytes for a key", size);
    if (mlock(data, size) != 0) {
        const int cause = errno;
        munmap(data, size);
        return eg_error_errno(err, EG_NO_MEMORY, cause,
                              "%zu bytes for a key cannot be locked (see ulimit -l)", size);
    }
    madvise(data, size, MADV_DONTDUMP);
    madvise(data, size, MADV_DONTFORK);
    *pages = data;
    return EG_OK;
}

void eg__pages_unmap(void *pages, size_t size)
{
    munmap(pages, size); /* unlocks, too */
}
