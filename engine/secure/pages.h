/* SPDX-License-Identifier: Apache-2.0 */

/* Pages of memory that stay in RAM and in this process. */

#ifndef ENGINE_SECURE_PAGES_H
#define ENGINE_SECURE_PAGES_H

#include "engine/base/error.h"

#include <stddef.h>

/** Map whole pages, all zero, that are not swapped, not dumped and not inherited. `size` is a multiple of a
 * page. EG_NO_MEMORY, also when this user may lock no more. */
enum eg_code eg__pages_map(void **pages, size_t size, struct eg_error *err) EG_CHECKED;

void eg__pages_unmap(void *pages, size_t size);

#endif
