/* SPDX-License-Identifier: Apache-2.0 */

/* The program espgang. */

#include "tools/espgang/cli.h"

int main(int argc, char **argv)
{
    return (int)cli_main(argc, (const char **)argv);
}
