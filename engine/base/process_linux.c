/* SPDX-License-Identifier: Apache-2.0 */

/* Processes by procfs. For Linux only. */

#include "engine/base/process.h"

#include "engine/base/text.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool eg_process_name(char name[EG_PROCESS_NAME], long process)
{
    char path[40];

    snprintf(name, EG_PROCESS_NAME, "a program");
    snprintf(path, sizeof path, "/proc/%ld/comm", process);
    FILE *const file = fopen(path, "re");
    if (file == NULL)
        return false;
    const bool got = fgets(name, EG_PROCESS_NAME, file) != NULL;
    fclose(file);
    name[strcspn(name, "\n")] = '\0';
    eg_text_make_harmless(name);
    return got;
}

bool eg_process_runs(const char *name)
{
    DIR *const dir = opendir("/proc");
    char other[EG_PROCESS_NAME];
    bool found = false;

    if (dir == NULL)
        return false;
    for (const struct dirent *entry; !found && (entry = readdir(dir)) != NULL;)
        found = isdigit((unsigned char)entry->d_name[0]) && eg_process_name(other, atol(entry->d_name)) &&
                strcmp(other, name) == 0;
    closedir(dir);
    return found;
}
