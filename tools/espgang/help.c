/* SPDX-License-Identifier: Apache-2.0 */

/* --help, from the tables of the commands. */

#include "tools/espgang/help.h"

#include "tools/espgang/call.h"

#include <stdio.h>
#include <string.h>

#define WIDTH         100
#define OPTION_INDENT 34

static const char *const headings[CLI_GROUPS] = {
    [CLI_LINE] = "Many boards",
    [CLI_JOBS] = "Job files",
    [CLI_LEDGER] = "The ledger",
    [CLI_ONE_BOARD] = "One board, as with esptool",
    [CLI_IMAGES] = "Firmware files, no board needed",
    [CLI_SECURITY] = "eFuses, keys, signatures and encryption, as with espefuse and espsecure",
};

void cli_introduce(void)
{
    puts("espgang programs every Espressif board that is plugged in, at once, from one job file. With a "
         "single\n"
         "board it does what esptool does.\n"
         "\n"
         "Try first:\n"
         "  espgang check job.yaml            check the job and show the plan; touches nothing\n"
         "  espgang run job.yaml --sim 8      rehearse on eight simulated boards\n"
         "  espgang ports                     see which boards are attached\n"
         "  espgang flash-id                  show the flash of the first of them\n"
         "  espgang write-flash 0x0 app.bin   write a file to it\n"
         "\n"
         "'espgang --help' lists every command.");
}

/* Words of `text` up to WIDTH, further lines indented. The cursor stands in column `at`. Backquotes become
 * quotes around anything with a blank, and vanish elsewhere. */
static void print_wrapped(const char *text, size_t length, unsigned at, unsigned indent)
{
    const char *const end = text + length;
    bool first = true;

    while (text < end) {
        size_t word = 0;
        bool quoted = false;
        while (text + word < end && (text[word] != ' ' || quoted)) {
            quoted ^= text[word] == '`';
            word++;
        }
        if (!first && at + 1 + word > WIDTH) {
            printf("\n%*s", (int)indent, "");
            at = indent;
        } else if (!first) {
            putchar(' ');
            at++;
        }
        const bool spaced = memchr(text, ' ', word) != NULL;
        for (size_t i = 0; i < word; i++)
            if (text[i] != '`')
                putchar(text[i]);
            else if (spaced)
                putchar('\'');
        at += (unsigned)word;
        first = false;
        for (text += word; text < end && *text == ' '; text++)
            ;
    }
    putchar('\n');
}

static void print_item(const char *line, size_t length)
{
    const char *colon = strstr(line, ": ");
    const int term = colon != NULL && colon < line + length ? (int)(colon - line - 2) : 0;

    printf("  %-20.*s ", term, line + 2);
    print_wrapped(line + term + 4, length - (size_t)term - 4, term > 20 ? (unsigned)term + 3 : 23, 23);
}

static void print_details(const char *text)
{
    while (text != NULL && *text != '\0') {
        const size_t length = strcspn(text, "\n");

        if (length == 0 || text[0] == ' ')
            printf("%.*s\n", (int)length, text);
        else if (strncmp(text, "- ", 2) == 0)
            print_item(text, length);
        else
            print_wrapped(text, length, 0, 0);
        text += length + (text[length] == '\n');
    }
}

static void print_option(const struct cli_option *option, bool has_letter)
{
    char letter[] = "    ", text[2000];
    int at;

    if (has_letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    at = printf("  %s--%s%s%s", letter, option->name, option->value != NULL ? "=" : "",
                option->value != NULL ? option->value : "");
    if (at >= OPTION_INDENT)
        at = printf("\n") - 1;
    at += printf("%*s", OPTION_INDENT - at, "");
    snprintf(text, sizeof text, "%s", option->help);
    for (const char *const *choice = option->choices; choice != NULL && *choice != NULL; choice++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s %s",
                 choice != option->choices ? "," : ":", *choice);
    print_wrapped(text, strlen(text), (unsigned)at, OPTION_INDENT);
}

/* A letter in `taken` means the option there. */
static void print_options(const char *heading, const struct cli_option *options,
                          const struct cli_option *taken)
{
    printf("\n%s:\n", heading);
    for (; options->name != NULL; options++) {
        if (options->heading != NULL)
            printf("\n%s:\n", options->heading);
        print_option(options, options->letter != '\0' && !cli_has_letter(taken, options->letter));
    }
}

void cli_print_usage(const struct cli_command *command)
{
    const char *form = command->arguments;

    do {
        const size_t length = strcspn(form, "\n");

        printf("%s espgang %s [OPTION...]%s%.*s\n", form == command->arguments ? "Usage:" : "      ",
               command->name, length > 0 ? " " : "", (int)length, form);
        form += length + (form[length] == '\n');
    } while (*form != '\0');
}

void cli_print_help(const struct cli_command *command)
{
    cli_print_usage(command);
    printf("\n%s.\n", command->summary);
    if (command->details != NULL) {
        puts("");
        print_details(command->details);
    }
    if (cli_options(command) != NULL)
        print_options("Options", cli_options(command), NULL);
    if (cli_uses_board_options(command))
        print_options("The board and its port", cli_board_options, cli_options(command));
    print_options("Help options", cli_help_options, cli_options(command));
}

void cli_help_family(const char *family)
{
    const size_t length = strlen(family);

    printf("Usage: espgang %s COMMAND [OPTION...] [ARGUMENT...]\n\n", family);
    for (const struct cli_command *const *command = cli_commands; *command != NULL; command++)
        if (strncmp((*command)->name, family, length) == 0 && (*command)->name[length] == ' ')
            printf("  %-30s  %s\n", (*command)->name + length + 1, (*command)->summary);
    printf("\n'espgang %s COMMAND --help' explains a command.\n", family);
}

void cli_help(void)
{
    puts("Usage: espgang COMMAND [OPTION...] [ARGUMENT...]\n"
         "       espgang [BOARD-OPTION...] COMMAND [OPTION...] [ARGUMENT...]");
    for (int group = 0; group < CLI_GROUPS; group++) {
        printf("\n%s:\n", headings[group]);
        for (const struct cli_command *const *command = cli_commands; *command != NULL; command++)
            if ((*command)->group == (enum cli_group)group)
                printf("  %-18s  %s\n", (*command)->name, (*command)->summary);
    }
    puts("\nBoard options, before or after the command:");
    for (const struct cli_option *option = cli_board_options; option->name != NULL; option++) {
        char name[40];
        snprintf(name, sizeof name, "--%s%s%s%s%c", option->name, option->value != NULL ? " " : "",
                 option->value != NULL ? option->value : "", option->letter != 0 ? ", -" : "",
                 option->letter != 0 ? option->letter : ' ');
        printf("  %-30s  %s\n", name, option->help);
    }
    puts("\nAn argument @FILE stands for the words in that file. 'espgang COMMAND --help' explains a "
         "command,\n"
         "'espgang --version' shows version, chips and flasher stubs.\n"
         "\n"
         "Exit status: 0 every unit passed; 1 at least one did not; 2 the command line or the job is wrong;\n"
         "3 the station is wrong (no port, no ledger, no room); 130 interrupted.");
}
