/* SPDX-License-Identifier: Apache-2.0 */

/* A command line as esptool's users type it, made into one that popt reads, and the options of a board. */

#ifndef TOOLS_ESPGANG_ARGUMENTS_H
#define TOOLS_ESPGANG_ARGUMENTS_H

#include "engine/base/error.h"

#include <stdbool.h>

/**
 * An option; tables end with a NULL name.
 *
 * Texts have the markup of cli_command.details, but no paragraphs.
 */
struct cli_option {
    const char *name;           /* without dashes: "flash-size" */
    char letter;                /* 0 = none */
    const char *value;          /* what help calls its value; NULL = it has none */
    const char *help;           /* what it does, without a full stop; for help and manual */
    const char *more;           /* further sentences, for the manual alone; NULL = none */
    const char *const *choices; /* the values it may have, NULL after the last; NULL = any */
    const char *const *offers;  /* further values that completion offers; NULL = none */
    const char *env;            /* environment variable with its value when it is not given; NULL = none */
    bool eat_all; /* takes every word up to the next option, but for arguments that must be there */
    const char *const *only; /* first arguments with which it exists, NULL after the last; NULL = any */
    const char *heading;     /* of the options from here on; NULL = as before */
};

/** The options of a board. Their letters count before the command, and after it unless the command has the
 * same letter. */
extern const struct cli_option cli_board_options[];

/** Words of a command line, NULL after the last. Zero-initialise it; EG_CLEANUP(cli_arguments_finish). */
struct cli_arguments {
    char **word;
    int count;
};

void cli_arguments_finish(struct cli_arguments *arguments);

/**
 * The words with every @FILE replaced by those in the file: split at blanks and lines, quoted as in a shell.
 *
 * @return EG_OK; EG_IO; EG_BAD_ARGUMENT there is no such file, or a quote without an end (the sentence names
 * file and line)
 */
enum eg_code cli_arguments_expand(struct cli_arguments *out, int argc, const char *const *argv,
                                  struct eg_error *err) EG_CHECKED;

/**
 * Spell options in today's form: "--flash_size" and "-fs" become "--flash-size"; options that take every word
 * up to the next option ("--diff-with A B") get their name before each word.
 *
 * @param options  the command's; NULL = none of them takes more than one word
 * @param least    how many arguments the command needs: so many words are left to it
 */
enum eg_code cli_arguments_spell(struct cli_arguments *out, int argc, const char *const *argv,
                                 const struct cli_option *options, int least,
                                 struct eg_error *err) EG_CHECKED;

/**
 * Read the words before the command: options of the board, in their long form ("--port=/dev/ttyUSB0").
 *
 * @param used  how many words they are
 *
 * @return EG_OK; EG_BAD_ARGUMENT an option that no board has, or one without its value
 */
enum eg_code cli_arguments_front(struct cli_arguments *out, int argc, const char *const *argv, int *used,
                                 struct eg_error *err) EG_CHECKED;

/** Check that a file can be read. EG_BAD_ARGUMENT names it. */
enum eg_code cli_file_check(const char *path, struct eg_error *err) EG_CHECKED;

/** Read a number in esptool's forms: decimal, 0x, 0o, 0b, optionally followed by k or M. false = it is not a
 * number, or larger than `most`. */
bool cli_number(const char *text, uint64_t most, uint64_t *number);

#endif
