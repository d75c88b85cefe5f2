/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/registry.h"

#include <stdio.h>
#include <string.h>

void cli_spell_command(char name[CLI_NAME_SIZE], const char *word)
{
    static const struct {
        const char *name, *ours;
    } others[] = {
        {"checksum-md5", "flash-md5"},                       /* of espflash */
        {"digest-rsa-public-key", "digest-sbv2-public-key"}, /* of espsecure, long ago */
    };

    snprintf(name, CLI_NAME_SIZE, "%s", word);
    for (char *at = name; *at != '\0'; at++)
        if (*at == '_')
            *at = '-';
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(name, others[i].name) == 0)
            snprintf(name, CLI_NAME_SIZE, "%s", others[i].ours);
}

const struct cli_command *cli_find_command(const char *name, bool board)
{
    for (const struct cli_command *const *command = cli_commands; *command != NULL; command++)
        if (strcmp((*command)->name, name) == 0 && (((*command)->flags & CLI_BOARD) != 0) == board)
            return *command;
    return NULL;
}

const struct cli_option *cli_options(const struct cli_command *command)
{
    return command->make_options != NULL ? command->make_options() : command->options;
}

bool cli_is_family(const char *name)
{
    const size_t length = strlen(name);

    for (const struct cli_command *const *command = cli_commands; *command != NULL; command++)
        if (strncmp((*command)->name, name, length) == 0 && (*command)->name[length] == ' ')
            return true;
    return false;
}

bool cli_has_argument(int argc, const char *const *argv)
{
    for (int i = 0; i < argc; i++)
        if (argv[i][0] != '-')
            return true;
    return false;
}
