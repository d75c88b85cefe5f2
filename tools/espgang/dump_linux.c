/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/dump.h"

#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static bool is_program;

void cli_dump_none(void)
{
    struct rlimit limit;

    is_program = true;
    if (getrlimit(RLIMIT_CORE, &limit) != 0)
        return;
    limit.rlim_cur = 0;
    (void)setrlimit(RLIMIT_CORE, &limit);
}

void cli_dump_hold_secrets(void)
{
    if (is_program)
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
