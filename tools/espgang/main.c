/* SPDX-License-Identifier: Apache-2.0 */

/* The program espgang. */

#include "tools/espgang/cli.h"

#include <sys/resource.h>

/* A core dump would have keys and secret columns of pools in it. Hooks get the same limit. */
static void leave_no_core_dump(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_CORE, &limit) != 0)
        return;
    limit.rlim_cur = 0;
    (void)setrlimit(RLIMIT_CORE, &limit);
}

int main(int argc, char **argv)
{
    leave_no_core_dump();
    return (int)cli_main(argc, (const char **)argv);
}
