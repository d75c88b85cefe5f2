/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Usage: make_manual TEMPLATE >espgang.1
 *
 * Copy the template; a line "@SYNOPSIS@" becomes the forms of all commands, "@BOARD OPTIONS@" the options of
 * a board, and "@COMMANDS n@" a subsection for each command of group n.
 */

#include "tools/espgang/command.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One argument of a macro, or a text line: what mdoc would take for its own is escaped. */
static void put(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\\')
            fputs("\\e", stdout);
        else if (text[i] == '"')
            fputs("\\(dq", stdout);
        else if (text[i] == '\'')
            fputs("\\(aq", stdout);
        else
            putchar(text[i]);
    }
}

/* A quoted argument never is a macro or a delimiter. */
static void put_argument(const char *text, size_t length)
{
    const bool alone = length <= 3 && (ispunct((unsigned char)text[0]) || isupper((unsigned char)text[0]));

    putchar(' ');
    if (memchr(text, ' ', length) != NULL) {
        putchar('"');
        put(text, length);
        putchar('"');
        return;
    }
    if (alone)
        fputs("\\&", stdout);
    put(text, length);
}

/* Text, a line for each sentence. */
static void put_sentences(const char *text, size_t length)
{
    for (size_t i = 1; i + 1 < length; i++)
        if (text[i - 1] == '.' && text[i] == ' ' && isupper((unsigned char)text[i + 1])) {
            put(text, i);
            putchar('\n');
            text += i + 1, length -= i + 1;
            i = 0;
        }
    put(text, length);
}

/* Paragraph with `marked` words: marked ones and what follows them without a blank get lines of their own. */
static void put_text(const char *text, size_t length)
{
    const char *const end = text + length;
    bool begun = false; /* there is something on the present line */

    while (text < end) {
        const char *mark = memchr(text, '`', (size_t)(end - text));
        const char *plain = mark != NULL ? mark : end;
        size_t space = 0;
        while (text < plain && *text == ' ')
            text++;
        if (plain > text) {
            if (*text == '.' && !begun)
                fputs("\\&", stdout);
            put_sentences(text, (size_t)(plain - text));
            begun = true;
        }
        if (mark == NULL)
            break;
        const char *const close = memchr(mark + 1, '`', (size_t)(end - mark - 1));
        if (close == NULL) {
            fprintf(stderr, "make_manual: a ` without another: %.60s\n", mark);
            exit(1);
        }
        const bool option =
            strncmp(mark + 1, "--", 2) == 0 && memchr(mark, ' ', (size_t)(close - mark)) == NULL;
        const bool glued = begun && mark > text && mark[-1] != ' ';
        fputs(begun ? glued ? "\\c\n" : "\n" : "", stdout);
        fputs(option ? ".Fl Fl" : ".Ql", stdout);
        put_argument(mark + 1 + (option ? 2 : 0), (size_t)(close - mark - 1) - (option ? 2 : 0));
        text = close + 1;
        while (text + space < end && text[space] != '\0' && strchr(",;:.)", text[space]) != NULL)
            space++;
        for (size_t i = 0; i < space; i++)
            printf(" %c", text[i]);
        text += space;
        putchar('\n');
        begun = false;
    }
    if (begun)
        putchar('\n');
}

/* "ADDRESS FILE...", "--key FILE BUNDLE", "import FILE.csv": words in capitals are for the user to replace.
 */
static void put_form(const char *form, size_t length)
{
    for (const char *at = form, *const end = form + length; at < end;) {
        const size_t word = strcspn(at, " \n|[]");
        const bool option = strncmp(at, "--", 2) == 0;

        if (*at == '[')
            fputs(" Oo", stdout), at++;
        else if (*at == ']')
            fputs(" Oc", stdout), at++;
        else if (*at == '|')
            fputs(" |", stdout), at++;
        else if (*at == ' ')
            at++;
        else {
            fputs(option ? " Fl Fl" : isupper((unsigned char)*at) ? " Ar" : " Cm", stdout);
            put_argument(at + (option ? 2 : 0), word - (option ? 2 : 0));
            at += word;
        }
    }
}

