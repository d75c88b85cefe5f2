/* SPDX-License-Identifier: Apache-2.0 */

/* The program espgang. */

#include "tools/espgang/cli.h"
#include "tools/espgang/dump.h"

int main(int argc, char **argv)
{
    cli_dump_none();
    return (int)cli_main(argc, (const char **)argv);
}