static void put_forms(const struct cli_command *command)
{
    const char *form = command->arguments;

    do {
        const size_t length = strcspn(form, "\n");

        printf(".Nm\n.Cm %s", command->name);
        put_form(form, length);
        puts(cli_options(command) != NULL ? "\n.Op Ar options" : "");
        form += length + (form[length] == '\n');
    } while (*form != '\0');
}

static void put_option(const struct cli_option *option)
{
    char text[1000];

    if (option->letter != '\0')
        printf(".It Fl %c , Fl Fl %s", option->letter, option->name);
    else
        printf(".It Fl Fl %s", option->name);
    if (option->value != NULL) {
        fputs(" Ar", stdout);
        put_argument(option->value, strlen(option->value));
    }
    puts("");
    snprintf(text, sizeof text, "%s%c", option->help, option->choices != NULL ? ':' : '.');
    put_text(text, strlen(text));
    for (const char *const *choice = option->choices; choice != NULL && *choice != NULL; choice++)
        printf(".Cm %s %c\n", *choice, choice[1] != NULL ? ',' : '.');
    if (option->more != NULL)
        put_text(option->more, strlen(option->more));
}

static void put_options(const struct cli_option *options)
{
    if (options == NULL)
        return;
    puts(".Bl -tag -width Ds");
    for (; options->name != NULL; options++) {
        if (options->heading != NULL)
            printf(".El\n.Pp\n%s:\n.Bl -tag -width Ds\n", options->heading);
        put_option(options);
    }
    puts(".El");
}

static void put_item(const char *line, size_t length, bool first)
{
    const char *const colon = strstr(line, ": ");

    if (first)
        puts(".Bl -tag -width Ds -compact");
    printf(".It Li");
    put_argument(line + 2, (size_t)(colon - line) - 2);
    puts("");
    put_text(colon + 2, length - (size_t)(colon - line) - 2);
}

static void put_details(const char *text)
{
    bool list = false, paragraph = true;

    while (text != NULL && *text != '\0') {
        const size_t length = strcspn(text, "\n");
        const bool item = strncmp(text, "- ", 2) == 0;

        if (list && !item)
            puts(".El");
        if (length == 0) {
            paragraph = true;
        } else if (item) {
            put_item(text, length, !list);
        } else {
            if (text[0] == ' ')
                printf(".Dl "), put(text + 2, length - 2), puts("");
            else
                fputs(paragraph ? ".Pp\n" : "", stdout), put_text(text, length);
            paragraph = false;
        }
        list = item;
        text += length + (text[length] == '\n');
    }
    if (list)
        puts(".El");
}

static void put_command(const struct cli_command *command)
{
    printf(".Ss %s%s\n", command->name,
           strcmp(command->name, "run") == 0 && command->flags != 0 ? " without a job file" : "");
    put_forms(command);
    puts(".Pp");
    printf("%s.\n", command->summary);
    put_details(command->details);
    put_options(cli_options(command));
}

static void put_group(int group, void (*print)(const struct cli_command *))
{
    for (const struct cli_command *const *command = cli_commands; *command != NULL; command++)
        if ((int)(*command)->group == group)
            print(*command);
}

int main(int argc, char **argv)
{
    FILE *const template = argc == 2 ? fopen(argv[1], "r") : NULL;
    char line[1000];

    if (template == NULL) {
        fprintf(stderr, "Usage: make_manual TEMPLATE\n");
        return 2;
    }
    while (fgets(line, sizeof line, template) != NULL) {
        if (strcmp(line, "@SYNOPSIS@\n") == 0)
            for (const struct cli_command *const *command = cli_commands; *command != NULL; command++)
                put_forms(*command);
        else if (strcmp(line, "@BOARD OPTIONS@\n") == 0)
            put_options(cli_board_options);
        else if (strncmp(line, "@COMMANDS ", 10) == 0)
            put_group(line[10] - '0', put_command);
        else
            fputs(line, stdout);
    }
    return fclose(template) == 0 && fflush(stdout) == 0 ? 0 : 1;
}
